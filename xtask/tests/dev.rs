//! `./dev` as it is, in a system that has no more than what stands in one folder.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What every system has.
const COMMON: [&str; 11] = [
    "bash", "cat", "date", "dirname", "env", "grep", "mkdir", "rm", "sed", "tail", "touch",
];

/// A system without a package manager that `dev` knows, and with a Rust from rustup of this version.
fn system(folder: &Path, version: &str) {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    for name in COMMON {
        let real = Command::new("sh")
            .args(["-c", "command -v \"$0\"", name])
            .output();
        let real = String::from_utf8(real.unwrap().stdout).unwrap();
        symlink(real.trim(), bin.join(name)).unwrap();
    }
    let library = folder.join("lib");
    fs::create_dir_all(&library).unwrap();
    fs::write(library.join("libstd-0.rlib"), "").unwrap();
    program(&bin, "cc", "");
    program(&bin, "cargo", "echo cargo \"$@\"");
    program(&bin, "rustup", "");
    rust(folder, version);
}

fn rust(folder: &Path, version: &str) {
    let library = folder.join("lib");
    let answer = format!(
        "case $1 in --version) echo 'rustc {version} (x)' ;; *) echo '{}' ;; esac",
        library.display()
    );
    program(&folder.join("bin"), "rustc", &answer);
}

fn program(bin: &Path, name: &str, body: &str) {
    let path = bin.join(name);
    fs::write(&path, format!("#!/usr/bin/env bash\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn dev(folder: &Path) -> Output {
    let dev = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../dev");
    let mut command = Command::new(folder.join("bin/bash"));
    command.arg(dev).arg("check").env_clear();
    command.env("PATH", folder.join("bin")).env("HOME", folder);
    command.env("CARGO_TARGET_DIR", folder.join("target"));
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_compiler_that_was_too_old_is_named_and_its_update_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    system(folder.path(), "1.70.0");
    let first = dev(folder.path());
    assert!(!first.status.success());
    for words in ["1.93", "rustup update"] {
        assert!(said(&first).contains(words), "{}", said(&first));
    }
    rust(folder.path(), "1.95.0");
    let second = dev(folder.path());
    assert!(second.status.success(), "{}", said(&second));
    assert!(
        said(&second).contains("--package xtask"),
        "{}",
        said(&second)
    );
}

/// Debian's Rust was taken once, because rustup gave no answer then.
#[test]
fn a_rustup_that_has_everything_is_used() {
    let folder = tempfile::tempdir().unwrap();
    system(folder.path(), "1.95.0");
    let stamps = folder.path().join(".cache/signet/stamps");
    fs::create_dir_all(&stamps).unwrap();
    fs::write(stamps.join("no-answer-from-rustup"), "").unwrap();
    let output = dev(folder.path());
    assert!(output.status.success(), "{}", said(&output));
}

/// `apt-get update` without a network only warns.
#[test]
fn the_package_list_is_refreshed_again_when_nothing_could_be_installed() {
    let folder = tempfile::tempdir().unwrap();
    system(folder.path(), "1.95.0");
    let bin = folder.path().join("bin");
    fs::remove_file(bin.join("cc")).unwrap();
    program(&bin, "id", "echo 0");
    program(&bin, "dpkg-query", "exit 1");
    let apt = "echo \"$*\" >> \"$HOME/asked\"
        case \"$*\" in *update*) ;; *) [ -e \"$HOME/network\" ] ;; esac";
    program(&bin, "apt-get", apt);
    let refreshed = || {
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        asked
            .lines()
            .filter(|line| line.ends_with("update"))
            .count()
    };
    assert!(!dev(folder.path()).status.success());
    assert_eq!(refreshed(), 1);
    fs::write(folder.path().join("network"), "").unwrap();
    for _ in 0..2 {
        let output = dev(folder.path());
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(
            refreshed(),
            2,
            "again, and then not for the rest of the day"
        );
    }
}
