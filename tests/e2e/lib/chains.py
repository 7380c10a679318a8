"""Makes chains that hold and chains that break, with PyPI's `cryptography`, into FOLDER.

Everything is made afresh at each run; what is in each file is said where it is written.
"""

import base64
import datetime
import json
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
DEVICE = "pump-0042"


def name(common, organization="Contoso"):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def device(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def key():
    return ec.generate_private_key(ec.SECP384R1())


def usage(*bits):
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{bit: bit in bits for bit in names})


def issue(subject, subject_key, issuer, issuer_key, days, *, ca=None, purposes=(), names=(), since=1):
    public = subject_key.public_key()
    start = NOW - since * DAY
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + days * DAY)
        .add_extension(x509.BasicConstraints(ca is not None, ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    bits = ("key_cert_sign", "crl_sign") if ca is not None else ("digital_signature",)
    builder = builder.add_extension(usage(*bits), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        builder = builder.add_extension(alternative, critical=False)
    return builder.sign(issuer_key, hashes.SHA384())


def pem(*certificates):
    return b"".join(certificate.public_bytes(PEM) for certificate in certificates)


def revoked(issuer, issuer_key, *serials, since=DAY):
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(NOW - since)
        .next_update(NOW + 7 * DAY)
        .add_extension(x509.CRLNumber(7), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    for serial in serials:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(NOW - DAY)
            .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            .build()
        )
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer_key, hashes.SHA384())


def main(folder):
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    client = [ExtendedKeyUsageOID.CLIENT_AUTH]
    root_key, ica_key, leaf_key = key(), key(), key()
    root_name, ica_name = name("Contoso Device Root"), name("Contoso Issuing CA 1")
    root = issue(root_name, root_key, root_name, root_key, 3650, ca=1)
    ica = issue(ica_name, ica_key, root_name, root_key, 1000, ca=0)
    leaf = issue(device(DEVICE), leaf_key, ica_name, ica_key, 45, purposes=client)

    # A chain that holds, in every wrapping.
    (out / "chain.pem").write_bytes(pem(leaf, ica, root))
    (out / "leaf.der").write_bytes(leaf.public_bytes(DER))
    (out / "root.pem").write_bytes(pem(root))
    (out / "chain.p7b").write_bytes(pkcs7.serialize_certificates([leaf, ica, root], DER))
    (out / "key.pem").write_bytes(
        leaf_key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (out / "chain.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            DEVICE.encode(), leaf_key, leaf, [ica, root], serialization.BestAvailableEncryption(b"gloves")
        )
    )
    chain = [base64.b64encode(one.public_bytes(DER)).decode() for one in (leaf, ica, root)]
    answer = {
        "operationId": "4.0.1",
        "status": "assigned",
        "registrationState": {
            "registrationId": DEVICE,
            "assignedHub": "contoso.azure-devices.net",
            "deviceId": DEVICE,
            "status": "assigned",
            "issuedCertificateChain": chain,
        },
    }
    (out / "answer.json").write_text(json.dumps(answer, indent=2))

    # One file for each way in which chains break.
    (out / "missing.pem").write_bytes(pem(leaf, root))
    expired = issue(device(DEVICE), key(), ica_name, ica_key, 30, purposes=client, since=60)
    (out / "expired.pem").write_bytes(pem(expired, ica, root))
    early = issue(device(DEVICE), key(), ica_name, ica_key, 45, purposes=client, since=-3)
    (out / "early.pem").write_bytes(pem(early, ica, root))
    stranger = issue(device(DEVICE), key(), ica_name, key(), 45, purposes=client)
    (out / "stranger.pem").write_bytes(pem(stranger, ica, root))
    wrong_use = issue(device(DEVICE), key(), ica_name, ica_key, 45, purposes=[ExtendedKeyUsageOID.SERVER_AUTH])
    (out / "purpose.pem").write_bytes(pem(wrong_use, ica, root))
    deep = issue(name("Contoso Issuing CA 2"), leaf_key, ica_name, ica_key, 300, ca=0)
    below = issue(device(DEVICE), key(), name("Contoso Issuing CA 2"), leaf_key, 45, purposes=client)
    (out / "too-long.pem").write_bytes(pem(below, deep, ica, root))
    unlike = issue(device("Pump 0042"), rsa.generate_private_key(65537, 2048), ica_name, ica_key, 400, purposes=client)
    (out / "unlike-azure.pem").write_bytes(pem(unlike, ica, root))
    (out / "revoked.pem").write_bytes(
        pem(leaf, ica, root)
        + revoked(ica_name, ica_key, leaf.serial_number).public_bytes(PEM)
        + revoked(root_name, root_key).public_bytes(PEM)
    )
    # A signature that is checked for nothing else.
    second = issue(device("pump-0044"), key(), ica_name, ica_key, 45, purposes=client)
    (out / "second.pem").write_bytes(pem(second, ica, root))
    # Lists that are younger than what they are about, and end before it.
    hour = DAY / 24
    (out / "listed.pem").write_bytes(
        pem(leaf, ica, root)
        + revoked(ica_name, ica_key, since=hour).public_bytes(PEM)
        + revoked(root_name, root_key, since=hour).public_bytes(PEM)
    )
    other_key = key()
    other_name = name("Contoso Root 2026")
    other = issue(other_name, other_key, other_name, other_key, 3650, ca=2)
    cross = issue(root_name, root_key, other_name, other_key, 900, ca=1)
    (out / "cross.pem").write_bytes(pem(leaf, ica, root, cross, other))
    (out / "page.html").write_text("<html><body><h1>Blocked by the proxy</h1></body></html>")
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(device(DEVICE))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("pump-0042.contoso.example")]), critical=False)
        .sign(leaf_key, hashes.SHA384())
    )
    (out / "request.csr").write_bytes(request.public_bytes(PEM))


if __name__ == "__main__":
    main(sys.argv[1])
