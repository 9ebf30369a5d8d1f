//! SonarQube: what its API has of issues and hotspots (`api/issues/search`, `api/hotspots/search`).

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Fingerprint, Input, Match, Options, Outcome, ScanInfo, Sink,
    SkipReason, Warning,
};
use scanlift_report_core::{FileLocation, Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

/// Reads the JSON reports of SonarQube.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sonarqube;

/// The converter.
pub static CONVERTER: Sonarqube = Sonarqube;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "sonarqube",
    name: "SonarQube",
    summary: "issues and hotspots of the API of SonarQube and SonarCloud",
    versions: "Web API v1",
    kinds: &[Kind::Sast],
    url: "https://next.sonarqube.com/sonarqube/web_api/api/issues",
};

impl Converter for Sonarqube {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let issue = |key| head.path_has(&["issues", key]);
        let hotspot = |key| head.path_has(&["hotspots", key]);
        let of_issues = issue("rule") && issue("component") && issue("project");
        let of_hotspots =
            hotspot("component") && (hotspot("vulnerabilityProbability") || hotspot("securityCategory"));
        let empty = head.has("paging") && (head.has("issues") || head.has("hotspots"));
        if of_issues || of_hotspots || empty { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let tables = Tables::read(input)?;
        tables.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        sink.begin_scan(ScanInfo::new(DESCRIPTOR.name, Kind::Sast)).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        let each = |key: &str| matches!(key, "issues" | "hotspots");
        each_key(input, |key, reader| {
            if !each(key) {
                return Ok(());
            }
            records.each(reader, |records, reader| records.map(reader, &tables, map_issue))
        })
    }
}

/// Visits the keys of every page: there is one, or a list of them, or one document after the other.
fn each_key(
    input: &dyn Input,
    mut visit: impl FnMut(&str, &mut Reader<Box<dyn Read + '_>>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    while reader.next_document()? {
        match reader.peek()? {
            JsonKind::Array => reader.each_item(|_, reader| reader.each_key(&mut visit))?,
            _ => reader.each_key(&mut visit)?,
        }
    }
    Ok(())
}

/// What issues point to: files by their key, names of rules by theirs.
#[derive(Default)]
struct Tables {
    paths: HashMap<String, String>,
    rules: HashMap<String, String>,
    warnings: Vec<Warning>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    key: Option<String>,
    path: Option<String>,
    name: Option<String>,
}

impl Tables {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut tables, mut fields, mut known) = (Self::default(), Fields::default(), false);
        let (mut total, mut here) = (None, 0_u64);
        each_key(input, |key, reader| {
            match key {
                "issues" | "hotspots" => {
                    known = true;
                    fields.objects(reader, |_: Row| here += 1)?;
                }
                "components" => fields.objects(reader, |row: Row| {
                    if let (Some(key), Some(path)) = (row.key, row.path) {
                        tables.paths.insert(key, path);
                    }
                })?,
                "rules" => fields.objects(reader, |row: Row| {
                    if let (Some(key), Some(name)) = (row.key, row.name) {
                        tables.rules.insert(key, name);
                    }
                })?,
                "paging" => total = fields.object::<Paging, _>(reader)?.and_then(|paging| paging.total),
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`issues` or `hotspots`",
                help: "export them with api/issues/search or api/hotspots/search",
            });
        }
        tables.warnings = fields.warnings;
        if let Some(total) = total.filter(|total| *total > here) {
            let text =
                format!("the file has {here} of {total} issues: export the other pages too (parameter p)");
            tables.warnings.push(Warning::note(text));
        }
        Ok(tables)
    }

    /// The path of a file: of the table, else what is behind the project in its key.
    fn path<'a>(&'a self, component: &'a str) -> &'a str {
        match self.paths.get(component) {
            Some(path) => path,
            None => component.rsplit_once(':').map_or("", |(_, path)| path),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paging {
    #[serde(deserialize_with = "json::number")]
    total: Option<u64>,
}

/// An issue or a hotspot, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SonarIssue<'a> {
    #[serde(borrow)]
    key: Option<Loose<'a>>,
    #[serde(alias = "ruleKey")]
    rule: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    vulnerability_probability: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    impacts: Vec<Impact<'a>>,
    component: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
    hash: Option<Loose<'a>>,
    text_range: Option<TextRange>,
    #[serde(deserialize_with = "json::list")]
    flows: Vec<Flow<'a>>,
    status: Option<Loose<'a>>,
    resolution: Option<Loose<'a>>,
    /// Both in a word, since version 10.4.
    issue_status: Option<Loose<'a>>,
    message: Option<Loose<'a>>,
    security_category: Option<Loose<'a>>,
    effort: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    tags: Vec<Loose<'a>>,
    creation_date: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Impact<'a> {
    #[serde(borrow)]
    software_quality: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TextRange {
    #[serde(deserialize_with = "json::number")]
    start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flow<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    locations: Vec<Step<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Step<'a> {
    #[serde(borrow)]
    component: Option<Loose<'a>>,
    text_range: Option<TextRange>,
}

fn map_issue<'a>(found: &'a SonarIssue<'_>, tables: &'a Tables) -> Outcome<'a> {
    let Some(rule) = filled(&found.rule) else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "an issue without a rule",
            filled(&found.key).unwrap_or_default(),
        );
    };
    if let Some((reason, detail)) = settled(found) {
        return Outcome::skip(reason, detail, rule);
    }
    let security = found.impacts.iter().find(|impact| {
        filled(&impact.software_quality).is_some_and(|quality| quality.eq_ignore_ascii_case("SECURITY"))
    });
    let kind = filled(&found.kind);
    // Without a type an issue has impacts, and a hotspot has neither.
    let is_other = kind.map_or(!found.impacts.is_empty(), |kind| matches!(kind, "CODE_SMELL" | "BUG"));
    if security.is_none() && is_other {
        let detail = kind.map_or("no impact on security".into(), |kind| format!("type: {kind}"));
        return Outcome::skip(SkipReason::NotAFinding, detail, rule);
    }
    let mut issue = Issue::new("sonarqube_rule_id", rule);
    issue.title = tables.rules.get(rule).map(|name| Cow::Borrowed(name.as_str()));
    issue.message = filled(&found.message).map(Cow::Borrowed);
    issue.url = page(rule).map(Cow::Owned);
    let word = security
        .and_then(|impact| filled(&impact.severity))
        .filter(|_| found.severity.is_none() || kind == Some("BUG"));
    let word = word.or(filled(&found.severity)).or(filled(&found.vulnerability_probability));
    issue.severity = word.map(Cow::Borrowed);
    issue.rating = word.and_then(rating);
    issue.categories =
        found.tags.iter().map(|tag| Cow::Borrowed(&**tag)).filter(|tag| tag.starts_with("owasp")).collect();
    for flow in &found.flows {
        // From the place of the issue back to where the value comes from.
        issue.flows.push(flow.locations.iter().rev().filter_map(|step| {
            let range = step.text_range?;
            Some(FileLocation::new(tables.path(filled(&step.component)?), range.start_line?, range.end_line))
        }));
    }
    let range = found.text_range.unwrap_or_default();
    let file = filled(&found.component).map(|component| tables.path(component)).unwrap_or_default();
    let place = code::lines(file, range.start_line.or(found.line), range.end_line);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "an issue without a rule", "");
    };
    let tags = found.tags.iter().map(|tag| &**tag).collect::<Vec<_>>().join(", ");
    let shown = &mut finding.vulnerability.details;
    for (key, name, value) in [
        ("type", "Type", kind),
        ("security_category", "Category", filled(&found.security_category)),
        ("status", "Status", filled(&found.status)),
        ("resolution", "Resolution", filled(&found.resolution)),
        ("effort", "Effort", filled(&found.effort)),
        ("created", "Created", filled(&found.creation_date)),
        ("issue_key", "Key of the issue", filled(&found.key)),
    ] {
        shown.text(key, name, value.unwrap_or_default());
    }
    shown.text("tags", "Tags", tags);
    // A hash of the line.
    if let Some(value) = filled(&found.hash) {
        finding.fingerprints.push(Fingerprint { name: "hash".into(), value: value.into() });
    }
    Outcome::finding(finding)
}

/// Why an issue is no finding any more. What was acknowledged in a review is one.
fn settled(found: &SonarIssue<'_>) -> Option<(SkipReason, String)> {
    let status = filled(&found.status).unwrap_or_default();
    let resolution = filled(&found.resolution).unwrap_or_default();
    let detail = || format!("{status}: {resolution}");
    match resolution.to_ascii_uppercase().as_str() {
        "FALSE-POSITIVE" | "FALSE_POSITIVE" | "WONTFIX" | "ACCEPTED" | "SAFE" => {
            Some((SkipReason::Suppressed, detail()))
        }
        "FIXED" | "REMOVED" => Some((SkipReason::NotAFinding, detail())),
        _ if status == "CLOSED" => Some((SkipReason::NotAFinding, detail())),
        _ => match filled(&found.issue_status)? {
            word @ ("ACCEPTED" | "FALSE_POSITIVE") => Some((SkipReason::Suppressed, word.to_owned())),
            word @ "FIXED" => Some((SkipReason::NotAFinding, word.to_owned())),
            _ => None,
        },
    }
}

/// The severities of issues, of impacts, and the probabilities of hotspots.
fn rating(word: &str) -> Option<Severity> {
    match word.to_ascii_uppercase().as_str() {
        "BLOCKER" => Some(Severity::Critical),
        "CRITICAL" | "HIGH" => Some(Severity::High),
        "MAJOR" | "MEDIUM" => Some(Severity::Medium),
        "MINOR" | "LOW" => Some(Severity::Low),
        "INFO" => Some(Severity::Info),
        _ => None,
    }
}

/// The page of a rule: `java:S2077`.
fn page(rule: &str) -> Option<String> {
    let (language, number) = rule.split_once(':')?;
    let language = match language {
        "javascript" | "java" | "python" | "php" | "go" | "kotlin" | "ruby" | "scala" | "swift"
        | "typescript" => language,
        "csharpsquid" => "csharp",
        _ => return None,
    };
    let number = number.strip_prefix('S').filter(|number| number.bytes().all(|b| b.is_ascii_digit()))?;
    Some(format!("https://rules.sonarsource.com/{language}/RSPEC-{number}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities() {
        for (word, want) in [
            ("BLOCKER", Some(Severity::Critical)),
            ("CRITICAL", Some(Severity::High)),
            ("MAJOR", Some(Severity::Medium)),
            ("MINOR", Some(Severity::Low)),
            ("INFO", Some(Severity::Info)),
            ("LOW", Some(Severity::Low)),
            ("?", None),
        ] {
            assert_eq!(rating(word), want, "{word}");
        }
    }

    #[test]
    fn rules_of_sonar_have_pages() {
        for (rule, want) in [
            ("java:S2077", Some("https://rules.sonarsource.com/java/RSPEC-2077/")),
            ("csharpsquid:S4790", Some("https://rules.sonarsource.com/csharp/RSPEC-4790/")),
            ("external_acme:x", None),
            ("S1", None),
        ] {
            assert_eq!(page(rule).as_deref(), want, "{rule}");
        }
    }

    #[test]
    fn reviews_settle_issues() {
        for (issue, want) in [
            (r#"{"status": "OPEN", "issueStatus": "ACCEPTED"}"#, Some(SkipReason::Suppressed)),
            (r#"{"status": "RESOLVED", "resolution": "FALSE-POSITIVE"}"#, Some(SkipReason::Suppressed)),
            (r#"{"issueStatus": "FIXED"}"#, Some(SkipReason::NotAFinding)),
            (r#"{"status": "OPEN", "issueStatus": "CONFIRMED"}"#, None),
            ("{}", None),
        ] {
            let found: SonarIssue<'_> = serde_json::from_str(issue).expect("an issue");
            assert_eq!(settled(&found).map(|it| it.0), want, "{issue}");
        }
    }
}
