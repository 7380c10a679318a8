//! What a ROM does when something goes wrong, answer by answer, and what a session makes of it. That
//! a real ROM does these things is shown by `tests/interop/tests/flash_twins.rs`.
#![allow(clippy::unwrap_used, reason = "a test")]

use signet_core::Millis;
use signet_core::flash::esp::{Chip, Command, Error, Event, Opcode, Refusal, Verification};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[path = "common/script.rs"]
mod script;

use script::{Ask, Say, Talk, connect, holds, image, locate, located, md5, padded, reply, write};

const OLD: &[u8] = b"what was there before";
/// Reasons of a ROM: wrong checksum, flash write error, wrong Adler-32.
const CHECKSUM: u8 = 0x07;
const FLASH_WRITE: u8 = 0x08;
const ADLER: u8 = 0x0C;
const INVALID: u8 = 0x05;

/// The greeting in front of each beginning, and the beginning.
fn begin() -> [(Ask, Say); 2] {
    [(Ask::Sync, Say::Done), (Ask::Begin(5), Say::Done)]
}

/// Both blocks and the proof.
fn rest(image: &[u8]) -> [(Ask, Say); 3] {
    [
        (Ask::Block(0), Say::Done),
        (Ask::Block(1), Say::Done),
        (Ask::Md5, holds(image)),
    ]
}

/// Writes two blocks with this script, which must end with them in the board.
fn written(script: &[&[(Ask, Say)]]) {
    let image = image(1500);
    let mut talk = Talk::located(Verification::Digest);
    let end = talk.order(write(&image), &script.concat());
    assert_eq!(end, done(&image));
    assert_eq!(talk.unpacked(), padded(&image));
}

fn done(image: &[u8]) -> Event {
    Event::Written {
        unchanged: false,
        md5: md5(image),
    }
}

#[test]
fn nothing_goes_wrong() {
    written(&[&[(Ask::Md5, holds(OLD))], &begin(), &rest(&image(1500))]);
}

#[test]
fn a_lost_acknowledgement_does_not_cost_the_block() {
    // The ROM takes each number once: the second copy is refused, and the next number goes on.
    written(&[
        &[(Ask::Md5, holds(OLD))],
        &begin(),
        &[
            (Ask::Block(0), Say::Nothing),
            (Ask::Sync, Say::Done),
            (Ask::Block(0), Say::Refused(INVALID)),
            (Ask::Block(1), Say::Nothing),
            (Ask::Sync, Say::Done),
            (Ask::Block(1), Say::Refused(INVALID)),
            (Ask::Md5, holds(&image(1500))),
        ],
    ]);
}

#[test]
fn a_lost_block_is_sent_again() {
    written(&[
        &[(Ask::Md5, holds(OLD))],
        &begin(),
        &[
            (Ask::Block(0), Say::Nothing),
            (Ask::Sync, Say::Nothing),
            (Ask::Sync, Say::Done),
        ],
        &rest(&image(1500)),
    ]);
}

#[test]
fn only_a_repeated_block_may_have_been_taken_already() {
    // Refused at the first time, its number is not the next: the ROM is not where it should be.
    written(&[
        &[(Ask::Md5, holds(OLD))],
        &begin(),
        &[(Ask::Block(0), Say::Refused(INVALID))],
        &begin(),
        &rest(&image(1500)),
    ]);
}

#[test]
fn a_refused_block_is_consumed_and_all_begins_anew() {
    // To send the block again, as esptool does, would be refused; to go on would leave it out.
    for reason in [CHECKSUM, FLASH_WRITE, ADLER] {
        for first in [true, false] {
            let mut blocks = vec![(Ask::Block(0), Say::Done), (Ask::Block(1), Say::Done)];
            if first {
                blocks.truncate(1);
            }
            blocks.last_mut().unwrap().1 = Say::Refused(reason);
            written(&[
                &[(Ask::Md5, holds(OLD))],
                &begin(),
                &blocks,
                &begin(),
                &rest(&image(1500)),
            ]);
        }
    }
}

#[test]
fn a_repeated_block_with_a_wrong_checksum_is_consumed_too() {
    written(&[
        &[(Ask::Md5, holds(OLD))],
        &begin(),
        &[
            (Ask::Block(0), Say::Nothing),
            (Ask::Sync, Say::Done),
            (Ask::Block(0), Say::Refused(CHECKSUM)),
        ],
        &begin(),
        &rest(&image(1500)),
    ]);
}

#[test]
fn a_block_that_is_refused_each_time_ends_with_the_reason() {
    for reason in [CHECKSUM, FLASH_WRITE, ADLER] {
        let mut script = vec![(Ask::Md5, holds(OLD))];
        for _ in 0..5 {
            script.extend(begin());
            script.push((Ask::Block(0), Say::Refused(reason)));
        }
        let mut talk = Talk::located(Verification::Digest);
        assert_eq!(
            talk.order(write(&image(1500)), &script),
            Event::Failed(Error::Refused {
                command: Opcode::DeflateData,
                reason: Refusal(reason)
            })
        );
    }
}

#[test]
fn a_beginning_that_was_refused_or_lost_is_made_again() {
    let refused = [
        (Ask::Sync, Say::Done),
        (Ask::Begin(5), Say::Refused(INVALID)),
    ];
    let lost = [
        (Ask::Sync, Say::Done),
        (Ask::Begin(5), Say::Nothing),
        (Ask::Sync, Say::Done),
        (Ask::Begin(5), Say::Done),
    ];
    let md5 = (Ask::Md5, holds(OLD));
    let image = image(1500);
    let md5 = core::slice::from_ref(&md5);
    written(&[md5, &refused, &begin(), &rest(&image)]);
    written(&[md5, &lost, &rest(&image)]);
}

#[test]
fn a_wrong_digest_behind_a_disturbance_is_no_surprise() {
    // What the ROM took as the first copy of the block was another one with the same checksum.
    let mut script = vec![
        (Ask::Block(0), Say::Nothing),
        (Ask::Sync, Say::Done),
        (Ask::Block(0), Say::Refused(INVALID)),
        (Ask::Block(1), Say::Done),
    ];
    script.extend(vec![(Ask::Md5, holds(OLD)); 3]);
    let image = image(1500);
    written(&[
        &[(Ask::Md5, holds(OLD))],
        &begin(),
        &script,
        &begin(),
        &rest(&image),
    ]);
}

#[test]
fn an_unknown_request_is_answered_under_the_previous_name() {
    // As the ROM of a chip without GET_SECURITY_INFO: behind a SYNC it answers as if to one more.
    let unknown = Say::RefusedAs(Opcode::Sync, INVALID);
    let mut script = vec![(Ask::Sync, Say::Done)];
    script.extend([
        (Ask::Security, unknown.clone()),
        (Ask::Sync, Say::Done),
        (Ask::Security, unknown.clone()),
        (Ask::Sync, Say::Done),
        (Ask::Security, unknown),
    ]);
    let registers = [
        (0x4000_1000, 0x00F0_1D83),
        (0x4000_1000, 0x00F0_1D83),
        (0x3FF5_A004, 0xA1B2_C3D4),
        (0x3FF5_A008, 0x7CDF),
        (0x3FF5_A000, 0),
        (0x3FF5_A018, 0),
        (0x3FF5_A004, 0xA1B2_C3D4),
        (0x3FF5_A008, 0x7CDF),
        (0x3FF5_A000, 0),
        (0x3FF5_A018, 0),
    ];
    script.extend(registers.map(|(at, word)| (Ask::Register(at), Say::Value(word))));
    script.push((Ask::Attach, Say::Done));
    let mut talk = Talk::new(Verification::Digest);
    let Event::Identified(board) = talk.order(Command::Connect, &script) else {
        panic!()
    };
    assert_eq!(board.chip, Chip::Esp32);
    // It was heard: who waits for an answer under the right name waits for a second, three times.
    assert!(talk.now < Millis(1000), "{:?}", talk.now);
}

#[test]
fn a_stale_reason_beside_a_success_means_nothing() {
    let image = image(1500);
    let mut talk = Talk::new(Verification::ReadBack);
    talk.stale = INVALID;
    let identified = talk.order(Command::Connect, &connect());
    assert!(matches!(identified, Event::Identified(_)), "{identified:?}");
    let found = talk.order(locate(), &located());
    assert!(matches!(found, Event::Located(_)), "{found:?}");
    let mut script = [&[(Ask::Md5, holds(OLD))][..], &begin(), &rest(&image)].concat();
    script.extend(read_back(&image));
    assert_eq!(talk.order(write(&image), &script), done(&image));
}

/// Reads what is not 0xFF.
fn read_back(image: &[u8]) -> Vec<(Ask, Say)> {
    let padded = padded(image);
    let pieces = (script::START..).step_by(64).zip(padded.chunks(64));
    pieces
        .take(image.len().div_ceil(64))
        .map(|(at, piece)| (Ask::Read(at), Say::Data(piece.to_vec())))
        .collect()
}

#[test]
fn an_answer_that_comes_late_does_not_answer_the_next_question() {
    // The digest before, overdue, comes with the answers of the SYNC that settles the line, and looks
    // like the one that is wanted; what is asked for again says that it is not so.
    let image = image(1500);
    let Say::Data(digits) = holds(&image) else {
        panic!()
    };
    let late = reply(Opcode::FlashMd5 as u8, 0, &digits, [0; 4]);
    let sync = reply(Opcode::Sync as u8, 0x2012_0707, &[], [0; 4]);
    let both = [late, sync.repeat(8)].concat();
    written(&[
        &[
            (Ask::Md5, Say::Nothing),
            (Ask::Sync, Say::Raw(both)),
            (Ask::Md5, holds(OLD)),
        ],
        &begin(),
        &rest(&image),
    ]);
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let image = image(1500);
    let mut talk = Talk::located(Verification::Digest);
    assert_eq!(
        talk.order(write(&image), &[(Ask::Md5, holds(&image))]),
        Event::Written {
            unchanged: true,
            md5: md5(&image)
        }
    );
}
