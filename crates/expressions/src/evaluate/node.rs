//! Operands and operators.

use indexmap::IndexMap;

use super::{
    evaluator::{Evaluated, Evaluator, Frame, Stop, Unit},
    operators::{binary, is_empty, size, truth, unary_minus},
};
use crate::{
    Value,
    fault::Fault,
    java_regex,
    syntax::{BinaryOp, Chain, Name, Node, NodeKind, Part, Span, UnaryOp},
};

impl Evaluator<'_> {
    /// Evaluates a node.
    pub(super) fn node<'a>(&mut self, unit: Unit<'a>, node: &'a Node, frame: &mut Frame<'a>) -> Evaluated {
        self.spend(1, node.span)?;
        self.deeper(node.span, |evaluator| match &node.kind {
            NodeKind::Literal(value) => evaluator.made(value.clone(), node.span),
            NodeKind::Text(parts) => evaluator.parts(unit, parts, node.span).map(Value::String),
            NodeKind::List(items) => evaluator.list(unit, items, node.span, frame),
            NodeKind::Map(entries) => evaluator.map(unit, entries, node.span, frame),
            NodeKind::Block(block) => evaluator.block(unit, *block),
            NodeKind::Path(head, accesses) => evaluator.path(unit, head, accesses, node.span, frame),
            NodeKind::Unary(operator, operand) => evaluator.unary(unit, *operator, operand, frame),
            NodeKind::Chain(chain) => evaluator.chain(unit, chain, frame),
            NodeKind::Ternary(branches) => {
                let [condition, then, otherwise] = &**branches;
                let condition = evaluator.node(unit, condition, frame)?;
                let branch = if condition.truth() == Some(true) { then } else { otherwise };
                evaluator.node(unit, branch, frame)
            }
            NodeKind::Elvis(branches) => {
                let [value, otherwise] = &**branches;
                let value = evaluator.node(unit, value, frame)?;
                if value.truth() == Some(true) { Ok(value) } else { evaluator.node(unit, otherwise, frame) }
            }
        })
    }

    /// Evaluates a condition; null is an error, as it is for `&&` and `!`.
    pub(super) fn condition<'a>(&mut self, unit: Unit<'a>, node: &'a Node, frame: &mut Frame<'a>) -> Evaluated<bool> {
        let value = self.node(unit, node, frame)?;
        truth(&value).map_err(|fault| Stop::new(name_null(fault, unit, [(node.span, &value); 2]), node.span))
    }

    /// Renders a name or quoted text with blocks in it.
    pub(super) fn parts(&mut self, unit: Unit<'_>, parts: &[Part], span: Span) -> Evaluated<String> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Block(block) => text.push_str(&self.block(unit, *block)?.render()),
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

    fn list<'a>(&mut self, unit: Unit<'a>, items: &'a [Node], span: Span, frame: &mut Frame<'a>) -> Evaluated {
        let items: Vec<Value> = items.iter().map(|item| self.node(unit, item, frame)).collect::<Evaluated<_>>()?;
        self.made(Value::List(items), span)
    }

    fn map<'a>(&mut self, unit: Unit<'a>, entries: &'a [(Node, Node)], span: Span, frame: &mut Frame<'a>) -> Evaluated {
        let mut map = IndexMap::new();
        for (key, value) in entries {
            let key = self.node(unit, key, frame)?.java_text();
            map.insert(key, self.node(unit, value, frame)?);
        }
        self.made(Value::Map(map), span)
    }

    fn unary<'a>(&mut self, unit: Unit<'a>, operator: UnaryOp, operand: &'a Node, frame: &mut Frame<'a>) -> Evaluated {
        let value = self.node(unit, operand, frame)?;
        let answer = match operator {
            UnaryOp::Not => truth(&value).map(|truth| Value::Bool(!truth)),
            UnaryOp::Negate => unary_minus(&value),
            UnaryOp::Size => size(&value),
            UnaryOp::Empty => Ok(Value::Bool(is_empty(&value))),
        };
        answer.map_err(|fault| Stop::new(name_null(fault, unit, [(operand.span, &value); 2]), operand.span))
    }

    fn chain<'a>(&mut self, unit: Unit<'a>, chain: &'a Chain, frame: &mut Frame<'a>) -> Evaluated {
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
                    Value::Bool(if decided { decisive } else { self.condition(unit, operand, frame)? })
                }
                _ => {
                    let right = self.node(unit, operand, frame)?;
                    if let (BinaryOp::Matches | BinaryOp::NotMatches, Value::String(pattern)) = (operator, &right) {
                        self.spend(left.extent().weight + java_regex::effort(pattern), whole)?;
                    }
                    let sides = [(span, &left), (operand.span, &right)];
                    let value = binary(*operator, &left, &right)
                        .map_err(|fault| Stop::new(name_null(fault, unit, sides), whole))?;
                    self.made(value, whole)?
                }
            };
            span = whole;
        }
        Ok(left)
    }
}

pub(super) fn null(value: &Value) -> bool {
    *value == Value::Null
}

/// Says which operand is null.
fn name_null(fault: Fault, unit: Unit<'_>, sides: [(Span, &Value); 2]) -> Fault {
    match (fault, sides.into_iter().find(|(_, value)| null(value))) {
        (Fault::Null(_), Some((span, _))) => Fault::Null(format!("`{}` is null", span.of(unit.text))),
        (fault, _) => fault,
    }
}
