//! The first pass: sources, packages, groups of ids, and layers of the image.

use super::place;
use scanlift_convert_api::json::{self, Fields, Reader};
use scanlift_convert_api::{ConvertError, advisory};
use scanlift_report_core::Kind;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

/// What a document says beside its vulnerabilities.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// By the number of the result.
    pub(super) sources: Vec<Source>,
    /// Those with vulnerabilities, by the number of the package.
    pub(super) packages: BTreeMap<u64, Package>,
    pub(super) image: Option<ImageMetadata>,
    /// The first package of an operating system tells which one it is: `Debian:12`.
    pub(super) system: Option<String>,
    pub(super) fields: Fields,
    seen: u64,
}

/// `SourceInfo`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Source {
    pub(super) path: Option<String>,
    /// `lockfile`, `sbom`, `git`, `docker`, `os`, `artifact` ...
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// `PackageVulns` without its vulnerabilities.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) info: PackageInfo,
    pub(super) dependency_groups: Vec<String>,
    /// By the id of the vulnerability.
    pub(super) roles: HashMap<String, Role>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PackageInfo {
    pub(super) name: Option<String>,
    pub(super) os_package_name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) ecosystem: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) image_origin_details: Option<Origin>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Origin {
    pub(super) index: Option<usize>,
}

/// `ImageMetadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ImageMetadata {
    /// A title: `Debian GNU/Linux 12 (bookworm)`.
    pub(super) os: Option<String>,
    pub(super) layer_metadata: Option<Vec<Layer>>,
    pub(super) base_images: Option<Vec<Option<Vec<BaseImage>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Layer {
    pub(super) diff_id: Option<String>,
    pub(super) command: Option<String>,
    pub(super) base_image_index: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BaseImage {
    pub(super) name: Option<String>,
}

/// `GroupInfo`: the ids of one vulnerability.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    ids: Option<Vec<String>>,
    aliases: Option<Vec<String>>,
    experimental_analysis: Option<BTreeMap<String, Option<Analysis>>>,
    max_severity: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Analysis {
    pub(super) called: Option<bool>,
    pub(super) unimportant: Option<bool>,
}

/// What the groups of a package say of one of its vulnerabilities.
#[derive(Clone, Debug, Default)]
pub(super) struct Role {
    /// The entry that makes the finding, if it is another one.
    pub(super) same_as: Option<String>,
    pub(super) aliases: Vec<String>,
    /// The worst CVSS score of the group.
    pub(super) max_severity: Option<String>,
    pub(super) analysis: Analysis,
}

impl Outline {
    /// Reads a document from its first byte to its last.
    pub(super) fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        let mut known = false;
        if reader.peek()? != json::Kind::Object {
            return Err(unrecognised());
        }
        reader.each_key(|key, reader| match key {
            "results" => {
                known = true;
                outline.read_results(reader)
            }
            "image_metadata" => {
                outline.image = outline.fields.object(reader)?;
                Ok(())
            }
            _ => Ok(()),
        })?;
        reader.finish()?;
        if known { Ok(outline) } else { Err(unrecognised()) }
    }

    /// The report to write when nothing was found.
    pub(super) fn kind(&self) -> Kind {
        let of_image = self.image.is_some() || self.sources.iter().any(place::is_of_image);
        if of_image { Kind::ContainerScanning } else { Kind::DependencyScanning }
    }

    fn read_results<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.fields.is(json::Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let mut source = Source::default();
            if self.fields.is(json::Kind::Object, reader)? {
                reader.each_key(|key, reader| {
                    match key {
                        "source" => source = self.fields.object(reader)?.unwrap_or_default(),
                        "packages" if self.fields.is(json::Kind::Array, reader)? => {
                            reader.each_item(|_, reader| self.read_package(reader))?;
                        }
                        _ => {}
                    }
                    Ok::<_, ConvertError>(())
                })?;
            }
            self.sources.push(source);
            Ok(())
        })
    }

    fn read_package<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let number = self.seen;
        self.seen += 1;
        if !self.fields.is(json::Kind::Object, reader)? {
            return Ok(());
        }
        let mut package = Package::default();
        let mut ids = Vec::new();
        let mut groups = Vec::new();
        let mut violates = false;
        reader.each_key(|key, reader| {
            match key {
                "package" => package.info = self.fields.object(reader)?.unwrap_or_default(),
                "dependency_groups" => package.dependency_groups = self.fields.texts(reader)?,
                "vulnerabilities" if self.fields.is(json::Kind::Array, reader)? => {
                    reader.each_item(|_, reader| self.read_id(reader, &mut ids))?;
                }
                "groups" if self.fields.is(json::Kind::Array, reader)? => reader.each_item(|_, reader| {
                    groups.extend(self.fields.object::<Group, R>(reader)?);
                    Ok::<_, ConvertError>(())
                })?,
                "license_violations" => violates = true,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        let ecosystem = package.info.ecosystem.as_deref().filter(|name| place::is_system(name));
        self.system = self.system.take().or_else(|| ecosystem.map(str::to_owned));
        if !ids.is_empty() || violates {
            package.roles = roles(&ids, groups);
            self.packages.insert(number, package);
        }
        Ok(())
    }

    fn read_id<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        ids: &mut Vec<String>,
    ) -> Result<(), ConvertError> {
        if reader.peek()? != json::Kind::Object {
            return Ok(());
        }
        reader.each_key(|key, reader| {
            if key == "id" {
                ids.extend(self.fields.text(reader)?);
            }
            Ok(())
        })
    }
}

/// What the groups say of each id that the package has.
///
/// Of the entries of a group one makes the finding: GitHub's, which alone says all there is
/// (severity, CVSS, CWE), else the first.
/// A group whose ids are several CVEs was gathered by an advisory of a distribution: there every
/// entry stands for itself.
fn roles(ids: &[String], groups: Vec<Group>) -> HashMap<String, Role> {
    let present: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut roles = HashMap::new();
    for group in groups {
        let members = group.ids.unwrap_or_default();
        let cves: HashSet<&str> = members.iter().filter_map(|id| advisory::find_cve(id)).collect();
        let is_one = cves.len() < 2;
        let mut there = members.iter().filter(|id| present.contains(id.as_str()));
        let leader = there.clone().find(|id| id.starts_with("GHSA-")).or_else(|| there.next());
        let aliases: Vec<String> = members.iter().chain(group.aliases.iter().flatten()).cloned().collect();
        let max_severity = group.max_severity.filter(|score| !score.trim().is_empty());
        for id in &members {
            let analysis =
                group.experimental_analysis.as_ref().and_then(|all| all.get(id).copied().flatten());
            let role = Role {
                same_as: leader.filter(|leader| is_one && *leader != id).cloned(),
                aliases: if is_one { aliases.clone() } else { Vec::new() },
                max_severity: max_severity.clone(),
                analysis: analysis.unwrap_or_default(),
            };
            roles.entry(id.clone()).or_insert(role);
        }
    }
    roles
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "a list of `results`",
        help: "run OSV-Scanner with `--format json`; for its SARIF and CycloneDX leave --from out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn one_entry_of_a_group_makes_the_finding() {
        for (present, group, id, same_as) in [
            (&["GO-1", "GHSA-1"][..], &["GO-1", "GHSA-1"][..], "GO-1", Some("GHSA-1")),
            (&["GO-1", "GHSA-1"], &["GO-1", "GHSA-1"], "GHSA-1", None),
            (&["GO-1"], &["GO-1", "GHSA-1"], "GO-1", None),
            (&["PYSEC-1", "OSV-1"], &["PYSEC-1", "OSV-1"], "OSV-1", Some("PYSEC-1")),
            (
                &["DSA-1", "CVE-2020-0001", "CVE-2020-0002"],
                &["DSA-1", "CVE-2020-0001", "CVE-2020-0002"],
                "CVE-2020-0002",
                None,
            ),
        ] {
            let groups = vec![Group { ids: Some(owned(group)), ..Group::default() }];
            let roles = roles(&owned(present), groups);
            assert_eq!(roles[id].same_as.as_deref(), same_as, "{id} of {group:?}");
        }
    }
}
