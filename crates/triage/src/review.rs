//! A scan-review: the rows to answer, what was left out, and the facts of the request. Three tables of
//! texts, so that every format can hold them and none changes them.

use crate::{Row, Table, format::FormatError};
use scanlift_report_core::{ID_NAMESPACE, uuid_v5};

/// A column of the review.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Column {
    /// Its name in every format.
    pub name: &'static str,
    /// What stands in it, or what to write.
    pub help: &'static str,
    /// Whether it is for people to fill.
    pub is_answer: bool,
    /// In a spreadsheet, in characters.
    pub width: u8,
}

macro_rules! columns {
    ($($name:literal $is_answer:literal $width:literal $help:literal;)*) => {
        [$(Column { name: $name, help: $help, is_answer: $is_answer, width: $width }),*]
    };
}

/// The columns of the review, in order: what a finding is, what to answer, and more about it. Further
/// ones may be added, and stay.
pub const COLUMNS: [Column; 25] = columns! {
    "id" false 14 "What the row is known by, also in the next round";
    "severity" false 10 "By the scanner";
    "cve" false 17 "CVE ids";
    "package" false 20 "Name of the package";
    "version" false 14 "Installed version";
    "path" false 36 "Where in the image; an address for hosts";
    "title" false 36 "What it is called";
    "origin" false 12 "gitlab or third-party: decides what has to be answered";
    "decision" true 14 "ask, not-affected, accepted-risk or fixed-by-upgrade";
    "assessment" true 44 "What you found out: can the vulnerable code be reached, by whom, with what effect?";
    "steps" true 44 "Step by step how to exploit it, one step a line";
    "exploitability" true 30 "How exploitable it is in your environment";
    "environment" true 26 "Where it runs, if it is not as the request says";
    "concern" true 30 "What worries you about this finding";
    "fix_status" false 11 "The scanner's word on a fix";
    "fixed_version" false 14 "Versions without it";
    "scanner" false 16 "Who found it";
    "kind" false 18 "The kind of report";
    "artifact_type" false 12 "OS package, library, ...";
    "other_ids" false 22 "Further ids";
    "layer" false 18 "The image's layer";
    "link" false 30 "Where to read more";
    "evidence" false 44 "What the scanner saw, else what it says";
    "prefilled_from" false 22 "Where answers were taken from";
    "prefilled_as" false 14 "A mark of the answers as they were taken: while it fits, nobody changed them";
};

/// What can be decided of a row: a closed list.
pub const DECISIONS: [(&str, &str); 4] = [
    ("ask", "GitLab is asked to look at it"),
    ("not-affected", "it does no harm here; the assessment says why"),
    ("accepted-risk", "it is known and accepted; the assessment says why"),
    ("fixed-by-upgrade", "a later version has it fixed; the assessment says which"),
];

/// What a row was prefilled from, if nobody wrote that for it.
pub(crate) const IGNORE_FILE: &str = "the ignore file";

/// The same.
pub(crate) const VEX: &str = "VEX";

/// The columns of what was left out.
pub const LEFT_OUT: [&str; 10] =
    ["reason", "detail", "count", "scanner", "severity", "cve", "package", "version", "path", "title"];

/// The columns of the facts.
pub const REQUEST: [&str; 3] = ["fact", "value", "meaning"];

/// Facts that people fill, with what to write.
pub const ASKED: [(&str, &str); 3] = [
    (
        "environment",
        "To fill: how GitLab runs at your site (how installed, how many users, reachable from where)",
    ),
    ("concerns", "To fill: what you want to know, and what worries you about these findings"),
    ("contact", "To fill: who answers questions about the request"),
];

/// A scan-review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The rows to answer.
    pub rows: Table,
    /// What was left out, with its reason.
    pub left_out: Table,
    /// The facts of the request.
    pub request: Table,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            rows: Table::new(COLUMNS.iter().map(|column| column.name)),
            left_out: Table::new(LEFT_OUT),
            request: Table::new(REQUEST),
        }
    }
}

impl Review {
    /// A review of tables as they were read; of a CSV file alone, only the rows are there. Neither case nor
    /// blanks around them count in names of columns and in decisions.
    ///
    /// # Errors
    /// If a table lacks the column by which its rows are known, or has one twice.
    pub fn of_tables(
        rows: Table,
        left_out: Option<Table>,
        request: Option<Table>,
    ) -> Result<Self, FormatError> {
        let mut review = Self {
            rows: named("the review", rows, &COLUMNS.map(|column| column.name))?,
            left_out: named_if_any("what was left out", left_out, &LEFT_OUT)?,
            request: named_if_any("the request", request, &REQUEST)?,
        };
        for at in 0..review.rows.len() {
            if let Some(decision) = review.rows.row(at).and_then(|row| decision(row.get("decision"))) {
                review.rows.set(at, "decision", decision);
            }
        }
        Ok(review)
    }

    /// Whether the facts of the request are there.
    #[must_use]
    pub fn has_facts(&self) -> bool {
        !self.request.is_empty()
    }

    /// Whether what was left out is there, be it nothing.
    #[must_use]
    pub fn has_left_out(&self) -> bool {
        !self.left_out.is_empty() || self.fact("left_out") == "0"
    }

    /// A fact of the request; empty if it is not there.
    #[must_use]
    pub fn fact(&self, name: &str) -> &str {
        self.request.rows().find(|row| row.get("fact") == name).map_or("", |row| row.get("value"))
    }

    /// Writes a fact of the request.
    pub fn set_fact(&mut self, name: &str, value: &str) {
        let known = self.request.rows().position(|row| row.get("fact") == name);
        match known {
            Some(at) => self.request.set(at, "value", value),
            None => self.request.push([("fact", name.to_owned()), ("value", value.to_owned())]),
        }
    }

    /// Says where the answers of a row were taken from, and marks them as they are now.
    pub(crate) fn set_prefilled(&mut self, at: usize, from: &str) {
        let mark = self.rows.row(at).map(mark).unwrap_or_default();
        self.rows.set(at, "prefilled_from", from);
        self.rows.set(at, "prefilled_as", mark);
    }

    /// How many rows there are of a decision.
    #[must_use]
    pub fn decided(&self, decision: &str) -> usize {
        self.rows.rows().filter(|row| row.get("decision") == decision).count()
    }

    /// How many records were left out.
    #[must_use]
    pub fn left_out_count(&self) -> u64 {
        self.left_out.rows().map(|row| row.get("count").parse::<u64>().unwrap_or(1)).sum()
    }

    /// What was left out by reason, the most first.
    #[must_use]
    pub fn reasons(&self) -> Vec<(String, u64)> {
        let mut reasons: Vec<(String, u64)> = Vec::new();
        for row in self.left_out.rows() {
            let (reason, count) = (row.get("reason"), row.get("count").parse::<u64>().unwrap_or(1));
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, sum)) => *sum += count,
                None => reasons.push((reason.to_owned(), count)),
            }
        }
        reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        reasons
    }
}

fn named(place: &str, mut table: Table, columns: &[&str]) -> Result<Table, FormatError> {
    table.name(columns).map_err(|error| FormatError::read(place, error))?;
    Ok(table)
}

fn named_if_any(place: &str, table: Option<Table>, columns: &[&str]) -> Result<Table, FormatError> {
    match table.filter(|table| !table.columns().is_empty()) {
        Some(table) => named(place, table, columns),
        None => Ok(Table::new(columns.iter().copied())),
    }
}

/// The decision that somebody wrote.
fn decision(written: &str) -> Option<&'static str> {
    let mut words = DECISIONS.iter().map(|(word, _)| *word);
    words.find(|word| written.trim().eq_ignore_ascii_case(word))
}

/// A mark of a row's answers: another one if anything but white space differs, which spreadsheets change.
pub(crate) fn mark(row: Row<'_>) -> String {
    let words = |column: &str| row.get(column).split_whitespace().collect::<Vec<_>>().join(" ");
    let answers: Vec<String> = answers().map(words).collect();
    let parts: Vec<&str> =
        ["scan-review-answers"].into_iter().chain(answers.iter().map(String::as_str)).collect();
    let mut hex = uuid_v5(ID_NAMESPACE, &parts).simple().to_string();
    hex.truncate(10);
    format!("A-{hex}")
}

/// The names of the columns that people fill.
pub fn answers<'n>() -> impl Iterator<Item = &'n str> {
    COLUMNS.iter().filter(|column| column.is_answer).map(|column| column.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str], row: &[&str]) -> Table {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Table::read(texts(columns), [(2, texts(row))]).expect("a table")
    }

    #[test]
    fn names_and_decisions_are_known_however_they_are_written() {
        let rows = table(&["ID ", " Decision", "Mine "], &["R-1", " Ask", " x"]);
        let facts = table(&["Fact", "VALUE"], &["image", "a:1"]);
        let review = Review::of_tables(rows, None, Some(facts)).expect("a review");
        assert_eq!(review.rows.columns(), ["id", "decision", "Mine "]);
        assert_eq!(review.rows.row(0).expect("a row").cells(), ["R-1", "ask", " x"]);
        assert_eq!((review.decided("ask"), review.fact("image")), (1, "a:1"));
        assert_eq!(review.left_out, Table::new(LEFT_OUT));
    }

    #[test]
    fn what_has_no_header_is_refused() {
        let title = || table(&["Findings of November", ""], &["id", "decision"]);
        let rows = || table(&["id"], &["R-1"]);
        for (review, part) in [
            (Review::of_tables(title(), None, None), "the review: it has no column `id`: is the first row"),
            (Review::of_tables(Table::default(), None, None), "the review: it has no column `id`"),
            (Review::of_tables(rows(), Some(title()), None), "what was left out: it has no column `reason`"),
            (Review::of_tables(rows(), None, Some(title())), "the request: it has no column `fact`"),
            (Review::of_tables(table(&["id", "ID"], &["1", "2"]), None, None), "`id` is there twice"),
        ] {
            let error = review.expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        }
        assert!(Review::of_tables(rows(), Some(Table::default()), None).is_ok());
    }
}
