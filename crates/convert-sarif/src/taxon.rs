//! Classes of weaknesses in the ways SARIF names them: taxa, relationships, tags and properties.

use crate::{
    model::{ComponentReference, DescriptorReference},
    tolerant::{array, lenient, object},
};
use scanlift_convert_api::{
    ConvertError, Warning, advisory, cwe,
    json::{self, Reader, Repair},
    owasp,
};
use scanlift_report_core::Identifier;
use std::io::Read;

/// The names of taxonomies (§3.14.8), and the ids of their taxa.
#[derive(Debug, Default)]
pub(crate) struct Taxonomies(Vec<Taxonomy>);

#[derive(Debug, Default)]
struct Taxonomy {
    name: String,
    guid: Option<String>,
    taxa: Vec<(String, Option<String>)>,
}

impl Taxonomies {
    /// Reads one more at the cursor.
    pub(crate) fn read<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        notes: &mut Vec<Warning>,
    ) -> Result<(), ConvertError> {
        let mut taxonomy = Taxonomy::default();
        let mut repair = Repair::default();
        object(reader, notes, |key, reader, notes| match key {
            "name" => {
                taxonomy.name = lenient::<_, json::Loose<'_>>(reader, "taxonomies[]", &mut repair, notes)?
                    .into_cow()
                    .into_owned();
                Ok(())
            }
            "guid" => {
                taxonomy.guid = Some(
                    lenient::<_, json::Loose<'_>>(reader, "taxonomies[]", &mut repair, notes)?
                        .into_cow()
                        .into_owned(),
                );
                Ok(())
            }
            "taxa" => array(reader, notes, |_, reader, notes| {
                let taxon: DescriptorReference<'_> =
                    lenient(reader, "taxonomies[].taxa[]", &mut repair, notes)?;
                let id = taxon.id.map(|id| id.into_cow().into_owned()).unwrap_or_default();
                taxonomy.taxa.push((id, taxon.guid.map(|guid| guid.into_cow().into_owned())));
                Ok(())
            }),
            _ => Ok(reader.skip()?),
        })?;
        self.0.push(taxonomy);
        Ok(())
    }

    /// The name of the taxonomy that a reference means.
    pub(crate) fn name<'t>(&'t self, component: &'t ComponentReference<'_>) -> Option<&'t str> {
        component.name.as_deref().or_else(|| self.find(component).map(|taxonomy| taxonomy.name.as_str()))
    }

    /// The id of a taxon that is named by index or GUID only.
    pub(crate) fn taxon(&self, reference: &DescriptorReference<'_>) -> Option<&str> {
        let taxonomy = self.find(reference.tool_component.as_ref()?)?;
        let by_index = reference
            .index
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| taxonomy.taxa.get(index));
        let by_guid = || {
            let guid = reference.guid.as_deref()?;
            taxonomy.taxa.iter().find(|(_, known)| known.as_deref() == Some(guid))
        };
        by_index.or_else(by_guid).map(|(id, _)| id.as_str())
    }

    fn find(&self, component: &ComponentReference<'_>) -> Option<&Taxonomy> {
        let by_index =
            component.index.and_then(|index| usize::try_from(index).ok()).and_then(|index| self.0.get(index));
        by_index.or_else(|| {
            self.0.iter().find(|taxonomy| {
                (component.guid.is_some() && taxonomy.guid.as_deref() == component.guid.as_deref())
                    || component.name.as_deref() == Some(taxonomy.name.as_str())
            })
        })
    }
}

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

/// The weakness whose page in the catalogue an address is: `https://cwe.mitre.org/data/definitions/79.html`.
pub(crate) fn of_page(url: &str) -> Option<Identifier<'static>> {
    let (_, page) = url.split_once("cwe.mitre.org/data/definitions/")?;
    let digits = page.bytes().take_while(u8::is_ascii_digit).count();
    page[..digits].parse().ok().filter(|number| *number > 0).map(Identifier::cwe)
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

    #[test]
    fn pages_of_the_catalogue_name_weaknesses() {
        for (url, want) in [
            ("https://cwe.mitre.org/data/definitions/79.html", Some("79")),
            ("http://cwe.mitre.org/data/definitions/89", Some("89")),
            ("https://cwe.mitre.org/data/definitions/", None),
            ("https://cwe.mitre.org/", None),
            ("https://a.example/79.html", None),
        ] {
            let got = of_page(url).map(|identifier| identifier.value.into_owned());
            assert_eq!(got.as_deref(), want, "{url}");
        }
    }
}
