//! Suppressions of SARIF 2.1.0 (section 3.35).

use super::{Draft, ImportError, Imported, day, format, glob_of, one_line};
use scanlift_convert_api::json::{self, Reader};
use scanlift_convert_api::{ConvertError, Input, uri};
use serde::Deserialize;
use std::io::Read;

const SARIF: &str = "SARIF";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<Reference>,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    suppressions: Option<Vec<Suppression>>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
    index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<Physical>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Option<Artifact>,
}

#[derive(Deserialize)]
struct Artifact {
    uri: Option<String>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
    justification: Option<String>,
    properties: Option<Properties>,
}

/// What the SARIF SDK keeps of a suppression.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    alias: Option<String>,
    expiry_utc: Option<String>,
}

#[derive(Deserialize)]
struct Rule {
    id: Option<String>,
}

/// Every suppressed result: its rule and its file.
///
/// One whose suppression is `underReview` or `rejected` is not suppressed.
///
/// # Errors
/// If it cannot be read or is no SARIF.
pub fn read(input: &dyn Input) -> Result<Imported, ImportError> {
    let rules = rules(input)?;
    let mut imported = Imported::default();
    let mut nameless = 0_u64;
    let mut run = 0;
    each_run(input, &mut |reader| {
        let rules = rules.get(run).map_or([].as_slice(), Vec::as_slice);
        run += 1;
        reader.each_key(|key, reader| {
            if key == "results" && reader.peek()? == json::Kind::Array {
                reader.each_item(|_, reader| {
                    let outcome: Outcome = reader.parse()?;
                    match draft(outcome, rules) {
                        Suppressed::No => {}
                        Suppressed::Nameless => nameless += 1,
                        Suppressed::Yes(draft) => imported.drafts.push(*draft),
                    }
                    Ok::<_, json::Error>(())
                })?;
            }
            Ok::<_, json::Error>(())
        })
    })?;
    if nameless > 0 {
        imported.warnings.push(format!("{nameless} suppressed results name no rule and are left out"));
    }
    Ok(imported)
}

enum Suppressed {
    No,
    Nameless,
    Yes(Box<Draft>),
}

fn draft(outcome: Outcome, rules: &[Option<String>]) -> Suppressed {
    let suppressions = outcome.suppressions.unwrap_or_default();
    let is_open = |it: &Suppression| matches!(it.status.as_deref(), Some("underReview" | "rejected"));
    if suppressions.is_empty() || suppressions.iter().any(is_open) {
        return Suppressed::No;
    }
    let (id, index) = outcome.rule.map_or((None, None), |rule| (rule.id, rule.index));
    let by_index = || {
        let index = usize::try_from(outcome.rule_index.or(index)?).ok()?;
        rules.get(index)?.clone()
    };
    let Some(rule) = outcome.rule_id.or(id).or_else(by_index).and_then(|rule| one_line(&rule)) else {
        return Suppressed::Nameless;
    };
    let uri = outcome.locations.into_iter().find_map(|it| it.physical_location?.artifact_location?.uri);
    let path = uri.as_deref().map(uri::to_path).map(|path| relative(&path));
    let properties = || suppressions.iter().filter_map(|it| it.properties.as_ref());
    Suppressed::Yes(Box::new(Draft {
        rule: Some(rule),
        paths: path.iter().map(|path| glob_of(path)).collect(),
        reason: suppressions.iter().find_map(|it| one_line(it.justification.as_deref()?)),
        owner: properties().find_map(|it| one_line(it.alias.as_deref()?)),
        expires: properties().find_map(|it| day(it.expiry_utc.as_deref()?)),
        ..Draft::default()
    }))
}

/// Without a base that stands for the root, as `%SRCROOT%/`.
fn relative(path: &str) -> String {
    let rest = path.strip_prefix('%').and_then(|rest| rest.split_once("%/")).map(|(_, rest)| rest);
    rest.unwrap_or(path).trim_start_matches('/').to_owned()
}

/// The ids of the driver's rules, run by run: results may point at them before they are told.
fn rules(input: &dyn Input) -> Result<Vec<Vec<Option<String>>>, ImportError> {
    let mut runs = Vec::new();
    each_run(input, &mut |reader| {
        let mut rules = Vec::new();
        reader.each_key(|key, reader| {
            if key == "tool" {
                reader.each_key(|key, reader| {
                    if key == "driver" {
                        reader.each_key(|key, reader| {
                            if key == "rules" && reader.peek()? == json::Kind::Array {
                                reader.each_item(|_, reader| {
                                    rules.push(reader.parse::<Rule>()?.id);
                                    Ok::<_, json::Error>(())
                                })?;
                            }
                            Ok::<_, json::Error>(())
                        })?;
                    }
                    Ok::<_, json::Error>(())
                })?;
            }
            Ok::<_, json::Error>(())
        })?;
        runs.push(rules);
        Ok(())
    })?;
    Ok(runs)
}

type Stream<'i> = Reader<Box<dyn Read + 'i>>;

fn each_run(
    input: &dyn Input,
    see: &mut dyn FnMut(&mut Stream<'_>) -> Result<(), json::Error>,
) -> Result<(), ImportError> {
    let mut reader = Reader::new(input.open().map_err(ImportError::Read)?);
    let mut has_runs = false;
    let read = reader.each_key(|key, reader| {
        if key == "runs" && reader.peek()? == json::Kind::Array {
            has_runs = true;
            reader.each_item(|_, reader| see(reader))?;
        }
        Ok::<_, json::Error>(())
    });
    match read.map_err(ConvertError::from) {
        Err(ConvertError::Read(error)) => Err(ImportError::Read(error)),
        Err(error) => Err(format(SARIF, error)),
        Ok(()) if !has_runs => Err(format(SARIF, "it has no runs")),
        Ok(()) => Ok(()),
    }
}
