//! Which facts of a server are weaknesses.

use scanlift_convert_api::xml::Element;
use scanlift_report_core::Severity;

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
    pub(super) verdict: Option<Verdict>,
    /// What is known of it: key, heading, value.
    pub(super) facts: Vec<(&'static str, &'static str, &'a str)>,
}

/// What is wrong.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) name: String,
    pub(super) description: &'static str,
    pub(super) solution: &'static str,
    pub(super) severity: Severity,
    pub(super) cwe: u32,
    pub(super) advisory: Option<&'static str>,
}

/// What is judged together with others.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Versions of sslscan before 1.11.6 list no protocols: an accepted cipher tells them.
    lists_protocols: bool,
}

impl Facts {
    pub(super) fn of(test: &Element) -> Self {
        Self { lists_protocols: test.child("protocol").is_some() }
    }
}

fn verdict(
    name: impl Into<String>,
    severity: Severity,
    cwe: u32,
    description: &'static str,
    solution: &'static str,
) -> Verdict {
    Verdict { name: name.into(), description, solution, severity, cwe, advisory: None }
}

impl<'a> Check<'a> {
    /// The checks of a fact; none of one that says nothing of security by itself.
    pub(super) fn all(fact: &'a Element, facts: &Facts) -> Vec<Self> {
        match fact.name() {
            "protocol" => protocol(fact).into_iter().collect(),
            "heartbleed" => vec![heartbleed(fact)],
            "compression" => vec![compression(fact)],
            "renegotiation" => vec![renegotiation(fact)],
            "fallback" => vec![fallback(fact)],
            "cipher" => cipher(fact, facts).into_iter().collect(),
            "certificate" => certificate(fact),
            "certificates" => fact.all("certificate").flat_map(certificate).collect(),
            _ => Vec::new(),
        }
    }

    fn new(
        kind: &'static str,
        id: impl Into<String>,
        place: impl Into<String>,
        verdict: Option<Verdict>,
    ) -> Self {
        Self { kind, id: id.into(), place: place.into(), verdict, facts: Vec::new() }
    }
}

/// How bad it is that a version is offered; `None` for one that is well.
fn old_protocol(version: &str) -> Option<(Severity, Option<&'static str>)> {
    match version {
        "SSLv2" => Some((Severity::High, Some("CVE-2016-0800"))),
        "SSLv3" => Some((Severity::High, Some("CVE-2014-3566"))),
        "TLSv1.0" | "TLSv1.1" => Some((Severity::Medium, None)),
        _ => None,
    }
}

fn protocol(fact: &Element) -> Option<Check<'_>> {
    if fact.attribute("enabled") != Some("1") {
        return None;
    }
    let version = format!("{}v{}", fact.attribute("type")?.to_ascii_uppercase(), fact.attribute("version")?);
    let found = old_protocol(&version).map(|(severity, advisory)| Verdict {
        advisory,
        ..verdict(
            format!("Obsolete protocol {version} is enabled"),
            severity,
            327,
            "The server accepts a version of the protocol that is broken or no longer allowed (RFC 6176, RFC 7568, RFC 8996).",
            "Disable it, and offer TLS 1.2 and 1.3 only.",
        )
    });
    let id = format!("protocol-{version}");
    Some(Check::new("protocol", id.clone(), id, found))
}

fn heartbleed(fact: &Element) -> Check<'_> {
    let version = fact.attribute("sslversion").unwrap_or_default();
    let found = (fact.attribute("vulnerable") == Some("1")).then(|| Verdict {
        advisory: Some("CVE-2014-0160"),
        ..verdict(
            "Heartbleed: memory of the server can be read",
            Severity::High,
            125,
            "The server answers a malformed heartbeat (RFC 6520) with what stands in its memory: private keys, passwords, sessions.",
            "Update OpenSSL to 1.0.1g or later, replace the certificate and its key, and have passwords changed.",
        )
    });
    let mut check = Check::new("heartbleed", "heartbleed", format!("heartbleed {version}"), found);
    check.facts.push(("protocol", "Protocol", version));
    check
}

fn compression(fact: &Element) -> Check<'_> {
    let found = (fact.attribute("supported") == Some("1")).then(|| Verdict {
        advisory: Some("CVE-2012-4929"),
        ..verdict(
            "TLS compression is enabled (CRIME)",
            Severity::Medium,
            310,
            "Compression lets who can watch the traffic and send requests of his own guess secrets in it.",
            "Disable compression of TLS.",
        )
    });
    Check::new("compression", "compression", "compression", found)
}

fn renegotiation(fact: &Element) -> Check<'_> {
    let insecure = fact.attribute("supported") == Some("1") && fact.attribute("secure") == Some("0");
    let found = insecure.then(|| Verdict {
        advisory: Some("CVE-2009-3555"),
        ..verdict(
            "Insecure renegotiation is supported",
            Severity::Medium,
            295,
            "A man in the middle can put data of his own before what a client sends.",
            "Support secure renegotiation (RFC 5746), or disable renegotiation.",
        )
    });
    Check::new("renegotiation", "renegotiation", "renegotiation", found)
}

fn fallback(fact: &Element) -> Check<'_> {
    let found = (fact.attribute("supported") == Some("0")).then(|| {
        verdict(
            "TLS_FALLBACK_SCSV is not supported",
            Severity::Low,
            757,
            "A man in the middle can make client and server agree on an older version of the protocol than both support (RFC 7507).",
            "Support TLS_FALLBACK_SCSV, or offer TLS 1.3 only.",
        )
    });
    Check::new("fallback", "fallback", "fallback", found)
}

fn cipher<'a>(fact: &'a Element, facts: &Facts) -> Option<Check<'a>> {
    let status = fact.attribute("status")?;
    if status != "accepted" && status != "preferred" {
        return None;
    }
    let name = fact.attribute("cipher")?;
    let version = fact.attribute("sslversion").unwrap_or_default();
    let bits = fact.attribute("bits").and_then(|bits| bits.parse().ok());
    let mut found = weak_cipher(name, bits, fact.attribute("strength")).map(|(what, severity)| {
        verdict(
            format!("Weak cipher {name}: {what}"),
            severity,
            327,
            "The server accepts a cipher that does not protect what is sent well enough.",
            "Disable it, and offer ciphers with forward secrecy and authenticated encryption only.",
        )
    });
    if let Some((severity, advisory)) =
        old_protocol(version).filter(|_| !facts.lists_protocols && found.is_none())
    {
        let name = format!("Obsolete protocol {version} is enabled");
        let said = "The server accepts a version of the protocol that is broken or no longer allowed.";
        found = Some(Verdict {
            advisory,
            ..verdict(name, severity, 327, said, "Disable it, and offer TLS 1.2 and 1.3 only.")
        });
    }
    let mut check = Check::new("cipher", format!("cipher-{name}"), format!("cipher-{name} {version}"), found);
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

/// What is weak about a cipher by its name in OpenSSL's or IANA's spelling, its bits, and the word of
/// sslscan (since 1.11.12).
fn weak_cipher(name: &str, bits: Option<u32>, strength: Option<&str>) -> Option<(&'static str, Severity)> {
    let words: Vec<String> = name.split(['-', '_']).map(str::to_ascii_uppercase).collect();
    let has = |word: &str| words.iter().any(|known| known == word);
    let begins = |word: &str| words.iter().any(|known| known.starts_with(word));
    if has("NULL") || bits == Some(0) || strength == Some("null") {
        Some(("no encryption", Severity::High))
    } else if has("ADH") || has("AECDH") || has("ANON") || strength == Some("anonymous") {
        Some(("no authentication", Severity::High))
    } else if begins("EXP") || bits.is_some_and(|bits| bits < 112) {
        Some(("keys too short", Severity::High))
    } else if has("RC4") {
        Some(("RC4", Severity::Medium))
    } else if begins("3DES") || has("DES") || begins("RC2") || begins("IDEA") {
        Some(("blocks of 64 bits", Severity::Medium))
    } else if has("MD5") || strength == Some("weak") {
        Some(("weak", Severity::Medium))
    } else {
        None
    }
}

/// What is said of a certificate, each its own check.
fn certificate(fact: &Element) -> Vec<Check<'_>> {
    let text = |name: &str| fact.child_text(name);
    let subject = text("subject").unwrap_or_default();
    let mut checks = Vec::new();
    if let Some(expired) = text("expired") {
        let found = (expired == "true").then(|| {
            verdict(
                "The certificate has expired",
                Severity::Medium,
                298,
                "Clients refuse the server, or were taught to accept any certificate.",
                "Renew the certificate.",
            )
        });
        checks.push(Check::new(
            "certificate",
            "certificate-expired",
            format!("certificate-expired {subject}"),
            found,
        ));
    }
    if let Some(own) = text("self-signed") {
        let found = (own == "true").then(|| {
            verdict(
                "The certificate is self-signed",
                Severity::Medium,
                295,
                "Nobody vouches for who the server is, so clients cannot tell it from a man in the middle.",
                "Use a certificate of an authority that the clients trust.",
            )
        });
        checks.push(Check::new(
            "certificate",
            "certificate-self-signed",
            format!("certificate-self-signed {subject}"),
            found,
        ));
    }
    if let Some(algorithm) = text("signature-algorithm") {
        let lower = algorithm.to_ascii_lowercase();
        let weak =
            ["md2", "md4", "md5", "sha1"].iter().any(|hash| lower.starts_with(hash) || lower.ends_with(hash));
        let found = weak.then(|| {
            verdict(
                format!("The certificate is signed with {algorithm}"),
                Severity::Medium,
                328,
                "A certificate with the same signature can be forged.",
                "Replace it by one that is signed with SHA-256 or better.",
            )
        });
        checks.push(Check::new(
            "certificate",
            "certificate-signature",
            format!("certificate-signature {subject}"),
            found,
        ));
    }
    if let Some(key) = fact.child("pk").filter(|key| key.attribute("error") != Some("true")) {
        let kind = key.attribute("type").unwrap_or_default();
        let bits: Option<u32> = key.attribute("bits").and_then(|bits| bits.parse().ok());
        let least = if matches!(kind, "RSA" | "DSA") { 2048 } else { 224 };
        let found = bits.filter(|bits| *bits < least).map(|bits| {
            verdict(
                format!("The key of the certificate is too short: {kind}, {bits} bits"),
                Severity::Medium,
                326,
                "The private key can be worked out from the certificate.",
                "Replace it by one with a key of 2048 bits (RSA) or 256 bits (elliptic curves) at least.",
            )
        });
        checks.push(Check::new(
            "certificate",
            "certificate-key",
            format!("certificate-key {subject}"),
            found,
        ));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ciphers() {
        for (name, bits, strength, want) in [
            ("ECDHE-RSA-AES256-GCM-SHA384", Some(256), Some("strong"), None),
            ("AES256-SHA", Some(256), Some("acceptable"), None),
            ("NULL-SHA256", Some(0), None, Some(Severity::High)),
            ("ADH-AES128-SHA", Some(128), None, Some(Severity::High)),
            ("EXP-RC4-MD5", Some(40), None, Some(Severity::High)),
            ("RC4-SHA", Some(128), None, Some(Severity::Medium)),
            ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", Some(112), None, Some(Severity::Medium)),
            ("ECDHE-RSA-DES-CBC3-SHA", Some(112), Some("medium"), Some(Severity::Medium)),
            ("SEED-SHA", Some(128), Some("weak"), Some(Severity::Medium)),
        ] {
            assert_eq!(weak_cipher(name, bits, strength).map(|(_, severity)| severity), want, "{name}");
        }
    }

    #[test]
    fn protocols() {
        for (version, want) in [
            ("SSLv2", true),
            ("SSLv3", true),
            ("TLSv1.0", true),
            ("TLSv1.1", true),
            ("TLSv1.2", false),
            ("TLSv1.3", false),
        ] {
            assert_eq!(old_protocol(version).is_some(), want, "{version}");
        }
    }
}
