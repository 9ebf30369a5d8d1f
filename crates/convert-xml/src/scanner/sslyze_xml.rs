//! SSLyze, `--xml_out`, which versions up to 2 have.

use scanlift_convert_api::network::Service;
use scanlift_convert_api::tls::{self, Flaw};
use scanlift_convert_api::xml::{Element, Head, Reader, Tag};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, Record, ScanInfo, Sink,
};
use scanlift_report_core::{Kind, MessageLevel};
use std::borrow::Cow;

/// Reads the XML of SSLyze.
#[derive(Clone, Copy, Debug, Default)]
pub struct SslyzeXml;

/// The converter.
pub static CONVERTER: SslyzeXml = SslyzeXml;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "sslyze-xml",
    name: "SSLyze",
    summary: "XML of SSLyze: weak protocols, ciphers and certificates, known attacks",
    versions: "0.7 to 2.1",
    kinds: &[Kind::Dast],
    url: "https://github.com/nabla-c0d3/sslyze",
};

impl Converter for SslyzeXml {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let titled =
            head.attribute("title").is_some_and(|title| title.to_ascii_lowercase().contains("sslyze"));
        let own = head.attribute("SSLyzeVersion").is_some() || titled;
        if head.root() == "document" && own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: targets that could not be reached stand before or behind the results.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let messages = unreached(input)?;
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.version = root.attribute("SSLyzeVersion").map(|text| text.trim_start_matches("SSLyze v").into());
        scan.messages = messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|tag, reader| match tag.name() {
            "results" => reader.each_child(|target, reader| match target.name() {
                "target" => reader.each_child(|tag, reader| {
                    let command = reader.element(tag)?;
                    for check in checks(command.root()) {
                        Record::begin(sink).spend(map_check(check, target))?;
                    }
                    Ok(())
                }),
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// Targets that could not be scanned.
fn unreached(input: &dyn Input) -> Result<Messages, ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    if reader.root()?.name() != "document" {
        return Err(ConvertError::Unrecognised {
            expected: "a document of SSLyze",
            help: "run sslyze with --xml_out=sslyze.xml",
        });
    }
    let mut messages = Messages::default();
    reader.each_child(|tag, reader| match tag.name() {
        "invalidTargets" => reader.each_child(|tag, reader| {
            let target = reader.element(tag)?;
            let problem = target.root().attribute("error").unwrap_or("it cannot be reached");
            messages.push(
                MessageLevel::Warn,
                format!("{}: {problem}", target.root().text().unwrap_or("a target")),
            );
            Ok(())
        }),
        _ => Ok(()),
    })?;
    Ok(messages)
}

/// A fact that is judged.
struct Check<'a> {
    kind: &'static str,
    /// The check and what of the server it is about.
    place: String,
    /// What is wrong; `None` if it is well.
    flaw: Option<Flaw>,
    facts: Vec<(&'static str, &'static str, &'a str)>,
}

impl Check<'_> {
    fn new(kind: &'static str, place: impl Into<String>, flaw: Option<Flaw>) -> Self {
        Self { kind, place: place.into(), flaw, facts: Vec::new() }
    }
}

/// The checks of a command; none of one that says nothing of security by itself.
fn checks(command: Element<'_>) -> Vec<Check<'_>> {
    let judge = |kind: &'static str, element: &str, attribute: &str, bad: &str, flaw: fn() -> Flaw| {
        let value = command.child(element).and_then(|it| it.attribute(attribute));
        value.map(|value| Check::new(kind, kind, value.eq_ignore_ascii_case(bad).then(flaw)))
    };
    let found = match command.name() {
        "heartbleed" => vec![
            judge("heartbleed", "openSslHeartbleed", "isVulnerable", "true", tls::heartbleed),
            judge("heartbleed", "heartbleed", "isVulnerable", "true", tls::heartbleed),
        ],
        "openssl_ccs" => {
            vec![judge("ccs-injection", "openSslCcsInjection", "isVulnerable", "true", tls::ccs_injection)]
        }
        "compression" => {
            vec![judge("compression", "compressionMethod", "isSupported", "true", tls::compression)]
        }
        "fallback" => vec![judge("fallback", "tlsFallbackScsv", "isSupported", "false", tls::fallback)],
        "reneg" => vec![
            judge("renegotiation", "sessionRenegotiation", "isSecure", "false", tls::renegotiation),
            judge(
                "client-renegotiation",
                "sessionRenegotiation",
                "canBeClientInitiated",
                "true",
                tls::client_renegotiation,
            ),
        ],
        "robot" => {
            let result = command.child("robotAttack").and_then(|it| it.attribute("resultEnum"));
            vec![result.map(|it| Check::new("robot", "robot", it.starts_with("VULNERABLE").then(tls::robot)))]
        }
        "certinfo" => return certificate(command),
        name => return protocol(name).map_or_else(Vec::new, |version| ciphers(version, command)),
    };
    found.into_iter().flatten().collect()
}

fn protocol(command: &str) -> Option<&'static str> {
    Some(match command {
        "sslv2" => "SSLv2",
        "sslv3" => "SSLv3",
        "tlsv1" => "TLSv1.0",
        "tlsv1_1" => "TLSv1.1",
        "tlsv1_2" => "TLSv1.2",
        "tlsv1_3" => "TLSv1.3",
        _ => return None,
    })
}

/// A version is offered if a cipher is accepted with it; each cipher is a check of its own.
fn ciphers<'a>(version: &'static str, command: Element<'a>) -> Vec<Check<'a>> {
    let accepted = || command.all("acceptedCipherSuites").flat_map(|list| list.all("cipherSuite"));
    let mut checks = Vec::new();
    if accepted().next().is_some() {
        checks.push(Check::new("protocol", format!("protocol-{version}"), tls::protocol(version)));
    }
    for cipher in accepted() {
        let Some(name) = cipher.attribute("name") else { continue };
        let bits = cipher.attribute("keySize");
        let size = bits.and_then(|bits| bits.trim_end_matches(" bits").parse().ok());
        let anonymous = cipher.attribute("anonymous").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        let flaw = tls::cipher(name, size, anonymous.then_some("anonymous"));
        let mut check = Check::new("cipher", format!("cipher-{name} {version}"), flaw);
        check.facts = vec![("cipher", "Cipher", name), ("protocol", "Protocol", version)];
        check.facts.extend(bits.map(|bits| ("bits", "Bits", bits)));
        checks.push(check);
    }
    checks
}

fn certificate(command: Element<'_>) -> Vec<Check<'_>> {
    let chain = command.child("receivedCertificateChain").or(command.child("certificateChain"));
    let leaf = chain.and_then(|chain| chain.child("certificate"));
    let text = |name: &str| leaf.and_then(|leaf| leaf.child_text(name));
    let subject = text("subject").unwrap_or_default();
    let check = |id: &str, flaw| Check::new("certificate", format!("{id} {subject}"), flaw);
    let mut checks = Vec::new();
    let validation = command.child("certificateValidation");
    let host = validation.and_then(|validation| validation.child("hostnameValidation"));
    if let Some(matches) = host.and_then(|host| host.attribute("certificateMatchesServerHostname")) {
        checks
            .push(check("certificate-hostname", matches.eq_ignore_ascii_case("false").then(tls::other_host)));
    }
    let paths = || validation.into_iter().flat_map(|validation| validation.all("pathValidation"));
    let results =
        || paths().filter_map(|path| path.attribute("validationResult").or(path.attribute("error")));
    if let Some(first) = results().next() {
        let trusted = results().any(|result| result == "ok");
        let flaw = match () {
            () if trusted => None,
            () if first.contains("expired") => Some(tls::certificate_expired()),
            () if first.contains("self signed") || first.contains("self-signed") => Some(tls::self_signed()),
            () => Some(tls::untrusted()),
        };
        let id = flaw.as_ref().map_or_else(|| "certificate-untrusted".to_owned(), |flaw| flaw.id.clone());
        let mut judged = check(&id, flaw);
        judged.facts.push(("validation", "Validation", first));
        checks.push(judged);
    }
    if let Some(algorithm) = text("signatureAlgorithm") {
        checks.push(check("certificate-signature", tls::signature(algorithm)));
    }
    let key = leaf.and_then(|leaf| leaf.child("publicKey"));
    let bits = key.and_then(|key| key.attribute("size")).and_then(|size| size.parse().ok());
    if let Some((key, bits)) = key.zip(bits) {
        let kind = key.attribute("algorithm").unwrap_or_default();
        checks
            .push(check("certificate-key", tls::key(if kind.contains("RSA") { "RSA" } else { kind }, bits)));
    }
    for judged in &mut checks {
        judged.facts.push(("subject", "Subject", subject));
        judged.facts.push(("not_valid_after", "Not valid after", text("notAfter").unwrap_or_default()));
    }
    checks
}

fn map_check<'a>(check: Check<'a>, target: &'a Tag) -> Outcome<'a> {
    let host = target.attribute("host").or(target.attribute("ip")).unwrap_or("unknown host");
    let port = target.attribute("port").and_then(|port| port.parse().ok());
    let service = Service::new(host, port, "tcp", target.attribute("tlsWrappedProtocol"));
    let facts = check.facts.into_iter().map(|(key, heading, value)| (key, heading, Cow::Borrowed(value)));
    let address = target.attribute("ip").filter(|ip| *ip != host);
    let last = ("ip_address", "IP address", address.unwrap_or_default());
    tls::outcome("sslyze_check", (check.kind, &check.place), check.flaw, &service, facts, last)
}
