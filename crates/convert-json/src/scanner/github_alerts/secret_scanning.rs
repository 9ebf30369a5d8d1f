//! Alerts of secret scanning.

use super::Alert;
use crate::leak::{Leak, Revision};
use scanlift_convert_api::code::Issue;
use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_convert_api::{Options, Outcome};
use scanlift_report_core::Severity;
use serde::Deserialize;
use std::borrow::Cow;

/// `first_location_detected`, which the API gives since 2025.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    end_line: Option<u64>,
    commit_sha: Option<Loose<'a>>,
}

pub(super) fn map<'a>(alert: &'a Alert<'_>, options: &'a Options) -> Outcome<'a> {
    let kind = filled(&alert.secret_type).unwrap_or_default();
    let name = filled(&alert.secret_type_display_name).unwrap_or(kind);
    let validity = filled(&alert.validity);
    let mut issue = Issue::new("github_secret_type", kind);
    issue.title = Some(format!("{name} in the repository").into());
    // What was tried and does not work is revoked already.
    issue.rating = Some(if validity == Some("inactive") { Severity::Low } else { Severity::Critical });
    issue.references = filled(&alert.html_url).into_iter().map(Cow::Borrowed).collect();
    let place = alert.first_location_detected.as_ref();
    let bypassed = json::flag(&alert.push_protection_bypassed) == Some(true);
    let leak = Leak {
        issue,
        file: place.and_then(|place| filled(&place.path)).or(filled(&alert.html_url)),
        lines: (place.and_then(|place| place.start_line), place.and_then(|place| place.end_line)),
        commit: Revision { sha: place.and_then(|place| filled(&place.commit_sha)), ..Revision::default() },
        secrets: filled(&alert.secret).into_iter().collect(),
        fingerprint: None,
        details: vec![
            ("validity", "Validity", validity.map(Cow::Borrowed)),
            ("push_protection", "Push protection", bypassed.then_some(Cow::Borrowed("bypassed"))),
            ("found_at", "Found at", filled(&alert.created_at).map(Cow::Borrowed)),
        ],
    };
    leak.into_outcome(options)
}
