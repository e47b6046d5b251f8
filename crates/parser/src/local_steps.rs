//! The steps that run locally: a line for each, from which the model, the reader and the outline follow.

use crate::{
    Node,
    lower::{context::Context, step},
    model::{
        BackgroundSpec, BuildAndPushSpec, BuildTargetKind, GitCloneSpec, OtherSpec, PluginSpec, RunSpec, RunTestsSpec,
        StoreSpec, StoreStep, WaitSpec,
    },
};

/// Declares a variant, the type of its `spec`, and the function that reads it.
macro_rules! local_steps {
    ($($(#[doc = $about:literal])+ $variant:ident $(($part:ident: $kind:ty))? = $spec:ty, $read:path;)*) => {
        /// `spec` of a step, by its type.
        #[derive(Debug, Clone, PartialEq)]
        pub enum StepSpec {
            $($(#[doc = $about])+ $variant(Box<$spec>),)*
            /// A step type of the schema that does not run locally, or a type that CI stages do not have.
            Other(OtherSpec),
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
            pub(crate) fn read(self, spec: &Node, cx: &mut Context) -> StepSpec {
                match self {
                    $(Self::$variant $(($part))? => StepSpec::$variant(Box::new($read(spec, cx $(, $part)?))),)*
                }
            }
        }

        #[cfg(test)]
        impl crate::outline::Outline for StepSpec {
            fn outline(&self) -> crate::outline::Shown {
                match self {
                    $(Self::$variant(spec) => spec.outline(),)*
                    Self::Other(spec) => spec.outline(),
                    Self::Template => crate::outline::Shown::Nothing,
                }
            }
        }
    };
}

local_steps! {
    /// `Run`, and `Test`, which has the same fields.
    Run = RunSpec, RunSpec::read_known;
    /// `Background`.
    Background = BackgroundSpec, step::background;
    /// `Plugin`.
    Plugin = PluginSpec, PluginSpec::read_known;
    /// `GitClone`.
    GitClone = GitCloneSpec, GitCloneSpec::read_known;
    /// `BuildAndPushECR`, `…DockerRegistry`, `…GAR`, `…GCR`, `…ACR`.
    BuildAndPush(target: BuildTargetKind) = BuildAndPushSpec, step::build_and_push;
    /// `SaveCache*`, `RestoreCache*`, `S3Upload`, `GCSUpload`, `ArtifactoryUpload`.
    Store(step: StoreStep) = StoreSpec, StoreSpec::read_known;
    /// `RunTests`.
    RunTests = RunTestsSpec, step::run_tests;
    /// `Wait`.
    Wait = WaitSpec, WaitSpec::read_known;
}
