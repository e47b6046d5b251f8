//! The encryption of a repository: recorded as requested, because nothing here is encrypted.

use cirun_image_ref::partition_name;
use ring::digest;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EcrError, choice::Choice};
use crate::EcrRegistry;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Aes256,
    Kms,
    KmsDsse,
}

impl Choice for Kind {
    const VALUES: &'static [(&'static str, Self)] =
        &[("AES256", Self::Aes256), ("KMS", Self::Kms), ("KMS_DSSE", Self::KmsDsse)];
}

/// The parameter of CreateRepository.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Encryption {
    encryption_type: String,
    kms_key: Option<String>,
}

impl Encryption {
    /// Checks it and sets the key: by default the account's key for ECR.
    pub(super) fn render(self, registry: &EcrRegistry) -> Result<Value, EcrError> {
        let kind = Kind::read("encryptionConfiguration.encryptionType", &self.encryption_type)?;
        match (kind, self.kms_key) {
            (Kind::Aes256, None) => Ok(json!({ "encryptionType": self.encryption_type })),
            (Kind::Aes256, Some(_)) => {
                Err(EcrError::constraint("encryptionConfiguration", "kmsKey can only be set with a type of KMS"))
            }
            (Kind::Kms | Kind::KmsDsse, key) => {
                let key = key.unwrap_or_else(|| managed_key(registry));
                Ok(json!({ "encryptionType": self.encryption_type, "kmsKey": key }))
            }
        }
    }
}

/// Returns the ARN of the key that AWS manages for ECR (`aws/ecr`): always the same in an account and region.
fn managed_key(EcrRegistry { account, region }: &EcrRegistry) -> String {
    let hash = hex::encode(digest::digest(&digest::SHA256, format!("aws/ecr {account} {region}").as_bytes()));
    let id = format!("{}-{}-4{}-a{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32]);
    format!("arn:{}:kms:{region}:{account}:key/{id}", partition_name(region))
}
