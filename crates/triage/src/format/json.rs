//! A review as JSON: for each table its columns in order, and its rows as objects of texts.

use super::FormatError;
use crate::{Review, Row, Table, TableError, table::FIRST};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use std::fmt;

/// The version of the format.
const VERSION: u32 = 1;

/// The text of a JSON file.
///
/// # Errors
/// Never, as far as is known: texts can always be written.
pub fn write(review: &Review) -> Result<Vec<u8>, FormatError> {
    let Review { rows, left_out, request } = review;
    let file =
        Written { scan_review: VERSION, review: Of(rows), left_out: Of(left_out), request: Of(request) };
    let mut text =
        serde_json::to_vec_pretty(&file).map_err(|error| FormatError::write("the JSON file", error))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a JSON file. Numbers and truth values become texts, `null` an empty one.
///
/// # Errors
/// If it is none, or holds no rows.
pub fn read(text: &str) -> Result<Review, FormatError> {
    let file: File = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
        .map_err(|error| FormatError::read(format!("line {} of the JSON file", error.line()), error))?;
    let Some(rows) = file.review else {
        let problem = "it holds no `review`: is it one that `scanlift triage` made?";
        return Err(FormatError::read("the JSON file", problem));
    };
    let left_out = file.left_out.map(|table| table.table("left_out")).transpose()?;
    let request = file.request.map(|table| table.table("request")).transpose()?;
    Review::of_tables(rows.table("review")?, left_out, request)
}

#[derive(Serialize)]
struct Written<'t> {
    scan_review: u32,
    review: Of<'t>,
    left_out: Of<'t>,
    request: Of<'t>,
}

/// A table, written.
struct Of<'t>(&'t Table);

impl Serialize for Of<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("columns", self.0.columns())?;
        map.serialize_entry("rows", &Rows(self.0))?;
        map.end()
    }
}

struct Rows<'t>(&'t Table);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        self.0.rows().try_for_each(|row| list.serialize_element(&Object(self.0.columns(), row)))?;
        list.end()
    }
}

struct Object<'t>(&'t [String], Row<'t>);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1.cells()))
    }
}

#[derive(Deserialize)]
struct File {
    review: Option<TableRead>,
    left_out: Option<TableRead>,
    request: Option<TableRead>,
}

#[derive(Deserialize)]
struct TableRead {
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    rows: Vec<Cells>,
}

impl TableRead {
    /// Columns as listed, then those that rows add, in their order.
    fn table(self, name: &str) -> Result<Table, FormatError> {
        let mut columns = self.columns;
        let mut rows = Vec::new();
        for (at, cells) in self.rows.into_iter().enumerate() {
            let mut row = vec![String::new(); columns.len()];
            let mut seen = vec![false; columns.len()];
            for (key, text) in cells.0 {
                // Columns are compared with each other: not with any number of them.
                if columns.len() > Table::MOST_COLUMNS {
                    return Err(FormatError::read(format!("{name} of the JSON file"), TableError::TooWide));
                }
                let at_column = columns.iter().position(|known| *known == key).unwrap_or_else(|| {
                    columns.push(key.clone());
                    row.push(String::new());
                    seen.push(false);
                    columns.len() - 1
                });
                if std::mem::replace(&mut seen[at_column], true) {
                    let place = format!("{name}.rows[{at}] of the JSON file");
                    return Err(FormatError::read(place, TableError::Twice(key)));
                }
                row[at_column] = text;
            }
            rows.push(row);
        }
        Table::read(columns, (FIRST..).zip(rows))
            .map_err(|error| FormatError::read(format!("{name} of the JSON file"), error))
    }
}

/// An object of scalars, in order.
struct Cells(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CellsVisitor)
    }
}

struct CellsVisitor;

impl<'de> Visitor<'de> for CellsVisitor {
    type Value = Cells;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells, A::Error> {
        let mut cells = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let Scalar(text) = map.next_value()?;
            let text = text
                .ok_or_else(|| A::Error::custom(format!("`{key}` holds a list or an object, not a text")))?;
            cells.push((key, text));
        }
        Ok(Cells(cells))
    }
}

/// A scalar as a text; `None` for a list or object.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Any {
            Text(String),
            Bool(bool),
            Number(serde_json::Number),
            Null(()),
            Other(IgnoredAny),
        }
        Ok(Self(match Any::deserialize(deserializer)? {
            Any::Text(text) => Some(text),
            Any::Bool(truth) => Some(truth.to_string()),
            Any::Number(number) => Some(number.to_string()),
            Any::Null(()) => Some(String::new()),
            Any::Other(_) => None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edited_objects_are_read() {
        let text = r#"{"review": {"columns": ["id", "decision"], "rows": [
            {"decision": "ask", "id": "R-1", "mine": 5},
            {"id": null, "mine": true}, {}]}}"#;
        let review = read(text).expect("a review");
        assert_eq!(review.rows.columns(), ["id", "decision", "mine"]);
        let rows: Vec<_> = review.rows.rows().map(|row| row.cells().to_vec()).collect();
        assert_eq!(rows, [["R-1", "ask", "5"], ["", "", "true"]]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let keys: Vec<String> = (0..100_000).map(|at| format!("\"{at}\": 1")).collect();
        let wide = format!(r#"{{"review": {{"rows": [{{{}}}]}}}}"#, keys.join(","));
        for (text, part) in [
            ("{", "line 1"),
            ("{}", "no `review`"),
            (r#"{"review": {"rows": [{"a": []}]}}"#, "`a` holds a list"),
            (r#"{"review": {"rows": [{"a": "1", "a": "2"}]}}"#, "`a` is there twice"),
            (r#"{"review": {"columns": ["a", "a"]}}"#, "`a` is there twice"),
            (&*wide, "more than 1000 columns"),
        ] {
            let error = read(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
