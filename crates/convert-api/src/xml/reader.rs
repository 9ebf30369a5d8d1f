//! The walk through a document.

use super::element::{Tag, Tree};
use super::grow::Growing;
use super::guard::{Guard, TooLarge};
use super::oddities::Oddities;
use crate::json::{TOO_DEEP, TOO_LARGE};
use crate::{ConvertError, Sink};
use quick_xml::errors::IllFormedError;
use quick_xml::events::Event;
use std::io::{self, Read};
use std::sync::Arc;

/// What one text, comment or tag may take.
const LARGEST_EVENT: u64 = 64 * 1024 * 1024;
/// How deep elements may be nested.
const DEEPEST: usize = 256;

/// Walks an XML document of any size, and hands out one element at a time.
///
/// The reader stands at an element: after [`Self::root`] at the root, in [`Self::each_child`] at the
/// child that is visited.
/// Whoever is given a reader may [enter](Self::each_child) the element, take it [whole](Self::element),
/// or leave it alone, which skips it.
pub struct Reader<R: Read> {
    xml: quick_xml::Reader<Guard<R>>,
    buffer: Vec<u8>,
    path: Path,
    /// Whether the innermost one was just opened and nothing of it read.
    fresh: bool,
    /// Whether it has no end tag of its own.
    empty: bool,
    /// Whether there was an element of HTML that may be without an end: what ends is looked at then.
    has_void: bool,
    growing: Growing,
    oddities: Oddities,
}

/// The names of the elements that are open, as `report/host/item`.
#[derive(Default)]
struct Path {
    text: String,
    /// How long the text was before each name.
    ends: Vec<usize>,
}

impl Path {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn push(&mut self, name: &str) {
        self.ends.push(self.text.len());
        if !self.text.is_empty() {
            self.text.push('/');
        }
        self.text.push_str(name);
    }

    fn pop(&mut self) {
        if let Some(end) = self.ends.pop() {
            self.text.truncate(end);
        }
    }

    /// Whether an end tag ends the innermost element; `None` if it ends none. That of an element of HTML
    /// which has ended where it began ends nothing more.
    fn is_ended_by(&self, name: &str) -> Option<bool> {
        let name = name.rsplit(':').next().unwrap_or(name);
        let innermost = self.text.rsplit('/').next().filter(|_| !self.ends.is_empty());
        if is_void(name) { Some(false) } else { (innermost == Some(name)).then_some(true) }
    }
}

/// Whether it is an element of HTML that has nothing in it, and by its rules no end tag.
fn is_void(name: &str) -> bool {
    name.len() <= 3 && ["br", "hr", "img", "wbr"].iter().any(|void| void.eq_ignore_ascii_case(name))
}

/// What the walk needs of an event.
enum Step {
    Open,
    Close,
    /// Where all is wanted, or words outside of the root.
    Text,
    End,
}

/// What is wanted of events.
enum Want<'w> {
    /// Nothing but where elements begin and end.
    Ends,
    /// Tags with all their attributes.
    Tags(&'w mut Tag),
    /// Everything, for the tree that is growing.
    All,
}

impl<R: Read> Reader<R> {
    /// A reader before the root element.
    pub fn new(read: R) -> Self {
        let mut xml = quick_xml::Reader::from_reader(Guard::new(read, LARGEST_EVENT));
        let config = xml.config_mut();
        config.check_comments = false;
        config.allow_dangling_amp = true;
        Self {
            xml,
            buffer: Vec::new(),
            path: Path::default(),
            fresh: false,
            empty: false,
            has_void: false,
            growing: Growing::default(),
            oddities: Oddities::default(),
        }
    }

    /// Moves to the root element.
    ///
    /// # Errors
    /// When the document has none, or is malformed before it.
    pub fn root(&mut self) -> Result<Tag, ConvertError> {
        let mut tag = Tag::default();
        loop {
            match self.step(Want::Tags(&mut tag))? {
                Step::Open => return Ok(tag),
                Step::End => return Err(self.error("expected an element, found the end of the document")),
                Step::Text => self.oddities.text(),
                Step::Close => {}
            }
        }
    }

    /// Moves on to the next element at that path, names joined by `/` and the root's first; `None` if
    /// there is none.
    ///
    /// # Errors
    /// When the document is malformed before it.
    pub fn find(&mut self, path: &str) -> Result<Option<Tag>, ConvertError> {
        let mut tag = Tag::default();
        loop {
            match self.step(Want::Tags(&mut tag))? {
                Step::Open if self.path.text == path => return Ok(Some(tag)),
                Step::End => return Ok(None),
                Step::Open | Step::Text | Step::Close => {}
            }
        }
    }

    /// Visits the children of the element at which the reader stands, and moves behind it.
    ///
    /// A child that `visit` leaves alone is skipped, and so is the rest of one that it left in the
    /// middle. Of an element that was entered before there is nothing to visit.
    ///
    /// # Errors
    /// When the document is malformed or cut off, and when `visit` fails.
    pub fn each_child(
        &mut self,
        mut visit: impl FnMut(&Tag, &mut Self) -> Result<(), ConvertError>,
    ) -> Result<(), ConvertError> {
        if !std::mem::take(&mut self.fresh) {
            return Ok(());
        }
        let level = self.path.len();
        let mut tag = Tag::default();
        loop {
            match self.step(Want::Tags(&mut tag))? {
                Step::Open => {
                    visit(&tag, self)?;
                    self.leave(level)?;
                }
                Step::Close => return Ok(()),
                Step::Text => {}
                Step::End => return Err(self.cut_off()),
            }
        }
    }

    /// The element at which the reader stands, with everything in it; the reader moves behind it.
    ///
    /// Of an element of more than 16 MiB, the texts, attributes and children past these are left
    /// out.
    ///
    /// # Errors
    /// When the document is malformed, cut off or nested more than 256 levels deep.
    pub fn element(&mut self, tag: &Tag) -> Result<Tree, ConvertError> {
        if !std::mem::take(&mut self.fresh) {
            return Ok(Tree::of(tag));
        }
        self.growing.begin(tag);
        loop {
            match self.step(Want::All)? {
                Step::Open | Step::Text => {}
                Step::Close => {
                    if let Some(tree) = self.growing.close() {
                        return Ok(tree);
                    }
                }
                Step::End => return Err(self.cut_off()),
            }
        }
    }

    /// Moves to the end of the document, and checks that it is well formed up to there.
    ///
    /// # Errors
    /// When it is not; [`ConvertError::Behind`] when an element or text follows the root element.
    pub fn finish(&mut self) -> Result<(), ConvertError> {
        self.leave(0)?;
        // Nothing behind the root was looked at: what may be replaced there does not count yet.
        let end = self.xml.buffer_position();
        let offset_of_end = self.xml.get_ref().offset(end);
        loop {
            let found = match self.step(Want::Ends)? {
                Step::End => return Ok(()),
                Step::Open => "an element",
                Step::Text => "text",
                Step::Close => continue,
            };
            let length = self.buffer.trim_ascii_start().len();
            let begin = self.xml.buffer_position().saturating_sub(length as u64);
            let offset = offset_of_end.saturating_add(begin.saturating_sub(end));
            let message = format!("expected the end of the document, found {found}");
            return Err(ConvertError::Behind { offset, message });
        }
    }

    /// [Finishes](Self::finish), and warns of what a strict reader would refuse the document for, as a prefix that no
    /// namespace is declared for or bytes that are no UTF-8: once of each kind, and of what was read, for what was
    /// skipped was not looked at.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn end(&mut self, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        self.finish()?;
        self.oddities.see_bytes(self.xml.get_ref());
        self.oddities.warn(sink);
        Ok(())
    }

    /// Where the reader stands, as `report/host/item`.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.text.clone()
    }

    /// How many bytes of the document are read.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.xml.buffer_position()
    }

    /// Moves behind the elements that are deeper than `level`.
    fn leave(&mut self, level: usize) -> Result<(), ConvertError> {
        while self.path.len() > level {
            if let Step::End = self.step(Want::Ends)? {
                return Err(self.cut_off());
            }
        }
        self.fresh = false;
        Ok(())
    }

    /// The next event.
    fn step(&mut self, mut want: Want<'_>) -> Result<Step, ConvertError> {
        if std::mem::take(&mut self.empty) {
            self.close();
            return Ok(Step::Close);
        }
        loop {
            self.buffer.clear();
            self.xml.get_mut().reset();
            let event = match self.xml.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                // The parser underneath still waits for the end of an element of HTML.
                Err(quick_xml::Error::IllFormed(problem)) if self.has_void => {
                    match unexpected_end(&problem).and_then(|name| self.path.is_ended_by(name)) {
                        Some(true) => {
                            self.oddities.endless();
                            self.close();
                            return Ok(Step::Close);
                        }
                        Some(false) => continue,
                        None => return Err(self.broken(quick_xml::Error::IllFormed(problem))),
                    }
                }
                Err(error) => return Err(self.broken(error)),
            };
            if let Event::Decl(declaration) = &event {
                self.oddities.see_declaration(declaration);
            }
            if matches!(&event, Event::DocType(text) if text.contains("<!ENTITY")) {
                return Err(self.error(
                    "the document type declares entities, which no report needs and an attack might: they are never expanded",
                ));
            }
            self.oddities.begun = true;
            let text = match event {
                Event::Start(ref start) | Event::Empty(ref start) => {
                    let name = start.local_name();
                    let name = name.as_ref();
                    self.path.push(name);
                    let tag = start.as_bytes();
                    // A colon also stands in values; most tags have none at all.
                    if !matches!(want, Want::Ends) && memchr::memchr2(b':', b'<', tag).is_some() {
                        self.oddities.see_tag(start, &self.path.text);
                    }
                    self.fresh = true;
                    let is_void = matches!(event, Event::Start(_)) && is_void(name);
                    self.has_void |= is_void;
                    self.empty = is_void || matches!(event, Event::Empty(_));
                    let odd = &mut self.oddities.at(&self.path.text);
                    match &mut want {
                        Want::Ends => {}
                        Want::Tags(tag) => tag.fill(start, name, odd),
                        Want::All => self.growing.open(start, name, odd),
                    }
                    if self.path.len() > DEEPEST {
                        let message = format!("elements are nested more than {DEEPEST} deep");
                        return Err(self.limit(message, TOO_DEEP));
                    }
                    return Ok(Step::Open);
                }
                Event::End(end) => {
                    let name = end.name();
                    let name: &str = name.as_ref();
                    match self.has_void.then(|| self.path.is_ended_by(name)) {
                        None | Some(Some(true)) => {
                            self.close();
                            return Ok(Step::Close);
                        }
                        Some(Some(false)) => continue,
                        Some(None) => {
                            let message = format!("an element ends here that is not open: </{name}>");
                            return Err(self.error(&message));
                        }
                    }
                }
                Event::Eof => return Ok(Step::End),
                Event::Text(text) => {
                    let text = text.into_inner();
                    // A reference is none of a text.
                    if text.starts_with('&') {
                        self.oddities.at(&self.path.text).ampersand();
                    }
                    text
                }
                Event::CData(text) => text.into_inner(),
                Event::GeneralRef(entity) => match want {
                    Want::All => {
                        self.growing.reference(&entity, &mut self.oddities.at(&self.path.text));
                        return Ok(Step::Text);
                    }
                    _ if self.path.is_empty() => return Ok(Step::Text),
                    _ => continue,
                },
                Event::Comment(text) if text.contains("--") => {
                    self.oddities.at(&self.path.text).comment();
                    continue;
                }
                _ => continue,
            };
            if let Want::All = want {
                self.growing.text(&text);
                return Ok(Step::Text);
            }
            if self.path.is_empty() && !text.trim_ascii().is_empty() {
                return Ok(Step::Text);
            }
        }
    }

    /// The innermost element has ended.
    fn close(&mut self) {
        self.path.pop();
        self.fresh = false;
    }

    /// What the parser underneath says, in our words.
    fn broken(&self, error: quick_xml::Error) -> ConvertError {
        let message = match error {
            quick_xml::Error::Io(error) => {
                match error.get_ref().and_then(|inner| inner.downcast_ref::<TooLarge>()) {
                    Some(problem) => return self.limit(problem.to_string(), TOO_LARGE),
                    None => {
                        let error = Arc::try_unwrap(error)
                            .unwrap_or_else(|error| io::Error::new(error.kind(), error.to_string()));
                        return ConvertError::Read(error);
                    }
                }
            }
            quick_xml::Error::Syntax(error) => error.to_string(),
            quick_xml::Error::IllFormed(error) => error.to_string(),
            error => error.to_string(),
        };
        parse_error(self.path.text.clone(), self.xml.error_position(), message)
    }

    fn limit(&self, message: String, help: &'static str) -> ConvertError {
        ConvertError::Limit {
            path: self.path.text.clone(),
            offset: self.xml.buffer_position(),
            message,
            help,
        }
    }

    fn cut_off(&self) -> ConvertError {
        self.error("the document breaks off here")
    }

    fn error(&self, message: &str) -> ConvertError {
        parse_error(self.path.text.clone(), self.xml.buffer_position(), message.to_owned())
    }
}

impl<R: Read> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path.text).finish_non_exhaustive()
    }
}

/// The element that an end tag names to which no element fits.
fn unexpected_end(problem: &IllFormedError) -> Option<&str> {
    match problem {
        IllFormedError::MismatchedEndTag { found, .. } | IllFormedError::UnmatchedEndTag(found) => {
            Some(found)
        }
        _ => None,
    }
}

fn parse_error(path: String, offset: u64, message: String) -> ConvertError {
    ConvertError::Parse { path, offset, message }
}
