//! Chores of this repository: `cargo xtask help` lists them.

mod agreement;
mod bench;
mod files;
mod fixtures;
mod new;
mod package;
mod scan;
mod sync;
mod verdicts;

use files::say;
use std::{env, process::ExitCode};

const HELP: &str = "\
cargo xtask new ID [--crate | --json | --xml]   lay down a converter and a fixture folder (default: a crate)
cargo xtask sync [--check]                      write, or check, what is generated between the markers
cargo xtask fixtures [ID]                       write the snapshots of the conformance tests anew
cargo xtask scan [SCANNER]                      run real scanners on the sample and keep what they write
cargo xtask agreement FOLDER [FORMAT...] [--differences N]
                                                compare scanlift's reading of a corpus with another tool's
cargo xtask package --bin PATH [deb|wheel|npm]  pack a built binary with manual pages and completions into dist/
cargo xtask verdicts FOLDER [--mutations N]     compare scanlift's verdict on reports with an independent oracle's
cargo run --release -p xtask -- bench [--mb 10,200,1000] [--only FORMAT] [--pretty] [--keep] [--peer value]
                                  [--peer 'NAME=COMMAND {file} {out}']
                                                measure scanlift against a plain skim of the same bytes, and other programs
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let (command, rest) = args.split_first().map_or(("help", &[][..]), |(c, rest)| (c.as_str(), rest));
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let done = match (command, rest.as_slice()) {
        ("help" | "--help" | "-h", _) => {
            say(HELP.trim_end());
            Ok(())
        }
        ("new", [id]) => new::run(id, new::Shape::Crate),
        ("new", [id, shape]) => new::Shape::parse(shape).and_then(|shape| new::run(id, shape)),
        ("sync", []) => sync::run(false),
        ("sync", ["--check"]) => sync::run(true),
        ("fixtures", []) => fixtures::run(None),
        ("scan", []) | ("fixtures", ["--scan"]) => scan::run(None),
        ("scan", [scanner]) | ("fixtures", ["--scan", scanner]) => scan::run(Some(scanner)),
        ("fixtures", [id]) => fixtures::run(Some(id)),
        ("agreement", [folder, options @ ..]) => agreement::run(folder, options),
        ("package", options) => package::run(options),
        ("verdicts", [folder, options @ ..]) => verdicts::run(folder, options),
        ("bench", options) => bench::run(options),
        _ => Err(format!("no such chore: {}\n{HELP}", args.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            say(problem.trim_end());
            ExitCode::FAILURE
        }
    }
}
