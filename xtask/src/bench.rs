//! `cargo run --release -p xtask -- bench`: how fast scanlift is, and in how much memory.
//!
//! The yardstick is serde_json reading past the same bytes in memory without keeping any of them: a check of the syntax,
//! and nothing else. It depends on the machine as scanlift does, so the ratio of the two can be compared across machines.
//! The yardstick runs in this program, which must be a release build therefore.

mod generate;
mod measure;

use crate::files::{failed, root, say};
use generate::{Log, Order};
use measure::{Machine, Measured};
use serde::de::IgnoredAny;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// How many times slower than the yardstick a file may be converted, on one thread.
const MOST_RATIO: f64 = 3.5;
/// The most memory, whatever the size of the input.
const MOST_MEMORY: u64 = 32 * 1024 * 1024;
/// How often each thing is measured; the median counts.
const ROUNDS: usize = 5;

/// What to measure.
struct Plan {
    megabytes: Vec<u64>,
    pretty: bool,
    keep: bool,
    /// Whether the logs are only written.
    generate: bool,
}

/// Generates logs, measures, prints a table.
///
/// # Errors
/// When something cannot be run or written, and when a goal is missed.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let plan = Plan::parse(options)?;
    if plan.generate {
        return generate(&plan);
    }
    if cfg!(debug_assertions) {
        return Err("a debug build measures nothing; run: cargo run --release -p xtask -- bench".to_owned());
    }
    let scanlift = build()?;
    let folder = scanlift.parent().unwrap_or(Path::new(".")).with_file_name("bench");
    let out = folder.join("out");
    fs::create_dir_all(&out).map_err(failed("create", &out))?;
    let machine = Machine::here();
    say(format_args!("{machine}\nmedian of {ROUNDS}; MB are 10^6 bytes of JSON; files in the page cache\n"));
    say("log                          way        MB/s   yardstick MB/s   ratio   peak MB   findings");
    let mut missed = Vec::new();
    for &megabytes in &plan.megabytes {
        for order in [Order::ToolFirst, Order::ResultsFirst] {
            let log = Log { megabytes, order, pretty: plan.pretty };
            let file = folder.join(log.file_name());
            let results = log.write(&file)?;
            missed.extend(measure_log(&log, &file, results, &scanlift, &out)?);
            if !plan.keep {
                fs::remove_file(&file).map_err(failed("remove", &file))?;
            }
        }
    }
    fs::remove_dir_all(&out).map_err(failed("remove", &out))?;
    if missed.is_empty() {
        say(format_args!("\ngoals met: ratio of a file ≤ {MOST_RATIO}, peak ≤ {} MiB", MOST_MEMORY >> 20));
        Ok(())
    } else {
        Err(format!("\ngoals missed:\n{}", missed.join("\n")))
    }
}

/// Writes the logs, for measurements by other means (a profiler), and says where they are.
fn generate(plan: &Plan) -> Result<(), String> {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder).map_err(failed("create", &folder))?;
    for &megabytes in &plan.megabytes {
        for order in [Order::ToolFirst, Order::ResultsFirst] {
            let log = Log { megabytes, order, pretty: plan.pretty };
            let file = folder.join(log.file_name());
            let results = log.write(&file)?;
            say(format_args!("{}: {results} results", file.display()));
        }
    }
    Ok(())
}

impl Plan {
    fn parse(options: &[&str]) -> Result<Self, String> {
        let mut plan = Self { megabytes: vec![10, 200, 1000], pretty: false, keep: false, generate: false };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            match *option {
                "--mb" => {
                    let list = options.next().ok_or("--mb wants sizes, as 10,200")?;
                    let size = |text: &str| text.parse().map_err(|_| format!("{text} is no size in MB"));
                    plan.megabytes = list.split(',').map(size).collect::<Result<_, _>>()?;
                }
                "--pretty" => plan.pretty = true,
                "--keep" => plan.keep = true,
                "--generate" => plan.generate = true,
                _ => return Err(format!("bench has no option {option}")),
            }
        }
        Ok(plan)
    }
}

/// Builds the program as it ships, and says where it is.
fn build() -> Result<PathBuf, String> {
    let status = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "--release", "--locked", "--package", "scanlift"])
        .status()
        .map_err(|e| format!("failed to start cargo: {e}"))?;
    if !status.success() {
        return Err("failed to build scanlift".to_owned());
    }
    let xtask = std::env::current_exe().map_err(|e| format!("failed to find this program: {e}"))?;
    let scanlift = xtask.with_file_name("scanlift").with_extension(std::env::consts::EXE_EXTENSION);
    if scanlift.exists() { Ok(scanlift) } else { Err(format!("{} is not there", scanlift.display())) }
}

/// Measures every way into the program for one log, and returns the goals that it misses.
fn measure_log(
    log: &Log,
    file: &Path,
    results: u64,
    scanlift: &Path,
    out: &Path,
) -> Result<Vec<String>, String> {
    let bytes = fs::metadata(file).map_err(failed("look at", file))?.len();
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    let yardstick = skim(file)?;
    let zipped = file.with_extension("sarif.gz");
    measure::gzip(file, &zipped)?;
    let mut missed = Vec::new();
    let mut report = None;
    for way in [Way::File, Way::Stdin, Way::Gzip] {
        let input = if way == Way::Gzip { &zipped } else { file };
        let mut runs = Vec::new();
        for _ in 0..ROUNDS {
            runs.push(measure::convert(scanlift, input, way == Way::Stdin, out)?);
        }
        let Measured { time, memory } = measure::median(&mut runs);
        let ratio = time.as_secs_f64() / yardstick.as_secs_f64();
        let written = measure::finished(out, results, &mut report)?;
        say(format_args!(
            "{:28} {:8} {:6.0} {:16.0} {ratio:7.2} {:>9} {written:10}",
            log.to_string(),
            way.name(),
            rate(time),
            rate(yardstick),
            memory.map_or("unknown".to_owned(), |bytes| format!("{:.1}", bytes as f64 / 1_048_576.0)),
        ));
        // Starting a process outweighs a conversion of a few megabytes.
        if way == Way::File && ratio > MOST_RATIO && bytes > 50_000_000 {
            missed.push(format!("{log} as a file: ratio {ratio:.2} > {MOST_RATIO}"));
        }
        if memory.is_some_and(|memory| memory > MOST_MEMORY) {
            missed.push(format!("{log}, {}: more than {} MiB of memory", way.name(), MOST_MEMORY >> 20));
        }
    }
    fs::remove_file(&zipped).map_err(failed("remove", &zipped))?;
    Ok(missed)
}

/// How the log gets into the program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    File,
    Stdin,
    Gzip,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Stdin => "stdin",
            Self::Gzip => "gzip",
        }
    }
}

/// The yardstick: serde_json skims the same bytes, which lie in memory already.
fn skim(file: &Path) -> Result<Duration, String> {
    let bytes = fs::read(file).map_err(failed("read", file))?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let read: Result<IgnoredAny, _> = serde_json::from_slice(&bytes);
        times.push(start.elapsed());
        std::hint::black_box(read.map_err(|e| format!("the generated log is no JSON: {e}"))?);
    }
    times.sort();
    Ok(times[ROUNDS / 2])
}
