//! Which facts of a server are weaknesses.

use scanlift_convert_api::tls::{self, Flaw};
use scanlift_convert_api::xml::Element;

/// A fact that is judged.
#[derive(Debug)]
pub(super) struct Check<'a> {
    /// What kind of fact, as the format calls it.
    pub(super) kind: &'static str,
    /// The stable id of the check.
    pub(super) id: String,
    /// The check and what of the server it is about.
    pub(super) place: String,
    /// What is wrong; `None` if it is well.
    pub(super) flaw: Option<Flaw>,
    /// What is known of it: key, heading, value.
    pub(super) facts: Vec<(&'static str, &'static str, &'a str)>,
}

/// What is judged together with others.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Versions of sslscan before 1.11.6 list no protocols: an accepted cipher tells them.
    lists_protocols: bool,
}

impl Facts {
    pub(super) fn of(test: Element<'_>) -> Self {
        Self { lists_protocols: test.child("protocol").is_some() }
    }
}

impl<'a> Check<'a> {
    /// The checks of a fact; none of one that says nothing of security by itself.
    pub(super) fn all(fact: Element<'a>, facts: &Facts) -> Vec<Self> {
        match fact.name() {
            "protocol" => protocol(fact).into_iter().collect(),
            "heartbleed" => vec![heartbleed(fact)],
            "compression" => vec![flag("compression", fact, "supported", "1", tls::compression)],
            "renegotiation" => vec![renegotiation(fact)],
            "fallback" => vec![flag("fallback", fact, "supported", "0", tls::fallback)],
            "cipher" => cipher(fact, facts).into_iter().collect(),
            "certificate" => certificate(fact),
            "certificates" => fact.all("certificate").flat_map(certificate).collect(),
            _ => Vec::new(),
        }
    }

    fn new(kind: &'static str, id: impl Into<String>, place: impl Into<String>, flaw: Option<Flaw>) -> Self {
        Self { kind, id: id.into(), place: place.into(), flaw, facts: Vec::new() }
    }
}

fn protocol(fact: Element<'_>) -> Option<Check<'_>> {
    if fact.attribute("enabled") != Some("1") {
        return None;
    }
    let version = format!("{}v{}", fact.attribute("type")?.to_ascii_uppercase(), fact.attribute("version")?);
    let id = format!("protocol-{version}");
    Some(Check::new("protocol", id.clone(), id, tls::protocol(&version)))
}

/// A check that one attribute decides.
fn flag<'a>(kind: &'static str, fact: Element<'a>, name: &str, bad: &str, flaw: fn() -> Flaw) -> Check<'a> {
    Check::new(kind, kind, kind, (fact.attribute(name) == Some(bad)).then(flaw))
}

fn heartbleed(fact: Element<'_>) -> Check<'_> {
    let version = fact.attribute("sslversion").unwrap_or_default();
    let mut check = flag("heartbleed", fact, "vulnerable", "1", tls::heartbleed);
    check.place = format!("heartbleed {version}");
    check.facts.push(("protocol", "Protocol", version));
    check
}

fn renegotiation(fact: Element<'_>) -> Check<'_> {
    let insecure = fact.attribute("supported") == Some("1") && fact.attribute("secure") == Some("0");
    Check::new("renegotiation", "renegotiation", "renegotiation", insecure.then(tls::renegotiation))
}

fn cipher<'a>(fact: Element<'a>, facts: &Facts) -> Option<Check<'a>> {
    let status = fact.attribute("status")?;
    if status != "accepted" && status != "preferred" {
        return None;
    }
    let name = fact.attribute("cipher")?;
    let version = fact.attribute("sslversion").unwrap_or_default();
    let bits = fact.attribute("bits").and_then(|bits| bits.parse().ok());
    let of_protocol = || tls::protocol(version).filter(|_| !facts.lists_protocols);
    let flaw = tls::cipher(name, bits, fact.attribute("strength")).or_else(of_protocol);
    let mut check = Check::new("cipher", format!("cipher-{name}"), format!("cipher-{name} {version}"), flaw);
    check.facts = [
        ("cipher", "Cipher", "cipher"),
        ("protocol", "Protocol", "sslversion"),
        ("bits", "Bits", "bits"),
        ("curve", "Curve", "curve"),
        ("dhe_bits", "Bits of the Diffie-Hellman group", "dhebits"),
        ("strength", "Strength by sslscan", "strength"),
        ("status", "Status", "status"),
        ("cipher_id", "Id of the cipher", "id"),
    ]
    .into_iter()
    .filter_map(|(key, heading, name)| Some((key, heading, fact.attribute(name)?)))
    .collect();
    Some(check)
}

/// What is said of a certificate, each its own check.
fn certificate(fact: Element<'_>) -> Vec<Check<'_>> {
    let text = |name: &str| fact.child_text(name);
    let subject = text("subject").unwrap_or_default();
    let check = |id: &str, flaw: Option<Flaw>| Check::new("certificate", id, format!("{id} {subject}"), flaw);
    let mut checks = Vec::new();
    if let Some(expired) = text("expired") {
        checks.push(check("certificate-expired", (expired == "true").then(tls::certificate_expired)));
    }
    if let Some(own) = text("self-signed") {
        checks.push(check("certificate-self-signed", (own == "true").then(tls::self_signed)));
    }
    if let Some(algorithm) = text("signature-algorithm") {
        checks.push(check("certificate-signature", tls::signature(algorithm)));
    }
    if let Some(key) = fact.child("pk").filter(|key| key.attribute("error") != Some("true")) {
        let kind = key.attribute("type").unwrap_or_default();
        let bits: Option<u32> = key.attribute("bits").and_then(|bits| bits.parse().ok());
        checks.push(check("certificate-key", bits.and_then(|bits| tls::key(kind, bits))));
    }
    for check in &mut checks {
        check.facts = [
            ("subject", "Subject", text("subject")),
            ("alternative_names", "Alternative names", text("altnames")),
            ("issuer", "Issuer", text("issuer")),
            ("not_valid_before", "Not valid before", text("not-valid-before")),
            ("not_valid_after", "Not valid after", text("not-valid-after")),
            ("signature_algorithm", "Signature algorithm", text("signature-algorithm")),
        ]
        .into_iter()
        .filter_map(|(key, heading, value)| Some((key, heading, value?)))
        .collect();
    }
    checks
}
