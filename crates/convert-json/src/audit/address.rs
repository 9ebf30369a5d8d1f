//! Addresses of advisories.

use scanlift_convert_api::advisory;

/// The id at the end of the address or path of an advisory: `https://github.com/advisories/GHSA-...`,
/// `https://nvd.nist.gov/vuln/detail/CVE-...`; `None` if no known database has such ids.
pub(crate) fn advisory_id(url: &str) -> Option<&str> {
    let page = url.split(['?', '#']).next()?.trim().trim_end_matches('/');
    // Databases keep an advisory in a file of its name: `acme/lib/CVE-2020-1.yaml`.
    let id = page.rsplit('/').next()?.split('.').next()?;
    let is_of_github = id.len() == 19 && id.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("GHSA-"));
    (is_of_github || advisory::kind(id).is_some()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_in_ids() {
        for (url, want) in [
            ("https://github.com/advisories/GHSA-xvch-5gv4-984h", Some("GHSA-xvch-5gv4-984h")),
            ("https://github.com/advisories/ghsa-xvch-5gv4-984h/", Some("ghsa-xvch-5gv4-984h")),
            ("https://x.example/GHSA-xvch-5gv4-984h?a=b#c", Some("GHSA-xvch-5gv4-984h")),
            ("https://nvd.nist.gov/vuln/detail/CVE-2021-44906", Some("CVE-2021-44906")),
            ("acme/lib/CVE-2021-44906.yaml", Some("CVE-2021-44906")),
            ("https://npmjs.com/advisories/118", None),
            ("", None),
        ] {
            assert_eq!(advisory_id(url), want, "{url}");
        }
    }
}
