//! A shell in the state of a failed step: its files, environment, user, mounts and network.

use bollard::{
    Docker,
    container::LogOutput,
    models::{ContainerConfig, ContainerCreateBody, ContainerInspectResponse},
    query_parameters::{
        AttachContainerOptionsBuilder, CommitContainerOptionsBuilder, RemoveImageOptionsBuilder,
        ResizeContainerTTYOptionsBuilder,
    },
};
use cirun_engine::{BackendError, ShellTerminal};
use cirun_plan::StepPath;
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use crate::{
    DockerBackend,
    error::{engine_error, explain},
    exit::not_started,
    gate,
    spec::pairs,
};

/// Bash if the image has it. The exit code of the last command is ignored.
pub(crate) const SHELL: [&str; 3] =
    ["/bin/sh", "-c", "if command -v bash >/dev/null; then exec bash; else exec sh; fi"];

impl DockerBackend {
    /// Opens a shell in the container of `step`'s last failure, or in a copy of it if no gate is in it, and returns when
    /// it ends. Containers of failed steps must be kept for this ([`Keep::Failed`](crate::Keep::Failed)).
    ///
    /// # Errors
    /// [`BackendError::Engine`] if there is no such container, if its image has no shell, or if the engine fails.
    pub(crate) async fn open_shell(&self, step: &StepPath, terminal: ShellTerminal) -> Result<(), BackendError> {
        let failed = |reason: String| BackendError::Engine { what: format!("open a shell in `{step}`"), reason };
        let no_container = || failed("it has no container".to_owned());
        let mut held = self.shared.take_held(step).ok_or_else(no_container)?;
        let opened = match &mut held.link {
            Some(link) => match gate::talk(link, &held.env, terminal).await {
                Ok(talked) => talked.map_err(|reason| failed(reason.to_owned())),
                Err(error) => Err(error),
            },
            None => self.shell_in_copy(step, (&held.container, &held.env), terminal).await,
        };
        self.shared.hold(step, held);
        opened
    }

    /// Opens a shell in a copy of a container that has ended.
    async fn shell_in_copy(
        &self,
        step: &StepPath,
        (container, env): (&str, &[(String, String)]),
        terminal: ShellTerminal,
    ) -> Result<(), BackendError> {
        let failed = |reason: String| BackendError::Engine { what: format!("open a shell in `{step}`"), reason };
        let docker = &self.shared.engine.docker;
        let engine_failed = |error| engine_error(format!("open a shell in `{step}`"), &error);
        let old = docker.inspect_container(container, None).await.map_err(engine_failed)?;
        let image = self.copy_of(container).await.map_err(engine_failed)?;
        let name = self
            .shared
            .unique_name(format!("{}-shell", old.name.as_deref().unwrap_or_default().trim_start_matches('/')));
        let created =
            self.shared.create(name, body(old, env.to_vec(), &image), self.shared.config.platform.clone()).await;
        let result = match created {
            Ok(shell) => {
                // The container keeps the layers, so if cirun is killed only a container is left.
                forget(docker, &image).await;
                let result = match talk(docker, &shell, terminal).await {
                    Err(error) => Err(match not_started(&explain(&error)) {
                        Some(_) => failed("its image has no `/bin/sh`".to_owned()),
                        None => engine_failed(error),
                    }),
                    Ok(()) => Ok(()),
                };
                // If this fails, the end of the stage removes it.
                drop(self.shared.engine.remove(&shell).await);
                result
            }
            Err(error) => Err(engine_failed(error)),
        };
        forget(docker, &image).await;
        result
    }

    /// Commits a container's file system to an image; returns its id.
    async fn copy_of(&self, container: &str) -> Result<String, bollard::errors::Error> {
        let options = CommitContainerOptionsBuilder::new().container(container).pause(false).build();
        let docker = self.shared.engine.docker.clone();
        let made = self.shared.make(async move { docker.commit_container(options, ContainerConfig::default()).await });
        Ok(made.await?.id)
    }
}

/// Creates a copy of the failed step's container, with a shell on a terminal.
fn body(old: ContainerInspectResponse, env: Vec<(String, String)>, image: &str) -> ContainerCreateBody {
    let config = old.config.unwrap_or_default();
    ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(SHELL.map(str::to_owned).to_vec()),
        cmd: Some(Vec::new()),
        // With a gate, the container's own variables are the image's.
        env: if env.is_empty() { config.env } else { Some(pairs(env)) },
        user: config.user,
        working_dir: config.working_dir,
        labels: config.labels,
        tty: Some(true),
        open_stdin: Some(true),
        stdin_once: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: old.host_config,
        ..ContainerCreateBody::default()
    }
}

/// Transfers input and output until the shell ends.
async fn talk(docker: &Docker, shell: &str, mut terminal: ShellTerminal) -> Result<(), bollard::errors::Error> {
    let options = AttachContainerOptionsBuilder::new().stream(true).stdin(true).stdout(true).stderr(true).build();
    let mut attached = docker.attach_container(shell, Some(options)).await?;
    docker.start_container(shell, None).await?;
    let size = *terminal.size.borrow();
    resize(docker, shell, size).await;
    loop {
        tokio::select! {
            piece = attached.output.next() => match piece {
                None => return Ok(()),
                Some(piece) => {
                    let bytes = match piece? {
                        LogOutput::StdOut { message } | LogOutput::StdErr { message } | LogOutput::Console { message } => message,
                        LogOutput::StdIn { .. } => continue,
                    };
                    if terminal.output.send(bytes).await.is_err() {
                        return Ok(());
                    }
                }
            },
            typed = terminal.input.recv() => match typed {
                Some(bytes) => {
                    attached.input.write_all(&bytes).await.map_err(|err| bollard::errors::Error::IOError { err })?;
                    attached.input.flush().await.map_err(|err| bollard::errors::Error::IOError { err })?;
                }
                None => return Ok(()),
            },
            Ok(()) = terminal.size.changed() => {
                let size = *terminal.size.borrow_and_update();
                resize(docker, shell, size).await;
            }
        }
    }
}

/// A wrong size only looks bad.
async fn resize(docker: &Docker, shell: &str, (rows, columns): (u16, u16)) {
    let options = ResizeContainerTTYOptionsBuilder::new().h(i32::from(rows)).w(i32::from(columns)).build();
    drop(docker.resize_container_tty(shell, options).await);
}

/// Removes the copy, even while a container is created from it. It may already be gone.
async fn forget(docker: &Docker, image: &str) {
    let options = RemoveImageOptionsBuilder::new().force(true).build();
    drop(docker.remove_image(image, Some(options), None).await);
}
