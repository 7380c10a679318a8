"""The partition table of a fresh board: what ESP-IDF makes, with room for credentials.

The same layout as the simulated board in `boards/`: `esp_secure_cert` where Espressif's tools put it,
and an `nvs` in front of it that ends where it begins.
"""

import hashlib
import struct

OFFSET = 0x8000
LENGTH = 0xC00

APP, DATA, SECURE_CERT = 0, 1, 0x3F
ENTRIES = [
    ("nvs", DATA, 2, 0x9000, 0x4000),
    ("esp_secure_cert", SECURE_CERT, 6, 0xD000, 0x2000),
    ("phy_init", DATA, 1, 0xF000, 0x1000),
    ("factory", APP, 0, 0x1_0000, 0x10_0000),
]


def build(entries=ENTRIES):
    """The table as it stands in flash, MD5 row and padding included."""
    rows = b"".join(
        struct.pack("<2sBBII16sI", b"\xaa\x50", kind, subtype, offset, size, label.encode(), 0)
        for label, kind, subtype, offset, size in entries
    )
    rows += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(rows).digest()
    return rows.ljust(LENGTH, b"\xff")
