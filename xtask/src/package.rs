//! `cargo xtask package --bin PATH [deb|wheel|npm]`: packs a built binary, with its manual pages and completions.
//!
//! The version stands once, in the workspace's `Cargo.toml`. The tools that pack are called, not replaced: `cargo deb`,
//! `maturin` and `npm`. A binary that was built for a target (`target/<triple>/release/scanlift`) is packed for it.
//! What comes out is in `dist/`, with a file of SHA-256 sums beside it that `sha256sum --check` reads.

use crate::files::{failed, names, root, say, write};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const SHELLS: [(&str, &str); 4] =
    [("bash", "scanlift"), ("zsh", "_scanlift"), ("fish", "scanlift.fish"), ("powershell", "_scanlift.ps1")];

/// Packs what is named, or everything.
///
/// # Errors
/// When the binary is missing, or a tool is not installed or fails.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let (binary, kinds) = match options {
        ["--bin", binary, kinds @ ..] => (PathBuf::from(binary), kinds),
        _ => {
            return Err(
                "which binary? cargo xtask package --bin target/release/scanlift [deb|wheel|npm]".into()
            );
        }
    };
    if let Some(kind) = kinds.iter().find(|kind| !["deb", "wheel", "npm"].contains(*kind)) {
        return Err(format!("no such package: {kind} (deb, wheel and npm are known)"));
    }
    let dist = root().join("dist");
    let stage = stage(&binary, &dist)?;
    let is_wanted = |kind: &str| kinds.is_empty() || kinds.contains(&kind);
    let target = target(&binary);
    if is_wanted("deb") {
        deb(&dist, target)?;
    }
    if is_wanted("wheel") {
        wheel(&dist, target)?;
    }
    if is_wanted("npm") {
        npm(&stage, &dist)?;
    }
    sums(&dist)
}

/// The binary with its pages and completions, where the packages take them from.
fn stage(binary: &Path, dist: &Path) -> Result<PathBuf, String> {
    let stage = dist.join("stage");
    if stage.exists() {
        fs::remove_dir_all(&stage).map_err(failed("remove", &stage))?;
    }
    for (shell, name) in SHELLS {
        let made = call(Command::new(binary).args(["completions", shell]))?;
        write(&stage.join("completions").join(shell).join(name), &made)?;
    }
    let man = stage.join("man");
    call(Command::new(binary).arg("man").arg("--dir").arg(&man))?;
    let to = stage.join("scanlift");
    fs::copy(binary, &to).map_err(failed("copy", binary))?;
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
        fs::copy(root().join(file), stage.join(file)).map_err(failed("copy", Path::new(file)))?;
    }
    say(format_args!("staged {} manual pages and {} completions", names(&man).len(), SHELLS.len()));
    Ok(stage)
}

/// The triple in `target/<triple>/release/scanlift`.
fn target(binary: &Path) -> Option<&str> {
    let folder = binary.parent()?.parent()?.file_name()?.to_str()?;
    folder.contains('-').then_some(folder)
}

/// `[package.metadata.deb]` of the CLI names what goes where.
fn deb(dist: &Path, target: Option<&str>) -> Result<(), String> {
    call(
        Command::new("cargo")
            .args(["deb", "--package", "scanlift", "--no-build", "--no-strip"])
            .args(target.map(|target| ["--target", target]).into_iter().flatten())
            .arg("--output")
            .arg(dist)
            .current_dir(root()),
    )?;
    Ok(())
}

/// The binary in a wheel, with what belongs below `share/`.
///
/// maturin asks cargo for the binary: with the options of the build before, cargo has it.
fn wheel(dist: &Path, target: Option<&str>) -> Result<(), String> {
    let share = root().join("crates/cli/scanlift.data/data/share");
    let stage = dist.join("stage");
    for page in names(&stage.join("man")) {
        copy(&stage.join("man").join(&page), &share.join("man/man1").join(&page))?;
    }
    for (shell, name, to) in [
        ("bash", "scanlift", "bash-completion/completions/scanlift"),
        ("zsh", "_scanlift", "zsh/site-functions/_scanlift"),
        ("fish", "scanlift.fish", "fish/vendor_completions.d/scanlift.fish"),
    ] {
        copy(&stage.join("completions").join(shell).join(name), &share.join(to))?;
    }
    call(
        Command::new("maturin")
            .args(["build", "--release", "--locked", "--features", "tls"])
            .args(target.map(|target| ["--target", target]).into_iter().flatten())
            .arg("--out")
            .arg(dist)
            .current_dir(root().join("crates/cli")),
    )?;
    // A static program runs on every Linux, not only where musl is.
    if let Some(arch) = target.and_then(|target| target.strip_suffix("-unknown-linux-musl")) {
        let tags = format!("manylinux2014_{arch}.musllinux_1_1_{arch}");
        let wheels = names(dist).into_iter().filter(|name| name.ends_with(".whl"));
        call(
            Command::new("python3")
                .args(["-m", "wheel", "tags", "--remove", "--platform-tag", &tags])
                .args(wheels)
                .current_dir(dist),
        )?;
    }
    Ok(())
}

/// A package whose command is the binary itself: nothing is downloaded or run when it is installed.
fn npm(stage: &Path, dist: &Path) -> Result<(), String> {
    let pages: Vec<String> = names(&stage.join("man")).iter().map(|page| format!("./man/{page}")).collect();
    let (os, cpu) = if cfg!(target_os = "macos") { ("darwin", arch()) } else { ("linux", arch()) };
    let manifest = serde_json::json!({
        "name": "scanlift",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Lifts the output of any security scanner into GitLab",
        "license": "MIT OR Apache-2.0",
        "repository": {"type": "git", "url": "git+https://gitlab.com/scanlift/scanlift.git"},
        "keywords": ["gitlab", "sarif", "security", "scanner", "report"],
        "os": [os],
        "cpu": [cpu],
        "bin": {"scanlift": "bin/scanlift"},
        "man": pages,
        "files": ["bin", "man", "completions", "LICENSE-MIT", "LICENSE-APACHE"],
    });
    let manifest = serde_json::to_string_pretty(&manifest).map_err(|e| e.to_string())?;
    write(&stage.join("package.json"), &(manifest + "\n"))?;
    copy(&stage.join("scanlift"), &stage.join("bin/scanlift"))?;
    call(Command::new("npm").args(["pack", "--silent", "--pack-destination"]).arg(dist).current_dir(stage))?;
    Ok(())
}

fn arch() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" }
}

/// One line a package, in the order of their names.
fn sums(dist: &Path) -> Result<(), String> {
    let files: Vec<String> = names(dist)
        .into_iter()
        .filter(|name| [".deb", ".whl", ".tgz"].iter().any(|ending| name.ends_with(ending)))
        .collect();
    let text = call(Command::new("sha256sum").args(&files).current_dir(dist))?;
    write(&dist.join("SHA256SUMS"), &text)?;
    for file in files {
        let path = dist.join(&file);
        let bytes = fs::metadata(&path).map_err(failed("look at", &path))?.len();
        say(format_args!("{file}: {:.1} MB", bytes as f64 / 1e6));
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
    }
    fs::copy(from, to).map_err(failed("copy", from)).map(drop)
}

/// Runs a command to its end and gives its standard output.
fn call(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|e| format!("failed to run {shown}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{shown} failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("{shown}: {e}"))
}
