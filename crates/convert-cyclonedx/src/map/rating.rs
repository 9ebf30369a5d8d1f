//! Ratings: which one decides, which are vectors of CVSS, and what the others say.

use super::MOST;
use crate::model::{Rating, Vulnerability};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::filled;
use scanlift_convert_api::package::{self, Advisory};
use scanlift_report_core::{Cvss, CvssVector, Details, Severity, Text};
use std::borrow::Cow;

/// A rating, and what is read out of it: all that is said of it goes by this.
#[derive(Debug)]
pub(super) struct Judged<'r> {
    rating: &'r Rating<'r>,
    /// Who rated; without a name the address.
    source: Option<&'r str>,
    severity: Option<&'r str>,
    method: Option<&'r str>,
    /// The vector of CVSS with its version, which some leave out.
    vector: Option<Text<'r>>,
    likelihood: Option<Likelihood>,
    is_cvss: bool,
    trust: u8,
}

/// The ratings of a vulnerability, in their order.
pub(super) fn judge<'r>(vulnerability: &'r Vulnerability<'_>) -> Vec<Judged<'r>> {
    let own = vulnerability.source.as_ref().and_then(|source| filled(&source.name));
    vulnerability.ratings.iter().take(MOST).map(|rating| Judged::new(rating, own)).collect()
}

impl<'r> Judged<'r> {
    fn new(rating: &'r Rating<'_>, own: Option<&str>) -> Self {
        let source = rating.source.as_ref().and_then(|it| filled(&it.name).or(filled(&it.url)));
        let method = method(rating);
        let likelihood = likelihood(rating);
        Self {
            rating,
            source,
            severity: filled(&rating.severity),
            method,
            vector: vector(rating, method),
            is_cvss: match method {
                Some(method) => method.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("cvss")),
                None => likelihood.is_none(),
            },
            likelihood,
            trust: source_rank(source, own),
        }
    }

    /// Whether its vector is among these, or could be.
    fn has_cvss(&self, taken: &[CvssVector<'_>]) -> bool {
        let Some(vector) = self.vector.as_deref().filter(|_| self.is_cvss) else { return false };
        taken.iter().any(|it| it.vector == vector) || Cvss::parse(vector).is_some()
    }

    /// Whether severity and vector of the finding say all of it.
    fn is_said(&self, taken: &[CvssVector<'_>]) -> bool {
        let read = self.has_cvss(taken);
        filled(&self.rating.justification).is_none()
            && (read
                || (self.source.is_none()
                    && self.vector.is_none()
                    && self.rating.score.is_none_or(|score| score == 0.0)))
    }

    /// `nvd: critical, 9.8 (CVSSv31): why`.
    fn line(&self, taken: &[CvssVector<'_>]) -> String {
        let rating = self.rating;
        let mut parts: Vec<Cow<'_, str>> = Vec::new();
        parts.extend(self.severity.map(Cow::Borrowed));
        parts.extend(rating.score.map(|score| Cow::Owned(format!("{score}"))));
        // What is no vector of CVSS has no place of its own.
        parts.extend(filled(&rating.vector).filter(|_| !self.has_cvss(taken)).map(Cow::Borrowed));
        if parts.is_empty() && filled(&rating.justification).is_none() {
            return String::new();
        }
        let mut line = self.source.map(|source| format!("{source}: ")).unwrap_or_default();
        line.push_str(&parts.join(", "));
        if let Some(method) = filled(&rating.method).filter(|method| *method != "other") {
            line.push_str(&format!(" ({method})"));
        }
        if let Some(justification) = filled(&rating.justification) {
            line.push_str(&format!(": {justification}"));
        }
        line
    }
}

/// Severity and ratings by CVSS, the one to trust first.
pub(super) fn map<'a>(advisory: &mut Advisory<'a>, ratings: &[Judged<'a>]) {
    // Those of the vulnerability's own source first (a distribution's judgement of its package), then
    // NVD's; of one source its own judgement, then the newer method. Equal ones keep their order.
    let mut ranked: Vec<_> = ratings.iter().collect();
    ranked.sort_by_key(|rating| (rating.trust, method_rank(rating.method)));
    let words = || ranked.iter().filter(|it| it.likelihood.is_none()).filter_map(|it| it.severity);
    let known = |word: &&str| Severity::from_word(word).is_some_and(|it| it != Severity::Unknown);
    advisory.severity = words().find(known).or_else(|| words().next()).map(Cow::Borrowed);
    let cvss = ranked.into_iter().filter(|rating| rating.is_cvss).map(|it| {
        // What is 0 and rated all the same is not known.
        let is_none = it.severity.is_none_or(|word| word.eq_ignore_ascii_case("none"));
        let score = it.rating.score.filter(|score| *score > 0.0 || is_none);
        package::Rating::new(it.source.unwrap_or_default(), it.vector.clone(), score)
    });
    advisory.ratings = cvss.collect();
}

/// What ratings say beyond a severity and the vectors that the finding has.
pub(super) fn details<'a>(details: &mut Details<'a>, ratings: &[Judged<'a>], taken: &[CvssVector<'_>]) {
    for judged in ratings {
        match judged.likelihood {
            Some(Likelihood::Epss) => {
                if let Some(score) = judged.rating.score {
                    details.text("epss", "EPSS", format!("{score}"));
                }
            }
            Some(Likelihood::Kev) => {
                let text = filled(&judged.rating.justification).unwrap_or("yes");
                details.text("known_exploited", "Known exploited", text);
            }
            None => {}
        }
    }
    let severe = || ratings.iter().filter(|judged| judged.likelihood.is_none());
    let mut words = severe().filter_map(|judged| judged.severity);
    let first = words.next().unwrap_or_default();
    let agree = words.all(|word| word.eq_ignore_ascii_case(first));
    if !agree || !severe().all(|judged| judged.is_said(taken)) {
        // EPSS without a score has no line of its own.
        let told = |judged: &&Judged<'_>| match judged.likelihood {
            Some(Likelihood::Epss) => judged.rating.score.is_none(),
            Some(Likelihood::Kev) => false,
            None => true,
        };
        let lines = ratings.iter().filter(told).map(|judged| judged.line(taken));
        add_list(details, "ratings", "Ratings", lines);
        // Told in the list, with its method.
        details.remove("cvss_score");
    }
}

fn source_rank(source: Option<&str>, own: Option<&str>) -> u8 {
    match source {
        Some(name) if own.is_some_and(|own| own.eq_ignore_ascii_case(name)) => 0,
        Some(name) if name.eq_ignore_ascii_case("nvd") => 1,
        _ => 2,
    }
}

/// Methods of `scoreMethod`, and of the extension (`OWASP Risk`, `Open FAIR`).
fn method_rank(method: Option<&str>) -> u8 {
    match method {
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

fn vector<'r>(rating: &'r Rating<'_>, method: Option<&str>) -> Option<Text<'r>> {
    let vector = filled(&rating.vector)?;
    let before = match method {
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

/// How likely it is to be exploited, which is not how bad it is.
#[derive(Clone, Copy, Debug)]
enum Likelihood {
    /// <https://www.first.org/epss/>, from 0 to 1.
    Epss,
    /// A catalog of what is exploited.
    Kev,
}

fn likelihood(rating: &Rating<'_>) -> Option<Likelihood> {
    let source = rating.source.as_ref()?;
    let (name, url) = (filled(&source.name).unwrap_or_default(), filled(&source.url).unwrap_or_default());
    let lower = name.to_ascii_lowercase();
    let has = |mark: &str| lower.contains(mark) || url.contains(mark);
    match () {
        () if has("epss") => Some(Likelihood::Epss),
        () if has("known-exploited") || name.contains("KEV") => Some(Likelihood::Kev),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::Detail;

    const NETWORK: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

    fn mapped(json: &str) -> (Option<String>, Vec<String>) {
        let vulnerability: Vulnerability<'_> = serde_json::from_str(json).expect("a vulnerability");
        let mut advisory = Advisory::new("cyclonedx_id", "CVE-2031-1000");
        map(&mut advisory, &judge(&vulnerability));
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
            details(&mut found, &judge(&vulnerability), &[]);
            assert_eq!(found.get("ratings").cloned(), want.map(Detail::text), "{json}");
        }
    }
}
