//! Functors: named objects with functions (expressions.functors). `secrets` belongs to the scope.

mod datetime;
mod json;
mod json_path;
mod regex;
mod shell;
mod xml;
mod xpath;

pub(crate) use datetime::later;

use crate::{Value, fault::Fault};

/// Whether `name` is a functor.
pub(crate) fn is_one(name: &str) -> bool {
    matches!(name, "json" | "regex" | "xml" | "shell" | "datetime")
}

/// Calls `functor.method(arguments)`; `None` if there is no functor of that name.
pub(crate) fn call(functor: &str, method: &str, arguments: &[Value], now_ms: i64) -> Option<Result<Value, Fault>> {
    let answer = match functor {
        "json" => json::call(method, arguments),
        "regex" => regex::call(method, arguments),
        "xml" => xml::call(method, arguments),
        "shell" => shell::call(method, arguments),
        "datetime" => datetime::call(method, arguments, now_ms),
        _ => return None,
    };
    match answer {
        Ok(Some(value)) => Some(Ok(value)),
        Ok(None) if functor == "datetime" => None,
        Ok(None) => {
            Some(Err(Fault::value(format!("`{functor}` has no function `{method}` that takes these arguments"))))
        }
        Err(fault) => Some(Err(fault)),
    }
}
