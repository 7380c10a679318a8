//! A board that follows a script: each request of a session must be the next one in it, and is
//! answered as it says there, whether a ROM would do that or not.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several tests"
)]

use md5::{Digest as _, Md5};
use signet_core::Millis;
use signet_core::flash::esp::{
    Command, Event, Input, Opcode, Output, Session, Verification, encode,
};

/// Bytes of the partition of [`table`], which holds `esp_secure_cert`.
pub const SIZE: usize = 0x1000;
pub const START: u32 = 0xD000;
/// The ROM answers a `SYNC` with this value; the stubs of other flashers with 0.
const ROM: u32 = 0x2012_0707;

/// A request, as far as the scripts tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Sync,
    Security,
    /// `READ_REG` of that address.
    Register(u32),
    /// `WRITE_REG` to that address of that value, so far as its mask lets it through.
    Put(u32, u32),
    Attach,
    Parameters,
    /// `READ_FLASH_SLOW` from that offset.
    Read(u32),
    Md5,
    /// `FLASH_DEFL_BEGIN` with that many words.
    Begin(usize),
    /// `FLASH_DEFL_DATA` with that number.
    Block(u32),
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum Say {
    /// Done. A `SYNC` is answered eight times.
    Done,
    /// Done, with these bytes.
    Data(Vec<u8>),
    /// Done, with this value.
    Value(u32),
    /// The answer gets lost.
    Nothing,
    /// Status 1 and this reason.
    Refused(u8),
    /// The same, under the opcode of another request.
    RefusedAs(Opcode, u8),
    /// These bytes, whatever they are.
    Raw(Vec<u8>),
}

/// What a session sent: the request, its data, and what stood behind the data.
pub struct Heard {
    pub ask: Ask,
    pub data: Vec<u8>,
    pub behind: Vec<u8>,
}

/// A session and its board.
pub struct Talk {
    pub session: Session,
    pub heard: Vec<Heard>,
    /// The second status byte of each success: only the first decides.
    pub stale: u8,
    /// How long it took so far: nothing but waiting takes time.
    pub now: Millis,
}

impl Talk {
    /// A session that demands that much proof.
    pub fn new(verification: Verification) -> Self {
        Self {
            session: Session::new(Millis(0)).with_verification(verification),
            heard: Vec::new(),
            stale: 0,
            now: Millis(0),
        }
    }

    /// An ESP32-C3 whose partition was found.
    pub fn located(verification: Verification) -> Self {
        let mut talk = Self::new(verification);
        let connected = talk.order(Command::Connect, &connect());
        assert!(matches!(connected, Event::Identified(_)), "{connected:?}");
        let located = talk.order(locate(), &located());
        assert!(matches!(located, Event::Located(_)), "{located:?}");
        talk
    }

    /// Gives an order and returns how it ended, which must be where the script ends.
    pub fn order(&mut self, command: Command, script: &[(Ask, Say)]) -> Event {
        let mut script = script.iter().enumerate();
        let mut coming = Vec::new();
        self.session.handle(self.now, Input::Command(command));
        loop {
            match self.session.poll() {
                Output::Transmit(frame) => {
                    let heard = Heard::parse(&frame);
                    let (number, (ask, say)) = script
                        .next()
                        .unwrap_or_else(|| panic!("{:?} behind the script's end", heard.ask));
                    assert_eq!(heard.ask, *ask, "request {number}");
                    coming = say.bytes(frame[2], self.stale);
                    self.heard.push(heard);
                }
                Output::SetSignals { .. } | Output::Event(Event::Phase(_)) => {}
                Output::Event(Event::Progress { .. }) => {}
                Output::Event(event) => {
                    if let Some((number, (ask, _))) = script.next() {
                        panic!("{event:?} before request {number}, {ask:?}");
                    }
                    return event;
                }
                Output::WaitUntil(_) if !coming.is_empty() => {
                    let bytes = core::mem::take(&mut coming);
                    self.session.handle(self.now, Input::Bytes(&bytes));
                }
                Output::WaitUntil(then) => {
                    self.now = self.now.max(then);
                    self.session.handle(self.now, Input::Deadline);
                }
                Output::Idle => panic!("idle before the end"),
            }
        }
    }

    /// What the blocks since the last `FLASH_DEFL_BEGIN` unpack to.
    pub fn unpacked(&self) -> Vec<u8> {
        let begun = |heard: &Heard| matches!(heard.ask, Ask::Begin(_));
        let start = self.heard.iter().rposition(begun).unwrap();
        let mut blocks = std::collections::BTreeMap::new();
        for heard in &self.heard[start..] {
            if let Ask::Block(number) = heard.ask {
                blocks.insert(number, &heard.data[16..]);
            }
        }
        let packed: Vec<u8> = blocks.into_values().flatten().copied().collect();
        miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap()
    }
}

impl Heard {
    fn parse(frame: &[u8]) -> Self {
        let bytes = unframed(frame);
        let [0, opcode, s0, s1, checksum, 0, 0, 0] = bytes[..8] else {
            panic!("no request: {bytes:02x?}")
        };
        let (data, behind) = bytes[8..].split_at(usize::from(u16::from_le_bytes([s0, s1])));
        let word = |at: usize| u32::from_le_bytes(data[4 * at..4 * at + 4].try_into().unwrap());
        let ask = match opcode {
            0x08 => Ask::Sync,
            0x09 => Ask::Put(word(0), word(1) & word(2)),
            0x0A => Ask::Register(word(0)),
            0x0B => Ask::Parameters,
            0x0D => Ask::Attach,
            0x0E => Ask::Read(word(0)),
            0x10 => Ask::Begin(data.len() / 4),
            0x11 => Ask::Block(word(1)),
            0x13 => Ask::Md5,
            0x14 => Ask::Security,
            _ => panic!("opcode {opcode:#x}"),
        };
        if let Ask::Block(_) = ask {
            let sum = data[16..].iter().fold(0xEF, |sum, byte| sum ^ byte);
            assert_eq!((checksum, word(0) as usize), (sum, data.len() - 16));
        }
        let (data, behind) = (data.to_vec(), behind.to_vec());
        Self { ask, data, behind }
    }
}

/// SLIP, taken off by hand: requests are longer than what a session's own decoder takes.
fn unframed(frame: &[u8]) -> Vec<u8> {
    let [0xC0, escaped @ .., 0xC0] = frame else {
        panic!("no frame: {frame:02x?}")
    };
    let (mut bytes, mut rest) = (Vec::new(), escaped.iter());
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            0xDB if rest.next() == Some(&0xDC) => 0xC0,
            0xDB => 0xDB,
            byte => byte,
        });
    }
    bytes
}

impl Say {
    fn bytes(&self, opcode: u8, stale: u8) -> Vec<u8> {
        let done = [0, stale, 0, 0];
        match self {
            Self::Done if opcode == Opcode::Sync as u8 => reply(opcode, ROM, &[], done).repeat(8),
            Self::Done => reply(opcode, 0, &[], done),
            Self::Data(data) => reply(opcode, 0, data, done),
            Self::Value(value) => reply(opcode, *value, &[], done),
            Self::Nothing => Vec::new(),
            Self::Refused(reason) => reply(opcode, 0, &[], [1, *reason, 0, 0]),
            Self::RefusedAs(opcode, reason) => reply(*opcode as u8, 0, &[], [1, *reason, 0, 0]),
            Self::Raw(bytes) => bytes.clone(),
        }
    }
}

/// A reply in its frame.
pub fn reply(opcode: u8, value: u32, data: &[u8], status: [u8; 4]) -> Vec<u8> {
    let mut reply = vec![1, opcode];
    reply.extend(u16::try_from(data.len() + 4).unwrap().to_le_bytes());
    reply.extend(value.to_le_bytes());
    reply.extend(data);
    reply.extend(status);
    encode(&reply).to_vec()
}

/// Everything that is asked of an ESP32-C3 while it is identified.
pub fn connect() -> Vec<(Ask, Say)> {
    let mut script = vec![(Ask::Sync, Say::Done)];
    script.extend(twice(&[(
        Ask::Security,
        Say::Data(security(0, 0, Some(5))),
    )]));
    let mac = [0x6000_8844, 0x6000_8848].map(Ask::Register);
    let words = [Say::Value(0xA1B2_C3D4), Say::Value(0x7CDF)];
    script.extend(twice(&mac.into_iter().zip(words).collect::<Vec<_>>()));
    script.push((Ask::Attach, Say::Done));
    script
}

/// Everything is asked until it was answered alike twice.
pub fn twice(script: &[(Ask, Say)]) -> Vec<(Ask, Say)> {
    [script, script].concat()
}

/// The answer to `GET_SECURITY_INFO`: the ESP32-S2 gives no chip ID.
pub fn security(flags: u32, crypt_count: u8, chip_id: Option<u32>) -> Vec<u8> {
    let mut data = flags.to_le_bytes().to_vec();
    data.push(crypt_count);
    data.extend([0; 7]);
    if let Some(id) = chip_id {
        data.extend(id.to_le_bytes());
        data.extend(3_u32.to_le_bytes());
    }
    data
}

pub fn locate() -> Command {
    Command::Locate {
        label: "esp_secure_cert".to_owned(),
    }
}

/// The reading of [`table`] of an ESP32-C3 with 4 MiB of flash.
pub fn located() -> Vec<(Ask, Say)> {
    located_at(0x6000_2000, SPI)
}

/// The same of a chip whose SPI controller is there and has its registers there.
pub fn located_at(spi: u32, registers: [u32; 4]) -> Vec<(Ask, Say)> {
    let size = capacity(spi, registers, 0x0016_40C8);
    let told = (Ask::Parameters, Say::Done);
    [table_read(), size, vec![told]].concat()
}

pub fn table_read() -> Vec<(Ask, Say)> {
    let table = table();
    let (first, second) = table.split_at(64);
    vec![
        (Ask::Read(0x8000), Say::Data(first.to_vec())),
        (Ask::Read(0x8040), Say::Data(second.to_vec())),
    ]
}

/// Offsets of USER, USER2, MISO_DLEN and W0 in the SPI controllers of all chips but the first ESP32, and in
/// that one's.
pub const SPI: [u32; 4] = [0x18, 0x20, 0x28, 0x58];
pub const SPI_ESP32: [u32; 4] = [0x1C, 0x24, 0x2C, 0x80];

/// What is asked of the SPI controller to learn the flash chip's ID; its registers are put back.
pub fn capacity(spi: u32, registers: [u32; 4], id: u32) -> Vec<(Ask, Say)> {
    let [user, user2, answer_bits, data] = registers.map(|offset| spi + offset);
    let done = |address, value| (Ask::Put(address, value), Say::Done);
    let before = [
        (Ask::Register(user), Say::Value(0x8000_0041)),
        (Ask::Register(user2), Say::Value(0x7000_0003)),
    ];
    let writes = vec![
        done(answer_bits, 23),
        done(user, 0x9000_0000),
        done(user2, 0x7000_009F),
        done(data, 0),
        done(spi, 1 << 18),
    ];
    let answer = [
        (Ask::Register(spi), Say::Value(0)),
        (Ask::Register(data), Say::Value(id)),
    ];
    let after = vec![done(user, 0x8000_0041), done(user2, 0x7000_0003)];
    [
        twice(&before),
        writes,
        twice(&answer),
        after,
        twice(&before),
    ]
    .concat()
}

/// A partition table of one row, its digest and its end.
pub fn table() -> Vec<u8> {
    let mut table = vec![0xAA, 0x50, 0x3F, 6];
    table.extend(START.to_le_bytes());
    table.extend(u32::try_from(SIZE).unwrap().to_le_bytes());
    table.extend(b"esp_secure_cert\0");
    table.extend([0; 4]);
    let digest = Md5::digest(&table);
    table.extend([0xEB, 0xEB]);
    table.extend([0xFF; 14]);
    table.extend(digest);
    table.extend([0xFF; 64]);
    table
}

pub fn write(image: &[u8]) -> Command {
    Command::Write {
        image: image.to_vec().into(),
    }
}

/// Bytes that do not compress: 1500 of them make two blocks.
pub fn image(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

pub fn padded(image: &[u8]) -> Vec<u8> {
    let mut padded = image.to_vec();
    padded.resize(SIZE, 0xFF);
    padded
}

/// MD5 of a partition that holds `image`.
pub fn md5(image: &[u8]) -> [u8; 16] {
    Md5::digest(padded(image)).into()
}

/// The answer to `SPI_FLASH_MD5` for a partition that holds `image`.
pub fn holds(image: &[u8]) -> Say {
    digest_of(&padded(image))
}

/// The answer to `SPI_FLASH_MD5` for these bytes.
pub fn digest_of(bytes: &[u8]) -> Say {
    let digest = Md5::digest(bytes);
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Say::Data(digits.into_bytes())
}
