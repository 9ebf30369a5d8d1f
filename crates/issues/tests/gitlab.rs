//! Against a real HTTP server that does what GitLab documents of issues and notes, with pages, rate
//! limits, failures, answers that get lost, and a run that is cut off.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use scanlift_issues::{
    Action, Client, ClientError, Entry, Grouping, Marker, Plan, Posted, Scope, Settings, Token, TokenKind,
    Wishes, execute, plan, post_note,
};
use scanlift_report_core::{
    Dependency, Identifier, ImageLocation, Kind, Location, Name, Severity, SourceLocation, Vulnerability,
};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

const SECRET: &str = "glpat-never-shown";

/// What goes wrong with a request.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// 429 with Retry-After, without acting.
    Limit,
    /// 500 without acting.
    Broken,
    /// 500 after acting.
    BrokenLate,
    /// The connection is closed after acting, without an answer.
    Lost,
    /// 401 with the token in the answer.
    Denied,
}

#[derive(Default)]
struct State {
    issues: Vec<Value>,
    notes: Vec<Value>,
    requests: usize,
    posts: usize,
    tokens: BTreeSet<String>,
}

struct Server {
    api: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// `fault` decides by method and the number of the request.
    fn start(fault: impl Fn(&str, usize) -> Fault + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = format!("http://{}/api/v4", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let fault = Arc::new(fault);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (shared, fault) = (Arc::clone(&shared), Arc::clone(&fault));
                std::thread::spawn(move || serve(stream.unwrap(), &shared, &*fault));
            }
        });
        Self { api, state }
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings::new(&self.api, "group/project");
        settings.timeout = Duration::from_secs(20);
        settings
    }

    fn issues(&self) -> Vec<Value> {
        self.state.lock().unwrap().issues.clone()
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>, fault: &dyn Fn(&str, usize) -> Fault) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    // A connection may be used again until one side closes it.
    while reader.read_line(&mut line).unwrap_or(0) > 0 {
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let (mut length, mut token) = (0_usize, String::new());
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "private-token" => token = value.to_owned(),
                "transfer-encoding" => length = usize::MAX,
                _ => {}
            }
        }
        let body = if length == usize::MAX { chunked(&mut reader) } else { sized(&mut reader, length) };
        let mut state = state.lock().unwrap();
        state.requests += 1;
        state.tokens.insert(token);
        let fault = fault(&method, state.requests);
        let answer = match fault {
            Fault::Limit => (429, json!({"message": "Too many requests"}), "Retry-After: 7\r\n".to_owned()),
            Fault::Broken => (500, json!({"message": "500"}), String::new()),
            Fault::Denied => (401, json!({"message": format!("bad token {SECRET}")}), String::new()),
            _ => act(&mut state, &method, &target, &body),
        };
        drop(state);
        let (status, value, headers) = match fault {
            Fault::Lost => return,
            Fault::BrokenLate => (500, json!({"message": "500"}), String::new()),
            _ => answer,
        };
        let text = value.to_string();
        let answer = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{text}",
            text.len()
        );
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
        line.clear();
    }
}

fn sized(reader: &mut impl Read, length: usize) -> Vec<u8> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    body
}

fn chunked(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let size = usize::from_str_radix(line.trim(), 16).unwrap();
        body.extend(sized(reader, size));
        sized(reader, 2);
        if size == 0 {
            return body;
        }
    }
}

/// The documented endpoints.
fn act(state: &mut State, method: &str, target: &str, body: &[u8]) -> (u16, Value, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix("/api/v4/projects/group%2Fproject/").expect("the project, encoded");
    let query = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
    };
    let parts: Vec<&str> = path.split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["issues"]) => {
            let label = query("labels").unwrap();
            let has =
                |issue: &&Value| issue["labels"].as_array().unwrap().iter().any(|one| *one == label.as_str());
            let mut all: Vec<Value> = state.issues.iter().filter(has).cloned().collect();
            if query("sort").as_deref() == Some("desc") {
                all.reverse();
            }
            paged(&all, query("page"), query("per_page"))
        }
        ("POST", ["issues"]) => {
            state.posts += 1;
            let sent: Value = serde_json::from_slice(body).unwrap();
            assert!(sent["title"].as_str().unwrap().chars().count() <= 255);
            let iid = state.issues.len() + 1;
            let labels: Vec<&str> = sent["labels"].as_str().unwrap().split(',').collect();
            let issue = json!({
                "iid": iid, "state": "opened", "title": sent["title"], "description": sent["description"],
                "labels": labels, "confidential": sent["confidential"], "web_url": format!("http://x/issues/{iid}"),
            });
            state.issues.push(issue.clone());
            (201, issue, String::new())
        }
        ("PUT", ["issues", iid]) => {
            let sent: Value = serde_json::from_slice(body).unwrap();
            let issue = &mut state.issues[iid.parse::<usize>().unwrap() - 1];
            issue["state"] = match sent["state_event"].as_str() {
                Some("close") => json!("closed"),
                Some("reopen") => json!("opened"),
                other => panic!("{other:?} is no event"),
            };
            let labels = issue["labels"].as_array_mut().unwrap();
            labels.retain(|label| *label != sent["remove_labels"]);
            if sent["add_labels"].is_string() && !labels.contains(&sent["add_labels"]) {
                labels.push(sent["add_labels"].clone());
            }
            (200, issue.clone(), String::new())
        }
        ("GET", ["merge_requests", "5", "notes"]) => {
            let mut all = state.notes.clone();
            all.reverse();
            paged(&all, query("page"), query("per_page"))
        }
        ("POST", ["merge_requests", "5", "notes"]) => {
            let sent: Value = serde_json::from_slice(body).unwrap();
            let note = json!({"id": state.notes.len() + 1, "body": sent["body"], "system": false});
            state.notes.push(note.clone());
            (201, note, String::new())
        }
        ("PUT", ["merge_requests", "5", "notes", id]) => {
            let at = id.parse::<usize>().unwrap() - 1;
            if state.notes[at]["foreign"] == true {
                return (403, json!({"message": "403 Forbidden"}), String::new());
            }
            let sent: Value = serde_json::from_slice(body).unwrap();
            state.notes[at]["body"] = sent["body"].clone();
            (200, state.notes[at].clone(), String::new())
        }
        _ => (404, json!({"message": "404 Not found"}), String::new()),
    }
}

fn paged(all: &[Value], page: Option<String>, size: Option<String>) -> (u16, Value, String) {
    let number = |text: Option<String>, or: usize| text.map_or(or, |text| text.parse().unwrap());
    let (page, size) = (number(page, 1), number(size, 20));
    let slice: Vec<_> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    let next = if page * size < all.len() { (page + 1).to_string() } else { String::new() };
    (200, Value::Array(slice), format!("x-next-page: {next}\r\n"))
}

fn entries(count: usize) -> Vec<Entry> {
    let entry = |number: usize| {
        let rule = format!("rule-{}", number % 7);
        let rule = Identifier::new("semgrep_rule_id".to_owned(), rule.clone(), rule).unwrap();
        let at = Location::Sast(SourceLocation::lines(format!("src/{number}.py"), 3, 3));
        let mut vulnerability = Vulnerability::new(rule, at);
        vulnerability.name = Name::new(format!("Flaw {number}"));
        vulnerability.severity = Some(if number.is_multiple_of(2) { Severity::High } else { Severity::Low });
        Entry::new(format!("uuid-{number}"), ("semgrep", "Semgrep"), vulnerability)
    };
    (0..count).map(entry).collect()
}

fn markers(issues: &[Value]) -> BTreeSet<Marker> {
    issues.iter().map(|issue| Marker::find(issue["description"].as_str().unwrap()).unwrap()).collect()
}

/// Plans and does it; the second is how it ended.
fn sync(
    server: &Server,
    entries: &[Entry],
    wishes: &Wishes,
    waits: &RefCell<Vec<Duration>>,
) -> Result<Plan, ClientError> {
    let sleep = |time: Duration| waits.borrow_mut().push(time);
    let client = Client::new(server.settings(), Token::new(TokenKind::Access, SECRET), &sleep)?;
    let plan = plan(entries, wishes, Some(&client))?;
    execute(&plan, wishes, &client, &mut |_, _| {})?;
    Ok(plan)
}

#[test]
fn a_thousand_findings_have_a_thousand_issues_whatever_goes_wrong() {
    // Every seventh request or so fails in some way, and for a while nothing is let through.
    let server = Server::start(|method, number| match number {
        500..=504 => Fault::Denied,
        number if number % 11 == 0 => Fault::Limit,
        number if number % 13 == 0 => Fault::Broken,
        number if number % 17 == 0 && method == "POST" => Fault::BrokenLate,
        number if number % 19 == 0 && method == "POST" => Fault::Lost,
        _ => Fault::None,
    });
    let (all, waits) = (entries(1_000), RefCell::new(Vec::new()));
    let mut wishes = Wishes::new();
    wishes.labels = vec!["security".to_owned()];
    wishes.confidential = true;
    let mut runs = 0;
    while let Err(error) = sync(&server, &all, &wishes, &waits) {
        let text = format!("{error} {error:?}");
        assert!(text.contains("401") && text.contains("[token]") && !text.contains(SECRET), "{text}");
        runs += 1;
        assert!(runs < 10, "{text}");
    }
    assert!(runs > 0, "no run was cut off");
    let issues = server.issues();
    assert_eq!(issues.len(), 1_000, "each once");
    assert_eq!(markers(&issues).len(), 1_000, "none left out");
    assert!(
        issues
            .iter()
            .all(|issue| issue["confidential"] == true && issue["labels"] == json!(["scanlift", "security"]))
    );
    // The most severe first; a run that was cut off had done these.
    assert!(issues[0]["title"].as_str().unwrap().starts_with("[High]"));
    assert!(waits.borrow().contains(&Duration::from_secs(7)), "Retry-After is honoured");
    assert_eq!(server.state.lock().unwrap().tokens, BTreeSet::from([SECRET.to_owned()]));

    let again = sync(&server, &all, &wishes, &waits).unwrap();
    assert_eq!((again.actions.len(), again.open), (0, 1_000));
    assert_eq!(server.issues().len(), 1_000);
}

#[test]
fn attempts_are_bounded() {
    let server = Server::start(|_, _| Fault::Broken);
    let waits = RefCell::new(Vec::new());
    let error = sync(&server, &entries(1), &Wishes::new(), &waits).unwrap_err();
    assert!(error.to_string().contains("tried 5 times: GitLab answers 500"), "{error}");
    assert_eq!(*waits.borrow(), [2, 4, 8, 16].map(Duration::from_secs));
    assert_eq!(server.state.lock().unwrap().requests, 5);
}

#[test]
fn what_is_gone_is_closed_and_what_is_back_is_opened_again() {
    let server = Server::start(|_, _| Fault::None);
    let waits = RefCell::new(Vec::new());
    let mut wishes = Wishes::new();
    wishes.close_fixed = BTreeSet::from([Scope::new("semgrep", Kind::Sast, None)]);
    sync(&server, &entries(4), &wishes, &waits).unwrap();
    let plan = sync(&server, &entries(3), &wishes, &waits).unwrap();
    assert!(matches!(plan.actions.as_slice(), [Action::Close { .. }]), "{plan:?}");
    let closed: Vec<Value> = server.issues().into_iter().filter(|issue| issue["state"] == "closed").collect();
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0]["labels"], json!(["scanlift", "scanlift::fixed"]));
    // Not if nobody wishes for an issue of it.
    let mut others = wishes.clone();
    others.known = Some(entries(4).into_iter().map(|entry| entry.uuid).collect());
    let plan = sync(&server, &entries(4), &others, &waits).unwrap();
    assert_eq!((plan.actions.len(), plan.open, plan.closed), (0, 3, 1));
    let plan = sync(&server, &entries(4), &wishes, &waits).unwrap();
    assert!(matches!(plan.actions.as_slice(), [Action::Reopen { .. }]), "{plan:?}");
    assert_eq!((plan.open, plan.closed), (3, 0));
    let is_open = |issue: &Value| issue["state"] == "opened" && issue["labels"] == json!(["scanlift"]);
    assert!(server.issues().iter().all(is_open), "{:?}", server.issues());
    // What somebody closed stays so.
    server.state.lock().unwrap().issues[0]["state"] = json!("closed");
    let plan = sync(&server, &entries(4), &wishes, &waits).unwrap();
    assert_eq!((plan.actions.len(), plan.open, plan.closed), (0, 3, 1));
    // Another scanner's findings say nothing of these.
    wishes.close_fixed = BTreeSet::from([Scope::new("trivy", Kind::Sast, None)]);
    assert_eq!(sync(&server, &[], &wishes, &waits).unwrap().actions.len(), 0);
    wishes.close_fixed = BTreeSet::from([Scope::new("semgrep", Kind::Sast, None)]);
    assert_eq!(sync(&server, &[], &wishes, &waits).unwrap().actions.len(), 3, "an empty scan closes all");
    // One that somebody opened again can be closed for good.
    server.state.lock().unwrap().issues[1]["state"] = json!("opened");
    let plan = sync(&server, &entries(4), &wishes, &waits).unwrap();
    assert_eq!((plan.actions.len(), plan.open, plan.closed), (3, 0, 1));
    assert!(server.issues()[1..].iter().all(is_open), "{:?}", server.issues());
}

#[test]
fn a_scan_closes_no_issue_of_another_image() {
    let server = Server::start(|_, _| Fault::None);
    let waits = RefCell::new(Vec::new());
    let of = |image: &str, number: usize| {
        let cve = format!("CVE-2026-{number}");
        let rule = Identifier::new("cve".to_owned(), cve.clone(), cve).unwrap();
        let at = ImageLocation::new(image.to_owned(), "debian:12", Dependency::new("bash", "5"));
        let vulnerability = Vulnerability::new(rule, Location::ContainerScanning(at));
        Entry::new(format!("{image} {number}"), ("trivy", "Trivy"), vulnerability)
    };
    let synced = |entries: &[Entry], grouping: Grouping| {
        let mut wishes = Wishes::new();
        wishes.grouping = grouping;
        wishes.close_fixed = entries.iter().map(Entry::scope).collect();
        sync(&server, entries, &wishes, &waits).unwrap()
    };
    for grouping in [Grouping::Finding, Grouping::Rule, Grouping::Package] {
        server.state.lock().unwrap().issues.clear();
        synced(&[of("reg/app:1", 1), of("reg/app:1", 2)], grouping);
        let plan = synced(&[of("reg/worker:1", 1)], grouping);
        assert!(matches!(plan.actions.as_slice(), [Action::Create { .. }]), "{grouping:?} {plan:?}");
        let plan = synced(&[of("reg/app:1", 1), of("reg/app:1", 2)], grouping);
        assert!(plan.actions.is_empty(), "{grouping:?} {plan:?}");
    }
    server.state.lock().unwrap().issues.clear();
    synced(&[of("reg/app:1", 1), of("reg/app:1", 2)], Grouping::Finding);
    let plan = synced(&[of("reg/app:1", 1)], Grouping::Finding);
    assert!(matches!(plan.actions.as_slice(), [Action::Close { .. }]), "{plan:?}");
    // An issue that does not tell its image is known, and is closed by none.
    {
        let mut state = server.state.lock().unwrap();
        let issue = state.issues.iter_mut().find(|issue| issue["state"] == "opened").unwrap();
        let text = issue["description"].as_str().unwrap().to_owned();
        let target = Marker::find(&text).unwrap().scope.target.unwrap();
        issue["description"] = json!(text.replacen(&format!(" {target}"), "", 1));
    }
    let plan = synced(&[of("reg/app:1", 1)], Grouping::Finding);
    assert_eq!((plan.actions.len(), plan.open), (0, 1));
    let plan = synced(&[of("reg/app:1", 3)], Grouping::Finding);
    assert!(matches!(plan.actions.as_slice(), [Action::Create { .. }]), "{plan:?}");
}

#[test]
fn findings_are_gathered_and_left_out_as_wished() {
    let server = Server::start(|_, _| Fault::None);
    let waits = RefCell::new(Vec::new());
    let mut wishes = Wishes::new();
    wishes.grouping = Grouping::Rule;
    assert_eq!(sync(&server, &entries(20), &wishes, &waits).unwrap().actions.len(), 7);
    wishes.grouping = Grouping::Finding;
    wishes.min_severity = Some(Severity::High);
    wishes.known = Some(BTreeSet::from(["uuid-0".to_owned()]));
    let plan = sync(&server, &entries(4), &wishes, &waits).unwrap();
    assert_eq!((plan.actions.len(), plan.left_out), (1, 3));
}

#[test]
fn a_note_takes_the_place_of_the_one_before() {
    let server = Server::start(|_, _| Fault::None);
    let sleep = |_| {};
    let client = Client::new(server.settings(), Token::new(TokenKind::Access, SECRET), &sleep).unwrap();
    server.state.lock().unwrap().notes =
        (1..=150).map(|id| json!({"id": id, "body": "x", "system": false})).collect();
    assert_eq!(post_note(&client, 5, "one").unwrap(), Posted::New(151));
    assert_eq!(post_note(&client, 5, "two").unwrap(), Posted::Replaced(151));
    server.state.lock().unwrap().notes[150]["foreign"] = json!(true);
    assert_eq!(post_note(&client, 5, "three").unwrap(), Posted::New(152));
    let state = server.state.lock().unwrap();
    assert!(state.notes[150]["body"].as_str().unwrap().ends_with("two"));
    assert!(state.notes[151]["body"].as_str().unwrap().ends_with("three"));
}

#[test]
fn addresses_are_checked_and_tls_is_named() {
    let sleep = |_| {};
    for api in ["", "gitlab.example.com", "ftp://a"] {
        let error = Client::new(Settings::new(api, "1"), None, &sleep).unwrap_err();
        assert!(matches!(error, ClientError::Address(_)), "{api}");
    }
    let tls = Client::new(Settings::new("https://gitlab.example.com/api/v4", "1"), None, &sleep);
    assert_eq!(tls.is_ok(), cfg!(feature = "tls"));
    // Nobody listens there: told after the attempts, without a panic.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = Client::new(Settings::new(format!("http://{gone}"), "1"), None, &sleep).unwrap();
    assert!(plan(&[], &Wishes::new(), Some(&client)).is_err());
}
