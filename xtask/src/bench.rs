//! `cargo run --release -p xtask -- bench`: how fast scanlift is, and in how much memory.
//!
//! The yardstick of JSON is serde_json reading past the same bytes in memory without keeping any of them: a check of the
//! syntax, and nothing else; that of XML are the bare events of quick-xml from a reader. It depends on the machine as scanlift does, so the ratio of the two can be compared across machines.
//! The ratio is one of processor time, which other programs change little; the speed-up of a second thread is one of
//! time on the clock, and means something only on a machine that has nothing else to do.
//! The yardstick runs in this program, which must be a release build therefore.

mod generate;
mod measure;
mod peers;
mod yardstick;

use crate::files::{failed, root, say};
use generate::{Document, Format};
use measure::{Machine, Measured, Way};
use peers::Peer;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The most memory, whatever the size of the input.
const MOST_MEMORY: u64 = 32 * 1024 * 1024;
/// How often each thing is measured; the least counts.
const ROUNDS: usize = 5;
/// How long a small file may take, in milliseconds.
const MOST_START: f64 = 5.0;
/// How many small files there are, and how many of them a second have to be converted.
const FILES: usize = 10_000;
const LEAST_FILES: f64 = 2_000.0;

/// What to measure.
struct Plan {
    formats: Vec<Format>,
    megabytes: Vec<u64>,
    pretty: bool,
    keep: bool,
    /// What else is measured on each document.
    peers: Vec<Peer>,
    /// Whether the documents are only written.
    generate: bool,
}

/// Generates documents, measures, prints a table.
///
/// # Errors
/// When something cannot be run or written, and when a goal is missed.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    if let ["--value", file] = options {
        return peers::read_value(Path::new(file));
    }
    let plan = Plan::parse(options)?;
    let folder = root().join("target/bench");
    let out = folder.join("out");
    fs::create_dir_all(&out).map_err(failed("create", &out))?;
    if plan.generate {
        return generate(&plan, &folder);
    }
    if cfg!(debug_assertions) {
        return Err("a debug build measures nothing; run: cargo run --release -p xtask -- bench".to_owned());
    }
    let bench = Bench { scanlift: build()?, folder, out };
    say(format_args!(
        "{}\nthe best of {ROUNDS} runs; MB are 10^6 bytes of the document; files in the page cache",
        Machine::here()
    ));
    say(
        "ratio: processor time by that of the yardstick; speed-up: time on the clock, by that of one thread\n",
    );
    say(
        "document                        way          MB/s   CPU MB/s   yardstick   ratio   speed-up   peak MB",
    );
    let mut missed = Vec::new();
    for &format in &plan.formats {
        let mut peaks = Vec::new();
        for &megabytes in &plan.megabytes {
            let document = Document { megabytes, format, pretty: plan.pretty };
            let file = bench.folder.join(document.file_name());
            let findings = document.write(&file)?;
            let one_thread = bench.document(&document, &file, findings, &mut missed)?;
            peaks.extend(one_thread.memory.map(mebibytes));
            for peer in &plan.peers {
                peer.compare(&file, &bench.out, one_thread)?;
            }
            if !plan.keep {
                fs::remove_file(&file).map_err(failed("remove", &file))?;
            }
        }
        if let (Some(first), Some(last), true) = (peaks.first(), peaks.last(), peaks.len() > 1) {
            say(format_args!(
                "{:31} the largest takes {:.2} times the memory of the smallest",
                "",
                last / first
            ));
        }
    }
    bench.small_files(&mut missed)?;
    fs::remove_dir_all(&bench.out).map_err(failed("remove", &bench.out))?;
    if missed.is_empty() {
        say("\nall goals met");
        Ok(())
    } else {
        Err(format!("\ngoals missed:\n{}", missed.join("\n")))
    }
}

/// Writes the documents, for measurements by other means (a profiler), and says where they are.
fn generate(plan: &Plan, folder: &Path) -> Result<(), String> {
    for &format in &plan.formats {
        for &megabytes in &plan.megabytes {
            let document = Document { megabytes, format, pretty: plan.pretty };
            let file = folder.join(document.file_name());
            let findings = document.write(&file)?;
            say(format_args!("{}: {findings} findings", file.display()));
            if !cfg!(debug_assertions) {
                let yardstick = format.yardstick(&file)?.as_secs_f64();
                say(format_args!(
                    "the yardstick takes {yardstick:.3} s, the goal is {:.3} s",
                    yardstick * format.most_ratio()
                ));
            }
        }
    }
    Ok(())
}

impl Plan {
    fn parse(options: &[&str]) -> Result<Self, String> {
        let mut plan = Self {
            formats: Format::ALL.to_vec(),
            megabytes: vec![10, 200, 1000],
            pretty: false,
            keep: false,
            peers: Vec::new(),
            generate: false,
        };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            match *option {
                "--mb" => {
                    let list = options.next().ok_or("--mb wants sizes, as 10,200")?;
                    let size = |text: &str| text.parse().map_err(|_| format!("{text} is no size in MB"));
                    plan.megabytes = list.split(',').map(size).collect::<Result<_, _>>()?;
                }
                "--only" => {
                    let only = options.next().ok_or("--only wants a format, as Nessus")?;
                    plan.formats.retain(|format| format.name().starts_with(only));
                }
                "--peer" => plan.peers.push(Peer::parse(options.next().ok_or("--peer wants NAME=COMMAND")?)?),
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

/// A program, and where it reads and writes.
struct Bench {
    scanlift: PathBuf,
    folder: PathBuf,
    out: PathBuf,
}

impl Bench {
    /// Measures every way into the program for one document, adds the goals that it misses, and returns what one thread
    /// took.
    fn document(
        &self,
        document: &Document,
        file: &Path,
        findings: u64,
        missed: &mut Vec<String>,
    ) -> Result<Measured, String> {
        let bytes = fs::metadata(file).map_err(failed("look at", file))?.len();
        let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
        let yardstick = document.format.yardstick(file)?;
        let most_ratio = document.format.most_ratio();
        let zipped = file.with_extension("gz");
        measure::gzip(file, &zipped)?;
        let report = self.out.join(document.format.report());
        let (mut first_sum, mut first) = (None, None);
        for (name, input, way, threads) in [
            ("1 thread", file, Way::File, 1),
            ("2 threads", file, Way::File, 2),
            ("stdin, 1", file, Way::Stdin, 1),
            ("gzip, 1", &zipped, Way::File, 1),
        ] {
            let measured = measure::best(|| {
                let measured = measure::convert(&self.scanlift, input, way, threads, &self.out)?;
                measure::finished(&report, findings, &mut first_sum)?;
                Ok(measured)
            })?;
            let Measured { wall, cpu, memory } = measured;
            let ratio = cpu.as_secs_f64() / yardstick.as_secs_f64();
            let speed_up = first.get_or_insert(measured).wall.as_secs_f64() / wall.as_secs_f64();
            say(format_args!(
                "{:31} {name:10} {:6.0} {:10.0} {:11.0} {ratio:7.2} {speed_up:10.2} {:>9}",
                document.to_string(),
                rate(wall),
                rate(cpu),
                rate(yardstick),
                memory.map_or("unknown".to_owned(), |bytes| format!("{:.1}", mebibytes(bytes))),
            ));
            // Starting a process outweighs a conversion of a few megabytes.
            if name == "1 thread" && ratio > most_ratio && bytes > 50_000_000 {
                missed.push(format!("{document}: ratio {ratio:.2} > {most_ratio}"));
            }
            if memory.is_some_and(|memory| memory > MOST_MEMORY) {
                missed.push(format!("{document}, {name}: more than {} MiB of memory", MOST_MEMORY >> 20));
            }
        }
        fs::remove_file(&zipped).map_err(failed("remove", &zipped))?;
        Ok(first.unwrap_or_default())
    }

    /// How long one small log takes, and how many of them are converted in a second.
    fn small_files(&self, missed: &mut Vec<String>) -> Result<(), String> {
        let many = self.folder.join("small");
        fs::create_dir_all(&many).map_err(failed("create", &many))?;
        for at in 0..FILES {
            let file = many.join(format!("{at}.sarif"));
            fs::write(&file, small(at)).map_err(failed("write", &file))?;
        }
        let one = many.join("0.sarif");
        let mut least = f64::INFINITY;
        for _ in 0..10 * ROUNDS {
            let measured = measure::convert(&self.scanlift, &one, Way::File, 1, &self.out)?;
            least = least.min(1e3 * measured.wall.as_secs_f64());
        }
        say(format_args!("\na log of {} bytes: {least:.1} ms from start to end", small(0).len()));
        if least > MOST_START {
            missed.push(format!("a small file: {least:.1} ms > {MOST_START} ms"));
        }
        let Measured { wall, cpu, memory } =
            measure::best(|| measure::convert(&self.scanlift, &many, Way::File, 1, &self.out))?;
        let rate = FILES as f64 / cpu.as_secs_f64();
        say(format_args!(
            "a folder of {FILES} such logs: {:.0} files/s, {rate:.0} by processor time, {} MB",
            FILES as f64 / wall.as_secs_f64(),
            memory.unwrap_or_default() / 1_000_000,
        ));
        if rate < LEAST_FILES {
            missed.push(format!("small files: {rate:.0} a second < {LEAST_FILES}"));
        }
        fs::remove_dir_all(&many).map_err(failed("remove", &many))
    }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// A log of one result, which no other one has.
fn small(at: usize) -> String {
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"ACME","version":"1.0","rules":[{{"id":"A1","shortDescription":{{"text":"Do not do that"}},"properties":{{"tags":["external/cwe/cwe-089"]}}}}]}}}},"results":[{{"ruleId":"A1","ruleIndex":0,"level":"error","message":{{"text":"This was done."}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"src/a{at}.c"}},"region":{{"startLine":3,"snippet":{{"text":"do_that();"}}}}}}}}]}}]}}]}}"#
    )
}
