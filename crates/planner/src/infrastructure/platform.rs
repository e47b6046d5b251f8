//! The operating system and processor of a stage, from `platform` and `infrastructure` (infra.platform).

use cirun_diagnostics::{Span, Spanned, codes::plan as codes, nearest};
use cirun_expressions::Template;
use cirun_parser::{Node, Text, model::CiStage};
use cirun_plan::Text as PlanText;

use crate::scope::{Ctx, given};

/// A row of the operating systems: the schema's name, the service's name (`DRONE_STAGE_OS`), and the path of the
/// workspace (infra.workspace).
struct OsRow {
    os: System,
    word: &'static str,
    service_word: &'static str,
    workspace: &'static str,
}

/// An operating system that a stage can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Linux,
    MacOs,
    Windows,
}

#[rustfmt::skip]
const SYSTEMS: [OsRow; 3] = [
    OsRow { os: System::Linux,   word: "Linux",   service_word: "linux",   workspace: WORKSPACE },
    OsRow { os: System::MacOs,   word: "MacOS",   service_word: "darwin",  workspace: "/tmp/harness" },
    OsRow { os: System::Windows, word: "Windows", service_word: "windows", workspace: "C:\\harness" },
];

/// The path of the workspace in every Linux container.
pub(crate) const WORKSPACE: &str = "/harness";

/// The processors, as the schema and the engine name them.
const PROCESSORS: [(&str, &str); 2] = [("Amd64", "amd64"), ("Arm64", "arm64")];

/// The operating system and processor of a stage.
#[derive(Debug, Clone)]
pub(crate) struct Platform {
    pub(crate) os: System,
    /// The processor as the engine names it, if the stage has one.
    pub(crate) arch: Option<Spanned<String>>,
}

impl Platform {
    /// The default platform of a stage or group.
    pub(crate) const DEFAULT: Self = Self { os: System::Linux, arch: None };

    /// The path of the workspace.
    pub(crate) fn workspace(&self) -> &'static str {
        self.os.row().workspace
    }

    /// The value of `DRONE_STAGE_OS`.
    pub(crate) fn service_word(&self) -> &'static str {
        self.os.row().service_word
    }

    /// Why steps cannot run on this machine, if they cannot: containers need Linux, and processes need the machine's
    /// own system.
    pub(crate) fn not_here(&self, machine: &str) -> Option<String> {
        let row = self.os.row();
        let here = self.os == System::Linux || self.os == System::MacOs && machine == row.service_word;
        (!here).then(|| format!("it is for {}, and steps run in Linux containers", row.word))
    }
}

impl System {
    fn row(self) -> &'static OsRow {
        SYSTEMS.iter().find(|row| row.os == self).expect("SYSTEMS has a row for every system")
    }
}

/// The platform of a CI stage; `spec.os` of the infrastructure, for Kubernetes and pools, is equivalent to
/// `platform.os`.
pub(crate) fn of(ctx: &Ctx<'_>, spec: &CiStage) -> Platform {
    let platform = spec.platform.as_ref();
    let infrastructure = spec.infrastructure.as_ref().map(|infrastructure| &infrastructure.spec);
    let os = match platform.and_then(|platform| given(platform.os.as_ref())) {
        Some(field) => ctx.known(field, "`platform.os`").map(|word| (word.value, field.span)),
        None => infrastructure
            .and_then(|spec| spec.get("os").or_else(|| spec.get("spec")?.get("os")))
            .and_then(|node| word_of(ctx, node)),
    };
    let os = os.and_then(|(word, span)| {
        let found = SYSTEMS.iter().find(|row| row.word.eq_ignore_ascii_case(&word)).map(|row| row.os);
        if found.is_none() {
            report_unknown(ctx, "operating system", &word, span, SYSTEMS.map(|row| row.word));
        }
        found
    });
    let arch = platform.and_then(|platform| given(platform.arch.as_ref())).and_then(|field| arch_of(ctx, field));
    Platform { os: os.unwrap_or(System::Linux), arch }
}

/// The text of a node outside the typed fields, if it is known now.
fn word_of(ctx: &Ctx<'_>, node: &Node) -> Option<(String, Span)> {
    let text = node.text().filter(|text| !text.is_empty())?;
    let (template, _) = Template::parse(text);
    match ctx.as_text(ctx.evaluate(&template, node.span).value) {
        PlanText::Known(word) => Some((word, node.span)),
        PlanText::Secret(_) | PlanText::Deferred(_) => None,
    }
}

fn arch_of(ctx: &Ctx<'_>, field: &Text) -> Option<Spanned<String>> {
    let word = ctx.known(field, "`platform.arch`")?;
    match PROCESSORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&word.value)) {
        Some((_, engine_word)) => Some(Spanned { value: (*engine_word).to_owned(), span: field.span }),
        None => {
            report_unknown(ctx, "processor", &word.value, field.span, PROCESSORS.map(|(word, _)| word));
            None
        }
    }
}

fn report_unknown<const N: usize>(ctx: &Ctx<'_>, what: &str, word: &str, span: Span, known: [&'static str; N]) {
    let help = match nearest(word, known) {
        Some(like) => format!("did you mean `{like}`?"),
        None => format!("write one of {}", known.join(", ")),
    };
    ctx.notes.report(
        codes::UNKNOWN_PLATFORM
            .says(format!("unknown {what} `{word}`"))
            .at(span, "no such platform (infra.platform)")
            .help(help),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_runs_the_processes_of_a_mac() {
        let on = |os| Platform { os, arch: None };
        assert_eq!(on(System::Linux).not_here("darwin"), None);
        assert_eq!(on(System::MacOs).not_here("darwin"), None);
        assert!(on(System::MacOs).not_here("linux").is_some());
        assert!(on(System::Windows).not_here("windows").is_some(), "host steps need a Unix");
    }
}
