//! What a scanner of running applications saw (schema `evidence`, `assets`; DAST and API fuzzing).

use crate::Text;
use serde::{Deserialize, Serialize};

/// Proof of a finding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence<'a> {
    /// Which check produced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<EvidenceSource<'a>>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text<'a>>,
    /// What was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request<'a>>,
    /// What came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Response<'a>>,
    /// Further exchanges, for comparison.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supporting_messages: Vec<SupportingMessage<'a>>,
}

impl Evidence<'_> {
    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A check that produces evidence; neither id nor name is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EvidenceSource<'a> {
    /// Its id, as `assert:Response Body Analysis`.
    pub id: Text<'a>,
    /// Its name.
    pub name: Text<'a>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Text<'a>>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Request<'a> {
    /// In the order sent.
    pub headers: Vec<Header<'a>>,
    /// Never empty.
    pub method: Text<'a>,
    /// Never empty.
    pub url: Text<'a>,
    /// What followed the headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Text<'a>>,
}

impl<'a> Request<'a> {
    /// A request; `None` without an address. A blank method is `GET`.
    #[must_use]
    pub fn new(method: impl Into<Text<'a>>, url: impl Into<Text<'a>>) -> Option<Self> {
        let (method, url) = (method.into(), url.into());
        let method = if method.trim().is_empty() { Text::Borrowed("GET") } else { method };
        (!url.trim().is_empty()).then_some(Self { headers: Vec::new(), method, url, body: None })
    }
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Response<'a> {
    /// In the order received.
    pub headers: Vec<Header<'a>>,
    /// May be empty.
    pub reason_phrase: Text<'a>,
    /// As 200.
    pub status_code: i64,
    /// What followed the headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Text<'a>>,
}

impl<'a> Response<'a> {
    /// A response.
    #[must_use]
    pub fn new(status_code: i64, reason_phrase: impl Into<Text<'a>>) -> Self {
        Self { headers: Vec::new(), reason_phrase: reason_phrase.into(), status_code, body: None }
    }
}

/// A header; the name is never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header<'a> {
    /// As sent.
    pub name: Text<'a>,
    /// As sent.
    pub value: Text<'a>,
}

impl<'a> Header<'a> {
    /// A header; `None` without a name.
    #[must_use]
    pub fn new(name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Option<Self> {
        let name = name.into();
        (!name.trim().is_empty()).then(|| Self { name, value: value.into() })
    }
}

/// An exchange for comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SupportingMessage<'a> {
    /// As `Unmodified`; never empty.
    pub name: Text<'a>,
    /// What was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request<'a>>,
    /// What came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Response<'a>>,
}

impl<'a> SupportingMessage<'a> {
    /// An exchange; `None` without a name.
    #[must_use]
    pub fn new(
        name: impl Into<Text<'a>>,
        request: Option<Request<'a>>,
        response: Option<Response<'a>>,
    ) -> Option<Self> {
        let name = name.into();
        (!name.trim().is_empty()).then_some(Self { name, request, response })
    }
}

/// A file that helps to reproduce a finding (schema `assets[]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Asset<'a> {
    /// Its format.
    #[serde(rename = "type")]
    pub kind: AssetType,
    /// Never empty.
    pub name: Text<'a>,
    /// Never empty.
    pub url: Text<'a>,
}

/// The format of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetType {
    /// Recorded requests.
    HttpSession,
    /// A Postman collection.
    Postman,
}
