//! The status that a kubelet reports of a Pod.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStatus, HostIP,
    Node, Pod, PodCondition, PodIP, PodStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time as Timestamp;

use super::READY_ANNOTATION;
use crate::api::Time;
use crate::controllers::{Event, node};

/// The condition that tells whether the Pod has its network.
const SANDBOX: &str = "PodReadyToStartContainers";

/// The conditions in the order in which a kubelet writes them.
const ORDER: [&str; 5] = [SANDBOX, "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// Whether nothing is known of the Pod but that it is scheduled: then it is the kubelet's to start. A status that
/// tells of containers or readiness comes from another cluster.
pub fn waits_to_start(status: &PodStatus) -> bool {
    let mut conditions = status.conditions.iter().flatten();
    let told = conditions.any(|condition| !matches!(condition.type_.as_str(), "PodScheduled" | SANDBOX));
    matches!(status.phase.as_deref(), None | Some("" | "Pending"))
        && !told
        && status.pod_ip.is_none()
        && status.container_statuses.as_ref().is_none_or(Vec::is_empty)
}

/// Writes that the Pod has no network yet; whether that was news.
pub fn wait_for_address(status: &mut PodStatus, now: Time) -> bool {
    let is_news = find(status, SANDBOX).is_none();
    if is_news {
        status.conditions.get_or_insert_default().push(PodCondition {
            type_: SANDBOX.to_owned(),
            status: "False".to_owned(),
            last_transition_time: Some(now.to_timestamp()),
            ..PodCondition::default()
        });
    }
    is_news
}

/// When the containers of a Pod that starts at `started` are ready: at once, as long as probes have no part in it.
fn ready_at(_pod: &Pod, started: Time) -> Time {
    started
}

/// Writes that the Pod runs since `now`, with these addresses.
pub fn start(status: &mut PodStatus, pod: &Pod, addresses: Vec<IpAddr>, now: Time) {
    status.phase = Some("Running".to_owned());
    status.observed_generation = pod.metadata.generation;
    status.start_time = Some(now.to_timestamp());
    set_pod_ips(status, &addresses);
    status.conditions.get_or_insert_default().retain(|condition| condition.type_ != SANDBOX);
    let ready = ready_at(pod, now) <= now;
    fill_conditions(status, pod, ready, now);
    if let Some(conditions) = &mut status.conditions {
        let place = |condition: &PodCondition| ORDER.iter().position(|name| *name == condition.type_);
        conditions.sort_by_key(|condition| place(condition).unwrap_or(ORDER.len()));
    }
    fill_containers(status, pod, ready, &now.to_timestamp());
    mark_containers(status, ready, now);
}

/// Fills in what the status of a running Pod lacks, in agreement with what it has.
pub fn fill(status: &mut PodStatus, pod: &Pod, addresses: impl FnOnce() -> Option<Vec<IpAddr>>, now: Time) {
    let no_ips = status.pod_ips.as_ref().is_none_or(Vec::is_empty);
    match status.pod_ip.clone().filter(|ip| !ip.is_empty()) {
        None if no_ips => set_pod_ips(status, &addresses().unwrap_or_default()),
        None => status.pod_ip = status.pod_ips.iter().flatten().next().map(|ip| ip.ip.clone()),
        Some(ip) if no_ips => status.pod_ips = Some(vec![PodIP { ip }]),
        Some(_) => {}
    }
    let created = pod.metadata.creation_timestamp.clone().unwrap_or_else(|| now.to_timestamp());
    let since = status.start_time.get_or_insert(created).clone();
    let ready = find(status, "Ready").is_none_or(|ready| ready.status == "True");
    fill_conditions(status, pod, ready, now);
    fill_containers(status, pod, ready, &since);
}

/// The node's addresses, for a status that has none.
pub fn set_host_ips(status: &mut PodStatus, node: &Node) {
    let ips = node::host_ips(node);
    status.host_ip = ips.first().map(ToString::to_string);
    status.host_ips = Some(ips.iter().map(|ip| HostIP { ip: ip.to_string() }).collect())
        .filter(|ips: &Vec<_>| !ips.is_empty());
}

fn set_pod_ips(status: &mut PodStatus, addresses: &[IpAddr]) {
    status.pod_ip = addresses.first().map(ToString::to_string);
    status.pod_ips = Some(addresses.iter().map(|ip| PodIP { ip: ip.to_string() }).collect())
        .filter(|ips: &Vec<_>| !ips.is_empty());
}

/// What the annotation says about readiness; `None` if it says nothing.
fn verdict(pod: &Pod) -> Option<bool> {
    pod.metadata.annotations.as_ref()?.get(READY_ANNOTATION)?.parse().ok()
}

/// Adds the conditions that are not there.
fn fill_conditions(status: &mut PodStatus, pod: &Pod, ready: bool, now: Time) {
    let generation = pod.metadata.generation;
    let conditions = status.conditions.get_or_insert_default();
    for name in ORDER {
        if conditions.iter().any(|condition| condition.type_ == name) {
            continue;
        }
        let value = ready || !matches!(name, "Ready" | "ContainersReady");
        conditions.push(PodCondition {
            type_: name.to_owned(),
            status: as_status(value).to_owned(),
            reason: (!value).then(|| "ContainersNotReady".to_owned()),
            message: (!value).then(|| unready_containers(pod)),
            last_transition_time: Some(now.to_timestamp()),
            observed_generation: generation,
            ..PodCondition::default()
        });
    }
}

fn as_status(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// `containers with unready status: [a b]`, of all containers of the Pod.
fn unready_containers(pod: &Pod) -> String {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let names: Vec<&str> = containers.map(|container| container.name.as_str()).collect();
    format!("containers with unready status: [{}]", names.join(" "))
}

fn fill_containers(status: &mut PodStatus, pod: &Pod, ready: bool, since: &Timestamp) {
    let Some(spec) = &pod.spec else { return };
    if status.container_statuses.as_ref().is_none_or(Vec::is_empty) {
        let statuses = spec.containers.iter().map(|container| running(container, pod, ready, since));
        status.container_statuses = Some(statuses.collect());
    }
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    if !init_containers.is_empty() && status.init_container_statuses.as_ref().is_none_or(Vec::is_empty) {
        let statuses = init_containers.iter().map(|container| {
            // One that restarts always is a sidecar: it runs on.
            if container.restart_policy.as_deref() == Some("Always") {
                running(container, pod, true, since)
            } else {
                completed(container, pod, since)
            }
        });
        status.init_container_statuses = Some(statuses.collect());
    }
}

fn running(container: &Container, pod: &Pod, ready: bool, since: &Timestamp) -> ContainerStatus {
    let running = ContainerStateRunning { started_at: Some(since.clone()) };
    let state = ContainerState { running: Some(running), ..ContainerState::default() };
    container_status(container, pod, ready, state, true)
}

fn completed(container: &Container, pod: &Pod, since: &Timestamp) -> ContainerStatus {
    let terminated = ContainerStateTerminated {
        container_id: Some(container_id(pod, &container.name)),
        exit_code: 0,
        reason: Some("Completed".to_owned()),
        started_at: Some(since.clone()),
        finished_at: Some(since.clone()),
        ..ContainerStateTerminated::default()
    };
    let state = ContainerState { terminated: Some(terminated), ..ContainerState::default() };
    container_status(container, pod, true, state, false)
}

fn container_status(
    container: &Container,
    pod: &Pod,
    ready: bool,
    state: ContainerState,
    started: bool,
) -> ContainerStatus {
    let image = container.image.clone().unwrap_or_default();
    ContainerStatus {
        name: container.name.clone(),
        image_id: image.clone(),
        image,
        container_id: Some(container_id(pod, &container.name)),
        ready,
        started: Some(started),
        restart_count: 0,
        state: Some(state),
        ..ContainerStatus::default()
    }
}

/// An id of the form that containerd gives: 64 hexadecimal digits, here from the Pod's uid and the container's name.
fn container_id(pod: &Pod, container: &str) -> String {
    let uid = pod.metadata.uid.as_deref().unwrap_or_default();
    let seed = uid.bytes().chain(container.bytes()).fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let mut random = crate::api::Random::new(seed);
    let digits: String = (0..4).map(|_| format!("{:016x}", random.next_u64())).collect();
    format!("containerd://{digits}")
}

// Models pkg/kubelet/status/generate.go GenerateContainersReadyCondition and GeneratePodReadyCondition
/// Brings ContainersReady and Ready up to date, and gives the event of what changed:
/// 1. the annotation makes the containers ready or not;
/// 2. without it, containers that this kubelet called unready are ready again once their time has come (`requeue`
///    hears when); what another cluster's kubelet said of them stays;
/// 3. Ready follows ContainersReady, and is False while a readiness gate is not met. On a node that is not ready it
///    stays as it is.
///
/// A verdict of this kubelet is told from an imported one by `lastProbeTime`, which real kubelets leave empty.
pub fn update_readiness(
    status: &mut PodStatus,
    pod: &Pod,
    node_is_ready: bool,
    now: Time,
    requeue: impl FnOnce(Time),
) -> Option<Event> {
    let containers = find(status, "ContainersReady")?;
    let was_ready = containers.status == "True";
    let started = status.start_time.as_ref().map_or(now, Time::from_timestamp);
    let is_ready = match verdict(pod) {
        Some(verdict) => verdict,
        None if containers.last_probe_time.is_some() => {
            let at = ready_at(pod, started);
            if at > now {
                requeue(at);
            }
            at <= now
        }
        None => was_ready,
    };
    let changed = is_ready != was_ready;
    let mut event = None;
    if changed {
        if !is_ready {
            let words = "Readiness probe failed: HTTP probe failed with statuscode: 503";
            event = Some(Event::warning("Unhealthy", words));
        }
        set_condition(status, pod, "ContainersReady", Unmet::containers(pod, is_ready), now);
        mark_containers(status, is_ready, now);
    }
    let ready = find(status, "Ready")?;
    let is_own = ready.status == "True"
        || matches!(ready.reason.as_deref(), None | Some("" | "ReadinessGatesNotReady"));
    if node_is_ready && (changed || is_ready && is_own) {
        let unmet = Unmet::containers(pod, is_ready).or_else(|| unmet_gates(status, pod));
        set_condition(status, pod, "Ready", unmet, now);
    }
    event
}

fn find<'a>(status: &'a PodStatus, name: &str) -> Option<&'a PodCondition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == name)
}

/// Writes into the containers whether they are ready, and signs the verdict that they are not.
fn mark_containers(status: &mut PodStatus, is_ready: bool, now: Time) {
    for condition in status.conditions.iter_mut().flatten() {
        if condition.type_ == "ContainersReady" {
            condition.last_probe_time = (!is_ready).then(|| now.to_timestamp());
        }
    }
    for container in status.container_statuses.iter_mut().flatten() {
        container.ready = is_ready;
    }
}

/// Why a condition is False.
struct Unmet {
    reason: &'static str,
    message: String,
}

impl Unmet {
    fn containers(pod: &Pod, ready: bool) -> Option<Unmet> {
        (!ready).then(|| Unmet { reason: "ContainersNotReady", message: unready_containers(pod) })
    }
}

/// The readiness gates of the Pod that are not met.
fn unmet_gates(status: &PodStatus, pod: &Pod) -> Option<Unmet> {
    let gates = pod.spec.iter().flat_map(|spec| spec.readiness_gates.iter().flatten());
    let messages: Vec<String> = gates
        .filter_map(|gate| {
            let name = &gate.condition_type;
            let mut conditions = status.conditions.iter().flatten();
            match conditions.find(|condition| condition.type_ == *name) {
                None => {
                    Some(format!("corresponding condition of pod readiness gate \"{name}\" does not exist."))
                }
                Some(condition) if condition.status != "True" => Some(format!(
                    "the status of pod readiness gate \"{name}\" is not \"True\", but {}",
                    condition.status
                )),
                Some(_) => None,
            }
        })
        .collect();
    (!messages.is_empty()).then(|| Unmet { reason: "ReadinessGatesNotReady", message: messages.join(", ") })
}

/// Sets a condition that is there; its transition time moves only with its status.
fn set_condition(status: &mut PodStatus, pod: &Pod, name: &str, unmet: Option<Unmet>, now: Time) {
    for condition in status.conditions.iter_mut().flatten().filter(|condition| condition.type_ == name) {
        let value = as_status(unmet.is_none());
        if value == "True" && condition.status == value {
            continue;
        }
        if condition.status != value {
            condition.last_transition_time = Some(now.to_timestamp());
            condition.observed_generation = pod.metadata.generation;
        }
        condition.status = value.to_owned();
        condition.reason = unmet.as_ref().map(|unmet| unmet.reason.to_owned());
        condition.message = unmet.as_ref().map(|unmet| unmet.message.clone());
    }
}
