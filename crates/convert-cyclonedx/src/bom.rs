//! The document as a bill of materials that GitLab's dependency list takes: CycloneDX 1.6 in JSON
//! with the properties of GitLab's taxonomy.
//!
//! GitLab checks a document against the schema of its version, and refuses it as a whole for any
//! error. So what only 1.7 knows is left out, and signatures, which no longer hold.

mod clean;
mod form;
mod xml;

use crate::graph::{Key, key};
use crate::{Syntax, artifact, binary, json, outline::Outline, xml as xml_passes};
use scanlift_convert_api::json::{Kind, Reader, filled};
use scanlift_convert_api::package::Purl;
use scanlift_convert_api::package::ecosystem::{of_manifest, package_manager};
use scanlift_convert_api::{BillOfMaterials, ConvertError, Input, Options};
use scanlift_vex::cyclonedx::each_key;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

/// Parts of a document whose items are written one by one.
const LISTS: [&str; 7] = [
    "components",
    "services",
    "externalReferences",
    "dependencies",
    "compositions",
    "vulnerabilities",
    "properties",
];

/// Writes the document anew.
pub(crate) fn write(
    input: &dyn Input,
    options: &Options,
    out: &mut dyn Write,
) -> Result<BillOfMaterials, ConvertError> {
    let open = || input.open().map_err(ConvertError::Read);
    let syntax = Syntax::of(&input.beginning().map_err(ConvertError::Read)?);
    let outline = match syntax {
        Syntax::Json => json::outline(open()?)?,
        Syntax::Xml => xml_passes::outline(open()?)?,
        Syntax::Protobuf => return Err(binary()),
    };
    let mut bom = Bom::begin(out)?;
    match syntax {
        Syntax::Xml => xml::parts(open()?, &mut bom)?,
        _ => parts(open()?, &mut bom)?,
    }
    bom.end(&outline, options)
}

/// The parts of a document in JSON.
fn parts<R: io::Read>(read: R, bom: &mut Bom<'_>) -> Result<(), ConvertError> {
    let mut reader = Reader::new(read);
    each_key(&mut reader, |key, reader| {
        match (key, reader.peek()?) {
            ("metadata", Kind::Object) => bom.metadata = reader.parse()?,
            ("serialNumber" | "version", _) => bom.field(key, reader.parse()?)?,
            (key, Kind::Array) if LISTS.contains(&key) => {
                let key = key.to_owned();
                reader.each_item(|_, reader| match reader.peek()? {
                    Kind::Object => bom.item(&key, reader.parse()?),
                    _ => Ok(()),
                })?;
            }
            _ => {}
        }
        Ok(())
    })
}

/// A document while its parts come.
struct Bom<'w> {
    out: &'w mut dyn Write,
    metadata: Map<String, Value>,
    /// The list that is open, and its items; the schema wants each once.
    open: Option<String>,
    items: HashSet<Key>,
    /// The fields and lists that are there already.
    written: Vec<String>,
    components: u64,
    /// How many components are of a type of package URLs.
    purl_types: BTreeMap<String, u64>,
}

impl<'w> Bom<'w> {
    fn begin(out: &'w mut dyn Write) -> Result<Self, ConvertError> {
        let head = "{\"$schema\":\"http://cyclonedx.org/schema/bom-1.6.schema.json\",\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"";
        out.write_all(head.as_bytes()).map_err(ConvertError::Deliver)?;
        Ok(Self {
            out,
            metadata: Map::new(),
            open: None,
            items: HashSet::new(),
            written: Vec::new(),
            components: 0,
            purl_types: BTreeMap::new(),
        })
    }

    /// `serialNumber` or `version`, unless it is none.
    fn field(&mut self, key: &str, value: Value) -> Result<(), ConvertError> {
        let fits = match key {
            "serialNumber" => value.as_str().is_some_and(is_serial_number),
            _ => value.as_u64().is_some_and(|version| version > 0),
        };
        if !fits || self.written.iter().any(|known| known == key) {
            return Ok(());
        }
        self.close()?;
        self.written.push(key.to_owned());
        self.put(format!(",\"{key}\":{value}").as_bytes())
    }

    /// An item of a list of the document.
    fn item(&mut self, list: &str, mut item: Value) -> Result<(), ConvertError> {
        if !clean::item(list, &mut item) {
            return Ok(());
        }
        let text = item.to_string();
        if self.open.as_deref() == Some(list) {
            if !self.items.insert(key(&text)) {
                return Ok(());
            }
            self.put(b",\n")?;
        } else {
            self.close()?;
            // A list that is there twice would make the document one that readers differ on.
            if self.written.iter().any(|known| known == list) {
                return Ok(());
            }
            self.written.push(list.to_owned());
            self.open = Some(list.to_owned());
            self.items = HashSet::from([key(&text)]);
            self.put(format!(",\"{list}\":[\n").as_bytes())?;
        }
        if list == "components" {
            self.count(&item);
        }
        self.put(text.as_bytes())
    }

    fn count(&mut self, component: &Value) {
        self.components += 1;
        if let Some(purl) = component.get("purl").and_then(Value::as_str).and_then(Purl::parse) {
            *self.purl_types.entry(purl.kind).or_default() += 1;
        }
        let nested = component.get("components").and_then(Value::as_array);
        nested.into_iter().flatten().for_each(|component| self.count(component));
    }

    fn close(&mut self) -> Result<(), ConvertError> {
        match self.open.take() {
            Some(_) => self.put(b"\n]"),
            None => Ok(()),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ConvertError> {
        self.out.write_all(bytes).map_err(ConvertError::Deliver)
    }

    /// Ends the document with its metadata, in which GitLab's properties stand.
    fn end(mut self, outline: &Outline, options: &Options) -> Result<BillOfMaterials, ConvertError> {
        self.close()?;
        if !self.written.iter().any(|key| key == "version") {
            self.put(b",\"version\":1")?;
        }
        let mut bill = BillOfMaterials { components: self.components, warnings: Vec::new() };
        let properties = self.gitlab_properties(outline, options, &mut bill.warnings);
        let mut metadata = Value::Object(std::mem::take(&mut self.metadata));
        clean::item("metadata", &mut metadata);
        add_properties(&mut metadata, properties);
        self.put(format!(",\"metadata\":{metadata}}}\n").as_bytes())?;
        Ok(bill)
    }

    /// What GitLab reads of a document, as far as it is known.
    fn gitlab_properties(
        &self,
        outline: &Outline,
        options: &Options,
        warnings: &mut Vec<String>,
    ) -> Vec<(&'static str, String)> {
        let mut all = vec![("gitlab:meta:schema_version", "1".to_owned())];
        let file = filled(&options.path).or_else(|| artifact::document_manifest(outline));
        let image = match filled(&options.image) {
            Some(image) if file.is_none() => Some(image.to_owned()),
            _ if artifact::is_image(outline) => artifact::image_name(outline).map(|name| name.into_owned()),
            _ => None,
        };
        if let Some(image) = image {
            let system = artifact::operating_system(outline)
                .or_else(|| filled(&options.operating_system).map(str::to_owned));
            all.extend(of_image(&image, system.as_deref()));
            return all;
        }
        let most = self.purl_types.iter().max_by_key(|(_, count)| **count).map(|(kind, _)| kind.as_str());
        let by_file = file.and_then(of_manifest);
        let by_type = most.and_then(package_manager);
        match file {
            Some(file) => all.push(("gitlab:dependency_scanning:input_file:path", file.to_owned())),
            None => warnings.push(
                "it names no lock file, so GitLab finds no vulnerabilities by it; name one with --path FILE"
                    .to_owned(),
            ),
        }
        if let Some((manager, kind)) = by_file {
            all.push(("gitlab:dependency_scanning:package_manager:name", manager.to_owned()));
            all.extend(language(kind));
        } else if let (Some((manager, _)), Some(kind)) = (by_type, most) {
            all.push(("gitlab:dependency_scanning:package_manager:name", manager.to_owned()));
            all.extend(language(kind));
        }
        all
    }
}

fn language(purl_type: &str) -> Option<(&'static str, String)> {
    let (_, language) = package_manager(purl_type)?;
    Some(("gitlab:dependency_scanning:language:name", language.to_owned()))
}

fn of_image(image: &str, system: Option<&str>) -> Vec<(&'static str, String)> {
    let at = image.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match image[at..].find([':', '@']) {
        Some(end) => (&image[..at + end], &image[at + end + 1..]),
        None => (image, "latest"),
    };
    let mut all = vec![
        ("gitlab:container_scanning:image:name", name.to_owned()),
        ("gitlab:container_scanning:image:tag", tag.to_owned()),
    ];
    if let Some((name, version)) = system.and_then(|system| system.split_once(':')) {
        all.push(("gitlab:container_scanning:operating_system:name", name.to_owned()));
        all.push(("gitlab:container_scanning:operating_system:version", version.to_owned()));
    }
    all
}

/// Adds properties that are not there; of GitLab's own version there is one only.
fn add_properties(metadata: &mut Value, properties: Vec<(&'static str, String)>) {
    let Some(metadata) = metadata.as_object_mut() else { return };
    let list = metadata.entry("properties").or_insert_with(|| json!([]));
    if !list.is_array() {
        *list = json!([]);
    }
    let Some(list) = list.as_array_mut() else { return };
    let named = |property: &Value, name: &str| property.get("name").and_then(Value::as_str) == Some(name);
    list.retain(|property| !named(property, "gitlab:meta:schema_version"));
    for (name, value) in properties {
        if !list.iter().any(|property| named(property, name)) {
            list.push(json!({"name": name, "value": value}));
        }
    }
}

/// `urn:uuid:` and a UUID, as the schema has it.
fn is_serial_number(text: &str) -> bool {
    text.strip_prefix("urn:uuid:").is_some_and(|uuid| {
        uuid.len() == 36
            && uuid.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            })
    })
}
