//! The tables.

use anyhow::{Context, Result, ensure};

use super::session::Session;
use crate::ledger::version::Newer;

/// Version of the tables, kept in `meta`.
const VERSION: u32 = 1;

/// Begins a transaction that appends: one at a time, of all stations. The last entry is read in a
/// statement of its own, which sees what the one before has committed.
pub(super) const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE; SELECT pg_advisory_xact_lock(21337, 1)";

/// Text is compared by its bytes, as SQLite does.
const TABLES: &str = r#"
CREATE TABLE meta (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE entries (
    seq     bigint PRIMARY KEY CHECK (seq > 0),
    at      bigint NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    facts   text NOT NULL,
    hash    bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX entries_of ON entries (subject, seq);
CREATE INDEX entries_like ON entries (kind, seq);
CREATE FUNCTION entries_stay() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'entries are never changed or deleted'; END $$;
CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION entries_stay();
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_stay;
REVOKE UPDATE, DELETE, TRUNCATE ON entries FROM PUBLIC, CURRENT_USER;

CREATE TABLE registrations (
    registration_id text COLLATE "C" PRIMARY KEY,
    device_id       text NOT NULL,
    enrollment      text NOT NULL,
    attestation     text NOT NULL,
    created         bigint NOT NULL,
    updated         bigint NOT NULL,
    etag            text NOT NULL,
    operation_id    text NOT NULL,
    csr             text,
    policy          text,
    polls_left      bigint NOT NULL,
    done            boolean NOT NULL,
    version         bigint NOT NULL
);

CREATE TABLE disabled (
    registration_id text COLLATE "C" PRIMARY KEY
);

CREATE TABLE authorities (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    der    bytea NOT NULL,
    issuer bigint REFERENCES authorities (id)
);
CREATE UNIQUE INDEX authorities_once ON authorities (sha256(der));

CREATE TABLE certificates (
    serial            text COLLATE "C" PRIMARY KEY,
    registration_id   text COLLATE "C" NOT NULL,
    operation_id      text COLLATE "C" NOT NULL,
    policy            text NOT NULL,
    issued_at         bigint NOT NULL,
    not_after         bigint NOT NULL,
    der               bytea NOT NULL,
    issuer            bigint NOT NULL REFERENCES authorities (id),
    revoked_at        bigint,
    revocation_reason text
);
CREATE UNIQUE INDEX certificates_of ON certificates (registration_id, operation_id);
CREATE INDEX certificates_by_end ON certificates (not_after);

CREATE TABLE batches (
    name      text COLLATE "C" PRIMARY KEY,
    opened_at bigint NOT NULL,
    closed_at bigint
);

CREATE TABLE batch_units (
    batch           text COLLATE "C" NOT NULL REFERENCES batches (name),
    registration_id text COLLATE "C" NOT NULL,
    expected        boolean NOT NULL,
    passed          boolean,
    run             text,
    PRIMARY KEY (batch, registration_id)
);

CREATE TABLE runs (
    run             text COLLATE "C" PRIMARY KEY,
    registration_id text COLLATE "C" NOT NULL,
    passed          boolean NOT NULL,
    at              bigint NOT NULL
);
CREATE INDEX runs_of ON runs (registration_id);
"#;

/// Makes the tables if there are none, and refuses others.
pub(super) fn prepare(session: &mut Session) -> Result<()> {
    session.run(BEGIN)?;
    let prepared = make(session);
    session.run(if prepared.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    })?;
    prepared?;
    check(session)
}

fn make(session: &mut Session) -> Result<()> {
    if is_there(session)? {
        return Ok(());
    }
    session
        .run(TABLES)
        .context("cannot make the tables of the ledger: let the user own the database")?;
    session.change(
        "INSERT INTO meta VALUES ('version', $1)",
        &[&VERSION.to_string()],
    )?;
    Ok(())
}

/// Refuses a database without a ledger, with one of a version that is not known, or that may forget.
pub(super) fn check(session: &mut Session) -> Result<()> {
    ensure!(is_there(session)?, "there is no ledger in this database");
    let version = session.row("SELECT value FROM meta WHERE name = 'version'", &[])?;
    let version: String = version.context("the ledger has no version")?.try_get(0)?;
    if version.parse() != Ok(VERSION) {
        let (found, known) = (version, VERSION);
        return Err(Newer { found, known }.into());
    }
    let durable = session.truth("SELECT current_setting('fsync') = 'on'", &[])?;
    ensure!(
        durable,
        "the database does not wait for its disk: turn its setting fsync on"
    );
    Ok(())
}

fn is_there(session: &mut Session) -> Result<bool> {
    session.truth("SELECT to_regclass('meta') IS NOT NULL", &[])
}
