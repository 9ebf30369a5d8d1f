//! SARIF logs as CodeQL and Semgrep write them.
//!
//! About 1.9 KB a result: a message with links, a location with region and snippet, fingerprints, properties, and in one
//! of four a code flow. 400 rules and 20,000 artifacts, whatever the size. No two results are at one place, so that every
//! one of them is a finding.

use super::{Out, Random, SEED, WORDS, push};
use std::io;

const RULES: usize = 400;
const ARTIFACTS: usize = 20_000;

/// What comes first in a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    ToolFirst,
    ResultsFirst,
}

/// Writes a log and returns how many results it has.
pub(super) fn write(out: &mut Out, order: Order, bytes: u64) -> io::Result<u64> {
    out.text(r#"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"#)?;
    let results = match order {
        Order::ToolFirst => {
            out.text(r#""tool":"#)?;
            out.json(&tool())?;
            write_artifacts(out)?;
            out.text(",")?;
            write_results(out, bytes)?
        }
        Order::ResultsFirst => {
            // What comes after the results has a size too: some 1.8 MB.
            let results = write_results(out, bytes.saturating_sub(1_800_000))?;
            write_artifacts(out)?;
            out.text(r#","tool":"#)?;
            out.json(&tool())?;
            results
        }
    };
    out.text(r#","columnKind":"utf16CodeUnits"}]}"#)?;
    Ok(results)
}

fn write_artifacts(out: &mut Out) -> io::Result<()> {
    out.text(r#","artifacts":["#)?;
    for at in 0..ARTIFACTS {
        let comma = if at == 0 { "" } else { "," };
        out.text(comma)?;
        let path = path(at);
        out.json(&format!(r#"{{"location":{{"uri":"{path}","uriBaseId":"%SRCROOT%","index":{at}}}}}"#))?;
    }
    out.text("]")
}

fn write_results(out: &mut Out, until: u64) -> io::Result<u64> {
    out.text(r#""results":["#)?;
    let results = out.items(until, result)?;
    out.text("]")?;
    Ok(results)
}

fn tool() -> String {
    let mut random = Random(SEED ^ 1);
    let mut json = String::from(
        r#"{"driver":{"name":"CodeQL","organization":"GitHub","semanticVersion":"2.19.3","rules":["#,
    );
    for at in 0..RULES {
        let (level, severity) =
            [("error", "9.8"), ("error", "7.5"), ("warning", "5.3"), ("note", "2.1")][at % 4];
        let comma = if at == 0 { "" } else { "," };
        push(
            &mut json,
            format_args!(
                r#"{comma}{{"id":"{id}","name":"{id}","shortDescription":{{"text":"{short}"}},"fullDescription":{{"text":"{full}"}},"defaultConfiguration":{{"enabled":true,"level":"{level}"}},"help":{{"text":"{help}","markdown":"{help}"}},"helpUri":"https://example.com/rules/{at}","properties":{{"tags":["security","external/cwe/cwe-{cwe:03}"],"kind":"path-problem","precision":"high","problem.severity":"{level}","security-severity":"{severity}"}}}}"#,
                id = rule(at),
                short = random.words(8),
                full = random.words(30),
                help = random.words(60),
                cwe = 20 + at % 700,
            ),
        );
    }
    json.push_str(r#"]},"extensions":[]}"#);
    json
}

fn result(json: &mut String, random: &mut Random, at: u64) {
    let rule_index = random.below(RULES);
    let rule = rule(rule_index);
    // One place a result: the files in turn, each time around some lines further down.
    let artifact = (at as usize * 7919) % ARTIFACTS;
    let line = 1 + (at as usize / ARTIFACTS) * 5 + random.below(5);
    let column = 1 + random.below(60);
    let (end_column, source, sink) = (column + 20, random.below(ARTIFACTS), random.below(900) + 1);
    push(
        json,
        format_args!(
            r#"{{"ruleId":"{rule}","ruleIndex":{rule_index},"rule":{{"id":"{rule}","index":{rule_index}}},"level":"{}","message":{{"text":"This expression depends on a [user-provided value](1): {}, \"{}\" and \u00e4hnliches – {}."}},"#,
            ["error", "warning", "note"][at as usize % 3],
            random.words(12),
            random.words(2),
            random.words(8),
        ),
    );
    push(
        json,
        format_args!(
            r#""locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{}","uriBaseId":"%SRCROOT%","index":{artifact}}},"region":{{"startLine":{line},"startColumn":{column},"endLine":{line},"endColumn":{end_column},"snippet":{{"text":"    let {} = \"{}\";\n"}}}},"contextRegion":{{"startLine":{line},"endLine":{},"snippet":{{"text":"{}\n\t{}\n"}}}}}}}}],"#,
            path(artifact),
            random.word(),
            random.words(5),
            line + 4,
            random.words(14),
            random.words(10),
        ),
    );
    push(
        json,
        format_args!(
            r#""partialFingerprints":{{"primaryLocationLineHash":"{:016x}:1","primaryLocationStartColumnFingerprint":"{column}"}},"fingerprints":{{"matchBasedId/v1":"{:016x}{:016x}{:016x}{:016x}_{at}"}},"#,
            random.next(),
            random.next(),
            random.next(),
            random.next(),
            random.next(),
        ),
    );
    if at.is_multiple_of(4) {
        json.push_str(r#""codeFlows":[{"threadFlows":[{"locations":["#);
        for step in 0..6 {
            let comma = if step == 0 { "" } else { "," };
            push(
                json,
                format_args!(
                    r#"{comma}{{"location":{{"physicalLocation":{{"artifactLocation":{{"uri":"{}","uriBaseId":"%SRCROOT%","index":{source}}},"region":{{"startLine":{},"startColumn":{column},"endColumn":{end_column}}}}},"message":{{"text":"{}"}}}}}}"#,
                    path(source),
                    sink + step,
                    random.words(5),
                ),
            );
        }
        json.push_str("]}]}],");
    }
    push(
        json,
        format_args!(
            r#""relatedLocations":[{{"id":1,"physicalLocation":{{"artifactLocation":{{"uri":"{}","uriBaseId":"%SRCROOT%","index":{source}}},"region":{{"startLine":{sink},"startColumn":{column},"endColumn":{end_column}}}}},"message":{{"text":"user-provided value"}}}}],"properties":{{"likelihood":"{}","impact":"HIGH","technology":["{}","{}"],"note":"{}"}}}}"#,
            path(source),
            ["LOW", "MEDIUM", "HIGH"][at as usize % 3],
            random.word(),
            random.word(),
            random.words(16),
        ),
    );
}

fn rule(at: usize) -> String {
    format!("{}/{}-{at}", ["js", "java", "py", "cpp"][at % 4], WORDS[at * 7 % WORDS.len()])
}

fn path(artifact: usize) -> String {
    let (top, module) = (WORDS[artifact % 37], WORDS[artifact / 37 % WORDS.len()]);
    format!("src/{top}/{module}/{}_{artifact}.ts", WORDS[artifact * 11 % WORDS.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_as_long_as_real_ones() {
        let mut random = Random(SEED);
        let mut json = String::new();
        (0..1000).for_each(|at| result(&mut json, &mut random, at));
        assert!((1700..2100).contains(&(json.len() / 1000)), "{} bytes a result", json.len() / 1000);
    }
}
