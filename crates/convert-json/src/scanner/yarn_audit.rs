//! `yarn audit --json` of Yarn 1 and `yarn npm audit --json` of Yarn 2 and later: one JSON document a
//! line.
//!
//! Yarn 1 writes an advisory of the npm registry once for every way to its package, and beside it
//! messages of the program (`JSONReporter`); every advisory line is a record.
//! Yarn 4 writes `{"value": package, "children": {"Issue": ...}}` (`auditTree` of plugin-npm-cli).
//! Yarn 2 and 3 pass on the registry's answer, which looks as that of npm 6: there the user has to
//! name the format.

use crate::audit::address::advisory_id;
use crate::audit::npm::{self, Actions, Client, Resolved, SCHEME};
use crate::audit::{in_a_line, probe, title_with, upgrade_out_of};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Fields, Head, Loose, Reader, Records, TextOr, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, Warning,
};
use scanlift_report_core::{Kind, Message, MessageLevel, ScanStatus};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads the reports of yarn audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct YarnAudit;

/// The converter.
pub static CONVERTER: YarnAudit = YarnAudit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "yarn-audit",
    name: "yarn audit",
    summary: "JSON reports of yarn audit and yarn npm audit",
    versions: "Yarn 1 to 4",
    kinds: &[Kind::DependencyScanning],
    url: "https://yarnpkg.com/cli/npm/audit",
};

/// What Yarn 4 says when all is well.
const NOTHING: &str = "No audit suggestions";

impl Converter for YarnAudit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let kind = head.text("type").unwrap_or_default();
        // Messages may stand before the first advisory.
        let later = || {
            let text = String::from_utf8_lossy(bytes);
            ["auditAdvisory", "auditSummary", NOTHING].iter().any(|mark| text.contains(mark))
        };
        match () {
            () if kind.starts_with("audit") && head.has("data") => Match::Yes,
            () if head.has("value") && head.path_has(&["children", "Vulnerable Versions"]) => Match::Yes,
            () if is_message(kind) && head.has("data") && later() => Match::Yes,
            () if kind == "error" && head.has("data") => Match::Maybe,
            () => Match::No,
        }
    }

    /// The document is read twice: once for what its lines are and who needs what, and once for the
    /// records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut outline = Outline::default();
        while reader.next_document()? {
            outline.read(&mut reader)?;
        }
        drop(reader);

        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.vendor = Some("Yarn".into());
        scan.url = Some(DESCRIPTOR.url.into());
        if outline.is_answer {
            return npm::convert(input, options, sink, Client::Yarn, scan);
        }
        outline.check()?;
        if outline.failed {
            scan.status = ScanStatus::Failure;
        }
        scan.messages = outline.messages;
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        if outline.failed {
            let text = "Yarn tells of errors beside its audit, so advisories may be missing: the messages of the scan have them";
            sink.warn(Warning::note(text));
        }
        outline.fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let manifest = manifest_or_option(None, Some(Client::Yarn.lock_file()), options, input, sink);
        let scope = npm::Scope { manifest, importers: false, actions: outline.actions };

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        while reader.next_document()? {
            records.map_group(&mut reader, &scope, map_line)?;
        }
        Ok(())
    }
}

fn is_message(kind: &str) -> bool {
    matches!(kind, "error" | "warning" | "info" | "step" | "success")
}

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    is_audit: bool,
    /// Whether there are records.
    has_records: bool,
    /// Whether there is an error.
    failed: bool,
    /// The document is the registry's answer.
    is_answer: bool,
    actions: Actions,
    /// What went wrong, the first of it.
    messages: Vec<Message<'static>>,
    fields: Fields,
}

/// `data` of `auditAdvisory` and `auditAction`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Plan {
    resolution: Option<Resolved>,
    cmd: Option<String>,
    action: Option<Planned>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Planned {
    #[serde(deserialize_with = "json::list")]
    resolves: Vec<Resolved>,
}

impl Outline {
    fn read<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? != json::Kind::Object {
            return Ok(());
        }
        let mut kind = String::new();
        reader.each_key(|key, reader| {
            match key {
                "type" => kind = self.fields.text(reader)?.unwrap_or_default(),
                "advisories" => self.is_answer = true,
                "children" => (self.is_audit, self.has_records) = (true, true),
                "data" if matches!(&*kind, "auditAdvisory" | "auditAction") => {
                    self.is_audit = true;
                    self.has_records |= kind == "auditAdvisory";
                    let plan: Plan = probe(reader)?;
                    let command = plan.cmd.as_deref().unwrap_or_default().trim();
                    let resolves = plan.action.unwrap_or_default().resolves;
                    resolves.iter().chain(&plan.resolution).for_each(|it| self.actions.add(it, command));
                }
                "data" if kind.starts_with("audit") => self.is_audit = true,
                "data" if is_message(&kind) => {
                    let text = self.fields.text(reader)?.unwrap_or_default();
                    self.is_audit |= text.contains(NOTHING);
                    let level = match &*kind {
                        "error" => MessageLevel::Fatal,
                        "warning" => MessageLevel::Warn,
                        _ => return Ok(()),
                    };
                    let is_first_error = level == MessageLevel::Fatal && !self.failed;
                    self.failed |= is_first_error;
                    if is_first_error || self.messages.len() < MOST_MESSAGES {
                        self.messages.extend(Message::new(level, text));
                    }
                }
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })
    }

    /// Whether there is something to convert: an error leaves a summary that counts nothing.
    fn check(&self) -> Result<(), ConvertError> {
        match self.messages.iter().find(|message| message.level == MessageLevel::Fatal) {
            _ if self.has_records => Ok(()),
            Some(message) => {
                Err(ConvertError::Failed { scanner: DESCRIPTOR.name, message: in_a_line(&message.value) })
            }
            None if self.is_audit => Ok(()),
            None => Err(ConvertError::Unrecognised {
                expected: "lines of an audit",
                help: "give the file that yarn audit or yarn npm audit wrote with --json",
            }),
        }
    }
}

/// Yarn may warn of every package.
const MOST_MESSAGES: usize = 20;

/// A line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    data: Option<TextOr<'a, Audited<'a>>>,
    value: Option<Loose<'a>>,
    children: Option<Children<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Audited<'a> {
    #[serde(borrow)]
    advisory: Option<npm::Advisory<'a>>,
}

/// What Yarn 4 says of a package.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Children<'a> {
    /// npm's number of the advisory, or `left-pad (deprecation)`.
    #[serde(borrow, rename = "ID")]
    id: Option<Loose<'a>>,
    issue: Option<Loose<'a>>,
    #[serde(rename = "URL")]
    url: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(rename = "Vulnerable Versions")]
    vulnerable: Option<Loose<'a>>,
    #[serde(rename = "Tree Versions", deserialize_with = "json::list")]
    installed: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    dependents: Vec<Loose<'a>>,
}

/// The records of a line: one or none.
fn map_line<'a>(line: &'a Line<'_>, scope: &'a npm::Scope<'_>) -> Vec<Outcome<'a>> {
    let audited = line.data.as_ref().and_then(TextOr::other);
    match (&line.children, audited.and_then(|audited| audited.advisory.as_ref())) {
        (Some(children), _) => vec![map_children(children, line, scope)],
        (_, Some(advisory)) => vec![npm::map_advisory(advisory, scope)],
        _ if filled(&line.kind) == Some("auditAdvisory") => {
            vec![Outcome::skip(SkipReason::Unsupported, "a line without its advisory", "")]
        }
        _ => Vec::new(),
    }
}

fn map_children<'a>(
    children: &'a Children<'_>,
    line: &'a Line<'_>,
    scope: &'a npm::Scope<'_>,
) -> Outcome<'a> {
    let name = filled(&line.value).unwrap_or_default();
    let id = filled(&children.id).unwrap_or_default();
    let issue = filled(&children.issue).unwrap_or_default();
    let url = filled(&children.url);
    let is_deprecation = id.ends_with("(deprecation)");
    let mut about = if is_deprecation {
        let mut about = Advisory::new("npm_deprecation", format!("deprecation:{name}"));
        about.title = Some(format!("{name} is deprecated").into());
        about.description = Some(issue.into());
        about
    } else {
        let mut about = npm::about(url.and_then(advisory_id).into_iter(), id);
        about.title = Some(title_with(issue, name));
        about.solution = Some(upgrade_out_of(name, filled(&children.vulnerable)).into());
        about
    };
    about.url = url.map(Cow::Borrowed);
    about.severity = filled(&children.severity).map(Cow::Borrowed);

    let version = children.installed.first().map(|version| version.trim()).unwrap_or_default();
    let mut package = Package::new(name, version);
    package.kind = Some("npm".into());
    package.vulnerable = filled(&children.vulnerable).map(Cow::Borrowed);
    if !children.dependents.is_empty() {
        package.direct = Some(children.dependents.iter().any(|dependent| dependent.contains("@workspace:")));
    }
    let place = Place::Manifest(Cow::Borrowed(&scope.manifest));
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an advisory without an id or a package", issue);
    };
    let is_number = finding.vulnerability.identifiers.primary().kind == SCHEME;
    let details = &mut finding.vulnerability.details;
    if children.installed.len() > 1 {
        add_list(
            details,
            "installed_versions",
            "Installed versions",
            children.installed.iter().map(|it| &**it),
        );
    }
    let dependents = children.dependents.iter().map(|dependent| without_virtual(dependent));
    add_list(details, "dependents", "Packages that depend on it", dependents);
    details.text("npm_advisory", "npm advisory", if is_number || is_deprecation { "" } else { id });
    Outcome::finding(finding)
}

/// A package without the hash that Yarn puts before its range where peer dependencies make it another:
/// `a@npm:1.0` of `a@virtual:95986...#npm:1.0`.
fn without_virtual(package: &str) -> String {
    match package.split_once("@virtual:").and_then(|(name, rest)| Some((name, rest.split_once('#')?.1))) {
        Some((name, range)) => format!("{name}@{range}"),
        None => package.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn packages_lose_their_hash() {
        for (package, want) in [
            ("a@virtual:95986a#npm:1.0", "a@npm:1.0"),
            ("@acme/a@virtual:9#workspace:.", "@acme/a@workspace:."),
            ("a@npm:1.0", "a@npm:1.0"),
            ("a@virtual:9", "a@virtual:9"),
        ] {
            assert_eq!(without_virtual(package), want);
        }
    }

    #[test]
    fn an_audit_beside_an_error_is_told_and_none_without_advisories() {
        let error = r#"{"type":"error","data":"https://registry.example/audits: ECONNREFUSED"}"#;
        let summary = r#"{"type":"auditSummary","data":{"vulnerabilities":{"high":0},"dependencies":0}}"#;
        let advisory = r#"{"type":"auditAdvisory","data":{"resolution":{"id":7,"path":"a"},"advisory":
            {"id":7,"module_name":"a","findings":[{"version":"1.0.0","paths":["a"]}],"severity":"high"}}}"#;
        for (lines, want) in [
            (vec![summary], Ok((0, 0))),
            (vec![error, summary], Err(())),
            (vec![advisory, error, summary], Ok((1, 1))),
        ] {
            let document = lines.join("\n");
            let mut sink = Collector::default();
            let done = CONVERTER.convert(&document.as_str(), &Options::default(), &mut sink);
            assert_eq!(
                done.map(|()| (sink.records, sink.warnings.len())).map_err(|_| ()),
                want,
                "{document}"
            );
        }
    }

    #[test]
    fn the_registrys_answer_of_yarn_2_is_read() {
        let answer = r#"{"advisories": {"7": {"module_name": "a", "url": "https://github.com/advisories/GHSA-2222-3333-4444",
            "findings": [{"version": "1.0.0", "paths": ["b>a"]}]}}, "metadata": {}}"#;
        let mut sink = Collector::default();
        CONVERTER.convert(&answer, &Options::default(), &mut sink).expect("an answer");
        assert_eq!(sink.findings[0]["location"]["file"], "yarn.lock");
        assert_eq!(sink.findings[0]["identifiers"][0]["value"], "GHSA-2222-3333-4444");
    }
}
