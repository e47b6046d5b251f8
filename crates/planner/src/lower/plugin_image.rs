//! The containers of Harness's plugins, and replacements for their images (`--plugin-image NAME=IMAGE`).

use cirun_image_ref::bare_name;
use cirun_parser::{Text as Field, model::Resources};
use cirun_plan::{Cause, ContainerAction, Environment, Origin, PullPolicy, Text, Traced};

use super::{ContainerFields, StepCtx, image, image::Image};
use crate::scope::Ctx;

/// Replaces `image` if the user set another one for its name: `plugins/kaniko-ecr`, or the last part of it.
pub(crate) fn replace(ctx: &Ctx<'_>, image: &mut Image) {
    let Some(reference) = image.reference.value.as_known() else { return };
    let Some((name, replacement)) = given_for(ctx, reference) else { return };
    let cause = Cause::Setting(format!("--plugin-image {name}"));
    image.reference =
        Traced::new(Text::Known(replacement.to_owned()), image.reference.origin.clone().then(cause.clone()));
    // A replacement is usually an image on this machine, whatever its tag.
    if ctx.inputs.pull.is_none() {
        image.pull = Traced::new(PullPolicy::IfNotPresent, Origin::new(cause));
    }
}

fn given_for<'c>(ctx: &'c Ctx<'_>, reference: &str) -> Option<(&'c str, &'c str)> {
    let name = bare_name(reference);
    let short = name.rsplit('/').next().unwrap_or(name);
    let images = &ctx.inputs.plugin_images;
    [name, short]
        .into_iter()
        .find_map(|key| images.get_key_value(key).map(|(key, image)| (key.as_str(), image.as_str())))
}

/// A step that runs one of Harness's plugins; its inputs do not choose the image.
pub(crate) struct PluginStep<'a> {
    /// The plugin's image, before `--plugin-image` replaces it, and the rule that names it.
    pub(crate) image: (&'static str, &'static str),
    pub(crate) env: Environment,
    /// The connector of the step, by identifier.
    pub(crate) connector: Option<Traced<String>>,
    pub(crate) resources: Option<&'a Resources>,
    pub(crate) run_as_user: Option<&'a Field>,
}

/// The container of such a step.
pub(crate) fn container(at: &StepCtx<'_>, step: PluginStep<'_>) -> ContainerAction {
    let (image, rule) = step.image;
    let reference = Traced::new(Text::from(image), Origin::new(Cause::Default { rule }));
    let pull = image::pull_policy(&at.ctx, None, &reference.value);
    let mut image = Image { reference, pull, auth: None, connector: None };
    replace(&at.ctx, &mut image);
    let fields = ContainerFields { resources: step.resources, privileged: None, run_as_user: step.run_as_user };
    ContainerAction { connector: step.connector, ..at.container(image, step.env, &fields) }
}
