use cirun_diagnostics::{SourceId, Sources};
use insta::assert_snapshot;

use super::{MAX_BYTES, decode, parse_documents};
use crate::{Node, Value, testing::render};

/// Every scalar with its place and its source text, then the diagnostics.
fn read(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("t.yaml", text);
    let parse = parse_documents(&sources, id);
    let mut out = String::new();
    for document in &parse.tree {
        out.push_str(if document.complete { "---\n" } else { "--- (breaks off)\n" });
        outline(&document.root, text, 0, &mut out);
    }
    for diagnostic in &parse.diagnostics {
        out.push_str(&format!("{}\n", render(&sources, diagnostic)));
    }
    out
}

fn outline(node: &Node, text: &str, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let written = text.get(node.span.range()).unwrap_or("(outside)");
    match &node.value {
        Value::Null => out.push_str(&format!("{indent}null at {}\n", node.span.start)),
        Value::Scalar { text, plain, .. } => {
            let kind = if *plain { "plain" } else { "quoted" };
            out.push_str(&format!("{indent}{kind} {text:?} from {written:?}\n"));
        }
        Value::List(items) => {
            out.push_str(&format!("{indent}list from {written:?}\n"));
            items.iter().for_each(|item| outline(item, text, depth + 1, out));
        }
        Value::Map(entries) => {
            out.push_str(&format!("{indent}map from {written:?}\n"));
            for entry in entries {
                out.push_str(&format!("{indent}  {}:\n", &text[entry.key.span.range()]));
                outline(&entry.value, text, depth + 2, out);
            }
        }
    }
}

/// Only the diagnostics.
fn diagnose(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("t.yaml", text);
    let parse = parse_documents(&sources, id);
    parse.diagnostics.iter().map(|diagnostic| render(&sources, diagnostic)).collect::<Vec<_>>().join("\n")
}

#[test]
fn scalars_keep_their_source_text() {
    assert_snapshot!(read("a: 3.10\nb: 012\nc: yes\nd: '1'\ne: \"é\\n\"\nf: ~\ng:\nh: null\ni: 'null'\nj: !!str 12\n"), @r#"
---
map from "a: 3.10\nb: 012\nc: yes\nd: '1'\ne: \"é\\n\"\nf: ~\ng:\nh: null\ni: 'null'\nj: !!str 12"
  a:
    plain "3.10" from "3.10"
  b:
    plain "012" from "012"
  c:
    plain "yes" from "yes"
  d:
    quoted "1" from "'1'"
  e:
    quoted "é\n" from "\"é\\n\""
  f:
    null at 42
  g:
    null at 45
  h:
    null at 50
  i:
    quoted "null" from "'null'"
  j:
    quoted "12" from "12"
"#);
}

#[test]
fn spans_are_bytes_of_the_source() {
    assert_snapshot!(read("é: ü # ß\nb: |\n  é\n  c\n\nd: [é, {x: 1}]\ne:\n- 1\n"), @r#"
---
map from "é: ü # ß\nb: |\n  é\n  c\n\nd: [é, {x: 1}]\ne:\n- 1"
  é:
    plain "ü" from "ü"
  b:
    quoted "é\nc\n" from "é\n  c"
  d:
    list from "[é, {x: 1}]"
      plain "é" from "é"
      map from "{x: 1}"
        x:
          plain "1" from "1"
  e:
    list from "1"
      plain "1" from "1"
"#);
}

#[test]
fn byte_order_mark_and_crlf() {
    assert_snapshot!(read("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 2\r\n"), @r#"
---
map from "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 2"
  a:
    plain "1" from "1"
  b:
    quoted "x\ny\n" from "x\r\n  y"
  c:
    plain "2" from "2"
"#);
}

#[test]
fn first_of_duplicate_keys_is_kept() {
    assert_snapshot!(read("a: 1\nb: 2\na: 3\na: 4\n"), @r#"
---
map from "a: 1\nb: 2\na: 3\na: 4"
  a:
    plain "1" from "1"
  b:
    plain "2" from "2"
3:1 (again here) error duplicate-key: the key `a` is written twice
    also 1:1 (first here; this one is used)
    help: remove one of them
4:1 (again here) error duplicate-key: the key `a` is written twice
    also 1:1 (first here; this one is used)
    help: remove one of them
"#);
}

#[test]
fn aliases_and_merge_keys_are_resolved() {
    assert_snapshot!(read("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz: *x\n"), @r#"
---
map from "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz: *x"
  x:
    map from "{a: 1, b: 2}"
      a:
        plain "1" from "1"
      b:
        plain "2" from "2"
  y:
    map from "<<: *x\n  b: 3"
      b:
        plain "3" from "3"
      a:
        plain "1" from "1"
  z:
    map from "{a: 1, b: 2}"
      a:
        plain "1" from "1"
      b:
        plain "2" from "2"
"#);
}

#[test]
fn wrong_aliases_merges_keys_and_tags() {
    assert_snapshot!(read("a: *none\nb: &b [*b]\n<<: 1\n? [k]\n: v\n!foo c: !bar d\n"), @r#"
---
map from "a: *none\nb: &b [*b]\n<<: 1\n? [k]\n: v\n!foo c: !bar d"
  a:
    null at 3
  b:
    list from "[*b]"
      null at 16
  c:
    plain "d" from "d"
1:4 error unknown-alias: there is no anchor `&none` before this alias
    help: quote the value if it is text
2:8 error unknown-alias: this alias is inside its own anchor
    help: quote the value if it is text
3:5 (no map) error merge-key: `<<` needs a map
    help: write `<<: *anchor`
4:3 (left out) error yaml-key: a list or a map as a key
    help: quote the value if it is an expression in braces
6:1 (ignored) warning yaml-tag: the tag `!foo` means nothing here
    help: quote the value if this is part of it
6:9 (ignored) warning yaml-tag: the tag `!bar` means nothing here
    help: quote the value if this is part of it
"#);
}

#[test]
fn a_document_that_breaks_off_is_kept_and_the_next_is_read() {
    assert_snapshot!(read("a: 1\nb: [1, 2\n---\nc: 3\n---\nd: \"x\n"), @r#"
--- (breaks off)
map from "a: 1\nb: [1"
  a:
    plain "1" from "1"
  b:
    list from "[1"
      plain "1" from "1"
---
map from "c: 3"
  c:
    plain "3" from "3"
--- (breaks off)
map from "d"
  d:
    null at 28
2:4 (cirun reads the document up to here) error yaml-syntax: a `[` or `{` is not closed
    help: close it, or quote the value if it is text
7:1 (cirun reads the document up to here) error yaml-syntax: a quoted text does not end
    help: close the quotation mark
"#);
}

#[test]
fn mistakes_that_people_make() {
    let texts = [
        "a:\n\tb: 1\n",
        "a:b\nc: 1\n",
        "a: b: c\n",
        "a: 1\n  b: 2\n",
        "a: \"x\n",
        "a: 'x' y\n",
        "a: @b\n",
        "a: %b\n",
        "a: \"\\d\"\n",
        "a: {b\n",
        "a: ]\n",
        "- a\nb: 1\n",
        "a: **b**\n",
        "a:\n- b\n c\n",
        "a: `b`\n",
        "a: {{ b }}\n",
    ];
    let all: Vec<_> = texts.iter().map(|text| format!("{text:?}\n{}", diagnose(text))).collect();
    assert_snapshot!(all.join("\n"), @r#"
"a:\n\tb: 1\n"
2:2 (cirun reads the document up to here) error yaml-syntax: a tab where only spaces may indent
    help: indent with spaces
"a:b\nc: 1\n"
2:2 (cirun reads the document up to here) error yaml-syntax: `: ` where no key is allowed
    help: quote the value if it holds a colon; check the line before this one and the indentation
"a: b: c\n"
1:5 (cirun reads the document up to here) error yaml-syntax: `: ` where no key is allowed
    help: quote the value if it holds a colon; check the line before this one and the indentation
"a: 1\n  b: 2\n"
2:4 (cirun reads the document up to here) error yaml-syntax: `: ` where no key is allowed
    help: quote the value if it holds a colon; check the line before this one and the indentation
"a: \"x\n"
2:1 (cirun reads the document up to here) error yaml-syntax: a quoted text does not end
    help: close the quotation mark
"a: 'x' y\n"
1:8 (cirun reads the document up to here) error yaml-syntax: text goes on after a closing quotation mark
    help: quote the whole value, or nothing of it
"a: @b\n"
1:4 (cirun reads the document up to here) error yaml-syntax: a value cannot begin with this character
    help: quote the value (`@`, `` ` `` and `%` begin no plain text)
"a: %b\n"
1:4 (cirun reads the document up to here) error yaml-syntax: a value cannot begin with this character
    help: quote the value (`@`, `` ` `` and `%` begin no plain text)
"a: \"\\d\"\n"
1:4 (cirun reads the document up to here) error yaml-syntax: a backslash escape that YAML does not know
    help: write `\\` for a backslash, or use single quotes or a `|` block
"a: {b\n"
1:4 (cirun reads the document up to here) error yaml-syntax: a `[` or `{` is not closed
    help: close it, or quote the value if it is text
"a: ]\n"
1:4 (cirun reads the document up to here) error yaml-syntax: a closing bracket without its opening one
    help: quote the value if it is text
"- a\nb: 1\n"
2:1 (cirun reads the document up to here) error yaml-syntax: this line does not fit the indentation of the lines before it
    help: align it with the keys or items it belongs to
"a: **b**\n"
1:4 error unknown-alias: there is no anchor `&*b**` before this alias
    help: quote the value if it is text
"a:\n- b\n c\n"

"a: `b`\n"
1:4 (cirun reads the document up to here) error yaml-syntax: a value cannot begin with this character
    help: quote the value (`@`, `` ` `` and `%` begin no plain text)
"a: {{ b }}\n"
1:5 (left out) error yaml-key: a list or a map as a key
    help: quote the value if it is an expression in braces
"#);
}

#[test]
fn nothing_at_all() {
    assert_snapshot!(diagnose(""), @"1:1 error empty-document: there is no document in this text");
    assert_snapshot!(diagnose("# only a comment\n\n"), @"1:1 error empty-document: there is no document in this text");
    assert_snapshot!(diagnose("---\n...\n"), @"1:1 error empty-document: there is no document in this text");
}

#[test]
fn nul_ends_the_text() {
    assert_snapshot!(read("a: 1\nb: x\0y\nc: 2\n"), @r#"
---
map from "a: 1\nb: x"
  a:
    plain "1" from "1"
  b:
    plain "x" from "x"
2:5 (cirun reads the text up to here) error control-character: the text has a NUL character
"#);
}

#[test]
fn nested_aliases_do_not_explode() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..20 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_snapshot!(diagnose(&text), @r"
6:10 (read as null) error alias-expansion: aliases would make this document larger than 16777216 bytes
    help: write the values out
");
}

#[test]
fn one_large_scalar_many_times() {
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 1000].join(", "));
    assert_snapshot!(diagnose(&text), @r"
2:61 (read as null) error alias-expansion: aliases would make this document larger than 16777216 bytes
    help: write the values out
");
}

#[test]
fn deep_nesting() {
    assert_snapshot!(diagnose(&"[".repeat(100_000)), @r"
1:129 (cirun reads the document up to here) error too-deep: lists and maps are nested too deeply
    help: write the document with fewer levels
");
    assert_snapshot!(diagnose(&"- ".repeat(100_000)), @r"
1:257 (cirun reads the document up to here) error too-deep: lists and maps are nested too deeply
    help: write the document with fewer levels
");
    let block: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_snapshot!(diagnose(&block), @r"
129:129 (cirun reads the document up to here) error too-deep: lists and maps are nested too deeply
    help: write the document with fewer levels
");
    let alternating: String = (0..60).map(|depth| format!("{}- a:\n", "    ".repeat(depth))).collect();
    assert_snapshot!(diagnose(&format!("{alternating}{}[[[[[[[[[[]]]]]]]]]]\n", " ".repeat(240))), @r"
61:249 (cirun reads the document up to here) error too-deep: lists and maps are nested too deeply
    help: write the document with fewer levels
");
    assert_snapshot!(diagnose(&"? ".repeat(100_000)), @r"
1:257 (cirun reads the document up to here) error too-deep: lists and maps are nested too deeply
    help: write the document with fewer levels
");
}

#[test]
fn large_texts() {
    let scalar = format!("a: \"{}\"\nb: |\n  {}\n", "y".repeat(1 << 20), "z".repeat(1 << 20));
    assert_snapshot!(diagnose(&scalar), @"");
    let lines: String = (0..20_000).map(|n| format!("key{n}: [value, {n}]\n")).collect();
    assert_snapshot!(diagnose(&lines), @"");
    assert_snapshot!(diagnose(&" ".repeat(MAX_BYTES + 1)), @"1:1 error file-too-large: 16777217 bytes, more than the 16777216 that are read");
}

#[test]
fn bytes_to_text() {
    let message = |bytes: &[u8]| decode(bytes).map_or_else(|d| format!("{} / {:?}", d.message, d.help), str::to_owned);
    assert_snapshot!(message("\u{feff}a: é".as_bytes()), @"a: é");
    assert_snapshot!(message(b"a: 1\nb: \xe9\n"), @r#"the text is not UTF-8: byte 0xe9 in line 2 / Some("save the file as UTF-8")"#);
    assert_snapshot!(message(b"\xff\xfea\0"), @r#"the text is not UTF-8: byte 0xff in line 1 / Some("the file begins like UTF-16: save it as UTF-8")"#);
    assert_snapshot!(message(&vec![b' '; MAX_BYTES + 1]), @r#"16777217 bytes, more than the 16777216 that are read / Some("check that this is a pipeline")"#);
}

#[test]
fn a_span_never_leaves_its_text() {
    let text = "a: &x |\n  é\nb: [*x, *x]\n";
    let mut sources = Sources::default();
    sources.add("other.yaml", "z: 1");
    let id = sources.add("t.yaml", text);
    fn check(node: &Node, id: SourceId, text: &str) {
        assert_eq!(node.span.source, id);
        assert!(text.get(node.span.range()).is_some(), "{:?}", node.span);
        node.items().iter().for_each(|item| check(item, id, text));
        node.entries().iter().for_each(|entry| check(&entry.value, id, text));
    }
    parse_documents(&sources, id).tree.iter().for_each(|document| check(&document.root, id, text));
}
