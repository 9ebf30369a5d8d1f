//! Lifts SARIF 2.1.0 into GitLab security findings.
//!
//! Everything in a SARIF log that carries meaning is read: rules by id, index, GUID and extension, taxa
//! and relationships, message templates, suppressions, regions, code flows, fixes, fingerprints,
//! requests, invocations, several runs. The report of a finding is decided one by one: secrets,
//! packages, web, code. It leaves out: graphs (counted), and files beside the log (warned of).
//! SARIF 1.0 and the drafts of 2.0 are read too, with a warning.
//!
//! Usable alone, in ten lines:
//!
//! ```
//! use scanlift_convert_api::{Collector, Converter, Options};
//!
//! let log = r#"{"version": "2.1.0", "runs": [{
//!     "tool": {"driver": {"name": "ACME"}},
//!     "results": [{"ruleId": "A1", "message": {"text": "Do not do that."}}]
//! }]}"#;
//! let mut sink = Collector::default();
//! scanlift_convert_sarif::CONVERTER.convert(&log, &Options::default(), &mut sink)?;
//! assert_eq!(sink.findings[0]["identifiers"][0]["value"], "A1");
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod bag;
mod details;
mod dialect;
mod flow;
mod location;
mod map;
mod message;
mod model;
mod package;
mod rule;
mod run;
mod taxon;
mod tolerant;
mod web;

use map::Said;
use run::Run;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Record, ScanInfo, Sink, SkipReason, Warning,
    json::{self, Cause, Head, Item, Kind as JsonKind, Reader, Repair},
};
use scanlift_report_core::Kind;
use std::{borrow::Cow, io::Read};

/// The converter.
pub static CONVERTER: Sarif = Sarif;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

/// Converts SARIF logs.
#[derive(Clone, Copy, Debug)]
pub struct Sarif;

static DESCRIPTOR: Descriptor = Descriptor {
    id: "sarif",
    name: "SARIF",
    summary: "Static Analysis Results Interchange Format, as most scanners can write it",
    versions: "2.1.0, 2.0, 1.0",
    kinds: &[
        Kind::Sast,
        Kind::SecretDetection,
        Kind::DependencyScanning,
        Kind::ContainerScanning,
        Kind::Dast,
        Kind::ApiFuzzing,
    ],
    url: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html",
};

impl Converter for Sarif {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let schema = head.text("$schema").is_some_and(|schema| schema.to_ascii_lowercase().contains("sarif"));
        let run = ["tool", "results", "invocations", "originalUriBaseIds", "artifacts", "taxonomies"];
        let has_run = head.has("runs") && run.iter().any(|key| head.path_has(&["runs", key]));
        match () {
            () if schema || has_run => Match::Yes,
            () if head.has("runs") || head.has("inlineExternalProperties") => Match::Maybe,
            () => Match::No,
        }
    }

    /// Reads the log twice: rules and artifacts may stand behind the results that refer to them.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let log = Log::read(input)?;
        for note in &log.notes {
            sink.warn(note.clone());
        }
        if !log.runs.iter().any(|run| run.is_object) {
            // Nothing was run, and still there is an answer.
            sink.begin_scan(ScanInfo::new("SARIF", Kind::Sast)).map_err(ConvertError::Deliver)?;
        }
        let mut pass = Pass { log: &log, options, sink };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        reader.each_key(|key, reader| match key {
            // What is no list has been told by the first pass.
            "runs" => tolerant::array(reader, &mut Vec::new(), |at, reader, _| {
                let run = &log.runs[usize::try_from(at).unwrap_or(usize::MAX).min(log.runs.len() - 1)];
                if run.is_object {
                    pass.begin(run)?;
                }
                pass.run(run, reader)
            }),
            "inlineExternalProperties" => tolerant::array(reader, &mut Vec::new(), |at, reader, _| {
                let Some(run) = log.run_of_external(at) else { return Ok(reader.skip()?) };
                pass.begin(run)?;
                pass.run(run, reader)
            }),
            _ => Ok(reader.skip()?),
        })
    }
}

/// How many runs before it a run is compared with, for the rules that they have in common.
const NEAR: usize = 16;

/// What the first pass learns of a log (§3.13).
#[derive(Debug, Default)]
struct Log {
    version: Option<String>,
    runs: Vec<Run>,
    /// The GUID of the run that each external properties object belongs to (§4.3.5).
    externals: Vec<Option<String>>,
    notes: Vec<Warning>,
}

impl Log {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut log = Self::default();
        let mut notes = Vec::new();
        let mut seen_runs = false;
        let mut externals = Vec::new();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        reader.each_key(|key, reader| -> Result<(), ConvertError> {
            match key {
                "version" if reader.peek()? == JsonKind::String => {
                    log.version = Some(reader.parse::<Cow<'_, str>>()?.into_owned());
                    Ok(())
                }
                "runs" => {
                    seen_runs = true;
                    tolerant::array(reader, &mut notes, |_, reader, notes| {
                        let mut run = Run::read(reader, notes)?;
                        let same = |known: &&Run| known.driver().name == run.driver().name;
                        if let Some(known) = log.runs.iter().rev().take(NEAR).find(same) {
                            run.share_rules(known);
                        }
                        log.runs.push(run);
                        Ok(())
                    })
                }
                "inlineExternalProperties" => tolerant::array(reader, &mut notes, |at, reader, notes| {
                    let mut tables = Run::default();
                    let mut rules = Vec::new();
                    let mut guid = None;
                    let mut repair = Repair::default();
                    tolerant::object(reader, notes, |key, reader, notes| match key {
                        "runGuid" if reader.peek()? == JsonKind::String => {
                            guid = Some(reader.parse::<Cow<'_, str>>()?.into_owned());
                            Ok(())
                        }
                        _ => tables.read_property(key, reader, &mut repair, &mut rules, notes),
                    })?;
                    log.externals.push(guid);
                    externals.push((at, tables, rules));
                    Ok(())
                }),
                _ => Ok(reader.skip()?),
            }
        })?;
        reader.finish()?;
        log.notes = notes;
        match &log.version {
            _ if !seen_runs => {
                return Err(ConvertError::Unrecognised {
                    expected: "`runs`, which every SARIF log has,",
                    help: "check that the scanner finished writing the file",
                });
            }
            None => log.notes.push(Warning::note("the log has no `version`; it was read as SARIF 2.1.0")),
            Some(version) if version.starts_with("1.") || version.starts_with("2.0") => {
                log.notes.push(Warning::note(format!(
                    "the log is of SARIF {version}, an old version, and was read without the code flows and \
                     fixes of SARIF 1.0: have the scanner write SARIF 2.1.0, as compilers of .NET do with \
                     `-errorlog:FILE,version=2.1`"
                )));
            }
            Some(version) if version != "2.1.0" => {
                log.notes
                    .push(Warning::note(format!("the log declares SARIF {version}; it was read as 2.1.0")));
            }
            Some(_) => {}
        }
        for (at, tables, rules) in externals {
            log.supplement(at, tables, &rules);
        }
        Ok(log)
    }

    /// Gives a run what external properties hold of it, where it has none itself.
    fn supplement(&mut self, at: u64, tables: Run, rules: &[(usize, String)]) {
        let Some(index) = self.index_of_external(at) else { return };
        let run = &mut self.runs[index];
        if run.artifacts.is_empty() {
            run.artifacts = tables.artifacts;
        }
        if run.logical_locations.is_empty() {
            run.logical_locations = tables.logical_locations;
        }
        if run.thread_flow_locations.is_empty() {
            run.thread_flow_locations = tables.thread_flow_locations;
        }
        if run.web_requests.is_empty() && run.web_responses.is_empty() {
            run.web_requests = tables.web_requests;
            run.web_responses = tables.web_responses;
        }
        let unnamed = run
            .tool
            .components
            .iter()
            .all(|component| component.name.is_empty() && component.rules.is_empty());
        if unnamed {
            run.tool.components = tables.tool.components;
            run.taxonomies = tables.taxonomies;
            run.settle(rules, &mut self.notes);
        }
    }

    fn index_of_external(&self, at: u64) -> Option<usize> {
        let guid = self.externals.get(usize::try_from(at).ok()?)?.as_deref();
        let by_guid = self.runs.iter().position(|run| guid.is_some() && run.guid.as_deref() == guid);
        by_guid.or_else(|| (!self.runs.is_empty()).then_some(0))
    }

    fn run_of_external(&self, at: u64) -> Option<&Run> {
        self.index_of_external(at).map(|index| &self.runs[index])
    }
}

/// The second pass: results become records.
struct Pass<'p> {
    log: &'p Log,
    options: &'p Options,
    sink: &'p mut dyn Sink,
}

impl Pass<'_> {
    fn begin(&mut self, run: &Run) -> Result<(), ConvertError> {
        let driver = run.driver();
        let mut scan = ScanInfo::new(driver.name.as_str(), run.tool.dialect.kind());
        let borrowed = |text: &Option<String>| text.clone().map(Cow::Owned);
        scan.version = borrowed(&driver.version);
        scan.vendor = borrowed(&driver.organization);
        scan.url = borrowed(&driver.url);
        scan.start_time = borrowed(&run.invocations.start);
        scan.end_time = borrowed(&run.invocations.end);
        scan.status = run.invocations.status;
        scan.messages = run.invocations.messages.clone();
        scan.roots = run.roots().into_iter().map(Cow::Owned).collect();
        scan.format_version = borrowed(&self.log.version);
        self.sink.begin_scan(scan).map_err(ConvertError::Deliver)
    }

    /// Reads the results of a run, or of external properties, at the cursor.
    fn run<R: Read>(&mut self, run: &Run, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? != JsonKind::Object {
            return Ok(reader.skip()?);
        }
        reader.each_key(|key, reader| {
            let options = self.options;
            match (key, reader.peek()?) {
                ("results", JsonKind::Array) => {
                    json::each_record(reader, self.sink, &|item, repair, sink| {
                        result(run, options, item, repair, sink)
                    })
                }
                ("results", _) => {
                    let mut notes = Vec::new();
                    tolerant::array(reader, &mut notes, |_, reader, _| {
                        result(run, options, &Item::at(reader)?, &mut Repair::default(), self.sink)
                    })?;
                    notes.into_iter().for_each(|note| self.sink.warn(note));
                    Ok(())
                }
                _ => Ok(reader.skip()?),
            }
        })
    }
}

/// A result becomes a record.
fn result(
    run: &Run,
    options: &Options,
    item: &Item<'_>,
    repair: &mut Repair,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    let record = Record::begin(&mut *sink);
    let (mut result, told) = match item.parse_lenient::<model::Result<'_>>(repair) {
        Ok(parsed) => parsed,
        Err(error) if matches!(error.cause, Cause::Value(_) | Cause::Encoding) => {
            let example = format!("{}: {error}", item.path());
            record.skip(SkipReason::Unsupported, "the result cannot be read", &example);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    web::resolve(&mut result, run);
    let rule = map::rule_of(&result, run);
    if let Some((reason, detail)) = map::skipped(&result, rule, run) {
        record.skip(reason, &detail, map::example(&result));
    } else {
        let message = map::message_of(&result, rule, run);
        let said = Said { run, rule, result: &result, message };
        record.emit(map::finding(&said, options))?;
    }
    told.iter().for_each(|warning| sink.warn(warning.below(&item.path())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn runs_of_one_tool_hold_their_rules_once() {
        let run = |name: &str, rule: &str| {
            format!(r#"{{"tool": {{"driver": {{"name": "{name}", "rules": [{{"id": "{rule}"}}]}}}}}}"#)
        };
        let runs = [run("A", "1"), run("B", "1"), run("A", "1"), run("A", "2")].join(", ");
        let log = format!(r#"{{"version": "2.1.0", "runs": [{runs}]}}"#);
        let log = Log::read(&log.as_str()).expect("a log");
        let rules = |at: usize| &log.runs[at].driver().rules;
        assert!(Arc::ptr_eq(rules(0), rules(2)));
        assert!(!Arc::ptr_eq(rules(0), rules(1)) && !Arc::ptr_eq(rules(0), rules(3)));
        assert!(rules(3).of_id("2").is_some());
    }
}
