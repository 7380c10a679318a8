//! Reads a partition back, piece by piece.

use zeroize::Zeroizing;

use super::command::{Opcode, PIECE, Request};
use super::line::{Line, Wake};
use super::{Error, Event, Next, Task};

/// How often a piece is read before it is believed to differ.
const READS: u8 = 3;

/// Compares every piece that is not all 0xFF; the rest is erased flash, which the digest covers.
pub(super) struct ReadBack {
    image: Zeroizing<Vec<u8>>,
    offset: u32,
    written: Event,
    /// The pieces to read, as numbers in the image.
    pieces: Vec<usize>,
    done: usize,
    reads: u8,
}

impl ReadBack {
    /// `offset` is where the image begins in flash, `written` what is told at the end.
    pub(super) fn new(image: Zeroizing<Vec<u8>>, offset: u32, written: Event) -> Self {
        let used = |piece: &[u8]| piece.iter().any(|&byte| byte != 0xFF);
        let pieces = image.chunks(PIECE).enumerate();
        let pieces = pieces
            .filter(|(_, piece)| used(piece))
            .map(|(number, _)| number)
            .collect();
        Self {
            image,
            offset,
            written,
            pieces,
            done: 0,
            reads: 0,
        }
    }

    fn ask(&mut self, line: &mut Line) -> Next {
        let (Ok(done), Ok(total)) = (
            u32::try_from(self.done * PIECE),
            u32::try_from(self.pieces.len() * PIECE),
        ) else {
            return Next::Wait;
        };
        line.tell(Event::Progress { done, total });
        let Some((offset, piece)) = self.piece() else {
            return Next::Done(self.written.clone());
        };
        let length = u32::try_from(piece.len()).unwrap_or(0);
        self.reads += 1;
        line.ask(Request::read_flash_slow(offset, length));
        Next::Wait
    }

    /// The piece whose turn it is, and where it stands in flash.
    fn piece(&self) -> Option<(u32, &[u8])> {
        let number = *self.pieces.get(self.done)?;
        let at = u32::try_from(number * PIECE).ok()?;
        Some((
            self.offset.checked_add(at)?,
            self.image.chunks(PIECE).nth(number)?,
        ))
    }
}

impl Task for ReadBack {
    fn wake(&mut self, line: &mut Line, wake: Wake) -> Result<Next, Error> {
        match wake {
            Wake::Start => Ok(self.ask(line)),
            Wake::Answer(answer) => {
                let reply = answer.done(Opcode::ReadFlashSlow)?;
                match self.piece() {
                    Some((_, piece)) if *piece == **reply.data => {
                        self.done += 1;
                        self.reads = 0;
                    }
                    Some((offset, _)) if self.reads == READS => {
                        return Err(Error::ReadBackDiffers { offset });
                    }
                    _ => {}
                }
                Ok(self.ask(line))
            }
            Wake::Silence(command) => Err(Error::Silent { command }),
            Wake::Timer => Ok(Next::Wait),
        }
    }
}
