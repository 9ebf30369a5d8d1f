//! A value that was taken out of its document.

use super::error::{Cause, Error};
use super::{Kind, Raw, Reader, Repair};
use crate::Warning;
use serde::Deserialize;
use std::cell::Cell;
use std::fmt;
use std::io::Read;

/// A value that a record is read of: the one at a [`Reader`]'s cursor, or an [`Item`] that was taken
/// out of the document.
pub trait Value {
    /// What kind of value it is.
    ///
    /// # Errors
    /// When no value starts here, or the stream fails.
    fn peek(&mut self) -> Result<Kind, Error>;

    /// Where it stands, as `runs[0].results[3]`.
    fn path(&self) -> String;

    /// Parses it, and mends it when it does not fit: see [`Repair`].
    ///
    /// # Errors
    /// As [`Reader::parse_lenient`].
    fn parse_lenient<'a, T: Deserialize<'a>>(
        &'a mut self,
        repair: &'a mut Repair,
    ) -> Result<(T, &'a [Warning]), Error>;
}

impl<R: Read> Value for Reader<R> {
    fn peek(&mut self) -> Result<Kind, Error> {
        Self::peek(self)
    }

    fn path(&self) -> String {
        Self::path(self)
    }

    fn parse_lenient<'a, T: Deserialize<'a>>(
        &'a mut self,
        repair: &'a mut Repair,
    ) -> Result<(T, &'a [Warning]), Error> {
        Self::parse_lenient(self, repair)
    }
}

/// A value as it was taken out of the document, for whichever thread reads it.
pub struct Item<'a> {
    pub(super) kind: Kind,
    pub(super) place: Place<'a>,
    /// Or why it could not be taken out as a whole: it is larger than what may be held.
    pub(super) text: Result<Raw<'a>, Cell<Option<Error>>>,
}

/// Where an item stands.
#[derive(Clone, Debug)]
pub(super) enum Place<'a> {
    /// In the list of that path.
    List(&'a str, u64),
    Path(String),
}

impl<'a> Item<'a> {
    /// The value at the cursor.
    ///
    /// # Errors
    /// As [`Reader::value`].
    pub fn at<R: Read>(reader: &'a mut Reader<R>) -> Result<Self, Error> {
        let kind = reader.peek()?;
        let place = Place::Path(reader.path());
        Ok(Self { kind, place, text: Ok(reader.value()?) })
    }

    /// Its number in its list, from 0; 0 if it stands in none.
    #[must_use]
    pub fn index(&self) -> u64 {
        match &self.place {
            Place::List(_, index) => *index,
            Place::Path(_) => 0,
        }
    }

    /// Where it stands, as `runs[0].results[3]`.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.place {
            Place::List(list, index) => format!("{list}[{index}]"),
            Place::Path(path) => path.clone(),
        }
    }

    /// Parses it, and mends it when it does not fit: see [`Repair`].
    ///
    /// # Errors
    /// As [`Reader::parse_lenient`].
    pub fn parse_lenient<'i, T: Deserialize<'i>>(
        &'i self,
        repair: &'i mut Repair,
    ) -> Result<(T, &'i [Warning]), Error> {
        match &self.text {
            Ok(raw) => repair.parse(raw.text).map_err(|error| error.inside(self.path(), raw.offset)),
            Err(error) => {
                let again = || Error::new(Cause::Size(0), self.path(), 0);
                Err(error.take().unwrap_or_else(again))
            }
        }
    }
}

impl Value for Item<'_> {
    fn peek(&mut self) -> Result<Kind, Error> {
        Ok(self.kind)
    }

    fn path(&self) -> String {
        Item::path(self)
    }

    fn parse_lenient<'a, T: Deserialize<'a>>(
        &'a mut self,
        repair: &'a mut Repair,
    ) -> Result<(T, &'a [Warning]), Error> {
        Item::parse_lenient(self, repair)
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("path", &self.path()).finish_non_exhaustive()
    }
}
