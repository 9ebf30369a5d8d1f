//! The framing JSON reader: a document of any size, one record at a time, in a small window.
//!
//! [`Reader`] walks the outline of a document (objects, arrays, keys) and hands out the values that a converter wants,
//! to be parsed into structs that borrow from the window; everything else is skipped at some GB/s.
//! [`Repair`] is for records that do not quite fit, so that one wrong field costs that field and not the document.
//! [`walk`] goes through a document that is one object. [`Records`] takes the records to a sink and keeps the account, [`each_record`] on several threads; [`Fields`] reads what stands beside them.
//! [`Text`], [`Loose`], [`TextOr`], [`number`] and [`list`] are for the structs. [`Head`] tells formats apart by the first bytes, or by what [`abridged`] makes of a whole document.
//!
//! The bytes are UTF-8 without a byte order mark, as [`Input`](crate::Input) gives them.
//! What is skipped is matched for brackets and quotes and not checked otherwise, and what an untrusted document may
//! ask for is bounded by [`Limits`].
//!
//! ```
//! use scanlift_convert_api::json::{self, Reader, Repair, Text};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "camelCase")]
//! struct Finding<'a> {
//!     #[serde(borrow)]
//!     rule_id: Option<Text<'a>>,
//!     #[serde(default, deserialize_with = "json::number")]
//!     line: Option<u64>,
//! }
//!
//! let document = br#"{"tool": "x", "results": [{"ruleId": "a", "line": "7"}, {"ruleId": ["b"]}]}"#;
//! let mut reader = Reader::new(&document[..]);
//! let mut repair = Repair::default();
//! let mut seen = Vec::new();
//! reader.each_key(|key, reader| match key {
//!     "results" => reader.each_item(|_, reader| {
//!         let path = reader.path();
//!         let (finding, warnings) = reader.parse_lenient::<Finding>(&mut repair)?;
//!         seen.push(format!("{path} {:?} {:?} {}", finding.rule_id.as_deref(), finding.line, warnings.len()));
//!         Ok::<_, json::Error>(())
//!     }),
//!     _ => Ok(()), // what is left alone is skipped
//! })?;
//! reader.finish()?;
//! assert_eq!(seen, [r#"results[0] Some("a") Some(7) 0"#, "results[1] None None 1"]);
//! # Ok::<(), json::Error>(())
//! ```

mod abridged;
mod commas;
mod documents;
mod error;
mod fields;
mod head;
mod item;
mod locate;
mod objects;
mod parallel;
mod reader;
mod records;
mod repair;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod text_or;
mod walk;

pub use abridged::abridged;
pub use commas::{TRAILING_COMMA, trailing_commas};
pub use documents::Span;
pub(crate) use error::{Bytes, TOO_DEEP, TOO_LARGE, joined};
pub use error::{Cause, Error};
pub use fields::Fields;
pub use head::Head;
pub use item::{Item, Value};
pub use parallel::each_record;
pub use reader::{Kind, Limits, Raw, Reader};
pub use records::Records;
pub use repair::Repair;
pub use text::{Loose, Number, Text, filled, flag, list, number, without_nul};
pub use text_or::TextOr;
pub use walk::walk;
