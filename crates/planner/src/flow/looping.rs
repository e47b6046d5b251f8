//! Looping strategies: the instances of a step, a step group or a stage (flow.loops).

mod matrix;
mod repeat;

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_expressions::Value;
use cirun_parser::{Int, ParameterField, model::StrategySpec};
use cirun_plan::{Condition, DeferredText};
use indexmap::IndexMap;

use crate::{
    flow,
    scope::{Ctx, Entry, Evaluated, Names, run_values::loop_of_run},
};

/// The largest number of instances that the service creates (flow.loop-limit).
const MOST_INSTANCES: usize = 5000;
/// Longer suffixes are truncated.
const LONGEST_SUFFIX: usize = 126;

/// The result of a strategy.
pub(crate) enum Expansion {
    /// No strategy, or one whose `when` is false: the node itself, once.
    Once,
    /// These instances.
    Instances(Vec<Instance>, usize),
    /// It is expanded when the stage begins, because it depends on earlier stages.
    Later,
    /// None: the strategy's `when` skips it, or it cannot be expanded, which a diagnostic reports.
    Never,
}

/// One instance of a loop.
pub(crate) struct Instance {
    /// The suffix of identifier and name, with its leading `_`.
    pub(crate) suffix: String,
    /// Its index, from 0, and the number of instances.
    pub(crate) index: (usize, usize),
    axes: IndexMap<String, Value>,
    item: Option<Value>,
    partition: Option<Value>,
}

impl Instance {
    /// The names for the instance's expressions.
    pub(crate) fn names(&self, level: &str) -> IndexMap<String, Entry> {
        let (iteration, total) = self.index;
        let matrix: IndexMap<String, Entry> =
            self.axes.iter().map(|(axis, value)| (axis.clone(), Entry::value(value.clone()))).collect();
        let mut repeat = IndexMap::new();
        for (key, value) in [("item", &self.item), ("partition", &self.partition)] {
            if let Some(value) = value {
                repeat.insert(key.to_owned(), Entry::value(value.clone()));
            }
        }
        let count = Entry::value(Value::Int(total as i64));
        let known = [
            ("iteration", Entry::value(Value::Int(iteration as i64))),
            ("iterations", count.clone()),
            ("totalIterations", count),
            ("identifierPostFix", Entry::value(Value::String(self.suffix.clone()))),
            ("matrix", Entry::Tree(matrix.clone())),
            ("repeat", Entry::Tree(repeat.clone())),
        ];
        let strategy = Entry::tree(known.into_iter().chain(loop_of_run()));
        let of_level = Entry::tree([
            ("matrix", Entry::Tree(matrix.clone())),
            ("repeat", Entry::Tree(repeat.clone())),
            ("strategy", strategy.clone()),
        ]);
        [
            ("matrix".to_owned(), Entry::Tree(matrix)),
            ("repeat".to_owned(), Entry::Tree(repeat)),
            ("strategy".to_owned(), strategy),
            (level.to_owned(), of_level),
        ]
        .into_iter()
        .collect()
    }
}

/// Expands a strategy.
pub(crate) fn expand(ctx: &Ctx<'_>, strategy: Option<&StrategySpec>) -> Expansion {
    let Some(strategy) = strategy else { return Expansion::Once };
    if let Some(when) = &strategy.when
        && let Some(condition) = flow::condition(ctx, when)
    {
        match condition.value {
            Condition::Known { holds: true, .. } => {}
            Condition::Known { holds: false, .. } => return Expansion::Never,
            Condition::Null { source } => {
                ctx.notes.report(
                    codes::EXPRESSION_ERROR
                        .says(format!("`{}` evaluates to null", source.source()))
                        .at(when.span, "the condition of a loop must be true or false"),
                );
                return Expansion::Never;
            }
            Condition::Deferred(pieces) => {
                return too_late(ctx, "the strategy's `when`", &pieces, when.span);
            }
        }
    }
    let instances = if let Some(axes) = &strategy.matrix {
        matrix::instances(ctx, strategy, axes)
    } else if let Some(repeat) = &strategy.repeat {
        repeat::instances(ctx, repeat)
    } else if let Some(parallelism) = &strategy.parallelism {
        count(ctx, parallelism, "`parallelism`").map(numbered)
    } else {
        return Expansion::Once;
    };
    let mut instances = match instances {
        Ok(instances) => instances,
        Err(none) => return none,
    };
    if instances.is_empty() || instances.len() > MOST_INSTANCES {
        ctx.notes.report(
            codes::BAD_LOOP
                .says(format!("the strategy has {} instances", instances.len()))
                .at(strategy.span, format!("it must have 1 to {MOST_INSTANCES}")),
        );
        return Expansion::Never;
    }
    let total = instances.len();
    for (index, instance) in instances.iter_mut().enumerate() {
        instance.index = (index, total);
    }
    if let Some(name) = &strategy.node_name {
        for instance in &mut instances {
            let names = Names::within(&ctx.names, instance.names("step"));
            if let Some(name) = ctx.with_names(names).known(name, "`nodeName`") {
                instance.suffix = format!("_{}", name.value);
            }
        }
    }
    distinct(&mut instances);
    if let Some(field) = &strategy.on_failure
        && ctx.known(field, "`onFailure` of a strategy").is_some_and(|word| word.value == "SkipQueued")
    {
        ctx.notes.report(
            codes::LOOP_RUNS_ALL
                .says("a failed instance does not skip those that wait")
                .at(field.span, "CI would skip the instances that have not begun")
                .help("without `maxConcurrency` no instance waits, so there is no difference"),
        );
    }
    let most = strategy.max_concurrency.as_ref().and_then(|field| ctx.int(field, "`maxConcurrency`"));
    let most = most.and_then(|most| usize::try_from(most.value).ok()).filter(|most| *most > 0).unwrap_or(total);
    Expansion::Instances(instances, most.min(total))
}

/// The names for a loop without instances: their values do not matter.
pub(crate) fn waiting() -> IndexMap<String, Entry> {
    ["matrix", "repeat", "strategy"].into_iter().map(|name| (name.to_owned(), Entry::Pending)).collect()
}

/// Instances with only a number.
fn numbered(count: i64) -> Vec<Instance> {
    (0..count.clamp(0, MOST_INSTANCES as i64 + 1)).map(|index| Instance::plain(format!("_{index}"))).collect()
}

impl Instance {
    fn plain(suffix: String) -> Self {
        Self { suffix, index: (0, 0), axes: IndexMap::new(), item: None, partition: None }
    }
}

/// Makes suffixes valid in identifiers and unique.
fn distinct(instances: &mut [Instance]) {
    let mut seen: IndexMap<String, usize> = IndexMap::new();
    for instance in instances {
        let mut suffix: String = instance
            .suffix
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .take(LONGEST_SUFFIX)
            .collect();
        let count = seen.entry(suffix.clone()).or_insert(0);
        if *count > 0 {
            suffix = format!("{suffix}_{count}");
        }
        *count += 1;
        instance.suffix = suffix;
    }
}

/// What waits for a stage before this one is expanded when the stage begins; what waits for a step is never.
fn too_late(ctx: &Ctx<'_>, what: &str, pieces: &DeferredText, span: Span) -> Expansion {
    if ctx.waits_for_stages(pieces) {
        ctx.notes.undecided(what);
        return Expansion::Later;
    }
    ctx.notes.report(
        codes::DECIDED_TOO_LATE
            .says(format!("{what} depends on a step that has not run"))
            .at(span, "loops are expanded before the stage begins"),
    );
    Expansion::Never
}

/// A number of instances.
fn count(ctx: &Ctx<'_>, field: &Int, what: &str) -> Result<i64, Expansion> {
    if let ParameterField::Expression(template) = &field.value
        && let Evaluated::Deferred(pieces) = ctx.evaluate(template, field.span).value
        && ctx.waits_for_stages(&pieces)
    {
        return Err(too_late(ctx, what, &pieces, field.span));
    }
    ctx.int(field, what).map(|count| count.value).ok_or(Expansion::Never)
}

/// An expression's value as a list of values.
fn items_of(ctx: &Ctx<'_>, evaluated: Evaluated, span: Span) -> Result<Vec<Value>, Expansion> {
    match evaluated {
        Evaluated::Ready { value: Value::List(items), .. } => Ok(items),
        Evaluated::Ready { value: Value::Null, .. } => Ok(Vec::new()),
        Evaluated::Ready { value, .. } => Ok(vec![value]),
        Evaluated::Deferred(pieces) => Err(too_late(ctx, "the list of a loop", &pieces, span)),
    }
}
