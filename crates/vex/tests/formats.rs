//! What is read of each format.

use scanlift_convert_api::{ConvertError, Match};
use scanlift_vex::{Format, Image, Package, Status, Subject, Usage, Vex};

/// What a finding has: ids, package with purl, image, operating system.
struct Finding<'f> {
    id: &'f str,
    package: (&'f str, &'f str, Option<&'f str>),
    image: Option<&'f str>,
    system: Option<&'f str>,
}

impl<'f> Finding<'f> {
    fn of(id: &'f str, name: &'f str, version: &'f str, purl: Option<&'f str>) -> Self {
        Self { id, package: (name, version, purl), image: None, system: None }
    }

    fn on(mut self, image: &'f str, system: &'f str) -> Self {
        (self.image, self.system) = (Some(image), Some(system));
        self
    }

    fn status(&self, vex: &Vex) -> Option<Status> {
        let mut subject = Subject::default();
        subject.ids = vec![self.id];
        let (name, version, purl) = self.package;
        subject.package = Some(Package::new(name, version, purl));
        subject.image = self.image.and_then(Image::of_reference);
        subject.operating_system = self.system;
        vex.find(&subject, &mut Usage::default()).map(|(_, statement)| statement.status)
    }
}

fn read(document: &str) -> Vex {
    let mut vex = Vex::default();
    vex.read("a", &document).expect("a document");
    vex
}

#[test]
fn openvex_of_the_first_version() {
    let vex = read(
        r#"{"@context": "https://openvex.dev/ns", "statements": [
            {"vulnerability": "CVE-1", "products": ["pkg:apk/wolfi/git@2.39.0-r1?arch=armv7"], "subcomponents": [], "status": "fixed"},
            {"vulnerability": "CVE-2", "products": ["pkg:oci/app"], "subcomponents": ["pkg:npm/a"], "status": "NOT_AFFECTED"},
            {"vulnerability": {"name": 7}, "status": "affected", "products": null},
            {"vulnerability": "CVE-3", "status": "mended"}, {"status": "fixed"}, 8]}"#,
    );
    assert_eq!(vex.len(), 3);
    assert_eq!(vex.documents()[0].warnings.len(), 3, "{:?}", vex.documents()[0].warnings);
    let git = Some("pkg:apk/wolfi/git@2.39.0-r1?arch=armv7");
    assert_eq!(Finding::of("CVE-1", "git", "2.39.0-r1", git).status(&vex), Some(Status::Fixed));
    assert_eq!(Finding::of("CVE-2", "a", "1", None).status(&vex), None);
    let of_image = Finding::of("CVE-2", "a", "1", None).on("app:1", "debian:12");
    assert_eq!(of_image.status(&vex), Some(Status::NotAffected));
}

#[test]
fn openvex_is_told_by_its_context() {
    for (document, want, warnings) in [
        (r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": []}"#, Match::Yes, 0),
        (r#"{"@context": ["https://openvex.dev/ns/v0.2.0"], "statements": []}"#, Match::Maybe, 0),
        (r#"{"@context": "https://openvex.dev/ns/v0.3.0", "statements": []}"#, Match::Yes, 1),
        (r#"{"@context": "https://example.com", "statements": []}"#, Match::No, 1),
        (r#"{"statements": []}"#, Match::No, 1),
    ] {
        assert_eq!(scanlift_vex::openvex::sniff(document.as_bytes()), want, "{document}");
        let mut reader = scanlift_convert_api::json::Reader::new(document.as_bytes());
        let head = scanlift_vex::openvex::walk(&mut reader, |_| Ok(())).expect("a document");
        assert_eq!(head.warnings.len(), warnings, "{document}");
    }
}

#[test]
fn openvex_within_an_attestation() {
    let vex = read(
        r#"{"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://openvex.dev/ns", "subject": [],
            "predicate": {"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{"vulnerability": {"name": "CVE-1"}, "status": "fixed"}]}}"#,
    );
    assert_eq!((vex.len(), vex.documents()[0].format), (1, Format::OpenVex));
}

const CSAF: &str = r#"{
  "document": {"category": "csaf_vex", "csaf_version": "2.0", "publisher": {"name": "Acme"},
    "tracking": {"id": "ACME-1", "current_release_date": "2024-01-01T00:00:00Z"}},
  "product_tree": {
    "branches": [{"category": "vendor", "name": "Acme", "branches": [
      {"category": "product_name", "name": "App", "branches": [
        {"category": "product_version", "name": "1.0", "product": {"name": "Acme App 1.0", "product_id": "app1"}},
        {"category": "product_version_range", "name": "vers:generic/>=2|<3", "product": {"name": "Acme App 2", "product_id": "app2"}}]},
      {"category": "product_name", "name": "Linux 7", "product": {"name": "Acme Linux 7", "product_id": "linux7",
        "product_identification_helper": {"cpe": "cpe:/o:acme:linux:7"}}}]}],
    "full_product_names": [
      {"name": "openssl", "product_id": "openssl", "product_identification_helper": {"purl": "pkg:rpm/acme/openssl"}},
      {"name": "app image", "product_id": "image", "product_identification_helper": {"purls": ["pkg:oci/app?repository_url=ghcr.io/acme"]}}],
    "relationships": [{"category": "default_component_of", "product_reference": "openssl", "relates_to_product_reference": "linux7",
      "full_product_name": {"name": "openssl of Acme Linux 7", "product_id": "linux7:openssl"}}],
    "product_groups": [{"group_id": "G", "product_ids": ["app1", "app2"]}]},
  "vulnerabilities": [
    {"cve": "CVE-1", "ids": [{"system_name": "x", "text": "GHSA-1"}],
     "product_status": {"known_not_affected": ["app1", "app2", "linux7:openssl"], "under_investigation": ["image"], "recommended": ["x"]},
     "flags": [{"label": "component_not_present", "date": "2024-02-01T00:00:00Z", "group_ids": ["G"]}],
     "threats": [{"category": "impact", "details": "Not there.", "product_ids": ["linux7:openssl"]}]},
    {"product_status": {"fixed": ["app1"]}}]}"#;

#[test]
fn csaf_is_told_by_its_first_bytes() {
    for (head, want) in [
        (r#"{"document": {"csaf_version": "2.0", "cat"#, Match::Yes),
        (r#"{"document": {"category": "csaf_vex", "lang": "en"}}"#, Match::Yes),
        (r#"{"document": {"publisher": {}, "tracking": {}}}"#, Match::Maybe),
        (r#"{"vulnerabilities": [{"cve": "CVE-1", "product_status": {"fixed": ["A"]}}, {"c"#, Match::Yes),
        (r#"{"vulnerabilities": [{"id": "CVE-1"}], "version": "15.0.0"}"#, Match::No),
        (r#"[{"document": {"csaf_version": "2.0"}}]"#, Match::No),
    ] {
        assert_eq!(scanlift_vex::csaf::sniff(head.as_bytes()), want, "{head}");
    }
}

#[test]
fn csaf() {
    let vex = read(CSAF);
    assert_eq!(vex.documents()[0].warnings.len(), 1);
    // One for the group with the flag, one for openssl, one under investigation.
    assert_eq!(vex.len(), 3);
    let openssl = || Finding::of("CVE-1", "openssl", "1.0", Some("pkg:rpm/acme/openssl@1.0"));
    for (finding, want) in [
        (Finding::of("CVE-1", "App", "1.0", None), Some(Status::NotAffected)),
        (Finding::of("GHSA-1", "App", "1.0", None), Some(Status::NotAffected)),
        (Finding::of("CVE-1", "App", "1.1", None), None),
        (Finding::of("CVE-1", "App", "2.5", None), Some(Status::NotAffected)),
        (Finding::of("CVE-1", "App", "3.0", None), None),
        (openssl(), None),
        (openssl().on("x:1", "acme:7.9"), Some(Status::NotAffected)),
        (openssl().on("x:1", "acme:8.1"), None),
        (openssl().on("ghcr.io/acme/app:3", "acme:8.1"), Some(Status::UnderInvestigation)),
    ] {
        assert_eq!(finding.status(&vex), want, "{:?} {:?}", finding.package, finding.system);
    }
}

const BOM: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5",
  "vulnerabilities": [
    {"bom-ref": "v1", "id": "CVE-1", "references": [{"id": "GHSA-1"}], "affects": [{"ref": "a"}, {"ref": "nested"}],
     "analysis": {"state": "false_positive", "justification": "code_not_reachable", "detail": "Never called."}},
    {"id": "CVE-2", "affects": [{"ref": "a", "versions": [{"range": "vers:npm/<2", "status": "affected"}, {"version": "3.0", "status": "unaffected"}]}],
     "analysis": {"state": "exploitable", "response": ["update", "will_not_fix"]}},
    {"id": "CVE-3", "affects": [{"ref": "root"}], "analysis": {"state": "resolved"}},
    {"id": "CVE-4", "affects": [{"ref": "urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#pkg:npm/far@1"}], "analysis": {"state": "in_triage"}},
    {"id": "CVE-5", "affects": [{"ref": "a"}]},
    {"id": "CVE-6", "affects": [{"ref": "a"}], "analysis": {"state": "who knows"}}],
  "components": [
    {"type": "library", "bom-ref": "a", "name": "a", "version": "1.0", "purl": "pkg:npm/a@1.0",
     "components": [{"type": "library", "bom-ref": "nested", "group": "org.acme", "name": "lib", "version": "2"}]}],
  "metadata": {"timestamp": "2024-01-01T00:00:00Z", "component": {"type": "application", "bom-ref": "root", "name": "app"}}}"#;

#[test]
fn cyclonedx_in_json() {
    let vex = read(BOM);
    assert_eq!(vex.documents()[0].warnings.len(), 1);
    for (finding, want) in [
        (Finding::of("CVE-1", "a", "1.0", Some("pkg:npm/a@1.0")), Some(Status::NotAffected)),
        (Finding::of("GHSA-1", "org.acme:lib", "2", None), Some(Status::NotAffected)),
        (Finding::of("CVE-1", "b", "1.0", Some("pkg:npm/b@1.0")), None),
        (Finding::of("CVE-2", "a", "1.9", Some("pkg:npm/a@1.9")), Some(Status::Affected)),
        (Finding::of("CVE-2", "a", "3.0", Some("pkg:npm/a@3.0")), Some(Status::NotAffected)),
        (Finding::of("CVE-2", "a", "2.0", Some("pkg:npm/a@2.0")), None),
        (Finding::of("CVE-3", "whatever", "1", None), Some(Status::Fixed)),
        (Finding::of("CVE-4", "far", "1", Some("pkg:npm/far@1")), Some(Status::UnderInvestigation)),
        (Finding::of("CVE-5", "a", "1.0", Some("pkg:npm/a@1.0")), None),
    ] {
        assert_eq!(finding.status(&vex), want, "{} {:?}", finding.id, finding.package);
    }
}

#[test]
fn cyclonedx_within_an_attestation_and_with_its_marks_behind() {
    let vex = read(
        r#"{"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://cyclonedx.org/bom", "predicate": {
            "vulnerabilities": [{"bom-ref": "v", "id": "CVE-1", "affects": [{"ref": "pkg:npm/a@1"}], "analysis": {"state": "Not_Affected"}}],
            "bomFormat": "CycloneDX", "specVersion": "1.6"}}"#,
    );
    assert_eq!(vex.documents()[0].format_version.as_deref(), Some("1.6"));
    let finding = Finding::of("CVE-1", "a", "1", Some("pkg:npm/a@1"));
    assert_eq!(finding.status(&vex), Some(Status::NotAffected));
}

#[test]
fn cyclonedx_in_xml() {
    let vex = read(
        r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4">
          <metadata><component type="container" bom-ref="root"><name>ghcr.io/acme/app</name><version>1</version></component></metadata>
          <components><component type="library" bom-ref="a"><name>a</name><version>1</version><purl>pkg:npm/a@1</purl>
            <components><component type="library" bom-ref="b"><name>b</name><version>1</version></component></components></component></components>
          <vulnerabilities>
            <vulnerability><id>CVE-1</id><references><reference><id>GHSA-1</id></reference></references>
              <analysis><state>not_affected</state><justification>code_not_present</justification><responses><response>update</response></responses></analysis>
              <affects><target><ref>a</ref></target><target><ref>b</ref></target></affects></vulnerability>
            <vulnerability><id>CVE-2</id><analysis><state>resolved</state></analysis><affects><target><ref>root</ref></target></affects></vulnerability>
            <vulnerability><id>CVE-3</id></vulnerability><vulnerability><analysis><state>resolved</state></analysis></vulnerability>
          </vulnerabilities></bom>"#,
    );
    assert_eq!(vex.documents()[0].warnings.len(), 1);
    for (finding, want) in [
        (Finding::of("GHSA-1", "a", "1", Some("pkg:npm/a@1")), Some(Status::NotAffected)),
        (Finding::of("CVE-1", "b", "1", None), Some(Status::NotAffected)),
        (Finding::of("CVE-2", "b", "1", None), None),
        (Finding::of("CVE-2", "b", "1", None).on("ghcr.io/acme/app:1", "debian:12"), Some(Status::Fixed)),
        (Finding::of("CVE-2", "b", "1", None).on("ghcr.io/acme/app:2", "debian:12"), None),
    ] {
        assert_eq!(finding.status(&vex), want, "{} {:?}", finding.id, finding.image);
    }
}

#[test]
fn what_is_no_vex_is_refused() {
    let refused = |text: &str| Vex::default().read("a", &text).map(drop).expect_err(text);
    for text in ["", "[]", "{}", "{\"a\": 1}", "<a/>", "plain"] {
        assert!(matches!(refused(text), ConvertError::Unrecognised { .. }), "{text}");
    }
    assert!(matches!(
        refused(r#"{"@context": "https://openvex.dev/ns/v0.2.0"}"#),
        ConvertError::Unrecognised { .. }
    ));
    for text in [
        r#"{"@context": "https://openvex.dev/ns/v1.0.0", "statements": []}"#,
        r#"{"document": {"csaf_version": "3.0"}}"#,
    ] {
        assert!(matches!(refused(text), ConvertError::UnsupportedVersion { .. }), "{text}");
    }
    for text in
        [r#"{"@context": "https://openvex.dev/ns", "statements": [}"#, &CSAF[..CSAF.len() - 9], &BOM[..200]]
    {
        assert!(matches!(refused(text), ConvertError::Parse { .. }), "{text}");
    }
}

/// Documents that are cut off or changed anywhere are read or refused.
#[test]
fn nothing_panics() {
    for document in [CSAF, BOM] {
        for at in 0..document.len() {
            let _ = Vex::default().read("a", &&document.as_bytes()[..at]);
        }
        for (at, _) in document.match_indices(':') {
            for value in ["null", "7", "[]", "{}", "\"x\"", "[[{}]]"] {
                let end = document[at..].find([',', '}', ']']).map_or(document.len(), |end| at + end);
                let changed = format!("{}:{value}{}", &document[..at], &document[end..]);
                let _ = Vex::default().read("a", &changed.as_str());
            }
        }
    }
}
