//! Where the value of an option comes from: the command line, else a `SCANLIFT_*` variable, else
//! `scanlift.toml`, else the default.
//!
//! Variables and keys are turned into arguments and go through the same parser, so that each
//! option has one name, one check and one message.

use crate::{
    args::{self, Cli, Convert},
    environment,
    explain::{Failure, chain},
};
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches, parser::ValueSource};
use std::{
    ffi::{OsStr, OsString},
    fs, io,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};

/// The name of the file that is looked for.
const FILE: &str = "scanlift.toml";

/// Options whose relative values in a file are meant from the file's folder.
const PATHS: [&str; 5] = ["ignore-file", "output", "receipt", "root", "vex"];

/// What keeps a command line from being run.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Help, version, or a mistake on the command line.
    Clap(clap::Error),
    /// A mistake in a variable or file.
    Failure(Failure),
}

impl From<clap::Error> for Refusal {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// What to do, with every option settled; and the file that had a part in it.
pub(crate) fn settle(arguments: impl Iterator<Item = OsString>) -> Result<(Cli, Option<PathBuf>), Refusal> {
    let arguments: Vec<OsString> = arguments.collect();
    // Taking it apart again would be a tenth of what a small file takes.
    let mut command = ManuallyDrop::new(command());
    let matches = command.try_get_matches_from_mut(&arguments)?;
    let Some((name, given)) = matches.subcommand() else {
        return Ok((Cli::from_arg_matches(&matches)?, None));
    };
    let Some(subcommand) = command.find_subcommand(name) else {
        return Ok((Cli::from_arg_matches(&matches)?, None));
    };
    // Other commands have no file, and of variables only those that concern the terminal.
    let is_convert = name == "convert";
    let checker = Checker { name };

    // The other commands have subcommands of their own: what was given stays as it is, and comes
    // behind what variables say of the terminal.
    let mut settled = vec![OsString::from("scanlift")];
    if is_convert {
        settled.push(name.into());
    }
    let (mut known, mut open) = (Vec::new(), Vec::new());
    let mut elsewhere = Vec::new();
    for arg in subcommand.get_arguments().filter(|arg| is_option(arg)) {
        known.push(arg);
        let may_be_elsewhere = is_convert || arg.is_global_set();
        let name = variable_name(long(arg));
        if given.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine) {
            if is_convert {
                settled.extend(given_arguments(arg, given));
            }
        } else if let Some(value) = environment::variable(&name).filter(|_| may_be_elsewhere) {
            elsewhere.extend(checker.variable(arg, &value)?);
        } else {
            open.push(arg);
        }
    }
    let file = if is_convert { find_file(given)? } else { None };
    if let Some(file) = &file {
        elsewhere.extend(checker.file(file, &known, &open)?);
    }
    if elsewhere.is_empty() {
        return Ok((Cli::from_arg_matches(&matches)?, file));
    }

    settled.append(&mut elsewhere);
    if is_convert {
        settled.push("--".into());
        for arg in subcommand.get_positionals() {
            settled
                .extend(given.get_raw(arg.get_id().as_str()).into_iter().flatten().map(OsStr::to_os_string));
        }
    } else {
        settled.extend(arguments.into_iter().skip(1));
    }
    let matches = self::command().try_get_matches_from(settled)?;
    Ok((Cli::from_arg_matches(&matches)?, file))
}

/// The command line, to which a variable that is empty says nothing.
fn command() -> Command {
    without_blank_variables(Cli::command())
}

fn without_blank_variables(command: Command) -> Command {
    let is_blank = |arg: &Arg| arg.get_env().is_some_and(environment::is_blank);
    command
        .mut_args(|arg| if is_blank(&arg) { arg.env(None::<&'static str>) } else { arg })
        .mut_subcommands(without_blank_variables)
}

/// The options of `convert` for inputs that another command converts on the way: what variables and the file
/// say.
pub(crate) fn of_convert() -> Result<Convert, Failure> {
    let settled = settle(["scanlift", "convert", "--", "-"].map(OsString::from).into_iter());
    match settled.map(|(cli, _)| cli.command) {
        Ok(args::Command::Convert(options)) => Ok(*options),
        Ok(_) => Err(Failure::usage("the options of convert cannot be settled")),
        Err(Refusal::Failure(failure)) => Err(failure),
        Err(Refusal::Clap(error)) => Err(Failure::usage(error.to_string())),
    }
}

fn is_option(arg: &Arg) -> bool {
    arg.get_long().is_some()
        && matches!(arg.get_action(), ArgAction::Set | ArgAction::Append | ArgAction::SetTrue)
}

fn long(arg: &Arg) -> &str {
    arg.get_long().unwrap_or_default()
}

fn is_flag(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

/// `min-severity` is `SCANLIFT_MIN_SEVERITY`.
fn variable_name(long: &str) -> String {
    format!("SCANLIFT_{}", long.replace('-', "_").to_ascii_uppercase())
}

/// As on the command line.
fn given_arguments(arg: &Arg, given: &ArgMatches) -> Vec<OsString> {
    if is_flag(arg) {
        return vec![argument(arg, None)];
    }
    let values = given.get_raw(arg.get_id().as_str()).into_iter().flatten();
    values.map(|value| argument(arg, Some(value))).collect()
}

fn argument(arg: &Arg, value: Option<&OsStr>) -> OsString {
    let mut argument = OsString::from(format!("--{}", long(arg)));
    if let Some(value) = value {
        argument.push("=");
        argument.push(value);
    }
    argument
}

/// The file to read: the one that is named, else `scanlift.toml` here or in the root.
fn find_file(given: &ArgMatches) -> Result<Option<PathBuf>, Failure> {
    let path = |id: &str, variable: &str| -> Option<PathBuf> {
        let given = given.get_one::<PathBuf>(id).cloned();
        given.or_else(|| environment::variable(variable).map(PathBuf::from))
    };
    if let Some(named) = path("config", "SCANLIFT_CONFIG") {
        return Ok(Some(named));
    }
    let root = path("root", "SCANLIFT_ROOT").unwrap_or_else(environment::root);
    Ok([PathBuf::from(FILE), root.join(FILE)].into_iter().find(|file| file.is_file()))
}

/// Turns values from elsewhere into arguments, and sees at once whether they would be accepted.
struct Checker<'c> {
    /// The command that is asked for.
    name: &'c str,
}

impl Checker<'_> {
    fn variable(&self, arg: &Arg, value: &OsStr) -> Result<Vec<OsString>, Failure> {
        let name = variable_name(long(arg));
        if is_flag(arg) {
            let on = match value.to_string_lossy().trim().to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => true,
                "0" | "false" | "no" | "off" => false,
                other => {
                    return Err(Failure::usage(format!(
                        "{name} is `{other}`, where true or false is expected"
                    )));
                }
            };
            return Ok(if on { vec![argument(arg, None)] } else { Vec::new() });
        }
        let values = match value.to_str() {
            Some(text) if matches!(arg.get_action(), ArgAction::Append) => {
                split_list(text).into_iter().map(OsString::from).collect()
            }
            _ => vec![value.to_os_string()],
        };
        values.iter().map(|value| self.check(arg, value, &name)).collect()
    }

    /// The arguments that a file asks for, less those that are settled already.
    fn file(&self, path: &Path, known: &[&Arg], open: &[&Arg]) -> Result<Vec<OsString>, Failure> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| unreadable(&shown, &error))?;
        let table = DeTable::parse(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            Failure::usage(format!("{shown}:{line}: {}", error.message()))
                .help("it is written in TOML: key = \"value\", as in min-severity = \"low\"")
        })?;
        let mut arguments = Vec::new();
        for (key, value) in table.get_ref() {
            let name = key.get_ref().as_ref();
            let place = format!("{shown}:{}: {name}", line_of(&text, key.span().start));
            let Some(arg) = known.iter().find(|arg| long(arg) == name && name != "config") else {
                return Err(unknown_key(&place, name, known));
            };
            let values = values(arg, value.get_ref(), &place)?;
            for value in values {
                let value = value.map(|value| from_folder(path, name, value));
                let argument = match &value {
                    Some(value) => self.check(arg, value.as_ref(), &place)?,
                    None => argument(arg, None),
                };
                if open.iter().any(|open| long(open) == name) {
                    arguments.push(argument);
                }
            }
        }
        Ok(arguments)
    }

    /// The argument, if the parser takes it.
    fn check(&self, arg: &Arg, value: &OsStr, origin: &str) -> Result<OsString, Failure> {
        let argument = argument(arg, Some(value));
        // Arguments that are complete but for this one.
        let rest: &[&str] = if self.name == "convert" { &["convert", "x"] } else { &["formats"] };
        let line = rest.iter().map(OsString::from).chain([argument.clone()]);
        let line = std::iter::once(OsString::from("scanlift")).chain(line);
        let Err(error) = Cli::command().try_get_matches_from(line) else { return Ok(argument) };
        let text = error.to_string();
        let mut lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default();
        let mut failure = Failure::usage(format!("{origin}: {}", first.trim_start_matches("error: ")));
        failure.notes.extend(lines.map(str::to_owned));
        Err(failure)
    }
}

/// What a value of the file amounts to: one item for each time the option is given.
fn values(arg: &Arg, value: &DeValue<'_>, place: &str) -> Result<Vec<Option<String>>, Failure> {
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        _ => None,
    };
    let is_list = matches!(arg.get_action(), ArgAction::Append);
    let (expected, found) = match value {
        DeValue::Boolean(on) if is_flag(arg) => return Ok(if *on { vec![None] } else { Vec::new() }),
        _ if is_flag(arg) => ("true or false", None),
        DeValue::Array(items) if is_list => {
            let items: Vec<_> = items.iter().map(|item| one(item.get_ref())).collect();
            let whole = items.iter().all(Option::is_some);
            ("a list of texts", whole.then_some(items))
        }
        single => {
            (if is_list { "a list of texts" } else { "a text" }, one(single).map(|text| vec![Some(text)]))
        }
    };
    found.ok_or_else(|| Failure::usage(format!("{place}: {expected} is expected, not {}", kind_of(value))))
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn from_folder(file: &Path, key: &str, value: String) -> OsString {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if PATHS.contains(&key) && value != "-" => {
            let mut path = folder.join(&value).into_os_string();
            if value.ends_with('/') && !path.to_string_lossy().ends_with('/') {
                path.push("/");
            }
            path
        }
        _ => value.into(),
    }
}

fn unreadable(shown: &str, error: &io::Error) -> Failure {
    Failure::usage(format!("failed to read the configuration {shown}: {}", chain(error)))
}

fn unknown_key(place: &str, name: &str, known: &[&Arg]) -> Failure {
    let mut names: Vec<_> = known.iter().map(|arg| long(arg)).filter(|name| *name != "config").collect();
    names.sort_unstable();
    let likely = nearest(name, names.iter().copied());
    let failure =
        Failure::usage(format!("{place} is no known key")).note(format!("known keys: {}", names.join(", ")));
    match likely {
        Some(likely) => failure.help(format!("did you mean `{likely}`?")),
        None => failure,
    }
}

/// The name that is most like the one given, if any is.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The items of a list with commas or line breaks, where commas inside braces belong to a glob.
pub(crate) fn split_list(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let items = text.split(|char| {
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        char == '\n' || (char == ',' && depth == 0)
    });
    items.map(str::trim).filter(|item| !item.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_split_at_commas_outside_braces() {
        assert_eq!(split_list("a, b,,*.{js,ts}\nc"), ["a", "b", "*.{js,ts}", "c"]);
        assert!(split_list(" ").is_empty());
    }

    #[test]
    fn names_and_variables() {
        assert_eq!(variable_name("min-severity"), "SCANLIFT_MIN_SEVERITY");
        assert_eq!(nearest("min_severity", ["output", "min-severity"].into_iter()), Some("min-severity"));
        assert_eq!(nearest("zzz", ["output"].into_iter()), None);
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
