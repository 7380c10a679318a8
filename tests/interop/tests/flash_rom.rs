//! A session against a real ESP32-C3's mask ROM, with esptool as the witness of what is in flash.

use std::time::Duration;

use anyhow::Result;
use signet_boards::{Noise, Rates, Row, partition_table};
use signet_core::flash::esp::{Chip, Command, Error, Event, Opcode, Session, Verification};
use signet_core::{Explain as _, Millis};
use signet_interop::proxy::{Direction, Proxy};
use signet_interop::rom::Rom;
use signet_interop::serial::Serial;
use signet_interop::tap::Tap;
use signet_interop::{esptool, has_python};

#[path = "common/credentials.rs"]
mod credentials;

const TABLE: u64 = 0x8000;
const LABEL: &str = "esp_secure_cert";
const START: usize = 0xD000;
const SIZE: usize = 0x2000;

#[test]
fn from_application_to_application_with_esptool_as_witness() -> Result<()> {
    let Some(rom) = Rom::start(&["--run", "--mac", "7c:df:a1:0a:0b:0c"])? else {
        return Ok(());
    };
    let before = rom.flash()?;
    let mut serial = Serial::connect(rom.serial, Some(rom.control))?;
    let identified = serial.order(Command::Connect)?.done();
    let Ok(Event::Identified(board)) = identified else {
        panic!("{identified:?}")
    };
    assert_eq!(
        (board.chip, board.mac),
        (Chip::Esp32C3, [0x7C, 0xDF, 0xA1, 0x0A, 0x0B, 0x0C])
    );
    assert_eq!(rom.command("state")?, "download 2");

    let image = image(5000, 1);
    assert!(matches!(
        serial.order(locate())?.done(),
        Ok(Event::Located(_))
    ));
    let written = serial.order(write(&image))?.done();
    let Ok(Event::Written {
        unchanged: false,
        md5,
    }) = written
    else {
        panic!("{written:?}")
    };
    assert_eq!(
        serial.order(Command::Digest)?.done(),
        Ok(Event::Digest(md5))
    );
    let again = serial.order(write(&image))?.done();
    assert_eq!(
        again,
        Ok(Event::Written {
            unchanged: true,
            md5
        })
    );

    let after = rom.flash()?;
    assert_eq!(after[START..START + SIZE], padded(&image));
    assert_eq!(
        (&after[..START], &after[START + SIZE..]),
        (&before[..START], &before[START + SIZE..])
    );
    if has_python(&["esptool"]) {
        let folder = tempfile::tempdir()?;
        assert_eq!(
            esptool::read_flash(rom.serial, 0xD000, 0x2000, folder.path())?,
            padded(&image)
        );
    }

    // esptool took the line over; the session takes it back by resetting.
    let mut serial = Serial::connect(rom.serial, Some(rom.control))?;
    assert!(serial.order(Command::Connect)?.done().is_ok());
    assert_eq!(serial.order(Command::Leave)?.done(), Ok(Event::Left));
    std::thread::sleep(Duration::from_millis(100));
    assert!(rom.command("state")?.starts_with("run"));
    Ok(())
}

#[test]
fn without_lines_the_loader_must_be_there_already() -> Result<()> {
    let Some(rom) = Rom::start(&["--run"])? else {
        return Ok(());
    };
    let mut serial = Serial::connect(rom.serial, None)?;
    assert_eq!(serial.order(Command::Connect)?.done(), Err(Error::NoAnswer));
    // The next time somebody presses RESET, but not BOOT, while the reset sequences are tried.
    let pressing = std::thread::spawn({
        let control = rom.control;
        move || {
            std::thread::sleep(Duration::from_millis(500));
            signet_interop::rom::Control::connect(control)?.command("run")
        }
    });
    assert_eq!(
        serial.order(Command::Connect)?.done(),
        Err(Error::LoaderNotReached { boot: 8 })
    );
    pressing.join().expect("no panic")?;
    rom.command("reset")?;
    assert!(serial.order(Command::Connect)?.done().is_ok());
    Ok(())
}

#[test]
fn locked_chips_are_refused() -> Result<()> {
    let Some(rom) = Rom::start(&["--sdm"])? else {
        return Ok(());
    };
    let mut serial = Serial::connect(rom.serial, Some(rom.control))?;
    assert_eq!(
        serial.order(Command::Connect)?.done(),
        Err(Error::SecureDownload)
    );

    let Some(rom) = Rom::start(&["--secure-boot", "--crypt-count", "1"])? else {
        return Ok(());
    };
    // On an encrypted chip the table is noise from outside.
    rom.preset(TABLE, &image(0xC00, 7))?;
    assert_encrypted(&rom)?;
    // And should it be readable: not what the partition itself holds.
    let row = Row {
        label: LABEL,
        kind: 1,
        subtype: 2,
        offset: 0xD000,
        size: 0x2000,
        flags: 1,
    };
    let mut table = partition_table(&[row]);
    table.resize(0xC00, 0xFF);
    rom.preset(TABLE, &table)?;
    assert_encrypted(&rom)
}

/// The partition is refused before a byte is written.
fn assert_encrypted(rom: &Rom) -> Result<()> {
    let before = rom.flash()?;
    let mut serial = Serial::connect(rom.serial, Some(rom.control))?;
    let identified = serial.order(Command::Connect)?.done();
    let Ok(Event::Identified(board)) = identified else {
        panic!("{identified:?}")
    };
    assert!(board.secure_boot && board.flash_encryption);
    let label = LABEL.to_owned();
    let refused = serial.order(locate())?.done();
    assert_eq!(refused, Err(Error::FlashEncrypted { label }));
    let then = serial.order(write(&[7; 10]))?.done();
    assert_eq!(then, Err(Error::NotReady));
    assert!(rom.flash()? == before);
    Ok(())
}

/// Key, certificate and issuer into 8 KiB, proven by the chip's own digest: what it may cost behind the
/// answers to `SYNC`, without the reading of the partition table. Of it, 19 turns ask for the size of the
/// flash chip.
#[test]
fn a_minimal_session_keeps_within_its_limits() -> Result<()> {
    let Some(rom) = Rom::start(&[])? else {
        return Ok(());
    };
    if !has_python(&["cryptography"]) {
        return Ok(());
    }
    let tap = Tap::start(rom.serial)?;
    let mut serial = Serial::connect(tap.address, Some(rom.control))?;
    serial.session = Session::new(Millis(0)).with_verification(Verification::Digest);
    let image = credentials::smallest()?;
    assert!(credentials::used(&image) > 1600);
    let end = provision(&mut serial, &image)?;
    let written = matches!(&end, Ok(Event::Written { unchanged, .. }) if !unchanged);
    assert!(written, "{end:?}");
    assert!(rom.flash()?[START..START + SIZE] == image);

    let (whole, table) = (tap.traffic(), tap.traffic_of(Opcode::ReadFlashSlow));
    println!(
        "{} bytes: {whole:?}, of it {table:?}",
        credentials::used(&image)
    );
    let sent = whole.sent - table.sent;
    let received = whole.received - table.received;
    let turns = whole.turns - table.turns;
    assert!(sent <= 1850, "{sent} bytes to the board");
    assert!(received <= 770, "{received} bytes from it");
    assert!(turns <= 14 + 19, "{turns} turns");
    // Four rows, their digest and their end are three pieces.
    assert_eq!(table.turns, 3);
    Ok(())
}

/// Bytes get lost (to the board at most one in a request: two can keep a checksum), doubled and
/// changed on the way back, and late.
#[test]
fn a_bad_line_ends_in_the_truth() -> Result<()> {
    let Some(rom) = Rom::start(&[])? else {
        return Ok(());
    };
    let fresh = rom.flash()?;
    let (mut written, mut hits) = (0, 0);
    for seed in 0..8 {
        let there = Direction {
            noise: Noise::new(
                seed,
                Rates {
                    lose: 200,
                    ..Rates::default()
                },
            )
            .with_gap(2300),
            delay: Duration::from_millis(3),
        };
        let back = Direction {
            noise: Noise::new(
                seed ^ 99,
                Rates {
                    lose: 300,
                    double: 300,
                    flip: 300,
                },
            ),
            delay: Duration::from_millis(3),
        };
        let proxy = Proxy::start(rom.serial, there, back)?;
        let mut serial = Serial::connect(proxy.address, Some(rom.control))?;
        let image = image(4000, seed);
        let outcome = provision(&mut serial, &image)?;
        println!("seed {seed}: {} bytes hit, {outcome:?}", proxy.hits());
        hits += proxy.hits();
        let flash = rom.flash()?;
        assert_eq!(flash[..START], fresh[..START], "seed {seed}");
        assert_eq!(flash[START + SIZE..], fresh[START + SIZE..], "seed {seed}");
        match outcome {
            Ok(_) => {
                written += 1;
                assert_eq!(flash[START..START + SIZE], padded(&image), "seed {seed}");
            }
            Err(error) => assert!(!error.next_step().is_empty()),
        }
    }
    assert!(
        written >= 4 && hits > 0,
        "{written} of 8 written, {hits} bytes hit"
    );
    Ok(())
}

fn provision(serial: &mut Serial, image: &[u8]) -> Result<Result<Event, Error>> {
    let mut last = Ok(Event::Left);
    for command in [Command::Connect, locate(), write(image)] {
        last = serial.order(command)?.done();
        if last.is_err() {
            break;
        }
    }
    Ok(last)
}

fn locate() -> Command {
    Command::Locate {
        label: LABEL.to_owned(),
    }
}

fn write(image: &[u8]) -> Command {
    Command::Write {
        image: image.to_vec().into(),
    }
}

fn image(length: usize, seed: u64) -> Vec<u8> {
    let mut dice = Noise::new(seed, Rates::default());
    (0..length)
        .map(|_| dice.below(64).to_le_bytes()[0])
        .collect()
}

fn padded(image: &[u8]) -> Vec<u8> {
    let mut padded = image.to_vec();
    padded.resize(SIZE, 0xFF);
    padded
}
