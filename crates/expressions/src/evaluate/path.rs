//! Names and the paths behind them: variables, functors, and what the scope knows.

use super::{
    evaluator::{Evaluated, Evaluator, Frame, Stop, Unit},
    walk::{Step, walk},
};
use crate::{
    Segment, Value,
    fault::Fault,
    functors, java_regex, methods,
    syntax::{Access, Head, Name, Node, Span},
};

/// What a functor's call counts as, in steps: it may compile a pattern or read a document.
const FUNCTOR_EFFORT: usize = 1000;

impl Evaluator<'_> {
    /// Evaluates a path.
    pub(super) fn path<'a>(
        &mut self,
        unit: Unit<'a>,
        head: &'a Head,
        accesses: &'a [Access],
        span: Span,
        frame: &mut Frame<'a>,
    ) -> Evaluated {
        match head {
            Head::Value(node) => {
                let value = self.node(unit, node, frame)?;
                let steps = self.steps(unit, accesses, frame)?;
                self.walked(&value, &steps, span)
            }
            Head::Call(name, arguments) => {
                let value = self.function(unit, name, arguments, span, frame)?;
                let steps = self.steps(unit, accesses, frame)?;
                self.walked(&value, &steps, span)
            }
            Head::Name(Name::Plain(name)) if frame.variables.contains_key(name) => {
                let steps = self.steps(unit, accesses, frame)?;
                self.variable(name, &steps, span, frame)
            }
            Head::Name(name) => {
                let steps = self.steps(unit, accesses, frame)?;
                let mut segments = keys(name, self.name(unit, name, span)?);
                if let ([Segment::Key(functor)], [(Step::Call(method, arguments), call), rest @ ..]) =
                    (segments.as_slice(), steps.as_slice())
                    && let Some(value) = self.functor(unit, functor, method, arguments, span.to(*call))
                {
                    let value = value?;
                    return self.walked(&value, rest, span);
                }
                let asked = steps.iter().map_while(|(step, _)| step.segment()).collect::<Vec<_>>();
                let rest = &steps[asked.len()..];
                segments.extend(asked);
                let reference = match (steps[..steps.len() - rest.len()].last(), rest.first()) {
                    (_, None) => span,
                    (Some((_, asked)), Some(_)) => span.to(*asked),
                    (None, Some((_, call))) => Span { start: span.start, end: call.start },
                };
                self.reference(unit, &segments, rest, reference, frame)
            }
        }
    }

    /// Evaluates what a path needs before it is walked: indexes and arguments.
    pub(super) fn steps<'a>(
        &mut self,
        unit: Unit<'a>,
        accesses: &'a [Access],
        frame: &mut Frame<'a>,
    ) -> Evaluated<Vec<(Step, Span)>> {
        let mut steps = Vec::with_capacity(accesses.len());
        for access in accesses {
            let span = access.span();
            match access {
                Access::Key(name, _) => {
                    let text = self.name(unit, name, span)?;
                    steps.extend(keys(name, text).into_iter().map(|segment| (Step::Segment(segment), span)));
                }
                Access::Position(position, _) => steps.push((Step::Segment(Segment::Index(*position)), span)),
                Access::Index(node, _) => {
                    let index = self.node(unit, node, frame)?;
                    steps.push((Step::index(index).map_err(|fault| Stop::new(fault, span))?, span));
                }
                Access::Call { name, arguments, .. } => {
                    let arguments = self.arguments(unit, arguments, frame)?;
                    steps.push((Step::Call(name.clone(), arguments), span));
                }
            }
        }
        Ok(steps)
    }

    pub(super) fn arguments<'a>(
        &mut self,
        unit: Unit<'a>,
        arguments: &'a [Node],
        frame: &mut Frame<'a>,
    ) -> Evaluated<Vec<Value>> {
        arguments.iter().map(|argument| self.node(unit, argument, frame)).collect()
    }

    fn functor(
        &mut self,
        unit: Unit<'_>,
        functor: &str,
        method: &str,
        arguments: &[Value],
        span: Span,
    ) -> Option<Evaluated> {
        if functor == "secrets" && method == "getValue" {
            return Some(self.secret(unit, arguments, span));
        }
        let effort = arguments.iter().map(|argument| argument.extent().weight).sum::<usize>() + FUNCTOR_EFFORT;
        if let Err(stop) = self.spend(effort, span) {
            return Some(Err(stop));
        }
        let value = functors::call(functor, method, arguments, self.scope.now_ms())?;
        Some(value.map_err(|fault| Stop::new(fault, span)).and_then(|value| self.made(value, span)))
    }

    fn secret(&mut self, unit: Unit<'_>, arguments: &[Value], span: Span) -> Evaluated {
        let [Value::String(id)] = arguments else {
            return Err(Stop::new(Fault::value("`secrets.getValue` takes the secret's identifier"), span));
        };
        let lookup = self.scope.secret(id);
        match self.take(lookup, span)? {
            Some((value, _)) => {
                self.taint();
                Ok(value)
            }
            None => {
                self.report_missing(span.of(unit.text));
                Ok(Value::Null)
            }
        }
    }

    /// Asks the scope, for the whole path first and then for ever shorter beginnings of it.
    fn reference(
        &mut self,
        unit: Unit<'_>,
        segments: &[Segment],
        rest: &[(Step, Span)],
        span: Span,
        frame: &mut Frame<'_>,
    ) -> Evaluated {
        for length in (1..=segments.len()).rev() {
            self.spend(1, span)?;
            let lookup = self.scope.lookup(&segments[..length]);
            let Some((value, secret)) = self.take(lookup, span)? else { continue };
            let whole = length == segments.len();
            let value = if whole { value } else { self.resolve(value, secret, unit, span)? };
            let inside = segments[length..].iter().map(|segment| (Step::Segment(segment.clone()), span));
            let value = match walk(&value, &inside.collect::<Vec<_>>()) {
                Ok(value) if whole || value != Value::Null => value,
                Ok(_) | Err(_) => break,
            };
            let value = self.resolve(value, secret, unit, span)?;
            return self.walked(&value, rest, span);
        }
        frame.missing = true;
        self.report_missing(span.of(unit.text));
        if rest.is_empty() {
            return Ok(Value::Null);
        }
        Err(Stop::new(Fault::Null(format!("`{}` is null", span.of(unit.text))), span))
    }

    /// Counts methods by the size of what they read, and patterns by what compiling them may take.
    pub(super) fn spend_on_calls(&mut self, value: &Value, steps: &[(Step, Span)]) -> Evaluated<()> {
        for (step, span) in steps {
            if let Step::Call(name, arguments) = step {
                let pattern = methods::pattern(name, arguments).map_or(0, java_regex::effort);
                self.spend(value.extent().weight + pattern, *span)?;
            }
        }
        Ok(())
    }

    pub(super) fn walked(&mut self, value: &Value, steps: &[(Step, Span)], span: Span) -> Evaluated {
        self.spend_on_calls(value, steps)?;
        let value = walk(value, steps).map_err(|(fault, place)| Stop::new(fault, place))?;
        self.made(value, span)
    }
}

/// A name with blocks in it may hold dots, each of which makes a step.
fn keys(name: &Name, text: String) -> Vec<Segment> {
    match name {
        Name::Plain(_) => vec![Segment::Key(text)],
        Name::Parts(_) => text.split('.').map(|key| Segment::Key(key.to_owned())).collect(),
    }
}
