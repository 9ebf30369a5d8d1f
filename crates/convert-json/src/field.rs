//! What the scanners' modules share: fields as texts, and facts that several of them tell.

#![allow(dead_code, reason = "which of them are used depends on the features")]

use scanlift_convert_api::json::{Loose, filled};
use scanlift_report_core::{Details, Text};
use std::borrow::Cow;

/// A field without surrounding white space; `None` if it is missing or blank.
pub(crate) fn text<'a>(field: &'a Option<Loose<'_>>) -> Option<Text<'a>> {
    filled(field).map(Cow::Borrowed)
}

/// The filled ones of a list.
pub(crate) fn texts<'a>(list: &'a [Loose<'_>]) -> impl Iterator<Item = &'a str> {
    list.iter().map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// Adds a text to a list unless it is there.
pub(crate) fn once<'a>(list: &mut Vec<Text<'a>>, text: impl Into<Text<'a>>) {
    let text = text.into();
    if !list.contains(&text) {
        list.push(text);
    }
}

/// A chance that a vulnerability is exploited within thirty days (FIRST's EPSS), with what stands
/// beside it: percentile, date of the score.
pub(crate) fn epss<'a>(
    details: &mut Details<'a>,
    score: Option<&'a str>,
    percentile: Option<&str>,
    date: Option<&str>,
) {
    let Some(score) = score else { return };
    let percentile = percentile.map(|percentile| format!("percentile {percentile}"));
    let beside: Vec<&str> = percentile.as_deref().into_iter().chain(date).collect();
    let value = if beside.is_empty() {
        Cow::Borrowed(score)
    } else {
        Cow::Owned(format!("{score} ({})", beside.join(", ")))
    };
    details.text("epss", "EPSS", value);
}
