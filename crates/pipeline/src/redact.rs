//! Takes secret values out of every text of a finding.
//!
//! Two kinds of value are taken out: those that the converter names, and what looks like a
//! credential of a known provider, wherever it stands.

mod credentials;

use credentials::Credentials;
use regex::{Match, Regex};
use scanlift_convert_api::Finding;
use scanlift_report_core::{
    Detail, Details, Evidence, Kind, Limited, Location, Request, Response, Text, Vulnerability,
};
use serde_json::{Map, Value};
use std::{borrow::Cow, sync::LazyLock};

/// What stands where a secret was.
pub const MASK: &str = "[redacted]";

/// Shorter values are not replaced: they would take the text around them along.
const SHORTEST: usize = 4;

/// The password in an address.
const PASSWORD: &str = r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'\x22]*:([^\s/@'\x22]{3,})@";

/// A password or key in a connection string, the query of an address, or a form.
const PARAMETER: &str =
    r#"(?i)[;&?]\s?(?:password|passwd|pwd|AccountKey|SharedAccessKey)=([^\s;&"'()<>$]{3,})(?:[\s;&"'<]|\z)"#;

/// No expression matches less; the shortest match is `a://:abc@`, an address with a password.
const SHORTEST_MATCH: usize = 9;

/// In a finding about a secret: a quoted value, or one behind `=` or `:`.
const ASSIGNED: &str = r#"(?:[=:]\s*|["'`])([^\s"'`,;]{6,})"#;

/// In the words of a finding about a hard-coded credential: a quoted value.
const QUOTED: &str = r#"["'`]([^\s"'`]{4,})["'`]"#;

/// The weaknesses whose findings show the credential: hard-coded password, key, credentials.
const HARD_CODED: [&str; 3] = ["259", "321", "798"];

/// Headers whose value is a credential.
const SECRET_HEADERS: [&str; 13] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-token",
    "x-access-token",
    "x-amz-security-token",
    "x-vault-token",
    "private-token",
    "job-token",
];

/// Finds secrets.
#[derive(Debug)]
pub struct Redactor {
    credentials: Credentials,
    // Compiled when first needed: few runs need any, and every run would wait for them.
    password: LazyLock<Regex>,
    parameter: LazyLock<Regex>,
    assigned: LazyLock<Regex>,
    quoted: LazyLock<Regex>,
}

impl Default for Redactor {
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            password: LazyLock::new(|| compiled(PASSWORD)),
            parameter: LazyLock::new(|| compiled(PARAMETER)),
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
        // Nearly every text has none: each of these has to be found out cheaply.
        if let Some(new) = self.credentials.replaced(text) {
            clean = Cow::Owned(new);
        }
        if memchr::memchr(b'@', text.as_bytes()).is_some()
            && text.contains("://")
            && let Some(new) = replace_value(&self.password, &clean)
        {
            clean = Cow::Owned(new);
        }
        if assigns_password(text)
            && let Some(new) = replace_if(&self.parameter, &clean, |value| !is_attack(value))
        {
            clean = Cow::Owned(new);
        }
        clean
    }
}

/// Replaces the first group of every match, or the whole match if there is no group.
fn replace_value(expression: &Regex, text: &str) -> Option<String> {
    replace_if(expression, text, |_| true)
}

/// The same, if a value is taken for one; what is masked is none.
fn replace_if(expression: &Regex, text: &str, is_value: impl Fn(&str) -> bool) -> Option<String> {
    let mut new = String::new();
    let mut kept = 0;
    for found in expression.captures_iter(text) {
        let value = found.get(1).or_else(|| found.get(0));
        let is_open = |value: &Match<'_>| value.as_str() != MASK && is_value(value.as_str());
        let Some(value) = value.filter(is_open) else { continue };
        new.push_str(&text[kept..value.start()]);
        new.push_str(MASK);
        kept = value.end();
    }
    (kept > 0).then(|| {
        new.push_str(&text[kept..]);
        new
    })
}

/// Whether something like `password=`, `pwd=` or `AccountKey=` stands in the text.
fn assigns_password(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'=', bytes).any(|at| {
        matches!(bytes[..at], [.., b'r' | b'R' | b'w' | b'W', b'd' | b'D'] | [.., b'K', b'e', b'y'])
    })
}

/// Whether a value of a form is a scanner's own: markup or quotes, percent-encoded.
fn is_attack(value: &str) -> bool {
    ["%3c", "%3e", "%22", "%27", "%28"].iter().any(|mark| value.to_ascii_lowercase().contains(mark))
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
        if let Some(fields) = vulnerability.extra.get_mut() {
            self.fields(fields);
        }
        // "remove the key AKIA..."
        if let Location::SecretDetection(secret) = &mut vulnerability.location {
            self.optional(&mut secret.commit.message);
        }
        for link in &mut vulnerability.links {
            // A credential stands before the host or in the query; most addresses have neither.
            if !self.named.is_empty() || memchr::memchr2(b'@', b'=', link.url.as_bytes()).is_some() {
                self.text(&mut link.url);
            }
            self.optional(&mut link.name);
        }
        // What a finding is known by changes only where the scanner names a secret.
        if !self.named.is_empty() {
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
        let is_value = |value: &str| !value.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let new = |text: &str| replace_if(&self.redactor.quoted, text, is_value);
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
            Detail::Other(fields) => self.fields(fields),
            _ => {}
        }
    }

    /// What the model of a report does not know.
    fn fields(&self, fields: &mut Map<String, Value>) {
        let is_code = fields.get("type").is_some_and(|kind| kind == "code" || kind == "diff");
        let is_secret_header = fields.get("name").and_then(Value::as_str).is_some_and(is_secret_header);
        for (key, value) in fields {
            match value {
                Value::String(text) if key == "value" && is_secret_header => MASK.clone_into(text),
                Value::String(text) if is_code => {
                    let mut code = Cow::Owned(std::mem::take(text));
                    self.code(&mut code);
                    *text = code.into_owned();
                }
                value => self.value(value),
            }
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(new) = self.redacted(text) {
                    *text = new;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => self.fields(fields),
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
            if is_secret_header(&header.name) {
                header.value = Cow::Borrowed(MASK);
            } else {
                self.text(&mut header.value);
            }
        }
    }
}

fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Commit, Description, Identifier, SecretLocation, SourceLocation};

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
    fn what_the_model_does_not_know_is_searched() {
        let vulnerability = serde_json::json!({
            "identifiers": [{"type": "r", "name": "r", "value": "r"}],
            "location": {"path": "/"},
            "details": {
                "code": {"name": "C", "type": "code", "value": "PASSWORD = \"n4medvalue\"", "more": 1},
                "list": {"name": "L", "type": "list", "items": [{"type": "text", "value": "n4medvalue", "more": 1}]},
            },
            "evidence": {"more": 1, "request": {"method": "GET", "url": "https://a.example/n4medvalue",
                "headers": [{"name": "Authorization", "value": "s3cret"}, {"name": "Accept", "value": "text/plain"}]}},
        });
        let mut finding = Finding::new(Vulnerability::read(Kind::Dast, vulnerability).expect("it reads"));
        finding.secrets.push("n4medvalue".into());
        Redactor::default().apply(&mut finding);
        let json = serde_json::to_string(&finding.vulnerability).unwrap_or_default();
        assert!(!json.contains("n4medvalue") && !json.contains("s3cret"), "{json}");
        assert!(json.contains("PASSWORD = ") && json.contains("text/plain"), "{json}");
    }

    #[test]
    fn links_and_identifiers_are_searched() {
        let rule = Identifier::new("acme_id", "uses n4medvalue", "A1").expect("parts are filled");
        let mut vulnerability = Vulnerability::new(rule, Location::Sast(SourceLocation::file("a.py")));
        let links = ["https://user:s3cr3t@a.example/x", "https://a.example/n4medvalue", "https://a.example/"];
        vulnerability.add_links(links.into_iter().filter_map(scanlift_report_core::Link::new));
        let mut finding = Finding::new(vulnerability);
        finding.secrets.push("n4medvalue".into());
        Redactor::default().apply(&mut finding);
        let Vulnerability { links, identifiers, .. } = finding.vulnerability;
        let urls: Vec<_> = links.iter().map(|link| &*link.url).collect();
        let want =
            ["https://user:[redacted]@a.example/x", "https://a.example/[redacted]", "https://a.example/"];
        assert_eq!(urls, want);
        assert_eq!(identifiers.primary().name, "uses [redacted]");
    }

    #[test]
    fn messages_of_commits_are_searched() {
        let rule = Identifier::new("acme_id", "A1", "A1").expect("parts are filled");
        let mut commit = Commit::new("0123");
        commit.message = Some("remove n4medvalue".into());
        let place = SecretLocation::new(commit, SourceLocation::file("a.py"));
        let mut finding = Finding::new(Vulnerability::new(rule, Location::SecretDetection(place)));
        finding.secrets.push("n4medvalue".into());
        Redactor::default().apply(&mut finding);
        let json = serde_json::to_string(&finding.vulnerability).unwrap_or_default();
        assert!(json.contains("remove [redacted]"), "{json}");
    }

    #[test]
    fn every_expression_builds() {
        let redactor = Redactor::default();
        for lazy in [&redactor.password, &redactor.parameter, &redactor.assigned, &redactor.quoted] {
            assert!(lazy.captures_len() > 1, "{} has a group", lazy.as_str());
        }
    }

    #[test]
    fn passwords_are_found_where_they_are_given() {
        let redactor = Redactor::default();
        for (text, want) in [
            ("https://user:s3cr3t@example.com/x", "https://user:[redacted]@example.com/x"),
            ("https://example.com:8080/x@y", "https://example.com:8080/x@y"),
            ("a://:abc@", "a://:[redacted]@"),
            (
                "Server=db;User Id=sa;Password=hunter2;Encrypt=yes",
                "Server=db;User Id=sa;Password=[redacted];Encrypt=yes",
            ),
            ("jdbc:mysql://db/x?user=a&password=hunter2", "jdbc:mysql://db/x?user=a&password=[redacted]"),
            ("Driver={X};Uid=a;PWD=hunter2", "Driver={X};Uid=a;PWD=[redacted]"),
            // What a finding is about stays.
            ("user=a&password=%22%3E%3Cscript%3E&b=c", "user=a&password=%22%3E%3Cscript%3E&b=c"),
            // Code is no connection string.
            ("a = b; password = read(c)", "a = b; password = read(c)"),
            ("f(); password=read(c)", "f(); password=read(c)"),
            ("the password=hunter2 of a rule's text", "the password=hunter2 of a rule's text"),
        ] {
            assert_eq!(redactor.credentials(text), want);
            assert!(matches!(redactor.credentials(want), Cow::Borrowed(_)), "{want}");
        }
    }
}
