//! Methods of values: those of `java.lang.String`, `List`, `Map` and the boxed numbers that expressions can use.

mod change;
mod dispatch;
mod list;
mod map;
mod number;
mod string;
mod units;

pub(crate) use change::{change, changes};
pub(crate) use dispatch::call;
pub(crate) use string::pattern;
