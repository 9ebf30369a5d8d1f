//! CWE numbers in the spellings of scanners.

/// The CWE that a text names: `CWE-79`, `cwe:79`, `CWE79`, `external/cwe/cwe-079`,
/// `CWE-79: Improper ...`, `CWE_79`, `cwe 79`. A bare number is none.
#[must_use]
pub fn parse(text: &str) -> Option<u32> {
    find(text)
        .filter(|(start, _, _)| *start == 0 || text[..*start].ends_with('/'))
        .map(|(_, _, number)| number)
}

/// Every CWE that a text names anywhere, in order, without repetition.
#[must_use]
pub fn all(text: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    let mut rest = text;
    while let Some((_, end, number)) = find(rest) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
        rest = &rest[end..];
    }
    numbers
}

/// The first `cwe` that a number follows: where it begins and ends, and the number (1 to 99,999).
fn find(text: &str) -> Option<(usize, usize, u32)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = position(&bytes[from..]).map(|at| at + from) {
        let mut end = at + 3;
        while end < bytes.len()
            && end < at + 6
            && matches!(bytes[end], b'-' | b'_' | b':' | b' ' | b'#' | b'/')
        {
            end += 1;
        }
        let digits = bytes[end..].iter().take_while(|b| b.is_ascii_digit()).count();
        let bounded = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if bounded
            && (1..=5).contains(&digits)
            && let Ok(number @ 1..) = text[end..end + digits].parse()
        {
            return Some((at, end + digits, number));
        }
        from = at + 3;
    }
    None
}

fn position(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|window| window.eq_ignore_ascii_case(b"cwe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, want) in [
            ("CWE-79", Some(79)),
            ("cwe:79", Some(79)),
            ("CWE79", Some(79)),
            ("CWE_79", Some(79)),
            ("cwe 79", Some(79)),
            ("CWE: 79", Some(79)),
            ("external/cwe/cwe-079", Some(79)),
            ("CWE-95: Improper Neutralization (CWE-94)", Some(95)),
            ("see CWE-95", None),
            ("79", None),
            ("CWE-", None),
            ("CWE-0", None),
            ("CWE-1234567", None),
            ("xcwe-79", None),
            ("", None),
        ] {
            assert_eq!(parse(text), want, "{text}");
        }
        assert_eq!(all("CWE-79, CWE-80 and cwe-79 (äCWE-7)"), [79, 80, 7]);
    }
}
