"""The chip: core, memories, and the registers that the ROM looks at on its way to the loader."""

import ctypes
import struct

from unicorn import UC_ARCH_RISCV, UC_HOOK_INTR, UC_MODE_RISCV32, UC_PROT_ALL, Uc
from unicorn.riscv_const import (
    UC_RISCV_REG_MCAUSE,
    UC_RISCV_REG_MEPC,
    UC_RISCV_REG_MSTATUS,
    UC_RISCV_REG_MTVEC,
    UC_RISCV_REG_PC,
    UC_RISCV_REG_X0,
)

from .elf import DROM, DROM_SIZE, IROM, IROM_SIZE
from .spiflash import SpiController
from .uart import Uart

SRAM_DATA, SRAM_CODE, SRAM_SIZE = 0x3FC8_0000, 0x4038_0000, 0x6_0000
CACHE_RAM, CACHE_RAM_SIZE = 0x4037_C000, 0x4000
RTC_RAM, RTC_RAM_SIZE = 0x5000_0000, 0x2000
PERIPHERALS, PERIPHERALS_SIZE = 0x6000_0000, 0xD_4000

UART0, SPI1 = 0x6000_0000, 0x6000_2000
GPIO_STRAP = 0x6000_4038
RTC_RESET_STATE = 0x6000_8038
EFUSE_DATA1, EFUSE_DATA2, EFUSE_DATA3 = 0x6000_8834, 0x6000_8838, 0x6000_883C
EFUSE_MAC_LOW, EFUSE_MAC_HIGH = 0x6000_8844, 0x6000_8848
SYSTIMER_OP, SYSTIMER_LOW = 0x6002_3004, 0x6002_3044
CACHE_STATE = 0x600C_4044
INTERRUPT_MAP, INTERRUPT_ENABLE = 0x600C_2000, 0x600C_2104
INTERRUPT_PRIORITY, INTERRUPT_THRESHOLD = 0x600C_2114, 0x600C_2194

UART0_SOURCE = 21
STRAP_DOWNLOAD, STRAP_RUN = 0b0010, 0b1000
POWER_ON = 1 | 1 << 6
SYSTIMER_VALID = 1 << 29
MSTATUS_MIE, MSTATUS_MPIE, MSTATUS_MPP = 1 << 3, 1 << 7, 3 << 11
ILLEGAL_INSTRUCTION, SYSTEM_OPCODE = 2, 0x73
RETURN = b"\x82\x80"  # c.jr ra


class Efuses:
    """What the factory burnt: MAC address and security bits."""

    def __init__(self, mac, secure_download=False, secure_boot=False, crypt_count=0):
        self.registers = {
            EFUSE_MAC_LOW: int.from_bytes(mac[2:], "big"),
            EFUSE_MAC_HIGH: int.from_bytes(mac[:2], "big"),
            EFUSE_DATA1: crypt_count << 18,
            EFUSE_DATA2: int(secure_boot) << 20,
            EFUSE_DATA3: int(secure_download) << 5,
        }


class Chip:
    """One power cycle of an ESP32-C3: made at the moment its reset line rises."""

    def __init__(self, rom, flash, efuses, download):
        self.uart = Uart()
        self._spi = SpiController(flash)
        self._registers = dict(efuses.registers)
        self._registers[GPIO_STRAP] = STRAP_DOWNLOAD if download else STRAP_RUN
        self._registers[RTC_RESET_STATE] = POWER_ON
        self._ticks = 0
        self._core = core = Uc(UC_ARCH_RISCV, UC_MODE_RISCV32)
        core.mem_map(IROM, IROM_SIZE)
        core.mem_write(IROM, rom.irom)
        core.mem_map(DROM, DROM_SIZE)
        core.mem_write(DROM, rom.drom)
        # The same SRAM on the data and on the instruction bus; both need the page alignment.
        self._sram = ctypes.create_string_buffer(SRAM_SIZE + 0xFFF)
        base = (ctypes.addressof(self._sram) + 0xFFF) & ~0xFFF
        core.mem_map_ptr(SRAM_DATA, SRAM_SIZE, UC_PROT_ALL, base)
        core.mem_map_ptr(SRAM_CODE, SRAM_SIZE, UC_PROT_ALL, base)
        core.mem_map(CACHE_RAM, CACHE_RAM_SIZE)
        core.mem_map(RTC_RAM, RTC_RAM_SIZE)
        core.mmio_map(PERIPHERALS, PERIPHERALS_SIZE, self._load, None, self._store, None)
        core.hook_add(UC_HOOK_INTR, self._exception)
        # Delays are for the sake of real silicon; here they would only burn time.
        core.mem_write(rom.symbols["ets_delay_us"], RETURN)
        core.reg_write(UC_RISCV_REG_PC, IROM)

    def run(self, instructions):
        """Lets the core execute that many instructions, then looks for an interrupt."""
        self.uart.clock_in()
        self._core.emu_start(self._pc, 0xFFFF_FFFF, count=instructions)
        self._ticks += instructions // 10  # systimer runs at 16 MHz, the core at 160
        if self.uart.interrupt:
            self._take_interrupt()

    @property
    def _pc(self):
        return self._core.reg_read(UC_RISCV_REG_PC)

    def _load(self, _core, offset, _size, _data):
        address = PERIPHERALS + offset
        if address < UART0 + 0x1000:
            value = self.uart.read(address - UART0)
            if value is not None:
                return value
        elif SPI1 <= address < SPI1 + 0x1000:
            return self._spi.read(address - SPI1)
        elif address == SYSTIMER_OP:
            return SYSTIMER_VALID
        elif address == SYSTIMER_LOW:
            return self._ticks & 0xFFFF_FFFF
        elif address == CACHE_STATE:
            return 1  # idle
        return self._registers.get(address, 0)

    def _store(self, _core, offset, _size, value, _data):
        address = PERIPHERALS + offset
        if address < UART0 + 0x1000 and self.uart.write(address - UART0, value):
            return
        if SPI1 <= address < SPI1 + 0x1000:
            self._spi.write(address - SPI1, value)
            return
        if address not in (GPIO_STRAP, RTC_RESET_STATE):
            self._registers[address] = value

    def _exception(self, core, number, _data):
        """Espressif's own CSRs (performance counters, GPIO) are unknown to the emulator: read as zero."""
        for pc in (self._pc - 4, self._pc):
            (word,) = struct.unpack("<I", core.mem_read(pc, 4))
            if number == ILLEGAL_INSTRUCTION and word & 0x7F == SYSTEM_OPCODE:
                destination = word >> 7 & 31
                if destination:
                    core.reg_write(UC_RISCV_REG_X0 + destination, 0)
                core.reg_write(UC_RISCV_REG_PC, pc + 4)
                return
        raise RuntimeError(f"exception {number} at {self._pc:#x}")

    def _take_interrupt(self):
        """Enters the ROM's UART handler, if the interrupt controller and the core let it through."""
        line = self._registers.get(INTERRUPT_MAP + 4 * UART0_SOURCE, 0) & 31
        enabled = self._registers.get(INTERRUPT_ENABLE, 0) >> line & 1
        priority = self._registers.get(INTERRUPT_PRIORITY + 4 * line, 0)
        threshold = self._registers.get(INTERRUPT_THRESHOLD, 0)
        core = self._core
        status = core.reg_read(UC_RISCV_REG_MSTATUS)
        if not (line and enabled and priority >= threshold and status & MSTATUS_MIE):
            return
        core.reg_write(UC_RISCV_REG_MEPC, self._pc)
        core.reg_write(UC_RISCV_REG_MCAUSE, 1 << 31 | line)
        status = status & ~(MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP) | MSTATUS_MPIE | MSTATUS_MPP
        core.reg_write(UC_RISCV_REG_MSTATUS, status)
        vectors = core.reg_read(UC_RISCV_REG_MTVEC) & ~3
        core.reg_write(UC_RISCV_REG_PC, vectors + 4 * line)
