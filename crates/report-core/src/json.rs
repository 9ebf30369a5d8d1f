//! Writes JSON into memory, the bytes that serde_json would write, in a third of the time.
//!
//! A report is strings for the most part, and serde_json looks at each of their bytes alone.
//! Here a string is searched eight bytes at a time and copied in runs, and a key costs one copy.
//! That is all there is: structure and strings, as far as the model of a report needs them.
//! Numbers are serde_json's work, and what a report has none of (bytes, enums with fields, keys
//! that are no strings) is an error.

use serde::{
    Serialize, Serializer,
    ser::{
        Error as _, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple,
        SerializeTupleStruct,
    },
};
use serde_json::Error;

/// Appends the JSON of a value.
///
/// # Errors
/// If the value holds what is not known here, or fails by itself.
pub(crate) fn append<T: Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) -> Result<(), Error> {
    value.serialize(Json(json))
}

/// Appends a string with its quotes.
fn append_str(json: &mut Vec<u8>, text: &str) {
    json.reserve(text.len() + 2);
    json.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = first_escape(rest) {
        let (run, tail) = rest.split_at(at);
        json.extend_from_slice(run);
        let Some((&byte, tail)) = tail.split_first() else { break };
        append_escape(json, byte);
        rest = tail;
    }
    json.extend_from_slice(rest);
    json.push(b'"');
}

/// Where the first byte stands that a string cannot hold as it is.
fn first_escape(bytes: &[u8]) -> Option<usize> {
    let (words, tail) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let found = escapes(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    // The rest once more as the end of a whole word, the beginning of which has nothing.
    if let Some((start, word)) = bytes.split_last_chunk::<8>()
        && !tail.is_empty()
    {
        let found = escapes(u64::from_le_bytes(*word));
        return (found != 0).then(|| start.len() + found.trailing_zeros() as usize / 8);
    }
    let in_tail = tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(words.len() * 8 + in_tail)
}

/// The high bit of every byte of a word that has to be escaped; only the lowest one that is set can
/// be trusted, since the subtractions carry upwards.
const fn escapes(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let zero_or_less = word.wrapping_sub(ONES * 0x20) & !word;
    (zero_or_less | (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash)) & HIGHS
}

fn append_escape(json: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            let digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
            json.extend_from_slice(b"\\u00");
            return json.extend_from_slice(&digits);
        }
    };
    json.extend_from_slice(&[b'\\', short]);
}

struct Json<'j>(&'j mut Vec<u8>);

fn unknown(what: &str) -> Error {
    Error::custom(format_args!("a report holds no {what}"))
}

macro_rules! scalars {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            serde_json::to_writer(self.0, &value)
        }
    )*};
}

impl<'j> Serializer for Json<'j> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'j>;
    type SerializeTuple = Compound<'j>;
    type SerializeTupleStruct = Compound<'j>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Compound<'j>;
    type SerializeStruct = Compound<'j>;
    type SerializeStructVariant = Impossible<(), Error>;

    scalars!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char
    );

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        append_str(self.0, text);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(unknown("bytes"))
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut map = self.serialize_map(Some(1))?;
        map.serialize_entry(variant, value)?;
        SerializeMap::end(map)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'j>, Error> {
        Ok(Compound::open(self.0, b'[', b']'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'j>, Error> {
        Ok(Compound::open(self.0, b'[', b']'))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'j>, Error> {
        Ok(Compound::open(self.0, b'[', b']'))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(unknown("variant with fields"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'j>, Error> {
        Ok(Compound::open(self.0, b'{', b'}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'j>, Error> {
        Ok(Compound::open(self.0, b'{', b'}'))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(unknown("variant with fields"))
    }
}

/// A list or an object that is being written.
struct Compound<'j> {
    json: &'j mut Vec<u8>,
    is_empty: bool,
    close: u8,
}

impl<'j> Compound<'j> {
    fn open(json: &'j mut Vec<u8>, open: u8, close: u8) -> Self {
        json.push(open);
        Self { json, is_empty: true, close }
    }

    fn next(&mut self) -> Json<'_> {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.json.push(b',');
        }
        Json(self.json)
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self.next())
    }

    fn close(self) -> Result<(), Error> {
        self.json.push(self.close);
        Ok(())
    }
}

macro_rules! lists {
    ($($of:ident::$method:ident),*) => {$(
        impl $of for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}

lists!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field
);

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let json = self.next().0;
        let start = json.len();
        key.serialize(Json(json))?;
        if json.get(start) == Some(&b'"') { Ok(()) } else { Err(unknown("key that is no string")) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.json.push(b':');
        value.serialize(Json(self.json))
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeStruct for Compound<'_> {
    type Ok = ();
    type Error = Error;

    /// The names of a model's fields hold nothing that would have to be escaped.
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        let json = self.next().0;
        json.reserve(key.len() + 3);
        json.push(b'"');
        json.extend_from_slice(key.as_bytes());
        json.extend_from_slice(b"\":");
        value.serialize(Json(json))
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn json_of<T: Serialize + ?Sized>(value: &T) -> Option<String> {
        let mut json = Vec::new();
        append(&mut json, value).ok()?;
        String::from_utf8(json).ok()
    }

    #[test]
    fn every_byte_is_escaped_as_by_serde_json_wherever_it_stands() {
        let letters = (0..=0x24f).filter_map(char::from_u32).collect::<Vec<_>>();
        for letter in letters {
            for before in 0..17 {
                let text = format!("{}{letter}{letter}\"é", "a".repeat(before));
                assert_eq!(json_of(&text), serde_json::to_string(&text).ok(), "{letter:?} behind {before}");
            }
        }
    }

    #[test]
    fn what_a_report_has_none_of_is_an_error() {
        #[derive(Serialize)]
        enum Choice {
            Fields { a: u8 },
            Tuple(u8, u8),
        }
        assert_eq!(json_of(&Choice::Fields { a: 1 }), None);
        assert_eq!(json_of(&Choice::Tuple(1, 2)), None);
        assert_eq!(json_of(&BTreeMap::from([(1, 2)])), None);
    }

    #[test]
    fn structs_and_variants_are_written_as_by_serde_json() {
        #[derive(Serialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            One,
            Two(u8),
        }
        #[derive(Serialize)]
        struct All<'a> {
            none: Option<u8>,
            #[serde(skip_serializing_if = "Option::is_none")]
            left_out: Option<u8>,
            words: (Word, Word),
            empty: [(); 0],
            text: &'a str,
            unit: (),
            letter: char,
        }
        let words = (Word::One, Word::Two(2));
        let all = All { none: None, left_out: None, words, empty: [], text: "x", unit: (), letter: '"' };
        assert_eq!(json_of(&all), serde_json::to_string(&all).ok());
    }

    fn values() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(|float| json!(float)),
            any::<String>().prop_map(Value::from),
            "[ -~\"\\\\\n]{0,40}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_serde_json(value in values()) {
            prop_assert_eq!(json_of(&value), serde_json::to_string(&value).ok());
        }
    }
}
