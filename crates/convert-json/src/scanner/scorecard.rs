//! OpenSSF Scorecard, `--format json`: how a repository is kept.

use scanlift_convert_api::code::Issue;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity, SourceLocation};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of OpenSSF Scorecard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scorecard;

/// The converter.
pub static CONVERTER: Scorecard = Scorecard;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "scorecard",
    name: "OpenSSF Scorecard",
    summary: "JSON reports of OpenSSF Scorecard",
    versions: "3 to 5",
    kinds: &[Kind::Sast],
    url: "https://github.com/ossf/scorecard",
};

/// The best score.
const BEST: f64 = 10.0;

impl Converter for Scorecard {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let checks = ["name", "score", "reason"].iter().all(|key| head.path_has(&["checks", key]));
        let own = head.path_has(&["scorecard", "commit"]) && head.path_has(&["repo", "name"]);
        if own && (checks || head.has("checks")) { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for the repository, and once for the checks.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known, mut about) = (Fields::default(), false, About::default());
        json::walk(input, |key, reader| {
            match key {
                "checks" => known = true,
                "repo" => about.repo = fields.object::<Revision, _>(reader)?.unwrap_or_default(),
                "scorecard" => about.scorecard = fields.object::<Revision, _>(reader)?.unwrap_or_default(),
                "date" => about.date = fields.text(reader)?,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`checks`",
                help: "write the report with scorecard --format json --show-details",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.vendor = Some("OpenSSF".into());
        scan.version = about.scorecard.version.clone().map(Cow::Owned);
        // A day, or a time.
        scan.end_time = about.date.clone().filter(|date| date.contains('T')).map(Cow::Owned);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "checks" => records.each(reader, |records, reader| records.map(reader, &about, map_check)),
            _ => Ok(()),
        })
    }
}

#[derive(Debug, Default)]
struct About {
    repo: Revision,
    scorecard: Revision,
    date: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Revision {
    name: Option<String>,
    commit: Option<String>,
    version: Option<String>,
}

/// A check, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Check<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    reason: Option<Loose<'a>>,
    documentation: Documentation<'a>,
    #[serde(deserialize_with = "json::list")]
    details: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Documentation<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
    short: Option<Loose<'a>>,
}

fn map_check<'a>(check: &'a Check<'_>, about: &'a About) -> Outcome<'a> {
    let Some(name) = filled(&check.name) else {
        return Outcome::skip(SkipReason::Unsupported, "a check without a name", "");
    };
    let score = match check.score {
        Some(score) if score >= BEST => return Outcome::skip(SkipReason::NotAFinding, "score: 10", name),
        Some(score) if score >= 0.0 => score,
        _ => return Outcome::skip(SkipReason::NotAFinding, "score: -1, inconclusive", name),
    };
    let mut issue = Issue::new("scorecard_check_id", name);
    issue.url = filled(&check.documentation.url).map(Cow::Borrowed);
    issue.title = filled(&check.reason).map(|reason| format!("{name}: {reason}").into());
    issue.message = filled(&check.reason).map(Cow::Borrowed);
    issue.about = filled(&check.documentation.short).map(Cow::Borrowed);
    issue.rating = Some(risk(name));
    let warnings: Vec<&str> =
        check.details.iter().filter_map(|detail| detail.trim().strip_prefix("Warn: ")).collect();
    // It is about the repository: with the place of one warning it would be another finding once that is mended.
    let Some(mut finding) = issue.into_finding(Location::Sast(SourceLocation::default())) else {
        return Outcome::skip(SkipReason::Unsupported, "a check without a name", "");
    };
    let details = &mut finding.vulnerability.details;
    details.text("score", "Score", format!("{score} of 10"));
    add_list(details, "warnings", "Warnings", warnings);
    details.text("repository", "Repository", about.repo.name.as_deref().unwrap_or_default());
    details.text("commit", "Commit", about.repo.commit.as_deref().unwrap_or_default());
    Outcome::finding(finding)
}

/// The risk of a check (docs/checks.md of Scorecard), which weighs its score.
fn risk(name: &str) -> Severity {
    match name {
        "Dangerous-Workflow" | "Webhooks" => Severity::Critical,
        "Binary-Artifacts"
        | "Branch-Protection"
        | "Code-Review"
        | "Dependency-Update-Tool"
        | "Maintained"
        | "Signed-Releases"
        | "Token-Permissions"
        | "Vulnerabilities" => Severity::High,
        "CI-Tests" | "CII-Best-Practices" | "Contributors" | "License" => Severity::Low,
        _ => Severity::Medium,
    }
}
