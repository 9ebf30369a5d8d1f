//! Fields that are a scalar in one document and an object or list in another.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Loose;

/// A text (or a number or truth value as one), or something else: an object or a list.
///
/// ```
/// use scanlift_convert_api::json::{Loose, TextOr};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Cause<'a> {
///     #[serde(borrow)]
///     title: Loose<'a>,
/// }
///
/// let causes: Vec<TextOr<'_, Cause<'_>>> = serde_json::from_str(r#"["lodash", {"title": "a flaw"}]"#)?;
/// assert_eq!(causes[0].text(), Some("lodash"));
/// assert_eq!(causes[1].other().map(|cause| &*cause.title), Some("a flaw"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextOr<'a, T> {
    /// A scalar.
    Text(Loose<'a>),
    /// An object or a list.
    Other(T),
}

impl<T> TextOr<'_, T> {
    /// The text without surrounding white space; `None` if it is blank or no text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            Self::Other(_) => None,
        }
    }

    /// What is no text.
    #[must_use]
    pub fn other(&self) -> Option<&T> {
        match self {
            Self::Text(_) => None,
            Self::Other(other) => Some(other),
        }
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

struct TextOrVisitor<'a, T>(PhantomData<(&'a (), T)>);

/// A scalar, which [`Loose`] knows how to read.
macro_rules! scalar {
    ($($visit:ident($value:ty)),*) => {$(
        fn $visit<E: Error>(self, value: $value) -> Result<Self::Value, E> {
            use serde::de::IntoDeserializer;
            Loose::deserialize(value.into_deserializer()).map(TextOr::Text)
        }
    )*};
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<'a, T> {
    type Value = TextOr<'a, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, an object or a list")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(TextOr::Text(Loose(text.into())))
    }

    scalar!(visit_str(&str), visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64));

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(seq)).map(TextOr::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TextOr<'_, Vec<u8>>, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn scalars_are_texts_and_the_rest_is_not() {
        for (json, text, other) in [
            (r#"" a ""#, Some("a"), None),
            (r#""a\n\u0000b""#, Some("a\nb"), None),
            ("12", Some("12"), None),
            ("-1.5", Some("-1.5"), None),
            ("true", Some("true"), None),
            (r#""""#, None, None),
            ("[1, 2]", None, Some(vec![1, 2])),
        ] {
            let parsed = parse(json).expect(json);
            assert_eq!((parsed.text(), parsed.other()), (text, other.as_ref()), "{json}");
        }
        assert!(parse("null").is_err() && parse("{}").is_err());
    }

    #[test]
    fn texts_borrow() {
        let Ok(TextOr::Text(Loose(std::borrow::Cow::Borrowed(text)))) = parse(r#""a""#) else {
            panic!("a copy")
        };
        assert_eq!(text, "a");
    }
}
