//! A review as a file: the same three tables in CSV, JSON and XLSX.

pub mod csv;
pub mod json;
pub mod xlsx;

mod guard;

/// A file that cannot be read, or a review that a format cannot hold. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{doing} {place}: {problem}")]
#[non_exhaustive]
pub struct FormatError {
    doing: &'static str,
    /// The sheet, line or key.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

impl FormatError {
    pub(crate) fn read(place: impl Into<String>, problem: impl ToString) -> Self {
        Self { doing: "read", place: place.into(), problem: problem.to_string() }
    }

    fn write(place: impl Into<String>, problem: impl ToString) -> Self {
        Self { doing: "write", place: place.into(), problem: problem.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Review, Table};
    use proptest::{collection::vec, prelude::*};

    /// Texts that programs like to change, and any other.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            90 => Just(String::new()),
            90 => "[-=+@'#0-9.,/: eE%]{0,8}",
            60 => "[a-z0-9 ,;\"\n\t']{0,20}",
            60 => any::<String>(),
            30 => "[0-9]{4}-[01][0-9]-[0-3][0-9]",
            30 => "_x[0-9A-F]{4}_",
            1 => ("[a-zé😀\r\n]{1,8}", 1_usize..9000).prop_map(|(text, times)| text.repeat(times)),
        ]
    }

    fn table(first: &'static str, columns: usize, rows: usize) -> impl Strategy<Value = Table> {
        vec(vec(text(), columns), rows).prop_map(move |rows| {
            let names =
                (0..columns).map(|at| if at == 0 { first.to_owned() } else { format!("=column, {at}") });
            let rows = rows.into_iter().enumerate().map(|(at, mut row)| {
                row[0] = format!("R-{at}");
                (at + 2, row)
            });
            Table::read(names.collect(), rows).expect("names differ")
        })
    }

    fn through_all(review: &Review) -> Result<Review, FormatError> {
        let read = |table: &Table| csv::read(&String::from_utf8_lossy(&csv::write(table)?));
        let (rows, left_out, request) =
            (read(&review.rows)?, read(&review.left_out)?, read(&review.request)?);
        let review = xlsx::read(&xlsx::write(&Review { rows, left_out, request })?)?;
        let review = json::read(&String::from_utf8_lossy(&json::write(&review)?))?;
        Ok(Review { rows: read(&review.rows)?, ..review })
    }

    proptest! {
        // Four times 2,500 rows.
        #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 20, ..ProptestConfig::default() })]
        #[test]
        fn ten_thousand_rows_pass_through_csv_xlsx_json_and_csv(rows in table("id", 6, 2_400), left_out in table("reason", 3, 99), request in table("fact", 3, 1)) {
            let review = Review { rows, left_out, request };
            let back = through_all(&review).expect("every format can hold it");
            prop_assert!(back == review, "something was lost");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
            let text = String::from_utf8_lossy(&bytes);
            let _ = (csv::read(&text), json::read(&text), xlsx::read(&bytes));
        }
    }
}
