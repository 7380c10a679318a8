use core::ops::Range;

use super::Error;
use super::reader::{Origin, Reader, is_der};
use crate::image::{nvs, tlv};

/// What every byte of erased flash is.
pub(super) const BLANK: u8 = 0xff;

/// Reads a credential image of a board; whether it is one. A flash dump begins elsewhere: the
/// partition has to be cut out first.
pub(super) fn read(reader: &mut Reader<'_>, bytes: &[u8], origin: Origin<'_>) -> bool {
    if bytes.starts_with(&0xba5e_ba11_u32.to_le_bytes()) {
        secure_cert(reader, bytes, origin);
        return true;
    }
    if nvs::is_likely(bytes) {
        store(reader, bytes, origin);
        return true;
    }
    false
}

fn secure_cert(reader: &mut Reader<'_>, bytes: &[u8], origin: Origin<'_>) {
    // A board reads no further, so what lies behind is another partition.
    let partition = bytes.get(..tlv::MAX_BYTES).unwrap_or(bytes);
    let Ok(found) = tlv::parse(partition) else {
        let kind = "esp_secure_cert image";
        reader.flaw(Some(origin(0)), Error::Container { kind });
        return;
    };
    for finding in &found.findings {
        reader.flaw(Some(origin(finding.offset)), Error::Tlv(finding.problem));
    }
    for entry in &found.entries {
        let kind = tlv::kind::name(entry.kind).unwrap_or("entry");
        let name = format!("esp_secure_cert › {kind}");
        let start = entry.value_offset();
        value(reader, &name, entry.value, &|at| origin(start + at));
    }
}

fn store(reader: &mut Reader<'_>, bytes: &[u8], origin: Origin<'_>) {
    let Ok(found) = nvs::parse(bytes) else {
        let kind = "NVS image";
        reader.flaw(Some(origin(0)), Error::Container { kind });
        return;
    };
    for finding in &found.findings {
        reader.flaw(Some(origin(finding.offset())), Error::Nvs(finding.problem));
    }
    for item in &found.items {
        if let Some(bytes) = item.value.as_bytes() {
            let (namespace, key) = (&item.namespace, &item.key);
            let name = crate::cert::text::shown(&format!("NVS {namespace}/{key}"));
            value(reader, &name, bytes, &|at| origin(place(&item.parts, at)));
        }
    }
}

/// Where a byte of a value lies that stands in parts.
fn place(parts: &[Range<usize>], at: usize) -> usize {
    let (mut left, mut end) = (at, 0);
    for part in parts {
        if left < part.len() {
            return part.start + left;
        }
        left -= part.len();
        end = part.end;
    }
    end + left
}

/// What is neither PEM nor DER is the firmware's own.
fn value(reader: &mut Reader<'_>, name: &str, bytes: &[u8], origin: Origin<'_>) {
    // A text of one digit, with its NUL, would be a SEQUENCE of nothing.
    const LEAST: usize = 3;
    let der = bytes.len() >= LEAST && is_der(bytes);
    if der || crate::pem::is_pem(bytes) {
        reader.inside(name, origin(0), |reader| reader.any(bytes, origin));
    }
}
