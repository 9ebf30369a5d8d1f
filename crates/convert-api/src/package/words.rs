//! What scanners spell out that has a short form.

use super::Text;

/// The name of a Python package in its normal form (PEP 503): in lower case, and every run of `-`, `_` and `.`
/// one `-`.
///
/// ```
/// use scanlift_convert_api::package::python_name;
///
/// assert_eq!(python_name("Zope._-Interface"), "zope-interface");
/// ```
#[must_use]
pub fn python_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.to_lowercase().chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c),
        }
    }
    normal
}

/// The CVSS vector of metrics that are spelled out: each value is its word (`NETWORK`, `PARTIAL`,
/// `REQUIRED`), of which the standard's letter is the first one in versions 2 and 3. `None` unless
/// every metric has a value.
///
/// ```
/// use scanlift_convert_api::package::vector_of_words;
///
/// let words = [("AV", Some("NETWORK")), ("AC", Some("Low")), ("Au", Some("NONE"))];
/// assert_eq!(vector_of_words("", &words).as_deref(), Some("AV:N/AC:L/Au:N"));
/// assert_eq!(vector_of_words("CVSS:3.1", &[("AV", None)]), None);
/// ```
#[must_use]
pub fn vector_of_words(prefix: &str, metrics: &[(&str, Option<&str>)]) -> Option<Text<'static>> {
    let mut vector = prefix.to_owned();
    for (metric, word) in metrics {
        let letter = word.and_then(|word| word.trim().chars().next())?;
        if !vector.is_empty() {
            vector.push('/');
        }
        vector.push_str(metric);
        vector.push(':');
        vector.push(letter.to_ascii_uppercase());
    }
    Some(Text::Owned(vector))
}

/// A range of versions as people write it: `>=1.0, <1.22`; empty if it has no end. Blank ends count
/// as missing.
#[must_use]
pub fn version_range(
    from: Option<&str>,
    after: Option<&str>,
    up_to: Option<&str>,
    before: Option<&str>,
) -> String {
    let ends = [(">=", from), (">", after), ("<=", up_to), ("<", before)];
    let ends = ends.into_iter().filter_map(|(sign, version)| {
        let version = version.map(str::trim).filter(|version| !version.is_empty())?;
        Some(format!("{sign}{version}"))
    });
    ends.collect::<Vec<_>>().join(", ")
}

/// The versions that end ranges and are not in them: 1.22 of `>=1.0, <1.22`, two of `<1.2 || >=2 <2.3`.
#[must_use]
pub fn open_ends(ranges: &str) -> Vec<Text<'static>> {
    let is_version = |char: char| char.is_ascii_alphanumeric() || ".-_+~:!".contains(char);
    let ends = ranges.split('<').skip(1).filter_map(|rest| {
        // `<=` begins with no version.
        let rest = rest.trim_start();
        let end = rest.find(|char| !is_version(char)).unwrap_or(rest.len());
        rest.get(..end).filter(|version| version.starts_with(|c: char| c.is_ascii_digit() || c == 'v'))
    });
    ends.map(|version| Text::Owned(version.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::Cvss;

    #[test]
    fn words_become_vectors_that_can_be_read() {
        let (high, none, low) = (Some("HIGH"), Some("NONE"), Some("LOW"));
        let three = [
            ("AV", Some("ADJACENT_NETWORK")),
            ("AC", low),
            ("PR", none),
            ("UI", Some("REQUIRED")),
            ("S", Some("UNCHANGED")),
            ("C", high),
            ("I", none),
            ("A", low),
        ];
        let vector = vector_of_words("CVSS:3.1", &three).expect("complete");
        assert_eq!(vector, "CVSS:3.1/AV:A/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:L");
        assert!(Cvss::parse(&vector).is_some());
        let two = [
            ("AV", Some("LOCAL")),
            ("AC", Some("MEDIUM")),
            ("Au", Some("SINGLE")),
            ("C", Some("PARTIAL")),
            ("I", Some("COMPLETE")),
            ("A", none),
        ];
        let vector = vector_of_words("", &two).expect("complete");
        assert_eq!(vector, "AV:L/AC:M/Au:S/C:P/I:C/A:N");
        assert!(Cvss::parse(&vector).is_some());
        assert_eq!(vector_of_words("", &[("AV", Some(" "))]), None);
    }

    #[test]
    fn ranges_end_before_a_version() {
        for (ranges, want) in [
            ("<4.17.21", &["4.17.21"][..]),
            (">=1.0, < 1.22", &["1.22"]),
            ("<1.2.3 || >=2.0.0 <2.3.4", &["1.2.3", "2.3.4"]),
            ("<=1.2", &[]),
            ("1.2.3", &[]),
            ("<none", &[]),
            ("", &[]),
        ] {
            assert_eq!(open_ends(ranges), want, "{ranges}");
        }
    }

    #[test]
    fn ranges_have_one_end_or_two() {
        for (ends, want) in [
            ([None, None, None, None], ""),
            ([Some("1.0"), None, None, Some("1.22")], ">=1.0, <1.22"),
            ([None, Some("1"), Some(" 2 "), Some("")], ">1, <=2"),
        ] {
            let [from, after, up_to, before] = ends;
            assert_eq!(version_range(from, after, up_to, before), want);
        }
    }
}
