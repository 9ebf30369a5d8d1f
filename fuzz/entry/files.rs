//! The files that people hand in beside reports: what is ignored, VEX, policies; and how any file is opened.

use scanlift_gate::{Enrichment, Evidence, Policies, Side, Target, evaluate};
use scanlift_ignore_file::{
    Date, IgnoreFile, Usage,
    import::{Imported, add, gitlab, parse_ruby, sarif, trivy},
};
use scanlift_input::Source;
use scanlift_report_core::{Dependency, Identifier, ImageLocation, Location, SourceLocation, Vulnerability};
use scanlift_vex::{Package, Subject, Vex};
use std::io::Read as _;

/// A report with a finding.
pub(crate) const REPORT: &str = r#"{"version":"15.2.1","vulnerabilities":[{"id":"a","name":"A","severity":"High","identifiers":[{"type":"r","name":"R","value":"R"},{"type":"cve","name":"CVE-2021-44228","value":"CVE-2021-44228"}],"location":{"file":"a.c","start_line":3,"end_line":3},"cvss_vectors":[{"vendor":"v","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"details":{"d":{"type":"text","name":"D","value":"x"}},"tracking":{"type":"source","items":[{"file":"a.c","start_line":3,"end_line":3,"signatures":[{"algorithm":"hash","value":"x"}]}]},"links":[{"url":"https://a.example"}]}],"remediations":[{"fixes":[{"id":"a"}],"summary":"s","diff":"eA=="}],"scan":{"analyzer":{"id":"a","name":"A","version":"1","vendor":{"name":"A"}},"scanner":{"id":"a","name":"A","version":"1","vendor":{"name":"A"}},"start_time":"2026-01-01T00:00:00","end_time":"2026-01-01T00:00:00","status":"success","type":"sast"}}"#;

/// An ignore file; and what can be imported into one, which is readable then and adds nothing twice.
pub(crate) fn ignore(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let today = Date::new(2026, 11, 28).expect("a date");
    if let Ok(file) = IgnoreFile::parse("file", &text, today) {
        let mut usage = Usage::default();
        for finding in findings() {
            file.find(&finding, "scanner", &mut usage);
        }
        let _ = file.warnings(Some(&usage));
    }
    let added = |imported: Imported| {
        let written = add("", "a file", &imported.drafts).expect("an empty file takes entries");
        IgnoreFile::parse("file", &written.toml, today).expect("what was imported can be read");
        let again = add(&written.toml, "a file", &imported.drafts).expect("our own file");
        assert_eq!(again.added, 0, "an entry is added once");
    };
    added(trivy::plain(&text));
    let _ = trivy::yaml(&text).map(added);
    let _ = sarif::read(&bytes).map(added);
    let _ = gitlab::read(&bytes).map(added);
    let _ = parse_ruby(&text);
}

fn findings() -> [Vulnerability<'static>; 2] {
    let cve = || Identifier::new("cve", "CVE-2021-44228", "CVE-2021-44228").expect("an identifier");
    let image = ImageLocation::new("app:1", "debian", Dependency::new("bash", "5.0"));
    [
        Vulnerability::new(cve(), Location::Sast(SourceLocation::file("legacy/pom.xml"))),
        Vulnerability::new(cve(), Location::ContainerScanning(image)),
    ]
}

/// A VEX document.
pub(crate) fn vex(bytes: &[u8]) {
    let mut vex = Vex::default();
    if vex.read("document", &bytes).is_err() {
        return;
    }
    let mut subject = Subject::default();
    subject.ids = vec!["CVE-2021-44228", "GHSA-jfh8-c2jp-5v3q"];
    for purl in ["pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0", "pkg:npm/lodash@4.17.20"] {
        subject.package = Some(Package::new("log4j-core", "2.14.0", Some(purl)));
        let _ = vex.find(&subject, &mut scanlift_vex::Usage::default());
    }
}

/// A policy, held against a report; and lists of exploited vulnerabilities.
pub(crate) fn policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut enrichment = Enrichment::of(["CVE-2021-44228"]);
    let _ = (enrichment.read_kev(&bytes), enrichment.read_epss(&bytes));
    let Ok(policies) = Policies::parse(&text) else { return };
    let mut evidence = Evidence::default();
    evidence.add(Side::Head, &REPORT, None, &mut |_, _, _| false).expect("a good report");
    let answer = evaluate(&policies, None, &evidence.compare(), &Target::default(), &enrichment, 10);
    let _ = scanlift_gate::markdown(&answer);
}

/// Compressed or in whatever encoding: every opening gives the same bytes, and their head is their head.
pub(crate) fn decode(bytes: &[u8]) {
    let source = Source::stream(bytes, None).expect("temporary files can be written");
    let read = || {
        let mut read = Vec::new();
        // Enough to see it; how much a bomb may give is the limits' to say.
        scanlift_convert_api::Input::open(&source)
            .and_then(|stream| stream.take(1 << 22).read_to_end(&mut read))
            .map(|_| read)
            .map_err(|error| error.to_string())
    };
    let first = read();
    assert_eq!(first, read(), "two openings differ");
    if let (Ok(head), Ok(all)) = (source.head(), &first) {
        // Its last character may be cut, or stand for bytes that are none.
        let whole = head.len().saturating_sub('\u{fffd}'.len_utf8());
        assert!(all.starts_with(&head[..whole]), "the head is not the beginning");
    }
    let _ = source.is_empty();
    if let Ok(Some(part)) = scanlift_convert_api::Input::part(&source, "audit.fvdl") {
        let _ = part.take(1 << 22).read_to_end(&mut Vec::new());
    }
}
