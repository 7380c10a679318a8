//! A full disk: refused before anything is issued, and all well again when there is room.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[expect(dead_code, reason = "shared with other tests")]
mod program;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use program::Client;
use signet_core::dps::{Error, RelayFault};
use signet_core::key::PrivateKey;
use signet_station::verify_ledger;

/// A disk of 40 MiB in memory.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=40m", "tmpfs"])
            .arg(at)
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(at.to_owned()));
        }
        // Past the test harness, which would keep it to itself.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no right to mount a disk of a known size"
        );
        None
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn refuses_before_it_issues() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    fs::create_dir(&page).unwrap();
    let Some(disk) = Disk::mount(&folder.path().join("disk")) else {
        return;
    };
    let data = disk.0.join("data");
    let station = program::start(&page, &data, None);
    let key = PrivateKey::from_entropy(&[9; 48]).unwrap();
    let register = |id: &str| {
        Client::register(&station, id, &key)
            .finish(station.page)
            .unwrap()
    };
    register("sn-1").unwrap();

    let ballast = disk.0.join("ballast");
    for (mib, certificates) in [(30, 1), (100, 1)] {
        let mut file = fs::File::create(&ballast).unwrap();
        // The last one does not fit: then nothing at all is left.
        let _ = file.write_all(&vec![0; mib * 1024 * 1024]);
        let refused = register("sn-2").unwrap_err();
        assert!(matches!(refused, Error::ServiceDown { .. }), "{refused:?}");
        let sound = verify_ledger(&data).unwrap();
        assert_eq!(sound.certificates, certificates);
    }
    fs::remove_file(&ballast).unwrap();
    register("sn-2").unwrap();
    let sound = verify_ledger(&data).unwrap();
    assert_eq!(
        (sound.entries, sound.certificates),
        (5, 2),
        "started; registered and issued, twice"
    );
    drop(station);
}

/// Whether a certificate is issued somewhere else changes nothing: what could not be written down is not
/// asked for.
#[test]
fn a_relay_refuses_before_it_asks() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    fs::create_dir(&page).unwrap();
    let Some(disk) = Disk::mount(&folder.path().join("disk")) else {
        return;
    };
    let (there, here) = (folder.path().join("data"), disk.0.join("line"));
    let dps = program::start(&page, &there, None);
    let relay = program::relay(&page, &here, &there, &dps);
    let key = PrivateKey::from_entropy(&[9; 48]).unwrap();
    let register = |id: &str| {
        Client::register(&relay, id, &key)
            .finish(relay.page)
            .unwrap()
    };
    register("sn-1").unwrap();
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![0; 30 * 1024 * 1024]).unwrap();
    let asked = verify_ledger(&there).unwrap();
    let refused = register("sn-2").unwrap_err();
    let full = RelayFault::LedgerFull;
    assert!(
        matches!(refused, Error::Relay { fault, .. } if fault == full),
        "{refused:?}"
    );
    assert_eq!(verify_ledger(&there).unwrap(), asked, "nobody was asked");
    fs::remove_file(&ballast).unwrap();
    register("sn-2").unwrap();
    let sound = verify_ledger(&here).unwrap();
    assert_eq!(
        (sound.entries, sound.certificates),
        (7, 2),
        "started; asked, registered and issued, twice"
    );
    drop((relay, dps));
}
