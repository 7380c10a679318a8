//! Images whose names say what is to be found in them, see `corpus/make_images.py`.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use signet_core::image::{nvs, tlv};

#[test]
fn each_nvs_image_is_what_its_name_says() {
    let count = run("nvs", |image| {
        let read = nvs::parse(image).ok()?;
        let first = read.findings.first();
        Some((read.items.len(), first.map(|f| format!("{:?}", f.problem))))
    });
    assert!(count >= 25, "only {count} images");
}

#[test]
fn each_tlv_image_is_what_its_name_says() {
    let count = run("tlv", |image| {
        let read = tlv::parse(image).ok()?;
        let intact = read.entries.iter().filter(|entry| entry.intact).count();
        let first = read.findings.first();
        Some((intact, first.map(|f| format!("{:?}", f.problem))))
    });
    assert!(count >= 15, "only {count} images");
}

/// Parses each image whole, cut at many places, and with many flipped bits; only the first counts.
fn run(folder: &str, parse: impl Fn(&[u8]) -> Option<(usize, Option<String>)>) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(folder);
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let image = fs::read(&path).unwrap();
        let found = match parse(&image) {
            None => "refused".to_owned(),
            Some((values, None)) => format!("{values}-clean"),
            Some((values, Some(problem))) => {
                // A problem may carry facts: `Type { found: 119 }`.
                format!("{values}-{}", problem.split(' ').next().unwrap())
            }
        };
        assert_eq!(found, name.split('+').next().unwrap(), "{name}");
        for at in 0..image.len().min(400) {
            let _ = parse(&image[..at]);
            let mut image = image.clone();
            image[at] ^= 1 << (at % 8);
            let _ = parse(&image);
        }
        count += 1;
    }
    count
}
