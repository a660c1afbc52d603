//! Endpoints and EndpointSlices.

use super::super::doc::{Doc, or_none};
use super::super::page::Page;
use super::{labels_and_annotations, name};

/// Writes the head of a table of ports and the ports.
fn ports(page: &mut Page, level: usize, object: Doc<'_>) {
    page.line(level, &["Name", "Port", "Protocol"]);
    page.line(level, &["----", "----", "--------"]);
    for port in object.items("ports") {
        let number = port.word("port");
        let number = if number.is_empty() { "<unset>" } else { &number };
        page.line(level, &[port.text_or("name", "<unset>"), number, port.text("protocol")]);
    }
}

// Models describe.go describeEndpoints
/// Writes an Endpoints object.
pub fn describe_endpoints(page: &mut Page, endpoints: Doc<'_>) {
    name(page, endpoints);
    labels_and_annotations(page, endpoints);
    page.line(0, &["Subsets:"]);
    for subset in endpoints.items("subsets") {
        for (title, field) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
            let ips: Vec<&str> = subset.items(field).map(|address| address.text("ip")).collect();
            page.field(1, title, &or_none(ips.join(",")));
        }
        if subset.items("ports").len() > 0 {
            page.line(1, &["Ports:"]);
            ports(page, 2, subset);
        }
        page.line(0, &[""]);
    }
}

// Models describe.go describeEndpointSliceV1
/// Writes an EndpointSlice.
pub fn describe_endpoint_slice(page: &mut Page, slice: Doc<'_>) {
    name(page, slice);
    labels_and_annotations(page, slice);
    page.field(0, "AddressType", slice.text("addressType"));
    if slice.items("ports").len() == 0 {
        page.line(0, &["Ports: <unset>"]);
    } else {
        page.line(0, &["Ports:"]);
        ports(page, 1, slice);
    }
    if slice.items("endpoints").len() == 0 {
        page.line(0, &["Endpoints: <none>"]);
        return;
    }
    page.line(0, &["Endpoints:"]);
    for endpoint in slice.items("endpoints") {
        page.field(1, "- Addresses", &or_none(endpoint.texts("addresses").join(", ")));
        page.line(2, &["Conditions:"]);
        let ready = endpoint.word("conditions.ready");
        page.field(3, "Ready", if ready.is_empty() { "<unset>" } else { &ready });
        page.field(2, "Hostname", endpoint.text_or("hostname", "<unset>"));
        if endpoint.has("targetRef") {
            let target = endpoint.at("targetRef");
            page.field(2, "TargetRef", &[target.text("kind"), "/", target.text("name")].concat());
        }
        page.field(2, "NodeName", endpoint.text_or("nodeName", "<unset>"));
        page.field(2, "Zone", endpoint.text_or("zone", "<unset>"));
    }
}
