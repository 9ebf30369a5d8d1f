//! Classes of weaknesses in the ways SARIF names them: taxa, relationships, tags and properties.

use crate::{model::DescriptorReference, run::Taxonomies};
use scanlift_convert_api::{advisory, cwe, owasp};
use scanlift_report_core::Identifier;

/// The identifier of a taxon (§3.52): of the CWE, OWASP or any other taxonomy with a name.
pub(crate) fn identifier(
    reference: &DescriptorReference<'_>,
    taxonomies: &Taxonomies,
) -> Option<Identifier<'static>> {
    let id = reference
        .id
        .as_deref()
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .or_else(|| taxonomies.taxon(reference))?;
    let name = reference
        .tool_component
        .as_ref()
        .and_then(|component| taxonomies.name(component))
        .unwrap_or_default();
    if name.eq_ignore_ascii_case("cwe") {
        return id.parse().ok().or_else(|| cwe::parse(id)).map(Identifier::cwe);
    }
    if let Some(identifier) = of_tag(id) {
        return Some(identifier);
    }
    if name.to_ascii_lowercase().contains("owasp") {
        return owasp::of_tag(id).or_else(|| Identifier::new("owasp", id.to_owned(), id.to_owned()));
    }
    None
}

/// The identifier that a tag spells: `CWE-79`, `external/cwe/cwe-079`, `OWASP-A03:2021 - Injection`,
/// `CVE-2021-44228`; `None` for a tag that only describes.
pub(crate) fn of_tag(tag: &str) -> Option<Identifier<'static>> {
    let tag = tag.trim();
    if let Some(number) = cwe::parse(tag) {
        return Some(Identifier::cwe(number));
    }
    if advisory::kind(tag).is_some() {
        return advisory::identifier(tag);
    }
    if let Some(found) = tag.get(..4).filter(|start| start.eq_ignore_ascii_case("cve-")) {
        let upper = format!("{}{}", found.to_ascii_uppercase(), &tag[4..]);
        return advisory::find_cve(&upper)
            .filter(|cve| cve.len() == upper.len())
            .and_then(advisory::identifier);
    }
    owasp::of_tag(tag)
}

/// CWE as a property has it: `CWE-79`, `79`, `CWE-79: ...`, `cwe-79, cwe-80`.
pub(crate) fn cwe_of(text: &str) -> Vec<Identifier<'static>> {
    let text = text.trim();
    let numbers = match text.parse() {
        Ok(number) => vec![number],
        Err(_) => cwe::all(text),
    };
    numbers.into_iter().filter(|number| *number > 0).map(Identifier::cwe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_in_the_spellings_of_scanners() {
        for (tag, want) in [
            ("CWE-79", Some("cwe:79:CWE-79")),
            ("external/cwe/cwe-079", Some("cwe:79:CWE-79")),
            ("CWE-95: Improper Neutralization", Some("cwe:95:CWE-95")),
            ("CVE-2021-44228", Some("cve:CVE-2021-44228:CVE-2021-44228")),
            ("cve-2021-44228", Some("cve:CVE-2021-44228:CVE-2021-44228")),
            ("OWASP-A03:2021 - Injection", Some("owasp:A03:2021:A03:2021 - Injection")),
            ("OWASP-A03:2021-Injection", Some("owasp:A03:2021:A03:2021 - Injection")),
            ("A3:2021 - Injection", Some("owasp:A03:2021:A03:2021 - Injection")),
            ("OWASP-A1: Injection", Some("owasp:A1:A1 - Injection")),
            ("OWASP-A1:2017-Injection", Some("owasp:A1:2017:A1:2017 - Injection")),
            ("OWASP-API3", Some("owasp:API3:API3")),
            ("owasp_a1", Some("owasp:A1:A1")),
            ("a1", None),
            ("A11:2021", None),
            ("security", None),
            ("owasp", None),
            ("öwasp", None),
            ("", None),
        ] {
            let got = of_tag(tag)
                .map(|identifier| format!("{}:{}:{}", identifier.kind, identifier.value, identifier.name));
            assert_eq!(got.as_deref(), want, "{tag}");
        }
    }
}
