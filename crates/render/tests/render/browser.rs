//! The page in a real browser; see `tests/browser/`.

use crate::data::{BASE, HEAD, HOSTILE, bytes, large};
use scanlift_render::Format;
use std::{env, fs, path::Path, process::Command};

/// Needs Node, the packages of `tests/browser` and Chromium; passes without them, and says so.
#[test]
fn the_page_works_in_a_browser() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let chromium = env::var_os("CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    let node = Command::new("node").arg("--version").output();
    if !folder.join("node_modules").exists() || !Path::new(&chromium).exists() || node.is_err() {
        println!("skipped: it needs Node, Chromium, and `npm ci` in {}", folder.display());
        return;
    }
    let pages = tempfile::tempdir().unwrap();
    let report = large(20_000);
    for (name, page) in [
        ("sample.html", bytes(Format::Html, &HEAD, &BASE)),
        ("plain.html", bytes(Format::Html, &HEAD, &[])),
        ("hostile.html", bytes(Format::Html, &[HOSTILE], &[])),
        ("empty.html", bytes(Format::Html, &[&large(0)], &[])),
        ("large.html", bytes(Format::Html, &[&report], &[])),
    ] {
        fs::write(pages.path().join(name), page).unwrap();
    }
    let done = Command::new("node")
        .arg("check.mjs")
        .arg(pages.path())
        .arg(chromium)
        .current_dir(folder)
        .output()
        .unwrap();
    println!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success());
}
