//! A statement of OpenVEX, of any version.

use crate::statement::time;
use jiff::Timestamp;
use scanlift_convert_api::{
    advisory,
    json::{self, Loose, TextOr},
};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// An entry of `statements` (OpenVEX 0.2.0, "Statement").
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Statement<'a> {
    /// `@id`.
    #[serde(borrow, rename = "@id")]
    pub id: Option<Loose<'a>>,
    /// When it was made.
    pub timestamp: Option<Loose<'a>>,
    /// When it was last changed.
    pub last_updated: Option<Loose<'a>>,
    /// In version 0.0.1 a text.
    #[serde(deserialize_with = "text_or_object")]
    pub vulnerability: Vulnerability<'a>,
    /// In version 0.0.1, beside the vulnerability.
    pub vuln_description: Option<Loose<'a>>,
    /// In version 0.0.1 texts.
    #[serde(deserialize_with = "json::list")]
    pub products: Vec<Product<'a>>,
    /// In version 0.0.1, for all products.
    #[serde(deserialize_with = "json::list")]
    pub subcomponents: Vec<Component<'a>>,
    /// `not_affected`, `affected`, `fixed` or `under_investigation`.
    pub status: Option<Loose<'a>>,
    /// How it came to the status.
    pub status_notes: Option<Loose<'a>>,
    /// Why a product is not affected, by a label.
    pub justification: Option<Loose<'a>>,
    /// Why a product is not affected, in words.
    pub impact_statement: Option<Loose<'a>>,
    /// What to do where a product is affected.
    pub action_statement: Option<Loose<'a>>,
    /// When that was said.
    pub action_statement_timestamp: Option<Loose<'a>>,
}

/// What a statement is about (OpenVEX 0.2.0, "Vulnerability").
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Vulnerability<'a> {
    /// `@id`: an address.
    #[serde(borrow, rename = "@id")]
    pub iri: Option<Loose<'a>>,
    /// Its id, as `CVE-2021-44228`.
    pub name: Option<Loose<'a>>,
    /// In words.
    pub description: Option<Loose<'a>>,
    /// Its ids elsewhere.
    #[serde(deserialize_with = "json::list")]
    pub aliases: Vec<Loose<'a>>,
}

/// A product, with the parts of it that are meant.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Product<'a> {
    /// The product itself.
    pub component: Component<'a>,
    /// Parts of it.
    pub subcomponents: Vec<Component<'a>>,
}

/// A product or component (OpenVEX 0.2.0, "Component").
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Component<'a> {
    /// `@id`: a package URL, an address, or anything.
    pub id: Option<Loose<'a>>,
    /// More ids, by their kind.
    pub identifiers: Identifiers<'a>,
    /// Who makes it.
    pub supplier: Option<Loose<'a>>,
}

/// Software identifiers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Identifiers<'a> {
    /// A package URL.
    #[serde(borrow)]
    pub purl: Option<Loose<'a>>,
    /// A CPE 2.2.
    pub cpe22: Option<Loose<'a>>,
    /// A CPE 2.3.
    pub cpe23: Option<Loose<'a>>,
}

impl Vulnerability<'_> {
    /// What it is called: its name, else the first alias, else the last part of its address.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        let aliases = self.aliases.iter().map(|alias| &**alias);
        let names = self.name.as_deref().into_iter().chain(aliases).map(str::trim);
        names.chain(self.id_of_address()).chain(self.iri.as_deref()).find(|id| !id.trim().is_empty())
    }

    /// The id that its address ends in, if it is one of a known database.
    fn id_of_address(&self) -> Option<&str> {
        let last = self.iri.as_deref()?.trim_end_matches('/').rsplit(['/', '=', '#']).next()?;
        advisory::kind(last).map(|_| last)
    }

    /// Its other ids.
    pub fn other_ids(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().map(|alias| alias.trim()).filter(|alias| !alias.is_empty());
        aliases.chain(self.id_of_address()).filter(|id| Some(*id) != self.id())
    }
}

impl Statement<'_> {
    /// When it was last changed; `None` if it does not say so itself.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        let times = [&self.timestamp, &self.last_updated];
        times.into_iter().flatten().filter_map(|text| time(text)).max()
    }
}

/// As an object; older versions have the id alone.
#[derive(Deserialize)]
struct ProductObject<'a> {
    #[serde(borrow, default, rename = "@id")]
    id: Option<Loose<'a>>,
    /// The spelling of some early documents.
    #[serde(default, rename = "id")]
    plain_id: Option<Loose<'a>>,
    #[serde(default)]
    identifiers: Option<Identifiers<'a>>,
    #[serde(default)]
    supplier: Option<Loose<'a>>,
    #[serde(default, deserialize_with = "json::list")]
    subcomponents: Vec<Component<'a>>,
}

impl<'a> From<Cow<'a, str>> for Vulnerability<'a> {
    fn from(name: Cow<'a, str>) -> Self {
        Self { name: Some(Loose(name)), ..Self::default() }
    }
}

impl<'a> From<Cow<'a, str>> for Component<'a> {
    fn from(id: Cow<'a, str>) -> Self {
        Self { id: Some(Loose(id)), ..Self::default() }
    }
}

impl<'a> From<Cow<'a, str>> for Product<'a> {
    fn from(id: Cow<'a, str>) -> Self {
        Self { component: id.into(), ..Self::default() }
    }
}

impl<'a> From<ProductObject<'a>> for Component<'a> {
    fn from(object: ProductObject<'a>) -> Self {
        Self {
            id: object.id.or(object.plain_id),
            identifiers: object.identifiers.unwrap_or_default(),
            supplier: object.supplier,
        }
    }
}

impl<'a> From<ProductObject<'a>> for Product<'a> {
    fn from(mut object: ProductObject<'a>) -> Self {
        Self { subcomponents: std::mem::take(&mut object.subcomponents), component: object.into() }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Component<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TextOr::<'de, ProductObject<'de>>::deserialize(deserializer).map(meant)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Product<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TextOr::<'de, ProductObject<'de>>::deserialize(deserializer).map(meant)
    }
}

fn text_or_object<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Vulnerability<'a>, D::Error> {
    let found = Option::<TextOr<'de, Vulnerability<'de>>>::deserialize(deserializer)?;
    Ok(found.map(meant).unwrap_or_default())
}

/// From an id alone or an object to what both mean.
fn meant<'a, O: Into<T>, T: From<Cow<'a, str>>>(found: TextOr<'a, O>) -> T {
    match found {
        TextOr::Text(id) => T::from(id.into_cow()),
        TextOr::Other(object) => object.into(),
    }
}
