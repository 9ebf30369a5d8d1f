//! `pnpm audit --json`: the npm registry's answer, with dependency paths that begin with a workspace.

use crate::audit::npm::{self, Client};
use scanlift_convert_api::json::Head;
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;

/// Reads the reports of pnpm audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct PnpmAudit;

/// The converter.
pub static CONVERTER: PnpmAudit = PnpmAudit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "pnpm-audit",
    name: "pnpm audit",
    summary: "JSON reports of pnpm audit",
    versions: "any",
    kinds: &[Kind::DependencyScanning],
    url: "https://pnpm.io/cli/audit",
};

impl Converter for PnpmAudit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let failed = head.path_text(&["error", "code"]).is_some_and(|code| code.starts_with("ERR_PNPM_"));
        if failed || npm::client(bytes, &head) == Some(Client::Pnpm) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.vendor = Some("pnpm".into());
        scan.url = Some(DESCRIPTOR.url.into());
        npm::convert(input, options, sink, Client::Pnpm, scan)
    }
}
