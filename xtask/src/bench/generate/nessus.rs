//! `.nessus` files: about 2 KB a finding of a plugin on a host, with a description, output, vectors and references.
//!
//! Plugins are repeated from host to host, as in a scan of a network: their texts are the same, their output is not.

use super::{Out, Random, SEED, push};
use std::io;

/// Plugins that find something.
const PLUGINS: usize = 1_500;
/// Findings of a host.
const ITEMS: usize = 120;

/// Writes a report and returns how many findings it has.
pub(super) fn write(out: &mut Out, bytes: u64) -> io::Result<u64> {
    out.text(
        "<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Policy><policyName>Advanced scan</policyName></Policy>\n<Report name=\"Network\" xmlns:cm=\"http://www.nessus.org/cm\">\n",
    )?;
    let mut random = Random(SEED);
    let plugins: Vec<Plugin> = (0..PLUGINS).map(|at| Plugin::new(&mut random, at)).collect();
    let mut xml = String::new();
    let mut count = 0;
    let mut host = 0_usize;
    while out.written < bytes || count == 0 {
        xml.clear();
        let address = format!("10.{}.{}.{}", host / 65_536 % 256, host / 256 % 256, host % 256);
        push(
            &mut xml,
            format_args!(
                "<ReportHost name=\"{address}\"><HostProperties>\n<tag name=\"HOST_START\">Wed Mar  4 05:06:07 2026</tag>\n<tag name=\"host-ip\">{address}</tag>\n<tag name=\"host-fqdn\">h{host}.example.com</tag>\n<tag name=\"operating-system\">Linux Kernel 6.1 on Debian 12</tag>\n<tag name=\"mac-address\">02:00:00:{:02x}:{:02x}:{:02x}</tag>\n<tag name=\"system-type\">general-purpose</tag>\n</HostProperties>\n",
                host / 65_536 % 256,
                host / 256 % 256,
                host % 256,
            ),
        );
        let first = random.below(PLUGINS);
        for at in 0..ITEMS {
            // Steps that do not divide the number of plugins: none twice on a host.
            let plugin = &plugins[(first + at * 7) % PLUGINS];
            plugin.item(&mut xml, &mut random);
        }
        xml.push_str("</ReportHost>\n");
        out.text(&xml)?;
        count += ITEMS as u64;
        host += 1;
    }
    out.text("</Report>\n</NessusClientData_v2>\n")?;
    Ok(count)
}

/// What all findings of a plugin have in common.
struct Plugin {
    start: String,
    /// Elements before the output, and behind it.
    before: String,
    after: String,
}

impl Plugin {
    fn new(random: &mut Random, at: usize) -> Self {
        let id = 10_000 + at * 13;
        let severity = 1 + at % 4;
        let risk = ["Low", "Medium", "High", "Critical"][at % 4];
        let (port, service) =
            [(443, "www"), (22, "ssh"), (445, "cifs"), (0, "general"), (8080, "www")][at % 5];
        let name = random.words(5);
        let start = format!(
            "<ReportItem port=\"{port}\" svc_name=\"{service}\" protocol=\"tcp\" severity=\"{severity}\" pluginID=\"{id}\" pluginName=\"{name} &lt; 1.{at} {name}\" pluginFamily=\"General\">\n"
        );
        let mut before = String::new();
        let cves: Vec<String> =
            (0..1 + at % 3).map(|more| format!("CVE-2024-{}", 10_000 + at * 3 + more)).collect();
        for cve in &cves {
            push(&mut before, format_args!("<cve>{cve}</cve>\n"));
        }
        push(
            &mut before,
            format_args!(
                "<cvss3_base_score>{severity}.{tenth}</cvss3_base_score>\n<cvss3_temporal_score>{severity}.1</cvss3_temporal_score>\n<cvss3_temporal_vector>CVSS:3.0/E:U/RL:O/RC:C</cvss3_temporal_vector>\n<cvss3_vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:{availability}</cvss3_vector>\n<cvss_base_score>{severity}.5</cvss_base_score>\n<cvss_vector>CVSS2#AV:N/AC:L/Au:N/C:C/I:C/A:{old}</cvss_vector>\n<cwe>{cwe}</cwe>\n<description>The remote host runs a version of {subject} that is affected by a vulnerability:\n\n  - {one} &amp; {two}. ({cve})\n\n  - {three} &lt;{four}&gt;.\n\nNote that the scanner has not tested for these issues but has instead relied only on the application's self-reported version number.</description>\n<exploit_available>false</exploit_available>\n<exploitability_ease>No known exploits are available</exploitability_ease>\n<fname>plugin_{id}.nasl</fname>\n<plugin_modification_date>2026/02/03</plugin_modification_date>\n<plugin_name>{name} &lt; 1.{at} {name}</plugin_name>\n<plugin_publication_date>2024/01/02</plugin_publication_date>\n<plugin_type>remote</plugin_type>\n<risk_factor>{risk}</risk_factor>\n<script_version>1.{at}</script_version>\n",
                tenth = at % 10,
                availability = ["H", "L", "N"][at % 3],
                old = ["C", "P", "N"][at % 3],
                cwe = [79, 89, 120, 416, 787][at % 5],
                subject = random.words(3),
                one = random.words(18),
                two = random.words(10),
                three = random.words(20),
                four = random.words(4),
                cve = cves[0],
            ),
        );
        let after = format!(
            "<see_also>https://{a}.example.org/{b}/{id}\nhttp://{c}.example.net/advisory?id={id}&amp;lang=en</see_also>\n<solution>Upgrade to {subject} version 1.{at} or later.</solution>\n<synopsis>The remote host is affected by {synopsis}.</synopsis>\n<vuln_publication_date>2024/01/01</vuln_publication_date>\n<xref>IAVA:2024-A-{at:04}</xref>\n",
            a = random.word(),
            b = random.word(),
            c = random.word(),
            subject = random.words(3),
            synopsis = random.words(6),
        );
        Self { start, before, after }
    }

    fn item(&self, xml: &mut String, random: &mut Random) {
        xml.push_str(&self.start);
        xml.push_str(&self.before);
        push(
            xml,
            format_args!(
                "<plugin_output>\n  Path              : /opt/{}/{}-{}\n  Installed version : 1.{}.{}\n  Fixed version     : 1.{}\n</plugin_output>\n",
                random.word(),
                random.word(),
                random.below(10_000),
                random.below(20),
                random.below(20),
                random.below(100),
            ),
        );
        xml.push_str(&self.after);
        xml.push_str("</ReportItem>\n");
    }
}
