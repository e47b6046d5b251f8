//! Steps that save, restore and upload files: the plugin, its variables, and the local emulation.

mod auth;
mod local;
mod mapping;
mod plugins;

use cirun_parser::model::{StoreSpec, StoreStep};
use cirun_plan::{Action, Cause, LocalPlugin, Origin, Profile, Traced};

use super::{Check, Lowered, StepCtx, plugin_image, plugin_image::PluginStep, retry};
use crate::{
    applicability::store::visit,
    env::{Env, step::OwnLayers},
    targets::{StoreLocation, StoreWork},
};

/// Such a step at its place.
pub(crate) struct StoreCtx<'a, 'b> {
    pub(crate) at: &'b StepCtx<'a>,
    pub(crate) spec: &'b StoreSpec,
}

/// Lowers a step that uses a store for files.
pub(crate) fn lower(at: &StepCtx<'_>, spec: &StoreSpec) -> Lowered {
    let store = StoreCtx { at, spec };
    visit(spec, &mut Check(at));
    let retry = retry::of_plugin(at, spec.shared.retry.as_ref(), "stores.retry");
    let mut derived = Env::default();
    let target = local::target(&store);
    let credentials = auth::of(&store, &target.location);
    derived.over(&credentials.before);
    derived.over(&mapping::variables(&store));
    let mut added = Env::default();
    if target.location != StoreLocation::Here {
        local::identity(&store, &credentials.need, &mut added);
    }
    let env = at.env(OwnLayers { derived, user: Env::default(), secrets: credentials.after, local: added });

    let plugin = plugins::plugin(spec.step);
    let rule = match at.profile() {
        Profile::Kubernetes | Profile::Docker => plugin.rule,
        Profile::Vm | Profile::Cloud => plugin.rule_on_vm,
    };
    let mut container = plugin_image::container(
        at,
        PluginStep {
            image: (plugin.image, rule),
            env,
            connector: credentials.connector,
            resources: spec.shared.resources.as_ref(),
            run_as_user: spec.shared.run_as_user.as_ref(),
        },
    );
    if target.location == StoreLocation::Here {
        container.local_plugin = Some(local_plugin(&store, plugin.word));
        // The local emulation does not need it.
        container.engine_socket = false;
    }
    at.ctx.notes.store(at.place.path.clone(), target);
    Lowered { retry: Some(retry), ..Lowered::foreground(Action::Container(Box::new(container))) }
}

fn local_plugin(store: &StoreCtx<'_, '_>, word: &str) -> Traced<LocalPlugin> {
    let mut words = vec![word.to_owned()];
    if work(store.spec.step) == StoreWork::Upload && !local::keeps_uploads(&store.at.ctx) {
        words.push("--list".to_owned());
    }
    let on_host = match store.at.profile() {
        Profile::Vm | Profile::Cloud => true,
        Profile::Kubernetes | Profile::Docker => false,
    };
    Traced::new(LocalPlugin { words, on_host }, Origin::new(Cause::Local(local::KEPT_HERE)))
}

/// What a step does in its store.
fn work(step: StoreStep) -> StoreWork {
    match step {
        StoreStep::S3Upload | StoreStep::GcsUpload | StoreStep::ArtifactoryUpload => StoreWork::Upload,
        StoreStep::SaveCacheS3 | StoreStep::SaveCacheGcs | StoreStep::SaveCacheAzure => StoreWork::Save,
        StoreStep::RestoreCacheS3 | StoreStep::RestoreCacheGcs | StoreStep::RestoreCacheAzure => StoreWork::Restore,
    }
}
