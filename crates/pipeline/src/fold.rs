//! Merges what GitLab would merge, on purpose and on record.
//!
//! GitLab drops a finding that shares a place (its location, or one of its tracking signatures) and
//! an identifier (of any type but CWE and WASC) with an earlier one of the report. This stage does
//! the same first: the record counts as a duplicate, and the finding that stays lists it. An
//! identifier that only categorises (OWASP, tags) must not merge two different findings, so it moves
//! to `details` of the later one. After this stage GitLab folds nothing.

mod change;
mod seen;

use crate::identity::{is_advisory, is_class};
pub(crate) use change::Change;
use scanlift_report_core::{Detail, Details, Location, Vulnerability};
use seen::{Known, Seen};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, hash_map::DefaultHasher},
    fs::File,
    hash::{Hash, Hasher},
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::Path,
};

/// A 64-bit hash of a place and an identifier. With a million of them, two different ones are
/// equal once in some thirty million reports.
pub(crate) type Key = u64;

/// What a finding is folded by: GitLab merges two that share a place and an identifier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'k> {
    /// Where it is: the key of its location, then those of its tracking signatures.
    pub(crate) places: &'k [Key],
    /// What it is called, the primary identifier first.
    pub(crate) identifiers: &'k [IdentifierKey],
}

/// What an identifier can do to a finding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdentifierKey {
    key: Key,
    role: Role,
}

impl IdentifierKey {
    /// The key of the identifier at a place.
    pub(crate) const fn at(self, place: Key) -> Key {
        self.key ^ place
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// GitLab leaves it out of account.
    Ignored,
    /// It categorises.
    Class,
    /// It names a single published vulnerability.
    Advisory,
    /// It names something else.
    Other,
}

/// What becomes of a finding.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It is written as it is.
    Write,
    /// It is written without what GitLab would merge it by.
    Change(Change),
    /// It is folded into the finding of that key.
    Fold(Key),
}

/// Appends the keys of a finding's places and of its identifiers. `room` is room to work in.
pub(crate) fn keys_of(
    vulnerability: &Vulnerability<'_>,
    room: &mut String,
    places: &mut Vec<Key>,
    identifiers: &mut Vec<IdentifierKey>,
) {
    room.clear();
    vulnerability.location.write_fingerprint(room);
    places.push(hash(written(room)));
    add_signatures(vulnerability, places);
    identifiers.extend(vulnerability.identifiers.iter().map(|identifier| {
        let role = match () {
            () if identifier.is_ignored_in_deduplication() => Role::Ignored,
            () if is_class(identifier) => Role::Class,
            () if is_advisory(identifier) => Role::Advisory,
            () => Role::Other,
        };
        IdentifierKey { key: hash((written(&identifier.kind), written(&identifier.value))), role }
    }));
}

/// Appends the keys of tracking signatures, one for each algorithm: GitLab joins the values of one.
fn add_signatures(vulnerability: &Vulnerability<'_>, places: &mut Vec<Key>) {
    let Some(tracking) = &vulnerability.tracking else { return };
    let mut hashers: BTreeMap<&str, DefaultHasher> = BTreeMap::new();
    for signature in tracking.items.iter().flat_map(|item| &item.signatures) {
        written(&signature.value).hash(hashers.entry(&signature.algorithm).or_default());
    }
    places.extend(hashers.into_iter().map(|(algorithm, hasher)| hash((algorithm, hasher.finish()))));
}

/// How many folded instances a finding lists.
const LISTED: usize = 50;

/// How much text of folded instances is held in all; past it they are only counted.
const MOST_TEXT: usize = 4 * 1024 * 1024;

/// The field of a finding that lists what was folded into it.
const FIELD: &str = "folded_instances";

/// Says of one finding of a report after the other what GitLab would do with it. Memory: some 14 bytes a
/// finding.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    /// What two findings may be folded by: has to be exact.
    seen: Known,
    /// Categories and signatures: to be wrong about one costs that one, and no finding.
    perhaps_seen: Seen,
    /// What the finding that was judged last may be folded by, unless it is folded itself.
    keys: Vec<Key>,
}

/// What is known of the findings of one report.
#[derive(Debug)]
pub(crate) struct Fold {
    judge: Judge,
    folded: HashMap<Key, Folded>,
    text: usize,
    /// The keys of every finding that was written, in order: a count and so many keys.
    journal: BufWriter<File>,
}

/// What was folded into a finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Folded {
    /// Those that are listed.
    pub(crate) instances: Vec<String>,
    /// How many more there are.
    pub(crate) more: u64,
}

impl Folded {
    /// Shows it on the finding that stays.
    pub(crate) fn describe(&self, vulnerability: &mut Vulnerability<'_>) {
        let mut items: Vec<_> =
            self.instances.iter().map(|instance| Detail::text(instance.clone())).collect();
        if self.more > 0 {
            items.push(Detail::text(format!("and {} more", self.more)));
        }
        let count = self.more.saturating_add(self.instances.len() as u64);
        let name = format!("Folded instances ({count})");
        vulnerability.details.insert(FIELD, name, Detail::List { items });
    }

    /// Takes it off a finding that shows it.
    pub(crate) fn take(details: &mut Details<'_>) -> Self {
        let mut folded = Self::default();
        let Some(Detail::List { items }) = details.remove(FIELD) else { return folded };
        for item in items {
            let Detail::Text { value } = item else { continue };
            let more = value.strip_prefix("and ").and_then(|rest| rest.strip_suffix(" more"));
            match more.and_then(|more| more.parse::<u64>().ok()) {
                Some(more) => folded.more = folded.more.max(more),
                None => folded.instances.push(value.into_owned()),
            }
        }
        folded
    }

    fn merge(&mut self, other: &Folded) {
        let room = LISTED.saturating_sub(self.instances.len()).min(other.instances.len());
        self.instances.extend_from_slice(&other.instances[..room]);
        self.more += other.more + (other.instances.len() - room) as u64;
    }
}

impl Judge {
    /// What becomes of the next finding.
    pub(crate) fn judge(&mut self, keys: Keys<'_>) -> Verdict {
        self.keys.clear();
        let (Some((&location, signatures)), Some((primary, rest))) =
            (keys.places.split_first(), keys.identifiers.split_first())
        else {
            return Verdict::Write;
        };
        let advisories = rest.iter().filter(|identifier| identifier.role == Role::Advisory);
        let mut merging =
            std::iter::once(primary).chain(advisories).map(|identifier| identifier.at(location));
        if let Some(known) = merging.find(|key| self.seen.contains(*key)) {
            return Verdict::Fold(known);
        }

        // A signature that an earlier finding of the rule has elsewhere does not tell the two apart.
        let is_shared = |signature: &Key| self.perhaps_seen.contains(primary.at(*signature));
        let mut change = Change { signature: signatures.iter().any(is_shared), ..Change::default() };
        let signatures: &[Key] = if change.signature { &[] } else { signatures };
        self.keys.push(primary.at(location));
        self.see(*primary, signatures);
        for (at, identifier) in rest.iter().enumerate() {
            let key = identifier.at(location);
            let is_known_here = match identifier.role {
                Role::Ignored => continue,
                Role::Class => self.perhaps_seen.contains(key),
                Role::Advisory | Role::Other => self.seen.contains(key),
            };
            let is_known = |signature: &Key| self.perhaps_seen.contains(identifier.at(*signature));
            if is_known_here || signatures.iter().any(is_known) {
                change.identifiers.push(at + 1);
                continue;
            }
            if identifier.role == Role::Class {
                self.perhaps_seen.insert(key);
            } else {
                self.keys.push(key);
            }
            self.see(*identifier, signatures);
        }
        self.keys.iter().for_each(|key| self.seen.insert(*key));
        if change.is_none() { Verdict::Write } else { Verdict::Change(change) }
    }

    /// Remembers an identifier at the tracking signatures of its finding.
    fn see(&mut self, identifier: IdentifierKey, signatures: &[Key]) {
        for signature in signatures {
            self.perhaps_seen.insert(identifier.at(*signature));
        }
    }
}

impl Fold {
    /// Nothing is known yet. The keys are kept in an unnamed temporary file in that directory.
    ///
    /// # Errors
    /// If that file cannot be made.
    pub(crate) fn new(temp_dir: &Path) -> io::Result<Self> {
        Ok(Self {
            judge: Judge::default(),
            folded: HashMap::new(),
            text: 0,
            journal: BufWriter::new(tempfile::tempfile_in(temp_dir)?),
        })
    }

    /// What becomes of the next finding.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub(crate) fn judge(&mut self, keys: Keys<'_>) -> io::Result<Verdict> {
        let verdict = self.judge.judge(keys);
        if !matches!(verdict, Verdict::Fold(_)) {
            let keys = &self.judge.keys;
            self.journal.write_all(&(keys.len() as u64).to_le_bytes())?;
            for key in keys {
                self.journal.write_all(&key.to_le_bytes())?;
            }
        }
        Ok(verdict)
    }

    /// Whether something was folded, so that the written findings have to be completed.
    #[must_use]
    pub(crate) fn has_folded(&self) -> bool {
        !self.folded.is_empty()
    }

    /// What was folded into each of the written findings, in their order.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub(crate) fn into_notes(self) -> io::Result<Notes> {
        let mut journal = self.journal.into_inner().map_err(io::IntoInnerError::into_error)?;
        journal.rewind()?;
        Ok(Notes { folded: self.folded, journal: BufReader::new(journal) })
    }

    /// Notes a finding on the one of that key; `read` gives it where it is to be listed.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) fn note(
        &mut self,
        key: Key,
        read: impl FnOnce() -> io::Result<Vulnerability<'static>>,
    ) -> io::Result<()> {
        let folded = self.folded.entry(key).or_default();
        if folded.instances.len() < LISTED && self.text < MOST_TEXT {
            let instance = instance(&read()?);
            self.text += instance.len();
            folded.instances.push(instance);
        } else {
            folded.more += 1;
        }
        Ok(())
    }
}

/// What was folded into the written findings.
#[derive(Debug)]
pub(crate) struct Notes {
    folded: HashMap<Key, Folded>,
    journal: BufReader<File>,
}

impl Notes {
    /// What was folded into the next finding.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub(crate) fn next_finding(&mut self) -> io::Result<Option<Folded>> {
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

/// A text as it stands in the report: without the NULs that GitLab drops.
fn written(text: &str) -> Cow<'_, str> {
    match memchr::memchr(0, text.as_bytes()) {
        Some(_) => Cow::Owned(text.replace('\0', "")),
        None => Cow::Borrowed(text),
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What tells a folded finding from the one that stays, in one line.
pub(crate) fn instance(vulnerability: &Vulnerability<'_>) -> String {
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
    use scanlift_report_core::{Identifier, Kind, SourceLocation, Tracking};

    fn finding(identifiers: &[(&'static str, &'static str)], line: u64) -> Vulnerability<'static> {
        let mut all = identifiers.iter().filter_map(|(kind, value)| Identifier::new(*kind, *value, *value));
        let place = Location::Sast(SourceLocation::lines("a.c", line, line));
        let mut vulnerability = Vulnerability::new(all.next().expect("at least one"), place);
        vulnerability.identifiers.extend(all);
        vulnerability
    }

    /// The finding as it is written, if it is.
    fn admit(fold: &mut Fold, finding: Vulnerability<'static>) -> io::Result<Option<Vulnerability<'static>>> {
        let (mut places, mut identifiers) = (Vec::new(), Vec::new());
        keys_of(&finding, &mut String::new(), &mut places, &mut identifiers);
        match fold.judge(Keys { places: &places, identifiers: &identifiers })? {
            Verdict::Write => Ok(Some(finding)),
            Verdict::Change(change) => {
                let json = change.apply(&serde_json::to_vec(&finding)?)?;
                let changed = Vulnerability::read(Kind::Sast, serde_json::from_slice(&json)?);
                changed.map(Some).map_err(io::Error::other)
            }
            Verdict::Fold(into) => fold.note(into, || Ok(finding)).map(|()| None),
        }
    }

    #[test]
    fn what_gitlab_would_fold_is_folded() -> io::Result<()> {
        for (what, first, second, admitted, left) in [
            ("same rule and line", &[("r", "A")][..], (&[("r", "A")][..], 1), false, 1),
            ("same rule, another line", &[("r", "A")], (&[("r", "A")], 2), true, 1),
            ("another rule", &[("r", "A")], (&[("r", "B")], 1), true, 1),
            ("a rule with NULs, which are not written", &[("r", "A")], (&[("r", "A\0\0")], 1), false, 1),
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
            let mut fold = Fold::new(&std::env::temp_dir())?;
            assert!(admit(&mut fold, finding(first, 1))?.is_some(), "{what}");
            let other = admit(&mut fold, finding(second.0, second.1))?;
            assert_eq!(other.is_some(), admitted, "{what}");
            assert_eq!(other.map_or(left, |other| other.identifiers.len()), left, "{what}");
            assert_eq!(fold.has_folded(), !admitted, "{what}");
        }
        Ok(())
    }

    #[test]
    fn a_constant_signature_is_taken_from_all_but_the_first() -> io::Result<()> {
        let mut fold = Fold::new(&std::env::temp_dir())?;
        for (line, kept) in [(1, true), (2, false), (3, false)] {
            let mut one = finding(&[("r", "A")], line);
            one.tracking = Some(Tracking::hash(None, None, "constant"));
            let one = admit(&mut fold, one)?.expect("it is written");
            assert_eq!(one.tracking.is_some(), kept, "line {line}");
        }
        Ok(())
    }

    /// GitLab's analyzers give all findings of a function's line the same signature.
    #[test]
    fn findings_of_two_rules_may_have_one_signature() -> io::Result<()> {
        let mut fold = Fold::new(&std::env::temp_dir())?;
        let (owasp, a, b, c) = (("owasp", "A1"), ("r", "A"), ("r", "B"), ("r", "C"));
        for (identifiers, line, kept, tracked) in [
            (&[a, owasp][..], 1, 2, true),
            (&[b], 1, 1, true),
            // Sharing a category is enough to be merged.
            (&[c, owasp], 2, 1, true),
            (&[a, owasp], 3, 2, false),
        ] {
            let mut one = finding(identifiers, line);
            one.tracking = Some(Tracking::hash(None, None, "scope"));
            let one = admit(&mut fold, one)?.expect("it is written");
            assert_eq!((one.identifiers.len(), one.tracking.is_some()), (kept, tracked), "line {line}");
        }
        Ok(())
    }

    #[test]
    fn the_finding_that_stays_lists_the_first_fifty() -> io::Result<()> {
        let mut fold = Fold::new(&std::env::temp_dir())?;
        for line in [7, 8] {
            assert!(admit(&mut fold, finding(&[("r", "A")], line))?.is_some());
        }
        for _ in 0..60 {
            assert!(admit(&mut fold, finding(&[("r", "A")], 8))?.is_none());
        }
        let mut notes = fold.into_notes()?;
        assert!(notes.next_finding()?.is_none());
        let folded = notes.next_finding()?.expect("it was folded into");
        let mut stays = finding(&[("r", "A")], 8);
        folded.describe(&mut stays);
        let Some(Detail::List { items }) = stays.details.get("folded_instances") else { panic!("no list") };
        assert_eq!((items.len(), items.last()), (51, Some(&Detail::text("and 10 more"))));
        let shown = Folded::take(&mut stays.details);
        assert_eq!((shown.instances.len(), shown.more, stays.details.is_empty()), (50, 10, true));
        Ok(())
    }
}
