//! `scanlift ci`.

use crate::{
    args::{Ci, CiFiles, CiJob, CiPolicy, Get, What},
    exit,
    explain::Failure,
    log, place,
};
use comfy_table::{Table, presets};
use scanlift_ci::{
    Custom, File, Job, Policies, Provision, Scanner, ScannerError, YamlError, demo, repository,
};
use std::path::Path;

/// Prints YAML, or writes the files of a component or demonstration.
pub(crate) fn run(options: &Ci) -> Result<u8, Failure> {
    match &options.what {
        What::Job(options) => print(job(options)?.document().to_yaml()),
        What::Component(options) => write(options, repository),
        What::Demo(options) => write(options, demo),
        What::Policy(options) => policy(options),
        What::Scanners => Ok(scanners()),
    }
}

fn print(yaml: Result<String, YamlError>) -> Result<u8, Failure> {
    let yaml = yaml.map_err(|error| Failure::usage(format!("failed to {error}")))?;
    Ok(log::answer(yaml.as_bytes()))
}

fn policy(options: &CiPolicy) -> Result<u8, Failure> {
    let mut policies = Policies::new(job(&options.job)?, &options.project);
    policies.reference.clone_from(&options.reference);
    match &options.output {
        None => print(policies.policy()),
        Some(folder) => put(folder, policies.files()),
    }
}

fn write(options: &CiFiles, files: fn(&Job) -> Result<Vec<File>, YamlError>) -> Result<u8, Failure> {
    put(&options.output, files(&job(&options.job)?))
}

/// Writes files into a new or empty directory: what is there already is not overwritten.
fn put(folder: &Path, files: Result<Vec<File>, YamlError>) -> Result<u8, Failure> {
    let files = files.map_err(|error| Failure::usage(format!("failed to {error}")))?;
    if let Some(file) = files.iter().find(|file| folder.join(&file.path).exists()) {
        let path = folder.join(&file.path);
        return Err(Failure::usage(format!("{} is there already", path.display()))
            .help("name a directory that does not hold it, so that nothing of yours is lost"));
    }
    for file in &files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .map_err(|error| Failure::output(&format!("make {}", parent.display()), &error))?;
        }
        place::put_text(&path, "", &file.content)?;
        log::info(&format!("wrote {}", path.display()));
    }
    Ok(exit::DONE)
}

fn job(options: &CiJob) -> Result<Job, Failure> {
    let mut custom = Custom::default();
    custom.name.clone_from(&options.name);
    custom.image.clone_from(&options.image);
    custom.script.clone_from(&options.script);
    custom.output.clone_from(&options.output_file);
    custom.kinds.clone_from(&options.kind);
    custom.exists.clone_from(&options.exists);
    let scanner = Scanner::find(&options.scanner, &custom).map_err(|error| explain(&error))?;
    let shards = scanner.shards;
    let mut job = Job::new(scanner, env!("CARGO_PKG_VERSION"));
    if let Some(name) = &options.job_name {
        job.name.clone_from(name);
    }
    job.stage.clone_from(&options.stage);
    job.paths.clone_from(&options.paths);
    match options.get {
        None => {}
        Some(Get::Download) => job.provision = Provision::Download,
        Some(Get::Pip) => job.provision = Provision::Pip,
        Some(Get::Npm) => job.provision = Provision::Npm,
        Some(Get::Present) => job.provision = Provision::Present,
    }
    job.user = Some(options.user.clone()).filter(|user| !user.is_empty());
    job.shards = options.shards;
    job.gate = options.gate.then(|| vec![options.gate_options.clone()]);
    job.code_quality = options.code_quality;
    job.convert.extend(options.convert_options.clone());
    if let Some(oldest) = options.gitlab {
        job.fit(oldest);
    }
    if job.shards.is_some() && !shards {
        return Err(Failure::usage(format!("{} cannot scan a part of the files", job.scanner.name))
            .help("leave --shards out, or give a --script in which {paths} stands for the files"));
    }
    Ok(job)
}

fn explain(error: &ScannerError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match error {
        ScannerError::Unknown { id, known } => {
            let near = known
                .iter()
                .max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
            let failure = match near {
                Some(near) if strsim::jaro_winkler(near, id) > 0.8 => {
                    failure.help(format!("did you mean {near}?"))
                }
                _ => failure,
            };
            failure
                .help(format!("known are {}", known.join(", ")))
                .help("for your own: --image, --script, --output-file and --kind")
        }
        _ => failure,
    }
}

fn scanners() -> u8 {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["scanner", "name", "kinds", "image"]);
    for (id, scanner) in Scanner::known() {
        let kinds: Vec<_> = scanner.kinds.iter().map(|kind| kind.as_str()).collect();
        table.add_row([id, scanner.name, kinds.join(", "), scanner.image]);
    }
    let text = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
    log::answer(text.as_bytes())
}
