//! A small typed client of GitLab's REST API: pages, rate limits, and bounded attempts.

use crate::Token;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{fmt, time::Duration};
use ureq::{
    Agent, Body, SendBody,
    http::{Method, Request, Response, StatusCode},
};

/// How to reach GitLab, and how patient to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The address of the API, as `https://gitlab.example.com/api/v4` (`CI_API_V4_URL`).
    pub api: String,
    /// The project: its number, or its path as `group/project`.
    pub project: String,
    /// A proxy, as `http://proxy:3128`.
    pub proxy: Option<String>,
    /// How long a request may take.
    pub timeout: Duration,
    /// How often a request is tried.
    pub attempts: u32,
    /// The longest that GitLab is waited for when it asks to.
    pub longest_wait: Duration,
}

impl Settings {
    /// Half a minute a request, five attempts, five minutes of waiting when asked to.
    #[must_use]
    pub fn new(api: impl Into<String>, project: impl Into<String>) -> Self {
        Self {
            api: api.into(),
            project: project.into(),
            proxy: None,
            timeout: Duration::from_secs(30),
            attempts: 5,
            longest_wait: Duration::from_secs(300),
        }
    }
}

/// What stops work with GitLab. Display reads after "failed to"; no token is ever part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address or proxy is none.
    #[error("reach GitLab: {0}")]
    Address(String),
    /// This build speaks no TLS.
    #[error("reach {0}: this build of scanlift has no TLS")]
    NoTls(String),
    /// It could not be reached, as often as it was tried.
    #[error("reach GitLab ({what}), tried {attempts} times: {problem}")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// How often.
        attempts: u32,
        /// The last reason.
        problem: String,
    },
    /// GitLab said no.
    #[error("{what}: GitLab answers {status}: {message}")]
    Refused {
        /// What was asked for.
        what: String,
        /// The status code.
        status: u16,
        /// GitLab's words.
        message: String,
    },
    /// The answer is not what the API documents.
    #[error("{what}: GitLab's answer cannot be read: {problem}")]
    Answer {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A client of one project. It waits by calling what it was given.
pub struct Client<'s> {
    agent: Agent,
    settings: Settings,
    token: Option<Token>,
    sleep: &'s dyn Fn(Duration),
}

impl fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// An issue, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Issue {
    pub(crate) iid: u64,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) labels: Vec<String>,
    #[serde(default)]
    pub(crate) web_url: String,
}

/// A note on a merge request, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Note {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) system: bool,
}

/// An issue to be made.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewIssue {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) labels: String,
    pub(crate) confidential: bool,
}

/// What became of a request.
enum Tried {
    /// An answer of success.
    Done(Response<Body>),
    /// GitLab did not act; it may be asked again after that time.
    Wait(Option<Duration>, String),
    /// Nobody knows whether GitLab acted.
    Unknown(String),
}

/// The most of an answer that is read, in bytes.
const ANSWER: u64 = 64 * 1024 * 1024;
/// The most pages of a list.
const PAGES: u32 = 2_000;
/// What stays as it is in a part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl<'s> Client<'s> {
    /// A client; `sleep` waits.
    ///
    /// # Errors
    /// If the address or proxy is none, or asks for TLS that this build does not have.
    pub fn new(
        settings: Settings,
        token: Option<Token>,
        sleep: &'s dyn Fn(Duration),
    ) -> Result<Self, ClientError> {
        let api = settings.api.trim_end_matches('/').to_owned();
        match api.split_once("://") {
            Some(("http", rest)) if !rest.is_empty() => {}
            Some(("https", rest)) if !rest.is_empty() => {
                if cfg!(not(feature = "tls")) {
                    return Err(ClientError::NoTls(api));
                }
            }
            _ => {
                return Err(ClientError::Address(format!(
                    "`{api}` is no address as https://gitlab.example.com/api/v4"
                )));
            }
        }
        let proxy = match &settings.proxy {
            None => None,
            Some(proxy) => Some(
                ureq::Proxy::new(proxy)
                    .map_err(|_| ClientError::Address(format!("`{proxy}` is no address of a proxy")))?,
            ),
        };
        let config = Agent::config_builder()
            .timeout_global(Some(settings.timeout))
            .http_status_as_error(false)
            // A redirect would carry the token to another host.
            .max_redirects(0)
            .proxy(proxy)
            .user_agent(concat!("scanlift/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.new_agent(), settings: Settings { api, ..settings }, token, sleep })
    }

    /// Every issue with that label, open or closed, the oldest first.
    pub(crate) fn issues(&self, label: &str) -> Result<Vec<Issue>, ClientError> {
        let path = format!("issues?labels={}&scope=all&state=all&order_by=created_at&sort=asc", part(label));
        self.all("list the issues", &path)
    }

    /// Makes an issue. An answer that was lost is not asked for again before `find` has looked
    /// whether the issue is there.
    pub(crate) fn create(
        &self,
        issue: &NewIssue,
        is_it: &dyn Fn(&Issue) -> bool,
        label: &str,
    ) -> Result<Issue, ClientError> {
        let what = "make an issue";
        let body = serde_json::to_value(issue)
            .map_err(|error| ClientError::Answer { what: what.to_owned(), problem: error.to_string() })?;
        let mut problem = String::new();
        for attempt in 1..=self.settings.attempts {
            match self.attempt(Method::POST, "issues", Some(&body), what)? {
                Tried::Done(response) => return self.read(response, what),
                Tried::Wait(wait, reason) => {
                    problem = reason;
                    self.wait(wait, attempt);
                }
                Tried::Unknown(reason) => {
                    problem = reason;
                    self.wait(None, attempt);
                    let path = format!(
                        "issues?labels={}&scope=all&state=all&order_by=created_at&sort=desc&per_page=20",
                        part(label)
                    );
                    let newest: Vec<Issue> = self.read(
                        self.request(Method::GET, &path, None, "look for the issue")?,
                        "look for the issue",
                    )?;
                    if let Some(made) = newest.into_iter().find(is_it) {
                        return Ok(made);
                    }
                }
            }
        }
        Err(self.gave_up(what, problem))
    }

    /// Closes an issue, and puts a label on it.
    pub(crate) fn close(&self, iid: u64, label: &str) -> Result<(), ClientError> {
        let body = serde_json::json!({"state_event": "close", "add_labels": label});
        self.request(Method::PUT, &format!("issues/{iid}"), Some(&body), &format!("close issue {iid}"))?;
        Ok(())
    }

    /// Opens an issue again, and takes a label off it.
    pub(crate) fn reopen(&self, iid: u64, label: &str) -> Result<(), ClientError> {
        let body = serde_json::json!({"state_event": "reopen", "remove_labels": label});
        self.request(Method::PUT, &format!("issues/{iid}"), Some(&body), &format!("reopen issue {iid}"))?;
        Ok(())
    }

    /// The notes of a merge request, the newest first.
    pub(crate) fn notes(&self, merge_request: u64) -> Result<Vec<Note>, ClientError> {
        let path = format!("merge_requests/{merge_request}/notes?sort=desc&order_by=created_at");
        self.all(&format!("list the notes of merge request {merge_request}"), &path)
    }

    /// Writes a note on a merge request, in place of that one if there is one.
    pub(crate) fn put_note(
        &self,
        merge_request: u64,
        note: Option<u64>,
        body: &str,
    ) -> Result<Note, ClientError> {
        let what = format!("write a note on merge request {merge_request}");
        let path = format!("merge_requests/{merge_request}/notes");
        let (method, path) = match note {
            None => (Method::POST, path),
            Some(id) => (Method::PUT, format!("{path}/{id}")),
        };
        let body = serde_json::json!({ "body": body });
        self.read(self.request(method, &path, Some(&body), &what)?, &what)
    }

    /// All pages of a list.
    fn all<T: DeserializeOwned>(&self, what: &str, path: &str) -> Result<Vec<T>, ClientError> {
        let mut all = Vec::new();
        let mut page = "1".to_owned();
        for _ in 0..PAGES {
            let path = format!("{path}&per_page=100&page={}", part(&page));
            let response = self.request(Method::GET, &path, None, what)?;
            let next = response.headers().get("x-next-page").and_then(|value| value.to_str().ok());
            let next = next.unwrap_or_default().trim().to_owned();
            all.extend(self.read::<Vec<T>>(response, what)?);
            if next.is_empty() || next == page {
                return Ok(all);
            }
            page = next;
        }
        Err(ClientError::Answer { what: what.to_owned(), problem: format!("it has more than {PAGES} pages") })
    }

    /// A request that may be sent again: it asks, or sets what it sets whenever it comes.
    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Response<Body>, ClientError> {
        let mut problem = String::new();
        for attempt in 1..=self.settings.attempts {
            match self.attempt(method.clone(), path, body, what)? {
                Tried::Done(response) => return Ok(response),
                Tried::Wait(wait, reason) => {
                    problem = reason;
                    self.wait(wait, attempt);
                }
                Tried::Unknown(reason) => {
                    problem = reason;
                    self.wait(None, attempt);
                }
            }
        }
        Err(self.gave_up(what, problem))
    }

    fn gave_up(&self, what: &str, problem: String) -> ClientError {
        ClientError::Unreachable { what: what.to_owned(), attempts: self.settings.attempts, problem }
    }

    /// As long as GitLab asks for, else twice as long each time; never behind the last attempt.
    fn wait(&self, asked: Option<Duration>, attempt: u32) {
        if attempt < self.settings.attempts {
            let doubled = Duration::from_secs(1 << attempt.min(6));
            (self.sleep)(asked.unwrap_or(doubled).min(self.settings.longest_wait));
        }
    }

    fn attempt(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Tried, ClientError> {
        let url = format!("{}/projects/{}/{path}", self.settings.api, part(&self.settings.project));
        let mut request = Request::builder().method(method).uri(url);
        if let Some(token) = &self.token {
            let (name, value) = token.header();
            request = request.header(name, value);
        }
        let sent = match body {
            None => request.body(SendBody::none()),
            Some(body) => request
                .header("content-type", "application/json")
                .body(SendBody::from_owned_reader(std::io::Cursor::new(body.to_string().into_bytes()))),
        };
        let request = sent.map_err(|error| ClientError::Address(error.to_string()))?;
        let response = match self.agent.run(request) {
            Ok(response) => response,
            Err(ureq::Error::BadUri(uri)) => return Err(ClientError::Address(self.hidden(&uri))),
            Err(ureq::Error::HostNotFound | ureq::Error::ConnectionFailed) => {
                return Ok(Tried::Wait(None, "nobody answers at this address".to_owned()));
            }
            Err(error) => return Ok(Tried::Unknown(self.hidden(&error.to_string()))),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(Tried::Done(response));
        }
        let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let asked = asked.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        if status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::SERVICE_UNAVAILABLE && asked.is_some()
        {
            return Ok(Tried::Wait(asked, format!("GitLab answers {}: too many requests", status.as_u16())));
        }
        if status.is_server_error() {
            return Ok(Tried::Unknown(format!("GitLab answers {}", status.as_u16())));
        }
        Err(ClientError::Refused {
            what: what.to_owned(),
            status: status.as_u16(),
            message: self.message(response),
        })
    }

    /// GitLab's words for a refusal, in a line.
    fn message(&self, mut response: Response<Body>) -> String {
        let text = response.body_mut().with_config().limit(16 * 1024).lossy_utf8(true).read_to_string();
        let text = text.unwrap_or_default();
        let said = match serde_json::from_str::<Value>(&text) {
            Ok(value) => value.get("message").or_else(|| value.get("error")).map(|said| match said {
                Value::String(said) => said.clone(),
                other => other.to_string(),
            }),
            Err(_) => None,
        };
        let said = said.unwrap_or_else(|| "no reason is given".to_owned());
        self.hidden(&said.chars().filter(|c| !c.is_control()).take(500).collect::<String>())
    }

    fn hidden(&self, text: &str) -> String {
        self.token.as_ref().map_or_else(|| text.to_owned(), |token| token.hidden(text))
    }

    fn read<T: DeserializeOwned>(&self, mut response: Response<Body>, what: &str) -> Result<T, ClientError> {
        response.body_mut().with_config().limit(ANSWER).read_json().map_err(|error| ClientError::Answer {
            what: what.to_owned(),
            problem: self.hidden(&error.to_string()),
        })
    }
}

fn part(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}
