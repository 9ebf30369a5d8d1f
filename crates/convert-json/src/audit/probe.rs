//! A look at records before they are converted.

use scanlift_convert_api::ConvertError;
use scanlift_convert_api::json::{Fields, Reader};
use serde::de::DeserializeOwned;
use std::io::Read;

/// Some fields of the object at the cursor, for a first pass. What is wrong with them is told when
/// the record itself is read.
///
/// # Errors
/// When the document cannot be read on.
pub(crate) fn probe<T: DeserializeOwned + Default, R: Read>(
    reader: &mut Reader<R>,
) -> Result<T, ConvertError> {
    Ok(Fields::default().object(reader)?.unwrap_or_default())
}
