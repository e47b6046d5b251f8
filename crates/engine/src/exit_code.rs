//! The meaning of exit codes.

struct Meaning {
    code: i64,
    meaning: &'static str,
    hint: &'static str,
}

/// Codes with a fixed meaning: shells and `env(1)` (126, 127), engines (125), runners (255), and 128 + signal.
const MEANINGS: &[Meaning] = &[
    Meaning { code: 2, meaning: "wrong usage, or a shell syntax error", hint: "" },
    Meaning { code: 125, meaning: "the engine refused the container", hint: "run `cirun doctor`" },
    Meaning {
        code: 126,
        meaning: "found, but not executable",
        hint: "make the file executable (`git update-index --chmod=+x`), or run it through its interpreter",
    },
    Meaning {
        code: 127,
        meaning: "command not found",
        hint: "the image has no such program on its PATH: install it in the step, or use another image",
    },
    Meaning { code: 129, meaning: "hang-up (SIGHUP)", hint: "" },
    Meaning { code: 130, meaning: "interrupted (SIGINT)", hint: "" },
    Meaning { code: 131, meaning: "quit (SIGQUIT)", hint: "" },
    Meaning {
        code: 132,
        meaning: "illegal instruction (SIGILL)",
        hint: "the program was built for another processor: check `platform.arch` and the image's architecture",
    },
    Meaning { code: 134, meaning: "aborted by itself (SIGABRT)", hint: "" },
    Meaning { code: 135, meaning: "bus error (SIGBUS)", hint: "shared memory may be too small" },
    Meaning { code: 136, meaning: "arithmetic error (SIGFPE)", hint: "" },
    Meaning {
        code: 137,
        meaning: "killed (SIGKILL), often because memory ran out",
        hint: "raise `resources.limits.memory` of the step, or give the engine more memory",
    },
    Meaning { code: 139, meaning: "crashed (SIGSEGV)", hint: "" },
    Meaning {
        code: 141,
        meaning: "its reader went away (SIGPIPE)",
        hint: "a program in a pipe stopped reading early (`| head`)",
    },
    Meaning { code: 143, meaning: "terminated (SIGTERM)", hint: "" },
    Meaning { code: 255, meaning: "the program could not run, or exited with -1", hint: "" },
];

/// The meaning of `code`, if it means more than "it failed".
pub fn exit_code_meaning(code: i64) -> Option<&'static str> {
    find(code).map(|found| found.meaning)
}

/// What to do about `code`, if the code alone is enough to know.
pub fn exit_code_hint(code: i64) -> Option<&'static str> {
    find(code).map(|found| found.hint).filter(|hint| !hint.is_empty())
}

/// Formats a code, for example `exit code 137: killed (SIGKILL), often because memory ran out`; a known `reason`
/// replaces the usual meaning.
pub fn describe_exit_code(code: i64, reason: Option<&str>) -> String {
    let plain = format!("exit code {code}");
    match reason.or_else(|| exit_code_meaning(code)) {
        Some(meaning) if meaning.starts_with(&plain) => meaning.to_owned(),
        Some(meaning) => format!("{plain}: {meaning}"),
        None => plain,
    }
}

fn find(code: i64) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|known| known.code == code)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn known_and_unknown_codes() {
        let shown: Vec<_> = [1, 126, 127, 137, 143, 255].map(|code| describe_exit_code(code, None)).into();
        assert_snapshot!(shown.join("\n"), @r"
        exit code 1
        exit code 126: found, but not executable
        exit code 127: command not found
        exit code 137: killed (SIGKILL), often because memory ran out
        exit code 143: terminated (SIGTERM)
        exit code 255: the program could not run, or exited with -1
        ");
    }

    #[test]
    fn a_known_reason_wins() {
        assert_snapshot!(describe_exit_code(137, Some("over its memory limit of 64 MiB")), @"exit code 137: over its memory limit of 64 MiB");
        assert_snapshot!(describe_exit_code(42, Some("exit code 42")), @"exit code 42");
    }

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(MEANINGS.is_sorted_by(|a, b| a.code < b.code));
    }
}
