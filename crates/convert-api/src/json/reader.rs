//! The pull reader over a sliding window.

use std::fmt;
use std::io::{self, Read};

use serde::Deserialize;

use super::error::{Cause, Error, Step, push_path};
use super::repair::{self, Repair};
use super::scan::{Progress, Scan};
use crate::Warning;

/// Bytes asked of the stream at a time, and the first size of the window.
const WINDOW: usize = 256 * 1024;

/// What an untrusted document may ask of us.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many objects and arrays may stand inside each other (default 128).
    pub depth: usize,
    /// How many bytes one value may have that is handed out whole, and one key (default 64 MiB).
    /// What is skipped may have any size.
    pub element: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 128, element: 64 * 1024 * 1024 }
    }
}

/// The kinds of JSON values.
///
/// Display is with the article, as in "expected an object".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{...}`
    Object,
    /// `[...]`
    Array,
    /// `"..."`
    String,
    /// `12`, `-1.5e3`, and what Python writes of a number that is none: `NaN`, `Infinity`
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

impl Kind {
    /// The kind of the value that starts with this byte.
    pub(super) fn of(first: u8) -> Option<Self> {
        Some(match first {
            b'{' => Self::Object,
            b'[' => Self::Array,
            b'"' => Self::String,
            b'-' | b'0'..=b'9' => Self::Number,
            b't' | b'f' => Self::Bool,
            b'n' => Self::Null,
            _ => return None,
        })
    }

    /// The kind of the value that starts here.
    pub(super) fn at(text: &[u8]) -> Option<Self> {
        let of_python = || is_of_python(text).then_some(Self::Number);
        Self::of(*text.first()?).or_else(of_python)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Null => "null",
        }
    }
}

/// Whether a number of Python's starts here that JSON does not know; `-Infinity` starts as others do.
fn is_of_python(text: &[u8]) -> bool {
    text.starts_with(b"NaN") || text.starts_with(b"Infinity")
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text of one value, as it stands in the document.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// From the first byte of the value to its last.
    pub text: &'a [u8],
    /// Where it starts, in bytes from the start of the stream.
    pub offset: u64,
}

impl<'a> Raw<'a> {
    /// The text, checked to be UTF-8.
    ///
    /// # Errors
    /// [`Cause::Encoding`] with the offset of the first wrong byte.
    pub fn str(self) -> Result<&'a str, Error> {
        repair::utf8(self.text).map_err(|error| error.inside(String::new(), self.offset))
    }
}

/// Walks a JSON document of any size in a small window, and hands out one value at a time.
///
/// The reader stands at a value.
/// Whoever is given a reader at a value may [enter](Self::each_key) it, take it [raw](Self::value) or
/// [parsed](Self::parse), [skip](Self::skip) it, or leave it alone, which skips it too.
///
/// Values that are skipped or taken raw are matched for brackets and quotes only, not checked in full.
pub struct Reader<R> {
    read: R,
    pub(super) limits: Limits,
    /// The window: `buffer[start..end]` is read and still to be seen.
    pub(super) buffer: Vec<u8>,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The stream has no more bytes.
    ended: bool,
    /// Offset of `buffer[0]` in the stream.
    base: u64,
    /// The containers that are entered, each with the key or index that is being visited.
    path: Vec<Step>,
    /// Where the document of [`Self::next_document`] starts.
    pub(super) document: Option<u64>,
}

impl<R: Read> Reader<R> {
    /// A reader at the first value of the stream, with the default [`Limits`].
    pub fn new(read: R) -> Self {
        Self::with_limits(read, Limits::default())
    }

    /// A reader at the first value of the stream.
    pub fn with_limits(read: R, limits: Limits) -> Self {
        Self::with_window(read, limits, WINDOW)
    }

    pub(super) fn with_window(read: R, limits: Limits, window: usize) -> Self {
        Self {
            read,
            limits,
            buffer: vec![0; window.max(1)],
            start: 0,
            end: 0,
            ended: false,
            base: 0,
            path: Vec::new(),
            document: None,
        }
    }

    /// Byte offset of the cursor from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.base.saturating_add(self.start as u64)
    }

    /// Where the cursor stands, as `runs[0].results[3]`; empty at the top level.
    pub fn path(&self) -> String {
        let mut path = String::new();
        push_path(&mut path, &self.path);
        path
    }

    /// The kind of the value at the cursor.
    ///
    /// # Errors
    /// When no value starts here, or the stream fails.
    pub fn peek(&mut self) -> Result<Kind, Error> {
        match self.next_byte()? {
            Some(first) => match Kind::of(first) {
                Some(kind) => Ok(kind),
                None if self.is_of_python()? => Ok(Kind::Number),
                None => Err(self.syntax("a value", first)),
            },
            None if self.path.is_empty() => Err(self.error(Cause::Empty)),
            None => Err(self.truncated(self.inside())),
        }
    }

    #[cold]
    fn is_of_python(&mut self) -> Result<bool, Error> {
        while self.end - self.start < "Infinity".len() && self.fill()? {}
        Ok(is_of_python(&self.buffer[self.start..self.end]))
    }

    /// Walks the object at the cursor: `visit` is called for each key, with the reader at its value.
    ///
    /// Escapes in keys are decoded.
    /// A value that `visit` leaves alone is skipped, and so is the rest of one that it left in the middle.
    ///
    /// # Errors
    /// When the value is no object (then the reader still stands at it), when it is malformed or cut off, and when
    /// `visit` fails.
    pub fn each_key<E: From<Error>>(
        &mut self,
        mut visit: impl FnMut(&str, &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(Kind::Object, Step::Key(String::new()))?;
        let level = self.path.len();
        let mut key = String::new();
        let mut first = true;
        while self.next_key(first, &mut key)? {
            let offset = self.offset();
            visit(&key, self)?;
            self.settle(level, offset)?;
            first = false;
        }
        Ok(())
    }

    /// Walks the array at the cursor: `visit` is called for each item with its index from 0, with the reader at it.
    ///
    /// An item that `visit` leaves alone is skipped, and so is the rest of one that it left in the middle.
    ///
    /// # Errors
    /// When the value is no array (then the reader still stands at it), when it is malformed or cut off, and when
    /// `visit` fails.
    pub fn each_item<E: From<Error>>(
        &mut self,
        mut visit: impl FnMut(u64, &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(Kind::Array, Step::Index(0))?;
        let level = self.path.len();
        let mut index = 0;
        while self.next_item(index)? {
            let offset = self.offset();
            visit(index, self)?;
            self.settle(level, offset)?;
            index = index.saturating_add(1);
        }
        Ok(())
    }

    /// The text of the value at the cursor; the reader moves behind it.
    ///
    /// # Errors
    /// When the value is cut off, nested too deep, or larger than [`Limits::element`]; after the last of these the
    /// reader still stands at the value, and [`Self::skip`] gets past it.
    pub fn value(&mut self) -> Result<Raw<'_>, Error> {
        self.take().map(|taken| self.raw(taken))
    }

    /// Skips the value at the cursor, of any size, without holding it in memory.
    ///
    /// # Errors
    /// When the value is cut off or nested too deep.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.pass(false).map(drop)
    }

    /// Parses the value at the cursor, borrowing from the window; the reader moves behind it, also when the value does
    /// not fit `T`.
    ///
    /// # Errors
    /// As [`Self::value`]; and when the value does not fit `T`, with the path of the field that is wrong.
    pub fn parse<'a, T: Deserialize<'a>>(&'a mut self) -> Result<T, Error> {
        let taken = self.take()?;
        let this = &*self;
        let raw = this.raw(taken);
        repair::parse(raw.text).map_err(|error| error.inside(this.path(), raw.offset))
    }

    /// Parses the value at the cursor like [`Self::parse`], and mends it when it does not fit: see [`Repair`].
    ///
    /// # Errors
    /// As [`Self::parse`], when the value is beyond repair.
    pub fn parse_lenient<'a, T: Deserialize<'a>>(
        &'a mut self,
        repair: &'a mut Repair,
    ) -> Result<(T, &'a [Warning]), Error> {
        let taken = self.take()?;
        let this = &*self;
        let raw = this.raw(taken);
        repair.parse(raw.text).map_err(|error| error.inside(this.path(), raw.offset))
    }

    /// Goes into the container at the cursor.
    pub(super) fn enter(&mut self, expected: Kind, step: Step) -> Result<(), Error> {
        let found = self.peek()?;
        if found != expected {
            return Err(self.error(Cause::Kind { expected, found }));
        }
        if self.path.len() >= self.limits.depth {
            return Err(self.error(Cause::Depth(self.limits.depth)));
        }
        self.start += 1;
        self.path.push(step);
        Ok(())
    }

    /// Moves to the next value of the object that is entered and decodes its key, or leaves the object.
    fn next_key(&mut self, first: bool, key: &mut String) -> Result<bool, Error> {
        if !self.next_member(first, b'}', "`,` or `}`")? {
            return Ok(false);
        }
        if let Some(Step::Key(step)) = self.path.last_mut() {
            step.clear();
        }
        match self.next_byte()? {
            Some(b'"') => {}
            Some(found) => return Err(self.syntax("a key", found)),
            None => return Err(self.truncated("an object")),
        }
        let length = self.pass(true)?;
        repair::decode(&self.buffer[self.start..self.start + length], key);
        if let Some(Step::Key(step)) = self.path.last_mut() {
            step.clone_from(key);
        }
        self.start += length;
        match self.next_byte()? {
            Some(b':') => self.start += 1,
            Some(found) => return Err(self.syntax("`:`", found)),
            None => return Err(self.truncated("an object")),
        }
        self.peek()?;
        Ok(true)
    }

    /// Moves to the next item of the array that is entered, or leaves the array.
    pub(super) fn next_item(&mut self, index: u64) -> Result<bool, Error> {
        if !self.next_member(index == 0, b']', "`,` or `]`")? {
            return Ok(false);
        }
        if let Some(step) = self.path.last_mut() {
            *step = Step::Index(index);
        }
        self.peek()?;
        Ok(true)
    }

    /// Passes the comma before the next member, or the bracket that closes the container.
    fn next_member(&mut self, first: bool, close: u8, expected: &'static str) -> Result<bool, Error> {
        match self.next_byte()? {
            Some(byte) if byte == close => {
                self.start += 1;
                self.path.pop();
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(b',') => {
                self.start += 1;
                Ok(true)
            }
            Some(found) => Err(self.syntax(expected, found)),
            None => Err(self.truncated(self.inside())),
        }
    }

    /// Gets behind a value that started at `offset`, below `level` containers, whatever was done with it.
    pub(super) fn settle(&mut self, level: usize, offset: u64) -> Result<(), Error> {
        if self.path.len() > level {
            let open = self.path.len() - level;
            let scan = Scan::nested(open, self.limits.depth.saturating_sub(level));
            self.path.truncate(level);
            self.run(scan, 0, false, "a value").map(drop)
        } else if self.offset() == offset {
            self.skip()
        } else {
            Ok(())
        }
    }

    /// Passes the value at the cursor and says where in the window it is.
    pub(super) fn take(&mut self) -> Result<Taken, Error> {
        let length = self.pass(true)?;
        let start = self.start;
        self.start += length;
        Ok(Taken { start, end: self.start })
    }

    pub(super) fn raw(&self, taken: Taken) -> Raw<'_> {
        Raw {
            text: &self.buffer[taken.start..taken.end],
            offset: self.base.saturating_add(taken.start as u64),
        }
    }

    /// Finds the end of the value at the cursor.
    /// With `keep`, the reader stays where it is and the value, of the length returned, is in the window.
    /// Without, the reader moves behind the value.
    pub(super) fn pass(&mut self, keep: bool) -> Result<usize, Error> {
        let kind = self.peek()?;
        let (scan, close) = match kind {
            Kind::Object => (self.nested()?, b'}'),
            Kind::Array => (self.nested()?, b']'),
            Kind::String => (Scan::Text, b'"'),
            Kind::Number => return self.run(Scan::Scalar, 1, keep, kind.name()),
            Kind::Bool | Kind::Null => return self.pass_literal(keep),
        };
        let length = self.run(scan, 1, keep, kind.name())?;
        let last = if keep { self.start + length } else { self.start } - 1;
        match self.buffer[last] {
            found if found == close => Ok(length),
            found => {
                self.start = last;
                Err(self.syntax(if close == b'}' { "`}`" } else { "`]`" }, found))
            }
        }
    }

    fn pass_literal(&mut self, keep: bool) -> Result<usize, Error> {
        let length = self.run(Scan::Scalar, 1, true, "a literal")?;
        let text = &self.buffer[self.start..self.start + length];
        let literals: [&[u8]; 3] = [b"true", b"false", b"null"];
        if !literals.contains(&text) {
            let cut = self.ended && self.start + length == self.end;
            if cut && literals.iter().any(|literal| literal.starts_with(text)) {
                return Err(self.truncated("a literal"));
            }
            let found = text[0];
            return Err(self.syntax("`true`, `false` or `null`", found));
        }
        if !keep {
            self.start += length;
        }
        Ok(length)
    }

    fn nested(&self) -> Result<Scan, Error> {
        match self.limits.depth.saturating_sub(self.path.len()) {
            0 => Err(self.error(Cause::Depth(self.limits.depth))),
            room => Ok(Scan::nested(1, room)),
        }
    }

    /// Runs a scan over the window and what follows, from `done` bytes behind the cursor.
    fn run(
        &mut self,
        mut scan: Scan,
        mut done: usize,
        keep: bool,
        what: &'static str,
    ) -> Result<usize, Error> {
        loop {
            match scan.advance(&self.buffer[self.start + done..self.end]) {
                Progress::End(length) => done += length,
                Progress::TooDeep => return Err(self.error(Cause::Depth(self.limits.depth))),
                Progress::More(length) => {
                    done += length;
                    if !keep {
                        self.start += done;
                        done = 0;
                    }
                    if done > self.limits.element {
                        return Err(self.error(Cause::Size(self.limits.element)));
                    }
                    if self.fill()? {
                        continue;
                    }
                    // Only a scalar that is the whole document ends with the stream.
                    if !matches!(scan, Scan::Scalar) || !self.path.is_empty() {
                        return Err(self.truncated(what));
                    }
                }
            }
            if keep && done > self.limits.element {
                return Err(self.error(Cause::Size(self.limits.element)));
            }
            if !keep {
                self.start += done;
            }
            return Ok(done);
        }
    }

    /// The next byte that is not white space; the cursor stands at it.
    pub(super) fn next_byte(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let window = &self.buffer[self.start..self.end];
            match window.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
                Some(blank) => {
                    self.start += blank;
                    return Ok(self.buffer.get(self.start).copied());
                }
                None => {
                    self.start = self.end;
                    if !self.fill()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads more behind the window, which moves to the front of the buffer; false at the end of the stream.
    pub(super) fn fill(&mut self) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.base = self.offset();
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            let (size, most) = (self.buffer.len(), self.limits.element.saturating_add(WINDOW));
            self.buffer.resize(size.saturating_mul(2).min(most).max(size.saturating_add(1)), 0);
        }
        loop {
            match self.read.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end = self.buffer.len().min(self.end.saturating_add(count));
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.start = self.end;
                    return Err(self.error(Cause::Read(error)));
                }
            }
        }
    }

    /// What the reader is inside of.
    fn inside(&self) -> &'static str {
        match self.path.last() {
            Some(Step::Key(_)) => "an object",
            Some(Step::Index(_)) => "an array",
            None => "a value",
        }
    }

    pub(super) fn error(&self, cause: Cause) -> Error {
        Error::new(cause, self.path(), self.offset())
    }

    fn syntax(&self, expected: &'static str, found: u8) -> Error {
        self.error(Cause::Syntax { expected, found })
    }

    /// The stream ended inside `what`: whatever is left in the window means nothing any more.
    fn truncated(&mut self, what: &'static str) -> Error {
        self.start = self.end;
        self.error(Cause::Truncated(what))
    }
}

/// Where in the window a value is.
pub(super) struct Taken {
    start: usize,
    end: usize,
}
