//! A pipeline from its text to the JSON of its plan.

mod pipeline;

use cirun_diagnostics::Sources;
use cirun_parser::{Document, lower_pipeline, parse_documents};
use cirun_plan::to_json;
use cirun_planner::{Inputs, plan};
use divan::{Bencher, counter::BytesCount};
use pipeline::pipeline;

const SIZES: [usize; 2] = [200, 10_000];

fn main() {
    divan::main();
}

/// A pipeline's text to the tree of its documents.
#[divan::bench(args = SIZES, sample_size = 1)]
fn parse(bencher: Bencher<'_, '_>, steps: usize) {
    let text = pipeline(steps);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let mut sources = Sources::default();
        let id = sources.add("bench", &text);
        parse_documents(&sources, id)
    });
}

/// The tree to the model, and that to a plan.
#[divan::bench(args = SIZES, sample_size = 1)]
fn lower_and_plan(bencher: Bencher<'_, '_>, steps: usize) {
    let (sources, document) = read(steps);
    let body = document.body().expect("a pipeline has a body");
    bencher.bench(|| {
        let pipeline = lower_pipeline(body).tree.expect("the pipeline is valid");
        plan(&pipeline, &Inputs::new(&sources))
    });
}

/// A plan to its JSON.
#[divan::bench(args = SIZES, sample_size = 1)]
fn write_plan(bencher: Bencher<'_, '_>, steps: usize) {
    let (sources, document) = read(steps);
    let body = document.body().expect("a pipeline has a body");
    let pipeline = lower_pipeline(body).tree.expect("the pipeline is valid");
    let planned = plan(&pipeline, &Inputs::new(&sources));
    bencher.bench(|| to_json(&planned.plan));
}

fn read(steps: usize) -> (Sources, Document) {
    let mut sources = Sources::default();
    let id = sources.add("bench", &pipeline(steps));
    let document = parse_documents(&sources, id).tree.pop().expect("the text has a document");
    (sources, document)
}
