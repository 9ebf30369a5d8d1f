//! `scanlift issues`.

use crate::{
    args::{GroupBy, Issues, IssuesWhat, Server, Sync},
    commands::{merge, report},
    environment, exit,
    explain::Failure,
    inputs, log, place,
};
use scanlift_ingest::Fate;
use scanlift_issues::{
    Action, Client, ClientError, Entry, Grouping, JOINER, Outcome, Scope, Settings, Token, TokenKind, Wishes,
    execute, plan,
};
use scanlift_report_core::{Kind, ScanStatus};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Opens, reopens and closes issues.
pub(crate) fn run(options: &Issues) -> Result<u8, Failure> {
    match &options.what {
        IssuesWhat::Sync(options) => sync(options),
    }
}

fn sync(options: &Sync) -> Result<u8, Failure> {
    let mut wishes = Wishes::new();
    wishes.grouping = match options.group_by {
        GroupBy::Finding => Grouping::Finding,
        GroupBy::Rule => Grouping::Rule,
        GroupBy::Package => Grouping::Package,
    };
    wishes.min_severity = options.min_severity;
    wishes.labels.clone_from(&options.labels);
    wishes.confidential = options.confidential;
    let (mut entries, mut scans) = (Vec::new(), Scans::new());
    for path in reports(&options.reports)? {
        let before = entries.len();
        let (scan, stays) = read(path, &mut entries)?;
        let is_nameless = is_of_image(scan.1) && entries.len() == before && options.images.is_empty();
        if options.close_fixed && is_nameless {
            let label = path.display();
            log::info(&format!(
                "{label} names no image to close issues of, as it has no findings: use --image"
            ));
        }
        let known = scans.entry(scan).or_default();
        *known = known.or(stays);
    }
    if options.close_fixed {
        wishes.close_fixed = scanned(&scans, &entries, &options.images);
    }
    if options.only.is_some() {
        let mut known = Vec::new();
        for path in reports(&options.base)? {
            read(path, &mut known)?;
        }
        wishes.known = Some(known.into_iter().map(|entry| entry.uuid).collect());
    }

    let token = token(&options.server)?;
    if token.is_none() && !options.dry_run {
        return Err(no_token("issues"));
    }
    let sleep = patient;
    let client = match (&token, options.dry_run) {
        (None, true) => {
            log::warn("there is no token, so the issues that are there already are not looked at");
            None
        }
        _ => Some(client(&options.server, token, &sleep)?),
    };
    let plan = plan(&entries, &wishes, client.as_ref()).map_err(|error| explain(&error))?;
    let count = |is: fn(&Action) -> bool| plan.actions.iter().filter(|action| is(action)).count();
    let told = format!(
        "{}: {} to open, {} to reopen, {} to close; \
         {} have an open issue, {} one that was closed, {} are left out",
        place::findings(entries.len() as u64),
        count(|action| matches!(action, Action::Create { .. })),
        count(|action| matches!(action, Action::Reopen { .. })),
        count(|action| matches!(action, Action::Close { .. })),
        plan.open,
        plan.closed,
        plan.left_out,
    );
    log::info(&told);
    match client {
        Some(client) if !options.dry_run => {
            let mut done = 0_u64;
            let ended = execute(&plan, &wishes, &client, &mut |action, outcome| {
                done += 1;
                log::info(&line(action, outcome));
            });
            ended.map_err(|error| {
                let left = plan.actions.len() as u64 - done;
                explain(&error)
                    .help(format!("{done} are done, {left} are left: run it again, nothing is done twice"))
            })?;
            Ok(exit::DONE)
        }
        _ => {
            let text: String = plan.actions.iter().map(would).collect();
            Ok(log::answer(text.as_bytes()))
        }
    }
}

fn line(action: &Action, outcome: &Outcome) -> String {
    match (action, outcome) {
        (Action::Create { title, .. }, Outcome::Created { iid, url }) => {
            format!("opened #{iid} {} {url}", readable(title))
        }
        (_, Outcome::Reopened { iid }) => format!("reopened #{iid}"),
        (_, Outcome::Closed { iid }) => format!("closed #{iid}"),
        _ => String::new(),
    }
}

fn would(action: &Action) -> String {
    match action {
        Action::Create { title, findings, .. } if *findings > 1 => {
            format!("open   {} ({findings} findings)\n", log::escape(&readable(title)))
        }
        Action::Create { title, .. } => format!("open   {}\n", log::escape(&readable(title))),
        Action::Reopen { iid } => format!("reopen #{iid}\n"),
        Action::Close { iid } => format!("close  #{iid}\n"),
        _ => String::new(),
    }
}

/// A title without what only keeps GitLab from acting on it.
fn readable(title: &str) -> String {
    title.replace(JOINER, "")
}

/// The security reports among the files.
fn reports(named: &[PathBuf]) -> Result<Vec<&Path>, Failure> {
    let mut files = Vec::with_capacity(named.len());
    for path in named.iter().filter(|path| path.as_os_str() != "-") {
        let (label, source) = report::open(path)?;
        files.push((label, source, path.as_path()));
    }
    inputs::without_copies(&mut files, |(label, source, _)| Some((label, source)));
    let stream = named.iter().map(PathBuf::as_path).filter(|path| path.as_os_str() == "-");
    Ok(stream.chain(files.into_iter().map(|(_, _, path)| path)).collect())
}

/// Scanner and kind of a report.
type Scan = (String, Kind);
/// Why a finding that is not in the reports of a scan need not be fixed.
type Scans = BTreeMap<Scan, Option<&'static str>>;

/// What the scans looked at: what is not found there is gone. Tells of those that cannot say so.
fn scanned(scans: &Scans, entries: &[Entry], images: &[String]) -> BTreeSet<Scope> {
    let mut scanned = BTreeSet::new();
    for ((scanner, kind), stays) in scans {
        if let Some(why) = stays {
            log::info(&format!("issues of {scanner} ({kind}) stay open: {why}"));
        } else if is_of_image(*kind) {
            let found = entries.iter().filter(|entry| entry.scanner == *scanner && entry.kind == *kind);
            scanned.extend(found.map(Entry::scope));
            scanned.extend(images.iter().map(|image| Scope::new(scanner, *kind, Some(image))));
        } else {
            scanned.insert(Scope::new(scanner, *kind, None));
        }
    }
    scanned
}

fn is_of_image(kind: Kind) -> bool {
    matches!(kind, Kind::ContainerScanning | Kind::ClusterImageScanning)
}

/// Adds a report's findings as GitLab would ingest them; gives its scanner and kind, and why a finding that
/// is not in it need not be fixed.
fn read(path: &Path, entries: &mut Vec<Entry>) -> Result<(Scan, Option<&'static str>), Failure> {
    if path.as_os_str() == "-" {
        return Err(Failure::usage("issues are made of files, which are read twice")
            .help("write the report to a file and name that"));
    }
    let mut uuids = BTreeMap::new();
    let judged = report::judge(path, None, 1, &mut |finding, fate| {
        if let (Fate::Ingested, Some(uuid)) = (fate, finding.uuid) {
            uuids.insert(finding.index, uuid.to_string());
        }
    })?;
    if let Some(error) = judged.verdict.errors.first() {
        let headline = format!("GitLab refuses {}: {error}", judged.label);
        return Err(
            Failure::input(headline).help("`scanlift validate` lists everything that is wrong with it")
        );
    }
    let report = merge::read(path)?;
    let scanner = (report.scan.scanner.id.to_string(), report.scan.scanner.name.to_string());
    for (index, vulnerability) in (0_u64..).zip(report.vulnerabilities) {
        if let Some(uuid) = uuids.remove(&index) {
            entries.push(Entry::new(uuid, (&scanner.0, &scanner.1), vulnerability));
        }
    }
    let stays = match (report.scan.status, report.scan.kind) {
        (ScanStatus::Failure, _) => Some("the scan did not run through"),
        (_, Kind::SecretDetection) => Some("a secret that is no longer in the code is leaked all the same"),
        _ => None,
    };
    Ok(((scanner.0, report.scan.kind), stays))
}

/// Waits, telling of it when it takes long.
pub(crate) fn patient(time: Duration) {
    if time >= Duration::from_secs(5) {
        log::info(&format!("waiting {} seconds for GitLab", time.as_secs()));
    }
    thread::sleep(time);
}

/// A client for the server that the options name.
pub(crate) fn client<'s>(
    server: &Server,
    token: Option<Token>,
    sleep: &'s dyn Fn(Duration),
) -> Result<Client<'s>, Failure> {
    let Some(project) = &server.project else {
        return Err(Failure::usage("it is not known which project is meant")
            .help("name it with --project: its number, or its path as group/project"));
    };
    let mut settings = Settings::new(&server.api, project);
    settings.proxy = environment::proxy(&server.api);
    Client::new(settings, token, sleep).map_err(|error| explain(&error))
}

/// The token: of the file, else of the environment. It is never an option, since others can read
/// those.
pub(crate) fn token(server: &Server) -> Result<Option<Token>, Failure> {
    let text = match &server.token_file {
        Some(path) => fs::read_to_string(path).map(Some).map_err(|error| {
            Failure::input(format!("failed to read the token file {}: {error}", path.display()))
        })?,
        None => environment::text("SCANLIFT_TOKEN").or_else(|| environment::text("GITLAB_TOKEN")),
    };
    let Some(text) = text else { return Ok(None) };
    Token::new(TokenKind::Access, &text)
        .map(Some)
        .ok_or_else(|| Failure::usage("the token is empty, or has characters that no token has"))
}

pub(crate) fn no_token(what: &str) -> Failure {
    let failure = Failure::usage("there is no token for GitLab")
        .help("set SCANLIFT_TOKEN to an access token with the scope `api`, or name a file with --token-file")
        .help("in a job: a masked and protected variable, or a project access token");
    if environment::variable("CI_JOB_TOKEN").is_none() {
        return failure;
    }
    failure.note(format!("CI_JOB_TOKEN is no help: GitLab lets it nowhere near {what}"))
}

pub(crate) fn explain(error: &ClientError) -> Failure {
    let headline = format!("failed to {error}");
    match error {
        ClientError::Address(_) => Failure::usage(headline),
        ClientError::NoTls(_) => Failure::usage(headline)
            .help("take a released binary, or build with `cargo install --path crates/cli --features tls`"),
        ClientError::Refused { status: 401, .. } => {
            Failure::input(headline).help("the token is wrong, expired or revoked")
        }
        ClientError::Refused { status: 403, .. } => Failure::input(headline)
            .help("the token needs the scope `api` and at least the role Reporter in the project"),
        ClientError::Refused { status: 404, .. } => Failure::input(headline)
            .help("look at --project and --api; GitLab also says so when the token may not see the project"),
        _ => Failure::input(headline),
    }
}
