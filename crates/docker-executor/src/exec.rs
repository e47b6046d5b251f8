//! Runs a program in an existing container.

use bollard::{container::LogOutput, exec::StartExecResults, models::ExecConfig};
use cirun_engine::BackendError;
use futures_util::StreamExt;

use crate::{Engine, error::engine_error};

/// The output of a program, and its exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecOutput {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Its exit code.
    pub exit_code: i64,
}

impl Engine {
    /// Runs a program in a running container and waits for its end.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if it cannot be started or followed.
    pub async fn exec(&self, container: &str, command: Vec<String>) -> Result<ExecOutput, BackendError> {
        let failed = |error| engine_error(format!("run a program in `{container}`"), &error);
        let config = ExecConfig {
            cmd: Some(command),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..ExecConfig::default()
        };
        let id = self.docker.create_exec(container, config).await.map_err(failed)?.id;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        if let StartExecResults::Attached { mut output, .. } =
            self.docker.start_exec(&id, None).await.map_err(failed)?
        {
            while let Some(piece) = output.next().await {
                match piece.map_err(failed)? {
                    LogOutput::StdErr { message } => stderr.extend_from_slice(&message),
                    LogOutput::StdOut { message } | LogOutput::Console { message } => {
                        stdout.extend_from_slice(&message);
                    }
                    LogOutput::StdIn { .. } => {}
                }
            }
        }
        let ended = self.docker.inspect_exec(&id).await.map_err(failed)?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(ExecOutput { stdout: text(stdout), stderr: text(stderr), exit_code: ended.exit_code.unwrap_or(-1) })
    }
}
