//! boto3 with a strict emulator: right signatures pass, wrong ones fail, and the ECR API has its types.

use std::fs;

use anyhow::{Result, ensure};
use cirun_aws_emulator::{Identity, Role, Strictness};
use insta::assert_snapshot;

use super::{
    tools,
    world::{ACCOUNT, World},
};

const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIACIRUNTESTSTRICT1"),
    ("AWS_SECRET_ACCESS_KEY", "right/secret+key"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
];

async fn strict_world() -> Result<World> {
    let world = World::start_with(|config| {
        config.strictness = Strictness::Strict;
        config.seeds.identities.push(Identity {
            access_key_id: KEYS[0].1.to_owned(),
            secret_access_key: KEYS[1].1.to_owned(),
            account: ACCOUNT.to_owned(),
            user: "ci".to_owned(),
        });
        config.seeds.roles.push(Role {
            arn: format!("arn:aws:iam::{ACCOUNT}:role/deploy"),
            external_id: Some("shop-7".to_owned()),
            trusted: vec![format!("arn:aws:iam::{ACCOUNT}:user/ci")],
            oidc: None,
            max_session: std::time::Duration::from_secs(3600),
        });
    });
    Ok(world.await?.with_programs(tools::python("aws", &["awscli", "boto3"])?))
}

/// Runs a script; returns its output.
fn python(world: &World, script: &str, env: &[(&str, &str)]) -> Result<String> {
    let prelude = "import boto3, botocore.exceptions, hashlib, json\n\
                   def code(call):\n    \
                       try: call()\n    \
                       except botocore.exceptions.ClientError as e: return e.response['Error']['Code']\n    \
                       return 'no error'\n\
                   sts, ecr = boto3.client('sts'), boto3.client('ecr')\n";
    let file = world.dir().join("script.py");
    fs::write(&file, format!("{prelude}{script}"))?;
    world.run("python", &[&file.to_string_lossy()], env)
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_of_users_and_of_roles_are_checked() -> Result<()> {
    let world = strict_world().await?;
    let script = r"
print(sts.get_caller_identity()['Arn'])
role = dict(RoleArn='arn:aws:iam::123456789012:role/deploy', RoleSessionName='build')
print(code(lambda: sts.assume_role(**role)))
keys = sts.assume_role(ExternalId='shop-7', **role)['Credentials']
session = dict(aws_access_key_id=keys['AccessKeyId'], aws_session_token=keys['SessionToken'])
good = boto3.client('ecr', aws_secret_access_key=keys['SecretAccessKey'], **session)
print(good.get_authorization_token()['authorizationData'][0]['proxyEndpoint'])
bad = boto3.client('ecr', aws_secret_access_key='wrong', **session)
print(code(bad.get_authorization_token))
unknown = boto3.client('sts', aws_access_key_id='AKIANOBODY0000000000', aws_secret_access_key='x')
print(code(unknown.get_caller_identity))
wrong = boto3.client('sts', aws_secret_access_key='wrong', aws_access_key_id='AKIACIRUNTESTSTRICT1')
print(code(wrong.get_caller_identity))
";
    assert_snapshot!(python(&world, script, &KEYS)?, @r"
    arn:aws:iam::123456789012:user/ci
    AccessDenied
    https://123456789012.dkr.ecr.eu-west-1.amazonaws.com
    InvalidSignatureException
    InvalidClientTokenId
    SignatureDoesNotMatch
    ");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ecr_api_has_its_types() -> Result<()> {
    let world = strict_world().await?;
    let script = r#"
made = ecr.create_repository(repositoryName='a/b', imageTagMutability='IMMUTABLE', tags=[dict(Key='k', Value='v')])['repository']
print(made['repositoryUri'], made['imageTagMutability'], made['createdAt'].year > 2000)
print(code(lambda: ecr.create_repository(repositoryName='a/b')))
for name in ['cc', 'dd', 'ee']: ecr.create_repository(repositoryName=name)
pages = ecr.get_paginator('describe_repositories').paginate(PaginationConfig=dict(PageSize=2))
print([[r['repositoryName'] for r in page['repositories']] for page in pages])
policy = json.dumps(dict(rules=[dict(rulePriority=1, selection=dict(tagStatus='untagged', countType='imageCountMoreThan', countNumber=9), action=dict(type='expire'))]))
ecr.put_lifecycle_policy(repositoryName='cc', lifecyclePolicyText=policy)
access = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:PutImage"}]}'
ecr.set_repository_policy(repositoryName='cc', policyText=access)
kept = ecr.get_lifecycle_policy(repositoryName='cc')
print(kept['lifecyclePolicyText'] == policy, kept['lastEvaluatedAt'].year > 2000, ecr.get_repository_policy(repositoryName='cc')['policyText'] == access)
print(ecr.put_image_scanning_configuration(repositoryName='cc', imageScanningConfiguration=dict(scanOnPush=True))['imageScanningConfiguration'])
index = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
print(ecr.put_image(repositoryName='cc', imageManifest=index, imageTag='1')['image']['imageId']['imageTag'])
detail = ecr.describe_images(repositoryName='cc', imageIds=[dict(imageTag='1')])['imageDetails'][0]
print(detail['imageTags'], detail['imageDigest'][:14], detail['imagePushedAt'].year > 2000)
print(code(lambda: ecr.describe_images(repositoryName='cc', imageIds=[dict(imageTag='2')])))
print(ecr.batch_get_image(repositoryName='cc', imageIds=[dict(imageTag='1'), dict(imageTag='2')])['failures'][0]['failureCode'])
print(ecr.batch_check_layer_availability(repositoryName='cc', layerDigests=['sha256:' + '0' * 64])['layers'][0]['layerAvailability'])
print(ecr.list_tags_for_resource(resourceArn=made['repositoryArn'])['tags'])
print(code(lambda: ecr.delete_repository(repositoryName='cc')))
print(ecr.delete_repository(repositoryName='cc', force=True)['repository']['repositoryName'])
print(code(lambda: ecr.describe_images(repositoryName='cc')))
print(code(lambda: ecr.start_image_scan(repositoryName='dd', imageId=dict(imageTag='1'))))
layer = b'a layer by the control plane'
digest = 'sha256:' + hashlib.sha256(layer).hexdigest()
upload = ecr.initiate_layer_upload(repositoryName='dd')['uploadId']
part = ecr.upload_layer_part(repositoryName='dd', uploadId=upload, partFirstByte=0, partLastByte=len(layer) - 1, layerPartBlob=layer)
print(part['lastByteReceived'], ecr.complete_layer_upload(repositoryName='dd', uploadId=upload, layerDigests=[digest])['layerDigest'] == digest)
print(ecr.get_download_url_for_layer(repositoryName='dd', layerDigest=digest)['downloadUrl'].split('?')[0])
print(code(lambda: ecr.describe_repository_creation_templates()))
"#;
    assert_snapshot!(python(&world, script, &KEYS)?, @r#"
    123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b IMMUTABLE True
    RepositoryAlreadyExistsException
    [['a/b', 'cc'], ['dd', 'ee']]
    True True True
    {'scanOnPush': True}
    1
    ['1'] sha256:dff9de1 True
    ImageNotFoundException
    ImageNotFound
    UNAVAILABLE
    [{'Key': 'k', 'Value': 'v'}]
    RepositoryNotEmptyException
    cc
    RepositoryNotFoundException
    ImageNotFoundException
    27 True
    https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/dd/blobs/sha256:9959924e61c891578ae0fd371b529678ad506e5d3382418d435be97d7dd1f7aa
    UnknownOperationException
    "#);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_option_leads_to_the_plain_address() -> Result<()> {
    let world = strict_world().await?;
    let endpoint = format!("http://{}", world.http());
    let env = [&KEYS[..], &[("AWS_ENDPOINT_URL", endpoint.as_str())]].concat();
    let answer = python(
        &world,
        "print(sts.get_caller_identity()['Account'], ecr.describe_repositories()['repositories'])",
        &env,
    )?;
    ensure!(answer.trim() == "123456789012 []", "{answer}");
    Ok(())
}
