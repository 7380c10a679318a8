//! Framing: SLIP (RFC 1055) as the ROM uses it, with a delimiter on both sides.

use zeroize::Zeroizing;

const END: u8 = 0xC0;
const ESC: u8 = 0xDB;
const ESC_END: u8 = 0xDC;
const ESC_ESC: u8 = 0xDD;

/// Longest frame taken from a board. The longest answer that a request of ours can get has
/// 8 + 64 + 4 bytes (`READ_FLASH_SLOW`); anything much longer is not an answer.
pub const MAX_FRAME: usize = 256;

/// Wraps `payload` into one frame.
#[must_use]
pub fn encode(payload: &[u8]) -> Zeroizing<Vec<u8>> {
    // The worst case at once: growing would leave an unwiped copy of a private key behind.
    let mut frame = Zeroizing::new(Vec::with_capacity(2 * payload.len() + 2));
    frame.push(END);
    for &byte in payload {
        match byte {
            END => frame.extend([ESC, ESC_END]),
            ESC => frame.extend([ESC, ESC_ESC]),
            _ => frame.push(byte),
        }
    }
    frame.push(END);
    frame
}

/// Takes frames out of a stream of bytes that may start anywhere and hold anything.
pub struct Decoder {
    frame: Zeroizing<Vec<u8>>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first delimiter, or after a frame that broke a rule.
    Outside,
    Inside,
    Escaped,
    /// Behind a frame that has just been given out.
    Ended,
}

/// What one byte led to.
pub enum Found<'a> {
    /// The byte does not belong to a frame: a boot message, or noise.
    Stray(u8),
    /// The byte was taken.
    Nothing,
    /// The byte ended this frame, here without delimiters and escapes.
    Frame(&'a [u8]),
}

impl Decoder {
    /// A decoder that waits for the first delimiter.
    #[must_use]
    pub fn new() -> Self {
        Self {
            frame: Zeroizing::new(Vec::with_capacity(MAX_FRAME)),
            state: State::Outside,
        }
    }

    /// Takes one byte.
    ///
    /// A delimiter ends a frame and starts one, as RFC 1055 has it, so that a lost one costs the frame
    /// it belongs to and no other; what lies between two answers looks like a frame, and means nothing.
    /// What breaks a rule (an unknown escape, more than [`MAX_FRAME`] bytes) is dropped up to the next
    /// delimiter.
    pub fn push(&mut self, byte: u8) -> Found<'_> {
        if self.state == State::Ended {
            self.restart(State::Inside);
        }
        if self.state == State::Inside && byte == END && !self.frame.is_empty() {
            self.state = State::Ended;
            return Found::Frame(&self.frame);
        }
        let plain = match (self.state, byte) {
            (_, END) => {
                self.restart(State::Inside);
                return Found::Nothing;
            }
            (State::Outside, _) => return Found::Stray(byte),
            (State::Escaped, ESC_END) => END,
            (State::Escaped, ESC_ESC) => ESC,
            (State::Escaped, _) => {
                self.restart(State::Outside);
                return Found::Stray(byte);
            }
            (State::Inside | State::Ended, ESC) => {
                self.state = State::Escaped;
                return Found::Nothing;
            }
            (State::Inside | State::Ended, _) => byte,
        };
        if self.frame.len() == MAX_FRAME {
            self.restart(State::Outside);
            return Found::Stray(byte);
        }
        self.frame.push(plain);
        self.state = State::Inside;
        Found::Nothing
    }

    /// Forgets a frame that has begun.
    pub fn reset(&mut self) {
        self.restart(State::Outside);
    }

    fn restart(&mut self, state: State) {
        use zeroize::Zeroize;
        self.frame.zeroize();
        self.state = state;
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut decoder = Decoder::new();
        let (mut frames, mut stray) = (Vec::new(), Vec::new());
        for &byte in bytes {
            match decoder.push(byte) {
                Found::Stray(byte) => stray.push(byte),
                Found::Nothing => {}
                Found::Frame(frame) => frames.push(frame.to_vec()),
            }
        }
        (frames, stray)
    }

    #[test]
    fn escapes_what_rfc_1055_escapes() {
        assert_eq!(
            *encode(&[1, 0xC0, 0xDB, 2]),
            [0xC0, 1, 0xDB, 0xDC, 0xDB, 0xDD, 2, 0xC0]
        );
    }

    #[test]
    fn gives_back_every_byte() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)), (vec![all], vec![]));
    }

    #[test]
    fn what_stands_before_the_first_frame_is_told_apart() {
        let (frames, stray) = decode(b"boot\r\n\xC0\x01\x02\xC0\xC0\x03\xC0");
        assert_eq!(frames, [vec![1, 2], vec![3]]);
        assert_eq!(stray, b"boot\r\n");
    }

    #[test]
    fn a_lost_delimiter_loses_only_its_frame() {
        let (frames, _) = decode(b"\xC0\x01\x02\xC0\x03\xC0\xC0\x04\xC0");
        assert_eq!(frames, [vec![1, 2], vec![3], vec![4]]);
    }

    #[test]
    fn a_broken_escape_loses_only_its_frame() {
        let (frames, _) = decode(b"\xC0\x01\xDB\x05\x02\xC0\xC0\x03\xC0");
        assert_eq!(frames, [vec![3]]);
    }

    #[test]
    fn an_endless_frame_is_given_up() {
        let mut bytes = vec![0xC0];
        bytes.extend([0x55; MAX_FRAME + 1]);
        bytes.extend(encode(&[7]).iter());
        assert_eq!(decode(&bytes).0, [vec![7]]);
    }
}
