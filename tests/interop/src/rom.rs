//! An ESP32-C3's own mask ROM as a process that serves its serial loader (see `tests/rom`).

use std::fs;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// The crate that ships the ROM's ELF file, which Espressif releases under the Apache licence.
const CRATE: &str = "espflash";
const VERSION: &str = "4.7.0";
const FILE: &str = "resources/roms/esp32c3_rev300_rom.elf";

/// A running chip. It ends when this is dropped.
pub struct Rom {
    process: Child,
    /// Where its serial line is served.
    pub serial: SocketAddr,
    /// Where its control lines and its reset button are served.
    pub control: SocketAddr,
    flash: PathBuf,
    _folder: tempfile::TempDir,
}

impl Rom {
    /// Starts a chip with erased flash except for a partition table; `options` are those of
    /// `python -m rom`. `None` if this machine cannot, which has been said.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(options: &[&str]) -> Result<Option<Self>> {
        if !crate::has_python(&["unicorn", "elftools"]) {
            return Ok(None);
        }
        let elf = match elf() {
            Ok(elf) => elf,
            Err(error) => {
                crate::skip(&format!("no ROM: {error:#}"));
                return Ok(None);
            }
        };
        let folder = tempfile::tempdir()?;
        let flash = folder.path().join("flash.bin");
        let (serial, control) = (free_port()?, free_port()?);
        let mut process = Command::new(crate::python())
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .args(["-m", "rom", "--port", &serial.port().to_string()])
            .args(["--control", &control.port().to_string()])
            .args([Path::new("--flash"), &flash, Path::new("--elf"), &elf])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = process.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let rom = Self {
            process,
            serial,
            control,
            flash,
            _folder: folder,
        };
        if !line.starts_with("READY") {
            bail!("the ROM did not start: {line:?}");
        }
        Ok(Some(rom))
    }

    /// The flash content as it is now.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn flash(&self) -> Result<Vec<u8>> {
        Ok(fs::read(&self.flash)?)
    }

    /// Puts `content` into flash, past the chip.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn preset(&self, offset: u64, content: &[u8]) -> Result<()> {
        let mut file = fs::OpenOptions::new().write(true).open(&self.flash)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file.write_all(content)?)
    }

    /// Gives a command on the control wire, such as `reset` or `run`, and returns the answer.
    ///
    /// # Errors
    /// If it is not answered with `ok`.
    pub fn command(&self, command: &str) -> Result<String> {
        Control::connect(self.control)?.command(command)
    }
}

impl Drop for Rom {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The control wire of a served board: one line there, one line back.
pub struct Control(BufReader<TcpStream>);

impl Control {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Gives a command and returns what follows `ok`.
    ///
    /// # Errors
    /// If the answer is another.
    pub fn command(&mut self, command: &str) -> Result<String> {
        self.0
            .get_mut()
            .write_all(format!("{command}\n").as_bytes())?;
        let mut answer = String::new();
        self.0.read_line(&mut answer)?;
        match answer.trim().strip_prefix("ok") {
            Some(rest) => Ok(rest.trim().to_owned()),
            None => bail!("{command}: {answer:?}"),
        }
    }
}

/// The ROM's ELF file: `SIGNET_ROM_ELF`, or from the crate's source, fetched once into the cache
/// through cargo.
///
/// # Errors
/// If cargo cannot fetch the crate.
pub fn elf() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SIGNET_ROM_ELF") {
        return Ok(path.into());
    }
    let folder = cache()?.join("rom").join(format!("{CRATE}-{VERSION}"));
    let elf = folder.join("vendor").join(CRATE).join(FILE);
    if !elf.exists() {
        fetch(&folder).with_context(|| format!("cargo could not fetch {CRATE} {VERSION}"))?;
    }
    if !elf.exists() {
        bail!("{CRATE} {VERSION} has no {FILE}");
    }
    Ok(elf)
}

/// Vendors the crate beside a manifest that exists for nothing else.
fn fetch(folder: &Path) -> Result<()> {
    // Tests of several programs may come here at once; each works in a folder of its own, and the
    // first to be done gives its one the final name.
    let parent = folder.parent().context("no cache")?;
    fs::create_dir_all(parent)?;
    let scratch = tempfile::tempdir_in(parent)?;
    fs::create_dir(scratch.path().join("src"))?;
    fs::write(scratch.path().join("src/lib.rs"), "")?;
    fs::write(
        scratch.path().join("Cargo.toml"),
        format!(
            "[package]\nname = \"rom\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n\
             [dependencies]\n{CRATE} = {{ version = \"={VERSION}\", default-features = false }}\n"
        ),
    )?;
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(&scratch)
        .args(["vendor", "--quiet", "vendor"])
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    // Its hundred dependencies are of no use.
    for entry in fs::read_dir(scratch.path().join("vendor"))? {
        let entry = entry?;
        if entry.file_name() != CRATE {
            fs::remove_dir_all(entry.path())?;
        }
    }
    if fs::rename(scratch.path(), folder).is_ok() {
        let _ = scratch.keep(); // it has moved
    }
    Ok(())
}

/// The one folder for everything that is kept outside the checkout.
fn cache() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SIGNET_CACHE") {
        return Ok(path.into());
    }
    let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")));
    Ok(home.context("no home folder")?.join("signet"))
}

/// A port that nobody listens on at the moment.
fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
