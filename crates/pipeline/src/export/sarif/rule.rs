//! The rules of a run. They come behind its results in the file, as all of them are known then.

use super::{
    limits,
    model::{
        ComponentName, Configuration, Free, Relationship, ReportingDescriptor, RuleProperties, Target, Taxon,
        Taxonomy, Words,
    },
    place::Known,
};
use scanlift_convert_api::advisory;
use scanlift_report_core::{Identifier, Kind, Text, Vulnerability};
use std::{borrow::Cow, collections::HashMap};

/// The taxonomy that GitLab looks for.
pub(super) const CWE: ComponentName = ComponentName { name: "CWE" };

/// Weaknesses by which GitLab tells a leaked secret from other findings.
const SECRETS: [&str; 9] = ["798", "259", "321", "522", "312", "319", "256", "257", "540"];

/// The rules of a run, in the order that results name them.
///
/// Scanners say more of a finding than its rule does: its CVEs, a name of its own. GitLab reads
/// these from the rule, so findings of one rule that differ in them have descriptors of their own,
/// with the same id, which `ruleIndex` tells apart (SARIF 2.1.0 §3.27.6).
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) all: Vec<ReportingDescriptor>,
    known: HashMap<(String, Text<'static>, Vec<String>), usize>,
    /// Bytes that they will take, or a little more.
    pub(super) size: usize,
}

impl Rules {
    /// The index of a finding's rule.
    pub(super) fn of(&mut self, known: &Known<'_>, vulnerability: &Vulnerability<'_>) -> usize {
        let rule = descriptor(known, vulnerability);
        let key = (rule.id.clone(), rule.short_description.text.clone(), rule.properties.tags.clone());
        let next = self.all.len();
        let at = *self.known.entry(key).or_insert(next);
        if at == next {
            self.size += size(&rule);
            self.all.push(rule);
        }
        if let Some(rule) = self.all.get_mut(at) {
            raise(rule, vulnerability);
        }
        at
    }

    /// The weaknesses that the rules refer to; `None` without any.
    pub(super) fn taxonomy(&self) -> Option<Taxonomy> {
        let relationships = self.all.iter().flat_map(|rule| &rule.relationships);
        let mut ids: Vec<&str> = relationships.map(|relationship| &*relationship.target.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let taxon = |id: &str| {
            let number = id.trim_start_matches("CWE-");
            let help_uri = format!("https://cwe.mitre.org/data/definitions/{number}.html");
            Taxon { id: id.to_owned(), help_uri }
        };
        (!ids.is_empty()).then(|| Taxonomy {
            name: CWE.name,
            organization: "MITRE",
            information_uri: "https://cwe.mitre.org/",
            taxa: ids.into_iter().map(taxon).collect(),
        })
    }
}

/// Escapes take at most as much again as a text, a relationship and its taxon some 300 bytes.
fn size(rule: &ReportingDescriptor) -> usize {
    let optional = |text: Option<&str>| text.map_or(0, str::len);
    let texts = rule.id.len()
        + optional(rule.name.as_deref())
        + rule.short_description.text.len()
        + optional(rule.help_uri.as_deref())
        + rule.help.as_ref().map_or(0, |help| help.text.len())
        + rule.properties.tags.iter().map(|tag| tag.len() + 3).sum::<usize>();
    2 * texts + 300 * rule.relationships.len() + 400
}

fn descriptor(known: &Known<'_>, vulnerability: &Vulnerability<'_>) -> ReportingDescriptor {
    let primary = vulnerability.identifiers.primary();
    let name = (primary.name != primary.value).then(|| primary.name.to_string());
    let links = primary.url.as_deref().into_iter().chain(vulnerability.links.iter().map(|link| &*link.url));
    let solution = vulnerability.solution.as_deref();
    let (tags, relationships) = tags(vulnerability, &known.untold);
    ReportingDescriptor {
        id: known.rule_id.to_string(),
        name: name.and_then(limits::RuleName::new),
        short_description: words(name_of(vulnerability).to_owned()),
        help_uri: links.into_iter().find(|url| url.chars().count() <= limits::HELP_URI).map(str::to_owned),
        help: solution.map(|text| Free { text: Cow::Owned(text.to_owned()) }),
        default_configuration: limits::level(vulnerability.severity).map(|level| Configuration { level }),
        relationships,
        properties: RuleProperties { tags, security_severity: None },
    }
}

/// What a finding is called.
pub(super) fn name_of<'v>(vulnerability: &'v Vulnerability<'_>) -> &'v str {
    let described = vulnerability.description.as_deref().and_then(|text| text.lines().next());
    let name = vulnerability.name.as_deref().or(described);
    name.unwrap_or_else(|| &vulnerability.identifiers.primary().name)
}

/// A text within the limit, and never a blank one.
pub(super) fn words<'v>(text: impl Into<Cow<'v, str>>) -> Words<'v> {
    match limits::Message::new(text) {
        Some(text) => Words { was_cut: text.was_cut(), text: Cow::Owned(text.to_string()) },
        None => Words { text: Cow::Borrowed("-"), was_cut: false },
    }
}

/// The tags of a finding, those that GitLab reads first since it reads ten, and its weaknesses. A CVE that
/// GitLab is not to be told stays among its properties.
fn tags(vulnerability: &Vulnerability<'_>, untold: &[&str]) -> (Vec<String>, Vec<Relationship>) {
    let is_secret_cwe = |known: &Identifier<'_>| known.kind == "cwe" && SECRETS.contains(&&*known.value);
    let credentials = (vulnerability.kind() == Kind::SecretDetection
        && !vulnerability.identifiers.iter().any(is_secret_cwe))
    .then(|| Identifier::cwe(798));
    let (mut read, mut others, mut relationships) = (Vec::new(), Vec::new(), Vec::new());
    for identifier in credentials.iter().chain(&vulnerability.identifiers) {
        match &*identifier.kind {
            "cwe" => {
                read.push(format!("cwe-{}", identifier.value));
                let id = format!("CWE-{}", identifier.value);
                let target = Target { id, tool_component: CWE };
                relationships.push(Relationship { target, kinds: ["superset"] });
            }
            "cve" if untold.contains(&&*identifier.value) => {}
            "cve" => read.push(identifier.value.to_ascii_lowercase()),
            "owasp" => others.push(format!("OWASP-{}", identifier.value)),
            kind if advisory::is_single(kind) => others.push(identifier.value.to_string()),
            _ => {}
        }
    }
    read.append(&mut others);
    read.truncate(limits::TAGS);
    (read, relationships)
}

/// `security-severity` and the default level are those of the worst finding; GitLab goes by the rank
/// of each.
fn raise(rule: &mut ReportingDescriptor, vulnerability: &Vulnerability<'_>) {
    let Some(rank) = limits::rank(vulnerability) else { return };
    let score = rank / 10.0;
    let known = rule.properties.security_severity.as_deref().and_then(|text| text.parse::<f64>().ok());
    if known.is_none_or(|known| known < score) {
        rule.properties.security_severity = Some(format!("{score:.1}"));
        rule.default_configuration =
            limits::level(vulnerability.severity).map(|level| Configuration { level });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Commit, Location, SecretLocation, Severity, SourceLocation};

    fn identifier(kind: &'static str, value: &'static str) -> Identifier<'static> {
        Identifier::new(kind, value, value).expect("parts are filled")
    }

    fn known(rule_id: &'static str) -> Known<'static> {
        Known { rule_id: rule_id.into(), untold: Vec::new() }
    }

    fn finding(identifiers: Vec<Identifier<'static>>) -> Vulnerability<'static> {
        let place = Location::Sast(SourceLocation::lines("a.c", 1, 1));
        let mut vulnerability = Vulnerability::new(identifier("rule", "R"), place);
        vulnerability.identifiers.extend(identifiers);
        vulnerability
    }

    #[test]
    fn the_tags_that_gitlab_reads_come_first_and_ten_at_most() {
        let mut identifiers: Vec<_> =
            ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9"].map(|id| identifier("owasp", id)).to_vec();
        identifiers.push(identifier("cve", "CVE-2021-44228"));
        identifiers.extend([79, 89].map(Identifier::cwe));
        let mut rules = Rules::default();
        assert_eq!(rules.of(&known("R"), &finding(identifiers.clone())), 0);
        assert_eq!(rules.of(&known("R"), &finding(vec![Identifier::cwe(22)])), 1, "it says something else");
        assert_eq!(rules.of(&known("R"), &finding(identifiers)), 0);
        let rule = &rules.all[0];
        assert_eq!(rule.properties.tags[..4], ["cve-2021-44228", "cwe-79", "cwe-89", "OWASP-A1"]);
        assert_eq!(rule.properties.tags.len(), limits::TAGS);
        let taxonomy = rules.taxonomy().expect("there are weaknesses");
        let taxa: Vec<_> = taxonomy.taxa.iter().map(|taxon| &*taxon.id).collect();
        assert_eq!(taxa, ["CWE-22", "CWE-79", "CWE-89"]);
    }

    #[test]
    fn what_gitlab_is_not_to_be_told_is_no_tag() {
        let mut rules = Rules::default();
        let finding = finding(vec![identifier("cve", "CVE-2021-44228"), identifier("cve", "CVE-2021-45046")]);
        rules.of(&Known { rule_id: "R".into(), untold: vec!["CVE-2021-44228"] }, &finding);
        assert_eq!(rules.all[0].properties.tags, ["cve-2021-45046"]);
    }

    #[test]
    fn gitlab_tells_a_secret_by_its_weakness() {
        let place = SecretLocation::new(Commit::new(""), SourceLocation::lines("a", 1, 1));
        let mut secret = Vulnerability::new(identifier("rule", "R"), Location::SecretDetection(place));
        let mut rules = Rules::default();
        rules.of(&known("R"), &secret);
        assert_eq!(rules.all[0].properties.tags, ["cwe-798"]);
        secret.identifiers.push(Identifier::cwe(321));
        rules.of(&known("S"), &secret);
        assert_eq!(rules.all[1].properties.tags, ["cwe-321"]);
    }

    #[test]
    fn a_rule_is_as_bad_as_its_worst_finding() {
        let mut rules = Rules::default();
        for severity in [Severity::Unknown, Severity::Low, Severity::Critical, Severity::Medium] {
            let mut vulnerability = finding(Vec::new());
            vulnerability.severity = Some(severity);
            rules.of(&known("R"), &vulnerability);
        }
        let rule = &rules.all[0];
        assert_eq!(rule.properties.security_severity.as_deref(), Some("9.5"));
        assert_eq!(rule.default_configuration.as_ref().map(|default| default.level), Some("error"));
    }
}
