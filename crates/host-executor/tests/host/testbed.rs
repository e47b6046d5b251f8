//! Programs for the tests: `supervisor ARGV…` is a supervisor, `drive WORKSPACE SCRIPT` runs a step as cirun does, to be killed,
//! `listen PORT` is a server.

use std::{env, path::Path, process::ExitCode};

use cirun_host_executor::supervisor_main;

#[path = "harness.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod harness;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    match arguments.next().as_deref() {
        Some("supervisor") => ExitCode::from(supervisor_main(arguments)),
        Some("drive") => {
            let (Some(workspace), Some(script)) = (arguments.next(), arguments.next()) else {
                return ExitCode::from(64);
            };
            drive(Path::new(&workspace), &script);
            ExitCode::SUCCESS
        }
        Some("listen") => {
            let Some(port) = arguments.next().and_then(|port| port.parse::<u16>().ok()) else {
                return ExitCode::from(64);
            };
            let _listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("a free port");
            loop {
                std::thread::park();
            }
        }
        _ => ExitCode::from(64),
    }
}

fn drive(workspace: &Path, script: &str) {
    let program = env::current_exe().expect("a process knows its program");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let bed = harness::Bed::at(workspace.to_owned(), &program).await;
        bed.run(&harness::sh("driven", script)).await;
    });
}
