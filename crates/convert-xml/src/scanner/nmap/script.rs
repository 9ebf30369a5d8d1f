//! Scripts of NSE that report vulnerabilities.

use crate::rest::add_text;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::network::Service;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::Element;
use scanlift_convert_api::{Outcome, SkipReason, advisory};
use scanlift_report_core::{Detail, Severity, Text};

/// What a script says of a vulnerability; `None` of a script that reports none.
pub(super) fn map<'a>(script: Element<'a>, place: Service<'a>) -> Option<Outcome<'a>> {
    let id = script.attribute("id")?;
    if id == "vulners" || id == "vulscan" {
        let known = Known::read(script);
        return (!known.is_empty()).then(|| map_known(script, id, known, place));
    }
    let tables: Vec<Element<'_>> =
        script.all("table").filter(|table| keyed(*table, "state").is_some()).collect();
    let output = script.attribute("output").unwrap_or_default();
    let vulnerable = |state: &str| {
        let state = state.to_ascii_uppercase();
        (state.starts_with("VULNERABLE") || state.starts_with("LIKELY VULNERABLE"))
            && !state.contains("NOT VULNERABLE")
    };
    let hits: Vec<Element<'_>> =
        tables.iter().copied().filter(|table| keyed(*table, "state").is_some_and(vulnerable)).collect();
    if hits.is_empty() && !tables.is_empty() {
        let state = tables.first().and_then(|table| keyed(*table, "state")).unwrap_or_default();
        return Some(Outcome::skip(SkipReason::NotAFinding, format!("state: {state}"), id));
    }
    // Without its tables (old versions) the output says the same in words.
    let said =
        output.lines().map(str::trim).find_map(|line| line.strip_prefix("State: ")).is_some_and(vulnerable);
    (!hits.is_empty() || said).then(|| map_vulnerable(script, id, &hits, place))
}

/// A report of the library `vulns`: <https://nmap.org/nsedoc/lib/vulns.html>.
fn map_vulnerable<'a>(
    script: Element<'a>,
    id: &'a str,
    tables: &[Element<'a>],
    place: Service<'a>,
) -> Outcome<'a> {
    let output = script.attribute("output").unwrap_or_default();
    let mut weakness = Weakness::new("nmap_script_id", id);
    weakness.url = Some(format!("https://nmap.org/nsedoc/scripts/{id}.html").into());
    let titles = tables.iter().filter_map(|table| keyed(*table, "title"));
    weakness.name = titles.clone().next().map(Into::into);
    let mut risk = line(output, "Risk factor: ");
    let mut scores = Vec::new();
    for &table in tables {
        let texts = |key: &'a str| list(table, key);
        weakness.say("", keyed(table, "title").filter(|_| tables.len() > 1).unwrap_or_default());
        weakness.say("", texts("description").collect::<Vec<_>>().join("\n"));
        // `CVE:CVE-2014-3566`, `BID:70574`.
        for id in texts("ids") {
            weakness.advisories.push(id.strip_prefix("CVE:").unwrap_or(id).trim().into());
        }
        texts("refs").for_each(|link| weakness.refer(link));
        risk = keyed(table, "risk_factor").or(risk);
        scores.extend(list(table, "scores").chain(keyed(table, "cvss")));
    }
    if tables.is_empty() {
        let found = output.split(|c: char| c.is_whitespace() || c == ',').filter_map(advisory::find_cve);
        weakness.advisories = found.map(Into::into).collect();
        weakness.name = output
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with("VULNERABLE"))
            .map(Into::into);
        weakness.refer(output);
    }
    if weakness.description.is_empty() {
        weakness.say("", output);
    }
    let score =
        scores.iter().find_map(|text| text.split_whitespace().find_map(|word| word.parse::<f64>().ok()));
    weakness.ratings.extend(score.map(|score| Rating::new("nmap", None, Some(score))));
    let rated = risk.and_then(|risk| Severity::from_word(risk.split_whitespace().next()?));
    // A script that proves a vulnerability and does not rate it: as Nessus and others rate on average.
    weakness.severity = rated.or(if score.is_none() { Some(Severity::High) } else { None });
    weakness.severity_word = risk.map(Into::into);
    let Some(mut finding) = weakness.into_finding(place.location(id)) else {
        return Outcome::skip(SkipReason::Unsupported, "a script without id", "");
    };
    let details = &mut finding.vulnerability.details;
    details.text(
        "state",
        "State",
        tables.first().and_then(|table| keyed(*table, "state")).unwrap_or_default(),
    );
    for (key, name) in [
        ("extra_info", "Extra information"),
        ("check_results", "Check results"),
        ("exploit_results", "Exploit results"),
    ] {
        let all = tables.iter().flat_map(|table| list(*table, key));
        add_list(details, key, name, all);
    }
    let disclosed =
        tables.iter().find_map(|table| keyed(*table, "disclosure")).or(line(output, "Disclosure date: "));
    details.text("disclosed", "Disclosed", disclosed.unwrap_or_default());
    add_text(details, "output", "Output", output);
    Outcome::finding(finding)
}

/// The text behind a heading in the output.
fn line<'a>(output: &'a str, heading: &str) -> Option<&'a str> {
    output.lines().find_map(|line| line.trim().strip_prefix(heading)).map(str::trim)
}

/// A vulnerability that `vulners` or `vulscan` knows of a product.
#[derive(Debug, PartialEq)]
struct Known<'a> {
    id: &'a str,
    score: Option<f64>,
    exploit: bool,
}

impl<'a> Known<'a> {
    /// From the tables of the script, one a product; from its output where old versions have none.
    fn read(script: Element<'a>) -> Vec<Self> {
        let mut all: Vec<Self> = script
            .all("table")
            .flat_map(|product| product.all("table"))
            .filter_map(|entry| {
                Some(Self {
                    id: keyed(entry, "id")?,
                    score: keyed(entry, "cvss").and_then(|score| score.parse().ok()),
                    exploit: keyed(entry, "is_exploit") == Some("true"),
                })
            })
            .collect();
        if all.is_empty() {
            let lines = script.attribute("output").unwrap_or_default().lines();
            all = lines.filter_map(|line| Self::parse(line).or_else(|| Self::parse_entry(line))).collect();
        }
        // CVEs first, the worst one first: GitLab takes 20 identifiers.
        let rank = |known: &Self| (known.id.starts_with("CVE-"), known.score.unwrap_or_default());
        all.sort_by(|a, b| rank(b).partial_cmp(&rank(a)).unwrap_or(std::cmp::Ordering::Equal));
        all
    }

    /// A line: `CVE-2016-8705   7.5   https://vulners.com/cve/CVE-2016-8705   *EXPLOIT*`.
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (id, score, rest) = (words.next()?, words.next()?, words.next()?);
        rest.starts_with("http").then_some(())?;
        Some(Self { id, score: Some(score.parse().ok()?), exploit: line.contains("*EXPLOIT*") })
    }

    /// A line of `vulscan`, which looks into databases of its own: `[CVE-2010-4755] The function …`.
    fn parse_entry(line: &'a str) -> Option<Self> {
        let (id, title) = line.trim().strip_prefix('[')?.split_once("] ")?;
        let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:.".contains(&b));
        (is_id && !title.trim().is_empty()).then_some(Self { id, score: None, exploit: false })
    }
}

/// What is known of the products of a port: one finding, as it is one thing that a script says.
fn map_known<'a>(script: Element<'a>, id: &'a str, known: Vec<Known<'a>>, place: Service<'a>) -> Outcome<'a> {
    let mut weakness = Weakness::new("nmap_script_id", id);
    weakness.url = Some(format!("https://nmap.org/nsedoc/scripts/{id}.html").into());
    let products: Vec<&str> = script.all("table").filter_map(|table| table.attribute("key")).collect();
    let product = products.first().map_or_else(|| "the service".to_owned(), |cpe| product(cpe));
    let cves = known.iter().filter(|known| known.id.starts_with("CVE-")).count();
    let (count, what) =
        if cves > 0 { (cves, "vulnerabilities") } else { (known.len(), "exploits and advisories") };
    weakness.name = Some(format!("Known {what} of {product}").into());
    let of = if products.is_empty() { String::new() } else { format!(": {}", products.join(", ")) };
    weakness.say("", format!("The version that the service tells has {count} known {what}{of}."));
    weakness.advise("Update the product, or check that its packager has mended the vulnerabilities.");
    let worst = known
        .iter()
        .filter_map(|known| known.score)
        .fold(None, |worst: Option<f64>, score| Some(worst.map_or(score, |worst| worst.max(score))));
    weakness.ratings.extend(worst.map(|score| Rating::new("vulners", None, Some(score))));
    weakness.advisories =
        known.iter().map(|known| Text::Borrowed(known.id)).filter(|id| id.starts_with("CVE-")).collect();
    let Some(mut finding) = weakness.into_finding(place.location(id)) else {
        return Outcome::skip(SkipReason::Unsupported, "a script without id", "");
    };
    let cell = |text: &'a str| Detail::text(text);
    let rows: Vec<Vec<Detail<'a>>> = known
        .iter()
        .take(200)
        .map(|known| {
            let score = known.score.map(|score| score.to_string()).unwrap_or_default();
            vec![cell(known.id), Detail::text(score), cell(if known.exploit { "exploit" } else { "" })]
        })
        .collect();
    let header = vec![cell("Id"), cell("CVSS"), cell("Exploit")];
    let details = &mut finding.vulnerability.details;
    details.insert(
        "known_vulnerabilities",
        format!("Known vulnerabilities ({})", known.len()),
        Detail::Table { header, rows },
    );
    // The databases of vulscan say more than ids.
    if id == "vulscan" {
        add_text(details, "output", "Output", script.attribute("output").unwrap_or_default());
    }
    Outcome::finding(finding)
}

/// `cpe:/a:openbsd:openssh:7.4` is "openssh 7.4".
fn product(cpe: &str) -> String {
    let name = cpe.trim_start_matches("cpe:2.3:").trim_start_matches("cpe:/");
    let parts: Vec<&str> = name.split(':').skip(2).take(2).filter(|part| *part != "*").collect();
    if parts.is_empty() { cpe.to_owned() } else { parts.join(" ") }
}

/// The text of the element with that key directly in it.
fn keyed<'a>(table: Element<'a>, key: &str) -> Option<&'a str> {
    table.all("elem").find(|elem| elem.attribute("key") == Some(key)).and_then(Element::text)
}

/// The texts of the table with that key.
fn list<'a>(table: Element<'a>, key: &'a str) -> impl Iterator<Item = &'a str> {
    let lists = table.all("table").filter(move |list| list.attribute("key") == Some(key));
    lists.flat_map(|list| list.all("elem")).filter_map(Element::text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_vulners() {
        for (line, want) in [
            ("\tCVE-2016-8705\t7.5\thttps://vulners.com/cve/CVE-2016-8705", Some(("CVE-2016-8705", false))),
            ("\tEDB-ID:1\t5.8\thttps://vulners.com/x\t*EXPLOIT*", Some(("EDB-ID:1", true))),
            ("  cpe:/a:x:y:1: ", None),
            ("[CVE-2010-4755] The (1) remote_glob function", None),
            ("", None),
        ] {
            assert_eq!(Known::parse(line).map(|known| (known.id, known.exploit)), want, "{line}");
        }
        for (line, want) in [
            ("[CVE-2010-4755] The (1) remote_glob function", Some("CVE-2010-4755")),
            ("[80267] OpenSSH up to 6.9p1", Some("80267")),
            ("[!] No results", None),
            ("VulDB - https://vuldb.com:", None),
        ] {
            assert_eq!(Known::parse_entry(line).map(|known| known.id), want, "{line}");
        }
    }
}
