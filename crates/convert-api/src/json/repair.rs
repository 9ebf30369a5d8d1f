//! Parsing one value, and the way from a broken value to one that is less a field.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use super::commas::TRAILING_COMMA;
use super::error::{Cause, Error, Step, push_path};
use super::locate::{bytes_read, path_at, path_of};
use super::objects::Objects;
use crate::Warning;

/// How often a value is tried with one more field gone.
const ATTEMPTS: usize = 32;
/// The largest value that is repaired: each attempt holds a copy.
const LARGEST: usize = 8 * 1024 * 1024;

/// What strict JSON refuses, and what becomes of it.
const ENCODING: &str = "bytes that are no UTF-8 were replaced";
const CONTROL: &str = "a string holds a raw control character";
const ESCAPE: &str = "a backslash in a string escapes nothing";
const SCALAR: &str = "a value that JSON does not know, as NaN, was read as null";

/// Parses values that do not quite fit, and holds the mended text that the result borrows from.
///
/// A value that fits costs nothing more than [`Reader::parse`](super::Reader::parse).
/// Otherwise it is mended in this order, and tried again after each step:
///
/// 1. What strict JSON refuses: invalid UTF-8 becomes U+FFFD, raw control characters are escaped, a backslash that
///    escapes nothing stands for itself, a scalar that is none (`NaN`) becomes null, a comma behind the last member
///    goes. The first of each kind is noted.
///    So do what strict JSON takes and we do not: lone surrogates become U+FFFD, a number out of range (`1e400`)
///    becomes null, of equal keys the last one counts.
/// 2. The field or list item that does not fit the type, or is there under two of its names, is left out and
///    noted, at most 32 times.
///    When that was required, what it was required for goes next.
///    Null says nothing, so that nothing is noted where it goes.
///
/// A field may be null where a scanner means "none": an `Option` in the struct takes it without a repair.
///
/// One `Repair` serves any number of values, one after the other.
///
/// ```
/// use scanlift_convert_api::json::{Repair, Text};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Finding<'a> {
///     #[serde(borrow)]
///     rule: Text<'a>,
///     line: Option<u32>,
/// }
///
/// let mut repair = Repair::default();
/// let (finding, warnings) = repair.parse::<Finding>(br#"{"rule": "r1", "line": "?"}"#)?;
/// assert_eq!((&*finding.rule, finding.line), ("r1", None));
/// assert_eq!(warnings[0].to_string(), "line was left out: invalid type: string \"?\", expected u32");
/// # Ok::<(), scanlift_convert_api::json::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Repair {
    /// The text of each attempt: a cell each, since what an attempt borrowed counts as borrowed for good.
    texts: Vec<OnceLock<String>>,
    warnings: Vec<Warning>,
}

impl Repair {
    /// Parses `text`, mending it as far as needed, and says what was mended and what had to be left out: the paths
    /// are those in the value, and [`Warning::below`] makes them those of the document.
    ///
    /// # Errors
    /// The first one that was met, when the text is no JSON even after mending, is too large to be mended (8 MiB),
    /// or does not fit `T` after 32 fields were left out.
    /// Path and offset count from the start of `text`: [`Error::inside`] makes them those of the document.
    pub fn parse<'a, T: Deserialize<'a>>(&'a mut self, text: &'a [u8]) -> Result<(T, &'a [Warning]), Error> {
        let error = match parse(text) {
            Ok(value) => return Ok((value, &[])),
            Err(error) => error,
        };
        let Some(mut mending) = self.mend(text) else { return Err(error) };
        while let Some(text) = mending.next_attempt() {
            match read(text) {
                Ok(value) => return Ok((value, mending.warnings)),
                Err(problem) if mending.leave_out(text, &problem) => {}
                Err(_) => break,
            }
        }
        Err(error)
    }

    /// Begins to mend `text`, unless it is too large or no JSON.
    fn mend<'a>(&'a mut self, text: &[u8]) -> Option<Mending<'a>> {
        if text.len() > LARGEST {
            return None;
        }
        self.warnings.clear();
        self.texts = vec![OnceLock::new(); ATTEMPTS + 1];
        let Self { texts, warnings } = self;
        let value = serde_json::from_str(&sanitise(text, warnings)).ok()?;
        Some(Mending { value, attempts: texts.iter(), warnings, gone: Vec::new() })
    }
}

/// Whether this is one JSON value, whatever it holds.
pub(super) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

/// A value that is read again and again, each time with one field less.
struct Mending<'a> {
    value: Value,
    /// Where the texts of the attempts go.
    attempts: std::slice::Iter<'a, OnceLock<String>>,
    warnings: &'a mut Vec<Warning>,
    /// The paths of what was left out, as they were in the whole value.
    gone: Vec<Vec<Step>>,
}

impl<'a> Mending<'a> {
    /// What is left of the value; none when it was tried often enough.
    fn next_attempt(&mut self) -> Option<&'a str> {
        let text = self.attempts.next()?;
        Some(text.get_or_init(|| self.value.to_string()))
    }

    /// Leaves out what `problem` is about; false when that would be everything.
    fn leave_out(&mut self, text: &str, problem: &serde_json::Error) -> bool {
        let mut path = path_of(text, problem);
        let removed = loop {
            if let Some(removed) = remove(&mut self.value, &path) {
                break removed;
            }
            if path.pop().is_none() {
                return false;
            }
        };
        restore_indices(&mut path, &self.gone);
        if !removed.is_null() {
            let mut place = String::new();
            push_path(&mut place, &path);
            self.warnings.push(Warning::FieldDropped { path: place, problem: message(problem) });
        }
        self.gone.push(path);
        true
    }
}

/// Parses `text`, borrowing from it; path and offset of the error are relative to it.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Error> {
    let text = utf8(text)?;
    read(text).map_err(|error| located(text, &error))
}

fn located(text: &str, error: &serde_json::Error) -> Error {
    let mut place = String::new();
    push_path(&mut place, &path_of(text, error));
    let offset = bytes_read(text, error).saturating_sub(1);
    Error::new(Cause::Value(message(error)), place, offset as u64)
}

/// The only place where values become models: a model is some kilobytes of code wherever it is read.
#[inline(never)]
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Objects(&mut json))?;
    json.end()?;
    Ok(value)
}

pub(super) fn utf8(text: &[u8]) -> Result<&str, Error> {
    simdutf8::basic::from_utf8(text).map_err(|_| {
        let valid = std::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
        Error::new(Cause::Encoding, String::new(), valid as u64)
    })
}

/// Decodes a string, given with its quotes, as well as it can be.
pub(super) fn decode(text: &[u8], into: &mut String) {
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    into.clear();
    if memchr::memchr(b'\\', inner).is_none() {
        into.push_str(&String::from_utf8_lossy(inner));
    } else if let Ok(decoded) = serde_json::from_str::<String>(&sanitise(text, &mut Vec::new())) {
        into.push_str(&decoded);
    }
}

/// What serde_json says, without its own idea of the place.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

fn remove(value: &mut Value, path: &[Step]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let mut node = value;
    for step in parents {
        let next = match (step, node) {
            (Step::Key(key), Value::Object(members)) => members.get_mut(key),
            (Step::Index(index), Value::Array(items)) => {
                usize::try_from(*index).ok().and_then(|at| items.get_mut(at))
            }
            _ => None,
        };
        node = next?;
    }
    match (last, node) {
        (Step::Key(key), Value::Object(members)) => members.remove(key),
        (Step::Index(index), Value::Array(items)) => {
            let at = usize::try_from(*index).ok().filter(|at| *at < items.len())?;
            Some(items.remove(at))
        }
        _ => None,
    }
}

/// Counts the items that were removed before those of `path`, so that it says where they stood at first.
fn restore_indices(path: &mut [Step], gone: &[Vec<Step>]) {
    for at in 0..path.len() {
        let (parents, rest) = path.split_at_mut(at);
        let Some(Step::Index(index)) = rest.first_mut() else { continue };
        let mut removed: Vec<u64> = gone
            .iter()
            .filter_map(|gone| match gone.split_last() {
                Some((Step::Index(index), siblings)) if siblings == parents => Some(*index),
                _ => None,
            })
            .collect();
        removed.sort_unstable();
        for removed in removed {
            if removed <= *index {
                *index = index.saturating_add(1);
            }
        }
    }
}

/// The text in a form that a strict parser takes, as far as strings, scalars and commas go.
fn sanitise(bytes: &[u8], warnings: &mut Vec<Warning>) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut odd = Oddities { text: &text, warnings };
    if matches!(text, Cow::Owned(_)) {
        let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        odd.tell(ENCODING, text.get(valid..).unwrap_or_default());
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some(start) = rest.find(|c: char| matches!(c, '"' | '}' | ']') || is_scalar(c)) {
        let (before, from) = rest.split_at(start);
        clean.push_str(before);
        rest = if let Some(inner) = from.strip_prefix('"') {
            clean.push('"');
            sanitise_string(inner, &mut clean, &mut odd)
        } else if from.starts_with(is_scalar) {
            sanitise_scalar(from, &mut clean, &mut odd)
        } else {
            if let Some(length) = clean.trim_end().strip_suffix(',').map(str::len) {
                odd.tell(TRAILING_COMMA, from);
                clean.truncate(length);
            }
            let (bracket, behind) = from.split_at(1);
            clean.push_str(bracket);
            behind
        };
    }
    clean.push_str(rest);
    clean
}

/// Where a text is not what strict JSON has.
struct Oddities<'t> {
    text: &'t str,
    warnings: &'t mut Vec<Warning>,
}

impl Oddities<'_> {
    /// Tells of the first one of a kind, which stands where `rest` begins.
    fn tell(&mut self, what: &'static str, rest: &str) {
        let mut told = self.warnings.iter();
        if !told.any(|warning| matches!(warning, Warning::NotStrict { what: told, .. } if *told == what)) {
            let path = self.path(rest);
            self.warnings.push(Warning::NotStrict { what, path });
        }
    }

    /// The path of the value that `rest` begins in.
    fn path(&self, rest: &str) -> String {
        let mut path = String::new();
        push_path(&mut path, &path_at(self.text, self.text.len() - rest.len()));
        path
    }
}

fn is_scalar(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// Takes the number or word at the beginning, and returns what follows.
fn sanitise_scalar<'t>(from: &'t str, clean: &mut String, odd: &mut Oddities<'_>) -> &'t str {
    let end = from.find(|c| !is_scalar(c)).unwrap_or(from.len());
    let (scalar, behind) = from.split_at(end);
    if matches!(scalar, "true" | "false" | "null") {
        clean.push_str(scalar);
        return behind;
    }
    match serde_json::from_str::<f64>(scalar).map_err(|error| message(&error)) {
        Ok(_) => clean.push_str(scalar),
        Err(problem) => {
            clean.push_str("null");
            if problem == "number out of range" {
                let path = odd.path(from);
                odd.warnings.push(Warning::FieldDropped { path, problem });
            } else {
                odd.tell(SCALAR, from);
            }
        }
    }
    behind
}

/// Takes a string up to and with its closing quote, and returns what follows.
fn sanitise_string<'t>(mut rest: &'t str, clean: &mut String, odd: &mut Oddities<'_>) -> &'t str {
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        let (before, from) = rest.split_at(at);
        clean.push_str(before);
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => {
                clean.push('"');
                return chars.as_str();
            }
            Some('\\') => rest = sanitise_escape(chars.as_str(), clean, odd),
            Some(control) => {
                odd.tell(CONTROL, from);
                // Writing to a String does not fail.
                let _ = write!(clean, "\\u{:04x}", u32::from(control));
                rest = chars.as_str();
            }
            None => rest = "",
        }
    }
    clean.push_str(rest);
    ""
}

/// Takes what follows a backslash, and returns what follows that.
fn sanitise_escape<'t>(rest: &'t str, clean: &mut String, odd: &mut Oddities<'_>) -> &'t str {
    let mut chars = rest.chars();
    match chars.next() {
        Some(c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {
            clean.push('\\');
            clean.push(c);
            chars.as_str()
        }
        Some('u') => match unit(rest) {
            Some((0xD800..=0xDBFF, low)) => match low.strip_prefix('\\').and_then(unit) {
                Some((0xDC00..=0xDFFF, after)) => {
                    clean.push('\\');
                    clean.push_str(&rest[..rest.len() - after.len()]);
                    after
                }
                _ => {
                    clean.push_str("\\ufffd");
                    low
                }
            },
            Some((0xDC00..=0xDFFF, after)) => {
                clean.push_str("\\ufffd");
                after
            }
            Some((_, after)) => {
                clean.push('\\');
                clean.push_str(&rest[..rest.len() - after.len()]);
                after
            }
            None => sanitise_backslash(rest, clean, odd),
        },
        _ => sanitise_backslash(rest, clean, odd),
    }
}

/// Takes no escape of JSON, as in an unescaped Windows path: the backslash before `rest` is meant.
fn sanitise_backslash<'t>(rest: &'t str, clean: &mut String, odd: &mut Oddities<'_>) -> &'t str {
    odd.tell(ESCAPE, rest);
    clean.push_str("\\\\");
    rest
}

/// Takes `uXXXX`.
fn unit(rest: &str) -> Option<(u32, &str)> {
    let digits = rest.strip_prefix('u')?.get(..4)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, rest.get(5..)?))
}
