//! Adds to what people read beside a finding.

use crate::code::trimmed;
use scanlift_report_core::{Detail, Details, Text, is_url};

/// How many items of a list are shown.
const SHOWN: usize = 50;
/// The longest text that is shown on a line of its own; a longer one, or one of several lines, is code.
const LINE: usize = 200;

/// Adds a list unless it is empty: of one item as a text, of more than 50 the first ones and how many
/// more there are. Blank items are left out.
pub fn add_list<'a, T: Into<Text<'a>>>(
    details: &mut Details<'a>,
    key: impl Into<Text<'a>>,
    name: impl Into<Text<'a>>,
    items: impl IntoIterator<Item = T>,
) {
    let mut more = 0_u64;
    let mut shown = Vec::new();
    for item in items.into_iter().map(Into::into).filter(|item| !item.trim().is_empty()) {
        if shown.len() < SHOWN {
            shown.push(Detail::Text { value: item });
        } else {
            more += 1;
        }
    }
    if more > 0 {
        shown.push(Detail::text(format!("and {more} more")));
    }
    let single = if shown.len() == 1 { shown.pop() } else { None };
    if let Some(item) = single {
        details.insert(key, name, item);
    } else if !shown.is_empty() {
        details.insert(key, name, Detail::List { items: shown });
    }
}

/// Adds a text; one of several lines as code, which keeps them.
pub fn add_text<'a>(
    details: &mut Details<'a>,
    key: impl Into<Text<'a>>,
    name: impl Into<Text<'a>>,
    text: impl Into<Text<'a>>,
) {
    let text = trimmed(text.into());
    if text.is_empty() {
        return;
    }
    if text.contains('\n') || text.len() > LINE {
        details.insert(key, name, Detail::Code { value: text, lang: None });
    } else {
        details.text(key, name, text);
    }
}

/// Adds an address: a link where it is one of the web, else a text.
pub fn add_url<'a>(
    details: &mut Details<'a>,
    key: impl Into<Text<'a>>,
    name: impl Into<Text<'a>>,
    url: impl Into<Text<'a>>,
) {
    let url = trimmed(url.into());
    if is_url(&url) {
        details.insert(key, name, Detail::Url { text: None, href: url });
    } else {
        details.text(key, name, url);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_as_long_as_people_read() {
        let listed = |items: Vec<String>| {
            let mut details = Details::default();
            add_list(&mut details, "k", "K", items);
            details.get("k").cloned()
        };
        assert_eq!(listed(vec![" ".to_owned()]), None);
        assert_eq!(listed(vec!["a".to_owned()]), Some(Detail::text("a")));
        let Some(Detail::List { items }) = listed((0..60).map(|n| n.to_string()).collect()) else {
            panic!("no list")
        };
        assert_eq!((items.len(), items.last()), (51, Some(&Detail::text("and 10 more"))));
    }
}
