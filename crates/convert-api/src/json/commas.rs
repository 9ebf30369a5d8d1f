//! Commas behind the last member of an object or a list: JSON has none, and a reader stops at them.

use std::io::{self, BufReader, Read};
use std::ops::Range;

/// What [`Warning::NotStrict`](crate::Warning::NotStrict) says of them.
pub const TRAILING_COMMA: &str = "a comma stands behind the last member";

/// More of them are not looked for.
const MOST: usize = 100_000;

/// Where a comma stands before a closing bracket in the first document of a stream, in bytes from its start.
///
/// ```
/// use scanlift_convert_api::json::trailing_commas;
///
/// assert_eq!(trailing_commas(&br#"{"a": [1, 2, ], "b": ",]"}"#[..])?, [11..12]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// When the stream fails.
pub fn trailing_commas(document: impl Read) -> io::Result<Vec<Range<u64>>> {
    let mut commas = Vec::new();
    let (mut depth, mut in_text, mut is_escaped) = (0_u64, false, false);
    // The comma behind which nothing but white space was seen.
    let mut last: Option<u64> = None;
    for (offset, byte) in (0..).zip(BufReader::with_capacity(64 * 1024, document).bytes()) {
        let byte = byte?;
        if in_text {
            in_text = is_escaped || byte != b'"';
            is_escaped = byte == b'\\' && !is_escaped;
            continue;
        }
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => continue,
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                commas.extend(last.map(|comma| comma..comma + 1));
                depth = depth.saturating_sub(1);
                if depth == 0 || commas.len() == MOST {
                    break;
                }
            }
            _ => {}
        }
        last = (byte == b',').then_some(offset);
    }
    Ok(commas)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document less its trailing commas.
    fn without(document: &str) -> String {
        let mut bytes = document.as_bytes().to_vec();
        for comma in trailing_commas(document.as_bytes()).expect("in memory") {
            assert_eq!(&document[comma.start as usize..comma.end as usize], ",");
            bytes[comma.start as usize] = b' ';
        }
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn commas_before_closing_brackets_are_found() {
        for (document, want) in [
            ("[1,]", "[1 ]"),
            (" {\"a\": [{\"b\": 1,\n\t}, 2 ,], } ", " {\"a\": [{\"b\": 1 \n\t}, 2  ]  } "),
            // In a string, and behind the document.
            (r#"{"a\\\",}": ",]", "b\\": 1,}"#, r#"{"a\\\",}": ",]", "b\\": 1 }"#),
            ("{} ,]", "{} ,]"),
            ("[1,,]", "[1, ]"),
            ("[1, 2", "[1, 2"),
            ("", ""),
        ] {
            assert_eq!(without(document), want, "{document}");
        }
    }
}
