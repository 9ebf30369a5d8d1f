//! What is missing in a review before it can be sent: row by row, and of the request as a whole.

use crate::{
    Calendar, Image, Origin, Profile, Review, Row, Standing,
    finding::{Artifact, leading_id},
    review::{COLUMNS, DECISIONS},
    standing, text,
};
use jiff::civil::Date;
use scanlift_report_core::Severity;
use std::collections::{BTreeMap, HashSet};

/// What kind of problem it is: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Something has to be filled.
    Missing,
    /// What is filled is too little.
    Thin,
    /// What is filled is not of the list.
    Wrong,
    /// What was scanned was changed.
    Changed,
    /// The row was not made by `init`.
    Added,
    /// A row of `init` is not there.
    Removed,
    /// A row is there twice.
    Twice,
    /// The image is out of scope.
    Image,
    /// There is nothing to ask.
    Empty,
}

impl Kind {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Thin => "too-thin",
            Self::Wrong => "wrong-value",
            Self::Changed => "changed",
            Self::Added => "row-added",
            Self::Removed => "row-removed",
            Self::Twice => "row-twice",
            Self::Image => "image",
            Self::Empty => "nothing-to-ask",
        }
    }
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The [number](Row::number) of the row in a spreadsheet; `None` for the request.
    pub line: Option<usize>,
    /// The row's id, if it has one.
    pub id: String,
    /// The column or fact.
    pub column: String,
    /// What kind.
    pub kind: Kind,
    /// What is wrong and what to do.
    pub text: String,
}

/// The answer of a check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// What is missing: first of the request, then row by row.
    pub problems: Vec<Problem>,
    /// How the image stands; `None` if it cannot be told.
    pub standing: Option<Standing>,
    /// How many rows there are of each decision, in the order of the list; undecided ones last.
    pub decisions: Vec<(&'static str, usize)>,
    /// How many rows have nothing wrong.
    pub ready: usize,
    /// How many rows there are.
    pub rows: usize,
}

impl Verdict {
    /// Whether it can be sent.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Says what is missing in a review on a day.
#[must_use]
pub fn check(review: &Review, profile: &Profile, calendar: &Calendar, today: Date) -> Verdict {
    let mut check = Check { profile, problems: Vec::new() };
    let standing = check.image(review, calendar, today);
    check.request(review);
    let mut bad = HashSet::new();
    let mut seen = HashSet::new();
    let made: HashSet<&str> = review.fact("row_ids").split_whitespace().collect();
    for (at, row) in review.rows.rows().enumerate() {
        let before = check.problems.len();
        check.row(row, &made, &mut seen);
        if check.problems.len() > before {
            bad.insert(at);
        }
    }
    check.removed(review, &seen);
    let rows = review.rows.len();
    let mut decisions: Vec<_> = DECISIONS.iter().map(|(word, _)| (*word, review.decided(word))).collect();
    let decided: usize = decisions.iter().map(|(_, count)| count).sum();
    decisions.push(("", rows - decided));
    Verdict { problems: check.problems, standing, decisions, ready: rows - bad.len(), rows }
}

/// How the image of a review stands on a day; why that cannot be told.
///
/// # Errors
/// In words.
pub fn standing_of(
    review: &Review,
    profile: &Profile,
    calendar: &Calendar,
    today: Date,
) -> Result<Standing, String> {
    let named = review.fact("image");
    if named.is_empty() {
        return Err("the request does not say which image was scanned".to_owned());
    }
    let image = Image::parse(named).map_err(|error| format!("failed to {error}"))?;
    let version = match review.fact("gitlab_version") {
        "" => None,
        text => Some(text.parse().map_err(|error| format!("failed to {error}"))?),
    };
    standing(profile, calendar, &image, version, today).map_err(|error| format!("failed to {error}"))
}

struct Check<'p> {
    profile: &'p Profile,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn of_request(&mut self, column: &str, kind: Kind, text: impl Into<String>) {
        let text = text.into();
        self.problems.push(Problem { line: None, id: String::new(), column: column.to_owned(), kind, text });
    }

    fn of_row(&mut self, row: Row<'_>, column: &str, kind: Kind, text: impl Into<String>) {
        let (id, column, text) = (row.get("id").to_owned(), column.to_owned(), text.into());
        self.problems.push(Problem { line: Some(row.number()), id, column, kind, text });
    }

    fn image(&mut self, review: &Review, calendar: &Calendar, today: Date) -> Option<Standing> {
        match standing_of(review, self.profile, calendar, today) {
            Ok(standing) => {
                if !standing.is_in() {
                    self.of_request("image", Kind::Image, standing.reasons.join("; "));
                }
                Some(standing)
            }
            Err(problem) => {
                self.of_request("image", Kind::Image, problem);
                None
            }
        }
    }

    fn request(&mut self, review: &Review) {
        for fact in &self.profile.required.request {
            let value = review.fact(fact);
            // What every row says need not be said for all of them.
            let column = if fact == "concerns" { "concern" } else { fact };
            let mut asked = review.rows.rows().filter(|row| row.get("decision") == "ask").peekable();
            let is_said = asked.peek().is_some() && asked.all(|row| !row.get(column).trim().is_empty());
            if value.trim().is_empty() && !is_said {
                self.of_request(
                    fact,
                    Kind::Missing,
                    "write it into the sheet Request, or into every row that asks",
                );
            } else if let Some(lack) =
                text::lacks(&self.profile.enough, fact, value, "").filter(|_| !value.trim().is_empty())
            {
                self.of_request(fact, Kind::Thin, lack);
            }
        }
        if review.rows.is_empty() {
            self.of_request("", Kind::Empty, "no finding is in scope, so there is nothing to ask");
        } else if review.decided("ask") == 0 && review.rows.rows().all(|row| !row.get("decision").is_empty())
        {
            self.of_request(
                "decision",
                Kind::Empty,
                "no row is decided as `ask`, so there is nothing to ask",
            );
        }
    }

    fn row<'r>(&mut self, row: Row<'r>, made: &HashSet<&str>, seen: &mut HashSet<&'r str>) {
        let id = row.get("id");
        if !made.is_empty() && !made.contains(id) {
            let text = "it was added by hand: only findings of a scan can be asked about, make them with `triage init`";
            self.of_row(row, "id", Kind::Added, text);
            return;
        }
        if id.is_empty() {
            self.of_row(row, "id", Kind::Missing, "every row has an id; make the review with `triage init`");
        } else if !seen.insert(id) {
            self.of_row(row, "id", Kind::Twice, "the row is there twice: remove one of them");
        }
        self.values(row);
        let decision = row.get("decision");
        if decision.is_empty() && self.profile.required.every.iter().any(|column| column == "decision") {
            let words: Vec<_> = DECISIONS.iter().map(|(word, _)| *word).collect();
            self.of_row(row, "decision", Kind::Missing, format!("decide: {}", words.join(", ")));
        }
        self.filled(row);
    }

    /// What is not of a list, or is not as it was scanned.
    fn values(&mut self, row: Row<'_>) {
        let (decision, origin, severity) = (row.get("decision"), row.get("origin"), row.get("severity"));
        if !decision.is_empty() && !DECISIONS.iter().any(|(word, _)| *word == decision) {
            let words: Vec<_> = DECISIONS.iter().map(|(word, _)| *word).collect();
            let text = format!("`{decision}` is none of {}", words.join(", "));
            self.of_row(row, "decision", Kind::Wrong, text);
        }
        if ![Origin::Gitlab.as_str(), Origin::ThirdParty.as_str()].contains(&origin) {
            let text = format!("`{origin}` is neither gitlab nor third-party");
            self.of_row(row, "origin", Kind::Wrong, text);
        }
        let in_scope: Vec<_> = self.profile.severities.iter().map(|severity| severity.as_str()).collect();
        if !in_scope.contains(&severity) {
            let is_known = Severity::WORST_FIRST.iter().any(|known| known.as_str() == severity);
            let what = if is_known { "out of scope, which is" } else { "none of" };
            self.of_row(
                row,
                "severity",
                Kind::Wrong,
                format!("`{severity}` is {what} {}", in_scope.join(", ")),
            );
        }
        if !row.get("id").is_empty() && leading_id(row).is_none() {
            let text =
                "cve, package, version or path is not what was scanned: take it from `triage init` again";
            self.of_row(row, "id", Kind::Changed, text);
        }
    }

    /// What has to be filled, and is not or too little.
    fn filled(&mut self, row: Row<'_>) {
        let required = &self.profile.required;
        let is_asked = matches!(row.get("decision"), "" | "ask");
        let is_package = Artifact::is_package(row.get("artifact_type"));
        let by_origin = if row.get("origin") == Origin::Gitlab.as_str() {
            &required.gitlab
        } else {
            &required.third_party
        };
        let mut columns: Vec<&str> = Vec::new();
        let lists: &[&Vec<String>] = match (is_asked, is_package) {
            (false, _) => &[&required.not_asked],
            (true, true) => &[&required.every, &required.packages, by_origin],
            (true, false) => &[&required.every, by_origin],
        };
        for column in lists.iter().flat_map(|list| list.iter()).filter(|column| *column != "decision") {
            if !columns.contains(&column.as_str()) {
                columns.push(column);
            }
        }
        for column in COLUMNS.iter().filter(|column| column.is_answer) {
            if !row.get(column.name).trim().is_empty()
                && !columns.contains(&column.name)
                && column.name != "decision"
            {
                columns.push(column.name);
            }
        }
        for column in columns {
            let answer = row.get(column);
            // An advisory without a CVE is known by its own id.
            let stands_in = if column == "cve" { row.get("other_ids") } else { "" };
            if answer.trim().is_empty() && stands_in.is_empty() {
                let known = COLUMNS.iter().find(|known| known.name == column);
                let help = known.map_or("fill it", |known| known.help);
                self.of_row(row, column, Kind::Missing, help);
            } else if COLUMNS.iter().any(|known| known.name == column && known.is_answer)
                && let Some(lack) = text::lacks(&self.profile.enough, column, answer, row.get("title"))
            {
                self.of_row(row, column, Kind::Thin, lack);
            }
        }
    }

    fn removed(&mut self, review: &Review, seen: &HashSet<&str>) {
        for id in review.fact("row_ids").split_whitespace().filter(|id| !seen.contains(id)) {
            self.problems.push(Problem {
                line: None,
                id: id.to_owned(),
                column: "id".to_owned(),
                kind: Kind::Removed,
                text: "the row was removed: put it back and decide it as not-affected or accepted-risk"
                    .to_owned(),
            });
        }
    }
}

/// What keeps most rows from being ready: problems by column and kind, the most first.
#[must_use]
pub fn summary(problems: &[Problem]) -> Vec<(String, Kind, usize)> {
    let mut counts: BTreeMap<(&str, Kind), usize> = BTreeMap::new();
    for problem in problems.iter().filter(|problem| problem.line.is_some()) {
        *counts.entry((&problem.column, problem.kind)).or_default() += 1;
    }
    let mut counts: Vec<_> =
        counts.into_iter().map(|((column, kind), count)| (column.to_owned(), kind, count)).collect();
    counts.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    counts
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        Collector, Facts, Scanner,
        finding::{Found, row_id},
    };

    pub(crate) const ASSESSMENT: &str =
        "The parser is reachable without login through the public sign-in page";
    pub(crate) const STEPS: &str =
        "1. Open the sign-in page as nobody\n2. Send the body that is attached\n3. The worker stops";

    /// A third-party row of a library, one of GitLab's own, and one of a host.
    pub(crate) fn review() -> Review {
        let mut collector = Collector::new(&profile(), &[]).expect("globs");
        let scanner = |name: &str, origin| Scanner {
            id: name.to_lowercase(),
            name: name.to_owned(),
            version: String::new(),
            origin,
        };
        let library = |cve: &str| Found {
            kind: "container_scanning",
            severity: Severity::High,
            cves: vec![cve.to_owned()],
            package: "rack".to_owned(),
            version: "2.2.8".to_owned(),
            fix_status: "fixed".to_owned(),
            path: "/opt/gitlab/rack".to_owned(),
            artifact: Artifact::Library,
            title: format!("{cve} in rack"),
            ..Found::default()
        };
        collector.add(&scanner("Trivy", Origin::ThirdParty), &library("CVE-2024-0001"));
        collector.add(&scanner("GitLab", Origin::Gitlab), &library("CVE-2024-0002"));
        let mut facts = Facts::default();
        facts.add("image", "gitlab/gitlab-ee:19.6.0-ee.0", "");
        facts.add("gitlab_version", "19.6.0", "");
        collector.finish(facts)
    }

    pub(crate) fn answered() -> Review {
        let mut review = review();
        review.set_fact("environment", "One Omnibus instance behind a VPN");
        review.set_fact("concerns", "Can anybody without a login reach it?");
        for (column, text) in [("decision", "ask"), ("assessment", ASSESSMENT), ("steps", STEPS)] {
            review.rows.set(0, column, text);
        }
        review.rows.set(1, "decision", "ask");
        review
    }

    pub(crate) fn profile() -> Profile {
        Profile::builtin("gitlab-ee").expect("a profile")
    }

    pub(crate) fn verdict(review: &Review) -> Verdict {
        check(review, &profile(), &Calendar::builtin().expect("one"), "2026-11-28".parse().expect("a day"))
    }

    fn told(review: &Review) -> Vec<(Option<usize>, String, &'static str)> {
        let problems = verdict(review).problems;
        problems.into_iter().map(|it| (it.line, it.column, it.kind.as_str())).collect()
    }

    fn with(change: impl FnOnce(&mut Review)) -> Vec<(Option<usize>, String, &'static str)> {
        let mut review = answered();
        change(&mut review);
        told(&review)
    }

    #[test]
    fn an_answered_review_is_ready() {
        let verdict = verdict(&answered());
        assert_eq!(verdict.problems, []);
        assert_eq!((verdict.ready, verdict.rows, verdict.decisions[0]), (2, 2, ("ask", 2)));
    }

    #[test]
    fn third_parties_need_assessment_and_steps_and_gitlab_a_decision() {
        let want = [
            (None, "environment", "missing"),
            (None, "concerns", "missing"),
            (Some(2), "decision", "missing"),
            (Some(2), "assessment", "missing"),
            (Some(2), "steps", "missing"),
            (Some(3), "decision", "missing"),
        ];
        assert_eq!(told(&review()), want.map(|(line, column, kind)| (line, column.to_owned(), kind)));
    }

    #[test]
    fn every_mistake_is_named() {
        let one = |line, column: &str, kind| vec![(line, column.to_owned(), kind)];
        assert_eq!(with(|it| it.rows.set(0, "assessment", "bad")), one(Some(2), "assessment", "too-thin"));
        assert_eq!(with(|it| it.rows.set(0, "steps", "TODO")), one(Some(2), "steps", "too-thin"));
        assert_eq!(
            with(|it| it.rows.set(1, "exploitability", "?")),
            one(Some(3), "exploitability", "too-thin")
        );
        assert_eq!(with(|it| it.rows.set(0, "severity", "Low")), one(Some(2), "severity", "wrong-value"));
        assert_eq!(with(|it| it.rows.set(0, "origin", "me")), one(Some(2), "origin", "wrong-value"));
        assert_eq!(with(|it| it.rows.set(0, "version", "2.2")), one(Some(2), "id", "changed"));
        assert_eq!(with(|it| it.rows.set(0, "fix_status", "")), one(Some(2), "fix_status", "missing"));
        assert_eq!(
            with(|it| it.rows.set(1, "decision", "maybe"))[0],
            (Some(3), "decision".to_owned(), "wrong-value")
        );
        assert_eq!(with(|it| it.rows.set(0, "decision", "not-affected")), []);
        assert_eq!(
            with(|it| it.rows.set(1, "decision", "accepted-risk")),
            one(Some(3), "assessment", "missing")
        );
        assert_eq!(with(|it| it.set_fact("concerns", "tbd")), one(None, "concerns", "too-thin"));
        assert_eq!(with(|it| it.set_fact("image", "gitlab/gitlab-ee:18.5.2-ee.0")), []);
        assert_eq!(with(|it| it.set_fact("gitlab_version", "18.5.2")), one(None, "image", "image"));
        assert_eq!(with(|it| it.set_fact("image", "nginx")), one(None, "image", "image"));
        let added = with(|it| it.rows.push([("id", "R-1".to_owned())]));
        assert_eq!(added, one(Some(4), "id", "row-added"));
        assert_eq!(
            with(|it| it.set_fact("row_ids", &format!("{} R-0", it.fact("row_ids").to_owned()))),
            one(None, "id", "row-removed")
        );
        let twice = with(|it| {
            let cells: Vec<_> = it
                .rows
                .columns()
                .iter()
                .cloned()
                .zip(it.rows.row(0).expect("a row").cells().to_vec())
                .collect();
            it.rows.push(cells.iter().map(|(name, text)| (name.as_str(), text.clone())));
        });
        assert_eq!(twice, one(Some(4), "id", "row-twice"));
        let nothing = with(|it| {
            it.rows.set(0, "decision", "not-affected");
            it.rows.set(1, "decision", "not-affected");
            it.rows.set(1, "assessment", ASSESSMENT);
        });
        assert_eq!(nothing, one(None, "decision", "nothing-to-ask"));
    }

    #[test]
    fn a_request_need_not_say_what_every_row_says() {
        let said = with(|it| {
            it.set_fact("environment", "");
            it.rows.set(0, "environment", "Behind a reverse proxy only");
            it.rows.set(1, "environment", "Behind a reverse proxy only");
        });
        assert_eq!(said, []);
    }

    #[test]
    fn a_path_may_be_filled_in() {
        let mut review = answered();
        let id = row_id("container_scanning", "CVE-2024-0001", "rack", "2.2.8", "");
        let old = review.rows.row(0).expect("a row").get("id").to_owned();
        review.set_fact("row_ids", &review.fact("row_ids").replace(&old, &id));
        review.rows.set(0, "id", id);
        assert_eq!(told(&review), []);
        review.rows.set(0, "path", "");
        assert_eq!(told(&review), [(Some(2), "path".to_owned(), "missing")]);
    }

    #[test]
    fn the_name_of_a_rule_may_hold_commas() {
        for ids in [&["sql, injection"][..], &["sql, injection", "CWE-89"], &["a,b"], &[" a"], &["a", "b"]] {
            let mut collector = Collector::new(&profile(), &[]).expect("globs");
            let found = Found {
                kind: "sast",
                severity: Severity::High,
                other_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
                path: "/opt/gitlab/a.rb:3".to_owned(),
                artifact: Artifact::Code,
                ..Found::default()
            };
            collector.add(&Scanner::default(), &found);
            let mut review = collector.finish(Facts::default());
            let is_changed = |review: &Review| told(review).iter().any(|(_, _, kind)| *kind == "changed");
            assert!(!is_changed(&review), "{ids:?}");
            review.rows.set(0, "other_ids", "something else");
            assert!(is_changed(&review), "{ids:?}");
        }
    }
}
