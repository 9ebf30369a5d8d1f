use super::*;
use crate::ConvertError;

fn whole(document: &[u8]) -> Result<Element, ConvertError> {
    let mut reader = Reader::new(document);
    let root = reader.root()?;
    let element = reader.element(&root)?;
    reader.finish()?;
    Ok(element)
}

fn problem(document: &[u8]) -> String {
    match whole(document) {
        Err(ConvertError::Parse { path, message, .. }) => format!("{path}: {message}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn elements_are_read_with_everything_in_them() {
    let document = br#"<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY x "y">]>
        <n:r xmlns:n="urn:x" n:a="1 &lt; 2" b=" "><c>one <b>bold</b> &#65;<![CDATA[<raw>]]>&x;&e;</c><!-- no --><c/></n:r>"#;
    let root = whole(document).expect("well formed");
    assert_eq!(root.name(), "r");
    assert_eq!((root.attribute("a"), root.attribute("b")), (Some("1 < 2"), None));
    assert_eq!(root.all("c").count(), 2);
    let first = root.child("c").expect("a child");
    assert_eq!(first.text(), Some("one  A<raw>&x;&e;"));
    assert_eq!(first.child_text("b"), Some("bold"));
    assert_eq!(first.full_text(), "one  A<raw>&x;&e;\nbold");
    assert_eq!(root.find(&["c", "b"]).and_then(Element::text), Some("bold"));
}

#[test]
fn what_is_left_alone_is_skipped() {
    let document = b"<r><a><b><c/></b><b/></a><d>x</d></r>";
    let mut reader = Reader::new(&document[..]);
    reader.root().expect("a root");
    let mut seen = Vec::new();
    reader
        .each_child(|child, reader| {
            seen.push(reader.path());
            if child.name() == "a" {
                reader.each_child(|_, reader| {
                    seen.push(reader.path());
                    Ok(())
                })?;
                // A second time there is nothing left.
                reader.each_child(|_, _| panic!("nothing is left"))?;
            }
            Ok(())
        })
        .expect("well formed");
    reader.finish().expect("the end");
    assert_eq!(seen, ["r/a", "r/a/b", "r/a/b", "r/d"]);
}

#[test]
fn what_is_no_xml_is_told_with_its_place() {
    for (document, want) in [
        (&b"<r><a></b></r>"[..], "r/a"),
        (b"<r><a>", "r/a: the document breaks off here"),
        (b"", ": expected an element, found the end of the document"),
        (b"{}", ": expected an element, found the end of the document"),
        (b"<r/><r/>", "expected the end of the document"),
        (b"<r a=\"", ""),
    ] {
        let problem = problem(document);
        assert!(problem.contains(want), "{problem}");
    }
    let deep = "<a>".repeat(300);
    assert!(problem(deep.as_bytes()).contains("nested more than 256 deep"));
}

#[test]
fn odd_text_is_kept() {
    let root = whole(b"<r a='x & y'>a & b &nbsp; &#0; &#xFFFFFFFF;</r>").expect("lenient");
    assert_eq!(root.attribute("a"), Some("x & y"));
    let text = root.text().expect("a text");
    assert!(text.contains("a & b"), "{text}");
    assert!(text.contains("&nbsp;"), "{text}");
}

#[test]
fn heads_are_read_from_cut_documents() {
    let document = b"\n<?xml version='1.0'?><!-- x --><n:bom xmlns:n=\"http://cyclonedx.org/schema/bom/1.4\" version='1'><n:components><n:comp";
    let head = Head::of(document);
    assert_eq!(head.root(), "bom");
    assert_eq!(head.namespace(), "http://cyclonedx.org/schema/bom/1.4");
    assert_eq!(head.attribute("version"), Some("1"));
    assert!(head.has("components") && !head.has("comp"));
    assert_eq!(Head::of(b"{\"a\": 1}").root(), "");
    assert_eq!(Head::of(b"<!DOCTYPE html><html><body>").root(), "html");
}
