//! An image id of the API: a digest, a tag, or both, which must match.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{EcrError, Repository};
use crate::{
    Digest, StoreError, Tag,
    storage::{Reference, Store},
};

/// AWS's pattern for a digest.
const DIGEST_PATTERN: &str = "[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+";
/// AWS's pattern for a tag.
const TAG_PATTERN: &str = "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}";

/// An image, as a call names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageId {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_tag: Option<String>,
}

/// Why an image of a batch was not processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IdFailure {
    Missing,
    Digest,
    Tag,
    /// The tag belongs to another image.
    Mismatch,
    NotFound,
    /// These lists contain the image.
    Listed(Vec<Digest>),
}

/// Why an image was not found.
#[derive(Debug)]
pub(super) enum FindError {
    /// There is no such image.
    Id(IdFailure),
    /// The storage failed, or has no such repository.
    Store(StoreError),
}

impl ImageId {
    /// Names an image by digest and, if the call did, by tag.
    pub(super) fn of(digest: &Digest, tag: Option<String>) -> Self {
        Self { image_digest: Some(digest.to_string()), image_tag: tag }
    }

    /// Finds the image in a repository.
    pub(super) fn find(&self, store: &Store, repository: &Repository) -> Result<Digest, FindError> {
        let by_digest = self.image_digest.as_deref().map(parse_digest).transpose()?;
        let by_tag = match &self.image_tag {
            Some(tag) => {
                let tag: Tag = tag.parse().map_err(|_| FindError::Id(IdFailure::Tag))?;
                Some(store.resolve(&repository.at, &Reference::Tag(tag))?)
            }
            None => None,
        };
        let digest = match (by_digest, by_tag) {
            (Some(digest), Some(tagged)) if digest != tagged => return Err(FindError::Id(IdFailure::Mismatch)),
            (Some(digest), _) | (None, Some(digest)) => digest,
            (None, None) => return Err(FindError::Id(IdFailure::Missing)),
        };
        store.manifest_record(&repository.at, &digest)?;
        Ok(digest)
    }

    /// Finds the image of a call that is about only one, or that fails as a whole.
    pub(super) fn require(&self, store: &Store, repository: &Repository) -> Result<Digest, EcrError> {
        self.find(store, repository).map_err(|error| match error {
            FindError::Id(IdFailure::NotFound | IdFailure::Mismatch) => repository.image_not_found(self),
            FindError::Id(failure) => EcrError::InvalidParameter(failure.reason()),
            FindError::Store(error) => repository.error()(error),
        })
    }

    /// Formats the id as in AWS's messages.
    pub(super) fn shown(&self) -> String {
        let part = |part: &Option<String>| part.as_deref().unwrap_or("null").to_owned();
        format!("{{imageDigest:'{}', imageTag:'{}'}}", part(&self.image_digest), part(&self.image_tag))
    }
}

impl From<StoreError> for FindError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::ImageNotFound(_) => Self::Id(IdFailure::NotFound),
            other => Self::Store(other),
        }
    }
}

fn parse_digest(text: &str) -> Result<Digest, FindError> {
    let is_digest = text.split_once(':').is_some_and(|(algorithm, hex)| {
        !algorithm.is_empty()
            && algorithm.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+.".contains(&b))
            && !hex.is_empty()
            && hex.bytes().all(|b| b.is_ascii_hexdigit())
    });
    // One of another length or algorithm could be a digest, but belongs to no image.
    let failure = if is_digest { IdFailure::NotFound } else { IdFailure::Digest };
    text.parse().map_err(|_| FindError::Id(failure))
}

impl IdFailure {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingDigestAndTag",
            Self::Digest => "InvalidImageDigest",
            Self::Tag => "InvalidImageTag",
            Self::Mismatch => "ImageTagDoesNotMatchDigest",
            Self::NotFound => "ImageNotFound",
            Self::Listed(_) => "ImageReferencedByManifestList",
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Missing => "Invalid request parameters: both tag and digest cannot be null".to_owned(),
            Self::Digest => {
                format!("Invalid request parameters: image digest should satisfy the regex '{DIGEST_PATTERN}'")
            }
            Self::Tag => format!("Invalid request parameters: image tag should satisfy the regex '{TAG_PATTERN}'"),
            Self::Mismatch => "The tag does not match the digest of the requested image".to_owned(),
            Self::NotFound => "Requested image not found".to_owned(),
            Self::Listed(lists) => format!("Requested image referenced by manifest list: [{}]", Digest::join(lists)),
        }
    }

    /// Renders an entry of a batch's `failures`.
    pub(super) fn entry(&self, id: &ImageId) -> Value {
        json!({ "imageId": id, "failureCode": self.code(), "failureReason": self.reason() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_image_can_have_and_what_is_no_digest() {
        let failure = |text: &str| match parse_digest(text) {
            Err(FindError::Id(failure)) => Some(failure),
            _ => None,
        };
        assert_eq!(failure(&Digest::of(b"").to_string()), None);
        for absent in ["sha256:abcd", "sha384:00", "SHA256:AB", "a+b.c:0"] {
            assert_eq!(failure(absent), Some(IdFailure::NotFound), "{absent}");
        }
        for bad in ["", "sha256", "sha256:", ":ab", "sha256:invalid-digest", "sha 256:ab", "sha256:a:b"] {
            assert_eq!(failure(bad), Some(IdFailure::Digest), "{bad}");
        }
    }
}
