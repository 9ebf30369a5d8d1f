//! The way through a document that is one object.

use super::Reader;
use crate::{ConvertError, Input};
use std::io::Read;

/// Opens a document that is one object, calls `visit` for each of its keys with the reader at the
/// value, and checks that nothing follows it.
///
/// # Errors
/// When the document cannot be opened, is no object, is malformed or cut off, and when `visit` fails.
///
/// ```
/// use scanlift_convert_api::json::{self, Fields};
///
/// let (document, mut fields, mut version) = (br#"{"version": "1.2", "results": []}"#, Fields::default(), None);
/// json::walk(&&document[..], |key, reader| {
///     if key == "version" {
///         version = fields.text(reader)?;
///     }
///     Ok(())
/// })?;
/// assert_eq!(version.as_deref(), Some("1.2"));
/// # Ok::<(), scanlift_convert_api::ConvertError>(())
/// ```
pub fn walk(
    input: &dyn Input,
    visit: impl FnMut(&str, &mut Reader<Box<dyn Read + '_>>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    reader.each_key(visit)?;
    Ok(reader.finish()?)
}
