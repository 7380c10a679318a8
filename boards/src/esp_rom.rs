//! An ESP32-C3 on a board: chip, flash, and the usual reset circuit.
//!
//! It is in its application until somebody resets it into the serial loader. Compared with the real
//! ROM it knows no stub loader (`MEM_BEGIN` and its like are unknown to it) and no baud rate.

use std::collections::VecDeque;

use signet_core::Millis;

mod circuit;
mod deflate;
mod flash;
mod loader;
mod security;
mod spi;
mod table;
mod write;

use circuit::{Circuit, Rise};
pub use flash::{Flash, SECTOR};
use loader::{Done, Loader};
use security::Efuses;
pub use table::{PARTITIONS, Row, partition_table};

use crate::Noise;

const TABLE_OFFSET: usize = 0x8000;
const FLASH_SIZE: usize = 4 << 20;
/// Milliseconds from the rise of the reset line to the first word of the ROM.
const BOOT: u64 = 5;

const BANNER: &str = "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\nrst:0x1 (POWERON),";
const LOADER_BANNER: &str = "boot:0x2 (UART0_BOOT)\r\nwait uart0 download\r\n";
const APPLICATION_BANNER: &str = "boot:0x8 (SPI_FAST_FLASH_BOOT)\r\napplication: started\r\n";

/// A simulated board.
///
/// After each call of another method call [`EspRom::poll`] until it returns [`Output::WaitUntil`] or
/// [`Output::Idle`].
pub struct EspRom {
    mode: Mode,
    loader: Loader,
    flash: Flash,
    efuses: Efuses,
    circuit: Circuit,
    noise_in: Noise,
    noise_out: Noise,
    now: Millis,
    /// Microseconds of work behind `now` that the chip has still to do.
    busy_until_micros: u64,
    outgoing: VecDeque<(Millis, Vec<u8>)>,
    bytes_until_unplug: Option<u64>,
}

/// What a board does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It runs its application, which listens to nothing.
    Application,
    /// The loader lost its way; only a reset helps.
    Crashed,
    /// It is held in reset.
    Held,
    /// It runs its serial loader.
    Loader,
    /// It was unplugged.
    Unplugged,
}

/// What a board wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// It sends these bytes.
    Transmit(Vec<u8>),
    /// It was unplugged: the port is gone.
    Unplugged,
    /// Drained: come back with [`EspRom::tick`] at that moment, or with bytes.
    WaitUntil(Millis),
    /// Drained, and nothing will come unasked.
    Idle,
}

/// Makes a board.
#[derive(Clone)]
pub struct Builder {
    efuses: Efuses,
    flash: Flash,
    rows: Vec<Row>,
    noise_in: Noise,
    noise_out: Noise,
    bytes_until_unplug: Option<u64>,
    mode: Mode,
    auto_reset: bool,
    enable_rise: u64,
}

impl Builder {
    /// The factory MAC address, most significant byte first.
    #[must_use]
    pub fn mac(mut self, mac: [u8; 6]) -> Self {
        self.efuses.mac = mac;
        self
    }

    /// Another partition table than [`PARTITIONS`]; with no rows there is none.
    #[must_use]
    pub fn partitions(mut self, rows: &[Row]) -> Self {
        self.rows = rows.to_vec();
        self
    }

    /// Another flash chip than one of 4 MiB: its size in bytes, a power of two.
    #[must_use]
    pub fn flash_size(mut self, bytes: usize) -> Self {
        self.flash.resize(bytes);
        self
    }

    /// What is in flash before anybody comes.
    #[must_use]
    pub fn content(mut self, offset: usize, content: &[u8]) -> Self {
        self.flash.preset(offset, content);
        self
    }

    /// Only signed firmware starts.
    #[must_use]
    pub fn secure_boot(mut self) -> Self {
        self.efuses.secure_boot = true;
        self
    }

    /// The loader gives nothing away.
    #[must_use]
    pub fn secure_download(mut self) -> Self {
        self.efuses.secure_download = true;
        self
    }

    /// Flash encryption is on: from outside, the partition table is noise.
    #[must_use]
    pub fn flash_encryption(mut self) -> Self {
        self.efuses.crypt_count = 1;
        self
    }

    /// What the line does to bytes on their way to and from the board.
    #[must_use]
    pub fn noise(mut self, to_board: Noise, from_board: Noise) -> Self {
        (self.noise_in, self.noise_out) = (to_board, from_board);
        self
    }

    /// Pulls the cable after that many bytes, in both directions together.
    #[must_use]
    pub fn unplug_after(mut self, bytes: u64) -> Self {
        self.bytes_until_unplug = Some(bytes);
        self
    }

    /// Starts in the loader, as if somebody had held BOOT.
    #[must_use]
    pub fn in_loader(mut self) -> Self {
        self.mode = Mode::Loader;
        self
    }

    /// No line leads to reset and boot mode, as on a bare module.
    #[must_use]
    pub fn without_auto_reset(mut self) -> Self {
        self.auto_reset = false;
        self
    }

    /// Another capacitor: milliseconds from the release of the reset line to the start of the chip.
    #[must_use]
    pub fn enable_rise(mut self, millis: u64) -> Self {
        self.enable_rise = millis;
        self
    }

    /// The board.
    #[must_use]
    pub fn build(mut self) -> EspRom {
        if !self.rows.is_empty() {
            let mut table = partition_table(&self.rows);
            if self.efuses.crypt_count.count_ones() % 2 == 1 {
                // Not the cipher, but as unreadable.
                let mut noise = Noise::new(1, crate::Rates::default());
                table
                    .iter_mut()
                    .for_each(|byte| *byte ^= noise.below(256).to_le_bytes()[0]);
            }
            self.flash.preset(TABLE_OFFSET, &table);
        }
        EspRom {
            mode: self.mode,
            loader: Loader::new(),
            flash: self.flash,
            efuses: self.efuses,
            circuit: Circuit::new(self.auto_reset, self.enable_rise),
            noise_in: self.noise_in,
            noise_out: self.noise_out,
            now: Millis(0),
            busy_until_micros: 0,
            outgoing: VecDeque::new(),
            bytes_until_unplug: self.bytes_until_unplug,
        }
    }
}

impl EspRom {
    /// A board with 4 MiB of erased flash, [`PARTITIONS`], and no security switched on.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            efuses: Efuses {
                mac: [0x7C, 0xDF, 0xA1, 0, 0, 1],
                secure_boot: false,
                secure_download: false,
                crypt_count: 0,
            },
            flash: Flash::erased(FLASH_SIZE),
            rows: PARTITIONS.to_vec(),
            noise_in: Noise::none(),
            noise_out: Noise::none(),
            bytes_until_unplug: None,
            mode: Mode::Application,
            auto_reset: true,
            enable_rise: circuit::USUAL_RISE,
        }
    }

    /// Takes bytes from the line.
    pub fn handle(&mut self, now: Millis, bytes: &[u8]) {
        self.tick(now);
        let kept = self.count(bytes.len());
        let bytes = self.noise_in.pass(bytes.get(..kept).unwrap_or_default());
        for byte in bytes {
            if self.mode != Mode::Loader {
                break;
            }
            match self.loader.byte(byte, &mut self.flash, &self.efuses) {
                None => {}
                Some(Done::Answer(answer, micros)) => {
                    let start = self.busy_until_micros.max(1000 * self.now.0);
                    self.busy_until_micros = start + micros;
                    self.send(Millis(self.busy_until_micros.div_ceil(1000)), answer);
                }
                Some(Done::Crash) => self.mode = Mode::Crashed,
            }
        }
    }

    /// Sets the control lines; `true` is asserted, `None` leaves a line as it is.
    pub fn set_signals(&mut self, now: Millis, dtr: Option<bool>, rts: Option<bool>) {
        self.tick(now);
        // One after the other, as most computers do it.
        self.circuit.set(now, dtr, None);
        self.circuit.set(now, None, rts);
        if self.circuit.held() && self.mode != Mode::Unplugged {
            self.mode = Mode::Held;
            self.outgoing.clear();
        }
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Millis) {
        self.now = self.now.max(now);
        match self.circuit.rose(now) {
            Some(_) if self.mode == Mode::Unplugged => {}
            Some(Rise::ToLoader) => self.boot(Mode::Loader, LOADER_BANNER),
            Some(Rise::ToApplication) => self.boot(Mode::Application, APPLICATION_BANNER),
            None => {}
        }
    }

    /// Presses RESET, with BOOT held or not.
    pub fn press_reset(&mut self, now: Millis, boot_held: bool) {
        self.tick(now);
        if self.mode != Mode::Unplugged {
            match boot_held {
                true => self.boot(Mode::Loader, LOADER_BANNER),
                false => self.boot(Mode::Application, APPLICATION_BANNER),
            }
        }
    }

    /// Plugs the board in again after it was unplugged: it starts its application.
    pub fn replug(&mut self, now: Millis) {
        self.now = self.now.max(now);
        self.bytes_until_unplug = None;
        self.boot(Mode::Application, APPLICATION_BANNER);
    }

    /// Pulls the cable.
    pub fn unplug(&mut self) {
        self.mode = Mode::Unplugged;
        self.outgoing.clear();
    }

    /// Gives the next output.
    pub fn poll(&mut self) -> Output {
        if self.mode == Mode::Unplugged {
            return Output::Unplugged;
        }
        match self.outgoing.front() {
            Some((at, _)) if *at <= self.now => {
                let (_, mut bytes) = self.outgoing.pop_front().unwrap_or_default();
                let kept = self.count(bytes.len());
                bytes.truncate(kept);
                Output::Transmit(bytes)
            }
            Some((at, _)) => {
                Output::WaitUntil(self.circuit.next().map_or(*at, |rise| rise.min(*at)))
            }
            None => self.circuit.next().map_or(Output::Idle, Output::WaitUntil),
        }
    }

    /// What the board does at the moment.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The flash chip.
    #[must_use]
    pub fn flash(&self) -> &Flash {
        &self.flash
    }

    /// How many bytes the line has hit so far.
    #[must_use]
    pub fn hits(&self) -> u32 {
        self.noise_in.hits() + self.noise_out.hits()
    }

    fn boot(&mut self, mode: Mode, banner: &str) {
        self.mode = mode;
        self.loader = Loader::new();
        self.busy_until_micros = 0;
        self.outgoing.clear();
        self.send(self.now + BOOT, format!("{BANNER}{banner}").into_bytes());
    }

    fn send(&mut self, at: Millis, bytes: Vec<u8>) {
        let bytes = self.noise_out.pass(&bytes);
        self.outgoing.push_back((at, bytes));
    }

    /// Counts bytes on the line; returns how many of them still pass before the cable is pulled.
    fn count(&mut self, bytes: usize) -> usize {
        let Some(left) = &mut self.bytes_until_unplug else {
            return bytes;
        };
        let kept = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes);
        *left -= u64::try_from(kept).unwrap_or(0);
        if *left == 0 {
            self.unplug();
        }
        kept
    }
}
