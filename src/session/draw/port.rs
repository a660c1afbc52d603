//! A port of a Service as it is typed on a card: `80:8080/TCP`, as kubectl writes it.

use serde_json::Value;

use crate::api::Path;
use crate::api::patch::Edit;

/// A port of a Service as text: `80:http/TCP`; without the target where that is the port itself.
pub fn port_text(port: &Value) -> String {
    let text = |name: &str| match port.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let (number, target) = (text("port"), text("targetPort"));
    let target = if target.is_empty() || target == number { String::new() } else { format!(":{target}") };
    let protocol = match text("protocol") {
        protocol if protocol.is_empty() => "TCP".to_owned(),
        protocol => protocol,
    };
    format!("{number}{target}/{protocol}")
}

/// The changes that make the port number `index` of a Service of what was typed. What is no number is sent as it is, so
/// that the API server says what it thinks of it. An empty text takes the port away. `None` for no change.
pub fn port_edits(service: &Value, index: u32, typed: &str) -> Option<Vec<Edit>> {
    let at = Path::ROOT.field("spec").field("ports").index(index);
    let old = at.get(service)?;
    let typed: String = typed.split_whitespace().collect();
    if typed == port_text(old) {
        return None;
    }
    if typed.is_empty() {
        return Some(vec![Edit::remove(at)]);
    }
    let (ports, protocol) = match typed.split_once('/') {
        Some((ports, protocol)) => (ports, protocol.to_uppercase()),
        None => (typed.as_str(), "TCP".to_owned()),
    };
    let (port, target) = match ports.split_once(':') {
        Some((port, target)) => (port, target),
        None => (ports, ""),
    };
    let number = |text: &str| text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
    let mut edits = Vec::new();
    let mut set = |name: &str, value: Value| {
        if old.get(name) != Some(&value) {
            edits.push(Edit::set(at.field(name), value));
        }
    };
    set("port", number(port));
    // Without a target the port is meant, whatever the target was before.
    set("targetPort", number(if target.is_empty() { port } else { target }));
    if old.get("protocol").is_some() || protocol != "TCP" {
        set("protocol", Value::from(protocol));
    }
    (!edits.is_empty()).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::patch;
    use serde_json::json;

    fn check(port: Value, typed: &str, expected: Value) {
        let service = json!({"spec": {"ports": [port]}});
        let mut edited = service.clone();
        patch::apply(&mut edited, &port_edits(&service, 0, typed).unwrap_or_default())
            .expect("the edits fit");
        assert_eq!(edited.pointer("/spec/ports/0").cloned().unwrap_or_default(), expected, "{typed}");
    }

    #[test]
    fn a_port_is_shown_as_kubectl_writes_it() {
        for (port, text) in [
            (json!({"port": 80}), "80/TCP"),
            (json!({"port": 80, "targetPort": 80, "protocol": "TCP"}), "80/TCP"),
            (json!({"port": 80, "targetPort": "http", "protocol": "TCP"}), "80:http/TCP"),
            (json!({"port": 53, "targetPort": 5353, "protocol": "UDP"}), "53:5353/UDP"),
        ] {
            assert_eq!(port_text(&port), text);
            let service = json!({"spec": {"ports": [port]}});
            assert_eq!(port_edits(&service, 0, text), None);
        }
    }

    #[test]
    fn a_typed_port_is_read_as_kubectl_reads_it() {
        let http = json!({"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"});
        check(
            http.clone(),
            "81:8080",
            json!({"name": "http", "port": 81, "targetPort": 8080, "protocol": "TCP"}),
        );
        check(
            http.clone(),
            "80:web/udp",
            json!({"name": "http", "port": 80, "targetPort": "web", "protocol": "UDP"}),
        );
        check(http.clone(), " 80 ", json!({"name": "http", "port": 80, "targetPort": 80, "protocol": "TCP"}));
        check(
            http,
            "eighty",
            json!({"name": "http", "port": "eighty", "targetPort": "eighty", "protocol": "TCP"}),
        );
        check(json!({"port": 80}), "", json!(null));
    }

    #[test]
    fn a_port_that_is_not_there_has_no_edits() {
        assert_eq!(port_edits(&json!({"spec": {}}), 3, "80"), None);
    }
}
