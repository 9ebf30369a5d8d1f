//! The walk through a document.

use super::element::{Element, Tag};
use super::guard::Guard;
use crate::ConvertError;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::Read;

/// What one text, comment or tag may take.
const LARGEST_EVENT: u64 = 64 * 1024 * 1024;
/// What one [`Element`] may take with everything in it; what is over it is left out.
const LARGEST_ELEMENT: usize = 16 * 1024 * 1024;
/// What an element takes without its text, or an attribute without its value.
const OVERHEAD: usize = 64;
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
    /// The names of the elements that are open.
    path: Vec<String>,
    /// Whether the innermost one was just opened and nothing of it read.
    fresh: bool,
}

/// What the walk needs of an event.
enum Step {
    Open(Tag),
    Close,
    Text(String),
    End,
}

impl<R: Read> Reader<R> {
    /// A reader before the root element.
    pub fn new(read: R) -> Self {
        let mut xml = quick_xml::Reader::from_reader(Guard::new(read, LARGEST_EVENT));
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = false;
        config.allow_dangling_amp = true;
        Self { xml, buffer: Vec::new(), path: Vec::new(), fresh: false }
    }

    /// Moves to the root element.
    ///
    /// # Errors
    /// When the document has none, or is malformed before it.
    pub fn root(&mut self) -> Result<Tag, ConvertError> {
        loop {
            match self.step(None)? {
                Step::Open(tag) => return Ok(tag),
                Step::End => return Err(self.error("expected an element, found the end of the document")),
                Step::Text(_) | Step::Close => {}
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
        loop {
            match self.step(None)? {
                Step::Open(tag) => {
                    visit(&tag, self)?;
                    self.leave(level)?;
                }
                Step::Close => return Ok(()),
                Step::Text(_) => {}
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
    pub fn element(&mut self, tag: &Tag) -> Result<Element, ConvertError> {
        let mut budget = LARGEST_ELEMENT;
        // Each with whether it is kept.
        let mut open = vec![(Element { tag: tag.clone(), ..Element::default() }, true)];
        let fresh = std::mem::take(&mut self.fresh);
        while let Some((element, _)) = open.last_mut() {
            match if fresh { self.step(Some(&mut budget))? } else { Step::Close } {
                Step::Open(tag) => {
                    open.push((Element { tag, ..Element::default() }, budget > 0));
                    budget = budget.saturating_sub(OVERHEAD);
                }
                Step::Text(text) => element.text.push_str(&text),
                Step::Close => {
                    let Some((element, kept)) = open.pop() else { break };
                    match open.last_mut() {
                        Some((parent, _)) if kept => parent.children.push(element),
                        Some(_) => {}
                        None => return Ok(element),
                    }
                }
                Step::End => break,
            }
        }
        Err(self.cut_off())
    }

    /// Moves to the end of the document, and checks that it is well formed up to there.
    ///
    /// # Errors
    /// When it is not, and when something follows the root element.
    pub fn finish(&mut self) -> Result<(), ConvertError> {
        self.leave(0)?;
        loop {
            match self.step(None)? {
                Step::Open(_) => return Err(self.error("expected the end of the document, found an element")),
                Step::End => return Ok(()),
                Step::Close | Step::Text(_) => {}
            }
        }
    }

    /// Where the reader stands, as `report/host/item`.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.join("/")
    }

    /// Moves behind the elements that are deeper than `level`.
    fn leave(&mut self, level: usize) -> Result<(), ConvertError> {
        while self.path.len() > level {
            if let Step::End = self.step(None)? {
                return Err(self.cut_off());
            }
        }
        self.fresh = false;
        Ok(())
    }

    /// The next event. Texts and attributes are read only on a budget, which they use up; without
    /// one, attributes are read and texts are not.
    fn step(&mut self, budget: Option<&mut usize>) -> Result<Step, ConvertError> {
        let wants_text = budget.is_some();
        let mut unlimited = usize::MAX;
        let budget = budget.unwrap_or(&mut unlimited);
        loop {
            self.buffer.clear();
            self.xml.get_mut().reset();
            let event = self.xml.read_event_into(&mut self.buffer);
            let event = match event {
                Ok(event) => event,
                Err(quick_xml::Error::Io(error)) if error.kind() != std::io::ErrorKind::InvalidData => {
                    return Err(ConvertError::Read(std::io::Error::new(error.kind(), error.to_string())));
                }
                Err(error) => {
                    let offset = self.xml.error_position();
                    return Err(parse_error(self.path.join("/"), offset, error.to_string()));
                }
            };
            let text = match event {
                Event::Start(start) => {
                    let tag = tag(&start, budget);
                    self.path.push(tag.name.clone());
                    self.fresh = true;
                    if self.path.len() > DEEPEST {
                        return Err(self.error(&format!("elements are nested more than {DEEPEST} deep")));
                    }
                    return Ok(Step::Open(tag));
                }
                Event::End(_) => {
                    self.path.pop();
                    self.fresh = false;
                    return Ok(Step::Close);
                }
                Event::Eof => return Ok(Step::End),
                Event::Text(text) if wants_text => text.into_inner(),
                Event::CData(text) if wants_text => text.into_inner(),
                Event::GeneralRef(entity) if wants_text => resolve(&entity).into(),
                _ => continue,
            };
            return Ok(Step::Text(cut(&text, budget)));
        }
    }

    fn cut_off(&self) -> ConvertError {
        self.error("the document breaks off here")
    }

    fn error(&self, message: &str) -> ConvertError {
        parse_error(self.path.join("/"), self.xml.buffer_position(), message.to_owned())
    }
}

impl<R: Read> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A start tag; an attribute that is malformed, or past the budget, is left out.
pub(super) fn tag(start: &BytesStart<'_>, budget: &mut usize) -> Tag {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = start.attributes();
    let attributes = attributes.with_checks(false).filter_map(Result::ok).map_while(|attribute| {
        *budget = budget.checked_sub(OVERHEAD)?;
        let value = match quick_xml::escape::unescape(&attribute.value) {
            Ok(value) => value.into_owned(),
            // An entity that nobody knows.
            Err(_) => attribute.value.as_ref().to_owned(),
        };
        let key = attribute.key.local_name().as_ref().to_owned();
        Some((key, cut(&value, budget)))
    });
    Tag { name, attributes: attributes.collect() }
}

/// What a reference stands for: a character, or itself where only a document type would know.
fn resolve(entity: &BytesRef<'_>) -> String {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => return character.to_string(),
        Ok(None) => {}
        Err(_) => return char::REPLACEMENT_CHARACTER.to_string(),
    }
    let name: &str = entity;
    match quick_xml::escape::resolve_xml_entity(name) {
        Some(text) => text.to_owned(),
        None => format!("&{name};"),
    }
}

fn cut(text: &str, budget: &mut usize) -> String {
    let mut end = text.len().min(*budget);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    *budget -= end;
    text[..end].replace('\0', "")
}

fn parse_error(path: String, offset: u64, message: String) -> ConvertError {
    ConvertError::Parse { path, offset, message }
}
