//! What reads GitLab's reports: the verdict, merging, and the report model.

use scanlift_pipeline::Merged;
use scanlift_report_core::Report;

/// GitLab's verdict.
pub(crate) fn validate(bytes: &[u8]) {
    let options = scanlift_ingest::Options::new(1);
    let mut seen = 0_u64;
    if let Ok(verdict) = scanlift_ingest::judge(&bytes, &options, &mut |_, _| seen += 1) {
        assert!(!verdict.is_accepted() || verdict.ingested + verdict.dropped_count == verdict.count);
        assert!(verdict.errors.len() as u64 <= verdict.error_count);
        assert!(!verdict.is_accepted() || seen == verdict.count);
    }
}

/// Merging two reports, which a byte 0xFF parts: whichever comes first, and however they are grouped, it gives
/// the same; and a report with itself gives that report.
pub(crate) fn merge(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0xff);
    let (Some(one), Some(other)) = (parts.next(), parts.next()) else { return };
    let (Ok(one), Ok(other)) = (Report::from_slice(one), Report::from_slice(other)) else { return };
    let merged = |first: &Report, second: &Report| {
        let mut merged = Merged::new(first.clone());
        merged.add(second.clone()).ok().map(|()| merged.into_report())
    };
    let text = |report: &Report| serde_json::to_string(report).expect("a report is JSON");
    let alone = Merged::new(one.clone()).into_report();
    assert_eq!(merged(&one, &one).as_ref().map(text), Some(text(&alone)), "merged with itself");
    let (both, back) = (merged(&one, &other), merged(&other, &one));
    assert_eq!(both.as_ref().map(text), back.as_ref().map(text));
    let (Some(both), Some(back)) = (both, back) else { return };
    assert_eq!(merged(&both, &one).as_ref().map(text), Some(text(&both)), "merged with one of its parts");
    assert_eq!(merged(&one, &back).as_ref().map(text), Some(text(&both)), "grouped in another way");
}

/// A report that is read and written again is the same.
pub(crate) fn report(bytes: &[u8]) {
    let Ok(report) = Report::from_slice(bytes) else { return };
    let written = serde_json::to_vec(&report).expect("a report is JSON");
    let again = Report::from_slice(&written).expect("what was written can be read");
    assert_eq!(serde_json::to_vec(&again).expect("a report is JSON"), written);
}
