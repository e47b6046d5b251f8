//! The machine's registry: what it keeps however it ends, and what it removes.

use rustix::process::{Pid, Signal, kill_process};

use crate::it::support::{TestEnvironment, docker, until};

/// A registry for this test, removed with it.
struct Own(String);

impl Own {
    fn new(test: &str) -> Self {
        Self(format!("cirun-registry-test-{test}-{}", std::process::id()))
    }

    /// The example's push of an image from scratch, without the other steps.
    fn shop(&self) -> TestEnvironment {
        TestEnvironment::shop()
            .file("Dockerfile", "FROM scratch\nCOPY VERSION /\n")
            .edit("pipeline.yaml", "- <+steps.version.output.outputVariables.IMAGE_TAG>\n", "")
            .edit("pipeline.yaml", "RELEASE: <+steps.version.output.outputVariables.IMAGE_TAG>", "RELEASE: v1")
            .with("CIRUN_REGISTRY", &self.0)
    }

    /// Kills the registry's process; the engine restarts it.
    fn kill(&self) {
        let pid = || docker(&["inspect", "--format", "{{.State.Pid}}", &self.0]).trim().parse::<i32>().unwrap();
        let killed = pid();
        kill_process(Pid::from_raw(killed).expect("it runs"), Signal::KILL).unwrap();
        until("the engine has started it again", || ![0, killed].contains(&pid()));
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        for words in [["rm", "--force", "--volumes"].as_slice(), &["volume", "rm", "--force"]] {
            drop(std::process::Command::new("docker").args(words).arg(&self.0).output());
        }
    }
}

fn pull(address: &str) {
    docker(&["pull", "--quiet", address]);
    docker(&["image", "rm", address]);
}

#[test]
fn what_was_pushed_is_pulled_after_a_kill_of_everything() {
    let own = Own::new("kill");
    let environment = own
        .shop()
        .edit("pipeline.yaml", "python3 -m shop.cache set released \"$TAG\"", "sleep 1000")
        .edit("pipeline.yaml", "TAG: <+execution.steps.version.output.outputVariables.IMAGE_TAG>", "TAG: v1");
    let words = ["local", "pipeline.yaml", "--step", "push", "--step", "announce", "--events", "e.jsonl"];
    let running = environment.start(&words);
    let events = || std::fs::read_to_string(environment.workspace().join("e.jsonl")).unwrap_or_default();
    let announces = |line: &str| line.contains("\"step_started\"") && line.contains("announce");
    until("the image is pushed", || events().lines().any(announces));
    let header = running.stderr();
    let host =
        header.lines().find_map(|line| line.split_once("to the local registry, ")).expect("the header says where").1;
    let address = format!("{host}/123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:latest");
    pull(&address);
    running.signal(Signal::KILL);
    drop(running.wait());
    own.kill();
    until("the registry answers again", || {
        std::process::Command::new("docker").args(["pull", "--quiet", &address]).output().unwrap().status.success()
    });
    docker(&["image", "rm", &address]);
    // The next run prints the same address, and cleans up after the killed one.
    let next = environment.cirun(&["local", "pipeline.yaml", "--step", "push"]).exits(0);
    assert!(next.stderr.contains(&format!("docker pull {address}")), "{address}\n{next}");
    pull(&address);
}

#[test]
fn garbage_is_collected_when_asked() {
    let own = Own::new("gc");
    let environment = own.shop();
    for version in ["1", "2"] {
        std::fs::write(environment.workspace().join("VERSION"), version).unwrap();
        drop(environment.cirun(&["local", "pipeline.yaml", "--step", "push"]).exits(0));
    }
    let collect = |args: &[&str]| {
        let base = ["aws", "gc", "--grace", "0s", "--untagged-after", "0s"];
        environment.cirun(&[&base, args].concat()).exits(0).stderr
    };
    let freed = |said: &str| said.split_once(" in ").map(|(_, counts)| counts.trim().to_owned()).expect("it says what");
    let foretold = collect(&["--dry-run"]);
    assert!(foretold.contains("would free") && foretold.contains("1 untagged image "), "{foretold}");
    let done = collect(&[]);
    assert!(done.contains(": freed "), "{done}");
    assert_eq!(freed(&foretold), freed(&done));
    let again = collect(&[]);
    assert!(again.contains("freed 0 B in 0 blobs"), "{again}");
}
