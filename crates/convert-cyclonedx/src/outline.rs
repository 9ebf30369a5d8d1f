//! The first pass: what a document says of itself, and whom the second pass has to look for.

use crate::component::{Component, Properties};
use crate::graph::{Graph, Key, Ways, key};
use crate::model::{Dependency, Source, Tool, Tools};
use crate::reference;
use scanlift_convert_api::json::{Loose, filled};
use scanlift_convert_api::{ConvertError, Warning};
use std::collections::HashSet;

/// The newest version that is known.
const NEWEST: &str = "1.7";
/// More warnings of the same passes help nobody.
const MOST_WARNINGS: usize = 100;

/// What a document says of itself, wherever it says it.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// `specVersion`, or the end of the namespace.
    pub(crate) version: Option<String>,
    pub(crate) timestamp: Option<String>,
    pub(crate) tools: Vec<ToolName>,
    /// `metadata.component`: what the document is about.
    pub(crate) root: Option<Component>,
    /// `metadata.properties`.
    pub(crate) properties: Properties,
    /// Whether the document tells of a vulnerability at all.
    pub(crate) tells: bool,
    /// How many times a vulnerability affects something, and does not say what.
    pub(crate) aimless: u64,
    /// Whether vulnerabilities stand inside of components (the extension in XML).
    pub(crate) vulnerable_components: bool,
    /// The references that vulnerabilities name, and later those on the ways to them.
    pub(crate) wanted: HashSet<Key>,
    graph: Graph,
    pub(crate) ways: Ways,
    pub(crate) warnings: Vec<Warning>,
}

impl Outline {
    /// A vulnerability with these targets.
    pub(crate) fn affect<'t>(&mut self, targets: impl Iterator<Item = Option<&'t str>>) {
        self.tells = true;
        let mut targets = targets.peekable();
        if targets.peek().is_none() {
            self.aimless += 1;
        }
        for target in targets {
            match target {
                Some(reference) => self.want(reference),
                None => self.aimless += 1,
            }
        }
    }

    /// Something affects what is referred to so.
    pub(crate) fn want(&mut self, reference: &str) {
        self.wanted.extend(reference::spellings(reference).iter().map(|spelling| key(spelling)));
    }

    /// `metadata.component` depends on others by its reference, else by its package URL.
    fn root_key(&self) -> Option<Key> {
        let root = self.root.as_ref()?;
        let names = [&root.bom_ref, &root.purl];
        names.into_iter().find(|name| !name.trim().is_empty()).map(|name| key(name))
    }

    pub(crate) fn depends(&mut self, dependency: &Dependency<'_>) {
        let Some(from) = filled(&dependency.reference) else { return };
        for to in &dependency.depends_on {
            self.depends_on(from, to);
        }
    }

    pub(crate) fn depends_on(&mut self, from: &str, to: &str) {
        self.graph.add(key(from), key(to));
    }

    /// Ends the pass: finds the ways to what is affected.
    pub(crate) fn finish(&mut self) -> Result<(), ConvertError> {
        self.check_version();
        self.warnings.truncate(MOST_WARNINGS);
        let graph = std::mem::take(&mut self.graph);
        let Some(root) = self.root_key().filter(|_| !self.wanted.is_empty()) else { return Ok(()) };
        self.ways = graph.ways(root);
        let affected: Vec<Key> = self.wanted.iter().copied().collect();
        for mut reference in affected {
            while let Some(before) = self.ways.before(reference)
                && self.wanted.insert(before)
            {
                reference = before;
            }
        }
        Ok(())
    }

    fn check_version(&mut self) {
        match &self.version {
            Some(version) => self.warnings.extend(Warning::of_version("CycloneDX", version, NEWEST)),
            None => self.warnings.push(Warning::without_version("CycloneDX", NEWEST)),
        }
    }
}

/// What made the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ToolName {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) vendor: String,
    /// Whether it is a part of another tool.
    is_library: bool,
}

impl ToolName {
    /// Those of a list that have a name.
    pub(crate) fn all(tools: &Tools<'_>) -> Vec<Self> {
        tools.0.iter().filter_map(Self::of).collect()
    }

    /// A tool by its name; `None` if it has none.
    pub(crate) fn of(tool: &Tool<'_>) -> Option<Self> {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let company = |source: &Option<Source<'_>>| source.as_ref().and_then(|it| owned(&it.name));
        let vendor = owned(&tool.vendor)
            .or_else(|| company(&tool.manufacturer))
            .or_else(|| company(&tool.supplier))
            .or_else(|| company(&tool.provider))
            .or_else(|| owned(&tool.publisher))
            .or_else(|| owned(&tool.author))
            .or_else(|| owned(&tool.group));
        // Grype writes this where it does not know.
        let version = filled(&tool.version).filter(|version| *version != "[not provided]");
        Some(Self {
            name: filled(&tool.name)?.to_owned(),
            version: text(version),
            vendor: vendor.unwrap_or_default(),
            is_library: filled(&tool.kind) == Some("library"),
        })
    }

    /// How much it looks like the scanner: package managers and libraries help the tool that lists
    /// components, and that tool helps the one that looks for vulnerabilities.
    fn rank(&self) -> u8 {
        let name = self.name.to_ascii_lowercase();
        let managers = ["npm", "pnpm", "yarn", "pip", "poetry", "composer", "maven", "gradle", "cargo", "go"];
        let listers = ["cdxgen", "syft", "cyclonedx"];
        match () {
            () if self.is_library || managers.contains(&&*name) => 0,
            () if listers.iter().any(|lister| name.contains(lister)) => 1,
            () => 2,
        }
    }

    /// Of the tools that worked on a document, the one to name as its scanner; of equal ones the first.
    pub(crate) fn scanner(tools: &[Self]) -> Option<&Self> {
        tools.iter().rev().max_by_key(|tool| tool.rank())
    }
}

fn owned(text: &Option<Loose<'_>>) -> Option<String> {
    filled(text).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scanner_is_more_than_a_lister() {
        let tools = |json: &str| {
            let tools: Tools<'_> = serde_json::from_str(json).expect("tools");
            let tools = ToolName::all(&tools);
            ToolName::scanner(&tools).map(|it| format!("{} {} {}", it.name, it.version, it.vendor))
        };
        for (json, want) in [
            (r#"[{"vendor": "anchore", "name": "grype", "version": "0.7.0"}]"#, Some("grype 0.7.0 anchore")),
            (
                r#"{"components": [{"group": "@cyclonedx", "name": "cdxgen", "version": "9"},
                    {"name": "owasp-depscan", "version": "5.1", "publisher": "OWASP"}], "services": []}"#,
                Some("owasp-depscan 5.1 OWASP"),
            ),
            (r#"{"services": [{"provider": {"name": "ACME"}, "name": "scan"}]}"#, Some("scan  ACME")),
            (r#"[{"name": "syft"}]"#, Some("syft  ")),
            (r#"[{"name": "one"}, {"name": "two"}]"#, Some("one  ")),
            (
                r#"{"components": [{"type": "application", "name": "npm", "version": "11"},
                    {"type": "library", "name": "cyclonedx-library"},
                    {"type": "application", "group": "@cyclonedx", "name": "cyclonedx-npm", "version": "4"}]}"#,
                Some("cyclonedx-npm 4 @cyclonedx"),
            ),
            (
                r#"{"components": [{"name": "grype", "version": "[not provided]", "author": "anchore"}]}"#,
                Some("grype  anchore"),
            ),
            ("[{}]", None),
            ("null", None),
        ] {
            assert_eq!(tools(json).as_deref(), want, "{json}");
        }
    }

    #[test]
    fn versions_that_nobody_knows_are_told() {
        for (version, want) in [
            (Some("1.0"), 0),
            (Some("1.7"), 0),
            (Some("1.8"), 1),
            (Some("2.0"), 1),
            (Some("11"), 1),
            (None, 1),
        ] {
            let mut outline = Outline { version: version.map(str::to_owned), ..Outline::default() };
            outline.check_version();
            assert_eq!(outline.warnings.len(), want, "{version:?}");
        }
    }
}
