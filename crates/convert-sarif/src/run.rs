//! What results need to know of their run (SARIF 2.1.0 §3.14), collected in a first pass since it
//! may stand behind them.

use crate::{
    bag::Bag,
    dialect::{self, Dialect},
    message::{self, MessageString},
    model::{
        Artifact, ArtifactLocation, AutomationDetails, ConfigurationOverride, ExternalFile, Invocation,
        LogicalLocation, ReportingDescriptor, ThreadFlowLocation, ToolComponent, VersionControlDetails,
    },
    rule::Rule,
    taxon::Taxonomies,
    tolerant::{array, lenient, note_kind, object, values},
};
use scanlift_convert_api::{
    ConvertError, Warning,
    json::{self, Kind, Reader, Repair, TextOr},
    slug, uri,
};
use scanlift_report_core::{Message, MessageLevel, ScanStatus};
use std::{collections::HashMap, io::Read, sync::Arc};

type Result<T> = std::result::Result<T, ConvertError>;

/// The tables of a run.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) tool: Tool,
    pub(crate) taxonomies: Taxonomies,
    pub(crate) artifacts: Vec<Place>,
    pub(crate) bases: HashMap<String, Place>,
    pub(crate) logical_locations: Vec<Logical>,
    pub(crate) thread_flow_locations: Vec<Step>,
    /// As they stand: results that name them are few.
    pub(crate) web_requests: Vec<String>,
    pub(crate) web_responses: Vec<String>,
    pub(crate) invocations: Invocations,
    pub(crate) properties: Properties,
    /// Whether columns count Unicode code points (§3.14.17).
    pub(crate) unicode_columns: bool,
    pub(crate) guid: Option<String>,
    pub(crate) revision: Option<String>,
    /// Whether something stands there that is a run.
    pub(crate) is_object: bool,
    repository_bases: Vec<Place>,
}

/// The tool (§3.18).
#[derive(Debug)]
pub(crate) struct Tool {
    /// The driver first, then its extensions; never empty.
    pub(crate) components: Vec<Component>,
    pub(crate) dialect: &'static dyn Dialect,
    /// What rule identifiers begin with.
    pub(crate) key: String,
}

impl Default for Tool {
    fn default() -> Self {
        Self { components: vec![Component::default()], dialect: dialect::of(""), key: "sarif".to_owned() }
    }
}

/// A driver or extension (§3.19).
#[derive(Debug, Default)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) guid: Option<String>,
    pub(crate) organization: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) url: Option<String>,
    /// Shared by runs that have the same.
    pub(crate) rules: Arc<Rules>,
    pub(crate) messages: HashMap<Box<str>, MessageString>,
}

/// The rules of a component, as results refer to them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Rules {
    all: Vec<Rule>,
    by_id: HashMap<String, usize>,
    by_guid: HashMap<String, usize>,
}

impl Rules {
    fn push(&mut self, rule: Rule, guid: Option<String>) {
        let index = self.all.len();
        if !rule.id.is_empty() {
            self.by_id.entry(rule.id.clone()).or_insert(index);
        }
        if let Some(guid) = guid {
            self.by_guid.insert(guid, index);
        }
        self.all.push(rule);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn at(&self, index: usize) -> Option<&Rule> {
        self.all.get(index)
    }

    pub(crate) fn of_id(&self, id: &str) -> Option<&Rule> {
        self.at(*self.by_id.get(id)?)
    }

    pub(crate) fn of_guid(&self, guid: &str) -> Option<&Rule> {
        self.at(*self.by_guid.get(guid)?)
    }
}

/// An artifact location (§3.4), owned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) uri: Option<Box<str>>,
    pub(crate) base: Option<Box<str>>,
}

impl Place {
    fn new(location: &ArtifactLocation<'_>) -> Self {
        Self {
            uri: location.uri.as_deref().map(Box::from),
            base: location.uri_base_id.as_deref().map(Box::from),
        }
    }
}

/// A logical location of the run (§3.33), owned.
#[derive(Debug, Default)]
pub(crate) struct Logical {
    pub(crate) name: Option<String>,
    pub(crate) fully_qualified_name: Option<String>,
    pub(crate) kind: Option<String>,
}

/// A step of a code flow that several flows share (§3.38), owned.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) place: Place,
    pub(crate) start_line: Option<u64>,
    pub(crate) end_line: Option<u64>,
}

/// How the tool ran (§3.20), all invocations together.
#[derive(Debug, Default)]
pub(crate) struct Invocations {
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    pub(crate) status: ScanStatus,
    pub(crate) messages: Vec<Message<'static>>,
    pub(crate) working_directories: Vec<String>,
    /// Levels by rule id that beat the rules' own (§3.20.5).
    pub(crate) levels: HashMap<String, String>,
}

/// The run's own property bag, as far as dialects use it.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    pub(crate) image: Option<String>,
}

/// How many notifications of a run are kept.
const MESSAGES: usize = 100;

/// The name of a tool and its version, which some put behind the name (`MySec 4.2.1`): there it would make
/// the tool another one with every release.
fn split_version<'n>(name: &'n str, version: Option<&'n str>) -> (&'n str, Option<&'n str>) {
    let Some((tool, last)) = name.rsplit_once(' ') else { return (name, version) };
    let number = last.strip_prefix(['v', 'V']).unwrap_or(last);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_version = number.contains('.') && number.split('.').all(is_number);
    if is_version || version == Some(last) || version == Some(number) {
        (tool.trim_end(), version.or(Some(number)))
    } else {
        (name, version)
    }
}

impl Run {
    /// Reads a run at the cursor, passing over its results.
    pub(crate) fn read<R: Read>(reader: &mut Reader<R>, notes: &mut Vec<Warning>) -> Result<Self> {
        let mut run = Self::default();
        let mut repair = Repair::default();
        let mut raw_rules: Vec<(usize, String)> = Vec::new();
        if reader.peek()? != Kind::Object {
            note_kind(reader, Kind::Object, notes)?;
            return Ok(run);
        }
        run.is_object = true;
        reader.each_key(|key, reader| run.read_property(key, reader, &mut repair, &mut raw_rules, notes))?;
        run.settle(&raw_rules, notes);
        Ok(run)
    }

    /// Reads a property of a run, or of external properties (§4.3), which have the same names.
    pub(crate) fn read_property<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        repair: &mut Repair,
        raw_rules: &mut Vec<(usize, String)>,
        notes: &mut Vec<Warning>,
    ) -> Result<()> {
        match key {
            // Before 2.1.0 the tool was its own driver, and its rules stood beside it.
            "tool" | "driver" => self.read_component(0, reader, raw_rules, notes),
            "extensions" => self.read_extensions(reader, raw_rules, notes),
            "rules" => read_rules(0, reader, raw_rules, notes),
            "resources" => object(reader, notes, |key, reader, notes| match key {
                "rules" => read_rules(0, reader, raw_rules, notes),
                _ => Ok(reader.skip()?),
            }),
            "taxonomies" => array(reader, notes, |_, reader, notes| self.taxonomies.read(reader, notes)),
            "artifacts" => array(reader, notes, |_, reader, notes| {
                let artifact: Artifact<'_> = lenient(reader, "artifacts[]", repair, notes)?;
                self.artifacts.push(artifact.location.as_ref().map(Place::new).unwrap_or_default());
                Ok(())
            }),
            "originalUriBaseIds" => object(reader, notes, |key, reader, notes| {
                let base: Option<TextOr<'_, ArtifactLocation<'_>>> =
                    lenient(reader, "originalUriBaseIds", repair, notes)?;
                let place = match base {
                    Some(TextOr::Other(base)) => Place::new(&base),
                    Some(TextOr::Text(uri)) => Place { uri: Some(Box::from(&*uri)), base: None },
                    None => Place::default(),
                };
                self.bases.insert(key.to_owned(), place);
                Ok(())
            }),
            "logicalLocations" => values(reader, notes, |reader, notes| {
                let logical: LogicalLocation<'_> = lenient(reader, "logicalLocations[]", repair, notes)?;
                let owned = |text: Option<json::Text<'_>>| text.map(|text| text.into_cow().into_owned());
                self.logical_locations.push(Logical {
                    name: owned(logical.name),
                    fully_qualified_name: owned(logical.fully_qualified_name),
                    kind: owned(logical.kind),
                });
                Ok(())
            }),
            "threadFlowLocations" => array(reader, notes, |_, reader, notes| {
                let step: ThreadFlowLocation<'_> = lenient(reader, "threadFlowLocations[]", repair, notes)?;
                let physical =
                    step.location.and_then(|location| location.physical_location).unwrap_or_default();
                let region = physical.region.unwrap_or_default();
                self.thread_flow_locations.push(Step {
                    place: physical.artifact_location.as_ref().map(Place::new).unwrap_or_default(),
                    start_line: region.start_line,
                    end_line: region.end_line,
                });
                Ok(())
            }),
            "webRequests" => values(reader, notes, |reader, _| {
                self.web_requests.push(raw(reader)?);
                Ok(())
            }),
            "webResponses" => values(reader, notes, |reader, _| {
                self.web_responses.push(raw(reader)?);
                Ok(())
            }),
            "invocations" => array(reader, notes, |_, reader, notes| {
                let invocation: Invocation<'_> = lenient(reader, "invocations[]", repair, notes)?;
                self.invocations.add(invocation);
                Ok(())
            }),
            "invocation" => {
                let invocation: Invocation<'_> = lenient(reader, "invocation", repair, notes)?;
                self.invocations.add(invocation);
                Ok(())
            }
            "versionControlProvenance" => array(reader, notes, |_, reader, notes| {
                let details: VersionControlDetails<'_> =
                    lenient(reader, "versionControlProvenance[]", repair, notes)?;
                self.revision = self
                    .revision
                    .take()
                    .or_else(|| details.revision_id.map(|text| text.into_cow().into_owned()));
                self.repository_bases.extend(details.mapped_to.as_ref().map(Place::new));
                Ok(())
            }),
            "automationDetails" => {
                let details: AutomationDetails<'_> = lenient(reader, "automationDetails", repair, notes)?;
                self.guid = details.guid.map(|text| text.into_cow().into_owned());
                Ok(())
            }
            "columnKind" => {
                let kind: json::Loose<'_> = lenient(reader, "columnKind", repair, notes)?;
                self.unicode_columns = kind == "unicodeCodePoints";
                Ok(())
            }
            "properties" => {
                let bag: Bag<'_> = lenient(reader, "properties", repair, notes)?;
                let image = bag.first(&["imageName", "imageReference", "image"]);
                self.properties.image = image.map(str::to_owned);
                Ok(())
            }
            "externalPropertyFileReferences" => object(reader, notes, |key, reader, notes| {
                // Those that refer to taxonomies name the taxon too.
                if key == "taxonomies" {
                    return Ok(reader.skip()?);
                }
                let holds = holds(key);
                let mut note = |file: ExternalFile<'_>| {
                    let name = file
                        .location
                        .and_then(|location| location.uri)
                        .map(|uri| uri.into_cow().into_owned());
                    notes.push(Warning::ExternalFile {
                        name: name.unwrap_or_else(|| "another file".to_owned()),
                        holds,
                    });
                };
                if reader.peek()? == Kind::Array {
                    reader.each_item(|_, reader| -> Result<()> {
                        note(reader.parse_lenient(repair)?.0);
                        Ok(())
                    })
                } else {
                    note(reader.parse_lenient(repair)?.0);
                    Ok(())
                }
            }),
            _ => Ok(reader.skip()?),
        }
    }

    fn read_extensions<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        raw_rules: &mut Vec<(usize, String)>,
        notes: &mut Vec<Warning>,
    ) -> Result<()> {
        array(reader, notes, |at, reader, notes| {
            self.read_component(at as usize + 1, reader, raw_rules, notes)
        })
    }

    /// Reads a driver or an extension; or a tool, which has these, or says itself what it is.
    fn read_component<R: Read>(
        &mut self,
        at: usize,
        reader: &mut Reader<R>,
        raw_rules: &mut Vec<(usize, String)>,
        notes: &mut Vec<Warning>,
    ) -> Result<()> {
        while self.tool.components.len() <= at {
            self.tool.components.push(Component::default());
        }
        let mut facts = String::from("{");
        object(reader, notes, |key, reader, notes| match key {
            "driver" => self.read_component(at, reader, raw_rules, notes),
            "extensions" => self.read_extensions(reader, raw_rules, notes),
            "rules" | "ruleDescriptors" => read_rules(at, reader, raw_rules, notes),
            "name"
            | "fullName"
            | "organization"
            | "version"
            | "semanticVersion"
            | "dottedQuadFileVersion"
            | "informationUri"
            | "guid"
            | "globalMessageStrings" => {
                if facts.len() > 1 {
                    facts.push(',');
                }
                facts.push('"');
                facts.push_str(key);
                facts.push_str("\":");
                facts.push_str(&String::from_utf8_lossy(reader.value()?.text));
                Ok(())
            }
            _ => Ok(reader.skip()?),
        })?;
        // Of a tool, its driver has said it all.
        if facts.len() == 1 || !self.tool.components[at].name.is_empty() {
            return Ok(());
        }
        facts.push('}');
        let mut repair = Repair::default();
        let path = reader.path();
        let (said, told): (ToolComponent<'_>, _) =
            repair.parse(facts.as_bytes()).map_err(|e| e.inside(path.clone(), reader.offset()))?;
        notes.extend(told.iter().map(|warning| warning.below(&path)));
        let owned = |text: Option<json::Loose<'_>>| {
            text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let component = &mut self.tool.components[at];
        let name = owned(said.name).or(owned(said.full_name)).unwrap_or_default();
        component.guid = said.guid.map(|text| text.into_cow().into_owned());
        component.organization = owned(said.organization);
        component.version =
            owned(said.version).or(owned(said.semantic_version)).or(owned(said.dotted_quad_file_version));
        let version = component.version.as_deref();
        // By the names of extensions results refer to them.
        let (name, version) = if at == 0 { split_version(&name, version) } else { (&*name, version) };
        (component.name, component.version) = (name.to_owned(), version.map(str::to_owned));
        component.url = owned(said.information_uri);
        for (id, message) in said.global_message_strings.iter().flat_map(|messages| &messages.0) {
            component.messages.insert(Box::from(&**id), MessageString::new(message));
        }
        Ok(())
    }

    /// Works out the rules, now that the tool and the taxonomies are known.
    pub(crate) fn settle(&mut self, raw_rules: &[(usize, String)], notes: &mut Vec<Warning>) {
        self.tool.dialect = dialect::of(&self.tool.components[0].name);
        let key = match self.tool.dialect.key() {
            "" => Some(slug(&self.tool.components[0].name)).filter(|key| !key.is_empty()),
            key => Some(key.to_owned()),
        };
        self.tool.key = key.unwrap_or_else(|| "sarif".to_owned());
        let mut repair = Repair::default();
        let mut tables: Vec<Rules> = self.tool.components.iter().map(|_| Rules::default()).collect();
        for (at, raw) in raw_rules {
            // What cannot be read at all keeps its place: results count on the index.
            let (mut rule, guid) = match repair.parse::<ReportingDescriptor<'_>>(raw.as_bytes()) {
                Ok((descriptor, told)) => {
                    let told = told.iter().filter(|warning| matches!(warning, Warning::NotStrict { .. }));
                    notes.extend(told.map(|warning| warning.below("rules[]")));
                    let guid = descriptor.guid.as_deref().map(str::to_owned);
                    (Rule::new(&descriptor, &self.taxonomies), guid)
                }
                Err(_) => (Rule::default(), None),
            };
            rule.settle(self.tool.dialect, &self.tool.key);
            tables[*at].push(rule, guid);
        }
        for (component, mut rules) in self.tool.components.iter_mut().zip(tables) {
            rules.all.shrink_to_fit();
            component.rules = Arc::new(rules);
        }
    }

    /// Holds the rules that another run has too only once: a log may have thousands of runs of one tool.
    pub(crate) fn share_rules(&mut self, other: &Self) {
        for (own, known) in self.tool.components.iter_mut().zip(&other.tool.components) {
            if own.rules == known.rules {
                own.rules = Arc::clone(&known.rules);
            }
        }
    }

    /// The driver.
    pub(crate) fn driver(&self) -> &Component {
        &self.tool.components[0]
    }

    /// The absolute paths that the run calls its roots.
    pub(crate) fn roots(&self) -> Vec<String> {
        let mut roots: Vec<String> = Vec::new();
        for place in &self.repository_bases {
            roots.extend(self.resolve(place.uri.as_deref().unwrap_or_default(), place.base.as_deref()));
        }
        let named: Vec<_> =
            self.bases.iter().filter(|(id, _)| self.bases.len() == 1 || is_root(id)).collect();
        roots.extend(
            named
                .into_iter()
                .filter_map(|(_, base)| self.resolve(base.uri.as_deref()?, base.base.as_deref())),
        );
        roots.extend(self.invocations.working_directories.iter().cloned());
        roots.retain(|root| root.contains('/'));
        roots.sort();
        roots.dedup();
        roots
    }

    /// A URI reference by its base ids (§3.4.4): joined up to the first absolute one.
    pub(crate) fn resolve(&self, uri: &str, base: Option<&str>) -> Option<String> {
        let mut joined = uri.to_owned();
        let mut base = base;
        // Bases may go in circles.
        for _ in 0..8 {
            if joined.starts_with('/') || uri::scheme(&joined).is_some() {
                break;
            }
            let Some((id, place)) = base.and_then(|base| self.bases.get_key_value(base)) else { break };
            if let Some(uri) = place.uri.as_deref() {
                // The address of the repository: what is below it is a file, and not a page as below a
                // `WEBROOT`.
                if uri::is_web(uri) && is_root(id) && !id.to_ascii_uppercase().contains("WEB") {
                    break;
                }
                let slash = if uri.is_empty() || uri.ends_with('/') || joined.is_empty() { "" } else { "/" };
                joined = format!("{uri}{slash}{joined}");
            }
            base = place.base.as_deref();
        }
        (!joined.is_empty()).then_some(joined)
    }
}

impl Invocations {
    fn add(&mut self, invocation: Invocation<'_>) {
        let owned = |text: json::Text<'_>| text.into_cow().into_owned();
        let start = invocation.start_time_utc.map(owned);
        let end = invocation.end_time_utc.map(owned);
        self.start = self.start.take().into_iter().chain(start).min();
        self.end = self.end.take().into_iter().chain(end).max();
        let failed = invocation.execution_successful == Some(false);
        if failed {
            self.status = ScanStatus::Failure;
        }
        if let Some(directory) = invocation.working_directory.and_then(|location| location.uri) {
            self.working_directories.push(owned(directory));
        }
        if failed && let Some(text) = invocation.exit_code_description {
            self.messages.extend(Message::new(MessageLevel::Fatal, owned(text)));
        }
        let all = invocation
            .tool_execution_notifications
            .into_iter()
            .chain(invocation.tool_configuration_notifications);
        for notification in all {
            let level = match notification.level.as_deref() {
                Some("error") if failed => MessageLevel::Fatal,
                Some("none" | "note") => MessageLevel::Info,
                _ => MessageLevel::Warn,
            };
            let text = notification.message.as_ref().and_then(message::plain);
            if self.messages.len() < MESSAGES {
                self.messages.extend(text.and_then(|text| Message::new(level, text)));
            }
        }
        for ConfigurationOverride { configuration, descriptor } in invocation.rule_configuration_overrides {
            let level = configuration.and_then(|configuration| configuration.level);
            let id = descriptor.and_then(|descriptor| descriptor.id);
            if let (Some(level), Some(id)) = (level, id) {
                self.levels.insert(id.into_cow().into_owned(), owned(level));
            }
        }
    }
}

/// Keeps rules for later: they refer to taxonomies, which may stand behind them.
fn read_rules<R: Read>(
    at: usize,
    reader: &mut Reader<R>,
    raw_rules: &mut Vec<(usize, String)>,
    notes: &mut Vec<Warning>,
) -> Result<()> {
    values(reader, notes, |reader, _| {
        raw_rules.push((at, raw(reader)?));
        Ok(())
    })
}

/// The value at the cursor as it stands.
fn raw<R: Read>(reader: &mut Reader<R>) -> Result<String> {
    Ok(String::from_utf8_lossy(reader.value()?.text).into_owned())
}

/// Whether a base id names the root of what was scanned, as tools spell it.
fn is_root(id: &str) -> bool {
    let upper = id.to_ascii_uppercase();
    ["ROOT", "SRC", "SOURCE", "PROJECT", "REPO", "WORK"].iter().any(|part| upper.contains(part))
}

fn holds(key: &str) -> &'static str {
    match key {
        "results" => "results",
        "artifacts" => "the list of artifacts",
        "driver" | "extensions" => "the tool's rules",
        "invocations" => "invocations",
        "threadFlowLocations" | "logicalLocations" | "graphs" => "locations",
        "webRequests" | "webResponses" => "requests and responses",
        _ => "properties",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_no_part_of_the_name() {
        for (name, version, want) in [
            ("MySec", Some("4.2.1"), ("MySec", Some("4.2.1"))),
            ("MySec 4.2.1", None, ("MySec", Some("4.2.1"))),
            ("MySec Pro v4.2", Some("4.2.0"), ("MySec Pro", Some("4.2.0"))),
            ("MySec 4", Some("4"), ("MySec", Some("4"))),
            ("MySec 4.2.1-rc1", Some("4.2.1-rc1"), ("MySec", Some("4.2.1-rc1"))),
            ("Area 51", None, ("Area 51", None)),
            ("GNU C++17", Some("13.1.0"), ("GNU C++17", Some("13.1.0"))),
            ("4.2.1", None, ("4.2.1", None)),
            ("", None, ("", None)),
        ] {
            assert_eq!(split_version(name, version), want, "{name}");
        }
    }
}
