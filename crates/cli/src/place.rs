//! Puts reports in their place: whole, all or none.
//!
//! A report is complete in a temporary file beside its target before anything is moved; a run that
//! fails leaves old files as they were, and neither temporary files nor new directories behind.

use crate::{explain::Failure, inputs::ends_as_folder, interrupt, log};
use scanlift_pipeline::Finished;
use std::{
    collections::HashSet,
    fs,
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
};
use tempfile::{Builder, NamedTempFile, TempDir, TempPath};

/// Where reports and receipt go.
pub(crate) struct Place {
    output: Target,
    receipt: Option<Target>,
    /// Directories that were made for it, outermost first.
    made: Vec<PathBuf>,
}

/// Where something goes.
#[derive(Debug)]
enum Target {
    /// Into a directory, under its own name.
    Folder(PathBuf),
    /// Into a file, as named by the user and where links lead.
    File { shown: PathBuf, real: PathBuf },
    /// Into something that is no regular file: a named pipe, a device.
    Special(PathBuf),
    /// To standard output.
    Stdout,
}

/// A file that waits for being moved.
struct Pending {
    file: NamedTempFile,
    target: PathBuf,
    /// Whether it is as readable as the file that it replaces, and not as any new one.
    keeps_mode: bool,
}

impl Pending {
    fn new(file: NamedTempFile, target: PathBuf) -> Self {
        Self { file, target, keeps_mode: false }
    }
}

impl Place {
    /// Settles where things go, and makes the directories that are missing.
    pub(crate) fn prepare(output: &Path, receipt: Option<&Path>) -> Result<Self, Failure> {
        let receipt = receipt.map(Target::file);
        let place = Self { output: Target::of(output), receipt, made: Vec::new() };
        if matches!((&place.output, &place.receipt), (Target::Stdout, Some(Target::Stdout))) {
            return Err(Failure::usage("the report and the receipt cannot both go to standard output")
                .help("give --receipt a file"));
        }
        if let Some(Target::Folder(folder)) = &place.receipt {
            return Err(Failure::usage(format!("--receipt {} is a directory", folder.display()))
                .help(format!("name a file: --receipt {}", folder.join("receipt.json").display())));
        }
        place.make_folders()
    }

    fn make_folders(mut self) -> Result<Self, Failure> {
        for target in [Some(&self.output), self.receipt.as_ref()].into_iter().flatten() {
            let folder = target.folder();
            let missing: Vec<_> = folder
                .ancestors()
                .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
                .collect();
            for folder in missing.into_iter().rev() {
                fs::create_dir(folder).map_err(|error| {
                    Failure::output(&format!("make the directory {}", folder.display()), &error)
                })?;
                self.made.push(folder.to_owned());
            }
            // Better told now than after reading gigabytes.
            let probe = temporary(".tmp").tempfile_in(&folder);
            probe.map_err(|error| match target {
                Target::Special(_) | Target::Stdout => Failure::temporary(&folder, &error),
                _ => Failure::output(
                    &format!("write into the directory {}", folder.display()),
                    &error.kind().into(),
                ),
            })?;
        }
        Ok(self)
    }

    /// Where temporary files must be made to be moved later.
    pub(crate) fn temp_dir(&self) -> PathBuf {
        self.output.folder()
    }

    /// Puts everything in its place, and writes into the receipt where that is.
    pub(crate) fn put(mut self, finished: &mut Finished) -> Result<(), Failure> {
        self.check_count(finished)?;
        let reports = std::mem::take(&mut finished.reports).into_iter();
        let exports = std::mem::take(&mut finished.exports).into_iter();
        let files = reports
            .map(|report| (report.file_name, report.file))
            .chain(exports.map(|export| (export.file_name, export.file)));
        let mut pending = Vec::new();
        let mut poured = Vec::new();
        for ((name, file), account) in files.zip(&mut finished.receipt.outputs) {
            match &self.output {
                Target::Folder(folder) => {
                    let target = folder.join(&name);
                    account.path = shown(&target);
                    pending.push(Pending::new(file, target));
                }
                Target::File { shown: path, real } => {
                    account.path = shown(path);
                    pending.push(Pending::new(file, real.clone()));
                }
                Target::Special(path) => {
                    account.path = shown(path);
                    poured.push(file);
                }
                Target::Stdout => {
                    "-".clone_into(&mut account.path);
                    poured.push(file);
                }
            }
        }
        let receipt = receipt_text(finished)?;
        if let Some(Target::File { real, .. }) = &self.receipt {
            pending.push(receipt_file(&receipt, real, &pending)?);
        }
        for file in poured {
            pour(&self.output, file)?;
        }
        if let Some(target @ (Target::Stdout | Target::Special(_))) = &self.receipt {
            pour_text(target, &receipt)?;
        }
        move_all(pending)?;
        self.made.clear();
        Ok(())
    }

    fn check_count(&self, finished: &Finished) -> Result<(), Failure> {
        let count = finished.reports.len() + finished.exports.len();
        if count == 1 || matches!(self.output, Target::Folder(_)) {
            return Ok(());
        }
        let where_to = match &self.output {
            Target::Stdout => "standard output".to_owned(),
            Target::File { shown: path, .. } | Target::Special(path) | Target::Folder(path) => shown(path),
        };
        if count == 0 {
            return Err(Failure::input(format!(
                "there is no report to write to {where_to}: the inputs tell of no scan"
            ))
            .help("look whether the scanner ran at all"));
        }
        let names = finished.receipt.outputs.iter().map(|output| {
            format!(
                "{} ({}, {}, {})",
                output.path,
                output.kind,
                output.scanner.name,
                findings(output.findings)
            )
        });
        let mut failure = Failure::usage(format!("{count} reports result, and {where_to} holds one"));
        failure.notes.extend(names);
        failure = failure
            .help("write them all into a directory with -o DIRECTORY/, or choose one kind with --to KIND");
        let kinds: HashSet<_> = finished.receipt.outputs.iter().map(|output| output.kind).collect();
        if kinds.len() == 1 {
            failure = failure.help("or make one report of them with --merge");
        }
        Err(failure)
    }
}

impl Drop for Place {
    /// What was made for nothing goes again.
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Target {
    fn of(path: &Path) -> Self {
        // A path that does not exist yet is a file if it has an extension.
        if path.as_os_str() != "-" && (ends_as_folder(path) || path.is_dir()) {
            return Self::Folder(path.to_owned());
        }
        if !path.exists() && !path.is_symlink() && path.extension().is_none() && path.as_os_str() != "-" {
            return Self::Folder(path.to_owned());
        }
        Self::file(path)
    }

    fn file(path: &Path) -> Self {
        if path.as_os_str() == "-" {
            return Self::Stdout;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Self::Folder(path.to_owned()),
            Ok(metadata) if !metadata.is_file() => Self::Special(path.to_owned()),
            // Renaming onto a link would replace the link.
            Ok(_) => Self::File {
                shown: path.to_owned(),
                real: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
            },
            Err(_) => Self::File { shown: path.to_owned(), real: path.to_owned() },
        }
    }

    fn folder(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.clone(),
            Self::File { real, .. } => parent(real).to_owned(),
            Self::Special(_) | Self::Stdout => scanlift_input::temp_dir().to_owned(),
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// As told to the user.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// A number of findings in words.
pub(crate) fn findings(count: u64) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}

fn receipt_text(finished: &Finished) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(&finished.receipt);
    let text = text.map_err(|error| Failure::output("write the receipt", &error.into()))?;
    Ok(text + "\n")
}

fn receipt_file(text: &str, target: &Path, reports: &[Pending]) -> Result<Pending, Failure> {
    if reports.iter().any(|report| report.target == target) {
        return Err(Failure::usage(format!("the receipt would overwrite the report {}", target.display()))
            .help("give --receipt another file"));
    }
    let what = format!("write the receipt {}", target.display());
    let file = temporary_in(parent(target)).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        Ok(file)
    });
    let file = file.map_err(|error| Failure::output(&what, &error))?;
    Ok(Pending::new(file, target.to_owned()))
}

/// Writes one text to where the user says: whole, or the old file stays. In a directory it goes by `name`.
pub(crate) fn put_text(output: &Path, name: &str, text: &str) -> Result<(), Failure> {
    put_file(output, name, |file| {
        file.write_all(text.as_bytes())
            .map_err(|error| Failure::output(&format!("write {}", output.display()), &error))
    })
}

/// The same for what `fill` writes.
pub(crate) fn put_file(
    output: &Path,
    name: &str,
    fill: impl FnOnce(&mut fs::File) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut place = Place::prepare(output, None)?;
    let file = temporary_in(&place.temp_dir());
    let mut file = file.map_err(|error| Failure::output(&format!("write {}", output.display()), &error))?;
    fill(file.as_file_mut())?;
    match &place.output {
        Target::Folder(folder) => move_all(vec![Pending::new(file, folder.join(name))])?,
        Target::File { real, .. } => move_all(vec![Pending::new(file, real.clone())])?,
        special => pour(special, file)?,
    }
    place.made.clear();
    Ok(())
}

/// Gives files a new text, and takes others away: all or, if one cannot be written, none.
pub(crate) fn replace(files: Vec<(PathBuf, String)>, removed: &[PathBuf]) -> Result<(), Failure> {
    let mut pending = Vec::with_capacity(files.len());
    for (target, text) in files {
        let file = fs::create_dir_all(parent(&target)).and_then(|()| {
            let mut file = temporary_in(parent(&target))?;
            file.write_all(text.as_bytes())?;
            Ok(file)
        });
        let file = file.map_err(|error| Failure::output(&format!("write {}", target.display()), &error))?;
        pending.push(Pending { file, target, keeps_mode: true });
    }
    move_all(pending)?;
    for path in removed {
        fs::remove_file(path)
            .map_err(|error| Failure::output(&format!("take away {}", path.display()), &error))?;
    }
    Ok(())
}

/// Writes files into a directory, which is made if it is missing: all of them, or none.
pub(crate) fn put_all(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let output = Target::Folder(folder.to_owned());
    let mut place = Place { output, receipt: None, made: Vec::new() }.make_folders()?;
    let mut pending = Vec::new();
    for (name, bytes) in files {
        let target = folder.join(name);
        let what = format!("write {}", target.display());
        let file = temporary_in(folder).and_then(|mut file| {
            file.write_all(bytes)?;
            Ok(file)
        });
        let file = file.map_err(|error| Failure::output(&what, &error))?;
        pending.push(Pending::new(file, target));
    }
    move_all(pending)?;
    place.made.clear();
    Ok(())
}

/// Writes one file to where the user says, as it comes: whole, or the old file stays; and only if `keep`
/// says so of what `write` gives. What went to standard output or a pipe is also given as a file, to be read again.
pub(crate) fn put_with<T>(
    output: &Path,
    name: &str,
    write: &mut dyn FnMut(&mut dyn io::Write) -> Result<T, Failure>,
    keep: impl Fn(&T) -> bool,
) -> Result<(T, Option<TempPath>), Failure> {
    let mut place = Place::prepare(output, None)?;
    let target = match &place.output {
        Target::Folder(folder) => Some(folder.join(name)),
        Target::File { real, .. } => Some(real.clone()),
        Target::Special(_) | Target::Stdout => None,
    };
    let shown = target.as_deref().unwrap_or(output).display().to_string();
    let what = format!("write {shown}");
    let folder = match target.as_deref() {
        Some(target) => parent(target),
        None => scanlift_input::temp_dir(),
    };
    let mut file = temporary_in(folder).map_err(|error| Failure::output(&what, &error))?;
    let written = {
        let mut buffered = io::BufWriter::with_capacity(1 << 16, &mut file);
        let written = write(&mut buffered)?;
        buffered.flush().map_err(|error| Failure::output(&what, &error))?;
        written
    };
    let copy = match target {
        Some(target) if keep(&written) => {
            move_all(vec![Pending { file, target, keeps_mode: true }])?;
            None
        }
        Some(_) => None,
        None => Some(pour_and_keep(&place.output, file)?),
    };
    place.made.clear();
    Ok((written, copy))
}

fn pour_and_keep(target: &Target, file: NamedTempFile) -> Result<TempPath, Failure> {
    let again = file.reopen().map_err(|error| Failure::output("read what was written", &error))?;
    let path = file.into_temp_path();
    let mut again = io::BufReader::new(again);
    match target {
        Target::Special(special) => {
            let out = fs::OpenOptions::new().write(true).open(special);
            out.and_then(|mut out| io::copy(&mut again, &mut out))
                .map_err(|error| Failure::output(&format!("write to {}", special.display()), &error))?;
        }
        _ => log::pour(&mut again).map_err(|error| Failure::output("write to standard output", &error))?,
    }
    Ok(path)
}

/// A file that is to be moved into that directory.
fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let file = temporary(".tmp").tempfile_in(folder)?;
    interrupt::note(file.path());
    Ok(file)
}

/// A directory for files that nobody is to see.
pub(crate) fn temporary_folder() -> Result<TempDir, Failure> {
    let room = scanlift_input::temp_dir();
    let folder = tempfile::tempdir_in(room).map_err(|error| Failure::temporary(room, &error))?;
    interrupt::note(folder.path());
    Ok(folder)
}

fn temporary<'n>(suffix: &'n str) -> Builder<'n, 'n> {
    let mut builder = Builder::new();
    builder.prefix(".scanlift-").suffix(suffix);
    builder
}

fn pour(target: &Target, mut file: NamedTempFile) -> Result<(), Failure> {
    match target {
        Target::Special(path) => {
            let mut copy = || {
                file.rewind()?;
                io::copy(file.as_file_mut(), &mut fs::OpenOptions::new().write(true).open(path)?)
            };
            copy().map(drop).map_err(|error| Failure::output(&format!("write to {}", path.display()), &error))
        }
        _ => {
            let rewound = file.rewind();
            let poured = rewound.and_then(|()| log::pour(file.as_file_mut()));
            poured.map_err(|error| Failure::output("write to standard output", &error))
        }
    }
}

fn pour_text(target: &Target, text: &str) -> Result<(), Failure> {
    match target {
        Target::Special(path) => fs::OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| Failure::output(&format!("write to {}", path.display()), &error)),
        _ => log::pour(&mut text.as_bytes())
            .map_err(|error| Failure::output("write to standard output", &error)),
    }
}

/// Moves every file to its target; if one cannot be, the others are put back.
fn move_all(pending: Vec<Pending>) -> Result<(), Failure> {
    let is_alone = pending.len() == 1;
    let mut moved: Vec<(PathBuf, Option<NamedTempFile<()>>)> = Vec::new();
    for Pending { file, target, keeps_mode } in pending {
        let mode = match fs::metadata(&target) {
            Ok(old) if keeps_mode => file.as_file().set_permissions(old.permissions()),
            _ => widen(&file, parent(&target)),
        };
        let put = mode.and_then(|()| {
            let old = if is_alone { None } else { set_aside(&target)? };
            file.persist(&target).map_err(|error| error.error)?;
            Ok(old)
        });
        match put {
            Ok(old) => moved.push((target, old)),
            Err(error) => {
                put_back(moved);
                return Err(Failure::output(&format!("write {}", target.display()), &error));
            }
        }
    }
    Ok(())
}

/// A second name for a file that is about to be replaced; gone when dropped.
fn set_aside(target: &Path) -> io::Result<Option<NamedTempFile<()>>> {
    if !target.is_file() {
        return Ok(None);
    }
    let second_name = temporary(".old").make_in(parent(target), |path| match fs::hard_link(target, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs::copy(target, path).map(drop),
        linked => linked,
    });
    second_name.map(Some)
}

fn put_back(moved: Vec<(PathBuf, Option<NamedTempFile<()>>)>) {
    for (target, old) in moved.into_iter().rev() {
        let back = match old {
            Some(old) => old.persist(&target).map(drop).map_err(|error| error.error),
            None => fs::remove_file(&target),
        };
        if let Err(error) = back {
            log::warn(&format!("{} could not be put back as it was: {error}", target.display()));
        }
    }
}

/// Gives a temporary file, which only its owner can read, the permissions of a plain new one.
#[cfg(unix)]
fn widen(file: &NamedTempFile, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let everything = fs::Permissions::from_mode(0o666);
    let plain = temporary(".tmp").permissions(everything).tempfile_in(folder)?;
    file.as_file().set_permissions(plain.as_file().metadata()?.permissions())
}

#[cfg(not(unix))]
fn widen(_: &NamedTempFile, _: &Path) -> io::Result<()> {
    Ok(())
}
