//! ZAP: the reports "Traditional XML" and "Traditional XML with requests and responses"
//! (add-on `reports`, templates `traditional-xml` and `traditional-xml-plus`), versions 2.0 to 2.16.
//!
//! An `alertitem` is a kind of alert on a site, its `instance`s are where it was raised. What they
//! have in common stands around them, so an item is held until its end.
//! An item of many megabytes is read a second time instead.

mod item;
#[cfg(test)]
mod tests;

use item::{Item, map_instance};
use scanlift_convert_api::apart::{Apart, each_apart};
use scanlift_convert_api::xml::{Head, Reader, Tree};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Record, ScanInfo, Sink,
};
use scanlift_report_core::Kind;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// Reads the XML reports of ZAP.
#[derive(Clone, Copy, Debug, Default)]
pub struct ZapXml;

/// The converter.
pub static CONVERTER: ZapXml = ZapXml;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "zap-xml",
    name: "ZAP",
    summary: "XML reports of ZAP, with or without requests and responses",
    versions: "2.0 to 2.17",
    kinds: &[Kind::Dast],
    url: "https://www.zaproxy.org/docs/desktop/addons/report-generation/report-traditional-xml/",
};

/// Instances of an item that are held, in bytes of the document.
const HELD: u64 = 4 * 1024 * 1024;

impl Converter for ZapXml {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let old = head.root() == "report" && head.has("alertitem");
        if head.root().eq_ignore_ascii_case("OWASPZAPReport") || old { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        let is_report = root.name().eq_ignore_ascii_case("OWASPZAPReport") || root.name() == "report";
        if !is_report {
            return Err(ConvertError::Unrecognised {
                expected: "an OWASPZAPReport",
                help: "export the report with ZAP's template \"Traditional XML Report\"",
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.version = root.attribute("version").map(|text| text.trim_start_matches("D-").into());
        let time = root.attribute("created").or(root.attribute("generated"));
        (scan.start_time, scan.end_time) = (time.map(Into::into), time.map(Into::into));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let work = |(item, instance): (Arc<Item>, Option<Tree>), sink: &mut dyn Sink| {
            Record::begin(sink).spend(map_instance(&item, instance.as_ref().map(Tree::root)))
        };
        each_apart(sink, &work, |apart| {
            let mut walk = Walk { input, apart, items: 0, large: None };
            each_item(&mut reader, &mut |site, reader| walk.item(site, reader))
        })?;
        reader.end(sink)
    }
}

/// What is done with an item: its site's address, and the reader that stands at it.
type Visit<'v, R> = dyn FnMut(&str, &mut Reader<R>) -> Result<(), ConvertError> + 'v;

/// Visits every `alertitem`, with the address of its site.
fn each_item<R: Read>(reader: &mut Reader<R>, visit: &mut Visit<'_, R>) -> Result<(), ConvertError> {
    reader.each_child(|tag, reader| match tag.name() {
        "site" => {
            let site = tag.attribute("name").unwrap_or_default().to_owned();
            reader.each_child(|tag, reader| match tag.name() {
                "alerts" => reader.each_child(|tag, reader| match tag.name() {
                    "alertitem" => visit(&site, reader),
                    _ => Ok(()),
                }),
                "alertitem" => visit(&site, reader),
                _ => Ok(()),
            })
        }
        "alertitem" => visit("", reader),
        // Lists around sites and alerts, which templates of their own have.
        "sites" | "alerts" => each_item(reader, visit),
        _ => Ok(()),
    })
}

/// The way through a document.
struct Walk<'w, 'a> {
    input: &'w dyn Input,
    /// Where instances are put down with their item; an old item is its own instance.
    apart: &'w mut Apart<'a, (Arc<Item>, Option<Tree>)>,
    /// How many items were visited.
    items: usize,
    /// What the large items say around their instances, by their number; read when one is met.
    large: Option<BTreeMap<usize, Item>>,
}

impl Walk<'_, '_> {
    fn item<R: Read>(&mut self, site: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let number = self.items;
        self.items += 1;
        let start = reader.position();
        let mut item = Item::of(site);
        let mut held: Vec<Tree> = Vec::new();
        let mut whole: Option<Arc<Item>> = None;
        let mut is_old = true;
        reader.each_child(|tag, reader| {
            if tag.name() != "instances" {
                item.fields.push(reader.element(tag)?);
                return Ok(());
            }
            reader.each_child(|tag, reader| {
                if tag.name() != "instance" {
                    return Ok(());
                }
                is_old = false;
                held.push(reader.element(tag)?);
                if whole.is_none() && reader.position() - start > HELD {
                    let mut item = self.large(number)?;
                    item.site = site.to_owned();
                    whole = Some(Arc::new(item));
                }
                match &whole {
                    Some(item) => held.drain(..).try_for_each(|instance| self.put(item, Some(instance))),
                    None => Ok(()),
                }
            })
        })?;
        if whole.is_some() {
            return Ok(());
        }
        let item = Arc::new(item);
        if is_old {
            // Versions up to 2.3 have no instances: an item is where the alert was raised.
            self.put(&item, None)?;
        }
        held.into_iter().try_for_each(|instance| self.put(&item, Some(instance)))
    }

    fn put(&mut self, item: &Arc<Item>, instance: Option<Tree>) -> Result<(), ConvertError> {
        let bytes = instance.as_ref().map_or(0, Tree::bytes);
        self.apart.put((Arc::clone(item), instance), bytes)
    }

    /// What that item says around its instances.
    fn large(&mut self, number: usize) -> Result<Item, ConvertError> {
        if self.large.is_none() {
            self.large = Some(large_items(self.input)?);
        }
        Ok(self.large.as_mut().and_then(|items| items.remove(&number)).unwrap_or_default())
    }
}

/// The items that are not held in memory, without their instances.
fn large_items(input: &dyn Input) -> Result<BTreeMap<usize, Item>, ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    reader.root()?;
    let mut items = BTreeMap::new();
    let mut number = 0;
    each_item(&mut reader, &mut |_, reader| {
        let start = reader.position();
        let mut item = Item::default();
        reader.each_child(|tag, reader| {
            if tag.name() != "instances" {
                item.fields.push(reader.element(tag)?);
            }
            Ok(())
        })?;
        if reader.position() - start > HELD {
            items.insert(number, item);
        }
        number += 1;
        Ok(())
    })?;
    Ok(items)
}
