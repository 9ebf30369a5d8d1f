//! GitLab's own security reports, of every schema from 2 to 15: upgraded to the one that is written.

mod mend;
mod upgrade;

use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Records};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Patch, ScanInfo, Sink, SkipReason,
    Warning, patch,
};
use scanlift_report_core::{Identifier, Kind, Message, MessageLevel, ScanStatus, Summary};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::HashMap;
use std::io::Read;

/// Reads security reports of GitLab.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gitlab;

/// The converter.
pub static CONVERTER: Gitlab = Gitlab;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "gitlab",
    name: "GitLab security report",
    summary: "security reports of GitLab",
    versions: "2 to 15",
    kinds: &[
        Kind::Sast,
        Kind::SecretDetection,
        Kind::DependencyScanning,
        Kind::ContainerScanning,
        Kind::ClusterImageScanning,
        Kind::Dast,
        Kind::ApiFuzzing,
        Kind::CoverageFuzzing,
    ],
    url: "https://gitlab.com/gitlab-org/security-products/security-report-schemas",
};

/// What an empty report may have and others have not.
const BARE: [&str; 4] = ["version", "scan", "vulnerabilities", "remediations"];
/// The newest version of the schema that is known.
const NEWEST: &str = "15.2";

impl Converter for Gitlab {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_scan = head.path_has(&["scan", "scanner"]) || head.path_has(&["scan", "analyzer"]);
        let of_entry = |key| head.path_has(&["vulnerabilities", key]);
        let old = of_entry("identifiers") && of_entry("location") && !head.has("results");
        let empty = head.has("version") && head.has("vulnerabilities") && head.has("remediations");
        let named = head.has("vulnerabilities") && head.text("$schema").and_then(kind_of_schema).is_some();
        match (of_scan && head.has("version") || old || named, empty || of_scan) {
            (true, _) => Match::Yes,
            (false, true) => Match::Maybe,
            (false, false)
                if head.keys().all(|key| key.starts_with("__") || BARE.contains(&key))
                    && head.has("vulnerabilities")
                    && head.is_empty("vulnerabilities") =>
            {
                Match::Maybe
            }
            (false, false) => Match::No,
        }
    }

    /// The document is read twice: the scan and the remediations often stand after the vulnerabilities.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut outline = Outline::read(input)?;
        let kind = outline.kind();
        outline.warnings.drain(..).for_each(|warning| sink.warn(warning));
        let scan = outline.scan_info(kind);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "vulnerabilities" => records.each(reader, |records, reader| {
                records.map(reader, &(kind, &outline), |entry: &Entry, (kind, outline)| {
                    map_vulnerability(entry, *kind, outline)
                })
            }),
            _ => Ok(()),
        })?;
        outline.unmatched().for_each(|warning| records.sink().warn(warning));
        Ok(())
    }
}

/// An entry of `vulnerabilities`, as it stands.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Entry(Map<String, Value>);

/// What stands around the vulnerabilities.
#[derive(Debug, Default)]
struct Outline {
    version: Option<String>,
    scan: Map<String, Value>,
    /// What the first vulnerability shows of the kind of report; versions before 2.4 have no scan.
    guess: Option<Kind>,
    /// What the schema's name says, likewise.
    schema: Option<Kind>,
    /// The scanner of the first vulnerability, likewise.
    scanner: Option<Value>,
    /// How many vulnerabilities were looked at.
    seen: usize,
    /// Whether one of them has identifiers, as GitLab's have in every version.
    is_identified: bool,
    /// Whether there are fields that no version has.
    has_others: bool,
    /// How many remediations were looked at.
    remediations: usize,
    patches: Vec<Remediation>,
    /// Which patches mend a finding, by its id or compare key.
    mended: HashMap<String, Vec<usize>>,
    warnings: Vec<Warning>,
}

/// A remediation that can be passed on.
#[derive(Debug)]
struct Remediation {
    /// Where it stands, as `remediations[3]`.
    path: String,
    patch: Patch<'static>,
    /// Whether a finding is there that it mends.
    is_matched: Cell<bool>,
}

impl Outline {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let (mut outline, mut fields, mut known) = (Self::default(), Fields::default(), false);
        json::walk(input, |key, reader| {
            match key {
                "version" => outline.version = fields.text(reader)?,
                "$schema" => {
                    outline.schema = fields.text(reader)?.as_deref().and_then(kind_of_schema);
                }
                "scan" => outline.scan = fields.object(reader)?.unwrap_or_default(),
                "vulnerabilities" => {
                    known = true;
                    if reader.peek()? == JsonKind::Array {
                        reader.each_item(|_, reader| outline.look(reader))?;
                    }
                }
                "remediations" => {
                    fields.objects(reader, |remediation: Map<String, Value>| outline.mend(&remediation))?;
                }
                _ => outline.has_others |= !key.starts_with('_'),
            }
            Ok(())
        })?;
        if !known || !outline.is_report() {
            return Err(ConvertError::Unrecognised {
                expected: "`version`, `scan`, and `vulnerabilities` with `identifiers`",
                help: "is it a security report of GitLab?",
            });
        }
        outline.warnings.append(&mut fields.warnings);
        let version = outline.version.as_deref();
        let unknown = version.and_then(|version| Warning::of_version("GitLab's schema", version, NEWEST));
        outline.warnings.extend(unknown);
        Ok(outline)
    }

    /// Whether it is a report of GitLab: many tools list vulnerabilities, and versions before 2.4 have no
    /// scan.
    fn is_report(&self) -> bool {
        let is_told = !self.scan.is_empty() || self.schema.is_some();
        is_told || self.is_identified || (self.seen == 0 && (self.version.is_some() || !self.has_others))
    }

    /// Looks at vulnerabilities until one tells the kind of the report.
    fn look<R: Read>(&mut self, reader: &mut json::Reader<R>) -> Result<(), ConvertError> {
        if (self.guess.is_some() && self.is_identified) || reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        self.seen += 1;
        // What is wrong with the entry is told when it is converted.
        let mut unheard = Fields::default();
        let entry: Option<Map<String, Value>> = unheard.object(reader)?;
        if let Some(entry) = entry {
            self.is_identified |= entry.get("identifiers").is_some_and(Value::is_array);
            if self.guess.is_none() {
                self.guess = upgrade::kind_of(&entry);
                self.scanner = entry.get("scanner").cloned();
            }
        }
        Ok(())
    }

    /// Takes a remediation in. One with an empty field costs the whole report, and one that is no patch is of
    /// no use to anybody.
    fn mend(&mut self, remediation: &Map<String, Value>) {
        let path = format!("remediations[{}]", self.remediations);
        self.remediations += 1;
        let text = |key: &str| remediation.get(key).and_then(Value::as_str).unwrap_or_default();
        let diff = match patch::encoded(text("diff")) {
            Ok(diff) => diff.into_owned().into(),
            Err(problem) => {
                let problem = format!("`diff` is no patch that can be applied: {problem}");
                return self.warnings.push(Warning::FieldDropped { path, problem });
            }
        };
        let summary = Summary::new(text("summary").to_owned());
        let Some(summary) = summary.or_else(|| Summary::new("Apply the scanner's patch")) else { return };
        if summary.was_cut() {
            self.warnings.push(Warning::TextCut { field: "summary", of: path.clone() });
        }
        for fix in remediation.get("fixes").and_then(Value::as_array).into_iter().flatten() {
            for key in [&fix["id"], &fix["cve"]].into_iter().filter_map(Value::as_str) {
                if !key.is_empty() {
                    self.mended.entry(key.to_owned()).or_default().push(self.patches.len());
                }
            }
        }
        let patch = Patch { summary, diff };
        self.patches.push(Remediation { path, patch, is_matched: Cell::new(false) });
    }

    /// The patches of a finding that has one of these keys.
    fn patches_of(&self, keys: [&str; 2]) -> Vec<Patch<'static>> {
        let all = keys.into_iter().filter_map(|key| self.mended.get(key)).flatten();
        let all = all.filter_map(|at| self.patches.get(*at));
        let mut patches: Vec<_> =
            all.inspect(|one| one.is_matched.set(true)).map(|one| one.patch.clone()).collect();
        patches.dedup();
        patches
    }

    /// What is to be told of patches once all findings were seen: those that mend none of them.
    fn unmatched(&self) -> impl Iterator<Item = Warning> {
        self.patches.iter().filter(|one| !one.is_matched.get()).map(|one| Warning::FieldDropped {
            path: one.path.clone(),
            problem: "`fixes` names no finding of the report".to_owned(),
        })
    }

    /// The scanner of the scan, else of the first vulnerability.
    fn scanner(&self) -> Option<&Value> {
        self.scan.get("scanner").or(self.scanner.as_ref())
    }

    /// Whether the analyzer is one of Python packages, which GitLab names as PEP 503 says.
    fn is_of_python(&self) -> bool {
        let id = self.scan.get("analyzer").and_then(|analyzer| analyzer["id"].as_str());
        id.is_some_and(|id| id.contains("python"))
    }

    fn kind(&self) -> Kind {
        let declared = self.scan.get("type").and_then(Value::as_str).and_then(Kind::parse);
        declared.or(self.guess).or(self.schema).unwrap_or(Kind::Sast)
    }

    fn scan_info(&self, kind: Kind) -> ScanInfo<'_> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let scan = |key: &str| self.scan.get(key).unwrap_or(&Value::Null);
        let scanner = self.scanner().unwrap_or(&Value::Null);
        let name = [&scanner["name"], &scanner["id"]].map(text).into_iter().find(|name| !name.is_empty());
        let mut info = ScanInfo::new(name.unwrap_or_default(), kind);
        info.id = Some(text(&scanner["id"]).into());
        info.version = Some(text(&scanner["version"]).into());
        info.vendor = Some(text(&scanner["vendor"]["name"]).into());
        info.url = Some(text(&scanner["url"]).into());
        info.start_time = Some(text(scan("start_time")).into());
        info.end_time = Some(text(scan("end_time")).into());
        info.format_version = self.version.as_deref().map(Into::into);
        if scan("status") == "failure" {
            info.status = ScanStatus::Failure;
        }
        info.messages = all(scan("messages"));
        info.options = all(scan("options"));
        info.primary_identifiers = rules(scan("primary_identifiers")).unwrap_or_default();
        info.scanned_resources = all(scan("scanned_resources"));
        let analyzer = scan("analyzer");
        let analyzer = [&analyzer["name"], &analyzer["version"]].map(text);
        let is_other = !analyzer[0].is_empty() && analyzer[0] != info.scanner && analyzer[0] != "scanlift";
        if is_other {
            let message =
                Message::new(MessageLevel::Info, format!("analyzer: {}", analyzer.join(" ").trim_end()));
            info.messages.extend(message);
        }
        info
    }
}

/// The items of a list that can be read.
fn all<T: DeserializeOwned>(list: &Value) -> Vec<T> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| T::deserialize(item).ok()).collect()
}

/// The rules that ran. GitLab closes what is of none of them, so that a list of some is worse than none.
fn rules(list: &Value) -> Option<Vec<Identifier<'static>>> {
    let rule = |item: &Value| {
        let text = |key: &str| Some(item.get(key)?.as_str()?.to_owned());
        let rule = Identifier::new(text("type")?, text("name")?, text("value")?)?;
        Some(text("url").into_iter().fold(rule, Identifier::with_url))
    };
    list.as_array()?.iter().map(rule).collect()
}

fn map_vulnerability<'a>(entry: &'a Entry, kind: Kind, outline: &'a Outline) -> Outcome<'a> {
    let text = |key| entry.0.get(key).and_then(Value::as_str).unwrap_or_default();
    let example = if text("name").is_empty() { text("message") } else { text("name") };
    match upgrade::map(entry.0.clone(), kind, outline) {
        Ok(mut finding) => {
            finding.patches = outline.patches_of([text("id"), text("cve")]);
            Outcome::finding(finding)
        }
        Err(problem) => Outcome::skip(SkipReason::Unsupported, problem, example),
    }
}

/// The kind of report that a schema is of: `.../dist/sast-report-format.json`.
fn kind_of_schema(schema: &str) -> Option<Kind> {
    let name = schema.rsplit('/').next()?;
    Kind::parse(name.strip_suffix(".json").unwrap_or(name).strip_suffix("-report-format")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn a_list_of_vulnerabilities_is_no_report_yet() {
        const ENTRY: &str =
            r#"{"identifiers": [{"type": "a", "name": "a", "value": "a"}], "location": {"file": "a"}}"#;
        for (document, sniffed, records) in [
            (format!(r#"{{"version": "2.0", "vulnerabilities": [{ENTRY}]}}"#), Match::Yes, Some(1)),
            (format!(r#"{{"vulnerabilities": [{{"name": "no more"}}, {ENTRY}]}}"#), Match::Yes, Some(2)),
            (
                r#"{"vulnerabilities": [{"a": 1}], "scan": {"scanner": {"id": "a"}}}"#.into(),
                Match::Maybe,
                Some(1),
            ),
            (r#"{"__comment__": "old", "vulnerabilities": []}"#.into(), Match::Maybe, Some(0)),
            (r#"{"version": "2.0", "vulnerabilities": []}"#.into(), Match::Maybe, Some(0)),
            (r#"{"version": "15.0.0", "vulnerabilities": [], "scan": {}}"#.into(), Match::Maybe, Some(0)),
            (r#"{"version": "2.0", "vulnerabilities": [], "image": "a"}"#.into(), Match::No, Some(0)),
            (r#"{"vulnerabilities": [{"id": "CVE-2020-1", "package": "a"}]}"#.into(), Match::No, None),
            (
                r#"{"version": "1.0", "vulnerabilities": [{"location": {"file": "a"}}]}"#.into(),
                Match::No,
                None,
            ),
            (r#"{"image": "app:1", "vulnerabilities": []}"#.into(), Match::No, None),
            (r#"{"version": "2.0"}"#.into(), Match::No, None),
        ] {
            assert_eq!(CONVERTER.sniff(document.as_bytes()), sniffed, "{document}");
            let mut sink = Collector::default();
            let done = CONVERTER.convert(&document.as_str(), &Options::default(), &mut sink);
            assert_eq!(done.ok().map(|()| sink.records), records, "{document}");
        }
    }
}
