//! Values that contain expressions themselves: `pipeline.variables.image` is `acme/<+pipeline.name>`.

use super::evaluator::{Evaluated, Evaluator, Frame, Stop, Unit, meant_as_text};
use crate::{
    fault::Fault,
    object::Object,
    syntax::{Span, parse_value},
};

/// The maximum length of a chain of such values (expressions.depth).
const MAX_INDIRECTION: usize = 15;

impl Evaluator<'_> {
    /// Evaluates `value` if it is text with expressions in it; `reference` is the place of the lookup.
    ///
    /// As in the service such text is an expression (`<+a> + 2 * <+b>`); text that cannot be one is rendered.
    pub(super) fn resolve(&mut self, value: Object, secret: bool, unit: Unit<'_>, reference: Span) -> Evaluated {
        let Object::Text(text) = &value else { return Ok(value) };
        if secret || !text.contains("<+") {
            return Ok(value);
        }
        if self.indirection == MAX_INDIRECTION {
            return Err(Stop::new(Fault::refused("infinite loop or too deep indirection"), reference));
        }
        self.indirection += 1;
        let resolved = self.deeper(reference, |evaluator| evaluator.value_text(text));
        self.indirection -= 1;
        resolved.map_err(|stop| match stop {
            Stop::Pending => Stop::Pending,
            Stop::Failed { fault, .. } => Stop::new(within(fault, reference.of(unit.text)), reference),
        })
    }

    fn value_text(&mut self, text: &str) -> Evaluated {
        let (source, script) = parse_value(text);
        let unit = Unit { text, source: &source };
        let whole = Span { start: 0, end: text.len() };
        let found_before = self.found();
        if let Some(script) = &script {
            let mut frame = Frame::default();
            let value = self.script(unit, script, &mut frame);
            let text_after_all = match &value {
                Ok(value) => value.is_null() && frame.missing,
                Err(Stop::Failed { fault, .. }) => meant_as_text(fault, &frame),
                Err(Stop::Pending) => false,
            };
            if !text_after_all {
                return value;
            }
            self.forget_since(found_before);
        }
        self.render(unit, whole, &source.top).map(Object::from)
    }
}

fn within(fault: Fault, reference: &str) -> Fault {
    let add = |message: String| {
        if message.starts_with("in the value of") {
            message
        } else {
            format!("in the value of `{reference}`: {message}")
        }
    };
    match fault {
        Fault::Null(message) => Fault::Null(add(message)),
        Fault::NotANumber(message) => Fault::NotANumber(add(message)),
        Fault::Value(message) => Fault::Value(add(message)),
        Fault::Refused(message) => Fault::Refused(add(message)),
    }
}
