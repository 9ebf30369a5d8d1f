//! `scanlift man`.

use crate::{
    args::{Cli, Man},
    exit,
    explain::Failure,
    log,
};
use clap::{Arg, Command, CommandFactory as _};
use std::{fmt::Write as _, fs};

/// Prints the main page, or writes all pages.
pub(crate) fn run(options: &Man) -> Result<u8, Failure> {
    if let Some(dir) = &options.dir {
        fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Cli::command(), dir)).map_err(
            |error| Failure::output(&format!("write the manual pages to {}", dir.display()), &error),
        )?;
        return Ok(exit::DONE);
    }
    if options.markdown {
        let mut root = Cli::command();
        root.build();
        let mut text = String::new();
        commands(&root, &mut text);
        return Ok(log::answer(text.as_bytes()));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::output("write the manual page", &error))?;
    Ok(log::answer(&page))
}

/// Every command with its options, as Markdown.
fn commands(command: &Command, text: &mut String) {
    for command in command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help") {
        let about = command.get_long_about().or(command.get_about()).map(ToString::to_string);
        let usage = command.clone().render_usage().to_string();
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
        let name = command.get_bin_name().unwrap_or_default();
        let _ = writeln!(text, "\n## {name}\n\n{}.\n", sentences(&about.unwrap_or_default()));
        let _ = writeln!(text, "```text\n{usage}\n```");
        // What goes for all commands stands once, above them.
        let own = |arg: &&Arg| !arg.is_hide_set() && arg.get_help_heading() != Some("Terminal");
        let rows: Vec<_> = command.get_arguments().filter(own).filter_map(row).collect();
        if !rows.is_empty() {
            let _ = writeln!(text, "\n| option | meaning |\n| --- | --- |\n{}", rows.join("\n"));
        }
        commands(command, text);
    }
}

/// An option: how it is given, what it means, what it takes and where else it comes from.
fn row(arg: &Arg) -> Option<String> {
    let help = arg.get_long_help().or(arg.get_help())?.to_string();
    if matches!(arg.get_id().as_str(), "help" | "version") {
        return None;
    }
    let values = arg.get_value_names().filter(|_| arg.get_action().takes_values());
    let values: String = values.into_iter().flatten().map(|name| format!(" {name}")).collect();
    let given = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}{values}"),
        (None, Some(long)) => format!("--{long}{values}"),
        (Some(short), None) => format!("-{short}{values}"),
        (None, None) => values.trim().to_owned(),
    };
    let mut meaning = sentences(&help);
    let possible: Vec<_> = arg.get_possible_values();
    let possible: Vec<_> =
        possible.iter().filter(|one| !one.is_hide_set()).map(|one| one.get_name()).collect();
    let takes_values = arg.get_action().takes_values();
    match possible.len() {
        // A list of formats has a page of its own.
        1..=12 if takes_values => {
            let _ = write!(meaning, ". One of `{}`", possible.join("`, `"));
        }
        13.. if takes_values => meaning.push_str(". See [formats](formats.md)"),
        _ => {}
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes_values && !defaults.is_empty() {
        let _ = write!(meaning, ". Default: `{}`", defaults.join(" "));
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(meaning, ". Variable: `{}`", variable.to_string_lossy());
    }
    let [given, meaning] = [given, meaning].map(|cell| cell.replace('|', "\\|").replace('\n', " "));
    Some(format!("| `{given}` | {meaning} |"))
}

/// Without a full stop at the end, and nothing that Markdown would take for a tag.
fn sentences(text: &str) -> String {
    text.trim().trim_end_matches('.').replace('<', "&lt;")
}
