//! What the facts of a command mean.

use super::{Certificate, Cipher, Facts, Validation};
use scanlift_convert_api::json::{self, Loose, TextOr, filled};
use scanlift_convert_api::tls::{self, Flaw};
use scanlift_report_core::Text;

/// A fact that is judged.
#[derive(Debug)]
pub(super) struct Check<'a> {
    /// What kind of fact.
    pub(super) kind: &'static str,
    /// The check and what of the server it is about.
    pub(super) place: String,
    /// What is wrong; `None` if it is well.
    pub(super) flaw: Option<Flaw>,
    /// What is known of it: key, heading, value.
    pub(super) facts: Vec<(&'static str, &'static str, Text<'a>)>,
}

impl Check<'_> {
    fn new(kind: &'static str, place: impl Into<String>, flaw: Option<Flaw>) -> Self {
        Self { kind, place: place.into(), flaw, facts: Vec::new() }
    }
}

/// The checks of a command; none of one that says nothing of security by itself.
pub(super) fn checks<'a>(command: &str, facts: &'a Facts<'_>) -> Vec<Check<'a>> {
    if let Some(version) = protocol(command) {
        return ciphers(version, &facts.accepted_cipher_suites);
    }
    let mut checks = Vec::new();
    // A fact that is missing was not looked for.
    let mut judge = |kind: &'static str, fact: &Option<Loose<'_>>, bad: bool, flaw: fn() -> Flaw| {
        checks.extend(json::flag(fact).map(|is| Check::new(kind, kind, (is == bad).then(flaw))));
    };
    judge("heartbleed", &facts.is_vulnerable_to_heartbleed, true, tls::heartbleed);
    judge("ccs-injection", &facts.is_vulnerable_to_ccs_injection, true, tls::ccs_injection);
    judge("compression", &facts.supports_compression, true, tls::compression);
    judge("fallback", &facts.supports_fallback_scsv, false, tls::fallback);
    judge("renegotiation", &facts.supports_secure_renegotiation, false, tls::renegotiation);
    let by_client = &facts.is_vulnerable_to_client_renegotiation_dos;
    judge("client-renegotiation", by_client, true, tls::client_renegotiation);
    if let Some(name) = filled(&facts.compression_name) {
        checks.push(Check::new("compression", format!("compression {name}"), Some(tls::compression())));
    }
    if let Some(result) = filled(&facts.robot_result) {
        let mut check = Check::new("robot", "robot", result.starts_with("VULNERABLE").then(tls::robot));
        check.facts.push(("result", "Result", result.into()));
        checks.push(check);
    }
    for deployment in &facts.certificate_deployments {
        checks.extend(certificate(
            &deployment.received_certificate_chain,
            &deployment.leaf_certificate_subject_matches_hostname,
            &deployment.path_validation_results,
        ));
    }
    if !facts.path_validation_result_list.is_empty() || !facts.certificate_chain.is_empty() {
        let matches = &facts.leaf_certificate_subject_matches_hostname;
        checks.extend(certificate(&facts.certificate_chain, matches, &facts.path_validation_result_list));
    }
    checks
}

/// The version that a command asked for: `tls_1_0_cipher_suites`, `tlsv1_1`, `sslv3`.
fn protocol(command: &str) -> Option<&'static str> {
    Some(match command.trim_end_matches("_cipher_suites") {
        "ssl_2_0" | "sslv2" => "SSLv2",
        "ssl_3_0" | "sslv3" => "SSLv3",
        "tls_1_0" | "tlsv1" => "TLSv1.0",
        "tls_1_1" | "tlsv1_1" => "TLSv1.1",
        "tls_1_2" | "tlsv1_2" => "TLSv1.2",
        "tls_1_3" | "tlsv1_3" => "TLSv1.3",
        _ => return None,
    })
}

/// A version is offered if a cipher is accepted with it; each cipher is a check of its own.
fn ciphers<'a>(version: &'static str, accepted: &'a [Cipher<'_>]) -> Vec<Check<'a>> {
    let mut checks = Vec::new();
    if !accepted.is_empty() {
        checks.push(Check::new("protocol", format!("protocol-{version}"), tls::protocol(version)));
    }
    for cipher in accepted {
        let cipher = cipher.cipher_suite.as_deref().unwrap_or(cipher);
        let Some(name) = filled(&cipher.name).or(filled(&cipher.openssl_name)) else { continue };
        let strength = (json::flag(&cipher.is_anonymous) == Some(true)).then_some("anonymous");
        let flaw = tls::cipher(name, cipher.key_size, strength);
        let mut check = Check::new("cipher", format!("cipher-{name} {version}"), flaw);
        check.facts.push(("cipher", "Cipher", name.into()));
        check.facts.push(("protocol", "Protocol", version.into()));
        check.facts.extend(cipher.key_size.map(|bits| ("bits", "Bits", bits.to_string().into())));
        checks.push(check);
    }
    checks
}

fn certificate<'a>(
    chain: &'a [Certificate<'_>],
    matches: &Option<Loose<'_>>,
    validations: &'a [Validation<'_>],
) -> Vec<Check<'a>> {
    let leaf = chain.first();
    let subject = leaf.and_then(|leaf| match leaf.subject.as_ref()? {
        TextOr::Text(text) => Some(text.trim()),
        TextOr::Other(name) => filled(&name.rfc4514_string),
    });
    let subject = subject.unwrap_or_default();
    let check = |id: &str, flaw| Check::new("certificate", format!("{id} {subject}"), flaw);
    let mut checks = Vec::new();
    if let Some(matches) = json::flag(matches) {
        checks.push(check("certificate-hostname", (!matches).then(tls::other_host)));
    }
    if !validations.is_empty() {
        // One store that trusts it is enough: the user may have given his own.
        let trusted = |it: &&Validation<'_>| json::flag(&it.was_validation_successful) == Some(true);
        let said = validations.iter().find_map(|it| filled(&it.validation_error)).unwrap_or_default();
        let flaw = match validations.iter().find(trusted) {
            Some(_) => None,
            None if said.contains("expired") => Some(tls::certificate_expired()),
            None if said.contains("self signed") || said.contains("self-signed") => Some(tls::self_signed()),
            None => Some(tls::untrusted()),
        };
        let id = flaw.as_ref().map_or_else(|| "certificate-untrusted".to_owned(), |flaw| flaw.id.clone());
        let mut judged = check(&id, flaw);
        judged.facts.push(("validation", "Validation", said.into()));
        checks.push(judged);
    }
    if let Some(algorithm) = leaf.and_then(|leaf| filled(&leaf.signature_hash_algorithm.as_ref()?.name)) {
        checks.push(check("certificate-signature", tls::signature(algorithm)));
    }
    let key = leaf.and_then(|leaf| leaf.public_key.as_ref());
    if let Some((key, bits)) = key.and_then(|key| Some((key, key.key_size?))) {
        let kind = filled(&key.algorithm).unwrap_or_default();
        let kind = if kind.to_ascii_uppercase().contains("RSA") { "RSA" } else { kind };
        checks.push(check("certificate-key", tls::key(kind, bits)));
    }
    for judged in &mut checks {
        judged.facts.push(("subject", "Subject", subject.into()));
        let end = leaf.and_then(|leaf| filled(&leaf.not_valid_after)).unwrap_or_default();
        judged.facts.push(("not_valid_after", "Not valid after", end.into()));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(command: &str, json: &str) -> Vec<String> {
        let facts: Facts<'_> = serde_json::from_str(json).expect(json);
        checks(command, &facts).into_iter().filter_map(|check| check.flaw).map(|flaw| flaw.id).collect()
    }

    #[test]
    fn facts_are_judged() {
        for (command, json, want) in [
            ("heartbleed", r#"{"is_vulnerable_to_heartbleed": true}"#, vec!["heartbleed"]),
            ("heartbleed", r#"{"is_vulnerable_to_heartbleed": false}"#, vec![]),
            ("tls_fallback_scsv", r#"{"supports_fallback_scsv": false}"#, vec!["fallback"]),
            ("robot", r#"{"robot_result": "VULNERABLE_WEAK_ORACLE"}"#, vec!["robot"]),
            ("robot", r#"{"robot_result_enum": "NOT_VULNERABLE_NO_ORACLE"}"#, vec![]),
            (
                "sslv3",
                r#"{"accepted_cipher_list": [{"openssl_name": "AES256-SHA", "key_size": 256}]}"#,
                vec!["protocol-SSLv3"],
            ),
            (
                "tls_1_2_cipher_suites",
                r#"{"accepted_cipher_suites": [{"cipher_suite": {"name": "TLS_RSA_WITH_RC4_128_SHA", "key_size": 128}}]}"#,
                vec!["cipher-TLS_RSA_WITH_RC4_128_SHA"],
            ),
            (
                "certificate_info",
                r#"{"certificate_deployments": [{"path_validation_results": [{"was_validation_successful": false}, {"was_validation_successful": true}]}]}"#,
                vec![],
            ),
            (
                "certificate_info",
                r#"{"certificate_deployments": [{"path_validation_results": [{"was_validation_successful": false, "validation_error": "certificate has expired"}], "leaf_certificate_subject_matches_hostname": false}]}"#,
                vec!["certificate-hostname", "certificate-expired"],
            ),
        ] {
            assert_eq!(flaws(command, json), want, "{json}");
        }
    }
}
