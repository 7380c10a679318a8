//! Each way in which a session can end without having done what it was told, brought about on purpose.
//! Those that the simulated board can bring about are in `tests/interop/tests/flash_sim.rs`.
#![allow(clippy::unwrap_used, reason = "a test")]

use signet_core::flash::esp::{
    Command, Error, Event, Input, Opcode, Output, Refusal, Session, Verification,
};
use signet_core::{Explain as _, Millis};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[path = "common/script.rs"]
mod script;

use script::{
    Ask, SPI, Say, Talk, capacity, connect, holds, locate, located, md5, security, table_read,
    twice, write,
};

/// Two rounds of four reset sequences, five `SYNC`s each.
const GREETINGS: usize = 40;
const OLD: &[u8] = b"what was there before";
const INVALID: u8 = 0x05;

/// The error that this order ends in, with words for it.
fn fails(talk: &mut Talk, command: Command, script: &[(Ask, Say)]) -> Error {
    let end = talk.order(command, script);
    let Event::Failed(error) = end else {
        panic!("{end:?}")
    };
    assert!(error.to_string().ends_with('.') && error.next_step().ends_with('.'));
    // Nothing is believed any more: the next order has to be Connect.
    let next = talk.order(Command::Leave, &[]);
    assert_eq!(next, Event::Failed(Error::NotReady));
    error
}

fn connect_fails(script: &[(Ask, Say)]) -> Error {
    fails(
        &mut Talk::new(Verification::Digest),
        Command::Connect,
        script,
    )
}

/// All greetings, of which the first is answered so.
fn greetings(first: Say) -> Vec<(Ask, Say)> {
    let mut script = vec![(Ask::Sync, Say::Nothing); GREETINGS];
    script[0].1 = first;
    script
}

#[test]
fn no_answer() {
    assert_eq!(connect_fails(&greetings(Say::Nothing)), Error::NoAnswer);
}

#[test]
fn a_piece_of_the_table_that_is_not_as_long_as_asked() {
    for length in [0, 63, 65] {
        let piece = Say::Data(script::table()[..length].to_vec());
        let mut talk = Talk::located(Verification::Digest);
        let error = fails(
            &mut talk,
            locate(),
            &vec![(Ask::Read(0x8000), piece.clone()); 3],
        );
        let command = Opcode::ReadFlashSlow;
        assert_eq!(error, Error::Garbled { command }, "{length}");
        // A line that was disturbed once is none.
        let mut talk = Talk::located(Verification::Digest);
        let disturbed = [vec![(Ask::Read(0x8000), piece)], located()].concat();
        let event = talk.order(locate(), &disturbed);
        assert!(matches!(event, Event::Located(_)), "{event:?}");
    }
}

#[test]
fn not_the_loader() {
    let other = b"\r\nlogin: ".to_vec();
    let received = u32::try_from(other.len()).unwrap();
    let error = connect_fails(&greetings(Say::Raw(other)));
    assert_eq!(error, Error::NotTheLoader { received });
}

#[test]
fn loader_not_reached() {
    let banner = b"rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\n".to_vec();
    let error = connect_fails(&greetings(Say::Raw(banner)));
    assert_eq!(error, Error::LoaderNotReached { boot: 12 });
}

#[test]
fn loader_silent() {
    let banner = b"rst:0x1 (POWERON),boot:0x2 (UART0_BOOT)\r\nwaiting for download\r\n";
    let error = connect_fails(&greetings(Say::Raw(banner.to_vec())));
    assert_eq!(error, Error::LoaderSilent);
}

#[test]
fn stub_running() {
    let error = connect_fails(&[(Ask::Sync, Say::Value(0))]);
    assert_eq!(error, Error::StubRunning);
}

#[test]
fn unknown_chip() {
    // By its ID: one that was withdrawn, and one that is to come.
    for id in [4, 0xFFFF] {
        let mut script = vec![(Ask::Sync, Say::Done)];
        script.extend(twice(&[(
            Ask::Security,
            Say::Data(security(0, 0, Some(id))),
        )]));
        assert_eq!(connect_fails(&script), Error::UnknownChip { id });
    }
    // By its word: an ESP8266, which does not know the request for security either.
    let unknown = (Ask::Security, Say::RefusedAs(Opcode::Sync, INVALID));
    let sync = (Ask::Sync, Say::Done);
    let magic = (Ask::Register(0x4000_1000), Say::Value(0xFFF0_C101));
    let script = [
        sync.clone(),
        unknown.clone(),
        sync.clone(),
        unknown.clone(),
        sync,
        unknown,
        magic.clone(),
        magic,
    ];
    assert_eq!(
        connect_fails(&script),
        Error::UnknownChip { id: 0xFFF0_C101 }
    );
}

#[test]
fn unknown_mac() {
    for words in [[0, 0], [u32::MAX; 2], [1, 0x0100]] {
        let mut script = connect();
        let mut values = words.into_iter().cycle();
        for (ask, say) in &mut script {
            if let Ask::Register(_) = ask {
                *say = Say::Value(values.next().unwrap());
            }
        }
        script.pop(); // the order ends before the flash chip is attached
        assert_eq!(connect_fails(&script), Error::UnknownMac { words });
    }
}

#[test]
fn garbled_identity() {
    // Of no two answers in a row are both the same.
    let mut script = vec![(Ask::Sync, Say::Done)];
    script.extend((0..5).map(|flags| (Ask::Security, Say::Data(security(flags << 3, 0, Some(5))))));
    assert_eq!(
        connect_fails(&script),
        Error::Garbled {
            command: Opcode::SecurityInfo
        }
    );
}

#[test]
fn garbled_digest() {
    let rubbish = (Ask::Md5, Say::Data(vec![b'x'; 32]));
    let garbled = Error::Garbled {
        command: Opcode::FlashMd5,
    };
    let mut talk = Talk::located(Verification::Digest);
    let script = vec![rubbish.clone(); 3];
    assert_eq!(fails(&mut talk, Command::Digest, &script), garbled);

    let mut script = whole(&[(Ask::Block(0), Say::Done)]);
    script.extend(vec![rubbish; 3]);
    let mut talk = Talk::located(Verification::Digest);
    assert_eq!(fails(&mut talk, write(b"new"), &script), garbled);
}

/// From the digest before to the last block.
fn whole(blocks: &[(Ask, Say)]) -> Vec<(Ask, Say)> {
    let mut script = vec![(Ask::Md5, holds(OLD))];
    script.extend(round(blocks));
    script
}

fn round(blocks: &[(Ask, Say)]) -> Vec<(Ask, Say)> {
    let mut script = vec![(Ask::Sync, Say::Done), (Ask::Begin(5), Say::Done)];
    script.extend_from_slice(blocks);
    script
}

#[test]
fn digest_differs() {
    // Asked for three times, since the digest itself may have been changed on its way; but never
    // written a second time, because nothing went wrong that could be seen.
    let mut script = whole(&[(Ask::Block(0), Say::Done)]);
    script.extend(vec![(Ask::Md5, holds(OLD)); 3]);
    let mut talk = Talk::located(Verification::Digest);
    assert_eq!(
        fails(&mut talk, write(b"new"), &script),
        Error::DigestDiffers {
            expected: md5(b"new"),
            found: md5(OLD)
        }
    );
}

#[test]
fn read_back_differs() {
    let mut piece = vec![0xFF; 64];
    piece[..3].copy_from_slice(b"NEW");
    let mut script = whole(&[(Ask::Block(0), Say::Done)]);
    script.push((Ask::Md5, holds(b"new")));
    script.extend(vec![(Ask::Read(script::START), Say::Data(piece)); 3]);
    let mut talk = Talk::located(Verification::ReadBack);
    assert_eq!(
        fails(&mut talk, write(b"new"), &script),
        Error::ReadBackDiffers {
            offset: script::START
        }
    );
}

#[test]
fn unstable() {
    // Every time the acknowledgement is lost, and every time something else is in the partition.
    let disturbed = [
        (Ask::Block(0), Say::Nothing),
        (Ask::Sync, Say::Done),
        (Ask::Block(0), Say::Refused(INVALID)),
        (Ask::Md5, holds(OLD)),
        (Ask::Md5, holds(OLD)),
        (Ask::Md5, holds(OLD)),
    ];
    let mut script = whole(&disturbed);
    for _ in 1..5 {
        script.extend(round(&disturbed));
    }
    let mut talk = Talk::located(Verification::Digest);
    assert_eq!(
        fails(&mut talk, write(b"new"), &script),
        Error::Unstable { rounds: 5 }
    );
}

#[test]
fn silent() {
    // The chip still answers a SYNC, but not this, three times.
    let deaf = |ask| {
        [
            (ask, Say::Nothing),
            (Ask::Sync, Say::Done),
            (ask, Say::Nothing),
            (Ask::Sync, Say::Done),
            (ask, Say::Nothing),
        ]
    };
    let mut script = connect();
    script.pop();
    script.extend(deaf(Ask::Attach));
    let command = Opcode::SpiAttach;
    assert_eq!(connect_fails(&script), Error::Silent { command });

    let mut talk = Talk::located(Verification::Digest);
    let command = Opcode::FlashMd5;
    let error = fails(&mut talk, Command::Digest, &deaf(Ask::Md5));
    assert_eq!(error, Error::Silent { command });

    // And not even a SYNC: it is gone.
    let mut script = whole(&[(Ask::Block(0), Say::Nothing)]);
    script.extend(vec![(Ask::Sync, Say::Nothing); 5]);
    let mut talk = Talk::located(Verification::Digest);
    let command = Opcode::DeflateData;
    assert_eq!(
        fails(&mut talk, write(b"new"), &script),
        Error::Silent { command }
    );
}

#[test]
fn refused() {
    // A request that may have been damaged on its way is repeated, and believed after three times.
    let mut script = connect();
    script.pop();
    for _ in 0..2 {
        script.extend([(Ask::Attach, Say::Refused(6)), (Ask::Sync, Say::Done)]);
    }
    script.push((Ask::Attach, Say::Refused(6)));
    assert_eq!(
        connect_fails(&script),
        Error::Refused {
            command: Opcode::SpiAttach,
            reason: Refusal(6)
        }
    );
}

#[test]
fn busy() {
    let mut session = Session::new(Millis(0));
    session.handle(Millis(0), Input::Command(Command::Connect));
    session.handle(Millis(1), Input::Command(locate()));
    let mut failed = None;
    loop {
        match session.poll() {
            Output::Event(Event::Failed(error)) => failed = Some(error),
            Output::Idle => break,
            Output::WaitUntil(_) => panic!("it still waits for what it was told first"),
            _ => {}
        }
    }
    assert_eq!(failed, Some(Error::Busy));
}

#[test]
fn closed() {
    let mut session = Session::new(Millis(0));
    session.handle(Millis(0), Input::Command(Command::Connect));
    session.handle(Millis(1), Input::Closed);
    let closed = Event::Failed(Error::Closed);
    assert!(matches!(session.poll(), Output::Event(event) if event == closed));
    assert!(matches!(session.poll(), Output::Idle));
}

#[test]
fn a_partition_before_the_table_is_the_bootloaders() {
    for offset in [0_u32, 0x1000, 0x7000, 0x8000] {
        let mut table = script::table();
        table[4..8].copy_from_slice(&offset.to_le_bytes());
        let (row, _) = table.split_at(32);
        // Without a digest of its own, the chip is asked for one.
        let bare = [row, &[0xFF; 32]].concat();
        let md5 = script::digest_of(&bare);
        let script = [(Ask::Read(0x8000), Say::Data(bare)), (Ask::Md5, md5)];
        let mut talk = Talk::located(Verification::Digest);
        let error = fails(&mut talk, locate(), &script);
        assert!(
            matches!(error, Error::PartitionMisplaced { offset: found, .. } if found == offset),
            "{error:?}"
        );
    }
    // Right behind it there may be one, see `located`.
    let mut talk = Talk::located(Verification::Digest);
    assert!(matches!(
        talk.order(locate(), &located()),
        Event::Located(_)
    ));
}

#[test]
fn table_beyond_flash() {
    // It needs 2 MiB and a sector.
    let mut table = script::table();
    table[4..8].copy_from_slice(&0x20_0000_u32.to_le_bytes());
    let (row, _) = table.split_at(32);
    let bare = [row, &[0xFF; 32]].concat();
    let md5 = script::digest_of(&bare);
    let read = [(Ask::Read(0x8000), Say::Data(bare)), (Ask::Md5, md5)];
    let id = |id| capacity(0x6000_2000, SPI, id);
    let (one_mib, two_mib, four_mib, none) = (0x0014_40C8, 0x0015_40C8, 0x0016_40C8, 0x00FF_FFFF);
    let beyond = |ids: &[u32]| {
        let asked = ids.iter().flat_map(|&flash| id(flash));
        let script: Vec<_> = read.iter().cloned().chain(asked).collect();
        fails(&mut Talk::located(Verification::Digest), locate(), &script)
    };
    let end = 0x20_1000;
    // Asked until it was answered alike twice, and not for ever.
    for (ids, flash) in [
        (&[two_mib, two_mib][..], 2 << 20),
        (&[two_mib, one_mib, one_mib], 1 << 20),
        (&[one_mib, two_mib, one_mib, two_mib], 2 << 20),
    ] {
        assert_eq!(beyond(ids), Error::TableBeyondFlash { end, flash });
    }
    // One wrong answer is none, and a chip of no known size is believed.
    for (ids, size) in [
        (&[one_mib, four_mib][..], 4_u32 << 20),
        (&[none], 4 << 20),
        (&[0x0018_40C8], 16 << 20),
    ] {
        let asked = ids.iter().flat_map(|&flash| id(flash));
        let told = [(Ask::Parameters, Say::Done)];
        let script: Vec<_> = read.iter().cloned().chain(asked).chain(told).collect();
        let mut talk = Talk::located(Verification::Digest);
        let event = talk.order(locate(), &script);
        assert!(matches!(event, Event::Located(_)), "{event:?}");
        let told = talk.heard.last().unwrap();
        assert_eq!(told.data[4..8], size.to_le_bytes());
    }
}

#[test]
fn a_flash_controller_that_does_not_finish_has_told_no_size() {
    let unfinished = |(ask, say): (Ask, Say)| match ask {
        Ask::Register(0x6000_2000) => (ask, Say::Value(1 << 18)),
        _ => (ask, say),
    };
    let size = capacity(0x6000_2000, SPI, 0x0012_40C8).into_iter();
    let size: Vec<_> = size.map(unfinished).collect();
    let (before, rest) = size.split_at(9);
    let (answer, after) = rest.split_at(4);
    let told = [(Ask::Parameters, Say::Done)];
    let answers = [answer; 11].concat();
    let asked = [before, &answers, after, &told].concat();
    let script = [table_read(), asked].concat();
    let mut talk = Talk::located(Verification::Digest);
    let event = talk.order(locate(), &script);
    assert!(matches!(event, Event::Located(_)), "{event:?}");
}

#[test]
fn a_flash_controller_that_is_not_put_back_as_it_was_is_not_written_through() {
    let mut script = [table_read(), capacity(0x6000_2000, SPI, 0x0016_40C8)].concat();
    for (_, say) in script.iter_mut().rev().take(4).step_by(2) {
        *say = Say::Value(0x7000_009F);
    }
    let mut talk = Talk::located(Verification::Digest);
    let command = Opcode::WriteRegister;
    assert_eq!(
        fails(&mut talk, locate(), &script),
        Error::Garbled { command }
    );
}

/// The other bits of that register erase and write.
#[test]
fn a_byte_lost_on_its_way_to_the_flash_controllers_orders_gives_no_other_order() {
    let talk = Talk::located(Verification::Digest);
    let go = Ask::Put(0x6000_2000, 1 << 18);
    let heard = talk.heard.iter().find(|heard| heard.ask == go).unwrap();
    for lost in 4..12 {
        let mut data = heard.data.clone();
        data.remove(lost);
        let word = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
        assert_eq!(word(0), 0x6000_2000);
        let order = word(4) & word(8);
        // The lowest bits of the register are none, and it was not set before.
        assert!(order == 1 << 18 || order < 1 << 17, "{lost}: {order:#x}");
    }
}
