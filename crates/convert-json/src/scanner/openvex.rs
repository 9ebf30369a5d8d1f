//! OpenVEX 0.0.1 to 0.2.0 (<https://github.com/openvex/spec>).
//!
//! A record is a statement about one product. The document is read twice: first for its head, and
//! for which statement about a product is the latest.

use scanlift_convert_api::json::{Cause, Kind as JsonKind, Reader, Records, Repair, filled};
use scanlift_convert_api::package::{Advisory, Package, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    details,
};
use scanlift_report_core::{Details, Kind};
use scanlift_vex::openvex::{self, Component, Head, Product, Statement};
use scanlift_vex::{Image, Status, Timestamp, is_reference};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, hash_map::DefaultHasher};
use std::hash::{Hash as _, Hasher as _};
use std::io::Read;

/// Reads VEX documents of OpenVEX.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenVex;

/// The converter.
pub static CONVERTER: OpenVex = OpenVex;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "openvex",
    name: "OpenVEX",
    summary: "OpenVEX documents: what is affected or under investigation; to rule out findings of other inputs use --vex",
    versions: "0.0.1 to 0.2.0",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://github.com/openvex/spec",
};

impl Converter for OpenVex {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        openvex::sniff(head)
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let open = || input.open().map(Reader::new).map_err(ConvertError::Read);
        let mut outline = Outline::default();
        let head = openvex::walk(&mut open()?, |reader| outline.read(reader))?;
        let mut scan = ScanInfo::new(DESCRIPTOR.name, outline.kind());
        scan.format_version = head.format_version.as_deref().map(Into::into);
        scan.start_time = head.timestamp.as_deref().map(Into::into);
        scan.end_time = head.last_updated.as_deref().or(head.timestamp.as_deref()).map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        head.warnings.iter().cloned().for_each(|warning| sink.warn(warning));

        let file = filled(&options.path).or(input.name()).unwrap_or("unknown");
        let scope = Scope {
            head: &head,
            latest: &outline.latest,
            file,
            options,
            number: Cell::new(0),
            names_file: Cell::new(false),
        };
        let mut records = Records::new(sink);
        openvex::walk(&mut open()?, |reader| {
            records.each(reader, |records, reader| {
                records.map_each(reader, &scope, |statement: &Statement<'_>, scope, spend| {
                    scope.number.set(scope.number.get() + 1);
                    map_statement(statement, scope, spend)
                })
            })
        })?;
        if scope.names_file.get() {
            manifest_or_option(None, None, options, input, records.sink());
        }
        Ok(())
    }
}

/// What is known of a document before its statements are mapped.
struct Scope<'s> {
    head: &'s Head,
    latest: &'s HashMap<u64, Latest>,
    /// The manifest for packages that are in no image.
    file: &'s str,
    options: &'s Options,
    /// The statement that is mapped, from 1.
    number: Cell<u64>,
    /// Whether a finding stands in `file`.
    names_file: Cell<bool>,
}

/// The latest statement about a vulnerability in a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Latest {
    time: Option<Timestamp>,
    number: u64,
    status: Option<Status>,
}

/// The first look at the statements.
#[derive(Default)]
struct Outline {
    latest: HashMap<u64, Latest>,
    number: u64,
    images: u64,
    others: u64,
}

impl Outline {
    fn read<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let mut repair = Repair::default();
        match reader.peek()? {
            JsonKind::Array => reader.each_item(|_, reader| self.see(reader, &mut repair)),
            JsonKind::Object => self.see(reader, &mut repair),
            _ => Ok(()),
        }
    }

    fn see<R: Read>(&mut self, reader: &mut Reader<R>, repair: &mut Repair) -> Result<(), ConvertError> {
        if reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        let statement = match reader.parse_lenient::<Statement<'_>>(repair) {
            Ok((statement, _)) => statement,
            // The second pass tells of it.
            Err(error) if matches!(error.cause, Cause::Value(_) | Cause::Encoding | Cause::Size(_)) => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        self.number += 1;
        let status = statement.status.as_deref().and_then(Status::parse);
        let latest = Latest { time: statement.time(), number: self.number, status };
        for product in &statement.products {
            let known = self.latest.entry(key(&statement, product)).or_insert(latest);
            *known = latest.max(*known);
            *(if image(&product.component).is_some() { &mut self.images } else { &mut self.others }) += 1;
        }
        Ok(())
    }

    /// The report to write when nothing is affected.
    fn kind(&self) -> Kind {
        if self.images > 0 && self.others == 0 { Kind::ContainerScanning } else { Kind::DependencyScanning }
    }
}

/// What statements about the same thing have in common.
fn key(statement: &Statement<'_>, product: &Product<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    statement.vulnerability.id().unwrap_or_default().to_ascii_lowercase().hash(&mut hasher);
    id(&product.component).hash(&mut hasher);
    parts(statement, product).filter_map(id).collect::<BTreeSet<_>>().hash(&mut hasher);
    hasher.finish()
}

/// The parts of a product that are meant; in version 0.0.1 they stand on the statement.
fn parts<'s>(
    statement: &'s Statement<'_>,
    product: &'s Product<'_>,
) -> impl Iterator<Item = &'s Component<'s>> + use<'s> {
    product.subcomponents.iter().chain(&statement.subcomponents)
}

/// Its package URL if it has one, else whatever it is called by.
fn id<'c>(component: &'c Component<'_>) -> Option<&'c str> {
    let id = filled(&component.id);
    id.filter(|id| id.starts_with("pkg:"))
        .or(filled(&component.identifiers.purl))
        .or(id)
        .or(filled(&component.identifiers.cpe23))
        .or(filled(&component.identifiers.cpe22))
}

/// The image that a product is.
fn image(component: &Component<'_>) -> Option<Image> {
    let is_image = |id: &str| id.starts_with("pkg:") || is_reference(id);
    id(component).filter(|id| is_image(id)).and_then(|_| component.thing().image)
}

/// A record for each product; one without any is a record too.
fn map_statement<'x>(
    statement: &'x Statement<'_>,
    scope: &'x Scope<'_>,
    spend: &mut dyn FnMut(Outcome<'x>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let vulnerability = statement.vulnerability.id().unwrap_or_default();
    let label = filled(&statement.status).unwrap_or_default();
    let Some(status) = Status::parse(label) else {
        return each_product(statement, || {
            let detail =
                if label.is_empty() { "no status".to_owned() } else { format!("no known status: {label}") };
            spend(Outcome::skip(SkipReason::Unsupported, detail, vulnerability))
        });
    };
    if status.rules_out() {
        let why = filled(&statement.justification).or(filled(&statement.impact_statement));
        return each_product(statement, || {
            let detail = match why {
                Some(why) => format!("{status}: {why}"),
                None => status.to_string(),
            };
            spend(Outcome::skip(SkipReason::Vex, detail, vulnerability))
        });
    }
    if statement.products.is_empty() {
        let detail = format!("{status}, but no product is named, and a finding needs one");
        return spend(Outcome::skip(SkipReason::Unsupported, detail, vulnerability));
    }
    for product in &statement.products {
        let latest = scope.latest.get(&key(statement, product));
        spend(match latest.filter(|latest| latest.number != scope.number.get()) {
            Some(latest) => {
                let status = latest.status.map_or("", Status::as_str);
                Outcome::skip(SkipReason::Vex, format!("a later statement says {status}"), vulnerability)
            }
            None => map_product(statement, status, product, scope),
        })?;
    }
    Ok(())
}

fn each_product(
    statement: &Statement<'_>,
    mut visit: impl FnMut() -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    (0..statement.products.len().max(1)).try_for_each(|_| visit())
}

/// A product that is affected, or may be.
fn map_product<'x>(
    statement: &'x Statement<'_>,
    status: Status,
    product: &'x Product<'_>,
    scope: &'x Scope<'_>,
) -> Outcome<'x> {
    let vulnerability = &statement.vulnerability;
    let image = image(&product.component);
    let parts: Vec<&str> = parts(statement, product).filter_map(id).collect();
    let product_id = id(&product.component);
    let Some(named) = parts.first().copied().or(product_id) else {
        let example = vulnerability.id().unwrap_or_default();
        return Outcome::skip(SkipReason::Unsupported, "the product has no id", example);
    };
    let package = match (&image, parts.is_empty()) {
        (Some(image), true) => {
            Package::new(image.bare_name().to_owned(), image.version().unwrap_or_default().to_owned())
        }
        _ => Package::from_purl(named).unwrap_or_else(|| Package::new(named, "")),
    };
    scope.names_file.set(scope.names_file.get() || image.is_none());

    let mut advisory = Advisory::new("openvex_id", vulnerability.id().unwrap_or_default());
    advisory.aliases = vulnerability.other_ids().map(Into::into).collect();
    advisory.url = vulnerability.iri.as_deref().map(Into::into);
    let description = filled(&vulnerability.description).or(filled(&statement.vuln_description));
    let description = description.or(filled(&statement.status_notes)).map(Cow::Borrowed);
    advisory.description = description.or_else(|| said(status, product_id.unwrap_or(named), scope.head));
    advisory.solution = filled(&statement.action_statement).map(Into::into);
    let place = scanlift_vex::place(image.as_ref(), Some(named), scope.file, scope.options);
    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "no vulnerability is named", named);
    };
    finding.severity.level = scanlift_vex::level(status);
    add_details(&mut finding, statement, status, scope.head);
    let details = &mut finding.vulnerability.details;
    details.text("product", "Product", product_id.filter(|id| *id != named).unwrap_or_default());
    details.text("supplier", "Supplier", filled(&product.component.supplier).unwrap_or_default());
    if parts.len() > 1 {
        details::add_list(details, "affected_components", "Affected components", parts);
    }
    Outcome::finding(finding)
}

/// The statement as a sentence, where nothing else describes it.
fn said<'x>(status: Status, product: &str, head: &Head) -> Option<Cow<'x, str>> {
    let author = filled(&head.author).unwrap_or("the document");
    Some(Cow::Owned(match status {
        Status::Affected => format!("{author} says that {product} is affected."),
        _ => format!("{author} says that it is under investigation whether {product} is affected."),
    }))
}

fn add_details<'x>(finding: &mut Finding<'x>, statement: &'x Statement<'_>, status: Status, head: &'x Head) {
    let details: &mut Details<'x> = &mut finding.vulnerability.details;
    details.text("vex_status", "VEX status", status.as_str());
    details.text("status_notes", "Status notes", filled(&statement.status_notes).unwrap_or_default());
    details.text("impact_statement", "Impact", filled(&statement.impact_statement).unwrap_or_default());
    let time = filled(&statement.last_updated).or(filled(&statement.timestamp)).or(head.timestamp.as_deref());
    details.text("stated", "Stated", time.unwrap_or_default());
    details.text(
        "action_stated",
        "Action stated",
        filled(&statement.action_statement_timestamp).unwrap_or_default(),
    );
    let author = match (filled(&head.author), filled(&head.role)) {
        (Some(author), Some(role)) => format!("{author} ({role})"),
        (author, role) => author.or(role).unwrap_or_default().to_owned(),
    };
    details.text("vex_author", "VEX author", author);
    details.text("vex_tooling", "VEX tooling", head.tooling.as_deref().unwrap_or_default());
    details.text("vex_statement", "VEX statement", filled(&statement.id).unwrap_or_default());
    details.text("vex_document", "VEX document", head.id.as_deref().unwrap_or_default());
}
