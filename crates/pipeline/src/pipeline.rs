//! The sink of every converter.

use crate::{
    Settings, SettingsError,
    account::InputAccount,
    desk::{Desk, Usage},
    export::{self, Export, Inventory},
    ledger::{Ledger, ScanEntry},
    output::{FinishedReport, Output, ScanFacts},
    receipt::{Receipt, ScannerReceipt},
    scanner,
    split::Split,
    stages::Stages,
};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Options, ScanInfo, Shared, Sink, SkipReason, Warning,
};
use scanlift_report_core::{Kind, ScanTime, Tool};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};

/// Takes what converters say, input by input, and makes the reports and the account of the run.
///
/// A finding passes the [stages](crate) that look at it alone, on whichever thread, and is written
/// onto that thread's desk; what lies there is entered into the ledger in the order of the records.
///
/// Each input is [begun](Self::begin_input), told by its converter, and [ended](Self::end_input).
/// What was taken cannot be given back: an input whose conversion fails is not to be ended, and the
/// pipeline that took part of it is of no use. Convert the others with a new one.
#[derive(Debug)]
pub struct Pipeline {
    stages: Stages,
    desk: Desk,
    ledger: Ledger,
}

/// A run at its end: nothing is in place yet.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finished {
    /// The reports, by kind and scanner.
    pub reports: Vec<FinishedReport>,
    /// The files of further formats.
    pub exports: Vec<Export>,
    /// The account; its outputs are in the order of the reports, then of the exports.
    pub receipt: Receipt,
    /// What of the user's files was of use, for those who account for several runs together.
    pub usage: Usage,
    /// The globs of [`Settings::exclude`] that left nothing out.
    pub unused_globs: Vec<String>,
}

impl Pipeline {
    /// A pipeline that has taken nothing yet.
    ///
    /// # Errors
    /// If a setting cannot be used.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let stages = Stages::new(settings)?;
        let ledger = Ledger { inventory: export::inventory(&stages.settings), ..Ledger::default() };
        Ok(Self { desk: stages.desk(), stages, ledger })
    }
}

impl Pipeline {
    /// Begins an input; `label` is what the user calls it. The one before has to be ended.
    pub fn begin_input(&mut self, label: &str, format: &'static Descriptor) {
        self.leave_input();
        let account = &mut self.ledger.input;
        account.is_open = true;
        account.receipt.path = label.to_owned();
        account.receipt.format = format.id.to_owned();
    }

    /// Makes room for the next input. One that has no end has no account either, so that the run has none.
    fn leave_input(&mut self) {
        let InputAccount { is_open, receipt, .. } = std::mem::take(&mut self.ledger.input);
        if is_open {
            self.ledger.unended = Some(receipt.path);
        }
    }

    /// Ends an input that was read to its end; the hash and length are those of its file.
    pub fn end_input(&mut self, sha256: Option<String>, bytes: Option<u64>) {
        let mut receipt = std::mem::take(&mut self.ledger.input).into_receipt();
        (receipt.sha256, receipt.bytes) = (sha256, bytes);
        self.ledger.inputs.push(receipt);
        self.ledger.inventory.iter_mut().for_each(Inventory::end_input);
    }

    /// Adds the bill of materials that the input is, if one is wanted and the input is one. To be
    /// called between its conversion and [`Self::end_input`].
    ///
    /// # Errors
    /// What the converter says, and if the temporary file cannot be written.
    pub fn add_bill_of_materials(
        &mut self,
        converter: &dyn Converter,
        input: &dyn Input,
        options: &Options,
    ) -> Result<(), ConvertError> {
        let Ledger { inventory, input: account, .. } = &mut self.ledger;
        let Some(inventory) = inventory else { return Ok(()) };
        inventory.add_document(&self.stages.settings, account.receipt.scanner.as_ref(), |out| {
            converter.bill_of_materials(input, options, out)
        })
    }

    /// Ends the run.
    ///
    /// # Errors
    /// If a temporary file cannot be written, and if an input was not [ended](Self::end_input): the reports
    /// would hold what the receipt does not tell of.
    pub fn finish(mut self) -> io::Result<Finished> {
        self.leave_input();
        if let Some(label) = &self.ledger.unended {
            return Err(io::Error::other(format!(
                "the input {label:?} was not ended: the reports would hold what the receipt does not tell of"
            )));
        }
        self.report_empty_scans()?;
        let Self { stages, ledger, .. } = self;
        let settings = &stages.settings;
        let mut outputs = ledger.outputs;
        outputs.sort_by(|a, b| (a.kind, &a.scanner.id).cmp(&(b.kind, &b.scanner.id)));
        let several: BTreeSet<Kind> =
            outputs.windows(2).filter(|pair| pair[0].kind == pair[1].kind).map(|pair| pair[0].kind).collect();
        let mut finished = Finished {
            reports: Vec::new(),
            exports: Vec::new(),
            receipt: Receipt {
                scanlift: env!("CARGO_PKG_VERSION"),
                inputs: ledger.inputs,
                vex: stages.vex.receipts(&ledger.usage.vex),
                ignore: stages.ignore.receipt(&ledger.usage.ignore),
                outputs: Vec::new(),
            },
            unused_globs: stages.filter.unused(&ledger.usage.exclude),
            usage: ledger.usage,
        };
        for mut output in outputs {
            let slug = output.kind.slug();
            let file_name = if several.contains(&output.kind) {
                format!("gl-{slug}-{}-report.json", scanner::file_part(&output.scanner.id))
            } else {
                format!("gl-{slug}-report.json")
            };
            let scans: Vec<_> = output.scans.iter().map(|scan| &ledger.scans[*scan]).collect();
            if settings.merge {
                output.scanner = merge_tools(scans.iter().map(|scan| &*scan.tool), output.scanner);
            }
            let mut facts: Vec<_> = scans.iter().map(|scan| &scan.facts).collect();
            let overridden;
            if settings.start_time.is_some() || settings.end_time.is_some() {
                overridden = facts.iter().map(|facts| with_times(facts, settings)).collect::<Vec<_>>();
                facts = overridden.iter().collect();
            }
            let (report, receipt) = output.finish(&facts, &settings.now, file_name, &settings.temp_dir)?;
            finished.reports.push(report);
            finished.receipt.outputs.push(receipt);
        }
        export::add(&mut finished, ledger.inventory, settings)?;
        Ok(finished)
    }

    /// A scan that found nothing, or nothing that the user wants, has a report all the same: GitLab compares
    /// against it.
    fn report_empty_scans(&mut self) -> io::Result<()> {
        let Self { stages, ledger, .. } = self;
        let settings = &stages.settings;
        let told: BTreeSet<usize> =
            ledger.outputs.iter().flat_map(|output| output.scans.iter().copied()).collect();
        for scan in 0..ledger.scans.len() {
            let ScanEntry { tool, kind, refused, .. } = &ledger.scans[scan];
            let tool = Arc::clone(tool);
            let mut kinds = refused.clone();
            kinds.retain(|kind| stages.filter.wants(*kind));
            let has_report = |output: &Output| !settings.merge && output.scanner.id == tool.id;
            if !told.contains(&scan) && !ledger.outputs.iter().any(has_report) {
                kinds.extend(*kind);
            }
            for kind in kinds {
                ledger.output(kind, &tool, settings)?.scans.insert(scan);
            }
        }
        // A report names every scanner that looked for what is in it, on all days, and it tells what a
        // scanner has to say where nothing was found.
        let Ledger { scans, outputs, .. } = ledger;
        for (scan, entry) in scans.iter().enumerate() {
            for output in outputs.iter_mut() {
                let is_of_kind = settings.merge && entry.kind == Some(output.kind);
                let is_of_tool = |known: &usize| scans[*known].tool.id == entry.tool.id;
                if is_of_kind || (!told.contains(&scan) && output.scans.iter().any(is_of_tool)) {
                    output.scans.insert(scan);
                }
            }
        }
        // A kind that is asked for by name has a report, so that a job finds what it uploads. All of
        // them together ask for whatever there is.
        let asked = Some(&settings.kinds).filter(|kinds| kinds.len() < Kind::ALL.len());
        for kind in asked.into_iter().flatten() {
            if !ledger.outputs.iter().any(|output| output.kind == *kind)
                && let Some(first) = ledger.scans.first()
            {
                let tool = Arc::clone(&first.tool);
                ledger.output(*kind, &tool, settings)?.scans.insert(0);
            }
        }
        Ok(())
    }
}

impl Sink for Pipeline {
    fn begin_scan(&mut self, scan: ScanInfo<'_>) -> io::Result<()> {
        let tool = scanner::identify(&scan, &self.stages.settings.scanner);
        self.stages.begin_scan(&scan.roots, tool.clone());
        if tool.id == Tool::UNKNOWN {
            self.ledger.input.warn(Warning::note(
                "the scanner has no name that an id could be made of, and is `unknown` to GitLab, which closes one such \
                 scanner's vulnerabilities by another's report; name it with --scanner-id",
            ));
        }
        let receipt = scanner_receipt(&tool);
        self.ledger.input.is_open = true;
        let account = &mut self.ledger.input.receipt;
        account.format_version =
            account.format_version.take().or(scan.format_version.map(|text| text.into_owned()));
        match &account.scanner {
            None => account.scanner = Some(receipt),
            Some(first) if *first == receipt || account.further_scanners.contains(&receipt) => {}
            Some(_) => account.further_scanners.push(receipt),
        }
        let time =
            |text: Option<scanlift_report_core::Text<'_>>| text.as_deref().and_then(crate::time::parse);
        let facts = ScanFacts {
            start: time(scan.start_time),
            end: time(scan.end_time),
            status: scan.status,
            messages: scan
                .messages
                .into_iter()
                .map(|message| self.stages.clean(message.into_owned()))
                .collect(),
            options: scan.options.into_iter().map(|option| option.into_owned()).collect(),
            primary_identifiers: scan.primary_identifiers.into_iter().map(|rule| rule.into_owned()).collect(),
            scanned_resources: scan
                .scanned_resources
                .into_iter()
                .map(|resource| resource.into_owned())
                .collect(),
        };
        let kind = self.stages.filter.kind(scan.kind);
        let tool = match self.ledger.scans.last() {
            Some(last) if *last.tool == tool => Arc::clone(&last.tool),
            _ => Arc::new(tool),
        };
        self.ledger.scans.push(ScanEntry { tool, kind, refused: BTreeSet::new(), facts });
        Ok(())
    }

    fn record(&mut self) {
        self.ledger.input.receipt.records += 1;
    }

    fn emit(&mut self, finding: Finding<'_>) -> io::Result<()> {
        if !self.stages.has_scan() {
            self.begin_scan(ScanInfo::new("", finding.vulnerability.kind()))?;
        }
        self.stages.pass(finding, &mut self.desk)?;
        self.ledger.enter(&mut self.desk, &self.stages.settings)
    }

    fn skip(&mut self, reason: SkipReason, detail: &str, example: &str) {
        self.ledger.input.skip(reason, detail, example);
    }

    fn warn(&mut self, warning: Warning) {
        self.ledger.input.warn(warning);
    }

    fn share(&mut self) -> Option<Box<dyn Shared + '_>> {
        if !self.stages.has_scan() {
            return None;
        }
        Some(Box::new(Split::new(&self.stages, &mut self.ledger)))
    }
}

pub(crate) fn scanner_receipt(tool: &Tool<'_>) -> ScannerReceipt {
    ScannerReceipt { id: tool.id.to_string(), name: tool.name.to_string(), version: tool.version.to_string() }
}

/// One name for several scanners, so that nobody's result is attributed to another.
fn merge_tools<'t>(tools: impl Iterator<Item = &'t Tool<'static>>, first: Tool<'static>) -> Tool<'static> {
    let tools: BTreeMap<_, _> = tools.map(|tool| (tool.id.clone(), tool)).collect();
    if tools.len() < 2 {
        return first;
    }
    Tool::merged(tools.values().map(|tool| &*tool.name))
}

fn with_times(facts: &ScanFacts, settings: &Settings) -> ScanFacts {
    let or = |user: &Option<ScanTime>, source: &Option<ScanTime>| user.clone().or_else(|| source.clone());
    ScanFacts {
        start: or(&settings.start_time, &facts.start),
        end: or(&settings.end_time, &facts.end),
        ..facts.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::read_all;
    use scanlift_report_core::{
        Commit, Identifier, Location, ScanStatus, SecretLocation, SourceLocation, Vulnerability,
    };

    static FORMAT: Descriptor = Descriptor {
        id: "acme",
        name: "ACME",
        summary: "alerts of ACME",
        versions: "1",
        kinds: &[Kind::Sast],
        url: "https://acme.example",
    };

    fn pipeline(settings: Settings) -> Pipeline {
        let settings = Settings { temp_dir: std::env::temp_dir(), ..settings };
        Pipeline::new(settings).expect("the settings are good")
    }

    fn code() -> Location<'static> {
        Location::Sast(SourceLocation::file("a.c"))
    }

    fn secret(sha: &'static str) -> Location<'static> {
        Location::SecretDetection(SecretLocation::new(Commit::new(sha), SourceLocation::file("a.c")))
    }

    /// Does as a converter does.
    fn tell(pipeline: &mut Pipeline, place: Location<'static>) -> io::Result<()> {
        pipeline.begin_scan(ScanInfo::new("ACME", place.kind()))?;
        pipeline.record();
        let rule = Identifier::new("r", "r", "r").expect("parts are filled");
        pipeline.emit(Finding::new(Vulnerability::new(rule, place)))
    }

    #[test]
    fn a_run_ends_if_all_of_its_inputs_do() -> io::Result<()> {
        for (steps, ends) in [
            ("", true),
            ("begin tell end", true),
            ("begin tell end begin tell end", true),
            ("begin", false),
            ("begin tell", false),
            ("begin tell begin tell end", false),
            ("tell", false),
        ] {
            let mut pipeline = pipeline(Settings::default());
            for step in steps.split_whitespace() {
                match step {
                    "begin" => pipeline.begin_input("a", &FORMAT),
                    "tell" => tell(&mut pipeline, code())?,
                    _ => pipeline.end_input(None, None),
                }
            }
            let finished = pipeline.finish();
            assert_eq!(finished.is_ok(), ends, "{steps}");
            if let Ok(Finished { receipt, .. }) = finished {
                let told: u64 = receipt.inputs.iter().map(|input| input.findings).sum();
                let written: u64 = receipt.outputs.iter().map(|output| output.findings).sum();
                assert_eq!(told, written, "{steps}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_merged_report_names_who_found_nothing() -> io::Result<()> {
        for (kinds, want) in [
            (Vec::new(), &[("container_scanning", "Third"), ("sast", "ACME, Other")][..]),
            // What the third one looks for cannot be told in the only report that is wanted.
            (vec![Kind::Sast], &[("sast", "ACME, Other")]),
        ] {
            let mut pipeline = pipeline(Settings { merge: true, kinds, ..Settings::default() });
            pipeline.begin_input("a", &FORMAT);
            tell(&mut pipeline, code())?;
            let mut other = ScanInfo::new("Other", Kind::Sast);
            other.status = ScanStatus::Failure;
            pipeline.begin_scan(other)?;
            pipeline.begin_scan(ScanInfo::new("Third", Kind::ContainerScanning))?;
            pipeline.end_input(None, None);
            let mut finished = pipeline.finish()?;
            let outputs = finished.receipt.outputs.iter();
            let told: BTreeMap<_, _> = outputs.map(|output| (output.kind, &*output.scanner.name)).collect();
            let want: BTreeMap<_, _> = want.iter().copied().collect();
            assert_eq!(told, want);
            let sast = finished.reports.iter_mut().find(|report| report.kind == Kind::Sast);
            let report = read_all(sast.expect("it is written"))?;
            let report: serde_json::Value = serde_json::from_slice(&report)?;
            assert_eq!(report["scan"]["status"], "failure");
        }
        Ok(())
    }

    #[test]
    fn a_kind_of_which_nothing_is_wanted_has_a_report() -> io::Result<()> {
        let least = Some(scanlift_report_core::Severity::High);
        let mut pipeline = pipeline(Settings { min_severity: least, ..Settings::default() });
        pipeline.begin_input("a", &FORMAT);
        tell(&mut pipeline, secret("89abcdef"))?;
        tell(&mut pipeline, code())?;
        pipeline.end_input(None, None);
        let receipt = pipeline.finish()?.receipt;
        let told: BTreeMap<_, _> =
            receipt.outputs.iter().map(|output| (output.kind, output.findings)).collect();
        assert_eq!(told, BTreeMap::from([("sast", 0), ("secret_detection", 1)]));
        Ok(())
    }

    #[test]
    fn the_commit_that_was_scanned_is_that_of_every_secret_without_one() -> io::Result<()> {
        for (place, want) in [
            (secret("89abcdef"), "89abcdef"),
            (secret(""), "01234567"),
            (secret("0000000"), "01234567"),
            // It is moved to the only kind that is wanted.
            (code(), "01234567"),
        ] {
            let mut pipeline = pipeline(Settings {
                kinds: vec![Kind::SecretDetection],
                commit: Some("01234567".to_owned()),
                ..Settings::default()
            });
            pipeline.begin_input("a", &FORMAT);
            tell(&mut pipeline, place)?;
            pipeline.end_input(None, None);
            let report = read_all(&mut pipeline.finish()?.reports[0])?;
            let report: serde_json::Value = serde_json::from_slice(&report)?;
            assert_eq!(report["vulnerabilities"][0]["location"]["commit"]["sha"], want);
        }
        Ok(())
    }
}
