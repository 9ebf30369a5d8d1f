use crate::{Detail, Details, Vulnerability};
use std::{fmt, str::FromStr};

/// A version of GitLab's report schema to write for: what it forbids is not written, what it
/// demands is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SchemaVersion {
    /// For servers of the 15.x and early 16.x lines: no code flows, `dependency_files` demanded.
    V15_0_7,
    /// No columns in file locations.
    V15_1_4,
    /// Current.
    #[default]
    V15_2_1,
}

impl SchemaVersion {
    /// Every version, the oldest first.
    pub const ALL: &'static [Self] = &[Self::V15_0_7, Self::V15_1_4, Self::V15_2_1];

    /// As the report declares it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V15_0_7 => "15.0.7",
            Self::V15_1_4 => "15.1.4",
            Self::V15_2_1 => "15.2.1",
        }
    }

    /// Whether a vulnerability has to be changed before it can be written in this version.
    pub(crate) fn must_adapt(self, vulnerability: &Vulnerability<'_>) -> bool {
        self < Self::V15_2_1 && !vulnerability.details.is_empty()
    }

    /// Rewrites what this version does not know into what it does.
    pub(crate) fn adapt(self, vulnerability: &mut Vulnerability<'_>) {
        self.adapt_details(&mut vulnerability.details);
    }

    fn adapt_details(self, details: &mut Details<'_>) {
        for detail in details.values_mut() {
            self.adapt_detail(detail);
        }
    }

    fn adapt_detail(self, detail: &mut Detail<'_>) {
        match detail {
            Detail::FileLocation(location) if self < Self::V15_2_1 => {
                (location.column_start, location.column_end) = (None, None);
            }
            Detail::CodeFlows { items } if self < Self::V15_1_4 => {
                let flow = |nodes: &mut Vec<crate::CodeFlowNode<'_>>| Detail::List {
                    items: nodes
                        .drain(..)
                        .map(|node| {
                            let file = node.file_location.file_name.into_owned();
                            let end = node.file_location.line_end;
                            Detail::FileLocation(crate::FileLocation::new(
                                file,
                                node.file_location.line_start,
                                end,
                            ))
                        })
                        .collect(),
                };
                *detail = Detail::List { items: items.iter_mut().map(flow).collect() };
            }
            Detail::CodeFlows { items } => {
                for node in items.iter_mut().flatten() {
                    (node.file_location.column_start, node.file_location.column_end) = (None, None);
                }
            }
            Detail::List { items } => items.iter_mut().for_each(|item| self.adapt_detail(item)),
            Detail::NamedList { items } => self.adapt_details(items),
            Detail::Table { header, rows } => {
                header.iter_mut().chain(rows.iter_mut().flatten()).for_each(|cell| self.adapt_detail(cell));
            }
            _ => {}
        }
    }
}

impl fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SchemaVersion {
    type Err = UnknownSchemaVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|version| version.as_str() == text)
            .ok_or_else(|| UnknownSchemaVersion(text.to_owned()))
    }
}

/// A schema version that scanlift does not write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write schema version {0} (supported: 15.0.7, 15.1.4, 15.2.1)")]
pub struct UnknownSchemaVersion(pub String);
