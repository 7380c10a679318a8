use crate::file::is_one_tlv;

/// Tag and length, read leniently.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// 0 universal, 1 application, 2 context-specific, 3 private.
    pub(super) class: u8,
    pub(super) constructed: bool,
    pub(super) number: u32,
    /// Size of the header.
    pub(super) bytes: usize,
    /// Size of the content, as claimed; for an indefinite length all that is left.
    pub(super) length: usize,
    /// Whether the content ends where its own mark says (X.690 section 8.1.3.6).
    pub(super) indefinite: bool,
    pub(super) flaw: Option<&'static str>,
}

/// X.680 section 8.4.
const UNIVERSAL: [&str; 31] = [
    "END OF CONTENTS",
    "BOOLEAN",
    "INTEGER",
    "BIT STRING",
    "OCTET STRING",
    "NULL",
    "OBJECT IDENTIFIER",
    "ObjectDescriptor",
    "EXTERNAL",
    "REAL",
    "ENUMERATED",
    "EMBEDDED PDV",
    "UTF8String",
    "RELATIVE-OID",
    "TIME",
    "[UNIVERSAL 15]",
    "SEQUENCE",
    "SET",
    "NumericString",
    "PrintableString",
    "TeletexString",
    "VideotexString",
    "IA5String",
    "UTCTime",
    "GeneralizedTime",
    "GraphicString",
    "VisibleString",
    "GeneralString",
    "UniversalString",
    "CHARACTER STRING",
    "BMPString",
];

impl Header {
    /// Reads a header from bytes that are not empty.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let first = bytes.first().copied().unwrap_or_default();
        let mut header = Self {
            class: first >> 6,
            constructed: first & 0x20 != 0,
            number: u32::from(first & 0x1f),
            bytes: 1,
            length: 0,
            indefinite: false,
            flaw: None,
        };
        if header.number == 0x1f {
            header.long_tag(bytes);
        }
        header.read_length(bytes);
        let left = bytes.len().saturating_sub(header.bytes);
        if header.length > left && header.flaw.is_none() {
            header.flaw = Some("The length reaches beyond the bytes that are there.");
        }
        header.length = header.length.min(left);
        header
    }

    /// X.690 section 8.1.2.4: seven bits a byte, at most four bytes here.
    fn long_tag(&mut self, bytes: &[u8]) {
        self.number = 0;
        for byte in bytes.iter().skip(1).take(4) {
            self.bytes += 1;
            self.number = self.number << 7 | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return;
            }
        }
        self.flaw = Some("The tag does not end.");
    }

    /// X.690 section 8.1.3.
    fn read_length(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.get(self.bytes).copied() else {
            self.flaw = Some("The length is missing.");
            return;
        };
        self.bytes += 1;
        let count = usize::from(first & 0x7f);
        if first & 0x80 == 0 {
            self.length = count;
        } else if count == 0 {
            self.flaw = Some("The length is indefinite, which DER forbids.");
            self.length = usize::MAX;
            self.indefinite = true;
        } else {
            let digits = bytes.get(self.bytes..).unwrap_or_default();
            let digits = digits.get(..count.min(digits.len())).unwrap_or_default();
            self.bytes += digits.len();
            for byte in digits {
                self.length = self.length.saturating_mul(256) | usize::from(*byte);
            }
            if self.length < 128 || digits.first() == Some(&0) {
                self.flaw = Some("The length has more bytes than it needs, which DER forbids.");
            }
        }
    }

    pub(super) fn is(&self, number: u32) -> bool {
        self.class == 0 && self.number == number
    }

    pub(super) fn kind(&self) -> String {
        let index = usize::try_from(self.number).unwrap_or(usize::MAX);
        match (self.class, UNIVERSAL.get(index)) {
            (0, Some(name)) => (*name).to_owned(),
            (0, None) => format!("[UNIVERSAL {}]", self.number),
            (1, _) => format!("[APPLICATION {}]", self.number),
            (2, _) => format!("[{}]", self.number),
            _ => format!("[PRIVATE {}]", self.number),
        }
    }

    /// How many bytes into the content of an octet or bit string one whole TLV begins, if one does.
    pub(super) fn wraps(&self, body: &[u8]) -> Option<usize> {
        let (skip, inner) = match body {
            _ if self.is(4) => (0, body),
            [0, inner @ ..] if self.is(3) => (1, inner),
            _ => return None,
        };
        // A SEQUENCE, SET, INTEGER, OCTET or BIT STRING: other first bytes are most often chance.
        let likely = matches!(inner.first(), Some(2..=4 | 0x30 | 0x31));
        (likely && is_one_tlv(inner)).then_some(skip)
    }
}
