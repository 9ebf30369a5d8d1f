//! Veracode: the detailed report in XML, with flaws of static, dynamic and manual scans, and with vulnerable components.

mod component;
mod flaw;

use scanlift_convert_api::xml::{Element, Head, Reader, Tag};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Record, ScanInfo, Sink,
};
use scanlift_report_core::Kind;
use std::io::Read;

/// Reads detailed reports of Veracode in XML.
#[derive(Clone, Copy, Debug, Default)]
pub struct Veracode;

/// The converter.
pub static CONVERTER: Veracode = Veracode;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "veracode",
    name: "Veracode",
    summary: "detailed reports of Veracode in XML",
    versions: "1.1 to 1.5",
    kinds: &[Kind::Sast, Kind::Dast, Kind::DependencyScanning],
    url: "https://docs.veracode.com/r/Detailed_Report_XML",
};

impl Converter for Veracode {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if matches!(Head::of(head).root(), "detailedreport" | "summaryreport") {
            Match::Yes
        } else {
            Match::No
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if root.name() != "detailedreport" {
            return Err(ConvertError::Unrecognised {
                expected: "a detailedreport",
                help: "download the detailed report as XML; the summary report holds no flaws",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        let time = |text: &str| text.trim_end_matches(" UTC").to_owned().into();
        scan.end_time = root.attribute("last_update_time").or(root.attribute("generation_date")).map(time);
        scan.format_version = root.attribute("report_format_version").map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|tag, reader| match tag.name() {
            "severity" => reader.each_child(|tag, reader| match tag.name() {
                "category" => category(tag, reader, sink),
                _ => Ok(()),
            }),
            "software_composition_analysis" => reader.each_child(|tag, reader| match tag.name() {
                "vulnerable_components" => reader.each_child(|tag, reader| match tag.name() {
                    "component" => {
                        let component = reader.element(tag)?;
                        let list = component.root().child("vulnerabilities");
                        let mut all = list.into_iter().flat_map(|list| list.all("vulnerability"));
                        all.try_for_each(|one| {
                            Record::begin(sink).spend(component::map(one, component.root(), options))
                        })
                    }
                    _ => Ok(()),
                }),
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// What is the same for the flaws of a category.
#[derive(Debug, Default)]
struct Category {
    name: String,
    description: String,
    recommendations: String,
}

fn category<R: Read>(tag: &Tag, reader: &mut Reader<R>, sink: &mut dyn Sink) -> Result<(), ConvertError> {
    let name = tag.attribute("categoryname").unwrap_or_default().to_owned();
    let mut category = Category { name, ..Category::default() };
    reader.each_child(|tag, reader| {
        match tag.name() {
            "desc" => category.description = paragraphs(reader.element(tag)?.root()),
            "recommendations" => category.recommendations = paragraphs(reader.element(tag)?.root()),
            "cwe" => {
                let cwe = tag.clone();
                reader.each_child(|tag, reader| match tag.name() {
                    "staticflaws" | "dynamicflaws" | "manualflaws" => reader.each_child(|tag, reader| {
                        let found = reader.element(tag)?;
                        Record::begin(sink).spend(flaw::map(found.root(), &cwe, &category))
                    }),
                    _ => Ok(()),
                })?;
            }
            _ => {}
        }
        Ok(())
    })
}

/// `para` elements, and the `bulletitem`s in them.
fn paragraphs(element: Element<'_>) -> String {
    let mut text = String::new();
    for para in element.all("para") {
        text.push_str(para.attribute("text").or(para.text()).unwrap_or_default().trim());
        for item in para.all("bulletitem") {
            text.push_str("\n* ");
            text.push_str(item.attribute("text").or(item.text()).unwrap_or_default().trim());
        }
        text.push_str("\n\n");
    }
    text.trim_end().to_owned()
}
