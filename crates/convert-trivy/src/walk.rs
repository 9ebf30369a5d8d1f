//! The second pass: one record after the other, from the document to the sink.

use crate::fields::{ResourceHead, ResultHead, resource_key, result_key};
use crate::map;
use crate::outline::{Outline, Part, RESOURCES};
use crate::packages::Packages;
use crate::place::{self, Artifact, Scope};
use scanlift_convert_api::json::{self, Fields, Reader, Records};
use scanlift_convert_api::{ConvertError, Options, Sink};
use std::io::Read;

/// The way through a document of which the outline is known.
pub(crate) struct Walk<'w> {
    outline: &'w Outline,
    options: &'w Options,
    artifact: Artifact,
    records: Records<'w>,
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
            records: Records::new(sink),
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
                resource_key(&mut self.fields, key, reader, &mut head).map(drop)
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
            let mut packages = Packages::default();
            reader.each_key(|key, reader| match Part::of(key) {
                Some(part) => {
                    remember(&head, &mut os_target);
                    let os_target = os_target.as_deref();
                    self.each_record(reader, part, &head, &packages, resource, os_target)
                }
                // Trivy writes them before the vulnerabilities.
                None if key == "Packages" => {
                    packages = Packages::read(&mut self.fields, reader)?;
                    Ok(())
                }
                // Those of a control, in a report of compliance.
                None if key == "Results" => self.each_result(reader, resource),
                None => result_key(&mut self.fields, key, reader, &mut head).map(drop),
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
        packages: &Packages,
        resource: Option<&ResourceHead>,
        os_target: Option<&str>,
    ) -> Result<(), ConvertError> {
        let (outline, options, artifact) = (self.outline, self.options, self.artifact);
        let scope = Scope { outline, options, artifact, head, packages, resource, os_target };
        self.records.each_apart(reader, |records, record| match part {
            Part::Vulnerability => records.map(record, &scope, map::vulnerability::map),
            Part::Misconfiguration => records.map(record, &scope, map::misconfiguration::map),
            Part::Secret => records.map(record, &scope, map::secret::map),
            Part::License => records.map(record, &scope, map::license),
            Part::ModifiedFinding => records.map(record, &scope, map::modified_finding),
        })
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
