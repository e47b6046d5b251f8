//! The types of steps as data: those that run locally, those allowed in a CI stage (documents.step-types), why the
//! others do not run, and the fields of each.

use crate::{
    FieldInfo,
    local_steps::local_steps,
    lower::{step_specs, step_tables as tables},
    model::{
        self, BackgroundSpec, BuildAndPushSpec, BuildTargetKind, GitCloneSpec, PluginSpec, RunSpec, RunTestsSpec,
        StoreSpec, StoreStep, WaitSpec,
    },
};

local_steps! {
    /// `Run`, and `Test`, which has the same fields.
    Run = RunSpec, RunSpec::read_known;
    /// `Background`.
    Background = BackgroundSpec, step_specs::background;
    /// `Plugin`.
    Plugin = PluginSpec, PluginSpec::read_known;
    /// `GitClone`.
    GitClone = GitCloneSpec, GitCloneSpec::read_known;
    /// `BuildAndPushECR`, `…DockerRegistry`, `…GAR`, `…GCR`, `…ACR`.
    BuildAndPush(target: BuildTargetKind) = BuildAndPushSpec, step_specs::build_and_push;
    /// `SaveCache*`, `RestoreCache*`, `S3Upload`, `GCSUpload`, `ArtifactoryUpload`.
    Store(step: StoreStep) = StoreSpec, StoreSpec::read;
    /// `RunTests`.
    RunTests = RunTestsSpec, step_specs::run_tests;
    /// `Wait`.
    Wait = WaitSpec, WaitSpec::read_known;
}

/// What a local run does with a type of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepClass {
    /// It runs, as a step of this kind.
    Local(LocalStep),
    /// It is shown as skipped, for this reason.
    Skipped(&'static str),
    /// The service does not allow it in a CI stage.
    NotCi,
}

/// A type of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepType {
    /// Its name in `type:`.
    pub name: &'static str,
    /// What a local run does with it.
    pub class: StepClass,
    /// The fields of its `spec`, in several tables if types share them; `None` if cirun has no table for them.
    pub spec: Option<&'static [&'static [FieldInfo]]>,
}

/// Returns the type named `name`.
pub fn step_type(name: &str) -> Option<&'static StepType> {
    STEP_TYPES.iter().find(|found| found.name == name)
}

const CACHE: &str = "it keeps a cache with the Harness service; the local workspace keeps its files between runs";
const UPLOAD: &str = "it uploads to the Harness Artifact Registry";
const SCAN: &str = "it is a scan of Security Testing Orchestration, which needs the Harness service";
const SUPPLY: &str = "it is a step of Supply Chain Security, which needs the Harness service";
const SERVICE: &str = "it needs the Harness service";
const ACTIONS: &str = "it runs a GitHub Action or a Bitrise step, for which the service has a runner of its own";

macro_rules! step_types {
    ($($class:expr => { $($name:literal $(=> $($table:expr),+)?;)* })*) => {
        /// Every known type of step: the 102 of CI stages, and those of other stages.
        pub const STEP_TYPES: &[StepType] = &[
            $($(StepType {
                name: $name,
                class: $class,
                spec: step_types!(@spec $($($table),+)?),
            },)*)*
        ];
    };
    (@spec) => { None };
    (@spec $($table:expr),+) => { Some(&[$($table),+]) };
}

step_types! {
    StepClass::Local(LocalStep::Run) => {
        "Run" => RunSpec::FIELDS;
        "Test" => RunSpec::FIELDS;
    }
    StepClass::Local(LocalStep::Background) => {
        "Background" => BackgroundSpec::FIELDS;
    }
    StepClass::Local(LocalStep::Plugin) => {
        "Plugin" => PluginSpec::FIELDS;
    }
    StepClass::Local(LocalStep::GitClone) => {
        "GitClone" => GitCloneSpec::FIELDS;
    }
    StepClass::Local(LocalStep::RunTests) => {
        "RunTests" => RunTestsSpec::FIELDS, RunSpec::FIELDS;
    }
    StepClass::Local(LocalStep::BuildAndPush(BuildTargetKind::Docker)) => {
        "BuildAndPushDockerRegistry" => BuildAndPushSpec::FIELDS, model::DockerTarget::FIELDS;
    }
    StepClass::Local(LocalStep::BuildAndPush(BuildTargetKind::Ecr)) => {
        "BuildAndPushECR" => BuildAndPushSpec::FIELDS, model::EcrTarget::FIELDS;
    }
    StepClass::Local(LocalStep::BuildAndPush(BuildTargetKind::Gcr)) => {
        "BuildAndPushGCR" => BuildAndPushSpec::FIELDS, model::GoogleTarget::FIELDS;
    }
    StepClass::Local(LocalStep::BuildAndPush(BuildTargetKind::Gar)) => {
        "BuildAndPushGAR" => BuildAndPushSpec::FIELDS, model::GoogleTarget::FIELDS;
    }
    StepClass::Local(LocalStep::BuildAndPush(BuildTargetKind::Acr)) => {
        "BuildAndPushACR" => BuildAndPushSpec::FIELDS, model::AcrTarget::FIELDS;
    }
    StepClass::Local(LocalStep::Wait) => {
        "Wait" => WaitSpec::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::SaveCacheS3)) => {
        "SaveCacheS3"
            => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::SaveInputs::FIELDS, model::SaveOptions::FIELDS, model::S3Cache::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::RestoreCacheS3)) => {
        "RestoreCacheS3"
            => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::RestoreInputs::FIELDS, model::RestoreOptions::FIELDS, model::S3Cache::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::SaveCacheGcs)) => {
        "SaveCacheGCS"
            => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::SaveInputs::FIELDS, model::SaveOptions::FIELDS, model::GcsCache::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::RestoreCacheGcs)) => {
        "RestoreCacheGCS"
            => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::RestoreInputs::FIELDS, model::RestoreOptions::FIELDS, model::GcsCache::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::SaveCacheAzure)) => {
        "SaveCacheAzure"
            => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::SaveInputs::FIELDS, model::SaveOptions::FIELDS, model::AzureCache::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::RestoreCacheAzure)) => {
        "RestoreCacheAzure"
            => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::RestoreInputs::FIELDS, model::RestoreOptions::FIELDS, model::RestoredPaths::FIELDS, model::AzureCache::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::S3Upload)) => {
        "S3Upload" => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::S3Upload::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::GcsUpload)) => {
        "GCSUpload" => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::GcsUpload::FIELDS;
    }
    StepClass::Local(LocalStep::Store(StoreStep::ArtifactoryUpload)) => {
        "ArtifactoryUpload"
            => model::SharedInputs::FIELDS, model::ConnectedInputs::FIELDS, model::ArtifactoryUpload::FIELDS;
    }
    StepClass::Skipped(ACTIONS) => {
        "Action" => tables::ACTION;
        "Bitrise" => tables::ACTION;
    }
    StepClass::Skipped(UPLOAD) => {
        "HarUpload" => model::SharedInputs::FIELDS, tables::HAR_UPLOAD;
    }
    StepClass::Skipped(CACHE) => {
        "SaveCache"
            => model::SharedInputs::FIELDS, model::SaveInputs::FIELDS, model::SaveOptions::FIELDS, tables::CACHE_ANY;
        "RestoreCache"
            => model::SharedInputs::FIELDS, model::RestoreInputs::FIELDS, model::RestoreOptions::FIELDS, tables::CACHE_ANY;
    }
    StepClass::Skipped(SERVICE) => {
        "Policy" => tables::POLICY;
        "EventListener"; "RONotify"; "ChangeAdvisor"; "Agent"; "IdpAction"; "AiEval"; "AiTestAutomation";
    }
    StepClass::Skipped(SUPPLY) => {
        "SscaOrchestration"; "SscaEnforcement"; "SscaAibomOrchestration"; "SscaCompliance"; "SscaArtifactSigning";
        "SscaArtifactVerification"; "SscaPrAttestation"; "SscaJunitAttestation"; "DeployAttestation";
        "EnforceAttestation"; "HsaRepoScan"; "SlsaVerification"; "provenance";
    }
    StepClass::Skipped(SCAN) => {
        "Security"; "Anchore"; "AquaSecurity"; "AquaTrivy"; "AWSECR"; "AWSSecurityHub"; "Bandit"; "BlackDuck";
        "Brakeman"; "Burp"; "Checkmarx"; "CheckmarxOne"; "Checkov"; "Clair"; "CodeQL"; "Coverity"; "CustomIngest";
        "DataTheorem"; "DockerContentTrust"; "FortifyOnDemand"; "Fossa"; "GitHubAdvancedSecurity"; "Gitleaks"; "Grype";
        "JfrogXray"; "Mend"; "Metasploit"; "Nessus"; "NexusIQ"; "Nikto"; "Nmap"; "Openvas"; "OsvScanner"; "Owasp";
        "PrismaCloud"; "Prowler"; "Qualys"; "Reapsaw"; "Semgrep"; "ShiftLeft"; "Sniper"; "Snyk"; "Sonarqube"; "Sysdig";
        "Tenable"; "Traceable"; "Veracode"; "Zap"; "Wiz"; "CortexCloud"; "ModelScan"; "OpenAi"; "MythosAgent";
        "HarnessSAST"; "HarnessSCA";
    }
    StepClass::NotCi => {
        "ShellScript"; "Http"; "Barrier"; "Queue"; "HarnessApproval"; "CustomApproval"; "JiraApproval";
        "ServiceNowApproval"; "JiraCreate"; "JiraUpdate"; "ServiceNowCreate"; "ServiceNowUpdate"; "ServiceNowImportSet";
        "Email"; "Container"; "ContainerStep"; "Command"; "Verify"; "FetchInstanceScript"; "ResourceConstraint";
        "FlagConfiguration"; "FeatureFlag"; "RunContainer"; "ChaosStep"; "Chaos"; "DownloadManifests"; "DownloadAwsS3";
        "DownloadHarnessStore"; "GitOpsUpdateReleaseRepo"; "GitOpsSync"; "GitOpsFetchLinkedApps"; "GitOpsMergePR";
        "GitOpsRevertPR"; "GitOpsGetAppDetails"; "MergePR"; "RevertPR"; "UpdateReleaseRepo"; "K8sApply"; "K8sDelete";
        "K8sScale"; "K8sDryRun"; "K8sDiff"; "K8sRollout"; "K8sPatch"; "K8sSet"; "K8sTrafficRouting"; "K8sRollingDeploy";
        "K8sRollingRollback"; "K8sCanaryDeploy"; "K8sCanaryDelete"; "K8sBlueGreenDeploy"; "K8sBGSwapServices";
        "K8sBlueGreenStageScaleDown"; "HelmDeploy"; "HelmRollback"; "HelmDelete"; "HelmCanaryDeploy";
        "HelmCanaryDelete"; "HelmBGDeploy"; "HelmBlueGreenSwapStep"; "TerraformPlan"; "TerraformApply";
        "TerraformDestroy"; "TerraformRollback"; "TerraformCloudRun"; "TerraformCloudRollback"; "TerragruntPlan";
        "TerragruntApply"; "TerragruntDestroy"; "TerragruntRollback"; "IACMTerraformPlugin"; "IACMApproval";
        "IACMOpenTofuPlugin"; "IACMTemplates"; "IACMAnsiblePlugin"; "CreateStack"; "DeleteStack"; "RollbackStack";
        "AzureCreateARMResource"; "AzureARMRollback"; "AzureCreateBPResource"; "EcsRollingDeploy"; "EcsRollingRollback";
        "EcsCanaryDeploy"; "EcsCanaryDelete"; "EcsBlueGreenCreateService"; "EcsBlueGreenSwapTargetGroups";
        "EcsBlueGreenRollback"; "EcsRunTask"; "EcsServiceSetup"; "AsgRollingDeploy"; "AsgRollingRollback";
        "AsgCanaryDeploy"; "AsgCanaryDelete"; "AsgBlueGreenDeploy"; "AsgBlueGreenSwapService"; "AsgBlueGreenRollback";
        "AsgPhasedDeploy"; "AsgSetup"; "AsgPhasedDeployRollback"; "ServerlessAwsLambdaDeploy";
        "ServerlessAwsLambdaDeployV2"; "ServerlessAwsLambdaPrepareRollbackV2"; "ServerlessAwsLambdaPackageV2";
        "ServerlessAwsLambdaRollback"; "ServerlessAwsLambdaRollbackV2"; "AwsLambdaDeploy"; "AwsLambdaRollback";
        "AwsSamDeploy"; "AwsSamBuild"; "AwsSamRollback"; "DeployCloudFunction"; "DeployCloudFunctionWithNoTraffic";
        "CloudFunctionTrafficShift"; "CloudFunctionRollback"; "DeployCloudFunctionGenOne";
        "RollbackCloudFunctionGenOne"; "AzureSlotDeployment"; "AzureTrafficShift"; "AzureSwapSlot";
        "AzureWebAppRollback"; "AzureFunctionDeploy"; "AzureFunctionRollback"; "AzureContainerAppsRollback";
        "TasBasicAppSetup"; "TasBGAppSetup"; "TasCanaryAppSetup"; "TasAppResize"; "TasSwapRoutes"; "TasSwapRollback";
        "TasRollback"; "TasRollingDeploy"; "TasRollingRollback"; "TasRouteMapping"; "TanzuCommand"; "ElastigroupSetup";
        "ElastigroupDeploy"; "ElastigroupRollback"; "ElastigroupBGStageSetup"; "ElastigroupSwapRoute"; "JenkinsBuild";
        "BambooBuild"; "ShellScriptProvision"; "CustomDeploy"; "GoogleCloudRunDeploy"; "CookieCutter"; "CreateRepo";
        "CreateProject"; "CreateResource"; "CreateCatalog"; "DeleteRepo"; "DirectPush"; "RegisterCatalog";
        "SlackNotify"; "UpdateCatalogProperty"; "CreateOrganisation"; "CreateConnector"; "CreateSecret";
        "DBSchemaApply"; "DBSchemaRollback"; "DBSchemaLiquibaseCommand"; "DBSchemaPreview"; "DBSchemaTag"; "SwapRoutes";
        "BGAppSetup"; "AppResize"; "PublishArtifacts"; "Template"; "AnalyzeDeploymentImpact"; "GitOpsRollout";
        "GoogleMigTrafficShift"; "EcsBlueGreenTrafficShift"; "AzureContainerAppsTrafficShift";
        "GoogleMigBlueGreenDeploy"; "EcsUpgradeContainer";
    }
}
