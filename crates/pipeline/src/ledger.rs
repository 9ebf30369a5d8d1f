//! What is kept of a whole run: the scans, the reports, the account. One thread at a time enters what
//! lies on its desk, in the order of the records.

use crate::{
    Settings,
    account::InputAccount,
    desk::{Desk, Event, Usage},
    export::Inventory,
    output::{Output, ScanFacts},
    pipeline::scanner_receipt,
    receipt::InputReceipt,
};
use scanlift_convert_api::{SkipReason, Warning};
use scanlift_report_core::{Kind, Tool};
use std::{collections::BTreeSet, io, sync::Arc};

/// A scan that findings came from, or could have.
#[derive(Debug)]
pub(crate) struct ScanEntry {
    pub(crate) tool: Arc<Tool<'static>>,
    /// The report to write if nothing is found; `None` if the user wants none that it could be in.
    pub(crate) kind: Option<Kind>,
    /// The kinds of the findings that the user does not want.
    pub(crate) refused: BTreeSet<Kind>,
    pub(crate) facts: ScanFacts,
}

/// The books of a run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) scans: Vec<ScanEntry>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) usage: Usage,
    /// The packages of findings, if a bill of materials is wanted.
    pub(crate) inventory: Option<Inventory>,
    /// Of the input that is being read.
    pub(crate) input: InputAccount,
    /// An input that was left without an end, by what the user calls it.
    pub(crate) unended: Option<String>,
    pub(crate) inputs: Vec<InputReceipt>,
}

impl Ledger {
    /// Enters what lies on a desk, and clears it. It belongs to the scan that was begun last.
    pub(crate) fn enter(&mut self, desk: &mut Desk, settings: &Settings) -> io::Result<()> {
        self.input.receipt.records += desk.records;
        self.usage.absorb(&mut desk.usage);
        if let Some(scan) = self.scans.last_mut() {
            scan.refused.append(&mut desk.refused);
        }
        let events = std::mem::take(&mut desk.events);
        for event in &events {
            match event {
                Event::Skip { reason, detail, example } => self.input.skip(*reason, detail, example),
                Event::Warn(warning) => self.input.warn(warning.clone()),
                Event::Finding(written) => {
                    let scan = self.scans.len() - 1;
                    let tool = Arc::clone(&self.scans[scan].tool);
                    let output = self.output(written.kind, &tool, settings)?;
                    output.scans.insert(scan);
                    if output.write(written, desk)? {
                        self.input.receipt.findings += 1;
                        if written.is_renamed {
                            self.input.rename(|| desk.name(written));
                        }
                        if let Some(inventory) = &mut self.inventory {
                            inventory.take(&desk.vulnerability(written)?, &scanner_receipt(&tool));
                        }
                        written
                            .warnings
                            .iter()
                            .for_each(|warning: &Warning| self.input.warn(warning.clone()));
                    } else {
                        self.input.skip_lazily(
                            SkipReason::Duplicate,
                            "GitLab would fold it into an earlier finding, which lists it",
                            || desk.primary_value(written),
                        );
                    }
                }
            }
        }
        desk.clear(events);
        Ok(())
    }

    /// The report of that kind and scanner.
    pub(crate) fn output(
        &mut self,
        kind: Kind,
        scanner: &Tool<'static>,
        settings: &Settings,
    ) -> io::Result<&mut Output> {
        let merge = settings.merge;
        let same = |output: &Output| output.kind == kind && (merge || output.scanner.id == scanner.id);
        match self.outputs.iter().position(same) {
            Some(at) => Ok(&mut self.outputs[at]),
            None => {
                let at = self.outputs.len();
                self.outputs.push(Output::new(kind, scanner.clone(), settings)?);
                Ok(&mut self.outputs[at])
            }
        }
    }
}
