//! What a strict reader would refuse a document for, though it can be read.

use super::guard::Guard;
use crate::{Sink, Warning};
use encoding_rs::Encoding;
use quick_xml::escape::EscapeError;
use quick_xml::events::{BytesDecl, BytesStart};
use quick_xml::name::QName;
use std::fmt;

/// Prefixes that are looked at; documents have a handful.
const PREFIXES: usize = 64;

/// How most of what is told ends.
const SO: &str = "so the document is not well formed";

/// What may be odd; of each the first one is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    Declaration,
    Encoding,
    Bytes,
    Controls,
    Prefix,
    Endless,
    Text,
    Comment,
    Entity,
    Ampersand,
    Reference,
    Bracket,
    Attribute,
    Twice,
}

/// What is odd about a document.
#[derive(Debug, Default)]
pub(super) struct Oddities {
    /// Whether anything stood before.
    pub(super) begun: bool,
    /// Prefixes of namespaces that are declared anywhere before.
    prefixes: Vec<String>,
    /// In the order of the document.
    told: Vec<(Odd, String)>,
}

impl Oddities {
    /// Those of what is read at that path.
    pub(super) fn at<'o>(&'o mut self, path: &'o str) -> At<'o> {
        At { oddities: self, path }
    }

    fn tell(&mut self, odd: Odd, what: fmt::Arguments<'_>) {
        if !self.told.iter().any(|(told, _)| *told == odd) {
            self.told.push((odd, format!("{what}, {SO}")));
        }
    }

    pub(super) fn warn(&self, sink: &mut dyn Sink) {
        self.told.iter().for_each(|(_, text)| sink.warn(Warning::note(text.as_str())));
    }

    /// Text before the root.
    pub(super) fn text(&mut self) {
        self.tell(Odd::Text, format_args!("text stands before the root element"));
    }

    /// An element of HTML without an end.
    pub(super) fn endless(&mut self) {
        self.tell(Odd::Endless, format_args!("elements of HTML as <br> have no end"));
    }

    /// Looks at the bytes that went through.
    pub(super) fn see_bytes<R>(&mut self, guard: &Guard<R>) {
        if let Some(at) = guard.first_replaced {
            let odd = Odd::Bytes;
            self.tell(odd, format_args!("bytes that are no UTF-8 were replaced, the first one at byte {at}"));
        }
        if let Some(at) = guard.first_control {
            let odd = Odd::Controls;
            self.tell(odd, format_args!("control characters read as blanks, the first one at byte {at}"));
        }
    }

    /// Looks at the declaration. Whoever opens a document undoes the encoding that it names if that is known.
    pub(super) fn see_declaration(&mut self, declaration: &BytesDecl<'_>) {
        if self.begun {
            self.tell(Odd::Declaration, format_args!("the XML declaration is not at the beginning"));
        }
        if let Some(Ok(label)) = declaration.encoding()
            && Encoding::for_label_no_replacement(label.as_bytes()).is_none()
        {
            self.tell(Odd::Encoding, format_args!("the encoding {label} is not known and was read as UTF-8"));
        }
    }

    /// Looks at a tag that has a colon or a bracket in it. Declarations of namespaces count for the element that they
    /// stand on, so they come first.
    pub(super) fn see_tag(&mut self, start: &BytesStart<'_>, path: &str) {
        if memchr::memchr(b'<', start.as_bytes()).is_some() {
            self.at(path).tell(Odd::Bracket, format_args!("a tag holds <"));
        }
        let mut attributes = start.attributes();
        let names = attributes.with_checks(false).filter_map(Result::ok).map(|attribute| attribute.key);
        let prefixed: Vec<_> = names.filter(|name| name.as_ref().contains(':')).collect();
        for declared in [true, false] {
            let same = |name: &&QName<'_>| name.as_ref().starts_with("xmlns:") == declared;
            prefixed.iter().filter(same).for_each(|name| self.see(name.as_ref()));
        }
        self.see(start.name().as_ref());
    }

    /// Looks at a name with its prefix.
    fn see(&mut self, name: &str) {
        let Some((prefix, local)) = name.split_once(':') else { return };
        let is_known = |prefix: &str| self.prefixes.iter().any(|known| known == prefix);
        if prefix == "xml" || self.prefixes.len() == PREFIXES {
            return;
        }
        if prefix != "xmlns" {
            if !is_known(prefix) {
                self.tell(Odd::Prefix, format_args!("the prefix {prefix} has no namespace"));
            }
        } else if !is_known(local) {
            self.prefixes.push(local.to_owned());
        }
    }
}

/// Where what is odd is told of what is read at a place.
pub(super) struct At<'o> {
    oddities: &'o mut Oddities,
    path: &'o str,
}

impl At<'_> {
    #[cold]
    fn tell(&mut self, odd: Odd, what: fmt::Arguments<'_>) {
        let path = if self.path.is_empty() { "the document" } else { self.path };
        self.oddities.tell(odd, format_args!("{what} in {path}"));
    }

    /// A comment with two hyphens in it.
    pub(super) fn comment(&mut self) {
        self.tell(Odd::Comment, format_args!("a comment holds --"));
    }

    /// An attribute without quotes or value.
    pub(super) fn attribute(&mut self) {
        self.tell(Odd::Attribute, format_args!("an attribute without quotes or value was left out"));
    }

    /// An attribute that is there already.
    pub(super) fn twice(&mut self) {
        self.tell(Odd::Twice, format_args!("an attribute is there twice"));
    }

    /// An entity that is not declared.
    pub(super) fn entity(&mut self, name: &str) {
        self.tell(Odd::Entity, format_args!("the entity &{name}; is not declared"));
    }

    /// An ampersand that begins no reference.
    pub(super) fn ampersand(&mut self) {
        self.tell(Odd::Ampersand, format_args!("an & begins no reference"));
    }

    /// A reference to no character of XML.
    pub(super) fn reference(&mut self) {
        self.tell(Odd::Reference, format_args!("a reference is to no character"));
    }

    /// What keeps a value from being resolved.
    pub(super) fn unresolved(&mut self, error: &EscapeError) {
        match error {
            EscapeError::UnrecognizedEntity(_, name) => self.entity(name),
            EscapeError::InvalidCharRef(_) => self.reference(),
            _ => self.ampersand(),
        }
    }
}
