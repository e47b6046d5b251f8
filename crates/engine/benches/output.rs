//! What the lines of a step cost: splitting, and the search for secrets.

use std::hint::black_box;

use cirun_engine::{Masker, testing::masked_lines};
use cirun_plan::Secret;
use divan::{Bencher, counter::BytesCount};

const CHUNK: usize = 32 * 1024;

fn main() {
    divan::main();
}

/// As many secrets as a large pipeline has, each as long as a token.
fn masker(secrets: usize) -> Masker {
    let secrets: Vec<_> = (0..secrets).map(|number| Secret::new(secret(number))).collect();
    Masker::new(&secrets)
}

fn secret(number: usize) -> String {
    let digits = |at: usize| char::from(b"abcdefghkmnpqrstuvwxyzABCDEFGHKMNPQRSTUVWXYZ23456789"[at % 52]);
    (0..40).map(|at| digits((number + 3) * (at + 7) * 31 + at * number)).collect()
}

fn bench(bencher: Bencher<'_, '_>, secrets: usize, line: impl Fn(usize) -> String) {
    let text: String = (0..10_000).map(line).collect();
    let masker = masker(secrets);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| masked_lines(black_box(text.as_bytes()).chunks(CHUNK), black_box(&masker)));
}

const SECRETS: [usize; 2] = [0, 50];

#[divan::bench(args = SECRETS)]
fn lines_of_a_build(bencher: Bencher<'_, '_>, secrets: usize) {
    bench(bencher, secrets, |number| {
        format!(
            "[INFO] Downloading https://repo.example/maven2/org/library-{number}/{number}.jar (1.2 MB at 3.4 MB/s)\n"
        )
    });
}

#[divan::bench(args = SECRETS)]
fn short_lines(bencher: Bencher<'_, '_>, secrets: usize) {
    bench(bencher, secrets, |number| format!("{number}\n"));
}

#[divan::bench(args = SECRETS)]
fn coloured_lines(bencher: Bencher<'_, '_>, secrets: usize) {
    bench(bencher, secrets, |number| {
        format!("\u{1b}[32m✓\u{1b}[0m test_of_a_module::case_{number} \u{1b}[2m(3 ms)\u{1b}[0m\r\n")
    });
}

#[divan::bench]
fn lines_with_a_secret(bencher: Bencher<'_, '_>) {
    bench(bencher, 50, |number| format!("export TOKEN={} # of the service\n", secret(number % 50)));
}

#[divan::bench(args = [50])]
fn new_masker(bencher: Bencher<'_, '_>, secrets: usize) {
    bencher.bench(|| masker(black_box(secrets)));
}
