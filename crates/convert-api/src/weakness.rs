//! "This address has that weakness": what scanners of running applications and of hosts say, in one
//! vocabulary.
//!
//! A converter fills a [`Weakness`] from its model; [`Weakness::into_finding`] makes the finding of it,
//! the same way for all: identifiers, name, description, solution, CVSS and links. What only one
//! scanner says is added to the details afterwards.
//!
//! ```
//! use scanlift_convert_api::weakness::Weakness;
//! use scanlift_report_core::{Location, WebLocation};
//!
//! let mut weakness = Weakness::new("acme_rule_id", "40012");
//! weakness.name = Some("Cross Site <b>Scripting</b>".into());
//! weakness.html("", Some("<p>It reflects.</p>"));
//! weakness.html("Impact", Some("Sessions are stolen."));
//! weakness.cwes.push(79);
//! let place = Location::Dast(WebLocation::from_url("https://a.example/search?q=1"));
//! let finding = weakness.into_finding(place).ok_or("a weakness without an id")?;
//! let vulnerability = finding.vulnerability;
//! assert_eq!(vulnerability.name.as_deref(), Some("Cross Site Scripting"));
//! assert_eq!(vulnerability.description.as_deref(), Some("It reflects.\n\n**Impact**\n\nSessions are stolen."));
//! # Ok::<(), &str>(())
//! ```

use crate::package::{Rating, add_ratings};
use crate::{Finding, advisory, html, wasc};
use scanlift_report_core::{
    Description, Identifier, Link, Location, Name, Severity, Solution, Text, Vulnerability,
};
use std::borrow::Cow;

/// What a scanner says of a weakness. Every text may have white space around it, and blank ones count
/// as missing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Weakness<'a> {
    /// The type of the primary identifier: `acme_rule_id`. Part of the identity of findings.
    pub scheme: &'static str,
    /// The scanner's id of the check, which becomes the primary identifier.
    pub id: Text<'a>,
    /// What people call the check; without it, its id.
    pub id_name: Option<Text<'a>>,
    /// The scanner's page on it.
    pub url: Option<Text<'a>>,
    /// In a line; may have markup of HTML.
    pub name: Option<Text<'a>>,
    /// At length, in Markdown: sections with their headings, which may be empty.
    pub description: Vec<(&'static str, Text<'a>)>,
    /// What to do, in Markdown.
    pub solution: Vec<Text<'a>>,
    /// The scanner's judgement on a scale of four steps or more.
    pub severity: Option<Severity>,
    /// The scanner's own word for it.
    pub severity_word: Option<Text<'a>>,
    /// Ratings by CVSS, the one to trust first.
    pub ratings: Vec<Rating<'a>>,
    /// Ids of published vulnerabilities, and others, which go to the details.
    pub advisories: Vec<Text<'a>>,
    /// CWE numbers.
    pub cwes: Vec<u32>,
    /// Classes of the WASC Threat Classification.
    pub wasc: Vec<u32>,
    /// Where to read more.
    pub links: Vec<Link<'a>>,
}

/// More identifiers are of no use: GitLab takes 20.
const MOST: usize = 100;

impl<'a> Weakness<'a> {
    /// A weakness of which only the check's id is known.
    #[must_use]
    pub fn new(scheme: &'static str, id: impl Into<Text<'a>>) -> Self {
        Self { scheme, id: id.into(), ..Self::default() }
    }

    /// Adds a section of the description, in plain text or Markdown, unless it is blank or said
    /// already.
    pub fn say(&mut self, heading: &'static str, text: impl Into<Text<'a>>) {
        let text = trimmed(text.into());
        if !text.is_empty() && !self.description.iter().any(|(_, known)| *known == text) {
            self.description.push((heading, text));
        }
    }

    /// Adds a section of the description that its format says to be HTML.
    pub fn html(&mut self, heading: &'static str, html: Option<&'a str>) {
        self.say(heading, html::to_markdown(html.unwrap_or_default()));
    }

    /// Adds to what there is to do, unless it is blank or said already.
    pub fn advise(&mut self, text: impl Into<Text<'a>>) {
        let text = trimmed(text.into());
        if !text.is_empty() && !self.solution.contains(&text) {
            self.solution.push(text);
        }
    }

    /// Adds links to what is an address of the web; of a text with several, to each.
    pub fn refer(&mut self, text: &'a str) {
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\''));
        self.links.extend(words.filter_map(Link::new));
    }

    /// The finding at a place; `None` if the check has no id.
    #[must_use]
    pub fn into_finding(self, location: Location<'a>) -> Option<Finding<'a>> {
        let id = trimmed(self.id);
        let id_name = self.id_name.map(trimmed).filter(|name| !name.is_empty());
        let mut primary = Identifier::new(self.scheme, id_name.unwrap_or_else(|| id.clone()), id)?;
        if let Some(url) = self.url.map(trimmed) {
            primary = primary.with_url(url);
        }
        let mut vulnerability = Vulnerability::new(primary, location);
        let (single, other): (Vec<_>, Vec<_>) = self
            .advisories
            .into_iter()
            .map(trimmed)
            .filter(|advisory| !advisory.is_empty())
            .partition(|id| advisory::database(id).is_some_and(|database| database.single));
        let mut single = single.into_iter();
        vulnerability.identifiers.extend(single.by_ref().take(MOST).filter_map(published));
        vulnerability.identifiers.extend(self.cwes.into_iter().take(MOST).map(Identifier::cwe));
        for class in self.wasc.into_iter().take(MOST) {
            vulnerability.identifiers.extend(wasc::identifier(class));
        }

        let name = self.name.as_deref().map(|name| html::to_line(name).into_owned()).unwrap_or_default();
        vulnerability.name =
            Name::new(name).or_else(|| Name::new(vulnerability.identifiers.primary().name.clone()));
        vulnerability.description = Description::new(joined(self.description));
        vulnerability.solution = Solution::new(paragraphs(self.solution));
        vulnerability.add_links(self.links);

        let score = add_ratings(&mut vulnerability, &self.ratings);
        vulnerability.details.text("vendor_advisories", "Vendor advisories", other.join(", "));
        let more: Vec<_> = single.collect();
        vulnerability.details.text("further_advisories", "Further advisories", more.join(", "));
        let mut finding = Finding::new(vulnerability);
        finding.severity.rating = self.severity;
        finding.severity.score = score;
        finding.severity.word = self.severity_word.map(trimmed).filter(|word| !word.is_empty());
        Some(finding)
    }
}

/// The identifier of a published vulnerability.
fn published(id: Text<'_>) -> Option<Identifier<'_>> {
    let kind = advisory::database(&id)?.kind;
    Identifier::new(kind, id.clone(), id)
}

/// Sections one below the other, each below its heading.
fn joined<'a>(mut sections: Vec<(&'static str, Text<'a>)>) -> Text<'a> {
    if let [("", text)] = sections.as_mut_slice() {
        return std::mem::take(text);
    }
    let mut out = String::new();
    for (heading, text) in sections {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        if !heading.is_empty() {
            out.push_str("**");
            out.push_str(heading);
            out.push_str("**\n\n");
        }
        out.push_str(&text);
    }
    Cow::Owned(out)
}

fn paragraphs(mut texts: Vec<Text<'_>>) -> Text<'_> {
    match texts.as_mut_slice() {
        [text] => std::mem::take(text),
        _ => Cow::Owned(texts.join("\n\n")),
    }
}

fn trimmed(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.len() == text.trim().len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Detail, WebLocation};

    fn place() -> Location<'static> {
        Location::Dast(WebLocation::from_url("https://a.example/"))
    }

    #[test]
    fn ids_and_classes_become_identifiers() {
        let mut weakness = Weakness::new("acme_rule_id", " 7 ");
        weakness.advisories = ["CVE-2020-1", " ", "RHSA-2020:1", "CVE-2020-1"].map(Into::into).to_vec();
        weakness.cwes = vec![79];
        weakness.wasc = vec![8, 0];
        let vulnerability = weakness.into_finding(place()).expect("an id").vulnerability;
        let kinds: Vec<_> = vulnerability.identifiers.iter().map(|it| (&*it.kind, &*it.value)).collect();
        assert_eq!(kinds, [("acme_rule_id", "7"), ("cve", "CVE-2020-1"), ("cwe", "79"), ("wasc", "8")]);
        assert_eq!(vulnerability.details.get("vendor_advisories"), Some(&Detail::text("RHSA-2020:1")));
        assert_eq!(vulnerability.name.as_deref(), Some("7"));
        assert!(Weakness::new("acme_rule_id", " ").into_finding(place()).is_none());
    }

    #[test]
    fn what_is_said_twice_is_said_once() {
        let mut weakness = Weakness::new("r", "1");
        for text in ["one", " one\n", "", "two"] {
            weakness.say("Impact", text);
            weakness.advise(text);
        }
        weakness.refer("see https://a.example/ <https://b.example/>, ftp");
        let vulnerability = weakness.into_finding(place()).expect("an id").vulnerability;
        assert_eq!(vulnerability.description.as_deref(), Some("**Impact**\n\none\n\n**Impact**\n\ntwo"));
        assert_eq!(vulnerability.solution.as_deref(), Some("one\n\ntwo"));
        assert_eq!(vulnerability.links.len(), 2);
    }
}
