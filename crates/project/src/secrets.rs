//! Secrets, as given by flags, files and `CIRUN_SECRET_*` variables.

mod given;
mod store;

use std::{fmt, path::Path};

use cirun_beneath::Refusal;
use cirun_diagnostics::Failure;
use cirun_plan::Secret;
use indexmap::IndexMap;

pub use self::given::{BadSecret, GivenSecret, Source};
pub(crate) use self::{
    given::{ask, warn_of_values},
    store::Shown,
};
use crate::{
    Environment,
    repository::{LARGEST, read_own},
};

/// The prefix of environment variables that hold a secret.
pub const VARIABLE_PREFIX: &str = "CIRUN_SECRET_";

/// Secrets by identifier, each with its origin.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    given: IndexMap<String, (Secret, String)>,
}

impl Secrets {
    /// Collects the secrets. Flags win over files, later files over earlier ones, and files over the environment. `ask` asks
    /// for the value of a secret that a flag only names; it returns `None` to leave the secret out.
    ///
    /// # Errors
    /// A file cannot be read or has an invalid line, or `ask` fails.
    pub fn collect<'a>(
        flags: &[GivenSecret],
        files: impl Iterator<Item = (&'a Path, Result<Vec<u8>, Refusal>)>,
        environment: impl Iterator<Item = (String, String)>,
        ask: impl Fn(&str) -> Result<Option<Secret>, Failure>,
    ) -> Result<Self, Failure> {
        let mut secrets = Self::default();
        for (name, value) in environment {
            if let Some(id) = name.strip_prefix(VARIABLE_PREFIX) {
                secrets.give(id, Secret::new(value), name.clone());
            }
        }
        for (path, content) in files {
            for (id, value) in parse_dotenv(&text_of(content, path)?, path)? {
                secrets.give(&id, Secret::new(value), path.display().to_string());
            }
        }
        for GivenSecret { id, source } in flags {
            let (value, given_by) = match source {
                Source::Value(value) => (Some(value.clone()), "--secret".to_owned()),
                Source::File(path) => {
                    let text = read(path)?;
                    // Editors and `echo` add a line end, which is not part of the secret.
                    let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
                    (Some(Secret::new(text)), path.display().to_string())
                }
                Source::Asked => (ask(id)?, "asked for".to_owned()),
            };
            if let Some(value) = value {
                secrets.give(id, value, given_by);
            }
        }
        Ok(secrets)
    }

    fn give(&mut self, id: &str, value: Secret, given_by: String) {
        self.given.insert(id.to_owned(), (value, given_by));
    }

    /// The secret that a reference means, and its origin. It may be given without the reference's `account.` or `org.`, and
    /// with `_` for all characters but letters and digits.
    pub fn get(&self, reference: &str) -> Option<(Secret, String)> {
        let id = reference.strip_prefix("account.").or(reference.strip_prefix("org.")).unwrap_or(reference);
        let variable: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        [reference, id, &variable, &variable.to_uppercase()].into_iter().find_map(|name| self.given.get(name).cloned())
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    text_of(read_own(path, LARGEST), path)
}

fn text_of(content: Result<Vec<u8>, Refusal>, path: &Path) -> Result<String, Failure> {
    let cannot = |why: &dyn fmt::Display| Failure::input(format!("cannot read secrets from {}: {why}", path.display()));
    String::from_utf8(content.map_err(|refusal| cannot(&refusal))?).map_err(|_| cannot(&"it is not UTF-8 text"))
}

/// Minimum length of a value that is masked because of its variable's name.
const SHORTEST: usize = 8;
/// Words in the names of variables whose values are credentials.
const CREDENTIAL_WORDS: [&str; 11] = [
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "KEY",
    "KEYS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PAT",
    "SECRET",
    "TOKEN",
];

/// The values of the user's environment that look like credentials. Steps do not inherit them, but a host step can find and
/// print them, so they are masked.
pub fn of_environment(environment: &Environment) -> Vec<Secret> {
    environment.iter().filter(|(name, value)| is_credential(name, value)).map(|(_, value)| Secret::new(value)).collect()
}

fn is_credential(name: &str, value: &str) -> bool {
    let mut words = name.split('_').map(str::to_uppercase);
    let is_named = words.any(|word| {
        CREDENTIAL_WORDS.contains(&word.as_str())
            || ["TOKEN", "PASSWORD", "SECRET"].iter().any(|end| word.ends_with(end))
    });
    // A file's path is no credential, and masking it would make logs unreadable.
    is_named && value.chars().count() >= SHORTEST && !Path::new(value).is_absolute()
}

fn parse_dotenv(text: &str, path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else {
            return Err(Failure::input(format!("{}:{}:1: expected NAME=VALUE", path.display(), index + 1)));
        };
        pairs.push((name.trim().to_owned(), unquote(value.trim())));
    }
    Ok(pairs)
}

/// Removes one pair of quotes. In double quotes, `\n` is a line end, so that a key of several lines fits on one.
fn unquote(value: &str) -> String {
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return inner.to_owned();
    }
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\\n", "\n").replace("\\\"", "\""),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn flags_win_over_files_over_the_environment() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secrets");
        fs::write(&file, "# keys\na=file\nexport b=\"two\\nlines\"\n").unwrap();
        let environment = ["a", "b", "c"].map(|id| (format!("CIRUN_SECRET_{id}"), "environment".to_owned()));
        let secrets = Secrets::collect(
            &[GivenSecret::parse("a=flag").unwrap()],
            [(file.as_path(), Ok(fs::read(&file).unwrap()))].into_iter(),
            environment.into_iter(),
            |_| unreachable!(),
        )
        .unwrap();
        let value = |id: &str| secrets.get(id).map(|(secret, _)| secret.expose().to_owned());
        assert_eq!(value("a").as_deref(), Some("flag"));
        assert_eq!(value("account.b").as_deref(), Some("two\nlines"));
        assert_eq!(value("org.c").as_deref(), Some("environment"));
        assert_eq!(value("d"), None);
    }

    #[test]
    fn identifiers_match_names_of_variables() {
        let environment = [("CIRUN_SECRET_AWS_KEY".to_owned(), "v".to_owned())];
        let secrets = Secrets::collect(&[], std::iter::empty(), environment.into_iter(), |_| unreachable!()).unwrap();
        assert!(secrets.get("account.aws-key").is_some());
    }

    #[test]
    fn values_are_asked_for_or_read_from_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key.pem");
        fs::write(&file, "one\ntwo\r\n").unwrap();
        let flags = ["asked".to_owned(), format!("key=@{}", file.display()), "no".to_owned()];
        let flags = flags.map(|flag| GivenSecret::parse(&flag).unwrap());
        let ask = |id: &str| Ok((id == "asked").then(|| Secret::new("typed")));
        let secrets = Secrets::collect(&flags, std::iter::empty(), std::iter::empty(), ask).unwrap();
        let value = |id: &str| secrets.get(id).map(|(secret, _)| secret.expose().to_owned());
        assert_eq!(value("asked").as_deref(), Some("typed"));
        assert_eq!(value("key").as_deref(), Some("one\ntwo"));
        assert_eq!(value("no"), None);
    }

    #[test]
    fn variables_with_credentials_are_found_by_name() {
        for (name, value, expected) in [
            ("GITHUB_TOKEN", "ghp_12345678", true),
            ("AWS_SECRET_ACCESS_KEY", "abcdefgh", true),
            ("DB_PASSWORD", "correct horse", true),
            ("npm_config__authToken", "abcdefgh", true),
            ("CIRUN_SECRET_A", "abcdefgh", true),
            ("DB_PASSWORD", "short12", false),
            ("SSL_KEY", "/etc/ssl/private.pem", false),
            ("KEYMAP", "us-international", false),
            ("MONKEY_BUSINESS", "bananas-and-more", false),
            ("PATH", "/usr/bin:/bin", false),
        ] {
            assert_eq!(is_credential(name, value), expected, "{name}={value}");
        }
    }

    #[test]
    fn a_line_without_a_value_is_an_error() {
        let error = parse_dotenv("a=1\nnonsense", Path::new("s.env")).unwrap_err();
        assert_eq!(error.to_string(), "s.env:2:1: expected NAME=VALUE");
    }
}
