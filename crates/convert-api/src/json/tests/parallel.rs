use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::json::parallel::each_record_by;
use crate::json::{Item, Reader, Repair, Text};
use crate::test_log::Log;
use crate::{ConvertError, Record, Sink, SkipReason};

/// What is told of a document, and how reading it ended.
fn read(document: &str, threads: usize, full: Option<usize>) -> (Log, String) {
    let mut log = Log { threads, full, ..Log::default() };
    let mut reader = Reader::new(document.as_bytes());
    let work = |item: &mut Item<'_>, repair: &mut Repair, sink: &mut dyn Sink| -> Result<(), ConvertError> {
        let record = Record::begin(&mut *sink);
        match item.parse_lenient::<Text<'_>>(repair) {
            Ok((text, _)) if text == "stop" => Err(ConvertError::Read(io::ErrorKind::Other.into())),
            Ok((text, _)) if text == "panic" => panic!("as told"),
            Ok((text, _)) => {
                record.skip(SkipReason::NotAFinding, &text, "");
                Ok(())
            }
            Err(error) => {
                record.skip(SkipReason::Unsupported, &error.to_string(), "");
                Ok(())
            }
        }
    };
    let ended = reader.each_key(|_, reader| each_record_by(100, reader, &mut log, &work));
    let ended = ended.and_then(|()| Ok(reader.finish()?));
    (log, format!("{ended:?}"))
}

fn document(count: usize, special: &[(usize, &str)]) -> String {
    let items: Vec<_> = (0..count)
        .map(|at| match special.iter().find(|(place, _)| *place == at) {
            Some((_, text)) => (*text).to_owned(),
            None => format!("\"item {at} {}\"", "x".repeat(at * 7 % 40)),
        })
        .collect();
    format!(r#"{{"list": [{}]}}"#, items.join(", "))
}

#[test]
fn the_sink_is_told_the_same_on_any_number_of_threads() {
    let cut = document(500, &[]);
    for (what, document) in [
        ("none", document(0, &[])),
        ("few", document(3, &[])),
        ("many", document(500, &[])),
        ("one that cannot be read", document(500, &[(333, "[7]")])),
        ("an error of the work", document(500, &[(300, "\"stop\""), (400, "\"stop\"")])),
        ("an error of the document", document(500, &[(250, "?")])),
        ("an error of each", document(500, &[(100, "\"stop\""), (130, "?")])),
        ("cut off", cut[..cut.len() / 2].to_owned()),
    ] {
        let (alone, ended) = read(&document, 1, None);
        for threads in [2, 3, 8] {
            let (log, also_ended) = read(&document, threads, None);
            assert_eq!((log.records, &log.lines), (alone.records, &alone.lines), "{what}, {threads} threads");
            assert_eq!(also_ended, ended, "{what}, {threads} threads");
        }
    }
}

#[test]
fn a_sink_that_is_full_ends_it() {
    let (log, ended) = read(&document(5000, &[]), 3, Some(100));
    assert!(ended.contains("StorageFull"), "{ended}");
    assert!(log.lines.len() < 120, "{}", log.lines.len());
}

#[test]
fn nobody_waits_for_a_thread_that_panicked() {
    for at in [3, 200, 499] {
        let document = document(500, &[(at, "\"panic\"")]);
        let caught = catch_unwind(AssertUnwindSafe(|| read(&document, 3, None).1));
        assert!(caught.is_err(), "{at}");
    }
}
