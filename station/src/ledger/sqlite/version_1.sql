-- The tables of version 1, without the indexes in which its two forms differ.
CREATE TABLE entries (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    facts   TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX entries_of ON entries (subject);
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
    done            INTEGER NOT NULL
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
