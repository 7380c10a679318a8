//! The way to the simulator.

use std::env;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use signet_sim_port::wire::{self, Device, Hello};

/// The folder of this run, if the program is meant to see simulated ports.
pub(crate) fn run_dir() -> Option<&'static Path> {
    static DIR: OnceLock<Option<PathBuf>> = OnceLock::new();
    DIR.get_or_init(|| env::var_os(wire::RUN_DIR).map(PathBuf::from))
        .as_deref()
}

/// A new conversation, opened by `hello`.
pub(crate) fn greet(hello: &Hello) -> io::Result<UnixStream> {
    let dir = run_dir().ok_or(io::ErrorKind::NotFound)?;
    let mut stream = UnixStream::connect(dir.join(wire::SOCKET))?;
    wire::send(&mut stream, hello)?;
    Ok(stream)
}

/// All devices; none if there is no simulator.
pub(crate) fn devices() -> Vec<Device> {
    let list = greet(&Hello::List).and_then(|mut stream| wire::receive(&mut stream));
    list.unwrap_or_default()
}

/// Tells on standard error, if asked to.
pub(crate) fn log(text: impl FnOnce() -> String) {
    static WANTED: OnceLock<bool> = OnceLock::new();
    if *WANTED.get_or_init(|| env::var_os("SIGNET_SHIM_LOG").is_some()) {
        eprintln!("signet-shim[{}]: {}", std::process::id(), text());
    }
}
