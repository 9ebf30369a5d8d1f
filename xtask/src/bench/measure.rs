//! Runs the program and looks at its time and memory.

use super::ROUNDS;
use crate::files::failed;
use flate2::{Compression, write::GzEncoder};
use std::{
    fmt,
    fs::{self, File},
    io,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// One run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Measured {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Time that processors spent on it, which other programs on the machine change little. Where the system does not
    /// tell it in `/proc`, the time from start to end.
    pub(crate) cpu: Duration,
    /// Peak resident memory in bytes; unknown where the system does not tell it in `/proc`.
    pub(crate) memory: Option<u64>,
}

/// How the input gets into the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    File,
    Stdin,
}

/// Converts an input, a file or a folder, into a folder.
pub(crate) fn convert(
    scanlift: &Path,
    input: &Path,
    way: Way,
    threads: usize,
    out: &Path,
) -> Result<Measured, String> {
    let mut command = Command::new(scanlift);
    command.arg("convert").env("SOURCE_DATE_EPOCH", "1700000000").current_dir(out);
    if way == Way::Stdin {
        command.arg("-").stdin(File::open(input).map_err(failed("open", input))?);
    } else {
        command.arg(input).stdin(Stdio::null());
    }
    command.args(["--quiet", "--threads", &threads.to_string(), "--output"]).arg(out);
    run(&mut command)
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Result<Measured, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|e| format!("failed to start {name}: {e}"))?;
    let mut measured = watch(child.id());
    let status = child.wait().map_err(|e| format!("failed to wait for {name}: {e}"))?;
    measured.wall = start.elapsed();
    if measured.cpu.is_zero() {
        measured.cpu = measured.wall;
    }
    if !status.success() {
        let log = child.stderr.and_then(|stderr| io::read_to_string(stderr).ok()).unwrap_or_default();
        return Err(format!("{name} ended with {status}\n{log}"));
    }
    Ok(measured)
}

/// Looks every millisecond until the program has ended, but has not been waited for: the system keeps its peak
/// (`VmHWM`) up to its end, so only what grows in the last millisecond can be missed, and its time beyond.
fn watch(id: u32) -> Measured {
    let mut measured = Measured::default();
    let of = |file: &str| fs::read_to_string(format!("/proc/{id}/{file}")).ok();
    while let Some(stat) = of("stat") {
        measured.memory = of("status").as_deref().and_then(peak).or(measured.memory);
        // The name is in brackets and may hold anything.
        let Some((_, fields)) = stat.rsplit_once(") ") else { break };
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks =
            |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or_default();
        // utime and stime, in hundredths of a second.
        measured.cpu = Duration::from_millis(10 * (ticks(11) + ticks(12)));
        if fields.first() == Some(&"Z") {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    measured
}

fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Time that processors spent on this thread so far; from some start on where the system does not tell it.
pub(crate) fn own_time(start: Instant) -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = stat.and_then(|stat| stat.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// The least times, since whatever else runs can only add to them, and the largest peak.
pub(crate) fn best(run: impl FnMut() -> Result<Measured, String>) -> Result<Measured, String> {
    let runs = std::iter::repeat_with(run).take(ROUNDS).collect::<Result<Vec<_>, _>>()?;
    Ok(Measured {
        wall: runs.iter().map(|run| run.wall).min().unwrap_or_default(),
        cpu: runs.iter().map(|run| run.cpu).min().unwrap_or_default(),
        memory: runs.iter().filter_map(|run| run.memory).max(),
    })
}

/// How many findings the report holds, which must be those of the document, and the same bytes whichever way they came;
/// removes the report.
pub(crate) fn finished(report: &Path, findings: u64, first: &mut Option<u64>) -> Result<(), String> {
    let bytes = fs::read(report).map_err(failed("read", report))?;
    fs::remove_file(report).map_err(failed("remove", report))?;
    let found = bytes.windows(11).filter(|window| window == b"\"severity\":").count() as u64;
    if found != findings {
        return Err(format!("{found} findings in the report, {findings} in the document"));
    }
    let sum = checksum(&bytes);
    if *first.get_or_insert(sum) != sum {
        return Err("the report depends on the way that the document came, or on the threads".to_owned());
    }
    Ok(())
}

/// FNV-1a, over words: good enough to see that two reports are the same.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325, |sum, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

pub(crate) fn gzip(file: &Path, zipped: &Path) -> Result<(), String> {
    let copy = || -> io::Result<()> {
        let mut encoder = GzEncoder::new(File::create(zipped)?, Compression::fast());
        io::copy(&mut File::open(file)?, &mut encoder)?;
        encoder.finish()?;
        Ok(())
    };
    copy().map_err(failed("compress", file))
}

/// What the figures were measured on.
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    rustc: String,
    /// Programs that wanted to run, on average of the last minute.
    load: String,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let rustc = Command::new("rustc").arg("--version").output();
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            processor: processor.map_or("unknown processor", |(_, name)| name.trim()).to_owned(),
            cores: thread::available_parallelism().map_or(0, usize::from),
            rustc: rustc.map_or_else(
                |_| "unknown rustc".to_owned(),
                |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            ),
            load: load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown").to_owned(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, rustc, load } = self;
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        write!(f, "{processor}, {cores} cores, {os} {arch}, {rustc}, load {load}")
    }
}
