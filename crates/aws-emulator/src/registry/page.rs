//! Lists in pages: `n` and `last`, and the `Link` to the rest.

use http::Response;

use super::RegistryError;
use crate::http::{ResponseBody, form_pairs, percent_encode, set};

/// The requested part of a sorted list.
pub(super) struct Page {
    limit: usize,
    last: Option<String>,
}

impl Page {
    /// Parses the query of a request.
    pub(super) fn read(query: &str) -> Result<Self, RegistryError> {
        let mut page = Self { limit: usize::MAX, last: None };
        for (name, value) in form_pairs(query) {
            match name.as_str() {
                "n" => page.limit = value.parse().map_err(|_| RegistryError::Range(value))?,
                "last" => page.last = Some(value),
                _ => {}
            }
        }
        Ok(page)
    }

    /// Returns the page, and its last name if there are more.
    pub(super) fn cut<'n>(&self, names: impl Iterator<Item = &'n str>) -> (Vec<&'n str>, Option<&'n str>) {
        let mut rest = names.filter(|name| self.last.as_deref().is_none_or(|last| *name > last));
        let page: Vec<&str> = rest.by_ref().take(self.limit).collect();
        let last = rest.next().and_then(|_| page.last().copied());
        (page, last)
    }
}

/// Returns the address of the rest of a list.
pub(super) fn link(response: &mut Response<ResponseBody>, path: &str, page: &Page, last: Option<&str>) {
    if let Some(last) = last {
        let next = format!("<{path}?n={}&last={}>; rel=\"next\"", page.limit, percent_encode(last));
        set(response, "link", &next);
    }
}
