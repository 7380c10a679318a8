//! What a chip prints outside of frames: its boot banner tells why nobody answers.

/// Longest line looked at; those of a banner have about 60 bytes.
const LINE: usize = 160;

/// What was learnt since the last [`BootLog::clear`], however much an application printed besides.
#[derive(Default)]
pub(super) struct BootLog {
    line: Vec<u8>,
    received: u32,
    boot_mode: Option<u8>,
    waits: bool,
}

impl BootLog {
    pub(super) fn push(&mut self, byte: u8) {
        self.received = self.received.saturating_add(1);
        if byte != b'\n' {
            if self.line.len() < LINE {
                self.line.push(byte);
            }
            return;
        }
        self.boot_mode = boot_mode(&self.line).or(self.boot_mode);
        // `waiting for download`, `wait uart0 download`
        let says = |word: &[u8]| self.line.windows(word.len()).any(|part| part == word);
        self.waits |= self.line.starts_with(b"wait") && says(b"download");
        self.line.clear();
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many bytes arrived.
    pub(super) fn received(&self) -> u32 {
        self.received
    }

    /// Whether the loader said that it waits.
    pub(super) fn waits_for_download(&self) -> bool {
        self.waits
    }

    /// The boot mode that the chip named last.
    pub(super) fn boot_mode(&self) -> Option<u8> {
        self.boot_mode
    }
}

/// The number in `rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)`.
fn boot_mode(line: &[u8]) -> Option<u8> {
    const LABEL: &[u8] = b"boot:0x";
    let at = line.windows(LABEL.len()).position(|part| part == LABEL)?;
    let digits = line.get(at + LABEL.len()..)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_hexdigit())?;
    u8::from_str_radix(core::str::from_utf8(digits.get(..end)?).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &[u8]) -> BootLog {
        let mut log = BootLog::default();
        text.iter().for_each(|&byte| log.push(byte));
        log
    }

    /// Both banners were recorded from an ESP32-C3.
    #[test]
    fn tells_loader_from_application() {
        let loader = log(b"ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\n\
            rst:0x1 (POWERON),boot:0x2 (UART0_BOOT)\r\nwait uart0 download\r\n");
        assert!(loader.waits_for_download());
        let application = log(b"rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n");
        assert!(!application.waits_for_download());
        assert_eq!(application.boot_mode(), Some(8));
    }

    #[test]
    fn a_talkative_application_hides_nothing() {
        let mut text = b"temperature: 21\r\n".repeat(1000);
        text.extend(b"rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\n");
        text.extend(b"temperature: 22\r\n".repeat(1000));
        let log = log(&text);
        assert_eq!(
            (log.boot_mode(), log.waits_for_download()),
            (Some(12), false)
        );
    }

    #[test]
    fn noise_is_counted_and_not_kept() {
        let noise = log(&[b'x'; 2000]);
        assert_eq!((noise.received(), noise.boot_mode()), (2000, None));
        assert_eq!(noise.line.len(), LINE);
        assert_eq!(log(b"boot:0x\n").boot_mode(), None);
        assert_eq!(log(b"boot:0xfff \n").boot_mode(), None);
    }
}
