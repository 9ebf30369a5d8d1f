//! What is read of an issue, in all of Xray's layouts, with only the fields that are used.

use scanlift_convert_api::json::{self, Loose, TextOr};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A vulnerability, a violation of a policy, a row of a report.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issue<'a> {
    #[serde(borrow, alias = "issueId", alias = "id")]
    pub(super) issue_id: Option<Loose<'a>>,
    #[serde(rename = "type", alias = "issue_type")]
    pub(super) kind: Option<Loose<'a>>,
    pub(super) severity: Option<Loose<'a>>,
    pub(super) summary: Option<Loose<'a>>,
    pub(super) description: Option<Loose<'a>>,
    pub(super) provider: Option<Loose<'a>>,
    #[serde(alias = "created")]
    pub(super) published: Option<Loose<'a>>,
    #[serde(alias = "watch")]
    pub(super) watch_name: Option<Loose<'a>>,
    pub(super) applicable: Option<Loose<'a>>,
    pub(super) technology: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cves: Vec<Cve<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) references: Vec<Loose<'a>>,
    #[serde(alias = "fixedVersions", alias = "fix_versions", deserialize_with = "json::list")]
    pub(super) fixed_versions: Vec<Loose<'a>>,
    /// By id in reports of `--format=json`, a list elsewhere, of ids alone in violations of the REST API.
    #[serde(alias = "infected_components", deserialize_with = "components")]
    pub(super) components: Vec<Component<'a>>,
    #[serde(rename = "jfrogResearchInformation", alias = "extended_information")]
    pub(super) research: Option<Research<'a>>,
    /// Of simple reports.
    #[serde(rename = "impactedPackageName", alias = "impactedDependencyName")]
    pub(super) package_name: Option<Loose<'a>>,
    #[serde(rename = "impactedPackageVersion", alias = "impactedDependencyVersion")]
    pub(super) package_version: Option<Loose<'a>>,
    #[serde(rename = "impactedPackageType", alias = "impactedDependencyType")]
    pub(super) package_type: Option<Loose<'a>>,
    #[serde(rename = "impactPaths", deserialize_with = "json::list")]
    pub(super) impact_paths: Vec<Vec<Step<'a>>>,
    /// Of rows of reports: `deb://debian:buster:glibc:2.28-10`.
    pub(super) vulnerable_component: Option<Loose<'a>>,
    pub(super) impacted_artifact: Option<Loose<'a>>,
    /// Ids of components down to the package in rows of reports, paths of the repository in summaries.
    #[serde(deserialize_with = "json::list")]
    pub(super) impact_path: Vec<Loose<'a>>,
    /// Of violations of the REST API.
    pub(super) violation_details_url: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) impacted_artifacts: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) infected_versions: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) properties: Vec<Cve<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) matched_policies: Vec<Policy<'a>>,
    /// Of exports of components.
    pub(super) component: Option<Loose<'a>>,
    pub(super) source_comp_id: Option<Loose<'a>>,
    pub(super) component_versions: ComponentVersions<'a>,
}

/// What makes a violation of an issue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Policy<'a> {
    #[serde(borrow)]
    pub(super) policy: Option<Loose<'a>>,
    pub(super) rule: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cve<'a> {
    #[serde(borrow, alias = "cve", alias = "Cve")]
    pub(super) id: Option<Loose<'a>>,
    /// A score, or score and vector: `9.8/CVSS:3.1/AV:N/…`.
    #[serde(alias = "cvssV3", alias = "cvss_v3_score", alias = "CvssV3")]
    pub(super) cvss_v3: Option<Loose<'a>>,
    #[serde(alias = "cvssV3Vector")]
    pub(super) cvss_v3_vector: Option<Loose<'a>>,
    #[serde(alias = "cvssV2", alias = "cvss_v2_score", alias = "CvssV2")]
    pub(super) cvss_v2: Option<Loose<'a>>,
    #[serde(alias = "cvssV2Vector")]
    pub(super) cvss_v2_vector: Option<Loose<'a>>,
    #[serde(alias = "Cwe", deserialize_with = "json::list")]
    pub(super) cwe: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Component<'a> {
    /// `npm://lodash:4.17.20`.
    #[serde(borrow, alias = "id")]
    pub(super) component_id: Option<Loose<'a>>,
    #[serde(alias = "package_name")]
    pub(super) name: Option<Loose<'a>>,
    #[serde(alias = "package_version")]
    pub(super) version: Option<Loose<'a>>,
    pub(super) package_type: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) fixed_versions: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) impact_paths: Vec<Vec<Step<'a>>>,
    pub(super) location: Option<Place<'a>>,
}

/// A component on the way to the package, the scanned one first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step<'a> {
    #[serde(borrow)]
    pub(super) component_id: Option<Loose<'a>>,
    pub(super) full_path: Option<Loose<'a>>,
    pub(super) name: Option<Loose<'a>>,
    pub(super) version: Option<Loose<'a>>,
    pub(super) location: Option<Place<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place<'a> {
    #[serde(borrow)]
    pub(super) file: Option<Loose<'a>>,
}

/// What JFrog's researchers say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Research<'a> {
    #[serde(borrow, alias = "short_description")]
    pub(super) summary: Option<Loose<'a>>,
    #[serde(alias = "full_description")]
    pub(super) details: Option<Loose<'a>>,
    pub(super) remediation: Option<Loose<'a>>,
    #[serde(alias = "jfrog_research_severity")]
    pub(super) severity: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ComponentVersions<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) vulnerable_versions: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) fixed_versions: Vec<Loose<'a>>,
    pub(super) more_details: MoreDetails<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MoreDetails<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(super) cves: Vec<Cve<'a>>,
    pub(super) description: Option<Loose<'a>>,
    pub(super) provider: Option<Loose<'a>>,
}

/// An entry of `artifacts` of a summary.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Artifact<'a> {
    #[serde(borrow)]
    pub(super) general: General<'a>,
    #[serde(deserialize_with = "json::list")]
    pub(super) issues: Vec<Issue<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct General<'a> {
    #[serde(borrow)]
    pub(super) component_id: Option<Loose<'a>>,
    pub(super) name: Option<Loose<'a>>,
    pub(super) path: Option<Loose<'a>>,
    pub(super) pkg_type: Option<Loose<'a>>,
}

/// A secret, or a weakness of code or configuration, of a simple report.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Row<'a> {
    #[serde(borrow)]
    pub(super) severity: Option<Loose<'a>>,
    pub(super) rule_id: Option<Loose<'a>>,
    pub(super) finding: Option<Loose<'a>>,
    #[serde(alias = "reason")]
    pub(super) scanner_short_description: Option<Loose<'a>>,
    pub(super) scanner_description: Option<Loose<'a>>,
    pub(super) file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(super) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(super) end_line: Option<u64>,
    pub(super) snippet: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(super) cwe: Vec<Loose<'a>>,
}

fn components<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Component<'de>>, D::Error> {
    struct Components;

    impl<'de> Visitor<'de> for Components {
        type Value = Vec<Component<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list or an object of components")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut components = Vec::new();
            while let Some(component) = seq.next_element::<TextOr<'de, Component<'de>>>()? {
                components.push(match component {
                    TextOr::Text(id) => Component { component_id: Some(id), ..Component::default() },
                    TextOr::Other(component) => component,
                });
            }
            Ok(components)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut components = Vec::new();
            while let Some(id) = map.next_key::<Cow<'de, str>>()? {
                let component: Option<Component<'de>> = map.next_value()?;
                let mut component = component.unwrap_or_default();
                component.component_id.get_or_insert(Loose(id));
                components.push(component);
            }
            Ok(components)
        }

        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
    }

    deserializer.deserialize_any(Components)
}
