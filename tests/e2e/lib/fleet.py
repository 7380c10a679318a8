"""Makes a fleet of COUNT device certificates under two issuing authorities, into FOLDER/fleet.pem, with
PyPI's `cryptography`. Known numbers of them are bad; FOLDER/fleet.json says how many, and why.
"""

import json
import pathlib
import sys

from cryptography.x509.oid import ExtendedKeyUsageOID

from chains import device, issue, key, name, pem

CLIENT = [ExtendedKeyUsageOID.CLIENT_AUTH]


def main(folder, count):
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    root_key, root_name = key(), name("Contoso Device Root")
    root = issue(root_name, root_key, root_name, root_key, 3650, ca=1)
    issuers = []
    for number in (1, 2):
        issuer_key, issuer_name = key(), name(f"Contoso Issuing CA {number}")
        certificate = issue(issuer_name, issuer_key, root_name, root_key, 1000, ca=0)
        issuers.append((issuer_name, issuer_key, certificate))
    expired, strangers, wrong_use = max(1, count // 50), max(1, count // 100), 2
    shared = key()
    chunks = [pem(root, *(certificate for _, _, certificate in issuers))]
    for number in range(count):
        subject = device(f"pump-{number:05}")
        issuer_name, issuer_key, _ = issuers[number % 2]
        own = shared if number >= count - 2 else key()
        if number < expired:
            made = issue(subject, own, issuer_name, issuer_key, 30, purposes=CLIENT, since=60)
        elif number < expired + strangers:
            made = issue(subject, own, issuer_name, key(), 45, purposes=CLIENT)
        elif number < expired + strangers + wrong_use:
            made = issue(subject, own, issuer_name, issuer_key, 45, purposes=[ExtendedKeyUsageOID.SERVER_AUTH])
        else:
            made = issue(subject, own, issuer_name, issuer_key, 20 if number % 3 else 45, purposes=CLIENT)
        chunks.append(pem(made))
    (out / "fleet.pem").write_bytes(b"".join(chunks))
    facts = {
        "count": count,
        "refused": {
            "path.expired": expired,
            "path.signature": strangers,
            "path.purpose": wrong_use,
        },
        "shared": 2,
    }
    (out / "fleet.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
