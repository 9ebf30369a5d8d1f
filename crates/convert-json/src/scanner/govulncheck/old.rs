//! The one object that govulncheck wrote before its protocol (`Result` of golang.org/x/vuln/vulncheck).
//!
//! Every vulnerable function has an entry in `Vulns`, which points into graphs of calls, imports and
//! modules. In version 0.1 it is every vulnerability, with its modules (`modules.rs`).

use super::modules::{Module as AffectedModule, map_module};
use super::osv::Osv;
use super::{Level, MANIFEST, solution};
use crate::audit::probe;
use crate::audit::ways::Ways;
use scanlift_convert_api::json::{self, Fields, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Package, Place, manifest_or_option};
use scanlift_convert_api::{ConvertError, Input, Options, Outcome, ScanInfo, Sink, SkipReason};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

pub(super) fn convert(
    input: &dyn Input,
    options: &Options,
    sink: &mut dyn Sink,
    scan: ScanInfo<'_>,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut graphs = Graphs::default();
    reader.each_key(|key, reader| graphs.read(key, reader))?;
    reader.finish()?;
    drop(reader);
    graphs.calls.find();

    sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
    graphs.fields.warnings.drain(..).for_each(|warning| sink.warn(warning));
    let manifest = manifest_or_option(None, Some(MANIFEST), options, input, sink);
    let scope = Scope { graphs: &graphs, manifest: &manifest };
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut records = Records::new(sink);
    reader.each_key(|key, reader| match key {
        "Vulns" => records.each(reader, |records, reader| records.map_group(reader, &scope, map_vulns)),
        _ => Ok(()),
    })?;
    Ok(reader.finish()?)
}

/// What entries point into.
#[derive(Debug, Default)]
struct Graphs {
    /// Versions by module.
    versions: HashMap<String, String>,
    /// Names of functions by their number.
    functions: HashMap<String, String>,
    /// From entry points to functions, by their numbers.
    calls: Ways,
    /// How far each vulnerability is reached, and at what function, by its id.
    reached: HashMap<String, (Level, u64)>,
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Module {
    path: Option<String>,
    version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Function {
    name: Option<String>,
    recv_type: Option<String>,
    pkg_path: Option<String>,
    #[serde(deserialize_with = "json::list")]
    call_sites: Vec<CallSite>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct CallSite {
    #[serde(deserialize_with = "json::number")]
    parent: Option<u64>,
}

/// An entry of `Vulns`, as far as it is about how it is reached.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Reached {
    #[serde(rename = "OSV")]
    osv: Option<Named>,
    #[serde(deserialize_with = "json::number")]
    call_sink: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    import_sink: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Option<String>,
}

impl Graphs {
    fn read<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match key {
            "Calls" if reader.peek()? == JsonKind::Object => {
                reader.each_key(|key, reader| self.calls(key, reader))
            }
            "Requires" if reader.peek()? == JsonKind::Object => reader.each_key(|key, reader| match key {
                "Modules" if reader.peek()? == JsonKind::Object => {
                    reader.each_key(|_, reader| self.module(reader))
                }
                _ => Ok(()),
            }),
            "Vulns" if self.fields.is(JsonKind::Array, reader)? => reader.each_item(|_, reader| {
                let reached: Reached = probe(reader)?;
                let level = level(reached.call_sink, reached.import_sink);
                if let Some(id) = reached.osv.and_then(|osv| osv.id) {
                    let known = self.reached.entry(id).or_default();
                    if level > known.0 {
                        *known = (level, reached.call_sink.unwrap_or(0));
                    }
                }
                Ok(())
            }),
            _ => Ok(()),
        }
    }

    fn calls<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match key {
            "Entries" if reader.peek()? == JsonKind::Array => reader.each_item(|_, reader| {
                if let Some(entry) = self.fields.text(reader)? {
                    self.calls.add_root(&entry);
                }
                Ok(())
            }),
            "Functions" if reader.peek()? == JsonKind::Object => reader.each_key(|number, reader| {
                let function: Function = probe(reader)?;
                for parent in function.call_sites.iter().filter_map(|site| site.parent) {
                    self.calls.add(&parent.to_string(), number);
                }
                let parts = [&function.pkg_path, &function.recv_type, &function.name];
                let name = parts.into_iter().filter_map(filled).collect::<Vec<_>>().join(".");
                self.functions.insert(number.to_owned(), name);
                Ok(())
            }),
            _ => Ok(()),
        }
    }

    fn module<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        let module: Module = probe(reader)?;
        if let (Some(path), Some(version)) = (module.path, module.version) {
            self.versions.insert(path, version);
        }
        Ok(())
    }
}

/// A sink is the number of a node in a graph, and 0 if it is not in it.
fn level(call_sink: Option<u64>, import_sink: Option<u64>) -> Level {
    match (call_sink.unwrap_or(0), import_sink.unwrap_or(0)) {
        (1.., _) => Level::Symbol,
        (0, 1..) => Level::Package,
        (0, 0) => Level::Module,
    }
}

struct Scope<'a> {
    graphs: &'a Graphs,
    manifest: &'a str,
}

/// An entry of `Vulns`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Vuln<'a> {
    #[serde(borrow, rename = "OSV")]
    osv: Option<Osv<'a>>,
    symbol: Option<Loose<'a>>,
    pkg_path: Option<Loose<'a>>,
    mod_path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    modules: Vec<AffectedModule<'a>>,
}

fn map_vulns<'a>(vuln: &'a Vuln<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    if vuln.modules.is_empty() {
        return vec![map_vuln(vuln, scope)];
    }
    vuln.modules.iter().map(|module| map_module(vuln.osv.as_ref(), module, scope.manifest)).collect()
}

fn map_vuln<'a>(vuln: &'a Vuln<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let graphs = scope.graphs;
    let module = filled(&vuln.mod_path).unwrap_or_default();
    let Some((osv, id)) = vuln.osv.as_ref().and_then(|osv| Some((osv, filled(&osv.id)?))) else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without a vulnerability", module);
    };
    let mut about = osv.advisory(id);
    let version = graphs.versions.get(module).map(String::as_str).unwrap_or_default();
    let mut package = Package::new(module, version);
    package.kind = Some("golang".into());
    package.vulnerable = Some(osv.vulnerable(module).into());
    let fixed = osv.fixed(module);
    about.solution = solution(module, &fixed).map(Into::into);
    package.fixed = fixed.into_iter().map(Cow::Borrowed).collect();
    let place = Place::Manifest(scope.manifest.into());
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !module.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without a module", id);
    };
    // Entries of one vulnerability are one finding in GitLab, the first: it says what goes farthest.
    let (level, sink) = graphs.reached.get(id).copied().unwrap_or_default();
    finding.severity.level = Some(level.severity());
    let details = &mut finding.vulnerability.details;
    details.text("reachability", "Reachability", level.says());
    let symbol = [filled(&vuln.pkg_path), filled(&vuln.symbol)];
    details.text("symbol", "Function", symbol.into_iter().flatten().collect::<Vec<_>>().join("."));
    let way = graphs.calls.to(&sink.to_string());
    let names = way.into_iter().filter_map(|number| graphs.functions.get(number)).map(String::as_str);
    details.text("call_trace", "Call trace", names.collect::<Vec<_>>().join(" > "));
    osv.details(details);
    Outcome::finding(finding)
}
