//! What can be wrong with a document, in the order in which documents are read.

use crate::code::codes;

codes! {
    NOT_UTF8 = Error "not-utf8", "the file is not UTF-8 text",
        "Harness documents are UTF-8. The excerpt shows the first byte that is not; everything before it can be read. \
         Save the file as UTF-8 (UTF-16 files begin with the bytes FF FE or FE FF).";
    FILE_TOO_LARGE = Error "file-too-large", "the file is too large",
        "Files over 16 MiB are not read: the service refuses far smaller ones. Check that the path names a pipeline.";
    CONTROL_CHARACTER = Error "control-character", "a character that YAML does not allow",
        "YAML forbids the NUL character, even in quotes. Everything before it was read. Inside double quotes it can be \
         written as \\0, but no shell will accept it.";
    EMPTY_DOCUMENT = Error "empty-document", "the file is empty, or has only comments",
        "The file has no YAML document.";
    YAML_SYNTAX = Error "yaml-syntax", "the text is not YAML",
        "The YAML reader stopped at the place shown. cirun still reads the document up to that place, and later \
         documents of the file (after `---`), and reports their errors too.";
    TOO_DEEP = Error "too-deep", "the document is nested too deeply",
        "Documents are read to a depth of 128 lists and maps. No real pipeline needs more.";
    ALIAS_EXPANSION = Error "alias-expansion", "aliases make the document too large",
        "Every `*alias` is replaced by a copy of its anchor. The copies of one file may take 16 MiB; nested aliases \
         multiply (the `billion laughs` attack). The alias shown is read as null.";
    UNKNOWN_ALIAS = Error "unknown-alias", "an alias without an anchor",
        "`*name` repeats a node that was marked `&name` before it in the same document. A value that begins with a star \
         must be quoted.";
    YAML_KEY = Error "yaml-key", "a key that is not text",
        "YAML allows lists and maps as keys; Harness does not. The entry is left out.";
    YAML_TAG = Warning "yaml-tag", "a YAML tag that Harness ignores",
        "`!name` before a value has no meaning in Harness documents; a value that begins with an exclamation mark must \
         be quoted.";
    MERGE_KEY = Error "merge-key", "a merge key that does not merge a map",
        "`<<:` takes a map, or a list of maps, usually as aliases.";
    DUPLICATE_KEY = Error "duplicate-key", "a key is written twice",
        "A map can have a key only once. cirun keeps the first value; other readers keep the last, so the document has \
         different meanings for different programs.";
    V1_DOCUMENT = Error "v1-document", "a document of the v1 format",
        "Documents with `version: 1`, `kind:` and `spec:` are the simplified YAML of 2022-23. cirun reads the v0 format, \
         in which a pipeline has `pipeline:` at its root and its stages are `- stage:` items.";
    UNIFIED_DOCUMENT = Error "unified-document", "a document of the unified format",
        "Pipelines whose stages hold `steps:` directly, with `run:` steps and `${{ }}` expressions, are the unified YAML \
         of 2025-26 (Harness 3.0). cirun reads the v0 format.";
    NOT_HARNESS = Error "not-harness", "not a Harness document",
        "The document has none of the roots of a Harness document (`pipeline:`, `template:`, `inputSet:`, \
         `overlayInputSet:`, `connector:`, `secret:`, `trigger:`).";
    EXPECTED_MAP = Error "expected-map", "expected a map",
        "The field takes `key: value` lines, and something else was written.";
    EXPECTED_LIST = Error "expected-list", "expected a list",
        "The field takes `- item` lines, and something else was written.";
    EXPECTED_TEXT = Error "expected-text", "expected a text",
        "The field takes one value, and a list or a map was written.";
    EXPECTED_FLAG = Error "expected-boolean", "expected `true` or `false`",
        "The field takes `true`, `false` or an expression. `yes`, `on` and `1` are texts to Harness.";
    EXPECTED_INT = Error "expected-number", "expected a whole number",
        "The field takes a whole number or an expression.";
    UNEXPECTED_VALUE = Warning "unexpected-value", "not a value of the field",
        "The schema lists the values of this field; they are case-sensitive in the service.";
    UNKNOWN_FIELD = Warning "unknown-field", "a field that nothing reads",
        "The service silently ignores fields that it does not know. A misspelt field therefore has no effect.";
    MISSING_FIELD = Error "missing-field", "a required field is missing",
        "The service refuses the document without this field.";
    NULL_VALUE = Error "null-value", "a field without a value",
        "`field:` with nothing behind it, `~` and `null` are null. The schema for saving a document accepts null for \
         no field. A run ignores the field; `cirun check` reports it.";
    EMPTY_LIST = Error "empty-list", "a list that must not be empty",
        "A pipeline has at least one stage, and `steps` of a stage, a step group or an insert block at least one step. The \
         service refuses the document.";
    NOTHING_TO_RUN = Warning "nothing-to-run", "a stage or a `parallel` with nothing in it",
        "The schema accepts a CI stage without `execution`, and `parallel` without items. Nothing runs, and the stage \
         succeeds.";
    INCOMPLETE_DOCUMENT = Warning "incomplete-document", "a document that lacks a field of its kind",
        "The service refuses to save the document. Connectors, secrets, templates, input sets and triggers are used by \
         their `identifier`, and connectors by their `type`: a document without it is read, but not used.";
    PLACEHOLDER = Warning "placeholder", "a placeholder",
        "`...` marks an omission in documentation, and Terraform replaces `${…}` or `%{…}` before Harness reads the \
         document. Where a list or a map is needed, cirun reads such a text as an empty one.";
    INCOMPLETE_PIPELINE = Warning "incomplete-pipeline", "a pipeline without its identifier or its stages",
        "The service needs `identifier` and `stages` (or a `template`) to save a pipeline.";
    CONFLICTING_FIELDS = Error "conflicting-fields", "fields that exclude each other",
        "Exactly one of the fields may be written; the first is used.";
    BAD_IDENTIFIER = Warning "bad-identifier", "an identifier that the service refuses",
        "Identifiers begin with a letter or an underscore, go on with letters, digits and underscores, and have at \
         most 128 characters. The service refuses others when the pipeline is saved. cirun continues, because the \
         identifier is only a name to it.";
    RESERVED_IDENTIFIER = Warning "reserved-identifier", "an identifier that expressions cannot name",
        "Words of the expression language and of its paths cannot be identifiers: an expression that goes through them \
         does not resolve.";
    DUPLICATE_IDENTIFIER = Error "duplicate-identifier", "an identifier is used twice",
        "Stage identifiers are unique in a pipeline, step and step group identifiers are unique among the steps of \
         their stage or step group: the identifier is how expressions, reports and networks name them.";
    BAD_VARIABLE_NAME = Warning "bad-variable-name", "a variable name that the service refuses",
        "Variable names begin with a letter or an underscore and go on with letters, digits, `_`, `.`, `-` and `$`.";
    UNKNOWN_STAGE_TYPE = Error "unknown-stage-type", "no such stage type",
        "The types of stages are CI, Deployment, Custom, Approval, SecurityTests, Pipeline, Dynamic, FeatureFlag, IACM, \
         IDP, DRTest and CompositeLoadTest. They are case-sensitive.";
    UNKNOWN_STEP_TYPE = Error "unknown-step-type", "no such step type",
        "The type of a step decides what it does. It is case-sensitive.";
    NOT_CI_STEP = Error "not-a-ci-step", "a step type that CI stages do not have",
        "The type exists, but the service does not allow it in a CI stage (it belongs to Deployment, Custom or Approval \
         stages). The step is shown as skipped.";
    UNKNOWN_CONNECTOR_TYPE = Warning "unknown-connector-type", "a connector of a type that cirun does not know",
        "The type decides what a connector connects to; it is case-sensitive.";
    UNKNOWN_CREDENTIAL = Error "unknown-credential-type", "no such type of credentials",
        "The connector names a way to authenticate that cirun does not know.";
    UNKNOWN_ACTION = Warning "unknown-failure-action", "no such failure action",
        "The schema accepts any word; the service knows Ignore, Retry, MarkAsSuccess, MarkAsFailure, Abort, \
         StageRollback, StepGroupRollback, PipelineRollback, ManualIntervention, RetryStepGroup and \
         ProceedWithDefaultValues.";
    ERROR_MAPPED_TWICE = Error "error-mapped-twice", "two failure strategies of one level for the same error",
        "Within the `failureStrategies` of one step, step group or stage, an error may be in one strategy only. The \
         service refuses the document; cirun uses the first.";
    LEGACY_BEAN = Warning "retry-bean", "a form that only the schema's examples use",
        "`retryCount: {value: 3}` and `retryIntervals: {value: […]}` come from examples in the schema repository; the \
         service reads `retryCount: 3` and `retryIntervals: [10s]`. The field is ignored.";
    EXPRESSION_SYNTAX = Warning "expression-syntax", "an expression that cannot be read",
        "Text between `<+` and `>` that is not an expression stays as written, which is rarely intended.";
    MISSING_TEMPLATE = Error "missing-template", "a template that no file holds",
        "A `templateRef` is resolved among the template documents under `.harness/` and under every `--include` \
         directory, by identifier, scope and `versionLabel`.";
    TEMPLATE_CYCLE = Error "template-cycle", "a template that uses itself",
        "A template may use other templates, to a depth of 16, and never itself.";
    TEMPLATE_EXPANSION = Error "template-expansion", "templates make the pipeline too large",
        "Templates may bring 500,000 nodes into one pipeline, and nest its lists and maps to a depth of 128.";
    TEMPLATE_VARIABLES = Warning "template-variables", "values for the variables of a template",
        "The service's documents do not say what `templateVariables` do to a template's body. `templateInputs` sets \
         the variables in the body (`spec.variables`).";
    TEMPLATE_BRANCH = Warning "template-branch", "a template from another branch",
        "`gitBranch` makes the service read the template from that branch. cirun uses the file that is checked out.";
    TEMPLATE_TYPE = Error "template-type", "a template of another type",
        "A step reference takes a Step template, a step group a StepGroup template, a stage a Stage template and a \
         pipeline a Pipeline template.";
    UNKNOWN_INPUT = Warning "unknown-input", "an input without effect",
        "An input set (or `templateInputs`) gives a value at a path that the pipeline does not have, or that is not \
         `<+input>` there. The service ignores it.";
    INPUT_SET_PIPELINE = Warning "input-set-pipeline", "an input set of another pipeline",
        "The input set names another pipeline in `pipeline.identifier`. The service refuses to apply it.";
    INPUT_NOT_ALLOWED = Error "input-not-allowed", "a value that the runtime input does not allow",
        "`<+input>.allowedValues(…)`, `.selectOneFrom(…)`, `.selectManyFrom(…)` and `.regex(…)` define the allowed \
         values. The service refuses others before it runs anything.";
    UNKNOWN_INPUT_PATH = Error "unknown-input-path", "an input for a path that does not exist",
        "`--input PATH=VALUE` takes the path from the pipeline's root, with stages, steps and variables by identifier or \
         name: `stages.build.spec.execution.steps.unit.spec.image`. `cirun check` lists the inputs that are missing.";
}
