//! Code flows to GitLab's `code-flows`, and stacks to text (SARIF 2.1.0 §3.36, §3.44).

use crate::{
    location,
    model::{CodeFlow, Stack},
    run::Run,
};
use scanlift_convert_api::code::Flows;
use scanlift_report_core::{FileLocation, Text};
use std::borrow::Cow;

/// How many frames of a stack are kept.
const FRAMES: usize = 200;

/// The flows of a result.
pub(crate) fn code_flows<'s>(flows: &'s [CodeFlow<'_>], run: &'s Run) -> Flows<'s> {
    let mut all = Flows::default();
    for thread_flow in flows.iter().flat_map(|flow| &flow.thread_flows) {
        all.push(thread_flow.locations.iter().filter_map(|step| {
            let own = step.location.as_ref().and_then(|location| location.physical_location.as_ref());
            match own {
                Some(physical) => {
                    location::file_location(physical.artifact_location.as_ref(), physical.region, run)
                }
                None => step.index.and_then(|index| shared(index, run)),
            }
        }));
    }
    all
}

/// A step that the run lists (§3.38.3).
fn shared(index: i64, run: &Run) -> Option<FileLocation<'_>> {
    let step = run.thread_flow_locations.get(usize::try_from(index).ok()?)?;
    let uri = run.resolve(step.place.uri.as_deref()?, step.place.base.as_deref())?;
    let path = scanlift_convert_api::uri::to_path(&uri).into_owned();
    Some(FileLocation::new(path, step.start_line?, step.end_line))
}

/// A stack as people read it, the innermost frame first.
pub(crate) fn stack<'s>(stack: &Stack<'_>, run: &Run) -> Option<Text<'s>> {
    let mut text = String::new();
    for frame in stack.frames.iter().take(FRAMES) {
        let location = frame.location.as_ref();
        let logical = location.and_then(|location| location.logical_locations.first());
        let name =
            logical.and_then(|logical| logical.fully_qualified_name.as_deref().or(logical.name.as_deref()));
        let place = location.and_then(|location| location::label(location, run));
        let parts = [frame.module.as_deref(), name, place.as_deref()];
        let line: Vec<&str> = parts.into_iter().flatten().collect();
        if !line.is_empty() {
            text.push_str(&line.join(" "));
            text.push('\n');
        }
    }
    (!text.is_empty()).then_some(Cow::Owned(text))
}
