//! CSV, XLSX and JUnit.

use crate::data::{BASE, HEAD, HOSTILE, bytes, large, text};
use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use quick_xml::{Reader, events::Event};
use scanlift_render::Format;
use std::io::Cursor;

fn csv(head: &[&str], base: &[&str]) -> Vec<Vec<String>> {
    let text = text(Format::Csv, head, base);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn sheets(head: &[&str], base: &[&str]) -> Xlsx<Cursor<Vec<u8>>> {
    open_workbook_from_rs(Cursor::new(bytes(Format::Xlsx, head, base))).unwrap()
}

#[test]
fn no_cell_of_csv_is_a_formula() {
    for record in csv(&[HOSTILE], &[]) {
        for cell in record {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell:?}");
            assert!(!cell.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{200b}']), "{cell:?}");
        }
    }
}

#[test]
fn csv_has_a_row_for_each_finding() {
    let records = csv(&HEAD, &BASE);
    assert_eq!(records.len(), 1 + 21);
    let column = |name: &str| records[0].iter().position(|head| head == name).unwrap();
    let [severity, state, name, link] = ["severity", "state", "name", "link"].map(column);
    let sql = &records[1];
    assert_eq!(
        (&*sql[severity], &*sql[state], &*sql[name]),
        ("Critical", "new", "SQL query built from request data")
    );
    assert_eq!(sql[link], "https://example.com/rules/sql-injection");
    let count = |wanted: &str| records.iter().filter(|record| record[state] == wanted).count();
    assert_eq!([count("new"), count("known"), count("fixed"), count("gone")], [9, 9, 2, 1]);
    // What leads into a trap is no link.
    assert!(
        csv(&[HOSTILE], &[])[1..].iter().all(|record| ["", "https://ok.example/"].contains(&&*record[link]))
    );
}

#[test]
fn a_workbook_reads_back_as_csv_does() {
    for (head, base) in [(HEAD.as_slice(), BASE.as_slice()), (&[HOSTILE], &[])] {
        let mut workbook = sheets(head, base);
        assert_eq!(workbook.sheet_names(), ["Summary", "Findings"]);
        assert!(workbook.worksheet_formula("Findings").unwrap().is_empty());
        let range = workbook.worksheet_range("Findings").unwrap();
        let records = csv(head, base);
        assert_eq!(range.rows().len(), records.len());
        for (row, record) in range.rows().zip(&records) {
            for (column, cell) in record.iter().enumerate() {
                // CSV says by an apostrophe that it is text.
                let plain = cell.strip_prefix('\'').unwrap_or(cell);
                match row.get(column).unwrap_or(&Data::Empty) {
                    Data::Empty => assert_eq!(plain, ""),
                    Data::String(text) => assert_eq!(text, plain),
                    Data::Float(number) => assert_eq!(number.to_string(), plain),
                    other => panic!("{other:?} where {plain} should be"),
                }
            }
        }
    }
}

#[test]
fn a_workbook_has_numbers_types_and_links() {
    let mut workbook = sheets(&HEAD, &BASE);
    let findings = workbook.worksheet_range("Findings").unwrap();
    assert_eq!(findings.get((1, 6)), Some(&Data::Float(42.0)));
    let summary = workbook.worksheet_range("Summary").unwrap();
    let last = summary.rows().next_back().unwrap();
    assert_eq!((&last[0], &last[9]), (&Data::String("all that is there".to_owned()), &Data::Float(18.0)));
    assert_eq!(bytes(Format::Xlsx, &HEAD, &BASE), bytes(Format::Xlsx, &HEAD, &BASE), "the same in every run");
}

/// The parent's name, its own, and its attributes.
type Element = (String, String, Vec<(String, String)>);

fn elements(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    let (mut open, mut found) = (Vec::<String>::new(), Vec::new());
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.name().as_ref().to_owned();
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                });
                found.push((open.last().cloned().unwrap_or_default(), name.clone(), attributes.collect()));
                if matches!(event, Event::Start(_)) {
                    open.push(name);
                }
            }
            Event::End(end) => assert_eq!(open.pop().unwrap(), *end.name().as_ref()),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    found
}

/// GitLab's documentation of unit test reports names these elements and attributes.
#[test]
fn junit_is_what_gitlab_reads() {
    for (head, base) in [(HEAD.as_slice(), BASE.as_slice()), (&[HOSTILE], &[]), (&HEAD, &[])] {
        let xml = text(Format::Junit, head, base);
        assert!(!xml.chars().any(|char| char.is_control() && char != '\n'), "{xml}");
        let elements = elements(&xml);
        for (parent, name, attributes) in &elements {
            let (parents, required, optional): (&str, &[&str], &[&str]) = match name.as_str() {
                "testsuites" => ("", &["tests", "failures"], &["name", "errors", "skipped"]),
                "testsuite" => {
                    ("testsuites", &["name", "tests", "failures", "errors", "skipped"], &["timestamp"])
                }
                "testcase" => ("testsuite", &["classname", "name"], &["file"]),
                "failure" => ("testcase", &["type", "message"], &[]),
                "skipped" => ("testcase", &["message"], &[]),
                other => panic!("<{other}> is no element of GitLab's"),
            };
            assert_eq!(parent, parents);
            assert!(
                required.iter().all(|key| attributes.iter().any(|(own, _)| own == key)),
                "{attributes:?}"
            );
            assert!(
                attributes.iter().all(|(own, _)| required.contains(&&**own) || optional.contains(&&**own))
            );
        }
        let count = |name: &str| elements.iter().filter(|(_, own, _)| own == name).count().to_string();
        let said = |key: &str| elements[0].2.iter().find(|(own, _)| own == key).unwrap().1.clone();
        assert_eq!(
            (said("tests"), said("failures"), said("skipped")),
            (count("testcase"), count("failure"), count("skipped"))
        );
    }
}

#[test]
fn tests_of_a_suite_differ_by_class_and_name() {
    let report = large(20).replace("src/module_", "x").replace("\"start_line\"", "\"y\"");
    let twice = report
        .replace("file_1.py", "file_0.py")
        .replace("Rule 1 is", "Rule 0 is")
        .replace("ACME-1\"", "ACME-0\"");
    let mut names: Vec<_> = elements(&text(Format::Junit, &[&twice], &[]))
        .into_iter()
        .filter(|(_, name, _)| name == "testcase")
        .map(|(_, _, attributes)| attributes)
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!((count, names.len()), (20, 20));
}

#[test]
fn a_scan_without_findings_is_a_test_that_passes() {
    let xml = text(Format::Junit, &[&large(0), HEAD[4], &large(0)], &[]);
    assert_eq!(xml.matches("no findings").count(), 2);
    assert_eq!(elements(&xml)[0].2[1], ("tests".to_owned(), "3".to_owned()));
}
