//! `govulncheck -json`: the streamed messages of protocol 0.1 and 1.0, and the one object of older
//! versions.
//!
//! A record is a vulnerability that a finding names, however many findings do (`messages.rs`); in the
//! old layout it is an entry of `Vulns` (`old.rs`), and of version 0.1 a module of one (`modules.rs`).
//! Go's database has no severities, so how far the program reaches a vulnerability decides, as in the
//! SARIF that govulncheck writes itself: `error` for code that is called, `warning` for a package
//! that is imported, `note` for a module that is required.

mod messages;
mod modules;
mod old;
mod osv;

use crate::audit::NOT_MENDED;
use messages::Outline;
use scanlift_convert_api::json::{Head, Reader};
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::{Kind, Severity};

/// Reads the reports of govulncheck.
#[derive(Clone, Copy, Debug, Default)]
pub struct Govulncheck;

/// The converter.
pub static CONVERTER: Govulncheck = Govulncheck;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "govulncheck",
    name: "govulncheck",
    summary: "JSON reports of govulncheck",
    versions: "protocol 0.1 and 1; the object before it",
    kinds: &[Kind::DependencyScanning],
    url: "https://pkg.go.dev/golang.org/x/vuln/cmd/govulncheck",
};

impl Converter for Govulncheck {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let is = |keys: &[&str]| head.path_has(keys);
        let config = is(&["config", "protocol_version"]) || is(&["config", "scanner_name"]);
        let finding = is(&["finding", "osv"]) && is(&["finding", "trace"]);
        let osv = is(&["osv", "id"]) && (is(&["osv", "modified"]) || is(&["osv", "affected"]));
        let vulnerability = is(&["vulnerability", "osv"]) && is(&["vulnerability", "modules"]);
        let modules = is(&["SBOM", "modules"]) || is(&["SBOM", "go_version"]);
        let message = head
            .keys()
            .all(|key| matches!(key, "config" | "progress" | "SBOM" | "osv" | "finding" | "vulnerability"))
            && (config || finding || osv || modules || vulnerability);
        let calls = is(&["Calls", "Functions"]) || is(&["Calls", "Entries"]);
        let vulns = is(&["Vulns", "OSV"]) && (is(&["Vulns", "ModPath"]) || is(&["Vulns", "Modules"]));
        if message || calls || vulns {
            Match::Yes
        } else if head.keys().eq(["Vulns"]) {
            Match::Maybe
        } else {
            Match::No
        }
    }

    /// The document is read twice: once for what findings say of each vulnerability, and once for
    /// the vulnerabilities, which stand before their findings.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let outline = Outline::read(&mut reader)?;
        drop(reader);
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        if outline.is_old {
            return old::convert(input, options, sink, scan);
        }
        outline.check()?;
        scan.version = outline.config.scanner_version.as_deref().map(Into::into);
        scan.format_version = outline.config.protocol_version.as_deref().map(Into::into);
        scan.options = outline.config.options();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.convert(input, options, sink)
    }
}

/// The only file that names every module.
const MANIFEST: &str = "go.mod";

/// How far the program reaches a vulnerability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// The module is required, and its vulnerable package not imported.
    #[default]
    Module,
    /// The package is imported, and its vulnerable function not called.
    Package,
    /// The function is called.
    Symbol,
}

impl Level {
    fn severity(self) -> Severity {
        match self {
            Self::Module => Severity::Low,
            Self::Package => Severity::Medium,
            Self::Symbol => Severity::High,
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::Module => "the module is required, no vulnerable package of it is imported",
            Self::Package => "a vulnerable package is imported, no vulnerable function of it is called",
            Self::Symbol => "a vulnerable function is called",
        }
    }
}

/// What to do: a fix of the standard library comes with Go itself.
fn solution(module: &str, fixed: &[&str]) -> Option<String> {
    let is_go = matches!(module, "stdlib" | "toolchain" | "std");
    match (fixed, is_go) {
        ([], _) => Some(NOT_MENDED.to_owned()),
        ([version], true) => {
            Some(format!("Upgrade Go to {} or later", version.trim_start_matches(['v', 'g', 'o'])))
        }
        ([first @ .., last], true) => Some(format!("Upgrade Go to {} or {last}", first.join(", "))),
        (_, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_is_mended_by_go() {
        for (module, fixed, want) in [
            ("stdlib", vec!["v1.19.4"], Some("Upgrade Go to 1.19.4 or later")),
            ("toolchain", vec!["go1.21.1"], Some("Upgrade Go to 1.21.1 or later")),
            ("stdlib", vec!["1.18.9", "1.19.4"], Some("Upgrade Go to 1.18.9 or 1.19.4")),
            ("example.com/a", vec!["v1.2.3"], None),
            ("example.com/a", vec![], Some(NOT_MENDED)),
        ] {
            assert_eq!(solution(module, &fixed).as_deref(), want);
        }
    }

    #[test]
    fn what_is_called_weighs_most() {
        assert!(Level::Symbol > Level::Package && Level::Package > Level::Module);
        let severities = [Level::Symbol, Level::Package, Level::Module].map(Level::severity);
        assert_eq!(severities, [Severity::High, Severity::Medium, Severity::Low]);
    }

    #[test]
    fn messages_are_told_from_other_formats() {
        for (head, want) in [
            (r#"{"config": {"protocol_version": "v1.0.0", "scanner_na"#, Match::Yes),
            (r#"[{"config": {"protocol_version": "v1.0.0"}}, {"progress": {}}]"#, Match::Yes),
            (r#"{"SBOM": {"go_version": "go1.23", "modules": []}}"#, Match::Yes),
            (r#"{"osv": {"id": "GO-2021-1", "modified": ""}}"#, Match::Yes),
            (r#"{"finding": {"osv": "GO-2021-1", "trace": []}}"#, Match::Yes),
            (r#"{"Calls": {"Functions": {"1": {"#, Match::Yes),
            (r#"{"Vulns": [{"OSV": {}, "ModPath": "a"}]}"#, Match::Yes),
            (r#"{"Vulns": [{"OSV": {}, "Modules": []}]}"#, Match::Yes),
            (r#"{"Vulns": null}"#, Match::Maybe),
            (r#"{"vulnerability": {"osv": {}, "modules": []}}"#, Match::Yes),
            // OSV-Scanner's, and a report of any tool with a `config`.
            (r#"{"results": [{"packages": []}]}"#, Match::No),
            (r#"{"config": {"a": 1}, "results": []}"#, Match::No),
            ("[]", Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
