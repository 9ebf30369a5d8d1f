//! The messages of a stream (`Message` of golang.org/x/vuln/internal/govulncheck).
//!
//! A vulnerability comes before its findings, which come in any order and once for the module, the
//! package, and each function that is called. So a first pass gathers the findings of each
//! vulnerability, of which the one that reaches farthest decides.

use super::modules;
use super::osv::Osv;
use super::{DESCRIPTOR, Level, MANIFEST, solution};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Fields, Kind as JsonKind, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option};
use scanlift_convert_api::{ConvertError, Input, Options, Outcome, Record, Sink, SkipReason};
use scanlift_report_core::{Detail, FileLocation, OptionSource, ScanOption, Vulnerability};
use serde::Deserialize;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::io::Read;

/// What a first pass finds.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) config: Config,
    /// The document is the one object of older versions.
    pub(super) is_old: bool,
    is_stream: bool,
    found: Vec<Found>,
    by_id: HashMap<String, usize>,
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    pub(super) protocol_version: Option<String>,
    pub(super) scanner_version: Option<String>,
    db: Option<String>,
    db_last_modified: Option<String>,
    go_version: Option<String>,
    scan_level: Option<String>,
    scan_mode: Option<String>,
}

impl Config {
    pub(super) fn options(&self) -> Vec<ScanOption<'static>> {
        [
            ("scan-level", &self.scan_level),
            ("scan-mode", &self.scan_mode),
            ("go-version", &self.go_version),
            ("db", &self.db),
            ("db-last-modified", &self.db_last_modified),
        ]
        .into_iter()
        .filter_map(|(name, value)| ScanOption::new(name, OptionSource::Other, filled(value)?))
        .collect()
    }
}

/// A `finding`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Finding {
    osv: Option<String>,
    fixed_version: Option<String>,
    /// From the vulnerable function to the program's own code.
    #[serde(deserialize_with = "json::list")]
    trace: Vec<Frame>,
}

/// A function of a trace; the other names are those of version 0.1.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Frame {
    module: Option<String>,
    version: Option<String>,
    #[serde(alias = "PkgPath")]
    package: Option<String>,
    #[serde(alias = "FuncName")]
    function: Option<String>,
    #[serde(alias = "RecvType")]
    receiver: Option<String>,
    /// Of the call in this function that leads to the vulnerable one.
    #[serde(alias = "Position")]
    position: Option<Position>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    #[serde(alias = "Filename")]
    filename: Option<String>,
    #[serde(alias = "Line", deserialize_with = "json::number")]
    line: Option<u64>,
}

/// What findings say of a vulnerability.
#[derive(Debug, Default)]
struct Found {
    id: String,
    level: Level,
    /// Those of the level that reaches farthest, the first of them.
    findings: Vec<Finding>,
    /// How many there were of that level.
    count: u64,
    /// Other modules that have the vulnerability too.
    modules: Vec<String>,
    is_told: Cell<bool>,
}

/// More traces of one vulnerability are only counted.
const MOST_TRACES: usize = 10;

impl Outline {
    pub(super) fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        each_message(reader, |key, reader| outline.message(key, reader))?;
        Ok(outline)
    }

    fn message<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match key {
            "config" => {
                self.is_stream = true;
                self.config = self.fields.object(reader)?.unwrap_or_default();
            }
            // Development versions wrote a vulnerability with its modules.
            "osv" | "SBOM" | "vulnerability" => self.is_stream = true,
            "finding" => {
                self.is_stream = true;
                if let Some(finding) = self.fields.object(reader)? {
                    self.add(finding);
                }
            }
            "Vulns" | "Calls" | "Requires" => self.is_old = true,
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, mut finding: Finding) {
        finding.trace.truncate(50);
        let id = filled(&finding.osv).unwrap_or_default().to_owned();
        let level = finding.level();
        let at = *self.by_id.entry(id.clone()).or_insert_with(|| {
            self.found.push(Found { id, level, ..Found::default() });
            self.found.len() - 1
        });
        let Some(found) = self.found.get_mut(at) else { return };
        if let Some(module) = finding.trace.first().and_then(|frame| filled(&frame.module))
            && found.modules.len() < MOST_TRACES
            && !found.modules.iter().any(|known| known == module)
        {
            found.modules.push(module.to_owned());
        }
        if level > found.level {
            found.level = level;
            found.findings.clear();
            found.count = 0;
        }
        if level == found.level {
            found.count += 1;
            if found.findings.len() < MOST_TRACES {
                found.findings.push(finding);
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), ConvertError> {
        let version = self.config.protocol_version.as_deref().unwrap_or_default();
        let major = version.trim_start_matches('v').split('.').next().and_then(|it| it.parse::<u32>().ok());
        if major.is_some_and(|major| major > 1) {
            return Err(ConvertError::UnsupportedVersion {
                format: DESCRIPTOR.name,
                found: version.to_owned(),
                supported: DESCRIPTOR.versions,
                help: "use a newer scanlift, or the SARIF that govulncheck writes with -format sarif",
            });
        }
        if !self.is_stream {
            return Err(ConvertError::Unrecognised {
                expected: "messages of govulncheck",
                help: "give what govulncheck -json wrote",
            });
        }
        Ok(())
    }

    pub(super) fn convert(
        &self,
        input: &dyn Input,
        options: &Options,
        sink: &mut dyn Sink,
    ) -> Result<(), ConvertError> {
        self.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let manifest = manifest_or_option(None, Some(MANIFEST), options, input, sink);
        let scope = Scope { outline: self, manifest: &manifest };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        each_message(&mut reader, |key, reader| match key {
            "osv" => records.map_group(reader, &scope, map_osv),
            "vulnerability" => records.map_group(reader, &*manifest, modules::map_vuln),
            _ => Ok(()),
        })?;
        // Findings whose vulnerability the document does not have.
        let untold = self.found.iter().filter(|found| !found.is_told.get());
        untold.into_iter().try_for_each(|found| {
            Record::begin(records.sink()).spend(map_found(found, &Osv::default(), &manifest))
        })
    }
}

/// Visits the keys of every message: of a stream, or of a list that somebody made of it.
fn each_message<R: Read>(
    reader: &mut Reader<R>,
    mut visit: impl FnMut(&str, &mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    while reader.next_document()? {
        match reader.peek()? {
            JsonKind::Object => reader.each_key(&mut visit)?,
            JsonKind::Array => reader.each_item(|_, reader| match reader.peek()? {
                JsonKind::Object => reader.each_key(&mut visit),
                _ => Ok(()),
            })?,
            _ => {}
        }
    }
    Ok(())
}

impl Finding {
    fn level(&self) -> Level {
        let first = self.trace.first();
        match () {
            () if first.is_some_and(|frame| filled(&frame.function).is_some()) => Level::Symbol,
            () if first.is_some_and(|frame| filled(&frame.package).is_some()) => Level::Package,
            () => Level::Module,
        }
    }
}

struct Scope<'a> {
    outline: &'a Outline,
    manifest: &'a str,
}

/// The record of a vulnerability, if a finding names it and it was not told before.
fn map_osv<'a>(osv: &'a Osv<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    let at = filled(&osv.id).and_then(|id| scope.outline.by_id.get(id));
    let found = at.and_then(|at| scope.outline.found.get(*at)).filter(|found| !found.is_told.replace(true));
    found.map(|found| map_found(found, osv, scope.manifest)).into_iter().collect()
}

fn map_found<'a>(found: &'a Found, osv: &'a Osv<'_>, manifest: &'a str) -> Outcome<'a> {
    let best = found.findings.first();
    let vulnerable = best.and_then(|finding| finding.trace.first());
    let module = vulnerable.and_then(|frame| filled(&frame.module)).unwrap_or_default();
    let mut about = if osv.id.is_some() {
        osv.advisory(&found.id)
    } else {
        Advisory::new("go_vulnerability_id", &*found.id)
    };
    let mut package = Package::new(module, vulnerable.and_then(|it| filled(&it.version)).unwrap_or_default());
    package.kind = Some("golang".into());
    package.vulnerable = Some(osv.vulnerable(module).into());
    let fixed = best.and_then(|finding| filled(&finding.fixed_version));
    about.solution = solution(module, fixed.as_slice()).map(Into::into);
    package.fixed = fixed.map(Cow::Borrowed).into_iter().collect();
    let place = Place::Manifest(manifest.into());
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !module.is_empty()) else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "a finding without a vulnerability or a module",
            &*found.id,
        );
    };
    finding.severity.level = Some(found.level.severity());
    add_traces(&mut finding.vulnerability, found, module);
    osv.details(&mut finding.vulnerability.details);
    Outcome::finding(finding)
}

/// How the program comes to the vulnerability.
fn add_traces<'a>(vulnerability: &mut Vulnerability<'a>, found: &'a Found, module: &str) {
    let details = &mut vulnerability.details;
    details.text("reachability", "Reachability", found.level.says());
    if found.level == Level::Symbol {
        if let Some(location) = found.findings.iter().find_map(called_from) {
            details.insert("called_from", "Called from", Detail::FileLocation(location));
        }
        add_list(
            details,
            "call_traces",
            "Call traces",
            found.findings.iter().map(|finding| trace(&finding.trace)),
        );
        if found.count > found.findings.len() as u64 {
            details.text("call_trace_count", "Number of call traces", found.count.to_string());
        }
    } else if let Some(package) = found.findings.first().and_then(|it| filled(&it.trace.first()?.package)) {
        details.text("imported_package", "Imported package", package);
    }
    let others = found.modules.iter().filter(|other| *other != module);
    add_list(details, "other_modules", "Other modules with it", others.map(|other| &**other));
}

/// Where the program's own code begins to call towards the vulnerability.
fn called_from(finding: &Finding) -> Option<FileLocation<'_>> {
    let own = filled(&finding.trace.last()?.module);
    let frame = finding.trace.iter().skip(1).find(|frame| filled(&frame.module) == own)?;
    let position = frame.position.as_ref()?;
    Some(FileLocation::new(filled(&position.filename)?, position.line?, None))
}

/// A trace from the program's code to the vulnerable function: `main.main (main.go:12) > x.Parse`.
fn trace(frames: &[Frame]) -> String {
    frames.iter().rev().map(frame).collect::<Vec<_>>().join(" > ")
}

/// A function with its place, as far as it is known: `main.main (main.go:12)`.
pub(super) fn frame(frame: &Frame) -> String {
    let parts = [&frame.package, &frame.receiver, &frame.function];
    let mut text = parts.into_iter().filter_map(filled).collect::<Vec<_>>().join(".");
    if let Some(position) = &frame.position
        && let Some(file) = filled(&position.filename)
    {
        let line = position.line.map(|line| format!(":{line}")).unwrap_or_default();
        text.push_str(&format!(" ({file}{line})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_by_the_first_frame() {
        for (trace, want) in [
            (r#"[{"module": "a"}]"#, Level::Module),
            (r#"[{"module": "a", "package": "a/b"}]"#, Level::Package),
            (r#"[{"module": "a", "package": "a/b", "function": "F"}, {"module": "c"}]"#, Level::Symbol),
            ("[]", Level::Module),
        ] {
            let finding: Finding = serde_json::from_str(&format!(r#"{{"trace": {trace}}}"#)).expect(trace);
            assert_eq!(finding.level(), want, "{trace}");
        }
    }

    #[test]
    fn traces_are_read_from_the_program() {
        let finding: Finding = serde_json::from_str(
            r#"{"trace": [
                {"module": "x", "package": "x/language", "receiver": "*Tag", "function": "Parse"},
                {"module": "app", "package": "app/web", "function": "serve", "position": {"filename": "web/s.go", "line": 9}},
                {"module": "app", "package": "app", "function": "main", "position": {"filename": "main.go", "line": 3}}
            ]}"#,
        )
        .expect("a finding");
        assert_eq!(
            trace(&finding.trace),
            "app.main (main.go:3) > app/web.serve (web/s.go:9) > x/language.*Tag.Parse"
        );
        assert_eq!(
            called_from(&finding).map(|it| (it.file_name, it.line_start)),
            Some(("web/s.go".into(), 9))
        );
    }
}
