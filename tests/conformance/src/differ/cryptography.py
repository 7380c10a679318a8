"""PyPI's cryptography as a judge: one chain per line in, one verdict per line out."""

import base64
import json
import sys
from datetime import datetime, timezone

from cryptography.x509 import (
    BasicConstraints,
    DNSName,
    InvalidVersion,
    SubjectAlternativeName,
    load_der_x509_certificate,
)
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)


def read(text):
    return load_der_x509_certificate(base64.b64decode(text))


def verdict(host, at, chain):
    try:
        root, leaf = read(chain["root"]), read(chain["leaf"])
        bag = [read(text) for text in chain["bag"]]
        # RFC 5280 and no more: the Web's own rules are another question.
        everything, either = ExtensionPolicy.permit_all(), Criticality.AGNOSTIC
        leaves = everything.require_present(SubjectAlternativeName, either, None)
        authorities = everything.require_present(BasicConstraints, either, None)
        builder = PolicyBuilder().store(Store([root])).time(at).max_chain_depth(16)
        builder = builder.extension_policies(ca_policy=authorities, ee_policy=leaves)
        builder.build_server_verifier(DNSName(host)).verify(leaf, bag)
    except VerificationError as error:
        return str(error)
    except (InvalidVersion, ValueError) as error:
        return f"unreadable: {error}"
    return "OK"


host, at = sys.argv[1], datetime.fromtimestamp(int(sys.argv[2]), timezone.utc)
for line in sys.stdin:
    print(verdict(host, at, json.loads(line)).replace("\n", " "), flush=True)
