/// Address and mask of one kind, the mask a prefix (RFC 4632 section 3.1).
pub(super) fn is_range(bytes: &[u8]) -> bool {
    let (_, mask) = bytes.split_at(bytes.len() / 2);
    let mut bits = mask
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
    matches!(bytes.len(), 8 | 32)
        && bits
            .by_ref()
            .find(|set| !set)
            .is_none_or(|_| bits.all(|set| !set))
}

/// Whether the address is in the range; `None` if it is no address. One of the other kind is not.
pub(super) fn within(address: &[u8], range: &[u8]) -> Option<bool> {
    if !matches!(address.len(), 4 | 16) {
        return None;
    }
    let (base, mask) = range.split_at(range.len() / 2);
    let masked = |bytes: &[u8]| -> Vec<u8> {
        bytes
            .iter()
            .zip(mask)
            .map(|(byte, mask)| byte & mask)
            .collect()
    };
    Some(address.len() == base.len() && masked(address) == masked(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let net = [192, 0, 2, 0, 255, 255, 255, 0];
        assert!(is_range(&net) && is_range(&[0; 32]) && is_range(&[0xff; 8]));
        assert!(!is_range(&[192, 0, 2, 0, 255, 0, 255, 0]) && !is_range(&[192, 0, 2, 1]));
        assert_eq!(within(&[192, 0, 2, 9], &net), Some(true));
        assert_eq!(within(&[192, 0, 3, 9], &net), Some(false));
        assert_eq!(within(&[0; 16], &net), Some(false));
        assert_eq!(within(&net, &net), None);
    }
}
