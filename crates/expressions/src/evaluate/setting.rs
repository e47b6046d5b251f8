//! Assignments to a variable or to a part of it.

use super::{
    evaluator::{Evaluated, Evaluator, Frame, Stop, Unit},
    script::name_function,
    walk::{Step, attribute},
};
use crate::{
    Segment,
    fault::Fault,
    object::{Key, Object},
    syntax::{Assignment, Span},
};

impl Evaluator<'_> {
    pub(super) fn assign(&mut self, unit: Unit<'_>, assignment: &Assignment, frame: &mut Frame) -> Evaluated {
        let Assignment { name, accesses, target, operator, value } = assignment;
        let place = value.span;
        let value = self.node(unit, value, frame)?;
        if accesses.is_empty() {
            let value = match operator {
                Some(operator) => {
                    let before = self.current(name, *target, frame)?.unwrap_or(Object::Null);
                    self.operate(*operator, unit, [(*target, &before), (place, &value)])?
                }
                None => value,
            };
            let local = frame.locals.contains_key(name);
            frame.set(name, value.clone());
            if local {
                name_function(&value, name);
            }
            return Ok(value);
        }
        let nothing = || Stop::new(Fault::value("there is nothing to assign to"), *target);
        let mut container = self.current(name, *target, frame)?.ok_or_else(nothing)?;
        let steps = self.steps(unit, accesses, frame)?;
        let (last, way) = steps.split_last().ok_or_else(nothing)?;
        for (step, span) in way {
            container = attribute(&container, step).map_err(|fault| Stop::new(fault, *span))?;
            if container.is_null() {
                return Err(nothing());
            }
        }
        let value = match operator {
            Some(operator) => {
                let before = attribute(&container, &last.0).map_err(|fault| Stop::new(fault, last.1))?;
                self.operate(*operator, unit, [(*target, &before), (place, &value)])?
            }
            None => value,
        };
        self.fits(&value, steps.len(), *target)?;
        self.put_into(&container, &value, *target)?;
        set(&container, &last.0, value.clone()).map_err(|fault| Stop::new(fault, last.1))?;
        Ok(value)
    }

    /// The value of a variable; a name of the scope becomes a variable, because it is about to be changed.
    pub(super) fn current(&mut self, name: &str, span: Span, frame: &mut Frame) -> Evaluated<Option<Object>> {
        if let Some(value) = frame.variable(name) {
            return Ok(Some(value));
        }
        let lookup = self.scope.lookup(&[Segment::Key(name.to_owned())]);
        let Some((value, _)) = self.take(lookup, span)? else { return Ok(None) };
        frame.set(name, value.clone());
        Ok(Some(value))
    }

    /// Checks that `value` may be inserted into `container`: a cycle would have no text and no end.
    pub(super) fn put_into(&mut self, container: &Object, value: &Object, span: Span) -> Evaluated<()> {
        let mut budget = self.weight(value) + 64;
        self.spend(budget, span)?;
        match value.holds(container, &mut budget) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Stop::new(Fault::refused("a list or map cannot be put into itself"), span)),
            Err(fault) => Err(Stop::new(fault, span)),
        }
    }
}

/// Sets the part `step` of `container`.
fn set(container: &Object, step: &Step, value: Object) -> Result<(), Fault> {
    match container {
        Object::Map(entries) => {
            let key = match step {
                Step::Key(key) => Key::Text(key.as_str().into()),
                Step::Position(position) => Key::Int(*position as i64),
                Step::Index(index) => Key::of(index)?,
                Step::Call(..) | Step::Invoke(_) => return Err(Fault::value("there is nothing to assign to")),
            };
            entries.borrow_mut().insert(key, value);
            Ok(())
        }
        Object::List(items) | Object::Array(items) => {
            let mut items = items.borrow_mut();
            let length = items.len();
            let of_one_kind =
                matches!(container, Object::Array(_)) && items.iter().all(|item| is_like(item, &items[0]));
            let Some(place) = step.position().and_then(|position| items.get_mut(position)) else {
                return Err(Fault::value(format!("a list of {length} has no {step}")));
            };
            if of_one_kind && !is_like(place, &value) {
                return Err(Fault::value(format!(
                    "{} does not fit into this array: it holds {}",
                    value.kind(),
                    place.kind()
                )));
            }
            *place = value;
            Ok(())
        }
        other => Err(Fault::value(format!("{} cannot be assigned to", other.kind()))),
    }
}

/// Whether an array of one type can contain the other.
fn is_like(item: &Object, value: &Object) -> bool {
    std::mem::discriminant(item) == std::mem::discriminant(value)
}
