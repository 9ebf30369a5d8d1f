//! A table of texts, which is what a spreadsheet, a CSV file and a list of JSON objects have in common.

/// Columns with names, and rows of texts; a row has as many cells as there are columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Cells>,
}

/// The cells of a row, and where it stood. Rows are equal if their cells are.
#[derive(Clone, Debug, Eq)]
struct Cells {
    number: usize,
    texts: Vec<String>,
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

/// The number of the row below the header.
pub(crate) const FIRST: usize = 2;

/// Why cells are no table. Display reads after "failed to read it: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A column is there twice.
    #[error("the column `{0}` is there twice; rename one of them")]
    Twice(String),
    /// A column that cannot be missed is not there.
    #[error("it has no column `{0}`: is the first row the header?")]
    Missing(String),
    /// A cell stands far away from the others.
    #[error("it has more than {} columns; look for a cell far to the right", Table::MOST_COLUMNS)]
    TooWide,
    /// It would take more memory than any review is worth.
    #[error(
        "it has more than {} cells; look for a cell far to the right, or leave rows out",
        Table::MOST_CELLS
    )]
    TooLarge,
}

impl Table {
    /// Wider tables are none that people fill.
    pub const MOST_COLUMNS: usize = 1000;

    /// A table is a rectangle, so one wide row makes all of them wide.
    pub const MOST_CELLS: usize = 10_000_000;

    /// A table of these columns without a row.
    #[must_use]
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = T>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// A table as it was read, each row with its [number](Row::number): rows that are too short are filled
    /// up, cells without a column get one, and rows and columns at the end without any text are none, nor are
    /// rows in between.
    ///
    /// # Errors
    /// If a column is there twice, or there are more than [`Self::MOST_COLUMNS`] or [`Self::MOST_CELLS`].
    pub fn read(
        columns: Vec<String>,
        rows: impl IntoIterator<Item = (usize, Vec<String>)>,
    ) -> Result<Self, TableError> {
        let rows: Vec<_> = rows.into_iter().map(|(number, texts)| Cells { number, texts }).collect();
        let end = |row: &Cells| row.texts.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
        let widest = rows.iter().map(end).max();
        let named = columns.iter().rposition(|name| !name.is_empty()).map_or(0, |at| at + 1);
        let width = named.max(widest.unwrap_or(0));
        if width > Self::MOST_COLUMNS {
            return Err(TableError::TooWide);
        }
        let mut table = Self { columns, rows };
        table.columns.resize(width, String::new());
        for (at, name) in table.columns.iter_mut().enumerate() {
            if name.is_empty() {
                *name = format!("column {}", at + 1);
            }
        }
        table.each_once()?;
        table.rows.retain(|row| row.texts.iter().any(|cell| !cell.is_empty()));
        if table.rows.len().saturating_mul(width) > Self::MOST_CELLS {
            return Err(TableError::TooLarge);
        }
        table.rows.iter_mut().for_each(|row| row.texts.resize(width, String::new()));
        Ok(table)
    }

    /// Gives columns the names that are known for them: neither case nor blanks around them count.
    ///
    /// # Errors
    /// If one is there twice then, or the first of the known ones is not there.
    pub(crate) fn name(&mut self, known: &[&str]) -> Result<(), TableError> {
        for known in known {
            let alike = self.columns.iter_mut().filter(|name| name.trim().eq_ignore_ascii_case(known));
            alike.for_each(|name| (*known).clone_into(name));
        }
        self.each_once()?;
        match known.first() {
            Some(first) if self.column(first).is_none() => Err(TableError::Missing((*first).to_owned())),
            _ => Ok(()),
        }
    }

    fn each_once(&self) -> Result<(), TableError> {
        let mut names: Vec<_> = self.columns.iter().collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(TableError::Twice(pair[0].clone())),
            None => Ok(()),
        }
    }

    /// The names of the columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Where a column stands.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|known| known == name)
    }

    /// Adds a column at the end unless it is there.
    pub fn add_column(&mut self, name: &str) {
        if self.column(name).is_none() {
            self.columns.push(name.to_owned());
            self.rows.iter_mut().for_each(|row| row.texts.push(String::new()));
        }
    }

    /// Adds a row of these cells; columns that are not named stay empty, names without a column are
    /// passed over.
    pub fn push<'c>(&mut self, cells: impl IntoIterator<Item = (&'c str, String)>) {
        let mut texts = vec![String::new(); self.columns.len()];
        for (name, text) in cells {
            if let Some(at) = self.column(name) {
                texts[at] = text;
            }
        }
        let number = self.rows.last().map_or(FIRST, |last| last.number + 1);
        self.rows.push(Cells { number, texts });
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|row| Row::new(&self.columns, row))
    }

    /// A row by its number, from 0.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<Row<'_>> {
        self.rows.get(at).map(|row| Row::new(&self.columns, row))
    }

    /// Changes a cell, if there is such a row and column.
    pub fn set(&mut self, row: usize, column: &str, text: impl Into<String>) {
        if let Some(at) = self.column(column)
            && let Some(cell) = self.rows.get_mut(row).and_then(|row| row.texts.get_mut(at))
        {
            *cell = text.into();
        }
    }

    /// Orders the rows, and numbers them anew; equal ones keep their order.
    pub fn sort_by_key<K: Ord>(&mut self, mut key: impl FnMut(Row<'_>) -> K) {
        let columns = &self.columns;
        self.rows.sort_by_cached_key(|row| key(Row::new(columns, row)));
        self.rows.iter_mut().zip(FIRST..).for_each(|(row, number)| row.number = number);
    }
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'t> {
    columns: &'t [String],
    number: usize,
    cells: &'t [String],
}

impl<'t> Row<'t> {
    fn new(columns: &'t [String], row: &'t Cells) -> Self {
        Self { columns, number: row.number, cells: &row.texts }
    }

    /// Its number in a spreadsheet, where the header has 1.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// The text in a column; empty if there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> &'t str {
        let at = self.columns.iter().position(|known| known == column);
        at.and_then(|at| self.cells.get(at)).map_or("", String::as_str)
    }

    /// Every cell, in order.
    #[must_use]
    pub fn cells(&self) -> &'t [String] {
        self.cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_was_read_becomes_a_rectangle() {
        let rows = [texts(&["1"]), texts(&["", "", ""]), texts(&["2", "", "x", ""])];
        let mut table = Table::read(texts(&["a", "b", "", ""]), (5..).zip(rows)).expect("a table");
        assert_eq!(table.columns(), ["a", "b", "column 3"]);
        assert_eq!(table.len(), 2);
        assert_eq!(table.row(1).map(|row| row.get("column 3")), Some("x"));
        assert_eq!(table.row(0).map(|row| row.cells().len()), Some(3));
        // They keep the numbers that they have in the spreadsheet.
        table.push([("a", "3".to_owned())]);
        assert_eq!(table.rows().map(|row| row.number()).collect::<Vec<_>>(), [5, 7, 8]);
        table.sort_by_key(|row| std::cmp::Reverse(row.get("a").to_owned()));
        let numbers: Vec<_> = table.rows().map(|row| (row.get("a"), row.number())).collect();
        assert_eq!(numbers, [("3", 2), ("2", 3), ("1", 4)]);
        let twice = Table::read(texts(&["a", "b", "a"]), []);
        assert_eq!(twice, Err(TableError::Twice("a".to_owned())));
        assert_eq!(table.name(&["B", "a"]), Ok(()));
        assert_eq!(table.columns(), ["a", "B", "column 3"]);
        assert_eq!(table.name(&["c", "a"]), Err(TableError::Missing("c".to_owned())));
        let mut table = Table::new([" A ", "a"]);
        assert_eq!(table.name(&["a"]), Err(TableError::Twice("a".to_owned())));
        let mut rows = vec![texts(&["1"]); Table::MOST_CELLS / 500];
        rows.push(texts(&[&["1"][..], &[""; 498], &["far away"]].concat()));
        assert_eq!(Table::read(texts(&["a"]), (FIRST..).zip(rows)), Err(TableError::TooLarge));
    }
}
