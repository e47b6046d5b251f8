//! `runAsUser`: the number of the user whose processes a container has (background.run-as-user).

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_expressions::Template;
use cirun_parser::{Node, Text};
use cirun_plan::{Text as PlanText, Traced};

use crate::scope::Ctx;

/// Resolves the user of a container; reports one that is not a user id.
pub(crate) fn of(ctx: &Ctx<'_>, field: Option<&Text>) -> Option<Traced<PlanText>> {
    let user = ctx.given_text(field)?;
    field.is_none_or(|field| check(ctx, &user.value, field.span)).then_some(user)
}

/// Reports the users of a pod that are none, in the `spec` of its infrastructure as it is written.
pub(crate) fn check_pod<'n>(ctx: &Ctx<'_>, field: impl Fn(&str) -> Option<&'n Node>) {
    let context = field("containerSecurityContext");
    let of_context = |name| context.and_then(|context| context.get(name));
    for node in [field("runAsUser"), of_context("runAsUser"), of_context("runAsGroup")].into_iter().flatten() {
        let Some(text) = node.text().filter(|text| !text.is_empty()) else { continue };
        let (template, _) = Template::parse(text);
        check(ctx, &ctx.as_text(ctx.evaluate(&template, node.span).value), node.span);
    }
}

/// Whether a user may be one; reports it otherwise.
fn check(ctx: &Ctx<'_>, user: &PlanText, span: Span) -> bool {
    let PlanText::Known(text) = user else { return true };
    if is_user_id(text) {
        return true;
    }
    ctx.notes.report(
        codes::BAD_USER
            .says(format!("`{text}` is not a user id"))
            .at(span, "a whole number, and none below zero (background.run-as-user)")
            .help("write the number that the image's `/etc/passwd` has for the user, such as `1000`"),
    );
    false
}

/// Whether a text is a user number: Kubernetes and the engines accept 0 to 2³¹ − 1.
fn is_user_id(text: &str) -> bool {
    let digits = text.trim();
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && digits.parse::<u32>().is_ok_and(|id| id <= LARGEST)
}

const LARGEST: u32 = i32::MAX.unsigned_abs();

#[cfg(test)]
mod tests {
    use super::is_user_id;

    #[test]
    fn user_ids() {
        for (text, is_one) in [
            ("0", true),
            ("1000", true),
            ("2147483647", true),
            ("2147483648", false),
            ("abc", false),
            ("1.5", false),
            ("true", false),
            ("-1", false),
            ("+1", false),
            ("1000:1000", false),
            ("", false),
        ] {
            assert_eq!(is_user_id(text), is_one, "{text}");
        }
    }
}
