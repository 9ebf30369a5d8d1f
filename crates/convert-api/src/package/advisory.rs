//! A published vulnerability, and the finding that it makes of a package.

use super::{Package, Place};
use crate::code::trimmed;
use crate::memo::Memo;
use crate::{Finding, SeverityEvidence, advisory, one_line};
use scanlift_report_core::{
    Cvss, CvssVector, CvssVersion, Description, Detail, Identifier, Link, Name, Severity, Solution, Text,
    Vulnerability,
};
use std::borrow::Cow;
use std::cell::RefCell;

/// What a scanner says of a published vulnerability.
///
/// Every text may have white space around it, and blank ones count as missing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Advisory<'a> {
    /// The type of an [`id`](Self::id) that is of no known database: `snyk_id`.
    /// Part of the identity of findings.
    pub scheme: &'static str,
    /// The stable id: it becomes the primary identifier.
    pub id: Text<'a>,
    /// Ids of the same vulnerability elsewhere. Those of advisories that may gather several (RHSA,
    /// DSA, USN) are kept in the details: as identifiers they would make GitLab fold findings.
    pub aliases: Vec<Text<'a>>,
    /// The scanner's own page on it, or that of the database.
    pub url: Option<Text<'a>>,
    /// In a line.
    pub title: Option<Text<'a>>,
    /// At length, in Markdown.
    pub description: Option<Text<'a>>,
    /// What to do in the source's own words; without it the fixed versions say it.
    pub solution: Option<Text<'a>>,
    /// The scanner's word on a scale of four steps or more, and its source where it names one.
    pub severity: Option<Text<'a>>,
    /// Ratings by CVSS, the one to trust first.
    pub ratings: Vec<Rating<'a>>,
    /// CWE numbers.
    pub weaknesses: Vec<u32>,
    /// Addresses to read more; what is no web address is left out.
    pub references: Vec<Text<'a>>,
    /// When it was published, as the source writes it.
    pub published: Option<Text<'a>>,
    /// When it was last changed, as the source writes it.
    pub modified: Option<Text<'a>>,
}

/// A rating by CVSS, of any version.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Rating<'a> {
    /// Who gave it: `nvd`, `redhat`; may be empty.
    pub source: Text<'a>,
    /// Its vector, in any common spelling.
    pub vector: Option<Text<'a>>,
    /// Its score, 0.0 to 10.0.
    pub score: Option<f64>,
}

impl<'a> Rating<'a> {
    /// A rating by a source that may be empty.
    #[must_use]
    pub fn new(source: impl Into<Text<'a>>, vector: Option<Text<'a>>, score: Option<f64>) -> Self {
        Self { source: source.into(), vector, score }
    }
}

impl<'a> Advisory<'a> {
    /// An advisory of which only the id is known; `scheme` is the identifier's type if the id is of
    /// no known database.
    #[must_use]
    pub fn new(scheme: &'static str, id: impl Into<Text<'a>>) -> Self {
        Self { scheme, id: id.into(), ..Self::default() }
    }

    /// The finding of this advisory for a package; `None` if the id is blank.
    #[must_use]
    pub fn into_finding(self, package: Package<'a>, place: Place<'a>) -> Option<Finding<'a>> {
        let id = trimmed(self.id);
        let url = self.url.map(trimmed).unwrap_or_default();
        let primary = identifier(self.scheme, id.clone())?.with_url(url.clone());
        let mut vulnerability = Vulnerability::new(primary, place.location(&package));

        let (single, gathering): (Vec<_>, Vec<_>) = self
            .aliases
            .into_iter()
            .map(trimmed)
            .filter(|alias| !alias.is_empty() && *alias != id)
            .partition(|alias| advisory::database(alias).is_some_and(|database| database.single));
        let single = single.into_iter().filter_map(|alias| identifier(self.scheme, alias));
        vulnerability.identifiers.extend(single.take(MOST));
        vulnerability.identifiers.extend(self.weaknesses.into_iter().map(Identifier::cwe).take(MOST));

        vulnerability.name = Name::new(self.title.as_deref().map(one_line).unwrap_or_default().into_owned())
            .or_else(|| Name::new(format!("{id} in {}", package.name)));
        let description = self.description.map(trimmed).filter(|text| !text.is_empty());
        vulnerability.description =
            Description::new(description.or(self.title.map(trimmed)).unwrap_or_default());
        let solution = self.solution.map(trimmed).filter(|text| !text.is_empty());
        vulnerability.solution =
            Solution::new(solution.unwrap_or_else(|| Cow::Owned(upgrade(&package.name, &package.fixed))));
        let links = std::iter::once(url).chain(self.references).map(trimmed);
        vulnerability.add_links(links.filter_map(Link::new));

        let mut severity = SeverityEvidence::default();
        severity.rating = self.severity.as_deref().and_then(rating);
        severity.word = self.severity.map(trimmed).filter(|word| !word.is_empty());
        let score = add_ratings(&mut vulnerability, &self.ratings);
        if severity.rating.is_none() && vulnerability.cvss_vectors.is_empty() {
            severity.score = score;
        }

        let upgrade = package.upgrade();
        let details = &mut vulnerability.details;
        package.details(details);
        details.text("vendor_advisories", "Vendor advisories", gathering.join(", "));
        details.text("published", "Published", self.published.unwrap_or_default());
        details.text("last_modified", "Last modified", self.modified.unwrap_or_default());
        let mut finding = Finding::new(vulnerability);
        finding.severity = severity;
        finding.upgrade = upgrade;
        Some(finding)
    }
}

/// More are of no use: GitLab takes 20 identifiers.
const MOST: usize = 50;

/// "Upgrade lodash to 4.17.21 or later"; empty if no version is known. Of several versions each one
/// ends a release line: "Upgrade openssl to 1.1.1x, 3.0.15 or 3.1.7".
#[must_use]
pub fn upgrade(package: &str, fixed: &[Text<'_>]) -> String {
    let versions: Vec<&str> = fixed
        .iter()
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    match versions.as_slice() {
        [] => String::new(),
        [version] => format!("Upgrade {package} to {version} or later"),
        [first @ .., last] => format!("Upgrade {package} to {} or {last}", first.join(", ")),
    }
}

/// The identifier of an advisory, typed by its database, else by the scanner.
fn identifier<'a>(scheme: &'static str, id: Text<'a>) -> Option<Identifier<'a>> {
    let kind = advisory::database(&id).map_or(scheme, |database| database.kind);
    Identifier::new(kind, id.clone(), id)
}

/// A scanner's word as a rating; `HIGH (nvd)` names its source. Unknown is none, so that CVSS decides.
fn rating(word: &str) -> Option<Severity> {
    let word = word.split('(').next().unwrap_or(word);
    Severity::from_word(word.trim()).filter(|rating| *rating != Severity::Unknown)
}

/// Vectors of CVSS 2 and 3 to their field, those of CVSS 4 and scores that no vector says to the details;
/// gives the first score.
pub fn add_ratings<'a>(vulnerability: &mut Vulnerability<'a>, ratings: &[Rating<'a>]) -> Option<f64> {
    let mut score = None;
    let mut version_4 = Vec::new();
    let (mut said, mut alone) = (Vec::new(), Vec::new());
    for rating in ratings {
        let parsed = rating.vector.as_deref().and_then(parsed);
        let given = rating.score.filter(|score| (0.0..=10.0).contains(score));
        score = score.or(given).or(parsed.as_ref().map(|cvss| cvss.score));
        said.extend(parsed.as_ref().map(|cvss| cvss.score));
        match parsed {
            None => alone.extend(given.map(|score| (score, &*rating.source))),
            Some(cvss) if cvss.version == CvssVersion::V4 => {
                let score = given.unwrap_or(cvss.score);
                let source = if rating.source.is_empty() { "" } else { ", " };
                version_4
                    .push(Detail::text(format!("{} ({score:.1}{source}{})", cvss.vector, rating.source)));
            }
            Some(cvss) if vulnerability.cvss_vectors.len() < CvssVector::MAX => {
                let source = if rating.source.is_empty() { "unknown".into() } else { rating.source.clone() };
                if let Some(vector) = CvssVector::new(source, &cvss) {
                    vulnerability.add_cvss(vector);
                }
            }
            Some(_) => {}
        }
    }
    if !version_4.is_empty() {
        vulnerability.details.insert("cvss_4", "CVSS 4.0", Detail::List { items: version_4 });
    }
    // A score of 0 without a vector stands for none.
    alone.retain(|(score, _)| *score > 0.0 && !said.contains(score));
    vulnerability.details.text("cvss_score", "CVSS score", scores(alone));
    score
}

/// `9.8 (redhat), 7.5`: each once.
fn scores(scores: Vec<(f64, &str)>) -> String {
    let mut texts: Vec<String> = Vec::new();
    for (score, source) in scores {
        let text = if source.is_empty() { format!("{score:.1}") } else { format!("{score:.1} ({source})") };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join(", ")
}

/// The vector, read once for the many that share it: there are few of them.
fn parsed(vector: &str) -> Option<Cvss> {
    thread_local! {
        static VECTORS: RefCell<Memo<Option<Cvss>>> = RefCell::default();
    }
    VECTORS.with_borrow_mut(|memo| memo.get(vector, Cvss::parse))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(advisory: Advisory<'static>) -> Finding<'static> {
        advisory.into_finding(Package::new("bash", "5.0"), Place::Manifest("a.lock".into())).expect("an id")
    }

    #[test]
    fn upgrades_are_sentences() {
        for (fixed, want) in [
            (vec![], ""),
            (vec![" "], ""),
            (vec!["4.17.21"], "Upgrade bash to 4.17.21 or later"),
            (vec!["1.2, 2.0"], "Upgrade bash to 1.2 or 2.0"),
            (vec!["1", "2", "3"], "Upgrade bash to 1, 2 or 3"),
        ] {
            let fixed: Vec<Text<'_>> = fixed.into_iter().map(Cow::Borrowed).collect();
            assert_eq!(upgrade("bash", &fixed), want);
        }
    }

    #[test]
    fn ids_are_typed_and_gathering_advisories_are_no_identifiers() {
        let mut advisory = Advisory::new("acme_id", " ACME-1 ");
        advisory.aliases = ["CVE-2020-1", "RHSA-2020:1", "ACME-1", "own-2", ""].map(Into::into).to_vec();
        advisory.weaknesses = vec![79];
        let finding = finding(advisory);
        let kinds: Vec<_> = finding.vulnerability.identifiers.iter().map(|it| &*it.kind).collect();
        assert_eq!(kinds, ["acme_id", "cve", "cwe"]);
        let gathered = finding.vulnerability.details.get("vendor_advisories");
        assert_eq!(gathered, Some(&Detail::text("RHSA-2020:1, own-2")));
        assert!(
            Advisory::new("acme_id", " ")
                .into_finding(Package::default(), Place::Manifest("a".into()))
                .is_none()
        );
    }

    #[test]
    fn the_word_beats_the_vector_and_unknown_is_no_word() {
        let vector =
            || vec![Rating::new("nvd", Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".into()), None)];
        for (word, ratings, want_rating, want_score) in [
            (Some("LOW"), vector(), Some(Severity::Low), None),
            (Some("HIGH (nvd)"), vec![], Some(Severity::High), None),
            (Some("UNKNOWN"), vec![Rating::new("", None, Some(5.0))], None, Some(5.0)),
            (None, vec![Rating::new("", None, Some(50.0))], None, None),
            (None, vector(), None, None),
        ] {
            let mut advisory = Advisory::new("acme_id", "CVE-2020-1");
            advisory.severity = word.map(Into::into);
            advisory.ratings = ratings;
            let finding = finding(advisory);
            assert_eq!(
                (finding.severity.rating, finding.severity.score),
                (want_rating, want_score),
                "{word:?}"
            );
        }
    }

    #[test]
    fn cvss_4_goes_to_the_details() {
        let vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
        let mut advisory = Advisory::new("acme_id", "CVE-2020-1");
        advisory.ratings = vec![Rating::new("nvd", Some(vector.into()), Some(9.3))];
        let finding = finding(advisory);
        assert!(finding.vulnerability.cvss_vectors.is_empty());
        assert_eq!(finding.severity.score, Some(9.3));
        let Some(Detail::List { items }) = finding.vulnerability.details.get("cvss_4") else {
            panic!("no list")
        };
        assert_eq!(items, &[Detail::text(format!("{vector} (9.3, nvd)"))]);
    }

    #[test]
    fn scores_without_a_vector_go_to_the_details() {
        let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        for (ratings, want) in [
            (vec![], None),
            (vec![("nvd", Some(vector), Some(9.8))], None),
            (vec![("", None, Some(7.5))], Some("7.5")),
            (
                vec![("nvd", Some("AV:N"), Some(7.5)), ("redhat", None, Some(6.0))],
                Some("7.5 (nvd), 6.0 (redhat)"),
            ),
            (
                vec![("nvd", Some(vector), None), ("", None, Some(9.8)), ("acme", None, Some(7.0))],
                Some("7.0 (acme)"),
            ),
            (vec![("a", None, Some(5.0)), ("a", None, Some(5.0)), ("b", None, Some(0.0))], Some("5.0 (a)")),
            (vec![("a", None, Some(11.0))], None),
        ] {
            let mut advisory = Advisory::new("acme_id", "CVE-2020-1");
            advisory.severity = Some("high".into());
            let rating = |(source, vector, score): (&'static str, Option<&'static str>, _)| {
                Rating::new(source, vector.map(Into::into), score)
            };
            advisory.ratings = ratings.into_iter().map(rating).collect();
            let finding = finding(advisory);
            let told = finding.vulnerability.details.get("cvss_score").cloned();
            assert_eq!(told, want.map(Detail::text));
        }
    }

    #[test]
    fn fixed_versions_make_an_upgrade() {
        let place = || Place::Manifest("package-lock.json".into());
        for (fixed, want) in [(vec![], None), (vec![" "], None), (vec!["2, 3"], Some("2, 3"))] {
            let mut package = Package::new("lodash", "1");
            package.kind = Some("npm".into());
            package.fixed = fixed.into_iter().map(Into::into).collect();
            let finding = Advisory::new("acme_id", "CVE-2020-1").into_finding(package, place());
            let upgrade = finding.expect("an id").upgrade;
            assert_eq!(upgrade.as_ref().map(|upgrade| &*upgrade.fixed[0]), want);
            assert!(upgrade.is_none_or(|upgrade| upgrade.kind.as_deref() == Some("npm")));
        }
    }

    #[test]
    fn links_are_there_once() {
        let mut advisory = Advisory::new("acme_id", "CVE-2020-1");
        advisory.url = Some("https://a.example/".into());
        advisory.references = ["https://a.example/", " https://b.example/ ", "none"].map(Into::into).to_vec();
        assert_eq!(finding(advisory).vulnerability.links.len(), 2);
    }
}
