//! Reads what may be of another type than it should be: it costs itself, with a warning.

use scanlift_convert_api::{
    ConvertError, Warning,
    json::{self, Kind, Reader, Repair},
};
use std::io::Read;

type Result<T> = std::result::Result<T, ConvertError>;

/// Walks an object; another value is passed over with a warning.
pub(crate) fn object<R: Read>(
    reader: &mut Reader<R>,
    notes: &mut Vec<Warning>,
    mut visit: impl FnMut(&str, &mut Reader<R>, &mut Vec<Warning>) -> Result<()>,
) -> Result<()> {
    if reader.peek()? != Kind::Object {
        return note_kind(reader, Kind::Object, notes);
    }
    reader.each_key(|key, reader| visit(key, reader, notes))
}

/// Walks an array; some tools write a list of one as the one. Another value is passed over with a warning.
pub(crate) fn array<R: Read>(
    reader: &mut Reader<R>,
    notes: &mut Vec<Warning>,
    mut visit: impl FnMut(u64, &mut Reader<R>, &mut Vec<Warning>) -> Result<()>,
) -> Result<()> {
    match reader.peek()? {
        Kind::Array => reader.each_item(|index, reader| visit(index, reader, notes)),
        Kind::Object => visit(0, reader, notes),
        _ => note_kind(reader, Kind::Array, notes),
    }
}

/// Walks the values of an array, or of an object whatever its keys are; another value is passed over with a
/// warning.
pub(crate) fn values<R: Read>(
    reader: &mut Reader<R>,
    notes: &mut Vec<Warning>,
    mut visit: impl FnMut(&mut Reader<R>, &mut Vec<Warning>) -> Result<()>,
) -> Result<()> {
    match reader.peek()? {
        Kind::Object => reader.each_key(|_, reader| visit(reader, notes)),
        _ => array(reader, notes, |_, reader, notes| visit(reader, notes)),
    }
}

/// Passes over a value of another kind than wanted; null is no value.
pub(crate) fn note_kind<R: Read>(
    reader: &mut Reader<R>,
    wanted: Kind,
    notes: &mut Vec<Warning>,
) -> Result<()> {
    let found = reader.peek()?;
    if found != Kind::Null {
        notes.push(Warning::FieldDropped {
            path: reader.path(),
            problem: format!("expected {wanted}, found {found}"),
        });
    }
    Ok(reader.skip()?)
}

/// Reads a value, leaving out the fields of it that are of another type than they should be. A
/// value that cannot be read at all is the default one. `place` names it in warnings.
pub(crate) fn lenient<'r, R: Read, T: serde::Deserialize<'r> + Default>(
    reader: &'r mut Reader<R>,
    place: &str,
    repair: &'r mut Repair,
    notes: &mut Vec<Warning>,
) -> Result<T> {
    let value = match reader.value() {
        Ok(raw) => raw.text,
        Err(error) => return Err(error.into()),
    };
    match repair.parse::<T>(value) {
        Ok((value, told)) => {
            notes.extend(told.iter().map(|warning| warning.below(place)));
            Ok(value)
        }
        Err(error) if matches!(error.cause, json::Cause::Value(_) | json::Cause::Encoding) => {
            notes.push(Warning::FieldDropped { path: place.to_owned(), problem: error.to_string() });
            Ok(T::default())
        }
        Err(error) => Err(error.into()),
    }
}
