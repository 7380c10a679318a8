//! Counts what goes over a serial line that is served on TCP, whoever is at its ends.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;
use signet_core::flash::esp::{Opcode, Traffic};

/// `SYNC`, and what delimits frames.
const SYNC: u8 = 0x08;
const END: u8 = 0xC0;

/// Listens in on one connection.
pub struct Tap {
    /// Where to connect instead.
    pub address: SocketAddr,
    heard: Arc<Log>,
}

/// Who said what, in order.
type Log = Mutex<Vec<(Side, Vec<u8>)>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Host,
    Chip,
}

impl Tap {
    /// Waits for connections, one after the other, and forwards them to `target`.
    ///
    /// # Errors
    /// If no port is free.
    pub fn start(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        thread::spawn(move || -> Result<()> {
            for near in listener.incoming() {
                let (near, far) = (near?, TcpStream::connect(target)?);
                near.set_nodelay(true)?;
                far.set_nodelay(true)?;
                let (near_out, far_out) = (near.try_clone()?, far.try_clone()?);
                let (there, back) = (Arc::clone(&log), Arc::clone(&log));
                thread::spawn(move || pump(near, far_out, Side::Host, &there));
                thread::spawn(move || pump(far, near_out, Side::Chip, &back));
            }
            Ok(())
        });
        Ok(Self { address, heard })
    }

    /// What went over the line behind the answers to the first `SYNC` that was answered, and how often
    /// the host spoke after the chip had.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.count(|_| true)
    }

    /// The part of it that requests with that opcode cost, and their answers.
    #[must_use]
    pub fn traffic_of(&self, opcode: Opcode) -> Traffic {
        self.count(|request| request == opcode as u8)
    }

    fn count(&self, counts: impl Fn(u8) -> bool) -> Traffic {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let is_greeting = |(side, bytes): &&(Side, Vec<u8>)| match side {
            Side::Host => bytes.get(..3) == Some(&[END, 0, SYNC]),
            Side::Chip => bytes.get(..3) != Some(&[END, 1, SYNC]),
        };
        // Up to the first answer: greetings that nobody heard. Then the answers.
        let answered = heard
            .iter()
            .position(|entry| entry.0 == Side::Chip && !is_greeting(&entry));
        let start = answered.map_or(heard.len(), |first| {
            let answers = heard
                .iter()
                .skip(first)
                .take_while(|(side, _)| *side == Side::Chip);
            first + answers.count()
        });
        let mut traffic = Traffic::default();
        let (mut last, mut counted) = (Side::Chip, counts(SYNC));
        for (side, bytes) in heard.iter().skip(start) {
            if let (Side::Host, [END, 0, request, ..]) = (side, bytes.as_slice()) {
                counted = counts(*request);
            }
            let count = u64::from(counted) * u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            match side {
                Side::Host => {
                    traffic.sent += count;
                    traffic.turns += u64::from(counted && last == Side::Chip);
                }
                Side::Chip => traffic.received += count,
            }
            last = *side;
        }
        traffic
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, side: Side, log: &Log) {
    let mut buffer = [0; 0x1_0000];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..count).unwrap_or_default();
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((side, bytes.to_vec()));
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
