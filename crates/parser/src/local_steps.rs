//! What follows from the table of steps that run locally: a variant of the model for each, its reader, its outline.

/// Declares a variant, the type of its `spec`, and the function that reads it.
macro_rules! local_steps {
    ($($(#[doc = $about:literal])+ $variant:ident $(($part:ident: $kind:ty))? = $spec:ty, $read:path;)*) => {
        /// `spec` of a step, by its type.
        #[derive(Debug, Clone, PartialEq)]
        pub enum StepSpec {
            $($(#[doc = $about])+ $variant(Box<$spec>),)*
            /// A step type of the schema that does not run locally, or a type that CI stages do not have.
            Other($crate::model::OtherSpec),
            /// A reference without a type.
            Template,
        }

        /// A kind of step that runs locally.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum LocalStep {
            $($(#[doc = $about])+ $variant $(($kind))?,)*
        }

        impl LocalStep {
            /// Reads the `spec` of a step of this kind.
            pub(crate) fn read(self, spec: &$crate::Node, cx: &mut $crate::lower::context::Context) -> StepSpec {
                match self {
                    $(Self::$variant $(($part))? => StepSpec::$variant(Box::new($read(spec, cx $(, $part)?))),)*
                }
            }
        }

        #[cfg(test)]
        impl $crate::outline::Outline for StepSpec {
            fn outline(&self) -> $crate::outline::Shown {
                match self {
                    $(Self::$variant(spec) => spec.outline(),)*
                    Self::Other(spec) => spec.outline(),
                    Self::Template => $crate::outline::Shown::Nothing,
                }
            }
        }
    };
}
pub(crate) use local_steps;
