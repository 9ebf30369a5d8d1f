//! Custom resources of Trivy's operator (`aquasecurity.github.io/v1alpha1`), and of Starboard before
//! it: as `kubectl get vulnerabilityreports -o json` gives them, alone, in a `List`, in a list, one
//! after the other, or by the names of their kinds.

mod map;
mod model;

use map::map_resource;
use scanlift_convert_api::json::{Fields, Head, Kind as JsonKind, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink, Warning,
};
use scanlift_report_core::Kind;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;

/// Reads custom resources of Trivy's operator.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrivyOperator;

/// The converter.
pub static CONVERTER: TrivyOperator = TrivyOperator;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "trivy-operator",
    name: "Trivy Operator",
    summary: "custom resources of Trivy's operator: vulnerabilities, secrets and checks of a Kubernetes cluster",
    versions: "v1alpha1",
    kinds: &[Kind::ClusterImageScanning, Kind::Sast, Kind::SecretDetection],
    url: "https://aquasecurity.github.io/trivy-operator/latest/docs/crds/",
};

/// What the operator's API group and the keys of its kinds end in.
const GROUP: &str = "aquasecurity.github.io";

impl Converter for TrivyOperator {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let versions = [head.path_text(&["apiVersion"]), head.path_text(&["items", "apiVersion"])];
        let resource = versions.iter().flatten().any(|version| version.starts_with(GROUP));
        let by_kind = head.keys().any(is_of_group);
        if resource || by_kind { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for its shape and the scanner, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(&mut Reader::new(input.open().map_err(ConvertError::Read)?))?;
        sink.begin_scan(outline.scan()).map_err(ConvertError::Deliver)?;
        for kind in outline.kinds.iter().filter(|kind| !map::is_read(kind)) {
            sink.warn(Warning::note(format!(
                "resources of kind {kind} are not read: they hold no findings of their own, or none that GitLab has a report for"
            )));
        }
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        let mut number = 0;
        while reader.next_document()? {
            let lists = outline.lists.contains(&number);
            number += 1;
            each_resource(&mut reader, lists, &mut |reader| {
                records.map_group(reader, options, map_resource)
            })?;
        }
        Ok(())
    }
}

/// Visits the resources of a document; `lists` says whether an object has lists of them and is none
/// itself.
fn each_resource<R: Read>(
    reader: &mut Reader<R>,
    lists: bool,
    visit: &mut dyn FnMut(&mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    match reader.peek()? {
        JsonKind::Array => reader.each_item(|_, reader| visit(reader)),
        JsonKind::Object if lists => reader.each_key(|key, reader| match (key, reader.peek()?) {
            ("items", JsonKind::Array) => reader.each_item(|_, reader| visit(reader)),
            (key, JsonKind::Array) if is_of_group(key) => reader.each_item(|_, reader| visit(reader)),
            // `{"vulnerabilityreports.aquasecurity.github.io": {"kind": "List", "items": […]}}`
            (key, JsonKind::Object) if is_of_group(key) => {
                reader.each_key(|key, reader| match (key, reader.peek()?) {
                    ("items", JsonKind::Array) => reader.each_item(|_, reader| visit(reader)),
                    _ => Ok(()),
                })
            }
            _ => Ok(()),
        }),
        _ => visit(reader),
    }
}

/// `vulnerabilityreports.aquasecurity.github.io`.
fn is_of_group(key: &str) -> bool {
    key.strip_suffix(GROUP).is_some_and(|kind| kind.ends_with("reports."))
}

/// What a first pass finds out.
#[derive(Debug, Default)]
struct Outline {
    /// The numbers of the documents that have lists of resources.
    lists: BTreeSet<u64>,
    /// The kinds of resources.
    kinds: BTreeSet<String>,
    /// What the first resource says of it.
    scanner: Option<Scanner>,
    updated: Option<String>,
    resources: u64,
    /// Whether one of them is the operator's.
    known: bool,
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scanner {
    name: Option<String>,
    vendor: Option<String>,
    version: Option<String>,
}

impl Outline {
    fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        let mut number = 0;
        while reader.next_document()? {
            match reader.peek()? {
                JsonKind::Array => reader.each_item(|_, reader| outline.resource(reader).map(drop))?,
                JsonKind::Object => {
                    if outline.resource(reader)? {
                        outline.lists.insert(number);
                    }
                }
                _ => return Err(unrecognised()),
            }
            number += 1;
        }
        // An empty list has no resources that could tell.
        let empty = outline.resources == 0 && number > 0;
        if outline.known || empty { Ok(outline) } else { Err(unrecognised()) }
    }

    /// Looks at an object; gives whether it has lists of resources.
    fn resource<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<bool, ConvertError> {
        if reader.peek()? != JsonKind::Object {
            return Ok(false);
        }
        let mut lists = false;
        let mut kind = None;
        reader.each_key(|key, reader| {
            match (key, reader.peek()?) {
                ("kind", _) => kind = self.fields.text(reader)?,
                ("apiVersion", _) => {
                    self.known |= self.fields.text(reader)?.is_some_and(|version| version.starts_with(GROUP));
                }
                ("report", JsonKind::Object) => self.report(reader)?,
                ("items", JsonKind::Array) => {
                    lists = true;
                    reader.each_item(|_, reader| self.resource(reader).map(drop))?;
                }
                (key, JsonKind::Array) if is_of_group(key) => {
                    lists = true;
                    reader.each_item(|_, reader| self.resource(reader).map(drop))?;
                }
                (key, JsonKind::Object) if is_of_group(key) => {
                    lists = true;
                    self.resource(reader)?;
                }
                _ => {}
            }
            Ok::<_, ConvertError>(())
        })?;
        if !lists {
            self.resources += 1;
            self.kinds.extend(kind);
        }
        Ok(lists)
    }

    fn report<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        reader.each_key(|key, reader| {
            match key {
                "scanner" if self.scanner.is_none() => self.scanner = self.fields.object(reader)?,
                "updateTimestamp" if self.updated.is_none() => self.updated = self.fields.text(reader)?,
                _ => {}
            }
            Ok(())
        })
    }

    fn scan(&self) -> ScanInfo<'_> {
        let all = |end: &str| !self.kinds.is_empty() && self.kinds.iter().all(|kind| kind.ends_with(end));
        let kind = match () {
            () if all("ExposedSecretReport") => Kind::SecretDetection,
            () if all("AuditReport") || all("AssessmentReport") => Kind::Sast,
            () => Kind::ClusterImageScanning,
        };
        let scanner = self.scanner.as_ref();
        let name = scanner.and_then(|scanner| filled(&scanner.name)).unwrap_or("Trivy");
        let mut scan = ScanInfo::new(name, kind);
        scan.vendor = scanner.and_then(|scanner| filled(&scanner.vendor)).map(Cow::Borrowed);
        scan.version = scanner.and_then(|scanner| filled(&scanner.version)).map(Cow::Borrowed);
        scan.start_time = self.updated.as_deref().map(Cow::Borrowed);
        scan.end_time = scan.start_time.clone();
        scan.format_version = Some("v1alpha1".into());
        scan
    }
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "resources of aquasecurity.github.io",
        help: "fetch them with `kubectl get vulnerabilityreports,configauditreports -A -o json`",
    }
}
