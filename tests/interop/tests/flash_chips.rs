//! Every chip against esptool's own table: how it is told apart, where its MAC address and its locks
//! stand, and how long its `FLASH_DEFL_BEGIN` is.
#![allow(
    clippy::cast_possible_truncation,
    reason = "addresses in JSON have 32 bits"
)]

use std::process::Command as Process;

use serde_json::Value;
use signet_core::flash::esp::{Chip, Command, Event, Opcode, Verification};
use signet_interop::{has_python, python};

#[path = "../../../core/tests/common/script.rs"]
mod script;

use script::{Ask, Say, Talk, holds, locate, security, table_read, twice, write};

/// What esptool asks a chip, and what it makes of the answers: every register holds its own address,
/// turned around and without the bit that would make it a group address.
const QUESTIONS: &str = r#"
import contextlib, io, json
from esptool.targets import CHIP_DEFS

class Chip:
    def __init__(self, cls):
        self.asked, self.begin, self.spi = [], None, []
        self.rom = rom = cls.__new__(cls)
        rom.read_reg = self.read_reg
        rom.write_reg = self.write_reg
        rom.check_command = self.check_command

    def read_reg(self, address, **_):
        self.asked.append(address)
        self.spi.append([address])
        return word(address)

    def write_reg(self, address, value, *_, **__):
        self.spi.append([address, value])

    def check_command(self, _, opcode, data=b"", *rest, **more):
        self.begin = data.hex()

def word(address):
    return int.from_bytes(address.to_bytes(4, "little"), "big") & ~0x100

def row(cls):
    chip = Chip(cls)
    mac = list(chip.rom.read_mac())
    asked = chip.asked[:]
    with contextlib.redirect_stdout(io.StringIO()):
        chip.rom.flash_defl_begin(0x1000, 100, 0xD000)
    chip.spi.clear()
    chip.rom.run_spiflash_command(0x9F, b"", 24)
    return {
        "name": cls.CHIP_NAME,
        "id": cls.IMAGE_CHIP_ID,
        "magic": cls.MAGIC_VALUE if cls.USES_MAGIC_VALUE else None,
        "security": cls.SECURITY_INFO_SUPPORTED,
        "mac": mac,
        "registers": [[address, word(address)] for address in sorted(asked)],
        "crypt": getattr(cls, "EFUSE_SPI_BOOT_CRYPT_CNT_REG", None),
        "boot": getattr(cls, "EFUSE_RD_ABS_DONE_REG", None),
        "begin": len(chip.begin) // 8,
        "spi": [[*ask, word(ask[0])] for ask in chip.spi],
    }

print(json.dumps([row(cls) for name, cls in CHIP_DEFS.items() if name != "esp8266"]))
"#;

#[test]
fn every_chip_is_what_esptool_takes_it_for() {
    let Some(rows) = ask_esptool(QUESTIONS) else {
        return;
    };
    let mut known = Vec::new();
    for row in rows.as_array().expect("a list") {
        let id = number(&row["id"]);
        let name = row["name"].as_str().expect("a name");
        let Some(chip) = Chip::from_id(id) else {
            println!("not supported: {name}");
            continue;
        };
        assert_eq!(chip.name(), name);
        let magic = row["magic"].as_u64().map(|word| word as u32);
        assert_eq!(
            magic.and_then(Chip::from_magic),
            magic.is_some().then_some(chip),
            "{name}"
        );
        drive(chip, row);
        known.push(name.to_owned());
    }
    assert_eq!(known.len(), 10, "{known:?}");
}

/// A whole session at a chip of that row: what it asks for is what esptool asks for.
fn drive(chip: Chip, row: &Value) {
    let mut talk = Talk::new(Verification::Digest);
    let Event::Identified(board) = talk.order(Command::Connect, &identify(row)) else {
        panic!("{chip}: not identified")
    };
    assert_eq!(board.chip, chip);
    let mac: Vec<u32> = board.mac.iter().map(|&byte| byte.into()).collect();
    let judged = row["mac"].as_array().expect("a MAC address");
    assert_eq!(mac, judged.iter().map(number).collect::<Vec<_>>(), "{chip}");

    let found = talk.order(locate(), &located(row));
    assert!(matches!(found, Event::Located(_)), "{chip}: {found:?}");
    let script = [
        (Ask::Md5, holds(b"old")),
        (Ask::Sync, Say::Done),
        (Ask::Begin(number(&row["begin"]) as usize), Say::Done),
        (Ask::Block(0), Say::Done),
        (Ask::Md5, holds(b"new")),
    ];
    let written = talk.order(write(b"new"), &script);
    assert!(
        matches!(written, Event::Written { .. }),
        "{chip}: {written:?}"
    );
}

/// The reading of the table, and of the flash chip's ID as esptool reads it, but for what is read twice.
fn located(row: &Value) -> Vec<(Ask, Say)> {
    let mut script = table_read();
    let asked = row["spi"].as_array().expect("a list");
    let asked: Vec<_> = asked
        .iter()
        .map(|ask| match ask.as_array().expect("a list").as_slice() {
            [address, word] => (Ask::Register(number(address)), Say::Value(number(word))),
            [address, value, _] => (Ask::Put(number(address), number(value)), Say::Done),
            other => panic!("{other:?}"),
        })
        .collect();
    let reads = |(ask, _): &(Ask, Say)| matches!(ask, Ask::Register(_));
    for asks in asked.chunk_by(|one, next| reads(one) == reads(next)) {
        match asks.first().is_some_and(reads) {
            true => script.extend(twice(asks)),
            false => script.extend_from_slice(asks),
        }
    }
    // Whether it was put back is looked at.
    let before: Vec<_> = asked.iter().take_while(|ask| reads(ask)).cloned().collect();
    script.extend(twice(&before));
    script.push((Ask::Parameters, Say::Done));
    script
}

/// From `SYNC` to the attached flash chip, with esptool's addresses.
fn identify(row: &Value) -> Vec<(Ask, Say)> {
    let (id, magic) = (number(&row["id"]), row["magic"].as_u64());
    let has_security = row["security"].as_bool().expect("yes or no");
    let mut script = vec![(Ask::Sync, Say::Done)];
    if has_security {
        // Those that are told apart by a word do not give an ID.
        let info = security(0, 0, magic.is_none().then_some(id));
        script.extend(twice(&[(Ask::Security, Say::Data(info))]));
    } else {
        for _ in 0..2 {
            script.push((Ask::Security, Say::RefusedAs(Opcode::Sync, 5)));
            script.push((Ask::Sync, Say::Done));
        }
        script.push((Ask::Security, Say::RefusedAs(Opcode::Sync, 5)));
    }
    if let Some(word) = magic {
        let read = (Ask::Register(0x4000_1000), Say::Value(word as u32));
        script.extend(twice(&[read]));
    }
    let registers = row["registers"].as_array().expect("registers");
    let mut reads: Vec<(Ask, Say)> = registers
        .iter()
        .map(|read| {
            let word = Say::Value(number(&read[1]));
            (Ask::Register(number(&read[0])), word)
        })
        .collect();
    if !has_security {
        for register in ["crypt", "boot"] {
            reads.push((Ask::Register(number(&row[register])), Say::Value(0)));
        }
    }
    script.extend(twice(&reads));
    script.push((Ask::Attach, Say::Done));
    script
}

/// Whether encryption is on, by the first ESP32's eFuse word: bit patterns and esptool's verdicts.
const LOCKS: &str = r#"
import json
from esptool.targets import CHIP_DEFS

def verdict(word):
    cls = CHIP_DEFS["esp32"]
    rom = cls.__new__(cls)
    rom.read_reg = lambda address, **_: word if address == cls.EFUSE_SPI_BOOT_CRYPT_CNT_REG else 0
    return bool(rom.get_flash_encryption_enabled())

words = [1 << bit for bit in range(32)] + [(1 << bit) - 1 for bit in range(33)]
print(json.dumps([[word, verdict(word)] for word in words]))
"#;

#[test]
fn an_esp32_is_encrypted_when_esptool_says_so() {
    let (Some(rows), Some(verdicts)) = (ask_esptool(QUESTIONS), ask_esptool(LOCKS)) else {
        return;
    };
    let rows = rows.as_array().expect("a list");
    let esp32 = rows.iter().find(|row| row["name"] == "ESP32");
    let row = esp32.expect("an ESP32");
    let crypt = Ask::Register(number(&row["crypt"]));
    for verdict in verdicts.as_array().expect("a list") {
        let mut script = identify(row);
        for (ask, say) in &mut script {
            if *ask == crypt {
                *say = Say::Value(number(&verdict[0]));
            }
        }
        let mut talk = Talk::new(Verification::Digest);
        let Event::Identified(board) = talk.order(Command::Connect, &script) else {
            panic!("not identified")
        };
        assert_eq!(board.flash_encryption, verdict[1] == true, "{verdict}");
    }
}

fn ask_esptool(program: &str) -> Option<Value> {
    if !has_python(&["esptool"]) {
        return None;
    }
    let output = Process::new(python()).args(["-c", program]).output();
    let output = output.expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn number(value: &Value) -> u32 {
    let number = value.as_u64().expect("a number");
    u32::try_from(number).expect("32 bits")
}
