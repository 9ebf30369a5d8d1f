//! How names, values and texts are laid down: one behind the other, each known by where it is.

use super::element::Tag;
use quick_xml::events::{BytesRef, BytesStart};

/// What an attribute takes without its value, or an element without its text.
pub(super) const OVERHEAD: usize = 64;

/// A piece of a text or of a list.
///
/// What is laid down takes less than 4 GiB, since the reader has its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) const fn new(start: usize, end: usize) -> Self {
        Self { start: narrow(start), end: narrow(end) }
    }

    /// Whether it is that word. Names are compared more often than anything else.
    pub(super) fn is(self, word: &str, text: &str) -> bool {
        let (start, end) = (self.start as usize, self.end as usize);
        end - start == word.len() && text.as_bytes().get(start..end) == Some(word.as_bytes())
    }

    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    pub(super) fn among<T>(self, list: &[T]) -> &[T] {
        list.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked; a constant function has no try_from")]
const fn narrow(at: usize) -> u32 {
    if at > u32::MAX as usize { u32::MAX } else { at as u32 }
}

/// An attribute: where its local name and its value are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: Span,
    pub(super) value: Span,
}

impl Tag {
    /// Becomes that start tag, which has that local name.
    pub(super) fn fill(&mut self, start: &BytesStart<'_>, name: &str) {
        self.text.clear();
        self.attributes.clear();
        self.name = write_tag(start, name, &mut self.text, &mut self.attributes, &mut usize::MAX.clone());
    }
}

/// Lays down a start tag and says where its name is; an attribute that is malformed, or past the
/// budget, is left out.
pub(super) fn write_tag(
    start: &BytesStart<'_>,
    name: &str,
    text: &mut String,
    attributes: &mut Vec<Attribute>,
    budget: &mut usize,
) -> Span {
    let written = write(text, name, budget);
    // Most elements have none.
    if start.len() > name.len() {
        for attribute in start.attributes().with_checks(false).filter_map(Result::ok) {
            let Some(left) = budget.checked_sub(OVERHEAD) else { break };
            *budget = left;
            let name = write(text, attribute.key.local_name().as_ref(), budget);
            let unescaped = quick_xml::escape::unescape(&attribute.value);
            // The error is an entity that nobody knows.
            let value = write(text, unescaped.as_deref().unwrap_or(&attribute.value), budget);
            attributes.push(Attribute { name, value });
        }
    }
    written
}

fn write(out: &mut String, text: &str, budget: &mut usize) -> Span {
    let start = out.len();
    push(out, text, budget);
    Span::new(start, out.len())
}

/// Adds what a reference stands for: a character, or itself where only a document type would know.
pub(super) fn resolve(entity: &BytesRef<'_>, out: &mut String, budget: &mut usize) {
    let name: &str = entity;
    if let Some(text) = quick_xml::escape::resolve_xml_entity(name) {
        return push(out, text, budget);
    }
    match entity.resolve_char_ref() {
        Ok(Some(character)) => push(out, character.encode_utf8(&mut [0; 4]), budget),
        Ok(None) => push(out, &format!("&{name};"), budget),
        Err(_) => push(out, "\u{FFFD}", budget),
    }
}

/// Adds what the budget allows.
pub(super) fn push(out: &mut String, text: &str, budget: &mut usize) {
    match budget.checked_sub(text.len()) {
        Some(left) => {
            *budget = left;
            out.push_str(text);
        }
        None => {
            let mut end = *budget;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            *budget -= end;
            out.push_str(&text[..end]);
        }
    }
}
