//! The program `scanlift`, with the converters that ship with it.

use std::process::ExitCode;

fn main() -> ExitCode {
    scanlift::main()
}
