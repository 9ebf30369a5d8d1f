//! What is read of an issue, with only the fields that are used.

use scanlift_convert_api::json::{self, Loose};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An entry of `vulnerabilities`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Issue<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Loose<'a>>,
    pub(crate) title: Option<Loose<'a>>,
    /// `license`, else a vulnerability.
    #[serde(rename = "type")]
    pub(crate) kind: Option<Loose<'a>>,
    pub(crate) url: Option<Loose<'a>>,
    pub(crate) description: Option<Loose<'a>>,
    pub(crate) severity: Option<Loose<'a>>,
    pub(crate) severity_with_critical: Option<Loose<'a>>,
    pub(crate) original_severity: Option<Loose<'a>>,
    /// Several where issues are grouped.
    #[serde(deserialize_with = "json::list")]
    pub(crate) name: Vec<Loose<'a>>,
    /// The name, in the API.
    pub(crate) package: Option<Loose<'a>>,
    pub(crate) package_name: Option<Loose<'a>>,
    pub(crate) module_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) version: Vec<Loose<'a>>,
    /// Of a package in an image its system: `debian:10`.
    pub(crate) package_manager: Option<Loose<'a>>,
    pub(crate) from: From<'a>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) upgrade_path: Vec<Loose<'a>>,
    pub(crate) is_upgradable: Option<bool>,
    pub(crate) is_patchable: Option<bool>,
    pub(crate) is_pinnable: Option<bool>,
    pub(crate) is_ignored: Option<bool>,
    pub(crate) is_patched: Option<bool>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) fixed_in: Vec<Loose<'a>>,
    pub(crate) nearest_fixed_in_version: Option<Loose<'a>>,
    pub(crate) semver: Option<Semver<'a>>,
    pub(crate) identifiers: Option<BTreeMap<Loose<'a>, Values<'a>>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) alternative_ids: Vec<Loose<'a>>,
    #[serde(rename = "CVSSv3")]
    pub(crate) cvss_v3: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) cvss_score: Option<f64>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) cvss_sources: Vec<CvssSource<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) cvss_details: Vec<CvssDetails<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) references: Vec<Reference<'a>>,
    /// References of old advisories.
    #[serde(deserialize_with = "json::list")]
    pub(crate) info: Vec<Reference<'a>>,
    pub(crate) publication_time: Option<Loose<'a>>,
    pub(crate) modification_time: Option<Loose<'a>>,
    pub(crate) disclosure_time: Option<Loose<'a>>,
    pub(crate) exploit: Option<Loose<'a>>,
    /// The same, in the API.
    pub(crate) exploit_maturity: Option<Loose<'a>>,
    pub(crate) exploit_details: Option<ExploitDetails<'a>>,
    pub(crate) epss_details: Option<Epss<'a>>,
    pub(crate) reachability: Option<Loose<'a>>,
    pub(crate) risk_score: Option<Loose<'a>>,
    pub(crate) priority_score: Option<Loose<'a>>,
    pub(crate) malicious: Option<bool>,
    /// The same, in the API.
    pub(crate) is_malicious_package: Option<bool>,
    pub(crate) is_disputed: Option<bool>,
    pub(crate) nvd_severity: Option<Loose<'a>>,
    pub(crate) relative_importance: Option<Loose<'a>>,
    pub(crate) parent_dep_type: Option<Loose<'a>>,
    pub(crate) dockerfile_instruction: Option<Loose<'a>>,
    pub(crate) docker_base_image: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) functions_new: Vec<Function<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) credit: Vec<Loose<'a>>,
    /// Why an entry of `filtered` is there.
    pub(crate) filtered: Option<Filtered<'a>>,
}

/// One path of packages, or several where issues are grouped.
#[derive(Debug, Default)]
pub(crate) struct From<'a>(pub(crate) Vec<Values<'a>>);

/// One or more texts.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Values<'a>(#[serde(borrow, deserialize_with = "json::list")] pub(crate) Vec<Loose<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for From<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let steps: Vec<Values<'a>> = json::list(deserializer)?;
        let is_grouped = steps.iter().any(|step| step.0.len() > 1);
        Ok(Self(if is_grouped {
            steps
        } else {
            vec![Values(steps.into_iter().flat_map(|step| step.0).collect())]
        }))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Semver<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) vulnerable: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CvssSource<'a> {
    #[serde(borrow)]
    pub(crate) assigner: Option<Loose<'a>>,
    pub(crate) vector: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) base_score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CvssDetails<'a> {
    #[serde(borrow)]
    pub(crate) assigner: Option<Loose<'a>>,
    pub(crate) cvss_v3_vector: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) cvss_v3_base_score: Option<f64>,
}

/// With a title, or an address alone.
#[derive(Debug, Default)]
pub(crate) struct Reference<'a>(pub(crate) Option<Loose<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Reference<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Titled<'a> {
            #[serde(borrow)]
            url: Option<Loose<'a>>,
        }
        struct Either<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> serde::de::Visitor<'de> for Either<'a> {
            type Value = Option<Loose<'a>>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an address, alone or with a title")
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Some(Loose(Cow::Borrowed(text))))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Some(Loose(Cow::Owned(json::without_nul(text)))))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let titled = Titled::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(titled.url)
            }
        }
        deserializer.deserialize_any(Either(std::marker::PhantomData)).map(Self)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ExploitDetails<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) maturity_levels: Vec<Maturity<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Maturity<'a> {
    #[serde(borrow)]
    pub(crate) level: Option<Loose<'a>>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Epss<'a> {
    #[serde(borrow)]
    pub(crate) probability: Option<Loose<'a>>,
    pub(crate) percentile: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Function<'a> {
    #[serde(borrow)]
    pub(crate) function_id: Option<FunctionId<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FunctionId<'a> {
    #[serde(borrow)]
    pub(crate) class_name: Option<Loose<'a>>,
    pub(crate) function_name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filtered<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) ignored: Vec<Ignored<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ignored<'a> {
    #[serde(borrow)]
    pub(crate) reason: Option<Loose<'a>>,
}
