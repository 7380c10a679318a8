"""The mask ROM: bytes and symbols out of Espressif's ELF file."""

import struct

from elftools.elf.elffile import ELFFile

IROM = 0x4000_0000
IROM_SIZE = 0x6_0000
# The data bus sees the upper 128 KiB of the same ROM at another address.
DROM = 0x3FF0_0000
DROM_SIZE = 0x2_0000
DROM_IN_IROM = 0x4_0000
SRAM = 0x3FC8_0000
SRAM_END = 0x3FD0_0000


class RomImage:
    """The content of the ROM as the core sees it, and where its functions are."""

    def __init__(self, path):
        with open(path, "rb") as file:
            elf = ELFFile(file)
            self.symbols = {
                symbol.name: symbol["st_value"]
                for symbol in elf.get_section_by_name(".symtab").iter_symbols()
            }
            content = bytearray(IROM_SIZE)
            _place_code(elf, content)
            _place_initial_data(elf, content, self.symbols)
        self.irom = bytes(content)
        self.drom = self.irom[DROM_IN_IROM:]


def _place_code(elf, content):
    for segment in elf.iter_segments():
        start = segment["p_paddr"] - IROM
        if segment["p_type"] == "PT_LOAD" and segment["p_filesz"] and 0 <= start < IROM_SIZE:
            content[start : start + segment["p_filesz"]] = segment.data()
    for section in _program_bits(elf, DROM, DROM + DROM_SIZE):
        start = section["sh_addr"] - DROM + DROM_IN_IROM
        content[start : start + section["sh_size"]] = section.data()


def _place_initial_data(elf, content, symbols):
    """Puts initialised variables where the ROM's start-up code copies them from.

    The ELF file has them at the addresses they run at. The ROM has a table of 16-byte rows
    (start, end, source, unused) that its reset handler walks.
    """
    variables = list(_program_bits(elf, SRAM, SRAM_END))
    table = symbols.get("_data_table_start", IROM + 0x5_9200) - IROM
    for row in range(table, 0x5_9400, 16):
        start, end, source, _ = struct.unpack_from("<4I", content, row)
        if not (SRAM <= start < end <= SRAM_END and IROM <= source < IROM + IROM_SIZE):
            continue
        for section in variables:
            if start <= section["sh_addr"] < end:
                at = source - IROM + section["sh_addr"] - start
                content[at : at + section["sh_size"]] = section.data()


def _program_bits(elf, start, end):
    for section in elf.iter_sections():
        if section["sh_type"] == "SHT_PROGBITS" and section["sh_size"] and start <= section["sh_addr"] < end:
            yield section
