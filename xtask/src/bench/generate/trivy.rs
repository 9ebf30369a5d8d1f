//! Trivy's reports of images: about 2 KB a vulnerability, with the vectors of two vendors, references and dates.
//!
//! 200 packages of the operating system in one list, as Trivy has it, and no two vulnerabilities alike.

use super::{Out, Random, push};
use std::io;

/// Writes a report and returns how many vulnerabilities it has.
pub(super) fn write(out: &mut Out, bytes: u64) -> io::Result<u64> {
    out.text(
        r#"{"SchemaVersion":2,"CreatedAt":"2026-03-04T05:06:07Z","ArtifactName":"registry.example.com/acme/shop:1.4","ArtifactType":"container_image","Metadata":{"OS":{"Family":"debian","Name":"12.4"},"RepoTags":["registry.example.com/acme/shop:1.4"]},"Results":[{"Target":"registry.example.com/acme/shop:1.4 (debian 12.4)","Class":"os-pkgs","Type":"debian","Vulnerabilities":["#,
    )?;
    let count = out.items(bytes, vulnerability)?;
    out.text("]}]}")?;
    Ok(count)
}

fn vulnerability(json: &mut String, random: &mut Random, at: u64) {
    let (package, cve) = (at % 200, 10_000 + at);
    let digits = random.next();
    push(
        json,
        format_args!(
            r#"{{"VulnerabilityID":"CVE-2024-{cve}","PkgID":"lib{name}{package}@2.{package}-1","PkgName":"lib{name}{package}","PkgIdentifier":{{"PURL":"pkg:deb/debian/lib{name}{package}@2.{package}-1?arch=amd64&distro=debian-12.4","UID":"{digits:016x}"}},"InstalledVersion":"2.{package}-1","FixedVersion":"2.{package}-2+deb12u{fix}","Status":"fixed","Layer":{{"DiffID":"sha256:{digits:016x}{digits:016x}{digits:016x}{digits:016x}"}},"SeveritySource":"debian","PrimaryURL":"https://avd.example.com/nvd/cve-2024-{cve}","DataSource":{{"ID":"debian","Name":"Debian Security Tracker","URL":"https://security-tracker.example.org/tracker/data/json"}},"Title":"{name}: {title}","Description":"{description}","Severity":"{severity}","CweIDs":["CWE-{cwe}"],"#,
            name = super::WORDS[package as usize % 64],
            fix = 1 + at % 9,
            title = random.words(6),
            description = random.words(70),
            severity = ["LOW", "MEDIUM", "HIGH", "CRITICAL"][at as usize % 4],
            cwe = [79, 89, 120, 416, 787][at as usize % 5],
        ),
    );
    let score = 1 + at % 9;
    push(
        json,
        format_args!(
            r#""VendorSeverity":{{"nvd":3,"redhat":2}},"CVSS":{{"nvd":{{"V3Vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","V3Score":9.8}},"redhat":{{"V3Vector":"CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:L/A:H","V3Score":{score}.1}}}},"References":["#
        ),
    );
    for reference in 0..6 {
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
    json.push_str(r#"],"PublishedDate":"2024-01-02T03:04:05Z","LastModifiedDate":"2024-05-06T07:08:09Z"}"#);
}
