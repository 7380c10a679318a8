#!/usr/bin/env python3
"""Writes containers in ways that OpenSSL 3.0 does not: PKCS #12 with PBMAC1 (RFC 9579), with parameters of PBES2 that
break its rules (RFC 8018), and BER (X.690 section 8).

From file/sealed.p12 (password x) and file/certificates.p7b, with nothing but Python's own HMAC and PBKDF2. Salts are
fixed, so that the same input gives the same bytes.

file/rfc9579-a1.p12 to -a6.p12 are the six of RFC 9579 appendix A, password 1234, and not made here.
"""

import hashlib
import hmac
from pathlib import Path

FILE = Path(__file__).parent / "file"


def tlv(tag, *parts):
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def indefinite(tag, *parts):
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def split(content):
    """Tag and content of each element."""
    found = []
    while content:
        size, head = content[1], 2
        if size & 0x80:
            head += size & 0x7F
            size = int.from_bytes(content[2:head], "big")
        found.append((content[0], content[head : head + size]))
        content = content[head + size :]
    return found


def integer(number):
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray([first * 40 + second])
    for arc in rest:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(0x80 | arc & 0x7F)
        out += bytes(reversed(digits))
    return tlv(6, bytes(out))


def algorithm(dotted, parameters=b"\x05\x00"):
    return tlv(0x30, oid(dotted), parameters)


HMAC = {
    "sha1": "1.2.840.113549.2.7",
    "sha256": "1.2.840.113549.2.9",
    "sha384": "1.2.840.113549.2.10",
    "sha512": "1.2.840.113549.2.11",
}


def pbmac1(safe, password, prf="sha256", digest="sha256", rounds=1000, length=32, kdf=None):
    """MacData over an authenticated safe. What is too costly to compute gets a code of zeros."""
    salt = b"eight by"
    named = b"" if length is None else integer(length)
    parameters = tlv(0x30, tlv(4, salt), integer(rounds), named, algorithm(HMAC[prf]))
    derivation = kdf or algorithm("1.2.840.113549.1.5.12", parameters)
    code = bytes(32)
    if rounds < 1_000_000:
        key = hashlib.pbkdf2_hmac(prf, password, salt, rounds, length or 32)
        code = hmac.digest(key, safe, digest)
    both = tlv(0x30, derivation, algorithm(HMAC[digest]))
    kind = algorithm("1.2.840.113549.1.5.14", both)
    return tlv(0x30, tlv(0x30, kind, tlv(4, code)), tlv(4, b"NOT USED"), integer(1))


DATA = oid("1.2.840.113549.1.7.1")
ENCRYPTED = oid("1.2.840.113549.1.7.6")


def pfx(safe, mac):
    return tlv(0x30, integer(3), tlv(0x30, DATA, tlv(0xA0, tlv(4, safe))), mac)


def pieces(content, size=100):
    return [tlv(4, content[at : at + size]) for at in range(0, len(content), size)]


def ber_safe(safe):
    """The same safes, each indefinite, and what is sealed in pieces, as NSS writes them."""
    [(_, infos)] = split(safe)
    out = []
    for _, info in split(infos):
        [(_, kind), (_, content)] = split(info)
        [(tag, inner)] = split(content)
        if tlv(6, kind) == ENCRYPTED:
            [(_, version), (_, sealed)] = split(inner)
            [(_, of), (_, how), (_, text)] = split(sealed)
            sealed = indefinite(0x30, tlv(6, of), tlv(0x30, how), indefinite(0xA0, *pieces(text)))
            inner = indefinite(0x30, tlv(2, version), sealed)
        else:
            inner = indefinite(0x24, *pieces(inner))
        out.append(indefinite(0x30, tlv(6, kind), indefinite(0xA0, inner)))
    return indefinite(0x30, *out)


def parts(name):
    """The authenticated safe of a file, and the code over it."""
    [(_, fields)] = split((FILE / name).read_bytes())
    [_, (_, info), (_, mac)] = split(fields)
    [_, (_, content)] = split(info)
    [(_, safe)] = split(content)
    return safe, tlv(0x30, mac)


def pkcs12():
    safe, mac = parts("sealed.p12")
    scrypt = algorithm("1.3.6.1.4.1.11591.4.11")
    for name, choice in {
        "384": {"prf": "sha384", "digest": "sha384", "length": 48},
        "mixed": {"prf": "sha512", "digest": "sha384", "length": 20},
        "costly": {"rounds": 10_000_001},
        "scrypt": {"kdf": scrypt},
        "sha1-prf": {"prf": "sha1"},
        "sha1": {"digest": "sha1", "length": 20},
        "short-key": {"length": 19},
    }.items():
        (FILE / f"pbmac1-{name}.p12").write_bytes(pfx(safe, pbmac1(safe, b"x", **choice)))
    # The safes of two files with two passwords, guarded by the code of the first.
    both = tlv(0x30, *(split(safes)[0][1] for safes in [safe, parts("rfc9579-a1.p12")[0]]))
    (FILE / "two-passwords.p12").write_bytes(pfx(both, pbmac1(both, b"x")))
    # Lengths that are known, and yet in pieces, as older Windows exports them.
    inside = tlv(0x30, DATA, tlv(0xA0, tlv(0x24, *pieces(safe, 1000))))
    (FILE / "ber-pieces.p12").write_bytes(tlv(0x30, integer(3), inside, mac))
    # Everything indefinite.
    safe = ber_safe(safe)
    inside = indefinite(0x30, DATA, indefinite(0xA0, indefinite(0x24, *pieces(safe))))
    whole = indefinite(0x30, integer(3), inside, pbmac1(safe, b"x"))
    (FILE / "ber.p12").write_bytes(whole)


def pbes2(kdf, cipher, *more):
    """A PFX without a code around 16 sealed bytes, which is opened with the empty password."""
    how = algorithm("1.2.840.113549.1.5.13", tlv(0x30, kdf, cipher, *more))
    sealed = tlv(0x30, integer(0), tlv(0x30, DATA, how, tlv(0x80, bytes(16))))
    return pfx(tlv(0x30, tlv(0x30, ENCRYPTED, tlv(0xA0, sealed))), b"")


def broken_pbes2():
    def pbkdf2(rounds, *more):
        return algorithm("1.2.840.113549.1.5.12", tlv(0x30, tlv(4, b"eight by"), integer(rounds), *more))

    def scrypt(*numbers):
        numbers = [integer(number) for number in numbers]
        return algorithm("1.3.6.1.4.1.11591.4.11", tlv(0x30, tlv(4, b"eight by"), *numbers))

    aes = algorithm("2.16.840.1.101.3.4.1.42", tlv(4, bytes(16)))
    for name, parts in {
        "des3-iv-0": [pbkdf2(1), algorithm("1.2.840.113549.3.7", tlv(4))],
        "des3-iv-7": [pbkdf2(1), algorithm("1.2.840.113549.3.7", tlv(4, bytes(7)))],
        "des3-iv-9": [pbkdf2(1), algorithm("1.2.840.113549.3.7", tlv(4, bytes(9)))],
        # What follows is no DER, and is read too late by who reads one field after the other.
        "des3-iv-more": [pbkdf2(1), algorithm("1.2.840.113549.3.7", tlv(4)), b"\x04\x7f"],
        "aes-iv-8": [pbkdf2(1), algorithm("2.16.840.1.101.3.4.1.42", tlv(4, bytes(8)))],
        "gcm-nonce-0": [pbkdf2(1), algorithm("2.16.840.1.101.3.4.1.46", tlv(4))],
        "rounds-0": [pbkdf2(0), aes],
        "key-0": [pbkdf2(1, integer(0)), aes],
        "key-64": [pbkdf2(1, integer(64)), aes],
        "scrypt-n-0": [scrypt(0, 8, 1), aes],
        "scrypt-n-1": [scrypt(1, 8, 1), aes],
        "scrypt-n-3": [scrypt(3, 8, 1), aes],
        "scrypt-r-0": [scrypt(2, 0, 1), aes],
        "scrypt-p-0": [scrypt(2, 8, 0), aes],
    }.items():
        (FILE / f"pbes2-{name}.p12").write_bytes(pbes2(*parts))
    # A hundred in a row, each as costly as one may be.
    (FILE / "pbes2-costly.p12").write_bytes(pbes2(pbkdf2(10_000_000), aes) * 100)


def pkcs7():
    """SignedData with everything indefinite but the certificates, and with one of them."""
    whole = (FILE / "certificates.p7b").read_bytes()
    [(_, info)] = split(whole)
    [(_, kind), (_, content)] = split(info)
    [(_, signed)] = split(content)
    fields = split(signed)
    [certificates] = [content for tag, content in fields if tag == 0xA0]

    def write(name, certificates):
        parts = [tlv(2, b"\x01"), indefinite(0x31), indefinite(0x30, DATA)]
        parts += [indefinite(0xA0, *certificates), indefinite(0x31)]
        signed = indefinite(0x30, *parts)
        out = indefinite(0x30, tlv(6, kind), indefinite(0xA0, signed))
        (FILE / name).write_bytes(out)

    first, second = [content for _, content in split(certificates)]
    write("ber.p7b", [tlv(0x30, first), tlv(0x30, second)])
    write("ber-certificate.p7b", [indefinite(0x30, first), tlv(0x30, second)])


pkcs12()
broken_pbes2()
pkcs7()
