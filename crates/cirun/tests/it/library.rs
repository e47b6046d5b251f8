//! `project` and `runner` without the command line, as an editor or a test of someone else's uses them.

use std::{fs, io, sync::Arc};

use cirun_engine::{Cancellation, Event, EventKind, Outcome};
use cirun_project::{Dialogue, Environment, Paths, PlanRequest, Purpose, compile, locate};
use cirun_runner::{Hooks, LocalMachine, RunOptions, RunSetup, checks, new_run_id, record::Record};
use tokio::sync::mpsc;

/// No one: nothing is shown, and no question is answered.
#[derive(Debug)]
struct NoOne;

impl Dialogue for NoOne {
    fn say(&self, _line: &str) {}

    fn can_answer(&self) -> bool {
        false
    }

    fn ask(&self, _question: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn ask_unseen(&self, _question: &str) -> io::Result<Option<String>> {
        Ok(None)
    }
}

const PIPELINE: &str = "pipeline:
  identifier: p
  name: p
  stages:
    - stage:
        identifier: build
        name: build
        type: CI
        spec:
          cloneCodebase: false
          platform: {os: Linux, arch: Amd64}
          runtime: {type: Cloud, spec: {}}
          execution:
            steps:
              - step: {identifier: greet, name: greet, type: Run, spec: {shell: Sh, command: echo hello}}
";

#[tokio::test]
async fn a_pipeline_is_compiled_and_run() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir(at("work")).unwrap();
    fs::write(at("work/ci.yaml"), PIPELINE).unwrap();
    let variables = ["PATH"].map(|name| (name.to_owned(), std::env::var(name).unwrap()));
    let mut environment = Environment::new(variables, at("work"));
    environment.program = env!("CARGO_BIN_EXE_cirun").into();
    let machine = LocalMachine {
        environment,
        paths: Paths {
            home: at("home"),
            config: at("config"),
            data: at("data"),
            state: at("state"),
            cache: at("cache"),
        },
    };
    let context = machine.context(&NoOne);

    let request = PlanRequest { file: Some(at("work/ci.yaml")), trust: true, ..PlanRequest::default() };
    let run = new_run_id(jiff::Timestamp::now());
    let located = locate(&request, context).unwrap();
    let compiled = compile(located, &request, context, Purpose::Run { run: run.clone(), delegate: None }).unwrap();
    assert_eq!(compiled.errors(), 0, "{:?}", compiled.diagnostics);

    let options = RunOptions::default();
    checks::check(&compiled, &options).unwrap();
    let record = Record::create(&compiled.paths, &run).unwrap();
    let workspaces = cirun_engine::Workspaces::default();
    let setup = RunSetup {
        compiled: &compiled,
        options: &options,
        context,
        record: &record,
        run: &run,
        workspaces: &workspaces,
    };
    let ready = setup.set_up().await.unwrap();
    assert_eq!(ready.engine, None, "a host step needs no engine");

    let (sender, mut events) = mpsc::channel::<Event>(64);
    let seen = tokio::spawn(async move {
        let mut lines = Vec::new();
        while let Some(event) = events.recv().await {
            if let EventKind::StepOutput { lines: printed, .. } = event.kind {
                lines.extend(printed.iter().map(str::to_owned));
            }
        }
        lines
    });
    let hooks = Hooks {
        questions: None,
        on_failure: None,
        exit_code: Arc::new(|result| u8::from(result.outcome != Outcome::Succeeded)),
        earlier: None,
        clean: None,
    };
    let (ended, _) = setup.run(ready, hooks, sender, Cancellation::default()).await;
    assert_eq!((ended.result.outcome, ended.left), (Outcome::Succeeded, Vec::new()));
    assert_eq!(seen.await.unwrap(), ["hello"]);
}
