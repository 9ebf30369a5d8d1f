//! GitLab's own security reports, of every schema from 2 to 15: upgraded to the one that is written.

mod mend;
mod upgrade;

use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Records};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Patch, ScanInfo, Sink, SkipReason,
    Warning,
};
use scanlift_report_core::{Kind, Message, MessageLevel, Remediation, ScanStatus};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
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
                if head.keys().all(|key| key.starts_with("__") || key == "vulnerabilities")
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
        })
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
    patches: Vec<Patch<'static>>,
    /// Which patches mend a finding, by its id or compare key.
    mended: HashMap<String, Vec<usize>>,
    warnings: Vec<Warning>,
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
                "remediations" => fields.objects(reader, |remediation| outline.mend(remediation))?,
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
        outline.warnings = fields.warnings;
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

    fn mend(&mut self, mut remediation: Map<String, Value>) {
        let fixes = remediation.get("fixes").and_then(Value::as_array).cloned().unwrap_or_default();
        let keys = fixes.iter().flat_map(|fix| [&fix["id"], &fix["cve"]]).filter_map(Value::as_str);
        let keys: Vec<String> = keys.filter(|key| !key.is_empty()).map(str::to_owned).collect();
        remediation.insert("fixes".to_owned(), Value::Array(Vec::new()));
        let Ok(remediation) = serde_json::from_value::<Remediation<'static>>(Value::Object(remediation))
        else {
            return;
        };
        for key in keys {
            self.mended.entry(key).or_default().push(self.patches.len());
        }
        self.patches.push(Patch { summary: remediation.summary, diff: remediation.diff });
    }

    fn kind(&self) -> Kind {
        let declared = self.scan.get("type").and_then(Value::as_str).and_then(Kind::parse);
        declared.or(self.guess).or(self.schema).unwrap_or(Kind::Sast)
    }

    fn scan_info(&self, kind: Kind) -> ScanInfo<'_> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let scan = |key: &str| self.scan.get(key).unwrap_or(&Value::Null);
        let scanner = self.scan.get("scanner").or(self.scanner.as_ref()).unwrap_or(&Value::Null);
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
        info.primary_identifiers = all(scan("primary_identifiers"));
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

fn map_vulnerability<'a>(entry: &'a Entry, kind: Kind, outline: &'a Outline) -> Outcome<'a> {
    let text = |key| entry.0.get(key).and_then(Value::as_str).unwrap_or_default();
    let example = if text("name").is_empty() { text("message") } else { text("name") };
    let scanner = outline.scan.get("scanner").or(outline.scanner.as_ref());
    match upgrade::map(entry.0.clone(), kind, scanner) {
        Ok(mut finding) => {
            let patches =
                [text("id"), text("cve")].into_iter().filter_map(|key| outline.mended.get(key)).flatten();
            finding.patches = patches.filter_map(|at| outline.patches.get(*at)).cloned().collect();
            finding.patches.dedup();
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
            (r#"{"version": "2.0", "vulnerabilities": []}"#.into(), Match::No, Some(0)),
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
