#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::recipe::Recipe;

fuzz_target!(|data: &[u8]| {
    let Ok(recipe) = Recipe::parse(data) else { return };
    // What was accepted can be written and read again, and says the same.
    let written = serde_json::to_vec(&recipe).unwrap();
    let again = Recipe::parse(&written).unwrap();
    assert_eq!(serde_json::to_vec(&again).unwrap(), written);
});
