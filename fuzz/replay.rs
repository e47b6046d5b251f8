//! Replays the seeds of a fuzz target with a bounded number of mutations, for machines without libFuzzer. The tests of the
//! crates include this file.

/// Marsaglia's xorshift64: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// Cuts, doubles or overwrites a part of `bytes`.
    fn mutate_bytes(&mut self, bytes: &mut Vec<u8>) {
        let from = self.below(bytes.len());
        let to = (from + 1 + self.below(24)).min(bytes.len());
        match self.below(3) {
            0 => drop(bytes.drain(from..to)),
            1 => {
                let at = self.below(bytes.len());
                let part = bytes[from..to].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let byte = self.below(256) as u8;
                if let Some(place) = bytes.get_mut(from) {
                    *place = byte;
                }
            }
        }
    }

    /// Drops, doubles or shortens a line, or gives it the value of another: what stays is mostly YAML.
    fn mutate_lines(&mut self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let (from, to) = (self.below(lines.len()), self.below(lines.len()));
        let value = |line: &[u8]| line.windows(2).position(|pair| pair == b": ").map(|at| at + 2);
        match self.below(4) {
            0 => drop(lines.remove(from)),
            1 => lines.insert(to, lines[from].clone()),
            2 => {
                if let (Some(old), Some(new)) = (value(&lines[from]), value(&lines[to])) {
                    let new = lines[to][new..].to_vec();
                    lines[from].truncate(old);
                    lines[from].extend(new);
                }
            }
            _ => {
                let end = self.below(40);
                lines[from].truncate(end);
            }
        }
        *bytes = lines.join(&b'\n');
    }
}

/// The seeds of a target, in order.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let directory = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).expect("the seeds").map(|entry| entry.expect("a seed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a seed")).collect()
}

/// Checks every seed of a target, and `rounds` mutations of each: half by bytes, half by lines.
pub(crate) fn replay(target: &str, rounds: usize, check: impl Fn(&[u8])) {
    let seeds = seeds(target);
    assert!(seeds.len() > 1, "the corpus is not there");
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for seed in seeds {
        check(&seed);
        for round in 0..rounds {
            let mut bytes = seed.clone();
            for _ in 0..=random.below(8) {
                if round % 2 == 0 { random.mutate_bytes(&mut bytes) } else { random.mutate_lines(&mut bytes) }
            }
            check(&bytes);
        }
    }
}
