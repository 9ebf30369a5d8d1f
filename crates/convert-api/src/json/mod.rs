//! Reads JSON of any size in a small window.
mod error;
mod head;
mod reader;
mod repair;
mod scan;
mod text;

pub use error::{Cause, Error};
pub use head::Head;
pub use reader::{Kind, Limits, Raw, Reader};
pub use repair::{Dropped, Repair};
pub use text::{Loose, Number, Text, list, number};
