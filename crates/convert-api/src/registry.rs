//! The converters that a program knows.

use crate::{Converter, Descriptor, Match};
use std::fmt;

/// A converter that a crate registers with [`register!`](crate::register).
pub struct Registration(pub &'static dyn Converter);

inventory::collect!(Registration);

/// Registers a converter with every program that links its crate.
///
/// A crate that no code names is not linked: name it once with `use acme_convert as _;`.
#[macro_export]
macro_rules! register {
    ($converter:expr) => {
        $crate::inventory::submit! { $crate::Registration(&$converter) }
    };
}

/// The converters that a program knows, ordered by id.
#[derive(Clone)]
pub struct Registry {
    converters: Vec<&'static dyn Converter>,
}

impl Registry {
    /// A registry of just these; the way for programs that link without life before `main`
    /// (wasm, static libraries).
    ///
    /// # Errors
    /// If two have the same id.
    pub fn new(converters: impl IntoIterator<Item = &'static dyn Converter>) -> Result<Self, DuplicateId> {
        let mut converters: Vec<_> = converters.into_iter().collect();
        converters.sort_by_key(|converter| converter.descriptor().id);
        for pair in converters.windows(2) {
            if pair[0].descriptor().id == pair[1].descriptor().id {
                return Err(DuplicateId(pair[0].descriptor().id));
            }
        }
        Ok(Self { converters })
    }

    /// A registry of all that were registered.
    ///
    /// # Errors
    /// If two have the same id.
    pub fn linked() -> Result<Self, DuplicateId> {
        Self::new(inventory::iter::<Registration>.into_iter().map(|registration| registration.0))
    }

    /// The converter of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&'static dyn Converter> {
        self.iter().find(|converter| converter.descriptor().id == id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Converter> {
        self.converters.iter().copied()
    }

    /// Those that are surest of a document, by its first bytes: none if nobody knows it, several
    /// if it cannot be told.
    #[must_use]
    pub fn detect(&self, head: &[u8]) -> (Match, Vec<&'static Descriptor>) {
        let mut best = (Match::Maybe, Vec::new());
        for converter in self.iter() {
            let matched = converter.sniff(head);
            if matched > best.0 {
                best = (matched, Vec::new());
            }
            if matched == best.0 {
                best.1.push(converter.descriptor());
            }
        }
        if best.1.is_empty() { (Match::No, best.1) } else { best }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|converter| converter.descriptor().id)).finish()
    }
}

/// Two converters with one id. Display reads after "failed to".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("register the converter {0}: the id is taken")]
pub struct DuplicateId(pub &'static str);
