//! Clair: its own reports (API of version 1 and 4, `clairctl`, Quay) and those of clair-scanner and Klar.

mod report;
mod v4;

use report::{Scope, map_vulnerability};
use scanlift_convert_api::json::{Fields, Head, Kind as JsonKind, Reader, Records, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink, Warning, image,
};
use scanlift_report_core::{Kind, Text};
use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;

/// Reads what Clair finds, in the formats of its clients.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clair;

/// The converter.
pub static CONVERTER: Clair = Clair;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "clair",
    name: "Clair",
    summary: "JSON of Clair 2 and 4 (API, clairctl, Quay), clair-scanner and Klar",
    versions: "API 1 and 4",
    kinds: &[Kind::ContainerScanning],
    url: "https://quay.github.io/clair/",
};

impl Converter for Clair {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let is_klar = head.has("LayerCount")
            || ["Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1"]
                .iter()
                .any(|severity| head.path_has(&["Vulnerabilities", severity, "FeatureName"]));
        let is_scanner = head.has("unapproved") && (head.has("vulnerabilities") || head.has("image"))
            || head.path_has(&["vulnerabilities", "featurename"]);
        let is_layer = head.path_has(&["Layer", "Features"])
            || head.path_has(&["Layer", "IndexedByVersion"])
            || head.path_has(&["data", "Layer"])
            || head.path_has(&["Layers", "Layer"]);
        let is_v4 = head.has("manifest_hash")
            && ["packages", "vulnerabilities", "package_vulnerabilities", "environments"]
                .iter()
                .any(|key| head.has(key));
        if is_klar || is_scanner || is_layer || is_v4 { Match::Yes } else { Match::No }
    }

    /// The document is read twice: what was scanned, and the tables of version 4, may stand behind
    /// the vulnerabilities.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(&mut Reader::new(input.open().map_err(ConvertError::Read)?))?;
        let mut scan = ScanInfo::new("Clair", Kind::ContainerScanning);
        scan.vendor = Some("Quay".into());
        scan.url = Some(DESCRIPTOR.url.into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let scope = Scope {
            image: image_name(&outline, options, sink),
            system: filled(&options.operating_system),
            unapproved: outline.unapproved.as_ref(),
        };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        if let Some(tables) = &outline.tables {
            return v4::walk(&mut reader, &mut records, &scope, tables);
        }
        reader.each_key(|key, reader| walk(key, reader, &mut records, &scope, true))
    }
}

/// Clair knows layers and digests; clair-scanner alone names the image.
fn image_name<'a>(outline: &'a Outline, options: &'a Options, sink: &mut dyn Sink) -> Text<'a> {
    let digest = outline.tables.as_ref().and_then(|tables| filled(&tables.manifest_hash));
    match (filled(&outline.image).or(filled(&options.image)), digest) {
        (None, Some(digest)) => {
            sink.warn(Warning::note("the document names the image by its digest only: name it with --image"));
            image::with_tag(Cow::Borrowed(digest))
        }
        (named, _) => image::or_option(named, options, sink),
    }
}

/// What a document says beside its vulnerabilities.
#[derive(Debug, Default)]
struct Outline {
    image: Option<String>,
    tag: Option<String>,
    /// What clair-scanner does not approve of.
    unapproved: Option<HashSet<String>>,
    /// Of version 4.
    tables: Option<v4::Tables>,
    fields: Fields,
}

impl Outline {
    fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        let mut known = false;
        let mut tables = v4::Tables::default();
        if reader.peek()? != JsonKind::Object {
            return Err(unrecognised());
        }
        reader.each_key(|key, reader| {
            known |= matches!(
                key,
                "Vulnerabilities"
                    | "vulnerabilities"
                    | "LayerCount"
                    | "Layer"
                    | "Layers"
                    | "Features"
                    | "data"
                    | "manifest_hash"
            );
            match key {
                "image" | "ImageName" => outline.image = outline.fields.text(reader)?,
                "Tag" => outline.tag = outline.fields.text(reader)?,
                "unapproved" => {
                    outline.unapproved = Some(outline.fields.texts(reader)?.into_iter().collect());
                }
                _ => tables.read(key, reader, &mut outline.fields)?,
            }
            Ok::<_, ConvertError>(())
        })?;
        reader.finish()?;
        if !known {
            return Err(unrecognised());
        }
        outline.tables = tables.is_there().then_some(tables);
        if let (Some(image), Some(tag)) = (&outline.image, outline.tag.take()) {
            outline.image = Some(format!("{image}:{tag}"));
        }
        Ok(outline)
    }
}

/// Version 1 and the clients of it: vulnerabilities in lists, by severity, or below features of layers.
fn walk<R: Read>(
    key: &str,
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
    is_top: bool,
) -> Result<(), ConvertError> {
    match (key, reader.peek()?) {
        ("vulnerabilities" | "Vulnerabilities", JsonKind::Object) => reader.each_key(|_, reader| {
            records.each(reader, |records, reader| records.map(reader, scope, map_vulnerability))
        }),
        ("vulnerabilities" | "Vulnerabilities", _) => {
            records.each(reader, |records, reader| records.map(reader, scope, map_vulnerability))
        }
        ("Layers", JsonKind::Array) if is_top => reader.each_item(|_, reader| match reader.peek()? {
            JsonKind::Object => reader.each_key(|key, reader| walk(key, reader, records, scope, false)),
            _ => Ok(()),
        }),
        ("Layer" | "data", JsonKind::Object) => reader.each_key(|key, reader| match (key, reader.peek()?) {
            ("Layer", JsonKind::Object) => reader.each_key(|key, reader| match key {
                "Features" => features(reader, records, scope),
                _ => Ok(()),
            }),
            ("Features", _) => features(reader, records, scope),
            _ => Ok(()),
        }),
        ("Features", _) => features(reader, records, scope),
        _ => Ok(()),
    }
}

/// Packages, each with its vulnerabilities.
fn features<R: Read>(
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    records.each(reader, |records, reader| records.map_group(reader, scope, report::map_feature))
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "vulnerabilities of an image",
        help: "save what Clair's API, `clairctl report -o json`, clair-scanner (`--report`) or Klar (`JSON_OUTPUT=true`) gives",
    }
}
