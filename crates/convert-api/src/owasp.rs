//! Categories of the OWASP Top 10 lists in the spellings of scanners.

use scanlift_report_core::Identifier;

/// The category that a field for OWASP categories names: `A03:2021 - Injection`, `A1: Injection`,
/// `OWASP-A1:2017`, `M5`, `API3`, `LLM01:2025`.
/// Its value is the category alone, so that spellings of one are one.
#[must_use]
pub fn identifier(text: &str) -> Option<Identifier<'static>> {
    parse(text, true)
}

/// The category that a tag names, which may be about anything: one that has a year, or says `owasp`.
#[must_use]
pub fn of_tag(tag: &str) -> Option<Identifier<'static>> {
    parse(tag, false)
}

fn parse(text: &str, bare: bool) -> Option<Identifier<'static>> {
    let text = text.trim();
    let marked = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("owasp"));
    let rest = if marked { text[5..].trim_start_matches(['-', '_', ':', ' ', '/']) } else { text };
    let rest = if marked && rest.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("top10")) {
        rest[5..].trim_start_matches(['-', '_', ':', ' ', '/'])
    } else {
        rest
    };
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let list = rest[..letters].to_ascii_uppercase();
    let digits = rest[letters..].bytes().take_while(u8::is_ascii_digit).count();
    let number: u32 = rest[letters..letters + digits].parse().ok()?;
    if !["A", "M", "API", "LLM"].contains(&list.as_str()) || !(1..=10).contains(&number) {
        return None;
    }
    let behind = &rest[letters + digits..];
    let year = behind
        .strip_prefix(':')
        .and_then(|behind| behind.get(..4))
        .filter(|year| year.bytes().all(|b| b.is_ascii_digit()));
    if year.is_none() && !marked && !bare {
        return None;
    }
    let title = behind
        .strip_prefix(':')
        .map_or(behind, |behind| if year.is_some() { &behind[4..] } else { behind })
        .trim_matches([' ', '-', ':', '_']);
    let value = match year {
        Some(year) if year >= "2021" => format!("{list}{number:02}:{year}"),
        Some(year) => format!("{list}{number}:{year}"),
        None => format!("{list}{number}"),
    };
    let name = if title.is_empty() { value.clone() } else { format!("{value} - {title}") };
    Identifier::new("owasp", name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, of_field, of_tag_too) in [
            ("A03:2021 - Injection", Some("A03:2021"), true),
            ("A3:2021", Some("A03:2021"), true),
            ("A1:2017-Injection", Some("A1:2017"), true),
            ("OWASP-A1: Injection", Some("A1"), true),
            ("A1: Injection", Some("A1"), false),
            ("M5: Insufficient Cryptography", Some("M5"), false),
            ("API3", Some("API3"), false),
            ("A11:2021", None, false),
            ("B1", None, false),
            ("ÄÖÜ", None, false),
            ("", None, false),
        ] {
            assert_eq!(identifier(text).map(|it| it.value.into_owned()).as_deref(), of_field, "{text}");
            assert_eq!(of_tag(text).is_some(), of_tag_too, "{text}");
        }
    }
}
