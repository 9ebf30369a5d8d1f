//! What GitLab merges within a report.

use crate::finding::{Finding, Fingerprint};
use std::collections::HashMap;
use uuid::Uuid;

/// The findings that were seen, by what GitLab merges them by. Memory: some 40 bytes for each pair of
/// place and identifier.
#[derive(Debug, Default)]
pub(crate) struct Duplicates {
    pairs: HashMap<u128, u64>,
    uuids: HashMap<Uuid, u64>,
}

/// Why GitLab drops a finding in favour of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Duplicate {
    /// The index of the one that stays.
    pub of: u64,
    /// What both have.
    pub shared: Shared,
}

/// What two merged findings have in common, at one place unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shared {
    /// Type and value of an identifier.
    Identifier(String),
    /// The same, and not the place but a tracking signature.
    Tracked(String),
    /// The UUID, though no identifier that counts.
    Uuid,
}

impl std::fmt::Display for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Identifier(identifier) => write!(f, "the identifier {identifier} at the same place"),
            Self::Tracked(identifier) => {
                write!(f, "the identifier {identifier} and a tracking signature")
            }
            Self::Uuid => f.write_str("the same UUID"),
        }
    }
}

impl Duplicates {
    /// Takes note of a finding; gives what it is a duplicate of.
    pub(crate) fn add(&mut self, finding: &Finding, signatures: bool) -> Option<Duplicate> {
        let places = || {
            let tracked = finding.signatures.iter().filter(|_| signatures).map(|it| (it.fingerprint, true));
            std::iter::once((finding.location, false)).chain(tracked)
        };
        let counting = finding.identifiers.iter().filter(|it| !is_ignored(&it.kind));
        let pairs: Vec<_> = counting
            .flat_map(|it| {
                places().map(move |(place, is_tracked)| (key(place, it.fingerprint), it, is_tracked))
            })
            .collect();
        let earlier =
            pairs.iter().find_map(|(key, it, is_tracked)| Some((*self.pairs.get(key)?, *it, *is_tracked)));
        if let Some((of, identifier, is_tracked)) = earlier {
            let shared = format!("{}:{}", identifier.kind, identifier.value);
            let shared = if is_tracked { Shared::Tracked(shared) } else { Shared::Identifier(shared) };
            return Some(Duplicate { of, shared });
        }
        if let Some(of) = finding.uuid.and_then(|uuid| self.uuids.get(&uuid)) {
            return Some(Duplicate { of: *of, shared: Shared::Uuid });
        }
        self.pairs.extend(pairs.into_iter().map(|(key, ..)| (key, finding.index)));
        self.uuids.extend(finding.uuid.map(|uuid| (uuid, finding.index)));
        None
    }
}

/// Types of identifiers that only categorise.
fn is_ignored(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("cwe") || kind.eq_ignore_ascii_case("wasc")
}

/// A place and an identifier as one key: eight bytes of each SHA-1.
fn key(place: Fingerprint, identifier: Fingerprint) -> u128 {
    let half = |fingerprint: Fingerprint| {
        fingerprint.0[..8].iter().fold(0_u128, |all, byte| all << 8 | u128::from(*byte))
    };
    half(place) << 64 | half(identifier)
}
