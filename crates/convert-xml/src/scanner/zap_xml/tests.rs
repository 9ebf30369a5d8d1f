use super::*;
use scanlift_convert_api::Collector;

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
