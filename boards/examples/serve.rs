//! Serves a simulated board on TCP, so that programs which others wrote can judge it.
//!
//! `serve [PORT [CONTROL [MIB]]]`; port 0 takes any, MIB is the size of the flash chip. Prints `READY PORT CONTROL`. The control wire takes one
//! command per line, as that of `tests/rom` does: `lines DTR RTS`, `reset`, `run`, `state`, `quit`.

use std::io::{ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use signet_boards::{EspRom, Mode, Output};
use signet_core::Millis;

fn main() -> Result<()> {
    let numbers: Vec<u16> = std::env::args()
        .skip(1)
        .filter_map(|number| number.parse().ok())
        .collect();
    let port = |index: usize| numbers.get(index).copied().unwrap_or(0);
    let mut serial = Wire::listen(port(0))?;
    let mut control = Wire::listen(port(1))?;
    let ports = (
        serial.listener.local_addr()?.port(),
        control.listener.local_addr()?.port(),
    );
    writeln!(std::io::stdout(), "READY {} {}", ports.0, ports.1)?;

    let started = Instant::now();
    let mut board = EspRom::builder().in_loader();
    if let Some(mib) = numbers.get(2) {
        board = board.flash_size(usize::from(*mib) << 20);
    }
    let mut board = board.build();
    let mut commands = Vec::new();
    loop {
        let now = Millis(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
        board.tick(now);
        let bytes = serial.receive()?;
        board.handle(now, &bytes);
        commands.extend(control.receive()?);
        while let Some(end) = commands.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = commands.drain(..=end).collect();
            let Some(answer) = command(&mut board, now, &String::from_utf8_lossy(&line)) else {
                return Ok(());
            };
            control.send(format!("{answer}\n").as_bytes());
        }
        while let Output::Transmit(bytes) = board.poll() {
            serial.send(&bytes);
        }
        if bytes.is_empty() {
            std::thread::sleep(Duration::from_micros(300));
        }
    }
}

/// Follows a command; `None` ends the program.
fn command(board: &mut EspRom, now: Millis, line: &str) -> Option<String> {
    match *line.split_whitespace().collect::<Vec<_>>() {
        ["lines", dtr, rts] => board.set_signals(now, Some(dtr == "1"), Some(rts == "1")),
        ["reset"] => board.press_reset(now, true),
        ["run"] => board.press_reset(now, false),
        ["state"] => {
            let mode = match board.mode() {
                Mode::Application => "run",
                Mode::Crashed => "crashed",
                Mode::Held => "held",
                Mode::Loader => "download",
                Mode::Unplugged => "unplugged",
            };
            return Some(format!("ok {mode}"));
        }
        ["quit"] => return None,
        _ => return Some("no such command".to_owned()),
    }
    Some("ok".to_owned())
}

/// A listener and its latest client.
struct Wire {
    listener: TcpListener,
    client: Option<TcpStream>,
}

impl Wire {
    fn listen(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            client: None,
        })
    }

    fn receive(&mut self) -> Result<Vec<u8>> {
        match self.listener.accept() {
            Ok((client, _)) => {
                client.set_nonblocking(true)?;
                client.set_nodelay(true)?;
                self.client = Some(client);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        let mut buffer = [0; 4096];
        let Some(client) = &mut self.client else {
            return Ok(Vec::new());
        };
        match client.read(&mut buffer) {
            Ok(count) if count > 0 => Ok(buffer.get(..count).unwrap_or_default().to_vec()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Vec::new()),
            _ => {
                self.client = None;
                Ok(Vec::new())
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        if let Some(client) = &mut self.client
            && client.write_all(bytes).is_err()
        {
            self.client = None;
        }
    }
}
