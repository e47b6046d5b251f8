//! boto3: with the exported endpoint, and with the AWS names over TLS.

use anyhow::{Result, ensure};

use super::{served::Served, tools};

const SCRIPT: &str = "
import boto3
account = boto3.client('sts').get_caller_identity()['Account']
ecr = boto3.client('ecr')
uri = ecr.create_repository(repositoryName='shop')['repository']['repositoryUri']
try:
    ecr.create_repository(repositoryName='shop')
except ecr.exceptions.RepositoryAlreadyExistsException as error:
    refused = type(error).__name__
ecr.delete_repository(repositoryName='shop')
print(account, uri, refused)
";

#[test]
fn by_endpoint_and_by_names() -> Result<()> {
    let served = Served::start(&[])?.with_programs(tools::python("aws", &["awscli", "boto3"])?);
    for env in [served.by_endpoint(), served.by_names()] {
        let said = served.run("python", &["-c", SCRIPT], &env)?;
        let expected =
            "123456789012 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop RepositoryAlreadyExistsException";
        ensure!(said.trim() == expected, "{said}");
    }
    Ok(())
}
