//! Causes of a step's failure, their error types, and the failure strategy that handles them (flow.errors).

use cirun_plan::{FailureAction, FailureStrategy};

/// Why a step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its process ended with an exit code other than 0.
    ExitCode,
    /// It reached its timeout.
    Timeout,
    /// It was killed for its memory limit.
    OutOfMemory,
    /// Its program could not be started.
    NotStarted,
    /// The program that its image names could not be started.
    ImageNotStarted,
    /// Its output variables could not be read.
    Outputs,
    /// A text or condition could not be evaluated.
    Expression,
}

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) exit_code: Option<i64>,
    /// The reason, as text to print.
    pub(crate) reason: String,
}

/// The names by which a failure strategy can match a cause, besides `AllErrors`. `Unknown` is the service's type for
/// the failure of an application (flow.failure-types).
const ERROR_TYPES: [(Cause, &[&str]); 7] = [
    (Cause::ExitCode, &["Unknown"]),
    (Cause::Timeout, &["Timeout"]),
    (Cause::OutOfMemory, &["ResourceLimitsFailure", "Unknown"]),
    (Cause::NotStarted, &["Unknown"]),
    (Cause::ImageNotStarted, &["PluginImageFailure", "Unknown"]),
    (Cause::Outputs, &["Unknown"]),
    (Cause::Expression, &["ConfigurationFailure", "Unknown"]),
];

impl Cause {
    fn error_types(self) -> &'static [&'static str] {
        ERROR_TYPES.iter().find(|(cause, _)| *cause == self).map_or(&[], |(_, types)| types)
    }
}

/// The action of the first strategy that matches the cause.
pub(crate) fn action<'s>(
    strategies: impl IntoIterator<Item = &'s FailureStrategy>,
    cause: Cause,
) -> Option<&'s FailureAction> {
    let names_it = |error: &String| error == "AllErrors" || cause.error_types().contains(&error.as_str());
    let mut strategies = strategies.into_iter();
    strategies.find(|strategy| strategy.errors.iter().any(names_it)).map(|strategy| &strategy.action.value)
}

#[cfg(test)]
mod tests {
    use cirun_plan::{Cause as OriginCause, Origin, StrategyLevel, Traced};

    use super::*;

    fn acts(strategies: &[(&[&str], FailureAction)], cause: Cause) -> Option<FailureAction> {
        let strategies: Vec<_> = strategies
            .iter()
            .map(|(errors, action)| FailureStrategy {
                errors: errors.iter().map(|error| (*error).to_owned()).collect(),
                action: Traced::new(action.clone(), Origin::new(OriginCause::Setting("test".to_owned()))),
                level: StrategyLevel::Step,
            })
            .collect();
        action(&strategies, cause).cloned()
    }

    #[test]
    fn every_cause_has_error_types() {
        for (cause, _) in ERROR_TYPES {
            assert!(!cause.error_types().is_empty(), "{cause:?}");
        }
    }

    #[test]
    fn the_first_that_names_the_error_acts() {
        let strategies: &[(&[&str], FailureAction)] = &[
            (&["Authentication", "Timeout"], FailureAction::Abort),
            (&["ResourceLimitsFailure"], FailureAction::MarkAsSuccess),
            (&["Unknown"], FailureAction::MarkAsFailure),
            (&["AllErrors"], FailureAction::Ignore),
        ];
        assert_eq!(acts(strategies, Cause::Timeout), Some(FailureAction::Abort));
        assert_eq!(acts(strategies, Cause::OutOfMemory), Some(FailureAction::MarkAsSuccess));
        assert_eq!(acts(strategies, Cause::ImageNotStarted), Some(FailureAction::MarkAsFailure));
        assert_eq!(acts(&strategies[3..], Cause::Expression), Some(FailureAction::Ignore));
        assert_eq!(acts(&strategies[..1], Cause::ExitCode), None);
    }
}
