//! One connection, and the statements it has prepared.

use std::collections::HashMap;

use anyhow::{Context, Result};
use postgres::error::Severity;
use postgres::types::ToSql;
use postgres::{Client, Row, Statement};

use super::address::Address;

/// How a session is set up. A commit is on the disk when it returns, whatever the server's default.
/// The locks of a station that was cut off end within half a minute.
const SETTINGS: &str = "
SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write');
SET statement_timeout = '30s';
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '30s';
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
";

/// A connection.
pub(super) struct Session {
    /// To be forgotten when a transaction or a part of it is taken back.
    pub(super) authorities: Authorities,
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

/// The numbers of authorities that were looked up.
#[derive(Default)]
pub(super) struct Authorities(HashMap<Vec<u8>, i64>);

impl Authorities {
    /// A station has two for each policy; who has more asks the database now and then.
    const MOST: usize = 64;

    pub(super) fn get(&self, der: &[u8]) -> Option<i64> {
        self.0.get(der).copied()
    }

    pub(super) fn put(&mut self, der: &[u8], number: i64) {
        if self.0.len() >= Self::MOST {
            self.forget();
        }
        self.0.insert(der.to_vec(), number);
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// What stands for the `$1`, `$2`, … of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Session {
    pub(super) fn open(address: &Address) -> Result<Self> {
        let mut client = address.connect()?;
        client.batch_execute(SETTINGS)?;
        Ok(Self {
            authorities: Authorities::default(),
            client,
            statements: HashMap::new(),
        })
    }

    /// Statements without values, of which nothing comes back.
    pub(super) fn run(&mut self, statements: &str) -> Result<()> {
        Ok(self.client.batch_execute(statements)?)
    }

    /// How many rows a statement has changed.
    pub(super) fn change(&mut self, sql: &'static str, values: Values<'_>) -> Result<u64> {
        let statement = self.prepared(sql)?;
        Ok(self.client.execute(&statement, values)?)
    }

    pub(super) fn rows(&mut self, sql: &'static str, values: Values<'_>) -> Result<Vec<Row>> {
        let statement = self.prepared(sql)?;
        Ok(self.client.query(&statement, values)?)
    }

    /// The row, if there is one.
    pub(super) fn row(&mut self, sql: &'static str, values: Values<'_>) -> Result<Option<Row>> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }

    /// A statement that says yes or no.
    pub(super) fn truth(&mut self, sql: &'static str, values: Values<'_>) -> Result<bool> {
        let row = self.row(sql, values)?.context("no answer")?;
        Ok(row.try_get(0)?)
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    /// Whether the connection is of no more use after this error.
    pub(super) fn is_over(&self, error: &anyhow::Error) -> bool {
        let fatal = |error: &postgres::Error| match error.as_db_error() {
            Some(said) => matches!(
                said.parsed_severity(),
                Some(Severity::Fatal | Severity::Panic)
            ),
            None => true,
        };
        self.client.is_closed() || error.downcast_ref::<postgres::Error>().is_some_and(fatal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_authorities_than_so_many_are_remembered() {
        let mut known = Authorities::default();
        for number in 0..1000_i64 {
            known.put(&number.to_be_bytes(), number);
            assert!(known.0.len() <= Authorities::MOST);
            assert_eq!(known.get(&number.to_be_bytes()), Some(number));
        }
        known.forget();
        assert_eq!(known.get(&999_i64.to_be_bytes()), None);
    }
}
