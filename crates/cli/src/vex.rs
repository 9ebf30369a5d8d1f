//! Reads the VEX documents of `--vex`.

use crate::{
    explain::{self, Failure},
    inputs, log,
};
use scanlift_convert_api::{ConvertError, Match};
use scanlift_input::Source;
use scanlift_vex::Vex;
use std::{path::PathBuf, sync::Arc};

/// The statements of all documents; `None` without any. One that cannot be read ends the run, also
/// with `--keep-going`: what it rules out is not known.
pub(crate) fn read(named: &[PathBuf]) -> Result<Option<Arc<Vex>>, Failure> {
    let mut vex = Vex::default();
    for (label, source) in inputs::files(named)? {
        match inputs::statements(&label, &source)? {
            None => add(&label, &source, &mut vex)?,
            Some(statements) => open(&label, &statements, &mut vex)?,
        }
    }
    Ok((!vex.documents().is_empty()).then(|| Arc::new(vex)))
}

/// Reads what attestations say; those of something else are passed over.
fn open(label: &str, statements: &[(String, Source)], vex: &mut Vex) -> Result<(), Failure> {
    let before = vex.documents().len();
    for (label, statement) in statements {
        let head = statement.head().map_err(|error| explain::read(label, &error))?;
        if Vex::sniff(&head) == Match::No {
            log::warn(&format!("{label} is passed over: it is an envelope with a statement of no VEX"));
        } else {
            add(label, statement, vex)?;
        }
    }
    if vex.documents().len() == before {
        return Err(Failure::input(format!("{label} is a signed envelope without a VEX document"))
            .help("what is read of attestations is OpenVEX and CycloneDX"));
    }
    Ok(())
}

fn add(label: &str, source: &Source, vex: &mut Vex) -> Result<(), Failure> {
    let document = vex.read(label, source).map_err(|error| {
        let mut failure = explain::convert(label, source, "VEX", &error);
        if matches!(error, ConvertError::Parse { .. }) {
            // No scanner wrote it.
            failure.help = vec!["make the document again, or get it again from who publishes it".to_owned()];
        }
        failure.help("nothing was written, since what it rules out is not known")
    })?;
    log::debug(&format!("{label} is read as {} VEX", document.format.name()));
    Ok(())
}
