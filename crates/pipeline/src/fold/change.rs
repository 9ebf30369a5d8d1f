//! Changes a finding that is written already.

use crate::identity::keep_in_details;
use scanlift_convert_api::json::Text;
use scanlift_report_core::{Details, Identifier};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{fmt, io};

/// What a finding has to be written without, so that GitLab does not merge it with an earlier one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// The identifiers that move to `details`, by where they stand.
    pub(crate) identifiers: Vec<usize>,
    /// Whether its tracking signature goes.
    pub(crate) signature: bool,
}

impl Change {
    /// Whether there is nothing to be changed.
    #[must_use]
    pub(crate) fn is_none(&self) -> bool {
        self.identifiers.is_empty() && !self.signature
    }

    /// The JSON of a finding after the change; what is not touched keeps its bytes.
    ///
    /// # Errors
    /// If it is no JSON of a finding.
    pub(crate) fn apply(&self, finding: &[u8]) -> io::Result<Vec<u8>> {
        let mut finding: Members<'_> = serde_json::from_slice(finding)?;
        if self.signature {
            finding.0.retain(|(key, _)| key != "tracking");
        }
        let (identifiers, details);
        if !self.identifiers.is_empty() {
            let mut moved = Vec::new();
            if let Some(list) = finding.get_mut("identifiers") {
                let all: Vec<&RawValue> = serde_json::from_str(list.get())?;
                let (go, stay): (Vec<_>, Vec<_>) =
                    all.into_iter().enumerate().partition(|(at, _)| self.identifiers.contains(at));
                for (_, identifier) in go {
                    moved.push(serde_json::from_str::<Identifier<'_>>(identifier.get())?);
                }
                let stay: Vec<_> = stay.into_iter().map(|(_, identifier)| identifier).collect();
                identifiers = serde_json::value::to_raw_value(&stay)?;
                *list = &identifiers;
            }
            match finding.get_mut("details") {
                Some(old) => {
                    details = with_identifiers(Some(old), moved)?;
                    *old = &details;
                }
                None => {
                    details = with_identifiers(None, moved)?;
                    let behind = ["tracking", "flags", "location"];
                    let at = finding.0.iter().position(|(key, _)| behind.contains(&&**key));
                    let at = at.unwrap_or(finding.0.len());
                    finding.0.insert(at, (Text("details".into()), &details));
                }
            }
        }
        Ok(serde_json::to_vec(&finding)?)
    }
}

/// The details with these identifiers at their end, behind those that are kept there already.
fn with_identifiers(
    details: Option<&RawValue>,
    identifiers: Vec<Identifier<'static>>,
) -> serde_json::Result<Box<RawValue>> {
    let mut members: Members<'_> = match details {
        Some(details) => serde_json::from_str(details.get())?,
        None => Members::default(),
    };
    let known = |(key, _): &(Text<'_>, &RawValue)| key == "further_identifiers";
    let known = members.0.iter().position(known).map(|at| members.0.remove(at));
    let mut further: Details<'_> = match known {
        Some(known) => serde_json::from_str(&serde_json::to_string(&Members(vec![known]))?)?,
        None => Details::default(),
    };
    keep_in_details(&mut further, identifiers);
    let further = serde_json::to_string(&further)?;
    members.0.append(&mut serde_json::from_str::<Members<'_>>(&further)?.0);
    serde_json::value::to_raw_value(&members)
}

/// The members of an object as they stand, in their order.
#[derive(Default)]
struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Members<'a> {
    fn get_mut(&mut self, key: &str) -> Option<&mut &'a RawValue> {
        self.0.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = map.next_entry()? {
                    all.push(member);
                }
                Ok(Members(all))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (&**key, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_touched() -> io::Result<()> {
        let finding = r#"{"id":"1","identifiers":[{"type":"r","name":"R","value":"R"},{"type":"owasp","name":"A1 x","value":"A1","url":"https://a.example"}],"details":{"z":{"name":"Z","type":"text","value":"\u00e9"},"a":{"name":"A","type":"value","value":1.50}},"tracking":{},"location":{"file":"a"}}"#;
        let change = Change { identifiers: vec![1], signature: true };
        let want = r#"{"id":"1","identifiers":[{"type":"r","name":"R","value":"R"}],"details":{"z":{"name":"Z","type":"text","value":"\u00e9"},"a":{"name":"A","type":"value","value":1.50},"further_identifiers":{"name":"Further identifiers","type":"list","items":[{"type":"url","text":"A1 x","href":"https://a.example"}]}},"location":{"file":"a"}}"#;
        assert_eq!(String::from_utf8_lossy(&change.apply(finding.as_bytes())?), want);
        Ok(())
    }

    #[test]
    fn identifiers_join_those_that_were_moved_before() -> io::Result<()> {
        for (details, kept) in [
            ("", 1),
            (
                r#""details":{"further_identifiers":{"name":"Further identifiers","type":"list","items":[{"type":"text","value":"X"}]}},"#,
                2,
            ),
        ] {
            let finding = format!(
                r#"{{"identifiers":[{{"type":"r","name":"R","value":"R"}},{{"type":"tag","name":"T","value":"t"}}],{details}"location":{{}}}}"#
            );
            let changed = Change { identifiers: vec![1], signature: false }.apply(finding.as_bytes())?;
            let changed: serde_json::Value = serde_json::from_slice(&changed)?;
            assert_eq!(changed["identifiers"].as_array().map(Vec::len), Some(1));
            let items = changed["details"]["further_identifiers"]["items"].as_array().map(Vec::len);
            assert_eq!(items, Some(kept));
        }
        Ok(())
    }
}
