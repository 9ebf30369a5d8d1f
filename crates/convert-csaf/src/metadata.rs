//! What lies beside advisories where they are published: whose they are, and where (CSAF 2.0 §7.1).

use scanlift_convert_api::json::Head;
use scanlift_convert_api::{ConvertError, Input};

/// What a document is, if it is such a one, by its first bytes.
pub(crate) fn of(head: &[u8]) -> Option<&'static str> {
    let head = Head::of(head);
    let is_provider = head.has("metadata_version")
        && (head.has("public_openpgp_keys") || head.has("distributions") || head.has("role"));
    let is_aggregator = head.has("aggregator_version") || head.has("csaf_providers");
    let is_feed = head.path_text(&["feed", "category", "term"]).is_some_and(|term| term == "csaf");
    match () {
        () if is_provider && head.has("canonical_url") => Some("the metadata of a provider"),
        () if is_aggregator && head.has("aggregator") => Some("the list of an aggregator"),
        () if is_feed => Some("a feed"),
        () => None,
    }
}

/// The same of a whole document.
pub(crate) fn of_input(input: &dyn Input) -> Result<Option<&'static str>, ConvertError> {
    Ok(of(&input.beginning().map_err(ConvertError::Read)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_beside_advisories_are_known() {
        for (head, want) in [
            (
                r#"{"canonical_url": "https://a.example/.well-known/csaf/provider-metadata.json", "distributions": [], "metadata_version": "2.0"}"#,
                Some("the metadata of a provider"),
            ),
            (
                r#"{"aggregator": {"name": "a"}, "aggregator_version": "2.0", "csaf_providers": []}"#,
                Some("the list of an aggregator"),
            ),
            (
                r#"{"feed": {"id": "a", "category": [{"scheme": "urn:x", "term": "csaf"}], "entry": []}}"#,
                Some("a feed"),
            ),
            (r#"{"document": {"csaf_version": "2.0"}, "vulnerabilities": []}"#, None),
            (r#"{"feed": {"entry": []}}"#, None),
            ("", None),
        ] {
            assert_eq!(of(head.as_bytes()), want, "{head}");
        }
    }
}
