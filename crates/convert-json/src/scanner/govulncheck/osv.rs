//! A vulnerability of Go's database, in the OSV format (schema 1.3, <https://ossf.github.io/osv-schema>).

use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Loose, TextOr, filled};
use scanlift_convert_api::package::{Advisory, version_range};
use scanlift_report_core::Details;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Osv<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    aliases: Vec<Loose<'a>>,
    summary: Option<Loose<'a>>,
    details: Option<Loose<'a>>,
    published: Option<Loose<'a>>,
    modified: Option<Loose<'a>>,
    /// A word, where somebody added one: Go's database has none.
    severity: Option<TextOr<'a, IgnoredAny>>,
    #[serde(deserialize_with = "json::list")]
    affected: Vec<Affected<'a>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<Reference<'a>>,
    #[serde(deserialize_with = "json::list")]
    credits: Vec<Credit<'a>>,
    database_specific: Option<Database<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Affected<'a> {
    #[serde(borrow)]
    package: Option<Module<'a>>,
    #[serde(deserialize_with = "json::list")]
    ranges: Vec<Range<'a>>,
    ecosystem_specific: Option<Imports<'a>>,
    /// Where old versions have the page.
    database_specific: Option<Database<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Module<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    events: Vec<Event<'a>>,
}

/// Versions from `introduced` to before the next `fixed`; one of both in each event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    introduced: Option<Loose<'a>>,
    fixed: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Imports<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    imports: Vec<Import<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Import<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    symbols: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    goos: Vec<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Credit<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Database<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
    review_status: Option<Loose<'a>>,
}

impl<'a> Osv<'a> {
    /// The advisory that it is.
    pub(super) fn advisory<'s>(&'s self, id: &'s str) -> Advisory<'s> {
        let mut about = Advisory::new("go_vulnerability_id", id);
        about.aliases = self.aliases.iter().map(|alias| Cow::Borrowed(&**alias)).collect();
        about.title = filled(&self.summary).map(Cow::Borrowed);
        about.description = filled(&self.details).map(Cow::Borrowed);
        about.severity = self.severity.as_ref().and_then(TextOr::text).map(Cow::Borrowed);
        let databases = self
            .database_specific
            .iter()
            .chain(self.affected.iter().filter_map(|it| it.database_specific.as_ref()));
        about.url = databases.into_iter().find_map(|database| filled(&database.url)).map(Cow::Borrowed);
        let references = self.references.iter().filter_map(|reference| filled(&reference.url));
        about.references = references.map(Cow::Borrowed).collect();
        about.published = filled(&self.published).filter(|it| is_date(it)).map(Cow::Borrowed);
        about.modified = filled(&self.modified).filter(|it| is_date(it)).map(Cow::Borrowed);
        about
    }

    /// The versions of a module that are vulnerable: `<1.18.9 || >=1.19.0, <1.19.4`.
    pub(super) fn vulnerable(&self, module: &str) -> String {
        let mut ranges: Vec<String> = Vec::new();
        let mut from: Option<&str> = None;
        for event in self.events(module) {
            match (filled(&event.introduced), filled(&event.fixed)) {
                (Some(introduced), _) => from = Some(introduced),
                (_, Some(fixed)) => ranges.push(range(from.take(), Some(fixed))),
                _ => {}
            }
        }
        if from.is_some() {
            ranges.push(range(from, None));
        }
        ranges.join(" || ")
    }

    /// The versions that mend a module, one for each release line.
    pub(super) fn fixed<'s>(&'s self, module: &'s str) -> Vec<&'s str> {
        self.events(module).filter_map(|event| filled(&event.fixed)).collect()
    }

    fn events<'s>(&'s self, module: &'s str) -> impl Iterator<Item = &'s Event<'a>> {
        let of_module = move |affected: &&Affected<'_>| {
            affected.package.as_ref().and_then(|package| filled(&package.name)) == Some(module)
        };
        let ranges = self.affected.iter().filter(of_module).flat_map(|affected| &affected.ranges);
        ranges.flat_map(|range| &range.events).take(MOST)
    }

    /// What no other field has.
    pub(super) fn details<'s>(&'s self, details: &mut Details<'s>) {
        let imports = || {
            let specific = self.affected.iter().filter_map(|affected| affected.ecosystem_specific.as_ref());
            specific.flat_map(|specific| &specific.imports)
        };
        let symbols = imports().map(|import| {
            let path = filled(&import.path).unwrap_or_default();
            let symbols: Vec<&str> = import.symbols.iter().take(MOST).map(|symbol| &**symbol).collect();
            if symbols.is_empty() { path.to_owned() } else { format!("{path}: {}", symbols.join(", ")) }
        });
        add_list(details, "vulnerable_symbols", "Vulnerable packages and functions", symbols);
        let systems: Vec<&str> =
            imports().flat_map(|import| &import.goos).take(MOST).map(|it| &**it).collect();
        details.text("affected_systems", "Affected systems", systems.join(", "));
        let credits: Vec<&str> =
            self.credits.iter().take(MOST).filter_map(|credit| filled(&credit.name)).collect();
        details.text("credits", "Credits", credits.join(", "));
        let status = self.database_specific.as_ref().and_then(|database| filled(&database.review_status));
        details.text("review_status", "Review status", status.unwrap_or_default());
    }
}

/// More of anything tells nobody anything.
const MOST: usize = 50;

fn range(from: Option<&str>, fixed: Option<&str>) -> String {
    match (from.filter(|from| *from != "0"), fixed) {
        (None, None) => "all".to_owned(),
        (from, fixed) => version_range(from, None, None, fixed),
    }
}

/// Go writes the year 1 where it has no time.
fn is_date(text: &str) -> bool {
    !text.starts_with("0001-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_ranges() {
        for (events, want) in [
            (r#"[{"introduced": "0"}, {"fixed": "0.3.7"}]"#, "<0.3.7"),
            (
                r#"[{"introduced": "0"}, {"fixed": "1.18.9"}, {"introduced": "1.19.0"}, {"fixed": "1.19.4"}]"#,
                "<1.18.9 || >=1.19.0, <1.19.4",
            ),
            (r#"[{"introduced": "1.2.0"}]"#, ">=1.2.0"),
            (r#"[{"introduced": "0"}]"#, "all"),
            ("[]", ""),
        ] {
            let json = format!(
                r#"{{"affected": [{{"package": {{"name": "a"}}, "ranges": [{{"events": {events}}}]}}]}}"#
            );
            let osv: Osv<'_> = serde_json::from_str(&json).expect(&json);
            assert_eq!(osv.vulnerable("a"), want);
            assert_eq!(osv.vulnerable("b"), "");
        }
    }
}
