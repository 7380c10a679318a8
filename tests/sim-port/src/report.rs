use std::io::{self, Write};
use std::time::Instant;

use serde::Serialize;

/// What is told on standard output, one JSON object per line, with `at`: milliseconds since start.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Event<'a> {
    /// The board has closed its end; the port stays, and the next open tries to reach it again.
    BoardGone {
        port: &'a str,
    },
    Break {
        port: &'a str,
        on: bool,
    },
    /// The program has closed the port, after so many bytes since it was opened.
    Closed {
        port: &'a str,
        #[serde(flatten)]
        count: Count,
    },
    Done {
        id: u64,
    },
    Failed {
        id: Option<u64>,
        reason: String,
    },
    /// The output lines changed; true is asserted.
    Lines {
        port: &'a str,
        dtr: bool,
        rts: bool,
    },
    Opened {
        port: &'a str,
    },
    Plugged {
        port: &'a str,
        node: &'a str,
    },
    Ready {
        dir: String,
    },
    Settings {
        port: &'a str,
        baud: u32,
        data_bits: u8,
        parity: &'static str,
        stop_bits: u8,
    },
    /// The port is gone; the counts are those of its last opening.
    Unplugged {
        port: &'a str,
        #[serde(flatten)]
        count: Count,
    },
}

/// Bytes carried since the port was last opened.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Count {
    pub(crate) to_board: u64,
    pub(crate) to_host: u64,
}

/// Writes events, whole lines at a time, from any thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporter(Instant);

impl Reporter {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    /// Tells `event`. If nobody listens any more, there is nobody to tell so.
    pub(crate) fn tell(self, event: &Event<'_>) {
        #[derive(Serialize)]
        struct Line<'a> {
            at: u128,
            #[serde(flatten)]
            event: &'a Event<'a>,
        }
        let line = Line {
            at: self.0.elapsed().as_millis(),
            event,
        };
        if let Ok(mut text) = serde_json::to_vec(&line) {
            text.push(b'\n');
            let mut out = io::stdout().lock();
            let _ = out.write_all(&text).and_then(|()| out.flush());
        }
    }
}
