//! Finds the inputs: files, directories, globs and standard input, each of them once, and what
//! they are.

mod envelope;
mod several;
mod unknown;

pub(crate) use envelope::statements;

use crate::{
    config::nearest,
    explain::{self, Failure},
    log, printed,
};
use globset::GlobBuilder;
use scanlift_convert_api::json::{self, Fields};
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input as _, Match, Registry};
use scanlift_input::{HEAD, Source};
use scanlift_pipeline::export::Format;
use std::{
    collections::HashSet,
    fs, io,
    path::{Component, MAIN_SEPARATOR, Path, PathBuf},
};

/// An input that is open and recognised.
pub(crate) struct Found {
    /// As the user named it.
    pub(crate) label: String,
    /// Its bytes.
    pub(crate) source: Source,
    /// What reads it.
    pub(crate) converter: &'static dyn Converter,
    /// How sure that is; `Yes` if the user says so.
    pub(crate) confidence: Match,
    /// Whether it was found in a directory or an archive: then it may be something else.
    pub(crate) is_walked: bool,
    /// How many lines stand before the document, and are left out.
    pub(crate) preamble: usize,
    /// What stands between documents or behind them, and is left out.
    pub(crate) words: Option<Words>,
    /// The line of the first comma that stands behind a last member, and is left out.
    pub(crate) comma: Option<u64>,
}

/// Lines of text that belong to no document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// The number of the first one in the file, from 1.
    pub(crate) line: u64,
    /// How many they are.
    pub(crate) lines: usize,
    /// Whether a document stands behind the first one.
    pub(crate) is_between: bool,
}

impl Found {
    fn new(
        label: String,
        source: Source,
        (confidence, converter): (Match, &'static dyn Converter),
        is_walked: bool,
    ) -> Self {
        Self { label, source, converter, confidence, is_walked, preamble: 0, words: None, comma: None }
    }

    /// The same, read of another source.
    fn reading(&self, source: Source) -> Self {
        Self { label: self.label.clone(), source, ..*self }
    }

    /// What it is called in messages.
    pub(crate) fn shown(&self) -> &str {
        shown(&self.label)
    }

    /// What to read in its place after that error: the same without the words or the commas in it, or the
    /// reports that it holds. `None` if the error stands. `is_named` says that the user named the format.
    ///
    /// Where it holds a report and something else, the failure tells of that.
    pub(crate) fn again(&self, error: &ConvertError, is_named: bool) -> Result<Option<Vec<Self>>, Failure> {
        several::again(self, error, is_named)
    }
}

/// What becomes of reports that scanlift wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// Converting them once more would repeat what was said.
    Refused,
    /// They are what is looked for.
    Taken,
}

/// What an input is called in messages.
pub(crate) fn shown(label: &str) -> &str {
    if label == "-" { "standard input" } else { label }
}

/// Something that was named or found, not yet looked into.
struct Candidate {
    label: String,
    path: PathBuf,
    /// Whether it was found in a directory: then it may be something else.
    is_walked: bool,
}

/// Every input in the order named, or why it is none. Formats are detected unless `from` names
/// one.
pub(crate) fn find(
    registry: &Registry,
    named: &[PathBuf],
    from: Option<&str>,
    own: Own,
) -> Vec<Result<Found, Failure>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for path in named {
        if path.as_os_str() == "-" {
            if seen.insert(path.clone()) {
                let source = Source::stdin().map_err(|error| explain::open(&error));
                add(
                    &mut found,
                    source.and_then(|source| recognise(registry, "-".to_owned(), source, from, own)),
                );
            }
            continue;
        }
        match expand(path) {
            Err(failure) => found.push(Err(failure)),
            Ok(candidates) => {
                let before = found.len();
                let looked_at = candidates.len();
                let mut is_known_already = false;
                for candidate in candidates {
                    let real = fs::canonicalize(&candidate.path).unwrap_or_else(|_| candidate.path.clone());
                    if !seen.insert(real) {
                        log::debug(&format!("{} is named twice and read once", candidate.label));
                        is_known_already = true;
                        continue;
                    }
                    let Candidate { label, path, is_walked } = candidate;
                    let source = Source::file(path);
                    if is_walked {
                        let looked = match source {
                            Ok(source) => look_into(registry, &label, source, from, own),
                            Err(error) => pass_over(&label, &format!("failed to {error}")),
                        };
                        found.extend(looked.into_iter().map(Ok));
                    } else {
                        let source = source.map_err(|error| explain::open(&error));
                        add(
                            &mut found,
                            source.and_then(|source| recognise(registry, label, source, from, own)),
                        );
                    }
                }
                if found.len() == before && !is_known_already {
                    found.push(Err(nothing_in(path, looked_at, from)));
                }
            }
        }
    }
    if own == Own::Taken && found.len() > 1 {
        without_copies(&mut found, |one| one.as_ref().ok().map(|one| (one.shown(), &one.source)));
    }
    found
}

fn add(found: &mut Vec<Result<Found, Failure>>, recognised: Result<Vec<Found>, Failure>) {
    match recognised {
        Ok(reports) => found.extend(reports.into_iter().map(Ok)),
        Err(failure) => found.push(Err(failure)),
    }
}

/// Passes over Code Quality, SARIF and SBOMs that scanlift wrote, where they are named beside the security reports, as
/// by `gl-*-report.json`: they say the same once more.
pub(crate) fn without_copies<T>(found: &mut Vec<T>, file: impl Fn(&T) -> Option<(&str, &Source)>) {
    let format = |one: &T| file(one).and_then(|(_, source)| Format::wrote(&source.head().ok()?));
    let copies: Vec<_> = found.iter().map(format).collect();
    if copies.iter().all(Option::is_some) {
        return;
    }
    let mut copies = copies.into_iter();
    found.retain(|one| {
        let copy = copies.next().flatten();
        if let (Some(copy), Some((label, _))) = (copy, file(one)) {
            log::info(&format!(
                "{label} is passed over: it is {copy}, and says what the security reports say"
            ));
        }
        copy.is_none()
    });
}

/// The files that are named for another use than to be converted, each of them once; those of
/// directories are not looked for.
pub(crate) fn files(named: &[PathBuf]) -> Result<Vec<(String, Source)>, Failure> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for path in named {
        if path.is_dir() {
            return Err(Failure::input(format!("{} is a directory", path.display()))
                .help(format!("name the files in it, or a quoted glob like '{}/*.json'", path.display())));
        }
        for Candidate { label, path, .. } in expand(path)? {
            if seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
                found.push((label, Source::file(&path).map_err(|error| explain::open(&error))?));
            }
        }
    }
    Ok(found)
}

fn nothing_in(path: &Path, looked_at: usize, from: Option<&str>) -> Failure {
    let format = from.map_or_else(|| "of a known format".to_owned(), |id| format!("of the format {id}"));
    let files = match looked_at {
        0 => "it holds no files".to_owned(),
        1 => format!("the one file in it is not {format}"),
        many => format!("none of its {many} files is {format}"),
    };
    Failure::input(format!("no scanner report was found in {}: {files}", path.display()))
        .help("`scanlift formats` lists what can be read; -v tells what was looked at")
}

/// The files that an argument stands for.
fn expand(path: &Path) -> Result<Vec<Candidate>, Failure> {
    let label = path.display().to_string();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let mut files = Vec::new();
            walk(path, &mut files).map_err(|error| explain::read(&label, &error))?;
            Ok(files
                .into_iter()
                .map(|path| Candidate { label: label_of(&path), path, is_walked: true })
                .collect())
        }
        Ok(_) => Ok(vec![Candidate { label, path: path.to_owned(), is_walked: false }]),
        Err(error) if error.kind() == io::ErrorKind::NotFound && label.contains(['*', '?', '[', '{']) => {
            let files = glob(&label)?;
            Ok(files
                .into_iter()
                .map(|path| Candidate { label: label_of(&path), path, is_walked: false })
                .collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(path)),
        // Whatever else is wrong is told by opening it.
        Err(_) => Ok(vec![Candidate { label, path: path.to_owned(), is_walked: false }]),
    }
}

/// Without the `./` that walking the current directory gives.
fn label_of(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

fn missing(path: &Path) -> Failure {
    let failure = Failure::input(format!("there is no file {}", path.display()));
    if path.to_string_lossy().contains("://") {
        return failure.help("addresses are not opened: download it, and name the file");
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else {
        return failure.help(format!("there is no directory {} either", folder.display()));
    };
    let mut names: Vec<_> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match nearest(&name, names.iter().map(String::as_str)) {
        Some(likely) => failure.help(format!("did you mean {}?", label_of(&folder.join(likely)))),
        None => failure.help("look whether the scanner wrote it, and from which directory the path counts"),
    }
}

/// All files below a folder, each folder's entries by name. Links to folders are not followed, and
/// `.git` holds no reports.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_unstable_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if entry.file_name() == ".git" {
                continue;
            }
            if let Err(error) = walk(&path, files) {
                log::warn(&format!("{} is passed over: {error}", path.display()));
            }
        } else if kind.is_file() || (kind.is_symlink() && path.is_file()) {
            files.push(path);
        }
    }
    Ok(())
}

/// The files that a pattern matches, in order.
fn glob(pattern: &str) -> Result<Vec<PathBuf>, Failure> {
    let unusable =
        |error: globset::Error| Failure::usage(format!("`{pattern}` is no glob: {}", error.kind()));
    let normal = pattern.strip_prefix("./").unwrap_or(pattern);
    let matcher =
        GlobBuilder::new(normal).literal_separator(true).build().map_err(unusable)?.compile_matcher();
    let is_plain = |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let base: PathBuf = Path::new(normal).components().take_while(is_plain).collect();
    let mut files = Vec::new();
    let folder = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    if folder.is_dir() {
        walk(folder, &mut files).map_err(|error| explain::read(&folder.display().to_string(), &error))?;
    }
    files.retain(|file| matcher.is_match(file.strip_prefix(".").unwrap_or(file)));
    if files.is_empty() {
        return Err(Failure::input(format!("no file matches {pattern}"))
            .help("`*` stays within a directory, `**` goes below; quote the pattern so that the shell leaves it alone"));
    }
    Ok(files)
}

/// What a file of a directory or an archive holds of scanners.
fn look_into(registry: &Registry, label: &str, source: Source, from: Option<&str>, own: Own) -> Vec<Found> {
    let head = match source.head() {
        Ok(head) => head,
        Err(error) => return pass_over(label, &format!("failed to read {label}: {error}")),
    };
    let named = from.and_then(|id| registry.get(id));
    let several = match tell(registry, &source, &head, named) {
        Told::One(_, converter)
            if named.is_none() && own == Own::Refused && is_own(converter, &source, &head) =>
        {
            let id = converter.descriptor().id;
            log::info(&format!("{label} is passed over: scanlift wrote it; --from {id} converts it again"));
            return Vec::new();
        }
        Told::One(confidence, converter) => {
            return vec![Found::new(label.to_owned(), source, (confidence, converter), true)];
        }
        Told::Several(formats) => {
            let ids: Vec<_> = formats.iter().map(|format| format.id).collect();
            return pass_over(
                label,
                &format!("it could be {}; name it together with --from", ids.join(" or ")),
            );
        }
        Told::None => several::listed(registry, label, &source, &head, named),
    };
    match several {
        Ok(Some(mut found)) => {
            found.iter_mut().for_each(|found| found.is_walked = true);
            found
        }
        Ok(None) => {
            log::debug(&format!("{label} is passed over: no known format"));
            Vec::new()
        }
        Err(failure) => pass_over(label, &failure.headline),
    }
}

fn pass_over(label: &str, why: &str) -> Vec<Found> {
    log::warn(&format!("{label} is passed over: {why}"));
    Vec::new()
}

/// What a source that was named holds: one report, or several.
fn recognise(
    registry: &Registry,
    label: String,
    source: Source,
    from: Option<&str>,
    own: Own,
) -> Result<Vec<Found>, Failure> {
    let read = |error| explain::read(shown(&label), &error);
    let files = source.archived().map_err(read)?;
    if !files.is_empty() {
        return several::archived(registry, &label, files, from, own);
    }
    let named = from.and_then(|id| registry.get(id));
    let mut head = source.head().map_err(read)?;
    let sniff =
        |head: &[u8]| named.map_or_else(|| registry.detect(head).0, |converter| converter.sniff(head));
    let (source, preamble) = match sniff(&head) {
        Match::No => without_preamble(source, &mut head, sniff),
        _ => (source, 0),
    };
    if let Some(converter) = named {
        let found = Found::new(label, source, (Match::Yes, converter), false);
        return Ok(vec![Found { preamble, ..found }]);
    }
    match tell(registry, &source, &head, None) {
        Told::One(confidence, converter) => {
            if own == Own::Refused && is_own(converter, &source, &head) {
                return Err(Failure::input(format!("{} is a report that scanlift wrote", shown(&label)))
                    .help("leave it out, and write reports into a directory of their own: -o gitlab/")
                    .help(format!("to convert it again, say --from {}", converter.descriptor().id)));
            }
            let found = Found::new(label, source, (confidence, converter), false);
            Ok(vec![Found { preamble, ..found }])
        }
        Told::None => {
            if let Some(found) = several::listed(registry, &label, &source, &head, None)? {
                return Ok(found);
            }
            let opened = envelope::opened(registry, &label, &source)?;
            opened.ok_or_else(|| unknown::unknown(registry, &label, &source, &head))
        }
        Told::Several(formats) => {
            let ids: Vec<_> = formats.iter().map(|format| format.id).collect();
            let options: Vec<_> = ids.iter().map(|id| format!("--from {id}")).collect();
            Err(Failure::input(format!("{} could be {}", shown(&label), ids.join(" or ")))
                .help(format!("say which it is: {}", options.join(" or "))))
        }
    }
}

/// What reads a document, as far as it can be told.
enum Told {
    None,
    One(Match, &'static dyn Converter),
    Several(Vec<&'static Descriptor>),
}

/// Tells a document by its first bytes. Where these do not decide, and are not all of it, what an abridged
/// document shows may: members in another order than usual, long lists in front. `named` is the format that
/// the user named.
fn tell(registry: &Registry, source: &Source, head: &[u8], named: Option<&'static dyn Converter>) -> Told {
    match told(registry, head, named) {
        told @ Told::One(..) => told,
        told if head.len() < HEAD || !matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) => told,
        // What cannot be read is told when it is converted.
        told => match source.open().map(|stream| self::told(registry, &json::abridged(stream), named)) {
            Ok(found @ Told::One(Match::Yes, _)) => found,
            _ => told,
        },
    }
}

fn told(registry: &Registry, head: &[u8], named: Option<&'static dyn Converter>) -> Told {
    let (confidence, formats) = match named {
        Some(converter) => match converter.sniff(head) {
            Match::No => return Told::None,
            confidence => (confidence, vec![converter.descriptor()]),
        },
        None => registry.detect(head),
    };
    match formats.as_slice() {
        [] => Told::None,
        [format] => registry.get(format.id).map_or(Told::None, |converter| Told::One(confidence, converter)),
        _ => Told::Several(formats),
    }
}

/// The source and its head from the document on, and how many lines stood before that.
fn without_preamble(source: Source, head: &mut Vec<u8>, sniff: impl Fn(&[u8]) -> Match) -> (Source, usize) {
    match printed::before(head, sniff) {
        Some(start) => {
            let text: Vec<u8> = head.drain(..start).collect();
            (source.without_preamble(start as u64), printed::lines(&text))
        }
        None => (source, 0),
    }
}

/// Whether scanlift wrote it: of a security report that stands behind its findings. Converting it once more would keep
/// what former runs found, and tell everything twice.
fn is_own(converter: &dyn Converter, source: &Source, head: &[u8]) -> bool {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Named {
        analyzer: Option<Box<Self>>,
        id: Option<String>,
    }
    if converter.descriptor().id != "gitlab" {
        return Format::wrote(head).is_some();
    }
    let mut own = false;
    // What is wrong with the report is told when it is converted.
    let looked = json::walk(source, |key, reader| {
        if key == "scan" {
            let scan: Option<Named> = Fields::default().object(reader)?;
            let analyzer = scan.and_then(|scan| scan.analyzer).and_then(|analyzer| analyzer.id);
            own = analyzer.as_deref() == Some("scanlift");
        }
        Ok(())
    });
    looked.is_ok() && own
}

/// Whether a path is written as a folder.
pub(crate) fn ends_as_folder(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.ends_with('/') || text.ends_with(MAIN_SEPARATOR)
}
