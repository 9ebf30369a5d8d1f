//! OpenSSF Scorecard: checks of the repository as a whole name a file that is none.

use super::Dialect;
use crate::map::Said;
use scanlift_convert_api::Finding;
use scanlift_report_core::{Location, SourceLocation};

#[derive(Debug)]
pub(super) struct Scorecard;

impl Dialect for Scorecard {
    fn key(&self) -> &'static str {
        "scorecard"
    }

    fn refine(&self, _: &Said<'_>, finding: &mut Finding<'_>) {
        if let Location::Sast(source) = &mut finding.vulnerability.location
            && source.file.as_deref() == Some("no file associated with this alert")
        {
            *source = SourceLocation::default();
        }
    }
}
