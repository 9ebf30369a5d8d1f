//! What a plugin says of a service of a host, or a check of a compliance audit.

use super::{Host, PROPERTIES};
use crate::rest::{add_fields, add_text};
use scanlift_convert_api::network::Service;
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::Element;
use scanlift_convert_api::{Options, Outcome, SkipReason, cwe};
use scanlift_report_core::{Details, Severity, Text};

/// A `ReportItem`: the texts of its elements, each of the first that has one.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    port: Option<u16>,
    service: Option<&'a str>,
    protocol: &'a str,
    /// 0 (information) to 4 (critical).
    severity: Option<&'a str>,
    plugin: Option<&'a str>,
    name: Option<&'a str>,
    family: Option<&'a str>,
    plugin_name: Option<&'a str>,
    plugin_version: Option<&'a str>,
    synopsis: Option<&'a str>,
    description: Option<&'a str>,
    solution: Option<&'a str>,
    output: Option<&'a str>,
    risk_factor: Option<&'a str>,
    /// Vector and score of CVSS 3, 4 and 2.
    cvss: [(Option<&'a str>, Option<&'a str>); 3],
    see_also: Vec<&'a str>,
    cves: Vec<&'a str>,
    cwes: Vec<&'a str>,
    xrefs: Vec<&'a str>,
    cpes: Vec<&'a str>,
    bids: Vec<&'a str>,
    osvdb: Vec<&'a str>,
    exploit: Exploit<'a>,
    compliance: Compliance<'a>,
    /// What no mapping names goes to the details in its own words.
    rest: Vec<(&'a str, &'a str)>,
}

/// How near an attack is.
#[derive(Debug, Default)]
struct Exploit<'a> {
    available: Option<&'a str>,
    ease: Option<&'a str>,
    malware: Option<&'a str>,
    vpr: Option<&'a str>,
    epss: Option<&'a str>,
}

/// The elements of an audit (`cm:`).
#[derive(Debug, Default)]
struct Compliance<'a> {
    check: Option<&'a str>,
    result: Option<&'a str>,
    about: Option<&'a str>,
    solution: Option<&'a str>,
    actual: Option<&'a str>,
    policy: Option<&'a str>,
    error: Option<&'a str>,
    reference: Option<&'a str>,
    file: Option<&'a str>,
}

/// Whether a plugin only informs; compliance checks that passed are told by their result.
pub(super) fn is_info(severity: Option<&str>, family: Option<&str>) -> bool {
    severity == Some("0") && !family.is_some_and(is_compliance)
}

fn is_compliance(family: &str) -> bool {
    family.eq_ignore_ascii_case("Policy Compliance")
}

impl<'a> Item<'a> {
    /// What the tag of an element says, without the family of the plugin.
    pub(super) fn of(
        port: Option<u16>,
        service: Option<&'a str>,
        protocol: &'a str,
        severity: Option<&'a str>,
        plugin: Option<&'a str>,
        name: Option<&'a str>,
    ) -> Self {
        Self { port, service, protocol, severity, plugin, name, ..Self::default() }
    }

    pub(super) fn read(element: Element<'a>) -> Self {
        let mut item = Self::of(
            element.attribute("port").and_then(|port| port.parse().ok()),
            element.attribute("svc_name").filter(|name| !matches!(*name, "unknown" | "general")),
            element.attribute("protocol").unwrap_or_default(),
            element.attribute("severity"),
            element.attribute("pluginID"),
            element.attribute("pluginName"),
        );
        item.family = element.attribute("pluginFamily");
        for child in element.children() {
            item.say(child.name(), child.text().unwrap_or_default());
        }
        if item.compliance.check.is_none()
            && item.family.is_some_and(is_compliance)
            && let Some((check, result, about)) = item.description.and_then(audited)
        {
            item.compliance.check = Some(check);
            item.compliance.result.get_or_insert(result);
            item.compliance.about.get_or_insert(about);
        }
        item
    }

    /// Takes what an element of that name says, unless it says nothing.
    pub(super) fn say(&mut self, name: &'a str, text: &'a str) {
        if text.is_empty() {
            return;
        }
        let [cvss3, cvss4, cvss2] = &mut self.cvss;
        let field = match name {
            "plugin_name" => &mut self.plugin_name,
            "script_version" => &mut self.plugin_version,
            "synopsis" => &mut self.synopsis,
            "description" => &mut self.description,
            "solution" => &mut self.solution,
            "plugin_output" => &mut self.output,
            "risk_factor" => &mut self.risk_factor,
            "cvss3_vector" => &mut cvss3.0,
            "cvss3_base_score" => &mut cvss3.1,
            "cvss4_vector" => &mut cvss4.0,
            "cvss4_base_score" => &mut cvss4.1,
            "cvss_vector" => &mut cvss2.0,
            "cvss_base_score" => &mut cvss2.1,
            "exploit_available" => &mut self.exploit.available,
            "exploitability_ease" => &mut self.exploit.ease,
            "exploited_by_malware" => &mut self.exploit.malware,
            "vpr_score" => &mut self.exploit.vpr,
            "epss_score" => &mut self.exploit.epss,
            "compliance-check-name" => &mut self.compliance.check,
            "compliance-result" => &mut self.compliance.result,
            "compliance-info" => &mut self.compliance.about,
            "compliance-solution" => &mut self.compliance.solution,
            "compliance-actual-value" => &mut self.compliance.actual,
            "compliance-policy-value" => &mut self.compliance.policy,
            "compliance-error" => &mut self.compliance.error,
            "compliance-reference" => &mut self.compliance.reference,
            "compliance-audit-file" => &mut self.compliance.file,
            "see_also" | "compliance-see-also" => return self.see_also.push(text),
            "cve" => return self.cves.push(text),
            "cwe" => return self.cwes.push(text),
            "xref" => return self.xrefs.push(text),
            "cpe" => return self.cpes.push(text),
            "bid" => return self.bids.push(text),
            "osvdb" => return self.osvdb.push(text),
            "fname" | "severity" | "attachment" | "compliance" | "compliance-check-id" => return,
            _ => return self.rest.push((name, text)),
        };
        field.get_or_insert(text);
    }

    /// Who it is, for people.
    fn example(&self) -> String {
        let id = self.plugin.unwrap_or_default();
        format!("{id} {}", self.name.unwrap_or_default()).trim().to_owned()
    }

    pub(super) fn map(self, host: &'a Host, options: &Options) -> Outcome<'a> {
        let result = self.compliance.result;
        let severity = severity(self.severity, self.risk_factor, result);
        if severity == Some(Severity::Info) && !options.include_info {
            let detail = match result {
                Some(result) => format!("compliance-result: {result}"),
                None => "severity: 0 (information)".to_owned(),
            };
            let example = self.compliance.check.map_or_else(|| self.example(), str::to_owned);
            return Outcome::skip(SkipReason::NotAFinding, detail, example);
        }
        let mut weakness = match (self.compliance.check, self.plugin) {
            (Some(check), _) => Weakness::new("nessus_compliance_check", check),
            (None, Some(plugin)) => {
                let mut weakness = Weakness::new("nessus_plugin_id", plugin);
                weakness.url = Some(format!("https://www.tenable.com/plugins/nessus/{plugin}").into());
                weakness
            }
            (None, None) => return self.nameless(),
        };
        weakness.name = self.compliance.check.or(self.name).or(self.plugin_name).map(Into::into);
        weakness.severity = severity;
        weakness.severity_word = result.map(|_| Text::Borrowed("")).or(self.risk_factor.map(Into::into));
        let references = self.describe(&mut weakness);

        let service = Service::new(host.name(), self.port, self.protocol, self.service);
        let check = self.compliance.check.or(self.plugin).unwrap_or_default();
        let Some(mut finding) = weakness.into_finding(service.location(check)) else {
            return self.nameless();
        };
        self.add_details(&mut finding.vulnerability.details, service, host, &references);
        Outcome::finding(finding)
    }

    fn nameless(&self) -> Outcome<'a> {
        Outcome::skip(SkipReason::Unsupported, "a ReportItem without pluginID", self.example())
    }

    /// What it is, and what to do; gives the references that are no weaknesses.
    fn describe(&self, weakness: &mut Weakness<'a>) -> Vec<&'a str> {
        if self.compliance.result.is_none() {
            weakness.say("", self.synopsis.unwrap_or_default());
            weakness.say("", self.description.unwrap_or_default());
        }
        weakness.say("", self.compliance.about.unwrap_or_default());
        for solution in [self.solution, self.compliance.solution] {
            weakness.advise(solution.filter(|text| *text != "n/a").unwrap_or_default());
        }
        weakness.ratings = self.ratings();
        weakness.advisories = self.cves.iter().map(|cve| (*cve).into()).collect();
        weakness.cwes = self.cwes.iter().filter_map(|cwe| cwe.parse().ok()).collect();
        let mut references = Vec::new();
        for xref in &self.xrefs {
            match cwe::parse(xref) {
                Some(number) => weakness.cwes.push(number),
                None => references.push(*xref),
            }
        }
        self.see_also.iter().for_each(|links| weakness.refer(links));
        references
    }

    /// CVSS 3, 4 and 2, each with its vector.
    fn ratings(&self) -> Vec<Rating<'a>> {
        let rated = self.cvss.iter().filter_map(|(vector, score)| {
            let score = score.and_then(|score| score.parse().ok());
            (vector.is_some() || score.is_some())
                .then(|| Rating::new("Tenable", vector.map(Into::into), score))
        });
        rated.collect()
    }

    fn add_details(
        self,
        details: &mut Details<'a>,
        service: Service<'a>,
        host: &'a Host,
        references: &[&str],
    ) {
        let Self { compliance, exploit, .. } = &self;
        add_text(details, "plugin_output", "Plugin output", self.output.unwrap_or_default());
        details.text("compliance_result", "Result", compliance.result.unwrap_or_default());
        for (text, key, heading) in [
            (compliance.actual, "actual_value", "Actual value"),
            (compliance.policy, "policy_value", "Expected value"),
            (compliance.error, "compliance_error", "Error"),
            (compliance.reference, "compliance_references", "References of the audit"),
            (compliance.file, "audit_file", "Audit file"),
            (exploit.available, "exploit_available", "Exploit available"),
            (exploit.ease, "exploitability_ease", "Exploitability"),
            (exploit.malware, "exploited_by_malware", "Exploited by malware"),
            (exploit.vpr, "vpr_score", "VPR score"),
            (exploit.epss, "epss_score", "EPSS score"),
        ] {
            add_text(details, key, heading, text.unwrap_or_default());
        }
        service.add_details(details);
        let shown = host.name();
        for (name, key, heading) in PROPERTIES {
            let value = host.property(name).filter(|value| *value != shown);
            add_text(details, key, heading, value.unwrap_or_default());
        }
        details.text("plugin_family", "Plugin family", self.family.unwrap_or_default());
        details.text("cross_references", "Cross references", references.join(", "));
        let lists = [
            (&self.cpes, "cpe", "CPE"),
            (&self.bids, "bid", "Bugtraq ids"),
            (&self.osvdb, "osvdb", "OSVDB ids"),
        ];
        for (list, key, heading) in lists {
            details.text(key, heading, list.join(", "));
        }
        if compliance.result.is_some() {
            details.text("plugin", "Plugin", self.plugin.unwrap_or_default());
        }
        add_fields(details, self.rest);
        details.text("plugin_version", "Plugin version", self.plugin_version.unwrap_or_default());
    }
}

/// What audits say that have no elements for it (before Nessus 5): check, result and the rest of a
/// description that begins with `"1.1 Ensure x" : [FAILED]`.
fn audited(description: &str) -> Option<(&str, &str, &str)> {
    let (first, rest) = description.split_once('\n').unwrap_or((description, ""));
    let (check, result) = first.trim().rsplit_once(" : [")?;
    let check = check.trim_matches('"');
    (!check.is_empty()).then_some((check, result.strip_suffix(']')?, rest.trim()))
}

/// The attribute `severity` from 0 (information) to 4 (critical), else `risk_factor`. A compliance
/// check that passed informs, whatever number it has; one that failed never does.
fn severity(number: Option<&str>, risk: Option<&str>, result: Option<&str>) -> Option<Severity> {
    let severity = match number {
        Some("0") => Some(Severity::Info),
        Some("1") => Some(Severity::Low),
        Some("2") => Some(Severity::Medium),
        Some("3") => Some(Severity::High),
        Some("4") => Some(Severity::Critical),
        _ => risk.and_then(Severity::from_word),
    };
    match result {
        Some("PASSED") => Some(Severity::Info),
        Some("FAILED") => severity.filter(|severity| *severity > Severity::Info).or(Some(Severity::High)),
        _ => severity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audits_may_be_words() {
        for (description, want) in [
            ("\"1.1 Ensure x\" : [FAILED]\n\nWhy.\n", Some(("1.1 Ensure x", "FAILED", "Why."))),
            ("1.1 x: y : [PASSED]", Some(("1.1 x: y", "PASSED", ""))),
            ("The audit ran.", None),
            ("\"\" : [FAILED]", None),
        ] {
            assert_eq!(audited(description), want, "{description}");
        }
    }

    #[test]
    fn severities_are_numbers() {
        for (number, risk, result, want) in [
            (Some("0"), Some("None"), None, Some(Severity::Info)),
            (Some("4"), Some("High"), None, Some(Severity::Critical)),
            (None, Some("Medium"), None, Some(Severity::Medium)),
            (Some("9"), None, None, None),
            (Some("3"), None, Some("PASSED"), Some(Severity::Info)),
            (Some("0"), None, Some("FAILED"), Some(Severity::High)),
            (Some("2"), None, Some("WARNING"), Some(Severity::Medium)),
        ] {
            assert_eq!(severity(number, risk, result), want, "{number:?} {risk:?} {result:?}");
        }
    }
}
