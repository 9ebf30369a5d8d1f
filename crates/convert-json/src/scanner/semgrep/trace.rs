//! The way of a value from source to sink (`match_dataflow_trace`).

use scanlift_convert_api::json::{self, Loose, filled};
use scanlift_report_core::FileLocation;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A place in a file; lines and columns are 1-based.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Position {
    #[serde(deserialize_with = "json::number")]
    pub(crate) line: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    pub(crate) col: Option<u64>,
}

/// Where the value comes from, the variables it goes through, and where it does harm.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DataflowTrace<'a> {
    #[serde(borrow)]
    taint_source: Option<CallTrace<'a>>,
    #[serde(deserialize_with = "json::list")]
    intermediate_vars: Vec<Variable<'a>>,
    taint_sink: Option<CallTrace<'a>>,
}

impl<'a> DataflowTrace<'a> {
    /// The steps from source to sink.
    pub(crate) fn steps(&'a self) -> impl Iterator<Item = FileLocation<'a>> {
        // A call is written from outside to inside: the value of a source comes out of it.
        let source = self.taint_source.iter().flat_map(|trace| trace.0.iter().rev());
        let between = self.intermediate_vars.iter().filter_map(|variable| variable.location.as_ref());
        let sink = self.taint_sink.iter().flat_map(|trace| &trace.0);
        source.chain(between).chain(sink).filter_map(Place::file_location)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    start: Option<Position>,
    end: Option<Position>,
}

impl<'a> Place<'a> {
    fn file_location(&'a self) -> Option<FileLocation<'a>> {
        let (start, end) = (self.start?, self.end.unwrap_or_default());
        let place = FileLocation::new(filled(&self.path)?, start.line?, end.line);
        Some(place.with_columns(start.col.unwrap_or(0), end.col.unwrap_or(0)))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Variable<'a> {
    #[serde(borrow)]
    location: Option<Place<'a>>,
}

/// `["CliLoc", [place, text]]`, `["CliCall", [[place, text], variables, call trace]]`, and before
/// 1.0 `{"location": place}`: the places from outside to inside.
#[derive(Debug, Default)]
struct CallTrace<'a>(Vec<Place<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for CallTrace<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CallTraceVisitor)
    }
}

struct CallTraceVisitor;

impl<'de> Visitor<'de> for CallTraceVisitor {
    type Value = CallTrace<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call trace")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut places = Vec::new();
        match seq.next_element::<Loose<'de>>()?.as_deref() {
            Some("CliLoc") => {
                if let Some((place, _)) = seq.next_element::<(Place<'de>, IgnoredAny)>()? {
                    places.push(place);
                }
            }
            Some("CliCall") => {
                type Call<'c> = ((Place<'c>, IgnoredAny), Vec<Variable<'c>>, CallTrace<'c>);
                if let Some(((place, _), variables, inner)) = seq.next_element::<Call<'de>>()? {
                    places.push(place);
                    places.extend(variables.into_iter().filter_map(|variable| variable.location));
                    places.extend(inner.0);
                }
            }
            _ => {}
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(CallTrace(places))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut places = Vec::new();
        while let Some(key) = map.next_key::<Loose<'de>>()? {
            if key == "location" {
                places.extend(map.next_value::<Option<Place<'de>>>()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(CallTrace(places))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(CallTrace::default())
    }
}
