//! The second pass: one record after the other, from the document to the sink.

use crate::fields::{Fields, ResourceHead, ResultHead, field_dropped};
use crate::map::{self, Outcome};
use crate::model;
use crate::outline::{Outline, Part, RESOURCES};
use crate::place::{self, Artifact, Scope};
use scanlift_convert_api::json::{self, Cause, Reader, Repair};
use scanlift_convert_api::{ConvertError, Options, Record, Sink, SkipReason, Warning};
use std::io::Read;

/// The way through a document of which the outline is known.
pub(crate) struct Walk<'w> {
    outline: &'w Outline,
    options: &'w Options,
    artifact: Artifact,
    sink: &'w mut dyn Sink,
    repair: Repair,
    results: u64,
    resources: u64,
    /// Its warnings were told after the first pass.
    fields: Fields,
}

impl<'w> Walk<'w> {
    pub(crate) fn new(outline: &'w Outline, options: &'w Options, sink: &'w mut dyn Sink) -> Self {
        Self {
            outline,
            options,
            artifact: outline.artifact(),
            sink,
            repair: Repair::default(),
            results: 0,
            resources: 0,
            fields: Fields::default(),
        }
    }

    /// Maps every record of the document, in its order.
    pub(crate) fn document<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match reader.peek()? {
            json::Kind::Array => self.each_result(reader, None),
            json::Kind::Object => reader.each_key(|key, reader| match key {
                "Results" => self.each_result(reader, None),
                key if RESOURCES.contains(&key) => self.each_resource(reader),
                _ => Ok(()),
            }),
            _ => Ok(()),
        }
    }

    fn each_resource<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? != json::Kind::Array {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let late = self.outline.late_resources.get(&self.resources);
            self.resources += 1;
            if reader.peek()? != json::Kind::Object {
                return Ok(());
            }
            let mut head = late.cloned().unwrap_or_default();
            reader.each_key(|key, reader| {
                if key == "Results" {
                    return self.each_result(reader, Some(&head));
                }
                self.fields.resource_key(key, reader, &mut head).map(drop)
            })?;
            self.fields.warnings.clear();
            Ok::<_, ConvertError>(())
        })
    }

    fn each_result<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        resource: Option<&ResourceHead>,
    ) -> Result<(), ConvertError> {
        if reader.peek()? != json::Kind::Array {
            return Ok(());
        }
        let mut os_target = None;
        reader.each_item(|_, reader| {
            let late = self.outline.late_results.get(&self.results);
            self.results += 1;
            if reader.peek()? != json::Kind::Object {
                return Ok(());
            }
            let mut head = late.cloned().unwrap_or_default();
            reader.each_key(|key, reader| match Part::of(key) {
                Some(part) => {
                    remember(&head, &mut os_target);
                    self.each_record(reader, part, &head, resource, os_target.as_deref())
                }
                None => self.fields.result_key(key, reader, &mut head).map(drop),
            })?;
            remember(&head, &mut os_target);
            self.fields.warnings.clear();
            Ok::<_, ConvertError>(())
        })
    }

    fn each_record<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        part: Part,
        head: &ResultHead,
        resource: Option<&ResourceHead>,
        os_target: Option<&str>,
    ) -> Result<(), ConvertError> {
        let (outline, options, artifact) = (self.outline, self.options, self.artifact);
        let scope = Scope { outline, options, artifact, head, resource, os_target };
        match reader.peek()? {
            json::Kind::Array => reader.each_item(|_, reader| self.record(reader, part, &scope)),
            // A single record that was not put into a list.
            json::Kind::Object => self.record(reader, part, &scope),
            json::Kind::Null => Ok(()),
            found => {
                let problem = format!("expected an array, found {found}");
                self.sink.warn(Warning::FieldDropped { path: reader.path(), problem });
                Ok(())
            }
        }
    }

    fn record<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        part: Part,
        scope: &Scope<'_>,
    ) -> Result<(), ConvertError> {
        let found = reader.peek()?;
        let path = reader.path();
        let record = Record::begin(self.sink);
        if found != json::Kind::Object {
            record.skip(SkipReason::Unsupported, &format!("expected an object, found {found}"), &path);
            return Ok(());
        }
        let repair = &mut self.repair;
        /// Each arm has a type of its own, which borrows from the reader.
        macro_rules! parse {
            ($model:ty, $map:expr) => {
                match reader.parse_lenient::<$model>(repair) {
                    Ok((parsed, dropped)) => {
                        let dropped: Vec<Warning> =
                            dropped.iter().map(|dropped| field_dropped(&path, dropped)).collect();
                        spend(record, $map(&parsed)).map(|()| dropped)
                    }
                    Err(error) => refuse(record, error, &path),
                }
            };
        }
        let warnings = match part {
            Part::Vulnerability => {
                parse!(model::Vulnerability<'_>, |parsed| map::vulnerability::map(parsed, scope))
            }
            Part::Misconfiguration => {
                parse!(model::Misconfiguration<'_>, |parsed| map::misconfiguration::map(parsed, scope))
            }
            Part::Secret => parse!(model::Secret<'_>, |parsed| map::secret::map(parsed, scope)),
            Part::License => parse!(model::License<'_>, map::license),
            Part::ModifiedFinding => parse!(model::ModifiedFinding<'_>, map::modified_finding),
        }?;
        warnings.into_iter().for_each(|warning| self.sink.warn(warning));
        Ok(())
    }
}

fn remember(head: &ResultHead, os_target: &mut Option<String>) {
    if place::is_os(head)
        && os_target.as_deref() != Some(&*head.target)
        && place::split_target(&head.target).is_some()
    {
        *os_target = Some(head.target.clone());
    }
}

fn spend(record: Record<'_>, outcome: Outcome<'_>) -> Result<(), ConvertError> {
    match outcome {
        Outcome::Finding(finding) => record.emit(*finding),
        Outcome::Skip { reason, detail, example } => {
            record.skip(reason, &detail, &example);
            Ok(())
        }
    }
}

/// A record that cannot be read costs itself; a document that cannot be read on stops the run.
fn refuse(record: Record<'_>, error: json::Error, path: &str) -> Result<Vec<Warning>, ConvertError> {
    match error.cause {
        Cause::Value(_) | Cause::Encoding | Cause::Size(_) => {
            record.skip(SkipReason::Unsupported, "the record cannot be read", path);
            Ok(vec![Warning::FieldDropped { path: error.path, problem: error.cause.to_string() }])
        }
        _ => Err(error.into()),
    }
}
