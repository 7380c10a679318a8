//! As much of the SPI controller as it takes to be asked for the flash chip's ID through registers.

use std::collections::BTreeMap;

const COMMAND: u32 = 0x6000_2000;
const USER: u32 = 0x6000_2018;
const USER2: u32 = 0x6000_2020;
const ANSWER_BITS: u32 = 0x6000_2028;
const W0: u32 = 0x6000_2058;
/// In COMMAND: one transaction as the other registers describe it.
const GO: u32 = 1 << 18;
/// In USER: the transaction has a command, and an answer.
const COMMAND_AND_ANSWER: u32 = 1 << 31 | 1 << 28;
const READ_ID: u32 = 0x9F;
/// GigaDevice, GD25Q family; the byte above is the logarithm of the size.
const MAKER_AND_FAMILY: u32 = 0x40C8;

#[derive(Default)]
pub(super) struct Spi {
    registers: BTreeMap<u32, u32>,
}

impl Spi {
    /// Writes the bits of `mask`.
    pub(super) fn write(&mut self, address: u32, value: u32, mask: u32, flash_size: usize) {
        let value = self.read(address) & !mask | value & mask;
        match address {
            // Transactions end at once.
            COMMAND if value & GO != 0 => self.transact(flash_size),
            COMMAND => {}
            // Nobody can fill the memory with registers.
            _ if (COMMAND..COMMAND + 0x100).contains(&address) => {
                self.registers.insert(address, value);
            }
            _ => {}
        }
    }

    pub(super) fn read(&self, address: u32) -> u32 {
        self.registers.get(&address).copied().unwrap_or(0)
    }

    fn transact(&mut self, flash_size: usize) {
        let asked = self.read(USER) & COMMAND_AND_ANSWER == COMMAND_AND_ANSWER;
        if asked && self.read(USER2) & 0xFF == READ_ID {
            let id = flash_size.ilog2() << 16 | MAKER_AND_FAMILY;
            let bits = (self.read(ANSWER_BITS) & 0x3FF) + 1;
            let kept = u32::MAX.checked_shl(bits).map_or(u32::MAX, |cut| !cut);
            self.registers.insert(W0, id & kept);
        }
    }
}
