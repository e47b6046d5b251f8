//! Finds hosts and ports in the texts of steps.

/// Whether `text` has `id` as a host: `id:6379`, `//id/`, `user@id`, `nc id 6379`, `-h id`, `DB_HOST=id`.
pub(super) fn names_host(text: &str, id: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(id).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + id.len()..];
        let port = after.strip_prefix(':').is_some_and(digit);
        if before.ends_with(is_name) || !port && after.starts_with(is_name) {
            return false;
        }
        let address = port || before.ends_with("//") || before.ends_with('@');
        address || after.strip_prefix(' ').is_some_and(digit) || is_host_option(before.trim_end_matches(['"', '\'']))
    })
}

/// Whether a text ends with a prefix of a host: `-h `, `--host=`, `DB_HOST=`.
fn is_host_option(before: &str) -> bool {
    let option = before.strip_suffix(['=', ' ']).unwrap_or_default();
    let word = option.rsplit([' ', '\n', '\t', ';']).next().unwrap_or_default();
    word == "-h" || word.to_ascii_uppercase().ends_with("HOST")
}

/// Whether `text` has `host` with this port: `host:6379`, `nc host 6379`, `-h host -p 6379`, `--host=host --port=6379`,
/// `/dev/tcp/host/6379`.
pub(super) fn names_port(text: &str, host: &str, port: u16) -> bool {
    let port = port.to_string();
    let starts_with_port = |rest: &str| {
        let after = rest.trim_start_matches(['"', '\'']).strip_prefix(&port);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(host).filter(|(at, _)| !text[..*at].ends_with(is_name)).any(|(at, _)| {
        let after = text[at + host.len()..].trim_start_matches(['"', '\'']);
        let options = [":", " ", " -p ", " --port ", " --port=", " -P "];
        let by_bash = text[..at].ends_with("/dev/tcp/").then_some("/");
        options.into_iter().chain(by_bash).any(|option| after.strip_prefix(option).is_some_and(starts_with_port))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_texts() {
        for (text, host) in [
            ("redis-cli -u redis://redis:6379", true),
            ("curl http://redis/x", true),
            ("psql postgres://me@redis", true),
            ("REDIS=redis:6379", true),
            ("docker pull redis:alpine", false),
            ("my-redis:6379", false),
            ("http://redis.example.com", false),
            ("redis", false),
            ("nc -z redis 6379", true),
            ("redis-cli -h redis ping", true),
            ("psql --host=redis", true),
            ("CACHE_HOST=redis", true),
            ("CACHE_HOST=\"redis\"", true),
            ("CACHE_USER=redis", false),
            ("apt-get install redis", false),
        ] {
            assert_eq!(names_host(text, "redis"), host, "{text}");
        }
    }

    #[test]
    fn ports_in_texts() {
        for (text, found) in [
            ("curl http://db:7000/x", true),
            ("nc -z db 7000", true),
            ("redis-cli -h db -p 7000 ping", true),
            ("psql --host=\"db\" --port=7000", true),
            ("DB=db:7000", true),
            ("exec 3<>/dev/tcp/db/7000", true),
            ("curl http://db/7000", false),
            ("db:70001", false),
            ("my-db:7000", false),
            ("db 17000", false),
            ("db", false),
        ] {
            assert_eq!(names_port(text, "db", 7000), found, "{text}");
        }
    }
}
