//! Puts entries into a file and leaves the rest of it as it is.

use super::Draft;
use crate::PLACEHOLDER;
use crate::read::{IgnoreError, KEYS};
use jiff::civil::Date;
use std::collections::BTreeSet;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, Value, value};

/// A file with entries put into it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The file.
    pub toml: String,
    /// How many entries were added.
    pub added: usize,
    /// How many were there already, or came twice.
    pub known: usize,
    /// How many of those added have a placeholder in place of a reason.
    pub placeholders: usize,
}

/// Adds entries behind those of a file, which may be empty; `source` is told in a comment.
///
/// An entry with the conditions of one that is there is not added: what people wrote stays.
///
/// # Errors
/// If the file is no TOML, or has its entries in another form than `[[ignore]]`.
pub fn add(existing: &str, source: &str, drafts: &[Draft]) -> Result<Written, IgnoreError> {
    let mut document: DocumentMut = existing.parse().map_err(|error: toml_edit::TomlError| IgnoreError {
        line: 1,
        problem: error.message().to_owned(),
    })?;
    let ignore = document.entry("ignore").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(tables) = ignore.as_array_of_tables_mut() else {
        let problem = "`ignore` is no [[ignore]]: entries cannot be added to it".to_owned();
        return Err(IgnoreError { line: 1, problem });
    };
    let mut seen: BTreeSet<String> = tables.iter().map(|table| conditions(table)).collect();
    let mut written = Written { toml: String::new(), added: 0, known: 0, placeholders: 0 };
    for draft in drafts {
        let mut table = table(draft);
        if !seen.insert(conditions(&table)) {
            written.known += 1;
            continue;
        }
        let is_first = tables.is_empty() && existing.trim().is_empty();
        let gap = if is_first && written.added == 0 { "" } else { "\n" };
        let note = if written.added == 0 { format!("# From {}.\n", comment(source)) } else { String::new() };
        table.decor_mut().set_prefix(format!("{gap}{note}"));
        tables.push(table);
        written.added += 1;
        written.placeholders += usize::from(draft.reason.is_none());
    }
    if tables.is_empty() {
        document.remove("ignore");
    }
    written.toml = document.to_string();
    Ok(written)
}

fn table(draft: &Draft) -> Table {
    let mut table = Table::new();
    let mut set = |key: &str, item: Option<Item>| {
        if let Some(item) = item {
            table.insert(key, item);
        }
    };
    set("identifier", draft.identifier.as_ref().map(value));
    set("rule", draft.rule.as_ref().map(value));
    set("path", texts(&draft.paths));
    set("package", texts(&draft.packages));
    set("kind", draft.kind.map(|kind| value(kind.as_str())));
    set("reason", Some(value(draft.reason.as_deref().unwrap_or(PLACEHOLDER))));
    set("owner", draft.owner.as_ref().map(value));
    set("expires", draft.expires.and_then(date));
    table
}

fn texts(texts: &[String]) -> Option<Item> {
    match texts {
        [] => None,
        [only] => Some(value(only)),
        several => Some(value(several.iter().collect::<Array>())),
    }
}

fn date(date: Date) -> Option<Item> {
    let part = |number: i8| u8::try_from(number).ok();
    let date = toml_edit::Date {
        year: u16::try_from(date.year()).ok()?,
        month: part(date.month())?,
        day: part(date.day())?,
    };
    Some(value(toml_edit::Datetime::from(date)))
}

/// What an entry asks for, comparable.
fn conditions(table: &dyn TableLike) -> String {
    let asked = KEYS.iter().filter(|key| !["reason", "owner", "expires"].contains(key));
    asked.filter_map(|key| Some(format!("{key}={}\n", plain(table.get(key)?)))).collect()
}

fn plain(item: &Item) -> String {
    match item {
        Item::Value(Value::String(text)) => format!("{:?}", text.value()),
        Item::Value(Value::Array(items)) if items.len() == 1 => {
            items.get(0).map(|item| plain(&Item::Value(item.clone()))).unwrap_or_default()
        }
        Item::Value(Value::Array(items)) => {
            items.iter().map(|item| plain(&Item::Value(item.clone()))).collect::<Vec<_>>().join(",")
        }
        other => other.to_string().trim().to_owned(),
    }
}

/// A name that stays in its line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
