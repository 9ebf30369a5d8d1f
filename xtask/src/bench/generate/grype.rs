//! Grype's reports of images: about 2.9 KB a match, as versions 0.7x to 0.9x write them of Debian's packages.
//!
//! 300 packages, and no two matches alike.

use super::{Out, Random, WORDS, push};
use std::io;

/// Writes a report and returns how many matches it has.
pub(super) fn write(out: &mut Out, bytes: u64) -> io::Result<u64> {
    out.text(r#"{"matches":["#)?;
    let count = out.items(bytes, |json, random, at| {
        json.push_str(r#"{"vulnerability":"#);
        vulnerability(json, random, at);
        artifact(json, random, at % 300);
    })?;
    out.text(
        r#"],"source":{"type":"image","target":{"userInput":"registry.example.com/acme/shop:1.4","imageID":"sha256:4ff1","manifestDigest":"sha256:8cc2","mediaType":"application/vnd.docker.distribution.manifest.v2+json","tags":["registry.example.com/acme/shop:1.4"],"imageSize":188234563,"layers":[],"repoDigests":[],"architecture":"amd64","os":"linux"}},"distro":{"name":"debian","version":"12","idLike":[]},"descriptor":{"name":"grype","version":"0.91.0","timestamp":"2026-03-04T05:06:07Z"}}"#,
    )?;
    Ok(count)
}

/// The vulnerability as Debian's tracker has it, then as NVD does.
fn vulnerability(json: &mut String, random: &mut Random, at: u64) {
    let cve = 10_000 + at;
    let score = 1 + at % 9;
    let description = random.words(50);
    push(
        json,
        format_args!(
            r#"{{"id":"CVE-2024-{cve}","dataSource":"https://security-tracker.example.org/tracker/CVE-2024-{cve}","namespace":"debian:distro:debian:12","severity":"{severity}","urls":[],"description":"{description}","cvss":[],"epss":[{{"cve":"CVE-2024-{cve}","epss":0.0{score}1,"percentile":0.4{score},"date":"2026-03-03"}}],"fix":{{"versions":["2.{package}-2+deb12u{score}"],"state":"fixed"}},"advisories":[],"risk":{score}.25}},"relatedVulnerabilities":[{{"id":"CVE-2024-{cve}","dataSource":"https://nvd.example.org/vuln/detail/CVE-2024-{cve}","namespace":"nvd:cpe","severity":"High","urls":["#,
            severity = ["Low", "Medium", "High", "Critical"][at as usize % 4],
            package = at % 300,
        ),
    );
    for reference in 0..4 {
        let comma = if reference == 0 { "" } else { "," };
        push(
            json,
            format_args!(
                r#"{comma}"https://{}.example.org/{}/CVE-2024-{cve}-{reference}""#,
                random.word(),
                random.word()
            ),
        );
    }
    push(
        json,
        format_args!(
            r#"],"description":"{description}","cvss":[{{"source":"nvd@nist.gov","type":"Primary","version":"3.1","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","metrics":{{"baseScore":9.8,"exploitabilityScore":3.9,"impactScore":5.9}},"vendorMetadata":{{}}}}],"epss":[{{"cve":"CVE-2024-{cve}","epss":0.0{score}1,"percentile":0.4{score},"date":"2026-03-03"}}]}}],"#
        ),
    );
}

/// How it was matched, and with what.
fn artifact(json: &mut String, random: &mut Random, package: u64) {
    let name = format!("lib{}{package}", WORDS[package as usize % WORDS.len()]);
    let (digits, version) = (random.next(), format!("2.{package}-1"));
    push(
        json,
        format_args!(
            r#""matchDetails":[{{"type":"exact-indirect-match","matcher":"dpkg-matcher","searchedBy":{{"distro":{{"type":"debian","version":"12"}},"namespace":"debian:distro:debian:12","package":{{"name":"{name}","version":"{version}"}}}},"found":{{"versionConstraint":"< 2.{package}-2 (deb)","vulnerabilityID":"CVE-2024-{digits}"}},"fix":{{"suggestedVersion":"2.{package}-2"}}}}],"artifact":{{"id":"{digits:016x}","name":"{name}","version":"{version}","type":"deb","locations":[{{"path":"/var/lib/dpkg/status","layerID":"sha256:{digits:016x}{digits:016x}{digits:016x}{digits:016x}","accessPath":"/var/lib/dpkg/status","annotations":{{"evidence":"primary"}}}},{{"path":"/usr/share/doc/{name}/copyright","layerID":"sha256:{digits:016x}{digits:016x}{digits:016x}{digits:016x}","accessPath":"/usr/share/doc/{name}/copyright","annotations":{{"evidence":"supporting"}}}}],"language":"","licenses":["GPL-2.0-only"],"cpes":["cpe:2.3:a:{name}:{name}:{version}:*:*:*:*:*:*:*"],"purl":"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-12&upstream={name}-src","upstreams":[{{"name":"{name}-src"}}]}}}}"#
        ),
    );
}
