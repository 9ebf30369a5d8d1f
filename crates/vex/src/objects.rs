//! Objects of a JSON document, one after the other.

use scanlift_convert_api::json::{Cause, Kind, Reader, Repair};
use scanlift_convert_api::{ConvertError, Warning};
use serde::Deserialize;
use std::io::Read;

/// How many things that could not be read are told one by one.
const TOLD: usize = 5;

/// What takes the objects of a list.
pub(crate) trait Visit {
    /// What an object is read as.
    type Item<'a>: Deserialize<'a>;

    /// Takes an object, or says why it cannot.
    fn visit(&mut self, item: Self::Item<'_>) -> Result<(), String>;
}

/// Reads objects, and keeps account of what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    repair: Repair,
    warnings: Vec<String>,
    untold: u64,
}

impl Objects {
    /// Takes the objects of the list at the cursor, or the single object there.
    pub(crate) fn each<R: Read, V: Visit>(
        &mut self,
        reader: &mut Reader<R>,
        visit: &mut V,
    ) -> Result<(), ConvertError> {
        match reader.peek()? {
            Kind::Array => reader.each_item(|_, reader| self.one(reader, visit)),
            Kind::Null => Ok(()),
            _ => self.one(reader, visit),
        }
    }

    fn one<R: Read, V: Visit>(&mut self, reader: &mut Reader<R>, visit: &mut V) -> Result<(), ConvertError> {
        let (path, found) = (reader.path(), reader.peek()?);
        if found != Kind::Object {
            let problem = format!("expected an object, found {found}");
            self.warn(&Warning::FieldDropped { path, problem });
            return Ok(());
        }
        let mut unfit: Vec<Warning> = Vec::new();
        let problem = match reader.parse_lenient::<V::Item<'_>>(&mut self.repair) {
            Ok((item, told)) => {
                unfit.extend(told.iter().map(|warning| warning.below(&path)));
                visit.visit(item).err()
            }
            Err(error) if matches!(error.cause, Cause::Value(_) | Cause::Encoding | Cause::Size(_)) => {
                Some(error.cause.to_string())
            }
            Err(error) => return Err(error.into()),
        };
        unfit.extend(problem.map(|problem| Warning::FieldDropped { path, problem }));
        unfit.iter().for_each(|warning| self.warn(warning));
        Ok(())
    }

    fn warn(&mut self, warning: &Warning) {
        if let Warning::NotStrict { what, .. } = warning
            && self.warnings.iter().any(|told| told.starts_with(*what))
        {
            return;
        }
        if self.warnings.len() < TOLD {
            self.warnings.push(warning.to_string());
        } else {
            self.untold += 1;
        }
    }

    /// What could not be read.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        let mut warnings = self.warnings;
        match self.untold {
            0 => {}
            more => warnings.push(format!("and {more} more things like these could not be read")),
        }
        warnings
    }
}
