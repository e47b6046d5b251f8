//! The `docker run` command that comes closest to a step.

use cirun_plan::{ContainerAction, PlannedStep, Text};
use cirun_terminal_text::shell_word;

/// Renders the command, one option per line. Secrets are masked as `***`.
pub(super) fn render(step: &PlannedStep, container: &ContainerAction) -> String {
    let mut words = vec!["docker run --rm".to_owned(), format!("--name {}", step.path.as_str().replace('.', "-"))];
    if container.privileged.value {
        words.push("--privileged".to_owned());
    }
    words.extend(container.user.iter().map(|user| format!("--user {}", shell_word(&user.value.shown()))));
    words.extend(container.nano_cpus.iter().map(|cpus| format!("--cpus {}", cpus.value as f64 / 1e9)));
    words.extend(container.memory_bytes.iter().map(|bytes| format!("--memory {}", bytes.value)));
    words.extend(container.ports.iter().map(|port| format!("--publish {}:{}", port.value.host, port.value.container)));
    words.extend(
        container.env.iter().map(|(name, variable)| {
            format!("--env {}", shell_word(&format!("{name}={}", variable.value.value.shown())))
        }),
    );
    words.push(format!("--volume \"$PWD\":{0} --workdir {0}", shell_word(&container.working_dir)));
    let argv = |texts: &[Text]| texts.iter().map(|text| shell_word(&text.shown())).collect::<Vec<_>>();
    let mut entrypoint = container.entrypoint.as_ref().map(|argv_of| argv(&argv_of.value)).unwrap_or_default();
    let arguments = entrypoint.split_off(entrypoint.len().min(1));
    words.extend(entrypoint.first().map(|program| format!("--entrypoint {program}")));
    words.push(shell_word(&container.image.value.shown()));
    words.extend(arguments);
    words.extend(container.command.iter().flat_map(|command| argv(&command.value)));
    format!("\n{}\n", words.join(" \\\n  "))
}
