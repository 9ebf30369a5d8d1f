//! Dismissals of GitLab's vulnerability export, a CSV file.

use super::{Draft, ImportError, Imported, format, glob_of, one_line, ruby};
use scanlift_convert_api::Input;
use scanlift_report_core::Kind;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};

const EXPORT: &str = "GitLab's vulnerability export (CSV)";

/// Columns that are looked at, in the spellings of GitLab's versions.
const STATUS: &[&str] = &["status"];
const KIND: &[&str] = &["tool", "report type", "scanner type"];
const NAME: &[&str] = &["vulnerability"];
const CVE: &[&str] = &["cve"];
const OTHERS: &[&str] = &["other identifiers"];
const LOCATION: &[&str] = &["location"];
const COMMENTS: &[&str] = &["comments"];
const REASON: &[&str] = &["dismissal reason"];
const PATH: &[&str] = &["full path"];
const PROJECT: &[&str] = &["project name"];

/// What separates cells: GitLab writes commas, a spreadsheet what is usual where it runs.
const DELIMITERS: [char; 3] = ['\t', ';', ','];

/// Whether a first line is that of an export.
#[must_use]
pub fn is_header(line: &str) -> bool {
    let names: Vec<String> = line.split(DELIMITERS).map(column_name).collect();
    [STATUS, NAME, LOCATION].iter().all(|known| names.iter().any(|name| known.contains(&name.as_str())))
}

/// A column's name in one spelling.
fn column_name(text: &str) -> String {
    let is_around = |c: char| c.is_whitespace() || c == '"' || c == '\u{feff}';
    text.trim_matches(is_around).replace('_', " ").to_lowercase()
}

/// The delimiter that stands in a first line most often.
fn delimiter(line: &[u8]) -> u8 {
    let count = |delimiter: &u8| line.iter().filter(|byte| *byte == delimiter).count();
    DELIMITERS.map(|delimiter| delimiter as u8).into_iter().max_by_key(count).unwrap_or(b',')
}

/// Whether an identifier is a class of the OWASP Top 10: `A1:2017-Injection`, `A03:2021 - Injection`.
fn is_owasp(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number_and_year = name.strip_prefix('A').and_then(|rest| rest.split_once(':'));
    number_and_year.is_some_and(|(number, year)| digits(number) && year.get(..4).is_some_and(digits))
}

/// Every dismissed vulnerability: an identifier with its file or package.
///
/// Rows that give the same entry are one.
///
/// # Errors
/// If it cannot be read or lacks the columns.
pub fn read(input: &dyn Input) -> Result<Imported, ImportError> {
    let mut stream = BufReader::new(input.open().map_err(ImportError::Read)?);
    let mut first = Vec::new();
    stream.read_until(b'\n', &mut first).map_err(ImportError::Read)?;
    let mut rows = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter(&first))
        .from_reader(first.as_slice().chain(stream));
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => ImportError::Read(error),
        csv::ErrorKind::Utf8 { pos, .. } => {
            let line = pos.map_or(0, |pos| pos.line());
            format(EXPORT, format!("line {line} is no UTF-8: save it as `CSV UTF-8`"))
        }
        _ => format(EXPORT, "a row is broken"),
    };
    let header = rows.headers().map_err(failed)?;
    let names: Vec<String> = header.iter().map(column_name).collect();
    let column = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
    let needed = |known: &[&str]| {
        column(known).ok_or_else(|| format(EXPORT, format!("it has no column `{}`", known.join("` or `"))))
    };
    let columns = Columns {
        status: needed(STATUS)?,
        name: needed(NAME)?,
        location: needed(LOCATION)?,
        kind: column(KIND),
        cve: column(CVE),
        others: column(OTHERS),
        comments: column(COMMENTS),
        reason: column(REASON),
    };
    let project = column(PATH).or(column(PROJECT));
    let mut imported = Imported::default();
    let mut row = csv::StringRecord::new();
    let (mut nameless, mut placeless) = (0_u64, 0_u64);
    let mut projects = BTreeSet::new();
    while rows.read_record(&mut row).map_err(failed)? {
        let text = |at: Option<usize>| plain(at.and_then(|at| row.get(at)).unwrap_or_default().trim());
        if !text(Some(columns.status)).eq_ignore_ascii_case("dismissed") {
            continue;
        }
        let Some(draft) = columns.draft(&text) else {
            nameless += 1;
            continue;
        };
        // An identifier alone would cover it in every place.
        placeless += u64::from(draft.paths.is_empty() && draft.packages.is_empty());
        projects.extend(one_line(text(project)));
        imported.drafts.push(draft);
    }
    if nameless > 0 {
        imported.warnings.push(format!("{nameless} dismissals name no identifier and are left out"));
    }
    if placeless > 0 {
        imported.warnings.push(format!(
            "{placeless} dismissals tell no file and no package: their entries cover the identifier everywhere"
        ));
    }
    if let (Some(first), Some(last)) = (projects.first(), projects.last())
        && first != last
    {
        imported.warnings.push(format!(
            "the dismissals are of {} projects, as {first} and {last}, and cover what is alike in this one: \
             export one project",
            projects.len()
        ));
    }
    Ok(imported)
}

/// Where the columns are.
struct Columns {
    status: usize,
    name: usize,
    location: usize,
    kind: Option<usize>,
    cve: Option<usize>,
    others: Option<usize>,
    comments: Option<usize>,
    reason: Option<usize>,
}

impl Columns {
    fn draft<'r>(&self, text: &dyn Fn(Option<usize>) -> &'r str) -> Option<Draft> {
        let first = |list: &str| list.split([';', ',']).find_map(one_line);
        // Names of rules may hold commas. A class, as `A03:2021 - Injection`, would cover other findings too.
        let other = |list: &str| list.split("; ").filter_map(one_line).find(|name| !is_owasp(name));
        let cve = first(text(self.cve));
        let identifier = cve.or_else(|| other(text(self.others)))?;
        let location = ruby::parse(text(Some(self.location))).unwrap_or(Value::Null);
        let at = |path: &[&str]| {
            let value = path.iter().try_fold(&location, |value, key| value.get(key))?;
            value.as_str().and_then(one_line)
        };
        let package = at(&["dependency", "package", "name"]);
        let path = at(&["file"]);
        let (commented, owner) = comment(text(self.comments)).unwrap_or_default();
        let why = one_line(&text(self.reason).replace('_', " ")).map(|why| capital(&why));
        let reason = match (why, commented) {
            (Some(why), Some(comment)) => Some(format!("{why}: {comment}")),
            (why, comment) => why.or(comment),
        };
        let title = one_line(text(Some(self.name)));
        Some(Draft {
            identifier: Some(identifier),
            paths: path.iter().map(|path| glob_of(path)).collect(),
            packages: package.into_iter().collect(),
            kind: kind(text(self.kind)),
            // A title alone is no reason.
            reason: reason.map(|reason| match title {
                Some(title) if reason.len() < 40 => format!("{reason} ({title})"),
                _ => reason,
            }),
            owner,
            ..Draft::default()
        })
    }
}

/// Without the quote that keeps spreadsheets from taking a text for a formula.
fn plain(text: &str) -> &str {
    let rest = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(text)
}

/// `sast`, `Secret Detection`, `container_scanning`.
fn kind(text: &str) -> Option<Kind> {
    Kind::parse(&text.to_lowercase().replace([' ', '-'], "_"))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Text and user of the last comment on a dismissal: entries of `time|user|status|text`.
fn comment(text: &str) -> Option<(Option<String>, Option<String>)> {
    let mut entries: Vec<(String, String, String)> = Vec::new();
    for part in text.split("; ").flat_map(|part| part.split('\n')) {
        let fields: Vec<&str> = part.splitn(4, '|').collect();
        let is_entry = |time: &str| time.trim_start().starts_with(|c: char| c.is_ascii_digit());
        match (fields.as_slice(), entries.last_mut()) {
            ([time, user, status, words], _) if is_entry(time) => {
                entries.push(((*user).to_owned(), status.to_lowercase(), (*words).to_owned()));
            }
            (_, Some((_, _, words))) => {
                words.push_str("; ");
                words.push_str(part);
            }
            _ => {}
        }
    }
    let (user, _, words) =
        entries.iter().rev().find(|(_, status, _)| status.contains("dismiss")).or(entries.last())?;
    Some((one_line(words), one_line(user)))
}
