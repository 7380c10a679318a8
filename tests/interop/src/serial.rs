//! A flashing session on a board that is served over TCP, with the real clock.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use signet_core::Millis;
use signet_core::flash::esp::{Command, Error, Event, Input, Output, Session, Traffic};

use crate::rom::Control;

/// No order takes longer, whatever happens on the wire.
const LIMIT: Duration = Duration::from_secs(120);

/// A session and its two wires.
pub struct Serial {
    /// The session that is driven.
    pub session: Session,
    stream: TcpStream,
    control: Option<Control>,
    lines: (bool, bool),
    started: Instant,
}

/// How an order ended: its last event, and what it told on the way.
pub struct Ended {
    /// The last event.
    pub event: Event,
    /// Those before it.
    pub told: Vec<Event>,
    /// What it cost.
    pub traffic: Traffic,
}

impl Serial {
    /// Connects to a board whose control lines go nowhere, or to a control wire.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn connect(serial: SocketAddr, control: Option<SocketAddr>) -> Result<Self> {
        let stream = TcpStream::connect(serial)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            session: Session::new(Millis(0)),
            stream,
            control: control.map(Control::connect).transpose()?,
            lines: (false, false),
            started: Instant::now(),
        })
    }

    /// Gives an order and drives the session until it ends.
    ///
    /// # Errors
    /// If the control wire fails, or the session neither ends nor waits for anything.
    pub fn order(&mut self, command: Command) -> Result<Ended> {
        let before = self.session.traffic();
        let begun = Instant::now();
        let mut told = Vec::new();
        self.session.handle(self.now(), Input::Command(command));
        while begun.elapsed() < LIMIT {
            match self.session.poll() {
                Output::Transmit(bytes) => {
                    if self.stream.write_all(&bytes).is_err() {
                        self.session.handle(self.now(), Input::Closed);
                    }
                }
                Output::SetSignals { dtr, rts } => self.set_signals(dtr, rts)?,
                Output::Event(event) if is_last(&event) => {
                    let after = self.session.traffic();
                    let traffic = Traffic {
                        sent: after.sent - before.sent,
                        received: after.received - before.received,
                        turns: after.turns - before.turns,
                    };
                    return Ok(Ended {
                        event,
                        told,
                        traffic,
                    });
                }
                Output::Event(event) => told.push(event),
                Output::WaitUntil(then) => self.wait(then)?,
                Output::Idle => bail!("idle before the end"),
            }
        }
        bail!("no end within {LIMIT:?}")
    }

    fn wait(&mut self, then: Millis) -> Result<()> {
        let millis = then - self.now();
        let mut buffer = [0; 4096];
        // A timeout of zero would mean for ever.
        self.stream
            .set_read_timeout(Some(Duration::from_millis(millis.max(1))))?;
        let input = match self.stream.read(&mut buffer) {
            Ok(0) => Input::Closed,
            Ok(count) => Input::Bytes(buffer.get(..count).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Input::Deadline
            }
            Err(_) => Input::Closed,
        };
        self.session.handle(self.now(), input);
        Ok(())
    }

    fn set_signals(&mut self, dtr: Option<bool>, rts: Option<bool>) -> Result<()> {
        // One after the other, as a browser does it.
        for lines in [(dtr, None), (None, rts)] {
            let (dtr, rts) = (
                lines.0.unwrap_or(self.lines.0),
                lines.1.unwrap_or(self.lines.1),
            );
            if (dtr, rts) == self.lines {
                continue;
            }
            self.lines = (dtr, rts);
            if let Some(control) = &mut self.control {
                control.command(&format!("lines {} {}", u8::from(dtr), u8::from(rts)))?;
            }
        }
        Ok(())
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// The board's error if the order failed.
impl Ended {
    /// The last event, or why there was another.
    ///
    /// # Errors
    /// If the order failed.
    pub fn done(self) -> Result<Event, Error> {
        match self.event {
            Event::Failed(error) => Err(error),
            event => Ok(event),
        }
    }
}

fn is_last(event: &Event) -> bool {
    !matches!(event, Event::Phase(_) | Event::Progress { .. })
}
