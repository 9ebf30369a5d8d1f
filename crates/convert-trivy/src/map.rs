//! From Trivy's records to GitLab's findings, by part.

mod identifier;
pub(crate) mod misconfiguration;
pub(crate) mod secret;
pub(crate) mod vulnerability;

use crate::model;
use crate::place::Scope;
use scanlift_convert_api::json::{Loose, filled as text};
use scanlift_convert_api::{Outcome, SeverityEvidence, SkipReason};
use scanlift_report_core::{Details, Link, Severity, Vulnerability};
use std::borrow::Cow;

/// Licences that a policy does not like: GitLab has no report for them (its licence scanning reads
/// SBOMs).
pub(crate) fn license<'a>(license: &'a model::License<'_>, _: &'a Scope<'_>) -> Outcome<'a> {
    let of = text(&license.pkg_name).or_else(|| text(&license.file_path)).unwrap_or("unknown");
    let name = text(&license.name).unwrap_or("unknown");
    Outcome::skip(SkipReason::Unsupported, "licence findings have no GitLab report", format!("{of}: {name}"))
}

/// Findings that a VEX document or the user's ignore file took out.
pub(crate) fn modified_finding<'a>(
    modified: &'a model::ModifiedFinding<'_>,
    _: &'a Scope<'_>,
) -> Outcome<'a> {
    let status = text(&modified.status).unwrap_or("unknown");
    let reason = match status {
        "ignored" => SkipReason::Ignored,
        "not_affected" | "fixed" | "affected" | "under_investigation" => SkipReason::Vex,
        _ => SkipReason::Suppressed,
    };
    let mut detail = format!("status: {status}");
    for (name, value) in [("source", &modified.source), ("statement", &modified.statement)] {
        if let Some(value) = text(value) {
            detail.push_str(&format!(", {name}: {value}"));
        }
    }
    let example = modified.finding.as_ref().map(|finding| {
        let ids = [&finding.vulnerability_id, &finding.id, &finding.rule_id, &finding.name];
        let id = ids.into_iter().find_map(text).unwrap_or("unknown");
        match text(&finding.pkg_name) {
            Some(package) => format!("{id} in {package}"),
            None => id.to_owned(),
        }
    });
    Outcome::skip(reason, detail, example.unwrap_or_default())
}

/// Trivy's word, from which no rating is read where it is `UNKNOWN`, so that CVSS decides.
fn severity<'a>(word: Option<&'a str>, source: Option<&'a str>) -> SeverityEvidence<'a> {
    let mut evidence = SeverityEvidence::default();
    evidence.rating = word.and_then(Severity::from_word).filter(|rating| *rating != Severity::Unknown);
    evidence.word = word.map(|word| match source {
        Some(source) => Cow::Owned(format!("{word} ({source})")),
        None => Cow::Borrowed(word),
    });
    evidence
}

/// The page of the record first, then the references, each once.
fn links<'a>(
    vulnerability: &mut Vulnerability<'a>,
    primary_url: &'a Option<Loose<'_>>,
    references: &'a [Loose<'_>],
) {
    let urls = text(primary_url).into_iter().chain(references.iter().map(|url| url.trim()));
    vulnerability.add_links(urls.filter_map(Link::new));
}

/// The layer that brought the file.
fn layer<'a>(details: &mut Details<'a>, layer: &'a Option<model::Layer<'_>>) {
    if let Some(layer) = layer {
        details.text("layer_digest", "Layer digest", text(&layer.digest).unwrap_or_default());
        details.text("layer_diff_id", "Layer diff id", text(&layer.diff_id).unwrap_or_default());
    }
}

/// The image or workload of a finding whose location cannot hold it.
fn surroundings<'a>(details: &mut Details<'a>, scope: &Scope<'a>) {
    if scope.in_image() {
        details.text("image", "Image", scope.image());
    }
    if let Some(resource) = scope.resource {
        details.text("kubernetes_namespace", "Kubernetes namespace", resource.namespace.as_str());
        details.text("kubernetes_kind", "Kubernetes kind", resource.kind.as_str());
        details.text("kubernetes_name", "Kubernetes name", resource.name.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_no_rating() {
        for (word, want) in [
            (Some("CRITICAL"), Some(Severity::Critical)),
            (Some("low"), Some(Severity::Low)),
            (Some("UNKNOWN"), None),
            (Some("purple"), None),
            (None, None),
        ] {
            assert_eq!(severity(word, None).rating, want, "{word:?}");
        }
        assert_eq!(severity(Some("HIGH"), Some("nvd")).word.as_deref(), Some("HIGH (nvd)"));
    }
}
