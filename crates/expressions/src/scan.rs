//! Finds where each `<+…>` of a text begins and ends, in one pass.
//!
//! As in the service (expressions.syntax) quotes have no meaning here: `<+` opens, `>` closes, `\>` is a plain `>`. One
//! exception is ours: ` >= ` between spaces is the operator, because no expression ends like that.

/// One `<+…>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The position of `<+`.
    pub(crate) open: usize,
    /// The position of its `>`.
    pub(crate) close: usize,
    /// The pair around it, as an index into the scan.
    pub(crate) parent: Option<usize>,
}

/// Every `<+…>` of a text, by their beginnings; the rest after an unterminated `<+` is text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    pub(crate) pairs: Vec<Pair>,
    /// The position of the outermost `<+` without its `>`.
    pub(crate) unterminated: Option<usize>,
}

/// Scans `text`, in linear time.
pub(crate) fn scan(text: &str) -> Scan {
    let mut scan = Scan::default();
    let Some(mut at) = text.find("<+") else { return scan };
    let bytes = text.as_bytes();
    let mut open: Vec<usize> = Vec::new();
    while at < bytes.len() {
        match bytes[at] {
            b'<' if bytes.get(at + 1) == Some(&b'+') => {
                scan.pairs.push(Pair { open: at, close: at, parent: open.last().copied() });
                open.push(scan.pairs.len() - 1);
                at += 2;
            }
            b'\\' if bytes.get(at + 1) == Some(&b'>') => at += 2,
            b'>' => {
                if !is_at_least(bytes, at)
                    && let Some(pair) = open.pop()
                {
                    scan.pairs[pair].close = at;
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    if let Some(&outermost) = open.first() {
        scan.unterminated = Some(scan.pairs[outermost].open);
        scan.pairs.truncate(outermost);
    }
    scan
}

fn is_at_least(bytes: &[u8], at: usize) -> bool {
    let blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    at > 0 && blank(bytes.get(at - 1)) && bytes.get(at + 1) == Some(&b'=') && blank(bytes.get(at + 2))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::scan;

    fn found(text: &str) -> String {
        let scan = scan(text);
        let pairs = scan.pairs.iter().map(|pair| {
            let depth = std::iter::successors(pair.parent, |&parent| scan.pairs[parent].parent).count();
            format!("{depth} {}", &text[pair.open..=pair.close])
        });
        let rest = scan.unterminated.map(|at| format!("unterminated {}", &text[at..]));
        pairs.chain(rest).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn text_around_and_between() {
        assert_snapshot!(found("é<+a>–<+b.c> <<+d>|x>"), @"
        0 <+a>
        0 <+b.c>
        0 <+d>
        ");
    }

    #[test]
    fn nested_even_in_quotes() {
        assert_snapshot!(found(r#"<+secrets.getValue("<+secrets.getValue("X")>")>"#), @r#"
        0 <+secrets.getValue("<+secrets.getValue("X")>")>
        1 <+secrets.getValue("X")>
        "#);
    }

    #[test]
    fn greater_than_closes_unless_escaped() {
        assert_snapshot!(found(r"<+<+a> \> 3> <+<+a> > 3>"), @r"
        0 <+<+a> \> 3>
        1 <+a>
        0 <+<+a> >
        1 <+a>
        ");
    }

    #[test]
    fn at_least_between_blanks_is_an_operator() {
        assert_snapshot!(found("<+ <+x> >= 2> <+y>>=2"), @"
        0 <+ <+x> >= 2>
        1 <+x>
        0 <+y>
        ");
    }

    #[test]
    fn the_rest_after_an_unterminated_one_is_text() {
        assert_snapshot!(found("<+a> <+b <+c> d"), @"
        0 <+a>
        unterminated <+b <+c> d
        ");
    }

    #[test]
    fn empty_and_bare() {
        assert_snapshot!(found("<+> <+"), @"
        0 <+>
        unterminated <+
        ");
    }
}
