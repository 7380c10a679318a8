//! Answers of the ROM.

use core::fmt;

use zeroize::Zeroizing;

use super::command::Opcode;

/// Status bytes behind an answer of an ESP32-family ROM. Only the first decides and only the second
/// explains; the other two are reserved.
const STATUS: usize = 4;

/// One answer, as it stood in its frame.
pub struct Reply {
    /// The opcode it answers; with an unknown request the ROM leaves the previous one here.
    pub opcode: u8,
    /// The value field: the register, for a register read.
    pub value: u32,
    /// What stands before the status bytes.
    pub data: Zeroizing<Vec<u8>>,
    /// Whether the ROM did it.
    pub status: Result<(), Refusal>,
}

/// Why the ROM refused: the second status byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(pub u8);

impl Refusal {
    /// The request is malformed, unknown, not allowed, or its block number is not the next.
    pub const INVALID: Self = Self(0x05);
    /// The checksum of a block is wrong. The ROM counts the block as received all the same.
    pub const CHECKSUM: Self = Self(0x07);
}

impl fmt::Display for Refusal {
    /// Espressif's words where they have any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0x01 => "bad parameter",
            0x02 => "out of memory",
            0x03 | 0x04 => "it could not send or receive",
            0x05 => "invalid request",
            0x06 => "the operation failed",
            0x07 => "wrong checksum",
            0x08 => "flash write error",
            0x09 => "flash read error",
            0x0A => "wrong read length",
            0x0B | 0x0D => "the compressed data is broken",
            0x0C => "checksum of the compressed data is wrong",
            code => return write!(f, "reason {code:#04x}"),
        })
    }
}

impl Reply {
    /// Reads a frame. `None` if it is not an answer, or not as long as it says: nothing else would
    /// show a lost or doubled byte.
    #[must_use]
    pub fn parse(frame: &[u8]) -> Option<Self> {
        let (header, body) = frame.split_first_chunk::<8>()?;
        let [1, opcode, size_low, size_high, value @ ..] = *header else {
            return None;
        };
        if body.len() != usize::from(u16::from_le_bytes([size_low, size_high])) {
            return None;
        }
        let (data, status) = body.split_last_chunk::<STATUS>()?;
        let status = match *status {
            [0, ..] => Ok(()),
            [_, reason, ..] => Err(Refusal(reason)),
        };
        let data = Zeroizing::new(data.to_vec());
        Some(Self {
            opcode,
            value: u32::from_le_bytes(value),
            data,
            status,
        })
    }

    /// Whether this can answer a request with that opcode.
    ///
    /// A ROM that does not know a request answers `INVALID` under the opcode of the one before, so
    /// that a reader who insists on his own opcode waits for ever.
    pub(super) fn answers(&self, opcode: Opcode) -> bool {
        self.opcode == opcode as u8 || self.status == Err(Refusal::INVALID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_reason_after_success_is_no_failure() {
        // Recorded from an ESP32-C3: READ_REG, after a request that it had refused.
        let reply = Reply::parse(&[1, 0x0A, 4, 0, 0xD4, 0xC3, 0xB2, 0xA1, 0, 5, 0, 0]).unwrap();
        assert_eq!(reply.status, Ok(()));
        assert_eq!(reply.value, 0xA1B2_C3D4);
        assert!(reply.data.is_empty());
    }

    #[test]
    fn data_stands_before_the_status() {
        let reply = Reply::parse(&[1, 0x0E, 6, 0, 0, 0, 0, 0, 0xAA, 0x50, 0, 0, 0, 0]).unwrap();
        assert_eq!(*reply.data, [0xAA, 0x50]);
    }

    #[test]
    fn an_unknown_request_is_answered_under_another_name() {
        let reply = Reply::parse(&[1, 0x08, 4, 0, 0, 0, 0, 0, 1, 5, 0, 0]).unwrap();
        assert!(reply.answers(Opcode::SecurityInfo));
        let late = Reply::parse(&[1, 0x08, 4, 0, 7, 0x12, 0x20, 0x20, 0, 0, 0, 0]).unwrap();
        assert!(!late.answers(Opcode::SecurityInfo));
    }

    #[test]
    fn rubbish_is_no_answer() {
        for frame in [
            &[][..],
            &[1, 8, 0, 0, 0, 0, 0],
            &[0, 8, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(Reply::parse(frame).is_none());
        }
        assert!(
            Reply::parse(&[1, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_none(),
            "cut short"
        );
        assert!(
            Reply::parse(&[1, 8, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_none(),
            "one too many"
        );
        assert!(
            Reply::parse(&[1, 8, 0, 0, 0, 0, 0, 0]).is_none(),
            "no status"
        );
    }
}
