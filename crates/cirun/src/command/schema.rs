//! `cirun schema`: a JSON Schema of Harness documents, for editors.

use cirun_diagnostics::Failure;

use crate::{console, exit::ExitCode};

/// Prints the schema.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    console::data(&format!("{:#}\n", cirun_parser::schema()))?;
    Ok(ExitCode::Success)
}
