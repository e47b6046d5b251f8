//! What only a run can report, by what it is about.

use crate::code::codes;

codes! {
    SERVICE_RACE = Parity "service-race", "a service was not ready when a step needed it",
        "A Background step starts a service, and the stage continues at once: CI does not wait until the service is \
         ready. cirun waits, and reports a gap that was long enough for the step to fail in CI. Let the step wait \
         until the service answers, or reproduce the race with `--no-wait` and `--service-delay`.";
    SERVICE_NOT_READY = Parity "service-not-ready", "a service was not ready in time",
        "A step waits for the services before it, here for 30 s at most. CI does not wait at all: there the step has \
         begun long before, and fails if it needs the service. The message says what is missing (a port that nothing \
         listens on, a health check that does not pass). Fix the service, or declare the ports that it really uses.";
    SERVICE_NOT_SEEN = Warning "service-not-seen", "cirun could not check whether a service is ready",
        "cirun checks the service's health check and its listening sockets. The engine or the system refused that, so \
         no step waits for the service. As in CI, a step has to wait itself.";
    SERVICE_NOT_STARTED = Note "service-not-started", "a service could not be started, and the stage continues",
        "Its program is not in the image, or a port of the machine that it binds is in use. CI starts services in the \
         background and does not check the start: the stage continues without the service, here too. `service_exited` \
         has the reason, and `--fail-on-service-exit` makes the stage fail.";
    EMULATED_IMAGE = Warning "emulated-image", "an image for another processor",
        "The image has no variant for the engine's machine. It runs only where the kernel emulates its processor (binfmt), \
         many times slower. Choose an image for this platform, or another one with `--platform`.";
    STEP_RETRY = Note "step-retry", "a failed step runs again",
        "Its failure strategy requires it. Only the last attempt counts.";
    STEP_GROUP_RETRY = Note "step-group-retry", "a step group runs again",
        "A failure strategy with `RetryStepGroup` requires it: cirun stopped the steps of the group that were still \
         running, and starts again with the first.";
    NO_STEP_GROUP = Warning "no-step-group", "there is no step group to run again",
        "`RetryStepGroup` is the failure action of a step that is in no step group. Use `Retry`, or put the step into one.";
    MANUAL_INTERVENTION = Note "manual-intervention", "a person is asked",
        "The failure strategy is `ManualIntervention`. Without an answer in time, cirun takes its `onTimeout` action.";
    NO_ONE_TO_ASK = Note "nobody-to-ask", "no one is there to answer",
        "The failure strategy is `ManualIntervention`, and there is no terminal, or `--no-input` is given. cirun takes \
         its `onTimeout` action at once.";
    CONDITION_ERROR = Error "condition-error", "a condition cannot be evaluated",
        "The `when` of a step group is neither true nor false, or it names a value that does not exist. As in CI, the \
         group fails.";
    OUTPUTS_UNUSABLE = Warning "outputs-unusable", "output variables cannot be read",
        "The file with the step's output variables has lines other than `NAME=value`, or cannot be read. Later steps \
         do not get the variables.";
    REPORT_UNUSABLE = Warning "report-unusable", "a test report cannot be used",
        "No file matches the paths of `reports`, a file is neither JUnit XML nor a `.trx` file that the service can read, or it \
         holds cases that the service does not count: outside of a `<testsuite>`, or without a name. The service reads UTF-8 \
         and strict XML only. The outcome of the step stays.";
    PREPARE_FAILED = Note "prepare-failed", "a step could not be prepared ahead of its turn",
        "The step is prepared again when its turn comes; an error at that time is reported as its failure.";
    NO_GATE = Note "no-gate", "the containers of steps start at their turn, without a gate",
        "The gate is a small program that cirun starts in the containers of steps ahead of their turn. It cannot run there: \
         the engine is for another processor than cirun, or forbids it. The steps run as with `--isolation plain`: each takes \
         the start of a container longer, and nothing else differs.";
    AWS_NOT_EMULATED = Warning "aws-not-emulated", "a step called an AWS service that is not emulated",
        "With emulated AWS, every AWS name resolves to the run's gateway. It has STS, ECR and its registries, and \
         buckets where `--aws-endpoint-url` forwards calls; a call to any other service is refused there and never \
         reaches AWS. In CI it gets an answer. Let the step work without that service, or give it one: \
         `--aws-endpoint-url`, a Background step with an emulator and its address in the step's variables, or `--aws \
         real`.";
    BACKEND_ERROR = Error "backend-error", "the engine or the machine failed, not a step",
        "cirun could not find out how a step ended, so the run ends with the exit code of the cause. Later errors of \
         this kind, and those after a cancellation, are warnings.";
    CLEANUP_INCOMPLETE = Warning "cleanup-incomplete", "parts of the stage are left",
        "An object or process could not be removed in time. The next run of cirun finds them by their labels and \
         removes them; `cirun clean` does so now.";
}
