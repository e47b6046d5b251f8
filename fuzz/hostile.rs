//! One text for each kind of bad input that no reader may fall over; the tests of the crates include this file.

/// A name for people, the bytes, and whether a pipeline without errors is in them.
pub(crate) type Hostile = (&'static str, Vec<u8>, bool);

const VALID: &str = "pipeline:
  identifier: p
  name: p
  stages:
    - stage:
        identifier: s
        name: s
        type: CI
        spec:
          runtime: {type: Cloud, spec: {}}
          execution:
            steps:
              - step:
                  identifier: a
                  name: a
                  type: Run
                  spec:
                    command: COMMAND
";

fn with(command: &str) -> Vec<u8> {
    VALID.replace("COMMAND", command).into_bytes()
}

/// Marsaglia's xorshift64: the same bytes in every run.
fn random(length: usize, alphabet: &[u8]) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    (0..length).map(|_| alphabet[next() % alphabet.len()]).collect()
}

fn utf16(text: &[u8], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect()
}

/// Every kind of the bad input that a pipeline's file may hold.
pub(crate) fn all() -> Vec<Hostile> {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let valid = || with("make");
    let aliases = |count: u8| -> Vec<u8> {
        let line = |n: u8| {
            let (name, before) = (char::from(b'b' + n), char::from(b'a' + n));
            format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(","))
        };
        let bomb: String = (0..count).map(line).collect();
        format!("a: &a [x]\n{bomb}{VALID}").into_bytes()
    };
    let mb = |text: &str| text.repeat((1 << 20) / text.len());
    let step = "                  name: a\n";
    let text = |from: &str, to: &str| VALID.replace(from, to).into_bytes();
    vec![
        ("random bytes", random(1 << 16, &every_byte), false),
        ("random YAML", random(1 << 16, b" \n\t:-[]{}\"'&*!|>%@`#,?abc<+"), false),
        ("deep lists", "[".repeat(200_000).into_bytes(), false),
        ("deep maps", "{a: ".repeat(200_000).into_bytes(), false),
        (
            "deep blocks",
            (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>().into_bytes(),
            false,
        ),
        ("deep expressions", with(&format!("\"{}a{}\"", "<+".repeat(50_000), ">".repeat(50_000))), true),
        ("deep parentheses", with(&format!("\"<+{}1{}>\"", "(".repeat(50_000), ")".repeat(50_000))), true),
        ("open expressions", with(&format!("\"{}\"", "<+".repeat(50_000))), true),
        ("a bomb of aliases", aliases(12), false),
        ("CRLF", text("\n", "\r\n"), true),
        ("CR", text("\n", "\r"), true),
        ("UTF-8 with a mark", [b"\xef\xbb\xbf".to_vec(), valid()].concat(), true),
        ("UTF-16, little end first", utf16(&valid(), u16::to_le_bytes), false),
        ("UTF-16, big end first", utf16(&valid(), u16::to_be_bytes), false),
        ("UTF-16 without a mark", utf16(&valid(), u16::to_le_bytes)[2..].to_vec(), false),
        ("tabs", text("  ", "\t"), false),
        ("a key twice", text(step, &format!("{step}                  name: b\n")), false),
        ("a text of 1 MB", with(&mb("x")), true),
        ("a key of 1 MB", format!("{}: 1\n{VALID}", mb("k")).into_bytes(), false),
        ("an identifier of 1 MB", text("identifier: a", &format!("identifier: {}", mb("a"))), true),
        ("1 MB of expressions", with(&mb("<+pipeline.name> ")), true),
        ("1 MB of empty lines", [valid(), mb("#\n").into_bytes()].concat(), true),
        ("not UTF-8", [b"# caf\xe9\n".to_vec(), valid()].concat(), false),
        ("a NUL", text("name: p", "name: p\0"), false),
        ("20000 documents", "---\na: 1\n".repeat(20_000).into_bytes(), false),
        ("nothing", Vec::new(), false),
        ("spaces", b"   \n\n".to_vec(), false),
        ("a comment", b"# x\n".to_vec(), false),
    ]
}
