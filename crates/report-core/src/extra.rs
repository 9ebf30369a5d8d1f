use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

/// Fields of a report that this model does not know, kept so that a report read and written again
/// loses nothing. Converters leave it empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra(Option<Box<Map<String, Value>>>);

impl Extra {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The unknown fields.
    #[must_use]
    pub fn get(&self) -> Option<&Map<String, Value>> {
        self.0.as_deref()
    }

    /// The same, to be changed in place.
    pub fn get_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.0.as_deref_mut()
    }

    /// Keeps these fields.
    #[must_use]
    pub fn new(fields: Map<String, Value>) -> Self {
        Self((!fields.is_empty()).then(|| Box::new(fields)))
    }
}

/// An object that is written with its unknown fields behind. What is known by now replaces an unknown field of
/// its name: an empty list that was read, and was filled since.
pub(crate) struct Object<'e, M> {
    map: M,
    extra: &'e Extra,
    /// The names of what stands there, if there are unknown fields.
    written: Vec<&'static str>,
}

impl<'e, M: SerializeMap> Object<'e, M> {
    pub(crate) fn begin<S>(serializer: S, extra: &'e Extra) -> Result<Self, S::Error>
    where
        S: Serializer<SerializeMap = M>,
    {
        Ok(Self { map: serializer.serialize_map(None)?, extra, written: Vec::new() })
    }

    pub(crate) fn entry<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        if !self.extra.is_empty() {
            self.written.push(key);
        }
        self.map.serialize_entry(key, value)
    }

    pub(crate) fn end(self) -> Result<M::Ok, M::Error> {
        let Self { mut map, extra, written } = self;
        let unknown = extra.get().into_iter().flatten();
        for (key, value) in unknown.filter(|(key, _)| !written.contains(&key.as_str())) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(fields) => serializer.collect_map(fields.iter()),
            None => serializer.collect_map(std::iter::empty::<(&str, &str)>()),
        }
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::new)
    }
}
