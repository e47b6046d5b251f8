//! The words of a step's command, and the signal that stops it, as the engine would choose them. Pure.

use bollard::models::ImageConfig;
use cirun_gate::protocol::Program;

/// The signal of `docker stop`, unless the image names another.
const SIGTERM: i32 = 15;

/// Names of signals on Linux that images use to stop their programs, without `SIG`.
const SIGNALS: [(&str, i32); 8] =
    [("HUP", 1), ("INT", 2), ("QUIT", 3), ("KILL", 9), ("USR1", 10), ("USR2", 12), ("TERM", SIGTERM), ("WINCH", 28)];

/// The first real-time signal, as the C libraries count.
const SIGRTMIN: i32 = 34;

/// Joins the entrypoint and the command of a step and of its image: an entrypoint of the step drops the image's command.
/// `None` if there is no program.
pub(super) fn argv(
    image: &ImageConfig,
    entrypoint: Option<&Vec<String>>,
    command: Option<&Vec<String>>,
) -> Option<Vec<String>> {
    let given = command.filter(|words| !words.is_empty());
    let command = match entrypoint {
        Some(words) if !words.is_empty() => given,
        Some(_) | None => given.or(image.cmd.as_ref()),
    };
    let entrypoint = entrypoint.or(image.entrypoint.as_ref());
    let words: Vec<String> = entrypoint.into_iter().chain(command).flatten().cloned().collect();
    (!words.is_empty()).then_some(words)
}

/// The program that a gate runs.
pub(super) fn program(argv: &[String], env: &[(String, String)]) -> Program {
    let bytes = |text: &String| text.as_bytes().to_vec();
    Program {
        argv: argv.iter().map(bytes).collect(),
        env: env.iter().map(|(name, value)| (bytes(name), bytes(value))).collect(),
        ..Program::default()
    }
}

/// The signal that stops the program of an image.
pub(super) fn stop_signal(image: &ImageConfig) -> i32 {
    let Some(text) = image.stop_signal.as_deref().map(str::trim) else { return SIGTERM };
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let known = SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, signal)| *signal);
    let real_time = name.strip_prefix("RTMIN").and_then(|rest| match rest.strip_prefix('+') {
        Some(more) => more.parse::<i32>().ok().map(|more| SIGRTMIN + more),
        None => rest.is_empty().then_some(SIGRTMIN),
    });
    known.or(real_time).or_else(|| name.parse().ok()).filter(|signal| (1..=64).contains(signal)).unwrap_or(SIGTERM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn as_the_engine_joins_them() {
        let image = ImageConfig {
            entrypoint: Some(words(&["/entry"])),
            cmd: Some(words(&["serve", "-v"])),
            ..ImageConfig::default()
        };
        let joined = |entrypoint: Option<&[&str]>, command: Option<&[&str]>| {
            argv(&image, entrypoint.map(words).as_ref(), command.map(words).as_ref()).map(|words| words.join(" "))
        };
        assert_eq!(joined(None, None).as_deref(), Some("/entry serve -v"));
        assert_eq!(joined(None, Some(&["x"])).as_deref(), Some("/entry x"));
        assert_eq!(joined(Some(&["sh", "-c"]), Some(&["x"])).as_deref(), Some("sh -c x"));
        assert_eq!(joined(Some(&["sh"]), None).as_deref(), Some("sh"));
        assert_eq!(joined(Some(&[]), None).as_deref(), Some("serve -v"));
        assert_eq!(argv(&ImageConfig::default(), None, None), None);
    }

    #[test]
    fn stop_signals() {
        let signal = |text: Option<&str>| {
            stop_signal(&ImageConfig { stop_signal: text.map(str::to_owned), ..ImageConfig::default() })
        };
        assert_eq!([signal(None), signal(Some("SIGQUIT")), signal(Some("INT"))], [15, 3, 2]);
        assert_eq!([signal(Some("SIGRTMIN+3")), signal(Some("10")), signal(Some("SIGWHAT"))], [37, 10, 15]);
    }
}
