//! Version 1 (`NessusClientData`, of Nessus 3 and 4): what a plugin says stands in one text, below
//! headings. It becomes what the elements of version 2 say.

use super::item::Item;
use super::{Host, begin};
use scanlift_convert_api::apart::{Apart, each_apart};
use scanlift_convert_api::xml::{Element, Reader, Tree};
use scanlift_convert_api::{ConvertError, Input, Options, Record, Sink};
use std::io::Read;
use std::sync::Arc;

/// Converts a document at whose root the reader stands.
pub(super) fn convert<R: Read>(
    mut reader: Reader<R>,
    input: &dyn Input,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    begin(sink, "1", first_start(input)?.as_deref())?;
    let work = |(host, item): (Arc<Host>, Tree), sink: &mut dyn Sink| {
        let data = data(item.root());
        Record::begin(sink).spend(read(item.root(), &data).map(&host, options))
    };
    each_apart(sink, &work, |apart| {
        reader.each_child(|tag, reader| match tag.name() {
            "Report" => reader.each_child(|tag, reader| match tag.name() {
                "ReportHost" => read_host(reader, apart),
                _ => Ok(()),
            }),
            _ => Ok(()),
        })
    })?;
    reader.end(sink)
}

fn first_start(input: &dyn Input) -> Result<Option<String>, ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    // What is wrong with the document is told when it is read.
    let Ok(Some(tag)) = reader.find("NessusClientData/Report/ReportHost/startTime") else { return Ok(None) };
    Ok(reader.element(&tag)?.root().text().map(|text| text.trim_end_matches("\\n").to_owned()))
}

/// Puts down the items of a host; what is known of it stands before them.
fn read_host<R: Read>(
    reader: &mut Reader<R>,
    apart: &mut Apart<'_, (Arc<Host>, Tree)>,
) -> Result<(), ConvertError> {
    let mut host = Arc::new(Host::default());
    reader.each_child(|tag, reader| {
        let element = reader.element(tag)?;
        if tag.name() == "ReportItem" {
            let bytes = element.bytes();
            return apart.put((Arc::clone(&host), element), bytes);
        }
        let text = element.root().text().map(|text| text.trim_end_matches("\\n").trim());
        if let Some(text) = text.filter(|text| !matches!(*text, "" | "(unknown)")) {
            tell(Arc::make_mut(&mut host), tag.name(), text);
        }
        Ok(())
    })
}

/// What a host is called in version 2.
fn tell(host: &mut Host, name: &str, text: &str) {
    let property = match name {
        "HostName" => {
            text.clone_into(&mut host.name);
            return;
        }
        "dns_name" => "host-fqdn",
        "netbios_name" => "netbios-name",
        "mac_addr" => "mac-address",
        "os_name" => "operating-system",
        _ => return,
    };
    host.properties.push((property.to_owned(), text.to_owned()));
}

/// What the plugin says, with line ends that are such.
fn data(element: Element<'_>) -> String {
    element.child_text("data").unwrap_or_default().replace("\\r", "").replace("\\n", "\n")
}

/// An item with what `data` says, that of its element with line ends.
fn read<'a>(element: Element<'a>, data: &'a str) -> Item<'a> {
    let (service, port, protocol) = port(element.child_text("port").unwrap_or_default());
    let sections = sections(data);
    let of = |heading: &str| sections.iter().find(|(known, _)| *known == heading).map(|(_, text)| *text);
    let risk = of(RISK).unwrap_or_default();
    let word = risk.split(['/', '\n']).next().map(str::trim).filter(|word| !word.is_empty());
    let severity = severity(word).or(element.child_text("severity"));
    let (plugin, name) = (element.child_text("pluginID"), element.child_text("pluginName"));
    let mut item = Item::of(port, service, protocol, severity, plugin, name);
    let base = risk.split_once("CVSS Base Score").map(|(_, rest)| rest.trim_start_matches([' ', ':']));
    let vector = risk.find("CVSS2#").and_then(|at| risk.get(at..)?.split(')').next());
    for (name, text) in [
        ("risk_factor", word),
        ("cvss_base_score", base.and_then(|rest| rest.split_whitespace().next())),
        ("cvss_vector", vector),
    ] {
        item.say(name, text.unwrap_or_default());
    }
    for &(heading, text) in &sections {
        let words = || text.split([',', ' ', '\n']).map(str::trim);
        match heading {
            "Synopsis" => item.say("synopsis", text),
            // Older plugins have no headings before the risk.
            "Description" | "" => item.say("description", text),
            "Solution" => item.say("solution", text),
            "See also" => item.say("see_also", text),
            OUTPUT => item.say("plugin_output", text),
            "CVE" => words().for_each(|id| item.say("cve", id)),
            "BID" => words().for_each(|id| item.say("bid", id)),
            REFERENCES => words().for_each(|id| match id.strip_prefix("OSVDB:") {
                Some(number) => item.say("osvdb", number),
                None => item.say("xref", id),
            }),
            _ => {}
        }
    }
    item
}

const RISK: &str = "Risk factor";
const OUTPUT: &str = "Plugin output";
const REFERENCES: &str = "Other references";

const HEADINGS: [&str; 9] =
    ["Synopsis", "Description", "Solution", RISK, OUTPUT, "See also", "CVE", "BID", REFERENCES];

/// The texts below headings; before the first one the heading is empty.
fn sections(data: &str) -> Vec<(&'static str, &str)> {
    let mut sections = Vec::new();
    let (mut heading, mut start, mut at) = ("", 0, 0);
    for line in data.split_inclusive('\n') {
        // An output may look like anything, and only references follow it.
        let may_follow = |next: &str| heading != OUTPUT || matches!(next, "CVE" | "BID" | REFERENCES);
        if let Some((next, text)) = heading_of(line).filter(|(next, _)| may_follow(next)) {
            sections.push((heading, data.get(start..at).unwrap_or_default().trim()));
            (heading, start) = (next, at + line.len() - text.len());
        }
        at += line.len();
    }
    sections.push((heading, data.get(start..).unwrap_or_default().trim()));
    sections
}

/// The heading that a line begins with, and what follows it on the line.
fn heading_of(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim_start();
    HEADINGS.into_iter().find_map(|heading| {
        let (begin, rest) = line.split_at_checked(heading.len())?;
        let text = rest.trim_start().strip_prefix(':')?;
        begin.eq_ignore_ascii_case(heading).then_some((heading, text))
    })
}

/// `http (80/tcp)` and `general/tcp`: service, port and protocol.
fn port(text: &str) -> (Option<&str>, Option<u16>, &str) {
    let (service, place) = match text.rsplit_once('(') {
        Some((service, place)) => (service.trim(), place.trim_end_matches(')')),
        None => ("", text),
    };
    let (number, protocol) = place.split_once('/').unwrap_or((place, ""));
    let service = Some(service).filter(|service| !matches!(*service, "" | "unknown" | "general"));
    (service, number.parse().ok(), protocol)
}

/// The number of version 2 for a word: the old ones go to 3 only, and 1 is also what only informs.
fn severity(risk: Option<&str>) -> Option<&'static str> {
    match risk?.to_ascii_lowercase().as_str() {
        "none" => Some("0"),
        "low" => Some("1"),
        "medium" => Some("2"),
        "high" | "serious" => Some("3"),
        "critical" => Some("4"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_have_services() {
        for (text, want) in [
            ("http (80/tcp)", (Some("http"), Some(80), "tcp")),
            ("unknown (1024/udp)", (None, Some(1024), "udp")),
            ("general/tcp", (None, None, "tcp")),
            ("", (None, None, "")),
        ] {
            assert_eq!(port(text), want, "{text}");
        }
    }

    #[test]
    fn texts_stand_below_headings() {
        for (data, want) in [
            (
                "\nSynopsis :\n\nBad.\n\nRisk factor :\n\nMedium\n\nPlugin output :\n\nSolution : none\nCVE : CVE-2099-1\n",
                vec![
                    ("", ""),
                    ("Synopsis", "Bad."),
                    (RISK, "Medium"),
                    (OUTPUT, "Solution : none"),
                    ("CVE", "CVE-2099-1"),
                ],
            ),
            ("Old.\n\nRisk factor : High", vec![("", "Old."), (RISK, "High")]),
            ("", vec![("", "")]),
        ] {
            assert_eq!(sections(data), want, "{data}");
        }
    }
}
