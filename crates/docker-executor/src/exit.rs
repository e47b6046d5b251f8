//! Finds out from the engine's message why a container did not start. Pure.

use cirun_engine::Exit;

/// The exit of a step whose program could not be started; `None` if the message is about the engine rather than the
/// program.
pub(crate) fn not_started(message: &str) -> Option<Exit> {
    let program = quoted_after(message, "exec: ");
    let name = program.map_or_else(|| "the program".to_owned(), |program| format!("`{program}`"));
    let (code, reason) = if message.contains("executable file not found")
        || message.contains("no such file or directory") && program.is_some()
    {
        (127, not_found(program, &name))
    } else if message.contains("permission denied") && program.is_some() {
        (126, not_executable(&name))
    } else if message.contains("exec format error") {
        (126, wrong_format(&name))
    } else if let Some(user) = message.split("unable to find user ").nth(1) {
        let user = user.split(':').next().unwrap_or(user);
        (126, format!("the image has no user `{user}`: use a numeric id in `runAsUser`"))
    } else if message.contains("is not a directory") && message.contains("mkdir") {
        (126, format!("the working directory cannot be created: {message}"))
    } else {
        return None;
    };
    Some(Exit::NotStarted { code, reason })
}

/// A wrong architecture shows only once the container runs: its first process then prints this and nothing else.
pub(crate) fn wrong_architecture(code: i64, output: &[u8]) -> Option<Exit> {
    let text = std::str::from_utf8(output).ok()?.trim();
    let by_runtime = text.starts_with("exec ") || text.starts_with("standard_init_linux.go");
    if !matches!(code, 1 | 126 | 255) || !by_runtime || !text.ends_with("exec format error") || text.contains('\n') {
        return None;
    }
    let program = text.strip_prefix("exec ").and_then(|rest| rest.split(": ").next());
    let name = program.map_or_else(|| "the program".to_owned(), |program| format!("`{program}`"));
    Some(Exit::NotStarted { code: 126, reason: wrong_format(&name) })
}

pub(crate) fn not_found(program: Option<&str>, name: &str) -> String {
    match program {
        Some("sh" | "bash" | "pwsh" | "powershell" | "python3" | "python") => {
            format!("the image has no {name}: choose another `shell`, or an image that has it")
        }
        Some(_) | None => format!("{name} is not in the image: check `entrypoint`, `command` and the image"),
    }
}

pub(crate) fn not_executable(name: &str) -> String {
    format!("{name} cannot be executed: it is not marked as executable, or is a directory")
}

pub(crate) fn lost_interpreter(name: &str) -> String {
    format!("{name} needs an interpreter or a loader that is not in the image: check its first line, and the image")
}

pub(crate) fn wrong_format(name: &str) -> String {
    format!(
        "{name} is for another processor (exec format error), or is a script without `#!`: check the image's platform, \
         `--platform`, and emulation (binfmt)"
    )
}

/// The first quoted text after `mark`.
fn quoted_after<'a>(message: &'a str, mark: &str) -> Option<&'a str> {
    message.split_once(mark)?.1.strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded messages of Docker 20.10 with runc 1.1.
    fn describe(message: &str) -> String {
        let runc = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ";
        match not_started(&message.replace("RUNC ", runc)) {
            Some(Exit::NotStarted { code, reason }) => format!("{code}: {reason}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn recorded_messages() {
        insta::assert_snapshot!(
            [
                r#"RUNC exec: "nosuch": executable file not found in $PATH: unknown"#,
                r#"RUNC exec: "bash": executable file not found in $PATH: unknown"#,
                r#"RUNC exec: "/no/such": stat /no/such: no such file or directory: unknown"#,
                r#"RUNC exec: "/h/noexec": permission denied: unknown"#,
                "unable to find user nosuch: no matching entries in passwd file",
                "Cannot mkdir: /bin/sh is not a directory",
                "RUNC unable to apply caps: operation not permitted: unknown",
                "driver failed programming external connectivity: port is already allocated",
            ].map(describe).join("\n"),
            @"
        127: `nosuch` is not in the image: check `entrypoint`, `command` and the image
        127: the image has no `bash`: choose another `shell`, or an image that has it
        127: `/no/such` is not in the image: check `entrypoint`, `command` and the image
        126: `/h/noexec` cannot be executed: it is not marked as executable, or is a directory
        126: the image has no user `nosuch`: use a numeric id in `runAsUser`
        126: the working directory cannot be created: Cannot mkdir: /bin/sh is not a directory
        None
        None
        "
        );
    }

    #[test]
    fn only_the_runtimes_own_words_are_a_wrong_architecture() {
        let recognised = |code, output: &str| wrong_architecture(code, output.as_bytes()).is_some();
        assert!(recognised(1, "exec /h/arm: exec format error\n"));
        assert!(recognised(1, "standard_init_linux.go:228: exec user process caused: exec format error\n"));
        assert!(!recognised(0, "exec /h/arm: exec format error\n"));
        assert!(!recognised(1, "building\nexec /h/arm: exec format error\n"));
        assert!(!recognised(1, "sh: 1: x: exec format error\n"));
    }
}
