//! The tables of inputs: the rows are in the parser, beside the model (`cirun_parser::run_inputs` and its siblings), and
//! become here how each input applies on an infrastructure, and the variables that are made of it.

use cirun_parser::{Flag, Text, TextList, TextMap};

use crate::lower::build_and_push::plugins::Builder;

/// A variable of a plugin.
pub(crate) struct Variable<S: 'static> {
    pub(crate) name: &'static str,
    /// The rule of its input.
    pub(crate) rule: &'static str,
    /// The builders that get it; none for steps that do not build.
    pub(crate) to: &'static [Builder],
    pub(crate) how: How<S>,
}

/// How an input becomes a variable's value.
pub(crate) enum How<S: 'static> {
    /// Unchanged.
    Text(fn(&S) -> &Option<Text>),
    /// In lower case; if unset, this default (stores.defaults).
    Word(fn(&S) -> &Option<Text>, &'static str),
    /// This text if the text is set.
    WithText(fn(&S) -> &Option<Text>, &'static str),
    /// The other text, and a slash and this one after it if this one is set.
    Below(fn(&S) -> &Option<Text>, fn(&S) -> &Option<Text>),
    /// Its items joined.
    List(fn(&S) -> &Option<TextList>, &'static str),
    /// `key=value`, joined.
    Pairs(fn(&S) -> &Option<TextMap>, &'static str),
    /// This text if the map is set.
    WithMap(fn(&S) -> &Option<TextMap>, &'static str),
    /// `true` or `false`; if unset, this default (stores.defaults).
    Flag(fn(&S) -> &Option<Flag>, Option<bool>),
    /// This text if the flag is true, or unset and true by default.
    WithFlag(fn(&S) -> &Option<Flag>, Unset, &'static str),
}

/// The value of a flag that is not set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unset {
    IsTrue,
    IsFalse,
}

/// What a row says about its applicability.
macro_rules! label {
    (=> $rule:literal) => {
        $rule
    };
    ($why:literal => $rule:literal) => {
        concat!($why, " (", $rule, ")")
    };
}
pub(crate) use label;

/// The name of a row: of a part of the input, or of the whole.
macro_rules! name_of {
    ($whole:literal) => {
        $whole
    };
    ($part:literal of $whole:literal) => {
        $part
    };
}
pub(crate) use name_of;

/// The place of an input or of its part, if it is written; a test of its own decides that for some.
macro_rules! place {
    ($inputs:ident, $field:ident) => {
        $crate::applicability::field::Written::written_at(&$inputs.$field)
    };
    ($inputs:ident, $field:ident of $part:ident) => {
        $inputs.$field.as_ref().and_then(|whole| $crate::applicability::field::Written::written_at(&whole.$part))
    };
    ($inputs:ident, $field:ident if $test:ident) => {
        $crate::applicability::field::$test(&$inputs.$field)
    };
}
pub(crate) use place;

/// The builders that get a variable.
macro_rules! builders {
    () => {
        &[]
    };
    ($builders:tt) => {
        &$builders
    };
}
pub(crate) use builders;

/// Declares a table of rows for each record of inputs. Inputs whose applicability is not known have no row.
macro_rules! tables {
    ($($(#[$meta:meta])* $record:ident $table:ident { $($more:tt)* } $((
        $(#[doc = $about:literal])+
        $yaml:literal => $field:ident: $type:ty $(as $kind:path)? $(= $required:ident)?;
        $(
            $(of $part:ident $part_name:literal)? $(if $test:ident)? [$($cell:ident),+] $($why:literal)? => $rule:literal;
            $($variable:literal $(: $to:tt)? = $how:ident($($argument:expr),*);)*
        )*
    ))*)*) => {
        $(pub(crate) const $table: &[$crate::applicability::Row<cirun_parser::model::$record>] = &[$($($crate::applicability::Row {
            input: $crate::applicability::tables::name_of!($($part_name of)? $yaml),
            cells: [$($cell),+],
            rule: $crate::applicability::tables::label!($($why)? => $rule),
            place: |_, inputs| $crate::applicability::tables::place!(inputs, $field $(of $part)? $(if $test)?),
            variables: &[$($crate::applicability::tables::Variable {
                name: $variable,
                rule: $rule,
                to: $crate::applicability::tables::builders!($($to)?),
                how: $crate::applicability::tables::How::$how(|inputs| &inputs.$field $(, $argument)*),
            },)*],
        },)*)*];)*
    };
}
pub(crate) use tables;
