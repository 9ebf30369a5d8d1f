//! Runs the program and looks at its time and memory.

use super::ROUNDS;
use crate::files::failed;
use flate2::{Compression, write::GzEncoder};
use std::{
    fmt,
    fs::{self, File},
    io,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// One run.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) time: Duration,
    /// Peak resident memory in bytes; unknown where the system does not tell it in `/proc`.
    pub(crate) memory: Option<u64>,
}

/// Converts a file into a folder.
pub(crate) fn convert(scanlift: &Path, input: &Path, stdin: bool, out: &Path) -> Result<Measured, String> {
    let mut command = Command::new(scanlift);
    command.arg("convert").env("SOURCE_DATE_EPOCH", "1700000000").current_dir(out);
    if stdin {
        command.arg("-").stdin(File::open(input).map_err(failed("open", input))?);
    } else {
        command.arg(input).stdin(Stdio::null());
    }
    command.arg("--quiet").arg("--output").arg(out).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn().map_err(failed("start", scanlift))?;
    let (time, memory) = watch(&mut child, start)?;
    let output = child.wait_with_output().map_err(failed("wait for", scanlift))?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr);
        return Err(format!("scanlift ended with {}\n{log}", output.status));
    }
    Ok(Measured { time, memory })
}

/// Waits for the end and asks every few milliseconds for the peak: the system keeps it (`VmHWM`), so only what grows in
/// the last of them can be missed.
fn watch(child: &mut Child, start: Instant) -> Result<(Duration, Option<u64>), String> {
    let mut memory = None;
    let status = format!("/proc/{}/status", child.id());
    loop {
        // A process that has ended has no such line any more; the last value stays.
        memory = fs::read_to_string(&status).ok().as_deref().and_then(peak).or(memory);
        if child.try_wait().map_err(|e| format!("failed to wait for scanlift: {e}"))?.is_some() {
            return Ok((start.elapsed(), memory));
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The median time, and the largest peak.
pub(crate) fn median(runs: &mut [Measured]) -> Measured {
    runs.sort_by_key(|run| run.time);
    let memory = runs.iter().filter_map(|run| run.memory).max();
    Measured { time: runs[ROUNDS / 2].time, memory }
}

/// How many findings the report holds, which must be the results of the log, and the same bytes whichever way they came;
/// removes the report.
pub(crate) fn finished(out: &Path, results: u64, first: &mut Option<u64>) -> Result<u64, String> {
    let report = out.join("gl-sast-report.json");
    let bytes = fs::read(&report).map_err(failed("read", &report))?;
    fs::remove_file(&report).map_err(failed("remove", &report))?;
    let findings = bytes.windows(11).filter(|window| window == b"\"severity\":").count() as u64;
    if findings != results {
        return Err(format!("{findings} findings in the report, {results} results in the log"));
    }
    let sum = checksum(&bytes);
    if *first.get_or_insert(sum) != sum {
        return Err("the report depends on the way that the log came".to_owned());
    }
    Ok(findings)
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
}

impl Machine {
    pub(crate) fn here() -> Self {
        let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let rustc = Command::new("rustc").arg("--version").output();
        Self {
            processor: processor.map_or("unknown processor", |(_, name)| name.trim()).to_owned(),
            cores: thread::available_parallelism().map_or(0, usize::from),
            rustc: rustc.map_or_else(
                |_| "unknown rustc".to_owned(),
                |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            ),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, rustc } = self;
        write!(f, "{processor}, {cores} cores, {} {}, {rustc}", std::env::consts::OS, std::env::consts::ARCH)
    }
}
