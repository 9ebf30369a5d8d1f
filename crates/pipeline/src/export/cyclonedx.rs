//! CycloneDX with the properties that GitLab's dependency list reads (GitLab's CycloneDX property
//! taxonomy).
//!
//! An input that is a bill of materials is written anew by its converter, whole. The packages that
//! other scanners name in their findings are listed in a document for each lock file and image:
//! GitLab takes one of these from a document as a whole.

use super::{Account, Format, Made, begin, end};
use crate::{Settings, receipt::ScannerReceipt};
use memchr::memmem;
use scanlift_convert_api::package::ecosystem::{of_manifest, package_manager, purl_of, purl_type};
use scanlift_convert_api::{BillOfMaterials, ConvertError};
use scanlift_report_core::{Detail, ID_NAMESPACE, Location, Vulnerability, uuid_v5};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Write},
};
use tempfile::NamedTempFile;

/// The size that GitLab takes by default (`ci_max_artifact_size_cyclonedx`, 1 MB).
const LIMIT: u64 = 1024 * 1024;

/// Whether the first bytes are those of a document that is written here: scanlift is the first of its tools.
pub(super) fn wrote(head: &[u8]) -> bool {
    memmem::find(head, br#""tools":{"components":[{"name":"scanlift","#).is_some()
}

/// Why a finding is not told here.
pub(super) fn refuses(vulnerability: &Vulnerability<'_>) -> Option<&'static str> {
    Place::of(&vulnerability.location).is_none().then_some("cyclonedx: it is about no package")
}

/// What the inputs say of packages.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// Of the input that is being read.
    current: Packages,
    /// Of inputs that are no bill of materials.
    packages: Packages,
    documents: Vec<Document>,
}

/// Packages by where they are, and what findings there are of them.
#[derive(Debug, Default)]
struct Packages {
    places: BTreeMap<Place, (BTreeMap<String, Package>, Account)>,
    /// Findings that are about no package.
    others: Account,
}

/// A bill of materials that is written anew.
#[derive(Debug)]
struct Document {
    out: BufWriter<NamedTempFile>,
    account: Account,
}

/// Where packages are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Manifest(String),
    Image { image: String, operating_system: String },
}

#[derive(Debug)]
struct Package {
    name: String,
    version: String,
    purl: Option<String>,
}

impl Place {
    fn of(location: &Location<'_>) -> Option<Self> {
        let image = |image: &str, system: Option<&str>| Self::Image {
            image: image.to_owned(),
            operating_system: system.unwrap_or_default().to_owned(),
        };
        match location {
            Location::DependencyScanning(location) => Some(Self::Manifest(location.file.to_string())),
            Location::ContainerScanning(location) => {
                Some(image(&location.image, Some(&location.operating_system)))
            }
            Location::ClusterImageScanning(location) => {
                Some(image(&location.image, location.operating_system.as_deref()))
            }
            _ => None,
        }
    }

    /// GitLab's properties.
    fn properties(&self, packages: &BTreeMap<String, Package>) -> Vec<Value> {
        let mut all = vec![property("gitlab:meta:schema_version", "1")];
        match self {
            Self::Manifest(file) => {
                all.push(property("gitlab:dependency_scanning:input_file:path", file));
                let first = packages.values().find_map(|package| package.purl.as_deref());
                let by_purl = first.and_then(|purl| purl.strip_prefix("pkg:")?.split('/').next());
                let known = of_manifest(file).or_else(|| {
                    let kind = by_purl?;
                    Some((package_manager(kind)?.0, purl_type(kind)?))
                });
                if let Some((manager, kind)) = known {
                    all.push(property("gitlab:dependency_scanning:package_manager:name", manager));
                    let language = package_manager(kind).map(|(_, language)| language);
                    all.extend(language.map(|it| property("gitlab:dependency_scanning:language:name", it)));
                }
            }
            Self::Image { image, operating_system } => {
                let (name, tag) = image_and_tag(image);
                all.push(property("gitlab:container_scanning:image:name", name));
                all.push(property("gitlab:container_scanning:image:tag", tag));
                if let Some((name, version)) = operating_system.split_once(':') {
                    all.push(property("gitlab:container_scanning:operating_system:name", name));
                    all.push(property("gitlab:container_scanning:operating_system:version", version));
                }
            }
        }
        all
    }
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

fn image_and_tag(image: &str) -> (&str, &str) {
    let at = image.rfind('/').map_or(0, |at| at + 1);
    match image[at..].find([':', '@']) {
        Some(end) => (&image[..at + end], &image[at + end + 1..]),
        None => (image, "latest"),
    }
}

impl Package {
    fn of(place: &Place, vulnerability: &Vulnerability<'_>) -> Option<Self> {
        let dependency = super::dependency(&vulnerability.location)?;
        let text = |key: &str| match vulnerability.details.get(key) {
            Some(Detail::Text { value }) => Some(&**value),
            _ => None,
        };
        let (name, version) = (&*dependency.package.name, &*dependency.version);
        let said = text("package_url").or_else(|| text("purl")).filter(|purl| purl.starts_with("pkg:"));
        let made = || {
            let (by_file, system) = match place {
                Place::Manifest(file) => (of_manifest(file).map(|(_, kind)| kind), None),
                Place::Image { operating_system, .. } => (None, Some(&**operating_system)),
            };
            purl_of(text("package_type").and_then(purl_type).or(by_file)?, name, version, system)
        };
        let purl = said.map(str::to_owned).or_else(made);
        Some(Self { name: name.to_owned(), version: version.to_owned(), purl })
    }

    fn reference(&self) -> String {
        self.purl.clone().unwrap_or_else(|| format!("{}@{}", self.name, self.version))
    }
}

impl Inventory {
    /// The package of a finding that is in the output.
    pub(crate) fn take(&mut self, vulnerability: &Vulnerability<'_>, scanner: &ScannerReceipt) {
        let Some(place) = Place::of(&vulnerability.location) else {
            self.current.others.skip("cyclonedx: it is about no package", vulnerability);
            return;
        };
        let package = Package::of(&place, vulnerability);
        let (packages, account) = self.current.places.entry(place).or_default();
        account.add_scanner(scanner);
        account.count(vulnerability);
        if let Some(package) = package {
            packages.entry(package.reference()).or_insert(package);
        }
    }

    /// Lets the converter write the input anew, if it is a bill of materials.
    pub(crate) fn add_document(
        &mut self,
        settings: &Settings,
        scanner: Option<&ScannerReceipt>,
        write: impl FnOnce(&mut dyn Write) -> Result<Option<BillOfMaterials>, ConvertError>,
    ) -> Result<(), ConvertError> {
        let mut out = begin(&settings.temp_dir).map_err(ConvertError::Deliver)?;
        let Some(bill) = write(&mut out)? else { return Ok(()) };
        let mut account = std::mem::take(&mut self.current).into_account();
        scanner.into_iter().for_each(|scanner| account.add_scanner(scanner));
        bill.warnings.into_iter().for_each(|warning| account.warn(warning));
        self.documents.push(Document { out, account });
        Ok(())
    }

    /// Ends an input: the packages of its findings stay, unless it was written anew.
    pub(crate) fn end_input(&mut self) {
        let current = std::mem::take(&mut self.current);
        for (place, (packages, account)) in current.places {
            let (all, whole) = self.packages.places.entry(place).or_default();
            for (key, package) in packages {
                all.entry(key).or_insert(package);
            }
            whole.merge(account);
        }
        self.packages.others.merge(current.others);
    }

    /// Writes every document.
    pub(crate) fn finish(self, settings: &Settings) -> io::Result<Made> {
        let mut documents = self.documents;
        for (place, (packages, account)) in self.packages.places {
            let mut out = begin(&settings.temp_dir)?;
            write(&mut out, &place, &packages, &account, settings)?;
            documents.push(Document { out, account });
        }
        if let Some(first) = documents.first_mut() {
            first.account.merge(self.packages.others);
        }
        let mut made = Made::new();
        for Document { mut out, mut account } in documents {
            out.flush()?;
            if out.get_ref().as_file().metadata()?.len() > LIMIT {
                account.warn(
                    "it is over 1 MB, the size that GitLab takes by default; an administrator can raise ci_max_artifact_size_cyclonedx".to_owned(),
                );
            }
            let name = match made.len() {
                0 => "gl-sbom.cdx.json".to_owned(),
                before => format!("gl-sbom-{}.cdx.json", before + 1),
            };
            made.push(end(out, name, Format::CycloneDx, account)?);
        }
        Ok(made)
    }
}

impl Packages {
    fn into_account(self) -> Account {
        let mut whole = self.others;
        self.places.into_values().for_each(|(_, account)| whole.merge(account));
        whole
    }
}

/// The document of the packages at a place.
fn write(
    out: &mut dyn Write,
    place: &Place,
    packages: &BTreeMap<String, Package>,
    account: &Account,
    settings: &Settings,
) -> io::Result<()> {
    let own = json!({"type": "application", "name": "scanlift", "version": env!("CARGO_PKG_VERSION")});
    let scanners = account.scanners().map(|scanner| {
        let mut tool = json!({"type": "application", "name": scanner.name});
        if !matches!(&*scanner.version, "" | "unknown") {
            tool["version"] = json!(scanner.version);
        }
        tool
    });
    let tools: Vec<_> = std::iter::once(own).chain(scanners).collect();
    let mut metadata = json!({
        "timestamp": format!("{}Z", settings.now.as_str()),
        "tools": {"components": tools},
        "properties": place.properties(packages),
    });
    if let Place::Image { image, .. } = place {
        let (name, tag) = image_and_tag(image);
        metadata["component"] = json!({"type": "container", "bom-ref": image, "name": name, "version": tag});
    }
    let mut parts = vec![match place {
        Place::Manifest(file) => file.as_str(),
        Place::Image { image, .. } => image,
    }];
    parts.extend(packages.keys().map(String::as_str));
    let serial = uuid_v5(ID_NAMESPACE, &parts);
    write!(
        out,
        "{{\"$schema\":\"http://cyclonedx.org/schema/bom-1.6.schema.json\",\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"serialNumber\":\"urn:uuid:{serial}\",\"version\":1,\"metadata\":{metadata},\"components\":["
    )?;
    for (at, (reference, package)) in packages.iter().enumerate() {
        let mut component = json!({"type": "library", "bom-ref": reference, "name": package.name});
        if !package.version.is_empty() {
            component["version"] = json!(package.version);
        }
        if let Some(purl) = &package.purl {
            component["purl"] = json!(purl);
        }
        write!(out, "{}{component}", if at == 0 { "\n" } else { ",\n" })?;
    }
    out.write_all(b"\n]}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Dependency, DependencyLocation, Identifier, ImageLocation};

    fn finding(location: Location<'static>) -> Vulnerability<'static> {
        Vulnerability::new(Identifier::new("cve", "CVE-1", "CVE-1").expect("parts are filled"), location)
    }

    #[test]
    fn packages_are_listed_by_their_place() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let settings = Settings { temp_dir: folder.path().to_owned(), ..Settings::default() };
        let mut inventory = Inventory::default();
        let scanner = ScannerReceipt { id: "acme".into(), name: "Acme".into(), version: "1".into() };
        for name in ["@scope/a", "b", "b"] {
            let place = DependencyLocation::new("web/yarn.lock", Dependency::new(name, "1.0"));
            inventory.take(&finding(Location::DependencyScanning(place)), &scanner);
        }
        let image = ImageLocation::new("r.example:5000/app:2", "debian:12", Dependency::new("bash", "5"));
        let mut in_image = finding(Location::ContainerScanning(image));
        in_image.details.text("package_type", "Package type", "deb");
        inventory.take(&in_image, &scanner);
        inventory.end_input();

        let mut documents = Vec::new();
        for (export, receipt) in inventory.finish(&settings)? {
            let json: Value = serde_json::from_reader(std::fs::File::open(export.file.path())?)?;
            documents.push((export.file_name, json, receipt.findings));
        }
        assert_eq!(documents.len(), 2);
        let (name, npm, findings) = &documents[0];
        assert_eq!((&**name, *findings), ("gl-sbom.cdx.json", 3));
        let purls: Vec<_> =
            npm["components"].as_array().into_iter().flatten().map(|one| one["purl"].clone()).collect();
        assert_eq!(purls, [json!("pkg:npm/%40scope/a@1.0"), json!("pkg:npm/b@1.0")]);
        assert_eq!(
            npm["metadata"]["properties"],
            json!([
                {"name": "gitlab:meta:schema_version", "value": "1"},
                {"name": "gitlab:dependency_scanning:input_file:path", "value": "web/yarn.lock"},
                {"name": "gitlab:dependency_scanning:package_manager:name", "value": "yarn"},
                {"name": "gitlab:dependency_scanning:language:name", "value": "JavaScript"},
            ])
        );
        let (name, image, _) = &documents[1];
        assert_eq!(name, "gl-sbom-2.cdx.json");
        assert_eq!(image["components"][0]["purl"], "pkg:deb/debian/bash@5?distro=debian-12");
        assert_eq!(image["metadata"]["component"]["name"], "r.example:5000/app");
        assert_eq!(image["metadata"]["properties"][2]["value"], "2");
        Ok(())
    }
}
