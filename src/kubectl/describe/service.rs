//! A Service, and its endpoints in one line.

use super::super::ApiServer;
use super::super::doc::{Doc, host_port, labels, or_none};
use super::super::page::Page;
use super::{labels_and_annotations, name};
use crate::api::encode::encode;

/// How many addresses are listed.
const LISTED: usize = 3;

// Models describe.go describeService
/// Writes a Service.
pub fn describe_service(page: &mut Page, server: ApiServer<'_>, service: Doc<'_>) {
    let spec = service.at("spec");
    name(page, service);
    labels_and_annotations(page, service);
    page.field(0, "Selector", &labels(spec, "selector"));
    page.field(0, "Type", spec.text("type"));
    page.field_if(0, "IP Family Policy", spec.text("ipFamilyPolicy"));
    page.field(0, "IP Families", &or_none(spec.texts("ipFamilies").join(",")));
    page.field(0, "IP", spec.text("clusterIP"));
    page.field(0, "IPs", &or_none(spec.texts("clusterIPs").join(",")));
    page.field_if(0, "External IPs", &spec.texts("externalIPs").join(","));
    page.field_if(0, "Desired LoadBalancer IP", spec.text("loadBalancerIP"));
    page.field_if(0, "External Name", spec.text("externalName"));
    page.field_if(0, "LoadBalancer Ingress", &load_balancer(service));
    let slices = slices(server, service.text("metadata.namespace"), service.text("metadata.name"));
    for port in spec.items("ports") {
        let name = port.text_or("name", "<unset>");
        let protocol = port.text("protocol");
        let with_protocol = |field| [&*port.word(field), "/", protocol].concat();
        page.line(0, &["Port:", name, &with_protocol("port")]);
        let target =
            if port.has("targetPort") { with_protocol("targetPort") } else { ["0/", protocol].concat() };
        page.field(0, "TargetPort", &target);
        page.field_if(0, "AppProtocol", port.text("appProtocol"));
        if port.number("nodePort") != 0 {
            page.line(0, &["NodePort:", name, &with_protocol("nodePort")]);
        }
        page.field(0, "Endpoints", &endpoints(&slices, port.text("name")));
    }
    page.field(0, "Session Affinity", spec.text("sessionAffinity"));
    page.field_if(0, "External Traffic Policy", spec.text("externalTrafficPolicy"));
    page.field_if(0, "Internal Traffic Policy", spec.text("internalTrafficPolicy"));
    if spec.number("healthCheckNodePort") != 0 {
        page.field(0, "HealthCheck NodePort", &spec.word("healthCheckNodePort"));
    }
    page.field_if(0, "LoadBalancer Source Ranges", &spec.texts("loadBalancerSourceRanges").join(","));
    page.field_if(0, "Traffic Distribution", spec.text("trafficDistribution"));
}

// Models describe.go buildIngressString
fn load_balancer(service: Doc<'_>) -> String {
    let ingress = service.items("status.loadBalancer.ingress").map(|ingress| {
        match (ingress.text("ip"), ingress.text("ipMode")) {
            ("", _) => ingress.text("hostname").to_owned(),
            (ip, "") => ip.to_owned(),
            (ip, mode) => [ip, " (", mode, ")"].concat(),
        }
    });
    ingress.collect::<Vec<_>>().join(", ")
}

/// The EndpointSlices of a Service, as the API shows them.
pub fn slices(server: ApiServer<'_>, namespace: &str, service: &str) -> Vec<serde_json::Value> {
    server.store.slices_of(namespace, service).map(|slice| encode(&**slice)).collect()
}

// Models describe.go formatEndpointSlices
/// The first ready addresses of a port, and how many more there are: `<none>` when there are no slices, empty when no
/// endpoint is ready. Once three are listed, any further endpoint, ready or not, brings the `more`.
pub fn endpoints(slices: &[serde_json::Value], port_name: &str) -> String {
    if slices.is_empty() {
        return "<none>".to_owned();
    }
    let (mut listed, mut count, mut more) = (Vec::new(), 0, false);
    let mut list = |slice: Doc<'_>, port: Option<&str>| {
        for endpoint in slice.items("endpoints") {
            more |= listed.len() == LISTED;
            if endpoint.has("conditions.ready") && !endpoint.is("conditions.ready") {
                continue;
            }
            count += 1;
            if !more {
                let address = endpoint.texts("addresses").first().copied().unwrap_or_default();
                listed.push(port.map_or_else(|| address.to_owned(), |port| host_port(address, port)));
            }
        }
    };
    for slice in slices.iter().map(Doc) {
        if slice.items("ports").len() == 0 {
            list(slice, None);
        }
        for port in slice.items("ports").filter(|port| port.text("name") == port_name) {
            list(slice, Some(&port.number("port").to_string()));
        }
    }
    let text = listed.join(",");
    if more { format!("{text} + {} more...", count - LISTED) } else { text }
}
