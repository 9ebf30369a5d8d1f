//! Makes a review of findings: rows for what is in scope, and an entry with its reason for everything
//! else, so that records = kept + left out.

use crate::{
    Origin, Profile, Review, Scanner,
    finding::Found,
    profile::ProfileError,
    review::{ASKED, IGNORE_FILE, VEX},
    scope::{Reason, Scope},
};
use scanlift_report_core::Severity;
use std::collections::{BTreeSet, HashMap};

/// Takes findings, and makes a review of them.
#[derive(Debug)]
pub struct Collector {
    scope: Scope,
    review: Review,
    known: HashMap<String, Kept>,
    scanners: BTreeSet<String>,
    images: BTreeSet<String>,
    /// The numbers of globs that matched a finding.
    matched: BTreeSet<usize>,
    records: u64,
}

/// A row that is there.
#[derive(Debug)]
struct Kept {
    row: usize,
    scanners: Vec<String>,
}

/// What is known of the request.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// In order: name, value, meaning.
    pub all: Vec<(String, String, String)>,
}

impl Facts {
    /// Adds a fact.
    pub fn add(&mut self, name: &str, value: impl Into<String>, meaning: &str) {
        self.all.push((name.to_owned(), value.into(), meaning.to_owned()));
    }
}

impl Collector {
    /// By a profile, and globs on what the user installed.
    ///
    /// # Errors
    /// If a glob is none.
    pub fn new(profile: &Profile, installed_by_us: &[String]) -> Result<Self, ProfileError> {
        Ok(Self {
            scope: Scope::new(profile, installed_by_us)?,
            review: Review::default(),
            known: HashMap::new(),
            scanners: BTreeSet::new(),
            images: BTreeSet::new(),
            matched: BTreeSet::new(),
            records: 0,
        })
    }

    /// Takes a finding: it is a row, or is left out for a reason.
    pub fn add(&mut self, scanner: &Scanner, found: &Found) {
        self.records += 1;
        self.scanners.insert(scanner.to_string());
        self.images.extend(found.image.clone());
        self.matched.extend(self.scope.matching_globs(found));
        if let Some((reason, detail)) = self.scope.refuses(scanner, found) {
            self.leave_out(reason, &detail, scanner, found);
            return;
        }
        let id = found.row_id();
        if let Some(kept) = self.known.get_mut(&id) {
            let name = scanner.to_string();
            if !kept.scanners.contains(&name) {
                kept.scanners.push(name);
                self.review.rows.set(kept.row, "scanner", kept.scanners.join("; "));
            }
            // What GitLab's own scanner sees as well needs no proof.
            if scanner.origin == Origin::Gitlab {
                self.review.rows.set(kept.row, "origin", Origin::Gitlab.as_str());
            }
            self.leave_out(Reason::Duplicate, &format!("the same as row {id}"), scanner, found);
            return;
        }
        self.known
            .insert(id.clone(), Kept { row: self.review.rows.len(), scanners: vec![scanner.to_string()] });
        self.keep(&id, scanner, found);
    }

    /// Takes records that a conversion left out: its reason, words, and one of them.
    pub fn skipped(&mut self, scanner: &str, reason: &str, detail: &str, count: u64, examples: &[String]) {
        self.records += count;
        let title = match (examples.is_empty(), count > examples.len() as u64) {
            (true, _) => String::new(),
            (false, false) => examples.join(", "),
            (false, true) => format!("{}, …", examples.join(", ")),
        };
        self.review.left_out.push([
            ("reason", reason.to_owned()),
            ("detail", detail.to_owned()),
            ("count", count.to_string()),
            ("scanner", scanner.to_owned()),
            ("title", title),
        ]);
    }

    /// How many records there were.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The images that the findings are said to be of.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        self.images.iter().map(String::as_str)
    }

    /// Globs on what the user installed that matched no finding.
    pub fn unmatched_globs(&self) -> impl Iterator<Item = &str> {
        let globs = self.scope.globs().iter().enumerate();
        globs.filter(|(at, _)| !self.matched.contains(at)).map(|(_, glob)| glob.as_str())
    }

    fn keep(&mut self, id: &str, scanner: &Scanner, found: &Found) {
        // What people decided themselves leads.
        let (decision, assessment, from) = match (&found.ignored, &found.vex) {
            (Some(ignored), _) => ("accepted-risk", ignored.as_str(), IGNORE_FILE),
            (None, Some(vex)) => ("", vex.text.as_str(), VEX),
            (None, None) => ("", "", ""),
        };
        self.review.rows.push([
            ("id", id.to_owned()),
            ("scanner", scanner.to_string()),
            ("origin", scanner.origin.as_str().to_owned()),
            ("kind", found.kind.to_owned()),
            ("severity", found.severity.as_str().to_owned()),
            ("cve", found.cves.join(", ")),
            ("other_ids", found.other_ids.join(", ")),
            ("package", found.package.clone()),
            ("version", found.version.clone()),
            ("fix_status", found.fix_status.clone()),
            ("fixed_version", found.fixed_version.clone()),
            ("path", found.path.clone()),
            ("layer", found.layer.clone()),
            ("artifact_type", found.artifact.as_str().to_owned()),
            ("title", found.title.clone()),
            ("link", found.link.clone()),
            ("evidence", found.evidence.clone()),
            ("decision", decision.to_owned()),
            ("assessment", assessment.to_owned()),
        ]);
        if !from.is_empty() {
            self.review.set_prefilled(self.review.rows.len() - 1, from);
        }
    }

    fn leave_out(&mut self, reason: Reason, detail: &str, scanner: &Scanner, found: &Found) {
        self.review.left_out.push([
            ("reason", reason.as_str().to_owned()),
            ("detail", detail.to_owned()),
            ("count", "1".to_owned()),
            ("scanner", scanner.to_string()),
            ("severity", found.severity.as_str().to_owned()),
            ("cve", found.leading_id().to_owned()),
            ("package", found.package.clone()),
            ("version", found.version.clone()),
            ("path", found.path.clone()),
            ("title", found.title.clone()),
        ]);
    }

    /// The review: rows by severity, the worst first, then by package and id.
    #[must_use]
    pub fn finish(mut self, facts: Facts) -> Review {
        let rows = &mut self.review.rows;
        let rank = |severity: &str| Severity::WORST_FIRST.iter().position(|known| known.as_str() == severity);
        rows.sort_by_key(|row| {
            let text = |name: &str| row.get(name).to_owned();
            (rank(row.get("severity")), text("package"), text("cve"), text("path"), text("id"))
        });
        let ids: Vec<_> = rows.rows().map(|row| row.get("id").to_owned()).collect();
        let kept = ids.len();
        let scanners: Vec<_> = self.scanners.iter().map(String::as_str).collect();
        let mut all = Facts::default();
        for (name, meaning) in ASKED {
            all.add(name, "", meaning);
        }
        all.all.extend(facts.all);
        all.add("scanners", scanners.join(", "), "Who scanned");
        all.add("records", self.records.to_string(), "What the scanners said: kept and left out");
        all.add("kept", kept.to_string(), "Rows of the review");
        all.add("left_out", self.review.left_out_count().to_string(), "Left out, each with its reason");
        all.add(
            "row_ids",
            ids.join(" "),
            "The rows as they were made, so that a change is seen; leave as it is",
        );
        for (fact, value, meaning) in all.all {
            self.review.request.push([("fact", fact), ("value", value), ("meaning", meaning)]);
        }
        self.review
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Artifact, VexSaid};

    fn scanner(name: &str, origin: Origin) -> Scanner {
        Scanner { id: name.to_lowercase(), name: name.to_owned(), version: "1".to_owned(), origin }
    }

    fn found(cve: &str, version: &str, severity: Severity) -> Found {
        Found {
            kind: "container_scanning",
            severity,
            cves: vec![cve.to_owned()],
            package: "rack".to_owned(),
            version: version.to_owned(),
            path: "/opt/gitlab/rack".to_owned(),
            artifact: Artifact::Library,
            ..Found::default()
        }
    }

    fn collector() -> Collector {
        Collector::new(&Profile::builtin("gitlab-ee").expect("a profile"), &[]).expect("globs")
    }

    #[test]
    fn records_are_kept_or_left_out() {
        let mut collector = collector();
        let (trivy, grype) = (scanner("Trivy", Origin::ThirdParty), scanner("Grype", Origin::ThirdParty));
        let gitlab = scanner("GitLab", Origin::Gitlab);
        collector.add(&trivy, &found("CVE-1", "1", Severity::High));
        collector.add(&grype, &found("CVE-1", "1", Severity::High));
        collector.add(&trivy, &found("CVE-1", "1", Severity::High));
        collector.add(&trivy, &found("CVE-2", "1", Severity::Low));
        collector.add(&trivy, &found("CVE-3", "1", Severity::Critical));
        collector.add(&gitlab, &found("CVE-3", "1", Severity::Critical));
        collector.skipped("Trivy", "suppressed", "status: x", 3, &["CVE-9".to_owned()]);
        let review = collector.finish(Facts::default());
        assert_eq!((review.fact("records"), review.fact("kept"), review.fact("left_out")), ("9", "2", "7"));
        let rows: Vec<_> =
            review.rows.rows().map(|row| [row.get("cve"), row.get("scanner"), row.get("origin")]).collect();
        assert_eq!(
            rows,
            [["CVE-3", "Trivy 1; GitLab 1", "gitlab"], ["CVE-1", "Trivy 1; Grype 1", "third-party"]]
        );
        let reasons = [("duplicate", 3), ("suppressed", 3), ("severity", 1)];
        assert_eq!(review.reasons(), reasons.map(|(reason, count)| (reason.to_owned(), count)));
    }

    #[test]
    fn globs_that_match_nothing_are_known() {
        let globs = ["rack", "rack@2.*", "/opt/gitlab/r*", "gem0,gem1", "rak"].map(str::to_owned);
        let profile = Profile::builtin("gitlab-ee").expect("a profile");
        let mut collector = Collector::new(&profile, &globs).expect("globs");
        collector.add(&scanner("Trivy", Origin::ThirdParty), &found("CVE-1", "1", Severity::Low));
        assert_eq!(collector.unmatched_globs().collect::<Vec<_>>(), ["rack@2.*", "gem0,gem1", "rak"]);
    }

    #[test]
    fn rows_begin_with_what_is_known() {
        let vex = |rules_out| Some(VexSaid { rules_out, text: "app.vex.json: affected".to_owned() });
        let ignored = Some("Behind a VPN. (owner: alice)".to_owned());
        let plain = found("CVE-1", "1", Severity::High);
        for (found, want) in [
            (plain.clone(), ["", "", ""]),
            (Found { vex: vex(false), ..plain.clone() }, ["", "app.vex.json: affected", "VEX"]),
            (
                Found { ignored, vex: vex(false), ..plain },
                ["accepted-risk", "Behind a VPN. (owner: alice)", "the ignore file"],
            ),
        ] {
            let mut collector = collector();
            collector.add(&scanner("Trivy", Origin::ThirdParty), &found);
            let review = collector.finish(Facts::default());
            let row = review.rows.row(0).expect("a row");
            assert_eq!(["decision", "assessment", "prefilled_from"].map(|name| row.get(name)), want);
        }
    }
}
