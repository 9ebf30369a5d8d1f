use crate::Text;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A version of CVSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CvssVersion {
    /// CVSS 2.0.
    V2,
    /// CVSS 3.0.
    V3_0,
    /// CVSS 3.1.
    V3_1,
    /// CVSS 4.0.
    V4,
}

/// A vector that a scanner gave, read and scored.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Cvss {
    /// Its version.
    pub version: CvssVersion,
    /// Its base score, 0.0 to 10.0; for version 4 the score of all its metrics.
    pub score: f64,
    /// The vector in the standard's own spelling.
    pub vector: String,
}

impl Cvss {
    /// Reads a vector in the spellings that scanners use: with brackets, with `CVSS2#` before it,
    /// in lower case, with a slash at the end. `None` unless all base metrics are there.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let clean = text.trim().trim_start_matches('(').trim_end_matches([')', '/', ' ']);
        let upper;
        let clean = if clean.bytes().any(|b| b.is_ascii_lowercase()) && !clean.contains("Au:") {
            upper = clean.to_ascii_uppercase().replace("/AU:", "/Au:");
            upper.as_str()
        } else {
            clean
        };
        let clean = clean.strip_prefix("CVSS2#").unwrap_or(clean);
        let clean = clean.strip_prefix("CVSS:2.0/").unwrap_or(clean);
        let has = |metrics: &[&str]| {
            // One bit for each metric.
            let found = clean.split('/').fold(0, |found, part| {
                let name = part.split_once(':').map_or(part, |(name, _)| name);
                found | metrics.iter().position(|metric| *metric == name).map_or(0, |at| 1_u32 << at)
            });
            found == (1 << metrics.len()) - 1
        };
        if let Some(version) = clean.strip_prefix("CVSS:3.") {
            let version = if version.starts_with('0') { CvssVersion::V3_0 } else { CvssVersion::V3_1 };
            let complete = has(&["AV", "AC", "PR", "UI", "S", "C", "I", "A"]);
            let vector: cvss::v3::Vector = clean.parse().ok()?;
            return complete.then(|| Self {
                version,
                score: vector.base_score().value(),
                vector: clean.to_owned(),
            });
        }
        if clean.starts_with("CVSS:4.0") {
            let vector: cvss::v4::Vector = clean.parse().ok()?;
            return Some(Self {
                version: CvssVersion::V4,
                score: vector.score().value(),
                vector: clean.to_owned(),
            });
        }
        if has(&["AV", "AC", "PR", "UI", "S", "C", "I", "A"]) {
            return Self::parse(&format!("CVSS:3.1/{clean}"));
        }
        let complete = has(&["AV", "AC", "Au", "C", "I", "A"]);
        let vector: cvss::v2::Vector = clean.parse().ok()?;
        complete.then(|| Self {
            version: CvssVersion::V2,
            score: vector.score().value(),
            vector: clean.to_owned(),
        })
    }
}

/// A vector as a report lists it (schema `cvss_vectors[]`): CVSS 2 or 3, at most 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CvssVector<'a> {
    /// Who rated, never empty.
    pub vendor: Text<'a>,
    /// The vector.
    pub vector: Text<'a>,
}

impl<'a> CvssVector<'a> {
    /// How many vectors the schema takes.
    pub const MAX: usize = 10;

    /// The vector as a list entry; `None` for CVSS 4, which costs the whole report in every
    /// schema up to 15.2.1, and for one of over 128 characters.
    #[must_use]
    pub fn new(vendor: impl Into<Text<'a>>, cvss: &Cvss) -> Option<Self> {
        let vendor = vendor.into();
        let vendor = if vendor.trim().is_empty() { Cow::Borrowed("unknown") } else { vendor };
        let fits = cvss.version < CvssVersion::V4 && cvss.vector.len() <= 128;
        fits.then(|| Self { vendor, vector: Cow::Owned(cvss.vector.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_in_the_spellings_of_scanners() {
        use CvssVersion::{V2, V3_0, V3_1, V4};
        for (text, want) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Some((V3_1, 9.8))),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", Some((V3_0, 9.8))),
            ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Some((V3_1, 9.8))),
            ("cvss:3.1/av:n/ac:l/pr:n/ui:n/s:u/c:h/i:h/a:h", Some((V3_1, 9.8))),
            ("CVSS2#AV:N/AC:L/Au:N/C:P/I:P/A:P", Some((V2, 7.5))),
            ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", Some((V2, 7.5))),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Some((V4, 9.3))),
            ("CVSS:3.1/AV:N", None),
            ("", None),
            ("nonsense", None),
        ] {
            let got = Cvss::parse(text).map(|cvss| (cvss.version, cvss.score));
            assert_eq!(got, want, "{text}");
        }
    }
}
