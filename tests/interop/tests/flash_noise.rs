//! Bytes that get lost, come twice, change or come late, to the board and from it: whoever says
//! `Written` tells the truth, at the real ROM and at its simulation.
//!
//! Only that is asked for, and that every other end has a name. A `FLASH_DEFL_BEGIN` that changed on
//! its way may erase another place (see the documentation of `signet_core::flash::esp`); that nothing
//! else is touched where only losses happen, `flash_rom.rs` and `flash_sim.rs` show.
#![allow(clippy::print_stdout, reason = "how many were written")]

use std::time::Duration;

use anyhow::Result;
use signet_boards::{EspRom, Noise, Rates};
use signet_core::Explain as _;
use signet_core::flash::esp::{Command, Error, Event};
use signet_interop::proxy::{Direction, Proxy};
use signet_interop::rom::Rom;
use signet_interop::serial::Serial;
use signet_interop::wire::Wire;

const START: usize = 0xD000;
const SIZE: usize = 0x2000;
/// Sessions for each profile at the real ROM, which works in real time.
const ROM_SEEDS: u64 = 3;

/// What a line does, in both directions alike.
struct Profile {
    name: &'static str,
    rates: Rates,
    late: bool,
}

const QUIET: Rates = Rates {
    lose: 0,
    double: 0,
    flip: 0,
};

const PROFILES: [Profile; 5] = [
    Profile {
        name: "lost",
        rates: Rates { lose: 300, ..QUIET },
        late: false,
    },
    Profile {
        name: "doubled",
        rates: Rates {
            double: 300,
            ..QUIET
        },
        late: false,
    },
    Profile {
        name: "changed",
        rates: Rates { flip: 300, ..QUIET },
        late: false,
    },
    Profile {
        name: "late",
        rates: QUIET,
        late: true,
    },
    Profile {
        name: "everything",
        rates: Rates {
            lose: 150,
            double: 150,
            flip: 150,
        },
        late: true,
    },
];

impl Profile {
    fn noise(&self, seed: u64) -> Noise {
        Noise::new(seed, self.rates)
    }

    fn direction(&self, seed: u64) -> Direction {
        Direction {
            noise: self.noise(seed),
            // Long enough to make many an answer to a SYNC overdue.
            delay: Duration::from_millis(if self.late { 80 } else { 0 }),
        }
    }

    fn is_clean(&self) -> bool {
        self.rates == QUIET
    }
}

#[test]
fn lost() -> Result<()> {
    real(&PROFILES[0])
}

#[test]
fn doubled() -> Result<()> {
    real(&PROFILES[1])
}

#[test]
fn changed() -> Result<()> {
    real(&PROFILES[2])
}

#[test]
fn late() -> Result<()> {
    real(&PROFILES[3])
}

#[test]
fn everything() -> Result<()> {
    real(&PROFILES[4])
}

/// That profile at the ROM of a real chip.
fn real(profile: &Profile) -> Result<()> {
    let Some(rom) = Rom::start(&[])? else {
        return Ok(());
    };
    let fresh = rom.flash()?;
    let mut tally = Tally::default();
    for seed in 0..ROM_SEEDS {
        // What an earlier session may have erased.
        rom.preset(0, &fresh)?;
        let there = profile.direction(seed);
        let proxy = Proxy::start(rom.serial, there, profile.direction(seed ^ 0x5555))?;
        let mut serial = Serial::connect(proxy.address, Some(rom.control))?;
        let image = image(3000, seed);
        let mut order = |command| Ok(serial.order(command)?.done());
        let outcome = provision(&mut order, &image)?;
        let flash = rom.flash()?;
        tally.count(
            profile,
            seed,
            &outcome,
            flash[START..START + SIZE] == padded(&image),
        );
        tally.hits += proxy.hits();
    }
    tally.judge(profile);
    Ok(())
}

#[test]
fn the_same_at_the_simulation() -> Result<()> {
    for profile in &PROFILES {
        let mut tally = Tally::default();
        for seed in 0..seeds() {
            let (there, back) = (profile.noise(seed), profile.noise(seed ^ 0x5555));
            let board = EspRom::builder().noise(there, back).build();
            let mut wire = if profile.late {
                Wire::shuffled(board, seed)
            } else {
                Wire::new(board)
            };
            let image = image(3000, seed);
            let mut order = |command| {
                Ok(match wire.order(command).0 {
                    Event::Failed(error) => Err(error),
                    event => Ok(event),
                })
            };
            let outcome = provision(&mut order, &image)?;
            let stored = &wire.board.flash().bytes()[START..START + SIZE];
            tally.count(profile, seed, &outcome, stored == padded(&image));
            tally.hits += wire.board.hits();
        }
        tally.judge(profile);
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    sessions: u32,
    written: u32,
    hits: u32,
}

impl Tally {
    fn count(
        &mut self,
        profile: &Profile,
        seed: u64,
        outcome: &Result<Event, Error>,
        is_there: bool,
    ) {
        let when = format!("{}, seed {seed}: {outcome:?}", profile.name);
        self.sessions += 1;
        match outcome {
            Ok(event) => {
                assert!(matches!(event, Event::Written { .. }), "{when}");
                assert!(is_there, "{when}");
                self.written += 1;
            }
            Err(error) => assert!(error.code().contains('.'), "{when}"),
        }
    }

    fn judge(&self, profile: &Profile) {
        let Self {
            sessions,
            written,
            hits,
        } = self;
        let name = profile.name;
        println!("{name}: {written} of {sessions} written, {hits} bytes hit");
        assert_eq!(*hits == 0, profile.is_clean(), "{name}");
        // Bytes that only come late must not cost anything but time.
        let least = if profile.is_clean() { *sessions } else { 1 };
        assert!(*written >= least, "{name}: {written} of {sessions} written");
    }
}

/// Every order in turn, up to the first that fails.
fn provision(
    order: &mut impl FnMut(Command) -> Result<Result<Event, Error>>,
    image: &[u8],
) -> Result<Result<Event, Error>> {
    let label = "esp_secure_cert".to_owned();
    let mut last = Ok(Event::Left);
    for command in [
        Command::Connect,
        Command::Locate { label },
        Command::Write {
            image: image.to_vec().into(),
        },
    ] {
        last = order(command)?;
        if last.is_err() {
            break;
        }
    }
    Ok(last)
}

fn image(length: usize, seed: u64) -> Vec<u8> {
    let mut dice = Noise::new(seed, QUIET);
    (0..length)
        .map(|_| dice.below(64).to_le_bytes()[0])
        .collect()
}

fn padded(image: &[u8]) -> Vec<u8> {
    let mut padded = image.to_vec();
    padded.resize(SIZE, 0xFF);
    padded
}

fn seeds() -> u64 {
    std::env::var("SIGNET_SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok())
        .unwrap_or(300)
}
