//! The chips whose ROMs differ most from the one that runs in the tests: what they are asked and what
//! is made of their answers. `tests/interop/tests/flash_chips.rs` judges the same for all of them.
#![allow(clippy::unwrap_used, reason = "a test")]

use signet_core::flash::esp::{Board, Chip, Command, Error, Event, Opcode, Refusal, Verification};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[path = "common/script.rs"]
mod script;

use script::{
    Ask, SPI, SPI_ESP32, Say, Talk, holds, image, locate, located_at, md5, padded, security, twice,
    write,
};

const MAGIC: u32 = 0x4000_1000;
const ESP32: u32 = 0x00F0_1D83;
const ESP32_S2: u32 = 0x0000_07C6;
const MAC: [u8; 6] = [0x7C, 0xDF, 0xA1, 0xB2, 0xC3, 0xD4];
const INVALID: u8 = 0x05;
const OLD: &[u8] = b"what was there before";

/// Three refusals under the name of the request before, with the line settled in between.
fn no_security() -> Vec<(Ask, Say)> {
    let mut script = vec![(Ask::Sync, Say::Done)];
    for _ in 0..2 {
        script.push((Ask::Security, Say::RefusedAs(Opcode::Sync, INVALID)));
        script.push((Ask::Sync, Say::Done));
    }
    script.push((Ask::Security, Say::RefusedAs(Opcode::Sync, INVALID)));
    script
}

fn magic(word: u32) -> Vec<(Ask, Say)> {
    twice(&[(Ask::Register(MAGIC), Say::Value(word))])
}

/// An ESP32 with these two eFuse words.
fn esp32(crypt_count: u32, secure_boot: u32) -> Vec<(Ask, Say)> {
    let mut script = no_security();
    script.extend(magic(ESP32));
    script.extend(twice(&[
        (Ask::Register(0x3FF5_A004), Say::Value(0xA1B2_C3D4)),
        // Its top half is a checksum.
        (Ask::Register(0x3FF5_A008), Say::Value(0x00C5_7CDF)),
        (Ask::Register(0x3FF5_A000), Say::Value(crypt_count)),
        (Ask::Register(0x3FF5_A018), Say::Value(secure_boot)),
    ]));
    script.push((Ask::Attach, Say::Done));
    script
}

/// An ESP32-S2 that says this about itself.
fn esp32_s2(flags: u32, crypt_count: u8) -> Vec<(Ask, Say)> {
    let info = Say::Data(security(flags, crypt_count, None));
    let mut script = vec![(Ask::Sync, Say::Done)];
    script.extend(twice(&[(Ask::Security, info)]));
    script.extend(magic(ESP32_S2));
    script.extend(twice(&[
        (Ask::Register(0x3F41_A044), Say::Value(0xA1B2_C3D4)),
        (Ask::Register(0x3F41_A048), Say::Value(0x7CDF)),
    ]));
    script.push((Ask::Attach, Say::Done));
    script
}

fn connect(script: &[(Ask, Say)]) -> (Talk, Event) {
    let mut talk = Talk::new(Verification::Digest);
    let end = talk.order(Command::Connect, script);
    (talk, end)
}

fn board(chip: Chip, secure_boot: bool, flash_encryption: bool) -> Event {
    Event::Identified(Board {
        chip,
        mac: MAC,
        secure_boot,
        flash_encryption,
    })
}

/// Finds the partition and writes two blocks, the beginning with that many words.
fn provision(talk: &mut Talk, located: &[(Ask, Say)], begin: usize) {
    let located = talk.order(locate(), located);
    assert!(matches!(located, Event::Located(_)), "{located:?}");
    let image = image(1500);
    let script = [
        (Ask::Md5, holds(OLD)),
        (Ask::Sync, Say::Done),
        (Ask::Begin(begin), Say::Done),
        (Ask::Block(0), Say::Done),
        (Ask::Block(1), Say::Done),
        (Ask::Md5, holds(&image)),
    ];
    let written = Event::Written {
        unchanged: false,
        md5: md5(&image),
    };
    assert_eq!(talk.order(write(&image), &script), written);
    assert_eq!(talk.unpacked(), padded(&image));
    // What stands behind a block in its frame, other ROMs were not seen to ignore.
    assert!(talk.heard.iter().all(|heard| heard.behind.is_empty()));
}

#[test]
fn an_esp32_from_its_word_to_its_write() {
    let (mut talk, end) = connect(&esp32(0, 0));
    assert_eq!(end, board(Chip::Esp32, false, false));
    // Four words: it does not know the fifth.
    provision(&mut talk, &located_at(0x3FF4_2000, SPI_ESP32), 4);
}

#[test]
fn an_esp32_says_nothing_to_a_request_that_it_does_not_know() {
    let mut script = vec![(Ask::Sync, Say::Done)];
    for _ in 0..2 {
        script.extend([(Ask::Security, Say::Nothing), (Ask::Sync, Say::Done)]);
    }
    script.push((Ask::Security, Say::Nothing));
    script.extend(esp32(0, 0).into_iter().skip(no_security().len()));
    assert_eq!(connect(&script).1, board(Chip::Esp32, false, false));
}

#[test]
fn the_locks_of_an_esp32_are_read_from_its_efuses() {
    // An odd number of bits in 20 to 26: encryption is on. The neighbours mean something else.
    for (word, on) in [
        (1 << 20, true),
        (0b11 << 20, false),
        (0b111 << 20, true),
        (0x7F << 20, true),
        (1 << 26, true),
        (1 << 19 | 1 << 27, false),
    ] {
        let (_, end) = connect(&esp32(word, 0));
        assert_eq!(end, board(Chip::Esp32, false, on), "{word:#x}");
    }
    for (word, on) in [
        (1 << 4, true),
        (1 << 5, true),
        (1 << 3 | 1 << 6 | 1 << 7, false),
    ] {
        let (_, end) = connect(&esp32(0, word));
        assert_eq!(end, board(Chip::Esp32, on, false), "{word:#x}");
    }
}

#[test]
fn an_encrypted_esp32_is_refused_before_a_byte_is_written() {
    let (mut talk, _) = connect(&esp32(1 << 20, 0));
    let noise = image(64);
    let end = talk.order(locate(), &[(Ask::Read(0x8000), Say::Data(noise))]);
    let label = "esp_secure_cert".to_owned();
    assert_eq!(end, Event::Failed(Error::FlashEncrypted { label }));
}

#[test]
fn an_esp32_s2_from_its_word_to_its_write() {
    let (mut talk, end) = connect(&esp32_s2(0, 0));
    assert_eq!(end, board(Chip::Esp32S2, false, false));
    provision(&mut talk, &located_at(0x3F40_2000, SPI), 5);
}

#[test]
fn the_locks_of_an_esp32_s2_are_in_its_twelve_bytes() {
    assert_eq!(
        connect(&esp32_s2(1, 0b001)).1,
        board(Chip::Esp32S2, true, true)
    );
    // In secure download mode it is not asked for anything else.
    let script: Vec<_> = esp32_s2(1 << 2, 0).into_iter().take(3).collect();
    assert_eq!(connect(&script).1, Event::Failed(Error::SecureDownload));
}

/// Only the first ESP32 has its locks where an ESP32 has them.
#[test]
fn an_esp32_s2_that_hides_its_locks_is_refused() {
    let mut script = no_security();
    script.extend(magic(ESP32_S2));
    let command = Opcode::SecurityInfo;
    let reason = Refusal::INVALID;
    assert_eq!(
        connect(&script).1,
        Event::Failed(Error::Refused { command, reason })
    );

    for (ask, say) in &mut script {
        if *ask == Ask::Security {
            *say = Say::Nothing;
        }
    }
    assert_eq!(connect(&script).1, Event::Failed(Error::Silent { command }));
}
