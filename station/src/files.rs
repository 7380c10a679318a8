//! Files that are either the old ones or the new ones, whatever happens in between.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{log, random};

/// Whether others on this computer may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// Only the station's user (mode 0600).
    Owner,
    /// Whatever the user's mask says.
    Public,
}

/// Replaces a file: writes a new one beside it, makes it durable, renames it, makes the rename durable.
pub(crate) fn replace(path: &Path, bytes: &[u8], privacy: Privacy) -> Result<()> {
    let folder = path.parent().context("a file without a folder")?;
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .context("a file without a name")?;
    let fresh = folder.join(format!(".{name}.{}", random::hex::<4>()?));
    let result = write(&fresh, bytes, privacy)
        .and_then(|()| fs::rename(&fresh, path))
        .and_then(|()| sync_folder(folder));
    if result.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    result.with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a value as JSON, see [`replace`].
pub(crate) fn replace_json(path: &Path, value: &impl Serialize, privacy: Privacy) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    replace(path, &bytes, privacy)
}

/// Reads JSON; `None` if there is no such file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .with_context(|| format!("{} is damaged", path.display()))
}

/// By which a file that was replaced or changed is told from what it was.
pub(crate) type Mark = (Option<SystemTime>, u64, u64);

/// The mark of a file as it is now; `None` if there is none. Each replacement is another file, with
/// another moment.
pub(crate) fn mark(path: &Path) -> Option<Mark> {
    let file = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&file);
    #[cfg(not(unix))]
    let number = 0;
    Some((file.modified().ok(), file.len(), number))
}

/// Overwrites a file and removes it. A disk that writes elsewhere may still hold the old bytes.
pub(crate) fn destroy(path: &Path) -> Result<()> {
    let overwrite = || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        file.write_all(&vec![0; length])?;
        file.sync_all()
    };
    overwrite()
        .and_then(|()| fs::remove_file(path))
        .and_then(|()| path.parent().map_or(Ok(()), sync_folder))
        .with_context(|| format!("cannot destroy {}", path.display()))
}

/// Makes a folder that only the station's user may enter.
pub(crate) fn private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .with_context(|| format!("cannot make the folder {}", path.display()))
}

/// A secret that others on this computer can read is used all the same, but not silently. What systemd
/// hands over it guards itself, with access lists that look like rights of the group.
pub(crate) fn warn_of_readers(path: &Path) {
    let guarded = std::env::var_os("CREDENTIALS_DIRECTORY");
    let guarded = guarded.filter(|folder| Path::new(folder).is_absolute());
    if guarded.is_some_and(|folder| path.starts_with(folder)) {
        return;
    }
    #[cfg(unix)]
    if let Ok(metadata) = fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        if mode & 0o077 != 0 {
            log::line("key-readable-by-others", &[("file", &path.display())]);
        }
    }
}

/// A path as it can be pasted into a shell.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn write(path: &Path, bytes: &[u8], privacy: Privacy) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if privacy == Privacy::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A rename is durable when its folder is. Windows has no such call, and journals renames.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(read_json::<u32>(&path).unwrap(), None);
        for value in [1_u32, 2] {
            replace_json(&path, &value, Privacy::Owner).unwrap();
            assert_eq!(read_json(&path).unwrap(), Some(value));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        fs::write(&path, "{").unwrap();
        assert!(
            read_json::<u32>(&path)
                .unwrap_err()
                .to_string()
                .contains("damaged")
        );
    }
}
