//! Merges what GitLab would merge, on purpose and on record.
//!
//! GitLab drops a finding that shares a place and an identifier (of any type but CWE and WASC)
//! with an earlier one of the report. This stage does the same first: the record counts as a
//! duplicate, and the finding that stays lists it. An identifier that only categorises (OWASP,
//! tags) must not merge two different findings, so it moves to `details` of the later one.
//! After this stage GitLab folds nothing.

mod seen;

use crate::identity::{is_advisory, is_class, keep_in_details};
use scanlift_report_core::{Detail, Identifier, Location, Vulnerability};
use seen::Seen;
use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    fs::File,
    hash::{BuildHasherDefault, Hash, Hasher},
    io::{self, BufReader, BufWriter, Read, Seek, Write},
};

/// A 64-bit hash of a place and an identifier. With a million of them, two different ones are
/// equal once in some thirty million reports.
type Key = u64;

/// Keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// How many folded instances a finding lists.
const LISTED: usize = 50;

/// How much text of folded instances is held in all; past it they are only counted.
const MOST_TEXT: usize = 4 * 1024 * 1024;

/// What is known of the findings of one report: some eight bytes a finding.
#[derive(Debug)]
pub struct Fold {
    /// What two findings may be folded by: has to be exact.
    seen: HashSet<Key, BuildHasherDefault<Identity>>,
    /// Categories and signatures: to be wrong about one costs that one, and no finding.
    perhaps_seen: Seen,
    folded: HashMap<Key, Folded>,
    text: usize,
    place: String,
    keys: Vec<Key>,
    /// The keys of every finding that was written, in order: a count and so many keys.
    journal: BufWriter<File>,
}

/// What was folded into a finding.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    count: u64,
    instances: Vec<String>,
}

impl Folded {
    /// Shows it on the finding that stays.
    pub fn describe(&self, vulnerability: &mut Vulnerability<'_>) {
        let mut items: Vec<_> =
            self.instances.iter().map(|instance| Detail::text(instance.clone())).collect();
        let more = self.count - self.instances.len() as u64;
        if more > 0 {
            items.push(Detail::text(format!("and {more} more")));
        }
        let name = format!("Folded instances ({})", self.count);
        vulnerability.details.insert("folded_instances", name, Detail::List { items });
    }

    fn merge(&mut self, other: &Folded) {
        self.count += other.count;
        let room = LISTED.saturating_sub(self.instances.len());
        self.instances.extend(other.instances.iter().take(room).cloned());
    }
}

impl Fold {
    /// Nothing is known yet. The keys are kept in an unnamed temporary file.
    ///
    /// # Errors
    /// If that file cannot be made.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            seen: HashSet::default(),
            perhaps_seen: Seen::default(),
            folded: HashMap::new(),
            text: 0,
            place: String::new(),
            keys: Vec::new(),
            journal: BufWriter::new(tempfile::tempfile()?),
        })
    }

    /// Whether the finding is to be written; else it was folded into an earlier one.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub fn admit(&mut self, vulnerability: &mut Vulnerability<'_>) -> io::Result<bool> {
        self.place.clear();
        vulnerability.location.write_fingerprint(&mut self.place);
        let place = hash(&self.place);
        let seen = &self.seen;

        let primary = key(place, vulnerability.identifiers.primary());
        let same = |identifier: &Identifier<'_>| {
            is_advisory(identifier).then(|| key(place, identifier)).filter(|key| seen.contains(key))
        };
        let known = if seen.contains(&primary) {
            Some(primary)
        } else {
            vulnerability.identifiers.iter().skip(1).find_map(same)
        };
        if let Some(known) = known {
            self.note(known, vulnerability);
            return Ok(false);
        }

        let perhaps_seen = &self.perhaps_seen;
        let merging = vulnerability.identifiers.take_rest(|identifier| {
            let key = key(place, identifier);
            identifier.is_ignored_in_deduplication()
                || !(if is_class(identifier) { perhaps_seen.contains(key) } else { seen.contains(&key) })
        });
        keep_in_details(vulnerability, merging);
        // A signature that an earlier finding has at another place does not tell the two apart.
        if let Some(signature) = signature_key(vulnerability)
            && !self.perhaps_seen.insert(signature)
        {
            vulnerability.tracking = None;
        }

        self.keys.clear();
        self.keys.push(primary);
        for identifier in vulnerability.identifiers.iter().skip(1) {
            if identifier.is_ignored_in_deduplication() {
                continue;
            }
            let key = key(place, identifier);
            if is_class(identifier) {
                self.perhaps_seen.insert(key);
            } else {
                self.keys.push(key);
            }
        }
        self.journal.write_all(&(self.keys.len() as u64).to_le_bytes())?;
        for key in &self.keys {
            self.journal.write_all(&key.to_le_bytes())?;
        }
        self.seen.extend(self.keys.iter().copied());
        Ok(true)
    }

    /// Whether something was folded, so that the written findings have to be completed.
    #[must_use]
    pub fn has_folded(&self) -> bool {
        !self.folded.is_empty()
    }

    /// What was folded into each of the written findings, in their order.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub fn into_notes(self) -> io::Result<Notes> {
        let mut journal = self.journal.into_inner().map_err(io::IntoInnerError::into_error)?;
        journal.rewind()?;
        Ok(Notes { folded: self.folded, journal: BufReader::new(journal) })
    }

    fn note(&mut self, key: Key, vulnerability: &Vulnerability<'_>) {
        let folded = self.folded.entry(key).or_default();
        folded.count += 1;
        if folded.instances.len() < LISTED && self.text < MOST_TEXT {
            let instance = instance(vulnerability);
            self.text += instance.len();
            folded.instances.push(instance);
        }
    }
}

/// What was folded into the written findings.
#[derive(Debug)]
pub struct Notes {
    folded: HashMap<Key, Folded>,
    journal: BufReader<File>,
}

impl Notes {
    /// What was folded into the next finding.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub fn next_finding(&mut self) -> io::Result<Option<Folded>> {
        let mut all: Option<Folded> = None;
        for _ in 0..self.number()? {
            let key = self.number()?;
            if let Some(folded) = self.folded.get(&key) {
                all.get_or_insert_default().merge(folded);
            }
        }
        Ok(all)
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.journal.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// The key of an identifier at a place, which is hashed already.
fn key(place: u64, identifier: &Identifier<'_>) -> Key {
    hash((place, &identifier.kind, &identifier.value))
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn signature_key(vulnerability: &Vulnerability<'_>) -> Option<Key> {
    let tracking = vulnerability.tracking.as_ref()?;
    let mut hasher = DefaultHasher::new();
    for signature in tracking.items.iter().flat_map(|item| &item.signatures) {
        (&signature.algorithm, &signature.value).hash(&mut hasher);
    }
    Some(hasher.finish())
}

/// What tells a folded finding from the one that stays, in one line.
fn instance(vulnerability: &Vulnerability<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let package = |dependency: &scanlift_report_core::Dependency<'_>| {
        format!("{} {}", dependency.package.name, dependency.version)
    };
    match &vulnerability.location {
        Location::Sast(source) => parts.extend(lines(source)),
        Location::SecretDetection(secret) => parts.extend(lines(&secret.source)),
        Location::DependencyScanning(location) => parts.push(package(&location.dependency)),
        Location::ContainerScanning(location) => parts.push(package(&location.dependency)),
        Location::ClusterImageScanning(location) => {
            let resource = &location.kubernetes_resource;
            parts.push(format!("{}/{}/{}", resource.namespace, resource.kind, resource.name));
            parts.push(package(&location.dependency));
        }
        Location::Dast(web) | Location::ApiFuzzing(web) => {
            let part = |text: &Option<scanlift_report_core::Text<'_>>| {
                text.as_deref().unwrap_or_default().to_owned()
            };
            parts.push(format!("{}{}", part(&web.hostname), part(&web.path)));
        }
        _ => {}
    }
    for key in ["package_path", "columns"] {
        if let Some(Detail::Text { value }) = vulnerability.details.get(key) {
            parts.push(value.to_string());
        }
    }
    let primary = vulnerability.identifiers.primary();
    let said =
        vulnerability.description.as_deref().or(vulnerability.name.as_deref()).unwrap_or(&primary.value);
    let said = said.lines().next().unwrap_or_default();
    match said.char_indices().nth(160) {
        Some((end, _)) => parts.push(format!("{}…", &said[..end])),
        None if said.is_empty() => {}
        None => parts.push(said.to_owned()),
    }
    parts.join(" · ")
}

fn lines(source: &scanlift_report_core::SourceLocation<'_>) -> Option<String> {
    let file = source.file.as_deref()?;
    Some(match (source.start_line, source.end_line) {
        (Some(start), Some(end)) if end > start => format!("{file}:{start}-{end}"),
        (Some(start), _) => format!("{file}:{start}"),
        _ => file.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{SourceLocation, Tracking};

    fn finding(identifiers: &[(&'static str, &'static str)], line: u64) -> Vulnerability<'static> {
        let mut all = identifiers.iter().filter_map(|(kind, value)| Identifier::new(*kind, *value, *value));
        let place = Location::Sast(SourceLocation::lines("a.c", line, line));
        let mut vulnerability = Vulnerability::new(all.next().expect("at least one"), place);
        vulnerability.identifiers.extend(all);
        vulnerability
    }

    #[test]
    fn what_gitlab_would_fold_is_folded() -> io::Result<()> {
        for (what, first, second, admitted, left) in [
            ("same rule and line", &[("r", "A")][..], (&[("r", "A")][..], 1), false, 1),
            ("same rule, another line", &[("r", "A")], (&[("r", "A")], 2), true, 1),
            ("another rule", &[("r", "A")], (&[("r", "B")], 1), true, 1),
            ("a shared advisory", &[("ghsa", "G"), ("cve", "C")], (&[("cve", "C")], 1), false, 1),
            ("an alias", &[("cve", "C")], (&[("ghsa", "G"), ("cve", "C")], 1), false, 2),
            ("a shared CWE", &[("r", "A"), ("cwe", "79")], (&[("r", "B"), ("cwe", "79")], 1), true, 2),
            (
                "a shared category",
                &[("r", "A"), ("owasp", "A1")],
                (&[("r", "B"), ("owasp", "A1")], 1),
                true,
                1,
            ),
        ] {
            let mut fold = Fold::new()?;
            assert!(fold.admit(&mut finding(first, 1))?, "{what}");
            let mut other = finding(second.0, second.1);
            assert_eq!(fold.admit(&mut other)?, admitted, "{what}");
            assert_eq!(other.identifiers.len(), left, "{what}");
            assert_eq!(fold.has_folded(), !admitted, "{what}");
        }
        Ok(())
    }

    #[test]
    fn a_constant_signature_is_taken_from_all_but_the_first() -> io::Result<()> {
        let mut fold = Fold::new()?;
        for (line, kept) in [(1, true), (2, false), (3, false)] {
            let mut one = finding(&[("r", "A")], line);
            one.tracking = Some(Tracking::hash(None, None, "constant"));
            assert!(fold.admit(&mut one)?);
            assert_eq!(one.tracking.is_some(), kept, "line {line}");
        }
        Ok(())
    }

    #[test]
    fn the_finding_that_stays_lists_the_first_fifty() -> io::Result<()> {
        let mut fold = Fold::new()?;
        for line in [7, 8] {
            assert!(fold.admit(&mut finding(&[("r", "A")], line))?);
        }
        for _ in 0..60 {
            assert!(!fold.admit(&mut finding(&[("r", "A")], 8))?);
        }
        let mut notes = fold.into_notes()?;
        assert!(notes.next_finding()?.is_none());
        let folded = notes.next_finding()?.expect("it was folded into");
        let mut stays = finding(&[("r", "A")], 8);
        folded.describe(&mut stays);
        let Some(Detail::List { items }) = stays.details.get("folded_instances") else { panic!("no list") };
        assert_eq!((items.len(), items.last()), (51, Some(&Detail::text("and 10 more"))));
        Ok(())
    }
}
