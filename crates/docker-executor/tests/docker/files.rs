//! Files between steps, services and the host.

use cirun_docker_executor::EngineSocket;
use cirun_engine::{Backend, OutputFiles, ReadyContainer};
use cirun_plan::Profile;

use super::bench::{Bench, code, planned, service, step, wires};

fn with_output_files(container: &mut ReadyContainer) {
    for (name, file) in [
        ("DRONE_OUTPUT", "s-output.env"),
        ("HARNESS_OUTPUT_FILE", "s-output.env"),
        ("HARNESS_OUTPUT_SECRET_FILE", "s-output-secrets.env"),
        ("PLUGIN_ARTIFACT_FILE", "s-artifact"),
    ] {
        container.env.insert(name.to_owned(), format!("/tmp/engine/{file}"));
    }
}

#[tokio::test]
async fn output_files_of_any_user() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let writer = step("writer", "echo A=1 >> $DRONE_OUTPUT; echo T=s > $HARNESS_OUTPUT_SECRET_FILE", |container| {
        with_output_files(container);
        container.user = Some("12345".into());
    });
    assert_eq!(bench.run(&writer).await.exit, code(0));
    let files = bench.backend.read_outputs(&writer).await.unwrap();
    let expected = OutputFiles {
        outputs: Some(b"A=1\n".to_vec()),
        secrets: Some(b"T=s\n".to_vec()),
        artifact: None,
        refused: None,
    };
    assert_eq!(files, expected);
    assert_eq!(bench.backend.read_outputs(&writer).await.unwrap().secrets, None, "the secrets are left");
    bench.finish().await;
}

#[tokio::test]
async fn an_attempt_begins_with_no_files() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let writer = step("writer", "echo A=1 >> $DRONE_OUTPUT", with_output_files);
    for _attempt in 0..2 {
        assert_eq!(bench.run(&writer).await.exit, code(0));
        assert_eq!(bench.backend.read_outputs(&writer).await.unwrap().outputs, Some(b"A=1\n".to_vec()));
    }
    let idle = step("writer", "true", with_output_files);
    assert_eq!(bench.run(&idle).await.exit, code(0));
    assert_eq!(bench.backend.read_outputs(&idle).await.unwrap(), OutputFiles::default());
    bench.finish().await;
}

#[tokio::test]
async fn an_output_file_cannot_lead_to_the_host() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let writer = step("writer", "ln -s /etc/passwd $DRONE_OUTPUT", with_output_files);
    assert_eq!(bench.run(&writer).await.exit, code(0));
    let OutputFiles { outputs, secrets, artifact, refused } = bench.backend.read_outputs(&writer).await.unwrap();
    assert_eq!((outputs, secrets, artifact), (None, None, None));
    assert!(refused.as_ref().is_some_and(|reason| reason.contains("is a symbolic link")), "{refused:?}");
    bench.finish().await;
}

#[tokio::test]
async fn the_workspace_is_the_hosts() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    std::fs::write(bench.workspace("given"), "from the host").unwrap();
    let ran = bench.run(&step("copy", "pwd; cat given; cp given made", |_| {})).await;
    assert_eq!(ran.out(), "/harness\nfrom the host");
    assert_eq!(std::fs::read_to_string(bench.workspace("made")).unwrap(), "from the host");
    bench.finish().await;
}

async fn shared_paths(profile: Profile) {
    let bench = Bench::new(profile).await;
    bench.start_planned(planned(profile, &[], &["/shared", "/var/cache/deep", "/var/run"])).await.unwrap();
    let user = |container: &mut ReadyContainer| container.user = Some("12345".into());
    let ran =
        bench.run(&step("write", "echo 1 > /shared/a; echo 2 > /var/cache/deep/b; echo 3 > /var/run/c", user)).await;
    assert_eq!(ran.exit, code(0), "{:?}", String::from_utf8_lossy(&ran.stderr));
    let ran = bench.run(&step("read", "cat /shared/a /var/cache/deep/b /var/run/c", |_| {})).await;
    assert_eq!(ran.out(), "1\n2\n3\n");
    bench.finish().await;
}

#[tokio::test]
async fn any_user_writes_to_shared_paths_of_a_bridge() {
    shared_paths(Profile::Docker).await;
}

#[tokio::test]
async fn any_user_writes_to_shared_paths_of_a_pod() {
    shared_paths(Profile::Kubernetes).await;
}

#[tokio::test]
async fn reports_of_the_workspace_and_of_shared_paths() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let script = "mkdir -p out/unit /shared/it; echo u > out/unit/a.xml; echo r > root.xml; echo s > /shared/it/b.xml; echo x > /tmp/c.xml";
    let mut tests = step("tests", script, |_| {});
    tests.reports = ["**/*.xml", "out/unit/a.xml", "/shared/it", "/shared/**/*.xml", "/tmp/*.xml", "none/*.xml"]
        .map(str::to_owned)
        .into();
    assert_eq!(bench.run(&tests).await.exit, code(0));
    assert_eq!(
        collected(&bench, &tests).await,
        [
            "/shared/it/b.xml=s",
            "out/unit/a.xml=u",
            "root.xml=r",
            "/tmp/*.xml: where CI looks: only the workspace (`/harness`) and shared paths are read from outside of a step's \
             container",
            "none/*.xml: in the workspace, `/harness`",
        ]
    );
    bench.finish().await;
}

/// The reports of a step, and the paths without any.
async fn collected(bench: &Bench, step: &cirun_engine::ReadyStep) -> Vec<String> {
    let reports = bench.backend.collect_reports(step).await.unwrap();
    let files = reports.files.iter();
    let files = files.map(|report| format!("{}={}", report.path, String::from_utf8_lossy(&report.content).trim()));
    files.chain(reports.missed.iter().map(|missed| format!("{}: {}", missed.path, missed.place))).collect()
}

/// In a pod the service's agent is in the step's container, and sees its files.
#[tokio::test]
async fn reports_of_a_pods_own_containers() {
    let script = "mkdir -p /tmp/out/x /opt/r; echo a > /tmp/out/x/a.xml; echo b > /tmp/out/b.trx; echo c > /tmp/out/c.txt; echo d > /opt/r/d.xml";
    let mut tests = step("tests", script, |_| {});
    tests.reports = ["/tmp/out", "/opt/*/*.xml", "/opt/none.xml", "/**/*.xml"].map(str::to_owned).into();
    let mut serving = service("serving", &format!("{script}; touch /harness/up; sleep 1000"), |_| {});
    serving.reports = vec!["/opt/r/".to_owned()];
    let bench = Bench::started(Profile::Kubernetes, &[&tests, &serving]).await;
    assert_eq!(bench.run(&tests).await.exit, code(0));
    let expected = [
        "/opt/r/d.xml=d",
        "/tmp/out/b.trx=b",
        "/tmp/out/x/a.xml=a",
        "/opt/none.xml: in the step's own container",
        "/**/*.xml: in the step's own container",
    ];
    assert_eq!(collected(&bench, &tests).await, expected);
    // It is removed then.
    assert_eq!(collected(&bench, &tests).await.len(), tests.reports.len());
    let (io, _output) = wires();
    let (ended, _ends) = tokio::sync::mpsc::channel(1);
    bench.backend.start_service(&serving, io, ended).await.unwrap();
    let waiting = step("waiting", "until [ -e /harness/up ]; do sleep 0.05; done", |_| {});
    assert_eq!(bench.run(&waiting).await.exit, code(0));
    assert_eq!(collected(&bench, &serving).await, ["/opt/r/d.xml=d"]);
    bench.finish().await;
}

#[tokio::test]
async fn environment_and_user() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let ran = bench
        .run(&step("look", "id -u; echo \"$TEXT\"", |container| {
            container.env.insert("TEXT".into(), "two\nlines = $HOME 'q'".into());
            container.user = Some("0".into());
        }))
        .await;
    assert_eq!(ran.out(), "0\ntwo\nlines = $HOME 'q'\n");
    bench.finish().await;
}

#[tokio::test]
async fn the_engines_socket() {
    let look = |asked: bool| {
        step("look", "test -S /var/run/docker.sock && echo socket || echo none", move |container| {
            container.engine_socket = asked;
        })
    };
    let bench = Bench::started(Profile::Docker, &[]).await;
    assert_eq!(bench.run(&look(true)).await.out(), "socket\n");
    assert_eq!(bench.run(&look(false)).await.out(), "none\n");
    bench.finish().await;
    let bench = Bench::with(Profile::Docker, |config| config.engine_socket = EngineSocket::Refused).await;
    bench.start(&[]).await.unwrap();
    assert_eq!(bench.run(&look(true)).await.out(), "none\n");
    bench.finish().await;
}
