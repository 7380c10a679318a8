//! Seals the key files of a station that does not run, or changes what seals them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::namespace::{self, AUTHORITIES};
use crate::secret::{Secret, SecretFrom};
use crate::signer::{FileSigner, is_plain};
use crate::{log, tls};

/// Seals every key file: with the `fresh` secret if there is one, otherwise those that are plain with
/// `secret`. Broken off half-way, the same command goes on.
///
/// # Errors
///
/// If the station runs, there is no secret, or a key opens with neither secret; then nothing changes.
pub fn protect(data: &Path, secret: &SecretFrom, fresh: &SecretFrom) -> Result<()> {
    ensure!(
        namespace::exists(data),
        "there is no station in {}",
        data.display()
    );
    let _lock = namespace::lock(data)?;
    let old = secret.load()?;
    let new = if fresh.is_given() {
        fresh.load()?
    } else {
        old.clone()
    };
    let new = new.context(
        "there is no secret to protect the keys with: set STATION_PASSPHRASE, or add \
         --passphrase-file FILE or --key-file FILE",
    )?;
    // All are opened before the first is written: a wrong secret changes nothing.
    let mut left = Vec::new();
    for path in key_files(data)? {
        if let Some(signer) = unsealed(&path, old.as_ref(), &new, fresh.is_given())? {
            left.push((path, signer));
        }
    }
    for (path, signer) in &left {
        signer.write(path, Some(&new))?;
    }
    log::line("protected", &[("keys", &left.len())]);
    Ok(())
}

/// Says in the log when there are keys that no secret seals.
pub(crate) fn warn(data: &Path) -> Result<()> {
    let plain = plain(data)?;
    if plain > 0 {
        let next = "stop the station and run `station protect`";
        log::line("keys-not-encrypted", &[("keys", &plain), ("next", &next)]);
    }
    Ok(())
}

/// How many keys are in files that no secret seals.
pub(crate) fn plain(data: &Path) -> Result<u32> {
    let mut plain = 0;
    for path in key_files(data)? {
        plain += u32::from(is_plain(&path)?);
    }
    Ok(plain)
}

/// The key, unless the new secret seals it already.
fn unsealed(
    path: &Path,
    old: Option<&Secret>,
    new: &Secret,
    changes: bool,
) -> Result<Option<FileSigner>> {
    if is_plain(path)? {
        return FileSigner::open(path, None).map(Some);
    }
    match FileSigner::open(path, Some(new)) {
        Ok(_) => Ok(None),
        Err(_) if changes => FileSigner::open(path, old).map(Some),
        Err(error) => Err(error),
    }
}

/// Whatever ends in `.key`, of authorities and of the device port.
fn key_files(data: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in [data.join(AUTHORITIES), data.join(tls::FOLDER)] {
        if !folder.is_dir() {
            continue;
        }
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "key") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::clock;
    use crate::namespace::Namespace;
    use crate::secret::KeyAccess;

    #[test]
    fn seals_changes_and_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let given = |name: &str| {
            let path = folder.path().join(name);
            fs::write(&path, name).unwrap();
            SecretFrom {
                passphrase_file: Some(path),
                key_file: None,
            }
        };
        let (first, second, other) = (given("first"), given("second"), given("other"));
        let nothing = SecretFrom::default();
        let access = |secret: &SecretFrom| KeyAccess {
            secret: secret.clone(),
            pin_file: None,
        };
        assert!(protect(&data, &first, &nothing).is_err(), "no station");
        crate::init(&data).unwrap();
        let sealed = |data: &Path| {
            let files = key_files(data).unwrap();
            files.iter().filter(|path| !is_plain(path).unwrap()).count()
        };
        assert!(protect(&data, &nothing, &nothing).is_err(), "no secret");
        {
            let _running = Namespace::open(&data, clock::now(), &KeyAccess::default()).unwrap();
            let error = protect(&data, &first, &nothing).unwrap_err();
            assert!(error.to_string().contains("another station"), "{error}");
        }
        assert_eq!(sealed(&data), 0);
        protect(&data, &first, &nothing).unwrap();
        assert_eq!(sealed(&data), 2);

        // Half-way through a change, as a power cut leaves it.
        let root = data.join("ca/root.key");
        let before = fs::read(&root).unwrap();
        protect(&data, &first, &second).unwrap();
        fs::write(&root, before).unwrap();
        let error = protect(&data, &other, &nothing).unwrap_err();
        assert!(format!("{error:#}").contains("last protected"), "{error:#}");
        protect(&data, &first, &second).unwrap();
        for (secret, opens) in [(&second, true), (&first, false), (&nothing, false)] {
            let opened = Namespace::open(&data, clock::now(), &access(secret));
            assert_eq!(opened.is_ok(), opens, "{secret:?}");
        }
    }
}
