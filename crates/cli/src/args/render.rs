use clap::{Args, ValueEnum, ValueHint, builder::NonEmptyStringValueParser};
use scanlift_render::Format;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  scanlift render gl-*-report.json                   a table for the terminal
  scanlift render reports/ -o findings.html          one page, to be kept as an artifact
  scanlift render trivy.json zap.xml -o findings.xlsx
  scanlift render gl-*-report.json --base main/gl-*-report.json -o note.md";

/// Options of `render`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Render {
    /// GitLab security reports and files of scanners: files, directories, quoted globs, or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<PathBuf>,
    /// What to compare with, behind the inputs: tells what is new, still there, and fixed
    #[arg(long, value_name = "INPUT", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub(crate) base: Vec<PathBuf>,
    /// Where to: a file, a directory (findings.html in it), or - for standard output
    #[arg(short, long, value_name = "PATH", default_value = "-", value_hint = ValueHint::AnyPath)]
    pub(crate) output: PathBuf,
    /// What to write [default: by the output's ending, else text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<RenderFormat>,
    /// What stands above the findings [default: Security findings, with the project's name in a job]
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) title: Option<String>,
    /// How many findings Markdown and text list of those that are new, still there and fixed; the worst ones
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<usize>,
}

/// What `render` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenderFormat {
    /// One page with charts, filters and details, that needs nothing else
    Html,
    /// A note for a merge request
    Markdown,
    /// A table for the terminal
    Text,
    /// Comma-separated values
    Csv,
    /// A workbook for Excel and LibreOffice
    Xlsx,
    /// JUnit XML, for GitLab's test report
    Junit,
}

impl From<RenderFormat> for Format {
    fn from(format: RenderFormat) -> Self {
        match format {
            RenderFormat::Html => Self::Html,
            RenderFormat::Markdown => Self::Markdown,
            RenderFormat::Text => Self::Text,
            RenderFormat::Csv => Self::Csv,
            RenderFormat::Xlsx => Self::Xlsx,
            RenderFormat::Junit => Self::Junit,
        }
    }
}
