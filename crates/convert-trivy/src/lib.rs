//! Lifts Trivy's JSON reports into GitLab security findings.
//!
//! It reads what `trivy image`, `fs`, `repo`, `rootfs`, `vm`, `sbom`, `config` and `k8s` write with
//! `--format json`: schema 2, the list of results before it, results by control (`--compliance`), and
//! `null`, in which old versions say that there is nothing.
//! Vulnerabilities become findings of container, cluster image and dependency scanning,
//! misconfigurations of SAST, secrets of secret detection; how is written in `docs/mapping/trivy.md`.
//!
//! It leaves out: Trivy's other formats (SARIF, CycloneDX, SPDX and the resources of trivy-operator
//! are formats of their own), packages without vulnerabilities, and licences, for which GitLab has no report.
//!
//! ```
//! use scanlift_convert_api::{Collector, Converter, Options};
//! use scanlift_convert_trivy::CONVERTER;
//!
//! let report = r#"{"SchemaVersion": 2, "ArtifactName": "app", "ArtifactType": "container_image",
//!     "Results": [{"Target": "app (debian 12)", "Class": "os-pkgs", "Vulnerabilities": [
//!         {"VulnerabilityID": "CVE-2020-0001", "PkgName": "bash", "InstalledVersion": "5.0"}]}]}"#;
//! let mut sink = Collector::default();
//! CONVERTER.convert(&report, &Options::default(), &mut sink)?;
//! assert_eq!(sink.findings[0]["location"]["image"], "app:latest");
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod fields;
mod map;
mod model;
mod outline;
mod packages;
mod place;
mod walk;

use outline::{Layout, Outline, RESOURCES};
use scanlift_convert_api::json::{Head, Kind as JsonKind, Reader};
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;
use walk::Walk;

/// Reads Trivy's JSON reports.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trivy;

/// The converter.
pub static CONVERTER: Trivy = Trivy;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "trivy",
    name: "Trivy",
    summary: "Trivy's JSON reports of images, file systems, repositories, machines, SBOMs and clusters",
    versions: "schema 1 and 2",
    kinds: &[
        Kind::ContainerScanning,
        Kind::DependencyScanning,
        Kind::ClusterImageScanning,
        Kind::Sast,
        Kind::SecretDetection,
    ],
    url: "https://trivy.dev/latest/docs/configuration/reporting/#json",
};

impl Converter for Trivy {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let outline = Head::of(head);
        match outline.kind() {
            Some(JsonKind::Object) => sniff_object(&outline),
            Some(JsonKind::Array) => sniff_list(&outline),
            Some(JsonKind::Null) if head.trim_ascii() == b"null" => Match::Maybe,
            _ => Match::No,
        }
    }

    /// The document is read twice: once for what it says of itself, which may stand behind the
    /// results, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut outline = Outline::read(&mut reader)?;
        drop(reader);
        sink.begin_scan(scan_info(&outline)).map_err(ConvertError::Deliver)?;
        for warning in std::mem::take(&mut outline.fields.warnings) {
            sink.warn(warning);
        }
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        Walk::new(&outline, options, sink).document(&mut reader)
    }
}

fn scan_info(outline: &Outline) -> ScanInfo<'_> {
    let mut scan = ScanInfo::new("Trivy", outline.kind());
    scan.version = outline.trivy_version.as_deref().map(Into::into);
    scan.vendor = Some("Aqua Security".into());
    scan.url = Some("https://trivy.dev".into());
    scan.start_time = outline.created_at.as_deref().map(Into::into);
    scan.end_time = scan.start_time.clone();
    scan.format_version = match outline.layout {
        Layout::List => Some("1".into()),
        _ => outline.schema_version.as_deref().map(Into::into),
    };
    scan
}

fn sniff_object(head: &Head<'_>) -> Match {
    // The last is of ASFF, which has a `SchemaVersion` as well.
    if ["apiVersion", "$schema", "bomFormat", "spdxVersion", "runs", "ProductArn"]
        .iter()
        .any(|key| head.has(key))
    {
        return Match::No;
    }
    let beside_schema =
        ["ArtifactName", "ArtifactType", "Results", "Trivy", "Metadata", "CreatedAt", "ReportID"];
    let report = head.has("SchemaVersion") && beside_schema.iter().any(|key| head.has(key));
    let artifact = head.has("ArtifactName") && head.has("ArtifactType");
    let cluster = head.has("ClusterName") && RESOURCES.iter().any(|key| head.has(key));
    let beside_target = ["Class", "Type", "Vulnerabilities", "Misconfigurations", "Secrets", "Licenses"];
    let results = head.path_has(&["Results", "Target"])
        && beside_target.iter().any(|key| head.path_has(&["Results", key]));
    let resources = RESOURCES
        .iter()
        .any(|list| head.path_has(&[list, "Kind"]) && head.path_has(&[list, "Results", "Target"]));
    let compliance =
        (head.has("RelatedResources") && head.path_has(&["Results", "ID"])) || head.has("SummaryControls");
    match () {
        () if report || artifact || cluster || results || resources || compliance => Match::Yes,
        () if head.has("SchemaVersion") => Match::Maybe,
        () => Match::No,
    }
}

fn sniff_list(head: &Head<'_>) -> Match {
    let beside_target = ["Vulnerabilities", "Misconfigurations", "Type", "Class"];
    if head.text("Target").is_some() && beside_target.iter().any(|key| head.has(key)) {
        Match::Yes
    } else {
        Match::No
    }
}
