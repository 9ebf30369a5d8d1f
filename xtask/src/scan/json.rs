//! JSON that keeps its spelling, and what is done to a SARIF log in it.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// A JSON value that keeps what serde_json's own would lose: the order of keys, the spelling of numbers and of escapes.
pub(crate) enum Json {
    /// Anything without parts, as it was spelt.
    Atom(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(crate) fn parse(raw: &RawValue) -> Result<Self, serde_json::Error> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text)?;
                Self::Array(items.into_iter().map(Self::parse).collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text)?;
                let members = members.into_iter().map(|(key, value)| Ok((key, Self::parse(value)?)));
                Self::Object(members.collect::<Result<_, serde_json::Error>>()?)
            }
            _ => Self::Atom(text.to_owned()),
        })
    }

    pub(crate) fn items(&self) -> &[Json] {
        if let Self::Array(items) = self { items } else { &[] }
    }

    pub(crate) fn items_mut(&mut self) -> &mut [Json] {
        if let Self::Array(items) = self { items } else { &mut [] }
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Json> {
        let Self::Object(members) = self else { return None };
        members.iter_mut().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Self::Object(members) = self {
            members.retain(|(k, _)| k != key);
        }
    }

    /// Follows keys; in an array it takes the first item.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Json> {
        let Some((key, rest)) = path.split_first() else { return Some(self) };
        match self {
            Self::Object(members) => members.iter().find(|(k, _)| k == key)?.1.at(rest),
            Self::Array(items) => items.first()?.at(path),
            Self::Atom(_) => None,
        }
    }

    pub(crate) fn text(&self) -> Option<String> {
        if let Self::Atom(raw) = self { serde_json::from_str(raw).ok() } else { None }
    }

    fn number(&self) -> Option<usize> {
        if let Self::Atom(raw) = self { raw.parse().ok() } else { None }
    }

    /// What results are sorted by: file, line, column, and the whole result so that no tie is left to chance.
    pub(crate) fn place(&self) -> (Option<String>, Option<usize>, Option<usize>, String) {
        let place = self.at(&["locations", "physicalLocation"]);
        let region = |key| place?.at(&["region", key])?.number();
        let uri = place.and_then(|p| p.at(&["artifactLocation", "uri"])).and_then(Json::text);
        // `ruleIndex` is no part of it: it says where a rule stands, not which it is.
        let rule = self.at(&["ruleId"]).and_then(Json::text).unwrap_or_default();
        (
            uri,
            region("startLine"),
            region("startColumn"),
            rule + &self.at(&["message"]).map(Json::pretty).unwrap_or_default(),
        )
    }

    pub(crate) fn fix_times(&mut self, time: &str) {
        match self {
            Self::Atom(_) => {}
            Self::Array(items) => items.iter_mut().for_each(|item| item.fix_times(time)),
            Self::Object(members) => {
                for (key, value) in members {
                    if key.ends_with("TimeUtc") || key == "timestamp" {
                        *value = Self::Atom(quoted(time));
                    } else {
                        value.fix_times(time);
                    }
                }
            }
        }
    }

    /// Keeps, of the rules of a run's driver, those whose index `choose` returns, in that order; indexes follow.
    pub(crate) fn choose_rules(&mut self, choose: impl FnOnce(&[Json]) -> Vec<usize>) {
        let rules = self
            .get_mut("tool")
            .and_then(|tool| tool.get_mut("driver"))
            .and_then(|driver| driver.get_mut("rules"));
        let Some(Self::Array(rules)) = rules else { return };
        let order = choose(rules);
        let mut old: Vec<Option<Json>> = std::mem::take(rules).into_iter().map(Some).collect();
        rules.extend(order.iter().filter_map(|&i| old[i].take()));
        for result in self.get_mut("results").map(Json::items_mut).into_iter().flatten() {
            for index in [&["ruleIndex"][..], &["rule", "index"]] {
                let Some(was) = result.at(index).and_then(Json::number) else { continue };
                let Some(now) = order.iter().position(|&i| i == was) else { continue };
                if let Some(value) = index.iter().try_fold(&mut *result, |json, key| json.get_mut(key)) {
                    *value = Self::Atom(now.to_string());
                }
            }
        }
    }

    /// Drops the rules of a run that no result names; returns how many.
    pub(crate) fn drop_unused_rules(&mut self) -> usize {
        let results = self.at(&["results"]).map_or(&[][..], Json::items);
        let ids: Vec<String> =
            results.iter().filter_map(|r| r.at(&["ruleId"]).or(r.at(&["rule", "id"]))?.text()).collect();
        let indexes: Vec<usize> = results
            .iter()
            .filter_map(|r| r.at(&["ruleIndex"]).or(r.at(&["rule", "index"]))?.number())
            .collect();
        let mut dropped = 0;
        self.choose_rules(|rules| {
            let used = |&i: &usize| {
                indexes.contains(&i)
                    || rules[i].at(&["id"]).and_then(Json::text).is_some_and(|id| ids.contains(&id))
            };
            let order: Vec<usize> = (0..rules.len()).filter(used).collect();
            dropped = rules.len() - order.len();
            order
        });
        dropped
    }

    pub(crate) fn pretty(&self) -> String {
        let mut text = String::new();
        self.write(0, &mut text);
        text.push('\n');
        text
    }

    fn write(&self, depth: usize, text: &mut String) {
        let line = |text: &mut String, depth: usize| {
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
        };
        match self {
            Self::Atom(raw) => text.push_str(raw),
            Self::Array(items) if items.is_empty() => text.push_str("[]"),
            Self::Object(members) if members.is_empty() => text.push_str("{}"),
            Self::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    text.push(if i == 0 { '[' } else { ',' });
                    line(text, depth + 1);
                    item.write(depth + 1, text);
                }
                line(text, depth);
                text.push(']');
            }
            Self::Object(members) => {
                for (i, (key, value)) in members.iter().enumerate() {
                    text.push(if i == 0 { '{' } else { ',' });
                    line(text, depth + 1);
                    text.push_str(&quoted(key));
                    text.push_str(": ");
                    value.write(depth + 1, text);
                }
                line(text, depth);
                text.push('}');
            }
        }
    }
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// A JSON string, which is a TOML basic string too.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(serde_json::from_str(text).expect("JSON")).expect("JSON")
    }

    #[test]
    fn spelling_and_order_survive() {
        let text = "{\n  \"z\": 1.50,\n  \"a\": [\n    \"\\u00e9\",\n    {}\n  ]\n}\n";
        assert_eq!(json(text).pretty(), text);
    }

    #[test]
    fn indexes_follow_their_rule() {
        let run = r#"{"tool":{"driver":{"rules":[{"id":"c"},{"id":"b"},{"id":"a"}]}},
            "results":[{"ruleIndex":0},{"rule":{"index":2}}]}"#;
        let mut sorted = json(run);
        sorted.choose_rules(|_| vec![2, 1, 0]);
        assert_eq!(sorted.at(&["results", "ruleIndex"]).and_then(Json::number), Some(2));
        let mut fewer = json(run);
        assert_eq!(fewer.drop_unused_rules(), 1);
        assert_eq!(
            fewer.at(&["results"]).map(|r| r.items()[1].at(&["rule", "index"]).and_then(Json::number)),
            Some(Some(1))
        );
    }
}
