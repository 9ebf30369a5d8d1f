//! What a rule says of all its results, worked out once (SARIF 2.1.0 §3.49).

use crate::{
    bag::{Bag, BagValue},
    dialect::Dialect,
    message::MessageString,
    model::ReportingDescriptor,
    package::{self, Package},
    taxon::{self, Taxonomies},
};
use scanlift_convert_api::code::is_about_secrets;
use scanlift_convert_api::{advisory, cwe, owasp, sentence};
use scanlift_report_core::{Identifier, Link, Severity};
use std::borrow::Cow;
use std::collections::HashMap;

/// Tags that nearly every rule has.
const SAY_NOTHING: [&str; 4] = ["security", "Security", "vulnerability", "SECURITY"];

/// A rule, ready to be used by its results.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// What it is called in one line.
    pub(crate) title: Option<String>,
    /// The name of its findings.
    pub(crate) heading: Option<String>,
    /// What it is about.
    pub(crate) description: Option<String>,
    /// How to mend it.
    pub(crate) solution: Option<String>,
    /// Documentation, if it stands nowhere else: a rule's page is linked, and not repeated in every
    /// finding.
    pub(crate) help: Option<String>,
    pub(crate) messages: HashMap<Box<str>, MessageString>,
    /// The primary identifier first.
    pub(crate) identifiers: Vec<Identifier<'static>>,
    pub(crate) links: Vec<Link<'static>>,
    pub(crate) tags: Vec<String>,
    /// All of them in one text.
    pub(crate) tags_text: Option<String>,
    pub(crate) level: Option<String>,
    /// `security-severity` (0.0 to 10.0), a convention of GitHub.
    pub(crate) score: Option<f64>,
    /// `security-severity` or a like property as a word.
    pub(crate) severity: Option<String>,
    /// CVSS vectors among its properties.
    pub(crate) cvss: Vec<String>,
    pub(crate) confidence: Option<String>,
    pub(crate) purl: Option<String>,
    /// The package that lines of its help name.
    pub(crate) package: Option<Package>,
    /// Versions without the fault, each behind its package; an empty name is any package.
    pub(crate) fixed: Vec<(String, String)>,
    /// Whether it is about leaked secrets.
    pub(crate) about_secrets: bool,
}

impl Rule {
    pub(crate) fn new(descriptor: &ReportingDescriptor<'_>, taxonomies: &Taxonomies) -> Self {
        let owned =
            |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let best = |message: &Option<crate::model::Message<'_>>| {
            owned(
                message.as_ref().and_then(|message| message.markdown.as_deref().or(message.text.as_deref())),
            )
        };
        let plain = |message: &Option<crate::model::Message<'_>>| {
            owned(
                message.as_ref().and_then(|message| message.text.as_deref().or(message.markdown.as_deref())),
            )
        };
        let mut rule = Self {
            id: owned(descriptor.id.as_deref()).unwrap_or_default(),
            name: owned(descriptor.name.as_deref()),
            title: plain(&descriptor.short_description),
            description: best(&descriptor.full_description),
            level: descriptor
                .default_configuration
                .as_ref()
                .and_then(|default| owned(default.level.as_deref()))
                .or_else(|| owned(descriptor.default_level.as_deref())),
            ..Self::default()
        };
        if let Some(messages) = &descriptor.message_strings {
            let owned =
                messages.0.iter().map(|(id, message)| (Box::from(&**id), MessageString::new(message)));
            rule.messages = owned.collect();
        }
        if let Some(uri) = descriptor.help_uri.as_deref() {
            rule.links.extend(Link::new(uri.trim().to_owned()));
        }
        for target in descriptor.relationships.iter().filter_map(|relationship| relationship.target.as_ref())
        {
            rule.identifiers.extend(taxon::identifier(target, taxonomies));
        }
        if let Some(properties) = &descriptor.properties {
            rule.read_properties(properties);
        }
        // A rule's id may be the weakness that it is about, and its page that of the weakness.
        rule.identifiers.extend(taxon::of_tag(&rule.id));
        rule.identifiers.extend(descriptor.help_uri.as_deref().and_then(taxon::of_page));
        rule.identifiers.extend(descriptor.deprecated_ids.iter().filter_map(|id| advisory::identifier(id)));
        rule.split_title();
        let text = format!(
            "{} {}",
            rule.title.as_deref().unwrap_or_default(),
            rule.description.as_deref().unwrap_or_default()
        );
        if !rule.identifiers.iter().any(|identifier| identifier.kind == "cwe") {
            rule.identifiers.extend(cwe::all(&text).into_iter().take(3).map(Identifier::cwe));
        }
        rule.package = plain(&descriptor.help).as_deref().and_then(package::by_lines);
        rule.read_help(best(&descriptor.help));
        rule
    }

    /// "High severity - Denial of Service vulnerability in x" (Snyk, Dependency-Check): the word is the
    /// tool's rating, and says nothing of what it is.
    fn split_title(&mut self) {
        let told = self.title.as_deref().and_then(|title| title.split_once(" severity - "));
        if let Some((word, title)) = told.filter(|(word, _)| Severity::from_word(word).is_some()) {
            self.severity = self.severity.take().or_else(|| Some(word.to_owned()));
            self.title = Some(title.to_owned());
        }
    }

    /// The versions of a package without the fault.
    pub(crate) fn fixed_of(&self, package: &str) -> Option<String> {
        let of_package = self.fixed.iter().filter(|(name, _)| name.is_empty() || name == package);
        let versions: Vec<&str> = of_package.map(|(_, version)| version.as_str()).collect();
        (!versions.is_empty()).then(|| versions.join(", "))
    }

    fn read_properties(&mut self, properties: &Bag<'_>) {
        for tag in properties.list("tags") {
            match taxon::of_tag(tag) {
                Some(identifier) => self.identifiers.push(identifier),
                None => self.tags.push(tag.trim().to_owned()),
            }
        }
        for key in ["cwe", "cwes", "CWE", "cweIds", "cwe_ids", "cwe-id"] {
            for text in properties.list(key) {
                self.identifiers.extend(taxon::cwe_of(text));
            }
        }
        for key in ["owasp", "owasp-web", "owasp-mobile", "owaspTop10"] {
            self.identifiers.extend(properties.list(key).filter_map(owasp::of_tag));
        }
        for key in ["cve", "cves", "cveIds"] {
            self.identifiers.extend(properties.list(key).filter_map(advisory::identifier));
        }
        for key in ["references", "links", "urls", "source", "reference", "source-uri"] {
            for url in properties.list(key) {
                self.links.extend(Link::new(url.trim().to_owned()));
            }
        }
        self.score = properties.number("security-severity");
        let word = properties.first(&["security-severity", "severity", "cvssv3_baseSeverity"]);
        self.severity = word.filter(|word| word.parse::<f64>().is_err()).map(str::to_owned);
        if let Some(BagProblem { severity }) = properties.get("problem").and_then(problem) {
            self.severity = self.severity.take().or(Some(severity));
        }
        if self.score.is_none() {
            self.score = properties.number("cvssv3_baseScore").or_else(|| properties.number("cvss"));
        }
        let vectors = properties.0.iter().filter_map(|(_, value)| value.as_text());
        self.cvss =
            vectors.filter(|text| text.contains("AV:") && text.contains("/AC:")).map(str::to_owned).collect();
        self.confidence = properties.first(&["confidence", "precision"]).map(str::to_owned);
        self.solution = properties
            .first(&["solution", "recommendation", "remediation", "fix", "mitigation"])
            .map(str::to_owned);
        self.fixed.extend(package::fixed(properties).map(|version| (String::new(), version.to_owned())));
        self.purl = properties
            .list("purls")
            .chain(properties.list("purl"))
            .find(|text| text.starts_with("pkg:"))
            .map(str::to_owned);
    }

    /// A section of the help that tells what to do is the solution; other help stays help.
    fn read_help(&mut self, help: Option<String>) {
        let Some(help) = help else { return };
        let known = [&self.title, &self.description, &self.solution];
        if known.iter().any(|text| text.as_deref() == Some(help.as_str())) {
            return;
        }
        self.fixed.extend(fixed_versions(&help));
        if self.solution.is_none() {
            self.solution = solution_section(&help).map(str::to_owned);
        }
        if self.links.is_empty() && self.solution.as_deref() != Some(help.as_str()) {
            self.help = Some(help.chars().take(4_000).collect());
        }
    }

    /// Settles what can only be known once the tool is.
    pub(crate) fn settle(&mut self, dialect: &dyn Dialect, tool: &str) {
        dialect.refine_rule(self);
        self.heading = self.heading().map(Cow::into_owned);
        let telling: Vec<&str> =
            self.tags.iter().map(String::as_str).filter(|tag| !SAY_NOTHING.contains(tag)).collect();
        self.tags_text = (!telling.is_empty()).then(|| telling.join(", "));
        let advisory = dialect.advisory_of_rule(self).or_else(|| advisory_of(&self.id));
        let primary = match advisory {
            Some(advisory) => Some(advisory),
            None => Identifier::new(format!("{tool}_rule_id"), self.id.clone(), self.id.clone()),
        };
        let mut identifiers = Vec::with_capacity(self.identifiers.len() + 2);
        identifiers.extend(primary);
        // An alias that the rule's id names, as in "BDSA-2021-1 (CVE-2021-1)"; or its texts, if it is
        // about an advisory and does not only mention one.
        let of_advisory = dialect.is_about_packages()
            || identifiers.iter().any(|identifier| advisory::kind(&identifier.value).is_some());
        let texts = [self.description.as_deref(), self.title.as_deref()];
        let texts = texts.into_iter().flatten().filter(|_| of_advisory);
        let named = std::iter::once(self.id.as_str()).chain(texts).find_map(advisory::find_cve);
        identifiers.extend(named.and_then(advisory::identifier));
        identifiers.append(&mut self.identifiers);
        for identifier in identifiers {
            if !self.identifiers.iter().any(|known| known.is_same(&identifier)) {
                self.identifiers.push(identifier);
            }
        }
        if let (Some(primary), Some(link)) = (self.identifiers.first_mut(), self.links.first()) {
            // The page of a rule; of an advisory only if it is about just that.
            let about = advisory::kind(&primary.value).is_none()
                || link.url.to_ascii_lowercase().contains(&primary.value.to_ascii_lowercase());
            if primary.url.is_none() && about {
                primary.url = Some(link.url.clone());
            }
        }
        let cwes: Vec<u32> = self
            .identifiers
            .iter()
            .filter(|identifier| identifier.kind == "cwe")
            .filter_map(|cwe| cwe.value.parse().ok())
            .collect();
        self.about_secrets = dialect.is_about_secrets()
            || is_about_secrets(&self.id, &self.tags, &cwes)
            || self.name.as_deref() == Some("Secret");
    }
}

impl Rule {
    /// The best short text of the rule that says more than its id.
    fn heading(&self) -> Option<Cow<'_, str>> {
        let texts = [&self.title, &self.name, &self.description].map(|text| {
            let text = sentence(text.as_deref()?);
            (!text.is_empty() && text != self.id).then_some(text)
        });
        let [title, name, description] = texts;
        // "RuleV501" is the id again.
        let name = name.filter(|name| self.id.is_empty() || !name.ends_with(&self.id));
        title.or(name.clone().filter(|name| name.contains(' '))).or(description).or(name)
    }
}

/// The advisory that a rule's id is, also with a word in parentheses or a package behind it:
/// `CVE-2021-44228 (sca)`, `CVE-2021-23337_lodash_4.17.20`.
pub(crate) fn advisory_of(id: &str) -> Option<Identifier<'static>> {
    let before = |mark| advisory::identifier(id.split_once(mark)?.0);
    advisory::identifier(id).or_else(|| before(" (")).or_else(|| before("_"))
}

/// `properties.problem.severity` (Snyk).
struct BagProblem {
    severity: String,
}

fn problem(value: &BagValue<'_>) -> Option<BagProblem> {
    match value {
        BagValue::Object(bag) => Some(BagProblem { severity: bag.text("severity")?.to_owned() }),
        _ => None,
    }
}

/// The rows of the table "Fixed Versions" of a help (OSV-Scanner): package and version.
fn fixed_versions(help: &str) -> Vec<(String, String)> {
    let table = help.split_once("# Fixed Versions").map_or("", |(_, table)| table);
    let rows = table.lines().skip(1).skip_while(|line| line.trim().is_empty());
    let mut all = Vec::new();
    for row in rows.take_while(|line| line.trim_start().starts_with('|')) {
        let cells: Vec<&str> = row.trim().trim_matches('|').split('|').map(str::trim).collect();
        // Neither the head of the table nor the line below it has a digit there.
        if let [_, name, version] = cells[..]
            && version.bytes().any(|b| b.is_ascii_digit())
        {
            let row = (name.to_owned(), version.to_owned());
            if !all.contains(&row) {
                all.push(row);
            }
        }
    }
    all
}

/// What of a help says what to do: all behind a first word "Remediation:" (Kubescape), else the section of
/// Markdown whose heading says so.
fn solution_section(help: &str) -> Option<&str> {
    const HEADINGS: [&str; 11] = [
        "recommendation",
        "recommendations",
        "remediation",
        "remediations",
        "solution",
        "how to fix",
        "fix",
        "mitigation",
        "mitigations",
        "best practices for prevention",
        "how to fix?",
    ];
    let told = help.trim_start().trim_start_matches('*').strip_prefix("Remediation");
    if let Some(told) = told.and_then(|rest| rest.trim_start_matches('*').strip_prefix(':')) {
        return Some(told.trim_start_matches('*').trim()).filter(|text| !text.is_empty());
    }
    let mut start = None;
    let mut offset = 0;
    for line in help.split_inclusive('\n') {
        let trimmed = line.trim();
        let heading = trimmed.strip_prefix('#').map(|rest| rest.trim_start_matches('#'));
        if let Some(heading) = heading {
            if let Some(start) = start {
                return Some(help[start..offset].trim()).filter(|text| !text.is_empty());
            }
            let heading = heading.trim().trim_end_matches([':', '#']).trim().to_ascii_lowercase();
            if HEADINGS.contains(&heading.as_str()) {
                start = Some(offset + line.len());
            }
        }
        offset += line.len();
    }
    start.map(|start| help[start..].trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_solution_is_a_section_of_the_help() {
        for (help, want) in [
            ("# Title\nText\n## Recommendation\nDo this.\n\n## Example\nx", Some("Do this.")),
            ("## Remediation\nUpgrade `x`.\n", Some("Upgrade `x`.")),
            ("## How to fix?\n## References", None),
            ("plain help", None),
            ("## Description\nx\n## Remediations\n- Do not.\n## References", Some("- Do not.")),
            ("Remediation: Drop it.", Some("Drop it.")),
            ("**Remediation**: Drop it.", Some("Drop it.")),
            ("**Remediation:** Drop it.", Some("Drop it.")),
            ("Remediation of all", None),
        ] {
            assert_eq!(solution_section(help), want, "{help}");
        }
    }

    #[test]
    fn fixed_versions_stand_in_a_table_of_the_help() {
        let help = "## Remediation\n\n### Fixed Versions\n\n| ID | Package Name | Fixed Version |\n\
            | --- | --- | --- |\n| GHSA-1 | a | 1.2 |\n| CVE-1 | a | 1.2 |\n| CVE-1 | b | 2.0 |\n\nIf you |";
        let rule = Rule { fixed: fixed_versions(help), ..Rule::default() };
        assert_eq!(rule.fixed_of("a").as_deref(), Some("1.2"));
        assert_eq!(rule.fixed_of("b").as_deref(), Some("2.0"));
        assert_eq!(rule.fixed_of("c"), None);
        assert!(fixed_versions("## Remediation\nnone").is_empty());
    }

    #[test]
    fn a_rule_is_called_without_its_severity() {
        for (title, severity, want) in [
            ("High severity - Injection in x", Some("High"), "Injection in x"),
            ("Critical severity - CVE-2021-44228 in y", Some("Critical"), "CVE-2021-44228 in y"),
            ("No severity - at all", None, "No severity - at all"),
            ("Injection", None, "Injection"),
        ] {
            let mut rule = Rule { title: Some(title.to_owned()), ..Rule::default() };
            rule.split_title();
            assert_eq!((rule.severity.as_deref(), rule.title.as_deref()), (severity, Some(want)));
        }
    }

    #[test]
    fn advisories_are_told_by_rules_ids() {
        for (id, want) in [
            ("CVE-2021-44228", Some("CVE-2021-44228")),
            ("CVE-2021-44228 (sca)", Some("CVE-2021-44228")),
            ("BDSA-2020-1001 (CVE-2020-11022)", Some("BDSA-2020-1001")),
            ("CVE-2021-23337_lodash_4.17.20", Some("CVE-2021-23337")),
            ("taint_CVE-2021-23337", None),
            ("4415 (sast)", None),
            ("CVE-2021-44228 in a rule", None),
        ] {
            assert_eq!(advisory_of(id).map(|it| it.value.into_owned()).as_deref(), want, "{id}");
        }
    }
}
