//! Limits of a step's container: on Kubernetes the written ones or the defaults, elsewhere none (infra.limits).

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{Text, model::Resources};
use cirun_plan::{Cause, Origin, Profile, Traced};

use super::{quantity, quantity::QuantityError};
use crate::{
    infrastructure::Infrastructure,
    scope::{Ctx, given},
};

/// A container's limits.
pub(crate) struct Limits {
    pub(crate) nano_cpus: Option<Traced<u64>>,
    pub(crate) memory_bytes: Option<Traced<u64>>,
}

/// The processors of a step without a limit, in billionths (infra.default-cpu).
const DEFAULT_NANO_CPUS: u64 = 400_000_000;
/// The memory of a step without a limit: 500Mi (infra.default-memory).
const DEFAULT_MEMORY: u64 = 500 * MIB;
/// The Docker engine refuses less, and no process starts with less.
const LEAST_MEMORY: u64 = 6 * MIB;

const MIB: u64 = 1 << 20;

/// The limits of a step: on Kubernetes the written ones or the defaults, elsewhere none. Requests only have to be
/// quantities: nothing is scheduled here.
pub(crate) fn of(ctx: &Ctx<'_>, infrastructure: Infrastructure, resources: Option<&Resources>) -> Limits {
    if infrastructure.profile() != Profile::Kubernetes {
        return Limits { nano_cpus: None, memory_bytes: None };
    }
    written(ctx, resources.and_then(|r| r.request_cpu.as_ref()), "CPU request", quantity::nano_cpus);
    written(ctx, resources.and_then(|r| r.request_memory.as_ref()), "memory request", quantity::memory_bytes);
    let limit_cpu = written(ctx, resources.and_then(|r| r.limit_cpu.as_ref()), "CPU limit", quantity::nano_cpus);
    let limit_memory = written(ctx, resources.and_then(|r| r.limit_memory.as_ref()), "memory limit", memory);
    Limits {
        nano_cpus: Some(limit_cpu.unwrap_or_else(|| {
            let rule = "infra.default-cpu";
            Traced::new(DEFAULT_NANO_CPUS, Origin::new(Cause::Default { rule }))
        })),
        memory_bytes: Some(limit_memory.unwrap_or_else(|| {
            let rule = "infra.default-memory";
            Traced::new(DEFAULT_MEMORY, Origin::new(Cause::Default { rule }))
        })),
    }
}

fn memory(text: &str) -> Result<u64, QuantityError> {
    match quantity::memory_bytes(text)? {
        bytes if bytes < LEAST_MEMORY => Err(QuantityError::Range(text.to_owned())),
        bytes => Ok(bytes),
    }
}

fn written(
    ctx: &Ctx<'_>,
    field: Option<&Text>,
    what: &str,
    parse: fn(&str) -> Result<u64, QuantityError>,
) -> Option<Traced<u64>> {
    let field = given(field)?;
    let text = ctx.known(field, "a resource limit")?;
    match parse(&text.value) {
        Ok(amount) => Some(Traced::new(amount, text.origin)),
        Err(error) => {
            malformed(ctx, what, &error, field.span);
            None
        }
    }
}

fn malformed(ctx: &Ctx<'_>, what: &str, error: &QuantityError, span: Span) {
    let help = match error {
        QuantityError::Space(text) => format!("write `{}`, without the space", text.replace(' ', "")),
        QuantityError::Malformed(_) if what.starts_with("CPU") => {
            "write cores, such as `0.5`, or millicores, such as `400m`".to_owned()
        }
        QuantityError::Malformed(_) => "write bytes with a suffix, such as `500Mi` or `1G`".to_owned(),
        QuantityError::Range(text) if what == "memory limit" && text.bytes().all(|b| b.is_ascii_digit()) => {
            format!("a plain number counts bytes, and no container starts in less than 6Mi: did you mean `{text}Mi`?")
        }
        QuantityError::Range(_) if what == "memory limit" => {
            format!("no container starts in less than 6Mi: the default is `{}Mi`", DEFAULT_MEMORY / MIB)
        }
        QuantityError::Range(_) => "write a number above zero".to_owned(),
    };
    ctx.notes.report(
        codes::BAD_QUANTITY
            .says(format!("the {what} {error}"))
            .at(span, "a number with a unit, without a blank (infra.limits)")
            .help(help),
    );
}
