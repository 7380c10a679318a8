//! The file: its tables, and how it is opened.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rusqlite::{Connection, OpenFlags};

use crate::ledger::version::Newer;

/// Version of the tables, kept in the file as `user_version`.
const VERSION: u32 = 2;

const TABLES: &str = "
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    facts   TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX entries_of ON entries (subject);
CREATE INDEX entries_like ON entries (kind);
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

CREATE TABLE registrations (
    registration_id TEXT PRIMARY KEY,
    device_id       TEXT NOT NULL,
    enrollment      TEXT NOT NULL,
    attestation     TEXT NOT NULL,
    created         INTEGER NOT NULL,
    updated         INTEGER NOT NULL,
    etag            TEXT NOT NULL,
    operation_id    TEXT NOT NULL,
    csr             TEXT,
    policy          TEXT,
    polls_left      INTEGER NOT NULL,
    done            INTEGER NOT NULL,
    version         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE disabled (
    registration_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE authorities (
    id     INTEGER PRIMARY KEY,
    der    BLOB NOT NULL UNIQUE,
    issuer INTEGER REFERENCES authorities (id)
) STRICT;

CREATE TABLE certificates (
    serial            TEXT PRIMARY KEY,
    registration_id   TEXT NOT NULL,
    operation_id      TEXT NOT NULL,
    policy            TEXT NOT NULL,
    issued_at         INTEGER NOT NULL,
    not_after         INTEGER NOT NULL,
    der               BLOB NOT NULL,
    issuer            INTEGER NOT NULL REFERENCES authorities (id),
    revoked_at        INTEGER,
    revocation_reason TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX certificates_of ON certificates (registration_id, operation_id);
CREATE INDEX certificates_by_end ON certificates (not_after);

CREATE TABLE batches (
    name      TEXT PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_units (
    batch           TEXT NOT NULL REFERENCES batches (name),
    registration_id TEXT NOT NULL,
    expected        INTEGER NOT NULL,
    passed          INTEGER,
    run             TEXT,
    PRIMARY KEY (batch, registration_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    run             TEXT PRIMARY KEY,
    registration_id TEXT NOT NULL,
    passed          INTEGER NOT NULL,
    at              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_of ON runs (registration_id);
";

/// What has come since version 1. Registrations that it wrote count as written once.
const FROM_1: &str = "
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE registrations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX IF NOT EXISTS entries_like ON entries (kind);
DROP INDEX IF EXISTS registrations_by_device;
";

/// Opens or makes the file for the one writer, and brings an older one to this version.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let fresh = !path.exists();
    let connection = Connection::open(path)?;
    #[cfg(unix)]
    if fresh {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    // Before anything is changed.
    let version = known(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A commit is on the disk when it returns, not only in the system's hands.
    connection.pragma_update(None, "synchronous", "full")?;
    prepare(&connection)?;
    let changes = match version {
        0 => TABLES,
        1 => FROM_1,
        _ => return Ok(connection),
    };
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {changes} PRAGMA user_version = {VERSION}; COMMIT;"
    ))?;
    Ok(connection)
}

/// Opens the file for a reader. Version 1 has all that a [`View`](crate::ledger::View) asks for.
pub(super) fn open_to_read(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    known(&connection)?;
    Ok(connection)
}

/// The version of the tables, 0 for a file without any. Refuses one that is newer than this program.
fn known(connection: &Connection) -> Result<u32> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        let found = version.to_string();
        let known = VERSION;
        return Err(Newer { found, known }.into());
    }
    Ok(version)
}

fn prepare(connection: &Connection) -> Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}
