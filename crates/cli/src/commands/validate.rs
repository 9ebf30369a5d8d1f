//! `scanlift validate`.

mod fix;
mod json;
mod sarif;
mod text;

use crate::{
    args::Validate,
    commands::report::{self, Judged},
    environment, exit,
    explain::Failure,
    log,
};
use scanlift_convert_api::Input;
use scanlift_ingest::{Fixed, Level, Surroundings, Tree, sarif as sarif_log};
use scanlift_input::Source;
use scanlift_pipeline::redact::Redactor;
use std::{
    borrow::Cow,
    cell::RefCell,
    collections::HashMap,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// What was said of one file.
struct Answer {
    label: String,
    /// The file, to find places in it.
    source: Source,
    verdict: Verdict,
    /// What was mended before it was judged.
    fixed: Option<Fixed>,
}

enum Verdict {
    Report(Box<scanlift_ingest::Verdict>),
    Log(Box<sarif_log::Verdict>),
}

/// Says what GitLab would do with each report; the answer is no if it refuses one.
pub(crate) fn run(options: &Validate) -> Result<u8, Failure> {
    if options.output.is_some() && options.reports.len() > 1 {
        return Err(
            Failure::usage("--output is for one report").help("mend several in place: leave --output out")
        );
    }
    let mut answers = Vec::new();
    let mut failures = Vec::new();
    for path in &options.reports {
        match answer(path, options) {
            Ok(answer) => answers.push(answer),
            Err(failure) => failures.push(failure),
        }
    }
    let told = if options.sarif {
        sarif::of(&answers)?
    } else if options.json {
        json::of(&answers)
    } else {
        answers.iter().map(text::of).collect::<Vec<_>>().join("\n")
    };
    let code = if options.output.as_deref() == Some(Path::new("-")) {
        // The mended report is on standard output.
        log::block(log::Level::Info, &told);
        exit::DONE
    } else {
        log::answer(told.as_bytes())
    };
    failures.iter().for_each(log::failure);
    let worst = failures.iter().map(|failure| failure.code).max();
    match worst {
        _ if code != exit::DONE => Ok(code),
        Some(worst) => Ok(worst),
        None if answers.iter().all(|answer| answer.verdict.is_yes(options.strict)) => Ok(exit::DONE),
        None => Ok(exit::NO),
    }
}

fn answer(path: &Path, options: &Validate) -> Result<Answer, Failure> {
    let (label, source) = report::open(path)?;
    let head = source.head().map_err(|error| crate::explain::read(&label, &error))?;
    let is_log = sarif_log::is_log(&head);
    if is_log && options.fix {
        return Err(Failure::usage(format!("{label} is a SARIF log, and --fix mends security reports"))
            .help("`scanlift convert` makes security reports of it"));
    }
    // Under the key of a security report GitLab reads a log as one.
    if is_log && options.kind.is_none() {
        let verdict = report::judge_log(&label, &source, 1, &mut |_| {})?;
        return Ok(Answer { label, source, verdict: Verdict::Log(Box::new(verdict)), fixed: None });
    }
    let (source, fixed) = if options.fix {
        let (source, fixed) = fix::mend(path, &label, source, options)?;
        (source, Some(fixed))
    } else {
        (source, None)
    };
    // What stands in for the clock to make runs the same is mostly the time of the commit, before the scan.
    let is_fixed = environment::variable("SOURCE_DATE_EPOCH").is_some();
    let now = if is_fixed { None } else { Some(environment::now()?) };
    let repository = options.root.as_deref().map(Repository::new).transpose()?;
    let redactor = Redactor::default();
    let has_secret = |text: &str| matches!(redactor.credentials(text), Cow::Owned(_));
    let mut around = Surroundings::default();
    around.now = now.as_ref().map(|now| now.as_str());
    around.tree = repository.as_ref().map(|repository| repository as &dyn Tree);
    around.has_secret = Some(&has_secret);
    let Judged { verdict, label } =
        report::judge_source(label, &source, options.kind, 1, around, &mut |_, _| {})?;
    Ok(Answer { label, source, verdict: Verdict::Report(Box::new(verdict)), fixed })
}

impl Verdict {
    fn is_yes(&self, strict: bool) -> bool {
        let worst = if strict { Level::Warning } else { Level::Error };
        match self {
            Self::Report(verdict) => verdict.is_accepted() && verdict.lint.is_free_of(worst),
            Self::Log(verdict) => {
                let is_whole = verdict.folded_count == 0 && verdict.losses.is_empty();
                let is_clean = verdict.warnings.is_empty() && is_whole;
                verdict.is_accepted() && (!strict || is_clean)
            }
        }
    }
}

/// The files of a folder, and how many lines they have; counted once each.
struct Repository {
    root: PathBuf,
    known: RefCell<HashMap<String, Option<u64>>>,
}

/// How many files are remembered; of a report with more, some are counted again.
const REMEMBERED: usize = 10_000;

impl Repository {
    fn new(root: &Path) -> Result<Self, Failure> {
        let root = root.canonicalize().map_err(|error| {
            Failure::input(format!("failed to open {}: {error}", root.display()))
                .help("--root names the repository that was scanned")
        })?;
        Ok(Self { root, known: RefCell::default() })
    }

    fn count(&self, file: &str) -> Option<u64> {
        let path = self.root.join(file).canonicalize().ok()?;
        // Nothing outside is looked at, whatever a report names.
        if !path.starts_with(&self.root) || !path.is_file() {
            return None;
        }
        lines(&path).ok()
    }
}

impl Tree for Repository {
    fn lines(&self, file: &str) -> Option<u64> {
        if let Some(known) = self.known.borrow().get(file) {
            return *known;
        }
        let count = self.count(file);
        let mut known = self.known.borrow_mut();
        if known.len() < REMEMBERED {
            known.insert(file.to_owned(), count);
        }
        count
    }
}

fn lines(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    let (mut count, mut is_open) = (0, false);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(count + u64::from(is_open));
        }
        count += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
        is_open = buffer[read - 1] != b'\n';
    }
}

/// Where places stand in a file.
fn locate(answer: &Answer, pointers: &[&str]) -> Result<Vec<scanlift_ingest::Spot>, Failure> {
    let input: &dyn Input = &answer.source;
    scanlift_ingest::locate(input, pointers)
        .map_err(|error| Failure::input(crate::explain::chain(&error)).note(format!("in {}", answer.label)))
}
