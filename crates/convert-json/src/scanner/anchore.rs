//! Anchore's vulnerabilities of an image, and what its policies say of one: Anchore Engine (`anchore-cli
//! --json`), Anchore Enterprise's API and AnchoreCTL, with keys in `snake_case` or `camelCase`.

mod policy;

use crate::field::{text, texts};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, Warning,
    image,
};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads Anchore's lists of vulnerabilities and evaluations of policies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anchore;

/// The converter.
pub static CONVERTER: Anchore = Anchore;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "anchore",
    name: "Anchore",
    summary: "vulnerabilities and policy evaluations of images by Anchore Engine, Enterprise and AnchoreCTL",
    versions: "all",
    kinds: &[Kind::ContainerScanning],
    url: "https://docs.anchore.com/",
};

impl Converter for Anchore {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let any = |keys: &[&str]| keys.iter().any(|key| head.has(key));
        let of_entry = |keys: &[&str]| keys.iter().any(|key| head.path_has(&["vulnerabilities", key]));
        let packages = ["package_name", "packageName", "package_version", "packageVersion", "package"];
        let in_list = head.kind() == Some(JsonKind::Array);
        let is_list = in_list && any(&["vuln"]) && any(&packages);
        let is_report = (of_entry(&["vuln"]) && of_entry(&packages))
            || (any(&["imageDigest", "image_digest"])
                && any(&["vulnerability_type", "vulnerabilityType"])
                && any(&["vulnerabilities"]));
        let of_check = |path: &[&str]| {
            ["triggerId", "trigger_id"].iter().any(|key| head.path_has(&[path, &[*key]].concat()))
        };
        let is_evaluation = any(&["finalAction", "final_action"]) && any(&["policyId", "policy_id"])
            || (of_check(&["detail"]) && head.path_has(&["detail", "gate"]))
            || (any(&["evaluatedTag", "evaluated_tag"]) && any(&["evaluations"]))
            || of_check(&["evaluations", "details", "findings"]);
        let has_digest = head.keys().next().is_some_and(|key| key.starts_with("sha256:"));
        // A list of reports is several inputs.
        if is_list || (is_report && !in_list) || is_evaluation {
            Match::Yes
        } else if has_digest {
            Match::Maybe
        } else {
            Match::No
        }
    }

    /// The document is read twice: the operating system is told by the first package of it.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(&mut Reader::new(input.open().map_err(ConvertError::Read)?))?;
        let mut scan = ScanInfo::new("Anchore", Kind::ContainerScanning);
        scan.vendor = Some("Anchore".into());
        scan.url = Some("https://anchore.com/".into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let scope = Scope {
            image: image_name(&outline, options, sink),
            system: filled(&options.operating_system).or(outline.system.as_deref()),
            digest: outline.digest.as_deref().unwrap_or_default(),
        };
        if let Some(layout) = outline.policy {
            return layout.convert(input, &scope, sink);
        }
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        let mut each = |reader: &mut Reader<_>| {
            records.each(reader, |records, reader| records.map(reader, &scope, map_vulnerability))
        };
        if reader.peek()? == JsonKind::Array {
            return each(&mut reader);
        }
        reader.each_key(|key, reader| if key == "vulnerabilities" { each(reader) } else { Ok(()) })
    }
}

/// What a document says beside its vulnerabilities.
#[derive(Debug, Default)]
struct Outline {
    /// The image's name, as evaluations of policies tell it.
    tag: Option<String>,
    digest: Option<String>,
    system: Option<String>,
    /// Where an evaluation has its checks.
    policy: Option<policy::Layout>,
    fields: Fields,
}

impl Outline {
    fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        let mut known = false;
        match reader.peek()? {
            JsonKind::Array => {
                outline.vulnerabilities(reader)?;
                known = true;
            }
            JsonKind::Object => reader.each_key(|key, reader| {
                match key {
                    "vulnerabilities" => {
                        known = true;
                        outline.vulnerabilities(reader)?;
                    }
                    _ => outline.evaluation(key, reader)?,
                }
                Ok::<_, ConvertError>(())
            })?,
            _ => {}
        }
        if !known && outline.policy.is_none() {
            return Err(ConvertError::Unrecognised {
                expected: "a list of `vulnerabilities`, or an evaluation of a policy",
                help: "save `anchore-cli --json image vuln IMAGE all` or `anchorectl image vulnerabilities -o json`",
            });
        }
        reader.finish()?;
        Ok(outline)
    }

    fn vulnerabilities<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? != JsonKind::Array {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            if self.system.is_some() || reader.peek()? != JsonKind::Object {
                return Ok(());
            }
            reader.each_key(|key, reader| {
                match key {
                    "feed_group" | "feedGroup" => {
                        self.system = self.fields.text(reader)?.filter(|group| is_system(group));
                    }
                    _ => self.evaluation(key, reader)?,
                }
                Ok::<_, ConvertError>(())
            })
        })
    }

    /// A field of an evaluation of a policy.
    fn evaluation<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let layout = policy::Layout::of(key);
        match key {
            "tag" | "evaluatedTag" | "evaluated_tag" => {
                let tag = self.fields.text(reader)?;
                self.tag = self.tag.take().or(tag);
            }
            "digest" | "imageDigest" | "image_digest" => {
                if let Some(digest) = self.fields.text(reader)? {
                    self.add_digest(&digest);
                }
            }
            // Anchore Engine has digest and tag as keys.
            digest if layout.is_some() && digest.starts_with("sha256:") => {
                self.add_digest(digest);
                if reader.peek()? == JsonKind::Object {
                    reader.each_key(|tag, _| {
                        self.tag.get_or_insert_with(|| tag.to_owned());
                        Ok::<_, ConvertError>(())
                    })?;
                }
            }
            _ => {}
        }
        self.policy = self.policy.or(layout);
        Ok(())
    }

    /// Of evaluations of several images none has the digest of all.
    fn add_digest(&mut self, digest: &str) {
        let known = self.digest.get_or_insert_with(|| digest.to_owned());
        if known != digest {
            known.clear();
        }
    }
}

/// Whether a group of a feed is a distribution: `debian:9`, not `nvdv2:cves` or `github:java`.
fn is_system(group: &str) -> bool {
    const OTHERS: [&str; 9] = ["epss", "gem", "github", "kev", "msrc", "npm", "nvd", "snyk", "vulndb"];
    group.split_once(':').is_some_and(|(name, version)| {
        !version.is_empty() && !OTHERS.iter().any(|other| name.starts_with(other))
    })
}

/// Of vulnerabilities Anchore names the image by its digest only.
fn image_name<'a>(outline: &'a Outline, options: &'a Options, sink: &mut dyn Sink) -> Text<'a> {
    match (filled(&outline.tag).or(filled(&options.image)), filled(&outline.digest)) {
        (None, Some(digest)) => {
            sink.warn(Warning::note("the document names the image by its digest only: name it with --image"));
            image::with_tag(Cow::Borrowed(digest))
        }
        (named, _) => image::or_option(named, options, sink),
    }
}

/// What holds for the whole document.
#[derive(Debug)]
struct Scope<'c> {
    image: Text<'c>,
    system: Option<&'c str>,
    digest: &'c str,
}

/// A vulnerability of a package, with only the fields that are used. Missing values are `"None"`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    vuln: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    feed: Option<Loose<'a>>,
    #[serde(alias = "feedGroup")]
    feed_group: Option<Loose<'a>>,
    fix: Option<Loose<'a>>,
    #[serde(alias = "fixObservedAt")]
    fix_observed_at: Option<Loose<'a>>,
    #[serde(alias = "willNotFix")]
    will_not_fix: Option<bool>,
    /// Name and version in one: `apt-1.4.9`.
    package: Option<Loose<'a>>,
    #[serde(alias = "packageName")]
    package_name: Option<Loose<'a>>,
    #[serde(alias = "packageVersion")]
    package_version: Option<Loose<'a>>,
    #[serde(alias = "packageType")]
    package_type: Option<Loose<'a>>,
    #[serde(alias = "packagePath")]
    package_path: Option<Loose<'a>>,
    #[serde(alias = "packageCpe23")]
    package_cpe23: Option<Loose<'a>>,
    #[serde(alias = "nvdData", deserialize_with = "json::list")]
    nvd_data: Vec<Source<'a>>,
    #[serde(alias = "vendorData", deserialize_with = "json::list")]
    vendor_data: Vec<Source<'a>>,
    #[serde(alias = "inheritedFromBase")]
    inherited_from_base: Option<bool>,
    #[serde(alias = "detectedAt")]
    detected_at: Option<Loose<'a>>,
}

/// What NVD or a vendor says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    #[serde(alias = "cvssV3")]
    cvss_v3: Option<Cvss<'a>>,
    #[serde(alias = "cvssV2")]
    cvss_v2: Option<Cvss<'a>>,
}

/// Scores of -1 mean that there is none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cvss<'a> {
    #[serde(alias = "baseScore", deserialize_with = "json::number")]
    base_score: Option<f64>,
    #[serde(borrow, alias = "vectorString")]
    vector_string: Option<Loose<'a>>,
    vector: Option<Loose<'a>>,
}

/// A field that says something.
fn said<'a>(field: &'a Option<Loose<'_>>) -> Option<&'a str> {
    filled(field).filter(|value| !value.eq_ignore_ascii_case("none"))
}

fn map_vulnerability<'a>(vulnerability: &'a Vulnerability<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let id = said(&vulnerability.vuln).unwrap_or_default();
    let Some(name) = said(&vulnerability.package_name).or(said(&vulnerability.package)) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a package", id);
    };
    let mut package = Package::new(name, said(&vulnerability.package_version).unwrap_or_default());
    package.kind = text(&vulnerability.package_type);
    package.path = said(&vulnerability.package_path).map(Cow::Borrowed);
    package.fixed = said(&vulnerability.fix).map(Cow::Borrowed).into_iter().collect();
    let own = said(&vulnerability.feed_group).filter(|group| is_system(group));
    let place = Place::Image {
        image: Cow::Borrowed(&*scope.image),
        operating_system: scope.system.or(own).map(Cow::Borrowed),
    };
    let Some(mut finding) = map_advisory(vulnerability, id, name).into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id", name);
    };
    let details = &mut finding.vulnerability.details;
    for (key, name, value) in [
        ("fix_observed", "Fix observed", said(&vulnerability.fix_observed_at)),
        ("cpe", "CPE", said(&vulnerability.package_cpe23)),
        ("feed", "Feed", said(&vulnerability.feed)),
        ("feed_group", "Feed group", said(&vulnerability.feed_group)),
        ("detected", "Detected", said(&vulnerability.detected_at)),
        ("image_digest", "Image digest", Some(scope.digest)),
    ] {
        details.text(key, name, value.unwrap_or_default());
    }
    if vulnerability.inherited_from_base == Some(true) {
        details.text("inherited", "Inherited from the base image", "yes");
    }
    Outcome::finding(finding)
}

fn map_advisory<'a>(vulnerability: &'a Vulnerability<'_>, id: &'a str, package: &str) -> Advisory<'a> {
    let mut advisory = Advisory::new("anchore_id", id);
    advisory.url = said(&vulnerability.url).map(Cow::Borrowed);
    advisory.severity = said(&vulnerability.severity).map(Cow::Borrowed);
    if vulnerability.will_not_fix == Some(true) {
        let sentence = format!("There is no fixed version of {package}: its vendor will not fix this.");
        advisory.solution = Some(Cow::Owned(sentence));
    }
    let sources = || {
        let nvd = vulnerability.nvd_data.iter().map(|source| ("nvd", source));
        nvd.chain(vulnerability.vendor_data.iter().map(|source| ("vendor", source)))
    };
    let own = said(&vulnerability.description);
    advisory.description =
        own.or_else(|| sources().find_map(|(_, source)| said(&source.description))).map(Cow::Borrowed);
    for (name, source) in sources() {
        advisory.aliases.extend(texts(source.id.as_slice()).map(Cow::Borrowed));
        for cvss in source.cvss_v3.iter().chain(&source.cvss_v2) {
            let score = cvss.base_score.filter(|score| *score >= 0.0);
            advisory.ratings.push(Rating::new(name, text(&cvss.vector_string).or(text(&cvss.vector)), score));
        }
    }
    advisory
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_reports_is_none() {
        let report = r#"{"imageDigest": "sha256:0", "vulnerability_type": "all", "vulnerabilities": []}"#;
        for (document, want) in [(report.to_owned(), Match::Yes), (format!("[{report}]"), Match::No)] {
            assert_eq!(Anchore.sniff(document.as_bytes()), want, "{document}");
        }
    }

    #[test]
    fn groups_of_distributions_are_systems() {
        for (group, want) in [
            ("debian:9", true),
            ("rhel:8", true),
            ("nvdv2:cves", false),
            ("github:java", false),
            ("vulndb:vulnerabilities", false),
            ("None", false),
        ] {
            assert_eq!(is_system(group), want, "{group}");
        }
    }
}
