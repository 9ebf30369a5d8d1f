//! Runs scanlift in a folder of its own, away from the caller's environment.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// Two findings of an image (High, Low) and a secret (Critical).
pub(crate) const TRIVY: &str = r#"{"SchemaVersion":2,"CreatedAt":"2026-01-02T03:04:05Z","ArtifactName":"app:1","ArtifactType":"container_image","Results":[
{"Target":"app:1 (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[
{"VulnerabilityID":"CVE-2020-0001","PkgName":"bash","InstalledVersion":"5.0","Severity":"HIGH","Title":"A"},
{"VulnerabilityID":"CVE-2020-0002","PkgName":"bash","InstalledVersion":"5.0","Severity":"LOW","Title":"B"}]},
{"Target":"/app/key.txt","Class":"secret","Secrets":[
{"RuleID":"token","Category":"General","Severity":"CRITICAL","Title":"Token","StartLine":1,"EndLine":1,"Match":"token: ***"}]}]}"#;

/// One finding of an image.
pub(crate) const SINGLE: &str = r#"{"SchemaVersion":2,"ArtifactName":"app:1","ArtifactType":"container_image","Results":[
{"Target":"app:1 (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[
{"VulnerabilityID":"CVE-2020-0001","PkgName":"bash","InstalledVersion":"5.0","Severity":"HIGH","Title":"A"}]}]}"#;

/// Broken in line 3: a bracket closes what a brace opened.
pub(crate) const BROKEN: &str = r#"{"SchemaVersion":2,"ArtifactName":"app:1","ArtifactType":"container_image","Results":[
{"Target":"app:1 (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[
{"VulnerabilityID":"CVE-2020-0001","PkgName":"bash"] }]}]}"#;

/// What `TRIVY` gives without options.
pub(crate) const CONTAINER: &str = "gl-container-scanning-report.json";
/// The other one.
pub(crate) const SECRET: &str = "gl-secret-detection-report.json";

/// A folder to run in, and one for temporary files that must stay empty.
pub(crate) struct Place {
    folder: TempDir,
    temporary: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What a run said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// With these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let place = Self { folder: folder(), temporary: folder(), variables: Vec::new() };
        for (name, text) in files {
            place.write(name, text.as_bytes());
        }
        place
    }

    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Every file and folder, also hidden ones, in order.
    pub(crate) fn list(&self) -> Vec<String> {
        let mut names = Vec::new();
        list(self.folder.path(), self.folder.path(), &mut names);
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scanlift"));
        command.args(arguments);
        self.prepared(command)
    }

    fn prepared(&self, mut command: Command) -> Command {
        command.current_dir(self.folder.path()).env_clear();
        command.env("TMPDIR", self.temporary.path()).env("SOURCE_DATE_EPOCH", "1700000000");
        for kept in ["SystemRoot", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.feed(arguments, b"")
    }

    /// With no more than 700 MB of address space, where that can be limited.
    pub(crate) fn run_within_memory(&self, arguments: &[&str]) -> Said {
        if cfg!(not(target_os = "linux")) {
            return self.run(arguments);
        }
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "ulimit -v 700000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_scanlift")]);
        self.run_by(command, arguments, b"")
    }

    /// By a program that runs scanlift.
    pub(crate) fn run_by(&self, mut command: Command, arguments: &[&str], input: &[u8]) -> Said {
        command.args(arguments);
        Self::finish(self.prepared(command), self.temporary.path(), input)
    }

    pub(crate) fn feed(&self, arguments: &[&str], input: &[u8]) -> Said {
        Self::finish(self.command(arguments), self.temporary.path(), input)
    }

    fn finish(mut command: Command, temporary: &Path, input: &[u8]) -> Said {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input);
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let left: Vec<_> = fs::read_dir(temporary).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }
}

impl Said {
    /// Asserts the exit code and what standard error holds.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{}", self.err);
        for part in parts {
            assert!(self.err.contains(part), "no {part:?} in:\n{}", self.err);
        }
    }

    #[track_caller]
    pub(crate) fn succeeds(&self) {
        assert_eq!(self.code, 0, "{}", self.err);
    }
}

/// What spells a text in base64.
pub(crate) fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let number =
            chunk.iter().fold(0_usize, |all, byte| all << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = char::from(DIGITS[number >> (18 - 6 * at) & 63]);
            out.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn list(folder: &Path, root: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        names.push(path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"));
        if path.is_dir() {
            list(&path, root, names);
        }
    }
}
