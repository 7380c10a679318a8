use super::*;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sample() -> Vec<u8> {
    let mut tlv = Builder::new(0x1000).unwrap();
    tlv.add(kind::CA_CERT, 0, 0, b"sixteen bytes...").unwrap();
    tlv.add(kind::DEVICE_CERT, 0, 0, b"seventeen bytes..")
        .unwrap();
    tlv.add(kind::PRIVATE_KEY, 3, flag::ENCRYPTED, b"").unwrap();
    tlv.add_integrity().unwrap();
    tlv.finish().to_vec()
}

fn problems(image: &[u8]) -> Vec<(usize, Problem)> {
    let tlv = parse(image).unwrap();
    tlv.findings
        .iter()
        .map(|finding| (finding.offset, finding.problem))
        .collect()
}

#[test]
fn what_is_built_is_read() {
    let image = sample();
    let tlv = parse(&image).unwrap();
    assert_eq!(tlv.findings, []);
    assert_eq!(tlv.get(kind::CA_CERT, 0), Some(&b"sixteen bytes..."[..]));
    assert_eq!(
        tlv.get(kind::DEVICE_CERT, 0),
        Some(&b"seventeen bytes.."[..])
    );
    assert_eq!(tlv.get(kind::PRIVATE_KEY, 0), None);
    let key = tlv.entry(kind::PRIVATE_KEY, 3).unwrap();
    assert_eq!(
        (key.flags, key.value, key.offset),
        (0x80, &b""[..], 32 + 48)
    );
    assert_eq!(tlv.used, 32 + 48 + 16 + 48);
    assert!(image[tlv.used..].iter().all(|&byte| byte == 0xff));
}

#[test]
fn the_end_stays_visible() {
    let mut tlv = Builder::new(0x1000).unwrap();
    let fits = 4096 - 32;
    assert_eq!(
        tlv.add(51, 0, 0, &vec![1; fits + 1]),
        Err(Error::TooLarge {
            needed: 4096 + 16 - 16,
            available: 4092
        })
    );
    tlv.add(51, 0, 0, &vec![1; fits]).unwrap();
    assert_eq!(tlv.used(), 4080);
    assert_eq!(parse(&tlv.finish()).unwrap().entries.len(), 1);
    let mut tlv = Builder::new(0x1_0000).unwrap();
    let error = tlv.add(51, 0, 0, &vec![1; 0x1_0000]);
    assert!(matches!(error, Err(Error::TooLarge { .. })));
}

#[test]
fn sizes_and_names_are_checked() {
    for bytes in [0, 1, 4095, 0x1_1000] {
        let size = u32::try_from(bytes).unwrap();
        assert_eq!(Builder::new(size).err(), Some(Error::Size { bytes }));
    }
    let bytes = MAX_BYTES + 1;
    assert_eq!(parse(&vec![0xff; bytes]), Err(Error::Size { bytes }));
    let mut tlv = Builder::new(0x1000).unwrap();
    tlv.add(1, 0, 0, b"a").unwrap();
    let twice = Error::Duplicate {
        kind: 1,
        subtype: 0,
    };
    assert_eq!(tlv.add(1, 0, 0, b"b"), Err(twice));
    tlv.add(1, 1, 0, b"b").unwrap();
}

#[test]
fn blank_is_empty_and_noise_is_refused() {
    assert_eq!(parse(&[]), Ok(Tlv::default()));
    assert_eq!(parse(&[0xff; 64]), Ok(Tlv::default()));
    assert_eq!(parse(&[0; 64]), Err(Error::NotTlv));
}

#[test]
fn damage_is_named() {
    let good = sample();
    let damaged = |at: usize| {
        let mut image = good.clone();
        image[at] ^= 1;
        problems(&image)
    };
    let integrity = (96, Problem::Integrity);
    assert_eq!(damaged(12), [(0, Problem::Crc), integrity]);
    assert_eq!(damaged(30), [(0, Problem::Crc), integrity]);
    assert_eq!(damaged(96 + 12), [(96, Problem::Crc)]);
    assert_eq!(damaged(0x800), [(144, Problem::NotBlank)]);
    assert_eq!(problems(&good[..140]), [(96, Problem::Truncated)]);
    let mut image = good[..32].to_vec();
    image.extend_from_slice(&good[..32]);
    assert_eq!(problems(&image), [(32, Problem::Duplicate)]);
    image.truncate(32);
    image.extend_from_slice(&[0xff, 0xff, 0, 0, 0xff]);
    assert_eq!(problems(&image), []);
}

#[test]
fn a_damaged_entry_is_not_handed_out() {
    let mut image = sample();
    image[12] ^= 1;
    let tlv = parse(&image).unwrap();
    assert_eq!(tlv.get(kind::CA_CERT, 0), None);
    assert_eq!(tlv.entries.len(), 4);
}

#[test]
fn no_flipped_bit_panics_or_invents_a_value() {
    let good = sample();
    let truth = parse(&good).unwrap();
    for at in 0..200 {
        for bit in 0..8 {
            let mut image = good.clone();
            image[at] ^= 1 << bit;
            let Ok(tlv) = parse(&image) else { continue };
            for entry in tlv.entries.iter().filter(|entry| entry.intact) {
                assert!(truth.entries.contains(entry), "byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn debug_shows_no_bytes() {
    let image = sample();
    let shown = format!("{:?}", parse(&image).unwrap());
    assert!(shown.contains("bytes: 17") && !shown.contains("seventeen"));
}
