//! A document that is the registry's answer and nothing more: told, and converted.

use super::{Actions, Client, Scope, visit};
use crate::audit::in_a_line;
use scanlift_convert_api::json::{Fields, Head, Kind, Reader, Records};
use scanlift_convert_api::package::manifest_or_option;
use scanlift_convert_api::{ConvertError, Input, Options, ScanInfo, Sink};
use serde::Deserialize;
use std::io::Read;

/// Whose document this is, if it is the registry's answer.
///
/// npm 6 and pnpm write the same layout. What tells them apart is the number of the run, which npm
/// has, and dependency paths, which begin with the workspace for pnpm. Without a number and a path it
/// is pnpm's: npm 6 always has the one or the other.
pub(crate) fn client(bytes: &[u8], head: &Head<'_>) -> Option<Client> {
    // Actions stand first, and a head may show no more than them.
    let acts = ["action", "resolves"].iter().all(|key| head.path_has(&["actions", key]));
    let is_answer = head.has("advisories") || acts;
    if head.kind() != Some(Kind::Object) || !is_answer || head.has("abandoned") {
        return None;
    }
    let beside = ["actions", "muted", "runId"].iter().any(|key| head.has(key));
    let counts = head.path_has(&["metadata", "vulnerabilities"]);
    let text = String::from_utf8_lossy(bytes);
    let entries = text.contains("\"module_name\"") && text.contains("\"vulnerable_versions\"");
    if !beside && !counts && !entries {
        return None;
    }
    let has_paths = text.contains("\"path\"") || text.contains("\"paths\"");
    let is_pnpm = !head.has("runId") && (!has_paths || text.split('"').any(begins_with_workspace));
    Some(if is_pnpm { Client::Pnpm } else { Client::Npm })
}

/// Whether this is a dependency path of pnpm: `.>lodash`, `packages__app>lodash`.
fn begins_with_workspace(text: &str) -> bool {
    text.split_once('>').is_some_and(|(first, _)| {
        first == "." || (first.contains("__") && !first.contains([' ', '<', '\\']) && first.len() < 256)
    })
}

/// Converts such a document in two passes: for what stands beside the advisories, and for these.
pub(crate) fn convert(
    input: &dyn Input,
    options: &Options,
    sink: &mut dyn Sink,
    client: Client,
    scan: ScanInfo<'_>,
) -> Result<(), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut answer = Answer::default();
    reader.each_key(|key, reader| answer.read(key, reader, client))?;
    reader.finish()?;
    drop(reader);
    answer.check(client, "`advisories`, as an audit has them")?;

    sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
    answer.fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
    let manifest = manifest_or_option(None, Some(client.lock_file()), options, input, sink);
    let scope = Scope { manifest, importers: client == Client::Pnpm, actions: answer.actions };
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let mut records = Records::new(sink);
    reader.each_key(|key, reader| visit(key, reader, &mut records, &scope))?;
    Ok(reader.finish()?)
}

/// What stands beside the advisories.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// What to do.
    pub(crate) actions: Actions,
    /// What had to be left out.
    pub(crate) fields: Fields,
    /// Whether there is a list of advisories, or of what has some.
    pub(crate) is_audit: bool,
    /// Why there is none.
    pub(crate) failure: Option<Failure>,
}

/// `error`: why a client has nothing to tell.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Failure {
    code: Option<String>,
    summary: Option<String>,
    detail: Option<String>,
    /// Of pnpm; npm has it beside `error`.
    pub(crate) message: Option<String>,
}

impl Answer {
    /// Takes what a key of the document holds.
    pub(crate) fn read<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        client: Client,
    ) -> Result<(), ConvertError> {
        match key {
            "actions" => self.actions.read(reader, &mut self.fields, client)?,
            "advisories" => self.is_audit = true,
            "error" => {
                let failure = match reader.peek()? {
                    Kind::Object => self.fields.object(reader)?,
                    Kind::String => {
                        Some(Failure { message: self.fields.text(reader)?, ..Failure::default() })
                    }
                    _ => None,
                };
                let message = self.failure.take().and_then(|known| known.message);
                self.failure =
                    failure.map(|failure| Failure { message: failure.message.or(message), ..failure });
            }
            "message" => {
                let message = self.fields.text(reader)?;
                self.failure.get_or_insert_default().message = message;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether there is something to convert.
    ///
    /// # Errors
    /// With the client's own message if it failed.
    pub(crate) fn check(&self, client: Client, expected: &'static str) -> Result<(), ConvertError> {
        if self.is_audit {
            return Ok(());
        }
        match &self.failure {
            Some(failure) => {
                Err(ConvertError::Failed { scanner: client.tool(), message: failure.to_string() })
            }
            None => Err(ConvertError::Unrecognised {
                expected,
                help: "give the file that the audit wrote with --json",
            }),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [&self.code, &self.message, &self.summary, &self.detail];
        let filled = parts
            .into_iter()
            .filter_map(|part| part.as_deref().map(|part| part.trim().trim_end_matches('.')));
        let text = filled.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        f.write_str(&in_a_line(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_by_their_paths() {
        let entry = |path: &str| {
            format!(
                r#"{{"advisories": {{"1": {{"findings": [{{"version": "1", "paths": ["{path}"]}}],
                    "module_name": "a", "vulnerable_versions": "<1"}}}}}}"#
            )
        };
        for (document, want) in [
            (entry("b>a"), Some(Client::Npm)),
            (entry(".>a"), Some(Client::Pnpm)),
            (entry("packages__app>a"), Some(Client::Pnpm)),
            (r#"{"advisories": {}, "metadata": {"vulnerabilities": {}}}"#.to_owned(), Some(Client::Pnpm)),
            (r#"{"actions": [], "advisories": {}, "muted": []}"#.to_owned(), Some(Client::Pnpm)),
            (r#"{"advisories": {}, "muted": [], "runId": "1-2"}"#.to_owned(), Some(Client::Npm)),
            (
                r#"{"actions": [{"action": "update", "resolves": [{"id": 1, "path": "b>a"#.to_owned(),
                Some(Client::Npm),
            ),
            (
                r#"{"actions": [{"action": "update", "resolves": [{"id": 1, "path": ".>a", "d"#.to_owned(),
                Some(Client::Pnpm),
            ),
            // Composer's.
            (r#"{"advisories": [], "abandoned": []}"#.to_owned(), None),
            (r#"{"advisories": {"acme/lib": [{"advisoryId": "PKSA-1"}]}}"#.to_owned(), None),
            ("[]".to_owned(), None),
        ] {
            assert_eq!(client(document.as_bytes(), &Head::of(document.as_bytes())), want, "{document}");
        }
    }
}
