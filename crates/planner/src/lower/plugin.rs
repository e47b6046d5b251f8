//! Plugin steps (the reference's page plugin).

mod settings;

use cirun_parser::model::PluginSpec;
use cirun_plan::Action;

use super::{ContainerFields, Lowered, StepCtx, image, image::ImageFields, plugin_image};
use crate::{
    applicability::plugin::PLUGIN,
    env::{Env, step::OwnLayers},
    scope::given,
};

/// Lowers a Plugin step: the image's own entrypoint, with the settings as variables.
pub(crate) fn lower(at: &StepCtx<'_>, spec: &PluginSpec) -> Lowered {
    at.check(PLUGIN.iter(), spec);
    let ctx = &at.ctx;
    let Some(image) = given(spec.image.as_ref()) else {
        return Lowered::impossible(if given(spec.uses.as_ref()).is_some() {
            "hosted plugins by repository (`uses`) run on the VM of Harness Cloud only"
        } else {
            "it has no image"
        });
    };
    let derived = spec.settings.as_ref().map_or_else(Env::default, |settings| settings::variables(ctx, settings));
    let own = OwnLayers { derived, user: at.user_layer(spec.env_variables.as_ref()), ..OwnLayers::default() };
    let env = at.env(own);
    let mut image = image::of_step(
        at,
        &ImageFields {
            image,
            connector_ref: spec.connector_ref.as_ref(),
            registries: &spec.registries,
            policy: spec.image_pull_policy.as_ref(),
        },
    );
    plugin_image::replace(ctx, &mut image);
    let fields = ContainerFields {
        resources: spec.resources.as_ref(),
        privileged: spec.privileged.as_ref(),
        run_as_user: spec.run_as_user.as_ref(),
    };
    let mut container = at.container(image, env, &fields);
    container.entrypoint = at.argv(spec.entrypoint.as_ref());
    Lowered {
        reports: at.reports(spec.reports.as_ref()),
        ..Lowered::foreground(Action::Container(Box::new(container)))
    }
}
