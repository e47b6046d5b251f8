//! Lists in pages: `maxResults` and `nextToken`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::EcrError;

/// ECR's default and maximum page size.
const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// Cuts a sorted list: the items after the token's key, and the token for the rest.
///
/// The token is the last key of the previous page, so a list may change between two pages.
pub(super) fn page<T>(
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    max_results: Option<usize>,
    next_token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), EcrError> {
    let limit = max_results.unwrap_or(DEFAULT_PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(EcrError::constraint("maxResults", &format!("must be between 1 and {LARGEST_PAGE}")));
    }
    let after = next_token.map(decode).transpose()?;
    let mut rest = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > *after));
    let page: Vec<T> = rest.by_ref().take(limit).collect();
    let token = rest.next().and_then(|_| page.last()).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
    Ok((page, token))
}

/// Adds the token for the rest of a list to a response.
pub(super) fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        answer["nextToken"] = Value::String(next);
    }
    answer
}

fn decode(token: &str) -> Result<String, EcrError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| EcrError::constraint("nextToken", "Invalid token"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_join_to_the_whole(items in prop::collection::btree_set("[a-z]{1,3}", 0..40), size in 1_usize..12) {
            let items: Vec<String> = items.into_iter().collect();
            let (mut joined, mut token) = (Vec::new(), None);
            loop {
                let (part, next) = page(items.clone(), String::clone, Some(size), token.as_deref()).unwrap();
                prop_assert!(part.len() <= size);
                joined.extend(part);
                match next {
                    Some(next) => token = Some(next),
                    None => break,
                }
            }
            prop_assert_eq!(joined, items);
        }
    }
}
