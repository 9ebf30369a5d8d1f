//! KubeLinter, `--format json`.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of KubeLinter.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubeLinter;

/// The converter.
pub static CONVERTER: KubeLinter = KubeLinter;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "kube-linter",
    name: "KubeLinter",
    summary: "JSON reports of KubeLinter",
    versions: "0.2 and later",
    kinds: &[Kind::Sast],
    url: "https://docs.kubelinter.io/",
};

impl Converter for KubeLinter {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_reports = head.path_has(&["Reports", "Diagnostic"]) && head.path_has(&["Reports", "Check"]);
        // The checks stand first, and there are many of them.
        let of_checks = head.path_has(&["Checks", "remediation"]) && head.path_has(&["Checks", "template"]);
        let own = of_reports || of_checks || head.path_has(&["Summary", "KubeLinterVersion"]);
        if own && head.kind() == Some(JsonKind::Object) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known, mut summary) = (Fields::default(), false, None);
        json::walk(input, |key, reader| {
            match key {
                "Reports" => known = true,
                "Summary" => summary = fields.object::<Summary, _>(reader)?,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`Reports`",
                help: "write the report with kube-linter lint --format json",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        let summary = summary.unwrap_or_default();
        scan.version = summary.version.map(Into::into);
        scan.end_time = summary.end_time.map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "Reports" => records.each(reader, |records, reader| records.map(reader, &(), map_report)),
            _ => Ok(()),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    #[serde(rename = "KubeLinterVersion")]
    version: Option<String>,
    #[serde(rename = "CheckEndTime")]
    end_time: Option<String>,
}

/// `diagnostic.WithContext`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Report<'a> {
    #[serde(borrow)]
    check: Option<Loose<'a>>,
    diagnostic: Diagnostic<'a>,
    remediation: Option<Loose<'a>>,
    object: Object<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Diagnostic<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Object<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    k8s_object: Resource<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    file_path: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Resource<'a> {
    #[serde(borrow)]
    namespace: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    group_version_kind: GroupVersionKind<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct GroupVersionKind<'a> {
    #[serde(borrow)]
    kind: Option<Loose<'a>>,
}

fn map_report<'a>(report: &'a Report<'_>, _: &'a ()) -> Outcome<'a> {
    let message = filled(&report.diagnostic.message).unwrap_or_default();
    let Some(check) = filled(&report.check) else {
        return Outcome::skip(SkipReason::Unsupported, "a report without a check", message);
    };
    let resource = &report.object.k8s_object;
    let parts = [&resource.namespace, &resource.group_version_kind.kind, &resource.name];
    let name = parts.into_iter().filter_map(filled).collect::<Vec<_>>().join("/");
    let mut issue = Issue::new("kubelinter_rule_id", check);
    issue.url = Some(Cow::Owned(format!("https://docs.kubelinter.io/#/generated/checks?id={check}")));
    issue.title = Some(message.into());
    issue.message = Some(Cow::Owned(format!("{message} ({name})")));
    issue.solution = filled(&report.remediation).map(Cow::Borrowed);
    // KubeLinter has no severities.
    issue.rating = Some(Severity::Medium);
    let place = code::lines(filled(&report.object.metadata.file_path).unwrap_or_default(), None, None);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a report without a check", message);
    };
    finding.vulnerability.details.text("resource", "Resource", name);
    Outcome::finding(finding)
}
