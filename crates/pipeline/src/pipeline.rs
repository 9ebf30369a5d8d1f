//! The sink of every converter.

use crate::{
    Settings, SettingsError, enrich,
    export::{self, Export, Inventory},
    filter::Filter,
    identity::{self, Sources},
    ignore,
    output::{FinishedReport, Output, ScanFacts},
    paths::Paths,
    receipt::{InputReceipt, Receipt, ScannerReceipt, SkippedReceipt},
    redact::Redactor,
    scanner, severity, vex,
};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Options, ScanInfo, Sink, SkipReason, Warning,
};
use scanlift_report_core::{Kind, ScanTime, Tool, Vulnerability};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    io,
    rc::Rc,
};

/// Takes what converters say, input by input, and makes the reports and the account of the run.
#[derive(Debug)]
pub struct Pipeline {
    settings: Settings,
    paths: Paths,
    redactor: Redactor,
    filter: Filter,
    sources: Sources,
    vex: vex::Stage,
    ignore: ignore::Stage,
    inventory: Option<Inventory>,
    scans: Vec<(Rc<Tool<'static>>, Kind, ScanFacts)>,
    outputs: Vec<Output>,
    input: InputAccount,
    inputs: Vec<InputReceipt>,
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
}

/// How many warnings of a kind are kept word by word.
const WARNINGS: usize = 20;

/// How many examples of skipped records are kept.
pub(crate) const EXAMPLES: usize = 5;

/// How many different details a reason is split into.
const DETAILS: usize = 200;

/// The account of the input that is being read.
#[derive(Debug, Default)]
struct InputAccount {
    receipt: InputReceipt,
    skipped: BTreeMap<(SkipReason, String), (u64, Vec<String>)>,
    warned: HashSet<String>,
    warnings: HashMap<std::mem::Discriminant<Warning>, u64>,
}

impl Pipeline {
    /// A pipeline that has taken nothing yet.
    ///
    /// # Errors
    /// If a setting cannot be used.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            paths: Paths::new(&settings),
            redactor: Redactor::default(),
            filter: Filter::new(&settings)?,
            sources: Sources::new(settings.root.clone()),
            vex: vex::Stage::new(&settings),
            ignore: ignore::Stage::new(&settings),
            inventory: export::inventory(&settings),
            scans: Vec::new(),
            outputs: Vec::new(),
            input: InputAccount::default(),
            inputs: Vec::new(),
            settings,
        })
    }
}

impl Pipeline {
    /// Begins an input; `label` is what the user calls it.
    pub fn begin_input(&mut self, label: &str, format: &'static Descriptor) {
        self.input = InputAccount::default();
        self.input.receipt.path = label.to_owned();
        self.input.receipt.format = format.id.to_owned();
    }

    /// Ends an input that was read to its end; the hash and length are those of its file.
    pub fn end_input(&mut self, sha256: Option<String>, bytes: Option<u64>) {
        let account = std::mem::take(&mut self.input);
        let mut receipt = account.receipt;
        (receipt.sha256, receipt.bytes) = (sha256, bytes);
        receipt.skipped = account
            .skipped
            .into_iter()
            .map(|((reason, detail), (count, examples))| SkippedReceipt {
                reason: reason.as_str(),
                detail,
                count,
                examples,
            })
            .collect();
        let unsaid: u64 = account.warnings.values().map(|count| count.saturating_sub(WARNINGS as u64)).sum();
        if unsaid > 0 {
            receipt.warnings.push(format!("and {unsaid} more warnings like these"));
        }
        self.inputs.push(receipt);
        self.inventory.iter_mut().for_each(Inventory::end_input);
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
        let Some(inventory) = &mut self.inventory else { return Ok(()) };
        inventory.add_document(&self.settings, self.input.receipt.scanner.as_ref(), |out| {
            converter.bill_of_materials(input, options, out)
        })
    }

    /// Ends the run.
    ///
    /// # Errors
    /// If a temporary file cannot be written.
    pub fn finish(mut self) -> io::Result<Finished> {
        self.report_empty_scans()?;
        let merged = self.settings.merge;
        self.outputs.sort_by(|a, b| (a.kind, &a.scanner.id).cmp(&(b.kind, &b.scanner.id)));
        let several: BTreeSet<Kind> = self
            .outputs
            .windows(2)
            .filter(|pair| pair[0].kind == pair[1].kind)
            .map(|pair| pair[0].kind)
            .collect();
        let mut finished = Finished {
            reports: Vec::new(),
            exports: Vec::new(),
            receipt: Receipt {
                scanlift: env!("CARGO_PKG_VERSION"),
                inputs: self.inputs,
                vex: self.vex.receipts(),
                ignore: self.ignore.receipt(),
                outputs: Vec::new(),
            },
        };
        for mut output in self.outputs {
            let slug = output.kind.slug();
            let file_name = if several.contains(&output.kind) {
                format!("gl-{slug}-{}-report.json", scanner::file_part(&output.scanner.id))
            } else {
                format!("gl-{slug}-report.json")
            };
            let scans: Vec<_> = output.scans.iter().map(|scan| &self.scans[*scan]).collect();
            if merged {
                output.scanner = merge_tools(scans.iter().map(|(tool, _, _)| &**tool), output.scanner);
            }
            let mut facts: Vec<_> = scans.iter().map(|(_, _, facts)| facts).collect();
            let overridden;
            if self.settings.start_time.is_some() || self.settings.end_time.is_some() {
                overridden = facts.iter().map(|facts| with_times(facts, &self.settings)).collect::<Vec<_>>();
                facts = overridden.iter().collect();
            }
            let (report, receipt) =
                output.finish(&facts, &self.settings.now, file_name, &self.settings.temp_dir)?;
            finished.reports.push(report);
            finished.receipt.outputs.push(receipt);
        }
        export::add(&mut finished, self.inventory, &self.settings)?;
        Ok(finished)
    }

    /// A scan that found nothing has a report all the same: GitLab compares against it.
    fn report_empty_scans(&mut self) -> io::Result<()> {
        for scan in 0..self.scans.len() {
            let (tool, kind, _) = &self.scans[scan];
            let told = self.outputs.iter().any(|output| output.scans.contains(&scan));
            let same = |output: &Output| {
                output.scanner.id == tool.id && (!self.settings.merge || output.kind == *kind)
            };
            if !told && !self.outputs.iter().any(same) {
                let (tool, kind) = (tool.clone(), *kind);
                self.output(kind, &tool)?;
            }
            if !told {
                let id = self.scans[scan].0.id.clone();
                for output in self.outputs.iter_mut().filter(|output| output.scanner.id == id) {
                    output.scans.insert(scan);
                }
            }
        }
        // A kind that is asked for by name has a report, so that a job finds what it uploads. All of
        // them together ask for whatever there is.
        let asked = Some(self.settings.kinds.clone()).filter(|kinds| kinds.len() < Kind::ALL.len());
        for kind in asked.unwrap_or_default() {
            if !self.outputs.iter().any(|output| output.kind == kind)
                && let Some((tool, _, _)) = self.scans.first()
            {
                let tool = Rc::clone(tool);
                self.output(kind, &tool)?.scans.insert(0);
            }
        }
        Ok(())
    }

    fn output(&mut self, kind: Kind, scanner: &Tool<'static>) -> io::Result<&mut Output> {
        let merge = self.settings.merge;
        let same = |output: &Output| output.kind == kind && (merge || output.scanner.id == scanner.id);
        match self.outputs.iter().position(same) {
            Some(at) => Ok(&mut self.outputs[at]),
            None => {
                let at = self.outputs.len();
                self.outputs.push(Output::new(kind, scanner.clone(), &self.settings)?);
                Ok(&mut self.outputs[at])
            }
        }
    }

    fn skip_finding(&mut self, reason: SkipReason, detail: &str, vulnerability: &Vulnerability<'_>) {
        let example = &vulnerability.identifiers.primary().value;
        self.input.skip(reason, detail, example);
    }

    fn warn_of_cuts(&mut self, vulnerability: &Vulnerability<'_>) {
        let cuts = [
            ("name", vulnerability.name.as_ref().is_some_and(|text| text.was_cut())),
            ("description", vulnerability.description.as_ref().is_some_and(|text| text.was_cut())),
            ("solution", vulnerability.solution.as_ref().is_some_and(|text| text.was_cut())),
        ];
        for (field, cut) in cuts {
            if cut {
                let of = vulnerability.identifiers.primary().value.to_string();
                self.input.warn(Warning::TextCut { field, of });
            }
        }
    }
}

impl Sink for Pipeline {
    fn begin_scan(&mut self, scan: ScanInfo<'_>) -> io::Result<()> {
        self.paths.begin_scan(&scan.roots);
        let tool = scanner::identify(&scan, &self.settings.scanner);
        let receipt = scanner_receipt(&tool);
        let account = &mut self.input.receipt;
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
            messages: scan.messages.into_iter().map(|message| message.into_owned()).collect(),
            options: scan.options.into_iter().map(|option| option.into_owned()).collect(),
            primary_identifiers: scan.primary_identifiers.into_iter().map(|rule| rule.into_owned()).collect(),
            scanned_resources: scan
                .scanned_resources
                .into_iter()
                .map(|resource| resource.into_owned())
                .collect(),
        };
        self.scans.push((Rc::new(tool), self.filter.kind(scan.kind), facts));
        Ok(())
    }

    fn record(&mut self) {
        self.input.receipt.records += 1;
    }

    fn emit(&mut self, mut finding: Finding<'_>) -> io::Result<()> {
        if self.scans.is_empty() {
            self.begin_scan(ScanInfo::new("", finding.vulnerability.kind()))?;
        }
        let scan = self.scans.len() - 1;
        let tool = Rc::clone(&self.scans[scan].0);

        severity::decide(&mut finding);
        let input = &mut self.input;
        self.paths.apply(&mut finding, &mut |warning| input.warn(warning));
        if !self.settings.include_secrets {
            self.redactor.apply(&mut finding);
        }
        enrich::complete(&mut finding.vulnerability);
        self.filter.move_to_kind(&mut finding);
        identity::settle(&mut finding, &tool.id, &mut self.sources);

        let vulnerability = &mut finding.vulnerability;
        if let Some(detail) = self.filter.refuses(vulnerability) {
            self.skip_finding(SkipReason::Filtered, &detail, vulnerability);
            return Ok(());
        }
        if let Some(detail) = self.vex.apply(vulnerability) {
            self.skip_finding(SkipReason::Vex, &detail, vulnerability);
            return Ok(());
        }
        if let Some(detail) = self.ignore.refuses(vulnerability, &tool.id) {
            self.skip_finding(SkipReason::Ignored, &detail, vulnerability);
            return Ok(());
        }
        if let Some(detail) = export::refuses(&self.settings, vulnerability) {
            self.skip_finding(SkipReason::Unsupported, detail, vulnerability);
            return Ok(());
        }
        if self.settings.merge {
            vulnerability.details.text("scanner", "Scanner", tool.name.clone());
        }
        let keep_duplicates = self.settings.keep_duplicates;
        let output = self.output(vulnerability.kind(), &tool)?;
        output.scans.insert(scan);
        let written = if keep_duplicates {
            output.write_all(&mut finding)?;
            true
        } else {
            output.write(&mut finding)?
        };
        let vulnerability = &finding.vulnerability;
        if written {
            self.input.receipt.findings += 1;
            if let Some(inventory) = &mut self.inventory {
                inventory.take(vulnerability, &scanner_receipt(&tool));
            }
            self.warn_of_cuts(vulnerability);
        } else {
            self.skip_finding(
                SkipReason::Duplicate,
                "GitLab would fold it into an earlier finding, which lists it",
                vulnerability,
            );
        }
        Ok(())
    }

    fn skip(&mut self, reason: SkipReason, detail: &str, example: &str) {
        self.input.skip(reason, detail, example);
    }

    fn warn(&mut self, warning: Warning) {
        self.input.warn(warning);
    }
}

impl InputAccount {
    fn skip(&mut self, reason: SkipReason, detail: &str, example: &str) {
        let full = self.skipped.len() >= DETAILS;
        let key = (reason, detail.to_owned());
        let key = if full && !self.skipped.contains_key(&key) { (reason, "other".to_owned()) } else { key };
        let (count, examples) = self.skipped.entry(key).or_default();
        *count += 1;
        if examples.len() < EXAMPLES && !example.is_empty() && !examples.iter().any(|known| known == example)
        {
            examples.push(example.to_owned());
        }
    }

    fn warn(&mut self, warning: Warning) {
        let count = self.warnings.entry(std::mem::discriminant(&warning)).or_default();
        *count += 1;
        if *count > WARNINGS as u64 {
            return;
        }
        let text = warning.to_string();
        if self.warned.insert(text.clone()) {
            self.receipt.warnings.push(text);
        } else {
            *count -= 1;
        }
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
    let names: Vec<_> = tools.values().map(|tool| &*tool.name).collect();
    Tool::new("scanlift-merged", names.join(", "), env!("CARGO_PKG_VERSION"), "scanlift")
}

fn with_times(facts: &ScanFacts, settings: &Settings) -> ScanFacts {
    let or = |user: &Option<ScanTime>, source: &Option<ScanTime>| user.clone().or_else(|| source.clone());
    ScanFacts {
        start: or(&settings.start_time, &facts.start),
        end: or(&settings.end_time, &facts.end),
        ..facts.clone()
    }
}
