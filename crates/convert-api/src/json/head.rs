//! A look at the first bytes of a document, to tell its format.

use std::borrow::Cow;

use super::reader::Kind;
use super::repair::decode;
use super::scan::{Progress, Scan};

/// How much of a document is looked at.
const LONGEST: usize = 64 * 1024;

/// The outline of a document as far as its first bytes show it.
///
/// The bytes may stop anywhere, and no more than 64 KiB of them are looked at.
/// Arrays are looked through: the keys of `[{"a": 1}]` and `[[{"a": 1}]]` are those of the items.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    kind: Option<Kind>,
    members: Vec<Member<'a>>,
}

#[derive(Clone, Debug)]
struct Member<'a> {
    key: Cow<'a, str>,
    /// The value, when it is a string and there to its end.
    text: Option<Cow<'a, str>>,
    /// The bytes of the value, as far as they are there.
    value: &'a [u8],
}

impl<'a> Head<'a> {
    /// The outline that `bytes`, the first of a document, show.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        let bytes = trim(&bytes[..bytes.len().min(LONGEST)]);
        let kind = Kind::at(bytes);
        Self { kind, members: members(bytes).collect() }
    }

    /// What the document is; `None` when no JSON value starts here.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// The keys of the document, in their order; those of an array of objects come once per item.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| &*member.key)
    }

    /// Whether the document has this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys().any(|found| found == key)
    }

    /// The first value of this key that is a string.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.members.iter().filter(|member| member.key == key).find_map(|member| member.text.as_deref())
    }

    /// Whether the keys of `path` are found inside each other, as in `["runs", "tool"]`.
    #[must_use]
    pub fn path_has(&self, path: &[&str]) -> bool {
        self.at(path).next().is_some()
    }

    /// The first string at the end of `path`, as in `["runs", "tool", "driver", "name"]`.
    #[must_use]
    pub fn path_text(&self, path: &[&str]) -> Option<Cow<'a, str>> {
        self.at(path).find_map(|member| member.text)
    }

    /// Whether no object below this key is seen to have a member: `[]`, or a document that is cut there.
    #[must_use]
    pub fn is_empty(&self, key: &str) -> bool {
        self.members.iter().filter(|member| member.key == key).all(|it| members(it.value).next().is_none())
    }

    /// The members at the end of `path`.
    fn at(&self, path: &[&str]) -> Box<dyn Iterator<Item = Member<'a>> + '_> {
        let Some((first, rest)) = path.split_first() else { return Box::new(std::iter::empty()) };
        let first = (*first).to_owned();
        let mut found: Box<dyn Iterator<Item = Member<'a>> + '_> =
            Box::new(self.members.iter().filter(move |member| member.key == first).cloned());
        for key in rest {
            let key = (*key).to_owned();
            found = Box::new(
                found.flat_map(|member| members(member.value)).filter(move |member| member.key == key),
            );
        }
        found
    }
}

/// The members of the object that starts here, or of the objects in the array that starts here.
fn members(bytes: &[u8]) -> Members<'_> {
    match bytes.split_first() {
        Some((b'[', rest)) => Members { rest, arrays: 1, in_object: false },
        Some((b'{', rest)) => Members { rest, arrays: 0, in_object: true },
        _ => Members { rest: &[], arrays: 0, in_object: false },
    }
}

struct Members<'a> {
    rest: &'a [u8],
    /// How many arrays are open around the objects: more than one where pages of an API are in a list.
    arrays: usize,
    in_object: bool,
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        loop {
            self.rest = trim(self.rest);
            let (first, rest) = self.rest.split_first()?;
            match first {
                b',' => self.rest = rest,
                b'"' if self.in_object => return self.member(),
                b'}' if self.in_object && self.arrays > 0 => {
                    self.in_object = false;
                    self.rest = rest;
                }
                _ if self.in_object || self.arrays == 0 => return None,
                b'{' => {
                    self.in_object = true;
                    self.rest = rest;
                }
                b'[' => {
                    self.arrays += 1;
                    self.rest = rest;
                }
                b']' if self.arrays > 1 => {
                    self.arrays -= 1;
                    self.rest = rest;
                }
                _ => self.rest = split_value(self.rest)?.1,
            }
        }
    }
}

impl<'a> Members<'a> {
    fn member(&mut self) -> Option<Member<'a>> {
        let (key, rest) = split_value(self.rest)?;
        let key = text(key)?;
        let Some(rest) = trim(rest).strip_prefix(b":") else {
            self.rest = &[];
            // Cut off between key and value, or no JSON.
            return trim(rest).is_empty().then_some(Member { key, text: None, value: &[] });
        };
        let rest = trim(rest);
        let (value, rest) = split_value(rest).unwrap_or((rest, &[]));
        self.rest = rest;
        Some(Member { key, text: text(value), value })
    }
}

/// The value that starts here and what follows it; `None` when no value starts here or it is cut off.
fn split_value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.get(1..)?;
    let mut scan = match Kind::at(bytes)? {
        Kind::Object | Kind::Array => Scan::nested(1, usize::MAX),
        Kind::String => Scan::Text,
        Kind::Number | Kind::Bool | Kind::Null => Scan::Scalar,
    };
    match scan.advance(rest) {
        Progress::End(length) => bytes.split_at_checked(length + 1),
        Progress::More(_) | Progress::TooDeep => None,
    }
}

/// The string that this is, when it has its closing quote.
fn text(value: &[u8]) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr2(b'\\', b'"', inner).is_none() {
        return Some(String::from_utf8_lossy(inner));
    }
    if split_value(value)?.0.len() < value.len() {
        return None;
    }
    let mut decoded = String::new();
    decode(value, &mut decoded);
    Some(Cow::Owned(decoded))
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start()
}
