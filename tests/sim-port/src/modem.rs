//! Modem lines and line settings as Linux encodes them (`asm-generic/termbits.h`, `termios.h`).

/// Data Terminal Ready, an output of the host (`TIOCM_DTR`).
pub(crate) const DTR: u32 = 0x002;
/// Request To Send, an output of the host (`TIOCM_RTS`).
pub(crate) const RTS: u32 = 0x004;
/// Clear To Send, an input of the host (`TIOCM_CTS`).
const CTS: u32 = 0x020;
/// Data Set Ready, an input of the host (`TIOCM_DSR`).
const DSR: u32 = 0x100;

/// The lines a host can set.
pub(crate) const OUTPUTS: u32 = DTR | RTS;

/// The inputs every simulated board asserts.
pub(crate) const INPUTS: u32 = CTS | DSR;

/// Data bits, parity and stop bits in `c_cflag`.
pub(crate) fn format(flags: u32) -> (u8, &'static str, u8) {
    const CSIZE: u32 = 0o60;
    const CSTOPB: u32 = 0o100;
    const PARENB: u32 = 0o400;
    const PARODD: u32 = 0o1000;
    let data = match flags & CSIZE {
        0 => 5,
        0o20 => 6,
        0o40 => 7,
        _ => 8,
    };
    let parity = match (flags & PARENB != 0, flags & PARODD != 0) {
        (false, _) => "none",
        (true, false) => "even",
        (true, true) => "odd",
    };
    (data, parity, if flags & CSTOPB == 0 { 1 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_format_out_of_the_flags() {
        assert_eq!(format(0o60), (8, "none", 1));
        assert_eq!(format(0o40 | 0o400 | 0o100), (7, "even", 2));
        assert_eq!(format(0o1400), (5, "odd", 1));
    }
}
