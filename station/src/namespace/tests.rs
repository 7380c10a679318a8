use super::*;
use crate::clock;

fn made() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Namespace::create(&data, clock::now(), &KeyAccess::default(), None).unwrap();
    (folder, data)
}

fn opened(data: &Path) -> Result<Namespace> {
    Namespace::open(data, clock::now(), &KeyAccess::default())
}

fn policy(name: &str) -> Policy {
    Policy {
        name: name.to_owned(),
        validity_days: 7,
    }
}

/// A folder where its certificate is to be stands for a disk that is full by then.
#[test]
fn a_policy_that_could_not_be_made_leaves_no_key_behind() {
    let (_folder, data) = made();
    let namespace = opened(&data).unwrap();
    let add = || namespace.add_policy(policy("short"), clock::now(), |_| Ok(()));
    fs::create_dir_all(data.join("ca/short.pem/x")).unwrap();
    add().unwrap_err();
    assert!(!data.join("ca/short.key").exists());
    fs::remove_dir_all(data.join("ca/short.pem")).unwrap();
    assert!(add().unwrap(), "there is one already");
}

/// The power failed after the key of a policy was made, and before its certificate was.
#[test]
fn a_key_without_its_certificate_is_named() {
    let (_folder, data) = made();
    fs::remove_file(data.join("ca/default.pem")).unwrap();
    let said = format!("{:#}", opened(&data).err().unwrap());
    for words in [
        "ca/default.pem",
        "is missing",
        "from a backup",
        "delete its key",
    ] {
        assert!(said.contains(words), "{said}");
    }
}
