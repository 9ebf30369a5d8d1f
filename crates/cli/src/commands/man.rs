//! `scanlift man`.

use crate::{
    args::{Cli, Man},
    exit,
    explain::Failure,
    log,
};
use clap::CommandFactory as _;
use std::fs;

/// Prints the main page, or writes all pages.
pub(crate) fn run(options: &Man) -> Result<u8, Failure> {
    if let Some(dir) = &options.dir {
        fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Cli::command(), dir)).map_err(
            |error| Failure::output(&format!("write the manual pages to {}", dir.display()), &error),
        )?;
        return Ok(exit::DONE);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::output("write the manual page", &error))?;
    Ok(log::answer(&page))
}
