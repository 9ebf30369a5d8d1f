//! Where in a value an error is: from how far serde_json had read to the path of what does not fit.
//!
//! A deserializer that keeps account of the path tells it too, but has every model compiled once more, for errors only.

use serde_json::Error;

use super::error::Step;
use super::repair::decode;

/// How many bytes of `text` serde_json had read when it gave up.
pub(super) fn bytes_read(text: &str, error: &Error) -> usize {
    let line = match error.line() {
        0 | 1 => 0,
        line => memchr::memchr_iter(b'\n', text.as_bytes()).nth(line - 2).map_or(0, |newline| newline + 1),
    };
    line.saturating_add(error.column()).min(text.len())
}

/// The path of the value that `error` is about.
///
/// serde_json stops behind a scalar that does not fit and behind an object that lacks a field.
/// Where an object or list stands that should be something else, it stops before the bracket or behind it.
pub(super) fn path_of(text: &str, error: &Error) -> Vec<Step> {
    path_up_to(text.as_bytes(), bytes_read(text, error), &error.to_string())
}

/// The path of the value that the byte at `offset` is of, or of the object or list that it stands in.
pub(super) fn path_at(text: &str, offset: usize) -> Vec<Step> {
    path_up_to(text.as_bytes(), offset + 1, "")
}

/// The path of what ends the first `read` bytes; `message` is that of the error there.
fn path_up_to(text: &[u8], read: usize, message: &str) -> Vec<Step> {
    // Behind the bracket of a list is before the bracket of its first item: the error says which is meant.
    let is_of_list = message.starts_with("invalid type: sequence");
    // A field under two of its names: behind the second one.
    let is_of_key = message.starts_with("duplicate field");
    // A step into each container that is open.
    let mut path: Vec<Step> = Vec::new();
    let (mut at, mut before) = (0, b' ');
    while let Some(byte) = text.get(at).copied() {
        let start = at;
        at += 1;
        if byte.is_ascii_whitespace() {
            continue;
        }
        if read <= start {
            if is_of_key {
                return path;
            }
            if !matches!(byte, b'{' | b'[') || (before == b'[' && is_of_list) {
                path.pop();
            }
            return path;
        }
        let ends_value = match byte {
            b'{' => {
                path.push(Step::Key(String::new()));
                false
            }
            b'[' => {
                path.push(Step::Index(0));
                false
            }
            b'}' | b']' => {
                path.pop();
                true
            }
            b',' => {
                if let Some(Step::Index(index)) = path.last_mut() {
                    *index += 1;
                }
                false
            }
            b':' => false,
            b'"' => {
                at = string_end(text, at);
                match (before, path.last_mut()) {
                    (b'{' | b',', Some(Step::Key(key))) => {
                        decode(&text[start..at], key);
                        false
                    }
                    _ => true,
                }
            }
            _ => {
                at = scalar_end(text, at);
                true
            }
        };
        if ends_value && read <= at {
            return path;
        }
        before = byte;
    }
    path.pop();
    path
}

/// Behind the string whose first character is at `at`.
fn string_end(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

/// Behind the number or word that goes on at `at`.
fn scalar_end(text: &[u8], at: usize) -> usize {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",:]}[{\"".contains(byte);
    text[at..].iter().position(is_end).map_or(text.len(), |length| at + length)
}
