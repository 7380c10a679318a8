//! A flashing session that hears a recorded board: pieces with their length (one byte) in front; a
//! piece of no bytes is a deadline that passes.
#![allow(dead_code, unreachable_pub, reason = "shared by several programs")]

use signet_core::flash::esp::{Command, Error, Event, Input, Output, Session};
use signet_core::{Explain, Millis};

/// What the recorded boards are given.
pub const IMAGE: &[u8] = b"-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n";
/// More outputs than a session has between two inputs.
const OUTPUTS: usize = 100;

/// `written`, `unchanged`, the code of an error, or `unfinished`.
pub fn verdict(recording: &[u8]) -> String {
    match replay(recording) {
        Some(Ok(false)) => "written".to_owned(),
        Some(Ok(true)) => "unchanged".to_owned(),
        Some(Err(error)) => {
            assert!(error.to_string().ends_with('.') && error.next_step().ends_with('.'));
            error.code().to_owned()
        }
        None => "unfinished".to_owned(),
    }
}

fn replay(mut recording: &[u8]) -> Option<Result<bool, Error>> {
    let mut session = Session::new(Millis(0));
    let mut now = Millis(0);
    session.handle(now, Input::Command(Command::Connect));
    loop {
        let mut deadline = now;
        for count in 0.. {
            assert!(count < OUTPUTS, "outputs without end");
            match session.poll() {
                Output::Event(Event::Identified(_)) => {
                    let label = "esp_secure_cert".to_owned();
                    session.handle(now, Input::Command(Command::Locate { label }));
                }
                Output::Event(Event::Located(_)) => {
                    let image = IMAGE.to_vec().into();
                    session.handle(now, Input::Command(Command::Write { image }));
                }
                Output::Event(Event::Written { unchanged, .. }) => return Some(Ok(unchanged)),
                Output::Event(Event::Failed(error)) => return Some(Err(error)),
                Output::WaitUntil(until) => {
                    deadline = until;
                    break;
                }
                Output::Idle => break,
                _ => {}
            }
        }
        let (&length, rest) = recording.split_first()?;
        let (piece, rest) = rest.split_at(rest.len().min(usize::from(length)));
        recording = rest;
        if piece.is_empty() {
            now = now.max(deadline);
            session.handle(now, Input::Deadline);
        } else {
            session.handle(now, Input::Bytes(piece));
        }
    }
}
