//! The state of one evaluation: the results so far, and its limits.

use std::{cell::RefCell, rc::Rc};

use indexmap::{IndexMap, IndexSet};

use crate::{
    Lookup, Scope,
    fault::Fault,
    object::Object,
    syntax::{Body, Source, Span},
};

/// The maximum of visited nodes plus copied 64-byte pieces in an evaluation.
const MAX_STEPS: usize = 400_000;
/// The maximum nesting of operands, statements, functions and blocks at run time.
const MAX_DEPTH: usize = 160;
/// The maximum nesting of lists and maps made by a script.
const MAX_VALUE_DEPTH: usize = 64;

/// Why there is no value.
#[derive(Debug)]
pub(super) enum Stop {
    /// It depends on a running step.
    Pending,
    Failed {
        fault: Fault,
        span: Span,
    },
}

impl Stop {
    pub(super) fn new(fault: Fault, span: Span) -> Self {
        Self::Failed { fault, span }
    }
}

pub(super) type Evaluated<T = Object> = Result<T, Stop>;

/// The source text of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit<'a> {
    pub(super) text: &'a str,
    pub(super) source: &'a Source,
}

/// The state of one block, or one call of a function, during its evaluation.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// Declared by `var` and parameters.
    pub(super) locals: IndexMap<String, Object>,
    /// Assigned without `var`: shared with functions.
    pub(super) globals: Rc<RefCell<IndexMap<String, Object>>>,
    /// Whether a name outside nested blocks resolved to null: perhaps it was meant as text.
    pub(super) missing: bool,
}

impl Frame {
    /// The variable's value.
    pub(super) fn variable(&self, name: &str) -> Option<Object> {
        self.locals.get(name).cloned().or_else(|| self.globals.borrow().get(name).cloned())
    }

    /// Sets the variable, which is local if it was declared.
    pub(super) fn set(&mut self, name: &str, value: Object) {
        match self.locals.get_mut(name) {
            Some(place) => *place = value,
            None => {
                self.globals.borrow_mut().insert(name.to_owned(), value);
            }
        }
    }
}

/// One evaluation.
pub(super) struct Evaluator<'s> {
    pub(super) scope: &'s dyn Scope,
    steps: usize,
    depth: usize,
    /// The nesting of values that contain expressions.
    pub(super) indirection: usize,
    secret: bool,
    unresolved: IndexSet<String>,
}

impl<'s> Evaluator<'s> {
    pub(super) fn new(scope: &'s dyn Scope) -> Self {
        Self { scope, steps: 0, depth: 0, indirection: 0, secret: false, unresolved: IndexSet::new() }
    }

    pub(super) fn into_findings(self) -> (bool, Vec<String>) {
        (self.secret, self.unresolved.into_iter().collect())
    }

    /// Renders the text of `span`, with the values of `children` at their positions.
    pub(super) fn render(&mut self, unit: Unit<'_>, span: Span, children: &[usize]) -> Evaluated<String> {
        let mut rendered = String::new();
        let mut blocks = children.iter();
        for literal in unit.source.literals(unit.text, span, children) {
            rendered.push_str(literal);
            if let Some(&block) = blocks.next() {
                rendered.push_str(&self.rendered(unit, block)?);
            }
        }
        self.spend(rendered.len() / 64, span)?;
        Ok(rendered)
    }

    /// The text of a block's value.
    pub(super) fn rendered(&mut self, unit: Unit<'_>, index: usize) -> Evaluated<String> {
        let value = self.block(unit, index)?;
        let span = unit.source.blocks[index].span;
        value.value().map(|value| value.render()).map_err(|fault| Stop::new(fault, span))
    }

    /// Evaluates a block.
    pub(super) fn block(&mut self, unit: Unit<'_>, index: usize) -> Evaluated {
        let block = &unit.source.blocks[index];
        let script = match &block.body {
            Body::Empty => return Ok(Object::from("")),
            Body::Broken => return Ok(Object::from(block.span.of(unit.text))),
            Body::Text => return self.render(unit, block.inner(), &block.children).map(Object::from),
            Body::Script(script) => script,
        };
        let found_before = self.unresolved.len();
        let mut frame = Frame::default();
        let value = self.deeper(block.span, |evaluator| evaluator.script(unit, script, &mut frame));
        match value {
            // The service ignores errors in a block without nested blocks.
            Err(Stop::Failed { fault, .. }) if block.children.is_empty() && !matches!(fault, Fault::Refused(_)) => {
                self.unresolved.truncate(found_before);
                self.report_missing(block.inner().of(unit.text).trim());
                Ok(Object::Null)
            }
            Err(Stop::Failed { fault, .. })
                if meant_as_text(&fault, &frame)
                    && unit.source.is_plain_text(unit.text, block.inner(), &block.children) =>
            {
                self.unresolved.truncate(found_before);
                self.render(unit, block.inner(), &block.children).map(Object::from)
            }
            Ok(Object::Function(_)) => {
                let fault = Fault::refused("a function is a value only within its own `<+…>`");
                Err(Stop::new(fault, block.span))
            }
            value => value,
        }
    }

    /// Drops the unresolved references found since there were `count`.
    pub(super) fn forget_since(&mut self, count: usize) {
        self.unresolved.truncate(count);
    }

    /// Records that the value contains a secret.
    pub(super) fn taint(&mut self) {
        self.secret = true;
    }

    pub(super) fn found(&self) -> usize {
        self.unresolved.len()
    }

    pub(super) fn report_missing(&mut self, reference: &str) {
        self.unresolved.insert(reference.to_owned());
    }

    /// Uses the result of the scope; `None` if the name is missing.
    pub(super) fn take(&mut self, lookup: Lookup, span: Span) -> Evaluated<Option<(Object, bool)>> {
        match lookup {
            Lookup::Found { value, secret } => {
                self.secret |= secret;
                let value = Object::from(value);
                self.spend(self.weight(&value), span)?;
                Ok(Some((value, secret)))
            }
            Lookup::Pending => Err(Stop::Pending),
            Lookup::Missing => Ok(None),
        }
    }

    /// Counts work, and ends an evaluation that does too much.
    pub(super) fn spend(&mut self, steps: usize, span: Span) -> Evaluated<()> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > MAX_STEPS {
            let fault = Fault::refused(format!("the expression takes more than {MAX_STEPS} steps"));
            return Err(Stop::new(fault, span));
        }
        Ok(())
    }

    /// The cost of copying `value`.
    pub(super) fn weight(&self, value: &Object) -> usize {
        value.extent(MAX_STEPS - self.steps.min(MAX_STEPS)).weight
    }

    /// The nesting depth of `value`.
    pub(super) fn depth_of(&self, value: &Object) -> usize {
        value.extent(MAX_STEPS - self.steps.min(MAX_STEPS)).depth
    }

    /// Checks a new value, and counts its size as work.
    pub(super) fn made(&mut self, value: Object, span: Span) -> Evaluated {
        self.fits(&value, 0, span)?;
        Ok(value)
    }

    /// Checks that `value` may be nested `depth` levels deep in another one, and counts its size as work.
    pub(super) fn fits(&mut self, value: &Object, depth: usize, span: Span) -> Evaluated<()> {
        let extent = value.extent(MAX_STEPS - self.steps.min(MAX_STEPS));
        self.spend(extent.weight, span)?;
        if depth + extent.depth > MAX_VALUE_DEPTH {
            let fault = Fault::refused(format!("lists and maps nest more than {MAX_VALUE_DEPTH} levels deep"));
            return Err(Stop::new(fault, span));
        }
        Ok(())
    }

    /// Evaluates one level deeper.
    pub(super) fn deeper<T>(&mut self, span: Span, evaluate: impl FnOnce(&mut Self) -> Evaluated<T>) -> Evaluated<T> {
        if self.depth == MAX_DEPTH {
            return Err(Stop::new(Fault::refused("infinite loop or too deep indirection"), span));
        }
        self.depth += 1;
        let value = evaluate(self);
        self.depth -= 1;
        value
    }
}

/// Whether a failure suggests that the author meant text, not a calculation: `archit-<+company>`.
pub(super) fn meant_as_text(fault: &Fault, frame: &Frame) -> bool {
    match fault {
        Fault::NotANumber(_) => true,
        Fault::Null(_) | Fault::Value(_) => frame.missing,
        Fault::Refused(_) => false,
    }
}
