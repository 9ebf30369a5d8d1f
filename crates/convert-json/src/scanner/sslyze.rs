//! SSLyze, `--json_out`: version 3 and later (`server_scan_results`), and 1 and 2 (`accepted_targets`).

mod check;

use check::{Check, checks};
use scanlift_convert_api::json::{self, Fields, Head, Loose, Records, filled};
use scanlift_convert_api::network::Service;
use scanlift_convert_api::tls;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, ScanInfo, Sink,
};
use scanlift_report_core::{Kind, MessageLevel};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Reads the JSON of SSLyze.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sslyze;

/// The converter.
pub static CONVERTER: Sslyze = Sslyze;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "sslyze",
    name: "SSLyze",
    summary: "JSON of SSLyze: weak protocols, ciphers and certificates, known attacks",
    versions: "1 to 6",
    kinds: &[Kind::Dast],
    url: "https://github.com/nabla-c0d3/sslyze",
};

impl Converter for Sslyze {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let own = head.has("server_scan_results")
            || head.has("accepted_targets")
            || head.has("sslyze_version")
            || head.has("sslyze_url");
        if own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: version and times stand behind the results.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut messages, mut known) = (Fields::default(), Messages::default(), false);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        json::walk(input, |key, reader| {
            match key {
                "sslyze_version" => scan.version = fields.text(reader)?.map(Into::into),
                "date_scans_started" => scan.start_time = fields.text(reader)?.map(Into::into),
                "date_scans_completed" => scan.end_time = fields.text(reader)?.map(Into::into),
                "accepted_targets" => known = true,
                "server_scan_results" => {
                    known = true;
                    fields.objects(reader, |server: Status| {
                        if let Some(problem) = server.problem() {
                            messages.push(MessageLevel::Warn, problem);
                        }
                    })?;
                }
                "invalid_server_strings" | "server_connectivity_errors" | "invalid_targets" => {
                    fields.objects(reader, |failed: Failed| {
                        let server = failed.server_string.unwrap_or_default();
                        let problem = failed.error_message.unwrap_or_default();
                        messages.push(MessageLevel::Warn, format!("{server}: {problem}"));
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`server_scan_results` or `accepted_targets`",
                help: "run sslyze with --json_out=sslyze.json",
            });
        }
        scan.messages = messages.into_vec();
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "server_scan_results" | "accepted_targets" => {
                records.each(reader, |records, reader| records.map_group(reader, &(), map_server))
            }
            _ => Ok(()),
        })
    }
}

/// A server that could not be scanned.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failed {
    server_string: Option<String>,
    error_message: Option<String>,
}

/// What became of a server: since version 5 the results have those that could not be reached as well.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    server_location: Option<Host>,
    scan_status: Option<String>,
    connectivity_error_trace: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Host {
    hostname: Option<String>,
}

impl Status {
    /// What kept the server from being scanned.
    fn problem(self) -> Option<String> {
        self.scan_status.filter(|status| status.starts_with("ERROR"))?;
        let host = self.server_location.and_then(|place| place.hostname).unwrap_or_default();
        let trace = self.connectivity_error_trace.unwrap_or_default();
        let last = trace.trim().lines().last().unwrap_or("it could not be reached");
        Some(format!("{host}: {last}"))
    }
}

/// `ServerScanResult`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Server<'a> {
    #[serde(borrow, alias = "server_info")]
    server_location: Option<Place<'a>>,
    /// By command: `heartbleed`, `ssl_3_0_cipher_suites`.
    #[serde(alias = "scan_commands_results", alias = "commands_results")]
    scan_result: Option<BTreeMap<String, Option<Facts<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    hostname: Option<Loose<'a>>,
    ip_address: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    port: Option<u32>,
    /// Versions 3 and 4 have the location in the server's facts.
    server_location: Option<Box<Self>>,
}

/// What a command found out, of all commands; later versions put it into `result`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Facts<'a> {
    #[serde(borrow)]
    result: Option<Box<Self>>,
    #[serde(alias = "accepted_cipher_list", deserialize_with = "json::list")]
    accepted_cipher_suites: Vec<Cipher<'a>>,
    is_vulnerable_to_heartbleed: Option<Loose<'a>>,
    is_vulnerable_to_ccs_injection: Option<Loose<'a>>,
    #[serde(alias = "robot_result_enum")]
    robot_result: Option<Loose<'a>>,
    supports_compression: Option<Loose<'a>>,
    compression_name: Option<Loose<'a>>,
    supports_fallback_scsv: Option<Loose<'a>>,
    supports_secure_renegotiation: Option<Loose<'a>>,
    #[serde(alias = "accepts_client_renegotiation")]
    is_vulnerable_to_client_renegotiation_dos: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    certificate_deployments: Vec<Deployment<'a>>,
    // Versions 1 and 2 know one deployment.
    leaf_certificate_subject_matches_hostname: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    path_validation_result_list: Vec<Validation<'a>>,
    #[serde(alias = "received_certificate_chain", deserialize_with = "json::list")]
    certificate_chain: Vec<Certificate<'a>>,
}

/// An accepted cipher, in old versions itself, later with the key that was agreed on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cipher<'a> {
    #[serde(borrow)]
    cipher_suite: Option<Box<Self>>,
    name: Option<Loose<'a>>,
    openssl_name: Option<Loose<'a>>,
    is_anonymous: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    key_size: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Deployment<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    received_certificate_chain: Vec<Certificate<'a>>,
    leaf_certificate_subject_matches_hostname: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    path_validation_results: Vec<Validation<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Validation<'a> {
    #[serde(borrow, alias = "is_certificate_trusted")]
    was_validation_successful: Option<Loose<'a>>,
    #[serde(alias = "verify_string", alias = "openssl_error_string")]
    validation_error: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Certificate<'a> {
    #[serde(borrow)]
    subject: Option<json::TextOr<'a, Name<'a>>>,
    signature_hash_algorithm: Option<Named<'a>>,
    public_key: Option<Key<'a>>,
    #[serde(alias = "notAfter")]
    not_valid_after: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Name<'a> {
    #[serde(borrow)]
    rfc4514_string: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Key<'a> {
    #[serde(borrow)]
    algorithm: Option<Loose<'a>>,
    #[serde(alias = "size", deserialize_with = "json::number")]
    key_size: Option<u32>,
}

fn map_server<'a>(server: &'a Server<'_>, _: &()) -> Vec<Outcome<'a>> {
    let place = server.server_location.as_ref();
    let place = place.map(|place| place.server_location.as_deref().unwrap_or(place));
    let host = place.and_then(|place| filled(&place.hostname).or(filled(&place.ip_address)));
    let port = place.and_then(|place| place.port).and_then(|port| u16::try_from(port).ok());
    let service = Service::new(host.unwrap_or("unknown host"), port, "tcp", None);
    let address = place.and_then(|place| filled(&place.ip_address)).filter(|ip| Some(*ip) != host);
    let commands = server.scan_result.iter().flatten();
    let facts = commands.filter_map(|(command, facts)| {
        let facts = facts.as_ref()?;
        Some((command.as_str(), facts.result.as_deref().unwrap_or(facts)))
    });
    facts
        .flat_map(|(command, facts)| checks(command, facts))
        .map(|check| map_check(check, service, address))
        .collect()
}

fn map_check<'a>(check: Check<'a>, service: Service<'a>, address: Option<&'a str>) -> Outcome<'a> {
    let last = ("ip_address", "IP address", address.unwrap_or_default());
    tls::outcome("sslyze_check", (check.kind, &check.place), check.flaw, &service, check.facts, last)
}
