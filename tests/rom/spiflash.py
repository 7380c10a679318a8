"""SPI1 and the 4 MiB NOR flash behind it.

Erase sets bits, programming clears them, nothing else changes a byte: an image that was not erased
first comes out wrong, as on a board.
"""

import struct

CMD, ADDR, USER, USER1, USER2 = 0x00, 0x04, 0x18, 0x1C, 0x20
MOSI_LEN, MISO_LEN, RD_STATUS, W0 = 0x24, 0x28, 0x2C, 0x58
W_COUNT = 16

# Bits of CMD: one user-defined transaction, or one of the ready-made ones.
CMD_USER = 1 << 18
CMD_ERASE_CHIP, CMD_ERASE_BLOCK, CMD_ERASE_SECTOR, CMD_PROGRAM = 1 << 22, 1 << 23, 1 << 24, 1 << 25
CMD_READ_STATUS, CMD_READ_ID, CMD_WRITE_DISABLE, CMD_WRITE_ENABLE = 1 << 27, 1 << 28, 1 << 29, 1 << 30

READS = (0x03, 0x0B, 0x3B, 0x6B, 0xBB, 0xEB)
WRITE_ENABLED = 2
# GigaDevice GD25Q32: maker, family, log2 of the size.
JEDEC_ID = b"\xc8\x40\x16\x00"
SIZE = 4 << 20
SECTOR, BLOCK = 0x1000, 0x1_0000


class Flash:
    """The chip. `cells` may be any mutable buffer of `SIZE` bytes, such as a mapped file."""

    def __init__(self, cells):
        self.cells = cells
        self.write_enabled = False

    def read(self, at, length):
        at %= SIZE
        return bytes(self.cells[at : at + length])

    def program(self, at, data):
        for index, byte in enumerate(data):
            self.cells[(at + index) % SIZE] &= byte
        self.write_enabled = False

    def erase(self, at, length):
        at = at % SIZE // length * length
        self.cells[at : at + length] = b"\xff" * length
        self.write_enabled = False


class SpiController:
    """SPI1: takes a transaction apart and does it to the flash at once."""

    def __init__(self, flash):
        self._flash = flash
        self._registers = {}

    def read(self, register):
        return self._registers.get(register, 0)

    def write(self, register, value):
        self._registers[register] = value
        if register == CMD and value:
            if value & CMD_USER:
                self._user_transaction()
            else:
                self._ready_made(value)
            self._registers[CMD] = 0  # done: the ROM waits for the bit to clear

    def _user_transaction(self):
        user, user2 = self.read(USER), self.read(USER2)
        opcode = user2 & (0xFFFF if user2 >> 28 > 7 else 0xFF)
        address = self.read(ADDR)
        out = (self.read(MOSI_LEN) % 1024 + 1) // 8 if user & 1 << 27 else 0
        back = (self.read(MISO_LEN) % 1024 + 1) // 8 if user & 1 << 28 else 0
        flash = self._flash
        if opcode in READS:
            self._answer(flash.read(address, back))
        elif opcode == 0x02:
            flash.program(address, self._outgoing(out))
        elif opcode == 0x20:
            flash.erase(address, SECTOR)
        elif opcode == 0xD8:
            flash.erase(address, BLOCK)
        elif opcode in (0x04, 0x06):
            flash.write_enabled = opcode == 0x06
        elif opcode == 0x05:
            self._answer(struct.pack("<I", self._status()))
        elif opcode in (0x15, 0x35):
            self._answer(bytes(4))
        elif opcode == 0x9F:
            self._answer(JEDEC_ID)
        else:
            self._answer(b"\xff" * back)  # a chip does not drive the line for what it does not know

    def _ready_made(self, command):
        address = self.read(ADDR) & 0xFF_FFFF
        flash = self._flash
        if command & (CMD_WRITE_ENABLE | CMD_WRITE_DISABLE):
            flash.write_enabled = bool(command & CMD_WRITE_ENABLE)
        if command & CMD_READ_ID:
            self._answer(JEDEC_ID)
        if command & CMD_READ_STATUS:
            self._registers[RD_STATUS] = self.read(RD_STATUS) & ~0xFFFF | self._status()
        if command & CMD_PROGRAM:
            # The byte count stands above the address, or in the length register if that is zero.
            length = self.read(ADDR) >> 24 or (self.read(MOSI_LEN) % 1024 + 1) // 8
            flash.program(address, self._outgoing(length))
        if command & CMD_ERASE_SECTOR:
            flash.erase(address, SECTOR)
        if command & CMD_ERASE_BLOCK:
            flash.erase(address, BLOCK)
        if command & CMD_ERASE_CHIP:
            flash.erase(0, SIZE)

    def _status(self):
        return WRITE_ENABLED if self._flash.write_enabled else 0

    def _outgoing(self, length):
        words = (self.read(W0 + 4 * index) for index in range(W_COUNT))
        return b"".join(struct.pack("<I", word) for word in words)[:length]

    def _answer(self, data):
        padded = data + bytes(-len(data) % 4)
        for index, (word,) in enumerate(struct.iter_unpack("<I", padded)):
            self._registers[W0 + 4 * index] = word
