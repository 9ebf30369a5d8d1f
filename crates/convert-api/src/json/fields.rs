//! What stands beside the records: the head of a document, its tool, its target.

use super::records::is_of_value;
use super::{Error, Kind, Loose, Reader, Repair};
use crate::{ConvertError, Warning};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io::Read;

/// Reads fields that may be of any type, and keeps account of those that had to be left out.
///
/// ```
/// use scanlift_convert_api::json::{Fields, Reader};
///
/// let mut fields = Fields::default();
/// let mut version = None;
/// Reader::new(&br#"{"version": 7, "other": []}"#[..]).each_key(|key, reader| {
///     if key == "version" {
///         version = fields.text(reader)?;
///     }
///     Ok::<_, scanlift_convert_api::ConvertError>(())
/// })?;
/// assert_eq!(version.as_deref(), Some("7"));
/// # Ok::<(), scanlift_convert_api::ConvertError>(())
/// ```
#[derive(Debug, Default)]
pub struct Fields {
    /// What had to be left out.
    pub warnings: Vec<Warning>,
    repair: Repair,
}

impl Fields {
    /// Whether the value is of this kind; what is neither of it nor null is told.
    ///
    /// # Errors
    /// When no value starts here.
    pub fn is<R: Read>(&mut self, kind: Kind, reader: &mut Reader<R>) -> Result<bool, ConvertError> {
        let found = reader.peek()?;
        if found != kind && found != Kind::Null {
            self.warnings.push(Warning::FieldDropped {
                path: reader.path(),
                problem: format!("expected {kind}, found {found}"),
            });
        }
        Ok(found == kind)
    }

    /// A text, or a number or truth value as one; `None` if it is blank, null or of another kind.
    ///
    /// # Errors
    /// When the document cannot be read on.
    pub fn text<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Option<String>, ConvertError> {
        if matches!(reader.peek()?, Kind::Object | Kind::Array) {
            return self.is(Kind::String, reader).map(|_| None);
        }
        let (text, told) = match reader.parse_lenient::<Option<Loose<'_>>>(&mut self.repair) {
            Ok((text, told)) => (text.map(|text| text.into_cow().into_owned()), told.to_vec()),
            Err(error) => return forgive(error, &mut self.warnings).map(|()| None),
        };
        self.warnings.extend(told.iter().map(|warning| warning.below(&reader.path())));
        Ok(text.filter(|text| !text.trim().is_empty()))
    }

    /// A list of texts, empty if it is of another kind.
    ///
    /// # Errors
    /// When the document cannot be read on.
    pub fn texts<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<Vec<String>, ConvertError> {
        if !self.is(Kind::Array, reader)? {
            return Ok(Vec::new());
        }
        let texts: Option<Vec<String>> = self.parse(reader)?;
        Ok(texts.unwrap_or_default())
    }

    /// An object of a head, less the fields that do not fit; `None` if it is no object.
    ///
    /// # Errors
    /// When the document cannot be read on.
    pub fn object<T: DeserializeOwned, R: Read>(
        &mut self,
        reader: &mut Reader<R>,
    ) -> Result<Option<T>, ConvertError> {
        if self.is(Kind::Object, reader)? { self.parse(reader) } else { Ok(None) }
    }

    /// What `map` makes of the value, which may borrow from the document; `None` if the value cannot be
    /// read at all. A list item or field that does not fit is left out.
    ///
    /// ```
    /// use scanlift_convert_api::json::{Fields, Loose, Reader};
    ///
    /// let mut fields = Fields::default();
    /// let mut reader = Reader::new(&br#"["a", {}, "c"]"#[..]);
    /// let longest = fields.read(&mut reader, |texts: Vec<Loose<'_>>| texts.iter().map(|text| text.len()).max())?;
    /// assert_eq!((longest, fields.warnings.len()), (Some(Some(1)), 1));
    /// # Ok::<(), scanlift_convert_api::ConvertError>(())
    /// ```
    ///
    /// # Errors
    /// When the document cannot be read on.
    pub fn read<'e, T: Deserialize<'e>, R: Read, O>(
        &'e mut self,
        reader: &'e mut Reader<R>,
        map: impl FnOnce(T) -> O,
    ) -> Result<Option<O>, ConvertError> {
        let Self { warnings, repair } = self;
        let path = reader.path();
        match reader.parse_lenient::<T>(repair) {
            Ok((value, told)) => {
                warnings.extend(told.iter().map(|warning| warning.below(&path)));
                Ok(Some(map(value)))
            }
            Err(error) => forgive(error, warnings).map(|()| None),
        }
    }

    /// The objects of a list one by one, less what does not fit; none if it is no list.
    ///
    /// # Errors
    /// When the document cannot be read on.
    pub fn objects<T: DeserializeOwned, R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        mut visit: impl FnMut(T),
    ) -> Result<(), ConvertError> {
        if !self.is(Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            if let Some(object) = self.object(reader)? {
                visit(object);
            }
            Ok(())
        })
    }

    fn parse<T: DeserializeOwned, R: Read>(
        &mut self,
        reader: &mut Reader<R>,
    ) -> Result<Option<T>, ConvertError> {
        self.read(reader, |value| value)
    }
}

/// A value that cannot be read costs itself, not the document.
fn forgive(error: Error, warnings: &mut Vec<Warning>) -> Result<(), ConvertError> {
    if !is_of_value(&error) {
        return Err(error.into());
    }
    warnings.push(Warning::FieldDropped { path: error.path, problem: error.cause.to_string() });
    Ok(())
}
