//! The stages that look at one finding at a time: any thread can run them.

use crate::{
    Settings, SettingsError, desk::Desk, enrich, export, filter::Filter, identity, ignore, images,
    paths::Paths, redact::Redactor, severity, vex,
};
use scanlift_convert_api::{Finding, SkipReason, Warning};
use scanlift_report_core::{Commit, Location, Message, Text, Tool, Vulnerability};
use std::{borrow::Cow, io};

/// What every finding of the scan that was begun last goes through.
#[derive(Debug)]
pub(crate) struct Stages {
    pub(crate) settings: Settings,
    pub(crate) filter: Filter,
    pub(crate) vex: vex::Stage,
    pub(crate) ignore: ignore::Stage,
    paths: Paths,
    redactor: Redactor,
    tool: Option<Tool<'static>>,
}

impl Stages {
    pub(crate) fn new(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            filter: Filter::new(&settings)?,
            vex: vex::Stage::new(&settings),
            ignore: ignore::Stage::new(&settings),
            paths: Paths::new(&settings),
            redactor: Redactor::default(),
            tool: None,
            settings,
        })
    }

    /// A place to work at, for one thread.
    pub(crate) fn desk(&self) -> Desk {
        Desk::new(&self.settings)
    }

    /// Begins a scan by that tool, which calls its roots so.
    pub(crate) fn begin_scan(&mut self, roots: &[Text<'_>], tool: Tool<'static>) {
        self.paths.begin_scan(roots);
        self.tool = Some(tool);
    }

    /// Whether a scan was begun.
    pub(crate) fn has_scan(&self) -> bool {
        self.tool.is_some()
    }

    /// What a scan has to tell, without secrets: of an address that could not be reached, it tells the
    /// password too.
    pub(crate) fn clean(&self, mut message: Message<'static>) -> Message<'static> {
        if !self.settings.include_secrets {
            let clean = match self.redactor.credentials(&message.value) {
                Cow::Owned(clean) => Some(clean),
                Cow::Borrowed(_) => None,
            };
            message.value = clean.map_or(message.value, Cow::Owned);
        }
        message
    }

    /// Takes a finding through the stages. What is left of it lies on the desk.
    pub(crate) fn pass(&self, mut finding: Finding<'_>, desk: &mut Desk) -> io::Result<()> {
        severity::decide(&mut finding);
        self.paths.apply(&mut finding, &mut |warning| desk.warn(warning));
        images::complete(&mut finding, &mut |warning| desk.warn(warning));
        if !self.settings.include_secrets {
            self.redactor.apply(&mut finding);
        }
        enrich::complete(&mut finding.vulnerability);
        self.filter.move_to_kind(&mut finding);
        let scanner = self.tool.as_ref().map_or("", |tool| &*tool.id);
        identity::settle(&mut finding, scanner, &mut desk.sources);

        let vulnerability = &mut finding.vulnerability;
        name_commit(vulnerability, self.settings.commit.as_deref());
        images::name_on_default_branch(vulnerability, self.settings.default_branch_image.as_deref());
        if let Some(detail) = self.filter.refuses(vulnerability, &mut desk.usage.exclude) {
            refuse(desk, SkipReason::Filtered, &detail, vulnerability);
            return Ok(());
        }
        if let Some(detail) = self.vex.apply(vulnerability, &mut desk.usage.vex) {
            refuse(desk, SkipReason::Vex, &detail, vulnerability);
            return Ok(());
        }
        if let Some(detail) = self.ignore.refuses(vulnerability, scanner, &mut desk.usage.ignore) {
            refuse(desk, SkipReason::Ignored, &detail, vulnerability);
            return Ok(());
        }
        if let Some(detail) = export::refuses(&self.settings, vulnerability) {
            skip(desk, SkipReason::Unsupported, detail, vulnerability);
            return Ok(());
        }
        if self.settings.merge
            && let Some(tool) = &self.tool
        {
            vulnerability.details.text("scanner", "Scanner", tool.name.clone());
        }
        desk.write(finding, self.settings.schema_version)
    }
}

/// Says which commit was scanned, of a secret whose source does not say it.
fn name_commit(vulnerability: &mut Vulnerability<'_>, commit: Option<&str>) {
    if let (Location::SecretDetection(place), Some(commit)) = (&mut vulnerability.location, commit)
        // Zeros in any number stand for none: of GitLab's own analyzers, too.
        && place.commit.sha.bytes().all(|digit| digit == b'0')
    {
        place.commit.sha = Commit::new(commit.to_owned()).sha;
    }
}

fn refuse(desk: &mut Desk, reason: SkipReason, detail: &str, vulnerability: &Vulnerability<'_>) {
    desk.refused.insert(vulnerability.kind());
    skip(desk, reason, detail, vulnerability);
}

fn skip(desk: &mut Desk, reason: SkipReason, detail: &str, vulnerability: &Vulnerability<'_>) {
    desk.skip(reason, detail, &vulnerability.identifiers.primary().value);
}

/// What people should know of a finding that is written: what had to be cut.
pub(crate) fn cuts(vulnerability: &Vulnerability<'_>) -> impl Iterator<Item = Warning> {
    let cuts = [
        ("name", vulnerability.name.as_ref().is_some_and(|text| text.was_cut())),
        ("description", vulnerability.description.as_ref().is_some_and(|text| text.was_cut())),
        ("solution", vulnerability.solution.as_ref().is_some_and(|text| text.was_cut())),
    ];
    let of = &vulnerability.identifiers.primary().value;
    cuts.into_iter()
        .filter(|(_, cut)| *cut)
        .map(move |(field, _)| Warning::TextCut { field, of: of.to_string() })
}
