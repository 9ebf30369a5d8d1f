//! Takes secret values out of every text of a finding.
//!
//! Two kinds of value are taken out: those that the converter names, and what looks like a
//! credential of a known provider, wherever it stands.

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;
use scanlift_convert_api::Finding;
use scanlift_report_core::{
    Detail, Details, Evidence, Kind, Limited, Request, Response, Text, Vulnerability,
};
use std::{borrow::Cow, sync::LazyLock};

/// What stands where a secret was.
pub const MASK: &str = "[redacted]";

/// Shorter values are not replaced: they would take the text around them along.
const SHORTEST: usize = 4;

/// The beginnings of credentials, and the expression that covers the whole value.
///
/// The beginnings are searched first, all at once; the expressions run only where one was found.
const CREDENTIALS: [(&str, &str); 25] = [
    ("AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    ("ASIA", r"\bASIA[0-9A-Z]{16}\b"),
    ("ghp_", r"\bghp_[0-9A-Za-z]{20,}"),
    ("gho_", r"\bgho_[0-9A-Za-z]{20,}"),
    ("ghu_", r"\bghu_[0-9A-Za-z]{20,}"),
    ("ghs_", r"\bghs_[0-9A-Za-z]{20,}"),
    ("ghr_", r"\bghr_[0-9A-Za-z]{20,}"),
    ("github_pat_", r"\bgithub_pat_[0-9A-Za-z_]{20,}"),
    ("glpat-", r"\bglpat-[0-9A-Za-z_.-]{16,}"),
    ("gldt-", r"\bgldt-[0-9A-Za-z_-]{16,}"),
    ("glrt-", r"\bglrt-[0-9A-Za-z_.-]{16,}"),
    ("xox", r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}"),
    ("hooks.slack.com/services/", r"hooks\.slack\.com/services/[0-9A-Za-z/]{10,}"),
    ("sk_live_", r"\bsk_live_[0-9A-Za-z]{10,}"),
    ("rk_live_", r"\brk_live_[0-9A-Za-z]{10,}"),
    ("sk-ant-", r"\bsk-ant-[0-9A-Za-z_-]{20,}"),
    ("sk-proj-", r"\bsk-proj-[0-9A-Za-z_-]{20,}"),
    ("AIza", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("SG.", r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"),
    ("npm_", r"\bnpm_[0-9A-Za-z]{30,}"),
    ("pypi-", r"\bpypi-[0-9A-Za-z_-]{40,}"),
    ("dop_v1_", r"\bdop_v1_[0-9a-f]{40,}"),
    ("hvs.", r"\bhvs\.[0-9A-Za-z_-]{20,}"),
    ("eyJ", r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{5,}"),
    (
        "PRIVATE KEY",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
];

/// The password in an address.
const PASSWORD: &str = r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'\x22]*:([^\s/@'\x22]{3,})@";

/// No expression matches less; the shortest match is `a://:abc@`, an address with a password.
const SHORTEST_MATCH: usize = 9;

/// In a finding about a secret: a quoted value, or one behind `=` or `:`.
const ASSIGNED: &str = r#"(?:[=:]\s*|["'`])([^\s"'`,;]{6,})"#;

/// In the words of a finding about a hard-coded credential: a quoted value.
const QUOTED: &str = r#"["'`]([^\s"'`]{4,})["'`]"#;

/// The weaknesses whose findings show the credential: hard-coded password, key, credentials.
const HARD_CODED: [&str; 3] = ["259", "321", "798"];

/// Finds secrets.
#[derive(Debug)]
pub struct Redactor {
    beginnings: AhoCorasick,
    // Compiled when first needed: few runs need any, and every run would wait for them.
    expressions: LazyLock<Vec<Regex>>,
    password: LazyLock<Regex>,
    assigned: LazyLock<Regex>,
    quoted: LazyLock<Regex>,
}

impl Default for Redactor {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and a test builds them")]
    fn default() -> Self {
        let beginnings = CREDENTIALS.iter().map(|(beginning, _)| beginning);
        Self {
            // Only this kind of match has the vectorised search.
            beginnings: AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(beginnings)
                .expect("constant patterns build"),
            expressions: LazyLock::new(|| {
                CREDENTIALS.iter().map(|(_, expression)| compiled(expression)).collect()
            }),
            password: LazyLock::new(|| compiled(PASSWORD)),
            assigned: LazyLock::new(|| compiled(ASSIGNED)),
            quoted: LazyLock::new(|| compiled(QUOTED)),
        }
    }
}

#[expect(clippy::expect_used, reason = "the expressions are constants, and a test builds them")]
fn compiled(expression: &str) -> Regex {
    Regex::new(expression).expect("a constant expression builds")
}

impl Redactor {
    /// Takes secrets out of every text of a finding.
    pub fn apply(&self, finding: &mut Finding<'_>) {
        let mut named: Vec<String> = finding
            .secrets
            .iter()
            .map(|secret| secret.trim())
            .filter(|secret| secret.len() >= SHORTEST)
            .map(str::to_owned)
            .collect();
        // The longest first, so that a value that holds another is taken out whole.
        named.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        named.dedup();
        let leaked = finding.vulnerability.kind() == Kind::SecretDetection;
        let hard_coded = finding
            .vulnerability
            .identifiers
            .iter()
            .any(|identifier| identifier.kind == "cwe" && HARD_CODED.contains(&&*identifier.value));
        let pass = Pass { redactor: self, named: &named, about_secret: leaked || hard_coded };
        if hard_coded && !leaked {
            pass.quoted(&mut finding.vulnerability.description);
        }
        pass.vulnerability(&mut finding.vulnerability);
    }

    /// The text without what looks like a credential; borrowed where nothing was found.
    #[must_use]
    pub fn credentials<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        if text.len() < SHORTEST_MATCH {
            return clean;
        }
        // Nearly every text has none: that has to be cheap.
        if self.beginnings.is_match(text) {
            for expression in self.expressions.iter() {
                if let Some(new) = replace_value(expression, &clean) {
                    clean = Cow::Owned(new);
                }
            }
        }
        if memchr::memchr(b'@', text.as_bytes()).is_some()
            && text.contains("://")
            && let Some(new) = replace_value(&self.password, &clean)
        {
            clean = Cow::Owned(new);
        }
        clean
    }
}

/// Replaces the first group of every match, or the whole match if there is no group.
fn replace_value(expression: &Regex, text: &str) -> Option<String> {
    replace_but(expression, text, |_| false)
}

/// The same, but for values that `keep` accepts.
fn replace_but(expression: &Regex, text: &str, keep: impl Fn(&str) -> bool) -> Option<String> {
    let mut new = String::new();
    let mut kept = 0;
    for found in expression.captures_iter(text) {
        let value = found.get(1).or_else(|| found.get(0));
        let Some(value) = value.filter(|value| !keep(value.as_str())) else { continue };
        new.push_str(&text[kept..value.start()]);
        new.push_str(MASK);
        kept = value.end();
    }
    (kept > 0).then(|| {
        new.push_str(&text[kept..]);
        new
    })
}

/// One finding's worth of redaction.
struct Pass<'p> {
    redactor: &'p Redactor,
    named: &'p [String],
    about_secret: bool,
}

impl Pass<'_> {
    fn vulnerability(&self, vulnerability: &mut Vulnerability<'_>) {
        self.limited(&mut vulnerability.name);
        self.limited(&mut vulnerability.description);
        self.limited(&mut vulnerability.solution);
        self.details(&mut vulnerability.details);
        if let Some(code) = &mut vulnerability.raw_source_code_extract {
            self.code(code);
        }
        if let Some(evidence) = &mut vulnerability.evidence {
            self.evidence(evidence);
        }
        if !self.named.is_empty() {
            for link in &mut vulnerability.links {
                self.text(&mut link.url);
            }
            for identifier in vulnerability.identifiers.iter_mut() {
                self.text(&mut identifier.value);
                self.text(&mut identifier.name);
            }
        }
    }

    fn text(&self, text: &mut Text<'_>) {
        if let Some(new) = self.redacted(text) {
            *text = Cow::Owned(new);
        }
    }

    fn optional(&self, text: &mut Option<Text<'_>>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn limited<const MAX: usize>(&self, text: &mut Option<Limited<'_, MAX>>) {
        if let Some(new) = text.as_deref().and_then(|text| self.redacted(text)) {
            *text = Limited::new(new);
        }
    }

    /// Takes quoted values out.
    fn quoted<const MAX: usize>(&self, text: &mut Option<Limited<'_, MAX>>) {
        // The name of a constant is no value.
        let named = |value: &str| value.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let new = |text: &str| replace_but(&self.redactor.quoted, text, named);
        if let Some(new) = text.as_deref().and_then(new) {
            *text = Limited::new(new);
        }
    }

    fn redacted(&self, text: &str) -> Option<String> {
        let mut new: Option<String> = None;
        for secret in self.named {
            let from = new.as_deref().unwrap_or(text);
            if from.contains(secret.as_str()) {
                new = Some(from.replace(secret.as_str(), MASK));
            }
        }
        match self.redactor.credentials(new.as_deref().unwrap_or(text)) {
            Cow::Owned(clean) => Some(clean),
            Cow::Borrowed(_) => new,
        }
    }

    /// Code: in a finding about a secret, whatever is assigned or quoted may be the secret.
    fn code(&self, code: &mut Text<'_>) {
        self.text(code);
        if self.about_secret
            && let Some(new) = replace_value(&self.redactor.assigned, code)
        {
            *code = Cow::Owned(new);
        }
    }

    fn details(&self, details: &mut Details<'_>) {
        details.values_mut().for_each(|detail| self.detail(detail));
    }

    fn detail(&self, detail: &mut Detail<'_>) {
        match detail {
            Detail::Text { value } | Detail::Markdown { value } => self.text(value),
            Detail::Code { value, .. } => self.code(value),
            Detail::Diff { before, after } => {
                self.code(before);
                self.code(after);
            }
            Detail::Url { text, href } => {
                self.optional(text);
                self.text(href);
            }
            Detail::Value { value: scanlift_report_core::Scalar::Text(value) } => self.text(value),
            Detail::List { items } => items.iter_mut().for_each(|item| self.detail(item)),
            Detail::NamedList { items } => self.details(items),
            Detail::Table { header, rows } => {
                header.iter_mut().chain(rows.iter_mut().flatten()).for_each(|cell| self.detail(cell));
            }
            _ => {}
        }
    }

    fn evidence(&self, evidence: &mut Evidence<'_>) {
        self.optional(&mut evidence.summary);
        if let Some(request) = &mut evidence.request {
            self.request(request);
        }
        if let Some(response) = &mut evidence.response {
            self.response(response);
        }
        for message in &mut evidence.supporting_messages {
            if let Some(request) = &mut message.request {
                self.request(request);
            }
            if let Some(response) = &mut message.response {
                self.response(response);
            }
        }
    }

    fn request(&self, request: &mut Request<'_>) {
        self.text(&mut request.url);
        self.optional(&mut request.body);
        self.headers(&mut request.headers);
    }

    fn response(&self, response: &mut Response<'_>) {
        self.optional(&mut response.body);
        self.headers(&mut response.headers);
    }

    fn headers(&self, headers: &mut [scanlift_report_core::Header<'_>]) {
        for header in headers {
            let credential = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"];
            if credential.iter().any(|name| header.name.eq_ignore_ascii_case(name)) {
                header.value = Cow::Borrowed(MASK);
            } else {
                self.text(&mut header.value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Description, Identifier, Location, SourceLocation};

    #[test]
    fn a_hard_coded_password_is_not_shown() {
        let rule = Identifier::new("bandit_rule_id", "B105", "B105").expect("parts are filled");
        let mut vulnerability = Vulnerability::new(rule, Location::Sast(SourceLocation::file("a.py")));
        vulnerability.identifiers.push(Identifier::cwe(259));
        vulnerability.description = Description::new("Possible hardcoded password: 's3cret-value'");
        vulnerability.details.insert(
            "code",
            "Code",
            Detail::Code { value: "PASSWORD = \"s3cret-value\"".into(), lang: None },
        );
        let mut finding = Finding::new(vulnerability);
        Redactor::default().apply(&mut finding);
        let json = serde_json::to_string(&finding.vulnerability).unwrap_or_default();
        assert!(!json.contains("s3cret") && json.contains("PASSWORD = "), "{json}");
    }

    #[test]
    fn every_expression_builds() {
        let redactor = Redactor::default();
        assert_eq!(redactor.expressions.len(), CREDENTIALS.len());
        for lazy in [&redactor.password, &redactor.assigned, &redactor.quoted] {
            assert!(lazy.captures_len() > 1, "{} has a group", lazy.as_str());
        }
    }

    #[test]
    fn credentials_of_providers_are_found() {
        let redactor = Redactor::default();
        // Put together here, so that no scanner takes this file for a leak.
        let join = |parts: [&str; 2]| parts.concat();
        for (text, want) in [
            (join(["key AKIA", "ABCDEFGHIJKLMNOP."]), "key [redacted]."),
            (join(["ghp_", "0123456789abcdefghijABCDEFGHIJ012345 x"]), "[redacted] x"),
            (join(["glpat-", "0123456789abcdefghij"]), "[redacted]"),
            (join(["https://user:", "s3cr3t@example.com/x"]), "https://user:[redacted]@example.com/x"),
            (
                join(["-----BEGIN RSA PRIVATE KEY-----\nMIIE", "\n-----END RSA PRIVATE KEY-----\nx"]),
                "[redacted]\nx",
            ),
            (join(["-----BEGIN PRIVATE KEY-----\nMIIE", "cut off"]), "[redacted]"),
            (join(["https://example.com:8080/x", "@y"]), "https://example.com:8080/x@y"),
            (join(["AKIA is a prefix, ", "eyJ too"]), "AKIA is a prefix, eyJ too"),
            (join(["a://", ":abc@"]), "a://:[redacted]@"),
        ] {
            assert_eq!(redactor.credentials(&text), want);
        }
    }
}
