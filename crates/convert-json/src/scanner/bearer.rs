//! Bearer, `-f json`: findings by severity; and `-f jsonv2`: a list of them.

use crate::field::texts;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Fingerprint, Input, Match, Options, Outcome, ScanInfo, Sink,
    SkipReason, cwe,
};
use scanlift_report_core::{Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Bearer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bearer;

/// The converter.
pub static CONVERTER: Bearer = Bearer;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "bearer",
    name: "Bearer",
    summary: "JSON security reports of Bearer CLI",
    versions: "1",
    kinds: &[Kind::Sast],
    url: "https://docs.bearer.com/guides/configure-scan/",
};

/// The keys that findings stand below, and what they mean.
const SEVERITIES: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("warning", Severity::Info),
];

impl Converter for Bearer {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = SEVERITIES.iter().map(|(key, _)| *key).chain(["findings"]).any(|key| {
            ["cwe_ids", "full_filename", "fingerprint"].iter().all(|field| head.path_has(&[key, field]))
        });
        if own && head.kind() == Some(JsonKind::Object) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut has_findings, mut is_other) = (Fields::default(), false, false);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        json::walk(input, |key, reader| {
            match key {
                "findings" => has_findings = true,
                "version" => scan.version = fields.text(reader)?.map(Into::into),
                _ => is_other |= severity(key).is_none(),
            }
            Ok(())
        })?;
        if is_other && !has_findings {
            return Err(ConvertError::Unrecognised {
                expected: "findings below `critical`, `high`, `medium`, `low` and `warning`",
                help: "write the report with bearer scan . --report security -f json",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match (key, severity(key)) {
            ("findings", _) => {
                records.each(reader, |records, reader| records.map(reader, &None, map_finding))
            }
            (_, None) => Ok(()),
            (_, severity) => {
                records.each(reader, |records, reader| records.map(reader, &severity, map_finding))
            }
        })
    }
}

fn severity(key: &str) -> Option<Severity> {
    SEVERITIES.iter().find(|(known, _)| *known == key).map(|(_, severity)| *severity)
}

/// `types.Finding`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    documentation_url: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cwe_ids: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    category_groups: Vec<Loose<'a>>,
    filename: Option<Loose<'a>>,
    full_filename: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    line_number: Option<u64>,
    sink: Option<Lines>,
    code_extract: Option<Loose<'a>>,
    fingerprint: Option<Loose<'a>>,
    /// Of a list: the key that the finding would stand below.
    severity: Option<Loose<'a>>,
    severity_meta: Option<SeverityMeta<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SeverityMeta<'a> {
    #[serde(borrow)]
    display_severity: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lines {
    #[serde(deserialize_with = "json::number")]
    end: Option<u64>,
}

fn map_finding<'a>(found: &'a Found<'_>, key: &'a Option<Severity>) -> Outcome<'a> {
    let Some(rule) = filled(&found.id) else {
        let title = filled(&found.title).unwrap_or_default();
        return Outcome::skip(SkipReason::Unsupported, "a finding without a rule", title);
    };
    let (about, solution) = filled(&found.description).map(remediations).unwrap_or_default();
    let mut issue = Issue::new("bearer_rule_id", rule);
    issue.url = filled(&found.documentation_url).map(Cow::Borrowed);
    issue.title = filled(&found.title).map(Cow::Borrowed);
    issue.about = Some(about.into());
    issue.solution = Some(solution.into());
    let shown = || filled(&found.severity_meta.as_ref()?.display_severity);
    issue.rating = key.or_else(|| severity(filled(&found.severity).or_else(shown)?));
    issue.weaknesses =
        found.cwe_ids.iter().filter_map(|id| id.trim().parse().ok().or_else(|| cwe::parse(id))).collect();
    issue.code = found.code_extract.as_deref().map(Cow::Borrowed);
    let file = filled(&found.full_filename).or(filled(&found.filename)).unwrap_or_default();
    let place = code::lines(file, found.line_number, found.sink.as_ref().and_then(|sink| sink.end));
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a finding without a rule", file);
    };
    let groups = texts(&found.category_groups).collect::<Vec<_>>().join(", ");
    finding.vulnerability.details.text("data", "Kinds of data", groups);
    let fingerprint = filled(&found.fingerprint);
    finding
        .fingerprints
        .extend(fingerprint.map(|value| Fingerprint { name: "bearer".into(), value: value.into() }));
    Outcome::finding(finding)
}

/// What a rule is about, and its section on what to do.
fn remediations(text: &str) -> (&str, &str) {
    let text = text.trim_start().strip_prefix("## Description").unwrap_or(text).trim();
    match text.split_once("## Remediations") {
        Some((about, rest)) => {
            let end = rest.find("\n## ").unwrap_or(rest.len());
            (about.trim(), rest.get(..end).unwrap_or_default().trim())
        }
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_a_section() {
        for (text, want) in [
            ("## Description\nBad.\n\n## Remediations\n- Do it\n\n## References\n- x", ("Bad.", "- Do it")),
            ("Bad.", ("Bad.", "")),
            ("", ("", "")),
        ] {
            assert_eq!(remediations(text), want);
        }
    }
}
