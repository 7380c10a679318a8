//! Makes the corpora of the fuzz targets `slip`, `partition` and `esp`, and compares them with the files
//! under `core/tests/corpus`. `SIGNET_WRITE=1` writes them anew. The names say what must come out;
//! `core/tests/flash_corpus.rs` holds the parsers to it.
#![allow(
    dead_code,
    clippy::cast_possible_truncation,
    clippy::precedence,
    reason = "small numbers of a test"
)]

use std::fs;
use std::path::Path;

use signet_boards::{
    Builder, EspRom, Noise, Output as FromBoard, PARTITIONS, Rates, Row, partition_table,
};
use signet_core::Millis;
use signet_core::flash::esp::{Command, Event, Input, Output, Session, encode};

#[path = "../../../core/tests/common/replay.rs"]
mod replay;

#[test]
fn slip() {
    let good = encode(&[1, 0x0A, 4, 0, 0xC0, 0xDB, 1, 2, 0, 0, 0, 0]);
    let twice = [&good[..], &good[..]].concat();
    let half = &good[..7];
    let endless = [&[0xC0][..], &[0x55; 300]].concat();
    compare(
        "slip",
        vec![
            ("0 frames 0 replies+empty", vec![]),
            (
                "0 frames 0 replies+banner",
                b"ESP-ROM:esp32c3\r\nwait uart0 download\r\n".to_vec(),
            ),
            ("0 frames 0 replies+delimiters", vec![0xC0; 9]),
            ("0 frames 0 replies+half", half.to_vec()),
            ("0 frames 0 replies+endless", endless.clone()),
            ("1 frames 1 replies", good.to_vec()),
            ("2 frames 2 replies", twice.clone()),
            (
                "1 frames 1 replies+after half an escape",
                [b"\xC0\x01\xDB", &good[..]].concat(),
            ),
            (
                "1 frames 1 replies+after a broken escape",
                [b"\xC0\x01\xDB\x01\xC0", &good[..]].concat(),
            ),
            (
                "1 frames 1 replies+after an endless one",
                [&endless[..], &[0xC0], &good[..]].concat(),
            ),
            ("2 frames 1 replies+joined", [half, &good[..]].concat()),
            (
                "1 frames 0 replies+request",
                encode(&[0, 8, 0, 0, 0, 0, 0, 0]).to_vec(),
            ),
            (
                "1 frames 0 replies+longer than it says",
                encode(&[1, 8, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).to_vec(),
            ),
        ],
    );
}

#[test]
fn partition() {
    let row = |label, offset, size| Row {
        label,
        kind: 1,
        subtype: 2,
        offset,
        size,
        flags: 0,
    };
    let usual = partition_table(&PARTITIONS);
    let ended = |table: &[u8]| [table, &[0xFF; 32]].concat();
    let table = |rows: &[Row]| ended(&partition_table(rows));
    let mut wrong = ended(&usual);
    wrong[9] ^= 1;
    let full: Vec<Row> = (1..)
        .zip(LABELS)
        .map(|(number, label)| row(label, 0x1_0000 * number, 0x1000))
        .collect();
    compare(
        "partition",
        vec![
            ("4 partitions", ended(&usual)),
            ("4 partitions+without digest", ended(&usual[..128])),
            ("95 partitions+full", partition_table(&full)),
            ("image.partition-table-empty+erased", vec![0xFF; 32]),
            ("image.partition-table-empty+only a digest", table(&[])),
            ("image.partition-table-truncated+no bytes", vec![]),
            (
                "image.partition-table-truncated+half a row",
                usual[..48].to_vec(),
            ),
            ("image.partition-table-truncated+no end", usual.clone()),
            ("image.partition-table-digest", wrong),
            ("image.partition-table-row+image", vec![0xE9; 64]),
            (
                "image.partition-table-row+behind the digest",
                ended(&[&usual[..], &usual[..32]].concat()),
            ),
            (
                "image.partition-overlap",
                table(&[row("a", 0x9000, 0x4000), row("b", 0xC000, 0x1000)]),
            ),
            (
                "image.partition-name-twice",
                table(&[row("a", 0x9000, 0x1000), row("a", 0xC000, 0x1000)]),
            ),
            ("image.partition-size+none", table(&[row("a", 0x9000, 0)])),
            (
                "image.partition-size+too much",
                table(&[row("a", 0xFFFF_F000, 0x2000)]),
            ),
            (
                "image.partition-label",
                table(&[row("\u{7}", 0x9000, 0x1000)]),
            ),
        ],
    );
}

#[test]
fn esp() {
    let mut image = replay::IMAGE.to_vec();
    image.resize(0x2000, 0xFF);
    let noise = |seed| {
        let noise = |seed| {
            Noise::new(
                seed,
                Rates {
                    lose: 300,
                    double: 300,
                    flip: 300,
                },
            )
        };
        EspRom::builder().noise(noise(seed), noise(seed + 100))
    };
    let new = EspRom::builder;
    let row = Row {
        label: "esp_secure_cert",
        kind: 0,
        subtype: 0,
        offset: 0xD000,
        size: 0x2000,
        flags: 0,
    };
    let boards = vec![
        ("written", new()),
        (
            "written+already in the loader",
            new().in_loader().without_auto_reset(),
        ),
        ("written+secure boot", new().secure_boot()),
        ("unchanged", new().content(0xD000, &image)),
        (
            "written+without digest",
            new()
                .partitions(&[])
                .content(0x8000, &partition_table(&PARTITIONS)[..128]),
        ),
        ("flash.secure-download", new().secure_download()),
        ("flash.flash-encrypted", new().flash_encryption()),
        ("flash.no-answer", new().without_auto_reset()),
        (
            "flash.partition-missing",
            new().partitions(&PARTITIONS[..1]),
        ),
        (
            "flash.partition-misplaced",
            new().partitions(&[Row {
                kind: 1,
                offset: 0xD100,
                ..row
            }]),
        ),
        ("flash.app-partition", new().partitions(&[row])),
        ("image.partition-table-empty", new().partitions(&[])),
        ("flash.table-beyond-flash", new().flash_size(1 << 20)),
        ("unfinished+cable pulled", new().unplug_after(700)),
        ("written+noise", noise(3)),
        ("written+more noise", noise(8)),
    ];
    let files = boards
        .into_iter()
        .map(|(name, board)| (name, record(board)));
    compare("esp", files.collect());
}

/// What a session hears from a board.
fn record(board: Builder) -> Vec<u8> {
    let mut board = board.build();
    let mut session = Session::new(Millis(0));
    let (mut now, mut recording) = (Millis(0), Vec::new());
    session.handle(now, Input::Command(Command::Connect));
    loop {
        let deadline = match session.poll() {
            Output::Transmit(bytes) => {
                board.handle(now, &bytes);
                continue;
            }
            Output::SetSignals { dtr, rts } => {
                board.set_signals(now, dtr, rts);
                continue;
            }
            Output::Event(Event::Identified(_)) => {
                let label = "esp_secure_cert".to_owned();
                session.handle(now, Input::Command(Command::Locate { label }));
                continue;
            }
            Output::Event(Event::Located(_)) => {
                let image = replay::IMAGE.to_vec().into();
                session.handle(now, Input::Command(Command::Write { image }));
                continue;
            }
            Output::Event(Event::Written { .. } | Event::Failed(_)) => return recording,
            Output::Event(_) => continue,
            Output::WaitUntil(deadline) => deadline,
            Output::Idle => return recording,
        };
        match board.poll() {
            FromBoard::Transmit(bytes) => {
                for piece in bytes.chunks(255) {
                    recording.push(u8::try_from(piece.len()).expect("at most 255"));
                    recording.extend(piece);
                    session.handle(now, Input::Bytes(piece));
                }
            }
            FromBoard::Unplugged => return recording,
            FromBoard::WaitUntil(then) if then < deadline => {
                now = then;
                board.tick(now);
            }
            FromBoard::WaitUntil(_) | FromBoard::Idle => {
                now = deadline;
                board.tick(now);
                recording.push(0);
                session.handle(now, Input::Deadline);
            }
        }
    }
}

fn compare(folder: &str, files: Vec<(&str, Vec<u8>)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../core/tests/corpus")
        .join(folder);
    for (name, bytes) in files {
        let path = folder.join(format!("{}.bin", name.replace(' ', "-")));
        if std::env::var_os("SIGNET_WRITE").is_some() {
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(&path, &bytes).expect("a file");
        }
        assert!(
            fs::read(&path).expect(name) == bytes,
            "{name} is not what it should be"
        );
    }
}

const LABELS: [&str; 95] = {
    // Each a single printable character.
    const ASCII: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    let mut labels = [""; 95];
    let mut rest = ASCII;
    let mut index = 0;
    while index < labels.len() {
        let (first, others) = rest.split_at(1);
        labels[index] = first;
        rest = others;
        index += 1;
    }
    labels
};
