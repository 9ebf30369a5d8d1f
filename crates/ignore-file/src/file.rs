//! The file as a whole: which entry covers a finding, and which covered none.

use crate::entry::Entry;
use jiff::civil::Date;
use scanlift_report_core::Vulnerability;
use std::collections::HashMap;

/// The entries of a file, as they are on a day.
#[derive(Clone, Debug)]
pub struct IgnoreFile {
    name: String,
    today: Date,
    entries: Vec<Entry>,
    /// Entries that ask for an identifier, by its value in lower case.
    by_identifier: HashMap<String, Vec<usize>>,
    /// The others.
    others: Vec<usize>,
}

/// How often each entry covered a finding.
#[derive(Clone, Debug, Default)]
pub struct Usage(Vec<u64>);

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It covered so many findings.
    Used(u64),
    /// It covered none.
    Unused,
    /// It no longer counts; so many findings are back.
    Expired(u64),
}

impl Usage {
    /// Adds what another one holds of the same file, and leaves it empty.
    pub fn absorb(&mut self, other: &mut Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (count, more) in self.0.iter_mut().zip(other.0.drain(..)) {
            *count += more;
        }
    }
}

impl IgnoreFile {
    pub(crate) fn new(name: &str, entries: Vec<Entry>, today: Date) -> Self {
        let mut by_identifier: HashMap<String, Vec<usize>> = HashMap::new();
        let mut others = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let identifiers = entry.identifiers.iter().map(|pattern| &pattern.value);
            let values: Vec<&String> = if entry.identifiers.is_empty() {
                entry.rules.iter().collect()
            } else {
                identifiers.collect()
            };
            if values.is_empty() {
                others.push(index);
            }
            for value in values {
                by_identifier.entry(value.to_lowercase()).or_default().push(index);
            }
        }
        Self { name: name.to_owned(), today, entries, by_identifier, others }
    }

    /// What the user calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every entry, in the file's order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The first entry that covers a finding and counts.
    pub fn find(
        &self,
        vulnerability: &Vulnerability<'_>,
        scanner: &str,
        usage: &mut Usage,
    ) -> Option<&Entry> {
        usage.0.resize(self.entries.len(), 0);
        let identifiers = vulnerability.identifiers.iter();
        let candidates = self.candidates(identifiers.map(|it| (&*it.value, &*it.name)));
        for index in candidates {
            let entry = self.entries.get(index)?;
            if !entry.covers(vulnerability, scanner) {
                continue;
            }
            if let Some(count) = usage.0.get_mut(index) {
                *count += 1;
            }
            if !entry.is_expired(self.today) {
                return Some(entry);
            }
        }
        None
    }

    /// Whether a finding with such identifiers, as value and name, may be covered at all.
    pub fn may_cover<'i>(&self, identifiers: impl Iterator<Item = (&'i str, &'i str)>) -> bool {
        !self.candidates(identifiers).is_empty()
    }

    /// The entries that ask for one of these identifiers or for none, in the file's order.
    fn candidates<'i>(&self, identifiers: impl Iterator<Item = (&'i str, &'i str)>) -> Vec<usize> {
        let mut candidates = self.others.clone();
        for text in identifiers.flat_map(|(value, name)| [value, name]) {
            candidates.extend(self.by_identifier.get(&text.to_lowercase()).into_iter().flatten());
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// What became of each entry.
    pub fn fates(&self, usage: &Usage) -> impl Iterator<Item = (&Entry, Fate)> {
        let count = |index: usize| usage.0.get(index).copied().unwrap_or_default();
        self.entries.iter().enumerate().map(move |(index, entry)| {
            let fate = match count(index) {
                count if entry.is_expired(self.today) => Fate::Expired(count),
                0 => Fate::Unused,
                count => Fate::Used(count),
            };
            (entry, fate)
        })
    }

    /// What there is to warn of: expired entries, placeholders in place of reasons and, if findings were
    /// held against the file, entries that covered none.
    #[must_use]
    pub fn warnings(&self, usage: Option<&Usage>) -> Vec<String> {
        let mut warnings = Vec::new();
        for (entry, fate) in self.fates(usage.unwrap_or(&Usage::default())) {
            let place = format!("line {} ({})", entry.line, entry.about());
            let owner = entry.owner.as_ref().map(|owner| format!("; owner: {owner}")).unwrap_or_default();
            let expired = entry.expires.map(|day| format!("expired on {day}")).unwrap_or_default();
            let problem = match fate {
                Fate::Expired(_) if usage.is_none() => Some(format!("{expired} and no longer counts")),
                Fate::Expired(0) => Some(format!("{expired} and covers nothing: remove it")),
                Fate::Expired(1) => Some(format!("{expired} and no longer counts: 1 finding is back")),
                Fate::Expired(many) => {
                    Some(format!("{expired} and no longer counts: {many} findings are back"))
                }
                Fate::Unused if usage.is_some() => Some("covers no finding".to_owned()),
                Fate::Unused | Fate::Used(_) => None,
            };
            let reason =
                (entry.reason == crate::PLACEHOLDER).then(|| "the reason is still to be given".to_owned());
            warnings.extend(problem.into_iter().chain(reason).map(|text| format!("{place}: {text}{owner}")));
        }
        warnings
    }
}
