//! Field types for models that borrow, and that take what scanners write rather than what they should.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};

/// A string that borrows from the document unless it has escapes; NUL characters are left out.
///
/// Unlike `Cow<str>` it also borrows inside `Option` and `Vec`.
/// The struct around it needs `#[serde(borrow)]` on one such field.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(pub Cow<'a, str>);

/// A [`Text`] that also takes numbers and booleans: `"12"`, `12`, `1.5` and `true` are all text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Loose<'a>(pub Cow<'a, str>);

macro_rules! text {
    ($name:ident, $deserialize:ident, $loose:literal) => {
        impl<'a> $name<'a> {
            /// The string, borrowed where the document has it as it is.
            #[must_use]
            pub fn into_cow(self) -> Cow<'a, str> {
                self.0
            }
        }

        impl Deref for $name<'_> {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name<'_> {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name<'_> {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name<'_> {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.$deserialize(TextVisitor::<$loose>).map(Self)
            }
        }
    };
}

text!(Text, deserialize_str, false);
text!(Loose, deserialize_any, true);

struct TextVisitor<const LOOSE: bool>;

impl<const LOOSE: bool> TextVisitor<LOOSE> {
    fn scalar<'de, E: Error>(
        self,
        text: impl Into<Cow<'de, str>>,
        scalar: Unexpected<'_>,
    ) -> Result<Cow<'de, str>, E> {
        if LOOSE { Ok(text.into()) } else { Err(E::invalid_type(scalar, &self)) }
    }
}

impl<'de, const LOOSE: bool> Visitor<'de> for TextVisitor<LOOSE> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(without_nul(text)))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(if text.contains('\0') { without_nul(&text) } else { text }))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        self.scalar(if value { "true" } else { "false" }, Unexpected::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.scalar(value.to_string(), Unexpected::Signed(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.scalar(value.to_string(), Unexpected::Unsigned(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        // Debug keeps the `.0` of `12.0`.
        self.scalar(format!("{value:?}"), Unexpected::Float(value))
    }
}

/// A copy without NUL characters: GitLab takes none, and only an escape can bring one, so that
/// what is borrowed has none.
#[must_use]
pub fn without_nul(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text.to_owned() }
}

/// The types that [`number`] can give.
pub trait Number: Sized {
    /// The number that this text is, surrounding white space aside.
    fn from_text(text: &str) -> Option<Self>;

    /// The number, when this type can hold it exactly (`f64`: nearly).
    fn from_integer(integer: i128) -> Option<Self>;

    /// The number, when this type can hold it exactly.
    fn from_float(float: f64) -> Option<Self>;
}

impl Number for f64 {
    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|float: &Self| float.is_finite())
    }

    fn from_integer(integer: i128) -> Option<Self> {
        Some(integer as Self)
    }

    fn from_float(float: f64) -> Option<Self> {
        Some(float)
    }
}

macro_rules! integer {
    ($($name:ty),*) => {$(
        impl Number for $name {
            fn from_text(text: &str) -> Option<Self> {
                let text = text.trim();
                text.parse().ok().or_else(|| Self::from_float(text.parse().ok()?))
            }

            fn from_integer(integer: i128) -> Option<Self> {
                integer.try_into().ok()
            }

            fn from_float(float: f64) -> Option<Self> {
                // Above 2^53 a float is no longer one integer.
                (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0)
                    .then_some(float as i64)?
                    .try_into()
                    .ok()
            }
        }
    )*};
}

integer!(i64, u64, u32);

/// A number that may also be written as a string, for `#[serde(default, deserialize_with = "json::number")]` on an
/// `Option<f64>`, `Option<i64>`, `Option<u64>` or `Option<u32>`.
///
/// `7`, `7.0` and `"7"` are 7; null, a fraction where an integer is wanted, a number out of range and everything else
/// is `None`.
///
/// # Errors
/// Only when the JSON itself is malformed.
pub fn number<'de, D: Deserializer<'de>, N: Number>(deserializer: D) -> Result<Option<N>, D::Error> {
    deserializer.deserialize_any(NumberVisitor(PhantomData))
}

struct NumberVisitor<N>(PhantomData<N>);

impl<'de, N: Number> Visitor<'de> for NumberVisitor<N> {
    type Value = Option<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(N::from_integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(N::from_integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(N::from_float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(N::from_text(text))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(map).map(|_| None)
    }
}

/// The text of a field without surrounding white space; `None` if it is missing or blank.
#[must_use]
pub fn filled<T: Deref<Target = str>>(field: &Option<T>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// The truth value of a field, also when it is written as a string or as 0 or 1.
#[must_use]
pub fn flag<T: std::ops::Deref<Target = str>>(field: &Option<T>) -> Option<bool> {
    match filled(field)? {
        text if text == "1" || text.eq_ignore_ascii_case("true") => Some(true),
        text if text == "0" || text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A list that may also be a single element or null, for `#[serde(default, deserialize_with = "json::list")]` on a
/// `Vec`.
///
/// # Errors
/// When an element does not fit `T`.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(ListVisitor(PhantomData))
}

struct ListVisitor<T>(PhantomData<T>);

impl<T> ListVisitor<T> {
    fn single<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        T: Deserialize<'de>,
    {
        T::deserialize(deserializer).map(|single| vec![single])
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or a single element")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Self::single(MapAccessDeserializer::new(map))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Self::single(BorrowedStrDeserializer::new(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Self::single(text.into_deserializer())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Self::single(value.into_deserializer())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Self::single(value.into_deserializer())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Self::single(value.into_deserializer())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Self::single(value.into_deserializer())
    }
}
