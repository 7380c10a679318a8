//! The ROM's side of a compressed write.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

/// A stream that is unpacked block by block.
pub(super) struct Unpacker {
    state: Box<InflateState>,
    broken: bool,
    ended: bool,
}

/// Why a block could not be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The data is not deflate data.
    Data,
    /// The Adler-32 at its end is wrong.
    Checksum,
}

impl Unpacker {
    pub(super) fn new() -> Self {
        Self {
            state: InflateState::new_boxed(DataFormat::Zlib),
            broken: false,
            ended: false,
        }
    }

    /// Notes that a block went missing: what follows is no deflate data any more.
    pub(super) fn lose_block(&mut self) {
        self.broken = true;
    }

    /// Unpacks one block and appends to `plain` what comes out of it, also if it breaks off.
    pub(super) fn block(&mut self, mut packed: &[u8], plain: &mut Vec<u8>) -> Result<(), Broken> {
        if self.broken {
            return Err(Broken::Data);
        }
        let mut buffer = vec![0; 0x8000];
        while !self.ended {
            let result = inflate(&mut self.state, packed, &mut buffer, MZFlush::None);
            plain.extend(buffer.get(..result.bytes_written).unwrap_or_default());
            packed = packed.get(result.bytes_consumed..).unwrap_or_default();
            let stuck = result.bytes_written == 0 && result.bytes_consumed == 0;
            match result.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                // The rest is in the next block.
                Ok(_) | Err(MZError::Buf) if stuck => {
                    return Ok(());
                }
                Ok(_) => {}
                Err(_) => {
                    self.broken = true;
                    return Err(match self.state.last_status() {
                        TINFLStatus::Adler32Mismatch => Broken::Checksum,
                        _ => Broken::Data,
                    });
                }
            }
        }
        Ok(())
    }
}
