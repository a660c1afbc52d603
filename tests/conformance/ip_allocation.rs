//! The bands of cluster IPs and node ports.

use endpoint_playground::api::validation::parse_cidr_sloppy;
use endpoint_playground::store::admission::ip_allocator::{IpAllocator, calculate_range_offset};
use endpoint_playground::store::admission::port_allocator::{PortAllocator, PortRange};
use serde_json::{Value, json};

fn cluster_ip(case: &Value) -> Value {
    let text = case["cidr"].as_str().unwrap_or_default();
    let Some((_, cidr)) = parse_cidr_sloppy(text) else {
        return json!({ "error": format!("invalid CIDR address: {text}") });
    };
    let range_offset = calculate_range_offset(cidr);
    let ips = match IpAllocator::new(cidr) {
        Ok(ips) => ips,
        Err(error) => {
            return json!({ "rangeOffset": range_offset, "dynamicBandEmpty": false, "error": error });
        }
    };
    let mut outcome = json!({
        "rangeOffset": range_offset,
        "firstAddress": ips.first_address().to_string(),
        "lastAddress": ips.last_address().to_string(),
        "dynamicFirstAddress": ips.dynamic_first_address().to_string(),
        "dynamicBandEmpty": ips.size() == range_offset,
        "size": ips.size().to_string(),
    });
    if let Some(last) = ips.static_last_address() {
        outcome["staticLastAddress"] = last.to_string().into();
    }
    outcome
}

fn node_port(case: &Value) -> Value {
    match case["range"].as_str().unwrap_or_default().parse::<PortRange>() {
        Err(error) => json!({
            "base": 0, "size": 0, "rangeOffset": 0, "dynamicFirstPort": 0, "lastPort": 0, "error": error,
        }),
        Ok(range) => {
            let ports = PortAllocator::new(range);
            json!({
                "base": range.base,
                "size": range.size,
                "rangeOffset": ports.range_offset(),
                "dynamicFirstPort": ports.dynamic_first_port(),
                "lastPort": range.base + range.size - 1,
            })
        }
    }
}

fn check(data: &Value, outcome: fn(&Value) -> Value) -> (usize, Vec<String>) {
    let cases = data.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut differences = Vec::new();
    for case in cases {
        let mut expected = case.clone();
        if let Some(expected) = expected.as_object_mut() {
            expected.retain(|fact, _| !["cidr", "kind", "range"].contains(&fact.as_str()));
        }
        let outcome = outcome(case);
        if outcome != expected {
            differences.push(format!("{outcome} instead of {case}"));
        }
    }
    (cases.len(), differences)
}

/// Compares the bands of ranges of cluster IPs.
pub fn check_cluster_ips(data: &Value) -> (usize, Vec<String>) {
    check(data, cluster_ip)
}

/// Compares the bands of ranges of node ports.
pub fn check_node_ports(data: &Value) -> (usize, Vec<String>) {
    check(data, node_port)
}
