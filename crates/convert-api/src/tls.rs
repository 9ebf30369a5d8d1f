//! What is weak about a server's TLS: the words that scanners of TLS share, whose own reports tell facts
//! ("SSLv3 is enabled") and no judgement.
//!
//! ```
//! use scanlift_convert_api::tls;
//!
//! assert!(tls::protocol("TLSv1.2").is_none());
//! let flaw = tls::protocol("SSLv3").ok_or("SSLv3 is broken")?;
//! assert_eq!((flaw.id.as_str(), flaw.advisory), ("protocol-SSLv3", Some("CVE-2014-3566")));
//! # Ok::<(), &str>(())
//! ```

use crate::network::Service;
use crate::weakness::Weakness;
use crate::{Outcome, SkipReason};
use scanlift_report_core::{Severity, Text};

/// What is wrong with a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flaw {
    /// The check, as `protocol-SSLv3`.
    pub id: String,
    /// In a line.
    pub name: String,
    /// What it means.
    pub description: &'static str,
    /// What to do.
    pub solution: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The class of weakness.
    pub cwe: u32,
    /// The CVE that it is known by.
    pub advisory: Option<&'static str>,
}

impl Flaw {
    /// The weakness that a scanner reports by an identifier of that type.
    #[must_use]
    pub fn into_weakness<'a>(self, scheme: &'static str) -> Weakness<'a> {
        let mut weakness = Weakness::new(scheme, self.id);
        weakness.name = Some(self.name.into());
        weakness.say("", self.description);
        weakness.advise(self.solution);
        weakness.severity = Some(self.severity);
        weakness.cwes.push(self.cwe);
        weakness.advisories.extend(self.advisory.map(Into::into));
        weakness
    }
}

fn flaw(
    id: impl Into<String>,
    name: impl Into<String>,
    severity: Severity,
    cwe: u32,
    description: &'static str,
    solution: &'static str,
) -> Flaw {
    Flaw { id: id.into(), name: name.into(), description, solution, severity, cwe, advisory: None }
}

/// What a judged fact is: a finding, or well. `fact` is its kind, for people, and `place` the check and what
/// of the server it is about; `facts` are what is known of it (key, heading, value), and `last` comes
/// behind those of the service.
pub fn outcome<'a>(
    scheme: &'static str,
    (fact, place): (&str, &str),
    flaw: Option<Flaw>,
    service: &Service<'a>,
    facts: impl IntoIterator<Item = (&'static str, &'static str, Text<'a>)>,
    last: (&'static str, &'static str, &'a str),
) -> Outcome<'a> {
    let example = format!("{} {place}", service.host);
    let Some(flaw) = flaw else {
        return Outcome::skip(SkipReason::NotAFinding, format!("{fact}: well"), example);
    };
    let Some(mut finding) = flaw.into_weakness(scheme).into_finding(service.location(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a check without id", example);
    };
    let details = &mut finding.vulnerability.details;
    for (key, heading, value) in facts {
        details.text(key, heading, value);
    }
    service.add_details(details);
    let (key, heading, value) = last;
    details.text(key, heading, value);
    Outcome::finding(finding)
}

/// A version of the protocol that is accepted, as `SSLv3`; `None` for one that is well.
#[must_use]
pub fn protocol(version: &str) -> Option<Flaw> {
    let (severity, advisory) = match version {
        "SSLv2" => (Severity::High, Some("CVE-2016-0800")),
        "SSLv3" => (Severity::High, Some("CVE-2014-3566")),
        "TLSv1" | "TLSv1.0" | "TLSv1.1" => (Severity::Medium, None),
        _ => return None,
    };
    let found = flaw(
        format!("protocol-{version}"),
        format!("Obsolete protocol {version} is enabled"),
        severity,
        327,
        "The server accepts a version of the protocol that is broken or no longer allowed (RFC 6176, RFC 7568, RFC 8996).",
        "Disable it, and offer TLS 1.2 and 1.3 only.",
    );
    Some(Flaw { advisory, ..found })
}

/// A cipher that is accepted, by its name in OpenSSL's or IANA's spelling, its bits, and a word of the
/// scanner's for its strength (sslscan since 1.11.12); `None` for one that is well.
#[must_use]
pub fn cipher(name: &str, bits: Option<u32>, strength: Option<&str>) -> Option<Flaw> {
    let (what, severity) = weak_cipher(name, bits, strength)?;
    Some(flaw(
        format!("cipher-{name}"),
        format!("Weak cipher {name}: {what}"),
        severity,
        327,
        "The server accepts a cipher that does not protect what is sent well enough.",
        "Disable it, and offer ciphers with forward secrecy and authenticated encryption only.",
    ))
}

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

/// Heartbleed.
#[must_use]
pub fn heartbleed() -> Flaw {
    let found = flaw(
        "heartbleed",
        "Heartbleed: memory of the server can be read",
        Severity::High,
        125,
        "The server answers a malformed heartbeat (RFC 6520) with what stands in its memory: private keys, passwords, sessions.",
        "Update OpenSSL to 1.0.1g or later, replace the certificate and its key, and have passwords changed.",
    );
    Flaw { advisory: Some("CVE-2014-0160"), ..found }
}

/// The injection of `ChangeCipherSpec`.
#[must_use]
pub fn ccs_injection() -> Flaw {
    let found = flaw(
        "ccs-injection",
        "OpenSSL ChangeCipherSpec injection",
        Severity::High,
        326,
        "The server accepts ChangeCipherSpec too early, so that a man in the middle can make both sides use keys that he knows.",
        "Update OpenSSL to 0.9.8za, 1.0.0m, 1.0.1h or later.",
    );
    Flaw { advisory: Some("CVE-2014-0224"), ..found }
}

/// Bleichenbacher's oracle.
#[must_use]
pub fn robot() -> Flaw {
    let found = flaw(
        "robot",
        "ROBOT: an oracle for RSA decryption",
        Severity::High,
        203,
        "How the server answers malformed RSA key exchanges lets an attacker decrypt recorded traffic, or sign with its key.",
        "Disable ciphers with RSA key exchange, or update the TLS library.",
    );
    Flaw { advisory: Some("CVE-2017-13099"), ..found }
}

/// Compression is enabled.
#[must_use]
pub fn compression() -> Flaw {
    let found = flaw(
        "compression",
        "TLS compression is enabled (CRIME)",
        Severity::Medium,
        310,
        "Compression lets who can watch the traffic and send requests of his own guess secrets in it.",
        "Disable compression of TLS.",
    );
    Flaw { advisory: Some("CVE-2012-4929"), ..found }
}

/// Renegotiation without its extension.
#[must_use]
pub fn renegotiation() -> Flaw {
    let found = flaw(
        "renegotiation",
        "Insecure renegotiation is supported",
        Severity::Medium,
        295,
        "A man in the middle can put data of his own before what a client sends.",
        "Support secure renegotiation (RFC 5746), or disable renegotiation.",
    );
    Flaw { advisory: Some("CVE-2009-3555"), ..found }
}

/// Renegotiation at the client's wish.
#[must_use]
pub fn client_renegotiation() -> Flaw {
    flaw(
        "client-renegotiation",
        "Clients can renegotiate without end",
        Severity::Low,
        400,
        "A handshake costs the server far more than the client, so a client that renegotiates again and again can exhaust it.",
        "Disable renegotiation by clients.",
    )
}

/// `TLS_FALLBACK_SCSV` is missing.
#[must_use]
pub fn fallback() -> Flaw {
    flaw(
        "fallback",
        "TLS_FALLBACK_SCSV is not supported",
        Severity::Low,
        757,
        "A man in the middle can make client and server agree on an older version of the protocol than both support (RFC 7507).",
        "Support TLS_FALLBACK_SCSV, or offer TLS 1.3 only.",
    )
}

/// The certificate has expired.
#[must_use]
pub fn certificate_expired() -> Flaw {
    flaw(
        "certificate-expired",
        "The certificate has expired",
        Severity::Medium,
        298,
        "Clients refuse the server, or were taught to accept any certificate.",
        "Renew the certificate.",
    )
}

/// The certificate is signed by its own key.
#[must_use]
pub fn self_signed() -> Flaw {
    flaw(
        "certificate-self-signed",
        "The certificate is self-signed",
        Severity::Medium,
        295,
        "Nobody vouches for who the server is, so clients cannot tell it from a man in the middle.",
        "Use a certificate of an authority that the clients trust.",
    )
}

/// The certificate is not trusted.
#[must_use]
pub fn untrusted() -> Flaw {
    flaw(
        "certificate-untrusted",
        "The certificate is not trusted",
        Severity::Medium,
        295,
        "No way leads from the certificate to an authority that clients know, so they cannot tell the server from a man in the middle.",
        "Use a certificate of an authority that the clients trust, and send the certificates in between.",
    )
}

/// The certificate is that of another host.
#[must_use]
pub fn other_host() -> Flaw {
    flaw(
        "certificate-hostname",
        "The certificate does not name the host",
        Severity::Medium,
        297,
        "Clients refuse the server, or were taught to accept any certificate.",
        "Use a certificate that names the host.",
    )
}

/// The algorithm that the certificate is signed with, as `sha1WithRSAEncryption` or `sha1`; `None` for
/// one that is well.
#[must_use]
pub fn signature(algorithm: &str) -> Option<Flaw> {
    let lower = algorithm.to_ascii_lowercase();
    let weak =
        ["md2", "md4", "md5", "sha1"].iter().any(|hash| lower.starts_with(hash) || lower.ends_with(hash));
    weak.then(|| {
        flaw(
            "certificate-signature",
            format!("The certificate is signed with {algorithm}"),
            Severity::Medium,
            328,
            "A certificate with the same signature can be forged.",
            "Replace it by one that is signed with SHA-256 or better.",
        )
    })
}

/// The key of the certificate: `RSA`, `DSA` or one on a curve; `None` for one that is long enough.
#[must_use]
pub fn key(kind: &str, bits: u32) -> Option<Flaw> {
    let least = if matches!(kind, "RSA" | "DSA") { 2048 } else { 224 };
    (bits < least).then(|| {
        flaw(
            "certificate-key",
            format!("The key of the certificate is too short: {kind}, {bits} bits"),
            Severity::Medium,
            326,
            "The private key can be worked out from the certificate.",
            "Replace it by one with a key of 2048 bits (RSA) or 256 bits (elliptic curves) at least.",
        )
    })
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
            assert_eq!(cipher(name, bits, strength).map(|flaw| flaw.severity), want, "{name}");
        }
    }

    #[test]
    fn protocols() {
        for (version, want) in [
            ("SSLv2", true),
            ("SSLv3", true),
            ("TLSv1", true),
            ("TLSv1.0", true),
            ("TLSv1.1", true),
            ("TLSv1.2", false),
            ("TLSv1.3", false),
        ] {
            assert_eq!(protocol(version).is_some(), want, "{version}");
        }
    }

    #[test]
    fn keys_and_signatures() {
        for (kind, bits, want) in
            [("RSA", 1024, true), ("RSA", 2048, false), ("EC", 256, false), ("EC", 160, true)]
        {
            assert_eq!(key(kind, bits).is_some(), want, "{kind} {bits}");
        }
        for (algorithm, want) in
            [("sha1WithRSAEncryption", true), ("sha256", false), ("ecdsa-with-SHA1", true)]
        {
            assert_eq!(signature(algorithm).is_some(), want, "{algorithm}");
        }
    }
}
