use super::Error;
use super::reader::{Place, Reader, is_der};
use crate::image::{nvs, tlv};

/// What every byte of erased flash is.
pub(super) const BLANK: u8 = 0xff;

/// Reads a credential image of a board; whether it is one. A flash dump begins elsewhere: the
/// partition has to be cut out first.
pub(super) fn read(reader: &mut Reader<'_>, bytes: &[u8]) -> bool {
    if bytes.starts_with(&0xba5e_ba11_u32.to_le_bytes()) {
        secure_cert(reader, bytes);
        return true;
    }
    if nvs::is_likely(bytes) {
        store(reader, bytes);
        return true;
    }
    false
}

fn secure_cert(reader: &mut Reader<'_>, bytes: &[u8]) {
    let Ok(found) = tlv::parse(bytes) else {
        let kind = "esp_secure_cert image";
        reader.flaw(Some(Place::Bare(0)), Error::Container { kind });
        return;
    };
    for finding in &found.findings {
        reader.flaw(
            Some(Place::Bare(finding.offset)),
            Error::Tlv(finding.problem),
        );
    }
    for entry in &found.entries {
        let kind = tlv::kind::name(entry.kind).unwrap_or("entry");
        let at = entry.offset;
        value(
            reader,
            &format!("esp_secure_cert › {kind}"),
            at,
            entry.value,
        );
    }
}

fn store(reader: &mut Reader<'_>, bytes: &[u8]) {
    let Ok(found) = nvs::parse(bytes) else {
        let kind = "NVS image";
        reader.flaw(Some(Place::Bare(0)), Error::Container { kind });
        return;
    };
    for finding in &found.findings {
        reader.flaw(
            Some(Place::Bare(finding.offset())),
            Error::Nvs(finding.problem),
        );
    }
    for item in &found.items {
        if let Some(bytes) = item.value.as_bytes() {
            let (namespace, key) = (&item.namespace, &item.key);
            let name = format!("NVS {namespace}/{key}");
            value(reader, &crate::cert::text::shown(&name), 0, bytes);
        }
    }
}

/// What is neither PEM nor DER is the firmware's own.
fn value(reader: &mut Reader<'_>, name: &str, at: usize, bytes: &[u8]) {
    // A text of one digit, with its NUL, would be a SEQUENCE of nothing.
    const LEAST: usize = 3;
    let der = bytes.len() >= LEAST && is_der(bytes);
    if der || crate::pem::is_pem(bytes) {
        reader.inside(name, Place::Bare(at), |reader| reader.any(bytes, &|_| at));
    }
}
