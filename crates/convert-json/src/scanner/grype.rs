//! Grype's JSON (`grype/presenter/models`, `Document`): matches of packages with vulnerabilities.

mod map;
mod model;
mod source;

use map::{map_ignored, map_match};
use scanlift_convert_api::json::{Head, Reader, Records};
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;
use source::{Outline, Scope};

/// Reads the reports of Grype.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grype;

/// The converter.
pub static CONVERTER: Grype = Grype;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "grype",
    name: "Grype",
    summary: "Grype's JSON reports (`grype -o json`) of images, directories, files and SBOMs",
    versions: "0.1 and later",
    kinds: &[Kind::ContainerScanning, Kind::DependencyScanning],
    url: "https://github.com/anchore/grype",
};

/// What Grype calls itself in `descriptor.name`.
const OURS: &str = "grype";

impl Converter for Grype {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let of_list =
            |list: &str| head.path_has(&[list, "vulnerability"]) || head.path_has(&[list, "artifact"]);
        let of_matches = of_list("matches")
            || of_list("ignoredMatches")
            || (head.has("matches") && head.has("source") && head.has("distro"));
        let named = head.path_text(&["descriptor", "name"]).map(|name| name == OURS);
        // Xeol tells the end of a release in a document of the same form.
        let is_other = named == Some(false) || head.path_has(&["matches", "Cycle"]);
        if !is_other && (of_matches || named == Some(true)) { Match::Yes } else { Match::No }
    }

    /// The document is read twice: what was scanned stands behind the matches.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(&mut Reader::new(input.open().map_err(ConvertError::Read)?))?;
        sink.begin_scan(scan_info(&outline)).map_err(ConvertError::Deliver)?;
        outline.warnings().for_each(|warning| sink.warn(warning));
        let scope = Scope::new(&outline, options, input, sink);

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        reader.each_key(|key, reader| match key {
            "matches" => records.each_apart(reader, |records, reader| records.map(reader, &scope, map_match)),
            "ignoredMatches" => {
                records.each_apart(reader, |records, reader| records.map(reader, &(), map_ignored))
            }
            _ => Ok(()),
        })?;
        if let Some(warning) = scope.warning() {
            sink.warn(warning);
        }
        Ok(())
    }
}

fn scan_info(outline: &Outline) -> ScanInfo<'_> {
    let mut scan = ScanInfo::new("Grype", outline.kind());
    let known = outline.version.as_deref().filter(|version| !version.starts_with('['));
    scan.version = known.map(Into::into);
    scan.vendor = Some("Anchore".into());
    scan.url = Some(DESCRIPTOR.url.into());
    scan.start_time = outline.timestamp.as_deref().map(Into::into);
    scan.end_time = outline.timestamp.as_deref().map(Into::into);
    scan.roots = outline.root().map(Into::into).into_iter().collect();
    scan
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn reports_of_other_tools_are_none() {
        let document = |found: &str, name: &str| {
            format!(
                r#"{{"matches": [{{{found}, "artifact": {{"name": "a", "version": "1"}}}}],
                "source": {{"type": "image"}}, "distro": {{}}, "descriptor": {{{name}}}}}"#
            )
        };
        let vulnerability = r#""vulnerability": {"id": "CVE-2099-1000"}"#;
        let cycle = r#""Cycle": {"ProductName": ".NET", "Eol": "2024-11-12"}"#;
        for (found, name, sniffed, is_read) in [
            (vulnerability, r#""name": "grype""#, Match::Yes, true),
            (vulnerability, r#""version": "0.1""#, Match::Yes, true),
            (vulnerability, r#""name": "xeol""#, Match::No, false),
            (cycle, r#""name": "xeol""#, Match::No, false),
            (cycle, "", Match::No, true),
        ] {
            let document = document(found, name);
            assert_eq!(CONVERTER.sniff(document.as_bytes()), sniffed, "{document}");
            let done = CONVERTER.convert(&document.as_str(), &Options::default(), &mut Collector::default());
            match done {
                Ok(()) => assert!(is_read, "{document}"),
                Err(error) => {
                    assert!(!is_read && matches!(error, ConvertError::Unrecognised { .. }), "{document}");
                }
            }
        }
    }
}
