//! What it costs on the wire to put the same credentials into the same chip: this project's session and
//! Espressif's tool, both counted by the same ear, at the ROM of a real ESP32-C3.
//!
//! `./dev bench wire_cost` prints the table.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use std::net::SocketAddr;

use anyhow::{Result, anyhow};
use signet_core::Millis;
use signet_core::flash::esp::{Command, Opcode, Session, Traffic, Verification};
use signet_interop::esptool;
use signet_interop::rom::Rom;
use signet_interop::serial::Serial;
use signet_interop::tap::Tap;

#[path = "../tests/common/credentials.rs"]
mod credentials;

const PARTITION: usize = 0x2000;

fn main() -> Result<()> {
    let Some(rom) = Rom::start(&[])? else {
        return Ok(());
    };
    println!("## Credentials into an ESP32-C3 of 8 KiB `esp_secure_cert`\n");
    println!("Counted behind SYNC at the chip's own ROM. Wire: at 115 200 baud, 8N1.");
    for (name, image) in [
        ("key, certificate, issuer", credentials::smallest()?),
        (
            "key, chain of 2, 2 roots, as the page writes them",
            credentials::usual()?,
        ),
    ] {
        println!("\n{name}: {} bytes\n", credentials::used(&image));
        println!("| client | out, B | in, B | turns | wire, ms |");
        println!("|---|---|---|---|---|");
        for (client, how) in [
            ("esptool 5.6.0, stub", &[][..]),
            ("esptool 5.6.0, ROM", &["--no-stub", "--no-compress"]),
            (
                "esptool 5.6.0, ROM, compressed",
                &["--no-stub", "--compress"],
            ),
        ] {
            erase(&rom)?;
            print_row(client, espressif(&rom, &image, how)?);
        }
        for (client, verification, whole) in [
            (
                "Signet: identify, flash size, write, MD5",
                Verification::Digest,
                false,
            ),
            ("Signet: + partition table", Verification::Digest, true),
            (
                "Signet: + every byte read back",
                Verification::ReadBack,
                true,
            ),
        ] {
            erase(&rom)?;
            print_row(client, ours(&rom, &image, verification, whole)?);
        }
        let again = ours(&rom, &image, Verification::Digest, false)?;
        print_row("Signet: the same again, nothing to write", again);
    }
    Ok(())
}

fn print_row(client: &str, traffic: Traffic) {
    let Traffic {
        sent,
        received,
        turns,
    } = traffic;
    // Ten bits per byte.
    let wire = (sent + received) * 10_000 / 115_200;
    println!("| {client} | {sent} | {received} | {turns} | {wire} |");
}

/// `write-flash` with its own verification, as a user would run it.
fn espressif(rom: &Rom, image: &[u8], how: &[&str]) -> Result<Traffic> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("image.bin");
    let mut padded = image.to_vec();
    padded.resize(PARTITION, 0xFF);
    std::fs::write(&file, padded)?;
    let file = file.to_string_lossy().into_owned();
    let compress = how.get(1).copied();
    let mut arguments: Vec<&str> = how.iter().take(1).copied().collect();
    arguments.push("write-flash");
    arguments.extend(compress);
    arguments.extend(["0xd000", &file]);
    let tap = Tap::start(rom.serial)?;
    rom.command("reset")?;
    esptool::run(tap.address, &arguments)?;
    Ok(tap.traffic())
}

/// The session's whole traffic, or without the reading of the partition table, which the other does not
/// do. Telling the ROM the size of the flash chip counts in both.
fn ours(rom: &Rom, image: &[u8], verification: Verification, whole: bool) -> Result<Traffic> {
    let tap = Tap::start(rom.serial)?;
    let mut serial = connect(tap.address, rom)?;
    serial.session = Session::new(Millis(0)).with_verification(verification);
    for command in [
        Command::Connect,
        Command::Locate {
            label: "esp_secure_cert".to_owned(),
        },
        Command::Write {
            image: image.to_vec().into(),
        },
    ] {
        let ended = serial.order(command)?;
        ended.done().map_err(|error| anyhow!("{error}"))?;
    }
    let mut traffic = tap.traffic();
    if !whole {
        // Only for that: with a digest alone, nothing is read back this way.
        let table = tap.traffic_of(Opcode::ReadFlashSlow);
        traffic.sent -= table.sent;
        traffic.received -= table.received;
        traffic.turns -= table.turns;
    }
    Ok(traffic)
}

fn connect(serial: SocketAddr, rom: &Rom) -> Result<Serial> {
    rom.command("reset")?;
    Serial::connect(serial, Some(rom.control))
}

fn erase(rom: &Rom) -> Result<()> {
    rom.command("reset")?;
    esptool::run(
        rom.serial,
        &["--no-stub", "erase-region", "0xd000", "0x2000"],
    )?;
    Ok(())
}
