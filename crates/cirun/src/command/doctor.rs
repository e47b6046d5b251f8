//! `cirun doctor`: what works on this machine, what does not, and how to fix it.

use cirun_diagnostics::Failure;
use cirun_project::{Context, Purpose};
use cirun_runner::doctor::{Finding, State, examine, has_engine};

use crate::{
    args::{PlanOptions, SERVE_ADDRESS},
    compile, console,
    exit::ExitCode,
};

/// Prints the results of all checks. The exit code depends on the engine only, as AWS is optional.
pub(crate) async fn run(context: Context<'_>) -> Result<ExitCode, Failure> {
    let pipeline = || compile::show(None, &PlanOptions::default(), context, Purpose::Inspect).ok();
    let mut tls = SERVE_ADDRESS;
    tls.set_port(SERVE_ADDRESS.port() + 1);
    let findings = examine(context, pipeline, [SERVE_ADDRESS, tls]).await;
    console::data(&findings.iter().map(render).collect::<String>())?;
    Ok(if has_engine(&findings) { ExitCode::Success } else { ExitCode::Engine })
}

/// A line for the finding and one for the remedy. Further lines of a text are aligned with its first.
fn render(Finding { state, what, text, remedy }: &Finding) -> String {
    let mark = match state {
        State::Good => "ok",
        State::Remark => "note",
        State::Bad => "FAIL",
    };
    let indent = " ".repeat(20);
    let mut lines = format!("{mark:<4}  {what:<12}  {}\n", text.replace('\n', &format!("\n{indent}")));
    if let Some(remedy) = remedy {
        lines.push_str(&format!("{indent}→ {remedy}\n"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_findings_and_remedies() {
        let findings = [
            Finding::good("engine", "Docker 27"),
            Finding::remark("AWS", "no credentials", "sign in"),
            Finding::bad("engine", "tried\n  a\n  b", "start one"),
        ];
        insta::assert_snapshot!(findings.iter().map(render).collect::<String>(), @r"
        ok    engine        Docker 27
        note  AWS           no credentials
                            → sign in
        FAIL  engine        tried
                              a
                              b
                            → start one
        ");
    }
}
