//! Reads the TOML.

use crate::entry::{Entry, Package, Pattern};
use crate::file::IgnoreFile;
use globset::{GlobBuilder, GlobSetBuilder};
use jiff::civil::Date;
use scanlift_report_core::Kind;
use scanlift_vex::{Product, Thing};
use std::ops::Range;
use toml_edit::{Document, Item, TableLike};

/// Why a file cannot be used. Display: `line 3: …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
#[non_exhaustive]
pub struct IgnoreError {
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

type Read<T> = Result<T, IgnoreError>;

/// The keys of an entry.
pub(crate) const KEYS: [&str; 10] =
    ["identifier", "rule", "finding", "path", "package", "kind", "scanner", "reason", "owner", "expires"];

impl IgnoreFile {
    /// Reads a file; `today` decides what is expired.
    ///
    /// # Errors
    /// If it is no TOML, if an entry has no reason or no condition, or has a key or value that means
    /// nothing: an entry that is read wrongly would hide findings.
    pub fn parse(name: &str, toml: &str, today: Date) -> Result<Self, IgnoreError> {
        let lines = Lines::of(toml);
        let document = Document::parse(toml).map_err(|error| IgnoreError {
            line: error.span().map_or(1, |span| lines.at(span.start)),
            problem: error.message().to_owned(),
        })?;
        let mut entries = Vec::new();
        for (key, item) in document.iter() {
            if key != "ignore" {
                let at = span(item).map_or(1, |at| lines.at(at));
                let problem = format!("`{key}` means nothing here; entries begin with [[ignore]]");
                return Err(IgnoreError { line: at, problem });
            }
            let tables: Vec<(&dyn TableLike, Option<Range<usize>>)> = match item {
                Item::ArrayOfTables(tables) => {
                    tables.iter().map(|table| (table as &dyn TableLike, table.span())).collect()
                }
                Item::Value(toml_edit::Value::Array(items)) => {
                    let tables = items.iter().map(|item| item.as_inline_table());
                    let tables: Option<Vec<_>> = tables.collect();
                    let tables =
                        tables.ok_or_else(|| expected("ignore", "a list of tables", item, &lines))?;
                    tables.into_iter().map(|table| (table as &dyn TableLike, table.span())).collect()
                }
                other => return Err(expected("ignore", "[[ignore]] with two brackets", other, &lines)),
            };
            for (table, span) in tables {
                entries.push(entry(table, span.map_or(1, |span| lines.at(span.start)), &lines)?);
            }
        }
        Ok(Self::new(name, entries, today))
    }
}

/// An entry that begins in the line `place`.
fn entry(table: &dyn TableLike, place: usize, lines: &Lines) -> Read<Entry> {
    let fail = |problem: &str| IgnoreError { line: place, problem: problem.to_owned() };
    let mut entry = Entry { line: place, ..Entry::default() };
    let mut globs = GlobSetBuilder::new();
    for (key, item) in table.iter() {
        let at = table.key(key).and_then(|key| key.span()).map_or(place, |span| lines.at(span.start));
        let wrong = |problem: String| IgnoreError { line: at, problem };
        let text = |item: &Item| match item.as_str().map(str::trim) {
            Some("") => Err(wrong(format!("`{key}` is empty"))),
            Some(text) => Ok(text.to_owned()),
            None => Err(wrong(format!("`{key}`: a text is expected, not {}", item.type_name()))),
        };
        let texts = || values(item).iter().map(text).collect::<Read<Vec<_>>>();
        match key {
            "identifier" => {
                for item in values(item) {
                    entry.identifiers.push(pattern(&item, &text, &wrong)?);
                }
            }
            "rule" => entry.rules = texts()?,
            "finding" => entry.findings = texts()?,
            "scanner" => entry.scanners = texts()?,
            "path" => {
                entry.paths = texts()?;
                for path in &entry.paths {
                    for glob in globs_of(path) {
                        let built = GlobBuilder::new(&glob).literal_separator(true).build();
                        globs.add(
                            built.map_err(|error| wrong(format!("the glob `{path}`: {}", error.kind())))?,
                        );
                    }
                }
            }
            "package" => {
                for item in values(item) {
                    entry.packages.push(package(&item, &text, &wrong)?);
                }
            }
            "kind" => {
                for word in texts()? {
                    let kind = Kind::parse(&word).ok_or_else(|| {
                        let all = Kind::ALL.map(Kind::as_str).join(", ");
                        wrong(format!("`{word}` is no kind of report; it is one of {all}"))
                    })?;
                    entry.kinds.push(kind);
                }
            }
            "reason" => entry.reason = text(item)?,
            "owner" => entry.owner = Some(text(item)?),
            "expires" => {
                entry.expires = Some(
                    date(item)
                        .ok_or_else(|| wrong("`expires`: a date is expected, as 2027-01-31".to_owned()))?,
                )
            }
            other => return Err(wrong(unknown(other, &KEYS))),
        }
    }
    entry.globs = globs.build().map_err(|error| fail(&format!("the globs: {}", error.kind())))?;
    if entry.reason.is_empty() {
        return Err(fail("`reason` is missing: say why these findings are ignored"));
    }
    let conditions = [
        entry.identifiers.len(),
        entry.rules.len(),
        entry.findings.len(),
        entry.paths.len(),
        entry.packages.len(),
        entry.kinds.len(),
        entry.scanners.len(),
    ];
    if conditions == [0; 7] {
        return Err(fail("the entry has no condition: it would cover every finding"));
    }
    Ok(entry)
}

fn pattern(
    item: &Item,
    text: &dyn Fn(&Item) -> Read<String>,
    wrong: &dyn Fn(String) -> IgnoreError,
) -> Read<Pattern> {
    let Some(table) = item.as_table_like() else { return Ok(Pattern { kind: None, value: text(item)? }) };
    let (mut kind, mut value) = (None, None);
    for (key, item) in table.iter() {
        match key {
            "type" => kind = Some(text(item)?),
            "value" => value = Some(text(item)?),
            other => return Err(wrong(unknown(other, &["type", "value"]))),
        }
    }
    let value = value.ok_or_else(|| wrong("`identifier`: `value` is missing".to_owned()))?;
    Ok(Pattern { kind, value })
}

fn package(
    item: &Item,
    text: &dyn Fn(&Item) -> Read<String>,
    wrong: &dyn Fn(String) -> IgnoreError,
) -> Read<Package> {
    let mut thing = Thing::default();
    let mut labels = Vec::new();
    let add_purl = |thing: &mut Thing, purl: &str| {
        if thing.add_purl(purl) { Ok(()) } else { Err(wrong(format!("`{purl}` is no package URL"))) }
    };
    match item.as_table_like() {
        None => {
            let name = text(item)?;
            if name.starts_with("pkg:") {
                add_purl(&mut thing, &name)?;
            } else {
                thing.names.push(name.clone());
            }
            labels.push(name);
        }
        Some(table) => {
            for (key, item) in table.iter() {
                let value = text(item)?;
                match key {
                    "name" => thing.names.push(value.clone()),
                    "purl" => add_purl(&mut thing, &value)?,
                    "version" => thing.set_version(&value),
                    other => return Err(wrong(unknown(other, &["name", "purl", "version"]))),
                }
                labels.push(value);
            }
            if thing.names.is_empty() && thing.purls.is_empty() {
                return Err(wrong("`package`: `name` or `purl` is missing".to_owned()));
            }
        }
    }
    Ok(Package { label: labels.join(" "), product: Product::new(thing) })
}

/// One value, or those of a list.
fn values(item: &Item) -> Vec<Item> {
    match item {
        Item::Value(toml_edit::Value::Array(items)) => items.iter().cloned().map(Item::Value).collect(),
        Item::ArrayOfTables(tables) => tables.iter().cloned().map(Item::Table).collect(),
        other => vec![other.clone()],
    }
}

/// A date of TOML or in a text; of a time, its day.
fn date(item: &Item) -> Option<Date> {
    if let Some(text) = item.as_str() {
        return crate::import::day(text);
    }
    let date = item.as_datetime()?.date?;
    let (year, month, day) =
        (date.year.try_into().ok()?, date.month.try_into().ok()?, date.day.try_into().ok()?);
    Date::new(year, month, day).ok()
}

/// The globs of a path as GitLab's excluded paths have it: a pattern without a slash is a name at any depth,
/// a folder is all in it.
#[must_use]
pub fn globs_of(path: &str) -> [String; 2] {
    let pattern = if path.contains('/') {
        path.trim_start_matches("./").trim_matches('/').to_owned()
    } else {
        format!("**/{path}")
    };
    let below = format!("{pattern}/**");
    [pattern, below]
}

fn unknown(key: &str, known: &[&str]) -> String {
    let likely = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(key, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match likely {
        Some((_, likely)) => format!("`{key}` is no key of an entry; did you mean `{likely}`?"),
        None => format!("`{key}` is no key of an entry; the keys are {}", known.join(", ")),
    }
}

fn expected(key: &str, what: &str, item: &Item, lines: &Lines) -> IgnoreError {
    let line = span(item).map_or(1, |at| lines.at(at));
    IgnoreError { line, problem: format!("`{key}`: {what} is expected") }
}

fn span(item: &Item) -> Option<usize> {
    item.span().map(|span| span.start)
}

/// Where lines end, in bytes.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line, from 1, that a byte is in.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}
