//! Nuclei: GitHub takes no addresses, so the host stands in the message, `Apache 2.4.49 - Path Traversal
//! (CVE-2021-41773) found on https://a.example`, and the location is the path, or the template.

use super::Dialect;
use crate::{map::Said, rule::Rule};
use scanlift_convert_api::Finding;
use scanlift_report_core::{Kind, Location, WebLocation};

/// What stands before the host.
const FOUND: &str = " found on ";

#[derive(Debug)]
pub(super) struct Nuclei;

impl Dialect for Nuclei {
    fn key(&self) -> &'static str {
        "nuclei"
    }

    fn kind(&self) -> Kind {
        Kind::Dast
    }

    /// A rule is that of one result, and says again where it is.
    fn refine_rule(&self, rule: &mut Rule) {
        if let Some((title, _)) = rule.title.as_deref().and_then(|title| title.rsplit_once(FOUND)) {
            rule.title = Some(title.to_owned());
        }
    }

    fn refine(&self, said: &Said<'_>, finding: &mut Finding<'_>) {
        let Some((_, host)) = said.message.rsplit_once(FOUND) else { return };
        let host = host.trim().trim_end_matches('/');
        // "https:/a.example/path": joined as a path is.
        let first = said.result.locations.first().and_then(|location| location.message.as_ref());
        let matched = first.and_then(|message| message.text.as_deref()).unwrap_or_default();
        let name = host.split_once("://").map_or(host, |(_, name)| name);
        let path = matched.split_once(name).map_or("", |(_, path)| path);
        if let Location::Dast(web) = &mut finding.vulnerability.location {
            // Of a service that is no web server the host has a port and no scheme.
            *web = if host.contains("://") {
                WebLocation::from_url(&[host, path].concat())
            } else {
                let mut place = WebLocation::from_url(path);
                place.hostname = Some(host.to_owned().into());
                place
            };
        }
    }
}
