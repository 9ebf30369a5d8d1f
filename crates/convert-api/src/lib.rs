//! stub
pub mod json;
mod error;
mod input;
pub use error::ConvertError;
pub use input::Input;
