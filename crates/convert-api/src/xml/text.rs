//! How names, values and texts are laid down: one behind the other, each known by where it is.

use super::element::Tag;
use super::guard::{has_control, is_control};
use super::oddities::At;
use quick_xml::escape::{resolve_xml_entity, unescape, unescape_with};
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesRef, BytesStart};
use std::borrow::Cow;

/// What an attribute takes without its value, or an element without its text.
pub(super) const OVERHEAD: usize = 64;

/// More attributes of a tag are not compared with each other.
const COMPARED: usize = 64;

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
    pub(super) fn fill(&mut self, start: &BytesStart<'_>, name: &str, odd: &mut At<'_>) {
        self.text.clear();
        self.attributes.clear();
        let budget = &mut usize::MAX.clone();
        self.name = write_tag(start, name, &mut self.text, &mut self.attributes, budget, odd);
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
    odd: &mut At<'_>,
) -> Span {
    let written = write(text, name, budget);
    // Most elements have none.
    if start.len() > name.len() {
        let first = attributes.len();
        let mut seen = 0_u64;
        for attribute in start.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                odd.attribute();
                continue;
            };
            let Some(left) = budget.checked_sub(OVERHEAD) else { break };
            *budget = left;
            let name = attribute.key.local_name();
            let name: &str = name.as_ref();
            // Names of another length or beginning are others.
            let bit =
                1_u64 << ((name.len() ^ usize::from(name.as_bytes().first().copied().unwrap_or(0))) % 64);
            if seen & bit != 0 && is_among(name, &attributes[first..], text) && has_twice(start) {
                odd.twice();
            }
            seen |= bit;
            let name = write(text, name, budget);
            let value = write(text, &resolved(&attribute.value, odd), budget);
            attributes.push(Attribute { name, value });
        }
    }
    written
}

fn is_among(name: &str, attributes: &[Attribute], text: &str) -> bool {
    attributes.len() < COMPARED && attributes.iter().any(|attribute| attribute.name.is(name, text))
}

/// Whether an attribute is there twice, of the same prefix, too.
#[cold]
fn has_twice(start: &BytesStart<'_>) -> bool {
    let mut attributes = start.attributes().take(COMPARED);
    attributes.any(|attribute| matches!(attribute, Err(AttrError::Duplicated(..))))
}

/// What the value of an attribute stands for.
fn resolved<'v>(value: &'v str, odd: &mut At<'_>) -> Cow<'v, str> {
    let text = unescape_with(value, resolve_xml_entity).or_else(|error| {
        odd.unresolved(&error);
        // HTML knows more entities; what it does not know stays as it is.
        unescape(value)
    });
    match text {
        Ok(Cow::Owned(text)) if has_control(text.as_bytes()) => {
            odd.reference();
            Cow::Owned(text.replace(|c: char| u8::try_from(c).is_ok_and(is_control), "\u{FFFD}"))
        }
        Ok(text) => text,
        Err(_) => Cow::Borrowed(value),
    }
}

fn write(out: &mut String, text: &str, budget: &mut usize) -> Span {
    let start = out.len();
    push(out, text, budget);
    Span::new(start, out.len())
}

/// Adds what a reference stands for: a character, or itself where only a document type would know.
pub(super) fn resolve(entity: &BytesRef<'_>, out: &mut String, budget: &mut usize, odd: &mut At<'_>) {
    let name: &str = entity;
    if let Some(text) = resolve_xml_entity(name) {
        return push(out, text, budget);
    }
    match entity.resolve_char_ref() {
        Ok(Some(character)) if !u8::try_from(character).is_ok_and(is_control) => {
            push(out, character.encode_utf8(&mut [0; 4]), budget);
        }
        Ok(None) => {
            odd.entity(name);
            push(out, &format!("&{name};"), budget);
        }
        Ok(Some(_)) | Err(_) => {
            odd.reference();
            push(out, "\u{FFFD}", budget);
        }
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
