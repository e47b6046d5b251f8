//! Evaluates an XPath.

use super::{
    axis::Axis,
    context::Context,
    document::Content,
    tree::{Expression, Operator, Path, Start, Step, Test},
    value::{Node, Value},
};
use crate::fault::Fault;

impl Context<'_> {
    pub(super) fn evaluate(&self, expression: &Expression) -> Result<Value, Fault> {
        self.document.visit(1)?;
        Ok(match expression {
            Expression::Number(number) => Value::Number(*number),
            Expression::Literal(text) => Value::Text(text.clone()),
            Expression::Negate(operand) => Value::Number(-self.evaluate(operand)?.number(self.document)),
            Expression::Call(function, arguments) => {
                let arguments =
                    arguments.iter().map(|argument| self.evaluate(argument)).collect::<Result<Vec<_>, _>>()?;
                (function.call)(self, &arguments)?
            }
            Expression::Binary(operator, sides) => self.binary(*operator, &sides[0], &sides[1])?,
            Expression::Path(path) => Value::Nodes(self.path(path)?),
        })
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Result<Value, Fault> {
        let left = self.evaluate(left)?;
        match operator {
            Operator::Or if left.truth() => return Ok(Value::Bool(true)),
            Operator::And if !left.truth() => return Ok(Value::Bool(false)),
            _ => {}
        }
        let right = self.evaluate(right)?;
        let numbers = || (left.number(self.document), right.number(self.document));
        Ok(match operator {
            Operator::Or | Operator::And => Value::Bool(right.truth()),
            Operator::Add => Value::Number(numbers().0 + numbers().1),
            Operator::Subtract => Value::Number(numbers().0 - numbers().1),
            Operator::Multiply => Value::Number(numbers().0 * numbers().1),
            Operator::Divide => Value::Number(numbers().0 / numbers().1),
            Operator::Remainder => Value::Number(numbers().0 % numbers().1),
            Operator::Union => match (left, right) {
                (Value::Nodes(mut nodes), Value::Nodes(more)) => {
                    nodes.extend(more);
                    Value::Nodes(self.sorted(nodes)?)
                }
                _ => return Err(Fault::value("`|` joins what paths find")),
            },
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => Value::Bool(self.compare(operator, &left, &right)?),
        })
    }

    /// A comparison with the nodes of a path is true if it is for one of them.
    fn compare(&self, operator: Operator, left: &Value, right: &Value) -> Result<bool, Fault> {
        let each = |nodes: &[Node]| -> Result<Vec<Value>, Fault> {
            self.document.visit(nodes.len())?;
            Ok(nodes.iter().map(|node| Value::Text(node.text(self.document))).collect())
        };
        Ok(match (left, right) {
            (Value::Bool(_), _) | (_, Value::Bool(_)) if matches!(operator, Operator::Equal | Operator::NotEqual) => {
                self.holds(operator, &Value::Bool(left.truth()), &Value::Bool(right.truth()))
            }
            (Value::Bool(_), Value::Nodes(nodes)) => self.holds(operator, left, &Value::Bool(!nodes.is_empty())),
            (Value::Nodes(nodes), Value::Bool(_)) => self.holds(operator, &Value::Bool(!nodes.is_empty()), right),
            (Value::Nodes(left), Value::Nodes(right)) => {
                self.document.visit(left.len().saturating_mul(right.len()))?;
                let right = each(right)?;
                each(left)?.iter().any(|left| right.iter().any(|right| self.holds(operator, left, right)))
            }
            (Value::Nodes(nodes), other) => each(nodes)?.iter().any(|node| self.holds(operator, node, other)),
            (other, Value::Nodes(nodes)) => each(nodes)?.iter().any(|node| self.holds(operator, other, node)),
            _ => self.holds(operator, left, right),
        })
    }

    fn holds(&self, operator: Operator, left: &Value, right: &Value) -> bool {
        let (left_number, right_number) = (left.number(self.document), right.number(self.document));
        let equal = || match (left, right) {
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            _ => left_number == right_number,
        };
        match operator {
            Operator::Equal => equal(),
            Operator::NotEqual => !equal(),
            Operator::Less => left_number < right_number,
            Operator::LessOrEqual => left_number <= right_number,
            Operator::Greater => left_number > right_number,
            _ => left_number >= right_number,
        }
    }

    fn path(&self, path: &Path) -> Result<Vec<Node>, Fault> {
        let mut nodes = match &path.start {
            Start::Root => vec![Node::Element(0)],
            Start::Here => vec![self.node],
            Start::Of(expression, predicates) => {
                let Value::Nodes(mut nodes) = self.evaluate(expression)? else {
                    return Err(Fault::value("only a path has steps and predicates"));
                };
                for predicate in predicates {
                    nodes = self.filtered(nodes, predicate)?;
                }
                nodes
            }
        };
        for step in &path.steps {
            let mut next = Vec::new();
            for node in nodes {
                next.extend(self.step(step, node)?);
            }
            nodes = self.sorted(next)?;
        }
        Ok(nodes)
    }

    fn step(&self, step: &Step, node: Node) -> Result<Vec<Node>, Fault> {
        let on_axis = step.axis.nodes(self.document, node);
        self.document.visit(1 + on_axis.len())?;
        let mut nodes: Vec<_> = on_axis.into_iter().filter(|node| self.passes(&step.test, step.axis, *node)).collect();
        for predicate in &step.predicates {
            nodes = self.filtered(nodes, predicate)?;
        }
        Ok(nodes)
    }

    fn passes(&self, test: &Test, axis: Axis, node: Node) -> bool {
        // Names are those of the axis's own kind: attributes or elements.
        let named = match node {
            Node::Element(id) => id != 0 && axis != Axis::Attribute,
            Node::Attribute(..) => axis == Axis::Attribute,
            Node::Inside(..) => false,
        };
        let content = match node {
            Node::Inside(id, at) => self.document.elements[id].content.get(at),
            Node::Element(_) | Node::Attribute(..) => None,
        };
        match test {
            Test::Node => true,
            Test::Any => named,
            Test::Name(name) => named && node.name(self.document) == name,
            Test::Prefixed => false,
            Test::Text => matches!(content, Some(Content::Text(_))),
            Test::Comment => matches!(content, Some(Content::Comment(_))),
            Test::Instruction(wanted) => matches!(
                content,
                Some(Content::Instruction(target, _)) if wanted.as_ref().is_none_or(|wanted| wanted == target)
            ),
        }
    }

    /// A number selects a position, any other value by its truth.
    fn filtered(&self, nodes: Vec<Node>, predicate: &Expression) -> Result<Vec<Node>, Fault> {
        let size = nodes.len() as i64;
        let mut kept = Vec::new();
        for (position, node) in (1..).zip(nodes) {
            let context = Self { document: self.document, node, position, size };
            let chosen = match context.evaluate(predicate)? {
                // Java truncates a position.
                Value::Number(number) => number.trunc() == position as f64,
                value => value.truth(),
            };
            if chosen {
                kept.push(node);
            }
        }
        Ok(kept)
    }

    /// The nodes in document order, each once.
    fn sorted(&self, nodes: Vec<Node>) -> Result<Vec<Node>, Fault> {
        self.document.visit(nodes.len())?;
        let mut placed: Vec<_> = nodes.into_iter().map(|node| (node.place(self.document), node)).collect();
        placed.sort();
        placed.dedup();
        Ok(placed.into_iter().map(|(_, node)| node).collect())
    }
}
