//! Names and paths: variables, functors, and values of the scope.

use super::{
    evaluator::{Evaluated, Evaluator, Frame, Stop, Unit},
    walk::{Null, Step},
};
use crate::{
    Segment, Value,
    fault::Fault,
    functors, methods,
    object::Object,
    syntax::{Access, Head, Name, NodeKind, Span},
};

/// The cost of a functor's call, in steps: it may compile a pattern or parse a document.
const FUNCTOR_EFFORT: usize = 1000;

impl Evaluator<'_> {
    /// Evaluates a path.
    pub(super) fn path(
        &mut self,
        unit: Unit<'_>,
        head: &Head,
        accesses: &[Access],
        span: Span,
        frame: &mut Frame,
    ) -> Evaluated {
        match head {
            Head::Value(node) => {
                let value = self.node(unit, node, frame)?;
                let steps = self.steps(unit, accesses, frame)?;
                let null = if matches!(node.kind, NodeKind::Block(_)) { Null::Fails } else { Null::Passes };
                self.walk(unit, value, &steps, (null, frame))
            }
            Head::Call(name, arguments) => {
                let value = self.function(unit, name, arguments, span, frame)?;
                let steps = self.steps(unit, accesses, frame)?;
                self.walk(unit, value, &steps, (Null::Passes, frame))
            }
            Head::Name(name) => self.named(unit, name, accesses, span, frame),
        }
    }

    fn named(&mut self, unit: Unit<'_>, name: &Name, accesses: &[Access], span: Span, frame: &mut Frame) -> Evaluated {
        let steps = self.steps(unit, accesses, frame)?;
        if let Name::Plain(name) = name {
            let changes = steps.iter().any(|(step, _)| matches!(step, Step::Call(name, _) if methods::changes(name)));
            let value = if changes { self.current(name, span, frame)? } else { frame.variable(name) };
            if let Some(value) = value {
                return self.walk(unit, value, &steps, (Null::Fails, frame));
            }
        }
        let segments = keys(name, self.name(unit, name, span)?);
        self.scoped(unit, segments, &steps, span, frame)
    }

    /// A path of a functor or of the scope.
    fn scoped(
        &mut self,
        unit: Unit<'_>,
        mut segments: Vec<Segment>,
        steps: &[(Step, Span)],
        span: Span,
        frame: &mut Frame,
    ) -> Evaluated {
        if let ([Segment::Key(functor)], [(Step::Call(method, arguments), call), rest @ ..]) =
            (segments.as_slice(), steps)
            && let Some(value) = self.functor(unit, functor, (method, arguments), span.to(*call))
        {
            return self.walk(unit, value?, rest, (Null::Passes, frame));
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

    /// Evaluates the indexes and arguments of a path before it is resolved.
    pub(super) fn steps(
        &mut self,
        unit: Unit<'_>,
        accesses: &[Access],
        frame: &mut Frame,
    ) -> Evaluated<Vec<(Step, Span)>> {
        let mut steps = Vec::with_capacity(accesses.len());
        for access in accesses {
            let span = access.span();
            match access {
                Access::Key(name, _) => {
                    let text = self.name(unit, name, span)?;
                    steps.extend(keys(name, text).iter().map(|segment| (Step::from(segment), span)));
                }
                Access::Position(position, _) => steps.push((Step::Position(*position), span)),
                Access::Index(node, _) => steps.push((Step::Index(self.node(unit, node, frame)?), span)),
                Access::Call { name, arguments, .. } => {
                    let arguments = self.nodes(unit, arguments, frame)?;
                    steps.push((Step::Call(name.clone(), arguments), span));
                }
                Access::Invoke(arguments, _) => {
                    let arguments = self.nodes(unit, arguments, frame)?;
                    steps.push((Step::Invoke(arguments), span));
                }
            }
        }
        Ok(steps)
    }

    /// The values of a functor's arguments.
    pub(super) fn values(&mut self, arguments: &[Object], span: Span) -> Evaluated<Vec<Value>> {
        let effort = arguments.iter().map(|argument| self.weight(argument)).sum();
        self.spend(effort, span)?;
        arguments.iter().map(|argument| argument.value().map_err(|fault| Stop::new(fault, span))).collect()
    }

    fn functor(
        &mut self,
        unit: Unit<'_>,
        functor: &str,
        (method, arguments): (&str, &[Object]),
        span: Span,
    ) -> Option<Evaluated> {
        if functor == "secrets" && method == "getValue" {
            return Some(self.secret(unit, arguments, span));
        }
        if !functors::is_one(functor) {
            return None;
        }
        let arguments = match self.spend(FUNCTOR_EFFORT, span).and_then(|()| self.values(arguments, span)) {
            Ok(arguments) => arguments,
            Err(stop) => return Some(Err(stop)),
        };
        let value = functors::call(functor, method, &arguments, self.scope.now_ms())?;
        let value = value.map(Object::from).map_err(|fault| Stop::new(fault, span));
        Some(value.and_then(|value| self.made(value, span)))
    }

    fn secret(&mut self, unit: Unit<'_>, arguments: &[Object], span: Span) -> Evaluated {
        let [Object::Text(id)] = arguments else {
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
                Ok(Object::Null)
            }
        }
    }

    /// Looks up the whole path in the scope first, then shorter and shorter beginnings of it.
    fn reference(
        &mut self,
        unit: Unit<'_>,
        segments: &[Segment],
        rest: &[(Step, Span)],
        span: Span,
        frame: &mut Frame,
    ) -> Evaluated {
        let mut known = false;
        for length in (1..=segments.len()).rev() {
            self.spend(1, span)?;
            let lookup = self.scope.lookup(&segments[..length]);
            let Some((value, secret)) = self.take(lookup, span)? else { continue };
            let whole = length == segments.len();
            let value = if whole { value } else { self.resolve(value, secret, unit, span)? };
            let inside: Vec<_> = segments[length..].iter().map(|segment| (Step::from(segment), span)).collect();
            let value = match self.walk(unit, value, &inside, (Null::Fails, frame)) {
                Ok(value) if whole || !value.is_null() => value,
                Err(stop @ (Stop::Pending | Stop::Failed { fault: Fault::Refused(_), .. })) => return Err(stop),
                Ok(_) => {
                    known = true;
                    break;
                }
                Err(_) => break,
            };
            let value = self.resolve(value, secret, unit, span)?;
            return self.walk(unit, value, rest, (Null::Fails, frame));
        }
        frame.missing = true;
        self.report_missing(span.of(unit.text));
        if rest.is_empty() {
            return Ok(Object::Null);
        }
        if known {
            return self.walk(unit, Object::Null, rest, (Null::Passes, frame));
        }
        Err(Stop::new(Fault::Null(format!("`{}` is null", span.of(unit.text))), span))
    }
}

/// A name with blocks in it may contain dots, each of which starts a new step.
fn keys(name: &Name, text: String) -> Vec<Segment> {
    match name {
        Name::Plain(_) => vec![Segment::Key(text)],
        Name::Parts(_) => text.split('.').map(|key| Segment::Key(key.to_owned())).collect(),
    }
}
