//! Numbers of things, in words.

/// `1 step`, `3 steps`.
pub fn human_count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
