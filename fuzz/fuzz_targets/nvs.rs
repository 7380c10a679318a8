#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::image::nvs;

fuzz_target!(|data: &[u8]| {
    // Whole pages only: anything else is refused at once.
    let mut image = data.to_vec();
    image.resize(data.len().clamp(1, 4 * nvs::PAGE_BYTES).next_multiple_of(nvs::PAGE_BYTES), 0xff);
    if let Ok(read) = nvs::parse(&image) {
        let held: usize = read.items.iter().filter_map(|item| item.value.as_bytes()).map(<[u8]>::len).sum();
        assert!(held <= image.len() && read.findings.len() <= nvs::MAX_FINDINGS);
    }
});
