//! What everything that reads X.509 has in common, with the path engine or without.

/// Bytes, read as DER.
pub mod cursor;
/// Distinguished names, as people read them.
pub mod name;
/// Why certificates are revoked.
pub mod reason;
/// Whatever an authority signs.
pub mod signed;
/// Text that is safe to show.
pub mod text;
mod time;

pub use reason::Reason;
pub use time::UnixTime;
