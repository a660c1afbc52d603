//! The containers of a Pod or of a Pod template.

use super::super::age::date;
use super::super::doc::{Doc, host_port, or_none};
use super::super::page::Page;
use super::super::quantity::field_of_resources;

// Models describe.go describeContainers
/// Writes the containers of the list `field`, with their statuses when they are of a Pod and not of a template.
/// `indent` stands before the title.
pub fn describe_containers(
    page: &mut Page,
    title: &str,
    spec: Doc<'_>,
    field: &str,
    pod: Option<Doc<'_>>,
    indent: &str,
) {
    let none = if spec.items(field).len() == 0 { ": <none>" } else { ":" };
    page.line(0, &[&[indent, title, none].concat()]);
    let statuses = ["status.", field.strip_suffix('s').unwrap_or(field), "Statuses"].concat();
    for container in spec.items(field) {
        let name = container.text("name");
        let of_this = |status: &Doc<'_>| status.text("name") == name;
        let status = pod.and_then(|pod| pod.items(&statuses).rfind(of_this));
        let before = if indent.is_empty() { "" } else { " " };
        page.line(1, &[&[before, name, ":"].concat()]);
        basics(page, container, status);
        for (title, field) in [("Command:", "command"), ("Args:", "args")] {
            if container.items(field).len() > 0 {
                page.line(2, &[title]);
            }
            for line in container.texts(field).iter().flat_map(|text| text.split('\n')) {
                page.line(3, &[line]);
            }
        }
        if let Some(status) = status {
            state(page, "State", status.at("state"));
            if status.has("lastState.terminated") {
                state(page, "Last State", status.at("lastState"));
            }
            page.field(2, "Ready", if status.is("ready") { "True" } else { "False" });
            page.field(2, "Restart Count", &status.number("restartCount").to_string());
        }
        describe_resources(page, 2, container.at("resources"));
        let probes =
            [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")];
        for (title, field) in probes {
            if container.has(field) {
                page.field(2, title, &probe(container.at(field)));
            }
        }
        environment(page, container, pod);
        mounts(page, container);
    }
}

// Models describe.go describeResources
/// Writes limits and requests.
pub fn describe_resources(page: &mut Page, level: usize, resources: Doc<'_>) {
    for (title, field) in [("Limits:", "limits"), ("Requests:", "requests")] {
        let entries = resources.entries(field);
        if !entries.is_empty() {
            page.line(level, &[title]);
        }
        for (name, quantity) in entries {
            page.field(level + 1, name, &quantity.own());
        }
    }
}

// Models describe.go describeContainerBasicInfo
fn basics(page: &mut Page, container: Doc<'_>, status: Option<Doc<'_>>) {
    if let Some(status) = status {
        page.field(2, "Container ID", status.text("containerID"));
    }
    page.field(2, "Image", container.text("image"));
    if let Some(status) = status {
        page.field(2, "Image ID", status.text("imageID"));
    }
    // The names of ports are not told: the kubectl that the conformance data were recorded with does not yet.
    for (title, field) in [("Port", "containerPort"), ("Host Port", "hostPort")] {
        let port = |port: Doc<'_>| [&*port.number(field).to_string(), "/", port.text("protocol")].concat();
        let ports: Vec<String> = container.items("ports").map(port).collect();
        let title = if ports.len() > 1 { [title, "s"].concat() } else { title.to_owned() };
        page.field(2, &title, &or_none(ports.join(", ")));
    }
    page.field_if(2, "SeccompProfile", container.text("securityContext.seccompProfile.type"));
    page.field_if(3, "LocalhostProfile", container.text("securityContext.seccompProfile.localhostProfile"));
}

// Models describe.go describeStatus
fn state(page: &mut Page, title: &str, state: Doc<'_>) {
    if state.has("running") {
        page.field(2, title, "Running");
        page.field(3, "Started", &date(state, "running.startedAt"));
    } else if state.has("terminated") && !state.has("waiting") {
        let ended = state.at("terminated");
        page.field(2, title, "Terminated");
        page.field_if(3, "Reason", ended.text("reason"));
        page.field_if(3, "Message", ended.text("message"));
        page.field(3, "Exit Code", &ended.number("exitCode").to_string());
        if ended.number("signal") > 0 {
            page.field(3, "Signal", &ended.word("signal"));
        }
        page.field(3, "Started", &date(ended, "startedAt"));
        page.field(3, "Finished", &date(ended, "finishedAt"));
    } else {
        page.field(2, title, "Waiting");
        page.field_if(3, "Reason", state.text("waiting.reason"));
    }
}

// Models describe.go DescribeProbe
fn probe(probe: Doc<'_>) -> String {
    let seconds = |name: &str, field| [name, "=", &*probe.number(field).to_string(), "s "].concat();
    let times = |name: &str, field| [" #", name, "=", &*probe.number(field).to_string()].concat();
    let attributes = [
        seconds("delay", "initialDelaySeconds"),
        seconds("timeout", "timeoutSeconds"),
        seconds("period", "periodSeconds").trim_end().to_owned(),
        times("success", "successThreshold"),
        times("failure", "failureThreshold"),
    ]
    .concat();
    let what = if probe.has("exec") {
        ["exec [", &probe.texts("exec.command").join(" "), "]"].concat()
    } else if probe.has("httpGet") {
        let get = probe.at("httpGet");
        let scheme = get.text("scheme").to_ascii_lowercase();
        let authority = host_port(get.text("host"), &get.word("port"));
        ["http-get ", &scheme, "://", &authority, &url_path(get.text("path"))].concat()
    } else if probe.has("tcpSocket") {
        let socket = probe.at("tcpSocket");
        ["tcp-socket ", socket.text("host"), ":", &socket.word("port")].concat()
    } else if probe.has("grpc") {
        ["grpc <pod>:", &*probe.word("grpc.port"), " ", probe.text("grpc.service")].concat()
    } else {
        "unknown".to_owned()
    };
    [&*what, " ", &*attributes].concat()
}

// Models Go's net/url, URL.EscapedPath
fn url_path(path: &str) -> String {
    let mut escaped = String::new();
    if !path.is_empty() && !path.starts_with('/') {
        escaped.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => escaped.push(char::from(byte)),
            _ if b"-_.~$&+,/:;=@".contains(&byte) => escaped.push(char::from(byte)),
            _ => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}

// Models describe.go describeContainerEnvFrom, describeContainerEnvVars
fn environment(page: &mut Page, container: Doc<'_>, pod: Option<Doc<'_>>) {
    let optional = |of: Doc<'_>| if of.is("optional") { "Optional: true" } else { "Optional: false" };
    if container.items("envFrom").len() > 0 {
        page.line(2, &["Environment Variables from:"]);
    }
    for from in container.items("envFrom") {
        let (kind, of) = match from.has("configMapRef") {
            true => ("ConfigMap", from.at("configMapRef")),
            false => ("Secret", from.at("secretRef")),
        };
        let kind = match from.text("prefix") {
            "" => kind.to_owned(),
            prefix => [kind, " with prefix '", prefix, "'"].concat(),
        };
        page.line(3, &[of.text("name"), &kind, optional(of)]);
    }
    if container.items("env").len() == 0 {
        page.field(2, "Environment", "<none>");
        return;
    }
    page.line(2, &["Environment:"]);
    for variable in container.items("env") {
        let name = [variable.text("name"), ":"].concat();
        let from = variable.at("valueFrom");
        if from.has("fieldRef") {
            let (version, path) =
                (from.text_or("fieldRef.apiVersion", "v1"), from.text("fieldRef.fieldPath"));
            let value = pod.map_or_else(String::new, |pod| field_of(pod, path));
            page.line(3, &[&name, &[&*value, " (", version, ":", path, ")"].concat()]);
        } else if from.has("resourceFieldRef") {
            let field = from.at("resourceFieldRef");
            let value = field_of_resources(container, field);
            page.line(3, &[&name, &[&*value, " (", field.text("resource"), ")"].concat()]);
        } else if from.has("secretKeyRef") {
            let of = from.at("secretKeyRef");
            let words =
                ["<set to the key '", of.text("key"), "' in secret '", of.text("name"), "'>"].concat();
            page.line(3, &[&name, &words, optional(of)]);
        } else if from.has("configMapKeyRef") {
            let of = from.at("configMapKeyRef");
            let words =
                ["<set to the key '", of.text("key"), "' of config map '", of.text("name"), "'>"].concat();
            page.line(3, &[&name, &words, optional(of)]);
        } else {
            let mut name = &*name;
            for line in variable.text("value").split('\n') {
                page.line(3, &[name, line]);
                name = "";
            }
        }
    }
}

// Models kubectl/pkg/util/fieldpath ExtractFieldPathAsString
/// The value of a field of a Pod's metadata; empty for any other field, which kubectl does not look up.
fn field_of(pod: Doc<'_>, path: &str) -> String {
    let Some(field) = path.strip_prefix("metadata.") else { return String::new() };
    let metadata = pod.at("metadata");
    if let Some((map, key)) = field.split_once("['") {
        let entries = metadata.entries(map);
        let key = key.strip_suffix("']").unwrap_or(key);
        return entries
            .iter()
            .find(|(known, _)| *known == key)
            .map_or_else(String::new, |(_, value)| value.own().into_owned());
    }
    match field {
        "name" | "namespace" | "uid" => metadata.text(field).to_owned(),
        _ => String::new(),
    }
}

// Models describe.go describeContainerVolumes
fn mounts(page: &mut Page, container: Doc<'_>) {
    let mut mounts: Vec<Doc<'_>> = container.items("volumeMounts").collect();
    mounts.sort_by_key(|mount| mount.text("mountPath"));
    if mounts.is_empty() {
        page.field(2, "Mounts", "<none>");
    } else {
        page.line(2, &["Mounts:"]);
    }
    for mount in mounts {
        let access = if mount.is("readOnly") { "ro" } else { "rw" };
        let path = match mount.text("subPath") {
            "" => String::new(),
            path => format!(",path={path:?}"),
        };
        let parts = [mount.text("mountPath"), " from ", mount.text("name"), " (", access, &path, ")"];
        page.line(3, &[&parts.concat()]);
    }
    let mut devices: Vec<Doc<'_>> = container.items("volumeDevices").collect();
    devices.sort_by_key(|device| device.text("devicePath"));
    if !devices.is_empty() {
        // kubectl writes here what it found out about the mounts.
        match container.items("volumeMounts").len() {
            0 => page.field(2, "Devices", "<none>"),
            _ => page.line(2, &["Devices:"]),
        }
    }
    for device in devices {
        page.line(3, &[&[device.text("devicePath"), " from ", device.text("name")].concat()]);
    }
}
