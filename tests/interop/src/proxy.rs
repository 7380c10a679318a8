//! Faults on a TCP connection.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use signet_boards::Noise;

/// Forwards one connection and does to its bytes what a bad line does.
pub struct Proxy {
    /// Where to connect instead.
    pub address: SocketAddr,
    hits: Arc<AtomicU32>,
}

/// What happens in one direction.
#[derive(Clone)]
pub struct Direction {
    /// What the line does to bytes.
    pub noise: Noise,
    /// Each piece comes that much later at most.
    pub delay: Duration,
}

impl Direction {
    /// Nothing.
    #[must_use]
    pub fn clean() -> Self {
        Self {
            noise: Noise::none(),
            delay: Duration::ZERO,
        }
    }
}

impl Proxy {
    /// Waits for one connection and forwards it to `target`.
    ///
    /// # Errors
    /// If no port is free.
    pub fn start(target: SocketAddr, there: Direction, back: Direction) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr().context("no address")?;
        let hits = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&hits);
        thread::spawn(move || -> Result<()> {
            let (near, _) = listener.accept()?;
            let far = TcpStream::connect(target)?;
            for stream in [&near, &far] {
                stream.set_nodelay(true)?;
            }
            let (near_out, far_out) = (near.try_clone()?, far.try_clone()?);
            let counter_back = Arc::clone(&counter);
            thread::spawn(move || pump(near, far_out, there, &counter));
            thread::spawn(move || pump(far, near_out, back, &counter_back));
            Ok(())
        });
        Ok(Self { address, hits })
    }

    /// How many bytes were hit so far, in both directions.
    #[must_use]
    pub fn hits(&self) -> u32 {
        self.hits.load(Ordering::Relaxed)
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, mut direction: Direction, hits: &AtomicU32) {
    let mut buffer = [0; 256];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let before = direction.noise.hits();
        let bytes = direction
            .noise
            .pass(buffer.get(..count).unwrap_or_default());
        hits.fetch_add(direction.noise.hits() - before, Ordering::Relaxed);
        let micros = u32::try_from(direction.delay.as_micros()).unwrap_or(u32::MAX);
        if micros > 0 {
            let pause = direction.noise.below(micros);
            thread::sleep(Duration::from_micros(u64::from(pause)));
        }
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // The other direction ends by itself once both ends are shut.
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
