//! The facts of the codebase in CI: the address of its connector, and the build that the pipeline names.

use cirun_diagnostics::{Diagnostic, Span, codes::plan as codes};
use cirun_parser::{
    ParameterField, Text,
    model::{BuildSpec, Pipeline},
};

use crate::{
    connectors::git,
    inputs::{CodebaseFacts, Inputs, PullRequestFacts},
    scope::given,
};

/// The facts, with those of the checkout replaced by the pipeline's, and the differences to report.
pub(crate) fn facts(inputs: &Inputs<'_>, pipeline: &Pipeline) -> Option<(CodebaseFacts, Option<Diagnostic>)> {
    let url = git::codebase_url(inputs, pipeline);
    let build = pipeline.codebase.as_ref().and_then(|codebase| codebase.build.as_ref());
    let build = build.filter(|_| !inputs.codebase.build_given).and_then(named);
    if url.is_none() && build.is_none() {
        return None;
    }
    let mut facts = inputs.codebase.clone();
    facts.repo_url = url.or(facts.repo_url);
    let other = build.and_then(|build| build.apply(&mut facts));
    Some((facts, other))
}

/// The build that the pipeline names, if it is a literal.
struct NamedBuild<'p> {
    kind: &'static str,
    value: &'p str,
    span: Span,
}

fn named(build: &BuildSpec) -> Option<NamedBuild<'_>> {
    let (kind, field) = match build {
        BuildSpec::Branch(field) => ("branch", field),
        BuildSpec::Tag(field) => ("tag", field),
        BuildSpec::PullRequest(field) => ("pull request", field),
        BuildSpec::Commit(field) => ("commit", field),
        BuildSpec::Expression(_) => return None,
    };
    literal(field).map(|value| NamedBuild { kind, value, span: field.span })
}

fn literal(field: &Text) -> Option<&str> {
    match &given(Some(field))?.value {
        ParameterField::Literal(text) => Some(text),
        ParameterField::Expression(_) => None,
    }
}

impl NamedBuild<'_> {
    /// Replaces the build of the checkout; reports if another one is checked out.
    fn apply(&self, facts: &mut CodebaseFacts) -> Option<Diagnostic> {
        let value = || Some(self.value.to_owned());
        let here = match self.kind {
            "branch" => std::mem::replace(&mut facts.branch, value()),
            "tag" => {
                facts.tag = value();
                facts.head_tag.clone().or_else(|| facts.branch.clone())
            }
            "commit" => std::mem::replace(&mut facts.commit_sha, value()),
            _ => {
                facts.pull_request =
                    Some(PullRequestFacts { number: self.value.to_owned(), ..PullRequestFacts::default() });
                facts.branch.clone()
            }
        };
        let here = here.filter(|here| here != self.value)?;
        Some(
            codes::OTHER_BUILD
                .says(format!("the build is of {} `{}`", self.kind, self.value))
                .at(self.span, format!("`{here}` is checked out"))
                .help("name the build with `--codebase`, or check it out"),
        )
    }
}
