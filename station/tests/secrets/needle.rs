//! Bytes to look for wherever something is written.

use base64ct::{Base64Unpadded, Encoding};

/// Bytes to look for, in every form in which they might be written.
pub(crate) struct Needle {
    pub(crate) name: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Needle {
    pub(crate) fn new(name: &'static str, bytes: &[u8]) -> Self {
        // A run of 18 bytes is enough to recognise it, and short enough to stand between line breaks.
        let part = &bytes[6..24];
        let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let decimal = format!("{part:?}");
        let mut forms = vec![
            part.to_vec(),
            hex.to_uppercase().into(),
            hex.into(),
            decimal[1..40].into(),
        ];
        // Base64 has three alignments; the outer characters depend on the neighbours.
        for skip in 0..3 {
            let length = (part.len() - skip) / 3 * 3;
            forms.push(Base64Unpadded::encode_string(&part[skip..skip + length]).into_bytes());
        }
        Self { name, forms }
    }

    /// Line breaks of PEM are no hiding place.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        let joined: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|b| !b"\r\n".contains(b))
            .collect();
        let found = |hay: &[u8], form: &Vec<u8>| hay.windows(form.len()).any(|w| w == form);
        self.forms
            .iter()
            .any(|form| found(bytes, form) || found(&joined, form))
    }
}
