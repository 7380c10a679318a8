use super::page::{BITMAP, ENTRY_BYTES, FIRST_ENTRY, header_crc};
use super::*;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sample() -> Vec<u8> {
    let mut nvs = Builder::new(0x4000).unwrap();
    nvs.namespace("first").unwrap();
    nvs.set("number", &Value::U32(0xdead_beef)).unwrap();
    nvs.set("minus", &Value::I8(-1)).unwrap();
    nvs.set("text", &Value::string("hello")).unwrap();
    nvs.namespace("second").unwrap();
    nvs.set("number", &Value::U8(7)).unwrap();
    nvs.set("blob", &Value::blob(&blob())).unwrap();
    nvs.finish().to_vec()
}

fn blob() -> Vec<u8> {
    (0..5000u32).map(|i| i.to_le_bytes()[0] ^ 0x5a).collect()
}

fn entry(page: usize, number: usize) -> usize {
    page * PAGE_BYTES + FIRST_ENTRY + number * ENTRY_BYTES
}

/// Marks an entry erased, as a device does when a newer value has been written.
fn erase(image: &mut [u8], page: usize, number: usize) {
    image[page * PAGE_BYTES + BITMAP + number / 4] &= !(0b11 << (number % 4 * 2));
}

/// Makes a page header's checksum right again.
fn seal(page: &mut [u8]) {
    let crc = header_crc(page.first_chunk().unwrap());
    page[28..32].copy_from_slice(&crc.to_le_bytes());
}

fn problems(image: &[u8]) -> Vec<Problem> {
    let nvs = parse(image).unwrap();
    nvs.findings.iter().map(|finding| finding.problem).collect()
}

#[test]
fn what_is_built_is_read() {
    let nvs = parse(&sample()).unwrap();
    assert_eq!(nvs.findings, []);
    assert_eq!(nvs.items.len(), 5);
    assert_eq!(nvs.get("first", "number"), Some(&Value::U32(0xdead_beef)));
    assert_eq!(nvs.get("first", "minus"), Some(&Value::I8(-1)));
    assert_eq!(nvs.get("first", "text"), Some(&Value::string("hello")));
    assert_eq!(nvs.get("second", "number"), Some(&Value::U8(7)));
    assert_eq!(nvs.get("second", "blob"), Some(&Value::blob(&blob())));
    assert_eq!(nvs.get("second", "text"), None);
}

#[test]
fn the_last_page_stays_blank() {
    let image = sample();
    assert_eq!(image.len(), 0x4000);
    assert!(image[0x3000..].iter().all(|&byte| byte == 0xff));
}

#[test]
fn blobs_of_every_awkward_size_come_back() {
    for fill in [0, 1, 122, 123, 124] {
        for size in [0, 1, 31, 32, 33, 3967, 3968, 3969, 4000, 4001, 8000, 9000] {
            let mut nvs = Builder::new(0x8000).unwrap();
            nvs.namespace("n").unwrap();
            for number in 0..fill {
                nvs.set(&format!("k{number}"), &Value::U8(1)).unwrap();
            }
            let bytes = vec![0xa5; size];
            nvs.set("blob", &Value::blob(&bytes)).unwrap();
            nvs.set("after", &Value::string("end")).unwrap();
            let image = nvs.finish();
            let read = parse(&image).unwrap();
            assert_eq!(read.findings, [], "{fill} {size}");
            assert_eq!(read.get("n", "blob"), Some(&Value::blob(&bytes)));
            assert_eq!(read.get("n", "after"), Some(&Value::string("end")));
            assert_eq!(read.items.len(), fill + 2);
        }
    }
}

#[test]
fn strings_up_to_the_limit_come_back() {
    for size in [0, 1, 30, 31, 32, 3967, 3968, MAX_STRING_BYTES] {
        let mut nvs = Builder::new(MIN_BYTES).unwrap();
        nvs.namespace("n").unwrap();
        nvs.set("s", &Value::string(&"x".repeat(size))).unwrap();
        let image = nvs.finish();
        let read = parse(&image).unwrap();
        assert_eq!(read.findings, []);
        assert_eq!(read.get("n", "s").unwrap().as_bytes().unwrap().len(), size);
    }
}

#[test]
fn sizes_are_checked() {
    for size in [0, 0x1000, 0x2000, 0x3001, 0x40_1000] {
        let bytes = usize::try_from(size).unwrap();
        assert_eq!(Builder::new(size).err(), Some(Error::Size { bytes }));
    }
    for bytes in [0, 1, 4095, 4097, (MAX_PAGES + 1) * PAGE_BYTES] {
        assert_eq!(parse(&vec![0xff; bytes]), Err(Error::Size { bytes }));
    }
    assert_eq!(parse(&[0xff; PAGE_BYTES]), Ok(Nvs::default()));
}

#[test]
fn names_and_values_are_checked() {
    let mut nvs = Builder::new(MIN_BYTES).unwrap();
    let one = Value::U8(1);
    assert_eq!(nvs.set("k", &one), Err(Error::NoNamespace));
    nvs.namespace("fifteen_bytes__").unwrap();
    let name = "sixteen_bytes___".to_owned();
    let too_long = Error::NameTooLong {
        name: name.clone(),
        bytes: 16,
    };
    assert_eq!(nvs.namespace(&name), Err(too_long.clone()));
    assert_eq!(nvs.set(&name, &one), Err(too_long));
    for name in ["", "a\0b"] {
        let name = name.to_owned();
        assert_eq!(nvs.set(&name, &one), Err(Error::BadName { name }));
    }
    nvs.set("k", &one).unwrap();
    let key = || "k".to_owned();
    assert_eq!(nvs.set("k", &one), Err(Error::DuplicateKey { key: key() }));
    assert_eq!(
        nvs.set("z", &Value::string("a\0b")),
        Err(Error::StringNul { key: "z".into() })
    );
    assert_eq!(
        nvs.set("l", &Value::string(&"x".repeat(4000))),
        Err(Error::StringTooLong {
            key: "l".into(),
            bytes: 4000
        })
    );
    assert_eq!(
        nvs.set("b", &Value::blob(&[0; 8001])),
        Err(Error::Full { name: "b".into() })
    );
}

#[test]
fn namespaces_can_be_opened_again_and_run_out() {
    let mut nvs = Builder::new(0x10000).unwrap();
    for number in 1..=254 {
        nvs.namespace(&format!("n{number}")).unwrap();
    }
    assert_eq!(nvs.namespace("n255"), Err(Error::TooManyNamespaces));
    nvs.namespace("n1").unwrap();
    nvs.set("k", &Value::U8(9)).unwrap();
    let image = nvs.finish();
    let read = parse(&image).unwrap();
    assert_eq!(read.get("n1", "k"), Some(&Value::U8(9)));
}

#[test]
fn pages_may_stand_in_any_order() {
    let image = sample();
    let mut turned = image[0x1000..0x2000].to_vec();
    turned.extend_from_slice(&image[..0x1000]);
    turned.extend_from_slice(&image[0x2000..]);
    let (mut read, mut again) = (parse(&image).unwrap(), parse(&turned).unwrap());
    // Each value stands where its parts say.
    for (image, nvs) in [(image.as_slice(), &mut read), (&turned, &mut again)] {
        for item in &mut nvs.items {
            let parts = core::mem::take(&mut item.parts);
            let parts: Vec<&[u8]> = parts.into_iter().map(|part| &image[part]).collect();
            assert_eq!(parts.concat(), item.value.as_bytes().unwrap_or_default());
        }
    }
    assert_eq!(read, again);
}

#[test]
fn the_newer_of_two_values_counts() {
    let mut nvs = Builder::new(MIN_BYTES).unwrap();
    nvs.namespace("first").unwrap();
    nvs.set("number", &Value::U32(1)).unwrap();
    let other = nvs.finish();
    // The sequence numbers decide, not the places in flash.
    for (numbers, expected) in [([1, 2, 3], 1), ([2, 3, 1], 0xdead_beef)] {
        for places in [[0, 1, 2], [1, 2, 0]] {
            let sample = sample();
            let sources = [&sample[..0x1000], &sample[0x1000..0x2000], &other[..0x1000]];
            let mut image = vec![0xff; 0x4000];
            for ((source, number), place) in sources.iter().zip(numbers).zip(places) {
                let page = &mut image[place * PAGE_BYTES..][..PAGE_BYTES];
                page.copy_from_slice(source);
                page[4] = number;
                seal(page);
            }
            let read = parse(&image).unwrap();
            assert_eq!(read.findings, []);
            assert_eq!(read.get("first", "number"), Some(&Value::U32(expected)));
        }
    }
}

#[test]
fn erased_entries_are_gone() {
    let mut image = sample();
    erase(&mut image, 0, 1);
    let read = parse(&image).unwrap();
    assert_eq!(read.get("first", "number"), None);
    assert_eq!((read.entries_erased, read.findings.len()), (1, 0));
}

#[test]
fn damage_is_named_and_costs_one_value_only() {
    let good = sample();
    let damaged = |at: usize| {
        let mut image = good.clone();
        image[at] ^= 0x10;
        let read = parse(&image).unwrap();
        let found: Vec<_> = read.findings.iter().map(|f| (f.entry, f.problem)).collect();
        (found, read.items.len())
    };
    // entries: 0 namespace, 1 number, 2 minus, 3-4 text, 5 namespace, 6 number, 7.. blob
    assert_eq!(
        damaged(entry(0, 1) + 24),
        (vec![(Some(1), Problem::EntryCrc)], 4)
    );
    assert_eq!(
        damaged(entry(0, 4)),
        (vec![(Some(3), Problem::PayloadCrc)], 4)
    );
    let (found, items) = damaged(entry(0, 9));
    assert_eq!(items, 4);
    let parts = [
        (Some(7), Problem::PayloadCrc),
        (Some(40), Problem::BlobIncomplete),
        (Some(0), Problem::Leftover),
    ];
    assert_eq!(found, parts);
    let (found, items) = damaged(29);
    assert_eq!((found[0], items), ((None, Problem::HeaderCrc), 0));
    let (found, items) = damaged(entry(0, 0) + 24);
    assert_eq!(found[0], (Some(0), Problem::EntryCrc));
    assert_eq!(items, 2);
    assert!(
        found[1..]
            .iter()
            .all(|f| f.1 == Problem::UnknownNamespace { index: 1 })
    );
}

#[test]
fn odd_pages_are_named() {
    let good = sample();
    let mut image = good.clone();
    image[..4].copy_from_slice(&0u32.to_le_bytes());
    assert_eq!(problems(&image)[0], Problem::State { found: 0 });
    let mut image = good.clone();
    image[0x3800] = 0;
    assert_eq!(problems(&image), [Problem::EmptyNotBlank]);
    let mut image = good.clone();
    let copy = image[..0x1000].to_vec();
    image[0x3000..].copy_from_slice(&copy);
    assert_eq!(problems(&image)[0], Problem::SequenceTwice);
    let mut image = good.clone();
    image[BITMAP] = image[BITMAP] & !0b11 | 0b01;
    assert_eq!(problems(&image)[0], Problem::BitmapState);
    let mut image = good;
    image[8] = 0xfd;
    seal(&mut image);
    assert_eq!(problems(&image)[0], Problem::Version { found: 0xfd });
}

#[test]
fn findings_are_capped() {
    let mut image = vec![0xff; PAGE_BYTES];
    image[..0x1000].copy_from_slice(&sample()[..0x1000]);
    image[BITMAP..BITMAP + 32].fill(0b0101_0101);
    let read = parse(&image).unwrap();
    assert_eq!(read.findings.len(), MAX_FINDINGS);
    assert_eq!(read.more_findings, 126 - MAX_FINDINGS);
}

#[test]
fn no_flipped_bit_panics_or_invents_a_value() {
    let good = sample();
    let truth = parse(&good).unwrap();
    for at in 0..0x2200 {
        for bit in [0, 3, 7] {
            let mut image = good.clone();
            image[at] ^= 1 << bit;
            let read = parse(&image).unwrap();
            for item in &read.items {
                assert!(
                    truth.items.contains(item),
                    "byte {at:#x} bit {bit}: {item:?}"
                );
            }
        }
    }
}

#[test]
fn debug_shows_no_bytes() {
    let shown = format!("{:?}", parse(&sample()).unwrap());
    assert!(shown.contains("String(5 bytes)") && shown.contains("Blob(5000 bytes)"));
    assert!(!shown.contains("hello"));
}
