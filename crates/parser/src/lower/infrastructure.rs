//! The infrastructure of stages and of containerised step groups.

use cirun_diagnostics::Spanned;

use crate::{
    FieldInfo, FieldKind, Node, Text,
    lower::{
        context::Context,
        entries::{check_word, named_nodes, read},
        spec::{FromNode, REQUIRED, check_tables, fields},
    },
    model::{InfrastructureSpec, RuntimeSpec, StepGroupInfra},
    words::{PULL_POLICIES, SIZES, SYSTEMS},
};

/// The types of infrastructure: the schema's, and those of older documents that the service still accepts.
const INFRASTRUCTURES: &[&str] =
    &["KubernetesDirect", "VM", "UseFromStage", "KubernetesHosted", "Cloud", "Docker", "Kubernetes-direct"];

fields! {
    RUNTIME {
        "type": FieldKind::Enum(&["Cloud", "Docker"]), REQUIRED;
        "spec": FieldKind::Object(RUNTIME_SPEC), REQUIRED;
    }
    RUNTIME_SPEC {
        "size": SIZES;
        "imageName": FieldKind::Text;
        "imageSpec": FieldKind::Any;
        "nestedVirtualization": FieldKind::Flag;
        "harnessImageConnectorRef": FieldKind::Text;
    }
    INFRASTRUCTURE {
        "type": FieldKind::Enum(INFRASTRUCTURES);
        "spec": FieldKind::ByType(INFRASTRUCTURE_SPECS);
        "useFromStage": FieldKind::Text;
    }
    /// `spec` of `KubernetesDirect`.
    CLUSTER {
        /// The connector of the cluster.
        "connectorRef": FieldKind::Text, REQUIRED;
        /// The namespace of the pod.
        "namespace": FieldKind::Text, REQUIRED;
        "annotations": FieldKind::TextMap;
        "automountServiceAccountToken": FieldKind::Flag;
        "containerSecurityContext": FieldKind::Object(SECURITY_CONTEXT);
        /// The connector for Harness's own images.
        "harnessImageConnectorRef": FieldKind::Text;
        "hostNames": FieldKind::TextList;
        "imagePullPolicy": PULL_POLICIES;
        /// How long the pod may take to start.
        "initTimeout": FieldKind::Text;
        "labels": FieldKind::TextMap;
        "nodeSelector": FieldKind::TextMap;
        "os": SYSTEMS;
        "podSpecOverlay": FieldKind::Text;
        "priorityClassName": FieldKind::Text;
        "runAsUser": FieldKind::TextOrNumber;
        "serviceAccountName": FieldKind::Text;
        "tolerations": FieldKind::List(&FieldKind::Object(TOLERATION));
        "volumes": FieldKind::List(&FieldKind::Object(VOLUME));
        "delegateSelectors": FieldKind::Any;
    }
    SECURITY_CONTEXT {
        "allowPrivilegeEscalation": FieldKind::Flag;
        "capabilities": FieldKind::Object(CAPABILITIES);
        "privileged": FieldKind::Flag;
        "procMount": FieldKind::Text;
        "readOnlyRootFilesystem": FieldKind::Flag;
        "runAsGroup": FieldKind::TextOrNumber;
        "runAsNonRoot": FieldKind::Flag;
        "runAsUser": FieldKind::TextOrNumber;
    }
    CAPABILITIES {
        "add": FieldKind::TextList;
        "drop": FieldKind::TextList;
    }
    TOLERATION {
        "effect": FieldKind::Text;
        "key": FieldKind::Text;
        "operator": FieldKind::Text;
        "value": FieldKind::Text;
        "tolerationSeconds": FieldKind::Int;
    }
    VOLUME {
        "type": FieldKind::Enum(&["EmptyDir", "PersistentVolumeClaim", "HostPath", "ConfigMap", "Secret"]);
        /// The path of the volume in the steps.
        "mountPath": FieldKind::Text;
        "spec": FieldKind::Any;
        "name": FieldKind::Any;
    }
    /// `spec` of `VM`.
    POOL {
        "type": FieldKind::Enum(&["Pool"]), REQUIRED;
        "spec": FieldKind::Object(POOL_SPEC), REQUIRED;
    }
    POOL_SPEC {
        /// The pool of machines.
        "poolName": FieldKind::Text;
        "identifier": FieldKind::Text;
        "os": SYSTEMS;
        "harnessImageConnectorRef": FieldKind::Text;
        "initTimeout": FieldKind::Text;
    }
}

const INFRASTRUCTURE_SPECS: &[(&str, &[FieldInfo])] = &[("KubernetesDirect", CLUSTER), ("VM", POOL)];

impl FromNode for RuntimeSpec {
    const KIND: FieldKind = FieldKind::Object(RUNTIME);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[RUNTIME], cx) {
            return None;
        }
        let Some(kind) = read::<Text>(node, "type", cx) else {
            cx.missing("type", node.span);
            return None;
        };
        if let Some(word) = read::<Spanned<String>>(node, "type", cx) {
            check_word(&word, &["Cloud", "Docker"], cx);
        }
        let spec = node.get("spec").filter(|spec| !spec.is_null() && check_tables(spec, &[RUNTIME_SPEC], cx));
        Some(Self { kind, spec: spec.cloned() })
    }
}

impl FromNode for InfrastructureSpec {
    const KIND: FieldKind = FieldKind::Named("infrastructure");

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[INFRASTRUCTURE], cx) {
            return None;
        }
        if let Some(word) = read::<Spanned<String>>(node, "type", cx) {
            check_word(&word, INFRASTRUCTURES, cx);
        }
        Some(Self {
            kind: read(node, "type", cx),
            use_from_stage: read(node, "useFromStage", cx),
            spec: named_nodes(node.get("spec"), cx),
            span: node.span,
        })
    }
}

fields! {
    GROUP_INFRA {
        "type": FieldKind::Enum(&["KubernetesDirect", "VM", "ECSDirect", "Delegate", "Noop"]), REQUIRED;
        "spec": FieldKind::ByType(GROUP_INFRAS), REQUIRED;
    }
    /// Including `Delegate` and `Noop`.
    GROUP_CLUSTER {
        /// The connector of the cluster.
        "connectorRef": FieldKind::Text, REQUIRED;
        /// The namespace of the pod.
        "namespace": FieldKind::Text;
        "annotations": FieldKind::TextMap;
        "automountServiceAccountToken": FieldKind::Flag;
        "containerSecurityContext": FieldKind::Object(SECURITY_CONTEXT);
        "harnessImageConnectorRef": FieldKind::Text;
        "hostNames": FieldKind::TextList;
        "imagePullPolicy": PULL_POLICIES;
        "initTimeout": FieldKind::Text;
        "labels": FieldKind::TextMap;
        "nodeSelector": FieldKind::TextMap;
        "os": SYSTEMS;
        "podSpecOverlay": FieldKind::Text;
        "priorityClassName": FieldKind::Text;
        "resources": FieldKind::Any;
        "runAsUser": FieldKind::TextOrNumber;
        "serviceAccountName": FieldKind::Text;
        "tolerations": FieldKind::List(&FieldKind::Object(TOLERATION));
        "volumes": FieldKind::List(&FieldKind::Object(VOLUME));
    }
}

const GROUP_INFRAS: &[(&str, &[FieldInfo])] =
    &[("KubernetesDirect", GROUP_CLUSTER), ("Delegate", GROUP_CLUSTER), ("Noop", GROUP_CLUSTER)];

impl FromNode for StepGroupInfra {
    const KIND: FieldKind = FieldKind::Object(GROUP_INFRA);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[GROUP_INFRA], cx) {
            return None;
        }
        let Some(kind) = read::<Text>(node, "type", cx) else {
            cx.missing("type", node.span);
            return None;
        };
        Some(Self { kind, spec: named_nodes(node.get("spec"), cx) })
    }
}
