"""Makes the images under nvs/ and tlv/ with Espressif's own tools (esp-idf-nvs-partition-gen 0.3.0,
esp-secure-cert-tool 2.6.1), and damages some. A name says how many values can still be read and the
first finding, or `clean`; what follows `+` tells files apart. `core/tests/image_corpus.rs` runs them;
the fuzz targets `nvs` and `tlv` start from them."""
import io, os, struct, zlib
from esp_idf_nvs_partition_gen.nvs_partition_gen import nvs_open, nvs_close, write_entry, Page
from esp_secure_cert.tlv_format_construct import TlvPartitionBuilder

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def save(folder, name, data):
    with open(f'{folder}/{name}.bin', 'wb') as file:
        file.write(data)


def nvs(entries, pages, version=Page.VERSION2):
    out = io.BytesIO()
    store = nvs_open(out, 0x4000, version=version)
    for key, encoding, value in [('space', None, None)] + entries:
        write_entry(store, key, 'data' if encoding else 'namespace', encoding, value)
    nvs_close(store)
    return bytearray(out.getvalue()[:pages * 4096])


def entry(page, number):
    return page * 4096 + 64 + number * 32


def seal(image, at=0):
    image[at + 28:at + 32] = struct.pack('<I', zlib.crc32(image[at + 4:at + 28], 0xFFFFFFFF))
    return image


def seal_entry(image, at):
    data = bytes(image[at:at + 4] + image[at + 8:at + 32])
    image[at + 4:at + 8] = struct.pack('<I', zlib.crc32(data, 0xFFFFFFFF))
    return image


def change(image, at, value):
    image = bytearray(image)
    image[at:at + len(value)] = value
    return image


numbers = [(kind, kind, '1') for kind in ('u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64')]
values = [('number', 'u32', '305419896'), ('text', 'string', 'hello'), ('blob', 'hex2bin', 'a5' * 40)]
# entries: 0 namespace, 1 number, 2-3 text, 4-6 chunk, 7 index
plain = nvs(values, 1)
save('nvs', '0-clean+blank', b'\xff' * 4096)
save('nvs', '0-clean+no-values', nvs([], 1))
save('nvs', '8-clean+numbers', nvs(numbers, 1))
save('nvs', '3-clean', plain)
save('nvs', '3-clean+version-1', nvs(values, 1, Page.VERSION1))
two = nvs([('blob', 'hex2bin', 'a5' * 5000), ('after', 'u8', '1')], 2)
save('nvs', '2-clean+two-pages', two)
save('nvs', '2-clean+pages-turned', two[4096:] + two[:4096])
save('nvs', '2-clean+erased', change(plain, 32, [0b10100010]))
save('nvs', '3-clean+freeing', change(plain, 0, b'\xf8'))
save('nvs', '2-BitmapState', change(plain, 32, [0b10100110]))
save('nvs', '2-EntryCrc', change(plain, entry(0, 1) + 24, [0]))
save('nvs', '0-HeaderCrc', change(plain, 28, [plain[28] ^ 1]))
save('nvs', '0-EmptyNotBlank', change(b'\xff' * 4096, 4000, b'\x00'))
save('nvs', '0-State', change(plain, 0, b'\xf0'))
save('nvs', '0-Version', seal(change(plain, 8, b'\xfd')))
save('nvs', '2-PayloadCrc', change(plain, entry(0, 3), b'H'))
save('nvs', '2-Span+zero', seal_entry(change(plain, entry(0, 1) + 2, b'\x00'), entry(0, 1)))
save('nvs', '2-Span+beyond-page', seal_entry(change(plain, entry(0, 7) + 2, b'\xff'), entry(0, 7)))
save('nvs', '2-Span+length', seal_entry(change(plain, entry(0, 2) + 24, b'\xff\xff'), entry(0, 2)))
save('nvs', '2-Type', seal_entry(change(plain, entry(0, 1) + 1, b'\x77'), entry(0, 1)))
save('nvs', '2-Name+empty', seal_entry(change(plain, entry(0, 1) + 8, b'\x00'), entry(0, 1)))
save('nvs', '2-Name+endless', seal_entry(change(plain, entry(0, 1) + 8, b'x' * 16), entry(0, 1)))
save('nvs', '0-UnknownNamespace', seal_entry(change(plain, entry(0, 0) + 24, b'\x09'), entry(0, 0)))
save('nvs', '3-SequenceTwice', plain + plain)
save('nvs', '2-BlobIncomplete+size', seal_entry(change(plain, entry(0, 7) + 24, b'\xff\xff\xff\xff'), entry(0, 7)))
save('nvs', '2-BlobIncomplete+count', seal_entry(change(plain, entry(0, 7) + 28, b'\xff'), entry(0, 7)))
save('nvs', '2-BlobIncomplete+start', seal_entry(change(plain, entry(0, 7) + 28, b'\x02\xff'), entry(0, 7)))
save('nvs', '0-UnknownNamespace+page-missing', two[4096:])
save('nvs', '2-BlobIncomplete+chunk-erased', change(plain, 33, [0b10000000]))
save('nvs', '2-Leftover', change(plain, 33, [0b00101010]))
save('nvs', 'refused+half-a-page', plain[:2048])
save('nvs', 'refused+empty', b'')


def tlv(*entries, integrity=True):
    builder = TlvPartitionBuilder()
    for kind, subtype, data, flags in entries:
        builder.add_tlv_entry(kind, subtype, data, flags)
    if integrity:
        builder.add_integrity_tlv()
    return bytearray(builder.partition_data[:builder.current_offset])


def seal_tlv(image, at):
    length = struct.unpack_from('<H', image, at + 10)[0]
    end = at + 12 + (length + 15) // 16 * 16
    image[end:end + 4] = struct.pack('<I', zlib.crc32(image[at:end], 0xFFFFFFFF))
    return image


# offsets: 0 root (32), 32 chain (48), 80 key (32), 112 hash (48), end at 160
whole = tlv((0, 0, b'sixteen bytes...', 0), (1, 0, b'twenty bytes........', 0), (2, 0, b'no key', 0))
save('tlv', '4-clean', whole)
save('tlv', '4-clean+blank-rest', whole + b'\xff' * 352)
save('tlv', '4-clean+end-mark', whole + b'\xff\xff\x00\x00' + b'\xff' * 60)
save('tlv', '3-clean+no-hash', tlv((0, 0, b'a', 0), (1, 0, b'b', 0), (2, 0, b'', 0x40), integrity=False))
save('tlv', '2-clean+subtypes', tlv((51, 0, b'a' * 16, 0), (51, 254, b'b' * 17, 0xff), integrity=False))
save('tlv', '0-clean+blank', b'\xff' * 64)
save('tlv', '0-clean+empty', b'')
save('tlv', '3-Crc', change(whole, 80 + 12, b'N'))
save('tlv', '4-Integrity', seal_tlv(change(whole, 80 + 12, b'N'), 80))
save('tlv', '4-Padding', seal_tlv(seal_tlv(change(whole, 80 + 24, b'N'), 80), 112))
save('tlv', '3-Truncated+cut', whole[:150])
save('tlv', '0-Truncated+length', change(whole, 10, b'\xff\xff'))
save('tlv', '0-Truncated+magic-only', whole[:4])
save('tlv', '4-Duplicate', seal_tlv(change(whole, 80 + 8, b'\x01'), 80))
save('tlv', '4-NotBlank', whole + b'\x00' * 32)
save('tlv', 'refused+noise', b'-----BEGIN CERTIFICATE-----')
