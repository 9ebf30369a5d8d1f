//! The verdict on a log of any size, in a stream.

use super::result::{self, Outcome};
use super::run::Tables;
use super::verdict::{Loss, Refusal, Run, Taken, Verdict, count};
use super::{limits, schema};
use crate::duplicates::Duplicates;
use crate::judge::{Options, stopped};
use crate::lint::Issue;
use crate::schema::{Errors, Object, Pointer, Problem, SchemaError};
use crate::verdict::{Dropped, Error, Fate};
use scanlift_convert_api::json::{self, Kind as JsonKind, Reader};
use scanlift_convert_api::{ConvertError, Input};
use scanlift_report_core::Kind;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// Judges a log as GitLab does when a job uploads it under `artifacts:reports:sarif`.
///
/// `see` is called for every result that is taken, in the log's order; if the verdict comes out as
/// [refused](Verdict::is_accepted), nothing of it counts. The log is read twice.
///
/// # Errors
/// Only when the input cannot be read; what is wrong with the log is in the verdict.
pub fn judge(
    input: &dyn Input,
    options: &Options,
    see: &mut dyn FnMut(&Taken),
) -> Result<Verdict, ConvertError> {
    let mut verdict = Verdict::default();
    let most = options.most_errors;
    let mut first = First { sink: Sink { verdict: &mut verdict, most }, runs: Vec::new() };
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let done = first.document(&mut reader);
    let (tables, size) = (first.runs, reader.offset());
    if let Err(problem) = done {
        verdict.error(stopped(problem)?, most);
        return Ok(verdict);
    }
    verdict.size = size;
    if size > limits::BYTES {
        verdict.error(Error::Log(Refusal::Size(size)), most);
    }
    if tables.len() > limits::RUNS {
        verdict.error(Error::Log(Refusal::Runs(tables.len())), most);
    }
    for (index, run) in tables.iter().enumerate().filter(|(_, run)| run.rule_count > limits::RULES as u64) {
        let text = format!(
            "run {index} has {} rules; those behind the first {} are ignored",
            run.rule_count,
            limits::RULES
        );
        verdict.warnings.push(text);
    }
    let mut second = Second {
        sink: Sink { verdict: &mut verdict, most },
        tables: &tables,
        options,
        duplicates: BTreeMap::new(),
        index: 0,
        see,
    };
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    if let Err(problem) = second.document(&mut reader) {
        verdict.error(stopped(problem)?, most);
    }
    settle(&mut verdict, &tables, most);
    Ok(verdict)
}

/// What is known when all results were seen.
fn settle(verdict: &mut Verdict, tables: &[Tables], most: usize) {
    for (run, tables) in verdict.runs.iter_mut().zip(tables) {
        run.tool.clone_from(&tables.tool);
        run.rules = tables.rule_count;
    }
    for (index, run) in verdict.runs.iter().enumerate().filter(|(_, run)| run.results > limits::RESULTS) {
        let text = format!(
            "run {index} has {} results; those behind the first {} are ignored",
            run.results,
            limits::RESULTS
        );
        verdict.warnings.push(text);
    }
    let all = verdict.taken + verdict.skipped;
    if verdict.is_mostly_skipped() {
        verdict.error(Error::Log(Refusal::Skipped(verdict.skipped, all)), most);
    } else if verdict.skipped > 0 {
        verdict.warnings.push(format!("{} of {all} results are skipped", verdict.skipped));
    }
}

/// Keeps errors of the schema, up to a number.
struct Sink<'v> {
    verdict: &'v mut Verdict,
    most: usize,
}

impl Errors for Sink<'_> {
    fn push(&mut self, at: &Pointer<'_>, problem: Problem) {
        let most = self.most;
        if self.verdict.errors.len() < most {
            self.verdict.errors.push(Error::Schema(SchemaError { pointer: at.render(), problem }));
        }
        self.verdict.error_count += 1;
    }
}

impl Sink<'_> {
    /// Complains of fields that the standard does not know.
    fn unknown(&mut self, key: &str, known: &[&str], at: &Pointer<'_>) {
        if !known.contains(&key) {
            self.push(at, Problem::Unknown { field: key.to_owned() });
        }
    }

    fn missing(&mut self, seen: bool, field: &'static str, at: &Pointer<'_>) {
        if !seen {
            self.push(at, Problem::Missing { field });
        }
    }
}

/// The first pass: version, tools, rules.
struct First<'v> {
    sink: Sink<'v>,
    runs: Vec<Tables>,
}

impl First<'_> {
    fn document<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), json::Error> {
        let root = Pointer::ROOT;
        let (mut version, mut runs) = (false, false);
        reader.each_key::<json::Error>(|key, reader| {
            let at = root.key(key);
            self.sink.unknown(key, &schema::LOG, &root);
            match key {
                "version" => {
                    version = true;
                    let value: Value = reader.parse()?;
                    self.version(&value, &at);
                }
                "runs" => {
                    runs = true;
                    if reader.peek()? != JsonKind::Array {
                        self.sink.push(&at, Problem::kind("a list", &reader.parse()?));
                        return Ok(());
                    }
                    return reader.each_item(|index, reader| {
                        self.runs.push(Tables::default());
                        self.run(reader, &at.index(index))
                    });
                }
                _ => {}
            }
            Ok(())
        })?;
        reader.finish()?;
        self.sink.missing(version, "version", &root);
        self.sink.missing(runs, "runs", &root);
        Ok(())
    }

    fn version(&mut self, value: &Value, at: &Pointer<'_>) {
        let Sink { verdict, most } = &mut self.sink;
        verdict.version = value.as_str().map(str::to_owned);
        match value.as_str() {
            Some("2.1.0") => {}
            Some(version) => {
                verdict.error(Error::Log(Refusal::Version(version.to_owned())), *most);
            }
            None => self.sink.push(at, Problem::kind("a string", value)),
        }
    }

    fn run<R: Read>(&mut self, reader: &mut Reader<R>, at: &Pointer<'_>) -> Result<(), json::Error> {
        if reader.peek()? != JsonKind::Object {
            self.sink.push(at, Problem::kind("an object", &reader.parse()?));
            return Ok(());
        }
        let mut tool = false;
        reader.each_key::<json::Error>(|key, reader| {
            self.sink.unknown(key, &schema::RUN, at);
            match (key, reader.peek()?) {
                ("tool", JsonKind::Object) => {
                    tool = true;
                    self.tool(reader, &at.key(key))
                }
                ("originalUriBaseIds", JsonKind::Object) => {
                    let value: Value = reader.parse()?;
                    self.tables(|tables| tables.bases(&value));
                    Ok(())
                }
                _ => Ok(()),
            }
        })?;
        self.sink.missing(tool, "tool", at);
        Ok(())
    }

    fn tables(&mut self, change: impl FnOnce(&mut Tables)) {
        if let Some(tables) = self.runs.last_mut() {
            change(tables);
        }
    }

    fn tool<R: Read>(&mut self, reader: &mut Reader<R>, at: &Pointer<'_>) -> Result<(), json::Error> {
        let mut driver = false;
        reader.each_key::<json::Error>(|key, reader| {
            self.sink.unknown(key, &schema::TOOL, at);
            if key == "driver" && reader.peek()? == JsonKind::Object {
                driver = true;
                self.driver(reader, &at.key(key))?;
            }
            Ok(())
        })?;
        self.sink.missing(driver, "driver", at);
        Ok(())
    }

    fn driver<R: Read>(&mut self, reader: &mut Reader<R>, at: &Pointer<'_>) -> Result<(), json::Error> {
        let Object { required, fields, others, .. } = &schema::DRIVER;
        let mut seen = BTreeSet::new();
        reader.each_key::<json::Error>(|key, reader| {
            let here = at.key(key);
            if required.contains(&key) {
                seen.insert(key.to_owned());
            }
            if key == "rules" && reader.peek()? == JsonKind::Array {
                return reader.each_item(|index, reader| {
                    let value: Value = reader.parse()?;
                    self.rule(&value, &here.index(index));
                    Ok(())
                });
            }
            if let Some((_, shape)) = fields.iter().find(|(name, _)| *name == key) {
                let value: Value = reader.parse()?;
                shape.check(&value, &here, &mut self.sink);
                if key == "name" {
                    self.tables(|tables| value.as_str().unwrap_or_default().clone_into(&mut tables.tool));
                }
            } else {
                self.sink.unknown(key, others.unwrap_or_default(), at);
            }
            Ok(())
        })?;
        for field in *required {
            self.sink.missing(seen.contains(*field), field, at);
        }
        Ok(())
    }

    fn rule(&mut self, value: &Value, at: &Pointer<'_>) {
        schema::RULE.check(value, at, &mut self.sink);
        let tags = value.get("properties").and_then(|bag| bag.get("tags")).and_then(Value::as_array);
        if let Some(tags) = tags {
            let mut seen = BTreeSet::new();
            if !tags.iter().filter_map(Value::as_str).all(|tag| seen.insert(tag)) {
                let properties = at.key("properties");
                let found = "one with a tag that stands there twice".to_owned();
                let problem = Problem::Kind { expected: "a list in which every tag is once", found };
                self.sink.push(&properties.key("tags"), problem);
            }
        }
        self.tables(|tables| tables.add(value));
    }
}

/// The second pass: results.
struct Second<'s> {
    sink: Sink<'s>,
    tables: &'s [Tables],
    options: &'s Options,
    duplicates: BTreeMap<Kind, Duplicates>,
    /// Results of the log so far.
    index: u64,
    see: &'s mut dyn FnMut(&Taken),
}

impl Second<'_> {
    fn document<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), json::Error> {
        let root = Pointer::ROOT;
        let runs = root.key("runs");
        reader.each_key::<json::Error>(|key, reader| {
            if key != "runs" || reader.peek()? != JsonKind::Array {
                return Ok(());
            }
            reader.each_item::<json::Error>(|index, reader| {
                self.sink.verdict.runs.push(Run::default());
                if reader.peek()? != JsonKind::Object {
                    return Ok(());
                }
                let at = runs.index(index);
                reader.each_key(|key, reader| match key {
                    "results" => {
                        self.results(usize::try_from(index).unwrap_or(usize::MAX), reader, &at.key(key))
                    }
                    _ => Ok(()),
                })
            })
        })
    }

    fn results<R: Read>(
        &mut self,
        run: usize,
        reader: &mut Reader<R>,
        at: &Pointer<'_>,
    ) -> Result<(), json::Error> {
        if reader.peek()? != JsonKind::Array {
            self.sink.push(at, Problem::kind("a list", &reader.parse()?));
            return Ok(());
        }
        let tables = self.tables;
        let Some(tables) = tables.get(run) else { return Ok(()) };
        reader.each_item(|index, reader| {
            let value: Value = reader.parse()?;
            let at = at.index(index);
            schema::RESULT.check(&value, &at, &mut self.sink);
            if let Some(run) = self.sink.verdict.runs.last_mut() {
                run.results += 1;
            }
            if index < limits::RESULTS {
                self.result(run, &value, tables, &at);
            } else {
                self.sink.verdict.beyond += 1;
            }
            self.index += 1;
            Ok(())
        })
    }

    fn result(&mut self, run: usize, value: &Value, tables: &Tables, at: &Pointer<'_>) {
        let most = self.options.most_issues;
        let verdict = &mut *self.sink.verdict;
        let issue = |message: String| Issue { pointer: at.render(), message };
        let rule = value.get("ruleId").and_then(Value::as_str).unwrap_or_default();
        match result::outcome(value, self.index, tables, &self.options.project) {
            Outcome::Suppressed => {
                verdict.suppressed += 1;
                count(&mut verdict.losses, Loss::Suppression, most, || issue(rule.to_owned()));
            }
            Outcome::Skipped(skip) => {
                verdict.skipped += 1;
                count(&mut verdict.skips, skip, most, || issue(rule.to_owned()));
            }
            Outcome::Taken(kind, finding) => {
                for loss in result::losses(value, &finding, result::rule_of(value, rule, tables)) {
                    count(&mut verdict.losses, loss, most, || issue(finding.place.clone()));
                }
                let duplicate = self.duplicates.entry(kind).or_default().add(&finding, false);
                verdict.taken += 1;
                let duplicate_of = duplicate.as_ref().map(|duplicate| duplicate.of);
                let fate = duplicate.map_or(Fate::Ingested, Fate::Duplicate);
                if duplicate_of.is_some() {
                    verdict.folded_count += 1;
                    if verdict.folded.len() < most {
                        let (name, reason) = (finding.title(), fate.to_string());
                        verdict.folded.push(Dropped {
                            index: self.index,
                            id: None,
                            name,
                            duplicate_of,
                            reason,
                        });
                    }
                } else {
                    *verdict.kinds.entry(kind).or_default() += 1;
                    *verdict.severities.entry(finding.severity).or_default() += 1;
                }
                (self.see)(&Taken { run, kind, finding: *finding, fate });
            }
        }
    }
}
