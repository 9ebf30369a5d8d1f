//! ZAP: ranks in numbers and words, its texts, and its tags.

use crate::html;
use scanlift_report_core::{Detail, Details, Identifier, Severity, Text};

/// `riskcode`, else the first word of `riskdesc`: `High (Medium)`.
#[must_use]
pub fn severity(code: Option<&str>, words: Option<&str>) -> Option<Severity> {
    match code {
        Some("0") => Some(Severity::Info),
        Some("1") => Some(Severity::Low),
        Some("2") => Some(Severity::Medium),
        Some("3") => Some(Severity::High),
        Some("4") => Some(Severity::Critical),
        _ => Severity::from_word(words?.split('(').next()?),
    }
}

/// `confidence` in words.
#[must_use]
pub fn confidence<'a>(code: Option<&'a str>, words: Option<&'a str>) -> &'a str {
    match code {
        Some("1") => "Low",
        Some("2") => "Medium",
        Some("3") => "High",
        Some("4") => "Confirmed",
        _ => words.or(code).unwrap_or_default(),
    }
}

/// `sourceid` in words (`Alert.Source`).
#[must_use]
pub fn source(code: Option<&str>) -> &str {
    match code {
        Some("1") => "Active scan",
        Some("2") => "Manual",
        Some("3") => "Passive scan",
        Some("4") => "Tool",
        _ => "",
    }
}

/// The number of a class; ZAP writes 0 and -1 where it has none.
#[must_use]
pub fn number(text: Option<&str>) -> Option<u32> {
    text?.parse().ok().filter(|number| *number > 0)
}

/// `otherinfo`, whose lines reports have as paragraphs of HTML for an alert, and as they are for an instance.
#[must_use]
pub fn other_info(text: &str) -> Text<'_> {
    let Some(inner) = text.trim().strip_prefix("<p>") else { return Text::Borrowed(text) };
    let lines = inner.trim_end_matches("</p>").replace("</p><p>", "\n");
    Text::Owned(html::unescape(&lines).into_owned())
}

/// The OWASP category that a tag names: `OWASP_2021_A03` is `A03:2021`.
#[must_use]
pub fn owasp(tag: &str, link: Option<&str>) -> Option<Identifier<'static>> {
    let (year, category) = tag.strip_prefix("OWASP_")?.split_once('_')?;
    let fits = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && category.starts_with('A');
    let value = format!("{category}:{year}");
    let identifier = Identifier::new("owasp", value.clone(), value).filter(|_| fits)?;
    Some(identifier.with_url(link.unwrap_or_default().to_owned()))
}

/// Tags, with their links.
pub fn add_tags<'a>(details: &mut Details<'a>, tags: &[(&'a str, Option<&'a str>)]) {
    let items = tags.iter().take(50).map(|(tag, link)| {
        match link.filter(|link| scanlift_report_core::is_url(link)) {
            Some(link) => Detail::Url { text: Some((*tag).into()), href: link.into() },
            None => Detail::text(match link {
                Some(value) => format!("{tag}: {value}"),
                None => (*tag).to_owned(),
            }),
        }
    });
    let items: Vec<_> = items.collect();
    if !items.is_empty() {
        details.insert("tags", "Tags", Detail::List { items });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_tags() {
        for (code, words, want) in [
            (Some("3"), None, Some(Severity::High)),
            (None, Some("Medium (Low)"), Some(Severity::Medium)),
            (Some("x"), Some("Informational (High)"), Some(Severity::Info)),
            (None, None, None),
        ] {
            assert_eq!(severity(code, words), want);
        }
        for (text, want) in [
            ("<p>No token in</p><p>[Form 1: &quot;q&quot;]</p>", "No token in\n[Form 1: \"q\"]"),
            ("in <b>this</b>\nform", "in <b>this</b>\nform"),
        ] {
            assert_eq!(other_info(text), want);
        }
        let value = |tag| owasp(tag, None).map(|it| it.value.into_owned());
        assert_eq!(value("OWASP_2021_A03").as_deref(), Some("A03:2021"));
        assert_eq!(value("WSTG-v42-INPV-01"), None);
    }
}
