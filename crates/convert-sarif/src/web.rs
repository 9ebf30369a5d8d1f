//! Requests and responses to DAST evidence (SARIF 2.1.0 §3.46, §3.47).

use crate::{
    bag::Bag,
    model::{Content, Result, WebRequest, WebResponse},
    run::Run,
};
use scanlift_convert_api::http;
use scanlift_report_core::{Evidence, Header, Request, Response, Text};
use serde::Deserialize;
use std::borrow::Cow;

/// Puts the requests and responses of a run (§3.14.21, §3.14.22) where a result names them by index
/// (§3.46.3, §3.47.3).
pub(crate) fn resolve<'r>(result: &mut Result<'r>, run: &'r Run) {
    if let Some(request) = result.web_request.as_ref().and_then(|it| at(&run.web_requests, it.index)) {
        result.web_request = Some(request);
    }
    if let Some(response) = result.web_response.as_ref().and_then(|it| at(&run.web_responses, it.index)) {
        result.web_response = Some(response);
    }
}

fn at<'r, T: Deserialize<'r>>(all: &'r [String], index: Option<i64>) -> Option<T> {
    let raw = all.get(usize::try_from(index?).ok()?)?;
    serde_json::from_str(raw).ok()
}

/// The evidence of a result that has a request or a response.
pub(crate) fn evidence<'s>(
    result: &'s Result<'_>,
    url: Option<&'s str>,
    summary: &'s str,
) -> Option<Evidence<'s>> {
    if result.web_request.is_none() && result.web_response.is_none() {
        return None;
    }
    let mut evidence = Evidence::default();
    evidence.request = result.web_request.as_ref().and_then(|sent| request(sent, url));
    evidence.response = result.web_response.as_ref().map(response);
    evidence.summary = (!summary.is_empty()).then_some(Cow::Borrowed(summary));
    Some(evidence)
}

/// The address of a request: its target (§3.46.6), behind the host that it names where that is a path.
pub(crate) fn address<'s>(sent: &'s WebRequest<'_>) -> Option<Text<'s>> {
    let target = sent.target.as_deref()?;
    let mut headers = sent.headers.iter().flat_map(|bag| &bag.0);
    let host = headers.find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = host.and_then(|(_, host)| host.as_text()).filter(|_| target.starts_with('/'));
    let encrypted = sent.protocol.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("https"));
    let scheme = if encrypted { "https://" } else { "http://" };
    Some(match host {
        Some(host) => Cow::Owned([scheme, host, target].concat()),
        None => Cow::Borrowed(target),
    })
}

fn request<'s>(sent: &'s WebRequest<'_>, url: Option<&'s str>) -> Option<Request<'s>> {
    let target = address(sent).or(url.map(Cow::Borrowed))?;
    let mut request = Request::new(sent.method.as_deref().unwrap_or_default(), target)?;
    request.headers = headers(sent.headers.as_ref());
    request.body = sent.body.as_ref().and_then(body);
    Some(request)
}

fn response<'s>(received: &'s WebResponse<'_>) -> Response<'s> {
    let mut response = Response::new(
        received.status_code.unwrap_or_default(),
        received.reason_phrase.as_deref().unwrap_or_default(),
    );
    response.headers = headers(received.headers.as_ref());
    response.body = received.body.as_ref().and_then(body);
    response
}

/// The text of a body (§3.3.2); without one its bytes (§3.3.3), which may be text.
fn body<'s>(content: &'s Content<'_>) -> Option<Text<'s>> {
    match (content.text.as_deref(), content.binary.as_deref()) {
        (None | Some(""), Some(binary)) => http::encoded_body(binary),
        (text, _) => http::body(text?),
    }
}

fn headers<'s>(bag: Option<&'s Bag<'_>>) -> Vec<Header<'s>> {
    let all = bag.into_iter().flat_map(|bag| &bag.0);
    all.filter_map(|(name, value)| Header::new(&**name, value.as_text().unwrap_or_default())).collect()
}
