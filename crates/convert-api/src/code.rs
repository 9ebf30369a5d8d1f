//! "This rule is broken at these lines": what every scanner of source code says, in one vocabulary.
//!
//! A converter fills an [`Issue`] from its model; [`Issue::into_finding`] makes the finding of it, the
//! same way for all: identifiers, name, description, links, code and code flows.
//! What only one scanner says is added to the details afterwards.
//!
//! ```
//! use scanlift_convert_api::code::{self, Issue};
//! use scanlift_report_core::Location;
//!
//! let mut issue = Issue::new("acme_rule_id", "ACME-7");
//! issue.message = Some("The password is in the code.\nMove it to a vault.".into());
//! issue.weaknesses.push(798);
//! let place = Location::Sast(code::lines("src/login.c", Some(12), None));
//! let vulnerability = issue.into_finding(place).ok_or("an issue without a rule")?.vulnerability;
//! assert_eq!(vulnerability.name.as_deref(), Some("The password is in the code"));
//! assert_eq!(vulnerability.identifiers.len(), 2);
//! # Ok::<(), &str>(())
//! ```

use crate::{Finding, Options, one_line, owasp, sentence};
use scanlift_report_core::{
    CodeFlowNode, Commit, Description, Detail, Details, FileLocation, Identifier, Link, Location, Name,
    NodeType, SecretLocation, Severity, Solution, SourceLocation, Text, Vulnerability,
};
use std::borrow::Cow;

/// More are of no use: GitLab takes 20 identifiers.
const MOST: usize = 50;

/// What a scanner says of a place in the code.
///
/// Every text may have white space around it, and blank ones count as missing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Issue<'a> {
    /// The type of the rule's identifier: `acme_rule_id`. Part of the identity of findings.
    pub scheme: &'static str,
    /// The stable id of the rule: it becomes the primary identifier.
    pub rule: Text<'a>,
    /// What people call the rule, where that says more than its id: `B105 hardcoded_password_string`.
    pub rule_name: Option<Text<'a>>,
    /// The rule's page.
    pub url: Option<Text<'a>>,
    /// What is wrong in a line, without where; without it the first sentence of the message.
    pub title: Option<Text<'a>>,
    /// What is wrong here, in Markdown.
    pub message: Option<Text<'a>>,
    /// What the rule is about, in Markdown.
    pub about: Option<Text<'a>>,
    /// What to do about it.
    pub solution: Option<Text<'a>>,
    /// The scanner's word.
    pub severity: Option<Text<'a>>,
    /// What the scanner means by its word, where that is not [what most mean](Severity::from_word).
    pub rating: Option<Severity>,
    /// A score from 0.0 to 10.0.
    pub score: Option<f64>,
    /// CWE numbers.
    pub weaknesses: Vec<u32>,
    /// Categories of OWASP: `A03:2021 - Injection`; others are left out.
    pub categories: Vec<Text<'a>>,
    /// Addresses to read more; what is no web address is left out.
    pub references: Vec<Text<'a>>,
    /// The lines as they stand.
    pub code: Option<Text<'a>>,
    /// Their language, as syntax highlighters call it.
    pub language: Option<Text<'a>>,
    /// How the value gets there.
    pub flows: Flows<'a>,
    /// How sure the scanner is, in its words.
    pub confidence: Option<Text<'a>>,
}

impl<'a> Issue<'a> {
    /// An issue of which only the rule is known.
    #[must_use]
    pub fn new(scheme: &'static str, rule: impl Into<Text<'a>>) -> Self {
        Self { scheme, rule: rule.into(), ..Self::default() }
    }

    /// The finding of this issue at a place; `None` if the rule is blank.
    #[must_use]
    pub fn into_finding(self, place: Location<'a>) -> Option<Finding<'a>> {
        let rule = trimmed(self.rule);
        let rule_name = self.rule_name.and_then(filled).unwrap_or_else(|| rule.clone());
        let url = self.url.and_then(filled).unwrap_or_default();
        let primary = Identifier::new(self.scheme, rule_name.clone(), rule)?.with_url(url.clone());
        let mut vulnerability = Vulnerability::new(primary, place);
        let weaknesses = self.weaknesses.into_iter().filter(|number| *number > 0);
        vulnerability.identifiers.extend(weaknesses.map(Identifier::cwe).take(MOST));
        let categories = self.categories.iter().filter_map(|category| owasp::identifier(category));
        vulnerability.identifiers.extend(categories.take(MOST));

        let message = self.message.and_then(filled);
        let about = self.about.and_then(filled);
        let title = self.title.and_then(filled);
        let said = || [&message, &about].into_iter().flatten().next().map(|it| sentence(it));
        let name = title.as_deref().map(Cow::Borrowed).or_else(said).and_then(|name| heading(&name));
        vulnerability.name = name.or_else(|| Name::new(rule_name));
        vulnerability.description = description(message, about)
            .or_else(|| title.as_deref().and_then(|it| Description::new(it.to_owned())));
        vulnerability.solution = self.solution.and_then(Solution::new);
        let links = std::iter::once(url).chain(self.references).map(trimmed);
        vulnerability.add_links(links.filter_map(Link::new));

        if let Some(value) = self.code.map(without_blank_lines).filter(|code| !code.trim().is_empty()) {
            let lang = self.language.and_then(filled);
            vulnerability.details.insert("code", "Code", Detail::Code { value, lang });
        }
        self.flows.add_to(&mut vulnerability.details);
        vulnerability.details.text("confidence", "Confidence", self.confidence.unwrap_or_default());

        let score = self.score.filter(|score| (0.0..=10.0).contains(score));
        let shown = score.map(|score| format!("{score:.1}")).unwrap_or_default();
        vulnerability.details.text("score", "Score", shown);

        let mut finding = Finding::new(vulnerability);
        let word = self.severity.and_then(filled);
        finding.severity.rating = self.rating.or_else(|| Severity::from_word(word.as_deref()?));
        finding.severity.word = word;
        finding.severity.score = score;
        Some(finding)
    }
}

/// A title on one line, without the full stop of a sentence.
fn heading<'a>(title: &str) -> Option<Name<'a>> {
    let line = one_line(title);
    let plain = line.strip_suffix('.').filter(|rest| !rest.ends_with('.')).unwrap_or(&line);
    Name::new(plain.to_owned())
}

/// What is wrong here, then what the rule is about, unless one holds the other.
fn description<'a>(message: Option<Text<'a>>, about: Option<Text<'a>>) -> Option<Description<'a>> {
    let text = match (message, about) {
        (Some(message), Some(about)) if message.contains(&*about) => message,
        (Some(message), Some(about)) if about.contains(&*message) => about,
        (Some(message), Some(about)) => Cow::Owned(format!("{message}\n\n{about}")),
        (message, about) => message.or(about)?,
    };
    Description::new(text)
}

/// Lines `start` to `end` of a file, 1-based; without an end one line, without a start the file as a
/// whole, and without a file no place.
#[must_use]
pub fn lines<'a>(file: impl Into<Text<'a>>, start: Option<u64>, end: Option<u64>) -> SourceLocation<'a> {
    let file = trimmed(file.into());
    if file.is_empty() {
        return SourceLocation::default();
    }
    match start.filter(|line| *line > 0) {
        Some(start) => SourceLocation::lines(file, start, end.unwrap_or(start)),
        None => SourceLocation::file(file),
    }
}

/// The place of a leaked secret: in the commit that the user names, if any.
#[must_use]
pub fn secret<'a>(source: SourceLocation<'a>, options: &'a Options) -> Location<'a> {
    let commit = Commit::new(options.commit.as_deref().unwrap_or_default());
    Location::SecretDetection(SecretLocation::new(commit, source))
}

/// Code whose lines each begin with their number (`12 x = 1`, `12: x = 1`), without the numbers; other
/// code as it is.
#[must_use]
pub fn without_line_numbers(code: &str) -> Text<'_> {
    let mut plain = String::with_capacity(code.len());
    for line in code.lines().filter(|line| !line.trim().is_empty()) {
        let line = line.trim_start();
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let rest = line.get(digits..).unwrap_or_default();
        if digits == 0 || !(rest.is_empty() || rest.starts_with([' ', ':', '\t'])) {
            return Cow::Borrowed(code);
        }
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        plain.push_str(rest.strip_prefix(' ').unwrap_or(rest));
        plain.push('\n');
    }
    Cow::Owned(plain)
}

/// The lines that a text names: `12` or `12-14`.
#[must_use]
pub fn line_range(text: &str) -> (Option<u64>, Option<u64>) {
    let number = |text: &str| text.trim().parse().ok();
    match text.split_once('-') {
        Some((start, end)) => (number(start), number(end)),
        None => (number(text), None),
    }
}

/// Whether a rule is about leaked secrets: it says "secret" in its id, and a tag, a category or a
/// CWE of hard-coded credentials (259, 312, 321, 522, 540, 798) says so too.
#[must_use]
pub fn is_about_secrets(rule: &str, tags: &[impl AsRef<str>], weaknesses: &[u32]) -> bool {
    let word = |text: &str, words: &[&str]| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
    };
    let named = word(rule, &["secret", "secrets"]);
    let tagged = tags.iter().any(|tag| word(tag.as_ref(), &["secret", "secrets"]));
    let of_credentials = weaknesses.iter().any(|cwe| [259, 312, 321, 522, 540, 798].contains(cwe));
    tagged
        || (named && of_credentials)
        || rule.split(['.', '/', '_']).any(|part| part.eq_ignore_ascii_case("secrets") || part == "SECRET")
}

/// The ways of values through the code, from source to sink.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows<'a> {
    items: Vec<Vec<CodeFlowNode<'a>>>,
    left_out: u64,
}

impl<'a> Flows<'a> {
    /// How many steps of a flow are kept.
    const STEPS: usize = 200;

    /// Adds a flow by its steps, from source to sink; one without steps is none.
    pub fn push(&mut self, steps: impl IntoIterator<Item = FileLocation<'a>>) {
        if self.items.len() == Detail::MAX_FLOWS {
            self.left_out += 1;
            return;
        }
        let mut places: Vec<FileLocation<'a>> = Vec::new();
        for step in steps.into_iter().filter(|step| !step.file_name.trim().is_empty()) {
            // The last step matters most: over the limit it takes the place of the one before.
            if places.len() == Self::STEPS {
                places.pop();
            }
            places.push(step);
        }
        let last = places.len().wrapping_sub(1);
        let node = |(at, place)| {
            let part = match at {
                at if at == last => NodeType::Sink,
                0 => NodeType::Source,
                _ => NodeType::Propagation,
            };
            CodeFlowNode::new(part, place)
        };
        if !places.is_empty() {
            self.items.push(places.into_iter().enumerate().map(node).collect());
        }
    }

    /// Adds the flows to the details, and how many had no room.
    pub fn add_to(self, details: &mut Details<'a>) {
        if !self.items.is_empty() {
            details.insert("code_flows", "Code flows", Detail::CodeFlows { items: self.items });
        }
        if self.left_out > 0 {
            let text = format!("{} more are in the scanner's own report", self.left_out);
            details.text("code_flows_left_out", "Further code flows", text);
        }
    }
}

/// Code keeps the indentation of its first line.
fn without_blank_lines(code: Text<'_>) -> Text<'_> {
    let kept = |code: &str| {
        let end = code.trim_end().len();
        let start = code.len() - code.trim_start().len();
        let start = code.get(..start).and_then(|blank| blank.rfind('\n')).map_or(0, |at| at + 1);
        start.min(end)..end
    };
    match code {
        Cow::Borrowed(code) => Cow::Borrowed(code.get(kept(code)).unwrap_or_default()),
        Cow::Owned(code) => Cow::Owned(code.get(kept(&code)).unwrap_or_default().to_owned()),
    }
}

fn filled(text: Text<'_>) -> Option<Text<'_>> {
    Some(trimmed(text)).filter(|text| !text.is_empty())
}

pub(crate) fn trimmed(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.len() == text.trim().len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Location<'static> {
        Location::Sast(lines("a.c", Some(3), None))
    }

    #[test]
    fn names_and_descriptions_say_things_once() {
        for (title, message, about, name, text) in [
            ("Title", "Message. More.", "About", "Title", Some("Message. More.\n\nAbout")),
            ("", "Two\nlines", "", "Two", Some("Two\nlines")),
            ("Title", "", "", "Title", Some("Title")),
            ("", "", "About it.", "About it", Some("About it.")),
            ("Title.", "here", "", "Title", Some("here")),
            ("Title", "here", "Title is here", "Title", Some("Title is here")),
            ("", "", "", "R 1", None),
        ] {
            let mut issue = Issue::new("r", " R1 ");
            issue.rule_name = Some("R 1".into());
            issue.title = Some(title.into());
            issue.message = Some(message.into());
            issue.about = Some(about.into());
            let vulnerability = issue.into_finding(place()).expect("a rule").vulnerability;
            assert_eq!(vulnerability.name.as_deref(), Some(name));
            assert_eq!(vulnerability.description.as_deref(), text);
            assert_eq!(vulnerability.identifiers.primary().value, "R1");
        }
        assert!(Issue::new("r", " ").into_finding(place()).is_none());
    }

    #[test]
    fn the_meaning_of_a_word_beats_the_word() {
        for (word, rating, want) in [
            (Some("ERROR"), None, Some(Severity::High)),
            (Some("INFO"), Some(Severity::Low), Some(Severity::Low)),
            (Some("purple"), None, None),
            (None, None, None),
        ] {
            let mut issue = Issue::new("r", "R");
            issue.severity = word.map(Cow::Borrowed);
            issue.rating = rating;
            assert_eq!(issue.into_finding(place()).expect("a rule").severity.rating, want, "{word:?}");
        }
    }

    #[test]
    fn a_score_is_shown_beside_a_word() {
        for (score, want) in [(Some(7.5), Some("7.5")), (Some(70.0), None), (None, None)] {
            let mut issue = Issue::new("r", "R");
            issue.severity = Some("high".into());
            issue.score = score;
            let finding = issue.into_finding(place()).expect("a rule");
            let told = finding.vulnerability.details.get("score").cloned();
            assert_eq!(told, want.map(Detail::text));
        }
    }

    #[test]
    fn places_have_what_is_known() {
        for (file, start, end, want) in [
            ("a.c", Some(3), Some(5), (Some("a.c"), Some(3), Some(5))),
            ("a.c", Some(3), Some(1), (Some("a.c"), Some(3), Some(3))),
            ("a.c", Some(0), Some(5), (Some("a.c"), None, None)),
            (" ", Some(3), None, (None, None, None)),
        ] {
            let place = lines(file, start, end);
            assert_eq!((place.file.as_deref(), place.start_line, place.end_line), want, "{file} {start:?}");
        }
    }

    #[test]
    fn code_keeps_its_indentation() {
        for (code, want) in [("\n\n  a\n    b\n\n", "  a\n    b"), ("a", "a"), (" \n ", ""), ("", "")] {
            assert_eq!(without_blank_lines(code.into()), want, "{code:?}");
            assert_eq!(without_blank_lines(code.to_owned().into()), want, "{code:?}");
        }
    }

    #[test]
    fn flows_have_a_source_and_a_sink_and_an_end() {
        let step = |line| FileLocation::new("a.c", line, None);
        let mut flows = Flows::default();
        flows.push((1..=500).map(step));
        flows.push([FileLocation::new(" ", 1, None)]);
        (0..20).for_each(|_| flows.push([step(1)]));
        let first = &flows.items[0];
        assert_eq!(
            (first.len(), first[0].node_type, first[199].node_type),
            (200, NodeType::Source, NodeType::Sink)
        );
        assert_eq!(first[199].file_location.line_start, 500);
        assert_eq!(flows.items[1][0].node_type, NodeType::Sink);
        assert_eq!((flows.items.len(), flows.left_out), (10, 11));
        let mut details = Details::default();
        flows.add_to(&mut details);
        assert!(details.get("code_flows").is_some() && details.get("code_flows_left_out").is_some());
    }

    #[test]
    fn rules_about_secrets() {
        for (id, tags, cwes, want) in [
            ("generic.secrets.security.detected-aws-key", &[][..], &[][..], true),
            ("CKV_SECRET_6", &[], &[], true),
            ("express-session-hardcoded-secret", &[], &[798], true),
            ("express-session-hardcoded-secret", &[], &[], false),
            ("js/hardcoded-credentials", &["security"], &[798], false),
            ("x", &["secrets"], &[], true),
            ("secretary", &[], &[798], false),
        ] {
            let tags: &[&str] = tags;
            assert_eq!(is_about_secrets(id, tags, cwes), want, "{id}");
        }
    }

    #[test]
    fn numbers_of_lines_are_no_code() {
        for (code, want) in [
            ("3 import os\n4     x = 1\n5 \n", "import os\n    x = 1\n\n"),
            ("90: \tfor x {\n91: \t}", "\tfor x {\n\t}\n"),
            ("import os\n4 x", "import os\n4 x"),
            ("12px", "12px"),
            ("", ""),
        ] {
            assert_eq!(without_line_numbers(code), want, "{code:?}");
        }
        assert_eq!(line_range("12-14"), (Some(12), Some(14)));
        assert_eq!((line_range(" 7 "), line_range("x")), ((Some(7), None), (None, None)));
    }
}
