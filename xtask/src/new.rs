//! `cargo xtask new ID`: lays down a converter that compiles, with fixtures that it converts.
//!
//! The format that it reads is made up; what is left to do is to put the real one in its place.

use crate::{
    files::{root, say, write},
    sync,
};
use std::process::Command;

/// Where the converter goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A crate of its own, for a format with a model of many objects.
    Crate,
    /// A module of `convert-json`.
    Json,
    /// A module of `convert-xml`.
    Xml,
}

/// What is filled into a template.
struct Names {
    /// As `npm-audit`.
    id: String,
    /// As `npm_audit`.
    ident: String,
    /// As `NpmAudit`.
    kind: String,
}

impl Shape {
    pub(crate) fn parse(option: &str) -> Result<Self, String> {
        match option {
            "--crate" => Ok(Self::Crate),
            "--json" => Ok(Self::Json),
            "--xml" => Ok(Self::Xml),
            _ => Err(format!("no such shape: {option} (there are --crate, --json, --xml)")),
        }
    }
}

/// Lays down converter and fixtures, and brings the façade in step.
pub(crate) fn run(id: &str, shape: Shape) -> Result<(), String> {
    let names = Names::new(id)?;
    if sync::converters()?.iter().any(|known| known.id == id) {
        return Err(format!("there is a converter {id} already"));
    }
    let lay = |path: &str, template: &str| {
        let path = names.fill(path);
        if sync::exists(&path) {
            return Err(format!("{path} is there already"));
        }
        say(&path);
        write(&root().join(&path), &names.fill(template))
    };
    let folder = match shape {
        Shape::Crate => "convert-{id}",
        Shape::Json => "convert-json",
        Shape::Xml => "convert-xml",
    };
    match shape {
        Shape::Crate => {
            lay("crates/convert-{id}/Cargo.toml", include_str!("../templates/crate/Cargo.toml.txt"))?;
            lay("crates/convert-{id}/src/lib.rs", include_str!("../templates/crate/lib.rs.txt"))?;
            lay("crates/convert-{id}/src/model.rs", include_str!("../templates/crate/model.rs.txt"))?;
            lay("crates/convert-{id}/src/map.rs", include_str!("../templates/crate/map.rs.txt"))?;
            sync::add_workspace_dependency(
                &names.fill("scanlift-convert-{id}"),
                &names.fill("convert-{id}"),
            )?;
        }
        Shape::Json => {
            lay(
                "crates/convert-json/src/scanner/{ident}.rs",
                include_str!("../templates/json/module.rs.txt"),
            )?;
        }
        Shape::Xml => {
            lay("crates/convert-xml/src/scanner/{ident}.rs", include_str!("../templates/xml/module.rs.txt"))?;
        }
    }
    let extension = if shape == Shape::Xml { "xml" } else { "json" };
    for (case, xml, json) in CASES {
        let input = if shape == Shape::Xml { xml } else { json };
        lay(&format!("fixtures/{{id}}/{case}/input.{extension}"), input)?;
        let expected = match *case {
            "none" => "records = 0",
            "single" => "records = 1",
            "many" => "records = 3",
            _ => "expect = \"refused\"",
        };
        let toml = include_str!("../templates/case.toml.txt").replace("{expected}", expected);
        lay(&format!("fixtures/{{id}}/{case}/case.toml"), &toml)?;
    }
    lay("docs/mapping/{id}.md", include_str!("../templates/mapping.md.txt"))?;
    // How lines break depends on the length of the id; without rustfmt they stay as they are.
    let _ = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["fmt", "--package", &names.fill(&format!("scanlift-{folder}"))])
        .status();
    sync::run(false)?;
    say(format_args!(
        "\nnow put the real format in place of the made-up one, and real scanner output into fixtures/{id}; then\n\
         cargo xtask fixtures {id}   # and read the diff\ndocs/adding-a-converter.md has the whole way"
    ));
    Ok(())
}

/// The cases that every format has: name, input in XML, input in JSON.
const CASES: &[(&str, &str, &str)] = &[
    ("none", "<{id} version=\"1.0\"/>\n", "{\"{id}\": \"1.0\", \"findings\": []}\n"),
    ("single", include_str!("../templates/single.xml.txt"), include_str!("../templates/single.json.txt")),
    ("many", include_str!("../templates/many.xml.txt"), include_str!("../templates/many.json.txt")),
    (
        "malformed",
        "<{id} version=\"1.0\">\n  <finding rule=\"R1\">\n",
        "{\"{id}\": \"1.0\", \"findings\": [{\"rule\": \"R1\"\n",
    ),
];

impl Names {
    fn new(id: &str) -> Result<Self, String> {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !id.chars().all(good) || id.ends_with('-') {
            return Err(format!("{id} is no id: small letters, digits and dashes, a letter first"));
        }
        let capital = |word: &str| {
            let mut chars = word.chars();
            chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
        };
        Ok(Self {
            id: id.to_owned(),
            ident: id.replace('-', "_"),
            kind: id.split('-').map(capital).collect(),
        })
    }

    /// Every `{id}`, `{ident}` and `{Kind}` of a template filled in.
    fn fill(&self, template: &str) -> String {
        template.replace("{id}", &self.id).replace("{ident}", &self.ident).replace("{Kind}", &self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_names() {
        let names = Names::new("npm-audit").expect("an id");
        assert_eq!(names.fill("{id} {ident} {Kind}"), "npm-audit npm_audit NpmAudit");
        for bad in ["", "Npm", "1x", "a_b", "a-"] {
            assert!(Names::new(bad).is_err(), "{bad}");
        }
    }
}
