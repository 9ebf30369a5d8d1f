//! What a VEX document is, and its statements.

use crate::{Document, Vex, csaf, cyclonedx, openvex};
use scanlift_convert_api::{ConvertError, Input, Match};
use std::sync::Arc;

impl Vex {
    /// How sure it is that a document is read, by its first bytes.
    #[must_use]
    pub fn sniff(head: &[u8]) -> Match {
        let xml = if cyclonedx::is_xml(head) { Match::Yes } else { Match::No };
        xml.max(openvex::sniff(head)).max(csaf::sniff(head)).max(cyclonedx::sniff_json(head))
    }

    /// Reads a document and adds its statements; the format is told by its content.
    ///
    /// # Errors
    /// When it cannot be read, or is of no known format.
    pub fn read(&mut self, name: &str, input: &dyn Input) -> Result<&Document, ConvertError> {
        let head = input.beginning().map_err(ConvertError::Read)?;
        let name: Arc<str> = name.into();
        let (document, statements) = if openvex::sniff(&head) > Match::No {
            openvex::read(name, input)?
        } else if csaf::sniff(&head) > Match::No {
            csaf::read(name, input)?
        } else if cyclonedx::is_xml(&head) {
            cyclonedx::xml::read(name, input)?
        } else if cyclonedx::sniff_json(&head) > Match::No {
            cyclonedx::json::read(name, input)?
        } else {
            return Err(ConvertError::Unrecognised {
                expected: "an OpenVEX, CSAF or CycloneDX document",
                help: "VEX is read in these formats; if it is one of them, look whether it is complete",
            });
        };
        Ok(self.add(document, statements))
    }
}
