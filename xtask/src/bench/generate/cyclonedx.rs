//! SBOMs of CycloneDX 1.5 with what is known of their vulnerabilities: about 1.6 KB a vulnerability.
//!
//! 20,000 components of one ecosystem, and no two vulnerabilities alike.

use super::{Out, Random, WORDS, push};
use std::io;

const COMPONENTS: u64 = 20_000;

/// Writes a document and returns how many vulnerabilities it has.
pub(super) fn write(out: &mut Out, bytes: u64) -> io::Result<u64> {
    out.text(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":1,"metadata":{"timestamp":"2026-03-04T05:06:07Z","tools":{"components":[{"type":"application","name":"acme-scan","version":"4.2.0"}]},"component":{"type":"application","bom-ref":"shop","name":"shop","version":"1.4.0"},"properties":[{"name":"gitlab:dependency_scanning:input_file:path","value":"package-lock.json"}]},"components":["#,
    )?;
    out.items_while(|_, count| count < COMPONENTS, component)?;
    out.text(r#"],"vulnerabilities":["#)?;
    let count = out.items(bytes, vulnerability)?;
    out.text("]}")?;
    Ok(count)
}

fn name(at: u64) -> String {
    format!("{}-{at}", WORDS[at as usize % WORDS.len()])
}

fn component(json: &mut String, random: &mut Random, at: u64) {
    let (name, digits) = (name(at), random.next());
    push(
        json,
        format_args!(
            r#"{{"type":"library","bom-ref":"pkg:npm/{name}@1.{at}.0","name":"{name}","version":"1.{at}.0","hashes":[{{"alg":"SHA-256","content":"{digits:016x}{digits:016x}{digits:016x}{digits:016x}"}}],"licenses":[{{"license":{{"id":"MIT"}}}}],"purl":"pkg:npm/{name}@1.{at}.0"}}"#
        ),
    );
}

fn vulnerability(json: &mut String, random: &mut Random, at: u64) {
    let (component, cve) = (at % COMPONENTS, 10_000 + at);
    push(
        json,
        format_args!(
            r#"{{"bom-ref":"v{at}","id":"CVE-2024-{cve}","source":{{"name":"NVD","url":"https://nvd.example.org/vuln/detail/CVE-2024-{cve}"}},"references":[{{"id":"GHSA-{high:04x}-{low:04x}-cccc","source":{{"name":"GitHub","url":"https://advisories.example.org/{cve}"}}}}],"ratings":[{{"source":{{"name":"NVD"}},"score":9.8,"severity":"{severity}","method":"CVSSv31","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}],"cwes":[{cwe}],"description":"{description}","recommendation":"Upgrade {name} to 2.0.{patch} or later.","advisories":["#,
            // Two advisories of one id about one package would be one finding.
            high = at >> 16,
            low = at & 0xffff,
            severity = ["low", "medium", "high", "critical"][at as usize % 4],
            cwe = [79, 89, 120, 416, 787][at as usize % 5],
            description = random.words(70),
            name = name(component),
            patch = at % 9,
        ),
    );
    for advisory in 0..4 {
        let comma = if advisory == 0 { "" } else { "," };
        push(
            json,
            format_args!(
                r#"{comma}{{"url":"https://{}.example.org/{}/CVE-2024-{cve}-{advisory}"}}"#,
                random.word(),
                random.word()
            ),
        );
    }
    push(
        json,
        format_args!(
            r#"],"published":"2024-01-02T03:04:05Z","updated":"2024-05-06T07:08:09Z","affects":[{{"ref":"pkg:npm/{name}@1.{component}.0","versions":[{{"version":"1.{component}.0","status":"affected"}}]}}]}}"#,
            name = name(component),
        ),
    );
}
