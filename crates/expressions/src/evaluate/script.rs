//! Scripts: statements, variables and functions.

use super::{
    evaluator::{Evaluated, Evaluator, Frame, Stop, Unit},
    operators::binary,
    walk::{Step, child_mut, walk},
};
use crate::{
    Segment, Value,
    fault::Fault,
    functors, methods,
    syntax::{BinaryOp, Node, Span, Statement},
};

/// How a statement ended.
enum Flow {
    Value(Value),
    Return(Value),
    Break,
    Continue,
}

impl Evaluator<'_> {
    /// Runs `statements` and gives what they return, or the last one's value.
    pub(super) fn script<'a>(
        &mut self,
        unit: Unit<'a>,
        statements: &'a [Statement],
        frame: &mut Frame<'a>,
    ) -> Evaluated {
        match self.statements(unit, statements, frame)? {
            Flow::Value(value) | Flow::Return(value) => Ok(value),
            Flow::Break | Flow::Continue => Ok(Value::Null),
        }
    }

    fn statements<'a>(
        &mut self,
        unit: Unit<'a>,
        statements: &'a [Statement],
        frame: &mut Frame<'a>,
    ) -> Evaluated<Flow> {
        let mut last = Value::Null;
        for statement in statements {
            match self.statement(unit, statement, frame)? {
                Flow::Value(value) => last = value,
                flow @ (Flow::Return(_) | Flow::Break | Flow::Continue) => return Ok(flow),
            }
        }
        Ok(Flow::Value(last))
    }

    fn statement<'a>(&mut self, unit: Unit<'a>, statement: &'a Statement, frame: &mut Frame<'a>) -> Evaluated<Flow> {
        match statement {
            Statement::Expression(node) => self.node(unit, node, frame).map(Flow::Value),
            Statement::Var { name, value } => {
                let value = value.as_ref().map_or(Ok(Value::Null), |value| self.node(unit, value, frame))?;
                frame.variables.insert(name.clone(), value.clone());
                Ok(Flow::Value(value))
            }
            Statement::Assign { target, operator, value } => {
                let value = self.node(unit, value, frame)?;
                let steps = self.steps(unit, &target.accesses, frame)?;
                let segments: Vec<_> = steps.iter().filter_map(|(step, _)| step.segment()).collect();
                self.assign(&target.name, &segments, *operator, value, target.span, frame).map(Flow::Value)
            }
            Statement::Function(function) => {
                frame.functions.insert(&function.name, function);
                Ok(Flow::Value(Value::Null))
            }
            Statement::If { condition, then, otherwise } => {
                let holds = self.node(unit, condition, frame)?.truth() == Some(true);
                let branch = if holds { Some(then) } else { otherwise.as_ref() };
                branch.map_or(Ok(Flow::Value(Value::Null)), |branch| self.inner(unit, branch, condition.span, frame))
            }
            Statement::For { name, items, body } => self.for_each(unit, name, items, body, frame),
            Statement::While { condition, body } => {
                while self.node(unit, condition, frame)?.truth() == Some(true) {
                    match self.inner(unit, body, condition.span, frame)? {
                        Flow::Value(_) | Flow::Continue => {}
                        Flow::Break => break,
                        flow @ Flow::Return(_) => return Ok(flow),
                    }
                }
                Ok(Flow::Value(Value::Null))
            }
            Statement::Block(statements) => self.statements(unit, statements, frame),
            Statement::Return(value) => {
                value.as_ref().map_or(Ok(Value::Null), |value| self.node(unit, value, frame)).map(Flow::Return)
            }
            Statement::Break => Ok(Flow::Break),
            Statement::Continue => Ok(Flow::Continue),
        }
    }

    fn inner<'a>(
        &mut self,
        unit: Unit<'a>,
        statement: &'a Statement,
        span: Span,
        frame: &mut Frame<'a>,
    ) -> Evaluated<Flow> {
        self.spend(1, span)?;
        self.deeper(span, |evaluator| evaluator.statement(unit, statement, frame))
    }

    fn for_each<'a>(
        &mut self,
        unit: Unit<'a>,
        name: &str,
        items: &'a Node,
        body: &'a Statement,
        frame: &mut Frame<'a>,
    ) -> Evaluated<Flow> {
        let values = match self.node(unit, items, frame)? {
            Value::List(values) => values,
            Value::Map(entries) => entries.into_values().collect(),
            Value::Null => Vec::new(),
            scalar @ (Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_)) => {
                let fault = Fault::value(format!("{} cannot be looped over", scalar.kind()));
                return Err(Stop::new(fault, items.span));
            }
        };
        let mut last = Value::Null;
        for value in values {
            frame.variables.insert(name.to_owned(), value);
            match self.inner(unit, body, items.span, frame)? {
                Flow::Value(value) => last = value,
                Flow::Continue => {}
                Flow::Break => break,
                flow @ Flow::Return(_) => return Ok(flow),
            }
        }
        Ok(Flow::Value(last))
    }

    fn assign(
        &mut self,
        name: &str,
        segments: &[Segment],
        operator: Option<BinaryOp>,
        value: Value,
        span: Span,
        frame: &mut Frame<'_>,
    ) -> Evaluated {
        let missing = || Stop::new(Fault::value("there is nothing to assign to"), span);
        let mut place = frame.variables.entry(name.to_owned()).or_insert(Value::Null);
        for segment in segments {
            place = child_mut(place, segment).ok_or_else(missing)?;
        }
        let value = match operator {
            Some(operator) => binary(operator, place, &value).map_err(|fault| Stop::new(fault, span))?,
            None => value,
        };
        self.fits(&value, segments.len(), span)?;
        *place = value.clone();
        Ok(value)
    }

    /// Reads a variable, or changes it by a method such as `add`.
    pub(super) fn variable(
        &mut self,
        name: &str,
        steps: &[(Step, Span)],
        span: Span,
        frame: &mut Frame<'_>,
    ) -> Evaluated {
        let Some(value) = frame.variables.get_mut(name) else { return Ok(Value::Null) };
        if let [way @ .., (Step::Call(method, arguments), place)] = steps
            && methods::changes(method)
        {
            let way: Option<Vec<_>> = way.iter().map(|(step, _)| step.segment()).collect();
            let target = way.and_then(|way| way.iter().try_fold(value, child_mut));
            if let Some(target) = target {
                for argument in arguments {
                    self.fits(argument, steps.len(), *place)?;
                }
                return methods::change(target, method, arguments).map_err(|fault| Stop::new(fault, *place));
            }
        }
        let Some(value) = frame.variables.get(name) else { return Ok(Value::Null) };
        self.spend_on_calls(value, steps)?;
        let value = walk(value, steps).map_err(|(fault, place)| Stop::new(fault, place))?;
        self.made(value, span)
    }

    /// Calls a function of the script, or a functor's method by its bare name: `currentDate()`.
    pub(super) fn function<'a>(
        &mut self,
        unit: Unit<'a>,
        name: &str,
        arguments: &'a [Node],
        span: Span,
        frame: &mut Frame<'a>,
    ) -> Evaluated {
        let arguments = self.arguments(unit, arguments, frame)?;
        if let Some(&function) = frame.functions.get(name) {
            let mut inside = Frame { functions: frame.functions.clone(), ..Frame::default() };
            let missing = std::iter::repeat(Value::Null);
            inside.variables = function.parameters.iter().cloned().zip(arguments.into_iter().chain(missing)).collect();
            return self.deeper(span, |evaluator| evaluator.script(unit, &function.body, &mut inside));
        }
        // The service tries the prefix `datetime` before none (harness-runtime.md 7).
        match functors::call("datetime", name, &arguments, self.scope.now_ms()) {
            Some(value) => value.map_err(|fault| Stop::new(fault, span)),
            None => Err(Stop::new(Fault::value(format!("there is no function `{name}`")), span)),
        }
    }
}
