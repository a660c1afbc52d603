//! A Pod.

use super::super::age::{age, date};
use super::super::doc::{Doc, pairs, selector_or_none};
use super::super::page::Page;
use super::super::quantity::qos_class;
use super::container::{describe_containers, describe_resources};
use super::volume::describe_volumes;
use super::{labels_and_annotations, name};

// Models describe.go describePod
/// Writes a Pod; `now` is in seconds since 1970.
pub fn describe_pod(page: &mut Page, pod: Doc<'_>, now: i64) {
    let (spec, status) = (pod.at("spec"), pod.at("status"));
    name(page, pod);
    page.field_if(0, "Priority", &spec.word("priority"));
    page.field_if(0, "Priority Class Name", spec.text("priorityClassName"));
    page.field_if(0, "Runtime Class Name", spec.text("runtimeClassName"));
    page.field_if(0, "Service Account", spec.text("serviceAccountName"));
    match spec.text("nodeName") {
        "" => page.field(0, "Node", "<none>"),
        node => page.field(0, "Node", &[node, "/", status.text("hostIP")].concat()),
    }
    if status.has("startTime") {
        page.field(0, "Start Time", &date(status, "startTime"));
    }
    labels_and_annotations(page, pod);
    let phase = status.text("phase");
    if pod.has("metadata.deletionTimestamp") && !matches!(phase, "Failed" | "Succeeded") {
        let lasts = age(pod, "metadata.deletionTimestamp", now);
        page.field(0, "Status", &["Terminating (lasts ", &*lasts, ")"].concat());
        let grace = pod.number("metadata.deletionGracePeriodSeconds").to_string();
        page.field(0, "Termination Grace Period", &[&*grace, "s"].concat());
    } else {
        page.field(0, "Status", phase);
    }
    page.field_if(0, "Reason", status.text("reason"));
    page.field_if(0, "Message", status.text("message"));
    page.field_if(0, "SeccompProfile", spec.text("securityContext.seccompProfile.type"));
    page.field_if(0, "LocalhostProfile", spec.text("securityContext.seccompProfile.localhostProfile"));
    page.field(0, "IP", status.text("podIP"));
    if status.items("podIPs").len() == 0 {
        page.field(0, "IPs", "<none>");
    } else {
        page.line(0, &["IPs:"]);
        for ip in status.items("podIPs") {
            page.field(1, "IP", ip.text("ip"));
        }
    }
    page.field_if(0, "Controlled By", &controlled_by(pod));
    page.field_if(0, "NominatedNodeName", status.text("nominatedNodeName"));
    if spec.has("resources") {
        page.line(0, &["Resources:"]);
        describe_resources(page, 1, spec.at("resources"));
    }
    if spec.items("initContainers").len() > 0 {
        describe_containers(page, "Init Containers", spec, "initContainers", Some(pod), "");
    }
    describe_containers(page, "Containers", spec, "containers", Some(pod), "");
    if spec.items("ephemeralContainers").len() > 0 {
        describe_containers(page, "Ephemeral Containers", spec, "ephemeralContainers", Some(pod), "");
    }
    if spec.items("readinessGates").len() > 0 {
        page.line(0, &["Readiness Gates:"]);
        page.line(1, &["Type", "Status"]);
        for gate in spec.items("readinessGates") {
            let wanted = gate.text("conditionType");
            let mut conditions = status.items("conditions");
            let found = conditions.find(|condition| condition.text("type") == wanted);
            condition(page, wanted, found.map_or("<none>", |found| found.text("status")));
        }
    }
    if status.items("conditions").len() > 0 {
        page.line(0, &["Conditions:"]);
        page.line(1, &["Type", "Status"]);
        for found in status.items("conditions") {
            condition(page, found.text("type"), found.text("status"));
        }
    }
    describe_volumes(page, spec, "");
    page.field(0, "QoS Class", qos_class(pod));
    page.list("Node-Selectors", &pairs(spec, "nodeSelector"));
    page.list("Tolerations", &tolerations(spec));
    topology_spread_constraints(page, spec, "");
}

fn condition(page: &mut Page, name: &str, status: &str) {
    page.line(1, &[&[name, " "].concat(), &[status, " "].concat()]);
}

// Models describe.go printController
/// The controller among the owners as `Kind/name`; empty when there is none.
pub fn controlled_by(object: Doc<'_>) -> String {
    let mut owners = object.items("metadata.ownerReferences");
    let owner = owners.find(|owner| owner.is("controller"));
    owner.map_or_else(String::new, |owner| [owner.text("kind"), "/", owner.text("name")].concat())
}

// Models describe.go printTolerationsMultilineWithIndent
/// What a Pod tolerates, ordered by key, one line each.
pub fn tolerations(spec: Doc<'_>) -> Vec<String> {
    let mut tolerations: Vec<Doc<'_>> = spec.items("tolerations").collect();
    tolerations.sort_by_key(|toleration| toleration.text("key"));
    let line = |toleration: Doc<'_>| {
        let text = |field| toleration.text(field);
        let mut line = text("key").to_owned();
        for (sign, field) in [("=", "value"), (":", "effect")] {
            if !text(field).is_empty() {
                line += sign;
                line += text(field);
            }
        }
        if text("operator") == "Exists" && text("value").is_empty() {
            line += if line.is_empty() { "op=Exists" } else { " op=Exists" };
        }
        if toleration.has("tolerationSeconds") {
            line += &[" for ", &*toleration.word("tolerationSeconds"), "s"].concat();
        }
        line
    };
    tolerations.into_iter().map(line).collect()
}

// Models describe.go describeTopologySpreadConstraints
/// Writes how a Pod is spread; `indent` stands before the title.
pub fn topology_spread_constraints(page: &mut Page, spec: Doc<'_>, indent: &str) {
    let mut constraints: Vec<Doc<'_>> = spec.items("topologySpreadConstraints").collect();
    constraints.sort_by_key(|constraint| constraint.text("topologyKey"));
    let mut title: &str = &[indent, "Topology Spread Constraints:"].concat();
    for constraint in constraints {
        let mut words = [
            constraint.text("topologyKey"),
            ":",
            constraint.text("whenUnsatisfiable"),
            " when max skew ",
            &*constraint.word("maxSkew"),
            " is exceeded",
        ]
        .concat();
        if constraint.has("labelSelector") {
            words += " for selector ";
            words += &selector_or_none(constraint.at("labelSelector"));
        }
        page.line(0, &[title, &words]);
        title = indent;
    }
}
