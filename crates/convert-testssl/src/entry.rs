//! What testssl.sh says of a check, in whatever format.

use scanlift_convert_api::network::Service;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{Options, Outcome, SkipReason, cwe};
use scanlift_report_core::Severity;

/// An entry; every text may be empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry<'a> {
    pub(crate) id: &'a str,
    /// `a.example/192.0.2.1`, or one of them.
    pub(crate) host: &'a str,
    pub(crate) port: &'a str,
    pub(crate) severity: &'a str,
    pub(crate) finding: &'a str,
    pub(crate) cve: &'a str,
    pub(crate) cwe: &'a str,
    pub(crate) service: &'a str,
}

/// Whether an entry is a record.
pub(crate) fn is_record(severity: &str, options: &Options) -> bool {
    options.include_info || rating(severity).is_some() || severity == "WARN"
}

/// Whether an entry tells of a scan that failed.
pub(crate) fn is_failure(severity: &str) -> bool {
    matches!(severity, "FATAL" | "WARN")
}

fn rating(severity: &str) -> Option<Severity> {
    match severity {
        "LOW" => Some(Severity::Low),
        "MEDIUM" => Some(Severity::Medium),
        "HIGH" => Some(Severity::High),
        "CRITICAL" => Some(Severity::Critical),
        _ => None,
    }
}

impl<'a> Entry<'a> {
    pub(crate) fn into_outcome(self, options: &Options) -> Outcome<'a> {
        let severity = match rating(self.severity) {
            Some(severity) => severity,
            None if options.include_info && self.severity == "INFO" => Severity::Info,
            None => {
                let detail = format!("severity: {}", self.severity);
                return Outcome::skip(SkipReason::NotAFinding, detail, self.id);
            }
        };
        let mut weakness = Weakness::new("testssl_id", self.id);
        weakness.name = Some(self.name().into());
        weakness.say("", self.finding);
        weakness.severity = Some(severity);
        weakness.severity_word = Some(self.severity.into());
        weakness.advisories = self.cve.split_whitespace().map(Into::into).collect();
        weakness.cwes = cwe::all(self.cwe);
        let (host, address) = self.host.split_once('/').unwrap_or((self.host, ""));
        let service = match self.service {
            "" | "HTTP" if self.port == "443" => "https",
            "HTTP" => "https",
            other => other,
        };
        let host = if host.is_empty() { "unknown host" } else { host };
        let service = Service::new(host, self.port.parse().ok(), "tcp", Some(service));
        let Some(mut finding) = weakness.into_finding(service.location(self.id)) else {
            return Outcome::skip(SkipReason::Unsupported, "an entry without id", self.host);
        };
        let details = &mut finding.vulnerability.details;
        service.add_details(details);
        details.text("ip_address", "IP address", address.trim_matches('"'));
        Outcome::finding(finding)
    }

    /// The check and what it found: `SSLv3: offered`.
    fn name(&self) -> String {
        let finding: String = self.finding.chars().take(150).collect();
        match finding.trim() {
            "" => self.id.to_owned(),
            finding if finding.contains(self.id) => finding.to_owned(),
            finding => format!("{}: {finding}", self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_and_the_rest() {
        for (severity, record, finding) in [
            ("HIGH", true, true),
            ("WARN", true, false),
            ("OK", false, false),
            ("INFO", false, false),
            ("FATAL", false, false),
            ("DEBUG", false, false),
        ] {
            let options = Options::default();
            let entry =
                Entry { id: "SSLv3", host: "a.example/192.0.2.1", port: "443", severity, ..Entry::default() };
            assert_eq!(is_record(severity, &options), record, "{severity}");
            let is_finding = matches!(entry.into_outcome(&options), Outcome::Finding(_));
            assert_eq!(is_finding, finding, "{severity}");
        }
    }
}
