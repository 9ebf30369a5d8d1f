//! From the records of a document to a sink: parsed, mapped, and each one accounted for.

use super::{Cause, Error, Item, Kind, Reader, Repair, Value, each_record};
use crate::{ConvertError, Outcome, Record, Sink, SkipReason, Warning};
use serde::Deserialize;
use std::{fmt, io::Read};

/// Takes the records of a JSON document to a [`Sink`].
///
/// A record that cannot be read costs itself and not the document: it is skipped as
/// [`Unsupported`](SkipReason::Unsupported).
/// A field that cannot be read costs that field, with a warning ([`Repair`]).
///
/// ```
/// use scanlift_convert_api::json::{Loose, Reader, Records};
/// use scanlift_convert_api::{Collector, ConvertError, Finding, Outcome, SkipReason};
/// use scanlift_report_core::{Identifier, Location, SourceLocation, Vulnerability};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Alert<'a> {
///     #[serde(borrow)]
///     rule: Loose<'a>,
/// }
///
/// fn map_alert<'a>(alert: &'a Alert<'_>, file: &'a str) -> Outcome<'a> {
///     match Identifier::new("acme_rule_id", &*alert.rule, &*alert.rule) {
///         Some(rule) => Outcome::finding(Finding::new(Vulnerability::new(
///             rule,
///             Location::Sast(SourceLocation::file(file)),
///         ))),
///         None => Outcome::skip(SkipReason::Unsupported, "no rule", ""),
///     }
/// }
///
/// let document = br#"{"alerts": [{"rule": "a"}, {"rule": ""}, 7]}"#;
/// let mut sink = Collector::default();
/// let mut records = Records::new(&mut sink);
/// Reader::new(&document[..]).each_key(|key, reader| match key {
///     "alerts" => records.each(reader, |records, reader| records.map(reader, "a.c", map_alert)),
///     _ => Ok(()),
/// })?;
/// assert_eq!((sink.records, sink.findings.len(), sink.skipped.len()), (3, 1, 2));
/// # Ok::<(), ConvertError>(())
/// ```
pub struct Records<'s> {
    sink: &'s mut dyn Sink,
    repair: Repair,
}

impl<'s> Records<'s> {
    /// The way to that sink.
    pub fn new(sink: &'s mut dyn Sink) -> Self {
        Self { sink, repair: Repair::default() }
    }

    /// The sink, for what is no record.
    pub fn sink(&mut self) -> &mut dyn Sink {
        self.sink
    }

    /// Visits the items of the list at the cursor: of a single item, of none for null, and of none
    /// with a warning for anything else.
    ///
    /// # Errors
    /// When the document is malformed or cut off, and when `visit` fails.
    pub fn each<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        mut visit: impl FnMut(&mut Self, &mut Reader<R>) -> Result<(), ConvertError>,
    ) -> Result<(), ConvertError> {
        match reader.peek()? {
            Kind::Array => reader.each_item(|_, reader| visit(self, reader)),
            // A single item that was not put into a list.
            Kind::Object => visit(self, reader),
            found => {
                self.no_list(found, reader);
                Ok(())
            }
        }
    }

    /// As [`Self::each`], on as many threads as the sink takes: each item is a record (or a group of
    /// them) that can be read without the others.
    ///
    /// # Errors
    /// As [`Self::each`].
    pub fn each_apart<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        visit: impl Fn(&mut Records<'_>, &mut Item<'_>) -> Result<(), ConvertError> + Sync,
    ) -> Result<(), ConvertError> {
        let visit = |item: &mut Item<'_>, repair: &mut Repair, sink: &mut dyn Sink| {
            let mut records = Records { sink, repair: std::mem::take(repair) };
            let visited = visit(&mut records, item);
            *repair = records.repair;
            visited
        };
        match reader.peek()? {
            Kind::Array => each_record(reader, self.sink, &visit),
            Kind::Object => visit(&mut Item::at(reader)?, &mut self.repair, self.sink),
            found => {
                self.no_list(found, reader);
                Ok(())
            }
        }
    }

    fn no_list<R: Read>(&mut self, found: Kind, reader: &Reader<R>) {
        if found != Kind::Null {
            let problem = format!("expected an array, found {found}");
            self.sink.warn(Warning::FieldDropped { path: reader.path(), problem });
        }
    }

    /// Takes the object at the cursor as one record.
    ///
    /// # Errors
    /// When the document cannot be read on, and when the sink cannot take the finding.
    pub fn map<'e, T: Deserialize<'e>, S: ?Sized>(
        &'e mut self,
        reader: &'e mut impl Value,
        scope: &S,
        map: impl for<'x> FnOnce(&'x T, &'x S) -> Outcome<'x>,
    ) -> Result<(), ConvertError> {
        let Self { sink, repair } = self;
        let Some((parsed, warnings)) = parse::<T>(*sink, repair, reader)? else { return Ok(()) };
        Record::begin(*sink).spend(map(&parsed, scope))?;
        warnings.into_iter().for_each(|warning| sink.warn(warning));
        Ok(())
    }

    /// Takes the object at the cursor as a group of records: a package with its vulnerabilities.
    ///
    /// The list that `map` gives has an entry for each record of the group.
    ///
    /// # Errors
    /// As [`Self::map`].
    pub fn map_group<'e, T: Deserialize<'e>, S: ?Sized>(
        &'e mut self,
        reader: &'e mut impl Value,
        scope: &S,
        map: impl for<'x> FnOnce(&'x T, &'x S) -> Vec<Outcome<'x>>,
    ) -> Result<(), ConvertError> {
        let Self { sink, repair } = self;
        let Some((parsed, warnings)) = parse::<T>(*sink, repair, reader)? else { return Ok(()) };
        for outcome in map(&parsed, scope) {
            Record::begin(*sink).spend(outcome)?;
        }
        warnings.into_iter().for_each(|warning| sink.warn(warning));
        Ok(())
    }

    /// Takes the object at the cursor as a group of records of which there may be too many to hold:
    /// `map` hands out one after the other.
    ///
    /// # Errors
    /// As [`Self::map`].
    pub fn map_each<'e, T: Deserialize<'e>, S: ?Sized>(
        &'e mut self,
        reader: &'e mut impl Value,
        scope: &S,
        map: impl for<'x> FnOnce(
            &'x T,
            &'x S,
            &mut dyn FnMut(Outcome<'x>) -> Result<(), ConvertError>,
        ) -> Result<(), ConvertError>,
    ) -> Result<(), ConvertError> {
        let Self { sink, repair } = self;
        let Some((parsed, warnings)) = parse::<T>(*sink, repair, reader)? else { return Ok(()) };
        map(&parsed, scope, &mut |outcome| Record::begin(*sink).spend(outcome))?;
        warnings.into_iter().for_each(|warning| sink.warn(warning));
        Ok(())
    }
}

impl fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

/// The object at the cursor; one that cannot be read is a skipped record.
fn parse<'e, T: Deserialize<'e>>(
    sink: &mut dyn Sink,
    repair: &'e mut Repair,
    reader: &'e mut impl Value,
) -> Result<Option<(T, Vec<Warning>)>, ConvertError> {
    let found = reader.peek()?;
    if found != Kind::Object {
        let detail = format!("expected an object, found {found}");
        Record::begin(sink).skip(SkipReason::Unsupported, &detail, &reader.path());
        return Ok(None);
    }
    let path = reader.path();
    match reader.parse_lenient::<T>(repair) {
        Ok((parsed, told)) => Ok(Some((parsed, told.iter().map(|warning| warning.below(&path)).collect()))),
        Err(error) if is_of_value(&error) => {
            Record::begin(sink).skip(SkipReason::Unsupported, "the record cannot be read", &path);
            sink.warn(Warning::FieldDropped { path: error.path, problem: error.cause.to_string() });
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether an error is about one value, and the document can be read on behind it.
pub(super) fn is_of_value(error: &Error) -> bool {
    matches!(error.cause, Cause::Value(_) | Cause::Encoding | Cause::Size(_))
}
