//! The lines of a step, limited in number.

use std::collections::VecDeque;

/// The last lines of a step, up to a fixed number.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: VecDeque<String>,
    limit: usize,
    dropped: u64,
}

impl Log {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(crate) fn push(&mut self, line: &str) {
        if self.lines.len() >= self.limit {
            self.dropped += 1;
            if self.lines.pop_front().is_none() {
                return;
            }
        }
        self.lines.push_back(line.to_owned());
    }

    /// The number of earlier lines that were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn lines(&self) -> impl ExactSizeIterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_go() {
        let kept = |limit| {
            let mut log = Log::new(limit);
            ["a", "b", "c"].iter().for_each(|line| log.push(line));
            (log.lines().collect::<Vec<_>>().join(","), log.dropped())
        };
        assert_eq!(kept(2), ("b,c".to_owned(), 1));
        assert_eq!(kept(3), ("a,b,c".to_owned(), 0));
        assert_eq!(kept(0), (String::new(), 3));
    }
}
