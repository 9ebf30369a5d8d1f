//! The pull reader for XML: a document of any size, one element at a time.
//!
//! [`Reader`] walks the outline of a document and hands out the elements that a converter wants, each
//! as a [`Tree`] of an [`Element`] with its attributes, texts and children; everything else is skipped.
//! [`Head`] tells formats apart by the first bytes.
//!
//! Names are local ones: prefixes of namespaces are left out (`cdx:bom` is `bom`).
//! A document type is passed over, and entities that it declares are never expanded: `&company;`
//! stays as it is written.
//! What a strict reader would refuse is read where it is plain what is meant, and [`Reader::end`] tells of it.
//!
//! ```
//! use scanlift_convert_api::xml::Reader;
//!
//! let document = br#"<scan tool="x"><host name="h"><item id="1">a &amp; b</item><item id="2"/></host></scan>"#;
//! let mut seen = Vec::new();
//! let mut reader = Reader::new(&document[..]);
//! let root = reader.root()?;
//! assert_eq!(root.attribute("tool"), Some("x"));
//! reader.each_child(|host, reader| {
//!     let host = host.attribute("name").unwrap_or_default().to_owned();
//!     reader.each_child(|tag, reader| {
//!         let item = reader.element(tag)?;
//!         let item = item.root();
//!         seen.push(format!("{host} {:?} {:?}", item.attribute("id"), item.text()));
//!         Ok(())
//!     })
//! })?;
//! assert_eq!(seen, [r#"h Some("1") Some("a & b")"#, r#"h Some("2") None"#]);
//! # Ok::<(), scanlift_convert_api::ConvertError>(())
//! ```

mod element;
mod grow;
mod guard;
mod head;
mod oddities;
mod reader;
#[cfg(test)]
mod tests;
mod text;

pub use element::{Children, Element, Inside, Tag, Tree};
pub use head::Head;
pub use reader::Reader;
