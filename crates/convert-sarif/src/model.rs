//! What is read of a SARIF document: only the properties that carry meaning for a report.
//!
//! Names are those of the standard (SARIF 2.1.0 §3), and beside them those of 1.0, which compilers still
//! write by default, and of the drafts of 2.0. Everything is optional: a scanner that leaves out what the
//! standard demands loses that property and not the result.

use crate::bag::{Bag, Messages};
use scanlift_convert_api::json::{self, Loose, Text};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use std::fmt;

/// §3.27.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Result<'a> {
    #[serde(borrow)]
    pub(crate) rule_id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) rule_index: Option<i64>,
    pub(crate) rule: Option<DescriptorReference<'a>>,
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) level: Option<Text<'a>>,
    #[serde(alias = "formattedRuleMessage")]
    pub(crate) message: Option<Message<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) locations: Vec<Location<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) related_locations: Vec<Location<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) code_flows: Vec<CodeFlow<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) stacks: Vec<Stack<'a>>,
    #[serde(deserialize_with = "json::list")]
    pub(crate) graphs: Vec<IgnoredAny>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) suppressions: Vec<Suppression<'a>>,
    /// What suppressions were before 2.1.0.
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) suppression_states: Vec<Text<'a>>,
    pub(crate) baseline_state: Option<Text<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) rank: Option<f64>,
    pub(crate) fingerprints: Option<Bag<'a>>,
    pub(crate) partial_fingerprints: Option<Bag<'a>>,
    pub(crate) correlation_guid: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) fixes: Vec<Fix<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) taxa: Vec<DescriptorReference<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) attachments: Vec<Attachment<'a>>,
    pub(crate) hosted_viewer_uri: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) work_item_uris: Vec<Text<'a>>,
    pub(crate) web_request: Option<WebRequest<'a>>,
    pub(crate) web_response: Option<WebResponse<'a>>,
    pub(crate) provenance: Option<Provenance<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) occurrence_count: Option<u64>,
    pub(crate) properties: Option<Bag<'a>>,
}

/// §3.52 (also a reference to a taxon).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DescriptorReference<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) index: Option<i64>,
    pub(crate) guid: Option<Text<'a>>,
    pub(crate) tool_component: Option<ComponentReference<'a>>,
}

/// §3.54.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ComponentReference<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) index: Option<i64>,
    pub(crate) guid: Option<Text<'a>>,
}

/// §3.11; a plain string is taken for its text.
#[derive(Debug, Default)]
pub(crate) struct Message<'a> {
    pub(crate) text: Option<Text<'a>>,
    pub(crate) markdown: Option<Text<'a>>,
    pub(crate) id: Option<Text<'a>>,
    pub(crate) arguments: Vec<Loose<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Message<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct MessageVisitor;
        impl<'de> Visitor<'de> for MessageVisitor {
            type Value = Message<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> std::result::Result<Self::Value, E> {
                Ok(Message { text: Some(Text(text.into())), ..Message::default() })
            }

            fn visit_str<E>(self, text: &str) -> std::result::Result<Self::Value, E> {
                Ok(Message { text: Some(Text(json::without_nul(text).into())), ..Message::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Self::Value, A::Error> {
                let object = MessageObject::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                let MessageObject { text, markdown, id, arguments } = object;
                Ok(Message { text, markdown, id, arguments })
            }
        }
        deserializer.deserialize_any(MessageVisitor)
    }
}

/// A message as the standard has it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct MessageObject<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    markdown: Option<Text<'a>>,
    #[serde(alias = "messageId", alias = "formatId")]
    id: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    arguments: Vec<Loose<'a>>,
}

/// §3.28.
#[derive(Debug, Default)]
pub(crate) struct Location<'a> {
    pub(crate) id: Option<i64>,
    /// Boxed, as the message is, so that a list of one location is small.
    pub(crate) physical_location: Option<Box<PhysicalLocation<'a>>>,
    pub(crate) logical_locations: Vec<LogicalLocation<'a>>,
    pub(crate) message: Option<Box<Message<'a>>>,
    pub(crate) properties: Option<Bag<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Location<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let any = AnyLocation::deserialize(deserializer)?;
        let mut logical_locations = any.logical_locations;
        if logical_locations.is_empty() && any.fully_qualified_logical_name.is_some() {
            let fully_qualified_name = any.fully_qualified_logical_name;
            logical_locations.push(LogicalLocation { fully_qualified_name, ..LogicalLocation::default() });
        }
        let physical_location = any.physical_location.or(any.analysis_target);
        let AnyLocation { id, message, properties, .. } = any;
        Ok(Self { id, physical_location, logical_locations, message, properties })
    }
}

/// A location of any version: 1.0 had two files in it, the one that the result is in and the one that was
/// analysed, and until 2.0 a logical location was a name.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "struct Location")]
struct AnyLocation<'a> {
    #[serde(deserialize_with = "json::number")]
    id: Option<i64>,
    #[serde(borrow, alias = "resultFile")]
    physical_location: Option<Box<PhysicalLocation<'a>>>,
    analysis_target: Option<Box<PhysicalLocation<'a>>>,
    #[serde(borrow, deserialize_with = "json::list")]
    logical_locations: Vec<LogicalLocation<'a>>,
    fully_qualified_logical_name: Option<Text<'a>>,
    message: Option<Box<Message<'a>>>,
    properties: Option<Bag<'a>>,
}

/// §3.29.
#[derive(Debug, Default)]
pub(crate) struct PhysicalLocation<'a> {
    pub(crate) artifact_location: Option<ArtifactLocation<'a>>,
    pub(crate) region: Option<Region<'a>>,
    /// Rare and large.
    pub(crate) context_region: Option<Box<Region<'a>>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for PhysicalLocation<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let any = AnyPhysicalLocation::deserialize(deserializer)?;
        let AnyPhysicalLocation { artifact_location, uri, uri_base_id, region, context_region } = any;
        let own = || uri.is_some().then_some(ArtifactLocation { uri, uri_base_id, index: None });
        Ok(Self { artifact_location: artifact_location.or_else(own), region, context_region })
    }
}

/// A physical location of any version: in 1.0 its file had no object of its own.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "struct PhysicalLocation")]
struct AnyPhysicalLocation<'a> {
    #[serde(borrow, alias = "fileLocation")]
    artifact_location: Option<ArtifactLocation<'a>>,
    uri: Option<Text<'a>>,
    uri_base_id: Option<Text<'a>>,
    region: Option<Region<'a>>,
    context_region: Option<Box<Region<'a>>>,
}

/// §3.4.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ArtifactLocation<'a> {
    #[serde(borrow)]
    pub(crate) uri: Option<Text<'a>>,
    pub(crate) uri_base_id: Option<Text<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) index: Option<i64>,
}

/// §3.30.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Region<'a> {
    #[serde(deserialize_with = "json::number")]
    pub(crate) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) start_column: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) end_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) end_column: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) char_offset: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) char_length: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) byte_offset: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) byte_length: Option<u64>,
    #[serde(borrow)]
    pub(crate) snippet: Option<Content<'a>>,
    pub(crate) source_language: Option<Text<'a>>,
}

impl Region<'_> {
    pub(crate) fn span(&self) -> Span {
        Span {
            start_line: self.start_line,
            start_column: self.start_column,
            end_line: self.end_line,
            end_column: self.end_column,
        }
    }
}

/// The lines and columns of a region.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Span {
    #[serde(deserialize_with = "json::number")]
    pub(crate) start_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) start_column: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) end_line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) end_column: Option<u64>,
}

/// §3.3.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Content<'a> {
    #[serde(borrow)]
    pub(crate) text: Option<Text<'a>>,
    /// Bytes in base64, where there is no text.
    pub(crate) binary: Option<Text<'a>>,
}

/// §3.33.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LogicalLocation<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) fully_qualified_name: Option<Text<'a>>,
    pub(crate) kind: Option<Text<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) index: Option<i64>,
}

/// §3.36.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CodeFlow<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) thread_flows: Vec<ThreadFlow<'a>>,
}

/// §3.37.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ThreadFlow<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) locations: Vec<ThreadFlowLocation<'a>>,
}

/// §3.38.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ThreadFlowLocation<'a> {
    #[serde(borrow)]
    pub(crate) location: Option<FlowLocation<'a>>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) index: Option<i64>,
}

/// What a code flow needs of a location.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FlowLocation<'a> {
    #[serde(borrow)]
    pub(crate) physical_location: Option<FlowPhysicalLocation<'a>>,
}

/// What a code flow needs of a physical location: there are many steps, so they are small.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FlowPhysicalLocation<'a> {
    #[serde(borrow, alias = "fileLocation")]
    pub(crate) artifact_location: Option<ArtifactLocation<'a>>,
    pub(crate) region: Option<Span>,
}

/// §3.44.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stack<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) frames: Vec<StackFrame<'a>>,
}

/// §3.45.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StackFrame<'a> {
    #[serde(borrow)]
    pub(crate) location: Option<Location<'a>>,
    pub(crate) module: Option<Text<'a>>,
}

/// §3.35.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Suppression<'a> {
    #[serde(borrow)]
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) status: Option<Text<'a>>,
    pub(crate) justification: Option<Text<'a>>,
}

/// §3.55.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Fix<'a> {
    #[serde(borrow)]
    pub(crate) description: Option<Message<'a>>,
    #[serde(borrow, alias = "fileChanges", deserialize_with = "json::list")]
    pub(crate) artifact_changes: Vec<ArtifactChange<'a>>,
}

/// §3.56.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ArtifactChange<'a> {
    #[serde(borrow, alias = "fileLocation")]
    pub(crate) artifact_location: Option<ArtifactLocation<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) replacements: Vec<Replacement<'a>>,
}

/// §3.57.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Replacement<'a> {
    #[serde(borrow)]
    pub(crate) deleted_region: Option<Region<'a>>,
    pub(crate) inserted_content: Option<Content<'a>>,
}

/// §3.21.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Attachment<'a> {
    #[serde(borrow)]
    pub(crate) artifact_location: Option<ArtifactLocation<'a>>,
}

/// §3.48.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Provenance<'a> {
    #[serde(borrow)]
    pub(crate) first_detection_time_utc: Option<Text<'a>>,
}

/// §3.46.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WebRequest<'a> {
    /// Of the request among those of the run.
    #[serde(deserialize_with = "json::number")]
    pub(crate) index: Option<i64>,
    #[serde(borrow)]
    pub(crate) protocol: Option<Text<'a>>,
    pub(crate) method: Option<Text<'a>>,
    pub(crate) target: Option<Text<'a>>,
    pub(crate) headers: Option<Bag<'a>>,
    pub(crate) parameters: Option<Bag<'a>>,
    pub(crate) body: Option<Content<'a>>,
}

/// §3.47.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WebResponse<'a> {
    /// Of the response among those of the run.
    #[serde(deserialize_with = "json::number")]
    pub(crate) index: Option<i64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) status_code: Option<i64>,
    #[serde(borrow)]
    pub(crate) reason_phrase: Option<Text<'a>>,
    pub(crate) headers: Option<Bag<'a>>,
    pub(crate) body: Option<Content<'a>>,
}

/// §3.19.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ToolComponent<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) full_name: Option<Loose<'a>>,
    pub(crate) organization: Option<Loose<'a>>,
    pub(crate) version: Option<Loose<'a>>,
    pub(crate) semantic_version: Option<Loose<'a>>,
    pub(crate) dotted_quad_file_version: Option<Loose<'a>>,
    pub(crate) information_uri: Option<Loose<'a>>,
    pub(crate) guid: Option<Text<'a>>,
    pub(crate) global_message_strings: Option<Messages<'a>>,
}

/// §3.49.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ReportingDescriptor<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Loose<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) deprecated_ids: Vec<Loose<'a>>,
    pub(crate) guid: Option<Text<'a>>,
    pub(crate) name: Option<Loose<'a>>,
    pub(crate) short_description: Option<Message<'a>>,
    pub(crate) full_description: Option<Message<'a>>,
    pub(crate) help: Option<Message<'a>>,
    pub(crate) help_uri: Option<Text<'a>>,
    #[serde(alias = "messageFormats")]
    pub(crate) message_strings: Option<Messages<'a>>,
    #[serde(alias = "configuration")]
    pub(crate) default_configuration: Option<Configuration<'a>>,
    /// Where it was in 1.0.
    pub(crate) default_level: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) relationships: Vec<Relationship<'a>>,
    pub(crate) properties: Option<Bag<'a>>,
}

/// §3.50.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Configuration<'a> {
    #[serde(borrow, alias = "defaultLevel")]
    pub(crate) level: Option<Text<'a>>,
}

/// §3.51.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ConfigurationOverride<'a> {
    #[serde(borrow)]
    pub(crate) configuration: Option<Configuration<'a>>,
    pub(crate) descriptor: Option<DescriptorReference<'a>>,
}

/// §3.53.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Relationship<'a> {
    #[serde(borrow)]
    pub(crate) target: Option<DescriptorReference<'a>>,
}

/// §3.20.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Invocation<'a> {
    #[serde(borrow, alias = "startTime")]
    pub(crate) start_time_utc: Option<Text<'a>>,
    #[serde(alias = "endTime")]
    pub(crate) end_time_utc: Option<Text<'a>>,
    pub(crate) execution_successful: Option<bool>,
    pub(crate) exit_code_description: Option<Text<'a>>,
    pub(crate) working_directory: Option<ArtifactLocation<'a>>,
    #[serde(borrow, alias = "toolNotifications", deserialize_with = "json::list")]
    pub(crate) tool_execution_notifications: Vec<Notification<'a>>,
    #[serde(borrow, alias = "configurationNotifications", deserialize_with = "json::list")]
    pub(crate) tool_configuration_notifications: Vec<Notification<'a>>,
    #[serde(borrow, deserialize_with = "json::list")]
    pub(crate) rule_configuration_overrides: Vec<ConfigurationOverride<'a>>,
}

/// §3.58.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Notification<'a> {
    #[serde(borrow)]
    pub(crate) level: Option<Text<'a>>,
    pub(crate) message: Option<Message<'a>>,
}

/// §3.24.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Artifact<'a> {
    #[serde(borrow)]
    pub(crate) location: Option<ArtifactLocation<'a>>,
}

/// §3.15.2, §3.16.2: one reference, or several.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ExternalFile<'a> {
    #[serde(borrow)]
    pub(crate) location: Option<ArtifactLocation<'a>>,
}

/// §3.17.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AutomationDetails<'a> {
    #[serde(borrow)]
    pub(crate) guid: Option<Text<'a>>,
}

/// §3.23.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct VersionControlDetails<'a> {
    #[serde(borrow)]
    pub(crate) revision_id: Option<Text<'a>>,
    pub(crate) mapped_to: Option<ArtifactLocation<'a>>,
}
