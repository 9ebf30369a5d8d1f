use crate::{Extra, Text, extra::Object, link::is_url};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;

/// A reference that names a vulnerability in some database (schema `identifiers[]`).
///
/// `type` and `value` are its identity, case sensitive; `name` and `url` are for display.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Identifier<'a> {
    /// Whose numbering it is: `cve`, `cwe`, `ghsa`, `owasp`, `semgrep_rule_id` ...
    #[serde(rename = "type")]
    pub kind: Text<'a>,
    /// What people read.
    pub name: Text<'a>,
    /// The value within the numbering; for `cwe` the bare number.
    pub value: Text<'a>,
    /// Documentation; always an http, https or ftp address.
    pub url: Option<Text<'a>>,
    /// Unknown fields of a report that was read.
    #[serde(flatten)]
    pub extra: Extra,
}

/// By hand: what is flattened is written slowly, and there are several in every vulnerability.
impl Serialize for Identifier<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Object::begin(serializer, &self.extra)?;
        object.entry("type", &self.kind)?;
        object.entry("name", &self.name)?;
        object.entry("value", &self.value)?;
        if let Some(url) = &self.url {
            object.entry("url", url)?;
        }
        object.end()
    }
}

impl<'a> Identifier<'a> {
    /// An identifier; `None` if a part is blank, since that would cost the whole report.
    #[must_use]
    pub fn new(
        kind: impl Into<Text<'a>>,
        name: impl Into<Text<'a>>,
        value: impl Into<Text<'a>>,
    ) -> Option<Self> {
        let (kind, name, value) = (kind.into(), name.into(), value.into());
        let filled = [&kind, &name, &value].iter().all(|part| !part.trim().is_empty());
        filled.then_some(Self { kind, name, value, url: None, extra: Extra::default() })
    }

    /// The identifier with a link, unless the link is none that GitLab takes.
    #[must_use]
    pub fn with_url(mut self, url: impl Into<Text<'a>>) -> Self {
        let url = url.into();
        if is_url(&url) {
            self.url = Some(url);
        }
        self
    }

    /// `CWE-<number>` with MITRE's page.
    #[must_use]
    pub fn cwe(number: u32) -> Self {
        Self {
            kind: Cow::Borrowed("cwe"),
            name: Cow::Owned(format!("CWE-{number}")),
            value: Cow::Owned(number.to_string()),
            url: Some(Cow::Owned(format!("https://cwe.mitre.org/data/definitions/{number}.html"))),
            extra: Extra::default(),
        }
    }

    /// Whether GitLab leaves it out of account when it looks for duplicates (`cwe`, `wasc`).
    #[must_use]
    pub fn is_ignored_in_deduplication(&self) -> bool {
        self.kind.eq_ignore_ascii_case("cwe") || self.kind.eq_ignore_ascii_case("wasc")
    }

    /// The same identifier, borrowed; for tables of rules that many findings share.
    #[must_use]
    pub fn borrowed(&self) -> Identifier<'_> {
        Identifier {
            kind: Cow::Borrowed(&self.kind),
            name: Cow::Borrowed(&self.name),
            value: Cow::Borrowed(&self.value),
            url: self.url.as_deref().map(Cow::Borrowed),
            extra: self.extra.clone(),
        }
    }

    /// The same identifier, owned.
    #[must_use]
    pub fn into_owned(self) -> Identifier<'static> {
        let owned = |text: Text<'_>| Cow::Owned(text.into_owned());
        Identifier {
            kind: owned(self.kind),
            name: owned(self.name),
            value: owned(self.value),
            url: self.url.map(owned),
            extra: self.extra,
        }
    }

    /// Whether both name the same thing: equal type and value.
    #[must_use]
    pub fn is_same(&self, other: &Identifier<'_>) -> bool {
        self.kind == other.kind && self.value == other.value
    }
}

/// The identifiers of a vulnerability: at least one, no repetition; the first is the primary
/// identifier, a part of the vulnerability's identity in GitLab.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Identifiers<'a>(Vec<Identifier<'a>>);

impl<'a> Identifiers<'a> {
    /// How many identifiers GitLab stores.
    pub const MAX: usize = 20;

    /// Starts with the primary identifier.
    #[must_use]
    pub fn new(primary: Identifier<'a>) -> Self {
        let mut all = Vec::with_capacity(4);
        all.push(primary);
        Self(all)
    }

    /// The identifiers as they are; `None` if there is none.
    #[must_use]
    pub fn from_vec(identifiers: Vec<Identifier<'a>>) -> Option<Self> {
        (!identifiers.is_empty()).then_some(Self(identifiers))
    }

    /// The identifier that is part of the identity.
    #[must_use]
    pub fn primary(&self) -> &Identifier<'a> {
        &self.0[0]
    }

    /// Adds one at the end unless it is there already.
    pub fn push(&mut self, identifier: Identifier<'a>) {
        if !self.0.iter().any(|known| known.is_same(&identifier)) {
            self.0.push(identifier);
        }
    }

    /// Adds several.
    pub fn extend(&mut self, identifiers: impl IntoIterator<Item = Identifier<'a>>) {
        for identifier in identifiers {
            self.push(identifier);
        }
    }

    /// All of them, the primary one first.
    pub fn iter(&self) -> std::slice::Iter<'_, Identifier<'a>> {
        self.0.iter()
    }

    /// The same, to be changed in place.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Identifier<'a>> {
        self.0.iter_mut()
    }

    /// Makes the first identifier that `specific` accepts the primary one, and says whether there
    /// is one.
    pub fn promote(&mut self, specific: impl FnMut(&Identifier<'a>) -> bool) -> bool {
        match self.0.iter().position(specific) {
            Some(at) => {
                self.0[..=at].rotate_right(1);
                true
            }
            None => false,
        }
    }

    /// Puts a new primary identifier before all others.
    pub fn prepend(&mut self, primary: Identifier<'a>) {
        self.0.retain(|known| !known.is_same(&primary));
        self.0.insert(0, primary);
    }

    /// Orders those behind the primary one; equal ranks keep their order.
    pub fn sort_rest_by_key<K: Ord>(&mut self, rank: impl FnMut(&Identifier<'a>) -> K) {
        self.0[1..].sort_by_key(rank);
    }

    /// Takes those behind the primary one that `keep` refuses out, and returns them.
    pub fn take_rest(&mut self, mut keep: impl FnMut(&Identifier<'a>) -> bool) -> Vec<Identifier<'a>> {
        if self.0[1..].iter().all(&mut keep) {
            return Vec::new();
        }
        let rest = self.0.split_off(1);
        let (kept, taken) = rest.into_iter().partition(keep);
        self.0.extend::<Vec<_>>(kept);
        taken
    }

    /// Takes those past [`Self::MAX`] off, and returns them.
    pub fn take_overflow(&mut self) -> Vec<Identifier<'a>> {
        self.0.split_off(self.0.len().min(Self::MAX))
    }

    /// How many there are; never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'i, 'a> IntoIterator for &'i Identifiers<'a> {
    type Item = &'i Identifier<'a>;
    type IntoIter = std::slice::Iter<'i, Identifier<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
