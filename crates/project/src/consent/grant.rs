//! What a plan needs consent for: all that it reaches beyond its own containers.

use cirun_plan::{Action, Cause, ContainerAction, HostAction, PlannedStage, PlannedStep, StepPath, steps_here};
use cirun_terminal_text::human_count;

use crate::{
    Compiled,
    settings::{Origin, Settings},
};

/// Maximum length of a command in the list, in characters.
const SHOWN: usize = 100;

/// The kinds of grants, in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    HostStep,
    EngineSocket,
    Privileged,
    PluginImage,
    Setting,
}

impl Kind {
    /// The heading of the kind in the list.
    fn heading(self) -> &'static str {
        match self {
            Self::HostStep => "steps that run on this machine as you, with access to your network and files",
            Self::EngineSocket => "steps that get the engine's socket, which is equivalent to root on this machine",
            Self::Privileged => "privileged containers, which are equivalent to root on this machine",
            Self::PluginImage => "images that replace plugins, and get the same variables and secrets",
            Self::Setting => "settings of .cirun.toml that are less strict than yours",
        }
    }

    /// The word for one grant of the kind.
    fn noun(self) -> &'static str {
        match self {
            Self::HostStep => "host step",
            Self::EngineSocket => "step with the engine's socket",
            Self::Privileged => "privileged container",
            Self::PluginImage => "image in place of a plugin's",
            Self::Setting => "setting",
        }
    }

    fn counted(self, count: usize) -> String {
        match (self, count) {
            (Self::EngineSocket, 2..) => format!("{count} steps with the engine's socket"),
            (Self::PluginImage, 2..) => format!("{count} images in place of plugins'"),
            _ => human_count(count, self.noun()),
        }
    }
}

/// One thing that a run needs consent for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) kind: Kind,
    /// The step, or the setting.
    pub(super) to: String,
    /// What runs, as text.
    pub(super) detail: String,
}

impl Grant {
    /// The line by which the grant is remembered. It leaves out what a step runs, which is part of the content's digest.
    pub(super) fn identity(&self) -> String {
        match self.kind {
            Kind::HostStep | Kind::EngineSocket | Kind::Privileged | Kind::Setting => {
                format!("{}: {}", self.kind.noun(), self.to)
            }
            Kind::PluginImage => format!("{}: {} {}", self.kind.noun(), self.to, self.detail),
        }
    }
}

/// Everything that a run of the plan needs consent for.
pub(super) fn of(compiled: &Compiled) -> Vec<Grant> {
    let steps: Vec<&PlannedStep> = steps_here(&compiled.plan().stages).collect();
    // If no step needs a container, the run uses no engine, and local plugins run on the host.
    let on_host = !steps.iter().any(|step| step.needs_container());
    let mut grants: Vec<Grant> =
        steps.into_iter().flat_map(|step| to_step(step, &compiled.settings, on_host)).collect();
    if compiled.repository_trust.follows_all {
        let settings = compiled.repository_trust.beyond.iter();
        grants.extend(settings.map(|beyond| Grant {
            kind: Kind::Setting,
            to: one_line(&beyond.setting()),
            detail: String::new(),
        }));
    }
    grants.sort_by_key(|grant| grant.kind);
    grants
}

/// What the instances of a stage need beyond what the same steps of its outline were granted.
pub(super) fn beyond(outline: &PlannedStage, stages: &[PlannedStage], settings: &Settings) -> Vec<Grant> {
    let allowed: Vec<_> = outline.steps().into_iter().map(|step| (step, to_step(step, settings, false))).collect();
    let is_allowed = |step: &PlannedStep, wanted: &Grant| {
        let same = allowed.iter().filter(|(of, _)| step.place == of.place && is_instance(&step.path, &of.path));
        let mut grants = same.flat_map(|(_, grants)| grants);
        grants.any(|grant| {
            grant.kind == wanted.kind && (wanted.kind != Kind::PluginImage || grant.detail == wanted.detail)
        })
    };
    let mut more: Vec<Grant> = steps_here(stages)
        .flat_map(|step| {
            let wanted = to_step(step, settings, false).into_iter();
            wanted.filter(move |grant| !is_allowed(step, grant)).collect::<Vec<_>>()
        })
        .collect();
    more.sort_by_key(|grant| grant.kind);
    more
}

/// Whether the step at `path` is the one of the outline, or one of its instances.
fn is_instance(path: &StepPath, outline: &StepPath) -> bool {
    let is_of =
        |(id, of): (&str, &str)| id.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    path.ids().count() == outline.ids().count() && path.ids().zip(outline.ids()).all(is_of)
}

fn to_step(step: &PlannedStep, settings: &Settings, on_host: bool) -> Vec<Grant> {
    let grant = |kind, detail: String| Grant { kind, to: step.path.full().to_owned(), detail };
    match &step.action {
        Action::Host(host) => vec![grant(Kind::HostStep, command(host))],
        Action::Container(container) if container.local_plugin.is_some() && on_host => {
            let image = one_line(&container.image.value.shown());
            vec![grant(Kind::HostStep, format!("cirun in place of {image}, with the paths that the step names"))]
        }
        // cirun's own program runs, and not the image's.
        Action::Container(container) if container.local_plugin.is_some() => Vec::new(),
        Action::Container(container) => {
            let image = one_line(&container.image.value.shown());
            let mut grants = Vec::new();
            if container.engine_socket && settings.gives_sockets() {
                grants.push(grant(Kind::EngineSocket, image.clone()));
            }
            if container.privileged.value {
                grants.push(grant(Kind::Privileged, image.clone()));
            }
            if is_the_repositorys(container, settings) {
                grants.push(grant(Kind::PluginImage, image));
            }
            grants
        }
        Action::Wait(_) | Action::Skip(_) => Vec::new(),
    }
}

/// Whether a setting of the repository replaces the plugin's image by this one.
fn is_the_repositorys(container: &ContainerAction, settings: &Settings) -> bool {
    container.image.origin.causes().iter().any(|cause| match cause {
        Cause::Setting(name) => name
            .strip_prefix("--plugin-image ")
            .and_then(|name| settings.plugin_images.get(name))
            .is_some_and(|image| image.origin == Origin::Repository),
        _ => false,
    })
}

/// The first line of what a host step runs, marked if there are more.
fn command(host: &HostAction) -> String {
    let text = match (&host.script, host.argv.last()) {
        (Some(script), _) => script.value.shown(),
        (None, Some(_)) => host.argv.iter().map(cirun_plan::Text::shown).collect::<Vec<_>>().join(" "),
        (None, None) => String::new(),
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = one_line(lines.next().unwrap_or_default());
    match lines.count() {
        0 => first,
        more => format!("{first} (and {} more)", human_count(more, "line")),
    }
}

/// Text of a repository as one short line. Characters that move the cursor, change the writing direction or are invisible are
/// replaced.
fn one_line(text: &str) -> String {
    let mut shown: String = text.trim().chars().take(SHOWN).map(|c| if is_plain(c) { c } else { '\u{fffd}' }).collect();
    if text.trim().chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn is_plain(character: char) -> bool {
    let turns =
        matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !character.is_control() && !turns && character != '\u{61c}'
}

/// The grants as a list, under the headings of their kinds.
pub(super) fn list(grants: &[Grant]) -> String {
    let width = grants.iter().map(|grant| grant.to.chars().count()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for of_kind in grants.chunk_by(|one, next| one.kind == next.kind) {
        lines.push(format!("  {}:", of_kind[0].kind.heading()));
        for Grant { to, detail, .. } in of_kind {
            lines.push(format!("    {to:width$}  {detail}").trim_end().to_owned());
        }
    }
    lines.join("\n")
}

/// The number of grants of each kind, in words.
pub(super) fn counted(grants: &[Grant]) -> String {
    let kinds = grants.chunk_by(|one, next| one.kind == next.kind);
    kinds.map(|of_kind| of_kind[0].kind.counted(of_kind.len())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_repository_has_no_control_characters() {
        assert_eq!(one_line("make \u{1b}[2J\u{202e}test\u{7}\r"), "make \u{fffd}[2J\u{fffd}test\u{fffd}");
        assert_eq!(one_line(&"x".repeat(101)), format!("{}…", "x".repeat(100)));
        assert_eq!(one_line(&"é".repeat(100)), "é".repeat(100));
    }

    #[test]
    fn grants_are_listed_by_kind() {
        let grant = |kind, to: &str, detail: &str| Grant { kind, to: to.to_owned(), detail: detail.to_owned() };
        let grants = [
            grant(Kind::HostStep, "build.a", "make"),
            grant(Kind::HostStep, "build.long", "true"),
            grant(Kind::EngineSocket, "build.c", "docker:24"),
            grant(Kind::Setting, "infra = \"vm\"", ""),
        ];
        insta::assert_snapshot!(list(&grants), @r#"
          steps that run on this machine as you, with access to your network and files:
            build.a       make
            build.long    true
          steps that get the engine's socket, which is equivalent to root on this machine:
            build.c       docker:24
          settings of .cirun.toml that are less strict than yours:
            infra = "vm"
        "#);
        assert_eq!(counted(&grants), "2 host steps, 1 step with the engine's socket, 1 setting");
    }
}
