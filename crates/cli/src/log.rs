//! All printing: log lines on standard error, answers on standard output.
//!
//! What comes from files is not trusted: control characters are shown as escapes, so that no file
//! name or message can move the cursor or repaint the terminal.

use crate::{
    args::{Terminal, When},
    environment, exit,
    explain::Failure,
};
use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use scanlift_report_core::is_hidden;
use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, IsTerminal, Write},
    sync::OnceLock,
};

/// How important a line is; the names are GitLab's (`SECURE_LOG_LEVEL`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

static LEVEL: OnceLock<Level> = OnceLock::new();

/// Red and bold.
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
/// Yellow.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Green.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
/// What matters more.
pub(crate) const BOLD: Style = Style::new().bold();

/// Text after the prefix of a log line begins in this column.
const INDENT: &str = "       ";

/// Settles level and colours for the rest of the run.
pub(crate) fn init(terminal: &Terminal) {
    match terminal.color {
        When::Auto => {}
        When::Always => ColorChoice::Always.write_global(),
        When::Never => ColorChoice::Never.write_global(),
    }
    let said = environment::variable("SECURE_LOG_LEVEL");
    let known = said.as_ref().and_then(|said| said.to_str()).map(str::to_ascii_lowercase);
    let (level, is_known) = match known.as_deref() {
        _ if terminal.quiet => (Level::Error, true),
        _ if terminal.verbose => (Level::Debug, true),
        Some("fatal" | "error") => (Level::Error, true),
        Some("warn" | "warning") => (Level::Warn, true),
        Some("debug" | "trace") => (Level::Debug, true),
        other => (Level::Info, matches!(other, None | Some("info")) && (said.is_none() || other.is_some())),
    };
    LEVEL.get_or_init(|| level);
    if !is_known {
        warn("SECURE_LOG_LEVEL is none of fatal, error, warn, info, debug; taken as info");
    }
}

/// Whether lines of that level are printed.
pub(crate) fn is_on(level: Level) -> bool {
    level <= *LEVEL.get().unwrap_or(&Level::Info)
}

/// Whether standard error is a terminal.
pub(crate) fn on_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether standard output shows colours.
pub(crate) fn has_colours() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Something that went another way than one would think.
pub(crate) fn warn(text: &str) {
    line(Level::Warn, text);
}

/// What is going on.
pub(crate) fn info(text: &str) {
    line(Level::Info, text);
}

/// For those who look for a reason.
pub(crate) fn debug(text: &str) {
    line(Level::Debug, text);
}

fn line(level: Level, text: &str) {
    if is_on(level) {
        print(&format!("{} {}\n", prefix(level), escape(text)));
    }
}

fn prefix(level: Level) -> String {
    let (style, word) = match level {
        Level::Error => (RED, "[ERRO]"),
        Level::Warn => (YELLOW, "[WARN]"),
        Level::Info => (GREEN, "[INFO]"),
        Level::Debug => (DIM, "[DEBU]"),
    };
    format!("{style}{word}{style:#}")
}

/// Lines that are ready to be printed: styled, and what is in them escaped.
pub(crate) fn block(level: Level, text: &str) {
    if is_on(level) {
        print(text);
    }
}

/// A failure, as people want to read it.
pub(crate) fn failure(failure: &Failure) {
    let mut text = format!("{} {BOLD}{}{BOLD:#}\n", prefix(Level::Error), escape(&failure.headline));
    for note in &failure.notes {
        let _ = writeln!(text, "{INDENT}{}", escape(note));
    }
    if let Some(excerpt) = &failure.excerpt {
        let number = excerpt.line.to_string();
        let gap = " ".repeat(number.len());
        let _ = writeln!(text, "{INDENT}{DIM}{number} |{DIM:#} {}", excerpt.text);
        let _ = writeln!(text, "{INDENT}{DIM}{gap} |{DIM:#} {}{RED}^{RED:#}", " ".repeat(excerpt.caret));
    }
    for (at, help) in failure.help.iter().enumerate() {
        let word = if at == 0 { "help:" } else { "     " };
        let _ = writeln!(text, "{INDENT}{GREEN}{word}{GREEN:#} {}", escape(help));
    }
    print(&text);
}

fn print(text: &str) {
    // Nothing is left to be told if nobody reads standard error.
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Answers on standard output; that a reader has enough of them is fine.
pub(crate) fn answer(text: &[u8]) -> u8 {
    let mut out = anstream::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => exit::DONE,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::DONE,
        Err(error) => {
            failure(&Failure::output("write to standard output", &error));
            exit::OUTPUT
        }
    }
}

/// Bytes on standard output as they are; that a reader has enough of them is fine.
pub(crate) fn pour(from: &mut dyn io::Read) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match io::copy(from, &mut out).and_then(|_| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        poured => poured,
    }
}

/// The text with control characters, and characters that turn the direction of text or hide in it, as escapes.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if is_hidden(char) {
            escaped.extend(char.escape_default());
        } else {
            escaped.push(char);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_move_the_cursor() {
        for (text, want) in [
            ("plain \u{e9}", "plain \u{e9}"),
            ("a\x1b[2Jb", "a\\u{1b}[2Jb"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
        ] {
            assert_eq!(escape(text), want);
        }
    }
}
