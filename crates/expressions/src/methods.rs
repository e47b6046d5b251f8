//! Methods of objects: those of `java.lang.String`, of collections and of the boxed numbers that expressions can use.

mod collection;
mod dispatch;
mod list;
mod map;
mod number;
mod string;
mod units;

pub(crate) use dispatch::{call, changes};
pub(crate) use string::pattern;
