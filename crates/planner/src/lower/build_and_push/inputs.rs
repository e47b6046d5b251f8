//! The inputs of build-and-push steps: how each applies on an infrastructure, and the variables that are made of it.
//! The rows are in the parser, beside the model (`cirun_parser::build_and_push_inputs`).

use cirun_parser::{
    Flag, Text, TextList, TextMap,
    model::{AcrTarget, BuildAndPushSpec, BuildTarget, DockerTarget, EcrTarget, GoogleTarget},
};

use super::plugins::Builder::{self, Buildx, Docker, Kaniko};
use crate::{
    applicability::{
        Applicability::{self, Allowed as A, Hidden as H, Ignored as I, Required as R, Unless},
        Row,
        field::{Written, reported_by_parser, text, true_flag},
        row,
    },
    lower::StepCtx,
};

/// An input: its row in the table of applicability, and its variables.
pub(super) struct Input<S: 'static> {
    pub(super) row: Row<S>,
    /// The rule of the input and of its variables.
    pub(super) rule: &'static str,
    pub(super) variables: &'static [Variable<S>],
}

/// A variable of the plugins.
pub(super) struct Variable<S: 'static> {
    pub(super) name: &'static str,
    /// The plugins that get it.
    pub(super) to: &'static [Builder],
    pub(super) how: How<S>,
}

/// How an input becomes a variable's value.
pub(super) enum How<S: 'static> {
    /// Unchanged.
    Text(fn(&S) -> &Option<Text>),
    /// Its items joined.
    List(fn(&S) -> &Option<TextList>, &'static str),
    /// `key=value`, joined.
    Pairs(fn(&S) -> &Option<TextMap>, &'static str),
    /// This text if the map is set.
    WithMap(fn(&S) -> &Option<TextMap>, &'static str),
    /// This text if the flag is true, or unset and true by default.
    Flag(fn(&S) -> &Option<Flag>, Unset, &'static str),
    /// This text if the text is set.
    WithText(fn(&S) -> &Option<Text>, &'static str),
}

/// The value of a flag that is not set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unset {
    IsTrue,
    IsFalse,
}

const U: Applicability = Unless("registryRef");
const ALL: [Builder; 3] = [Kaniko, Buildx, Docker];
const DRIVER_OPTS: &str = "image=harness/buildkit:1.0.1";

/// What a row says about its applicability.
macro_rules! label {
    (=> $rule:literal) => {
        $rule
    };
    ($why:literal => $rule:literal) => {
        concat!($why, " (", $rule, ")")
    };
}

/// Declares the inputs of each table; those without applicability are in `OTHERS`.
macro_rules! tables {
    ($($record:ident $table:ident { $($more:tt)* } $((
        $(#[doc = $about:literal])+
        $yaml:literal => $field:ident: $type:ty $(as $kind:path)? $(= $required:ident)?;
        $([$($cell:ident),+] $($why:literal)? => $rule:literal; $($name:literal: $to:tt = $how:ident($($part:expr),*);)*)?
    ))*)*) => {
        $(pub(super) const $table: &[Input<$record>] = &[$($(Input {
            row: row($yaml, [$($cell),+], label!($($why)? => $rule), |_, s: &$record| s.$field.written_at()),
            rule: $rule,
            variables: &[$(Variable { name: $name, to: &$to, how: How::$how(|s: &$record| &s.$field $(, $part)*) },)*],
        },)?)*];)*
    };
}

cirun_parser::build_and_push_inputs!(tables);

/// The names of the step.
#[rustfmt::skip]
const NAMES: &[Row<BuildAndPushSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("identifier",               [R, R, R, R, R], "required (ecr.identifier)", |step, _| reported_by_parser(step)),
    row("name",                     [R, R, R, R, R], "required (ecr.name)", |step, _| text(&step.name)),
];

/// Inputs that are not a field of their own.
#[rustfmt::skip]
const OTHERS: &[Row<BuildAndPushSpec>] = &[
    row("resources.limits.memory",  [A, A, I, I, I], "only on Kubernetes (ecr.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "only on Kubernetes (ecr.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("timeout",                  [A, A, A, A, A], "ecr.timeout", |step, _| text(&step.timeout)),
    row("privileged",               [I, I, I, I, I], "no such input, and no variable of the plugin is made of it (ecr.no-such-input)", |_, s| true_flag(&s.privileged)),
    row("imagePullPolicy",          [I, I, I, I, I], "no such input, and no variable of the plugin is made of it (ecr.no-such-input)", |_, s| text(&s.image_pull_policy)),
];

/// Reports the inputs that are missing, ignored or refused.
pub(super) fn check(at: &StepCtx<'_>, spec: &BuildAndPushSpec) {
    match &spec.target {
        BuildTarget::Ecr(target) => at.check(rows(ECR), target),
        BuildTarget::Docker(target) => at.check(rows(DOCKER), target),
        BuildTarget::Gar(target) | BuildTarget::Gcr(target) => at.check(rows(GOOGLE), target),
        BuildTarget::Acr(target) => at.check(rows(ACR), target),
    }
    at.check(NAMES.iter().chain(rows(COMMON)).chain(OTHERS), spec);
}

fn rows<S>(inputs: &'static [Input<S>]) -> impl Iterator<Item = &'static Row<S>> + Clone {
    inputs.iter().map(|input| &input.row)
}
