//! A message in segments: base64 in the REST API, HTML in GraphQL, with what was left out between.

use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{base64, html};
use serde::{Deserialize, Deserializer};

/// What the segments spell.
#[derive(Debug, Default)]
pub(super) struct Message(String);

impl Message {
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let segments: Vec<Segment<'de>> = json::list(deserializer)?;
        Ok(Self(segments.iter().map(Segment::text).collect()))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Segment<'a> {
    #[serde(borrow)]
    data: Option<Loose<'a>>,
    data_html: Option<Loose<'a>>,
    highlight_html: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    length: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    snip_length: Option<u64>,
}

impl Segment<'_> {
    fn text(&self) -> String {
        let snipped = self.snip_length.or(self.length.filter(|_| filled(&self.kind) == Some("SnipSegment")));
        match (&self.data, self.data_html.as_ref().or(self.highlight_html.as_ref()), snipped) {
            (Some(data), ..) => base64::decode(data).unwrap_or_else(|| data.to_string()),
            (None, Some(html), _) => html::unescape(html).into_owned(),
            (None, None, Some(bytes)) => format!("[{bytes} bytes left out]"),
            (None, None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_joined() {
        for (json, want) in [
            (
                r#"[{"type": "DataSegment", "data": "R0VUIC8="}, {"type": "HighlightSegment", "data": "eA=="}]"#,
                "GET /x",
            ),
            (
                r#"[{"data_html": "a &lt;b&gt;"}, {"snip_length": 7}, {"highlight_html": "c"}]"#,
                "a <b>[7 bytes left out]c",
            ),
            (r#"[{"type": "SnipSegment", "length": 3}]"#, "[3 bytes left out]"),
            (r#"[{"data": "no base64!"}]"#, "no base64!"),
            ("[]", ""),
        ] {
            let message: Message = serde_json::from_str(json).expect(json);
            assert_eq!(message.text(), want, "{json}");
        }
    }
}
