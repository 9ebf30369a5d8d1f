//! Reads the VEX documents of `--vex`.

use crate::{
    explain::{self, Failure},
    inputs, log,
};
use scanlift_convert_api::ConvertError;
use scanlift_vex::Vex;
use std::{path::PathBuf, sync::Arc};

/// The statements of all documents; `None` without any. One that cannot be read ends the run, also
/// with `--keep-going`: what it rules out is not known.
pub(crate) fn read(named: &[PathBuf]) -> Result<Option<Arc<Vex>>, Failure> {
    let mut vex = Vex::default();
    for (label, source) in inputs::files(named)? {
        let document = vex.read(&label, &source).map_err(|error| {
            let mut failure = explain::convert(&label, &source, "VEX", &error);
            if matches!(error, ConvertError::Parse { .. }) {
                // No scanner wrote it.
                failure.help =
                    vec!["make the document again, or get it again from who publishes it".to_owned()];
            }
            failure.help("nothing was written, since what it rules out is not known")
        })?;
        log::debug(&format!("{label} is read as {} VEX", document.format.name()));
    }
    Ok((!vex.documents().is_empty()).then(|| Arc::new(vex)))
}
