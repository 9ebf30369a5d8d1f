//! Parsing one value, and the way from a broken value to one that is less a field.

use std::fmt::Write as _;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use super::error::{Cause, Error, Step, push_path};
use super::locate::{bytes_read, path_of};
use super::objects::Objects;

/// How often a value is tried with one more field gone.
const ATTEMPTS: usize = 32;
/// The largest value that is repaired: each attempt holds a copy.
const LARGEST: usize = 8 * 1024 * 1024;

/// Something that was left out of a value so that the rest could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Where it stood in the value, as `locations[1].region`; empty when that is not known.
    pub path: String,
    /// What was wrong with it.
    pub problem: String,
}

/// Parses values that do not quite fit, and holds the mended text that the result borrows from.
///
/// A value that fits costs nothing more than [`Reader::parse`](super::Reader::parse).
/// Otherwise it is mended in this order, and tried again after each step:
///
/// 1. What strict JSON refuses: invalid UTF-8 and lone surrogates become U+FFFD, raw control characters are escaped, a
///    backslash that escapes nothing stands for itself, a scalar that is none (`NaN`, `1e400`) becomes null, of equal
///    keys the last one counts.
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
/// let (finding, dropped) = repair.parse::<Finding>(br#"{"rule": "r1", "line": "?"}"#)?;
/// assert_eq!((&*finding.rule, finding.line), ("r1", None));
/// assert_eq!(dropped[0].path, "line");
/// assert_eq!(dropped[0].problem, "invalid type: string \"?\", expected u32");
/// # Ok::<(), scanlift_convert_api::json::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Repair {
    /// The text of each attempt: a cell each, since what an attempt borrowed counts as borrowed for good.
    texts: Vec<OnceLock<String>>,
    dropped: Vec<Dropped>,
}

impl Repair {
    /// Parses `text`, mending it as far as needed, and says what had to be left out.
    ///
    /// # Errors
    /// The first one that was met, when the text is no JSON even after mending, is too large to be mended (8 MiB),
    /// or does not fit `T` after 32 fields were left out.
    /// Path and offset count from the start of `text`: [`Error::inside`] makes them those of the document.
    pub fn parse<'a, T: Deserialize<'a>>(&'a mut self, text: &'a [u8]) -> Result<(T, &'a [Dropped]), Error> {
        let error = match parse(text) {
            Ok(value) => return Ok((value, &[])),
            Err(error) => error,
        };
        let Some(mut mending) = self.mend(text) else { return Err(error) };
        while let Some(text) = mending.next_attempt() {
            match read(text) {
                Ok(value) => return Ok((value, mending.dropped)),
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
        self.dropped.clear();
        self.texts = vec![OnceLock::new(); ATTEMPTS + 1];
        let Self { texts, dropped } = self;
        let value = serde_json::from_str(&sanitise(text, dropped)).ok()?;
        Some(Mending { value, attempts: texts.iter(), dropped, gone: Vec::new() })
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
    dropped: &'a mut Vec<Dropped>,
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
            self.dropped.push(Dropped { path: place, problem: message(problem) });
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

/// The text in a form that a strict parser takes, as far as strings and scalars go.
fn sanitise(text: &[u8], dropped: &mut Vec<Dropped>) -> String {
    let text = String::from_utf8_lossy(text);
    let mut clean = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some(start) = rest.find(|c: char| c == '"' || is_scalar(c)) {
        let (before, from) = rest.split_at(start);
        clean.push_str(before);
        rest = if let Some(inner) = from.strip_prefix('"') {
            clean.push('"');
            sanitise_string(inner, &mut clean)
        } else {
            let end = from.find(|c| !is_scalar(c)).unwrap_or(from.len());
            let (scalar, rest) = from.split_at(end);
            if matches!(scalar, "true" | "false" | "null") || serde_json::from_str::<f64>(scalar).is_ok() {
                clean.push_str(scalar);
            } else {
                clean.push_str("null");
                let problem = format!("`{scalar}` is no JSON value");
                dropped.push(Dropped { path: String::new(), problem });
            }
            rest
        };
    }
    clean.push_str(rest);
    clean
}

fn is_scalar(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// Takes a string up to and with its closing quote, and returns what follows.
fn sanitise_string<'t>(mut rest: &'t str, clean: &mut String) -> &'t str {
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        let (before, from) = rest.split_at(at);
        clean.push_str(before);
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => {
                clean.push('"');
                return chars.as_str();
            }
            Some('\\') => rest = sanitise_escape(chars.as_str(), clean),
            Some(control) => {
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
fn sanitise_escape<'t>(rest: &'t str, clean: &mut String) -> &'t str {
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
            None => {
                clean.push_str("\\\\");
                rest
            }
        },
        // No escape of JSON, as in an unescaped Windows path: the backslash is meant.
        _ => {
            clean.push_str("\\\\");
            rest
        }
    }
}

/// Takes `uXXXX`.
fn unit(rest: &str) -> Option<(u32, &str)> {
    let digits = rest.strip_prefix('u')?.get(..4)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, rest.get(5..)?))
}
