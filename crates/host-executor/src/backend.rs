//! The backend: implements the engine's calls with processes.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cirun_engine::{
    Backend, BackendError, EventKind, Exit, OutputChunk, OutputFiles, Readiness, ReadyAction, ReadyHost, ReadyStep,
    Reports, ServiceExit, Shell, StepIo, Stream,
};
use cirun_plan::{PlannedStage, PlannedStep, StepPath};
use tokio::{fs, sync::mpsc, task};

use crate::{
    HostConfig, home, machine_environment,
    paths::HostPaths,
    process::{self, Process, Spawn},
    readiness, reports,
    stage::HostStage,
};

/// Runs host steps.
#[derive(Debug)]
pub struct HostBackend {
    config: HostConfig,
    stage: Mutex<Option<Arc<HostStage>>>,
}

impl HostBackend {
    /// Creates a backend for one run. No process starts yet.
    pub fn new(mut config: HostConfig) -> Self {
        config.environment = machine_environment::passed_on(config.environment);
        config.environment.extend(std::mem::take(&mut config.given));
        Self { config, stage: Mutex::new(None) }
    }

    fn stage(&self) -> Result<Arc<HostStage>, BackendError> {
        let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stage.ok_or_else(|| BackendError::Engine {
            what: "run a step on this machine".to_owned(),
            reason: "no stage was started".to_owned(),
        })
    }

    /// Prepares the files of the attempt and starts the step under a supervisor.
    async fn spawn(&self, stage: &HostStage, step: &ReadyStep) -> Result<Result<Process, Exit>, BackendError> {
        let host = host_action(step)?;
        if let Err(refused) = cirun_step_files::remove(stage.paths.files_of(host)).await? {
            return Ok(Err(Exit::NotStarted { code: RUNNER_ERROR, reason: refused.to_string() }));
        }
        let (supervisor, arguments) = self.config.supervisor.split_first().ok_or_else(|| BackendError::Engine {
            what: "run a step on this machine".to_owned(),
            reason: "no supervisor program is configured".to_owned(),
        })?;
        let mut environment = stage.paths.environment(&self.config.environment, &host.env);
        stage.exports.put_over(&mut environment);
        let mut command = std::process::Command::new(supervisor);
        command
            .args(arguments)
            .args(stage.paths.arguments(&host.argv, &host.env))
            .env_clear()
            .envs(environment)
            .current_dir(&stage.paths.workspace);
        let program = host.argv.first().cloned().unwrap_or_default();
        process::spawn(stage, Spawn { command, program, step: step.path.clone() }, self.config.stop_grace)
    }
}

impl Backend for HostBackend {
    async fn start_stage(&self, stage: &PlannedStage, _: mpsc::Sender<EventKind>) -> Result<(), BackendError> {
        let io_error = |what: String| move |source: io::Error| BackendError::Io { what, source };
        let HostConfig { run_dir, .. } = &self.config;
        let workspace = self.config.workspaces.of(&stage.id).unwrap_or_else(|| self.config.workspace.clone());
        fs::create_dir_all(run_dir)
            .await
            .map_err(io_error(format!("make the run's directory {}", run_dir.display())))?;
        let opened = fs::read_dir(&workspace).await;
        drop(opened.map_err(io_error(format!("open the workspace {}", workspace.display())))?);
        let paths = HostPaths {
            planned_workspace: stage.workspace.clone(),
            workspace: workspace.clone(),
            run_dir: run_dir.clone(),
            home: home::of(&self.config.homes, &stage.id),
            own_files: self.config.own_files.clone(),
        };
        let made = paths.home.clone();
        let what = format!("make the home directory {}", made.display());
        blocking(move || home::make(&made)).await.map_err(io_error(what))?;
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(HostStage::new(paths)));
        Ok(())
    }

    /// There is nothing to prepare: a process starts in a millisecond.
    async fn prepare(&self, _: &PlannedStep) -> Result<(), BackendError> {
        Ok(())
    }

    async fn discard(&self, _: &StepPath) {}

    async fn run(&self, step: &ReadyStep, io: StepIo) -> Result<Exit, BackendError> {
        let stage = self.stage()?;
        let mut process = match self.spawn(&stage, step).await? {
            Ok(process) => process,
            Err(exit) => return Ok(exit),
        };
        let exit = match process.started().await? {
            Ok(()) => process.follow(&io).await?,
            Err(exit) => return Ok(exit),
        };
        if let Err(problem) = stage.exports.take(&stage.paths, host_action(step)?).await {
            let bytes = format!("cirun: {problem}\n").into_bytes().into();
            // Without a receiver, the exit is not needed.
            drop(io.output.send(OutputChunk { stream: Stream::Stderr, bytes }).await);
        }
        Ok(exit)
    }

    /// A program that cannot be started has ended at once: in CI that does not fail the step (background.started).
    async fn start_service(
        &self,
        step: &ReadyStep,
        io: StepIo,
        ended: mpsc::Sender<ServiceExit>,
    ) -> Result<(), BackendError> {
        let stage = self.stage()?;
        let started = match self.spawn(&stage, step).await? {
            Ok(mut process) => process.started().await?.map(|()| process),
            Err(exit) => Err(exit),
        };
        let path = step.path.clone();
        tokio::spawn(async move {
            let (exit, ending) = match started {
                Ok(process) => {
                    let ending = process.ending();
                    (process.follow(&io).await.unwrap_or_else(|error| lost(&error)), ending)
                }
                Err(exit) => (exit, stage.ending.clone()),
            };
            if exit != Exit::Stopped && !ending.is_cancelled() {
                // Without a receiver, the exit is not needed.
                drop(ended.send(ServiceExit { path, exit, cause: None }).await);
            }
        });
        Ok(())
    }

    async fn await_ready(&self, step: &ReadyStep, within: Duration) -> Result<Readiness, BackendError> {
        readiness::watch(&*self.stage()?, &step.path, &host_action(step)?.ports, within).await
    }

    async fn read_outputs(&self, step: &ReadyStep) -> Result<OutputFiles, BackendError> {
        cirun_step_files::read(self.stage()?.paths.files_of(host_action(step)?)).await
    }

    async fn collect_reports(&self, step: &ReadyStep) -> Result<Reports, BackendError> {
        let (stage, globs) = (self.stage()?, step.reports.clone());
        let env = stage.paths.environment(&self.config.environment, &host_action(step)?.env);
        let search = move || reports::collect(&stage.paths, env.get("HOME").map(String::as_str), &globs);
        task::spawn_blocking(search).await.map_err(|error| BackendError::Io {
            what: "read the reports".to_owned(),
            source: io::Error::other(error),
        })?
    }

    /// The user's shell in the place and environment of the step.
    fn shell(&self, step: &ReadyStep) -> Result<Shell, BackendError> {
        let (stage, host) = (self.stage()?, host_action(step)?);
        let mut environment = stage.paths.environment(&self.config.environment, &host.env);
        stage.exports.put_over(&mut environment);
        let mut command = std::process::Command::new(environment.get("SHELL").map_or("sh", String::as_str));
        command.env_clear().envs(environment).current_dir(&stage.paths.workspace);
        Ok(Shell::Program(command))
    }

    async fn end_group(&self, group: &StepPath, deadline: Duration) -> Result<Vec<String>, BackendError> {
        Ok(self.stage()?.end_group(group, self.config.stop_grace, deadline).await)
    }

    async fn destroy_stage(&self, deadline: Duration) -> Result<Vec<String>, BackendError> {
        let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match stage {
            Some(stage) => {
                let mut left = stage.destroy(self.config.stop_grace, deadline).await;
                let home = stage.paths.home.clone();
                if let Err(error) = blocking(move || home::remove(&home)).await {
                    left.push(format!("the home directory {} ({error})", stage.paths.home.display()));
                }
                Ok(left)
            }
            None => Ok(Vec::new()),
        }
    }
}

/// Runs file operations outside the runtime's threads.
async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn host_action(step: &ReadyStep) -> Result<&ReadyHost, BackendError> {
    match &step.action {
        ReadyAction::Host(host) => Ok(host),
        ReadyAction::Container(container) => Err(BackendError::Engine {
            what: format!("run the step `{}` on this machine", step.path),
            reason: format!("it runs in the image `{}`, which needs a container engine", container.image),
        }),
    }
}

/// CI's code for a failure of the runner itself (flow.runner-error).
const RUNNER_ERROR: i64 = 255;

fn lost(error: &BackendError) -> Exit {
    Exit::NotStarted { code: RUNNER_ERROR, reason: error.to_string() }
}
