//! No memory that a session gives back holds a private key: neither in plain nor as it is on the wire.
//!
//! An allocator looks into every block at the moment it is freed. It only looks while the session is at
//! work: the simulated board at the other end has the key too, and may.
#![cfg(not(target_family = "wasm"))]

#[path = "common/watchman.rs"]
mod watchman;

use std::collections::VecDeque;
use std::sync::OnceLock;

use signet_boards::{EspRom, Noise, Output as FromBoard, Rates};
use signet_core::Millis;
use signet_core::flash::esp::{Command, Event, Input, Output, Session};
use watchman::{Watchman, found, watched};

/// Stands for a private key: it occurs nowhere else.
const SECRET: [u8; 24] = *b"\x91~Kq\x03\xE2zR\x5Cw\xB8@\x17\xF4j\xA9-\xD0e\x8B1\xCCg\x06";
/// What the secret becomes on the wire, once a first run has shown it.
static PACKED: OnceLock<[u8; 24]> = OnceLock::new();

#[global_allocator]
static WATCHMAN: Watchman = Watchman(holds_secret);

fn holds_secret(bytes: &[u8]) -> bool {
    let secrets = [Some(&SECRET), PACKED.get()];
    secrets.into_iter().flatten().any(|secret| {
        let first = |byte: &u8| *byte == secret[0];
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(first) {
            rest = &rest[at..];
            if rest.starts_with(secret) {
                return true;
            }
            rest = &rest[1..];
        }
        false
    })
}

#[test]
fn a_session_leaves_nothing_behind() {
    // The watchman is awake.
    watched(|| drop(SECRET.to_vec()));
    assert_eq!(found(), 1);

    let blocks = write_secret(&mut EspRom::builder().build());
    let first = blocks.first().expect("a block");
    let _ = PACKED.set(first[200..224].try_into().expect("its middle"));
    watched(|| drop(first.clone()));
    assert_eq!(found(), 1);

    write_secret(&mut EspRom::builder().build());
    assert_eq!(found(), 0, "blocks were freed with the secret in them");

    // Neither when the line is bad or the cable is pulled.
    for seed in 0..40 {
        let noise = |seed| {
            Noise::new(
                seed,
                Rates {
                    lose: 200,
                    double: 100,
                    flip: 100,
                },
            )
        };
        let builder = EspRom::builder().noise(noise(seed), noise(seed ^ 77));
        write_secret(&mut builder.unplug_after(1500 + 400 * seed).build());
        assert_eq!(found(), 0, "seed {seed}");
    }
}

/// Drives a session to its end, and returns the frames that went to the board.
fn write_secret(board: &mut EspRom) -> Vec<Vec<u8>> {
    let mut image: Vec<u8> = Vec::new();
    let mut dice = Noise::new(5, Rates::default());
    image.extend((0..3000).map(|_| dice.below(64).to_le_bytes()[0]));
    image.extend(SECRET);
    image.extend((0..1000).map(|_| dice.below(64).to_le_bytes()[0]));

    let mut session = Session::new(Millis(0));
    let mut commands = VecDeque::from([
        Command::Connect,
        Command::Locate {
            label: "esp_secure_cert".to_owned(),
        },
        Command::Write {
            image: image.into(),
        },
        Command::Leave,
    ]);
    let (mut now, mut blocks) = (Millis(0), Vec::new());
    let mut order = |session: &mut Session, now| {
        let Some(command) = commands.pop_front() else {
            return false;
        };
        watched(|| session.handle(now, Input::Command(command)));
        true
    };
    order(&mut session, now);
    loop {
        let mut deadline = match watched(|| session.poll()) {
            Output::Transmit(bytes) => {
                board.handle(now, &bytes);
                if bytes.get(2) == Some(&0x11) {
                    blocks.push(bytes.to_vec());
                }
                watched(|| drop(bytes));
                continue;
            }
            Output::SetSignals { dtr, rts } => {
                board.set_signals(now, dtr, rts);
                continue;
            }
            Output::Event(Event::Phase(_) | Event::Progress { .. }) => continue,
            Output::Event(Event::Failed(_)) => break,
            Output::Event(_) if order(&mut session, now) => continue,
            Output::Event(_) | Output::Idle => break,
            Output::WaitUntil(deadline) => deadline,
        };
        match board.poll() {
            FromBoard::Transmit(bytes) => {
                watched(|| session.handle(now, Input::Bytes(&bytes)));
                continue;
            }
            FromBoard::Unplugged => {
                watched(|| session.handle(now, Input::Closed));
                continue;
            }
            FromBoard::WaitUntil(then) => deadline = deadline.min(then),
            FromBoard::Idle => {}
        }
        now = now.max(deadline);
        board.tick(now);
        watched(|| session.handle(now, Input::Deadline));
    }
    watched(|| drop(session));
    blocks
}
