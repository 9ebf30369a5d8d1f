//! Mends what can be mended without guessing, and tells every mend.
//!
//! The report is read and written in a stream. What needs no mending is copied byte by byte.

mod report;
#[cfg(test)]
mod tests;
mod vulnerability;

use crate::judge::kind_of_report;
use crate::schema::Pointer;
use scanlift_convert_api::json::{self, Kind as JsonKind, Reader};
use scanlift_convert_api::{ConvertError, Input};
use scanlift_report_core::Kind;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};

/// What was mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fixed {
    /// How many mends there are.
    pub count: u64,
    /// The first mends of every sort, the sorts by name.
    pub mends: BTreeMap<&'static str, Vec<Mend>>,
    /// How many there are of every sort.
    pub counts: BTreeMap<&'static str, u64>,
}

/// One thing that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mend {
    /// Where: a JSON pointer (RFC 6901) into the report as it was.
    pub pointer: String,
    /// What was there, and what is there now; without a full stop.
    pub what: String,
}

/// Why a report cannot be mended. Display reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FixError {
    /// It is no JSON object, or cannot be read.
    #[error(transparent)]
    Read(#[from] ConvertError),
    /// What was mended cannot be written.
    #[error("write the mended report")]
    Write(#[source] io::Error),
}

impl From<json::Error> for FixError {
    fn from(error: json::Error) -> Self {
        Self::Read(error.into())
    }
}

/// How many mends of a sort are kept.
const KEPT: usize = 100;

/// Writes the report with everything mended that can be, and tells what was. The kind is the artifact key;
/// without it, `scan.type` says it.
///
/// # Errors
/// When the report is no JSON object or is cut off, and when `out` fails.
pub fn fix(input: &dyn Input, kind: Option<Kind>, out: &mut dyn Write) -> Result<Fixed, FixError> {
    let kind = match kind {
        Some(kind) => Some(kind),
        None => kind_of_report(input)?,
    };
    let mut mender = Mender { kind, fixed: Fixed::default(), made: HashMap::new() };
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut first = true;
    let mut begin = |key: &str, out: &mut dyn Write| {
        let open = if std::mem::take(&mut first) { "{\n" } else { ",\n" };
        write!(out, "{open}{}: ", Value::from(key)).map_err(FixError::Write)
    };
    reader.each_key(|key, reader| {
        let at = Pointer::ROOT.key(key);
        match (key, reader.peek()?) {
            ("vulnerabilities" | "remediations", JsonKind::Array) => {
                begin(key, out)?;
                mender.list(key, reader, &at, out)
            }
            ("vulnerabilities", JsonKind::Null) => {
                reader.skip()?;
                mender.tell("null", &at, || "null became an empty list".to_owned());
                begin(key, out)?;
                out.write_all(b"[]").map_err(FixError::Write)
            }
            (_, JsonKind::Null) => {
                reader.skip()?;
                mender.tell("null", &at, || "null was left out".to_owned());
                Ok(())
            }
            ("version" | "scan", _) => {
                begin(key, out)?;
                mender.item(key, reader, &at, out)
            }
            _ => {
                begin(key, out)?;
                out.write_all(reader.value()?.text).map_err(FixError::Write)
            }
        }
    })?;
    reader.finish()?;
    out.write_all(if first { b"{}\n" } else { b"\n}\n" }).map_err(FixError::Write)?;
    Ok(mender.fixed)
}

/// Mends parts of a report.
struct Mender {
    kind: Option<Kind>,
    fixed: Fixed,
    /// How often an id was made of the same content.
    made: HashMap<String, u64>,
}

impl Mender {
    fn tell(&mut self, sort: &'static str, at: &Pointer<'_>, what: impl FnOnce() -> String) {
        self.fixed.count += 1;
        *self.fixed.counts.entry(sort).or_default() += 1;
        let mends = self.fixed.mends.entry(sort).or_default();
        if mends.len() < KEPT {
            mends.push(Mend { pointer: at.render(), what: what() });
        }
    }

    fn list<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        at: &Pointer<'_>,
        out: &mut dyn Write,
    ) -> Result<(), FixError> {
        let mut between: &[u8] = b"[\n";
        reader.each_item(|index, reader| {
            out.write_all(between).map_err(FixError::Write)?;
            between = b",\n";
            self.item(key, reader, &at.index(index), out)
        })?;
        out.write_all(if between == b"[\n" { b"[]" } else { b"\n]" }).map_err(FixError::Write)
    }

    /// Copies a value, or writes it anew if something in it had to be mended.
    fn item<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        at: &Pointer<'_>,
        out: &mut dyn Write,
    ) -> Result<(), FixError> {
        let raw = reader.value()?;
        let mut value: Value = serde_json::from_str(raw.str()?).map_err(|error| ConvertError::Parse {
            path: at.render(),
            offset: raw.offset,
            message: error.to_string(),
        })?;
        let before = self.fixed.count;
        self.blanks(&mut value, at);
        match key {
            "version" => self.version(&mut value, at),
            "scan" => self.scan(&mut value, at),
            "remediations" => self.remediation(&mut value, at),
            _ => self.vulnerability(&mut value, at),
        }
        if self.fixed.count == before {
            return out.write_all(raw.text).map_err(FixError::Write);
        }
        serde_json::to_writer(out, &value).map_err(|error| FixError::Write(error.into()))
    }

    /// Leaves out members that are null and characters that are, however deep.
    fn blanks(&mut self, value: &mut Value, at: &Pointer<'_>) {
        match value {
            Value::String(text) if text.contains('\0') => {
                *text = text.replace('\0', "");
                self.tell("nul-character", at, || "null characters were left out".to_owned());
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.blanks(item, &at.index(index as u64));
                }
            }
            Value::Object(map) => {
                // The value of a scanner's option may be null.
                let is_option =
                    map.contains_key("value") && map.contains_key("name") && !map.contains_key("type");
                map.retain(|key, value| {
                    let keep = !value.is_null() || (is_option && key == "value");
                    if !keep {
                        self.tell("null", &at.key(key), || "null was left out".to_owned());
                    }
                    keep
                });
                for (key, value) in map {
                    self.blanks(value, &at.key(key));
                }
            }
            _ => {}
        }
    }

    /// Cuts a text to so many characters, the last one an ellipsis.
    fn cut(&mut self, value: Option<&mut Value>, most: usize, at: &Pointer<'_>) {
        let Some(Value::String(text)) = value else { return };
        if text.len() <= most || text.chars().count() <= most {
            return;
        }
        let count = text.chars().count();
        *text = text.chars().take(most - 1).chain(['…']).collect();
        self.tell("cut", at, || format!("{count} characters were cut to {most}"));
    }
}
