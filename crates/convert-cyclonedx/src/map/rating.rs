//! Ratings: which one decides, which are vectors of CVSS, and what the others say.

use super::MOST;
use crate::model::{Rating, Vulnerability};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{self, Advisory};
use scanlift_report_core::{Cvss, Details, Severity, Text};
use std::borrow::Cow;

/// Severity and ratings by CVSS, the one to trust first.
pub(super) fn map<'a>(advisory: &mut Advisory<'a>, vulnerability: &'a Vulnerability<'_>) {
    let ranked = ranked(vulnerability);
    let words = || ranked.iter().filter(|it| !is_likelihood(it)).filter_map(|it| filled(&it.severity));
    let known = |word: &&str| Severity::from_word(word).is_some_and(|it| it != Severity::Unknown);
    advisory.severity = words().find(known).or_else(|| words().next()).map(Cow::Borrowed);
    let mut cvss: Vec<_> = ranked.iter().filter(|rating| is_cvss(rating)).collect();
    cvss.sort_by_key(|rating| source_rank(rating, vulnerability));
    let ratings = cvss.into_iter().map(|rating| {
        // What is 0 and rated all the same is not known.
        let is_none = filled(&rating.severity).is_none_or(|word| word.eq_ignore_ascii_case("none"));
        let score = rating.score.filter(|score| *score > 0.0 || is_none);
        package::Rating::new(source(rating).unwrap_or_default(), vector(rating), score)
    });
    advisory.ratings = ratings.collect();
}

/// What ratings say beyond a severity and a vector.
pub(super) fn details<'a>(details: &mut Details<'a>, vulnerability: &'a Vulnerability<'_>) {
    let mut lines = Vec::new();
    for rating in vulnerability.ratings.iter().take(MOST) {
        match likelihood(rating) {
            Some(Likelihood::Epss) if rating.score.is_some() => {
                let score = rating.score.unwrap_or_default();
                details.text("epss", "EPSS", format!("{score}"));
            }
            Some(Likelihood::Kev) => {
                let text = filled(&rating.justification).unwrap_or("yes");
                details.text("known_exploited", "Known exploited", text);
            }
            _ => lines.push(line(rating)),
        }
    }
    let ratings = || vulnerability.ratings.iter().take(MOST).filter(|rating| !is_likelihood(rating));
    let mut words = ratings().filter_map(|rating| filled(&rating.severity));
    let first = words.next().unwrap_or_default();
    let agree = words.all(|word| word.eq_ignore_ascii_case(first));
    if !agree || !ratings().all(is_said) {
        add_list(details, "ratings", "Ratings", lines);
    }
}

/// Whether severity and vector of the finding say all of a rating.
fn is_said(rating: &Rating<'_>) -> bool {
    let read = has_cvss(rating);
    let has_vector = filled(&rating.vector).is_some();
    filled(&rating.justification).is_none()
        && source(rating).is_none_or(|_| read)
        && (read || (!has_vector && rating.score.is_none_or(|score| score == 0.0)))
}

fn has_cvss(rating: &Rating<'_>) -> bool {
    is_cvss(rating) && vector(rating).as_deref().and_then(Cvss::parse).is_some()
}

/// `nvd: critical, 9.8 (CVSSv31): why`.
fn line(rating: &Rating<'_>) -> String {
    let mut parts: Vec<Cow<'_, str>> = Vec::new();
    parts.extend(filled(&rating.severity).map(Cow::Borrowed));
    parts.extend(rating.score.map(|score| Cow::Owned(format!("{score}"))));
    // What is no vector of CVSS has no place of its own.
    parts.extend(filled(&rating.vector).filter(|_| !has_cvss(rating)).map(Cow::Borrowed));
    if parts.is_empty() && filled(&rating.justification).is_none() {
        return String::new();
    }
    let mut line = source(rating).map(|source| format!("{source}: ")).unwrap_or_default();
    line.push_str(&parts.join(", "));
    if let Some(method) = filled(&rating.method).filter(|method| *method != "other") {
        line.push_str(&format!(" ({method})"));
    }
    if let Some(justification) = filled(&rating.justification) {
        line.push_str(&format!(": {justification}"));
    }
    line
}

/// Those of the vulnerability's own source first (a distribution's judgement of its package), then
/// NVD's; of one source its own judgement, then the newer method. Equal ones keep their order.
fn ranked<'v, 'a>(vulnerability: &'v Vulnerability<'a>) -> Vec<&'v Rating<'a>> {
    let mut ranked: Vec<_> = vulnerability.ratings.iter().take(MOST).collect();
    ranked.sort_by_key(|rating| (source_rank(rating, vulnerability), method_rank(rating)));
    ranked
}

fn source_rank(rating: &Rating<'_>, vulnerability: &Vulnerability<'_>) -> u8 {
    let own = vulnerability.source.as_ref().and_then(|source| filled(&source.name));
    match source(rating) {
        Some(name) if own.is_some_and(|own| own.eq_ignore_ascii_case(name)) => 0,
        Some(name) if name.eq_ignore_ascii_case("nvd") => 1,
        _ => 2,
    }
}

/// Methods of `scoreMethod`, and of the extension (`OWASP Risk`, `Open FAIR`).
fn method_rank(rating: &Rating<'_>) -> u8 {
    match method(rating) {
        Some("CVSSv31") => 1,
        Some("CVSSv3") => 2,
        Some("CVSSv4") => 3,
        Some("CVSSv2") => 4,
        _ => 0,
    }
}

/// The method; that of a vector where none is named.
fn method<'r>(rating: &'r Rating<'_>) -> Option<&'r str> {
    filled(&rating.method).or_else(|| match filled(&rating.vector)? {
        vector if vector.starts_with("CVSS:3.0/") => Some("CVSSv3"),
        vector if vector.starts_with("CVSS:3.1/") => Some("CVSSv31"),
        vector if vector.starts_with("CVSS:4") => Some("CVSSv4"),
        vector if vector.contains("Au:") => Some("CVSSv2"),
        _ => None,
    })
}

fn is_cvss(rating: &Rating<'_>) -> bool {
    match method(rating) {
        Some(method) => method.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("cvss")),
        None => !is_likelihood(rating),
    }
}

/// The vector with its version, which some leave out.
fn vector<'r>(rating: &'r Rating<'_>) -> Option<Text<'r>> {
    let vector = filled(&rating.vector)?;
    let before = match method(rating) {
        Some("CVSSv3") => "CVSS:3.0/",
        Some("CVSSv31") => "CVSS:3.1/",
        Some("CVSSv4") => "CVSS:4.0/",
        _ => "",
    };
    let has_version = vector.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("cvss:"));
    if before.is_empty() || has_version {
        return Some(Cow::Borrowed(vector));
    }
    Some(Cow::Owned(format!("{before}{}", vector.trim_matches(['(', ')']))))
}

/// Who rated; without a name the address.
fn source<'r>(rating: &'r Rating<'_>) -> Option<&'r str> {
    let source = rating.source.as_ref()?;
    filled(&source.name).or(filled(&source.url))
}

/// How likely it is to be exploited, which is not how bad it is.
enum Likelihood {
    /// <https://www.first.org/epss/>, from 0 to 1.
    Epss,
    /// A catalog of what is exploited.
    Kev,
}

fn likelihood(rating: &Rating<'_>) -> Option<Likelihood> {
    let source = rating.source.as_ref()?;
    let (name, url) = (filled(&source.name).unwrap_or_default(), filled(&source.url).unwrap_or_default());
    let has = |mark: &str| name.to_ascii_lowercase().contains(mark) || url.contains(mark);
    match () {
        () if has("epss") => Some(Likelihood::Epss),
        () if has("known-exploited") || name.contains("KEV") => Some(Likelihood::Kev),
        () => None,
    }
}

fn is_likelihood(rating: &Rating<'_>) -> bool {
    likelihood(rating).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::Detail;

    const NETWORK: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

    fn mapped(json: &str) -> (Option<String>, Vec<String>) {
        let vulnerability: Vulnerability<'_> = serde_json::from_str(json).expect("a vulnerability");
        let mut advisory = Advisory::new("cyclonedx_id", "CVE-2031-1000");
        map(&mut advisory, &vulnerability);
        let ratings = advisory.ratings.iter().map(|it| {
            format!("{} {} {}", it.source, it.vector.as_deref().unwrap_or("-"), it.score.unwrap_or(-1.0))
        });
        (advisory.severity.as_deref().map(str::to_owned), ratings.collect())
    }

    #[test]
    fn the_own_source_decides() {
        let trivy = r#"{"source": {"name": "debian"}, "ratings": [
            {"source": {"name": "amazon"}, "severity": "high"},
            {"source": {"name": "debian"}, "severity": "low"},
            {"source": {"name": "nvd"}, "score": 6.8, "severity": "medium", "method": "CVSSv2", "vector": "AV:N/AC:M/Au:N/C:P/I:P/A:P"},
            {"source": {"name": "nvd"}, "score": 9.8, "severity": "critical", "method": "CVSSv31", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}"#;
        let (severity, ratings) = mapped(trivy);
        assert_eq!(severity.as_deref(), Some("low"));
        let vectors: Vec<&str> = ratings.iter().filter_map(|it| it.strip_prefix("nvd ")).collect();
        assert_eq!(vectors, [format!("{NETWORK} 9.8"), "AV:N/AC:M/Au:N/C:P/I:P/A:P 6.8".to_owned()]);
    }

    #[test]
    fn nvd_comes_next_and_its_newest_method_first() {
        for (json, want) in [
            (
                r#"{"ratings": [{"source": {"name": "acme"}, "severity": "low"}, {"source": {"name": "NVD"}, "severity": "high"}]}"#,
                Some("high"),
            ),
            (
                r#"{"ratings": [{"method": "CVSSv2", "severity": "low"}, {"method": "CVSSv31", "severity": "high"}]}"#,
                Some("high"),
            ),
            (
                r#"{"ratings": [{"severity": "unknown"}, {"method": "CVSSv2", "severity": "low"}]}"#,
                Some("low"),
            ),
            (r#"{"ratings": [{"severity": "unknown"}]}"#, Some("unknown")),
            (r#"{"ratings": [{"source": {"name": "CISA KEV Catalog"}, "severity": "critical"}]}"#, None),
            (r#"{"ratings": []}"#, None),
        ] {
            assert_eq!(mapped(json).0.as_deref(), want, "{json}");
        }
    }

    #[test]
    fn vectors_get_their_version_and_likelihoods_are_no_scores() {
        for (json, want) in [
            (
                r#"{"ratings": [{"method": "CVSSv31", "vector": "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}"#,
                vec![format!(" {NETWORK} -1")],
            ),
            (
                r#"{"ratings": [{"method": "CVSSv3", "vector": "AV:N/AC:L"}]}"#,
                vec![" CVSS:3.0/AV:N/AC:L -1".to_owned()],
            ),
            (
                r#"{"ratings": [{"method": "CVSSv2", "score": "10", "vector": "AV:N/AC:M/Au:N/C:C/I:C/A:C"}]}"#,
                vec![" AV:N/AC:M/Au:N/C:C/I:C/A:C 10".to_owned()],
            ),
            (r#"{"ratings": [{"score": 0, "severity": "low"}]}"#, vec![" - -1".to_owned()]),
            (
                r#"{"ratings": [{"score": 0.03, "method": "other", "source": {"name": "FIRST", "url": "https://www.first.org/epss/"}}]}"#,
                vec![],
            ),
            (r#"{"ratings": [{"score": 7.5, "method": "OWASP"}]}"#, vec![]),
            (r#"{"ratings": [{"score": 7.5}]}"#, vec![" - 7.5".to_owned()]),
        ] {
            assert_eq!(mapped(json).1, want, "{json}");
        }
    }

    #[test]
    fn what_is_left_of_ratings_is_listed() {
        for (json, want) in [
            (r#"{"ratings": [{"severity": "high"}]}"#, None),
            (
                r#"{"ratings": [{"severity": "high", "method": "CVSSv31", "score": 9.8, "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}"#,
                None,
            ),
            (
                r#"{"ratings": [{"source": {"name": "acme"}, "severity": "high", "score": 7.5, "method": "OWASP", "vector": "SL:1", "justification": "guess"}]}"#,
                Some("acme: high, 7.5, SL:1 (OWASP): guess"),
            ),
            (
                r#"{"ratings": [{"severity": "high", "score": 9.8, "method": "CVSSv3", "vector": "AN/AC:L"}]}"#,
                Some("high, 9.8, AN/AC:L (CVSSv3)"),
            ),
            (r#"{"ratings": [{}]}"#, None),
        ] {
            let vulnerability: Vulnerability<'_> = serde_json::from_str(json).expect("a vulnerability");
            let mut found = Details::default();
            details(&mut found, &vulnerability);
            assert_eq!(found.get("ratings").cloned(), want.map(Detail::text), "{json}");
        }
    }
}
