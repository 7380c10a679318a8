#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::image::partition::PartitionTable;

fuzz_target!(|data: &[u8]| {
    let Ok(table) = PartitionTable::parse(data) else { return };
    for partition in table.partitions() {
        assert_eq!(table.find(&partition.label), Some(partition));
        assert!(partition.range().end <= table.end() && !partition.range().is_empty());
    }
});
