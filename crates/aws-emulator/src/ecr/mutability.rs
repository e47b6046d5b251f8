//! Tag mutability, and the filters for excepted tags.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{EcrError, choice::Choice};
use crate::storage::{RepositorySettings, TagMutability};

/// The maximum number of filters in a repository, and of `*` in each.
const MOST_FILTERS: usize = 5;
const MOST_STARS: usize = 2;
/// The maximum length of a filter.
const LONGEST_FILTER: usize = 128;

impl Choice for TagMutability {
    const VALUES: &'static [(&'static str, Self)] = &[
        ("IMMUTABLE", Self::Immutable),
        ("MUTABLE", Self::Mutable),
        ("MUTABLE_WITH_EXCLUSION", Self::MutableWithExclusion),
        ("IMMUTABLE_WITH_EXCLUSION", Self::ImmutableWithExclusion),
    ];
}

#[derive(Clone, Copy)]
enum FilterType {
    Wildcard,
}

impl Choice for FilterType {
    const VALUES: &'static [(&'static str, Self)] = &[("WILDCARD", Self::Wildcard)];
}

/// The parameters of a call that sets a repository's mutability.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    image_tag_mutability: Option<String>,
    image_tag_mutability_exclusion_filters: Option<Vec<Filter>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    filter: String,
    filter_type: String,
}

/// A valid mutability of a repository.
pub(super) struct Mutability {
    kind: TagMutability,
    exclusions: Vec<String>,
}

impl Mutability {
    /// Parses and checks the parameters; `None` if they are missing.
    pub(super) fn read(input: Input) -> Result<Option<Self>, EcrError> {
        let kind = TagMutability::read_optional("imageTagMutability", input.image_tag_mutability.as_deref())?;
        let filters = input.image_tag_mutability_exclusion_filters;
        let refused = |rule: &str| Err(EcrError::constraint("imageTagMutabilityExclusionFilters", rule));
        let name = input.image_tag_mutability.as_deref().unwrap_or("MUTABLE");
        let with_exclusion =
            matches!(kind, Some(TagMutability::MutableWithExclusion | TagMutability::ImmutableWithExclusion));
        let filters = match (filters, with_exclusion) {
            (None, false) => return Ok(kind.map(|kind| Self { kind, exclusions: Vec::new() })),
            (Some(_), false) => {
                let rule =
                    format!("ImageTagMutabilityExclusionFilters must be null when imageTagMutability is set as {name}");
                return refused(&rule);
            }
            (None, true) => {
                let rule = format!(
                    "ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as {name}"
                );
                return refused(&rule);
            }
            (Some(filters), true) => filters,
        };
        if !(1..=MOST_FILTERS).contains(&filters.len()) {
            return refused(&format!("Member must have length between 1 and {MOST_FILTERS}"));
        }
        for Filter { filter, filter_type } in &filters {
            let FilterType::Wildcard = FilterType::read("imageTagMutabilityExclusionFilters.filterType", filter_type)?;
            let is_pattern = (1..=LONGEST_FILTER).contains(&filter.len())
                && filter.bytes().all(|b| b.is_ascii_alphanumeric() || b"._*-".contains(&b));
            if !is_pattern || filter.matches('*').count() > MOST_STARS {
                return refused(&format!(
                    "'{filter}' must satisfy regular expression '^[0-9a-zA-Z._*-]{{1,128}}$' with at most {MOST_STARS} \
                     wildcards"
                ));
            }
        }
        let exclusions = filters.into_iter().map(|filter| filter.filter).collect();
        Ok(Some(Self { kind: kind.unwrap_or_default(), exclusions }))
    }

    /// Sets it in a repository.
    pub(super) fn set(self, settings: &mut RepositorySettings) {
        settings.tag_mutability = self.kind;
        settings.mutability_exclusions = self.exclusions;
    }
}

/// Adds a repository's mutability to a response.
pub(super) fn render(answer: &mut Value, settings: &RepositorySettings) {
    answer["imageTagMutability"] = json!(settings.tag_mutability);
    if !settings.mutability_exclusions.is_empty() {
        let filter = |filter: &String| json!({ "filter": filter, "filterType": "WILDCARD" });
        answer["imageTagMutabilityExclusionFilters"] = settings.mutability_exclusions.iter().map(filter).collect();
    }
}
