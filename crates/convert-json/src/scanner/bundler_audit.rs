//! `bundle-audit check --format json`.

use crate::audit::NOT_MENDED;
use crate::audit::requirement::mended;
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{
    Description, Identifier, Kind, Location, Name, Severity, Solution, SourceLocation, Vulnerability,
};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the reports of bundler-audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct BundlerAudit;

/// The converter.
pub static CONVERTER: BundlerAudit = BundlerAudit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "bundler-audit",
    name: "bundler-audit",
    summary: "JSON reports of bundler-audit",
    versions: "0.8 and later",
    kinds: &[Kind::DependencyScanning, Kind::Sast],
    url: "https://github.com/rubysec/bundler-audit",
};

impl Converter for BundlerAudit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let kind = head.path_text(&["results", "type"]);
        let known = matches!(kind.as_deref(), Some("unpatched_gem" | "insecure_source"));
        if known || head.keys().eq(["version", "created_at", "results"]) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut fields = Fields::default();
        let (mut version, mut created_at, mut is_report) = (None, None, false);
        reader.each_key(|key, reader| {
            match key {
                "version" => version = fields.text(reader)?,
                "created_at" => created_at = fields.text(reader)?,
                "results" => is_report = fields.is(JsonKind::Array, reader)?,
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        reader.finish()?;
        drop(reader);
        if !is_report {
            return Err(ConvertError::Unrecognised {
                expected: "`results`, as bundler-audit writes them",
                help: "give what bundle-audit check --format json wrote",
            });
        }

        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.vendor = Some("RubySec".into());
        scan.url = Some(DESCRIPTOR.url.into());
        scan.version = version.map(Into::into);
        scan.start_time = created_at.map(Into::into);
        scan.end_time = scan.start_time.clone();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let manifest = manifest_or_option(None, Some("Gemfile.lock"), options, input, sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        reader.each_key(|key, reader| match key {
            "results" => records.each(reader, |records, reader| records.map(reader, &*manifest, map_result)),
            _ => Ok(()),
        })?;
        Ok(reader.finish()?)
    }
}

/// An entry of `results` (`Results::UnpatchedGem`, `Results::InsecureSource`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Loose<'a>>,
    source: Option<Loose<'a>>,
    gem: Option<Gem<'a>>,
    advisory: Option<Known<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Gem<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
}

/// An `Advisory` of ruby-advisory-db.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Known<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    date: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cvss_v2: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    cvss_v3: Option<f64>,
    /// Without `CVE-`.
    cve: Option<Loose<'a>>,
    osvdb: Option<Loose<'a>>,
    /// Without `GHSA-`.
    ghsa: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    unaffected_versions: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    patched_versions: Vec<Loose<'a>>,
    criticality: Option<Loose<'a>>,
}

fn map_result<'a>(found: &'a Found<'_>, manifest: &'a str) -> Outcome<'a> {
    match (&found.advisory, filled(&found.source)) {
        (Some(advisory), _) => map_advisory(advisory, found, manifest),
        (None, Some(source)) => insecure_source(&without_user(source), manifest),
        (None, None) => {
            let kind = filled(&found.kind).unwrap_or("no type");
            Outcome::skip(SkipReason::Unsupported, "a result without advisory or source", kind)
        }
    }
}

fn map_advisory<'a>(advisory: &'a Known<'_>, found: &'a Found<'_>, manifest: &'a str) -> Outcome<'a> {
    let gem = found.gem.as_ref();
    let name = gem.and_then(|gem| filled(&gem.name)).unwrap_or_default();
    let mut about = Advisory::new("ruby_advisory_id", filled(&advisory.id).unwrap_or_default());
    let numbers = [("CVE-", &advisory.cve), ("GHSA-", &advisory.ghsa), ("OSVDB-", &advisory.osvdb)];
    about.aliases = numbers
        .into_iter()
        .filter_map(|(prefix, number)| Some(with_prefix(prefix, filled(number)?)))
        .map(Cow::Owned)
        .collect();
    about.url = filled(&advisory.url).map(Cow::Borrowed);
    about.title = filled(&advisory.title).map(Cow::Borrowed);
    about.description = filled(&advisory.description).map(Cow::Borrowed);
    about.severity = filled(&advisory.criticality).map(Cow::Borrowed);
    let scores = [("CVSS 3", advisory.cvss_v3), ("CVSS 2", advisory.cvss_v2)];
    about.ratings = scores.map(|(version, score)| Rating::new(version, None, score)).to_vec();
    about.published = filled(&advisory.date).map(Cow::Borrowed);
    let patched = || advisory.patched_versions.iter().map(|requirement| requirement.trim());
    let mut package = Package::new(name, gem.and_then(|gem| filled(&gem.version)).unwrap_or_default());
    package.kind = Some("gem".into());
    package.fixed = mended(patched());
    if patched().next().is_none() {
        about.solution = Some(NOT_MENDED.into());
    } else if package.fixed.is_empty() {
        about.solution =
            Some(format!("Upgrade {name} to {}", patched().collect::<Vec<_>>().join(" or ")).into());
    }
    let place = Place::Manifest(manifest.into());
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an advisory without an id or a gem", name);
    };
    let details = &mut finding.vulnerability.details;
    let unaffected = advisory.unaffected_versions.iter().map(|version| version.trim()).collect::<Vec<_>>();
    details.text("unaffected_versions", "Unaffected versions", unaffected.join(", "));
    Outcome::finding(finding)
}

fn with_prefix(prefix: &str, number: &str) -> String {
    if number.to_ascii_uppercase().starts_with(prefix) {
        number.to_owned()
    } else {
        format!("{prefix}{number}")
    }
}

/// CWE-319: Cleartext Transmission of Sensitive Information; CWE-494: Download of Code Without
/// Integrity Check.
const CLEARTEXT: [u32; 2] = [494, 319];

/// A source of gems that anybody on the way can change: it is about a line of the lock file, and no
/// package, which is why it is a finding of SAST.
fn insecure_source<'a>(source: &str, manifest: &'a str) -> Outcome<'a> {
    let value = format!("insecure_source:{source}");
    let rule = Identifier::new("bundler_audit_rule_id", "Insecure source", value);
    let Some(rule) = rule else {
        return Outcome::skip(SkipReason::Unsupported, "a source without an address", "");
    };
    let mut vulnerability = Vulnerability::new(rule, Location::Sast(SourceLocation::file(manifest)));
    vulnerability.identifiers.extend(CLEARTEXT.map(Identifier::cwe));
    vulnerability.name = Name::new(format!("Gems come from the insecure source {source}"));
    vulnerability.description = Description::new(format!(
        "The source `{source}` is not encrypted: whoever is between can replace gems by others."
    ));
    vulnerability.solution = Solution::new("Name the source by an https:// address");
    vulnerability.details.text("source", "Source", source.to_owned());
    let mut finding = Finding::new(vulnerability);
    // bundler-audit has no word for it: it takes somebody between, who can then do everything.
    finding.severity.level = Some(Severity::Medium);
    Outcome::finding(finding)
}

/// An address without the name and password that Bundler finds in it; they must not be part of an identity.
fn without_user(source: &str) -> Cow<'_, str> {
    match source.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            match authority.rsplit_once('@') {
                Some((_, host)) => Cow::Owned(format!("{scheme}://{host}{path}")),
                None => Cow::Borrowed(source),
            }
        }
        None => Cow::Borrowed(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_ids() {
        for (prefix, number, want) in [
            ("CVE-", "2020-8164", "CVE-2020-8164"),
            ("CVE-", "CVE-2020-8164", "CVE-2020-8164"),
            ("GHSA-", "ghsa-8727-m6gj-mc37", "ghsa-8727-m6gj-mc37"),
            ("OSVDB-", "95668", "OSVDB-95668"),
        ] {
            assert_eq!(with_prefix(prefix, number), want);
        }
    }

    #[test]
    fn sources_lose_their_passwords() {
        for (source, want) in [
            ("http://ada:NOTREAL@gems.example.com/a@b", "http://gems.example.com/a@b"),
            ("http://gems.example.com", "http://gems.example.com"),
            ("git@git.example.com:acme/pack.git", "git@git.example.com:acme/pack.git"),
        ] {
            assert_eq!(without_user(source), want);
        }
    }
}
