//! The fields in requests that create objects: those that the proxy knows, and those that must keep their default.
//! Data.
//!
//! Docker Engine API up to 1.51. A field that is not listed is refused unless it is empty: it may have any effect in a
//! newer engine.

use super::document::{Field, Values, any, checked, default};

/// Why rights over the machine are refused.
const ROOT: &str = "makes the container the machine's root";
const DEVICES: &str = "gives the container the machine's devices";
const GROUPS: &str = "puts the container into control groups of the machine";

/// A container: its own settings, and those beside them.
#[rustfmt::skip]
pub(super) const CONTAINER: &[Field] = &[
    any("Hostname"), any("Domainname"), any("User"), any("AttachStdin"), any("AttachStdout"), any("AttachStderr"),
    any("ExposedPorts"), any("Tty"), any("OpenStdin"), any("StdinOnce"), any("Env"), any("Cmd"), any("Healthcheck"),
    any("ArgsEscaped"), any("Image"), any("Volumes"), any("WorkingDir"), any("Entrypoint"), any("NetworkDisabled"),
    any("MacAddress"), any("OnBuild"), any("StopSignal"), any("StopTimeout"), any("Shell"),
    checked("Labels"), checked("HostConfig"), checked("NetworkingConfig"),
    // Limits as old clients give them.
    any("Memory"), any("MemorySwap"), any("CpuShares"), any("Cpuset"), any("PortSpecs"),
];

/// A container's settings on the machine.
#[rustfmt::skip]
pub(super) const HOST: &[Field] = &[
    checked("Binds"), checked("Mounts"), checked("VolumesFrom"), checked("VolumeDriver"), checked("Links"),
    checked("NetworkMode"), checked("PidMode"), checked("IpcMode"), checked("UTSMode"), checked("UsernsMode"),
    checked("CgroupnsMode"), checked("Cgroup"), checked("CapAdd"), checked("SecurityOpt"), checked("Runtime"),
    checked("LogConfig"),
    default("Privileged", ROOT),
    default("Devices", DEVICES), default("DeviceCgroupRules", DEVICES), default("DeviceRequests", DEVICES),
    default("CgroupParent", GROUPS),
    default("Annotations", "is for the runtime, and can have any effect"),
    Field { name: "MaskedPaths", values: Values::Absent("opens files of the kernel") },
    Field { name: "ReadonlyPaths", values: Values::Absent("opens files of the kernel") },
    any("ContainerIDFile"), any("PortBindings"), any("PublishAllPorts"), any("RestartPolicy"), any("AutoRemove"),
    any("ConsoleSize"), any("CapDrop"), any("Dns"), any("DnsOptions"), any("DnsSearch"), any("ExtraHosts"), any("GroupAdd"),
    any("OomScoreAdj"), any("ReadonlyRootfs"), any("StorageOpt"), any("Tmpfs"), any("ShmSize"), any("Sysctls"),
    any("Isolation"), any("Init"),
    any("CpuShares"), any("Memory"), any("NanoCpus"), any("BlkioWeight"), any("BlkioWeightDevice"),
    any("BlkioDeviceReadBps"), any("BlkioDeviceWriteBps"), any("BlkioDeviceReadIOps"), any("BlkioDeviceWriteIOps"),
    any("CpuPeriod"), any("CpuQuota"), any("CpuRealtimePeriod"), any("CpuRealtimeRuntime"), any("CpusetCpus"),
    any("CpusetMems"), any("KernelMemory"), any("KernelMemoryTCP"), any("MemoryReservation"), any("MemorySwap"),
    any("MemorySwappiness"), any("OomKillDisable"), any("PidsLimit"), any("Ulimits"), any("CpuCount"), any("CpuPercent"),
    any("IOMaximumIOps"), any("IOMaximumBandwidth"),
];

/// A container's networks.
pub(super) const NETWORKING: &[Field] = &[checked("EndpointsConfig")];

/// A mount.
#[rustfmt::skip]
pub(super) const MOUNT: &[Field] = &[
    checked("Type"), checked("Source"), checked("Target"), checked("BindOptions"), checked("VolumeOptions"),
    any("ReadOnly"), any("Consistency"), any("TmpfsOptions"), any("ImageOptions"),
];

/// The options of a mounted path.
pub(super) const BIND_OPTIONS: &[Field] = &[
    checked("Propagation"),
    checked("CreateMountpoint"),
    any("NonRecursive"),
    any("ReadOnlyNonRecursive"),
    any("ReadOnlyForceRecursive"),
];

/// The options of a mounted volume.
pub(super) const VOLUME_OPTIONS: &[Field] =
    &[any("NoCopy"), checked("Labels"), checked("DriverConfig"), any("Subpath")];

/// The driver of a volume that a mount creates.
pub(super) const DRIVER_CONFIG: &[Field] = &[checked("Name"), checked("Options")];

/// A volume.
pub(super) const VOLUME: &[Field] = &[
    checked("Name"),
    checked("Driver"),
    checked("DriverOpts"),
    checked("Labels"),
    default("ClusterVolumeSpec", "creates a Swarm volume"),
];

/// A network.
#[rustfmt::skip]
pub(super) const NETWORK: &[Field] = &[
    any("Name"), checked("Driver"), checked("Options"), checked("Labels"),
    any("CheckDuplicate"), any("Internal"), any("Attachable"), any("EnableIPv4"), any("EnableIPv6"), any("IPAM"),
    checked("Scope"),
    default("Ingress", "creates a Swarm network"),
    default("ConfigOnly", "creates a network for Swarm"),
    default("ConfigFrom", "creates a network for Swarm"),
];

/// The connection of a container and a network.
pub(super) const CONNECTION: &[Field] = &[checked("Container"), any("EndpointConfig"), any("Force")];

/// A program in a container.
#[rustfmt::skip]
pub(super) const EXEC: &[Field] = &[
    any("User"), any("Tty"), any("ConsoleSize"), any("AttachStdin"), any("AttachStdout"), any("AttachStderr"),
    any("Detach"), any("DetachKeys"), any("Env"), any("WorkingDir"), any("Cmd"),
    // Old clients repeat the address; the engine ignores it.
    any("Container"),
    default("Privileged", ROOT),
];

/// The start of a program.
pub(super) const EXEC_START: &[Field] = &[any("Detach"), any("Tty"), any("ConsoleSize")];

/// The fields of a login.
#[rustfmt::skip]
pub(super) const LOGIN: &[Field] = &[
    checked("username"), checked("password"), checked("serveraddress"), checked("identitytoken"), any("registrytoken"),
    any("auth"), any("email"),
];

/// Capabilities that only affect a container's own namespaces, or that every container has.
#[rustfmt::skip]
pub(super) const HARMLESS: &[&str] = &[
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "NET_ADMIN", "NET_BROADCAST", "SYS_PTRACE", "IPC_LOCK", "SYS_NICE",
];

/// The options of a mounted path or volume, after its target.
#[rustfmt::skip]
pub(super) const MODES: &[&str] = &[
    "ro", "rw", "z", "Z", "nocopy", "private", "rprivate", "slave", "rslave", "cached", "delegated", "consistent", "default",
];

/// The log drivers that are allowed; others send the output elsewhere.
pub(super) const LOG_DRIVERS: &[&str] = &["", "json-file", "local", "none"];

/// The parameters of a build.
#[rustfmt::skip]
pub(super) const BUILD: &[&str] = &[
    "dockerfile", "t", "extrahosts", "remote", "q", "nocache", "cachefrom", "pull", "rm", "forcerm", "memory", "memswap",
    "cpushares", "cpusetcpus", "cpusetmems", "cpuperiod", "cpuquota", "buildargs", "shmsize", "squash", "labels",
    "networkmode", "platform", "target", "outputs", "version", "session", "buildid", "ulimits", "securityopt",
    "cgroupparent", "isolation",
];
