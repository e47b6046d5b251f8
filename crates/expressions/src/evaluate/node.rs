//! Operands and operators.

use std::{cell::RefCell, rc::Rc};

use super::{
    evaluator::{Evaluated, Evaluator, Frame, Stop, Unit},
    operators::{binary, complement, is_empty, size, truth, unary_minus},
};
use crate::{
    fault::Fault,
    java_regex,
    object::{Closure, Entries, Key, Object},
    syntax::{BinaryOp, Chain, Function, Name, Node, NodeKind, Part, Span, TemplatePart, UnaryOp},
};

impl Evaluator<'_> {
    /// Evaluates a node.
    pub(super) fn node(&mut self, unit: Unit<'_>, node: &Node, frame: &mut Frame) -> Evaluated {
        self.spend(1, node.span)?;
        self.deeper(node.span, |evaluator| match &node.kind {
            NodeKind::Literal(value) => evaluator.made(value.clone().into(), node.span),
            NodeKind::Refused(message) => Err(Stop::new(Fault::refused(message.clone()), node.span)),
            NodeKind::Text(parts) => evaluator.parts(unit, parts, node.span).map(Object::from),
            NodeKind::Template(parts) => evaluator.template(unit, parts, node.span, frame),
            NodeKind::Array(items) => {
                let items = evaluator.nodes(unit, items, frame)?;
                evaluator.made(Object::array(items), node.span)
            }
            NodeKind::List(items) => {
                let items = evaluator.nodes(unit, items, frame)?;
                evaluator.made(Object::list(items), node.span)
            }
            NodeKind::Set(items) => evaluator.set(unit, items, frame),
            NodeKind::Map(entries) => {
                let map = evaluator.map(unit, entries, frame)?;
                evaluator.made(map, node.span)
            }
            NodeKind::Function(function) => evaluator.closure(function, node.span, frame),
            NodeKind::Block(block) => evaluator.block(unit, *block),
            NodeKind::Path(head, accesses) => evaluator.path(unit, head, accesses, node.span, frame),
            NodeKind::Unary(operator, operand) => evaluator.unary(unit, *operator, operand, frame),
            NodeKind::Chain(chain) => evaluator.chain(unit, chain, frame),
            NodeKind::Assign(assignment) => evaluator.assign(unit, assignment, frame),
            NodeKind::Ternary(branches) => evaluator.ternary(unit, branches, frame),
            NodeKind::Elvis(branches) => evaluator.elvis(unit, branches, frame),
        })
    }

    fn ternary(&mut self, unit: Unit<'_>, branches: &[Node; 3], frame: &mut Frame) -> Evaluated {
        let [condition, then, otherwise] = branches;
        let holds = self.node(unit, condition, frame)?.truth() == Some(true);
        self.node(unit, if holds { then } else { otherwise }, frame)
    }

    fn elvis(&mut self, unit: Unit<'_>, branches: &[Node; 2], frame: &mut Frame) -> Evaluated {
        let [value, otherwise] = branches;
        let value = self.node(unit, value, frame)?;
        if value.truth() == Some(true) { Ok(value) } else { self.node(unit, otherwise, frame) }
    }

    /// Evaluates a condition; null is an error, as it is for `&&`, `!` and `if`.
    pub(super) fn condition(&mut self, unit: Unit<'_>, node: &Node, frame: &mut Frame) -> Evaluated<bool> {
        let value = self.node(unit, node, frame)?;
        truth(&value).map_err(|fault| Stop::new(name_null(fault, unit, [(node.span, &value); 2]), node.span))
    }

    /// Renders a name or quoted text with blocks in it.
    pub(super) fn parts(&mut self, unit: Unit<'_>, parts: &[Part], span: Span) -> Evaluated<String> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Block(block) => text.push_str(&self.rendered(unit, *block)?),
            }
        }
        self.spend(text.len() / 64, span)?;
        Ok(text)
    }

    pub(super) fn name(&mut self, unit: Unit<'_>, name: &Name, span: Span) -> Evaluated<String> {
        match name {
            Name::Plain(name) => Ok(name.clone()),
            Name::Parts(parts) => self.parts(unit, parts, span),
        }
    }

    /// Evaluates `nodes` in their order.
    pub(super) fn nodes(&mut self, unit: Unit<'_>, nodes: &[Node], frame: &mut Frame) -> Evaluated<Vec<Object>> {
        nodes.iter().map(|node| self.node(unit, node, frame)).collect()
    }

    fn template(&mut self, unit: Unit<'_>, parts: &[TemplatePart], span: Span, frame: &mut Frame) -> Evaluated {
        if let [TemplatePart::Expression(node)] = parts {
            return self.node(unit, node, frame);
        }
        let mut text = String::new();
        for part in parts {
            match part {
                TemplatePart::Literal(literal) => text.push_str(literal),
                TemplatePart::Block(block) => text.push_str(&self.rendered(unit, *block)?),
                TemplatePart::Expression(node) => {
                    let value = self.node(unit, node, frame)?;
                    if !value.is_null() {
                        text.push_str(&value.java_text().map_err(|fault| Stop::new(fault, node.span))?);
                    }
                }
            }
        }
        self.spend(text.len() / 64, span)?;
        Ok(Object::from(text))
    }

    fn set(&mut self, unit: Unit<'_>, items: &[Node], frame: &mut Frame) -> Evaluated {
        let mut entries = Entries::hashed(items.len());
        for item in items {
            let value = self.node(unit, item, frame)?;
            let key = Key::of(&value).map_err(|fault| Stop::new(fault, item.span))?;
            entries.insert(key, Object::Null);
        }
        Ok(Object::set(entries))
    }

    fn map(&mut self, unit: Unit<'_>, written: &[(Node, Node)], frame: &mut Frame) -> Evaluated {
        let mut entries = Entries::hashed(written.len());
        for (key, value) in written {
            let name = self.node(unit, key, frame)?;
            let name = Key::of(&name).map_err(|fault| Stop::new(fault, key.span))?;
            entries.insert(name, self.node(unit, value, frame)?);
        }
        Ok(Object::map(entries))
    }

    /// A function with copies of the variables around it, as JEXL creates it.
    fn closure(&mut self, function: &std::sync::Arc<Function>, span: Span, frame: &Frame) -> Evaluated {
        let captured = function.names.iter().filter_map(|name| Some((name.clone(), frame.locals.get(name)?.clone())));
        let captured = captured.collect();
        let closure = Closure { function: function.clone(), captured, own_name: RefCell::new(None) };
        self.made(Object::Function(Rc::new(closure)), span)
    }

    fn unary(&mut self, unit: Unit<'_>, operator: UnaryOp, operand: &Node, frame: &mut Frame) -> Evaluated {
        let value = self.node(unit, operand, frame)?;
        let answer = match operator {
            UnaryOp::Not => truth(&value).map(|truth| Object::Bool(!truth)),
            UnaryOp::Negate => unary_minus(&value),
            UnaryOp::Complement => complement(&value),
            UnaryOp::Size => Ok(size(&value)),
            UnaryOp::Empty => Ok(Object::Bool(is_empty(&value))),
        };
        answer.map_err(|fault| Stop::new(name_null(fault, unit, [(operand.span, &value); 2]), operand.span))
    }

    fn chain(&mut self, unit: Unit<'_>, chain: &Chain, frame: &mut Frame) -> Evaluated {
        let mut left = self.node(unit, &chain.first, frame)?;
        let mut span = chain.first.span;
        for (operator, operand) in &chain.rest {
            let whole = span.to(operand.span);
            left = match operator {
                BinaryOp::And | BinaryOp::Or => {
                    let decisive = *operator == BinaryOp::Or;
                    let decided = truth(&left)
                        .map_err(|fault| Stop::new(name_null(fault, unit, [(span, &left); 2]), span))?
                        == decisive;
                    Object::Bool(if decided { decisive } else { self.condition(unit, operand, frame)? })
                }
                _ => {
                    let right = self.node(unit, operand, frame)?;
                    self.operate(*operator, unit, [(span, &left), (operand.span, &right)])?
                }
            };
            span = whole;
        }
        Ok(left)
    }

    /// Applies an operator to two values, each with its place.
    pub(super) fn operate(&mut self, operator: BinaryOp, unit: Unit<'_>, sides: [(Span, &Object); 2]) -> Evaluated {
        let [(first, left), (second, right)] = sides;
        let whole = first.to(second);
        if let (BinaryOp::Matches | BinaryOp::NotMatches, Object::Text(pattern)) = (operator, right) {
            self.spend(self.weight(left) + java_regex::effort(pattern), whole)?;
        }
        if matches!(left, Object::Array(_) | Object::List(_) | Object::Set(_) | Object::Map(_)) {
            self.spend(self.weight(left), whole)?;
        }
        let value = binary(operator, left, right).map_err(|fault| Stop::new(name_null(fault, unit, sides), whole))?;
        self.made(value, whole)
    }
}

/// Names the operand that is null.
fn name_null(fault: Fault, unit: Unit<'_>, sides: [(Span, &Object); 2]) -> Fault {
    match (fault, sides.into_iter().find(|(_, value)| value.is_null())) {
        (Fault::Null(_), Some((span, _))) => Fault::Null(format!("`{}` is null", span.of(unit.text))),
        (fault, _) => fault,
    }
}
