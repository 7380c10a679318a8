//! Object identifiers with numbers of any size, X.690 section 8.19.

use const_oid::ObjectIdentifier;

/// The longest that is written as numbers, in bytes: turning them into decimal digits takes the square.
const MAX_BYTES: usize = 128;

/// Nine decimal digits.
const BASE: u64 = 1_000_000_000;

/// Dotted; `None` if it is damaged or longer than [`MAX_BYTES`].
pub(crate) fn dotted(body: &[u8]) -> Option<String> {
    if !is_sound(body) || body.len() > MAX_BYTES {
        return None;
    }
    let mut arcs = body.split_inclusive(|byte| byte & 0x80 == 0).map(number);
    // Section 8.19.4: the first two are one, which is 40 times the first, at most 2, and the second.
    let mut second = arcs.next()?;
    let first = match second.as_slice() {
        [small @ ..80] => {
            let (first, rest) = (small / 40, small % 40);
            second = vec![rest];
            first
        }
        _ => {
            subtract(&mut second, 80);
            2
        }
    };
    let mut text = format!("{first}.{}", decimal(&second));
    for arc in arcs {
        text.push('.');
        text.push_str(&decimal(&arc));
    }
    Some(text)
}

/// Whether it keeps the rules: there is a byte, each number ends, and none begins with zeros.
fn is_sound(body: &[u8]) -> bool {
    let mut arcs = body.split_inclusive(|byte| byte & 0x80 == 0);
    !body.is_empty()
        && arcs.all(|arc| arc.first() != Some(&0x80) && arc.last().is_some_and(|byte| *byte < 0x80))
}

/// Whether it keeps the rules and is not read: `const-oid` reads 39 bytes, numbers of 32 bits, and after
/// a first number of 2 a second of at most 39.
pub(crate) fn is_beyond(body: &[u8]) -> bool {
    is_sound(body) && ObjectIdentifier::from_bytes(body).is_err()
}

/// Seven bits in each byte, to digits of [`BASE`], the lowest first.
fn number(arc: &[u8]) -> Vec<u64> {
    let mut digits = vec![0];
    for byte in arc {
        let mut carry = u64::from(byte & 0x7f);
        for digit in &mut digits {
            let next = *digit * 128 + carry;
            (carry, *digit) = (next / BASE, next % BASE);
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits
}

/// From a number that is not smaller.
fn subtract(digits: &mut [u64], mut part: u64) {
    for digit in digits {
        if *digit >= part {
            *digit -= part;
            return;
        }
        *digit += BASE - part;
        part = 1;
    }
}

fn decimal(digits: &[u64]) -> String {
    let mut highest = digits.iter().rev().skip_while(|digit| **digit == 0);
    let mut text = highest.next().unwrap_or(&0).to_string();
    for digit in highest {
        text.push_str(&format!("{digit:09}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// f81d4fae-7dec-11d0-a765-00a0c91e6bf6, the example of X.667 section 8.
    const UUID: &[u8] =
        b"\x69\x83\xf0\x9d\xa7\xeb\xcf\xde\xe0\xc7\xa1\xa7\xb2\xc0\x94\x8c\xc8\xf9\xd7\x76";

    #[test]
    fn numbers_have_any_size() {
        for (body, text) in [
            (UUID, "2.25.329800735698586629295641978511506172918"),
            // The example of X.690 section 8.19.5.
            (&[0x88, 0x37, 3], "2.999.3"),
            (&[0x2a, 0x86, 0x48], "1.2.840"),
            (&[0x27, 0], "0.39.0"),
            (&[0x4f, 0], "1.39.0"),
            (&[0x50, 0], "2.0.0"),
            (&[0x77, 0], "2.39.0"),
            (&[0x78, 0], "2.40.0"),
            (&[0x83, 0xdc, 0xeb, 0x94, 0x20, 0], "2.999999952.0"),
            (&[0x83, 0xdc, 0xeb, 0x94, 0x50, 0], "2.1000000000.0"),
            (&[0x2a, 0x8f, 0xff, 0xff, 0xff, 0x7f], "1.2.4294967295"),
            (&[0x2a, 0x90, 0x80, 0x80, 0x80, 0], "1.2.4294967296"),
        ] {
            assert_eq!(dotted(body).as_deref(), Some(text));
            let read = ObjectIdentifier::from_bytes(body);
            assert_eq!(read.is_err(), is_beyond(body), "{text}");
            if let Ok(read) = read {
                assert_eq!(read.to_string(), text);
            }
        }
    }

    #[test]
    fn damage_and_excess_are_told_apart() {
        for damaged in [&[][..], &[0x2a, 0x80, 1], &[0x2a, 0x86], &[0x80, 1]] {
            assert_eq!(dotted(damaged), None);
            assert!(!is_beyond(damaged));
        }
        let long = [1; MAX_BYTES + 1];
        assert!(is_beyond(&long) && is_beyond(&long[..40]) && !is_beyond(&long[..39]));
        assert_eq!(dotted(&long), None);
        assert_eq!(dotted(&long[1..]).unwrap().len(), 2 * MAX_BYTES + 1);
    }
}
