use super::*;
use crate::ConvertError;

fn whole(document: &[u8]) -> Result<Tree, ConvertError> {
    let mut reader = Reader::new(document);
    let root = reader.root()?;
    let element = reader.element(&root)?;
    reader.finish()?;
    Ok(element)
}

fn problem(document: &[u8]) -> String {
    match whole(document) {
        Err(ConvertError::Parse { path, message, .. } | ConvertError::Limit { path, message, .. }) => {
            format!("{path}: {message}")
        }
        Err(ConvertError::Behind { offset, message }) => format!("{message} at byte {offset}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn elements_are_read_with_everything_in_them() {
    let document = br#"<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE r [<!ELEMENT r ANY><!ATTLIST r a CDATA #IMPLIED>]>
        <n:r xmlns:n="urn:x" n:a="1 &lt; 2" b=" "><c>one <b>bold</b> &#65;<![CDATA[<raw>]]>&x;&e;</c><!-- no --><c/></n:r>"#;
    let tree = whole(document).expect("well formed");
    let root = tree.root();
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
        (b"<r/>\n<r/>", "expected the end of the document, found an element at byte 5"),
        (b"<r/>\n<!-- x -->\nDone in <1 s", "expected the end of the document, found text at byte 16"),
        (b"<r/>\n&", "expected the end of the document"),
        (b"<r a=\"", ""),
    ] {
        let problem = problem(document);
        assert!(problem.contains(want), "{problem}");
    }
    let deep = "<a>".repeat(300);
    assert!(problem(deep.as_bytes()).contains("nested more than 256 deep"));
}

#[test]
fn entities_are_never_declared() {
    for declared in [
        "<!ENTITY e SYSTEM \"file:///etc/passwd\">",
        "<!ENTITY a \"aaa\"><!ENTITY b \"&a;&a;\">",
        "<!ENTITY % p \"x\">",
    ] {
        let document = format!("<!DOCTYPE r [{declared}]><r>&e;</r>");
        let problem = problem(document.as_bytes());
        assert!(problem.contains("declares entities"), "{problem}");
    }
}

#[test]
fn odd_text_is_kept() {
    let tree = whole(b"<r a='x & y'>a & b &nbsp; &#0; &#xFFFFFFFF;</r>").expect("lenient");
    let root = tree.root();
    assert_eq!(root.attribute("a"), Some("x & y"));
    let text = root.text().expect("a text");
    assert!(text.contains("a & b"), "{text}");
    assert!(text.contains("&nbsp;"), "{text}");
    let tree = whole(b"<r a='x\x01y&#1;&nbsp;'>x\x01y&#1;</r>").expect("lenient");
    let root = tree.root();
    assert_eq!(root.attribute("a"), Some("x y\u{FFFD}"));
    assert_eq!(root.text(), Some("x y\u{FFFD}"));
}

#[test]
fn elements_of_html_need_no_end() {
    for (document, full, endless) in [
        ("<r><d>one<br>two<b>x</b></d><e>f</e></r>", "one two|x|f", true),
        ("<r><d>one<BR>two<hr><img src='a'>three</d></r>", "one two three", true),
        ("<r><d>one<br></br>two<br/>three</d></r>", "one two three", false),
        ("<r><d>one<br>two</br>three</d><d><br>four</d></r>", "one two three|four", true),
        ("<h:r xmlns:h='h'><h:d>one<h:br>two</h:d></h:r>", "one two", true),
    ] {
        let tree = whole(document.as_bytes()).expect(document);
        let texts = tree.root().full_text();
        let plain = |text: &str| text.replace(['\n', '|', ' '], "");
        assert_eq!(plain(&texts), plain(full), "{document}");
        let mut sink = crate::Collector::default();
        let mut reader = Reader::new(document.as_bytes());
        reader.root().expect(document);
        reader.end(&mut sink).expect(document);
        assert_eq!(sink.warnings.len(), usize::from(endless), "{document}");
    }
    for document in ["<r><d>one<br>two</e></r>", "<r><d><br></r>", "<r><d>one<br>two"] {
        assert!(whole(document.as_bytes()).is_err(), "{document}");
    }
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

#[test]
fn odd_declarations_change_nothing() {
    let body = "<r><a>t\u{e4}xt</a></r>";
    for before in [
        "",
        "\u{feff}",
        "\n\n  ",
        "<?xml version='1.0' encoding='utf-16'?>",
        "<?xml version='1.0' encoding='ISO-8859-1'?>",
        "<?xml version='1.0' encoding='klingon'?>",
        "<?xml version='1.1' standalone='maybe'?>",
        "<?xml?>",
        "\u{feff}\n<!-- made by hand --><?xml version='1.0'?>",
        "\n<!-- & -- --><?xml version='1.0'?>\n<?xml-stylesheet href='x.xsl'?>",
        "<!DOCTYPE r SYSTEM 'r.dtd'><?xml version='1.0'?>",
    ] {
        let document = format!("{before}{body}");
        let tree = whole(document.as_bytes()).expect(&document);
        let root = tree.root();
        assert_eq!((root.name(), root.child_text("a")), ("r", Some("t\u{e4}xt")), "{before}");
        let head = Head::of(document.as_bytes());
        assert_eq!((head.root(), head.has("a")), ("r", true), "{before}");
    }
}

#[test]
fn what_is_no_utf_8_costs_a_character() {
    let document = b"<r a='\xFF'><!-- \xE9 --><b\xE9>caf\xE9 <![CDATA[\xC3]]></b\xE9><c>ok</c></r>";
    let tree = whole(document).expect("well formed");
    let root = tree.root();
    assert_eq!(root.attribute("a"), Some("\u{fffd}"));
    assert_eq!(root.child_text("b\u{fffd}"), Some("caf\u{fffd} \u{fffd}"));
    let head = Head::of(document);
    assert_eq!((head.root(), head.has("c")), ("r", true));
}

#[test]
fn what_is_too_large_is_cut_or_told() {
    let text = "x".repeat(20 * 1024 * 1024);
    let tree = whole(format!("<r><a>{text}</a><b>more</b></r>").as_bytes()).expect("well formed");
    let root = tree.root();
    assert!(root.child_text("a").is_some_and(|text| text.len() > 10 * 1024 * 1024));
    assert!(root.child("b").is_none(), "there is no room left");
    let many = "<a/>".repeat(1_000_000);
    let tree = whole(format!("<r>{many}</r>").as_bytes()).expect("well formed");
    let root = tree.root();
    assert!(root.children().count() < 300_000, "{}", root.children().count());
    let attributes: String = (0..400_000).map(|n| format!(" a{n}='x'")).collect();
    let tree = whole(format!("<r><a{attributes}/></r>").as_bytes()).expect("well formed");
    let root = tree.root();
    assert!(root.children().all(|child| child.attributes().count() < 300_000));
    let huge = format!("<r><a>{}</a></r>", "x".repeat(65 * 1024 * 1024));
    assert!(problem(huge.as_bytes()).contains("larger than 64 MiB"), "{}", problem(huge.as_bytes()));
}

#[test]
fn markup_is_read_in_its_order() {
    let tree = whole(b"<r>a <b>c</b><d/> e&amp;<!-- x -->f<g/></r>").expect("well formed");
    let root = tree.root();
    let nodes: Vec<String> = root
        .nodes()
        .map(|node| match node {
            Inside::Text(text) => text.to_owned(),
            Inside::Element(element) => format!("<{}>", element.name()),
        })
        .collect();
    assert_eq!(nodes, ["a ", "<b>", "<d>", " e&f", "<g>"]);
    assert_eq!(Tree::default().root().nodes().count(), 0);
}

#[test]
fn what_a_strict_reader_would_refuse_is_told() {
    for (document, want) in [
        (&b"<?xml version='1.0'?><r xmlns:a='u'><a:b a:c='x:y'/></r>"[..], None),
        (b"<r xml:lang='en'/>", None),
        (b"<?xml version='1.0' encoding='latin1'?><r xmlns:a='u' a:b='1' b='2' d='&#xA;&gt;'>&#9;>\t\r\n</r>", None),
        (b"<!-- x --><?xml version='1.0'?><r/>", Some("declaration is not at the beginning")),
        (b"<?xml version='1.0' encoding='klingon'?><r/>", Some("the encoding klingon is not known")),
        (b"<?xml version='1.0'?>x<r/>", Some("text stands before the root element")),
        (b"<r><b xsi:nil='true'/></r>", Some("the prefix xsi")),
        (b"<r><a:b/></r>", Some("the prefix a")),
        (b"<r><b>one<br>two</b></r>", Some("<br> have no end")),
        (b"<r><b/><!-- a -- b --></r>", Some("a comment holds -- in r,")),
        (b"<r><b>a &nbsp; &copy;</b></r>", Some("the entity &nbsp; is not declared in r/b,")),
        (b"<r><b c='a &nbsp; b'/></r>", Some("the entity &nbsp; is not declared in r/b,")),
        (b"<r><b>a & b</b></r>", Some("an & begins no reference in r/b,")),
        (b"<r><b c='a & b'/></r>", Some("an & begins no reference in r/b,")),
        (b"<r><b>&#1;</b></r>", Some("a reference is to no character in r/b,")),
        (b"<r><b c='&#x1;'/></r>", Some("a reference is to no character in r/b,")),
        (b"<r><b c='&#xFFFFFFFF;'/></r>", Some("a reference is to no character in r/b,")),
        (b"<r><b c='a < b'/></r>", Some("a tag holds < in r/b,")),
        (b"<r><b c='1' d='2' c='3' d='4'/></r>", Some("an attribute is there twice in r/b,")),
        (b"<r><b c=1/></r>", Some("an attribute without quotes or value was left out in r/b,")),
        (b"<r>\xE9\x01\xE9</r>", Some("no UTF-8 were replaced, the first one at byte 3,")),
        (b"<r>\x01\0</r>", Some("control characters read as blanks, the first one at byte 3,")),
    ] {
        let shown = document.escape_ascii();
        let mut sink = crate::Collector::default();
        let mut reader = Reader::new(document);
        let root = reader.root().expect("a root");
        reader.element(&root).expect("well formed");
        reader.end(&mut sink).expect("the end");
        let told = sink.warnings.first().map(ToString::to_string);
        assert_eq!(told.is_some(), want.is_some(), "{shown}: {told:?}");
        assert!(told.as_deref().unwrap_or_default().contains(want.unwrap_or_default()), "{shown}: {told:?}");
    }
}
