//! Partition tables, with esp-rs' `esp-idf-part` as the judge: what it writes is read here, what the
//! simulated board has is read by it, and both refuse the same mistakes.

use esp_idf_part::PartitionTable as Theirs;
use signet_boards::{PARTITIONS, partition_table};
use signet_core::image::partition::PartitionTable;

const CSV: &str = "\
# Name,          Type, SubType, Offset,   Size,     Flags
nvs,             data, nvs,     0x9000,   0x4000,
esp_secure_cert, 0x3F, 0x06,    0xD000,   0x2000,   encrypted
phy_init,        data, phy,     0xF000,   0x1000,
factory,         app,  factory, 0x10000,  0x100000,
storage,         data, spiffs,  0x110000, 0xF0000,
";

#[test]
fn reads_what_they_write() {
    let theirs = Theirs::try_from_str(CSV).expect("a table");
    let ours = PartitionTable::parse(&theirs.to_bin().expect("its bytes")).expect("the same table");
    assert!(ours.has_digest());
    assert_eq!(ours.partitions().len(), theirs.partitions().len());
    for (ours, theirs) in ours.partitions().iter().zip(theirs.partitions()) {
        assert_eq!(ours.label, theirs.name());
        assert_eq!((ours.offset, ours.size), (theirs.offset(), theirs.size()));
        assert_eq!(ours.kind, u8::from(theirs.ty()));
    }
    assert!(
        ours.find("esp_secure_cert")
            .is_some_and(|partition| partition.encrypted)
    );
    assert!(
        ours.find("factory")
            .is_some_and(|partition| !partition.holds_data())
    );
}

#[test]
fn they_read_what_the_simulated_board_has() {
    let mut table = partition_table(&PARTITIONS);
    table.resize(0xC00, 0xFF);
    let theirs = Theirs::try_from_bytes(table).expect("a sound table");
    theirs.validate().expect("a valid table");
    let names: Vec<_> = theirs
        .partitions()
        .iter()
        .map(|partition| partition.name())
        .collect();
    assert_eq!(names, ["nvs", "esp_secure_cert", "phy_init", "factory"]);
}

#[test]
fn both_refuse_a_wrong_digest() {
    let theirs = Theirs::try_from_str(CSV).expect("a table");
    let mut bytes = theirs.to_bin().expect("its bytes");
    bytes[8] ^= 1;
    assert!(PartitionTable::parse(&bytes).is_err());
    assert!(Theirs::try_from_bytes(bytes).is_err());
}
