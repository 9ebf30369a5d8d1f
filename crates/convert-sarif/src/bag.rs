//! Objects of free keys: property bags (SARIF 2.1.0 §3.8), headers, message strings.

use crate::model::Message;
use scanlift_convert_api::json::{self, Loose, Text};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use std::fmt;

/// A property bag (§3.8) or another object of free keys, in order; nested objects are passed over.
#[derive(Debug, Default)]
pub(crate) struct Bag<'a>(pub(crate) Vec<(Text<'a>, BagValue<'a>)>);

/// A value of a bag.
#[derive(Debug)]
pub(crate) enum BagValue<'a> {
    Text(Loose<'a>),
    List(Vec<Loose<'a>>),
    /// An object, by its own texts: some scanners wrap a text as `{"text": ...}` or `{"value": ...}`.
    Object(Bag<'a>),
}

impl<'a> Bag<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<&BagValue<'a>> {
        self.0.iter().find(|(known, _)| **known == *key).map(|(_, value)| value)
    }

    /// A text by key, without blanks around it; the `text` or `value` of an object counts.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// The first of these keys that has a text.
    pub(crate) fn first(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.text(key))
    }

    /// A list of texts by key; a single text is a list of one.
    pub(crate) fn list<'b>(&'b self, key: &str) -> impl Iterator<Item = &'b str> + use<'a, 'b> {
        let (one, many) = match self.get(key) {
            Some(BagValue::List(list)) => (None, list.as_slice()),
            Some(value) => (value.as_text(), &[][..]),
            None => (None, &[][..]),
        };
        one.into_iter().chain(many.iter().map(|text| &**text))
    }

    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.text(key)?.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl BagValue<'_> {
    pub(crate) fn as_text(&self) -> Option<&str> {
        let text = match self {
            Self::Text(text) => text.trim(),
            Self::List(_) => return None,
            Self::Object(bag) => return bag.first(&["text", "value"]),
        };
        (!text.is_empty()).then_some(text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bag<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct BagVisitor;
        impl<'de> Visitor<'de> for BagVisitor {
            type Value = Bag<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Bag<'de>, A::Error> {
                let mut all = Vec::with_capacity(4);
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    if let Some(value) = map.next_value::<Option<BagValue<'de>>>()? {
                        all.push((key, value));
                    }
                }
                Ok(Bag(all))
            }
        }
        deserializer.deserialize_map(BagVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for BagValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = BagValue<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> std::result::Result<Self::Value, E> {
                Ok(BagValue::Text(Loose(text.into())))
            }

            fn visit_str<E>(self, text: &str) -> std::result::Result<Self::Value, E> {
                Ok(BagValue::Text(Loose(json::without_nul(text).into())))
            }

            fn visit_bool<E>(self, value: bool) -> std::result::Result<Self::Value, E> {
                Ok(BagValue::Text(Loose(if value { "true" } else { "false" }.into())))
            }

            fn visit_i64<E>(self, value: i64) -> std::result::Result<Self::Value, E> {
                Ok(BagValue::Text(Loose(value.to_string().into())))
            }

            fn visit_u64<E>(self, value: u64) -> std::result::Result<Self::Value, E> {
                Ok(BagValue::Text(Loose(value.to_string().into())))
            }

            fn visit_f64<E>(self, value: f64) -> std::result::Result<Self::Value, E> {
                Ok(BagValue::Text(Loose(value.to_string().into())))
            }

            fn visit_unit<E>(self) -> std::result::Result<Self::Value, E> {
                Ok(BagValue::List(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(value) = seq.next_element::<BagValue<'de>>()? {
                    if let BagValue::Text(text) = value {
                        all.push(text);
                    }
                }
                Ok(BagValue::List(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Self::Value, A::Error> {
                let bag = Bag::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(BagValue::Object(bag))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// Message strings by id (§3.49.11, §3.19.22).
#[derive(Debug, Default)]
pub(crate) struct Messages<'a>(pub(crate) Vec<(Text<'a>, Message<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Messages<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct MessagesVisitor;
        impl<'de> Visitor<'de> for MessagesVisitor {
            type Value = Messages<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of messages")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Messages<'de>, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Messages(all))
            }
        }
        deserializer.deserialize_map(MessagesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bags_take_what_scanners_put_into_them() {
        let json = r#"{"a": 1, "b": "x", "c": ["y", 2, {"z": 1}], "d": {"text": "t"}, "e": null, "f": true, "g": 1.5}"#;
        let bag: Bag<'_> = serde_json::from_str(json).expect("it reads");
        assert_eq!(bag.text("a"), Some("1"));
        assert_eq!(bag.text("d"), Some("t"));
        assert_eq!(bag.text("e"), None);
        assert_eq!(bag.text("f"), Some("true"));
        assert_eq!(bag.number("g"), Some(1.5));
        assert_eq!(bag.list("c").collect::<Vec<_>>(), ["y", "2"]);
        assert_eq!(bag.list("b").collect::<Vec<_>>(), ["x"]);
    }
}
