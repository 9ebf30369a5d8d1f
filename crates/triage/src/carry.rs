//! Takes the answers of earlier rounds over. All answers of a row come from one place: what somebody wrote
//! for the same finding comes whole, for one that is alike without the decision, and what a file said then is
//! to be decided again.

use crate::{
    Review, Row, Table,
    finding::{Artifact, leading_id},
    review::{ASKED, COLUMNS, IGNORE_FILE, VEX, answers, mark},
};
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

/// What was taken over from earlier rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CarriedOver {
    /// Rows with their answers as they were.
    pub same: usize,
    /// Rows with their texts, to be decided again: of another version or place, or what a file said then.
    pub again: usize,
    /// What somebody answered and is no row now, each in a line.
    pub gone: Vec<String>,
}

/// Takes over what was answered in earlier rounds, each with the name that it goes by, and columns that were
/// added there. Where several have an answer, it is that of the last one in which somebody wrote something.
pub fn carry_over(review: &mut Review, previous: &[(String, Review)]) -> CarriedOver {
    let own = own_columns(previous);
    own.iter().for_each(|column| review.rows.add_column(column));
    let (people, files) = indexes(&review.rows, previous, &own);
    let before = previous.iter().flat_map(|(_, review)| review.rows.rows());
    let before: HashSet<&str> = before.map(|row| row.get("id")).collect();
    let alone = alone(&review.rows, &before);

    let (mut carried, mut taken) = (CarriedOver::default(), Vec::new());
    for at in 0..review.rows.len() {
        let Some(row) = review.rows.row(at) else { continue };
        let (answer, said) = (people.find(row, &alone), files.find(row, &alone));
        let is_prefilled = !row.get("prefilled_from").is_empty();
        for column in &own {
            let mut texts = [answer, said].into_iter().flatten().map(|(it, _)| it.row.get(column));
            if let Some(text) = texts.find(|text| !text.is_empty()) {
                review.rows.set(at, column, text);
            }
        }
        let said = said.filter(|(it, _)| !is_prefilled && is_answered(it.row));
        let Some((it, is_same)) = answer.or(said) else { continue };
        let file = if answer.is_none() { file_of(it.row) } else { None };
        let is_decided = is_same && file.is_none();
        for column in answers() {
            let text = if column == "decision" && !is_decided { "" } else { it.row.get(column) };
            review.rows.set(at, column, text);
        }
        review.set_prefilled(at, &source(it, is_same, file));
        *(if is_decided { &mut carried.same } else { &mut carried.again }) += 1;
        taken.push(it);
    }
    carried.gone = gone(&people.rows, &taken);
    for (fact, _) in ASKED {
        let values = previous.iter().map(|(_, review)| review.fact(fact));
        if let Some(value) = values.rev().find(|value| !value.is_empty()) {
            review.set_fact(fact, value);
        }
    }
    carried
}

/// Columns that were added to earlier reviews.
fn own_columns(previous: &[(String, Review)]) -> Vec<&str> {
    let mut own: Vec<&str> = Vec::new();
    for name in previous.iter().flat_map(|(_, review)| review.rows.columns()) {
        if !COLUMNS.iter().any(|column| column.name == name) && !own.contains(&name.as_str()) {
            own.push(name);
        }
    }
    own
}

/// A row of an earlier round in which something stands.
#[derive(Clone, Copy, Debug)]
struct Earlier<'p> {
    round: usize,
    name: &'p str,
    row: Row<'p>,
}

/// Rows that somebody answered; and those in which files said something, or only added columns are filled.
fn indexes<'p>(now: &Table, previous: &'p [(String, Review)], own: &[&str]) -> (Index<'p>, Index<'p>) {
    let ids: HashSet<&str> = now.rows().map(|row| row.get("id")).collect();
    let alone: Vec<_> = previous.iter().map(|(_, review)| alone(&review.rows, &ids)).collect();
    let (mut people, mut files) = (Vec::new(), Vec::new());
    for (round, (name, review)) in previous.iter().enumerate() {
        for row in review.rows.rows() {
            let is_of_people = is_answered(row) && !(is_as_prefilled(row) && file_of(row).is_some());
            if is_of_people {
                people.push(Earlier { round, name, row });
            } else if is_answered(row) || own.iter().any(|column| !row.get(column).is_empty()) {
                files.push(Earlier { round, name, row });
            }
        }
    }
    (Index::new(people, &alone), Index::new(files, &alone))
}

/// Earlier rows, by what they are known by.
struct Index<'p> {
    rows: Vec<Earlier<'p>>,
    by_id: HashMap<&'p str, usize>,
    by_place: HashMap<Place, usize>,
    by_package: HashMap<(String, String), usize>,
}

impl<'p> Index<'p> {
    /// `alone` are the places in code that one row of a round has for itself.
    fn new(mut rows: Vec<Earlier<'p>>, alone: &[HashSet<Place>]) -> Self {
        // What somebody wrote leads what was only taken over, and a later round an earlier one.
        rows.sort_by_key(|it| (is_as_prefilled(it.row), Reverse(it.round)));
        let (mut by_id, mut by_place, mut by_package) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (at, it) in rows.iter().enumerate() {
            by_id.entry(it.row.get("id")).or_insert(at);
            let Some(place) = Place::of(it.row) else { continue };
            if !place.is_code() {
                by_package.entry((place.id.clone(), place.package.clone())).or_insert(at);
            } else if !alone[it.round].contains(&place) {
                continue;
            }
            by_place.entry(place).or_insert(at);
        }
        Self { rows, by_id, by_place, by_package }
    }

    /// The row of the same finding, or of one that is alike; and whether it is the same.
    fn find(&self, row: Row<'_>, alone: &HashSet<Place>) -> Option<(Earlier<'p>, bool)> {
        if let Some(at) = self.by_id.get(row.get("id")) {
            return Some((self.rows[*at], true));
        }
        let place = Place::of(row)?;
        if place.is_code() && !alone.contains(&place) {
            return None;
        }
        let at = self.by_place.get(&place).or_else(|| self.by_package.get(&(place.id, place.package)))?;
        Some((self.rows[*at], false))
    }
}

/// What a finding is and where, without what changes from round to round: the version, the line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    id: String,
    /// Empty for code.
    package: String,
    path: String,
}

impl Place {
    /// That of a package, or in code.
    fn of(row: Row<'_>) -> Option<Self> {
        let (package, path) = (row.get("package"), row.get("path"));
        let is_code =
            [Artifact::Code, Artifact::Secret].map(Artifact::as_str).contains(&row.get("artifact_type"));
        let path = match (package.is_empty(), is_code) {
            (false, _) => without_version(path, row.get("version")),
            (true, true) => without_line(path).to_owned(),
            (true, false) => return None,
        };
        let id = leading_id(row).or_else(|| row.get("cve").split(',').next()).unwrap_or_default().trim();
        (!id.is_empty()).then(|| Self { id: id.to_owned(), package: package.to_owned(), path })
    }

    fn is_code(&self) -> bool {
        self.package.is_empty()
    }
}

/// Places in code that one row has for itself, of rows that are not the same (by their ids) in the other
/// round: where there are several, nobody knows which line has moved where.
fn alone(rows: &Table, same: &HashSet<&str>) -> HashSet<Place> {
    let mut counts: HashMap<Place, usize> = HashMap::new();
    let others = rows.rows().filter(|row| !same.contains(row.get("id")));
    for place in others.filter_map(Place::of).filter(Place::is_code) {
        *counts.entry(place).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count == 1).map(|(place, _)| place).collect()
}

/// `lib/rack-.gemspec` of `lib/rack-2.2.8.gemspec`.
fn without_version(path: &str, version: &str) -> String {
    if version.is_empty() {
        return path.to_owned();
    }
    let (mut out, mut from) = (String::with_capacity(path.len()), 0);
    for (at, _) in path.match_indices(version) {
        let (before, behind) = (&path[..at], &path[at + version.len()..]);
        // A `1` in a longer word is no version.
        let is_in_word = before.ends_with(|c: char| c.is_alphanumeric() && c != 'v')
            || behind.starts_with(char::is_alphanumeric);
        if !is_in_word {
            out.push_str(&path[from..at]);
            from = at + version.len();
        }
    }
    out.push_str(&path[from..]);
    out
}

/// `lib/a.rb` of `lib/a.rb:3`.
fn without_line(path: &str) -> &str {
    let is_line = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    path.rsplit_once(':').filter(|(_, line)| is_line(line)).map_or(path, |(path, _)| path)
}

fn is_answered(row: Row<'_>) -> bool {
    answers().any(|column| !row.get(column).is_empty())
}

/// Whether the answers are those that the row was made with; where the mark was taken out, it is taken so.
fn is_as_prefilled(row: Row<'_>) -> bool {
    let was = row.get("prefilled_as");
    !row.get("prefilled_from").is_empty() && (was.is_empty() || was == mark(row))
}

/// The file that a row was prefilled from, now or in an earlier round.
fn file_of(row: Row<'_>) -> Option<&'static str> {
    let from = row.get("prefilled_from");
    [IGNORE_FILE, VEX].into_iter().find(|file| from == *file || from.ends_with(&of_then(file)))
}

fn of_then(file: &str) -> String {
    format!(", from {file} of then: decide again")
}

/// Where answers are taken from.
fn source(it: Earlier<'_>, is_same: bool, file: Option<&str>) -> String {
    let before = it.row.get("prefilled_from");
    // What nobody changed in that round was taken over there already.
    if is_same && is_as_prefilled(it.row) && ![IGNORE_FILE, VEX].contains(&before) {
        return before.to_owned();
    }
    let of = if is_same { String::new() } else { format!(", for {}", thing(it.row)) };
    let then = match (file, is_same) {
        (Some(file), _) => of_then(file),
        (None, true) => String::new(),
        (None, false) => ": decide again".to_owned(),
    };
    format!("{}{of}{then}", it.name)
}

/// `rack 2.2.8 at /opt/gitlab/rack`, `/opt/gitlab/a.rb:3`.
fn thing(row: Row<'_>) -> String {
    let package = format!("{} {}", row.get("package"), row.get("version"));
    match (package.trim(), row.get("path")) {
        ("", path) => path.to_owned(),
        (package, "") => package.to_owned(),
        (package, path) => format!("{package} at {path}"),
    }
}

/// What was answered and was not taken over, unless a later round had the same in another version.
fn gone(people: &[Earlier<'_>], taken: &[Earlier<'_>]) -> Vec<String> {
    let mut ids: HashSet<&str> = taken.iter().map(|it| it.row.get("id")).collect();
    let mut latest: HashMap<Place, usize> = HashMap::new();
    for it in taken {
        if let Some(place) = Place::of(it.row) {
            let round = latest.entry(place).or_default();
            *round = it.round.max(*round);
        }
    }
    let mut gone = Vec::new();
    for Earlier { round, row, .. } in people {
        let later = Place::of(*row).and_then(|place| latest.get(&place));
        if ids.insert(row.get("id")) && later.is_none_or(|later| later <= round) {
            let id = leading_id(*row).unwrap_or_default();
            gone.push(format!("{}: {id} in {}", row.get("id"), thing(*row)));
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Collector, Facts, Origin, Profile, Scanner,
        finding::{Found, VexSaid},
    };
    use scanlift_report_core::Severity;

    fn round(findings: &[Found]) -> Review {
        let profile = Profile::builtin("gitlab-ee").expect("a profile");
        let mut collector = Collector::new(&profile, &[]).expect("globs");
        let scanner = Scanner {
            id: "trivy".to_owned(),
            name: "Trivy".to_owned(),
            version: "1".to_owned(),
            origin: Origin::ThirdParty,
        };
        findings.iter().for_each(|found| collector.add(&scanner, found));
        collector.finish(Facts::default())
    }

    fn rack(cve: &str, version: &str, path: &str) -> Found {
        Found {
            kind: "container_scanning",
            severity: Severity::High,
            cves: vec![cve.to_owned()],
            package: "rack".to_owned(),
            version: version.to_owned(),
            path: path.to_owned(),
            artifact: Artifact::Library,
            ..Found::default()
        }
    }

    fn ignored(found: Found) -> Found {
        Found { ignored: Some("Behind a VPN. (expires: 2026-12-31)".to_owned()), ..found }
    }

    fn vex(found: Found, text: &str) -> Found {
        Found { vex: Some(VexSaid { rules_out: false, text: text.to_owned() }), ..found }
    }

    fn code(line: u32) -> Found {
        Found {
            kind: "sast",
            severity: Severity::High,
            other_ids: vec!["sql, injection".to_owned()],
            path: format!("/opt/gitlab/a.rb:{line}"),
            artifact: Artifact::Code,
            ..Found::default()
        }
    }

    /// Answers a row as a person would.
    fn answer(review: &mut Review, at: usize, decision: &str, assessment: &str) {
        review.rows.set(at, "decision", decision);
        review.rows.set(at, "assessment", assessment);
    }

    fn carry(now: &mut Review, previous: &[(&str, &Review)]) -> CarriedOver {
        let previous: Vec<_> =
            previous.iter().map(|(name, review)| ((*name).to_owned(), (*review).clone())).collect();
        carry_over(now, &previous)
    }

    fn told(review: &Review) -> Vec<[&str; 3]> {
        let columns = ["decision", "assessment", "prefilled_from"];
        review.rows.rows().map(|row| columns.map(|name| row.get(name))).collect()
    }

    #[test]
    fn answers_are_carried_over_by_identity() {
        let path = "/opt/gitlab/rack";
        let mut earlier = round(&["1", "2", "3"].map(|n| rack(&format!("CVE-{n}"), "1", path)));
        earlier.rows.add_column("ticket");
        for at in 0..3 {
            answer(&mut earlier, at, "ask", &format!("text {at}"));
            earlier.rows.set(at, "ticket", "T-1");
        }
        earlier.set_fact("environment", "ours");
        let mut now = round(&[rack("CVE-1", "1", path), rack("CVE-2", "2", path), rack("CVE-4", "1", path)]);
        let carried = carry(&mut now, &[("old.xlsx", &earlier)]);
        assert_eq!((carried.same, carried.again, carried.gone.len()), (1, 1, 1));
        assert!(carried.gone[0].ends_with(": CVE-3 in rack 1 at /opt/gitlab/rack"), "{:?}", carried.gone);
        assert_eq!(
            told(&now),
            [
                ["ask", "text 0", "old.xlsx"],
                ["", "text 1", "old.xlsx, for rack 1 at /opt/gitlab/rack: decide again"],
                ["", "", ""],
            ]
        );
        let tickets: Vec<_> = now.rows.rows().map(|row| row.get("ticket")).collect();
        assert_eq!(tickets, ["T-1", "T-1", ""]);
        assert_eq!(now.fact("environment"), "ours");
        // Nobody changed it, so the next round has it from the same place.
        let mut next = round(&[rack("CVE-2", "2", path)]);
        carry(&mut next, &[("now.xlsx", &now)]);
        assert_eq!(told(&next), [["", "text 1", "old.xlsx, for rack 1 at /opt/gitlab/rack: decide again"]]);
    }

    #[test]
    fn each_place_keeps_its_own_answers() {
        let at = |place: &str, version: &str| {
            rack("CVE-1", version, &format!("/opt/gitlab/{place}/rack-{version}.jar"))
        };
        let mut earlier = round(&[at("a", "1.0"), at("b", "1.0")]);
        answer(&mut earlier, 0, "not-affected", "about a");
        answer(&mut earlier, 1, "ask", "about b");
        let mut now = round(&[at("a", "2.0"), at("b", "2.0"), at("c", "2.0")]);
        let carried = carry(&mut now, &[("old.xlsx", &earlier)]);
        assert_eq!(carried, CarriedOver { same: 0, again: 3, gone: Vec::new() });
        let of = |place| format!("old.xlsx, for rack 1.0 at /opt/gitlab/{place}/rack-1.0.jar: decide again");
        assert_eq!(
            told(&now),
            [["", "about a", &*of("a")], ["", "about b", &*of("b")], ["", "about a", &*of("a")]]
        );
    }

    #[test]
    fn what_a_file_said_then_is_no_answer() {
        let (text, plain) = ("Behind a VPN. (expires: 2026-12-31)", rack("CVE-1", "1", "/opt/gitlab/a"));
        let then = round(&[ignored(plain.clone())]);
        // Its entry has expired.
        let mut now = round(std::slice::from_ref(&plain));
        let carried = carry(&mut now, &[("then.json", &then)]);
        assert_eq!((carried.same, carried.again), (0, 1));
        let again = "then.json, from the ignore file of then: decide again";
        assert_eq!(told(&now), [["", text, again]]);
        let mut later = round(&[vex(plain.clone(), "v: affected")]);
        carry(&mut later, &[("now.json", &now)]);
        assert_eq!(told(&later), [["", "v: affected", "VEX"]]);
        let mut later = round(std::slice::from_ref(&plain));
        carry(&mut later, &[("now.json", &now)]);
        assert_eq!(told(&later), [["", text, again]]);
        // Somebody decides, or says it in other words: that is an answer.
        for (decision, assessment) in [("ask", text), ("accepted-risk", "In my own words.")] {
            let mut then = then.clone();
            answer(&mut then, 0, decision, assessment);
            for found in [plain.clone(), ignored(plain.clone())] {
                let mut now = round(&[found]);
                carry(&mut now, &[("then.json", &then)]);
                assert_eq!(told(&now), [[decision, assessment, "then.json"]]);
            }
        }
        // A newer document says more.
        let then = round(&[vex(plain.clone(), "v: under_investigation")]);
        let mut now = round(&[vex(plain.clone(), "w: affected")]);
        assert_eq!(carry(&mut now, &[("then.json", &then)]), CarriedOver::default());
        assert_eq!(told(&now), [["", "w: affected", "VEX"]]);
        // Without the mark, the column before it tells.
        let mut then = round(&[ignored(plain.clone())]);
        then.rows.set(0, "prefilled_as", "");
        let mut now = round(&[plain]);
        carry(&mut now, &[("then.json", &then)]);
        assert_eq!(told(&now), [["", text, again]]);
    }

    #[test]
    fn a_row_is_no_mixture() {
        let mut earlier = round(&[rack("CVE-1", "1", "/opt/gitlab/a")]);
        answer(&mut earlier, 0, "ask", "Anybody can reach it.");
        let mut now = round(&[ignored(rack("CVE-1", "2", "/opt/gitlab/a"))]);
        carry(&mut now, &[("old.xlsx", &earlier)]);
        let from = "old.xlsx, for rack 1 at /opt/gitlab/a: decide again";
        assert_eq!(told(&now), [["", "Anybody can reach it.", from]]);
    }

    #[test]
    fn several_reviews_are_joined() {
        let findings = [1, 2, 3].map(|n| rack(&format!("CVE-{n}"), "1", "/opt/gitlab/a"));
        let mut first = round(&findings);
        (0..3).for_each(|at| answer(&mut first, at, "ask", "first"));
        let mut second = round(&findings);
        carry(&mut second, &[("first.xlsx", &first)]);
        let (mut alice, mut bob) = (second.clone(), second);
        answer(&mut alice, 0, "not-affected", "alice");
        answer(&mut alice, 1, "not-affected", "alice");
        answer(&mut bob, 1, "accepted-risk", "bob");
        let mut now = round(&findings);
        let all = [("first.xlsx", &first), ("alice.csv", &alice), ("bob.csv", &bob)];
        assert_eq!(carry(&mut now, &all), CarriedOver { same: 3, again: 0, gone: Vec::new() });
        assert_eq!(
            told(&now),
            [
                ["not-affected", "alice", "alice.csv"],
                ["accepted-risk", "bob", "bob.csv"],
                ["ask", "first", "first.xlsx"],
            ]
        );
        // What skipped a round is there again, and what came in another version is not gone.
        let mut other = round(&[rack("CVE-1", "2", "/opt/gitlab/a")]);
        answer(&mut other, 0, "ask", "newer");
        let mut now = round(&[rack("CVE-1", "2", "/opt/gitlab/a"), findings[1].clone()]);
        let carried = carry(&mut now, &[("first.xlsx", &first), ("other.xlsx", &other)]);
        assert_eq!(told(&now), [["ask", "newer", "other.xlsx"], ["ask", "first", "first.xlsx"]]);
        assert_eq!(carried.gone.len(), 1, "{:?}", carried.gone);
        assert!(carried.gone[0].contains("CVE-3"), "{:?}", carried.gone);
    }

    #[test]
    fn lines_that_move_keep_their_texts_if_it_is_plain_which() {
        let earlier = |lines: &[u32]| {
            let mut earlier = round(&lines.iter().map(|line| code(*line)).collect::<Vec<_>>());
            (0..lines.len()).for_each(|at| answer(&mut earlier, at, "ask", &format!("text {at}")));
            earlier
        };
        let now = |then: &[u32], lines: &[u32]| {
            let mut now = round(&lines.iter().map(|line| code(*line)).collect::<Vec<_>>());
            let gone = carry(&mut now, &[("old.xlsx", &earlier(then))]).gone.len();
            let rows = told(&now).iter().map(|row| row.map(str::to_owned)).collect::<Vec<_>>();
            (rows, gone)
        };
        let moved = ["", "text 0", "old.xlsx, for /opt/gitlab/a.rb:3: decide again"].map(str::to_owned);
        assert_eq!(now(&[3], &[4]), (vec![moved.clone()], 0));
        let same = ["ask", "text 1", "old.xlsx"].map(str::to_owned);
        assert_eq!(now(&[3, 9], &[4, 9]), (vec![moved, same], 0));
        let none = || ["", "", ""].map(str::to_owned);
        assert_eq!(now(&[3, 9], &[4, 8]), (vec![none(), none()], 2));
        assert_eq!(now(&[3], &[4, 8]), (vec![none(), none()], 1));
    }

    #[test]
    fn places_are_without_version_and_line() {
        for (path, version, want) in [
            ("/a/rack-2.2.8.gemspec", "2.2.8", "/a/rack-.gemspec"),
            ("/a/2.2.8/rack-2.2.8", "2.2.8", "/a//rack-"),
            ("/lib1/x-1.jar", "1", "/lib1/x-.jar"),
            ("/go/x@v1.2", "1.2", "/go/x@v"),
            ("/a/rack-11.jar", "1", "/a/rack-11.jar"),
            ("/a/rack", "", "/a/rack"),
            ("", "1", ""),
        ] {
            assert_eq!(without_version(path, version), want, "{path} {version}");
        }
        for (path, want) in [("/a.rb:3", "/a.rb"), ("/a.rb", "/a.rb"), ("/a:b", "/a:b"), ("/a:", "/a:")] {
            assert_eq!(without_line(path), want);
        }
    }
}
