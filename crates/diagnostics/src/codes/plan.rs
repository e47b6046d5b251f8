//! What can be wrong with a pipeline, by what it is about.

use crate::code::codes;

codes! {
    MISSING_INFRASTRUCTURE = Error "missing-infrastructure", "a stage without infrastructure",
        "A CI stage has `runtime` or `infrastructure`, which decides images, variables and networks. Add one of them, \
         or choose with `--infra`.";
    UNKNOWN_INFRASTRUCTURE = Error "unknown-infrastructure", "no such infrastructure",
        "The types are KubernetesDirect, KubernetesHosted, VM, Cloud and Docker. They are case-sensitive. `--infra` \
         overrides the document.";
    UNKNOWN_STAGE = Error "unknown-stage", "no stage has this identifier",
        "`--stage` and `useFromStage` name a stage of this pipeline by its identifier. `cirun list` shows them.";
    UNKNOWN_STEP = Error "unknown-step", "no step has this identifier",
        "`--step`, `--from` and `--until` name a step by its identifier, or by its path if it is in a step group. \
         `cirun list` shows them.";
    DUPLICATE_STEP = Error "duplicate-step", "two steps get the same identifier",
        "Loops and templates generate identifiers. Two steps of one step group got the same one, so expressions and \
         networks cannot distinguish them. Rename one.";
    STAGE_NOT_RUN = Parity "stage-not-run", "a stage that is not run locally",
        "cirun runs CI stages, and the containerised step groups of others. A Deployment, Approval, Custom, … stage \
         without such a group is left out, and its outputs are missing in later stages. It is an error with \
         `--fail-on-skip`, and if nothing else of the pipeline is left to run.";
    BACKGROUND_OUTSIDE_GROUP = Error "background-outside-group", "a service of a stage that has no place for it",
        "A Background step of a Deployment, Custom, … stage runs in the pod or network of a containerised step group. \
         Outside of one, Harness starts no service. Put it, with the steps that use it, into a step group with \
         `stepGroupInfra`.";
    STEP_NOT_RUN = Parity "step-not-run", "a step that is not run locally",
        "The type of the step needs the Harness service or a store outside this machine. It is shown as skipped. It is \
         an error with `--fail-on-skip`, and if nothing else of the pipeline is left to run.";
    RETRY_NOT_DONE = Parity "retry-not-done", "a plugin that starts once",
        "On Kubernetes the service starts the plugin's container up to `spec.retry` times until it succeeds. What it \
         does elsewhere is not known. Locally the plugin starts once.";
    NO_TEST_SELECTION = Parity "no-test-selection", "all tests run",
        "In CI, test intelligence may select tests by what changed. Locally the command runs all tests.";
    REJECTED_INPUT = Error "rejected-input", "an input that the service refuses here",
        "The field exists, but not on the infrastructure of this stage, or not with this value. The label names the rule.";
    MISSING_REQUIRED_INPUT = Error "missing-required-input", "a required input of a step",
        "The step cannot work without the field on the infrastructure of this stage. The label names the rule.";
    SPLIT_VALUE = Warning "split-value", "a value that the plugin cuts in two",
        "The build-and-push plugins get build arguments as one text with `;` between them, and labels with `,` between \
         them. There is no way to escape it, so that character ends the value, locally as in CI.";
    OUTPUT_NOT_WRITTEN = Warning "output-not-written", "an output that the plugin does not write",
        "Only the kaniko plugins write the output variable `digest`. With the plugins of VMs, and with buildx, the \
         expression resolves to `null`. The digest is in the step's artifact: \
         `<+steps.ID.artifact_ID.stepArtifacts.publishedImageArtifacts[0].digest>`.";
    IGNORED_INPUT = Warning "ignored-input", "an input without effect",
        "Nothing reads the field on this infrastructure, with this plugin, or together with another field. The step \
         does the same without it.";
    NOT_OFFERED_INPUT = Note "not-offered-input", "an input that the Studio does not show here",
        "The visual editor hides the field on this infrastructure. In YAML it works.";
    IMAGE_WITHOUT_CONNECTOR = Note "image-without-connector", "an image without its connector",
        "The Studio asks for `connectorRef` together with `image`. Without it the image is pulled without \
         the connector's credentials.";
    UNKNOWN_WORD = Error "unknown-word", "a word that the field does not know",
        "The field takes one of a few words (a pull policy, a shell, a status, a failure action, …), after expressions \
         are resolved. The help lists them.";
    WRONG_TYPE = Error "wrong-type", "an expression of the wrong type",
        "The value of the expression is not the number or boolean that the field takes.";
    NOT_A_MAP = Error "not-a-map", "an expression that is not a map",
        "The field takes a map, but its expression does not evaluate to a map when the stage begins.";
    BAD_DURATION = Error "bad-duration", "not a duration",
        "A duration is whole numbers with `w`, `d`, `h`, `m` or `s`, such as `10m` or `1h 30m`.";
    BAD_QUANTITY = Error "bad-quantity", "not a quantity of CPU or memory",
        "CPU is a number of cores or of thousandths (`0.5`, `500m`). Memory is a number with a unit (`512Mi`, `2G`).";
    BAD_IMAGE = Error "bad-image", "not the name of an image",
        "An image is `HOST/PATH:TAG`, where the host may be left out, and the path is in lower case. Images of ECR and GCR \
         need the path too. Wildcards and spaces are not supported. No engine accepts it, here or in CI.";
    BAD_USER = Error "bad-user", "not a user id",
        "`runAsUser` is the number of a user, from 0 to 2147483647. A name, a fraction or a number below zero is refused, and so \
         is a group after a colon.";
    BAD_ENV_NAME = Error "bad-env-name", "not the name of a variable",
        "A variable of `envVariables` has a name without `=`. Kubernetes takes letters, digits, `.`, `_` and `-`, and \
         no digit at the beginning; elsewhere such a name is a warning: the step gets it, and no shell can read it.";
    BAD_PATTERN = Error "bad-pattern", "not a pattern",
        "`match` of an item of `registries` is a Java regular expression. Report paths are globs; a bad one is only a \
         warning, because CI then finds no file and the step continues.";
    BAD_HOST_NAME = Warning "bad-host-name", "not a host name",
        "A name in `networkAliases` has a space in it. Docker accepts it, but no program can resolve it.";
    ENTRYPOINT_IN_ONE = Warning "entrypoint-in-one", "an entrypoint that is not a list",
        "`entrypoint` is a list of arguments. A single text is a list of one: the name of the program, spaces included.";
    INVALID_NAME = Error "invalid-name", "a name that AWS or the registry refuses",
        "A step pushes to an account, region, repository or tag that cannot exist. An account's id has 12 digits, a \
         region is named as `us-east-1`, a repository's name is in lower case, and a tag has letters, digits, `_`, `.` \
         and `-`, at most 128. The rule applies to the final variables of the plugin, after every `envVariables`. \
         Where a running step decides the name, the step that uses it fails before its container starts.";
    BAD_PORT = Error "bad-port", "not a port",
        "`portBindings` maps host ports to container ports. A port is a whole number from 1 to 65535.";
    HOST_PORT_TWICE = Error "host-port-twice", "two services bind the same port of the host",
        "A port of the machine belongs to one service: the second one could not start. In CI this fails silently, and \
         the service is missing. Give one of them another host port in `portBindings`.";
    POD_PORT_TWICE = Warning "pod-port-twice", "two services of a pod want the same port",
        "On Kubernetes all services of a stage share the ports of one pod. Two that run the same image, or images that \
         expose the same port, only work together if one of them is configured to listen on another port.";
    SERVICE_NAME_TWICE = Warning "service-name-twice", "two services have the same name",
        "A service answers to its id, or to `<group>_<id>` of the nearest step group, and to its aliases. If two share \
         a name, which one answers is random.";
    SERVICE_ADDRESS = Warning "service-address", "an address without a service",
        "A step in a container reaches a service by its id and the container's port, a step on the machine by \
         `localhost` and the host's port of `portBindings`. In a container `localhost` is that container. From the \
         machine, a service without `portBindings` cannot be reached. cirun takes its port from the name of its image, \
         or from its command and variables.";
    RESERVED_PATH = Error "reserved-path", "a shared path that Harness reserves",
        "All steps share the workspace anyway, and some paths belong to the runner. Remove the path from \
         `sharedPaths`.";
    POD_VOLUME = Parity "pod-volume", "a volume of the pod that differs here",
        "`infrastructure.spec.volumes` and `stepGroupInfra.spec.volumes` mount volumes into every container of the \
         pod. An `EmptyDir` is an empty volume of the run: in memory with its `size` where its `medium` is `Memory`, \
         otherwise on disk and without a limit. A `PersistentVolumeClaim` and a directory of `HostPath` are empty \
         volumes of the run too: cirun has no access to their content in the cluster, and shows no directory of this \
         machine instead. A `ConfigMap`, a `Secret` and files of the node are not mounted. A step that reads them must \
         bring its own.";
    BAD_LOOP = Error "bad-loop", "a strategy that cannot be expanded",
        "A matrix needs axes with values, a repeat needs items or times, and the number of instances has a limit.";
    DECIDED_TOO_LATE = Error "decided-too-late", "a value that is needed before the stage begins",
        "The expression reads the result of a step, but names, images, loops, ports and the like are needed before any \
         step runs. Use a variable or an input, or do the work in the step's command.";
    EXPRESSION_ERROR = Error "expression-error", "an expression that cannot be evaluated",
        "The expression is well formed, but its evaluation failed: the value does not have the method, a division by \
         zero, a limit. The message has the reason.";
    UNRESOLVED_EXPRESSION = Warning "unresolved-expression", "an expression that resolves to nothing",
        "No name matches the path here. As in the service, it becomes the text `null`. `docs/expressions.md` lists the \
         names. `<+trigger.…>` is null as in CI where no trigger starts the pipeline, and `<+variable.…>` exists only \
         in Harness: `--var PATH=VALUE` sets a value.";
    NULL_DURATION = Warning "null-duration", "a time with an expression that is `null`",
        "The expression of a `timeout` or another time is `null`, which is not a time. Here the default applies; CI may \
         refuse the stage, or apply a default of its own. Set a value for the expression.";
    NULL_PUSHED = Warning "null-pushed", "a push with an expression that is `null`",
        "An expression that resolves to nothing becomes the text `null`, in CI as here. In the name or tag of an \
         image, or in a `git push` with force, this is rarely intended, and what it overwrites is lost.";
    MISSING_INPUT = Error "missing-input", "a runtime input without a value",
        "An `<+input>` needs a value before the run: from `--input PATH=VALUE`, from `--input-set FILE`, or at the \
         prompt of a terminal. `cirun check` reports it as a note.";
    MISSING_SECRET = Error "missing-secret", "a secret without a value",
        "Set it with `--secret-file FILE`, the variable `CIRUN_SECRET_<ID>`, or `--secret ID`, which prompts for it. \
         Only a run needs it: `cirun check` reports it as a note, and a plan shows `***` as for every secret.";
    CONNECTOR_ASSUMED = Parity "connector-assumed", "a connector that is in no file",
        "A `connectorRef` is looked up among the connector documents under `.harness/` and under every `--include` \
         directory. References with `account.` and `org.` also find a connector without scope. Most connectors exist \
         only in Harness, so cirun has a substitute for one that is in no file: your own `docker login` for pulls (or \
         no login), the keys of the emulated AWS for an `Aws` connector, with `--aws real` your own identity in place \
         of the delegate's. A repository is cloned without a login, and a push that stays here needs none. On \
         Kubernetes, CI puts the registry of the connector before images that do not name it; locally the image is \
         used as written.";
    UNKNOWN_CONNECTOR = Error "unknown-connector", "a connector that is in no file, and that a real push needs",
        "With `--push real`, images and files go where the connector logs in. There is no substitute for that login: \
         write the connector into a file, or omit `--push real`. `Aws` connectors still have one: with `--aws real`, \
         your own identity signs in. With `--aws real`, pushes to the registries of Google and Azure always need their \
         connector.";
    INCOMPLETE_CONNECTOR = Error "incomplete-connector", "a connector lacks a field",
        "The connector's type needs the field that the message names.";
    WRONG_CONNECTOR_TYPE = Error "wrong-connector-type", "a connector of another type",
        "The step takes a connector of one type: `Aws` for ECR and S3, `Gcp` for GAR, GCR and GCS, `Azure` for \
         ACR, `DockerRegistry` for Docker registries and images.";
    NO_DELEGATE_IDENTITY = Parity "no-delegate-identity", "a delegate's identity that does not exist here",
        "A `Gcp` or `Azure` connector that inherits from the delegate sends nothing: in CI the plugin takes the \
         identity of its machine. Your machine has none. Set the plugin's variables in `envVariables`, or use another \
         connector.";
    REPO_WITHOUT_REGISTRY = Warning "repo-without-registry", "an image's name without its registry",
        "The Docker plugins push to `repo` as written. Without the host of a registry it is a name on Docker Hub, \
         whatever registry the connector logs in to. Add the host.";
    REGISTRY_TWICE = Warning "registry-twice", "an ECR image's name with its registry",
        "kaniko-ecr puts the registry, made of `account` and `region`, before `imageName`, even if it is there \
         already. buildx-ecr and ecr do not.";
    CONNECTOR_NOT_READ = Parity "connector-not-read", "an image's connector whose credentials are not used",
        "cirun pulls images with `DockerRegistry` connectors, and images of ECR with `Aws` ones. CI pulls with the credentials \
         of Gcp and Azure connectors too. Log in to the registry with `docker login`.";
    NOT_A_REGISTRY = Warning "not-a-registry", "an image's connector that is not for a registry",
        "Images are pulled with connectors of the types DockerRegistry, Gcp, Aws and Azure. With another one the image is \
         pulled without credentials.";
    MALFORMED_REGISTRY_URL = Error "malformed-registry-url", "not the URL of a registry",
        "`dockerRegistryUrl` has a scheme and a host, such as `https://registry.example.com`.";
    EMPTY_ENV_DROPPED = Warning "empty-env-dropped", "an empty variable that the step does not get",
        "On VM, Cloud and the local runner, a variable whose value is empty is not set at all. On Kubernetes it is set \
         and empty.";
    EXIT_LOSES_OUTPUTS = Warning "exit-loses-outputs", "a script that ends before its output variables are written",
        "The service appends the export of declared output variables to the script. A script that ends with `exit 0` \
         never gets there, and the step fails for the missing file.";
    CONSTANT_OPERAND = Warning "constant-operand", "a condition with an operand that is always true",
        "`<+a> == \"x\" || \"y\"` compares once: the second operand is a text, and texts are true. Compare again.";
    UNPRIVILEGED_DIND = Warning "unprivileged-dind", "Docker-in-Docker without its privilege",
        "The daemon of `docker:dind` images needs a privileged container. In CI the service starts, its daemon does not, \
         and later steps find no Docker.";
    UNREAD_VARIABLE = Warning "unread-variable", "a variable that the plugin does not read",
        "The documentation names the variable, but no plugin reads it, or it is for another plugin than the one that \
         builds here: kaniko-ecr on Kubernetes, ecr on the other infrastructures, buildx-ecr with `caching: true`. \
         Setting it changes nothing.";
    LOGIN_OVERRIDDEN = Warning "login-overridden", "a user name that replaces the ECR token",
        "buildx-ecr and ecr log in to the registry with `PLUGIN_USERNAME` and `PLUGIN_PASSWORD` if they are set, and not with \
         the token that ECR gave them. Credentials for a base image go into `baseImageConnectorRefs`.";
    SERVICE_HOST_NAME = Parity "service-host-name", "a service that CI does not find by its id",
        "On Kubernetes all steps share one network namespace: a Background step is on `localhost`, and its id resolves \
         only if the infrastructure's `spec.hostNames` lists it. Locally the id resolves, to help you find the \
         problem.";
    SERVICE_IN_GROUP = Warning "service-in-group", "a service in a step group, reached without the group's name",
        "On VM, Cloud and the local runner, a Background step in a step group is known as `GROUP_ID`, with the \
         identifiers of its nearest step group and its own. Its own identifier alone does not resolve, in CI and \
         locally.";
    POLICY_NOT_ENFORCED = Parity "policy-not-enforced", "policy sets that are not evaluated",
        "Policy sets are evaluated by the Harness service. Locally the step runs without them.";
    STEP_GROUP_INFRA = Parity "step-group-infra", "a step group with its own pod",
        "A containerised step group (`stepGroupInfra`) has a pod or network of its own, here as in CI. In CI its workspace is \
         its own too, and empty at first; locally its steps see the stage's workspace.";
    LOOP_RUNS_ALL = Parity "loop-runs-all", "a loop that continues after a failure",
        "With `onFailure: SkipQueued`, CI skips the instances of a loop that have not begun when another one fails. \
         Locally all instances run, as with `RunAll`.";
    OTHER_WORKSPACE = Note "other-workspace", "a workspace that is not as in CI",
        "Steps work in the repository itself, as it is. In CI a stage with `cloneCodebase: false` begins with an empty \
         workspace, and `cloneDirectory` puts the clone into a directory in it. `--clean-clone` does the same here.";
    OTHER_BUILD = Parity "other-build", "a build that is not checked out",
        "The codebase's `build` names a branch or commit, but another one is checked out. As in CI, `<+codebase.…>` \
         and the variables have the values of the pipeline; the files are those of the working tree. `--codebase` \
         names another build.";
    CACHE_INTELLIGENCE = Parity "cache-intelligence", "cache steps that do not run",
        "With `caching.enabled`, Harness Cloud restores a cache before the steps and saves it after them. Locally the \
         workspace keeps what the steps left.";
    PLATFORM_NOT_HERE = Warning "platform-not-here", "a platform that does not run here",
        "Steps run in Linux containers. A stage for Windows or macOS is planned, so that `plan`, `explain` and `check` \
         work on it; its steps are shown as skipped. With `--fail-on-skip` that is an error.";
    UNKNOWN_PLATFORM = Error "unknown-platform", "a platform that Harness does not know",
        "`platform.os` is Linux, MacOS or Windows; `platform.arch` is Amd64 or Arm64.";
    OTHER_PROCESSOR = Parity "other-processor", "a stage for another processor",
        "CI runs the stage on machines of that processor. Locally cirun uses images for the machine's processor, \
         unless `--platform` names another one, which the engine then emulates.";
    SIBLING_REPOSITORY = Parity "sibling-repository", "the address of a repository is guessed",
        "The connector of the repository is not known, or does not exist, as for Harness Code. The step clones the \
         repository of that name from the codebase's own server and owner, without a login.";
    MALFORMED_GIT_URL = Error "malformed-git-url", "not the address of a Git server",
        "`url` of a connector to Git repositories is `https://HOST/PATH`, `ssh://HOST/PATH` or `git@HOST:PATH`.";
    GIT_APP_TOKEN = Parity "git-app-token", "a token that only the service makes",
        "With `GithubApp`, in CI the service gets a token from GitHub with the app's key. cirun does not: private \
         repositories need `DRONE_NETRC_USERNAME` and `DRONE_NETRC_PASSWORD` by `--env`.";
    GIT_LOGIN_NOT_GIVEN = Parity "git-login-not-given", "steps have no login for the codebase",
        "On VM, Cloud and the local runner, what the codebase's connector logs in with (`DRONE_NETRC_PASSWORD`, \
         `DRONE_SSH_KEY`, …) is in the environment of every step. Locally nothing needs it for cloning, so the secret \
         may be missing; the variables are then missing too.";
    KEYS_IGNORED = Warning "keys-ignored", "kaniko-ecr does not use the connector's keys",
        "If a role is set, kaniko-ecr assumes it with the identity of its environment (the pod), as measured with the \
         plugin itself. Use OIDC, or let the pod's identity assume the role.";
    ROLE_OVERRIDDEN = Warning "role-overridden", "a role that another one replaces",
        "With OIDC, the cross-account role takes the place of `iamRoleArn`: the token is presented to the cross-account \
         role itself, whose trust policy must accept it.";
    SESSION_TOKEN_DROPPED = Parity "session-token-dropped", "CI drops the session token",
        "`sessionTokenRef` is not mapped to a variable, so temporary keys fail in CI. Locally cirun adds \
         `AWS_SESSION_TOKEN`; with `--strict-parity` it does not. Use long-lived keys, a role or OIDC.";
    DELEGATE_IDENTITY = Parity "delegate-identity", "another identity signs",
        "The plugin gets no keys from the connector: in CI the delegate or the pod signs. Locally an identity of the \
         emulated AWS signs, and with `--aws real` your own.";
    BUILDKIT_APART = Parity "buildkit-apart", "BuildKit in a container of its own",
        "With `cacheTo`, buildx starts BuildKit in a container of the plugin's engine. It does not have the stage's \
         names and certificates. cirun adds `network=host` to the driver's options and a file with the certificates; \
         CI, which talks to the real registry, needs neither.";
    MISSING_AWS_IDENTITY = Error "missing-aws-identity", "no identity for the delegate",
        "With `--aws real` your own credentials replace the delegate's, and none were found. Sign in (`aws sso \
         login`), or name a profile with `--aws-profile`.";
    MISSING_OIDC_TOKEN = Error "missing-oidc-token", "no OIDC token",
        "With `--aws real`, only the CI service can issue a token that AWS trusts. Pass one with `--oidc-token-file` \
         or `CIRUN_OIDC_TOKEN`, or set `oidc-token-command` to a command that prints it. The emulated AWS has an \
         issuer of its own.";
    STORE_NOT_ASKED = Parity "store-not-asked", "a cache or upload that does not leave the machine",
        "CI saves, restores and uploads to S3, Google Cloud Storage, Azure or Artifactory. Locally caches are kept in \
         a directory of this machine, by bucket and key, and uploads are collected with the run's record; with an S3 \
         endpoint the plugin itself uses that endpoint. `--push real` uses the real store.";
    MISSING_REGION = Warning "missing-region", "a cache on S3 without its region",
        "`region` is optional in the schema, but the service requires it for the plugin's variables.";
    EXTERNAL_ID_DROPPED = Warning "external-id-dropped", "an external id that the plugin does not get",
        "The steps for caches and uploads on S3 do not send the connector's `externalId`, so a role that requires it \
         cannot be assumed.";
    OWN_DAEMON = Parity "own-daemon", "a plugin with a daemon of its own",
        "On VM, Cloud and the local runner, the plugin builds and pushes with the machine's Docker daemon. If cirun \
         cannot put its proxy before the socket, or the plugin does not use it (buildx), `--push local` makes the plugin \
         start a daemon of its own, in a privileged container.";
}
