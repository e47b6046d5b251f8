//! The beginnings of secrets: whether the end of a text may be the first part of one.

/// Shorter forms are not searched across line ends: two lines together match them too often by chance.
const SHORTEST: usize = 8;
/// The number of bytes that decide quickly whether a secret may begin here.
pub(crate) const GLANCE: usize = 4;
/// The logarithm of the number of bits in the table of beginnings.
const BITS: u32 = 16;

/// The forms that may arrive in parts.
#[derive(Debug, Clone)]
pub(super) struct Openings {
    /// Sorted.
    forms: Vec<Box<[u8]>>,
    longest: usize,
    /// A bit for each hash of a form's first bytes.
    table: Vec<u64>,
}

impl Openings {
    /// Creates the openings of `forms`, which are sorted; `None` if all of them are too short.
    pub(super) fn of<'a>(forms: impl Iterator<Item = &'a String>) -> Option<Self> {
        let forms: Vec<Box<[u8]>> =
            forms.filter(|form| form.len() >= SHORTEST).map(|form| form.as_bytes().into()).collect();
        let longest = forms.iter().map(|form| form.len()).max()?;
        let mut table = vec![0; 1 << (BITS - 6)];
        for form in &forms {
            let bit = bit(form);
            table[bit / 64] |= 1 << (bit % 64);
        }
        Some(Self { forms, longest, table })
    }

    /// The length of the longest form.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Whether the range of a match belongs to a form that may arrive in parts.
    pub(super) fn may_part(length: usize) -> bool {
        length >= SHORTEST
    }

    /// Whether a form may begin at the start of `bytes`; true if there are too few bytes to decide.
    pub(super) fn may_open(&self, bytes: &[u8]) -> bool {
        if bytes.len() < GLANCE {
            return true;
        }
        let bit = bit(bytes);
        self.table[bit / 64] & (1 << (bit % 64)) != 0
    }

    /// The length of the longest suffix of `bytes`, of at least [`GLANCE`] bytes, that is the beginning of a longer
    /// form.
    pub(super) fn open(&self, bytes: &[u8]) -> Option<Open> {
        let first = bytes.len().saturating_sub(self.longest - 1);
        let last = bytes.len().saturating_sub(GLANCE - 1);
        (first..last).filter(|at| self.may_open(&bytes[*at..])).find_map(|at| self.open_at(&bytes[at..]))
    }

    /// Whether no form begins in `before`, which has fewer than [`GLANCE`] bytes, and continues in `line`, and `line`
    /// ends with no first part of one. The beginnings that are too short to decide are those of the next line.
    pub(super) fn is_closed(&self, before: &[u8], line: &[u8]) -> bool {
        let mut border = [0; 2 * (GLANCE - 1)];
        let next = line.len().min(GLANCE - 1);
        border[..before.len()].copy_from_slice(before);
        border[before.len()..before.len() + next].copy_from_slice(&line[..next]);
        if border[..before.len() + next].windows(GLANCE).any(|bytes| self.may_open(bytes)) {
            return false;
        }
        let first = line.len().saturating_sub(self.longest - 1);
        let mut begins = line[first..].windows(GLANCE).enumerate().filter(|(_, bytes)| self.may_open(bytes));
        !begins.any(|(at, _)| self.open_at(&line[first + at..]).is_some())
    }

    fn open_at(&self, beginning: &[u8]) -> Option<Open> {
        let at = self.forms.partition_point(|form| &**form < beginning);
        let going_on = self.forms[at..].iter().take_while(|form| form.starts_with(beginning));
        let shortest = going_on.map(|form| form.len()).filter(|length| *length > beginning.len()).min()?;
        Some(Open { length: beginning.len(), of: shortest })
    }
}

/// The first part of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    /// Its length.
    pub(crate) length: usize,
    /// The length of the shortest form with this beginning.
    pub(crate) of: usize,
}

impl Open {
    /// Whether this part alone is worth masking: it is half of the secret, and too long for a chance match.
    pub(crate) fn is_most(self) -> bool {
        self.length >= SHORTEST && self.length * 2 >= self.of
    }
}

/// The bit for the first bytes of a form.
fn bit(bytes: &[u8]) -> usize {
    let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    (word.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(forms: &[&str], text: &str) -> Option<(usize, usize)> {
        let mut forms: Vec<String> = forms.iter().map(|form| (*form).to_owned()).collect();
        forms.sort();
        Openings::of(forms.iter())?.open(text.as_bytes()).map(|open| (open.length, open.of))
    }

    #[test]
    fn the_longest_beginning_at_the_end_counts() {
        let forms = ["secret-word", "secret-key", "word-and-word"];
        assert_eq!(open(&forms, "a secret-"), Some((7, 10)));
        assert_eq!(open(&forms, "a secret-wo"), Some((9, 11)));
        assert_eq!(open(&forms, "secret-word"), Some((4, 13)));
        assert_eq!(open(&forms, "secret-key"), None);
        assert_eq!(open(&forms, "a sec"), None, "three letters are chance");
        assert_eq!(open(&forms, "secret-x"), None);
        assert_eq!(open(&["seven77"], "seve"), None, "short secrets are not looked for");
    }
}
