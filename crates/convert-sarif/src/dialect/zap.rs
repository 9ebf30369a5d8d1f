//! ZAP: the location's properties hold the attack, the location is an address.

use super::Dialect;
use crate::map::Said;
use scanlift_convert_api::Finding;
use scanlift_report_core::Kind;

#[derive(Debug)]
pub(super) struct Zap;

impl Dialect for Zap {
    fn key(&self) -> &'static str {
        "zap"
    }

    fn kind(&self) -> Kind {
        Kind::Dast
    }

    fn refine(&self, said: &Said<'_>, finding: &mut Finding<'_>) {
        let properties = said.result.locations.first().and_then(|location| location.properties.as_ref());
        if let Some(attack) = properties.and_then(|bag| bag.text("attack")) {
            finding.vulnerability.details.text("attack", "Attack", attack.to_owned());
        }
    }
}
