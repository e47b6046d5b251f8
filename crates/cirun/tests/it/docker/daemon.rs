//! The machine's daemon behind its guard: steps use the socket as in CI, and images stay on this machine.

use insta::assert_snapshot;

use super::{engine, run};
use crate::it::support::{Stage, TestEnvironment, docker, indent};

const DIND: &str = "cirun.local/dind:1";
const REGISTRY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

/// A Run step with the docker command.
fn client(id: &str, command: &str) -> String {
    format!(
        "- step:\n    name: {id}\n    identifier: {id}\n    type: Run\n    timeout: 2m\n    spec:\n      connectorRef: images\n      \
         image: {DIND}\n      shell: Sh\n      command: |-\n{}",
        indent(command, 8)
    )
}

/// A name that no other run of these tests uses at the same time.
fn unique(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

/// Removes images from the engine when the test ends, in whatever way.
struct Untag(Vec<String>);

impl Drop for Untag {
    fn drop(&mut self) {
        drop(std::process::Command::new("docker").args(["image", "rm", "--force"]).args(&self.0).output());
    }
}

/// The addresses in the run's output for `docker pull`, without the local registry's.
fn printed(words: &str) -> Vec<String> {
    let lines = words.lines().filter_map(|line| line.trim().strip_prefix("docker pull "));
    lines.map(|address| address.split_once('/').expect("a registry's address").1.to_owned()).collect()
}

fn pulls_by_the_printed_address(words: &str) {
    let address = words.lines().find_map(|line| line.trim().strip_prefix("docker pull ")).expect(words);
    docker(&["pull", "--quiet", address]);
    docker(&["image", "rm", "--force", address]);
}

/// The plugin's push of an image from scratch, on a VM.
fn push(name: &str) -> TestEnvironment {
    let step = format!(
        "- step:\n    type: BuildAndPushECR\n    identifier: push\n    name: push\n    spec:\n      connectorRef: aws\n      \
         account: \"123456789012\"\n      region: us-east-1\n      imageName: {name}\n      tags: [v1, v2]\n"
    );
    engine(&Stage::vm().step(&step).pipeline()).file("Dockerfile", "FROM scratch\nCOPY ci.yaml /\n")
}

const PLUGIN: [&str; 4] = ["--plugin-image", "ecr=cirun.local/ecr:1", "--secret", "aws_secret_key=x"];

#[test]
fn a_plugin_pushes_through_it_and_the_image_stays_here() {
    let name = unique("it-daemon");
    let environment = push(&name);
    let (output, events) = run(&environment, &[&PLUGIN[..], &["--create-repository"]].concat(), 0);
    let words = output.stderr;
    assert!(!words.contains("own-daemon") && !words.contains("starts a daemon of its own"), "{words}");
    let said = events.output("push").join("\n");
    let digest =
        said.lines().find_map(|line| line.strip_prefix(&format!("pushed {REGISTRY}/{name}:v1 "))).expect("a digest");
    assert!(words.contains(&format!("{REGISTRY}/{name}:v1  {digest}")), "{words}");
    assert_eq!(printed(&words), [format!("{REGISTRY}/{name}:v1"), format!("{REGISTRY}/{name}:v2")]);
    pulls_by_the_printed_address(&words);
    assert!(said.contains(&format!("the daemon has logged in to {REGISTRY}")), "{said}");
    // The gateway accepted the push, with the rules of the emulated AWS, and no name is left on the engine.
    let log = std::fs::read_to_string(environment.record().join("emulator/requests.jsonl")).unwrap();
    assert!(log.contains("PutManifest") && log.contains("GetAuthorizationToken"), "{log}");
    assert_eq!(docker(&["image", "ls", "--quiet", &format!("*/{REGISTRY}/{name}")]), "");
    assert_eq!(docker(&["image", "ls", "--quiet", &format!("{REGISTRY}/{name}")]), "");
}

#[test]
fn a_repository_must_exist_there_too() {
    let environment = push(&unique("it-nowhere"));
    let (_, events) = run(&environment, &PLUGIN, 1);
    let said = events.output("push").join("\n").to_lowercase().replace('_', " ");
    assert!(said.contains("does not exist") || said.contains("name unknown"), "{said}");
}

#[test]
fn without_the_socket_the_plugin_has_a_daemon_of_its_own() {
    let environment = push(&unique("it-own"));
    let args = [&PLUGIN[..], &["--create-repository", "--no-docker-socket"]].concat();
    let (output, events) = run(&environment, &args, 0);
    drop(output.says("starts a daemon of its own"));
    assert!(!events.output("push").join("\n").contains("the daemon has logged in"));
}

#[test]
fn a_run_step_pushes_to_ecr_and_nowhere_else() {
    let image = format!("{REGISTRY}/{}", unique("it-run-push"));
    let elsewhere = format!("docker.io/cirun-it/{}", unique("refused"));
    let _names = Untag(vec![format!("{image}:1"), format!("{image}:2"), format!("{elsewhere}:1")]);
    let steps = [
        client(
            "build",
            &format!(
                "cp /etc/os-release .\nprintf 'FROM scratch\\nCOPY os-release /\\n' > Dockerfile\nDOCKER_BUILDKIT=0 docker build -q -t {image}:1 -t {image}:2 -t {elsewhere}:1 ."
            ),
        ),
        client("anonymous", &format!("! docker push {image}:1 2> said\ncat said")),
        client(
            "push",
            &format!(
                "echo secret | docker login --username AWS --password-stdin {REGISTRY} 2> /dev/null\ndocker push --all-tags {image} > said\ntail -n 1 said | cut -c 1-14"
            ),
        ),
        client("refused", &format!("! docker push {elsewhere}:1 2> said\ncat said")),
        client(
            "nested",
            &format!(
                "! docker run --rm -v /var/run/docker.sock:/var/run/docker.sock --entrypoint docker {DIND} push {elsewhere}:1 2> said\ncut -c 1-56 said"
            ),
        ),
        client(
            "again",
            &format!(
                "docker image rm {image}:1 > /dev/null\ndocker pull -q {image}:1\n! docker pull -q {image}:9 2> said\ncat said"
            ),
        ),
    ];
    let stage = steps.iter().fold(Stage::vm(), |stage, step| stage.step(step));
    let (output, events) = run(&engine(&stage.pipeline()), &[], 0);
    let message = |step: &str| {
        let text = events.output(step).join("\n");
        text.replace(&elsewhere, "[ELSEWHERE]").replace(&image, "[IMAGE]").replace(REGISTRY, "[ECR]")
    };
    assert_snapshot!(message("anonymous"), @"no basic auth credentials: log in to [ECR] first");
    assert_snapshot!(message("push"), @"
    Login Succeeded
    2: digest: sha
    ");
    assert_snapshot!(message("refused"), @"Error response from daemon: cirun refuses the push to docker.io: `--push \
        local` keeps images of ECR, and of the registries that build-and-push steps of the pipeline push to; `--push \
        real --allow-account docker.io` allows this one");
    assert_snapshot!(message("nested"), @"Error response from daemon: cirun refuses the push to do");
    assert_snapshot!(message("again"), @"
    [IMAGE]:1
    Error response from daemon: `[IMAGE]:9`: AWS is emulated, and the local registry does not have it: push it first, or use `--aws real`
    ");
    assert_eq!(printed(&output.stderr), [format!("{image}:1"), format!("{image}:2")]);
    pulls_by_the_printed_address(&output.stderr);
}

/// Upgraded connections, half-closed ones, long streams and large bodies.
#[test]
fn everything_else_passes() {
    let command = "\
name=cirun-it-$(cat /etc/hostname)
printf 'in and out' | docker run --rm -i --name $name cirun.local/busybox:1 sh -c 'cat; echo; echo aside >&2' 2> err; cat err
docker run -d --name $name cirun.local/busybox:1 sleep 60 > /dev/null
printf 'by exec' | docker exec -i $name sh -c 'cat; echo'
head -c 20000000 /dev/zero | docker exec -i $name wc -c
docker exec $name sh -c 'head -c 20000000 /dev/zero' | wc -c
head -c 5000000 /dev/zero > big && docker cp big $name:/big && docker exec $name wc -c /big
docker rm -f $name > /dev/null
docker run --rm cirun.local/busybox:1 sh -c 'exit 7' || echo ended with $?
docker inspect no-such-container 2>&1 | tail -n 1 | cut -c 1-21";
    let (_, events) = run(&engine(&Stage::vm().step(&client("use", command)).pipeline()), &[], 0);
    assert_eq!(
        events.output("use"),
        [
            "in and out",
            "aside",
            "by exec",
            "20000000",
            "20000000",
            "5000000 /big",
            "ended with 7",
            "Error: No such object"
        ]
    );
}

/// The plugin's push of this image.
fn plugin(id: &str, name: &str, more: &str) -> String {
    let step = format!(
        "- step:\n    type: BuildAndPushECR\n    identifier: {id}\n    name: {id}\n    spec:\n      connectorRef: aws\n      \
         account: \"123456789012\"\n      region: us-east-1\n      imageName: {name}\n      tags: [v1]\n"
    );
    step + &indent(more, 6)
}

#[test]
fn a_plugin_that_pushes_nothing_logs_in_nowhere() {
    let environment = push(&unique("it-none"));
    let (_, events) = run(&environment, &[&PLUGIN[..], &["--push", "none"]].concat(), 0);
    assert_eq!(events.outcomes(), "push succeeded");
    assert_eq!(docker(&["image", "ls", "--quiet", &format!("{REGISTRY}/{}", unique("it-none"))]), "");
}

#[test]
fn an_image_that_an_earlier_step_pushed_is_built_from() {
    let (base, name) = (unique("it-base"), unique("it-from"));
    let stage =
        Stage::vm().step(&plugin("first", &base, "")).step(&plugin("second", &name, "dockerfile: second/Dockerfile\n"));
    let environment = engine(&stage.pipeline())
        .file("Dockerfile", "FROM scratch\nCOPY ci.yaml /\n")
        .file("second/Dockerfile", format!("ARG TAG=v1\nFROM {REGISTRY}/{base}:$TAG\nCOPY ci.yaml /again\n"));
    let (_, events) = run(&environment, &[&PLUGIN[..], &["--create-repository"]].concat(), 0);
    assert_eq!(events.outcomes(), "first succeeded, second succeeded");
    for name in [base, name] {
        assert_eq!(docker(&["image", "ls", "--quiet", &format!("{REGISTRY}/{name}")]), "", "{name}");
    }
}
