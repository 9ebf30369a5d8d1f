//! Other programs on the same documents.

use super::measure::{self, Measured};
use crate::files::{failed, say};
use std::{fs, path::Path, process::Command};

/// A program that somebody would use instead.
pub(crate) struct Peer {
    name: String,
    /// The program and its arguments; `{file}` is the document, `{out}` a file to write.
    words: Vec<String>,
}

impl Peer {
    /// By an option, as `sarif-tools=sarif csv --output {out} {file}`, or `value`.
    pub(crate) fn parse(option: &str) -> Result<Self, String> {
        if option == "value" {
            return Self::value();
        }
        let (name, command) = option.split_once('=').ok_or("--peer wants NAME=COMMAND")?;
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(format!("--peer {name} has no command"));
        }
        Ok(Self { name: name.to_owned(), words })
    }

    /// This program, reading the document into a [`serde_json::Value`].
    fn value() -> Result<Self, String> {
        let xtask = std::env::current_exe().map_err(|e| format!("failed to find this program: {e}"))?;
        let words = [&*xtask.to_string_lossy(), "bench", "--value", "{file}"].map(str::to_owned);
        Ok(Self { name: "serde_json::Value".to_owned(), words: words.to_vec() })
    }

    /// Runs it once, and says how long it took beside scanlift.
    pub(crate) fn compare(&self, file: &Path, out: &Path, scanlift: Measured) -> Result<(), String> {
        let bytes = fs::metadata(file).map_err(failed("look at", file))?.len();
        let into = out.join("peer");
        let (file, into) = (file.to_string_lossy(), into.to_string_lossy());
        let fill = |word: &String| word.replace("{file}", &file).replace("{out}", &into);
        let mut command = Command::new(fill(&self.words[0]));
        command.args(self.words[1..].iter().map(fill)).current_dir(out);
        let Measured { wall, cpu, memory } = measure::run(&mut command)?;
        say(format_args!(
            "{:31} {:18} {:6.1} MB/s, {:7.1} by processor time, {:6} MB of memory: scanlift takes 1/{:.0} of the time, 1/{:.0} of the processor's",
            "",
            self.name,
            bytes as f64 / 1e6 / wall.as_secs_f64(),
            bytes as f64 / 1e6 / cpu.as_secs_f64(),
            memory.unwrap_or_default() / 1_000_000,
            wall.as_secs_f64() / scanlift.wall.as_secs_f64(),
            cpu.as_secs_f64() / scanlift.cpu.as_secs_f64(),
        ));
        Ok(())
    }
}

/// What [`Peer::value`] does.
pub(crate) fn read_value(file: &Path) -> Result<(), String> {
    let bytes = fs::read(file).map_err(failed("read", file))?;
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", file.display()))?;
    std::hint::black_box(value);
    Ok(())
}
