//! The push guard: no image reaches a real registry unless the person says so, by account.

use cirun_planner::RegistryTarget;

use crate::{
    args::{AwsMode, PushMode},
    error::CliError,
    settings::Settings,
};

/// Refuses a combination of settings that would push where it was not allowed, before anything is built.
pub(super) fn check(settings: &Settings, targets: &[RegistryTarget]) -> Result<(), CliError> {
    let Some(target) = targets.first() else { return Ok(()) };
    match (settings.push.value, settings.aws.value) {
        (PushMode::None, _) => Ok(()),
        (PushMode::Local, AwsMode::Emulated) => stays_here(targets),
        (PushMode::Real, AwsMode::Real) => allowed(settings, targets),
        (PushMode::Real, AwsMode::Emulated | AwsMode::Off) => {
            Err(CliError::usage("`--push real` needs `--aws real`").help("or leave it out: images then stay here"))
        }
        (PushMode::Local, AwsMode::Real) => Err(CliError::usage(format!(
            "step `{}` pushes, and with `--aws real` its registry is the real one",
            target.step
        ))
        .help(
            "`--push none` only builds; `--push real --allow-account ID` pushes; `--aws emulated` keeps images here",
        )),
        (PushMode::Local, AwsMode::Off) => {
            Err(CliError::usage(format!("step `{}` pushes, and with `--aws off` nobody takes its image", target.step))
                .help("`--push none` only builds; `--aws emulated` keeps images here"))
        }
    }
}

/// The emulator answers for ECR registries only.
fn stays_here(targets: &[RegistryTarget]) -> Result<(), CliError> {
    match targets.iter().find(|target| target.ecr.is_none()) {
        None => Ok(()),
        Some(target) => {
            Err(CliError::usage(format!("step `{}` would push to {}, which is not emulated", target.step, target.host))
                .help(format!(
                    "`--push none` only builds; `--push real --aws real --allow-account {}` pushes",
                    target.host
                )))
        }
    }
}

fn allowed(settings: &Settings, targets: &[RegistryTarget]) -> Result<(), CliError> {
    for target in targets {
        let whose = target.ecr.as_ref().map_or(target.host.as_str(), |ecr| ecr.account.as_str());
        if !settings.allow_accounts.iter().any(|allowed| allowed.value == whose) {
            return Err(CliError::usage(format!("step `{}` would push to `{whose}`", target.step))
                .help(format!("allow it with `--allow-account {whose}`, or `allow-account` in config.toml")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use cirun_planner::EcrRegistry;

    use super::*;
    use crate::settings::{Layer, Origin, Trust, Values};

    fn verdict(values: Values, account: Option<&str>) -> String {
        let layers = vec![Layer { origin: Origin::Flag, values }];
        let (settings, _) = Settings::resolve(layers, Trust::UserOnly);
        let registry = |account: &str| EcrRegistry { account: account.to_owned(), region: "us-east-1".to_owned() };
        let target = RegistryTarget {
            step: "push".to_owned(),
            host: account.map_or("index.docker.io".to_owned(), |account| registry(account).host()),
            repository: "shop".to_owned(),
            ecr: account.map(registry),
        };
        match check(&settings, &[target]) {
            Ok(()) => "goes on".to_owned(),
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn nothing_leaves_without_a_word() {
        let values = |aws, push, allowed: &[&str]| Values {
            aws: Some(aws),
            push: Some(push),
            allow_account: allowed.iter().map(|id| (*id).to_owned()).collect(),
            ..Values::default()
        };
        let ours = Some("123456789012");
        let rows = [
            (values(AwsMode::Emulated, PushMode::Local, &[]), ours, "goes on"),
            (
                values(AwsMode::Emulated, PushMode::Local, &[]),
                None,
                "error: step `push` would push to index.docker.io, which is not emulated",
            ),
            (values(AwsMode::Real, PushMode::None, &[]), ours, "goes on"),
            (values(AwsMode::Real, PushMode::Real, &[]), ours, "error: step `push` would push to `123456789012`"),
            (values(AwsMode::Real, PushMode::Real, &["1"]), ours, "error: step `push` would push to `123456789012`"),
            (values(AwsMode::Real, PushMode::Real, &["123456789012"]), ours, "goes on"),
            (values(AwsMode::Emulated, PushMode::Real, &[]), ours, "error: `--push real` needs `--aws real`"),
            (
                values(AwsMode::Real, PushMode::Local, &[]),
                ours,
                "error: step `push` pushes, and with `--aws real` its registry is the real one",
            ),
            (
                values(AwsMode::Off, PushMode::Local, &[]),
                ours,
                "error: step `push` pushes, and with `--aws off` nobody takes its image",
            ),
        ];
        for (values, account, expected) in rows {
            assert_eq!(verdict(values, account), expected);
        }
    }
}
