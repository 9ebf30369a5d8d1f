//! Which statements are about which findings.

use proptest::prelude::*;
use scanlift_vex::{Image, Package, Status, Subject, Usage, Use, Vex};

const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A package: name, version, package URL.
type Found<'f> = (&'f str, &'f str, Option<&'f str>);

fn subject<'f>(id: &'f str, (name, version, purl): Found<'f>, image: Option<&str>) -> Subject<'f> {
    let mut subject = Subject::default();
    subject.ids = vec![id];
    subject.package = Some(Package::new(name, version, purl));
    subject.image = image.and_then(Image::of_reference);
    subject
}

fn vex(statements: &str) -> Vex {
    let document = format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2024-01-01T00:00:00Z", "statements": [{statements}]}}"#
    );
    let mut vex = Vex::default();
    vex.read("a.json", &document.as_str()).expect("a document");
    vex
}

fn not_affected(products: &str) -> Vex {
    vex(&format!(
        r#"{{"vulnerability": {{"name": "CVE-1"}}, "status": "not_affected", "products": [{products}]}}"#
    ))
}

fn is_about(vex: &Vex, subject: &Subject<'_>) -> bool {
    vex.find(subject, &mut Usage::default()).is_some()
}

#[test]
fn packages_are_told_by_purl_or_by_name_and_version() {
    let lodash = ("lodash", "4.17.20", Some("pkg:npm/lodash@4.17.20"));
    let bash = ("bash", "5.1-2", Some("pkg:deb/debian/bash@5.1-2?arch=amd64&distro=debian-12"));
    for (said, found, want) in [
        ("pkg:npm/lodash@4.17.20", lodash, true),
        ("pkg:npm/lodash", lodash, true),
        ("pkg:npm/lodash@4.17.21", lodash, false),
        ("pkg:npm/lodash-es@4.17.20", lodash, false),
        ("pkg:npm/%40types/lodash", lodash, false),
        ("pkg:pypi/lodash@4.17.20", lodash, false),
        ("pkg:npm/lodash@4.17.20", ("lodash", "4.17.20", None), true),
        ("pkg:npm/lodash@4.17.20", ("lodash", "", None), false),
        ("pkg:npm/lodash@4.17.20", ("lodash", "4.17.20", Some("pkg:npm/lodash")), true),
        ("pkg:gem/Rails@1", ("rails", "1", Some("pkg:gem/rails@1")), false),
        ("pkg:deb/debian/bash", bash, true),
        ("pkg:deb/ubuntu/bash", bash, false),
        ("pkg:deb/debian/bash@5.1-2?arch=amd64", bash, true),
        ("pkg:deb/debian/bash@5.1-2?arch=arm64", bash, false),
        ("pkg:deb/debian/bash?distro=12", bash, true),
        ("pkg:deb/debian/bash?distro=debian-11", bash, false),
        ("pkg:deb/debian/bash?arch=amd64", ("bash", "5.1-2", Some("pkg:deb/debian/bash@5.1-2")), true),
        ("pkg:maven/org.acme/lib@1", ("org.acme:lib", "1", None), true),
        ("pkg:maven/org.acme/lib@1", ("org.acme/lib", "1", None), true),
        ("pkg:maven/org.acme/lib@1", ("lib", "1", None), true),
        ("pkg:npm/%40acme/lib@1", ("lib", "1", None), false),
        ("pkg:npm/%40acme/lib@1", ("@acme/lib", "1", None), true),
        ("pkg:pypi/Flask_Login@1", ("flask-login", "1", Some("pkg:pypi/flask-login@1")), true),
        (
            "pkg:golang/github.com/a/b@v1.2.3",
            ("github.com/a/b", "1.2.3", Some("pkg:golang/github.com/a/b@1.2.3")),
            true,
        ),
        ("pkg:rpm/redhat/openssl@1.1.1k-8.el8?epoch=1", ("openssl", "1:1.1.1k-8.el8", None), true),
        ("lodash", lodash, true),
        ("https://example.com/lodash", lodash, false),
    ] {
        let vex = not_affected(&format!("{{\"@id\": {said:?}}}"));
        assert_eq!(is_about(&vex, &subject("CVE-1", found, None)), want, "{said} {found:?}");
        assert!(!is_about(&vex, &subject("CVE-2", found, None)), "{said} of another vulnerability");
    }
}

#[test]
fn images_and_their_parts() {
    let part =
        r#", "subcomponents": [{"@id": "pkg:apk/alpine/libssl3@3.0.8-r3"}, "pkg:apk/alpine/libcrypto3"]"#;
    let ssl = ("libssl3", "3.0.8-r3", Some("pkg:apk/alpine/libssl3@3.0.8-r3"));
    let old = ("libssl3", "3.0.7-r1", Some("pkg:apk/alpine/libssl3@3.0.7-r1"));
    let crypto = ("libcrypto3", "3.0.7", None);
    let other = ("zlib", "1", None);
    let digest = format!("alpine@{A}");
    for (said, parts, found, image, want) in [
        ("pkg:oci/alpine", "", other, Some("alpine:3.18"), true),
        ("pkg:oci/alpine", "", other, Some("debian:12"), false),
        ("pkg:oci/alpine", "", other, None, false),
        ("pkg:oci/alpine", part, ssl, Some("alpine:3.18"), true),
        ("pkg:oci/alpine", part, old, Some("alpine:3.18"), false),
        ("pkg:oci/alpine", part, crypto, Some("alpine:3.18"), true),
        ("pkg:oci/alpine", part, other, Some("alpine:3.18"), false),
        ("pkg:oci/alpine", part, ssl, Some("debian:12"), false),
        ("pkg:oci/alpine", part, ssl, None, false),
        ("alpine:3.18", part, ssl, Some("alpine:3.19"), false),
        (&*format!("pkg:oci/alpine@{}", A.replace(':', "%3A")), part, ssl, Some(&*digest), true),
        // What a finding does not have cannot be compared.
        ("pkg:github/acme/app@1", part, ssl, Some("debian:12"), true),
        ("pkg:github/acme/app@1", part, crypto, None, true),
        ("pkg:github/acme/app@1", "", crypto, None, false),
    ] {
        let vex = not_affected(&format!("{{\"@id\": {said:?}{parts}}}"));
        let subject = subject("CVE-1", found, image);
        assert_eq!(is_about(&vex, &subject), want, "{said} {found:?} {image:?}");
    }
}

#[test]
fn without_products_it_holds_for_all() {
    let vex = vex(r#"{"vulnerability": "CVE-1", "status": "affected"}"#);
    let mut subject = Subject::default();
    subject.ids = vec!["ghsa-x", "cve-1"];
    assert!(is_about(&vex, &subject));
    subject.ids = vec!["CVE-10"];
    assert!(!is_about(&vex, &subject));
}

#[test]
fn aliases_count_on_both_sides() {
    let vex = vex(
        r#"{"vulnerability": {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2024-0001", "name": "ACME-1", "aliases": ["GHSA-35jh-r3h4-6jhm"]}, "status": "fixed"}"#,
    );
    for (id, want) in
        [("ACME-1", true), ("GHSA-35JH-R3H4-6JHM", true), ("CVE-2024-0001", true), ("CVE-2024-0002", false)]
    {
        let mut subject = Subject::default();
        subject.ids = vec!["other", id];
        assert_eq!(is_about(&vex, &subject), want, "{id}");
    }
}

#[test]
fn the_latest_statement_counts() {
    let at = |status: &str, time: &str| {
        let time = if time.is_empty() { String::new() } else { format!(", \"timestamp\": \"{time}\"") };
        format!(r#"{{"vulnerability": "CVE-1", "products": ["pkg:npm/a"], "status": "{status}"{time}}}"#)
    };
    let found = subject("CVE-1", ("a", "1", Some("pkg:npm/a@1")), None);
    for (first, second, want) in [
        (("affected", "2024-02-01T00:00:00Z"), ("fixed", "2024-03-01T00:00:00Z"), Status::Fixed),
        (("fixed", "2024-03-01T00:00:00Z"), ("affected", "2024-02-01T00:00:00Z"), Status::Fixed),
        (
            ("fixed", "2024-03-01T00:00:00.000000002Z"),
            ("affected", "2024-03-01T00:00:00.000000001Z"),
            Status::Fixed,
        ),
        (("fixed", "2024-03-01T01:00:00+02:00"), ("affected", "2024-02-29T23:30:00Z"), Status::Affected),
        // The document is of 1 January.
        (("fixed", ""), ("affected", "2023-12-31T00:00:00Z"), Status::Fixed),
        (("fixed", ""), ("affected", "2024-01-02T00:00:00Z"), Status::Affected),
        (("fixed", ""), ("affected", ""), Status::Affected),
        (("affected", ""), ("not_affected", ""), Status::NotAffected),
    ] {
        let vex = vex(&format!("{}, {}", at(first.0, first.1), at(second.0, second.1)));
        let mut usage = Usage::default();
        let (_, statement) = vex.find(&found, &mut usage).expect("a statement");
        assert_eq!(statement.status, want, "{first:?} {second:?}");
        assert!(vex.uses(0, &usage).all(|(_, what)| what == Use::Matched), "both are about it");
    }
}

#[test]
fn what_matched_nothing_is_known() {
    let vex = vex(r#"{"vulnerability": "CVE-1", "products": ["pkg:npm/a"], "status": "fixed"},
           {"vulnerability": "CVE-1", "products": ["pkg:npm/b"], "status": "fixed"},
           {"vulnerability": "CVE-2", "products": ["pkg:npm/a"], "status": "fixed"}"#);
    let mut usage = Usage::default();
    assert!(vex.find(&subject("CVE-1", ("a", "1", None), None), &mut usage).is_some());
    let uses: Vec<_> = vex.uses(0, &usage).map(|(_, what)| what).collect();
    assert_eq!(uses, [Use::Matched, Use::Elsewhere, Use::None]);
    let uses: Vec<_> = vex.uses(0, &Usage::default()).map(|(_, what)| what).collect();
    assert_eq!(uses, [Use::None; 3]);
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{0,8}"
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["npm", "github", "deb", "apk", "golang", "maven"])
}

proptest! {
    /// A statement about a version is about no other, and one about all versions is about each.
    #[test]
    fn versions_are_kept_apart(kind in kind(), space in name(), name in name(), one in "[0-9]\\.[0-9]", two in "[0-9]\\.[0-9]") {
        let purl = |version: &str| format!("pkg:{kind}/{space}/{name}@{version}");
        let found = purl(&two);
        let subject = subject("CVE-1", (&name, &two, Some(&found)), None);
        let exact = not_affected(&format!("{{\"@id\": {:?}}}", purl(&one)));
        prop_assert_eq!(is_about(&exact, &subject), one == two);
        let every = not_affected(&format!("{{\"@id\": \"pkg:{kind}/{space}/{name}\"}}"));
        prop_assert!(is_about(&every, &subject));
    }

    /// Another type, namespace or name is another package.
    #[test]
    fn packages_are_kept_apart(one in (kind(), name(), name()), two in (kind(), name(), name())) {
        let purl = |(kind, space, name): &(&str, String, String)| format!("pkg:{kind}/{space}/{name}@1");
        let found = purl(&two);
        let vex = not_affected(&format!("{{\"@id\": {:?}}}", purl(&one)));
        prop_assert_eq!(is_about(&vex, &subject("CVE-1", (&two.2, "1", Some(&found)), None)), one == two);
    }

    /// Whatever is said of something, nothing panics.
    #[test]
    fn nothing_panics(said in "\\PC{0,40}", found in "\\PC{0,40}", version in "\\PC{0,12}", image in "\\PC{0,30}") {
        let text = serde_free_string(&said);
        let vex = not_affected(&format!("{{\"@id\": {text}, \"subcomponents\": [{text}]}}, {text}"));
        let _ = is_about(&vex, &subject("CVE-1", (&found, &version, Some(&said)), Some(&image)));
    }
}

/// As a string of JSON.
fn serde_free_string(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            c => vec![c],
        })
        .collect();
    format!("\"{escaped}\"")
}
