//! Declares a specification once: struct, reader and field table.

use cirun_diagnostics::{Span, Spanned};

use crate::{FieldInfo, FieldKind, Node, Value, codes, lower::context::Context};

/// A value that can be read from a node.
pub(crate) trait FromNode: Sized {
    /// The kind of a field with this type.
    const KIND: FieldKind;

    /// Reads a node that is not null. `None` if it cannot be read, which has been reported.
    fn from_node(node: &Node, cx: &mut Context) -> Option<Self>;
}

/// A struct field: an optional or required value.
pub(crate) trait Slot: Sized {
    const KIND: FieldKind;
    const REQUIRED: bool;

    fn read(node: &Node, cx: &mut Context) -> Option<Self>;

    /// Its value if it is missing; reports it if that is an error.
    fn absent(name: &'static str, owner: Span, cx: &mut Context) -> Self;
}

impl<T: FromNode> Slot for Option<T> {
    const KIND: FieldKind = T::KIND;
    const REQUIRED: bool = false;

    fn read(node: &Node, cx: &mut Context) -> Option<Self> {
        T::from_node(node, cx).map(Some)
    }

    fn absent(_: &'static str, _: Span, _: &mut Context) -> Self {
        None
    }
}

impl<T: FromNode> Slot for Vec<T> {
    const KIND: FieldKind = FieldKind::List(&T::KIND);
    const REQUIRED: bool = false;

    fn read(node: &Node, cx: &mut Context) -> Option<Self> {
        match &node.value {
            Value::List(items) => {
                let mut list = Self::with_capacity(items.len());
                list.extend(items.iter().filter(|item| !item.is_null()).filter_map(|item| T::from_node(item, cx)));
                Some(list)
            }
            Value::Map(entries) if entries.is_empty() => None,
            Value::Scalar { text, .. } if text.trim().is_empty() || is_whole_expression(text) => None,
            Value::Null | Value::Scalar { .. } | Value::Map(_) => {
                cx.expected_list(node);
                None
            }
        }
    }

    fn absent(_: &'static str, _: Span, _: &mut Context) -> Self {
        Self::new()
    }
}

/// A name: a text that is never an expression.
impl FromNode for Spanned<String> {
    const KIND: FieldKind = FieldKind::Text;

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        let Some(text) = node.text() else {
            let message = format!("expected a text, not {}", node.shape());
            cx.report(codes::EXPECTED_TEXT.says(message).at(node.span, ""));
            return None;
        };
        Some(Self { value: text.to_owned(), span: node.span })
    }
}

impl Slot for Spanned<String> {
    const KIND: FieldKind = FieldKind::Text;
    const REQUIRED: bool = true;

    fn read(node: &Node, cx: &mut Context) -> Option<Self> {
        Self::from_node(node, cx).or(Some(Self { value: String::new(), span: node.span }))
    }

    fn absent(name: &'static str, owner: Span, cx: &mut Context) -> Self {
        cx.missing(name, owner);
        Self { value: String::new(), span: Span { end: owner.start, ..owner } }
    }
}

impl FromNode for Node {
    const KIND: FieldKind = FieldKind::Any;

    fn from_node(node: &Node, _: &mut Context) -> Option<Self> {
        Some(node.clone())
    }
}

/// `<+input>` and the like in place of a list or a map: it is set later, so there is nothing to read now.
pub(crate) fn is_whole_expression(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("<+") && text.ends_with(['>', ')'])
}

/// The entries of a map. An empty text or an expression instead is an empty map, anything else an error.
pub(crate) fn is_map(node: &Node, cx: &mut Context) -> bool {
    match &node.value {
        Value::Map(_) => true,
        Value::Null => false,
        Value::Scalar { text, .. } if text.trim().is_empty() || is_whole_expression(text) => false,
        Value::Scalar { .. } | Value::List(_) => {
            cx.expected_map(node);
            false
        }
    }
}

/// Declares a specification: each row is a doc comment (the field's sentence in schemas), the name in YAML, the field
/// and its type. `as KIND` sets the kind of the field if its type does not define it, `= REQUIRED` marks what the
/// schema requires although the model does not. `with span;` adds the place of the whole. `known { … }` lists fields
/// that are read elsewhere or have no effect on a local run. `given { … }` are fields that the caller of `read_known`
/// sets, because they come from more than this map.
macro_rules! record {
    (@kind $type:ty) => { <$type as $crate::lower::spec::Slot>::KIND };
    (@kind $type:ty, $kind:path) => { $kind };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $(#[doc = $about:literal] $yaml:literal => $field:ident: $type:ty $(as $kind_of:path)? $(= $required:expr)?,)*
        }
        $(with $span:ident;)?
        $(given { $(#[doc = $given_about:literal] $given:ident: $given_type:ty,)* })?
        $(known { $($known:literal: $kind:expr, $known_about:literal;)* })?
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[doc = $given_about] $vis $given: $given_type,)*)?
            $(#[doc = concat!("`", $yaml, "`:", $about)] $vis $field: $type,)*
            $(#[doc = "Its place."] $vis $span: cirun_diagnostics::Span,)?
        }

        impl $name {
            /// Its fields in YAML.
            $vis const FIELDS: &'static [$crate::FieldInfo] = &[
                $($crate::FieldInfo {
                    name: $yaml,
                    kind: $crate::lower::spec::record!(@kind $type $(, $kind_of)?),
                    required: <$type as $crate::lower::spec::Slot>::REQUIRED $(|| $required)?,
                    about: $about.trim_ascii(),
                },)*
                $($($crate::FieldInfo { name: $known, kind: $kind, required: false, about: $known_about },)*)?
            ];

            /// Reads the known fields of a map, and leaves the others to the caller.
            pub(crate) fn read_known(
                node: &$crate::Node,
                cx: &mut $crate::lower::context::Context,
                $($($given: $given_type,)*)?
            ) -> Self {
                $(let mut $field: Option<$type> = None;)*
                for entry in node.entries().iter().filter(|entry| !entry.value.is_null()) {
                    match entry.key.value.as_str() {
                        $($yaml => $field = <$type as $crate::lower::spec::Slot>::read(&entry.value, cx),)*
                        _ => {}
                    }
                }
                $(let $field = $field.unwrap_or_else(|| {
                    <$type as $crate::lower::spec::Slot>::absent($yaml, node.span, cx)
                });)*
                Self { $($field,)* $($span: node.span,)? $($($given,)*)? }
            }
        }

        #[cfg(test)]
        impl $crate::outline::Outline for $name {
            fn outline(&self) -> $crate::outline::Shown {
                $crate::outline::Shown::Map(vec![
                    $(($yaml.to_owned(), $crate::outline::Outline::outline(&self.$field)),)*
                    $($((stringify!($given).to_owned(), $crate::outline::Outline::outline(&self.$given)),)*)?
                ])
            }
        }
    };
}
pub(crate) use record;

/// The records of a table of inputs, such as [`run_inputs!`](crate::run_inputs): of a row the part before the first `;`.
macro_rules! records {
    ($($(#[$meta:meta])* $record:ident $table:ident { $($more:tt)* } $((
        $(#[doc = $about:literal])+
        $yaml:literal => $field:ident: $type:ty $(as $kind:path)? $(= $required:ident)?;
        $($planner:tt)*
    ))*)*) => {
        $($crate::lower::spec::record! {
            $(#[$meta])*
            pub struct $record {
                $($(#[doc = $about])+ $yaml => $field: $type $(as $kind)? $(= $required)?,)*
            }
            $($more)*
        })*
    };
}
pub(crate) use records;

/// A [`record`] that reads all fields of one map.
macro_rules! spec {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $($rest:tt)*) => {
        $crate::lower::spec::record! { $(#[$meta])* $vis struct $name $($rest)* }

        impl $crate::lower::spec::FromNode for $name {
            const KIND: $crate::FieldKind = $crate::FieldKind::Object(Self::FIELDS);

            fn from_node(
                node: &$crate::Node,
                cx: &mut $crate::lower::context::Context,
            ) -> Option<Self> {
                $crate::lower::spec::check_tables(node, &[Self::FIELDS], cx).then(|| Self::read_known(node, cx))
            }
        }
    };
}
pub(crate) use spec;

/// A table of fields without a struct: for steps that are recognised and shown, but do not run. A row may have a
/// sentence, as a doc comment.
macro_rules! fields {
    ($($(#[$meta:meta])* $name:ident {
        $($(#[doc = $about:literal])? $yaml:literal: $kind:expr $(, $required:ident)?;)*
    })*) => {
        $($(#[$meta])* pub(crate) const $name: &[$crate::FieldInfo] = &[
            $($crate::FieldInfo {
                name: $yaml,
                kind: $kind,
                required: false $(|| $required)?,
                about: concat!("" $(, $about)?).trim_ascii(),
            },)*
        ];)*
    };
}
pub(crate) use fields;

/// For `= REQUIRED`.
pub(crate) const REQUIRED: bool = true;

/// Reads the map under a step's `spec` with several tables; each field is in one of them.
pub(crate) fn check_tables(node: &Node, tables: &[&[FieldInfo]], cx: &mut Context) -> bool {
    if !is_map(node, cx) {
        return false;
    }
    cx.check_fields(node, tables);
    true
}
