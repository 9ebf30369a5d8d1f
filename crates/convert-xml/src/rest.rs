//! What a format says that no mapping names: kept for people, in the format's own words.

use scanlift_convert_api::details::add_list;
pub(crate) use scanlift_convert_api::details::{add_text, add_url};
use scanlift_convert_api::xml::Element;
use scanlift_report_core::{Details, Text};
use std::borrow::Cow;

/// Adds the children of an element that are plain texts and that the mapping does not use, in the
/// document's order: `exploit_available` becomes "Exploit available". Repeated ones become a list.
pub(crate) fn add_rest<'a>(details: &mut Details<'a>, element: Element<'a>, used: &[&str]) {
    let rest = element.children().filter(|child| !used.iter().any(|name| child.is(name)));
    add_fields(details, rest.filter_map(|child| Some((child.name(), child.text()?))).collect());
}

/// Adds texts by their names, likewise.
pub(crate) fn add_fields<'a>(details: &mut Details<'a>, mut fields: Vec<(&'a str, &'a str)>) {
    for _ in 0..MOST {
        let Some((name, _)) = fields.first() else { return };
        let name = *name;
        let key = key(name);
        if details.get(&key).is_none() {
            let same = fields.iter().filter(|(other, _)| *other == name).map(|(_, text)| *text);
            add_all(details, key, heading(name), same);
        }
        fields.retain(|(other, _)| *other != name);
    }
}

/// More names are of no use to people.
const MOST: usize = 64;

/// Adds texts below one heading.
fn add_all<'a>(
    details: &mut Details<'a>,
    key: Text<'a>,
    heading: String,
    texts: impl Iterator<Item = &'a str>,
) {
    let mut texts = texts.peekable();
    let first = texts.next();
    match first {
        Some(text) if texts.peek().is_none() => add_text(details, key, heading, text),
        _ => add_list(details, key, heading, first.into_iter().chain(texts)),
    }
}

/// `AOP_SourceFile` to `aop_source_file`.
fn key(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 4);
    let mut previous = '_';
    for c in name.chars() {
        let part = c.is_alphanumeric();
        if (c.is_uppercase() && (previous.is_lowercase() || previous.is_ascii_digit()) || !part)
            && !out.ends_with('_')
        {
            out.push('_');
        }
        if part {
            out.extend(c.to_lowercase());
        }
        previous = c;
    }
    Cow::Owned(out.trim_matches('_').to_owned())
}

/// `AOP_SourceFile` to "Aop source file".
fn heading(name: &str) -> String {
    let mut words = key(name).replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::xml::Reader;
    use scanlift_report_core::Detail;

    #[test]
    fn names_become_headings() {
        for (name, want_key, want) in [
            ("exploit_available", "exploit_available", "Exploit available"),
            ("AOP_SourceFile", "aop_source_file", "Aop source file"),
            ("FIRST_FOUND", "first_found", "First found"),
            ("asoc-issue-id", "asoc_issue_id", "Asoc issue id"),
            ("LookupId", "lookup_id", "Lookup id"),
        ] {
            assert_eq!((&*key(name), heading(name).as_str()), (want_key, want));
        }
    }

    #[test]
    fn what_is_not_used_is_kept() {
        let document = b"<r><a>used</a><b>one</b><c>1</c><c>2</c><d/><e><f>x</f></e><g>two\nlines</g></r>";
        let mut reader = Reader::new(&document[..]);
        let root = reader.root().expect("a root");
        let element = reader.element(&root).expect("well formed");
        let mut details = Details::default();
        add_rest(&mut details, element.root(), &["a"]);
        let keys: Vec<_> = details.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["b", "c", "g"]);
        assert!(matches!(details.get("c"), Some(Detail::List { items }) if items.len() == 2));
        assert!(matches!(details.get("g"), Some(Detail::Code { .. })));
    }
}
