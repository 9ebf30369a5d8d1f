//! OSV-Scanner's JSON (`pkg/models`, `VulnerabilityResults`): packages with the entries of osv.dev.

mod map;
mod model;
mod outline;
mod place;

use map::map_vulnerability;
use outline::Outline;
use place::Scope;
use scanlift_convert_api::json::{Head, Kind as JsonKind, Reader, Records};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Record, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::Kind;
use std::io::Read;

/// Reads the reports of OSV-Scanner.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsvScanner;

/// The converter.
pub static CONVERTER: OsvScanner = OsvScanner;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "osv-scanner",
    name: "OSV-Scanner",
    summary: "OSV-Scanner's JSON reports (`--format json`) of lock files, directories, SBOMs and images",
    versions: "1 and 2",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://google.github.io/osv-scanner/",
};

impl Converter for OsvScanner {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        // What version 1.0 writes when there is nothing.
        if head
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .eq(br#"{"results":[]}"#.iter().copied())
        {
            return Match::Maybe;
        }
        let head = Head::of(head);
        let of_result = |key: &str| head.path_has(&["results", key]);
        let of_source = |key: &str| head.path_has(&["results", "source", key]);
        let of_packages = of_result("packages")
            && (of_result("source") || head.path_has(&["results", "packages", "package"]));
        let is_own = of_packages
            || (of_source("path") && of_source("type"))
            || (head.has("results") && head.has("experimental_config"));
        if is_own { Match::Yes } else { Match::No }
    }

    /// The document is read twice: which ids are the same vulnerability, and what is known of the
    /// image, stands behind the vulnerabilities.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(&mut Reader::new(input.open().map_err(ConvertError::Read)?))?;
        sink.begin_scan(scan_info(&outline)).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let scope = Scope::new(&outline, options, sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut walk = Walk { scope: &scope, records: Records::new(sink), result: 0, package: 0 };
        reader.each_key(|key, reader| match key {
            "results" => walk.results(reader),
            _ => Ok(()),
        })
    }
}

fn scan_info(outline: &Outline) -> ScanInfo<'static> {
    let mut scan = ScanInfo::new("OSV-Scanner", outline.kind());
    scan.vendor = Some("Google".into());
    scan.url = Some(DESCRIPTOR.url.into());
    scan
}

/// The second pass. Results and packages are known by their number in the document.
struct Walk<'s, 'c> {
    scope: &'s Scope<'c>,
    records: Records<'s>,
    result: usize,
    package: u64,
}

impl Walk<'_, '_> {
    fn results<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? != JsonKind::Array {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            if reader.peek()? == JsonKind::Object {
                reader.each_key(|key, reader| match key {
                    "packages" if reader.peek()? == JsonKind::Array => {
                        reader.each_item(|_, reader| self.package(reader))
                    }
                    _ => Ok(()),
                })?;
            }
            self.result += 1;
            Ok(())
        })
    }

    fn package<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let number = self.package;
        self.package += 1;
        if reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        let scope = self.scope.of_package(self.result, number);
        reader.each_key(|key, reader| match key {
            "vulnerabilities" => {
                self.records.each(reader, |records, reader| records.map(reader, &scope, map_vulnerability))
            }
            "license_violations" if reader.peek()? == JsonKind::Array => reader.each_item(|_, reader| {
                let licence: Option<String> = reader.parse().unwrap_or_default();
                let example = format!("{} of {}", licence.unwrap_or_default(), scope.name());
                let detail = "licence violation: GitLab reads licences from SBOMs";
                Record::begin(self.records.sink()).skip(SkipReason::Unsupported, detail, &example);
                Ok::<_, ConvertError>(())
            }),
            _ => Ok(()),
        })
    }
}
