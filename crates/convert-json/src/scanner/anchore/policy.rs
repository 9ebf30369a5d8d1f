//! What a policy says of an image: `anchore-cli --json evaluate check IMAGE --detail`, `anchorectl image
//! check IMAGE --detail -o json`, and Anchore Enterprise's API.

use super::Scope;
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{
    Fields, Kind as JsonKind, Loose, Reader, Records, Repair, TextOr, filled, flag,
};
use scanlift_convert_api::package::{Advisory, Package, Place};
use scanlift_convert_api::{ConvertError, Finding, Input, Outcome, Record, Sink, SkipReason, Warning, image};
use scanlift_report_core::{Dependency, ImageLocation, Location, Severity, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Where a document has its checks, and what comes of them: keys below each other, `*` for any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    checks: &'static [&'static str],
    status: &'static [&'static str],
}

impl Layout {
    /// By a key of the document, or of the objects in its list.
    pub(super) fn of(key: &str) -> Option<Self> {
        Some(match key {
            "detail" | "finalAction" | "final_action" => Self { checks: &["detail"], status: &["status"] },
            "evaluations" => {
                Self { checks: &["evaluations", "details", "findings"], status: &["evaluations", "status"] }
            }
            // Anchore Engine has rows below the digest, the tag and, once more, the image's id.
            digest if digest.starts_with("sha256:") => Self {
                checks: &["*", "*", "detail", "result", "result", "*", "result", "rows"],
                status: &["*", "*", "status"],
            },
            _ => return None,
        })
    }

    /// Takes every check to the sink.
    pub(super) fn convert(
        self,
        input: &dyn Input,
        scope: &Scope<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), ConvertError> {
        let open = || Ok::<_, ConvertError>(Reader::new(input.open().map_err(ConvertError::Read)?));
        let mut seen = false;
        let mut records = Records::new(sink);
        at(&mut open()?, self.checks, &mut |reader| {
            records.each(reader, |records, reader| {
                seen = true;
                match reader.peek()? {
                    JsonKind::Array => map_row(reader, records.sink(), scope),
                    _ => records.map(reader, scope, map_check),
                }
            })
        })?;
        if seen {
            return Ok(());
        }
        let mut fields = Fields::default();
        at(&mut open()?, self.status, &mut |reader| {
            let status = fields.text(reader)?.unwrap_or_default();
            if status.starts_with("fail") {
                let text = "the image fails its policy, and the document does not say why: ask with --detail";
                sink.warn(Warning::note(text));
            }
            Ok(())
        })
    }
}

/// Visits what stands at the end of a path, in each object of a list.
fn at<R: Read>(
    reader: &mut Reader<R>,
    path: &[&str],
    visit: &mut dyn FnMut(&mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let Some((first, rest)) = path.split_first() else { return visit(reader) };
    match reader.peek()? {
        JsonKind::Array => reader.each_item(|_, reader| at(reader, path, visit)),
        JsonKind::Object => {
            reader.each_key(
                |key, reader| {
                    if *first == "*" || *first == key { at(reader, rest, visit) } else { Ok(()) }
                },
            )
        }
        _ => Ok(()),
    }
}

/// A check that matched, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Check<'a> {
    #[serde(borrow)]
    tag: Option<Loose<'a>>,
    #[serde(alias = "triggerId")]
    trigger_id: Option<Loose<'a>>,
    gate: Option<Loose<'a>>,
    trigger: Option<Loose<'a>>,
    #[serde(alias = "description")]
    message: Option<Loose<'a>>,
    #[serde(alias = "status")]
    action: Option<Loose<'a>>,
    #[serde(alias = "whitelisted")]
    allowlisted: Option<Loose<'a>>,
    #[serde(alias = "policyId")]
    policy_id: Option<Loose<'a>>,
    recommendation: Option<Loose<'a>>,
    #[serde(alias = "inheritedFromBase")]
    inherited_from_base: Option<bool>,
}

/// Image, tag, trigger's id, gate, trigger, message, action, whether it is allowed, policy.
type Row<'a> = Vec<Option<TextOr<'a, Allowed<'a>>>>;

/// What allows a row of Anchore Engine, where it is not `false`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Allowed<'a> {
    #[serde(borrow)]
    whitelist_name: Option<Loose<'a>>,
}

fn map_row<R: Read>(
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    let mut repair = Repair::default();
    let (row, _) = reader.parse_lenient::<Row<'_>>(&mut repair)?;
    let column = |at: usize| row.get(at).and_then(|column| column.as_ref()?.text());
    if let Some(allowed) = row.get(7).and_then(|column| column.as_ref()?.other()) {
        let detail = format!("whitelisted: {}", filled(&allowed.whitelist_name).unwrap_or("yes"));
        Record::begin(sink).skip(SkipReason::Suppressed, &detail, column(2).unwrap_or_default());
        return Ok(());
    }
    let field = |at: usize| column(at).map(|text| Loose(Cow::Borrowed(text)));
    let check = Check {
        tag: field(1),
        trigger_id: field(2),
        gate: field(3),
        trigger: field(4),
        message: field(5),
        action: field(6),
        allowlisted: field(7),
        policy_id: field(8),
        ..Check::default()
    };
    Record::begin(sink).spend(map_check(&check, scope))
}

fn map_check<'a>(check: &'a Check<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let id = filled(&check.trigger_id).unwrap_or_default();
    let action = filled(&check.action).unwrap_or_default();
    if flag(&check.allowlisted) == Some(true) {
        return Outcome::skip(SkipReason::Suppressed, "on an allow list", id);
    }
    if action.eq_ignore_ascii_case("go") {
        return Outcome::skip(SkipReason::NotAFinding, "action: go", id);
    }
    let named = filled(&check.tag).map(|tag| image::with_tag(Cow::Borrowed(tag)));
    let image = named.unwrap_or(Cow::Borrowed(&*scope.image));
    let vulnerability = id.split_once('+').filter(|_| filled(&check.gate) == Some("vulnerabilities"));
    let finding = match vulnerability {
        Some((id, package)) => map_vulnerability(check, id, package, image, scope),
        None => map_gate(check, id, action, image, scope),
    };
    let Some(mut finding) = finding else {
        return Outcome::skip(SkipReason::Unsupported, "a check without a gate", id);
    };
    let details = &mut finding.vulnerability.details;
    for (key, name, value) in [
        ("gate", "Gate", filled(&check.gate)),
        ("trigger", "Trigger", filled(&check.trigger)),
        ("action", "Action", Some(action)),
        ("policy", "Policy", filled(&check.policy_id)),
        ("image_digest", "Image digest", Some(scope.digest)),
    ] {
        details.text(key, name, value.unwrap_or_default());
    }
    if check.inherited_from_base == Some(true) {
        details.text("inherited", "Inherited from the base image", "yes");
    }
    Outcome::finding(finding)
}

/// A vulnerability of a package, of which the message says more: `HIGH Vulnerability found in os package
/// type (dpkg) - curl (fixed in: 7.64.0-4)(CVE-2099-0001 - https://…)`.
fn map_vulnerability<'a>(
    check: &'a Check<'_>,
    id: &'a str,
    package: &'a str,
    image: Text<'a>,
    scope: &'a Scope<'_>,
) -> Option<Finding<'a>> {
    let message = filled(&check.message).unwrap_or_default();
    let said = |start: &str, end: &str| between(message, start, end).map(Cow::Borrowed);
    let mut advisory = Advisory::new("anchore_id", id);
    advisory.description = Some(Cow::Borrowed(message));
    advisory.solution = filled(&check.recommendation).map(Cow::Borrowed);
    advisory.severity = message.split_once(" Vulnerability ").map(|(word, _)| Cow::Borrowed(word));
    advisory.url = said(&format!("({id} - "), ")");
    let mut package = Package::new(package, "");
    package.kind = said("package type (", ")");
    package.fixed = said("(fixed in: ", ")").into_iter().collect();
    package.path = said(") - ", " (").filter(|path| path.starts_with('/'));
    let operating_system = scope.system.map(Cow::Borrowed);
    advisory.into_finding(package, Place::Image { image, operating_system })
}

/// What stands between two texts.
fn between<'m>(message: &'m str, start: &str, end: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// A check of the image as a whole.
fn map_gate<'a>(
    check: &'a Check<'_>,
    id: &'a str,
    action: &'a str,
    image: Text<'a>,
    scope: &'a Scope<'_>,
) -> Option<Finding<'a>> {
    let names = [filled(&check.gate), filled(&check.trigger)];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    // The id is made of gate, trigger and what was found.
    let rule = if id.is_empty() { name.clone() } else { id.to_owned() };
    let mut issue = Issue::new("anchore_trigger_id", rule);
    issue.rule_name = Some(Cow::Owned(name));
    issue.message = filled(&check.message).map(Cow::Borrowed);
    issue.solution = filled(&check.recommendation).map(Cow::Borrowed);
    issue.severity = Some(Cow::Borrowed(action));
    issue.rating = match action.to_ascii_lowercase().as_str() {
        "stop" => Some(Severity::High),
        "warn" => Some(Severity::Medium),
        _ => None,
    };
    // It is about no package, and the schema asks for one.
    let system = scope.system.unwrap_or("unknown");
    let location = ImageLocation::new(image, system, Dependency::new("", ""));
    issue.into_finding(Location::ContainerScanning(location))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn messages_tell_of_vulnerabilities() {
        let scope = Scope { image: "app:1".into(), system: None, digest: "" };
        for (message, severity, fixed, kind) in [
            (
                "HIGH Vulnerability found in os package type (dpkg) - curl (fixed in: 7.64.0-4)(CVE-2099-0001 - https://a.example/1)",
                Some("HIGH"),
                "7.64.0-4",
                Some("dpkg"),
            ),
            (
                "MEDIUM Vulnerability found in os package type (APKG) - curl (CVE-2099-0001)",
                Some("MEDIUM"),
                "",
                Some("APKG"),
            ),
            ("curl", None, "", None),
        ] {
            let check = Check { message: Some(Loose(message.into())), ..Check::default() };
            let finding = map_vulnerability(&check, "CVE-2099-0001", "curl", "app:1".into(), &scope);
            let finding = finding.expect("an id");
            assert_eq!(finding.severity.word.as_deref(), severity, "{message}");
            let upgrade = finding.upgrade.as_ref();
            assert_eq!(upgrade.map_or("", |upgrade| &*upgrade.fixed[0]), fixed, "{message}");
            let details = &finding.vulnerability.details;
            assert_eq!(details.get("package_type").is_some(), kind.is_some(), "{message}");
        }
    }

    #[test]
    fn a_failure_without_reasons_is_told() {
        let scope = Scope { image: "app:1".into(), system: None, digest: "" };
        for (document, key, warnings) in [
            (r#"[{"sha256:1": {"app:1": [{"detail": {}, "status": "fail"}]}}]"#, "sha256:1", 1),
            (r#"[{"sha256:1": {"app:1": [{"detail": {}, "status": "pass"}]}}]"#, "sha256:1", 0),
            (r#"[{"detail": null, "status": "fail", "tag": "app:1"}]"#, "detail", 1),
            (r#"{"evaluations": [{"status": "fail"}]}"#, "evaluations", 1),
        ] {
            let mut sink = Collector::default();
            let layout = Layout::of(key).expect(key);
            layout.convert(&document, &scope, &mut sink).expect(document);
            assert_eq!((sink.records, sink.warnings.len()), (0, warnings), "{document}");
        }
    }
}
