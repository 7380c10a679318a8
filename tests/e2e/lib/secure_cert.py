"""Takes an esp_secure_cert partition apart with Espressif's own reader: IMAGE FOLDER.

Writes key.pem, chain.pem and roots.pem into FOLDER, and fails on an entry whose checksum is wrong.
"""

import pathlib
import sys

from esp_secure_cert import tlv_parser as tlv

NAMES = {0: "roots.pem", 1: "chain.pem", 2: "key.pem"}


def main(image, folder):
    data, offset, found = pathlib.Path(image).read_bytes(), 0, {}
    while offset < len(data):
        header, size = tlv.parse_tlv_header(data, offset)
        if header["magic"] != tlv.ESP_SECURE_CERT_TLV_MAGIC:
            break
        start, length = offset + size, header["length"]
        footer, _ = tlv.parse_tlv_footer(data, start + length + tlv.get_padding_length(length))
        sound, _ = tlv.verify_tlv_integrity(header, data[offset:], footer)
        assert sound, f"entry of type {header['type']} at {offset} has a wrong checksum"
        found[header["type"]] = data[start : start + length]
        offset += tlv.get_tlv_total_length(header)
    for kind, name in NAMES.items():
        value = found[kind]
        assert value.endswith(b"\0"), f"{name}: PEM without the NUL that mbed TLS wants"
        (pathlib.Path(folder) / name).write_bytes(value.rstrip(b"\0"))


main(*sys.argv[1:])
