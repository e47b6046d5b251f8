//! Scripts: statements, and calls of functions.

use super::evaluator::{Evaluated, Evaluator, Frame, Stop, Unit};
use crate::{
    fault::Fault,
    functors,
    object::{Closure, Object},
    syntax::{Node, Span, Statement, Variable},
};

/// How a statement ended.
enum Flow {
    Value(Object),
    Return(Object),
    Break,
    Continue,
}

impl Evaluator<'_> {
    /// Runs `statements` and returns their return value, or the last one's value.
    pub(super) fn script(&mut self, unit: Unit<'_>, statements: &[Statement], frame: &mut Frame) -> Evaluated {
        match self.statements(unit, statements, frame)? {
            Flow::Value(value) | Flow::Return(value) => Ok(value),
            Flow::Break | Flow::Continue => Ok(Object::Null),
        }
    }

    fn statements(&mut self, unit: Unit<'_>, statements: &[Statement], frame: &mut Frame) -> Evaluated<Flow> {
        let mut last = Object::Null;
        for statement in statements {
            match self.statement(unit, statement, frame)? {
                Flow::Value(value) => last = value,
                flow @ (Flow::Return(_) | Flow::Break | Flow::Continue) => return Ok(flow),
            }
        }
        Ok(Flow::Value(last))
    }

    fn statement(&mut self, unit: Unit<'_>, statement: &Statement, frame: &mut Frame) -> Evaluated<Flow> {
        match statement {
            Statement::Expression(node) => self.node(unit, node, frame).map(Flow::Value),
            Statement::Var { name, value } => self.var(unit, name, value.as_ref(), frame).map(Flow::Value),
            Statement::If { condition, then, otherwise } => {
                let branch = if self.condition(unit, condition, frame)? { Some(then) } else { otherwise.as_ref() };
                match branch {
                    Some(branch) => self.inner(unit, branch, condition.span, frame),
                    None => Ok(Flow::Value(Object::Null)),
                }
            }
            Statement::For { variable, items, body } => self.for_each(unit, variable, items, body, frame),
            Statement::While { condition, body } => self.while_true(unit, condition, body, frame),
            Statement::Block(statements) => self.statements(unit, statements, frame),
            Statement::Return(value) => self.node(unit, value, frame).map(Flow::Return),
            Statement::Break => Ok(Flow::Break),
            Statement::Continue => Ok(Flow::Continue),
        }
    }

    fn var(&mut self, unit: Unit<'_>, name: &str, value: Option<&Node>, frame: &mut Frame) -> Evaluated {
        let value = match value {
            Some(value) => self.node(unit, value, frame)?,
            None => Object::Null,
        };
        frame.locals.insert(name.to_owned(), value.clone());
        name_function(&value, name);
        Ok(value)
    }

    fn while_true(&mut self, unit: Unit<'_>, condition: &Node, body: &Statement, frame: &mut Frame) -> Evaluated<Flow> {
        let mut last = Object::Null;
        while self.condition(unit, condition, frame)? {
            match self.inner(unit, body, condition.span, frame)? {
                Flow::Value(value) => last = value,
                Flow::Continue => {}
                Flow::Break => break,
                flow @ Flow::Return(_) => return Ok(flow),
            }
        }
        Ok(Flow::Value(last))
    }

    fn inner(&mut self, unit: Unit<'_>, statement: &Statement, span: Span, frame: &mut Frame) -> Evaluated<Flow> {
        self.spend(1, span)?;
        self.deeper(span, |evaluator| evaluator.statement(unit, statement, frame))
    }

    /// Loops over a collection; any other value has no items.
    fn for_each(
        &mut self,
        unit: Unit<'_>,
        variable: &Variable,
        items: &Node,
        body: &Statement,
        frame: &mut Frame,
    ) -> Evaluated<Flow> {
        let collection = self.node(unit, items, frame)?;
        self.spend(self.weight(&collection), items.span)?;
        let mut last = Object::Null;
        for value in collection.items().unwrap_or_default() {
            if variable.local {
                frame.locals.insert(variable.name.clone(), value);
            } else {
                frame.set(&variable.name, value);
            }
            match self.inner(unit, body, items.span, frame)? {
                Flow::Value(value) => last = value,
                Flow::Continue => {}
                Flow::Break => break,
                flow @ Flow::Return(_) => return Ok(flow),
            }
        }
        Ok(Flow::Value(last))
    }

    /// Calls a function by its name: a variable of the script, or `currentDate()`.
    pub(super) fn function(
        &mut self,
        unit: Unit<'_>,
        name: &str,
        arguments: &[Node],
        span: Span,
        frame: &mut Frame,
    ) -> Evaluated {
        let arguments = self.nodes(unit, arguments, frame)?;
        if let Some(Object::Function(closure)) = frame.locals.get(name).cloned() {
            return self.invoke(unit, &closure, arguments, span, frame);
        }
        self.by_name(name, &arguments, span)
    }

    /// Calls a function; missing arguments are null.
    pub(super) fn invoke(
        &mut self,
        unit: Unit<'_>,
        closure: &std::rc::Rc<Closure>,
        arguments: Vec<Object>,
        span: Span,
        frame: &Frame,
    ) -> Evaluated {
        self.spend(1 + closure.captured.len(), span)?;
        let mut inside = called(closure, arguments, frame);
        let function = closure.function.clone();
        self.deeper(span, |evaluator| evaluator.script(unit, &function.body, &mut inside))
    }

    fn by_name(&mut self, name: &str, arguments: &[Object], span: Span) -> Evaluated {
        // The service tries the prefix `datetime` before none (expressions.prefixes).
        let values = self.values(arguments, span)?;
        match functors::call("datetime", name, &values, self.scope.now_ms()) {
            Some(value) => value.map(Object::from).map_err(|fault| Stop::new(fault, span)),
            None => Err(Stop::new(Fault::value(format!("there is no function `{name}`")), span)),
        }
    }
}

/// The variables at the start of a call.
fn called(closure: &std::rc::Rc<Closure>, arguments: Vec<Object>, frame: &Frame) -> Frame {
    let mut inside = Frame { globals: frame.globals.clone(), ..Frame::default() };
    inside.locals.extend(closure.captured.iter().cloned());
    if let Some(name) = &*closure.own_name.borrow() {
        inside.locals.insert(name.clone(), Object::Function(closure.clone()));
    }
    let missing = std::iter::repeat(Object::Null);
    inside.locals.extend(closure.function.parameters.iter().cloned().zip(arguments.into_iter().chain(missing)));
    inside
}

/// A function that is assigned to a variable can read itself by that name.
pub(super) fn name_function(value: &Object, name: &str) {
    if let Object::Function(closure) = value {
        *closure.own_name.borrow_mut() = Some(name.to_owned());
    }
}
