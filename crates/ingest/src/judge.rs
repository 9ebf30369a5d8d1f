//! GitLab's verdict on a report of any size, in a stream.

use crate::duplicates::{Duplicate, Duplicates};
use crate::finding::{Context, Finding, Project};
use crate::lint::{Linter, Surroundings};
use crate::sarif::Refusal;
use crate::schema::{Errors, Pointer, Problem, Schema, SchemaError, Shape};
use crate::verdict::{Dropped, Error, Fate, Verdict};
use crate::{ruby, version};
use scanlift_convert_api::json::{self, Cause, Kind as JsonKind, Reader};
use scanlift_convert_api::{ConvertError, Input};
use scanlift_report_core::{Kind, SchemaVersion};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;

/// How to judge.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The artifact key that the report is uploaded under; without it `scan.type` says it, else the
    /// file's name.
    pub kind: Option<Kind>,
    /// The project that it is uploaded to.
    pub project: Project,
    /// How many errors are kept; all are counted.
    pub most_errors: usize,
    /// How many places are kept of every rule that is broken; all are counted.
    pub most_issues: usize,
}

impl Options {
    /// For the project of that number.
    #[must_use]
    pub fn new(project: u64) -> Self {
        Self { kind: None, project: Project::new(project), most_errors: 1000, most_issues: 100 }
    }
}

/// Judges a report as GitLab does when a job uploads it.
///
/// `see` is called for every finding with what becomes of it, in the report's order, as they are read;
/// if the verdict comes out as [refused](Verdict::is_accepted), nothing of it counts.
/// The report is read twice, since what stands before the vulnerabilities may also stand behind them.
///
/// # Errors
/// Only when the input cannot be read; what is wrong with the report is in the verdict.
pub fn judge(
    input: &dyn Input,
    options: &Options,
    see: &mut dyn FnMut(&Finding, &Fate),
) -> Result<Verdict, ConvertError> {
    pass(input, options, None, &mut |_, finding, fate, _| see(finding, fate))
}

/// As [`judge`], with the kind that it is judged as, and each vulnerability as the report has it.
///
/// # Errors
/// As [`judge`].
pub fn judge_with(
    input: &dyn Input,
    options: &Options,
    see: &mut dyn FnMut(Kind, &Finding, &Fate, &Value),
) -> Result<Verdict, ConvertError> {
    pass(input, options, None, see)
}

/// Judges a report as [`judge`] does, and looks in the same pass for what its schema lets pass and GitLab
/// loses, cuts or misreads: [`Verdict::lint`].
///
/// # Errors
/// As [`judge`].
pub fn judge_and_lint(
    input: &dyn Input,
    options: &Options,
    around: Surroundings<'_>,
    see: &mut dyn FnMut(&Finding, &Fate),
) -> Result<Verdict, ConvertError> {
    pass(input, options, Some(around), &mut |_, finding, fate, _| see(finding, fate))
}

fn pass(
    input: &dyn Input,
    options: &Options,
    around: Option<Surroundings<'_>>,
    see: &mut dyn FnMut(Kind, &Finding, &Fate, &Value),
) -> Result<Verdict, ConvertError> {
    let mut verdict = Verdict::default();
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let head = match Head::read(&mut reader, &mut verdict.count) {
        Ok(head) => head,
        Err(problem) => {
            verdict.kind = options.kind.or_else(|| input.name().and_then(kind_of_name));
            verdict.error(stopped(problem)?, options.most_errors);
            return Ok(verdict);
        }
    };
    drop(reader);
    if head.is_log() {
        verdict.kind = options.kind;
        verdict.error(Error::Log(Refusal::Key), options.most_errors);
        return Ok(verdict);
    }
    let declared = head.scan_text("type").and_then(|kind| Kind::parse(&kind));
    verdict.kind = options.kind.or(declared).or_else(|| input.name().and_then(kind_of_name));
    verdict.version = version::declared(head.version.as_ref());
    verdict.scanner = head.scan_at(&["scanner", "id"]).map(|id| ruby::to_s(Some(id)));
    verdict.end_time = head.scan_text("end_time");
    let Some(kind) = verdict.kind else {
        verdict.error(Error::Kind, options.most_errors);
        return Ok(verdict);
    };
    let schema = match version::matched(head.version.as_ref()) {
        Ok(matched) => {
            verdict.schema = matched.schema;
            verdict.warnings.extend(matched.warning);
            verdict.notes.extend(matched.note);
            if let Some(error) = matched.error {
                verdict.error(Error::Version(error), options.most_errors);
            }
            matched.schema
        }
        Err(problem) => {
            verdict.error(Error::Content(problem.to_owned()), options.most_errors);
            return Ok(verdict);
        }
    };
    if schema.is_none()
        && let Some(key) = head.in_the_way()
    {
        verdict.error(Error::Content(format!("`{key}` is not an object")), options.most_errors);
    }
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let linter = around.map(|around| Linter::new(kind, around, options.most_issues));
    let mut walk = Walk::new(&head, kind, schema, options, &mut verdict, see);
    walk.linter = linter;
    let done = walk.document(&mut reader);
    let (has_null, lint) = (walk.has_null, walk.linter.take().map(|linter| linter.lint));
    if let Err(problem) = done {
        verdict.error(stopped(problem)?, options.most_errors);
    }
    if has_null {
        verdict.warnings.push("null characters were escaped during ingestion, as \\u0000".to_owned());
    }
    verdict.lint = lint.unwrap_or_default();
    Ok(verdict)
}

/// The kind that a report says it is of.
pub(crate) fn kind_of_report(input: &dyn Input) -> Result<Option<Kind>, ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let head = Head::read(&mut reader, &mut 0)?;
    Ok(head.scan_text("type").and_then(|kind| Kind::parse(&kind)))
}

/// What stopped the reading, as GitLab would say it; `Err` if it was not the report's fault.
pub(crate) fn stopped(problem: json::Error) -> Result<Error, ConvertError> {
    match problem.cause {
        Cause::Empty => Ok(Error::Empty),
        _ => match ConvertError::from(problem) {
            ConvertError::Parse { path, offset, message }
            | ConvertError::WrongKind { path, offset, message }
            | ConvertError::Limit { path, offset, message, .. } => {
                let place = if path.is_empty() { "the top level" } else { path.as_str() };
                let place = format!("{place} (byte {offset})");
                // What serde_json says of `\ud800` that stands alone.
                Ok(if message.contains("hex escape") {
                    Error::Surrogate(place)
                } else {
                    Error::Parsing(format!("{message} at {place}"))
                })
            }
            ConvertError::Behind { offset, message } => {
                Ok(Error::Parsing(format!("{message} at the top level (byte {offset})")))
            }
            other => Err(other),
        },
    }
}

/// The kind that a file's name says: `gl-sast-report.json`.
fn kind_of_name(name: &str) -> Option<Kind> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let mut kinds = Kind::ALL;
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.as_str().len()));
    kinds.into_iter().find(|kind| name.contains(kind.as_str()))
}

/// What a report says of itself, wherever it says it.
#[derive(Debug, Default)]
struct Head {
    version: Option<Value>,
    scan: Option<Value>,
    /// Whether a null character is in `scan`.
    has_null: bool,
    keys: BTreeSet<String>,
}

impl Head {
    fn read<R: Read>(reader: &mut Reader<R>, count: &mut u64) -> Result<Self, json::Error> {
        let mut head = Self::default();
        reader.each_key(|key, reader| {
            match key {
                "version" => head.version = Some(reader.parse()?),
                "scan" => {
                    let mut scan: Value = reader.parse()?;
                    head.has_null = ruby::escape_null(&mut scan);
                    head.scan = Some(scan);
                }
                "vulnerabilities" if reader.peek()? == JsonKind::Array => {
                    reader.each_item(|_, _| {
                        *count += 1;
                        Ok::<_, json::Error>(())
                    })?;
                }
                _ => {}
            }
            // A hostile report may have millions of them.
            if head.keys.len() < 1000 {
                head.keys.insert(key.to_owned());
            }
            Ok::<_, json::Error>(())
        })?;
        reader.finish()?;
        Ok(head)
    }

    /// Whether it is a SARIF log instead.
    fn is_log(&self) -> bool {
        let has = |key: &str| self.keys.contains(key);
        has("runs") && !has("vulnerabilities") && !has("scan")
    }

    fn scan_at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self.scan.as_ref()?, |value, key| value.get(key))
    }

    fn scan_text(&self, key: &str) -> Option<String> {
        self.scan_at(&[key])?.as_str().map(str::to_owned)
    }

    /// What the parser looks into and cannot, where no schema has told so before.
    fn in_the_way(&self) -> Option<&'static str> {
        let is_other = |value: &Value| !value.is_null() && !value.is_object();
        match &self.scan {
            Some(scan) if is_other(scan) => Some("scan"),
            Some(scan) if scan.get("analyzer").is_some_and(is_other) => Some("scan.analyzer"),
            _ => None,
        }
    }

    /// The scanner as the parser takes it: its id, if it is an object at all.
    fn scanner(&self) -> Option<Option<String>> {
        match self.scan_at(&["scanner"]) {
            scanner if !ruby::is_truthy(scanner) => None,
            Some(Value::Object(scanner)) => Some(Some(ruby::to_s(scanner.get("id")))),
            _ => Some(None),
        }
    }
}

/// Keeps errors of the schema, up to a number.
struct Sink<'v> {
    verdict: &'v mut Verdict,
    most: usize,
}

impl Errors for Sink<'_> {
    fn push(&mut self, at: &Pointer<'_>, problem: Problem) {
        if self.verdict.errors.len() < self.most {
            self.verdict.errors.push(Error::Schema(SchemaError { pointer: at.render(), problem }));
        }
        self.verdict.error_count += 1;
    }
}

struct Walk<'w> {
    schema: Option<Schema>,
    head: &'w Head,
    context: Context<'w>,
    sink: Sink<'w>,
    duplicates: Duplicates,
    linter: Option<Linter<'w>>,
    has_null: bool,
    see: &'w mut dyn FnMut(Kind, &Finding, &Fate, &Value),
}

impl<'w> Walk<'w> {
    fn new(
        head: &'w Head,
        kind: Kind,
        schema: Option<SchemaVersion>,
        options: &'w Options,
        verdict: &'w mut Verdict,
        see: &'w mut dyn FnMut(Kind, &Finding, &Fate, &Value),
    ) -> Self {
        let analyzer = head.scan_at(&["analyzer", "id"]).and_then(Value::as_str);
        let context = Context {
            kind,
            project: &options.project,
            scanner: head.scanner(),
            python: analyzer.is_some_and(|id| id.contains("python")),
        };
        Self {
            schema: schema.map(|version| Schema::of(version, kind)),
            head,
            context,
            sink: Sink { verdict, most: options.most_errors },
            duplicates: Duplicates::default(),
            linter: None,
            has_null: head.has_null,
            see,
        }
    }

    fn document<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), json::Error> {
        let root = Pointer::ROOT;
        if let Some(schema) = &self.schema {
            schema.report.check_required(|key| self.head.keys.contains(key), &root, &mut self.sink);
        }
        if let Some(linter) = &mut self.linter {
            linter.version(self.sink.verdict);
            linter.scan(self.head.scan.as_ref());
            linter.null(self.head.has_null, &root.key("scan"));
        }
        reader.each_key::<json::Error>(|key, reader| {
            let at = root.key(key);
            match key {
                "vulnerabilities" => self.vulnerabilities(reader, &at),
                "remediations" | "dependency_files" => self.items(key, reader, &at),
                _ => {
                    match self.schema.as_ref().and_then(|schema| schema.field(key)) {
                        Some(shape) => shape.check(&reader.parse()?, &at, &mut self.sink),
                        None => drop(reader.parse::<IgnoredAny>()?),
                    }
                    Ok(())
                }
            }
        })?;
        if let Some(linter) = &mut self.linter {
            linter.finish(reader.offset());
        }
        Ok(())
    }

    /// A list of the report that may be long, item by item.
    fn items<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        at: &Pointer<'_>,
    ) -> Result<(), json::Error> {
        let shape = self.schema.as_ref().and_then(|schema| schema.field(key));
        let is_remediations = key == "remediations";
        if reader.peek()? != JsonKind::Array {
            let value: Value = reader.parse()?;
            if let Some(shape) = shape {
                shape.check(&value, at, &mut self.sink);
            } else if is_remediations && self.schema.is_none() && ruby::is_truthy(Some(&value)) {
                self.fail("remediations is not a list".to_owned());
            }
            return Ok(());
        }
        reader.each_item(|index, reader| {
            if shape.is_none() && !is_remediations {
                return reader.skip();
            }
            let mut value: Value = reader.parse()?;
            let at = at.index(index);
            let has_null = ruby::escape_null(&mut value);
            self.has_null |= has_null;
            if let Some(linter) = &mut self.linter {
                linter.null(has_null, &at);
            }
            if let Some(Shape::List { item, .. }) = shape {
                item.check(&value, &at, &mut self.sink);
            } else if is_remediations && !value.get("fixes").is_some_and(Value::is_array) {
                self.fail("a remediation has no fixes".to_owned());
            }
            if let Some(linter) = self.linter.as_mut().filter(|_| is_remediations) {
                linter.remediation(index, &value, &at);
            }
            Ok(())
        })
    }

    fn vulnerabilities<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        at: &Pointer<'_>,
    ) -> Result<(), json::Error> {
        if reader.peek()? != JsonKind::Array {
            let value: Value = reader.parse()?;
            if self.schema.is_some() {
                self.sink.push(at, Problem::kind("a list", &value));
            } else if ruby::is_truthy(Some(&value)) {
                self.fail("vulnerabilities is not a list".to_owned());
            }
            return Ok(());
        }
        reader.each_item(|index, reader| {
            let mut value: Value = reader.parse()?;
            let at = at.index(index);
            let has_null = ruby::escape_null(&mut value);
            self.has_null |= has_null;
            if let Some(schema) = &self.schema {
                schema.vulnerability.check(&value, &at, &mut self.sink);
            }
            if let Some(linter) = &mut self.linter {
                linter.null(has_null, &at);
                linter.vulnerability(index, &value, &at);
            }
            // GitLab reads nothing of a report that has errors.
            if self.sink.verdict.is_accepted() {
                self.finding(index, &value, &at);
            }
            Ok(())
        })
    }

    fn finding(&mut self, index: u64, value: &Value, at: &Pointer<'_>) {
        let finding = match Finding::parse(&self.context, index, value) {
            Ok(finding) => finding,
            Err(problem) => return self.fail(problem),
        };
        let duplicate = self.duplicates.add(&finding, self.context.project.signatures);
        let fate = match duplicate {
            Some(duplicate) => Fate::Duplicate(duplicate),
            None if finding.scanner.is_none() => Fate::Invalid("it has no scanner"),
            None if finding.uuid.is_none() => Fate::Invalid("it has no identifier"),
            None => Fate::Ingested,
        };
        self.account(&finding, &fate);
        if let Some(linter) = &mut self.linter {
            linter.fate(&finding, &fate, at);
        }
        (self.see)(self.context.kind, &finding, &fate, value);
    }

    fn account(&mut self, finding: &Finding, fate: &Fate) {
        let verdict = &mut *self.sink.verdict;
        if let Fate::Ingested = fate {
            verdict.ingested += 1;
            *verdict.severities.entry(finding.severity).or_default() += 1;
            return;
        }
        let duplicate_of = match fate {
            Fate::Duplicate(Duplicate { of, .. }) => Some(*of),
            _ => None,
        };
        verdict.dropped_count += 1;
        if verdict.dropped.len() < self.sink.most {
            verdict.dropped.push(Dropped {
                index: finding.index,
                id: finding.id.clone(),
                name: finding.title(),
                duplicate_of,
                reason: fate.to_string(),
            });
        }
    }

    fn fail(&mut self, problem: String) {
        self.sink.verdict.error(Error::Content(problem), self.sink.most);
    }
}
