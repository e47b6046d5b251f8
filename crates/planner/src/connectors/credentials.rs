//! The variables from a connector, and what a machine without CI's identities must add to them.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{Text, TextList};
use cirun_plan::{Cause, Origin, Secret, Text as PlanText, Traced};

use super::{Named, chained};
use crate::{
    env::Env,
    scope::{Ctx, given},
};

/// The variables of a connector, and what cirun must add on a user's machine.
#[derive(Default)]
pub(crate) struct Credentials {
    /// Set before the step's own variables, which can override them (environment.secrets-last).
    pub(crate) before: Env,
    /// Decrypted last; they override everything that the user wrote (environment.secrets-last).
    pub(crate) after: Env,
    pub(crate) need: LocalNeed,
    pub(crate) connector: Option<Traced<String>>,
}

/// What a flow needs on a machine without a delegate and a pod role.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum LocalNeed {
    /// Nothing: CI sends everything that the plugin reads.
    #[default]
    Nothing,
    /// The delegate's own identity in the SDK's variables.
    Delegate {
        /// The state of the connector.
        why: NoKeys,
        /// The place of the connector's name.
        span: Span,
    },
    /// The session token of the connector's temporary keys, which CI drops.
    SessionToken {
        /// The token and its origin.
        token: Traced<Secret>,
        /// The place of its reference.
        span: Span,
    },
}

/// Why the plugin signs with keys that are not from a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoKeys {
    /// The connector has no keys.
    Inherited,
    /// The plugin gets keys from the connector but does not use them.
    Ignored,
    /// It is the pod's service account, with a token in a file (IRSA).
    WebIdentity,
    /// The connector is in no file: its substitute has been reported.
    Assumed,
}

/// The variable for the token in place of the CI service's.
pub(crate) const OIDC_TOKEN: &str = "PLUGIN_OIDC_TOKEN_ID";

/// The fields of a connector, as variables under one rule of the reference.
pub(crate) struct Fields<'c, 'a> {
    pub(crate) ctx: &'c Ctx<'a>,
    pub(crate) named: &'c Named<'a>,
    pub(crate) rule: &'static str,
}

/// A field that a connector must have: its path in the connector, and why, with the place to report if it is missing.
pub(crate) struct Required<'f> {
    pub(crate) name: &'static str,
    pub(crate) field: Option<&'f Text>,
    pub(crate) because: &'f str,
    pub(crate) owner: Span,
}

impl<'f> Required<'f> {
    /// A field of the credential at `owner`.
    pub(crate) fn of(owner: Span, name: &'static str, field: &'f Option<Text>, because: &'f str) -> Self {
        Self { name, field: field.as_ref(), because, owner }
    }
}

impl Fields<'_, '_> {
    /// Sets a variable to a field; `name` is its path in the connector.
    pub(crate) fn text(&self, env: &mut Env, variable: &str, name: &'static str, field: &Text) {
        let origin = self.ctx.of_connector(self.named, name, field.span).then(self.cause());
        env.set(variable, Traced::new(self.ctx.text(field).value, origin));
    }

    /// Sets a variable to the secret that a field names.
    pub(crate) fn secret(&self, env: &mut Env, variable: &str, name: &'static str, reference: &Text) {
        let Some(secret) = self.ctx.secret_ref(reference) else { return };
        let origin = self.ctx.of_connector(self.named, name, reference.span);
        let origin = chained(origin, &secret.origin).then(self.cause());
        env.set(variable, Traced::new(PlanText::Secret(secret.value), origin));
    }

    /// Sets a variable to a required field, or reports that it is missing.
    pub(crate) fn required_text(&self, env: &mut Env, variable: &str, required: &Required<'_>) {
        match given(required.field) {
            Some(field) => self.text(env, variable, required.name, field),
            None => self.ctx.lacks(self.named, required.name, required.because, required.owner),
        }
    }

    /// Sets a variable to the secret that a required field names, or reports that it is missing.
    pub(crate) fn required_secret(&self, env: &mut Env, variable: &str, required: &Required<'_>) {
        match given(required.field) {
            Some(field) => self.secret(env, variable, required.name, field),
            None => self.ctx.lacks(self.named, required.name, required.because, required.owner),
        }
    }

    /// Sets `PLUGIN_OIDC_TOKEN_ID` to the token in place of the CI service's.
    pub(crate) fn oidc_token(&self, env: &mut Env) {
        let ctx = self.ctx;
        match &ctx.inputs.aws.oidc_token {
            Some(token) => {
                ctx.notes.secret(&token.value);
                let origin = Origin::new(Cause::Setting(token.given_by.clone())).then(self.cause());
                env.set(OIDC_TOKEN, Traced::new(PlanText::Secret(token.value.clone()), origin));
            }
            None => ctx.notes.report(
                codes::MISSING_OIDC_TOKEN
                    .says("there is no OIDC token in place of the CI service's")
                    .at(self.named.span, "this connector signs in with OIDC")
                    .help(
                        "pass one with `--oidc-token-file FILE`, `CIRUN_OIDC_TOKEN` or the setting \
                         `oidc-token-command`, or use `--aws emulated`",
                    ),
            ),
        }
    }

    fn cause(&self) -> Cause {
        Cause::Mapping { rule: self.rule }
    }
}

/// Reports a connector without `delegateSelectors`.
pub(crate) fn selectors(ctx: &Ctx<'_>, named: &Named<'_>, list: Option<&TextList>, owner: Span, rule: &str) {
    if list.is_none_or(|list| ctx.list(list).is_empty()) {
        ctx.lacks(named, "delegateSelectors", rule, owner);
    }
}

/// Reports that there is no substitute for the delegate's identity in this cloud.
pub(crate) fn no_delegate(ctx: &Ctx<'_>, named: &Named<'_>, rule: &str) {
    ctx.notes.report(
        codes::NO_DELEGATE_IDENTITY
            .says("in CI the delegate's identity signs in; here the plugin has none")
            .at(named.span, rule)
            .help("set the plugin's credentials in `envVariables`, or add another connector with `--include`"),
    );
}
