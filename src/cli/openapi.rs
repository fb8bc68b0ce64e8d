//! `voicecart openapi`: the description of the HTTP API.

use std::io::Write;

use super::Failure;

pub fn run() -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&crate::edge::openapi()).map_err(Failure::failed)?;
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
