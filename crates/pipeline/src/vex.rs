//! What VEX documents say of findings: those that they rule out are dropped or flagged, and of the
//! others they say more.

use crate::{Settings, VexAction, receipt::VexReceipt};
use scanlift_report_core::{Detail, Details, Flag, Location, Solution, Vulnerability};
use scanlift_vex::{Document, Image, Package, Statement, Status, Subject, Usage, Use, Vex};
use std::sync::Arc;

/// How many statements about nothing are named.
const NAMED: usize = 3;

/// Holds every finding against the statements.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    vex: Option<Arc<Vex>>,
    action: VexAction,
}

impl Stage {
    /// By the user's settings.
    #[must_use]
    pub(crate) fn new(settings: &Settings) -> Self {
        let vex = settings.vex.clone().filter(|vex| !vex.documents().is_empty());
        Self { vex, action: settings.vex_action }
    }

    /// Says on a finding what is said of it; if that rules it out, and such findings are to be
    /// skipped, why.
    pub(crate) fn apply(&self, vulnerability: &mut Vulnerability<'_>, usage: &mut Usage) -> Option<String> {
        let vex = self.vex.as_ref()?;
        let (document, statement) = vex.find(&subject(vulnerability), usage)?;
        if statement.status.rules_out() && self.action == VexAction::Skip {
            return Some(reason(document, statement));
        }
        annotate(vulnerability, document, statement);
        if statement.status.rules_out() {
            let words = statement.impact.as_ref().filter(|_| statement.justification.is_some());
            let words = words.map(|text| format!(". {text}")).unwrap_or_default();
            let description = format!("{}{words}", reason(document, statement));
            vulnerability.flags.extend(Flag::false_positive("VEX", description));
        }
        None
    }

    /// What became of each document.
    #[must_use]
    pub(crate) fn receipts(&self, usage: &Usage) -> Vec<VexReceipt> {
        let Some(vex) = &self.vex else { return Vec::new() };
        let documents = vex.documents().iter().enumerate();
        documents.map(|(number, document)| receipt(document, vex.uses(number, usage))).collect()
    }
}

/// `app.vex.json: not_affected: vulnerable_code_not_present (CVE-2021-44228)`.
fn reason(document: &Document, statement: &Statement) -> String {
    let id = statement.id.as_deref().unwrap_or_default();
    let about = statement.vulnerability();
    let about = if id.is_empty() { about.to_owned() } else { format!("{about}, {id}") };
    format!("{}: {} ({about})", file_name(document), statement.verdict())
}

/// The same wherever the file lies.
fn file_name(document: &Document) -> &str {
    document.name.rsplit(['/', '\\']).next().unwrap_or(&document.name)
}

fn receipt<'v>(document: &Document, uses: impl Iterator<Item = (&'v Statement, Use)>) -> VexReceipt {
    let mut receipt = VexReceipt {
        path: document.name.to_string(),
        format: document.format.id(),
        format_version: document.format_version.clone(),
        warnings: document.warnings.clone(),
        ..VexReceipt::default()
    };
    let mut elsewhere: Vec<&str> = Vec::new();
    let (mut absent, mut others) = (0_u64, 0_u64);
    for (statement, what) in uses {
        receipt.statements += 1;
        match what {
            Use::Matched => receipt.matched += 1,
            Use::None => absent += 1,
            Use::Elsewhere => {
                others += 1;
                if elsewhere.len() < NAMED && !elsewhere.contains(&statement.vulnerability()) {
                    elsewhere.push(statement.vulnerability());
                }
            }
        }
    }
    let unmatched = absent + others;
    if receipt.statements == 0 {
        receipt.warnings.push("it holds no statement".to_owned());
    } else if unmatched > 0 {
        let mut text = format!("{unmatched} of {} statements matched no finding", receipt.statements);
        if others > 0 {
            let dots = if others > elsewhere.len() as u64 { " ..." } else { "" };
            let which = elsewhere.join(", ");
            text = format!(
                "{text}; of {others} the vulnerability was found ({which}{dots}), but in another product: look at the product ids"
            );
        }
        receipt.warnings.push(text);
    }
    receipt
}

/// What a statement has to be about to be about a finding.
fn subject<'v>(vulnerability: &'v Vulnerability<'_>) -> Subject<'v> {
    let mut subject = Subject::default();
    let ids = vulnerability.identifiers.iter().filter(|identifier| !identifier.is_ignored_in_deduplication());
    subject.ids = ids.map(|identifier| &*identifier.value).collect();
    let (dependency, image) = match &vulnerability.location {
        Location::DependencyScanning(location) => (&location.dependency, None),
        Location::ContainerScanning(location) => {
            subject.operating_system = Some(&location.operating_system);
            (&location.dependency, Some(&*location.image))
        }
        Location::ClusterImageScanning(location) => {
            subject.operating_system = location.operating_system.as_ref().map(|name| name.as_str());
            (&location.dependency, Some(&*location.image))
        }
        _ => return subject,
    };
    let purl = match vulnerability.details.get("package_url") {
        Some(Detail::Text { value }) => Some(&**value),
        _ => None,
    };
    subject.package = Some(Package::new(&dependency.package.name, &dependency.version, purl));
    subject.image = image.and_then(Image::of_reference);
    if subject.image.is_some() {
        subject.digests = digests(&vulnerability.details);
    }
    subject
}

/// Digests that the finding tells: that of the image may be among them.
fn digests<'v>(details: &'v Details<'_>) -> Vec<&'v str> {
    const DIGEST: usize = "sha256:".len() + 64;
    let mut found = Vec::new();
    for (_, named) in details.iter() {
        let items = match &named.detail {
            Detail::List { items } => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        for item in items.iter().take(10) {
            let Detail::Text { value } = item else { continue };
            let digests = value.match_indices("sha256:").filter_map(|(at, _)| value.get(at..at + DIGEST));
            found.extend(digests.take(10));
        }
    }
    found
}

/// Says in the details what the statement says, and what to do where nothing says it.
fn annotate(vulnerability: &mut Vulnerability<'_>, document: &Document, statement: &Statement) {
    if vulnerability.solution.is_none() && statement.status == Status::Affected {
        vulnerability.solution = statement.action.clone().and_then(Solution::new);
    }
    let mut items = Details::default();
    let mut text = |key: &'static str, name: &'static str, value: &Option<String>| {
        items.text(key, name, value.clone().unwrap_or_default());
    };
    text("status", "Status", &Some(statement.status.as_str().to_owned()));
    text("state", "In the document's word", &statement.word);
    text("justification", "Justification", &statement.justification);
    text("impact", "Impact", &statement.impact);
    text("action", "Action", &statement.action);
    text("notes", "Notes", &statement.notes);
    text("document", "Document", &Some(file_name(document).to_owned()));
    text("statement", "Statement", &statement.id);
    text("author", "Author", &document.author);
    text("timestamp", "Time", &statement.timestamp);
    vulnerability.details.insert("vex", "VEX", Detail::NamedList { items });
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Dependency, DependencyLocation, Identifier, ImageLocation, SourceLocation};

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn stage(statements: &str, action: VexAction) -> Stage {
        let document = format!(r#"{{"@context": "https://openvex.dev/ns", "statements": [{statements}]}}"#);
        let mut vex = Vex::default();
        vex.read("a/b.json", &document.as_str()).expect("a document");
        let settings = Settings { vex: Some(Arc::new(vex)), vex_action: action, ..Settings::default() };
        Stage::new(&settings)
    }

    fn finding(location: Location<'static>) -> Vulnerability<'static> {
        Vulnerability::new(Identifier::new("cve", "CVE-1", "CVE-1").expect("parts are filled"), location)
    }

    fn in_image(image: &'static str) -> Vulnerability<'static> {
        finding(Location::ContainerScanning(ImageLocation::new(
            image,
            "debian:12",
            Dependency::new("bash", "5"),
        )))
    }

    #[test]
    fn places_of_findings_decide() {
        let manifest = || {
            let location = DependencyLocation::new("go.mod", Dependency::new("bash", "5"));
            finding(Location::DependencyScanning(location))
        };
        let of_digest = || {
            let mut finding = in_image("app:1");
            finding.details.text("image_digest", "Image digest", format!("app@{DIGEST}"));
            finding
        };
        let source = || finding(Location::Sast(SourceLocation::file("a.c")));
        for (products, finding, want) in [
            ("", source(), true),
            (r#""pkg:oci/app""#, in_image("app:1"), true),
            (r#""pkg:oci/app""#, manifest(), false),
            (r#""pkg:oci/app""#, source(), false),
            (r#""pkg:deb/debian/bash@5""#, manifest(), true),
            (r#""pkg:deb/debian/bash@6""#, manifest(), false),
            (&format!("\"app@{DIGEST}\""), in_image("app:1"), false),
            (&format!("\"app@{DIGEST}\""), of_digest(), true),
        ] {
            let statement =
                format!(r#"{{"vulnerability": "CVE-1", "status": "fixed", "products": [{products}]}}"#);
            let mut finding = finding;
            let skipped = stage(&statement, VexAction::Skip).apply(&mut finding, &mut Usage::default());
            assert_eq!(skipped.is_some(), want, "{products} {:?}", finding.location);
        }
    }

    #[test]
    fn a_statement_is_told_on_the_finding() {
        let statement = |status: &str| {
            format!(
                r#"{{"@id": "s1", "vulnerability": "CVE-1", "status": "{status}", "action_statement": "Do it.", "impact_statement": "None."}}"#
            )
        };
        for (status, action, skipped, solution, flagged) in [
            ("not_affected", VexAction::Skip, true, None, false),
            ("not_affected", VexAction::Flag, false, None, true),
            ("fixed", VexAction::Flag, false, None, true),
            ("affected", VexAction::Skip, false, Some("Do it."), false),
            ("under_investigation", VexAction::Skip, false, None, false),
        ] {
            let mut finding = in_image("app:1");
            let detail = stage(&statement(status), action).apply(&mut finding, &mut Usage::default());
            assert_eq!(detail.is_some(), skipped, "{status}");
            assert_eq!(finding.solution.as_deref(), solution, "{status}");
            assert_eq!(!finding.flags.is_empty(), flagged, "{status}");
            assert_eq!(finding.details.get("vex").is_some(), !skipped, "{status}");
            if let Some(detail) = detail {
                assert_eq!(detail, "b.json: not_affected: None. (CVE-1, s1)");
            }
        }
    }
}
