//! Mayhem for API: a fuzzer of APIs. It knows no file; the message names the operation:
//! `Internal Server Error in 'GET /info'`.

use super::Dialect;
use crate::map::Said;
use scanlift_convert_api::Finding;
use scanlift_report_core::{Kind, Location};

#[derive(Debug)]
pub(super) struct MayhemApi;

impl Dialect for MayhemApi {
    fn key(&self) -> &'static str {
        "mayhem_api"
    }

    fn kind(&self) -> Kind {
        Kind::ApiFuzzing
    }

    fn refine(&self, said: &Said<'_>, finding: &mut Finding<'_>) {
        let quoted = said.message.split('\'').nth(1).and_then(|operation| operation.split_once(' '));
        if let (Some((method, path)), Location::ApiFuzzing(web)) =
            (quoted, &mut finding.vulnerability.location)
            && path.starts_with('/')
            && method.bytes().all(|b| b.is_ascii_uppercase())
        {
            web.method = Some(method.to_owned().into());
            web.path = Some(path.to_owned().into());
        }
    }
}
