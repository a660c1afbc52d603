//! The columns READY, STATUS and RESTARTS of a Pod.

use super::age::{moment, since};
use super::doc::Doc;

/// What the three columns say.
pub struct PodStatus {
    /// Ready containers and all containers.
    pub ready: String,
    /// What the Pod does, in one word.
    pub status: String,
    /// How often its containers were started again.
    pub restarts: String,
}

/// Restarts, and the last moment a container ended before one.
#[derive(Default, Clone, Copy)]
struct Restarts {
    count: i64,
    last: Option<i64>,
}

impl Restarts {
    fn add(&mut self, container: Doc<'_>) {
        self.count += container.number("restartCount");
        self.last = self.last.max(moment(container, "lastState.terminated.finishedAt"));
    }
}

// Models pkg/printers/internalversion/printers.go printPod
/// The columns of a Pod at a moment, in seconds since 1970.
pub fn pod_status(pod: Doc<'_>, now: i64) -> PodStatus {
    let (spec, status) = (pod.at("spec"), pod.at("status"));
    let is_sidecar = |name: &str| {
        let mut containers = spec.items("initContainers");
        containers
            .any(|container| container.text("name") == name && container.text("restartPolicy") == "Always")
    };
    let sidecars =
        spec.items("initContainers").filter(|container| container.text("restartPolicy") == "Always").count();
    let total = spec.items("containers").len() + sidecars;
    let mut conditions = status.items("conditions");
    let is_gated = conditions.any(|condition| {
        condition.text("type") == "PodScheduled" && condition.text("reason") == "SchedulingGated"
    });
    let phase = status.text("phase");
    let mut reason = if is_gated { "SchedulingGated" } else { status.text_or("reason", phase) }.to_owned();

    let mut ready = 0;
    let (mut restarts, mut of_sidecars) = (Restarts::default(), Restarts::default());
    let mut is_initializing = false;
    for (place, container) in status.items("initContainerStatuses").enumerate() {
        let is_sidecar = is_sidecar(container.text("name"));
        restarts.add(container);
        if is_sidecar {
            of_sidecars.add(container);
        }
        let ended = container.at("state.terminated");
        if ended.has("exitCode") && ended.number("exitCode") == 0 {
            continue;
        }
        if is_sidecar && container.is("started") {
            ready += usize::from(container.is("ready"));
            continue;
        }
        let waits_for = container.text("state.waiting.reason");
        reason = if container.has("state.terminated") {
            ["Init:", &*exit(ended)].concat()
        } else if !matches!(waits_for, "" | "PodInitializing") {
            ["Init:", waits_for].concat()
        } else {
            format!("Init:{place}/{}", spec.items("initContainers").len())
        };
        is_initializing = true;
        break;
    }

    let is_true = |name: &str| {
        let mut conditions = status.items("conditions");
        conditions.any(|condition| condition.text("type") == name && condition.text("status") == "True")
    };
    if !is_initializing || is_true("Initialized") {
        restarts = of_sidecars;
        let mut has_running = false;
        for container in status.items("containerStatuses").rev() {
            restarts.add(container);
            let waits_for = container.text("state.waiting.reason");
            if !waits_for.is_empty() {
                reason = waits_for.to_owned();
            } else if container.has("state.terminated") {
                reason = exit(container.at("state.terminated"));
            } else if container.is("ready") && container.has("state.running") {
                has_running = true;
                ready += 1;
            }
        }
        // One that still runs outweighs those that are done.
        if reason == "Completed" && has_running {
            reason = if is_true("Ready") { "Running" } else { "NotReady" }.to_owned();
        }
    }

    if pod.has("metadata.deletionTimestamp") {
        if status.text("reason") == "NodeLost" {
            reason = "Unknown".to_owned();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            reason = "Terminating".to_owned();
        }
    }
    let mut times = restarts.count.to_string();
    if restarts.count != 0 && restarts.last.is_some() {
        times += &[" (", &*since(restarts.last, now), " ago)"].concat();
    }
    PodStatus { ready: format!("{ready}/{total}"), status: reason, restarts: times }
}

/// Why a container ended.
fn exit(ended: Doc<'_>) -> String {
    match (ended.text("reason"), ended.number("signal")) {
        ("", 0) => ["ExitCode:", &*ended.number("exitCode").to_string()].concat(),
        ("", signal) => ["Signal:", &*signal.to_string()].concat(),
        (reason, _) => reason.to_owned(),
    }
}
