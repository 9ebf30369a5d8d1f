//! From what twistcli found to findings.

use crate::field::{text, texts};
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, SpareManifest};
use scanlift_convert_api::{Finding, Outcome, SkipReason};
use scanlift_report_core::{
    Dependency, Description, Identifier, ImageLocation, Location, Name, Severity, Solution, Text,
    Vulnerability,
};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// What was scanned.
#[derive(Debug)]
pub(super) struct Scope<'c> {
    pub(super) image: Text<'c>,
    pub(super) system: Option<Text<'c>>,
    /// The id of the image.
    pub(super) digest: &'c str,
    /// Of a repository: the file of packages that name none.
    pub(super) manifest: Option<&'c SpareManifest<'c>>,
}

impl Scope<'_> {
    fn place<'a>(&'a self, path: Option<&'a str>) -> Place<'a> {
        match (self.manifest, path) {
            (Some(_), Some(path)) => Place::Manifest(Cow::Borrowed(path)),
            (Some(manifest), None) => Place::Manifest(Cow::Borrowed(manifest.name())),
            (None, _) => Place::Image {
                image: Cow::Borrowed(&*self.image),
                operating_system: self.system.as_deref().map(Cow::Borrowed),
            },
        }
    }
}

/// An entry of `vulnerabilities`, with only the fields that are used; the API has other names.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Found<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    cve: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    status: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cvss: Option<f64>,
    vector: Option<Loose<'a>>,
    vec_str: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    package_name: Option<Loose<'a>>,
    package_version: Option<Loose<'a>>,
    package_path: Option<Loose<'a>>,
    package_type: Option<Loose<'a>>,
    link: Option<Loose<'a>>,
    risk_factors: RiskFactors<'a>,
    #[serde(deserialize_with = "json::list")]
    impacted_versions: Vec<Loose<'a>>,
    published_date: Option<Loose<'a>>,
    /// Seconds since 1970.
    #[serde(deserialize_with = "json::number")]
    published: Option<i64>,
    discovered_date: Option<Loose<'a>>,
    discovered: Option<Loose<'a>>,
    fix_date: Option<Loose<'a>>,
    grace_days: Option<Loose<'a>>,
    layer_time: Option<Loose<'a>>,
    layer_instruction: Option<Loose<'a>>,
    cause: Option<Loose<'a>>,
    exploit: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    binary_pkgs: Vec<Loose<'a>>,
}

/// Names as keys of an object, or in a list.
#[derive(Debug, Default)]
struct RiskFactors<'a>(Vec<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for RiskFactors<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Vec<Cow<'de, str>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("risk factors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = map.next_key::<Loose<'de>>()? {
                    map.next_value::<IgnoredAny>()?;
                    names.push(name.into_cow());
                }
                Ok(names)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element::<Loose<'de>>()? {
                    names.push(name.into_cow());
                }
                Ok(names)
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }
        }
        deserializer.deserialize_any(Names).map(Self)
    }
}

pub(super) fn map_vulnerability<'a>(found: &'a Found<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let id = filled(&found.cve).or(filled(&found.id)).unwrap_or_default();
    let Some(named) = filled(&found.package_name) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a package", id);
    };
    let (name, binaries) = split_package(named);
    let status = filled(&found.status).unwrap_or_default();
    let mut package = Package::new(name, filled(&found.package_version).unwrap_or_default());
    package.kind = text(&found.package_type);
    package.path = text(&found.package_path).filter(|_| scope.manifest.is_none());
    package.fixed = fixed_versions(status).map(Cow::Borrowed).into_iter().collect();
    let ranges: Vec<&str> = texts(&found.impacted_versions).collect();
    package.vulnerable = Some(Cow::Owned(ranges.join(", ")));
    let place = scope.place(filled(&found.package_path));

    let mut advisory = Advisory::new("twistlock_id", id);
    advisory.url = text(&found.link);
    advisory.title = text(&found.title);
    advisory.description = text(&found.description);
    advisory.solution = no_fix(name, status).map(Cow::Owned);
    advisory.severity = text(&found.severity).map(severity_word);
    advisory.ratings =
        vec![Rating::new("Prisma Cloud", text(&found.vector).or(text(&found.vec_str)), found.cvss)];
    let seconds = || found.published.filter(|seconds| *seconds > 0).map(|seconds| Cow::Owned(day(seconds)));
    advisory.published = text(&found.published_date).or_else(seconds);
    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id", name);
    };
    let details = &mut finding.vulnerability.details;
    details.text("status", "Status", status);
    let listed = || texts(&found.binary_pkgs).collect::<Vec<_>>().join(", ");
    details.text(
        "binary_packages",
        "Binary packages",
        binaries.map_or_else(|| Cow::Owned(listed()), Cow::Borrowed),
    );
    details.text("risk_factors", "Risk factors", found.risk_factors.0.join(", "));
    for (key, name, value) in [
        ("exploit", "Exploit", &found.exploit),
        ("cause", "Cause", &found.cause),
        ("grace_days", "Days of grace", &found.grace_days),
        ("layer_instruction", "Instruction of the layer", &found.layer_instruction),
    ] {
        details.text(key, name, filled(value).unwrap_or_default());
    }
    let discovered = if found.discovered_date.is_some() { &found.discovered_date } else { &found.discovered };
    for (key, name, value) in [
        ("fix_date", "Fixed on", &found.fix_date),
        ("layer_time", "Time of the layer", &found.layer_time),
        ("discovered", "Discovered", discovered),
    ] {
        details.text(key, name, time(value));
    }
    details.text("image_id", "Image id", scope.digest);
    Outcome::finding(finding)
}

/// A time as twistcli writes it, the day of the API's seconds since 1970, or nothing where it is zero.
fn time<'a>(field: &'a Option<Loose<'_>>) -> Text<'a> {
    // The first times of Go and Unix, in any time zone.
    const ZEROS: [&str; 3] = ["0001-01-01", "1969-12-31", "1970-01-01"];
    let text = filled(field).unwrap_or_default();
    match text.parse::<i64>() {
        Ok(0) => Cow::Borrowed(""),
        Ok(seconds) => Cow::Owned(day(seconds)),
        Err(_) if ZEROS.iter().any(|zero| text.starts_with(zero)) => Cow::Borrowed(""),
        Err(_) => Cow::Borrowed(text),
    }
}

/// The day of a time in seconds since 1970 (proleptic Gregorian calendar, after H. Hinnant's
/// `civil_from_days`).
fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Name and binary packages of `glibc (used in libc6, libc-bin)`.
fn split_package(named: &str) -> (&str, Option<&str>) {
    let parts = named.strip_suffix(')').and_then(|named| named.split_once(" (used in "));
    parts.map_or((named, None), |(name, binaries)| (name.trim(), Some(binaries)))
}

/// The versions of `fixed in 1.2, 2.0`.
fn fixed_versions(status: &str) -> Option<&str> {
    let start = status.get(.."fixed in".len())?;
    let versions = status.get("fixed in".len()..)?.trim_start_matches([':', ' ']);
    (start.eq_ignore_ascii_case("fixed in") && !versions.is_empty()).then_some(versions)
}

/// What to say when there is no version to upgrade to.
fn no_fix(package: &str, status: &str) -> Option<String> {
    match status.to_ascii_lowercase().as_str() {
        "open" | "affected" | "needed" => Some(format!("There is no fixed version of {package} yet.")),
        "deferred" | "postponed" | "fix deferred" => {
            Some(format!("There is no fixed version of {package} yet: its vendor deferred the fix."))
        }
        "will not fix" | "won't fix" | "wontfix" => {
            Some(format!("There is no fixed version of {package}: its vendor will not fix this."))
        }
        _ => None,
    }
}

/// Words that only distributions use.
fn severity_word(word: Text<'_>) -> Text<'_> {
    if word.eq_ignore_ascii_case("unimportant") { Cow::Borrowed("info") } else { word }
}

/// An entry of `compliances`: a check of the image that failed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Compliance<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    cause: Option<Loose<'a>>,
    solution: Option<Loose<'a>>,
    category: Option<Loose<'a>>,
    layer_time: Option<Loose<'a>>,
}

/// A check is about the image as a whole, so the image stands where else the package does.
pub(super) fn map_compliance<'a>(check: &'a Compliance<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let title = filled(&check.title);
    let rule = filled(&check.id).filter(|id| *id != "0").or(title).unwrap_or_default();
    let Some(identifier) = Identifier::new("twistlock_compliance_id", rule, rule) else {
        return Outcome::skip(SkipReason::Unsupported, "a check without id and title", "");
    };
    let reference = scope.image.split('@').next().unwrap_or_default();
    let last = reference.rsplit('/').next().unwrap_or_default();
    let (name, tag) = match last.rsplit_once(':') {
        Some((_, tag)) => (&reference[..reference.len() - tag.len() - 1], tag),
        None => (reference, ""),
    };
    let system = scope.system.as_deref().unwrap_or("unknown");
    let location =
        ImageLocation::new(Cow::Borrowed(&*scope.image), Cow::Borrowed(system), Dependency::new(name, tag));
    let mut vulnerability = Vulnerability::new(identifier, Location::ContainerScanning(location));
    vulnerability.name = Name::new(title.unwrap_or(rule));
    let parts = [filled(&check.cause), filled(&check.description)];
    vulnerability.description =
        Description::new(parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n"))
            .or_else(|| Description::new(title.unwrap_or_default()));
    vulnerability.solution = Solution::new(filled(&check.solution).unwrap_or_default());
    let details = &mut vulnerability.details;
    details.text("category", "Category", filled(&check.category).unwrap_or_default());
    details.text("layer_time", "Time of the layer", time(&check.layer_time));
    details.text("image_id", "Image id", scope.digest);
    let mut finding = Finding::new(vulnerability);
    finding.severity.rating = filled(&check.severity).and_then(Severity::from_word);
    finding.severity.word = text(&check.severity);
    Outcome::finding(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_tell_of_fixes() {
        for (status, versions, sentence) in [
            ("fixed in 1.2, 2.0", Some("1.2, 2.0"), None),
            ("Fixed in: 1.2", Some("1.2"), None),
            ("fixed in ", None, None),
            ("open", None, Some("There is no fixed version of a yet.")),
            ("will not fix", None, Some("There is no fixed version of a: its vendor will not fix this.")),
            ("", None, None),
        ] {
            assert_eq!(fixed_versions(status), versions, "{status}");
            assert_eq!(no_fix("a", status).as_deref(), sentence, "{status}");
        }
    }

    #[test]
    fn times_are_texts_or_seconds_and_may_be_zero() {
        for (given, want) in [
            ("2099-03-04T05:06:07Z", "2099-03-04T05:06:07Z"),
            ("1700000000", "2023-11-14"),
            ("0", ""),
            ("0001-01-01T00:00:00Z", ""),
            ("1969-12-31T16:00:00-08:00", ""),
            (" ", ""),
        ] {
            assert_eq!(time(&Some(Loose(Cow::Borrowed(given)))), want, "{given}");
        }
    }

    #[test]
    fn seconds_are_days() {
        for (seconds, want) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_700_000_000, "2023-11-14"),
            (4_070_908_800, "2099-01-01"),
        ] {
            assert_eq!(day(seconds), want);
        }
    }

    #[test]
    fn sources_name_their_binaries() {
        for (named, want) in [
            ("glibc (used in libc6, libc-bin)", ("glibc", Some("libc6, libc-bin"))),
            ("dpkg", ("dpkg", None)),
            ("a (b)", ("a (b)", None)),
        ] {
            assert_eq!(split_package(named), want);
        }
    }
}
