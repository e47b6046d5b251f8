//! The seeds of `fuzz/corpus/planner` and a bounded number of mutations of them, for machines without libFuzzer.

#![expect(clippy::disallowed_methods, reason = "a test reads the seeds; the crate itself takes text")]

use cirun_parser::{
    Document, DocumentKind, Sources, TemplateQuery, apply_defaults, apply_input_sets, lower_pipeline, parse_documents,
    pick_template, resolve_templates,
};
use cirun_planner::Inputs;

/// The same as the fuzz target does.
fn check(text: &str) {
    let mut sources = Sources::default();
    let id = sources.add("replay", text);
    let mut parsed = parse_documents(&sources, id).tree;
    let main = parsed.iter_mut().find(|document| document.kind == DocumentKind::Pipeline);
    let Some(body) = main.and_then(Document::take_body) else { return };
    let bodies = |kind| parsed.iter().filter(move |document| document.kind == kind).filter_map(Document::body);
    let lookup = |query: &TemplateQuery<'_>| pick_template(query, bodies(DocumentKind::Template));
    let body = resolve_templates(body, &lookup).tree;
    let mut body = apply_input_sets(body, &bodies(DocumentKind::InputSet).collect::<Vec<_>>()).tree;
    apply_defaults(&mut body);
    let Some(pipeline) = lower_pipeline(&body).tree else { return };
    let planned = cirun_planner::plan(&pipeline, &Inputs::new(&sources));
    for label in planned.diagnostics.iter().chain(&planned.parity).flat_map(|diagnostic| &diagnostic.labels) {
        assert!(sources.get(label.span.source).text.get(label.span.range()).is_some(), "{label:?} of {text:?}");
    }
    cirun_plan::to_json(&planned.plan);
}

const ROUNDS: usize = 60;

/// Marsaglia's xorshift64: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// Drops or doubles lines, or swaps words between lines: what stays is mostly YAML.
    fn mutate(&mut self, lines: &mut Vec<String>) {
        let (from, to) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(4) {
            0 if lines.len() > 1 => drop(lines.remove(from)),
            1 => {
                let line = lines[from].clone();
                lines.insert(to, line);
            }
            2 => {
                let word = |line: &str| line.split_once(": ").map(|(_, word)| word.to_owned());
                if let (Some(old), Some(new)) = (word(&lines[from]), word(&lines[to])) {
                    lines[from] = lines[from].replace(&old, &new);
                }
            }
            _ => {
                let line = &mut lines[from];
                let end = line.char_indices().nth(self.below(40)).map_or(line.len(), |(at, _)| at);
                line.truncate(end);
            }
        }
    }
}

#[test]
fn replay() {
    let directory = format!("{}/../../fuzz/corpus/planner", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).expect("the seeds").map(|entry| entry.expect("a seed").path()).collect();
    paths.sort();
    assert!(paths.len() > 1, "the corpus is not there");
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for path in paths {
        let seed = std::fs::read_to_string(&path).expect("a seed");
        check(&seed);
        for _ in 0..ROUNDS {
            let mut lines: Vec<String> = seed.lines().map(str::to_owned).collect();
            for _ in 0..=random.below(6) {
                random.mutate(&mut lines);
            }
            check(&lines.join("\n"));
        }
    }
}
