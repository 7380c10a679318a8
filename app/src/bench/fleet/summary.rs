use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use signet_core::UnixTime;
use signet_core::cert::Certificate;

use crate::bench::item::{Id, Item};
use crate::fleet::Fate;

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    /// The profile, for people.
    pub(super) profile: &'static str,
    pub(super) at: UnixTime,
    pub(super) rows: Vec<Row>,
    /// How many are accepted.
    pub(super) accepted: usize,
    /// The codes of the refusals, the most frequent first.
    pub(super) refusals: Vec<Refusals>,
    pub(super) issuers: Vec<Issuer>,
    /// How many end within each of [`TERMS`] and not before, then how many later.
    pub(super) ends: [usize; TERMS.len() + 1],
    /// Certificates whose key another name has, too.
    pub(super) shared_keys: BTreeSet<Id>,
}

/// One certificate and its fate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) id: Id,
    pub(super) title: Arc<str>,
    pub(super) issuer: Arc<str>,
    pub(super) file: Arc<str>,
    pub(super) der: Arc<[u8]>,
    pub(super) not_after: UnixTime,
    pub(super) fate: Fate,
    key: Option<[u8; 32]>,
}

/// All certificates that one rule refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusals {
    pub(super) code: String,
    pub(super) count: usize,
    /// The sentence of the first.
    pub(super) what: String,
    pub(super) mend: String,
}

/// All certificates of one issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Issuer {
    pub(super) name: Arc<str>,
    pub(super) accepted: usize,
    pub(super) refused: usize,
}

/// Days, and what they are called: over, soon, and the lifetimes that Azure's policies have.
pub(super) const TERMS: [(u64, &str); 4] = [
    (0, "have ended"),
    (7, "end within 7 days"),
    (30, "within 30 days"),
    (90, "within 90 days"),
];

impl Row {
    /// `None` for what is no certificate.
    pub(super) fn new(item: &Item) -> Option<Self> {
        let facts = item.facts()?;
        Some(Self {
            id: item.id,
            title: Arc::clone(&item.title),
            issuer: Arc::clone(&facts.issuer),
            file: Arc::clone(&item.file),
            der: Arc::clone(&item.der),
            not_after: facts.not_after,
            fate: Fate::default(),
            key: item.key,
        })
    }
}

impl Found {
    /// What the certificates say by themselves; so far none is refused.
    pub(super) fn before(profile: &'static str, at: UnixTime, rows: Vec<Row>) -> Self {
        Self {
            profile,
            at,
            accepted: rows.len(),
            refusals: Vec::new(),
            issuers: issuers(&rows),
            ends: ends(&rows, at),
            shared_keys: shared_keys(&rows),
            rows,
        }
    }

    /// With their fates, in the order of the rows.
    pub(super) fn after(mut self, fates: Vec<Fate>) -> Self {
        let mut refused: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for (row, fate) in self.rows.iter_mut().zip(fates) {
            if !fate.is_accepted() {
                self.accepted -= 1;
                *refused.entry(Arc::clone(&row.issuer)).or_default() += 1;
                row.fate = fate;
            }
        }
        for issuer in &mut self.issuers {
            issuer.refused = refused.get(&issuer.name).copied().unwrap_or_default();
            issuer.accepted -= issuer.refused;
        }
        self.refusals = refusals(&self.rows);
        self
    }
}

fn refusals(rows: &[Row]) -> Vec<Refusals> {
    let mut found: BTreeMap<&str, Refusals> = BTreeMap::new();
    for Row { fate, .. } in rows.iter().filter(|row| !row.fate.is_accepted()) {
        let of_code = found.entry(&fate.code).or_insert_with(|| Refusals {
            code: fate.code.clone(),
            count: 0,
            what: fate.what.clone(),
            mend: fate.mend.clone(),
        });
        of_code.count += 1;
    }
    let mut found: Vec<Refusals> = found.into_values().collect();
    found.sort_by_key(|refusals| core::cmp::Reverse(refusals.count));
    found
}

/// Those with the most certificates first.
fn issuers(rows: &[Row]) -> Vec<Issuer> {
    let mut found: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
    for row in rows {
        *found.entry(&row.issuer).or_default() += 1;
    }
    let found = found.into_iter();
    let mut found: Vec<Issuer> = found
        .map(|(name, accepted)| Issuer {
            name: Arc::clone(name),
            accepted,
            refused: 0,
        })
        .collect();
    found.sort_by_key(|issuer| core::cmp::Reverse(issuer.accepted));
    found
}

fn ends(rows: &[Row], at: UnixTime) -> [usize; TERMS.len() + 1] {
    let mut counts = [0; TERMS.len() + 1];
    for row in rows {
        let within = |(days, _): &(u64, &str)| row.not_after.0 < at.0.saturating_add(days * 86_400);
        let term = TERMS.iter().position(within).unwrap_or(TERMS.len());
        if let Some(count) = counts.get_mut(term) {
            *count += 1;
        }
    }
    counts
}

/// A renewed certificate may keep its key; two devices must never have the same.
fn shared_keys(rows: &[Row]) -> BTreeSet<Id> {
    let mut first: HashMap<[u8; 32], &Row> = HashMap::with_capacity(rows.len());
    let mut shared: HashSet<[u8; 32]> = HashSet::new();
    for row in rows {
        if let Some(key) = row.key
            && let Some(other) = first.insert(key, row)
            && !shared.contains(&key)
            && !is_one_name(other, row)
        {
            shared.insert(key);
        }
    }
    let is_shared = |row: &&Row| row.key.is_some_and(|key| shared.contains(&key));
    rows.iter().filter(is_shared).map(|row| row.id).collect()
}

/// Whether both are for the same. What people call them does not tell: names are cut, and may stand in
/// the alternative name alone.
fn is_one_name(one: &Row, other: &Row) -> bool {
    let [one, other] = [one, other].map(|row| Certificate::from_der(&row.der).ok());
    one.zip(other)
        .is_some_and(|(one, other)| one.named() == other.named())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: &[u8] = include_bytes!("../../fleet/rehearse/device.der");

    /// The same certificate for another name: the last byte of its alternative name is another.
    fn namesake() -> Vec<u8> {
        let name = b"\x82\x09rehearsal";
        let mut der = DEVICE.to_vec();
        let at = DEVICE.windows(name.len()).position(|part| part == name);
        der[at.unwrap() + name.len() - 1] = b'!';
        der
    }

    fn row(id: u32, title: &str, issuer: &str, days: u64, key: u8) -> Row {
        Row {
            id: Id(id),
            title: title.into(),
            issuer: issuer.into(),
            file: "fleet.pem".into(),
            der: if id == 2 { namesake() } else { DEVICE.to_vec() }.into(),
            not_after: UnixTime(1_000_000 + days * 86_400),
            fate: Fate::default(),
            key: Some([key; 32]),
        }
    }

    fn refused(code: &str) -> Fate {
        Fate {
            code: code.to_owned(),
            what: format!("{code} it is."),
            mend: "Mend it.".to_owned(),
        }
    }

    fn found() -> Found {
        let rows = vec![
            row(1, "a", "CA 1", 3, 1),
            // People call it the same.
            row(2, "a", "CA 1", 20, 1),
            row(3, "c", "CA 2", 400, 2),
            row(4, "c", "CA 2", 60, 2),
        ];
        let fates = vec![
            Fate::default(),
            refused("path.expired"),
            refused("path.signature"),
            refused("path.expired"),
        ];
        Found::before("RFC 5280", UnixTime(1_000_000), rows).after(fates)
    }

    #[test]
    fn counts_add_up() {
        let found = found();
        assert_eq!(found.accepted, 1);
        let counts: Vec<(&str, usize)> = found
            .refusals
            .iter()
            .map(|one| (one.code.as_str(), one.count))
            .collect();
        assert_eq!(counts, [("path.expired", 2), ("path.signature", 1)]);
        let issuers: Vec<(usize, usize)> = found
            .issuers
            .iter()
            .map(|one| (one.accepted, one.refused))
            .collect();
        assert_eq!(issuers, [(1, 1), (0, 2)]);
        assert_eq!(found.ends, [0, 1, 1, 1, 1]);
    }

    #[test]
    fn one_key_under_two_names_is_found_and_a_renewal_is_not() {
        let shared: Vec<Id> = found().shared_keys.into_iter().collect();
        assert_eq!(shared, [Id(1), Id(2)]);
    }
}
