//! A leaked secret, in the words that all scanners of secrets share.

#![allow(dead_code, reason = "which parts are used depends on the features")]

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::{Fingerprint, Options, Outcome, SkipReason};
use scanlift_report_core::{Commit, Location, SecretLocation, Severity, Text};
use std::borrow::Cow;

/// What a scanner says of a secret at a place.
#[derive(Debug, Default)]
pub(crate) struct Leak<'a> {
    /// The rule, and what it says. Without a severity the secret is taken for valid: critical, as
    /// GitLab's own scanner has it.
    pub(crate) issue: Issue<'a>,
    /// The file, and its first and last line.
    pub(crate) file: Option<&'a str>,
    pub(crate) lines: (Option<u64>, Option<u64>),
    /// The commit that holds it; without a hash that of the options.
    pub(crate) commit: Revision<'a>,
    /// The values that must not be shown.
    pub(crate) secrets: Vec<&'a str>,
    /// A value that stays the same while the secret does.
    pub(crate) fingerprint: Option<(&'static str, &'a str)>,
    /// What else there is to tell: key, name, text.
    pub(crate) details: Vec<(&'static str, &'static str, Option<Text<'a>>)>,
}

/// A commit, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Revision<'a> {
    pub(crate) sha: Option<&'a str>,
    pub(crate) author: Option<Text<'a>>,
    pub(crate) date: Option<&'a str>,
    pub(crate) message: Option<&'a str>,
}

impl<'a> Leak<'a> {
    /// The finding.
    pub(crate) fn into_outcome(mut self, options: &'a Options) -> Outcome<'a> {
        if self.issue.severity.is_none() && self.issue.rating.is_none() {
            self.issue.rating = Some(Severity::Critical);
        }
        let sha = self.commit.sha.or(options.commit.as_deref());
        let mut commit = Commit::new(sha.unwrap_or_default());
        commit.author = self.commit.author;
        commit.date = self.commit.date.map(Cow::Borrowed);
        commit.message = self.commit.message.map(Cow::Borrowed);
        let source = code::lines(self.file.unwrap_or_default(), self.lines.0, self.lines.1);
        let place = Location::SecretDetection(SecretLocation::new(commit, source));
        let Some(mut finding) = self.issue.into_finding(place) else {
            return Outcome::skip(
                SkipReason::Unsupported,
                "a secret without a rule",
                self.file.unwrap_or_default(),
            );
        };
        for (key, name, text) in self.details {
            finding.vulnerability.details.text(key, name, text.unwrap_or_default());
        }
        finding.secrets =
            self.secrets.into_iter().filter(|secret| is_shown(secret)).map(Cow::Borrowed).collect();
        let fingerprint = self.fingerprint.filter(|(_, value)| !value.trim().is_empty());
        finding
            .fingerprints
            .extend(fingerprint.map(|(name, value)| Fingerprint { name: name.into(), value: value.into() }));
        Outcome::finding(finding)
    }
}

/// `Jane Doe <jane@example.com>`, or what there is of it.
pub(crate) fn author<'a>(name: Option<&'a str>, email: Option<&'a str>) -> Option<Text<'a>> {
    match (name, email) {
        (Some(name), Some(email)) => Some(Cow::Owned(format!("{name} <{email}>"))),
        (name, email) => name.or(email).map(Cow::Borrowed),
    }
}

/// Whether a value is a secret, and not what a scanner wrote in its place: `REDACTED`, `****`.
fn is_shown(secret: &str) -> bool {
    let secret = secret.trim();
    secret.len() > 3 && !secret.eq_ignore_ascii_case("redacted") && !secret.bytes().all(|byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_already_is_no_secret() {
        for (text, want) in
            [("NOTREAL-1", true), ("REDACTED", false), ("********", false), (" ", false), ("abc", false)]
        {
            assert_eq!(is_shown(text), want, "{text}");
        }
    }

    #[test]
    fn authors_have_names_or_addresses() {
        for (name, email, want) in [
            (Some("Jane"), Some("j@example.com"), Some("Jane <j@example.com>")),
            (Some("Jane"), None, Some("Jane")),
            (None, Some("j@example.com"), Some("j@example.com")),
            (None, None, None),
        ] {
            assert_eq!(author(name, email).as_deref(), want);
        }
    }
}
