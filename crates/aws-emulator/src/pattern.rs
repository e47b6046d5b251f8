//! AWS patterns: `*` is any text, and in IAM `?` is any character.

/// IAM's `StringLike`.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    matches(pattern, text, Some('?'))
}

/// ECR's wildcards: of tags, repositories and lifecycle rules.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    matches(pattern, text, None)
}

fn matches(pattern: &str, text: &str, any_one: Option<char>) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if Some(*c) == any_one || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                // Let the last star match one more character.
                let Some((star_p, star_t)) = star else { return false };
                star = Some((star_p, star_t + 1));
                (p, t) = (star_p + 1, star_t + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_like() {
        for (pattern, text) in [("a*", "abc"), ("*", ""), ("a?c", "abc"), ("*:b:*c", "a:b:xc"), ("**b", "aab")] {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a?", "a"), ("*b", "bc"), ("", "a"), ("a*c*", "ab")] {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn wildcards_know_the_star_alone() {
        assert!(wildcard("prod-*", "prod-1") && wildcard("v1.0", "v1.0") && wildcard("*-rc*", "1-rc2"));
        assert!(!wildcard("v1.0", "v1x0") && !wildcard("a?c", "abc") && !wildcard("prod", "prod-1"));
    }
}
