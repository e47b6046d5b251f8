//! Inputs → the variables of plugins, as the tables of inputs say.

use cirun_diagnostics::Span;
use cirun_plan::{Cause, Origin, Text as PlanText, Traced};

use crate::{
    applicability::tables::{How, Unset, Variable},
    env::Env,
    scope::{Ctx, given},
};

/// A variable's value, and the place of its input unless that is a default.
pub(crate) type Value = (Traced<PlanText>, Option<Span>);

/// Sets a variable of an input.
pub(crate) fn set<S>(env: &mut Env, variable: &Variable<S>, value: Traced<PlanText>) {
    let origin = value.origin.then(Cause::Mapping { rule: variable.rule });
    env.set(variable.name, Traced::new(value.value, origin));
}

/// The value of a variable, if its input is set or has a default.
pub(crate) fn value<S>(ctx: &Ctx<'_>, inputs: &S, variable: &Variable<S>) -> Option<Value> {
    let default = |text: &str, rule| (Traced::new(PlanText::from(text), Origin::new(Cause::Default { rule })), None);
    let constant = |text: &str, span: Span| (Traced::new(PlanText::from(text), ctx.written(span)), Some(span));
    let joined = |text: PlanText, span: Span| {
        (text.as_known() != Some("")).then(|| (Traced::new(text, ctx.written(span)), Some(span)))
    };
    match &variable.how {
        How::Text(field) => {
            let field = given(field(inputs).as_ref())?;
            Some((ctx.text(field), Some(field.span)))
        }
        How::Word(field, unset) => match given(field(inputs).as_ref()) {
            Some(field) => Some((ctx.text(field).map(lower_case), Some(field.span))),
            None => Some(default(unset, DEFAULTS)),
        },
        How::WithText(field, text) => given(field(inputs).as_ref()).map(|field| constant(text, field.span)),
        How::Below(field, above) => {
            let field_above = given(above(inputs).as_ref())?;
            let above = ctx.text(field_above);
            let Some(field) = ctx.given_text(field(inputs).as_ref()) else {
                return Some((above, Some(field_above.span)));
            };
            let path = above.value.followed_by("/").followed_by_text(field.value);
            Some((Traced::new(path, above.origin), Some(field_above.span)))
        }
        How::List(field, separator) => {
            let field = field(inputs).as_ref()?;
            joined(PlanText::join(ctx.list(field).into_iter().map(|item| item.value), separator), field.span)
        }
        How::Pairs(field, separator) => {
            let field = field(inputs).as_ref()?;
            let pairs = ctx.map(field).into_iter().map(|(key, _, value)| value.value.preceded_by(&format!("{key}=")));
            joined(PlanText::join(pairs, separator), field.span)
        }
        How::WithMap(field, text) => {
            let field = field(inputs).as_ref()?;
            (!ctx.map(field).is_empty()).then(|| constant(text, field.span))
        }
        How::Flag(field, unset) => match field(inputs) {
            Some(field) => {
                let flag = ctx.flag(field, "a flag")?;
                Some((flag.map(|flag| PlanText::from(word(flag))), Some(field.span)))
            }
            None => unset.map(|unset| default(word(unset), DEFAULTS)),
        },
        How::WithFlag(field, unset, text) => match field(inputs) {
            Some(flag) => ctx.flag(flag, "a flag").filter(|flag| flag.value).map(|_| constant(text, flag.span)),
            None => (*unset == Unset::IsTrue).then(|| default(text, variable.rule)),
        },
    }
}

/// The defaults of the service's own tests.
const DEFAULTS: &str = "stores.defaults";

fn lower_case(text: PlanText) -> PlanText {
    match text {
        PlanText::Known(text) => PlanText::Known(text.to_lowercase()),
        waiting @ (PlanText::Secret(_) | PlanText::Deferred(_)) => waiting,
    }
}

fn word(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}
