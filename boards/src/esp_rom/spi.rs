//! As much of the SPI controller as it takes to be asked for the flash chip's ID through registers.

use std::collections::BTreeMap;

const COMMAND: u32 = 0x6000_2000;
const USER2: u32 = 0x6000_2020;
const W0: u32 = 0x6000_2058;
const READ_ID: u32 = 0x9F;
/// GigaDevice, GD25Q family; the byte above is the logarithm of the size.
const MAKER_AND_FAMILY: u32 = 0x40C8;

#[derive(Default)]
pub(super) struct Spi {
    registers: BTreeMap<u32, u32>,
}

impl Spi {
    pub(super) fn write(&mut self, address: u32, value: u32) {
        // Transactions end at once; and nobody can fill the memory with registers.
        if address != COMMAND && (COMMAND..COMMAND + 0x100).contains(&address) {
            self.registers.insert(address, value);
        }
    }

    pub(super) fn read(&self, address: u32, flash_size: usize) -> u32 {
        let opcode = self.registers.get(&USER2).map_or(0, |user2| user2 & 0xFF);
        match address {
            W0 if opcode == READ_ID => flash_size.ilog2() << 16 | MAKER_AND_FAMILY,
            _ => self.registers.get(&address).copied().unwrap_or(0),
        }
    }
}
