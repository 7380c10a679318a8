//! The simulated board is worth what it has in common with the real one: the same requests, good, bad
//! and broken, to both, and the same answers from both.
#![allow(
    clippy::cast_possible_truncation,
    clippy::precedence,
    reason = "small numbers of a test"
)]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::Result;
use signet_boards::{Builder, EspRom, Output};
use signet_core::Millis;
use signet_core::flash::esp::{Decoder, Found, Refusal, Reply, encode};
use signet_interop::rom::Rom;

const START: u32 = 0xD000;
const SYNC: u8 = 0x08;
const READ_REGISTER: u8 = 0x0A;
/// Two registers that are asked for in turn behind each request: nothing that a request is answered
/// with looks like the answers to both.
const SENTINELS: [u32; 2] = [0x6000_8844, 0x6000_8848];
const SENTINEL_VALUES: [u32; 2] = [0xA100_0001, 0x7CDF];

#[test]
fn requests_of_every_kind() -> Result<()> {
    let Some(mut twins) = Twins::start(&[], EspRom::builder())? else {
        return Ok(());
    };
    twins.same("SYNC", &sync());
    twins.same("MAC", &words(READ_REGISTER, &[0x6000_8844]));
    twins.same("no address: the last one again", &words(READ_REGISTER, &[]));
    twins.same(
        "an address too many",
        &words(READ_REGISTER, &[0x6000_8844, 1]),
    );
    twins.same("unknown request", &words(0x77, &[]));
    twins.same(
        "an answer as a request",
        &[&[1][..], &words(READ_REGISTER, &[1])[1..]].concat(),
    );
    twins.same("a header cut short", &[0, READ_REGISTER, 4]);
    twins.same("security", &words(0x14, &[]));
    twins.same("security, with data", &words(0x14, &[1]));
    twins.same("attach", &words(0x0D, &[0, 0]));
    twins.same(
        "parameters",
        &words(0x0B, &[0, 4 << 20, 65536, 4096, 256, 0xFFFF]),
    );
    twins.same(
        "too few parameters",
        &words(0x0B, &[0, 4 << 20, 65536, 4096, 256]),
    );
    twins.same("read", &words(0x0E, &[0x8000, 64]));
    twins.same("read too much", &words(0x0E, &[0x8000, 65]));
    twins.same("read behind the end", &words(0x0E, &[4 << 20, 64]));
    twins.same("digest", &words(0x13, &[0x8000, 0xC00, 0, 0]));
    twins.same("digest of nothing", &words(0x13, &[0x8000, 0, 0, 0]));
    twins.same("data without a beginning", &block(0x11, 0, b"abcd"));
    let put = |address, value, mask| words(0x09, &[address, value, mask, 0]);
    let get = |address| words(READ_REGISTER, &[address]);
    let [go, user, user2, bits, data] =
        [0, 0x18, 0x20, 0x28, 0x58].map(|offset| 0x6000_2000 + offset);
    for (register, value) in [
        (bits, 23),
        (user, 0x9000_0000),
        (user2, 0x7000_009F),
        (data, 0),
    ] {
        twins.same("a register is written", &put(register, value, u32::MAX));
        twins.same("a register is read", &get(register));
    }
    twins.same("the ID is not asked for yet", &get(data));
    twins.same("all bits but the one", &put(go, 1 << 18, !(1 << 18)));
    twins.same("no ID came of it", &get(data));
    twins.same(
        "the flash chip's ID is asked for",
        &put(go, 1 << 18, 1 << 18),
    );
    twins.same("it is done", &get(go));
    twins.same("the ID", &get(data));
    twins.same(
        "some bits are written",
        &put(user2, 0x1234_5678, 0x00FF_00FF),
    );
    twins.same("the others stay", &get(user2));
    twins.same("a baud rate", &words(0x0F, &[921_600, 0]));
    Ok(())
}

#[test]
fn writes_that_go_well_and_writes_that_do_not() -> Result<()> {
    let Some(mut twins) = Twins::start(&[], EspRom::builder())? else {
        return Ok(());
    };
    let image: Vec<u8> = (0..4096_u32)
        .map(|i| ((i * i * 7) >> 5).to_le_bytes()[0])
        .collect();
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&image, 1);
    let blocks: Vec<&[u8]> = packed.chunks(700).collect();
    let count = u32::try_from(blocks.len()).expect("a few");
    assert!(count > 2);
    let begin = begin(4096, count, START);
    let digest = words(0x13, &[START, 4096, 0, 0]);
    twins.same("SYNC", &sync());
    twins.same("attach", &words(0x0D, &[0, 0]));

    twins.same("begin", &begin);
    twins.same("the first block", &block(0x11, 0, blocks[0]));
    twins.same("it again", &block(0x11, 0, blocks[0]));
    twins.same("SYNC amid", &sync());
    twins.same("one too far", &block(0x11, 2, blocks[2]));
    for (number, content) in (0..).zip(&blocks).skip(1) {
        twins.same("the next", &block(0x11, number, content));
    }
    twins.same(
        "the last again",
        &block(0x11, count - 1, blocks[blocks.len() - 1]),
    );
    twins.same("digest", &digest);

    twins.same("begin", &begin);
    let mut wrong = block(0x11, 0, blocks[0]);
    wrong[4] ^= 1;
    twins.same("wrong checksum", &wrong);
    twins.same("the block it was", &block(0x11, 0, blocks[0]));
    twins.same("the block behind it", &block(0x11, 1, blocks[1]));

    twins.same("begin", &begin);
    twins.same("no deflate data", &block(0x11, 0, &[b'a'; 100]));
    twins.same("begin", &self::begin(4096, 1, START));
    let mut bad_end = miniz_oxide::deflate::compress_to_vec_zlib(&[b'A'; 4096], 9);
    *bad_end.last_mut().expect("not empty") ^= 1;
    twins.same("wrong Adler-32", &block(0x11, 0, &bad_end));
    twins.same("digest", &digest);

    twins.same("begin", &begin);
    let mut guarded = block(0x11, 0, blocks[0]);
    guarded.push(7);
    twins.same("a byte behind a block", &guarded);

    for (what, words) in [
        ("unaligned", [4096, 1, 0x400, 0xD004, 0]),
        ("no whole sector", [100, 1, 0x400, 0xD000, 0]),
        ("nothing", [0, 1, 0x400, 0xD000, 0]),
        ("behind the end", [4096, 1, 0x400, 4 << 20, 0]),
        ("no blocks", [4096, 0, 0x400, 0xD000, 0]),
        ("large blocks", [4096, 1, 0x4000, 0xD000, 0]),
        ("encrypted", [4096, 1, 0x400, 0xD000, 1]),
    ] {
        twins.same(what, &self::words(0x10, &words));
    }
    twins.same("four words", &words(0x10, &[4096, 1, 0x400, 0xD000]));
    twins.same("plain begin", &words(0x02, &[4096, 4, 0x400, 0xD000, 0]));
    twins.same("plain block", &block(0x03, 0, &[0x55; 1024]));
    twins.same("it again", &block(0x03, 0, &[0x55; 1024]));
    twins.same("digest", &digest);
    twins.same_flash()
}

#[test]
fn security_is_told_alike() -> Result<()> {
    let options = ["--secure-boot", "--crypt-count", "1"];
    let builder = EspRom::builder().secure_boot().flash_encryption();
    let Some(mut twins) = Twins::start(&options, builder)? else {
        return Ok(());
    };
    twins.same("security", &words(0x14, &[]));
    Ok(())
}

/// What `write.rs` in `core` relies on: right behind a `SYNC`, a `FLASH_DEFL_BEGIN` that lost any one
/// byte erases nothing.
#[test]
fn a_beginning_that_lost_a_byte_erases_nothing() -> Result<()> {
    let Some(mut twins) = Twins::start(&[], EspRom::builder())? else {
        return Ok(());
    };
    let before = twins.rom.flash()?;
    // Without its 0xD0, the offset is that of the bootloader.
    let request = begin(0x2000, 3, START);
    for lost in 0..request.len() {
        twins.same("SYNC", &sync());
        let mut arrived = request.clone();
        arrived.remove(lost);
        let replies = twins.same(&format!("without byte {lost}"), &arrived);
        let begun = |reply: &Reply| reply.opcode == 0x10 && reply.status.is_ok();
        assert!(!replies.iter().any(begun), "byte {lost}");
    }
    assert!(twins.rom.flash()? == before);
    twins.same_flash()
}

/// The real ROM and its simulation, side by side.
struct Twins {
    rom: Rom,
    line: TcpStream,
    twin: EspRom,
    now: Millis,
}

impl Twins {
    fn start(options: &[&str], builder: Builder) -> Result<Option<Self>> {
        let Some(rom) = Rom::start(options)? else {
            return Ok(None);
        };
        let line = TcpStream::connect(rom.serial)?;
        line.set_nodelay(true)?;
        line.set_read_timeout(Some(Duration::from_millis(20)))?;
        let twin = builder.in_loader().build();
        Ok(Some(Self {
            rom,
            line,
            twin,
            now: Millis(0),
        }))
    }

    /// Sends `request` to both, and compares what they answer.
    fn same(&mut self, what: &str, request: &[u8]) -> Vec<Reply> {
        let mut bytes = encode(request).to_vec();
        for sentinel in SENTINELS {
            bytes.extend(encode(&words(READ_REGISTER, &[sentinel])).iter());
        }
        let real = self.ask_rom(&bytes);
        let simulated = self.ask_twin(&bytes);
        let shown = |replies: &[Reply]| replies.iter().map(show).collect::<Vec<_>>();
        assert_eq!(
            shown(&real),
            shown(&simulated),
            "{what}: the real ROM is on the left"
        );
        real
    }

    fn same_flash(&self) -> Result<()> {
        assert!(self.rom.flash()? == self.twin.flash().bytes());
        Ok(())
    }

    fn ask_rom(&mut self, bytes: &[u8]) -> Vec<Reply> {
        self.line.write_all(bytes).expect("the ROM listens");
        let (mut replies, mut decoder) = (Vec::new(), Decoder::new());
        let (mut buffer, begun) = ([0; 4096], Instant::now());
        while !is_last(&replies) {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "the ROM is silent"
            );
            match self.line.read(&mut buffer) {
                Ok(count) => decode(&mut decoder, &buffer[..count], &mut replies),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
        replies
    }

    fn ask_twin(&mut self, bytes: &[u8]) -> Vec<Reply> {
        let (mut replies, mut decoder) = (Vec::new(), Decoder::new());
        self.twin.handle(self.now, bytes);
        loop {
            match self.twin.poll() {
                Output::Transmit(bytes) => decode(&mut decoder, &bytes, &mut replies),
                Output::WaitUntil(then) => {
                    self.now = then;
                    self.twin.tick(then);
                }
                Output::Idle | Output::Unplugged => break,
            }
        }
        assert!(is_last(&replies), "the simulation is silent");
        replies
    }
}

fn is_last(replies: &[Reply]) -> bool {
    let said = |reply: &Reply| (reply.opcode == READ_REGISTER).then_some(reply.value);
    let last = replies.iter().rev().take(2).map(said);
    last.eq(SENTINEL_VALUES.into_iter().rev().map(Some))
}

fn decode(decoder: &mut Decoder, bytes: &[u8], replies: &mut Vec<Reply>) {
    for &byte in bytes {
        if let Found::Frame(frame) = decoder.push(byte) {
            replies.extend(Reply::parse(frame));
        }
    }
}

/// What both must have in common. Not: reserved bytes, and the reason beside a success.
fn show(reply: &Reply) -> (u8, u32, Vec<u8>, Result<(), Refusal>) {
    // With a failure, the ROM also sends what the last answer left in its buffer.
    let data = if reply.status.is_ok() {
        reply.data.to_vec()
    } else {
        Vec::new()
    };
    (reply.opcode, reply.value, data, reply.status)
}

fn words(opcode: u8, words: &[u32]) -> Vec<u8> {
    request(
        opcode,
        0,
        &words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<_>>(),
    )
}

fn begin(size: u32, blocks: u32, offset: u32) -> Vec<u8> {
    words(0x10, &[size, blocks, 0x400, offset, 0])
}

fn block(opcode: u8, sequence: u32, content: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    let length = u32::try_from(content.len()).expect("a block");
    for word in [length, sequence, 0, 0] {
        data.extend(word.to_le_bytes());
    }
    data.extend(content);
    request(
        opcode,
        content.iter().fold(0xEF, |sum, byte| sum ^ byte),
        &data,
    )
}

fn sync() -> Vec<u8> {
    let mut data = vec![0x07, 0x07, 0x12, 0x20];
    data.extend([0x55; 32]);
    request(SYNC, 0, &data)
}

fn request(opcode: u8, checksum: u8, data: &[u8]) -> Vec<u8> {
    let mut request = vec![0, opcode];
    request.extend(u16::try_from(data.len()).expect("a request").to_le_bytes());
    request.extend([checksum, 0, 0, 0]);
    request.extend(data);
    request
}
