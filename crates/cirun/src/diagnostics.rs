//! Prints diagnostics on the console.

use cirun_diagnostics::{Diagnostic, Severity, Sources, Style, render};

use crate::console;

/// Maximum number of diagnostics to print, as people fix the first ones first.
const MOST: usize = 40;

/// Prints the diagnostics with at least the severity `least`.
pub(crate) fn say(diagnostics: &[Diagnostic], least: Severity, sources: &Sources) {
    let style = Style { colour: console::color(), width: console::width() };
    let said: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.severity >= least).collect();
    for diagnostic in said.iter().take(MOST) {
        console::say_in_colour(&render(diagnostic, sources, style));
    }
    if said.len() > MOST {
        console::say(&format!("… and {} more like these", said.len() - MOST));
    }
}
