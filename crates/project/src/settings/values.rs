//! Settings with a fixed set of values, spelled the same in flags, files and variables.

use cirun_plan::Profile;
use clap::ValueEnum;
use serde::Deserialize;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }
    };
}

words! {
    /// Which AWS the steps use.
    AwsMode {
        /// The built-in emulator, at every AWS name
        Emulated,
        /// AWS itself, with your credentials
        Real,
        /// No credentials and no emulator
        Off,
    }
}
words! {
    /// Where pushes go.
    PushMode {
        /// To the local registry, whatever the YAML says
        Local,
        /// To the registries in the YAML, for allowed accounts
        Real,
        /// Nowhere: only build the images
        None,
    }
}
words! {
    /// Which connections may leave the stage's network.
    EgressMode {
        /// None: steps reach only the stage's own names and the emulated AWS
        None,
        /// Connections to AWS only; the same as `none` if AWS is emulated
        Aws,
        /// All connections
        All,
    }
}
words! {
    /// When to pull images.
    PullMode {
        /// As the step says
        Yaml,
        /// Before every step
        Always,
        /// If the engine does not have them
        Missing,
        /// Never
        Never,
    }
}
words! {
    /// What runs the containers.
    EngineChoice {
        /// The engine that cirun finds
        Auto,
        /// A Docker-compatible engine
        Docker,
        /// No engine: host steps only
        Host,
    }
}
words! {
    /// How the containers of steps start.
    Isolation {
        /// Ahead of their turn, with a small program that waits for the step's command
        Gate,
        /// At their turn, with the step's command
        Plain,
    }
}
words! {
    /// How to show the run.
    ProgressMode {
        /// Progress bars on a terminal, plain lines elsewhere
        Auto,
        /// Progress bars
        Tty,
        /// Plain lines
        Plain,
        /// Events as JSON on stdout
        Json,
        /// Only failures and the summary
        Quiet,
    }
}

/// Parses the name of an infrastructure profile.
///
/// # Errors
/// There is no such profile. The message lists the names.
pub fn parse_profile(text: &str) -> Result<Profile, UnknownProfile> {
    Profile::ALL.into_iter().find(|profile| profile.as_str() == text).ok_or(UnknownProfile)
}

/// A text that is not the name of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected kubernetes, vm, cloud or docker")]
pub struct UnknownProfile;
