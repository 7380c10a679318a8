//! Espressif's own tool as the judge of both boards that the sessions are tested against: the real ROM
//! in its emulator, and the simulation of it.

use std::net::SocketAddr;

use anyhow::Result;
use signet_interop::esptool::{read_flash, run};
use signet_interop::has_python;
use signet_interop::rom::Rom;
use signet_interop::served::Served;

#[test]
fn the_real_rom_is_what_esptool_expects() -> Result<()> {
    let Some(rom) = Rom::start(&["--mac", "7c:df:a1:0a:0b:0c"])? else {
        return Ok(());
    };
    if !has_python(&["esptool"]) {
        return Ok(());
    }
    let text = judge(rom.serial)?;
    assert!(text.contains("7c:df:a1:0a:0b:0c"), "{text}");
    // With the stub that esptool loads into the chip: proof that the machine runs more than its ROM.
    rom.command("reset")?;
    let text = run(rom.serial, &["flash-id"])?;
    assert!(
        text.contains("Stub flasher running") && text.contains("4MB"),
        "{text}"
    );
    Ok(())
}

#[test]
fn the_simulated_board_is_what_esptool_expects() -> Result<()> {
    if !has_python(&["esptool"]) {
        return Ok(());
    }
    let board = Served::start()?;
    let text = judge(board.serial)?;
    assert!(text.contains("7c:df:a1:00:00:01"), "{text}");
    Ok(())
}

#[test]
fn esptool_reads_the_size_of_the_simulated_flash_chip() -> Result<()> {
    if !has_python(&["esptool"]) {
        return Ok(());
    }
    for mib in [1, 2, 8, 16] {
        let board = Served::with_flash(mib)?;
        let text = run(board.serial, &["--no-stub", "flash-id"])?;
        let size = format!("Detected flash size: {mib}MB");
        assert!(text.contains(&size), "{text}");
    }
    Ok(())
}

/// Identify, write plainly and compressed, verify, read back, all through the ROM's own commands.
fn judge(serial: SocketAddr) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let mut image: Vec<u8> = (0..6000_u32)
        .map(|i| (i * i % 251).to_le_bytes()[0])
        .collect();
    image.resize(0x2000, 0xFF);
    let file = folder.path().join("image.bin");
    std::fs::write(&file, &image)?;
    let file = file.to_string_lossy();

    let text = run(serial, &["--no-stub", "flash-id"])?;
    assert!(
        text.contains("ESP32-C3") && text.contains("Detected flash size: 4MB"),
        "{text}"
    );
    let security = run(serial, &["--no-stub", "get-security-info"])?;
    assert!(security.contains("Chip ID: 5"), "{security}");
    for how in ["--no-compress", "--compress"] {
        let written = run(serial, &["--no-stub", "write-flash", how, "0xd000", &file])?;
        assert!(written.contains("Hash of data verified"), "{written}");
        let verified = run(serial, &["--no-stub", "verify-flash", "0xd000", &file])?;
        assert!(verified.contains("Verification successful"), "{verified}");
        assert_eq!(read_flash(serial, 0xD000, 0x2000, folder.path())?, image);
        run(serial, &["--no-stub", "erase-region", "0xd000", "0x2000"])?;
    }
    assert_eq!(
        read_flash(serial, 0xD000, 0x2000, folder.path())?,
        vec![0xFF; 0x2000]
    );
    Ok(text)
}
