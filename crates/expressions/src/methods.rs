//! Methods of objects: those of `java.lang.String`, of collections and of boxed numbers, as far as expressions can use
//! them.

mod collection;
mod dispatch;
mod list;
mod map;
mod number;
mod string;
mod units;

pub(crate) use dispatch::{call, changes};
pub(crate) use string::pattern;
