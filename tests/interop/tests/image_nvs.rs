//! NVS images against Espressif's generator, against a device-side implementation that others wrote
//! (`esp-nvs`), and against an image from Espressif's own tests.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "image/corpora.rs"]
mod corpora;

use std::fmt::Write;
use std::process::Command;

use esp_nvs::mem_flash::MemFlash;
use esp_nvs::{Key, Nvs as Device};
use signet_core::image::nvs::{self, Builder, PAGE_BYTES, Value};
use signet_interop::{has_python, python};

const GENERATOR: &str = "esp_idf_nvs_partition_gen";

/// Namespaces with their values.
type Content = Vec<(&'static str, Vec<(String, Value)>)>;

fn text(length: usize) -> Value {
    let line = "abcdefghijklmnopqrstuvwxyz0123456789";
    Value::string(&line.chars().cycle().take(length).collect::<String>())
}

fn bytes(length: usize) -> Value {
    Value::blob(
        &(0..length)
            .map(|i| u8::try_from(i * 7 % 251).unwrap())
            .collect::<Vec<_>>(),
    )
}

fn of_every_type() -> Content {
    let named = |key: &str, value| (key.to_owned(), value);
    let numbers = vec![
        named("u8", Value::U8(255)),
        named("i8", Value::I8(-128)),
        named("u16", Value::U16(65535)),
        named("i16", Value::I16(-32768)),
        named("u32", Value::U32(4_294_967_295)),
        named("i32", Value::I32(-2_147_483_648)),
        named("u64", Value::U64(u64::MAX)),
        named("i64", Value::I64(i64::MIN)),
    ];
    let others = vec![
        named("fifteen_bytes__", text(0)),
        named("short", text(5)),
        named("long", text(3900)),
        named("blob", bytes(100)),
        named("pages", bytes(9000)),
        named("last", Value::U8(1)),
    ];
    vec![("numbers", numbers), ("others", others)]
}

/// A blob and a string that meet the end of the page in every way: `fill` entries stand before them.
fn at_the_edge(fill: usize, length: usize) -> Content {
    let mut values: Vec<_> = (0..fill)
        .map(|number| (format!("k{number}"), Value::U16(7)))
        .collect();
    values.push(("blob".to_owned(), bytes(length)));
    values.push(("text".to_owned(), text(length.min(3900))));
    values.push(("end".to_owned(), Value::U8(1)));
    vec![("edge", values)]
}

fn edges() -> Vec<Content> {
    let fills = [0, 1, 100, 119, 120, 121, 122, 123, 124, 125, 126];
    let lengths = [
        0, 1, 31, 32, 33, 64, 96, 700, 3935, 3936, 3967, 3968, 3969, 4000, 8000,
    ];
    let all = fills
        .iter()
        .flat_map(|&fill| lengths.map(|length| at_the_edge(fill, length)));
    all.collect()
}

fn build(content: &Content, size: u32) -> Vec<u8> {
    let mut nvs = Builder::new(size).unwrap();
    for (namespace, values) in content {
        nvs.namespace(namespace).unwrap();
        for (key, value) in values {
            nvs.set(key, value).unwrap();
        }
    }
    nvs.finish().to_vec()
}

/// The content as the generator takes it.
fn csv(content: &Content) -> String {
    let mut csv = "key,type,encoding,value\n".to_owned();
    for (namespace, values) in content {
        writeln!(csv, "{namespace},namespace,,").unwrap();
        for (key, value) in values {
            let (encoding, value) = match value {
                Value::Blob(bytes) => ("hex2bin", hex(bytes)),
                Value::I8(n) => ("i8", n.to_string()),
                Value::I16(n) => ("i16", n.to_string()),
                Value::I32(n) => ("i32", n.to_string()),
                Value::I64(n) => ("i64", n.to_string()),
                Value::String(text) => ("string", String::from_utf8(text.to_vec()).unwrap()),
                Value::U8(n) => ("u8", n.to_string()),
                Value::U16(n) => ("u16", n.to_string()),
                Value::U32(n) => ("u32", n.to_string()),
                Value::U64(n) => ("u64", n.to_string()),
                _ => unreachable!(),
            };
            writeln!(csv, "{key},data,{encoding},{value}").unwrap();
        }
    }
    csv
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What Espressif's generator makes of those contents, in one run.
fn generated(contents: &[Content], size: u32) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    for (number, content) in contents.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.csv")), csv(content)).unwrap();
    }
    let program = format!(
        "import {GENERATOR}.nvs_partition_gen as g, types, sys
for i in range(int(sys.argv[1])):
    g.generate(types.SimpleNamespace(input=f'{{i}}.csv', output=f'{{i}}.bin', outdir='.',
        size=sys.argv[2], version=2))"
    );
    let output = Command::new(python())
        .current_dir(folder.path())
        .args([
            "-c",
            &program,
            &contents.len().to_string(),
            &size.to_string(),
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (0..contents.len())
        .map(|number| std::fs::read(folder.path().join(format!("{number}.bin"))).unwrap())
        .collect()
}

fn assert_same(ours: &[u8], theirs: &[u8], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    if let Some(at) = ours.iter().zip(theirs).position(|(a, b)| a != b) {
        panic!(
            "{what}: page {} differs at {:#x}",
            at / PAGE_BYTES,
            at % PAGE_BYTES
        );
    }
}

#[test]
fn images_equal_those_of_espressifs_generator() {
    if !has_python(&[GENERATOR]) {
        return;
    }
    let mut contents = edges();
    contents.push(of_every_type());
    let theirs = generated(&contents, 0x8000);
    for (content, theirs) in contents.iter().zip(&theirs) {
        let what = format!("{} values in {}", content[0].1.len(), content[0].0);
        assert_same(&build(content, 0x8000), theirs, &what);
    }
}

#[test]
fn the_generator_as_a_program_agrees() {
    if !has_python(&[GENERATOR]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.csv"), csv(&of_every_type())).unwrap();
    let output = Command::new(python())
        .current_dir(folder.path())
        .args(["-m", GENERATOR, "generate", "in.csv", "out.bin", "0x6000"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let theirs = std::fs::read(folder.path().join("out.bin")).unwrap();
    assert_same(&build(&of_every_type(), 0x6000), &theirs, "0x6000");
}

#[test]
fn images_of_espressifs_generator_are_read() {
    if !has_python(&[GENERATOR]) {
        return;
    }
    let contents = [of_every_type(), at_the_edge(125, 4000)];
    for (content, image) in contents.iter().zip(generated(&contents, 0x8000)) {
        let read = nvs::parse(&image).unwrap();
        assert_eq!(read.findings, []);
        let count: usize = content.iter().map(|(_, values)| values.len()).sum();
        assert_eq!(read.items.len(), count);
        for (namespace, values) in content {
            for (key, value) in values {
                assert_eq!(read.get(namespace, key), Some(value), "{key}");
            }
        }
    }
}

fn device(image: &[u8]) -> Device<MemFlash> {
    Device::new(0, image.len(), MemFlash::from_bytes(image.to_vec())).unwrap()
}

/// What the device has under that name, in the type of `like`.
fn asked(device: &mut Device<MemFlash>, namespace: &str, key: &str, like: &Value) -> Value {
    let (n, k) = (Key::from_str(namespace), Key::from_str(key));
    match like {
        Value::Blob(_) => Value::blob(&device.get::<Vec<u8>>(&n, &k).unwrap()),
        Value::String(_) => Value::string(&device.get::<String>(&n, &k).unwrap()),
        Value::I8(_) => Value::I8(device.get(&n, &k).unwrap()),
        Value::I16(_) => Value::I16(device.get(&n, &k).unwrap()),
        Value::I32(_) => Value::I32(device.get(&n, &k).unwrap()),
        Value::I64(_) => Value::I64(device.get(&n, &k).unwrap()),
        Value::U8(_) => Value::U8(device.get(&n, &k).unwrap()),
        Value::U16(_) => Value::U16(device.get(&n, &k).unwrap()),
        Value::U32(_) => Value::U32(device.get(&n, &k).unwrap()),
        Value::U64(_) => Value::U64(device.get(&n, &k).unwrap()),
        _ => unreachable!(),
    }
}

#[test]
fn a_device_finds_every_value() {
    let mut contents = edges();
    contents.push(of_every_type());
    for content in &contents {
        let mut device = device(&build(content, 0x8000));
        for (namespace, values) in content {
            for (key, value) in values {
                assert_eq!(&asked(&mut device, namespace, key, value), value, "{key}");
            }
        }
    }
}

/// The device overwrites, deletes, and tidies up pages; after each step its flash is read.
#[test]
fn the_flash_of_a_working_device_is_read() {
    let content = of_every_type();
    let mut device = device(&build(&content, 0x8000));
    let others = Key::from_str("others");
    let mut image = Vec::new();
    for round in 0..60_u32 {
        let blob = bytes(1000 + usize::try_from(round).unwrap() * 53 % 4000)
            .as_bytes()
            .unwrap()
            .to_vec();
        let line = format!("round {round}");
        device
            .set(&others, &Key::from_str("pages"), blob.as_slice())
            .unwrap();
        device
            .set(&others, &Key::from_str("short"), line.as_str())
            .unwrap();
        device
            .set(&Key::from_str("numbers"), &Key::from_str("u32"), round)
            .unwrap();
        if round == 20 {
            device.delete(&others, &Key::from_str("long")).unwrap();
        }
        image = device.into_inner().into_inner();
        let read = nvs::parse(&image).unwrap();
        assert_eq!(read.findings, [], "round {round}");
        assert_eq!(read.get("numbers", "u32"), Some(&Value::U32(round)));
        assert_eq!(read.get("others", "short"), Some(&Value::string(&line)));
        assert_eq!(read.get("others", "pages"), Some(&Value::blob(&blob)));
        assert_eq!(read.get("others", "long").is_some(), round < 20);
        device = self::device(&image);
    }
    assert!(nvs::parse(&image).unwrap().entries_erased > 0);
}

#[test]
fn an_image_from_espressifs_tests_is_read() {
    let Some(image) = corpora::read("esp_secure_cert_golden/nvs-nvs.bin") else {
        return;
    };
    let read = nvs::parse(&image).unwrap();
    assert_eq!(read.findings, []);
    let keys: Vec<_> = read.items.iter().map(|item| item.key.as_str()).collect();
    assert!(
        read.items
            .iter()
            .all(|item| item.namespace == "esp_secure_cert")
    );
    assert!(
        keys.contains(&"ca_cert") && keys.contains(&"dev_cert"),
        "{keys:?}"
    );
    let dev_cert = read.get("esp_secure_cert", "dev_cert").unwrap();
    let dev_cert = signet_core::pem::decode(dev_cert.as_bytes().unwrap()).unwrap();
    assert_eq!(dev_cert[0].label, "CERTIFICATE");
}
