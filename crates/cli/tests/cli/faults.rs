//! What goes wrong around a run: disks, pipes, signals, files that cannot be read, folders that never end.
//! `docs/hardening.md` lists the same faults with what is said of them.
#![cfg(target_os = "linux")]

use crate::support::{CONTAINER, Place, SECRET, SINGLE, Said, TRIVY};
use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::{fs::symlink, process::ExitStatusExt as _},
    process::{Command, Stdio},
};

/// Commands that answer on standard output, for a folder with a scanner file and its reports.
const ANSWERS: [&[&str]; 14] = [
    &["convert", "a.json", "-o", "-", "--to", "container_scanning"],
    &["convert", "a.json", "-o", "out/", "--receipt", "-"],
    &["detect", "a.json"],
    &["validate", CONTAINER],
    &["validate", CONTAINER, "--json"],
    &["preview", CONTAINER],
    &["diff", CONTAINER, CONTAINER],
    &["merge", CONTAINER, "-o", "-"],
    &["gate", CONTAINER, "--max-critical", "0"],
    &["render", CONTAINER],
    &["render", CONTAINER, "--format", "html"],
    &["formats"],
    &["man"],
    &["--help"],
];

fn place() -> Place {
    let place = Place::with(&[("a.json", TRIVY)]);
    place.run(&["convert", "a.json", "-q"]).succeeds();
    place
}

/// Runs with standard output on a file.
fn onto(place: &Place, arguments: &[&str], output: File) -> Said {
    let output = place.command(arguments).stdin(Stdio::null()).stdout(output).output().unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("ended by {:?}", output.status.signal()));
    Said { code, out: String::new(), err: String::from_utf8(output.stderr).unwrap() }
}

/// A shell that settles something before it runs the program.
fn after(place: &Place, setting: &str, arguments: &[&str]) -> Said {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("{setting}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_scanlift")]);
    place.run_by(shell, arguments, b"")
}

#[test]
fn a_full_standard_output_is_4() {
    let place = place();
    for arguments in ANSWERS {
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        let said = onto(&place, arguments, full());
        said.fails(4, &["No space left on device"]);
    }
    place
        .run(&["convert", "a.json", "-o", "/dev/full", "--to", "container_scanning"])
        .fails(4, &["/dev/full"]);
    place.run(&["convert", "a.json", "--receipt", "/dev/full"]).fails(4, &["/dev/full", "No space left"]);
}

#[test]
fn a_reader_that_is_gone_is_no_fault() {
    let place = place();
    for arguments in ANSWERS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.command(arguments).stdout(writer).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// A limit on the size of files does what a full disk does, and everybody may set it.
#[test]
fn a_full_disk_is_4_and_leaves_nothing() {
    let item = "{\"VulnerabilityID\":\"CVE-2020-0001\",\"PkgName\":\"bash-NUMBER\",\"InstalledVersion\":\"5.0\",\"Severity\":\"HIGH\"},\n";
    let items: String = (0..2_000).map(|at| item.replace("NUMBER", &at.to_string())).collect();
    let (head, tail) = TRIVY.split_once("{\"VulnerabilityID\"").unwrap();
    let large = format!("{head}{items}{{\"VulnerabilityID\"{tail}");
    let place = Place::with(&[("a.json", &large), (CONTAINER, "old")]);
    let before = place.list();
    for arguments in [
        &["convert", "a.json"][..],
        &["convert", "a.json", "-o", "new/folder/"],
        &["convert", "a.json", "--to", "sarif", "--to", "cyclonedx", "-o", "new/"],
        &["render", "a.json", "-o", "page.html"],
        &["render", "a.json", "-o", "table.xlsx"],
    ] {
        for setting in ["ulimit -f 64; trap '' XFSZ", "ulimit -f 64"] {
            after(&place, setting, arguments).fails(4, &["File too large"]);
            assert_eq!(place.list(), before, "{arguments:?}");
            assert_eq!(place.read(CONTAINER), "old");
        }
    }
    // Standard input is copied first; there is no room for that either.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "ulimit -f 64; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_scanlift")]);
    place
        .run_by(shell, &["convert", "-"], &[large.as_bytes(), &vec![b' '; 4 << 20]].concat())
        .fails(3, &["File too large", "TMPDIR"]);
}

#[test]
fn a_target_that_cannot_be_written_is_4() {
    let place = Place::with(&[("a.json", SINGLE)]);
    // Nobody can make a directory there, not even root.
    for arguments in [
        &["convert", "a.json", "-o", "/proc/none/"][..],
        &["convert", "a.json", "-o", "/proc/none.json"],
        &["convert", "a.json", "--receipt", "/proc/none.json"],
        &["render", "a.json", "-o", "/proc/none.html"],
        &["merge", "a.json", "-o", "/proc/none.json"],
    ] {
        let said = place.run(arguments);
        assert!(
            matches!((arguments[0], said.code), (_, 4) | ("merge", 3)),
            "{arguments:?}: {} {}",
            said.code,
            said.err
        );
        assert_eq!(place.list(), ["a.json"]);
    }
}

/// Not even root can make a file in /proc.
#[test]
fn no_room_for_temporary_files_is_4() {
    let place = place();
    let input = place.path("a.json");
    let input = input.to_str().unwrap();
    let nowhere = "cd /proc; export TMPDIR=/proc";
    let to_stdout = ["convert", input, "-o", "-", "--to", "container_scanning"];
    for arguments in [&to_stdout[..], &["render", input]] {
        after(&place, nowhere, arguments).fails(4, &["failed to make a temporary file in", "set TMPDIR"]);
    }
    // A report that has a place needs no other.
    let output = place.path("out");
    after(&place, nowhere, &["convert", input, "-o", output.to_str().unwrap()]).succeeds();
}

/// `/proc/self/mem` opens, and fails when it is read from its beginning.
#[test]
fn a_read_that_fails_is_3() {
    let place = Place::with(&[("a.json", SINGLE)]);
    for arguments in [
        &["convert", "/proc/self/mem"][..],
        &["convert", "/proc/self/mem", "--from", "trivy"],
        &["convert", "a.json", "--vex", "/proc/self/mem"],
        &["validate", "/proc/self/mem"],
        &["render", "/proc/self/mem"],
        &["detect", "/proc/self/mem"],
    ] {
        place.run(arguments).fails(3, &["/proc/self/mem", "Input/output error"]);
        assert_eq!(place.list(), ["a.json"], "{arguments:?}");
    }
}

#[test]
fn a_pipe_that_breaks_off_is_3() {
    let place = Place::with(&[(CONTAINER, "old")]);
    let pipe = place.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = place.command(&["convert", "pipe"]).stderr(Stdio::piped()).spawn().unwrap();
    // Opening it waits for the reader.
    OpenOptions::new().write(true).open(&pipe).unwrap().write_all(&SINGLE.as_bytes()[..150]).unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(err.contains("pipe:2:") && err.contains("ends too early"), "{err}");
    assert_eq!(place.read(CONTAINER), "old");
}

#[test]
fn every_signal_ends_a_run_that_waits() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let place = Place::with(&[(CONTAINER, "old")]);
        let pipe = place.path("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut child = place.command(&["convert", "pipe"]).stderr(Stdio::null()).spawn().unwrap();
        // It is reading now, and does not come to an end.
        let mut writer = OpenOptions::new().write(true).open(&pipe).unwrap();
        writer.write_all(&SINGLE.as_bytes()[..150]).unwrap();
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let status = child.wait().unwrap();
        drop(writer);
        assert_eq!(status.code().or(status.signal().map(|signal| 128 + signal)), Some(code), "{signal}");
        assert_eq!(place.read(CONTAINER), "old");
        assert_eq!(place.list(), [CONTAINER, "pipe"], "{signal}");
    }
}

#[test]
fn any_time_will_do() {
    for (epoch, said) in [
        ("-1", Ok("1969-12-31T23:59:59")),
        ("0", Ok("1970-01-01T00:00:00")),
        ("253402207200", Ok("9999-12-30T22:00:00")),
        ("253402300800", Err("which is no time")),
        ("-99999999999999999999", Err("which is no time")),
        ("1e3", Err("which is no time")),
    ] {
        let place = Place::with(&[("a.json", SINGLE)]).variable("SOURCE_DATE_EPOCH", epoch);
        let run = place.run(&["convert", "a.json"]);
        match said {
            Ok(time) => {
                run.succeeds();
                assert_eq!(place.json(CONTAINER)["scan"]["end_time"], time);
            }
            Err(why) => run.fails(2, &["SOURCE_DATE_EPOCH", why]),
        }
    }
}

#[test]
fn no_environment_is_missed() {
    let place = Place::with(&[("a.json", SINGLE)]);
    let mut command = place.command(&["convert", "a.json"]);
    assert_eq!(command.env_clear().output().unwrap().status.code(), Some(0));
    let place = place.variable("HOME", "/none").variable("TMPDIR", "/none");
    place.run(&["convert", "a.json"]).succeeds();
    // What is small stays in memory, what is large is copied to where there is room.
    place.feed(&["convert", "-"], SINGLE.as_bytes()).succeeds();
    let large = [SINGLE.as_bytes(), &vec![b' '; 4 << 20]].concat();
    place.feed(&["convert", "-"], &large).succeeds();
}

#[test]
fn links_in_circles_are_walked_once() {
    let place = Place::with(&[("in/a.json", TRIVY), ("in/deep/b.txt", "no report")]);
    for (to, link) in [
        (".", "in/self"),
        ("..", "in/deep/up"),
        ("turn", "in/turn"),
        ("none", "in/dangling"),
        ("a.json", "in/again.json"),
        ("/dev/zero", "in/zero"),
    ] {
        symlink(to, place.path(link)).unwrap();
    }
    let said = place.run(&["convert", "in", "-o", "out/", "--receipt", "r.json"]);
    said.succeeds();
    let receipt = place.json("r.json");
    let inputs: Vec<_> = receipt["inputs"].as_array().unwrap().iter().map(|input| &input["path"]).collect();
    assert_eq!(inputs, ["in/a.json"], "{}", said.err);
    place.run(&["convert", "in/turn"]).fails(3, &["in/turn"]);
    place.run(&["convert", "in/dangling"]).fails(3, &["in/dangling"]);
}

#[test]
fn folders_are_deep_and_full() {
    let place = Place::with(&[]);
    for at in 0..3_000 {
        place.write(&format!("in/{}/{at}.txt", at % 7), b"no report");
    }
    let deep = format!("in/{}a.json", "d/".repeat(800));
    place.write(&deep, SINGLE.as_bytes());
    for at in 0..50 {
        place.write(&format!("in/{at}.json"), SINGLE.replace("bash", &format!("bash-{at}")).as_bytes());
    }
    let said = place.run(&["convert", "in", "-o", "out/", "--merge", "-q"]);
    said.succeeds();
    assert_eq!(said.err, "");
    let report = place.json(&format!("out/{CONTAINER}"));
    assert_eq!(report["vulnerabilities"].as_array().unwrap().len(), 51);
}

#[test]
fn reports_stand_where_nobody_may_change_a_file() {
    // A root that is mounted read-only looks like this to a run: its directories are there, and refuse.
    let place = Place::with(&[("a.json", TRIVY)]);
    fs::create_dir(place.path("out")).unwrap();
    let said = after(&place, "cd /sys/kernel", &["convert", place.path("a.json").to_str().unwrap()]);
    said.fails(4, &["--output"]);
    assert!(!place.path("out").join(SECRET).exists());
}
