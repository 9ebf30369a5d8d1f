//! The products of a document (CSAF 2.0 §3.2.2).

use super::model::{FullProductName, ProductGroup, Relationship};
use crate::{Thing, range::Range};
use scanlift_convert_api::ConvertError;
use scanlift_convert_api::json::{Fields, Kind, Reader};
use std::{collections::HashMap, io::Read, sync::Arc};

/// How many groups of a product are told.
const MOST_GROUPS: usize = 50;

/// How many relationships may stand upon each other.
const DEEPEST: usize = 8;

/// The products by their ids.
#[derive(Debug, Default)]
pub struct ProductTree {
    products: HashMap<String, Product>,
    relationships: HashMap<String, Related>,
    groups: HashMap<String, Vec<String>>,
    /// While the tree is read: branches, each with its parent, and what stands on them.
    branches: Vec<Branch>,
    leaves: Vec<(Option<usize>, FullProductName)>,
}

/// A product as a document names it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Product {
    /// Its full name: `Acme Router 1.0`.
    pub name: String,
    /// What a package manager, or a person, would call it: `Router`.
    pub package: String,
    /// Its version; may be empty.
    pub version: String,
    /// The range of its versions, where it is about several.
    pub range: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// What statements about it are about.
    pub thing: Arc<Thing>,
}

/// A product that a statement names: by itself, or as part of another.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct About<'t> {
    /// The product.
    pub product: &'t Product,
    /// What it is part of.
    pub within: Option<&'t Product>,
    /// The name of both together.
    pub name: &'t str,
}

#[derive(Debug)]
struct Related {
    name: String,
    product: String,
    within: String,
}

#[derive(Debug, Default)]
struct Branch {
    parent: Option<usize>,
    category: String,
    name: String,
}

impl ProductTree {
    /// Reads `product_tree`.
    pub(super) fn read<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        fields: &mut Fields,
    ) -> Result<(), ConvertError> {
        if !fields.is(Kind::Object, reader)? {
            return Ok(());
        }
        reader.each_key(|key, reader| match key {
            "branches" => self.read_branches(None, reader, fields),
            "full_product_names" => each(reader, fields, |product| self.leaves.push((None, product))),
            "relationships" => each(reader, fields, |relationship| self.relate(relationship)),
            "product_groups" => each(reader, fields, |group| self.group(group)),
            _ => Ok(()),
        })
    }

    /// The depth is bounded by the reader.
    fn read_branches<R: Read>(
        &mut self,
        parent: Option<usize>,
        reader: &mut Reader<R>,
        fields: &mut Fields,
    ) -> Result<(), ConvertError> {
        if !fields.is(Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            if !fields.is(Kind::Object, reader)? {
                return Ok(());
            }
            let own = self.branches.len();
            self.branches.push(Branch { parent, ..Branch::default() });
            reader.each_key(|key, reader| {
                match key {
                    "category" => self.branches[own].category = fields.text(reader)?.unwrap_or_default(),
                    "name" => self.branches[own].name = fields.text(reader)?.unwrap_or_default(),
                    "product" => {
                        self.leaves.extend(fields.object(reader)?.map(|product| (Some(own), product)))
                    }
                    "branches" => self.read_branches(Some(own), reader, fields)?,
                    _ => {}
                }
                Ok::<_, ConvertError>(())
            })
        })
    }

    fn relate(&mut self, relationship: Relationship) {
        let (Some(full), Some(product), Some(within)) = (
            relationship.full_product_name,
            relationship.product_reference,
            relationship.relates_to_product_reference,
        ) else {
            return;
        };
        let Some(id) = full.product_id.clone() else { return };
        let named = full.product_identification_helper.is_some();
        let name = full.name.clone().unwrap_or_default();
        // What has an id of its own needs no other product to be told.
        if named {
            self.leaves.push((None, full));
        }
        self.relationships.insert(id, Related { name, product, within });
    }

    fn group(&mut self, group: ProductGroup) {
        let Some(id) = group.group_id else { return };
        for product in group.product_ids {
            let groups = self.groups.entry(product).or_default();
            if groups.len() < MOST_GROUPS {
                groups.push(id.clone());
            }
        }
    }

    /// Names the products, now that all branches are known.
    pub(super) fn settle(&mut self) {
        for (branch, full) in std::mem::take(&mut self.leaves) {
            let Some(id) = full.product_id.clone().filter(|id| !id.trim().is_empty()) else { continue };
            let product = self.named(branch, full, &id);
            self.products.insert(id, product);
        }
        self.branches = Vec::new();
    }

    fn named(&self, mut branch: Option<usize>, full: FullProductName, id: &str) -> Product {
        let (mut name, mut version, mut range, mut vendor) = (None, None, None, None);
        while let Some(at) = branch.and_then(|at| self.branches.get(at)) {
            let field = match at.category.as_str() {
                "product_name" => &mut name,
                "product_version" => &mut version,
                "product_version_range" => &mut range,
                "vendor" => &mut vendor,
                _ => &mut None,
            };
            field.get_or_insert_with(|| at.name.trim().to_owned());
            branch = at.parent;
        }
        let full_name = full.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.to_owned());
        let mut thing = Thing { id: id.to_owned(), ..Thing::default() };
        let helper = full.product_identification_helper.unwrap_or_default();
        let purls: Vec<String> = helper.purl.into_iter().chain(helper.purls).collect();
        for purl in &purls {
            thing.add_purl(purl);
        }
        thing.cpe = helper.cpe;
        let rpm = rpm(&full_name).or_else(|| version.as_deref().and_then(rpm));
        let (package, version) = match (name, rpm) {
            (Some(name), _) => (name, version),
            (None, Some((name, version))) => (name.to_owned(), Some(version.to_owned())),
            (None, None) => match (version.filter(|version| *version != full_name), versioned(&full_name)) {
                (None, Some((name, version))) => (name.to_owned(), Some(version.to_owned())),
                (version, _) => (full_name.clone(), version),
            },
        };
        let version = version.unwrap_or_default();
        // Some publishers write a range where a version is asked for.
        let is_range = Range::is(&version);
        let range = range.or_else(|| is_range.then(|| version.clone()));
        let version = if is_range { String::new() } else { version };
        thing.names.push(package.clone());
        if full_name != package {
            thing.names.push(full_name.clone());
        }
        thing.set_version(range.as_deref().unwrap_or(&version));
        Product {
            name: full_name,
            package,
            version,
            range,
            vendor,
            purl: purls.into_iter().next(),
            thing: Arc::new(thing),
        }
    }

    /// The product of an id; `None` if the tree does not have it.
    #[must_use]
    pub fn about(&self, id: &str) -> Option<About<'_>> {
        let Some(related) = self.relationships.get(id) else {
            return self.products.get(id).map(|product| About { product, within: None, name: &product.name });
        };
        // A part of a part is a part of the whole.
        let within = self.follow(&related.within, |related| &related.within);
        match self.products.get(id).or_else(|| self.follow(&related.product, |related| &related.product)) {
            Some(product) => Some(About { product, within, name: &related.name }),
            None => within.map(|product| About { product, within: None, name: &related.name }),
        }
    }

    fn follow<'t>(&'t self, mut id: &'t str, next: impl Fn(&'t Related) -> &'t str) -> Option<&'t Product> {
        for _ in 0..DEEPEST {
            if let Some(product) = self.products.get(id) {
                return Some(product);
            }
            id = next(self.relationships.get(id)?);
        }
        None
    }

    /// The groups that a product is in.
    #[must_use]
    pub fn groups_of(&self, product: &str) -> &[String] {
        self.groups.get(product).map_or(&[], Vec::as_slice)
    }

    /// How many products there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.products.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }
}

/// The objects of a list.
fn each<R: Read, T: serde::de::DeserializeOwned>(
    reader: &mut Reader<R>,
    fields: &mut Fields,
    mut take: impl FnMut(T),
) -> Result<(), ConvertError> {
    if !fields.is(Kind::Array, reader)? {
        return Ok(());
    }
    reader.each_item(|_, reader| {
        fields.object(reader)?.into_iter().for_each(&mut take);
        Ok(())
    })
}

/// Name and version of an RPM by its file name, `openssl-1:1.1.1k-8.el8_6.x86_64`: vendors of Linux
/// name products so.
fn rpm(text: &str) -> Option<(&str, &str)> {
    const ARCHITECTURES: [&str; 12] = [
        "aarch64", "armv7hl", "i386", "i486", "i586", "i686", "noarch", "ppc64", "ppc64le", "s390x", "src",
        "x86_64",
    ];
    let text = text.strip_suffix(".rpm").unwrap_or(text);
    let (text, _) = text.rsplit_once('.').filter(|(_, last)| ARCHITECTURES.contains(last))?;
    let (front, _release) = text.rsplit_once('-')?;
    let (name, version) = front.rsplit_once('-')?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    (is_version && !name.is_empty()).then(|| (name, &text[name.len() + 1..]))
}

/// A name that ends in a version, `Acme App 1.0`: without branches it is in one text.
fn versioned(text: &str) -> Option<(&str, &str)> {
    const NO_NAME: [&str; 9] = ["<", "<=", ">", ">=", "before", "than", "through", "to", "until"];
    let (name, version) = text.trim().rsplit_once(char::is_whitespace)?;
    let name = name.trim_end();
    let is_version = version.strip_prefix('v').unwrap_or(version).starts_with(|c: char| c.is_ascii_digit());
    let last = name.rsplit(char::is_whitespace).next().unwrap_or_default().to_ascii_lowercase();
    let is_one = is_version && !version.ends_with([')', ',']) && !NO_NAME.contains(&last.as_str());
    let name = if last == "version" { name[..name.len() - last.len()].trim_end() } else { name };
    (is_one && !name.is_empty()).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rpms_are_told_by_their_file_names() {
        for (text, want) in [
            ("openssl-1:1.1.1k-8.el8_6.x86_64", Some(("openssl", "1:1.1.1k-8.el8_6"))),
            ("openssl-libs-1:1.1.1k-8.el8_6.src.rpm", Some(("openssl-libs", "1:1.1.1k-8.el8_6"))),
            ("Generic App 1.0.0", None),
            ("openssl.x86_64", None),
            ("openssl-x-y.x86_64", None),
        ] {
            assert_eq!(rpm(text), want, "{text}");
        }
    }

    #[test]
    fn names_lose_their_version() {
        for (text, want) in [
            ("Acme App 1.0.0", Some(("Acme App", "1.0.0"))),
            ("Acme App version 2", Some(("Acme App", "2"))),
            ("Acme App v2-rc.1", Some(("Acme App", "v2-rc.1"))),
            ("Acme App before 2.0", None),
            ("Acme Linux 8 BaseOS", None),
            ("Acme Linux (v.8.6)", None),
            ("Product A", None),
            ("version 2", None),
            ("2.0", None),
        ] {
            assert_eq!(versioned(text), want, "{text}");
        }
    }

    #[test]
    fn products_are_named_by_their_branches() -> Result<(), ConvertError> {
        // `branches` stands before `category` and `name`, as documents with sorted keys have it.
        let text = r#"{"product_tree": {"branches": [{"branches": [{"branches": [
            {"category": "product_version", "name": "1.0", "product": {"name": "Acme App 1.0", "product_id": "A"}},
            {"category": "product_version_range", "name": "vers:generic/<2", "product": {"name": "Acme App < 2", "product_id": "B"}}],
            "category": "product_name", "name": "App"}], "category": "vendor", "name": "Acme"}],
            "full_product_names": [{"name": "Lib", "product_id": "L",
              "product_identification_helper": {"purl": "pkg:npm/lib@1"}}, 7, {"name": "no id"}],
            "relationships": [
              {"category": "default_component_of", "product_reference": "L", "relates_to_product_reference": "A",
               "full_product_name": {"name": "Lib in App", "product_id": "L:A"}},
              {"product_reference": "L:A", "relates_to_product_reference": "L:A",
               "full_product_name": {"name": "loop", "product_id": "loop"}},
              {"product_reference": "X", "relates_to_product_reference": "X",
               "full_product_name": {"name": "X", "product_id": "X"}}],
            "product_groups": [{"group_id": "G", "product_ids": ["A", "B"]}]},
            "document": {"csaf_version": "2.0"}}"#;
        let (_, tree, warnings) = super::super::outline(&mut Reader::new(text.as_bytes()))?;
        let a = tree.about("A").expect("it is there").product;
        assert_eq!((&*a.package, &*a.version, a.vendor.as_deref()), ("App", "1.0", Some("Acme")));
        let range = tree.about("B").expect("it is there").product;
        assert!(range.thing.versions.as_ref().is_some_and(|range| range.has("1.9") && !range.has("2.0")));
        let part = tree.about("L:A").expect("it is there");
        assert_eq!((&*part.product.name, part.within.map(|it| &*it.name)), ("Lib", Some("Acme App 1.0")));
        assert_eq!(tree.about("loop").map(|it| it.product.package.as_str()), Some("Lib"));
        assert!(tree.about("X").is_none());
        assert_eq!(tree.groups_of("B"), ["G"]);
        assert_eq!(warnings.len(), 1);
        Ok(())
    }
}
