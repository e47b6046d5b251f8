//! ECR calls: repositories exist upstream and here, images only here.

use bytes::Bytes;
use http::{Request, header};
use serde_json::json;

use super::client::{UpstreamClient, UpstreamError};
use crate::{aws_host::ECR_TARGET, storage::RepositoryRef};

/// Where an action is answered if calls are forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Here only, because images and layers are only here.
    Here,
    /// By the upstream; what it accepts is repeated here.
    Both,
}

/// Returns where an action is answered.
pub(crate) fn part(action: &str) -> Part {
    match action {
        "BatchCheckLayerAvailability"
        | "BatchDeleteImage"
        | "BatchGetImage"
        | "CompleteLayerUpload"
        | "DescribeImageScanFindings"
        | "DescribeImages"
        | "GetDownloadUrlForLayer"
        | "GetLifecyclePolicyPreview"
        | "InitiateLayerUpload"
        | "ListImageReferrers"
        | "ListImages"
        | "PutImage"
        | "StartImageScan"
        | "StartLifecyclePolicyPreview"
        | "UploadLayerPart" => Part::Here,
        _ => Part::Both,
    }
}

/// Looks up a missing repository in the upstream: it may have been created there directly.
pub(crate) async fn knows_repository(
    upstream: &UpstreamClient,
    repository: &RepositoryRef,
) -> Result<bool, UpstreamError> {
    let Some(ecr) = repository.registry.ecr() else { return Ok(false) };
    // Emulators read account and region from the scope, and check nothing else.
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/{}/ecr/aws4_request, SignedHeaders=host, Signature=00",
        ecr.region
    );
    let authority = format!("api.ecr.{}.amazonaws.com", ecr.region);
    let request = Request::post("/")
        .header(header::AUTHORIZATION, authorization)
        .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-date", "20260101T000000Z")
        .header("x-amz-target", format!("{ECR_TARGET}DescribeRepositories"))
        .body(())
        .map_err(|e| UpstreamError::Local(e.to_string()))?;
    let body = json!({ "repositoryNames": [repository.name.as_str()] }).to_string();
    let answer = upstream.send(&request.into_parts().0, &authority, Bytes::from(body)).await?;
    Ok(answer.status.is_success())
}
