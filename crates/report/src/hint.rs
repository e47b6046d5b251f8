//! The next action after a failure, from the output of the step.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use cirun_engine::{MaskedLines, exit_code_hint};

/// A next action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) about: About,
    pub(crate) text: &'static str,
}

/// Where to look for the cause of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// In the step or its image.
    Step,
    /// In what the step connects to.
    Network,
}

struct Sign {
    /// In lower case; matches any line that contains it.
    text: &'static str,
    about: About,
    hint: &'static str,
}

const NAMES: &str =
    "on vm a service is reached by its step id, on kubernetes by `localhost`; other names need a network";
const REPOSITORY: &str = "the repository does not exist in the registry: create it, or pass `--create-repository`";

const MEMORY: &str = "raise `resources.limits.memory` of the step, or give the engine more memory";

/// Signs in the reason of a failure and in the step's last lines, the most specific first.
const SIGNS: &[Sign] = &[
    // The engine's own reason is more specific than the output of a program that was killed.
    Sign { text: "using more memory than its limit", about: About::Step, hint: MEMORY },
    Sign {
        text: "this machine has no such command",
        about: About::Step,
        hint: "the step runs on this machine: install the program here, or run the step in an image that has it",
    },
    Sign {
        text: "exec format error",
        about: About::Step,
        hint: "the image or program is for another architecture: check `platform.arch`, or pass `--platform`",
    },
    Sign {
        text: "no space left on device",
        about: About::Step,
        hint: "the disk of the engine is full: `docker system df` shows what uses the space, `cirun clean` and `cirun \
            aws gc` free some",
    },
    Sign { text: "out of memory", about: About::Step, hint: MEMORY },
    Sign { text: "name unknown", about: About::Step, hint: REPOSITORY },
    // kaniko prints the registry's code, the plugins with a daemon print the engine's message.
    Sign { text: "name_unknown", about: About::Step, hint: REPOSITORY },
    Sign { text: "repositorynotfoundexception", about: About::Step, hint: REPOSITORY },
    Sign { text: "expiredtoken", about: About::Step, hint: "the AWS credentials have expired: sign in again" },
    Sign {
        text: "certificate signed by unknown authority",
        about: About::Step,
        hint: "the image does not trust this server's CA: add it to the image, or set `SSL_CERT_FILE` in the step",
    },
    Sign {
        text: "connection refused",
        about: About::Network,
        hint: "nothing listens there, or not yet: CI does not wait for Background services, so let the step wait for its port",
    },
    Sign { text: "could not resolve host", about: About::Network, hint: NAMES },
    Sign { text: "no such host", about: About::Network, hint: NAMES },
    Sign { text: "name or service not known", about: About::Network, hint: NAMES },
    Sign {
        text: "permission denied",
        about: About::Step,
        hint: "check the file's mode, and whether the step's user (`runAsUser`) has access to it",
    },
];

/// What to do about a step or service that ended with `exit_code` for that reason and printed `lines`.
pub(crate) fn find<'a>(
    exit_code: Option<i64>,
    reason: Option<&'a str>,
    lines: impl Iterator<Item = &'a str>,
) -> Option<Hint> {
    let lowered: Vec<String> = reason.into_iter().chain(lines).map(str::to_lowercase).collect();
    let sign = SIGNS.iter().find(|sign| lowered.iter().any(|line| line.contains(sign.text)));
    match sign {
        Some(sign) => Some(Hint { about: sign.about, text: sign.hint }),
        None => exit_code.and_then(exit_code_hint).map(|text| Hint { about: About::Step, text }),
    }
}

/// Words that are in each line that looks like an error.
const WORDS: [&str; 8] = ["error", "fatal", "panic", "exception", "traceback", "failed", "failure", "denied"];

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).build(WORDS).expect("a few words are no too large automaton")
});

/// The first line that looks like a message about a failure.
pub(crate) fn first_error(lines: &MaskedLines) -> Option<&str> {
    let text = lines.text();
    let with_a_word = FINDER.find_iter(text).map(|word| {
        let start = text[..word.start()].rfind('\n').map_or(0, |end| end + 1);
        let line = &text[start..];
        line.split_once('\n').map_or(line, |(line, _)| line)
    });
    with_a_word.into_iter().find(|line| looks_like_error(line))
}

fn looks_like_error(line: &str) -> bool {
    // Only whole words: `errors: 0` and `--fail-on-error=false` are not errors, `Error:` and `E: error` are.
    let lowered = line.to_lowercase();
    lowered
        .split(|character: char| !character.is_alphanumeric() && !matches!(character, '-' | '_' | '='))
        .any(|word| WORDS.contains(&word) || is_error_class(word))
        && !lowered.contains("0 failed")
}

/// `connectionerror`, `nullpointerexception`; not `--fail-on-error`.
fn is_error_class(word: &str) -> bool {
    word.chars().all(char::is_alphanumeric) && (word.ends_with("error") || word.ends_with("exception"))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_line_is_more_specific_than_the_code() {
        assert_snapshot!(find(Some(255), None, ["standard_init_linux.go:228: exec user process caused: Exec format error"].into_iter()).unwrap().text,
            @"the image or program is for another architecture: check `platform.arch`, or pass `--platform`");
        assert_snapshot!(find(Some(127), None, ["sh: 1: jq: not found"].into_iter()).unwrap().text,
            @"the image has no such program on its PATH: install it in the step, or use another image");
        let on_host = find(Some(127), Some("exit code 127: this machine has no such command"), std::iter::empty());
        assert!(on_host.unwrap().text.contains("install the program here"));
        assert_eq!(find(Some(1), None, ["assertion failed"].into_iter()), None);
        assert_eq!(find(None, None, std::iter::empty()), None);
    }

    #[test]
    fn a_missing_repository_in_the_words_of_each_plugin() {
        for line in [
            "error checking push permissions: POST https://r/v2/shop/blobs/uploads/: NAME_UNKNOWN: The repository does not exist",
            "name unknown: The repository with name 'shop' does not exist",
        ] {
            assert_eq!(find(Some(1), None, [line].into_iter()).unwrap().text, REPOSITORY, "{line}");
        }
    }

    #[test]
    fn a_kill_for_memory_is_no_wrong_processor() {
        let reason = "it was killed for using more memory than its limit (exit code 255)";
        let lines = ["INFO Taking snapshot of full filesystem...", "exec format error"];
        assert_eq!(find(Some(255), Some(reason), lines.into_iter()).unwrap().text, MEMORY);
        assert_eq!(find(Some(255), None, ["exit -1"].into_iter()), None);
    }

    #[test]
    fn first_error_lines() {
        let found: Vec<_> = [
            "Error: cannot find module 'left-pad'",
            "npm ERR! code E404",
            "E   FAILED tests/test_cart.py::test_total",
            "errors: 0",
            "12 passed, 0 failed",
            "curl --fail-on-error",
            "E   requests.exceptions.ConnectionError: refused",
            "Traceback (most recent call last):",
        ]
        .map(looks_like_error)
        .into();
        assert_eq!(found, [true, false, true, false, false, false, true, true]);
    }

    #[test]
    fn signs_are_lower_case() {
        assert!(SIGNS.iter().all(|sign| sign.text == sign.text.to_lowercase()));
    }
}
