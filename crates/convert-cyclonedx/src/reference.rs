//! References to components (`bom-ref`, `ref`) and links into other documents (BOM-Link).

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The references that a text may mean, the likeliest first: itself, and for a link into a document
/// (`urn:cdx:serial/version#bom-ref`, <https://cyclonedx.org/capabilities/bomlink/>) what it names there.
pub(crate) fn spellings(reference: &str) -> Vec<Cow<'_, str>> {
    let reference = reference.trim();
    let mut spellings = vec![Cow::Borrowed(reference)];
    if let Some(fragment) = fragment(reference) {
        spellings.push(Cow::Borrowed(fragment));
        // A package URL has escapes of its own, so both may be meant.
        if fragment.contains('%')
            && let Ok(decoded) = percent_decode_str(fragment).decode_utf8()
        {
            spellings.push(decoded);
        }
    }
    spellings.retain(|spelling| !spelling.is_empty());
    spellings
}

/// What a reference calls its component.
pub(crate) fn local(reference: &str) -> &str {
    fragment(reference.trim()).unwrap_or(reference.trim())
}

/// What a link into a document names there.
fn fragment(reference: &str) -> Option<&str> {
    let is_urn = reference.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    reference.split_once('#').filter(|_| is_urn).map(|(_, fragment)| fragment)
}

/// Whether a reference is only a key that a tool made, and tells people nothing: a UUID, a hash, a number.
pub(crate) fn is_opaque(reference: &str) -> bool {
    let bare = reference.trim();
    let is_urn = bare.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    let number = bare.bytes().all(|b| b.is_ascii_digit());
    let hex = bare.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') && bare.len() >= 16;
    is_urn || number || hex
}

/// `name@1.2` as name and version; a scope (`@acme/lib`) is no version.
pub(crate) fn split_version(reference: &str) -> (&str, &str) {
    match reference.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()) => {
            (name, version)
        }
        _ => (reference, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_name_a_component_of_another_document() {
        for (reference, want) in [
            (" lib ", &["lib"][..]),
            ("urn:cdx:3e67/1#lib", &["urn:cdx:3e67/1#lib", "lib"]),
            ("URN:uuid:3e67/1#lib", &["URN:uuid:3e67/1#lib", "lib"]),
            (
                "urn:cdx:3e67/1#pkg:npm/%40acme/lib",
                &["urn:cdx:3e67/1#pkg:npm/%40acme/lib", "pkg:npm/%40acme/lib", "pkg:npm/@acme/lib"],
            ),
            ("urn:cdx:3e67/1", &["urn:cdx:3e67/1"]),
            ("lib#1", &["lib#1"]),
            ("", &[]),
        ] {
            assert_eq!(spellings(reference), want, "{reference}");
        }
    }

    #[test]
    fn keys_of_tools_are_no_names() {
        for (reference, want) in [
            ("b7a12947-7a8d-4031-b59d-640d33dbad6a", true),
            ("urn:uuid:b7a12947-7a8d-4031-b59d-640d33dbad6a", true),
            ("a246fd2054833c93", true),
            ("12", true),
            ("", true),
            ("acme-product", false),
            ("cafe", false),
        ] {
            assert_eq!(is_opaque(reference), want, "{reference}");
        }
    }

    #[test]
    fn versions_are_split_off() {
        for (reference, want) in [
            ("a@1.2", ("a", "1.2")),
            ("@acme/lib", ("@acme/lib", "")),
            ("a@b", ("a@b", "")),
            ("a", ("a", "")),
        ] {
            assert_eq!(split_version(reference), want);
        }
    }
}
