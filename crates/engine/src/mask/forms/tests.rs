use super::*;

/// A secret with every character that some program escapes.
const SECRET: &str = "aé/<b>&\"c'\\ $+~`(d)!é";

/// Its forms: each was printed by the named program.
const PRINTED: [(&str, &str); 24] = [
    ("Python urllib.parse.quote", "a%C3%A9/%3Cb%3E%26%22c%27%5C%20%24%2B~%60%28d%29%21%C3%A9"),
    ("Python urllib.parse.quote_plus", "a%C3%A9%2F%3Cb%3E%26%22c%27%5C+%24%2B~%60%28d%29%21%C3%A9"),
    ("JavaScript encodeURIComponent", "a%C3%A9%2F%3Cb%3E%26%22c'%5C%20%24%2B~%60(d)!%C3%A9"),
    ("curl --data-urlencode, in lower case", "a%c3%a9%2f%3cb%3e%26%22c%27%5c%20%24%2b~%60%28d%29%21%c3%a9"),
    ("Python json.dumps", r#"a\u00e9/<b>&\"c'\\ $+~`(d)!\u00e9"#),
    ("JavaScript JSON.stringify", r#"aé/<b>&\"c'\\ $+~`(d)!é"#),
    ("Go json.Marshal", r#"aé/\u003cb\u003e\u0026\"c'\\ $+~`(d)!é"#),
    ("PHP json_encode", r#"a\u00e9\/<b>&\"c'\\ $+~`(d)!\u00e9"#),
    (".NET JsonSerializer", r"a\u00E9/\u003Cb\u003E\u0026\u0022c\u0027\\ $\u002B~\u0060(d)!\u00E9"),
    ("JSON in JSON", r#"aé/<b>&\\\"c'\\\\ $+~`(d)!é"#),
    ("Python html.escape", "aé/&lt;b&gt;&amp;&quot;c&#x27;\\ $+~`(d)!é"),
    ("Go html.EscapeString", "aé/&lt;b&gt;&amp;&#34;c&#39;\\ $+~`(d)!é"),
    ("quick-xml, and xmllint --encode", "a&#xE9;/&lt;b&gt;&amp;&quot;c&apos;\\ $+~`(d)!&#xE9;"),
    ("xmllint, a text", "aé/&lt;b&gt;&amp;\"c'\\ $+~`(d)!é"),
    ("Python shlex.quote", "aé/<b>&\"c'\"'\"'\\ $+~`(d)!é"),
    ("bash ${secret@Q}", "aé/<b>&\"c'\\''\\ $+~`(d)!é"),
    ("bash printf %q", r#"aé/\<b\>\&\"c\'\\\ \$+~\`\(d\)\!é"#),
    ("bash printf %q, in LANG=C", r#"a\303\251/<b>&"c\'\\ $+~`(d)!\303\251"#),
    ("Perl quotemeta", r#"aé\/\<b\>\&\"c\'\\\ \$\+\~\`\(d\)\!é"#),
    ("Python repr of bytes", r#"a\xc3\xa9/<b>&"c\'\\ $+~`(d)!\xc3\xa9"#),
    ("double quotes of a shell", "aé/<b>&\\\"c'\\\\ \\$+~\\`(d)!é"),
    ("xxd -p", "61c3a92f3c623e262263275c20242b7e60286429 21c3a9"),
    ("openssl, colons", "61:C3:A9:2F:3C:62:3E:26:22:63:27:5C:20:24:2B:7E:60:28:64:29:21:C3:A9"),
    ("od -An -tx1", "61 c3 a9 2f 3c 62 3e 26 22 63 27 5c 20 24 2b 7e 60 28 64 29 21 c3 a9"),
];

#[test]
fn what_programs_print() {
    let forms = forms(SECRET);
    for (program, printed) in PRINTED {
        let printed = if program == "xxd -p" { printed.replace(' ', "") } else { printed.to_owned() };
        assert!(forms.contains(&printed), "{program}: {printed}");
    }
}

#[test]
fn the_letters_of_a_short_secret_are_in_many_words() {
    assert!(
        forms("abc").iter().all(|form| form.len() == 3 || form.starts_with(['%', '\\', '&'])),
        "{:?}",
        forms("abc")
    );
    assert_eq!(forms("x"), BTreeSet::new());
}

#[test]
fn what_is_not_seen_of_a_secret() {
    assert!(forms("se\u{200b}cret").contains("secret"));
    assert!(!forms("\u{200b}se").contains("se"));
}
