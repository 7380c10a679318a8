use super::tlv;

/// The DER of id-data and id-signedData.
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// Certificates and revocation lists without a signature: a degenerate SignedData (RFC 5652 section
/// 5.1), which is what `.p7b` files are.
///
/// # Errors
/// Only for more than 256 MiB.
pub fn pkcs7(certificates: &[&[u8]], crls: &[&[u8]]) -> Result<Vec<u8>, der::Error> {
    // SETs, in the order of their bytes as DER wants it.
    let sorted = |parts: &[&[u8]]| {
        let mut parts = parts.to_vec();
        parts.sort_unstable();
        parts.concat()
    };
    let content = tlv(0x30, &[DATA])?;
    let certificates = tlv(0xa0, &[&sorted(certificates)])?;
    let lists = match crls {
        [] => Vec::new(),
        _ => tlv(0xa1, &[&sorted(crls)])?,
    };
    // Version 1, no digest algorithms, and no signers at the end.
    let version = [2, 1, 1];
    let none = [0x31, 0];
    let fields = [&version[..], &none, &content, &certificates, &lists, &none];
    let signed = tlv(0x30, &fields)?;
    tlv(0x30, &[SIGNED_DATA, &tlv(0xa0, &[&signed])?])
}
