//! ZAP's reports "Traditional XML with requests and responses": about 2.5 KB an instance of an alert.
//!
//! What an alert says is HTML written in references, as are the pages that the sites answered.

use super::{Out, Random, SEED, push};
use std::io;

/// Alerts of a site, and places of each.
const ALERTS: usize = 25;
const INSTANCES: usize = 10;

/// Writes a report and returns how many instances it has.
pub(super) fn write(out: &mut Out, bytes: u64) -> io::Result<u64> {
    out.text(
        "<?xml version=\"1.0\"?>\n<OWASPZAPReport programName=\"ZAP\" version=\"2.16.0\" generated=\"Wed, 4 Mar 2026 05:06:07\" created=\"2026-03-04T05:06:07.123456789Z\">\n",
    )?;
    let mut random = Random(SEED);
    let alerts: Vec<Alert> = (0..ALERTS).map(|at| Alert::new(&mut random, at)).collect();
    let mut xml = String::new();
    let (mut site, mut count) = (0, 0);
    while out.written < bytes || count == 0 {
        let host = format!("s{site}.example.com");
        out.text(&format!(
            "\t<site name=\"https://{host}\" host=\"{host}\" port=\"443\" ssl=\"true\">\n\t\t<alerts>\n"
        ))?;
        for alert in &alerts {
            xml.clear();
            xml.push_str(&alert.before);
            xml.push_str("  <instances>\n");
            for at in 0..INSTANCES as u64 {
                // GitLab tells places apart by their path and not by their host.
                instance(&mut xml, &mut random, &host, count + at);
            }
            push(&mut xml, format_args!("  </instances>\n  <count>{INSTANCES}</count>\n"));
            xml.push_str(&alert.after);
            out.text(&xml)?;
            count += INSTANCES as u64;
        }
        out.text("\t\t</alerts>\n\t</site>\n")?;
        site += 1;
    }
    out.text("</OWASPZAPReport>\n")?;
    Ok(count)
}

/// What all instances of an alert have in common.
struct Alert {
    before: String,
    after: String,
}

impl Alert {
    fn new(random: &mut Random, at: usize) -> Self {
        let (id, risk) = (10_010 + at * 7, at % 4);
        let name = random.words(4);
        let level = ["Informational", "Low", "Medium", "High"][risk];
        let before = format!(
            "<alertitem>\n  <pluginid>{id}</pluginid>\n  <alertRef>{id}</alertRef>\n  <alert>{name}</alert>\n  <name>{name}</name>\n  <riskcode>{risk}</riskcode>\n  <confidence>2</confidence>\n  <riskdesc>{level} (Medium)</riskdesc>\n  <confidencedesc>Medium</confidencedesc>\n  <desc>&lt;p&gt;{}.&lt;/p&gt;&lt;p&gt;{}.&lt;/p&gt;</desc>\n",
            random.words(40),
            random.words(30),
        );
        let after = format!(
            "  <solution>&lt;p&gt;{}.&lt;/p&gt;&lt;p&gt;{} &lt;code&gt;{}&lt;/code&gt;.&lt;/p&gt;</solution>\n  <otherinfo>&lt;p&gt;{}.&lt;/p&gt;</otherinfo>\n  <reference>&lt;p&gt;https://{}.example.org/{id}&lt;/p&gt;&lt;p&gt;https://{}.example.net/{id}?a=1&amp;amp;b=2&lt;/p&gt;</reference>\n  <cweid>{cwe}</cweid>\n  <wascid>{wasc}</wascid>\n  <sourceid>3</sourceid>\n</alertitem>\n",
            random.words(25),
            random.words(20),
            random.word(),
            random.words(10),
            random.word(),
            random.word(),
            cwe = [79, 89, 200, 352, 693][at % 5],
            wasc = [8, 13, 15, 19, 9][at % 5],
        );
        Self { before, after }
    }
}

fn instance(xml: &mut String, random: &mut Random, host: &str, at: u64) {
    let (path, query, value) = (random.word(), random.word(), random.next());
    let method = if at.is_multiple_of(2) { "GET" } else { "POST" };
    push(
        xml,
        format_args!(
            "  <instance>\n  <uri>https://{host}/{path}/{at}?{query}={value:x}&amp;page=1</uri>\n  <nodeName>https://{host}/{path}/{at} ({query},page)</nodeName>\n  <method>{method}</method>\n  <param>{query}</param>\n  <attack>&lt;script&gt;alert(1);&lt;/script&gt;</attack>\n  <evidence>&lt;script&gt;alert(1);&lt;/script&gt;</evidence>\n  <otherinfo></otherinfo>\n  <requestheader>{method} https://{host}/{path}/{at}?{query}={value:x}&amp;page=1 HTTP/1.1\nHost: {host}\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36\nPragma: no-cache\nCache-Control: no-cache\nReferer: https://{host}/{path}\nCookie: lang=en; theme=dark\nContent-Length: 24\n\n</requestheader>\n  <requestbody>{query}={value:x}&amp;page=1</requestbody>\n  <responseheader>HTTP/1.1 200 OK\nDate: Wed, 04 Mar 2026 05:06:07 GMT\nServer: Apache\nX-Powered-By: PHP/8.2\nContent-Type: text/html; charset=utf-8\nVary: Accept-Encoding\n\n</responseheader>\n  <responsebody>",
        ),
    );
    push(
        xml,
        format_args!(
            "&lt;!DOCTYPE html&gt;\n&lt;html lang=&quot;en&quot;&gt;\n&lt;head&gt;&lt;title&gt;{}&lt;/title&gt;&lt;/head&gt;\n&lt;body class=&quot;{}&quot;&gt;\n",
            random.words(3),
            random.word()
        ),
    );
    for row in 0..6 {
        push(
            xml,
            format_args!(
                "&lt;div id=&quot;r{row}&quot;&gt;&lt;a href=&quot;/{}/{row}&quot;&gt;{}&lt;/a&gt; {} &amp;amp; {}&lt;/div&gt;\n",
                random.word(),
                random.words(2),
                random.words(6),
                random.word(),
            ),
        );
    }
    xml.push_str(
        "&lt;script&gt;alert(1);&lt;/script&gt;&lt;/body&gt;\n&lt;/html&gt;</responsebody>\n  </instance>\n",
    );
}
