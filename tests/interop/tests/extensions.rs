//! OpenSSL as the maker of every extension that it knows, and Signet as the reader.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Command;

use signet_core::cert::{Extension, Summary};
use signet_interop::skip;

/// What OpenSSL is told, what Signet calls it, and a line of what it then shows.
const MADE: &[(&str, &str, &str)] = &[
    (
        "basicConstraints=critical,CA:TRUE,pathlen:2",
        "Basic constraints",
        "path length: 2",
    ),
    (
        "keyUsage=critical,keyCertSign,cRLSign",
        "Key usage",
        "signing revocation lists",
    ),
    (
        "subjectKeyIdentifier=0A0B0C",
        "Subject key identifier",
        "0A0B0C",
    ),
    (
        "extendedKeyUsage=clientAuth,2.23.133.8.1",
        "Extended key usage",
        "TPM endorsement key (2.23.133.8.1)",
    ),
    (
        "subjectAltName=IP:10.0.0.1,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:pump@plant",
        "Subject alternative name",
        "user principal name:pump@plant",
    ),
    (
        "issuerAltName=URI:https://ca.example/",
        "Issuer alternative name",
        "URI:https://ca.example/",
    ),
    (
        "nameConstraints=permitted;DNS:example,excluded;IP:10.0.0.0/255.0.0.0",
        "Name constraints",
        "excluded: IP:10.0.0.0/255.0.0.0",
    ),
    (
        "certificatePolicies=2.23.140.1.2.1,@notice",
        "Certificate policies",
        "  notice: Only for pumps",
    ),
    (
        "policyMappings=1.2.3.4:1.2.3.5",
        "Policy mappings",
        "1.2.3.4 = 1.2.3.5",
    ),
    (
        "policyConstraints=requireExplicitPolicy:0,inhibitPolicyMapping:1",
        "Policy constraints",
        "policies may not be mapped after 1 further certificate",
    ),
    (
        "inhibitAnyPolicy=2",
        "Inhibit anyPolicy",
        "anyPolicy does not count after 2 further certificates",
    ),
    (
        "crlDistributionPoints=point",
        "CRL distribution points",
        "only for: keyCompromise, cACompromise",
    ),
    (
        "freshestCRL=URI:http://ca.example/delta.crl",
        "Freshest CRL",
        "URI:http://ca.example/delta.crl",
    ),
    (
        "authorityInfoAccess=OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/ca.cer",
        "Authority information access",
        "issuer's certificate: URI:http://ca.example/ca.cer",
    ),
    (
        "subjectInfoAccess=caRepository;URI:http://ca.example/all",
        "Subject information access",
        "certificates of the authority: URI:http://ca.example/all",
    ),
    (
        "tlsfeature=status_request",
        "TLS features",
        "status_request (OCSP must staple)",
    ),
    ("noCheck=ignored", "OCSP no check", ""),
    (
        "nsCertType=client,sslCA",
        "Netscape certificate type",
        "authority for TLS",
    ),
    ("nsComment=by hand", "Netscape comment", "by hand"),
    (
        "nsCaPolicyUrl=http://ca.example/policy",
        "Netscape policy address",
        "http://ca.example/policy",
    ),
    (
        "2.5.29.16=ASN1:SEQUENCE:period",
        "Private key usage period",
        "to 2027-01-01T00:00:00Z",
    ),
    (
        "1.3.6.1.5.5.7.1.3=ASN1:SEQUENCE:statements",
        "Qualified certificate statements",
        "qualified under EU law (0.4.0.1862.1.1)",
    ),
    (
        "1.3.6.1.4.1.311.20.2=ASN1:BMP:Pumps",
        "Certificate template name",
        "Pumps",
    ),
    (
        "1.3.6.1.4.1.311.21.7=ASN1:SEQUENCE:template",
        "Certificate template",
        "version 100.3",
    ),
    (
        "1.3.6.1.4.1.311.21.1=ASN1:INTEGER:131075",
        "Version of the authority",
        "certificate 3, key 2",
    ),
    (
        "1.3.6.1.4.1.311.21.10=ASN1:SEQUENCE:application",
        "Application policies",
        "TLS client (1.3.6.1.5.5.7.3.2)",
    ),
    (
        "2.23.133.5.4.4=ASN1:SEQUENCE:ueid",
        "DICE device identity (UEID)",
        "CAFE",
    ),
    (
        "2.23.133.5.4.1=ASN1:SEQUENCE:tcb",
        "DICE TCB information",
        "security version: 3",
    ),
    (
        "1.2.3.4.5=ASN1:SEQUENCE:unknown",
        "1.2.3.4.5",
        "  UTF8String: whatever",
    ),
];

const SECTIONS: &str = "
[notice]
policyIdentifier=1.2.3.4
CPS.1=https://ca.example/practices
userNotice.1=@text
[text]
explicitText=UTF8:Only for pumps
[point]
fullname=URI:http://ca.example/ca.crl
reasons=keyCompromise,CACompromise
[period]
from=IMPLICIT:0,GENERALIZEDTIME:20260101000000Z
to=IMPLICIT:1,GENERALIZEDTIME:20270101000000Z
[statements]
one=SEQUENCE:qualified
[qualified]
id=OID:0.4.0.1862.1.1
[template]
id=OID:1.3.6.1.4.1.311.21.8.1
major=INTEGER:100
minor=INTEGER:3
[application]
one=SEQUENCE:purpose
[purpose]
id=OID:1.3.6.1.5.5.7.3.2
[ueid]
ueid=FORMAT:HEX,OCTETSTRING:CAFE
[tcb]
vendor=IMPLICIT:0,UTF8:Maker
svn=IMPLICIT:3,INTEGER:3
[unknown]
word=UTF8:whatever
";

fn extensions() -> Option<Vec<Extension>> {
    if Command::new("openssl").arg("version").output().is_err() {
        skip("no openssl");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<&str> = MADE.iter().map(|(line, ..)| *line).collect();
    let lines = lines.join("\n");
    let config = format!(
        "[req]\ndistinguished_name=name\nx509_extensions=all\nprompt=no\n[name]\nCN=pump\n[all]\n{lines}\n{SECTIONS}"
    );
    fs::write(folder.path().join("all.cnf"), config).unwrap();
    let words = "req -x509 -config all.cnf -newkey ec -pkeyopt ec_paramgen_curve:secp384r1 \
                 -nodes -keyout key.pem -days 9 -outform DER -out all.der";
    let mut openssl = Command::new("openssl");
    let output = openssl
        .args(words.split_whitespace())
        .current_dir(folder.path());
    let output = output.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let der = fs::read(folder.path().join("all.der")).unwrap();
    Some(Summary::from_der(&der).unwrap().extensions)
}

#[test]
fn each_is_named_and_read() {
    let Some(extensions) = extensions() else {
        return;
    };
    for (made, name, line) in MADE {
        let found = extensions.iter().find(|extension| extension.name == *name);
        let found = found.unwrap_or_else(|| panic!("{made}: not in {extensions:#?}"));
        assert!(!found.meaning.contains("cannot be read"), "{found:#?}");
        assert!(
            line.is_empty() || found.value.lines().any(|shown| shown == *line),
            "{line}: {found:#?}"
        );
    }
    // OpenSSL adds the identifier of the issuer's key by itself in some versions.
    let others = extensions.len() - MADE.len();
    assert!(others <= 1, "{extensions:#?}");
}
