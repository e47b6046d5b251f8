//! Replacements for plugin images (`--plugin-image NAME=IMAGE`).

use cirun_image_ref::bare_name;
use cirun_plan::{Cause, Origin, PullPolicy, Text, Traced};

use super::image::Image;
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
