"""Writes limbo_rules.tsv: for each failing case of an x509-limbo file the rules that it is meant to break.

    python3 limbo_rules.py x509-limbo-dev.json.gz > limbo_rules.tsv

The suite's own cases are in OWN, judged by a person from their descriptions. What BetterTLS's cases break
follows from how they were made (a chain root - local root - authority - leaf, constraints in the authority, names in
the leaf), and is worked out here with pyca/cryptography, so that nothing of the engine judges itself.
"""

import gzip
import ipaddress
import json
import re
import sys

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

OWN = {
    "crl::revoked-certificate-with-crl": "path.revoked",
    "crl::crlnumber-missing": "rfc5280.crl-number",
    "cve::cve-2025-61727-nc-permits-variant": "path.name-permitted",
    "pathlen::intermediate-pathlen-too-long": "path.path-length",
    "pathlen::max-chain-depth-0-exhausted": "path.max-depth",
    "pathlen::max-chain-depth-1-exhausted": "path.max-depth",
    "pathological::intermediate-cycle-same-logical-ca": "path.loop",
    "pathological::nc-dos-1": "budget.names",
    "pathological::nc-dos-2": "budget.names",
    # Its names are mail addresses in the subject, which the constraints say nothing about; it has no
    # alternative name at all, and is asked for one.
    "pathological::nc-dos-3": "path.peer-name",
    "pathological::pathological-chain-distinct-subject-distinct-key": "budget.depth",
    "pathological::pathological-chain-same-subject-distinct-key": "budget.signatures",
    "rfc5280::aki::critical-aki": "rfc5280.aki-critical",
    "rfc5280::aki::leaf-missing-aki": "rfc5280.aki-missing",
    "rfc5280::eku::ee-eku-empty": "path.extension-form",
    "rfc5280::nc::permitted-dns-match-noncritical": "rfc5280.constraints-critical",
    "rfc5280::nc::excluded-dns-match-second": "path.name-excluded",
    "rfc5280::nc::excluded-ipv4-match": "path.name-excluded",
    "rfc5280::nc::excluded-ipv6-match": "path.name-excluded",
    "rfc5280::nc::excluded-dn-match": "path.name-excluded",
    "rfc5280::nc::permitted-dn-match-subject-san-mismatch": "path.name-permitted",
    "rfc5280::nc::excluded-match-permitted-and-excluded": "path.name-excluded",
    "rfc5280::nc::invalid-ipv4-address": "path.constraint-form",
    "rfc5280::nc::not-allowed-in-ee-noncritical": "rfc5280.constraints-leaf",
    "rfc5280::nc::intermediate-with-san-rejected-by-intermediate-nc": "path.name-permitted",
    "rfc5280::nc::restrictive-permits-in-intermediates-narrows": "path.name-permitted",
    "rfc5280::nc::restrictive-permits-in-intermediates-widens": "path.name-permitted",
    "rfc5280::nc::nc-permits-invalid-dns-san": "path.name-form",
    "rfc5280::nc::nc-permits-invalid-ip-san": "path.name-form",
    "rfc5280::nc::nc-permits-invalid-email-san": "path.name-form",
    "rfc5280::nc::nc-permits-email-literal-asterisk-rejects-user": "path.name-permitted",
    "rfc5280::nc::nc-permits-email-literal-double-asterisk-rejects-single": "path.name-permitted",
    "rfc5280::nc::nc-forbids-othername": "path.name-form",
    "rfc5280::nc::nc-forbids-dnsname-wildcard-san": "path.name-excluded",
    "rfc5280::pc::ica-noncritical-pc": "rfc5280.policy-constraints-critical",
    "rfc5280::san::malformed": "path.extension-form",
    "rfc5280::san::noncritical-with-empty-subject": "rfc5280.san-critical",
    # Asked for the address, which is there as a DNS name only.
    "rfc5280::san::ip-in-dns": "path.peer-name rfc5280.san-form",
    "rfc5280::serial::too-long": "rfc5280.serial",
    "rfc5280::serial::zero": "rfc5280.serial",
    # The leaf stands in the trust store, which is no path (RFC 5280 section 6.1).
    "rfc5280::serial::negative": "path.issuer-missing rfc5280.serial",
    "rfc5280::ski::intermediate-missing-ski": "rfc5280.ski-missing",
    "rfc5280::validity::expired-root": "path.expired",
    "rfc5280::validity::expired-intermediate": "path.expired",
    "rfc5280::validity::expired-leaf": "path.expired",
    "rfc5280::validity::expired-1-second": "path.expired",
    "rfc5280::validity::expired-5-seconds": "path.expired",
    "rfc5280::ee-empty-issuer": "rfc5280.issuer-name",
    "rfc5280::unknown-critical-extension-intermediate": "path.unknown-critical",
    # C2SP/x509-limbo issue 634: the intermediate without basic constraints is not in the file.
    "rfc5280::intermediate-ca-missing-basic-constraints": "path.issuer-missing",
    "rfc5280::root-missing-basic-constraints": "rfc5280.basic-missing",
    "rfc5280::root-inconsistent-ca-extensions": "path.issuer-may-sign",
    "rfc5280::leaf-ku-keycertsign": "rfc5280.key-usage-ca",
    "rfc5280::duplicate-extensions": "path.repeated-extension",
    "rfc5280::ca-as-leaf-wrong-san": "path.peer-name",
    "webpki::aki::root-with-aki-authoritycertserialnumber": "web.aki",
    "webpki::aki::root-with-aki-ski-mismatch": "web.aki",
    "webpki::cn::ipv4-hex-mismatch": "web.common-name",
    "webpki::cn::ipv6-uppercase-mismatch": "web.common-name",
    "webpki::cn::ipv6-uncompressed-mismatch": "web.common-name",
    "webpki::cn::not-in-san": "web.common-name",
    "webpki::cn::case-mismatch": "web.common-name",
    "webpki::eku::ee-critical-eku": "web.purpose",
    "webpki::eku::root-has-eku": "web.root-purpose",
    "webpki::nc::intermediate-permitted-excluded-subtrees-both-null": "rfc5280.constraints-empty",
    "webpki::san::mismatch-domain-san": "path.peer-name",
    "webpki::san::mismatch-subdomain-apex-san": "path.peer-name",
    "webpki::san::mismatch-apex-subdomain-san": "path.peer-name",
    "webpki::san::public-suffix-wildcard-san": "web.wildcard",
    "webpki::san::wildcard-match-across-labels-san": "path.peer-name",
    "webpki::san::wildcard-embedded-ulabel-san": "path.peer-name",
    "webpki::cryptographydotio-chain-missing-intermediate": "path.issuer-missing",
    "webpki::malformed-aia": "rfc5280.access-form",
    "webpki::forbidden-p192-leaf": "web.key",
    "webpki::forbidden-dsa-leaf": "web.key",
    "webpki::forbidden-weak-rsa-in-leaf": "web.key",
    "webpki::forbidden-rsa-not-divisible-by-8-in-root": "web.key",
    "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf": "web.key",
    "webpki::ee-basicconstraints-ca": "web.leaf-ca",
    # Each has one authority that is no CA, signed with SHA-1, or expired: the only way to the root.
    "bettertls::pathbuilding::tc6": "path.issuer-is-ca",
    "bettertls::pathbuilding::tc8": "path.signature-algorithm",
    "bettertls::pathbuilding::tc10": "path.expired",
    "bettertls::pathbuilding::tc47": "path.signature-algorithm",
    "bettertls::pathbuilding::tc69": "path.expired",
    "bettertls::pathbuilding::tc75": "path.expired",
}

LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"{LABEL}(\.{LABEL})*")


def names(der):
    """Tag and content of each name of a leaf's subjectAltName, read by hand: pyca refuses unknown tags."""
    at = der.find(b"\x06\x03\x55\x1d\x11")
    if at < 0:
        return []
    rest = der[at + 5:]
    if rest[0] == 1:  # critical
        rest = rest[3:]
    _, value, _ = element(rest)
    _, value, _ = element(value)
    found = []
    while value:
        tag, content, value = element(value)
        found.append((tag & 0x1F, content))
    return found


def element(data):
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return data[0], data[start:start + length], data[start + length:]


def within(name, base):
    """Whether a name lies within a constraint; None if it is of another kind, "form" if malformed."""
    tag, content = name
    if isinstance(base, x509.DNSName) and tag == 2:
        text = content.decode("latin-1")
        if not HOST.fullmatch(text):
            return "form"
        text, value = text.lower(), base.value.lower()
        return value == "" or text == value or text.endswith("." + value)
    if isinstance(base, x509.IPAddress) and tag == 7:
        if len(content) not in (4, 16):
            return "form"
        address = ipaddress.ip_address(content)
        return address.version == base.value.version and address in base.value
    return None


def bettertls(case):
    if case["id"] in OWN:
        return OWN[case["id"]]
    leaf = x509.load_pem_x509_certificate(case["peer_certificate"].encode())
    others = case["untrusted_intermediates"] + case["trusted_certs"]
    chain = [x509.load_pem_x509_certificate(pem.encode()) for pem in others]
    sans = names(leaf.tbs_certificate_bytes)
    rules = set()
    if any(tag > 8 for tag, _ in sans) or any(tag == 4 for tag, _ in sans):
        # A name of a kind that does not exist, or one that is not what its kind holds.
        return "path.extension-form path.peer-name"
    wanted = case["expected_peer_name"]
    if wanted["kind"] == "DNS":
        met = any(tag == 2 and content.decode("latin-1").lower() == wanted["value"].lower() for tag, content in sans)
    else:
        met = (7, ipaddress.ip_address(wanted["value"]).packed) in sans
    if not met:
        rules.add("path.peer-name")
    for authority in chain:
        try:
            constraints = authority.extensions.get_extension_for_oid(ExtensionOID.NAME_CONSTRAINTS).value
        except x509.ExtensionNotFound:
            continue
        for name in sans:
            permitted = [within(name, base) for base in constraints.permitted_subtrees or []]
            excluded = [within(name, base) for base in constraints.excluded_subtrees or []]
            permitted = [verdict for verdict in permitted if verdict is not None]
            if "form" in permitted + excluded:
                rules.add("path.name-form")
                continue
            if permitted and not any(permitted):
                rules.add("path.name-permitted")
            if any(excluded):
                rules.add("path.name-excluded")
    return " ".join(sorted(rules))


def main(path):
    data = open(path, "rb").read()
    suite = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    for case in suite["testcases"]:
        if case["expected_result"] == "FAILURE":
            rules = bettertls(case) if case["id"].startswith("bettertls") else OWN[case["id"]]
            print(case["id"], rules, sep="\t")


main(sys.argv[1])
