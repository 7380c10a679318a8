use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signet_sim_port::wire::{self, Call, Opened};

use crate::command::Plug;
use crate::modem;
use crate::report::{Count, Event, Reporter};
use crate::session::Session;

/// Bytes held for the board or for the host before the other side is made to wait.
const HOLD: usize = 4096;

/// How long a board has to accept a connection, or to answer a change of its control lines.
const PATIENCE: Duration = Duration::from_secs(3);

/// The way to reach a port's thread.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    inbox: Sender<Message>,
    wake: Arc<UnixStream>,
}

#[derive(Debug)]
enum Message {
    Open(UnixStream),
    Refuse(Option<i32>),
    Unplug(Sender<()>),
    UnplugAfter(u64),
}

impl Handle {
    /// Answers a program that opens the port.
    pub(crate) fn open(&self, program: UnixStream) -> io::Result<()> {
        self.send(Message::Open(program))
    }

    /// From now on lets opens fail with `errno`, or no more.
    pub(crate) fn refuse(&self, errno: Option<i32>) -> io::Result<()> {
        self.send(Message::Refuse(errno))
    }

    /// Pulls the port out and waits until that is done.
    pub(crate) fn unplug(&self) {
        let (done, wait) = mpsc::channel();
        if self.send(Message::Unplug(done)).is_ok() {
            // An error means that the sender was dropped: the port has gone by itself.
            let _ = wait.recv();
        }
    }

    /// Pulls the port out when `bytes` more have gone to the board.
    pub(crate) fn unplug_after(&self, bytes: u64) -> io::Result<()> {
        self.send(Message::UnplugAfter(bytes))
    }

    fn send(&self, message: Message) -> io::Result<()> {
        self.inbox
            .send(message)
            .map_err(|_| ErrorKind::NotConnected)?;
        (&*self.wake).write_all(b"!")
    }
}

/// One simulated port, between a program's terminal and a board's TCP endpoint.
#[derive(Debug)]
pub(crate) struct Port {
    plug: Plug,
    reporter: Reporter,
    inbox: Receiver<Message>,
    wake: UnixStream,
    link: Option<Link>,
    /// Set while a program has the port open.
    session: Option<Session>,
    /// Read from the host, not yet taken by the board. Outlives the session, as a chip's buffer does.
    to_board: Vec<u8>,
    count: Count,
    refusal: Option<i32>,
    /// How many more bytes may go to the board before the plug is pulled.
    fuse: Option<u64>,
}

#[derive(Debug)]
struct Link {
    data: TcpStream,
    control: Option<BufReader<TcpStream>>,
}

/// Answered to whoever asked for the unplug, by being dropped.
type Pulled = Option<Sender<()>>;

impl Port {
    /// A port whose board is reached, and the handle to it.
    pub(crate) fn connect(plug: Plug, reporter: Reporter) -> io::Result<(Self, Handle)> {
        let link = Some(Link::reach(&plug)?);
        let (sender, inbox) = mpsc::channel();
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let port = Self {
            refusal: plug.errno,
            plug,
            reporter,
            inbox,
            wake,
            link,
            session: None,
            to_board: Vec::new(),
            count: Count::default(),
            fuse: None,
        };
        Ok((
            port,
            Handle {
                inbox: sender,
                wake: Arc::new(waker),
            },
        ))
    }

    /// Runs the port on a thread of its own; `gone` is called when it has been pulled out.
    pub(crate) fn start(mut self, gone: impl FnOnce(Count) + Send + 'static) {
        thread::spawn(move || {
            let pulled = loop {
                match self.step() {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(pulled)) => break pulled,
                    Err(error) => {
                        eprintln!("signet-sim-port: {}: {error}", self.plug.name);
                        break None;
                    }
                }
            };
            let count = self.count;
            drop(self);
            gone(count);
            drop(pulled);
        });
    }

    /// Waits for anything to happen and does what follows from it.
    fn step(&mut self) -> io::Result<ControlFlow<Pulled>> {
        let [wake, board, terminal, calls] = self.wait()?;
        if !wake.is_empty()
            && let ControlFlow::Break(pulled) = self.read_messages()?
        {
            return Ok(ControlFlow::Break(pulled));
        }
        if board.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            self.read_board();
        }
        if !calls.is_empty() {
            self.read_call()?;
        } else if !terminal.is_empty() {
            self.read_terminal(HOLD)?;
        }
        self.write_board();
        if let Some(session) = &mut self.session {
            self.count.to_host += session.write()?;
        }
        if self.fuse == Some(0) && self.to_board.is_empty() {
            return Ok(ControlFlow::Break(None));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What is ready: messages, board, terminal, calls.
    fn wait(&self) -> io::Result<[PollFlags; 4]> {
        let (idle, nothing) = (self.wake.as_fd(), PollFlags::empty());
        let when = |condition, flag| if condition { flag } else { nothing };
        let mut fds = [
            (idle, PollFlags::IN),
            (idle, nothing),
            (idle, nothing),
            (idle, nothing),
        ];
        if let Some(link) = &self.link {
            let room = self
                .session
                .as_ref()
                .is_none_or(|session| session.pending() < HOLD);
            let wants = when(room, PollFlags::IN) | when(!self.to_board.is_empty(), PollFlags::OUT);
            fds[1] = (link.data.as_fd(), wants);
        }
        if let Some(session) = &self.session {
            let wants = when(self.to_board.len() < HOLD, PollFlags::IN)
                | when(session.pending() > 0, PollFlags::OUT);
            fds[2] = (session.terminal(), wants);
            fds[3] = (session.calls(), PollFlags::IN);
        }
        let mut fds = fds.map(|(fd, wants)| PollFd::from_borrowed_fd(fd, wants));
        loop {
            match poll(&mut fds, None) {
                Ok(_) => return Ok(fds.map(|fd| fd.revents())),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read_messages(&mut self) -> io::Result<ControlFlow<Pulled>> {
        let mut bell = [0; 64];
        // Only empties the bell; the messages themselves are in the inbox.
        let _ = self.wake.read(&mut bell);
        while let Ok(message) = self.inbox.try_recv() {
            match message {
                Message::Open(program) => self.open(program)?,
                Message::Refuse(errno) => self.refusal = errno,
                Message::Unplug(done) => return Ok(ControlFlow::Break(Some(done))),
                Message::UnplugAfter(bytes) => self.fuse = Some(bytes),
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn open(&mut self, mut program: UnixStream) -> io::Result<()> {
        // The last program may have closed the port without this thread having looked since.
        self.read_terminal(usize::MAX)?;
        self.read_board();
        if self.link.is_none() {
            self.link = Link::reach(&self.plug).ok();
        }
        let refusal = match self.refusal {
            Some(errno) => Some(errno),
            None if self.session.is_some() => Some(Errno::BUSY.raw_os_error()),
            None if self.link.is_none() => Some(Errno::IO.raw_os_error()),
            None => None,
        };
        if let Some(errno) = refusal {
            // A program that is gone needs no answer.
            let _ = wire::send(&mut program, &Opened::Refused(errno));
            return Ok(());
        }
        let (session, terminal) = Session::new(program)?;
        self.count = Count::default();
        self.session = Some(session);
        self.reporter.tell(&Event::Opened {
            port: &self.plug.name,
        });
        // The kernel raises both lines at once when a terminal is opened (tty_port_raise_dtr_rts).
        self.set_lines(modem::OUTPUTS);
        if self
            .session
            .as_mut()
            .is_some_and(|session| session.hand_over(terminal).is_err())
        {
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        // And drops both on the last close (HUPCL).
        self.set_lines(0);
        self.session = None;
        self.reporter.tell(&Event::Closed {
            port: &self.plug.name,
            count: self.count,
        });
    }

    /// Takes what the board sent; without a session it is lost, as it is on a desk.
    fn read_board(&mut self) {
        let Some(link) = &mut self.link else { return };
        let mut bytes = [0; HOLD];
        match link.data.read(&mut bytes) {
            Ok(n) if n > 0 => {
                if let Some(session) = &mut self.session {
                    session.push(bytes.get(..n).unwrap_or_default());
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => self.lose_board(),
        }
    }

    fn write_board(&mut self) {
        let Some(link) = &mut self.link else {
            self.to_board.clear();
            return;
        };
        if self.to_board.is_empty() {
            return;
        }
        match link.data.write(&self.to_board) {
            Ok(n) => {
                self.to_board.drain(..n);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.lose_board(),
        }
    }

    fn lose_board(&mut self) {
        self.link = None;
        self.reporter.tell(&Event::BoardGone {
            port: &self.plug.name,
        });
    }

    /// Takes what the program wrote, up to about `limit` bytes, and notices that it closed the port.
    fn read_terminal(&mut self, limit: usize) -> io::Result<()> {
        let mut taken = 0;
        while taken < limit {
            let Some(session) = &mut self.session else {
                break;
            };
            let mut bytes = [0; HOLD];
            match session.read(&mut bytes)? {
                Some(0) => self.close(),
                Some(n) => {
                    taken += n;
                    self.push_board(bytes.get(..n).unwrap_or_default());
                }
                None => break,
            }
        }
        Ok(())
    }

    fn push_board(&mut self, mut bytes: &[u8]) {
        if let Some(left) = &mut self.fuse {
            let most = usize::try_from(*left)
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            bytes = bytes.get(..most).unwrap_or_default();
            *left -= most as u64;
        }
        self.count.to_board += bytes.len() as u64;
        self.to_board.extend_from_slice(bytes);
    }

    fn read_call(&mut self) -> io::Result<()> {
        // What was written before the call is on its way to the board before the call takes effect.
        self.read_terminal(usize::MAX)?;
        self.write_board();
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let Ok(call) = session.call() else {
            self.close();
            return Ok(());
        };
        let lines = session.lines;
        let mut answer = 0;
        match call {
            Call::Break(on) => self.reporter.tell(&Event::Break {
                port: &self.plug.name,
                on,
            }),
            Call::DropLines(mask) => self.set_lines(lines & !mask),
            Call::Lines => answer = lines | modem::INPUTS,
            Call::RaiseLines(mask) => self.set_lines(lines | mask),
            Call::SetLines(mask) => self.set_lines(mask),
            Call::Settings { flags, baud } => {
                let (data_bits, parity, stop_bits) = modem::format(flags);
                let port = &self.plug.name;
                let event = Event::Settings {
                    port,
                    baud,
                    data_bits,
                    parity,
                    stop_bits,
                };
                self.reporter.tell(&event);
            }
        }
        if self
            .session
            .as_mut()
            .is_some_and(|session| session.answer(answer).is_err())
        {
            self.close();
        }
        Ok(())
    }

    /// Tells a change of the outputs to the board and on standard output.
    fn set_lines(&mut self, lines: u32) {
        let Some(session) = &mut self.session else {
            return;
        };
        let lines = lines & modem::OUTPUTS;
        if session.lines == lines {
            return;
        }
        session.lines = lines;
        let (dtr, rts) = (lines & modem::DTR != 0, lines & modem::RTS != 0);
        self.reporter.tell(&Event::Lines {
            port: &self.plug.name,
            dtr,
            rts,
        });
        if let Some(link) = &mut self.link
            && let Err(error) = link.tell_lines(dtr, rts)
        {
            eprintln!(
                "signet-sim-port: {}: control lines: {error}",
                self.plug.name
            );
            link.control = None;
        }
    }
}

impl Link {
    fn reach(plug: &Plug) -> io::Result<Self> {
        let data = dial(&plug.board)?;
        data.set_nonblocking(true)?;
        let control = plug
            .control
            .as_deref()
            .map(dial)
            .transpose()?
            .map(BufReader::new);
        Ok(Self { data, control })
    }

    /// Tells the board its control lines, and waits until it has taken them: what the program writes
    /// next must find them set, though it goes another way.
    fn tell_lines(&mut self, dtr: bool, rts: bool) -> io::Result<()> {
        let Some(control) = &mut self.control else {
            return Ok(());
        };
        let text = format!("lines {} {}\n", u8::from(dtr), u8::from(rts));
        control.get_mut().write_all(text.as_bytes())?;
        let mut answer = String::new();
        control.read_line(&mut answer)?;
        if answer.starts_with("ok") {
            Ok(())
        } else {
            Err(Error::other(format!("{answer:?}")))
        }
    }
}

fn dial(endpoint: &str) -> io::Result<TcpStream> {
    let explain = |error: Error| Error::new(error.kind(), format!("{endpoint}: {error}"));
    let address = endpoint.to_socket_addrs().map_err(explain)?.next();
    let address = address.ok_or(ErrorKind::AddrNotAvailable)?;
    let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(explain)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}
