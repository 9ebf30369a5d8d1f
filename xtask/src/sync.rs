//! `cargo xtask sync [--check]`: writes what follows from the folders between the markers.
//!
//! A converter is a crate `crates/convert-<id>`, or a module `src/scanner/<id>.rs` of a crate that holds many small ones.
//! From these come the `mod` lines and features of such a crate, features, dependencies, re-exports and table of the
//! façade `crates/converters`, and, from what the program says of itself, `docs/formats.md` and
//! `docs/commands.md`.

use crate::files::{names, read, root, say, write};
use std::{collections::BTreeSet, path::Path, process::Command};

/// A converter, by where it is.
pub(crate) struct Found {
    pub(crate) id: String,
    /// As `convert-xml`.
    folder: String,
    /// Whether it is a module of its crate.
    is_module: bool,
}

/// The pages of a folder, as the summary lists them.
fn summary(folder: &str) -> Vec<String> {
    names(&root().join("docs").join(folder))
        .iter()
        .filter_map(|page| page.strip_suffix(".md"))
        .filter(|id| *id != "index")
        .map(|id| format!("- [{id}]({folder}/{id}.md)"))
        .collect()
}

/// The rules of `scanlift validate`, a row for each page.
fn lint_index() -> String {
    let rows = scanlift_ingest::RULES
        .iter()
        .map(|rule| format!("| [{id}]({id}.md) | {} | {} |\n", rule.level, rule.title, id = rule.id));
    format!(
        "# What `scanlift validate` looks for\n\n\
         Errors make the answer a no, warnings do with `--strict`, notes never.\n\
         This list is written by `cargo xtask sync`.\n\n\
         | rule | level | what is wrong |\n| --- | --- | --- |\n{}",
        rows.collect::<String>()
    )
}

/// Writes everything, or with `check` says what is out of step.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let found = converters()?;
    let mut sync = Sync { check, stale: Vec::new() };
    for folder in found.iter().filter(|one| one.is_module).map(|one| &one.folder).collect::<BTreeSet<_>>() {
        let inside = || found.iter().filter(move |one| one.folder == *folder);
        let modules: Vec<String> = inside().map(Found::module).collect();
        sync.place(&format!("crates/{folder}/src/scanner/mod.rs"), &|text| {
            replace(text, "modules", &modules)
        })?;
        let features: Vec<String> = inside().map(|one| format!("{} = []", one.id)).collect();
        sync.place(&format!("crates/{folder}/Cargo.toml"), &|text| replace(text, "features", &features))?;
    }
    sync.place("crates/converters/Cargo.toml", &|text| {
        let text = replace(text, "features", &features(&found))?;
        replace(&text, "dependencies", &dependencies(&found))
    })?;
    sync.place("crates/converters/src/lib.rs", &|text| {
        // As rustfmt sorts them.
        let mut re_exported: Vec<&Found> = found.iter().collect();
        re_exported.sort_by_key(|one| one.path());
        let re_exports: Vec<String> = re_exported.into_iter().map(Found::re_export).collect();
        let text = replace(text, "re-exports", &re_exports)?;
        replace(&text, "converters", &found.iter().map(Found::row).collect::<Vec<_>>())
    })?;
    sync.place("docs/lint/index.md", &|_| Ok(lint_index()))?;
    // The façade is in step now, so that the program says the truth; a check would have it from an old one.
    if check && !sync.stale.is_empty() {
        sync.stale.push("docs/formats.md and docs/commands.md (perhaps)".to_owned());
    } else {
        let (formats, commands) = (formats()?, commands()?);
        sync.place("docs/formats.md", &|_| Ok(formats.clone()))?;
        sync.place("docs/commands.md", &|_| Ok(commands.clone()))?;
    }

    let (pages, rules) = (summary("mapping"), summary("lint"));
    sync.place("docs/SUMMARY.md", &|text| replace(&replace(text, "lint", &rules)?, "mapping", &pages))?;

    if sync.stale.is_empty() {
        say("everything that is generated is in step");
    } else if check {
        return Err(format!("out of step, run `cargo xtask sync`:\n{}", sync.stale.join("\n")));
    } else {
        say(format_args!("written:\n{}", sync.stale.join("\n")));
    }
    Ok(())
}

/// What was written, or would be.
struct Sync {
    check: bool,
    stale: Vec<String>,
}

impl Sync {
    fn place(&mut self, path: &str, change: &dyn Fn(&str) -> Result<String, String>) -> Result<(), String> {
        let file = root().join(path);
        let old = if file.exists() { read(&file)? } else { String::new() };
        let new = change(&old).map_err(|problem| format!("{path}: {problem}"))?;
        if old != new {
            self.stale.push(path.to_owned());
            if !self.check {
                write(&file, &new)?;
            }
        }
        Ok(())
    }
}

/// Every converter, by id.
pub(crate) fn converters() -> Result<Vec<Found>, String> {
    let crates = root().join("crates");
    let mut found = Vec::new();
    for folder in names(&crates) {
        let Some(id) = folder.strip_prefix("convert-").filter(|id| *id != "api") else { continue };
        let modules = crates.join(&folder).join("src/scanner");
        if modules.is_dir() {
            for file in names(&modules) {
                let Some(module) = file.strip_suffix(".rs").filter(|module| *module != "mod") else {
                    continue;
                };
                found.push(Found { id: module.replace('_', "-"), folder: folder.clone(), is_module: true });
            }
        } else {
            found.push(Found { id: id.to_owned(), folder: folder.clone(), is_module: false });
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    match found.windows(2).find(|pair| pair[0].id == pair[1].id) {
        Some(pair) => Err(format!("two converters have the id {}", pair[0].id)),
        None => Ok(found),
    }
}

impl Found {
    fn ident(&self) -> String {
        self.id.replace('-', "_")
    }

    fn package(&self) -> String {
        format!("scanlift-{}", self.folder)
    }

    /// The Rust path of the module that has its `CONVERTER`.
    fn path(&self) -> String {
        let name = self.package().replace('-', "_");
        if self.is_module { format!("{name}::scanner::{}", self.ident()) } else { name }
    }

    fn module(&self) -> String {
        format!("#[cfg(feature = \"{}\")]\npub mod {};", self.id, self.ident())
    }

    fn re_export(&self) -> String {
        let rename = if self.is_module { String::new() } else { format!(" as {}", self.ident()) };
        format!("#[cfg(feature = \"{}\")]\npub use {}{rename};", self.id, self.path())
    }

    fn row(&self) -> String {
        format!("#[cfg(feature = \"{}\")]\n&{}::CONVERTER,", self.id, self.path())
    }
}

fn features(found: &[Found]) -> Vec<String> {
    let ids: Vec<String> = found.iter().map(|one| format!("\"{}\"", one.id)).collect();
    let mut lines = vec![format!("default = [{}]", ids.join(", "))];
    lines.extend(found.iter().map(|one| {
        let package = one.package();
        let inner = if one.is_module { format!(", \"{package}/{}\"", one.id) } else { String::new() };
        format!("{} = [\"dep:{package}\"{inner}]", one.id)
    }));
    lines
}

fn dependencies(found: &[Found]) -> Vec<String> {
    let packages: BTreeSet<String> = found.iter().map(Found::package).collect();
    packages
        .into_iter()
        .map(|package| {
            format!("{package} = {{ workspace = true, optional = true, features = [\"register\"] }}")
        })
        .collect()
}

/// The text with other lines between the markers of that name, indented as the markers are.
fn replace(text: &str, name: &str, lines: &[String]) -> Result<String, String> {
    let (begin, end) = (format!("@generated begin {name}"), format!("@generated end {name}"));
    let bare = |line: &str| line.trim().trim_start_matches("<!--").trim_end_matches("-->").trim().to_owned();
    let is = |line: &str, marker: &str| bare(line).trim_start_matches([' ', '/', '#']) == marker;
    let mut out = String::with_capacity(text.len());
    let mut old = text.split_inclusive('\n');
    for line in old.by_ref() {
        out.push_str(line);
        if is(line, &begin) {
            let indent = &line[..line.len() - line.trim_start().len()];
            for new in lines.iter().flat_map(|new| new.lines()) {
                out.push_str(&format!("{indent}{new}\n"));
            }
            let last = old.find(|line| is(line, &end)).ok_or_else(|| format!("no marker `{end}`"))?;
            out.push_str(last);
            out.extend(old);
            return Ok(out);
        }
    }
    Err(format!("no marker `{begin}`"))
}

/// What the program says of its converters.
fn formats() -> Result<String, String> {
    // An id leads to the page on what becomes of its fields.
    let row = |line: &str| match line.strip_prefix("| `").and_then(|rest| rest.split_once("` |")) {
        Some((id, rest)) => format!("| [`{id}`](mapping/{id}.md) |{rest}\n"),
        None => format!("{line}\n"),
    };
    let table = said(&["formats", "--markdown"])?.trim().lines().map(row).collect::<String>();
    Ok(format!(
        "<!-- @generated by `cargo xtask sync` from `scanlift formats --markdown`. -->\n\n# Formats\n\n\
         What scanlift reads, by the id that `--from` takes; it leads to the page on what becomes of each field.\nThe format of a file is told by its content, so `--from` is needed for files that say too little.\n\n{table}"
    ))
}

/// What the program says of its commands.
fn commands() -> Result<String, String> {
    let commands = said(&["man", "--markdown"])?;
    Ok(format!(
        "<!-- @generated by `cargo xtask sync` from `scanlift man --markdown`. -->\n\n# Commands and options\n\n\
         Every command with its options, as `--help` has them.\n\
         `-q`, `-v`, `--color` and `-h` go for all of them.\n\
         [The command line](cli.md) says what stays the same for all: exit codes, streams, variables, the file of settings.\n{commands}"
    ))
}

/// What the program prints.
fn said(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["run", "--quiet", "--package", "scanlift", "--"])
        .args(arguments)
        .output()
        .map_err(|e| format!("failed to start cargo: {e}"))?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`scanlift {}` ended with {}\n{log}", arguments.join(" "), output.status));
    }
    String::from_utf8(output.stdout).map_err(|e| e.to_string())
}

/// Adds a line to the workspace's dependencies, beside those of its kind.
pub(crate) fn add_workspace_dependency(package: &str, folder: &str) -> Result<(), String> {
    let manifest = root().join("Cargo.toml");
    let text = read(&manifest)?;
    let version = env!("CARGO_PKG_VERSION");
    let line = format!("{package} = {{ path = \"crates/{folder}\", version = \"{version}\" }}\n");
    if text.contains(&format!("{package} =")) {
        return Ok(());
    }
    let is_converter =
        |line: &&str| line.starts_with("scanlift-convert-") && !line.starts_with("scanlift-convert-api");
    let after = text.lines().rfind(is_converter).ok_or("Cargo.toml names no converter")?;
    let at = text.find(after).map_or(text.len(), |at| at + after.len() + 1);
    write(&manifest, &format!("{}{line}{}", &text[..at], &text[at..]))
}

/// Whether there is a folder of that path in the repository.
pub(crate) fn exists(path: &str) -> bool {
    Path::new(&root()).join(path).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_between_the_markers_are_replaced() {
        let text = "a\n  // @generated begin x\n  old\n  // @generated end x\nb\n";
        let new = replace(text, "x", &["one".to_owned(), "two\nthree".to_owned()]).expect("markers");
        assert_eq!(new, "a\n  // @generated begin x\n  one\n  two\n  three\n  // @generated end x\nb\n");
        assert_eq!(replace(&new, "x", &["old".to_owned()]).expect("markers"), text);
        assert!(replace(text, "y", &[]).is_err());
        assert!(replace("# @generated begin x\n", "x", &[]).is_err());
    }

    #[test]
    fn a_module_and_a_crate_are_named_alike_in_the_facade() {
        let module = Found { id: "npm-audit".into(), folder: "convert-json".into(), is_module: true };
        assert_eq!(
            module.row(),
            "#[cfg(feature = \"npm-audit\")]\n&scanlift_convert_json::scanner::npm_audit::CONVERTER,"
        );
        let alone = Found { id: "trivy".into(), folder: "convert-trivy".into(), is_module: false };
        assert_eq!(
            alone.re_export(),
            "#[cfg(feature = \"trivy\")]\npub use scanlift_convert_trivy as trivy;"
        );
        assert_eq!(
            features(&[module, alone]),
            [
                r#"default = ["npm-audit", "trivy"]"#,
                r#"npm-audit = ["dep:scanlift-convert-json", "scanlift-convert-json/npm-audit"]"#,
                r#"trivy = ["dep:scanlift-convert-trivy"]"#
            ]
        );
    }
}
