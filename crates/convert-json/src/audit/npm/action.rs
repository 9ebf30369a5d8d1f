//! What a client would do about the advisories (`actions` of the registry's answer).

use scanlift_convert_api::ConvertError;
use scanlift_convert_api::json::{self, Fields, Kind, Reader};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Read;

/// Who asked the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// npm 6.
    Npm,
    /// pnpm.
    Pnpm,
    /// Yarn 2 and 3.
    Yarn,
}

impl Client {
    fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::Yarn => "yarn",
        }
    }

    /// As people call its audit.
    pub(crate) fn tool(self) -> &'static str {
        match self {
            Self::Npm => "npm audit",
            Self::Pnpm => "pnpm audit",
            Self::Yarn => "yarn audit",
        }
    }

    /// The only file that its audit reads.
    pub(crate) fn lock_file(self) -> &'static str {
        match self {
            Self::Npm => "package-lock.json",
            Self::Pnpm => "pnpm-lock.yaml",
            Self::Yarn => "yarn.lock",
        }
    }

    fn install(self) -> &'static str {
        match self {
            Self::Npm => "npm install",
            Self::Pnpm => "pnpm add",
            Self::Yarn => "yarn add",
        }
    }
}

/// What would be done about each advisory, by its number.
#[derive(Debug, Default)]
pub(crate) struct Actions(HashMap<String, Action>);

/// What a client would do about an advisory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Action {
    /// The command, where one helps.
    pub(crate) command: String,
    /// What its package is needed for: `development`, `optional`; empty if for the program itself.
    pub(crate) usage: &'static str,
}

/// A way to a package with an advisory, which an action resolves (`resolves[]`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Resolved {
    #[serde(deserialize_with = "json::number")]
    id: Option<u64>,
    dev: Option<bool>,
    optional: Option<bool>,
}

impl Actions {
    /// The action for the advisory of that number.
    pub(crate) fn get(&self, number: &str) -> Option<&Action> {
        self.0.get(number)
    }

    /// Takes in a way to a package, and the command that mends it; empty if none does.
    pub(crate) fn add(&mut self, resolved: &Resolved, command: &str) {
        let Some(id) = resolved.id else { return };
        let usage = match (resolved.dev, resolved.optional) {
            (Some(true), _) => "development",
            (_, Some(true)) => "optional",
            _ => "",
        };
        let action = self.0.entry(id.to_string()).or_insert(Action { command: String::new(), usage });
        // One way by which the program itself needs it is enough.
        if usage.is_empty() {
            action.usage = "";
        }
        if action.command.is_empty() {
            command.clone_into(&mut action.command);
        }
    }

    /// Reads `actions`, which may stand behind the advisories.
    pub(crate) fn read<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        fields: &mut Fields,
        client: Client,
    ) -> Result<(), ConvertError> {
        if !fields.is(Kind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let planned = fields.object::<Planned, _>(reader)?.unwrap_or_default();
            let command = command(&planned, client);
            planned.resolves.iter().for_each(|resolved| self.add(resolved, &command));
            Ok(())
        })
    }
}

/// An entry of `actions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Planned {
    action: Option<String>,
    module: Option<String>,
    target: Option<String>,
    #[serde(rename = "isMajor")]
    is_major: Option<bool>,
    #[serde(deserialize_with = "json::number")]
    depth: Option<u64>,
    #[serde(deserialize_with = "json::list")]
    resolves: Vec<Resolved>,
}

/// The command of an action; empty where a person has to look (`review`).
fn command(planned: &Planned, client: Client) -> String {
    let module = planned.module.as_deref().unwrap_or_default().trim();
    let target = planned.target.as_deref().unwrap_or_default().trim();
    match planned.action.as_deref() {
        Some("install") if !module.is_empty() && !target.is_empty() => {
            let major = if planned.is_major == Some(true) { " (a new major version)" } else { "" };
            format!("{} {module}@{target}{major}", client.install())
        }
        Some("update") if !module.is_empty() => match planned.depth {
            Some(depth) => format!("{} update {module} --depth {depth}", client.name()),
            None => format!("{} update {module}", client.name()),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_commands() {
        let planned = |json: &str| serde_json::from_str::<Planned>(json).expect("an action");
        for (json, want) in [
            (r#"{"action": "install", "module": "a", "target": "2.0.0"}"#, "npm install a@2.0.0"),
            (
                r#"{"action": "install", "module": "a", "target": "2.0.0", "isMajor": true}"#,
                "npm install a@2.0.0 (a new major version)",
            ),
            (r#"{"action": "update", "module": "a", "depth": 3}"#, "npm update a --depth 3"),
            (r#"{"action": "review", "module": "a"}"#, ""),
            ("{}", ""),
        ] {
            assert_eq!(command(&planned(json), Client::Npm), want);
        }
        let install = planned(r#"{"action": "install", "module": "a", "target": "2.0.0"}"#);
        assert_eq!(command(&install, Client::Pnpm), "pnpm add a@2.0.0");
    }
}
