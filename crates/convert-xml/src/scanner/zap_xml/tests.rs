use super::*;
use scanlift_convert_api::Collector;

/// Versions up to 2.3 say one address of an item behind the other.
#[test]
fn old_items_have_all_their_addresses() {
    let document = "<OWASPZAPReport version='2.3.1'><site name='http://a.example'><alerts><alertitem>\
        <pluginid>40012</pluginid><alert>XSS</alert><riskcode>3</riskcode><reliability>2</reliability>\
        <uri>http://a.example/a</uri><param/><attack>x</attack><otherinfo/>\
        <uri>http://a.example/b</uri><param>q</param><attack>y</attack><otherinfo>o</otherinfo>\
        <uri>http://a.example/c</uri><param/><attack/><otherinfo/>\
        <solution>s</solution><cweid>79</cweid></alertitem></alerts></site></OWASPZAPReport>";
    let mut sink = Collector::default();
    CONVERTER.convert(&document, &Options::default(), &mut sink).expect("well formed");
    assert_eq!((sink.records, sink.findings.len()), (1, 1));
    let found = &sink.findings[0];
    assert_eq!(found["location"]["path"], "/a");
    assert_eq!(found["location"]["param"], serde_json::Value::Null, "the parameter is that of another");
    assert_eq!(found["details"]["attack"]["value"], "x");
    assert_eq!(found["details"]["confidence"]["value"], "Medium");
    let others = found["details"]["other_addresses"]["items"].as_array().expect("a list");
    let others: Vec<_> = others.iter().filter_map(|other| other["value"].as_str()).collect();
    assert_eq!(others, ["http://a.example/b (parameter q)", "http://a.example/c"]);
}

/// An item that is too large to be held gives what it gives when it is held.
#[test]
fn large_items_are_read_twice() {
    let body = "x".repeat(300 * 1024);
    let instance = |number: usize| {
        format!(
            "<instance><uri>https://a.example/{number}</uri><responseheader>HTTP/1.1 200 OK\n\n</responseheader><responsebody>{body}</responsebody></instance>"
        )
    };
    let item = |id: &str, count: usize| {
        let instances: String = (0..count).map(instance).collect();
        format!(
            "<alertitem><pluginid>{id}</pluginid><name>n{id}</name><riskcode>1</riskcode><instances>{instances}</instances><cweid>79</cweid></alertitem>"
        )
    };
    let items: String = [item("10001", 1), item("10002", 20), item("10003", 0), item("10004", 30)].concat();
    let document = format!(
        "<OWASPZAPReport><site name='https://a.example'><alerts>{items}</alerts></site></OWASPZAPReport>"
    );
    let mut sink = Collector::default();
    CONVERTER.convert(&document.as_str(), &Options::default(), &mut sink).expect("well formed");
    assert_eq!((sink.records, sink.findings.len()), (52, 52));
    for finding in &sink.findings {
        assert_eq!(finding["identifiers"].as_array().map(Vec::len), Some(2), "{}", finding["identifiers"]);
    }
}
