//! Alerts of GitHub as its REST API gives them: Dependabot, code scanning, secret scanning.

mod code_scanning;
mod dependabot;
mod secret_scanning;

use crate::layout::Layout;
use scanlift_convert_api::json::{Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::Kind;
use serde::Deserialize;

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
    summary: "alerts of GitHub (REST API): Dependabot, code scanning, secret scanning",
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

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let has = |keys: &[&str]| keys.iter().all(|key| head.has(key));
        let dependabot = has(&["security_advisory", "security_vulnerability", "state"]);
        let code_scanning = has(&["most_recent_instance", "rule", "tool", "state"]);
        let secret_scanning =
            has(&["secret_type", "state"]) && (head.has("locations_url") || head.has("resolution"));
        if dependabot || code_scanning || secret_scanning { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the alerts.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let help = "get them with gh api --paginate repos/OWNER/REPO/dependabot/alerts, \
                    code-scanning/alerts or secret-scanning/alerts";
        let layout = Layout::read(input, &[], &MARKS)?.known("alerts of GitHub", help)?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, options, map_alert))
    }
}

/// An alert of any kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alert<'a> {
    #[serde(borrow)]
    state: Option<Loose<'a>>,
    html_url: Option<Loose<'a>>,
    created_at: Option<Loose<'a>>,
    dismissed_reason: Option<Loose<'a>>,
    resolution: Option<Loose<'a>>,

    dependency: dependabot::Dependency<'a>,
    security_advisory: Option<dependabot::Known<'a>>,
    security_vulnerability: dependabot::Vulnerability<'a>,

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
    if let Some((reason, detail)) = closed(alert) {
        let example = filled(&alert.html_url).unwrap_or_default();
        return Outcome::skip(reason, detail, example);
    }
    if let Some(known) = &alert.security_advisory {
        dependabot::map(known, alert)
    } else if let Some(instance) = &alert.most_recent_instance {
        code_scanning::map(instance, alert)
    } else {
        secret_scanning::map(alert, options)
    }
}

/// Why an alert is open no more.
fn closed(alert: &Alert<'_>) -> Option<(SkipReason, String)> {
    let state = filled(&alert.state)?;
    let reason = match state {
        "fixed" | "closed" => SkipReason::NotAFinding,
        "dismissed" | "auto_dismissed" | "resolved" => SkipReason::Suppressed,
        _ => return None,
    };
    let why = filled(&alert.dismissed_reason).or(filled(&alert.resolution));
    Some((reason, why.map_or_else(|| format!("state: {state}"), |why| format!("{state}: {why}"))))
}
