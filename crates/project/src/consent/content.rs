//! The content that consent applies to: every byte of the documents that the plan was made from.

use cirun_diagnostics::{SourceId, Sources};
use sha2::{Digest, Sha256};

/// The digest of the pipeline's file and of all other documents. The order of the others does not matter.
pub(super) fn digest(sources: &Sources) -> String {
    let mut texts = (0..sources.len() as u32).map(|id| sources.get(SourceId(id)).text.as_bytes());
    let mut hasher = Sha256::new();
    let mut add = |text: &[u8]| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    };
    add(texts.next().unwrap_or_default());
    let mut others: Vec<&[u8]> = texts.collect();
    others.sort_unstable();
    others.dedup();
    others.into_iter().for_each(add);
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> String {
        let mut sources = Sources::default();
        for text in texts {
            sources.add("a.yaml", text);
        }
        digest(&sources)
    }

    #[test]
    fn the_order_of_documents_after_the_pipeline_does_not_matter() {
        assert_eq!(of(&["p", "a", "b"]), of(&["p", "b", "a", "b"]));
        for other in [&["a", "p", "b"][..], &["p", "ab"], &["p", "a"], &["p", "a", "b", ""], &["pa", "b"]] {
            assert_ne!(of(&["p", "a", "b"]), of(other), "{other:?}");
        }
        assert_eq!(of(&[]), of(&[""]));
    }
}
