//! Lifts CSAF security advisories and VEX documents into GitLab security findings.
//!
//! How is written in `docs/mapping/csaf.md`; the model is that of `scanlift-vex`.
//! It leaves out: CVRF, the format before CSAF, and documents without vulnerabilities (informational
//! advisories, and what lies beside advisories where they are published), which tell of no finding.
//!
//! ```
//! use scanlift_convert_api::{Collector, Converter, Options};
//! use scanlift_convert_csaf::CONVERTER;
//!
//! let document = r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0"},
//!     "product_tree": {"full_product_names": [{"name": "lodash 4.17.20", "product_id": "P",
//!         "product_identification_helper": {"purl": "pkg:npm/lodash@4.17.20"}}]},
//!     "vulnerabilities": [{"cve": "CVE-2021-23337", "product_status": {"known_affected": ["P"]}}]}"#;
//! let mut sink = Collector::default();
//! CONVERTER.convert(&document, &Options::default(), &mut sink)?;
//! assert_eq!(sink.findings[0]["location"]["dependency"]["package"]["name"], "lodash");
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod details;
mod map;
mod metadata;
mod text;

use map::{Scope, map_vulnerability};
use scanlift_convert_api::json::{Reader, Records, filled};
use scanlift_convert_api::package::manifest_or_option;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink, Warning,
};
use scanlift_report_core::Kind;
use scanlift_vex::csaf::{self, Vulnerability};

/// Reads CSAF documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Csaf;

/// The converter.
pub static CONVERTER: Csaf = Csaf;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "csaf",
    name: "CSAF",
    summary: "CSAF advisories and VEX: what is affected or under investigation; to rule out findings of other inputs use --vex",
    versions: "2.0 and 2.1",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html",
};

impl Converter for Csaf {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if metadata::of(head).is_some() { Match::Yes } else { csaf::sniff(head) }
    }

    /// Twice through the document: vulnerabilities name products by ids that may be told behind them.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let open = || input.open().map(Reader::new).map_err(ConvertError::Read);
        let outline = csaf::outline(&mut open()?);
        if matches!(outline, Err(ConvertError::Unrecognised { .. }))
            && let Some(what) = metadata::of_input(input)?
        {
            let scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
            sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
            let text =
                format!("this is {what} of CSAF documents, and none of them: it holds no vulnerabilities");
            sink.warn(Warning::note(text));
            return Ok(());
        }
        let (head, tree, warnings) = outline?;
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.format_version = head.csaf_version.as_deref().map(Into::into);
        let date = head.current_release_date.as_deref().or(head.initial_release_date.as_deref());
        scan.start_time = date.map(Into::into);
        scan.end_time = date.map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        warnings.into_iter().for_each(|warning| sink.warn(warning));

        let file = filled(&options.path).or(input.name()).unwrap_or("unknown");
        let scope = Scope::new(&head, &tree, file, options);
        let mut records = Records::new(sink);
        open()?.each_key(|key, reader| match key {
            "vulnerabilities" => records.each(reader, |records, reader| {
                records.map_each(reader, &scope, |vulnerability: &Vulnerability<'_>, scope, spend| {
                    map_vulnerability(vulnerability, scope, spend)
                })
            }),
            _ => Ok(()),
        })?;
        if scope.names_file() {
            manifest_or_option(None, None, options, input, records.sink());
        }
        Ok(())
    }
}
