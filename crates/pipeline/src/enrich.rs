//! Completes identifiers: names and links of CWE, CVE and GHSA, and the OWASP Top 10 categories
//! that a CWE belongs to.

use scanlift_report_core::{Identifier, Text, Vulnerability};
use std::borrow::Cow;

/// Completes the identifiers of a vulnerability.
pub(crate) fn complete(vulnerability: &mut Vulnerability<'_>) {
    let mut has_owasp = false;
    let mut category = None;
    for identifier in vulnerability.identifiers.iter_mut() {
        match &*identifier.kind {
            "cve" => link(identifier, |value| format!("https://www.cve.org/CVERecord?id={value}")),
            "ghsa" => link(identifier, |value| format!("https://github.com/advisories/{value}")),
            "cwe" => {
                link(identifier, |value| format!("https://cwe.mitre.org/data/definitions/{value}.html"));
                category = category.or_else(|| identifier.value.parse().ok().and_then(owasp_2021));
            }
            "owasp" => has_owasp = true,
            _ => {}
        }
    }
    if let Some(category) = category.filter(|_| !has_owasp) {
        vulnerability.identifiers.push(owasp_identifier(category));
    }
}

fn link(identifier: &mut Identifier<'_>, address: impl FnOnce(&str) -> String) {
    if identifier.url.is_none() {
        identifier.url = Some(Text::Owned(address(&identifier.value)));
    }
}

/// A category of the OWASP Top 10 of 2021.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Category {
    /// As `A03:2021`.
    pub(crate) id: &'static str,
    /// As `A03:2021 - Injection`.
    pub(crate) name: &'static str,
    /// Its page.
    pub(crate) url: &'static str,
}

/// The identifier of a category.
#[must_use]
pub(crate) fn owasp_identifier(category: Category) -> Identifier<'static> {
    // The parts of the table are filled.
    let identifier = Identifier::new("owasp", category.name, category.id);
    identifier
        .map_or_else(|| Identifier::cwe(0), |identifier| identifier.with_url(Cow::Borrowed(category.url)))
}

/// The categories with the CWE that OWASP maps to them (OWASP Top 10:2021, "List of Mapped CWEs").
const TOP_10_2021: [(Category, &[u32]); 10] = [
    (
        Category {
            id: "A01:2021",
            name: "A01:2021 - Broken Access Control",
            url: "https://owasp.org/Top10/A01_2021-Broken_Access_Control/",
        },
        &[
            22, 23, 35, 59, 200, 201, 219, 264, 275, 276, 284, 285, 352, 359, 377, 402, 425, 441, 497, 538,
            540, 548, 552, 566, 601, 639, 651, 668, 706, 862, 863, 913, 922, 1275,
        ],
    ),
    (
        Category {
            id: "A02:2021",
            name: "A02:2021 - Cryptographic Failures",
            url: "https://owasp.org/Top10/A02_2021-Cryptographic_Failures/",
        },
        &[
            261, 296, 310, 319, 321, 322, 323, 324, 325, 326, 327, 328, 329, 330, 331, 335, 336, 337, 338,
            340, 347, 523, 720, 757, 759, 760, 780, 818, 916,
        ],
    ),
    (
        Category {
            id: "A03:2021",
            name: "A03:2021 - Injection",
            url: "https://owasp.org/Top10/A03_2021-Injection/",
        },
        &[
            20, 74, 75, 77, 78, 79, 80, 83, 87, 88, 89, 90, 91, 93, 94, 95, 96, 97, 98, 99, 100, 113, 116,
            138, 184, 470, 471, 564, 610, 643, 644, 652, 917,
        ],
    ),
    (
        Category {
            id: "A04:2021",
            name: "A04:2021 - Insecure Design",
            url: "https://owasp.org/Top10/A04_2021-Insecure_Design/",
        },
        &[
            73, 183, 209, 213, 235, 256, 257, 266, 269, 280, 311, 312, 313, 316, 419, 430, 434, 444, 451,
            472, 501, 522, 525, 539, 579, 598, 602, 642, 646, 650, 653, 656, 657, 799, 807, 840, 841, 927,
            1021, 1173,
        ],
    ),
    (
        Category {
            id: "A05:2021",
            name: "A05:2021 - Security Misconfiguration",
            url: "https://owasp.org/Top10/A05_2021-Security_Misconfiguration/",
        },
        &[2, 11, 13, 15, 16, 260, 315, 520, 526, 537, 541, 547, 611, 614, 756, 776, 942, 1004, 1032, 1174],
    ),
    (
        Category {
            id: "A06:2021",
            name: "A06:2021 - Vulnerable and Outdated Components",
            url: "https://owasp.org/Top10/A06_2021-Vulnerable_and_Outdated_Components/",
        },
        &[937, 1035, 1104],
    ),
    (
        Category {
            id: "A07:2021",
            name: "A07:2021 - Identification and Authentication Failures",
            url: "https://owasp.org/Top10/A07_2021-Identification_and_Authentication_Failures/",
        },
        &[
            255, 259, 287, 288, 290, 294, 295, 297, 300, 302, 304, 306, 307, 346, 384, 521, 613, 620, 640,
            798, 940, 1216,
        ],
    ),
    (
        Category {
            id: "A08:2021",
            name: "A08:2021 - Software and Data Integrity Failures",
            url: "https://owasp.org/Top10/A08_2021-Software_and_Data_Integrity_Failures/",
        },
        &[345, 353, 426, 494, 502, 565, 784, 829, 830, 915],
    ),
    (
        Category {
            id: "A09:2021",
            name: "A09:2021 - Security Logging and Monitoring Failures",
            url: "https://owasp.org/Top10/A09_2021-Security_Logging_and_Monitoring_Failures/",
        },
        &[117, 223, 532, 778],
    ),
    (
        Category {
            id: "A10:2021",
            name: "A10:2021 - Server-Side Request Forgery (SSRF)",
            url: "https://owasp.org/Top10/A10_2021-Server-Side_Request_Forgery_%28SSRF%29/",
        },
        &[918],
    ),
];

/// The category of 2021 that OWASP maps a CWE to.
#[must_use]
pub(crate) fn owasp_2021(cwe: u32) -> Option<Category> {
    TOP_10_2021.iter().find(|(_, mapped)| mapped.binary_search(&cwe).is_ok()).map(|(category, _)| *category)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Location, SourceLocation};

    #[test]
    fn the_table_is_sorted_and_free_of_repetition() {
        let mut all: Vec<u32> = Vec::new();
        for (category, mapped) in TOP_10_2021 {
            assert!(mapped.is_sorted(), "{}", category.id);
            all.extend(mapped);
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn identifiers_get_links_and_a_category() {
        let rule = Identifier::new("r", "r", "r").expect("parts are filled");
        let mut vulnerability = Vulnerability::new(rule, Location::Sast(SourceLocation::file("a")));
        vulnerability.identifiers.extend(Identifier::new("cve", "CVE-2021-1", "CVE-2021-1"));
        vulnerability.identifiers.push(Identifier::cwe(89));
        complete(&mut vulnerability);
        let got: Vec<_> = vulnerability.identifiers.iter().map(|i| (&*i.value, i.url.is_some())).collect();
        assert_eq!(got, [("r", false), ("CVE-2021-1", true), ("89", true), ("A03:2021", true)]);
    }
}
