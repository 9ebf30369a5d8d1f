//! An entry and whether a finding is what it means.

use globset::GlobSet;
use jiff::civil::Date;
use scanlift_report_core::{Detail, Kind, Location, Vulnerability};
use scanlift_vex::{Product, Subject};
use std::fmt;

/// An entry. What is empty is no condition; all conditions must hold, of each any of its values.
/// Display: reason, owner and expiry, for an account.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Entry {
    /// The line it begins in.
    pub line: usize,
    /// `identifier`: any of the finding's.
    pub identifiers: Vec<Pattern>,
    /// `rule`: the finding's first identifier.
    pub rules: Vec<String>,
    /// `finding`: the id in the report.
    pub findings: Vec<String>,
    /// `path`, as globs.
    pub paths: Vec<String>,
    pub(crate) globs: GlobSet,
    /// `package`.
    pub packages: Vec<Package>,
    /// `kind`.
    pub kinds: Vec<Kind>,
    /// `scanner`: its id.
    pub scanners: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub owner: Option<String>,
    /// From this day on it no longer counts.
    pub expires: Option<Date>,
}

/// An identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pattern {
    /// Its type, if that matters.
    pub kind: Option<String>,
    /// Its value, or its name.
    pub value: String,
}

/// A package.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Package {
    /// As the file has it.
    pub label: String,
    pub(crate) product: Product,
}

impl Entry {
    /// Whether it no longer counts.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|expires| expires <= today)
    }

    /// What it is about, in a line.
    #[must_use]
    pub fn about(&self) -> String {
        let packages: Vec<_> = self.packages.iter().map(|package| package.label.clone()).collect();
        let identifiers: Vec<_> = self.identifiers.iter().map(|pattern| pattern.value.clone()).collect();
        let kinds: Vec<_> = self.kinds.iter().map(ToString::to_string).collect();
        let parts: Vec<String> =
            [&identifiers, &self.rules, &self.findings, &packages, &self.paths, &kinds, &self.scanners]
                .into_iter()
                .filter_map(|values| match values.as_slice() {
                    [] => None,
                    [only] => Some(only.clone()),
                    [first, rest @ ..] => Some(format!("{first} and {} more", rest.len())),
                })
                .collect();
        parts.join(", ")
    }

    /// Whether a finding is what it means, if its identifiers are.
    pub(crate) fn covers(&self, vulnerability: &Vulnerability<'_>, scanner: &str) -> bool {
        let kind = vulnerability.kind();
        let has = |pattern: &Pattern| {
            vulnerability.identifiers.iter().any(|identifier| {
                let is_kind = |kind: &String| kind.eq_ignore_ascii_case(&identifier.kind);
                pattern.kind.as_ref().is_none_or(is_kind)
                    && (pattern.value.eq_ignore_ascii_case(&identifier.value)
                        || pattern.value.eq_ignore_ascii_case(&identifier.name))
            })
        };
        // What scanlift converts has its prefix before the scanner's own name.
        let is_scanner = |own: &String| {
            let bare = scanner.strip_prefix("scanlift-").unwrap_or(scanner);
            own.eq_ignore_ascii_case(scanner) || own.eq_ignore_ascii_case(bare)
        };
        let primary = vulnerability.identifiers.primary();
        let is_rule = |rule: &String| *rule == primary.value || *rule == primary.name;
        let is_finding = |id: &String| match &vulnerability.id {
            Some(own) => **own == **id,
            None => vulnerability.content_id() == *id,
        };
        let is_path = || vulnerability.location.file().is_some_and(|file| self.globs.is_match(path(file)));
        any(&self.identifiers, has)
            && any(&self.rules, is_rule)
            && (self.paths.is_empty() || is_path())
            && any(&self.kinds, |own| *own == kind)
            && any(&self.scanners, is_scanner)
            && (self.packages.is_empty() || self.has_package(vulnerability))
            && any(&self.findings, is_finding)
    }

    fn has_package(&self, vulnerability: &Vulnerability<'_>) -> bool {
        let Some(subject) = subject(vulnerability) else { return false };
        self.packages.iter().any(|package| package.product.is_of(&subject))
    }
}

fn any<T>(values: &[T], is: impl FnMut(&T) -> bool) -> bool {
    values.is_empty() || values.iter().any(is)
}

/// A path without what says nothing.
fn path(file: &str) -> &str {
    file.trim_start_matches("./")
}

/// The package of a finding; `None` if it is of none.
fn subject<'v>(vulnerability: &'v Vulnerability<'_>) -> Option<Subject<'v>> {
    let dependency = match &vulnerability.location {
        Location::DependencyScanning(location) => &location.dependency,
        Location::ContainerScanning(location) => &location.dependency,
        Location::ClusterImageScanning(location) => &location.dependency,
        _ => return None,
    };
    let purl = match vulnerability.details.get("package_url") {
        Some(Detail::Text { value }) => Some(&**value),
        _ => None,
    };
    let mut subject = Subject::default();
    subject.package = Some(scanlift_vex::Package::new(&dependency.package.name, &dependency.version, purl));
    Some(subject)
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        let owner = self.owner.as_ref().map(|owner| format!("owner: {owner}"));
        let expires = self.expires.map(|expires| format!("expires: {expires}"));
        let notes: Vec<_> = owner.into_iter().chain(expires).collect();
        if notes.is_empty() { Ok(()) } else { write!(f, " ({})", notes.join(", ")) }
    }
}
