use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Error, ErrorKind};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signet_sim_port::wire::{self, Device, Hello, Opened, Uevent, Watching};

use crate::command::Plug;
use crate::kinds::{KINDS, Kind};
use crate::port::{Handle, Port};
use crate::report::{Count, Event, Reporter};

/// All ports, and everybody who watches them come and go.
#[derive(Clone, Debug)]
pub(crate) struct Bus(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Where the ports' folders in sysfs would be.
    sys: PathBuf,
    reporter: Reporter,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ports: BTreeMap<String, Plugged>,
    watchers: Vec<UnixStream>,
}

#[derive(Debug)]
struct Plugged {
    device: Device,
    handle: Handle,
}

impl Bus {
    /// Starts to answer at the socket in `dir`.
    pub(crate) fn serve(dir: &Path, reporter: Reporter) -> io::Result<Self> {
        let sys = dir.join("sys/devices/usb1");
        let bus = Self(Arc::new(Shared {
            sys,
            reporter,
            state: Mutex::default(),
        }));
        let listener = UnixListener::bind(dir.join(wire::SOCKET))?;
        let server = bus.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                // An error ends this conversation only; the other side sees its end.
                thread::spawn(move || server.answer(stream));
            }
        });
        Ok(bus)
    }

    /// Shows a new port.
    pub(crate) fn plug(&self, plug: Plug) -> io::Result<()> {
        let kind = KINDS.iter().find(|kind| kind.name == plug.kind);
        let kind = kind.ok_or_else(|| Error::other(format!("no kind {}", plug.kind)))?;
        let mut state = self.state();
        if state.ports.contains_key(&plug.name) {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("{} is in", plug.name),
            ));
        }
        let device = self.device(&state, kind, &plug)?;
        fs::create_dir_all(&device.syspath)?;
        let name = plug.name.clone();
        let (port, handle) = Port::connect(plug, self.0.reporter)?;
        self.0.reporter.tell(&Event::Plugged {
            port: &name,
            node: &device.devnode,
        });
        state.tell("add", &device);
        state.ports.insert(name.clone(), Plugged { device, handle });
        let bus = self.clone();
        port.start(move |count| bus.forget(&name, count));
        Ok(())
    }

    /// Pulls a port out; on return the programs have lost it and have been told.
    pub(crate) fn unplug(&self, name: &str) -> io::Result<()> {
        self.port(name)?.unplug();
        Ok(())
    }

    /// The port called `name`.
    pub(crate) fn port(&self, name: &str) -> io::Result<Handle> {
        let plugged = self
            .state()
            .ports
            .get(name)
            .map(|plugged| plugged.handle.clone());
        plugged.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("{name} is not in")))
    }

    /// Comes after the port's files have died, as in the kernel.
    fn forget(&self, name: &str, count: Count) {
        let mut state = self.state();
        if let Some(plugged) = state.ports.remove(name) {
            state.tell("remove", &plugged.device);
            self.0
                .reporter
                .tell(&Event::Unplugged { port: name, count });
        }
    }

    fn answer(&self, mut stream: UnixStream) -> io::Result<()> {
        match wire::receive(&mut stream)? {
            Hello::List => {
                let state = self.state();
                let devices: Vec<_> = state.ports.values().map(|port| &port.device).collect();
                wire::send(&mut stream, &devices)
            }
            Hello::Open(node) => {
                let state = self.state();
                let port = state
                    .ports
                    .values()
                    .find(|port| port.device.devnode == node);
                match port {
                    Some(port) => port.handle.open(stream),
                    None => wire::send(&mut stream, &Opened::NotSimulated),
                }
            }
            Hello::Watch => {
                let mut state = self.state();
                wire::send(&mut stream, &Watching)?;
                state.watchers.push(stream);
                Ok(())
            }
        }
    }

    /// The port as udev would describe it (properties: systemd, `udev-builtin-usb_id.c`).
    fn device(&self, state: &State, kind: &Kind, plug: &Plug) -> io::Result<Device> {
        let taken = |node: &str| state.ports.values().any(|port| port.device.sysname == node);
        let prefix = kind.driver.prefix();
        let sysname = match &plug.node {
            Some(node) => Some(node.clone()),
            None => (0..64)
                .map(|n| format!("{prefix}{n}"))
                .find(|node| !taken(node)),
        };
        let sysname = sysname
            .filter(|node| !taken(node))
            .ok_or(ErrorKind::AddrInUse)?;
        let minor = sysname
            .strip_prefix(prefix)
            .and_then(|n| n.parse::<u8>().ok());
        let minor = minor.ok_or_else(|| Error::other(format!("{sysname} is no {prefix}")))?;
        let devnode = format!("/dev/{sysname}");
        let mut properties = BTreeMap::from(
            [
                ("DEVNAME", devnode.clone()),
                ("ID_BUS", "usb".into()),
                (
                    "ID_MODEL_ENC",
                    kind.product.replace(' ', "\\x20").replace('/', "\\x2f"),
                ),
                ("ID_MODEL_ID", format!("{:04x}", kind.pid)),
                ("ID_VENDOR_ID", format!("{:04x}", kind.vid)),
                ("MAJOR", kind.driver.major().to_string()),
                ("MINOR", minor.to_string()),
                ("SUBSYSTEM", "tty".into()),
            ]
            .map(|(key, value)| (key.to_owned(), value)),
        );
        if let Some(serial) = &plug.serial {
            properties.insert("ID_SERIAL_SHORT".into(), serial.clone());
        }
        let syspath = self.0.sys.join(&sysname).display().to_string();
        Ok(Device {
            syspath,
            sysname,
            subsystem: "tty".into(),
            devnode,
            properties,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tells every watcher, and drops those that have gone.
    fn tell(&mut self, action: &str, device: &Device) {
        let uevent = Uevent {
            action: action.into(),
            device: device.clone(),
        };
        self.watchers
            .retain_mut(|watcher| wire::send(watcher, &uevent).is_ok());
    }
}
