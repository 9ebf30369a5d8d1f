//! Messages that formats write as base64.

use data_encoding::BASE64;

/// The bytes that base64 spells, whatever white space is in it. `None` of what is no base64.
#[must_use]
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let packed: String = text.split_whitespace().collect();
    BASE64.decode(packed.as_bytes()).ok()
}

/// The text that base64 spells, whatever white space is in it; what is no UTF-8 is replaced. `None` of
/// what is no base64.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    Some(
        String::from_utf8(bytes(text)?)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_are_decoded() {
        for (text, want) in
            [("aGVs\n bG8=", Some("hello")), ("", Some("")), ("/w==", Some("\u{fffd}")), ("not base64", None)]
        {
            assert_eq!(super::decode(text).as_deref(), want, "{text}");
        }
    }
}
