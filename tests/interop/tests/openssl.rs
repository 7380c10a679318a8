//! OpenSSL as the judge of keys, requests, chains and certificate summaries, and Signet as the reader
//! of what OpenSSL makes.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};
use std::{fs, str};

use sha2::{Digest, Sha256};
use signet_core::chain::{Expectations, VerifiedChain};
use signet_core::csr::{Csr, VerifiedCsr};
use signet_core::key::{PrivateKey, PublicKey};
use signet_core::{Explain, UnixTime, cert, pem};
use signet_interop::skip;
use tempfile::TempDir;

const DAY: u64 = 86_400;

/// A folder to run `openssl` in. `None`, said loudly, if there is no OpenSSL 3.
fn workshop() -> Option<Workshop> {
    let version = Command::new("openssl").arg("version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match version {
        Ok(version) if version.starts_with("OpenSSL 3") || version.starts_with("OpenSSL 4") => {
            Some(Workshop(tempfile::tempdir().unwrap()))
        }
        other => {
            skip(&format!("no OpenSSL 3 or later: {other:?}"));
            None
        }
    }
}

struct Workshop(TempDir);

impl Workshop {
    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), content).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// Runs `openssl` with words separated by spaces.
    fn try_run(&self, words: &str) -> Output {
        let mut command = Command::new("openssl");
        command.args(words.split(' ')).current_dir(self.path());
        command.output().unwrap()
    }

    /// The same, and it must succeed: standard output and standard error.
    fn run(&self, words: &str) -> String {
        let output = self.try_run(words);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {words}: {text}");
        String::from_utf8_lossy(&output.stdout).into_owned() + &text
    }
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_entropy(&[seed; 48]).unwrap()
}

#[test]
fn keys_there() {
    let Some(shop) = workshop() else { return };
    for seed in 1..=20 {
        let key = key(seed);
        shop.write("pkcs8.der", &*key.to_pkcs8_der());
        shop.write("pkcs8.pem", &*key.to_pkcs8_pem());
        shop.write("sec1.der", &*key.to_sec1_der());
        shop.write("sec1.pem", &*key.to_sec1_pem());
        for file in ["pkcs8.der", "pkcs8.pem", "sec1.der", "sec1.pem"] {
            let checked = shop.run(&format!("pkey -in {file} -check -noout"));
            assert!(checked.contains("Key is valid"), "{checked}");
            shop.run(&format!(
                "pkey -in {file} -pubout -outform DER -out public.der"
            ));
            assert_eq!(shop.read("public.der"), key.public_key().to_spki_der());
        }
        shop.run("pkcs8 -topk8 -nocrypt -in sec1.pem -outform DER -out theirs.der");
        assert_eq!(
            shop.read("theirs.der"),
            *key.to_pkcs8_der(),
            "OpenSSL's PKCS#8 differs"
        );
        shop.run("ec -in pkcs8.pem -outform DER -out theirs.der");
        assert_eq!(
            shop.read("theirs.der"),
            *key.to_sec1_der(),
            "OpenSSL's SEC1 differs"
        );
    }
}

#[test]
fn keys_and_signatures_back() {
    let Some(shop) = workshop() else { return };
    shop.write("message", "to be signed");
    for round in 0..5 {
        shop.run("ecparam -name secp384r1 -genkey -out sec1.pem");
        shop.run("pkcs8 -topk8 -nocrypt -in sec1.pem -out pkcs8.pem");
        shop.run("pkey -in sec1.pem -pubout -outform DER -out public.der");
        let public = PublicKey::from_spki_der(&shop.read("public.der")).unwrap();
        let [sec1, pkcs8] = ["sec1.pem", "pkcs8.pem"].map(|file| {
            let key = PrivateKey::from_pem_or_der(&shop.read(file)).unwrap();
            assert_eq!(key.public_key(), public, "round {round}");
            key
        });
        assert_eq!(
            *sec1.to_pkcs8_pem(),
            str::from_utf8(&shop.read("pkcs8.pem")).unwrap()
        );

        shop.run("dgst -sha384 -sign sec1.pem -out theirs.sig message");
        assert_eq!(
            public.verify(b"to be signed", &shop.read("theirs.sig")),
            Ok(())
        );
        assert!(
            public
                .verify(b"to be signeD", &shop.read("theirs.sig"))
                .is_err()
        );
        shop.write("ours.sig", pkcs8.sign(b"to be signed"));
        let verdict = shop.run("dgst -sha384 -prverify sec1.pem -signature ours.sig message");
        assert!(verdict.contains("Verified OK"), "{verdict}");
    }
}

#[test]
fn requests_there() {
    let Some(shop) = workshop() else { return };
    for (seed, id) in [
        (1, "dev-0001"),
        (2, "a:b.c_d-1"),
        (3, &"x".repeat(64)),
        (4, "CN=\\2c,O"),
    ] {
        let csr = Csr::for_device(&key(seed), id).unwrap();
        shop.write("csr.der", csr.as_der());
        let text = shop
            .run("req -inform DER -in csr.der -verify -noout -text -nameopt sname,sep_comma_plus");
        assert!(text.contains("self-signature verify OK"), "{text}");
        assert!(text.contains(&format!("Subject: CN={id}\n")), "{text}");
        for part in [
            "Version: 1 (0x0)",
            "NIST CURVE: P-384",
            "ecdsa-with-SHA384",
            "Attributes:",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        let (_, attributes) = text.split_once("Attributes:").unwrap();
        assert!(attributes.trim_start().starts_with("(none)"), "{text}");
        shop.run("req -inform DER -in csr.der -outform DER -out again.der");
        assert_eq!(
            shop.read("again.der"),
            csr.as_der(),
            "OpenSSL writes it differently"
        );
    }
}

#[test]
fn requests_back() {
    let Some(shop) = workshop() else { return };
    shop.run("ecparam -name secp384r1 -genkey -noout -out key.pem");
    shop.run(
        "req -new -key key.pem -sha384 -subj /O=Example/CN=dev-0001 -outform DER -out csr.der",
    );
    let seen = VerifiedCsr::from_der(&shop.read("csr.der")).unwrap();
    shop.run("req -inform DER -in csr.der -pubkey -noout -out public.pem");
    let spki = pem::decode(&shop.read("public.pem")).unwrap();
    assert_eq!(
        (seen.common_name.as_str(), &seen.spki_der),
        ("dev-0001", &*spki[0].der)
    );
}

// ---- Chains ------------------------------------------------------------------------------------

/// An authority of the OpenSSL command line, and the extensions it will write.
#[derive(Clone)]
struct Plan {
    leaf: String,
    issuing: String,
    root: String,
}

impl Plan {
    fn good() -> Self {
        let identifiers = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n";
        Self {
            leaf: format!(
                "{identifiers}keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
            ),
            issuing: format!(
                "{identifiers}basicConstraints=critical,CA:TRUE,pathlen:0\n\
                 keyUsage=critical,keyCertSign,cRLSign\n"
            ),
            root: format!(
                "{identifiers}basicConstraints=critical,CA:TRUE,pathlen:1\n\
                 keyUsage=critical,keyCertSign\n"
            ),
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut plan = Self::good();
        change(&mut plan);
        plan
    }

    /// Issues `leaf.der`, `issuing.der` and `root.der`, valid for 30 days and more from now.
    fn issue(&self, shop: &Workshop, csr: &Csr) -> Vec<Vec<u8>> {
        shop.write("csr.der", csr.as_der());
        shop.write("leaf.ext", &self.leaf);
        shop.write("issuing.ext", &self.issuing);
        shop.write("root.ext", &self.root);
        for (name, days) in [("root", 3650), ("issuing", 365)] {
            shop.run(&format!(
                "ecparam -name secp384r1 -genkey -noout -out {name}.key"
            ));
            shop.run(&format!(
                "req -new -key {name}.key -sha384 -subj /CN={name} -out {name}.csr"
            ));
            let signer = match name {
                "root" => "-signkey root.key",
                _ => "-CA root.der -CAform DER -CAkey root.key",
            };
            shop.run(&format!(
                "x509 -req -in {name}.csr {signer} -sha384 -days {days} -extfile {name}.ext \
                 -set_serial 7 -outform DER -out {name}.der"
            ));
        }
        shop.run(
            "x509 -req -in csr.der -inform DER -CA issuing.der -CAform DER -CAkey issuing.key \
             -sha384 -days 30 -extfile leaf.ext -set_serial 0xabcdef -outform DER -out leaf.der",
        );
        ["leaf.der", "issuing.der", "root.der"]
            .map(|file| shop.read(file))
            .to_vec()
    }
}

/// Both verdicts: Signet's code, and whether OpenSSL agrees that a TLS client may use this.
fn judge(shop: &Workshop, chain: &[Vec<u8>], key: &PrivateKey, at: UnixTime) -> (String, bool) {
    let expected = Expectations {
        common_name: "dev-0001".to_owned(),
        public_point: key.public_point(),
        root_sha256: vec![Sha256::digest(&chain[2]).into()],
        validity_days: (30, 30),
    };
    let ours = VerifiedChain::verify(chain, &expected, at);
    let ours = ours.map_or_else(|error| error.code().to_owned(), |_| "accepted".to_owned());
    for (name, der) in ["leaf", "issuing", "root"].iter().zip(chain) {
        shop.write(&format!("{name}.pem"), pem::encode("CERTIFICATE", der));
    }
    let theirs = shop.try_run(&format!(
        "verify -x509_strict -check_ss_sig -purpose sslclient -attime {} -CAfile root.pem \
         -no-CApath -no-CAstore -untrusted issuing.pem leaf.pem",
        at.0
    ));
    (ours, theirs.status.success())
}

/// A moment inside the validity of what was just issued.
fn inside(chain: &[Vec<u8>]) -> UnixTime {
    UnixTime(cert::Summary::from_der(&chain[0]).unwrap().not_before.0 + DAY)
}

#[test]
fn issued_chains() {
    let Some(shop) = workshop() else { return };
    let key = key(9);
    let csr = Csr::for_device(&key, "dev-0001").unwrap();
    let replace = |plan: &mut String, from: &str, to: &str| {
        assert!(plan.contains(from));
        *plan = plan.replace(from, to);
    };
    let unknown = "1.2.3.4=critical,DER:0500\n";
    let cases: [(&str, Plan); 12] = [
        ("accepted", Plan::good()),
        (
            "chain.issuer-is-no-ca",
            Plan::with(|p| replace(&mut p.issuing, "CA:TRUE,pathlen:0", "CA:FALSE")),
        ),
        (
            "chain.issuer-may-not-sign",
            Plan::with(|p| replace(&mut p.issuing, "keyCertSign,", "")),
        ),
        (
            "chain.issuer-may-not-sign",
            Plan::with(|p| replace(&mut p.root, "keyCertSign", "cRLSign")),
        ),
        (
            "chain.path-too-long",
            Plan::with(|p| replace(&mut p.root, "pathlen:1", "pathlen:0")),
        ),
        (
            "chain.leaf-may-not-authenticate",
            Plan::with(|p| replace(&mut p.leaf, "clientAuth", "serverAuth")),
        ),
        (
            "chain.leaf-may-not-sign",
            Plan::with(|p| replace(&mut p.leaf, "digitalSignature", "keyEncipherment")),
        ),
        (
            "chain.unknown-critical-extension",
            Plan::with(|p| p.leaf.push_str(unknown)),
        ),
        (
            "chain.unknown-critical-extension",
            Plan::with(|p| p.issuing.push_str(unknown)),
        ),
        (
            "accepted",
            Plan::with(|p| p.leaf.push_str("subjectAltName=critical,DNS:dev-0001\n")),
        ),
        (
            "accepted",
            Plan::with(|p| p.issuing.push_str("certificatePolicies=critical,1.2.3.4\n")),
        ),
        (
            "accepted",
            Plan::with(|p| replace(&mut p.leaf, "extendedKeyUsage=clientAuth\n", "")),
        ),
    ];
    for (index, (verdict, plan)) in cases.iter().enumerate() {
        let chain = plan.issue(&shop, &csr);
        let (ours, theirs) = judge(&shop, &chain, &key, inside(&chain));
        assert_eq!(
            (ours.as_str(), theirs),
            (*verdict, *verdict == "accepted"),
            "case {index}"
        );
    }
}

#[test]
fn stricter_than_openssl_where_the_service_is() {
    let Some(shop) = workshop() else { return };
    let key = key(9);
    let csr = Csr::for_device(&key, "dev-0001").unwrap();
    let constraint = "nameConstraints=critical,permitted;DNS:example\n";
    // A name constraint is not evaluated here, so it is refused; a device is no authority.
    for (verdict, plan) in [
        (
            "chain.unknown-critical-extension",
            Plan::with(|p| p.issuing.push_str(constraint)),
        ),
        (
            "chain.leaf-is-ca",
            Plan::with(|p| {
                p.leaf = p
                    .leaf
                    .replace("digitalSignature", "digitalSignature,keyCertSign");
                p.leaf.push_str("basicConstraints=critical,CA:TRUE\n");
            }),
        ),
    ] {
        let chain = plan.issue(&shop, &csr);
        let (ours, _) = judge(&shop, &chain, &key, inside(&chain));
        assert_eq!(ours, verdict);
    }
}

#[test]
fn time_and_damage() {
    let Some(shop) = workshop() else { return };
    let key = key(9);
    let csr = Csr::for_device(&key, "dev-0001").unwrap();
    let chain = Plan::good().issue(&shop, &csr);
    let now = inside(&chain);
    let leaf = cert::Summary::from_der(&chain[0]).unwrap();
    let accepted = ("accepted".to_owned(), true);
    let refused = |code: &str| (code.to_owned(), false);
    assert_eq!(judge(&shop, &chain, &key, leaf.not_before), accepted);
    // The last moment itself belongs to the period (RFC 5280 section 4.1.2.5); OpenSSL ends it one
    // second earlier.
    let last = UnixTime(leaf.not_after.0 - 1);
    assert_eq!(judge(&shop, &chain, &key, last), accepted);
    assert_eq!(judge(&shop, &chain, &key, leaf.not_after).0, "accepted");
    let early = UnixTime(leaf.not_before.0 - 1);
    assert_eq!(
        judge(&shop, &chain, &key, early),
        refused("chain.not-yet-valid")
    );
    let late = UnixTime(leaf.not_after.0 + 1);
    assert_eq!(judge(&shop, &chain, &key, late), refused("chain.expired"));
    for index in 0..3 {
        let mut bad = chain.clone();
        // The last byte belongs to the signature.
        *bad[index].last_mut().unwrap() ^= 1;
        assert_eq!(
            judge(&shop, &bad, &key, now),
            refused("chain.bad-signature")
        );
    }
}

#[test]
fn facts_of_the_leaf() {
    let Some(shop) = workshop() else { return };
    let key = key(9);
    let chain = Plan::good().issue(&shop, &Csr::for_device(&key, "dev-0001").unwrap());
    let expected = Expectations {
        common_name: "dev-0001".to_owned(),
        public_point: key.public_point(),
        root_sha256: vec![Sha256::digest(&chain[2]).into()],
        validity_days: (30, 30),
    };
    let facts = VerifiedChain::verify(&chain, &expected, inside(&chain))
        .unwrap()
        .leaf;
    let theirs = Facts::of(&shop, "leaf.der");
    assert_eq!((&facts.serial, &facts.sha1), (&theirs.serial, &theirs.sha1));
    assert_eq!(
        (&facts.sha256, &facts.subject),
        (&theirs.sha256, &theirs.subject)
    );
    assert_eq!(facts.root_sha256, Facts::of(&shop, "root.der").sha256);
    assert_eq!(
        (facts.not_before.to_string(), facts.not_after.to_string()),
        theirs.dates
    );
}

// ---- Summaries ---------------------------------------------------------------------------------

/// What `openssl x509` says of a certificate.
struct Facts {
    subject: String,
    serial: String,
    sha1: String,
    sha256: String,
    dates: (String, String),
    bits: Option<u32>,
    extensions: usize,
}

impl Facts {
    fn of(shop: &Workshop, file: &str) -> Self {
        let show = |options| shop.run(&format!("x509 -inform DER -in {file} -noout {options}"));
        let text = show(
            "-subject -nameopt RFC2253,-esc_msb,utf8 -serial -startdate -enddate \
             -dateopt iso_8601 -fingerprint -sha256 -text",
        );
        let sha1 = show("-fingerprint -sha1");
        let after = |text: &str, start: &str| -> String {
            let mut lines = text.lines();
            let found = lines.find_map(|line| line.strip_prefix(start));
            found.expect(start).to_owned()
        };
        // 2026-01-01 00:00:00Z to RFC 3339.
        let date = |start| after(&text, start).replace(' ', "T");
        let bits = text
            .split("Public-Key: (")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        Self {
            subject: after(&text, "subject="),
            serial: after(&text, "serial="),
            sha1: after(&sha1, "sha1 Fingerprint=").replace(':', ""),
            sha256: after(&text, "sha256 Fingerprint=").replace(':', ""),
            dates: (date("notBefore="), date("notAfter=")),
            bits: bits.and_then(|bits| bits.parse().ok()),
            extensions: extension_count(&text),
        }
    }
}

/// Lines indented by exactly twelve are names of extensions in OpenSSL's text, after their heading.
fn extension_count(text: &str) -> usize {
    let extensions = text
        .split("X509v3 extensions:\n")
        .nth(1)
        .unwrap_or_default();
    let lines = extensions
        .lines()
        .take_while(|line| line.starts_with("        "));
    let name = |line: &&str| line.starts_with("            ") && !line.starts_with("             ");
    lines.filter(name).count()
}

#[test]
fn every_root_of_this_system() {
    let Some(shop) = workshop() else { return };
    let Ok(bundle) = fs::read("/etc/ssl/certs/ca-certificates.crt") else {
        return skip("this system has no /etc/ssl/certs/ca-certificates.crt");
    };
    let objects = pem::decode(&bundle).unwrap();
    let summaries = objects.iter().map(|it| cert::Summary::from_der(&it.der));
    let summaries: Vec<_> = summaries.collect::<Result<_, _>>().unwrap();
    assert!(summaries.len() >= 100, "only {} roots", summaries.len());
    for (ours, object) in summaries.iter().zip(&objects) {
        shop.write("root.der", &*object.der);
        let theirs = Facts::of(&shop, "root.der");
        let name = &ours.subject;
        assert_eq!(plain(&ours.subject), plain(&theirs.subject));
        assert_eq!(ours.serial, theirs.serial, "{name}");
        assert_eq!(
            (&ours.sha1, &ours.sha256),
            (&theirs.sha1, &theirs.sha256),
            "{name}"
        );
        let dates = (ours.not_before.to_string(), ours.not_after.to_string());
        assert_eq!(dates, theirs.dates, "{name}");
        assert_eq!(ours.key.bits, theirs.bits, "{name}");
        assert_eq!(ours.extensions.len(), theirs.extensions, "{name}");
        assert!(ours.is_ca || ours.version == 1, "{name}");
        for extension in &ours.extensions {
            assert!(
                !extension.meaning.contains("cannot be read"),
                "{name}: {extension:?}"
            );
        }
    }
}

/// Names without what the two spell differently: OpenSSL names attributes that RFC 4514 gives no name.
fn plain(name: &str) -> String {
    name.replace("organizationIdentifier=", "2.5.4.97=")
}
