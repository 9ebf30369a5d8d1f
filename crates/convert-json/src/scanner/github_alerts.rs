//! Alerts of GitHub as its REST API gives them (Dependabot, code scanning, secret scanning), and those of
//! Dependabot from its GraphQL API.

mod code_scanning;
mod dependabot;
mod secret_scanning;

use crate::layout::Layout;
use scanlift_convert_api::json::{Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::Kind;
use serde::Deserialize;
use std::io::Read;

/// Reads the JSON reports of GitHub.
#[derive(Clone, Copy, Debug, Default)]
pub struct GithubAlerts;

/// The converter.
pub static CONVERTER: GithubAlerts = GithubAlerts;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "github-alerts",
    name: "GitHub",
    summary: "alerts of GitHub (REST and GraphQL): Dependabot, code scanning, secret scanning",
    versions: "2022-11-28",
    kinds: &[Kind::Sast, Kind::DependencyScanning, Kind::SecretDetection],
    url: "https://docs.github.com/en/rest/code-scanning/code-scanning",
};

/// Keys that alerts have, one for each kind.
const MARKS: [&str; 3] = ["security_vulnerability", "most_recent_instance", "secret_type"];

impl Converter for GithubAlerts {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let has = |keys: &[&str]| keys.iter().all(|key| head.has(key));
        let dependabot = has(&["security_advisory", "security_vulnerability", "state"]);
        let code_scanning = has(&["most_recent_instance", "rule", "tool", "state"]);
        let secret_scanning =
            has(&["secret_type", "state"]) && (head.has("locations_url") || head.has("resolution"));
        // The query says how deep they stand.
        let graphql = || String::from_utf8_lossy(bytes).contains("\"vulnerabilityAlerts\"");
        if dependabot || code_scanning || secret_scanning || (has(&["data"]) && graphql()) {
            Match::Yes
        } else {
            Match::No
        }
    }

    /// The document is read twice: once to see that it is whole, and once for the alerts.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &[], &MARKS)?;
        let mut is_graphql = false;
        if !layout.is_known {
            each_list(input, &mut |_| {
                is_graphql = true;
                Ok(())
            })?;
        }
        if is_graphql {
            let scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
            sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
            let mut records = Records::new(sink);
            return each_list(input, &mut |reader| {
                records.each(reader, |records, reader| records.map(reader, options, map_alert))
            });
        }
        let help = "get them with gh api --paginate repos/OWNER/REPO/dependabot/alerts, \
                    code-scanning/alerts or secret-scanning/alerts";
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout
            .known("alerts of GitHub", help)?
            .convert(input, scan, sink, |records, reader| records.map(reader, options, map_alert))
    }
}

/// What is done with a list of alerts.
type Visit<'v, R> = dyn FnMut(&mut Reader<R>) -> Result<(), ConvertError> + 'v;

/// Visits the lists of alerts in answers of the GraphQL API.
fn each_list<'i>(
    input: &'i dyn Input,
    visit: &mut Visit<'_, Box<dyn Read + 'i>>,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    while reader.next_document()? {
        lists_below(&mut reader, visit)?;
    }
    Ok(())
}

fn lists_below<R: Read>(reader: &mut Reader<R>, visit: &mut Visit<'_, R>) -> Result<(), ConvertError> {
    match reader.peek()? {
        JsonKind::Object => reader.each_key(|key, reader| match (key, reader.peek()?) {
            ("vulnerabilityAlerts", JsonKind::Object) => reader.each_key(|key, reader| match key {
                "nodes" | "edges" => visit(reader),
                _ => Ok(()),
            }),
            _ => lists_below(reader, visit),
        }),
        JsonKind::Array => reader.each_item(|_, reader| lists_below(reader, visit)),
        _ => Ok(()),
    }
}

/// An alert of any kind; the GraphQL API has names in camel case.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alert<'a> {
    #[serde(borrow)]
    state: Option<Loose<'a>>,
    html_url: Option<Loose<'a>>,
    #[serde(alias = "createdAt")]
    created_at: Option<Loose<'a>>,
    #[serde(alias = "dismissReason")]
    dismissed_reason: Option<Loose<'a>>,
    resolution: Option<Loose<'a>>,

    dependency: dependabot::Dependency<'a>,
    #[serde(alias = "securityAdvisory")]
    security_advisory: Option<dependabot::Known<'a>>,
    #[serde(alias = "securityVulnerability")]
    security_vulnerability: dependabot::Vulnerability<'a>,

    /// Of the GraphQL API, where the query asks for `edges`.
    node: Option<Box<Alert<'a>>>,
    /// Of the GraphQL API, like what follows.
    #[serde(rename = "vulnerableManifestPath")]
    manifest_path: Option<Loose<'a>>,
    #[serde(rename = "vulnerableRequirements")]
    requirements: Option<Loose<'a>>,
    #[serde(rename = "dependencyScope")]
    scope: Option<Loose<'a>>,
    #[serde(rename = "dependencyRelationship")]
    relationship: Option<Loose<'a>>,
    #[serde(rename = "dismissedAt")]
    dismissed_at: Option<Loose<'a>>,
    #[serde(rename = "fixedAt")]
    fixed_at: Option<Loose<'a>>,

    rule: code_scanning::Rule<'a>,
    tool: code_scanning::Tool<'a>,
    most_recent_instance: Option<code_scanning::Instance<'a>>,

    secret_type: Option<Loose<'a>>,
    secret_type_display_name: Option<Loose<'a>>,
    secret: Option<Loose<'a>>,
    validity: Option<Loose<'a>>,
    push_protection_bypassed: Option<Loose<'a>>,
    first_location_detected: Option<secret_scanning::Place<'a>>,
}

fn map_alert<'a>(alert: &'a Alert<'_>, options: &'a Options) -> Outcome<'a> {
    let alert = alert.node.as_deref().unwrap_or(alert);
    if let Some((reason, detail)) = closed(alert) {
        let example = filled(&alert.html_url).unwrap_or_default();
        return Outcome::skip(reason, detail, example);
    }
    if let Some(known) = alert.security_advisory.as_ref().or(alert.security_vulnerability.advisory.as_ref()) {
        dependabot::map(known, alert)
    } else if let Some(instance) = &alert.most_recent_instance {
        code_scanning::map(instance, alert)
    } else {
        secret_scanning::map(alert, options)
    }
}

/// Why an alert is open no more.
fn closed(alert: &Alert<'_>) -> Option<(SkipReason, String)> {
    let state = filled(&alert.state).map(str::to_ascii_lowercase);
    let of_times = || match (filled(&alert.dismissed_at), filled(&alert.fixed_at)) {
        (Some(_), _) => Some("dismissed".to_owned()),
        (None, Some(_)) => Some("fixed".to_owned()),
        (None, None) => None,
    };
    let state = state.or_else(of_times)?;
    let reason = match &*state {
        "fixed" | "closed" => SkipReason::NotAFinding,
        "dismissed" | "auto_dismissed" | "resolved" => SkipReason::Suppressed,
        _ => return None,
    };
    let why = filled(&alert.dismissed_reason).or(filled(&alert.resolution));
    Some((reason, why.map_or_else(|| format!("state: {state}"), |why| format!("{state}: {why}"))))
}
