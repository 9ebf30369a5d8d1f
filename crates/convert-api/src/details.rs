//! Adds to what people read beside a finding.

use scanlift_report_core::{Detail, Details, Text};

/// How many items of a list are shown.
const SHOWN: usize = 50;

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
