//! What CoreDNS answers.

use endpoint_playground::network::dns::{
    DnsConfig, DnsView, PodMode, Question, Rcode, Record, RecordData, RecordType, Response, answer,
};
use k8s_openapi::api::core::v1::{Namespace, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::{Value, json};

/// The objects of a fixture, and what the resolver outside returns.
struct World {
    namespaces: Vec<Namespace>,
    services: Vec<Service>,
    slices: Vec<EndpointSlice>,
    pods: Vec<Pod>,
    upstream: Value,
}

fn of_kind<T: serde::de::DeserializeOwned>(objects: &Value, kind: &str) -> Vec<T> {
    let objects = objects.as_array().expect("a fixture is a list");
    objects
        .iter()
        .filter(|object| object["kind"] == kind)
        .map(|object| serde_json::from_value(object.clone()).expect("the object is of its kind"))
        .collect()
}

impl DnsView for World {
    fn namespace_exists(&self, name: &str) -> bool {
        self.namespaces.iter().any(|namespace| namespace.metadata.name.as_deref() == Some(name))
    }
    fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| {
            let metadata = &service.metadata;
            metadata.namespace.as_deref() == Some(namespace) && metadata.name.as_deref() == Some(name)
        })
    }
    fn slices_of(&self, namespace: &str, service: &str) -> impl Iterator<Item = &EndpointSlice> {
        let (namespace, service) = (namespace.to_owned(), service.to_owned());
        self.slices.iter().filter(move |slice| {
            let labels = slice.metadata.labels.as_ref();
            slice.metadata.namespace.as_ref() == Some(&namespace)
                && labels.and_then(|labels| labels.get("kubernetes.io/service-name")) == Some(&service)
        })
    }
    fn services_with_cluster_ip(&self, ip: &str) -> impl Iterator<Item = &Service> {
        let ip = ip.to_owned();
        self.services.iter().filter(move |service| {
            let ips = service.spec.as_ref().and_then(|spec| spec.cluster_ips.as_ref());
            ips.is_some_and(|ips| ips.contains(&ip))
        })
    }
    fn slices_with_address(&self, ip: &str) -> impl Iterator<Item = &EndpointSlice> {
        let ip = ip.to_owned();
        self.slices.iter().filter(move |slice| {
            slice.endpoints.iter().flatten().any(|endpoint| endpoint.addresses.contains(&ip))
        })
    }
    fn pods_with_ip(&self, namespace: &str, ip: &str) -> impl Iterator<Item = &Pod> {
        let (namespace, ip) = (namespace.to_owned(), ip.to_owned());
        self.pods
            .iter()
            .filter(move |pod| pod.metadata.namespace.as_ref() == Some(&namespace))
            .filter(move |pod| pod.status.as_ref().and_then(|status| status.pod_ip.as_ref()) == Some(&ip))
    }
    fn upstream(&self, question: &Question) -> Response {
        let Some(records) = self.upstream[&question.name].as_array() else {
            return Response::empty(Rcode::NxDomain);
        };
        let record = |record: &Value| {
            let data = record["data"].as_str()?;
            let data = match record["type"].as_str()? {
                "A" | "AAAA" => RecordData::address(data.parse().ok()?),
                "CNAME" => RecordData::Cname(data.to_owned()),
                _ => return None,
            };
            let asked = [question.record_type, RecordType::Cname].contains(&data.record_type());
            let ttl = record["ttl"].as_u64()?.try_into().ok()?;
            asked.then(|| Record { name: record["name"].as_str().unwrap_or_default().to_owned(), ttl, data })
        };
        Response { answers: records.iter().filter_map(record).collect(), ..Response::empty(Rcode::NoError) }
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// Records as the data have them, sorted; the value of the start of a zone is not compared.
fn section(records: &[Record]) -> Vec<String> {
    let mut lines: Vec<String> = records
        .iter()
        .map(|record| {
            let data = match &record.data {
                RecordData::Soa { .. } => "*".to_owned(),
                data => data.to_string(),
            };
            json!([record.name, record.data.record_type().to_string(), record.ttl, data]).to_string()
        })
        .collect();
    lines.sort();
    lines
}

fn expected(records: &Value) -> Vec<String> {
    let records = records.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lines: Vec<String> = records
        .iter()
        .map(|one| json!([one["name"], one["type"], one["ttl"], one["data"]]).to_string())
        .collect();
    lines.sort();
    lines
}

/// Whether each CNAME comes before the records of its target.
fn cname_comes_first(records: &[Record]) -> bool {
    records.iter().enumerate().all(|(at, record)| match &record.data {
        RecordData::Cname(target) => records.iter().take(at).all(|before| before.name != *target),
        _ => true,
    })
}

pub fn check(file: &Value) -> (usize, Vec<String>) {
    let cases = file["cases"].as_array().expect("the file has cases");
    let mut differences = Vec::new();
    for case in cases {
        let objects = &file["fixtures"][case["fixture"].as_str().unwrap_or_default()];
        let world = World {
            namespaces: of_kind(objects, "Namespace"),
            services: of_kind(objects, "Service"),
            slices: of_kind(objects, "EndpointSlice"),
            pods: of_kind(objects, "Pod"),
            upstream: case["upstream"].clone(),
        };
        let config = &case["config"];
        let config = DnsConfig {
            zone: config["zone"].as_str().unwrap_or_default().to_owned(),
            ttl: config["ttl"].as_u64().and_then(|ttl| ttl.try_into().ok()).expect("a ttl"),
            pods: match config["pods"].as_str() {
                Some("insecure") => PodMode::Insecure,
                Some("verified") => PodMode::Verified,
                _ => PodMode::Disabled,
            },
            ignore_empty_service: config["ignoreEmptyService"] == true,
            reverse_zones: texts(&config["reverseZones"]),
            fallthrough: Vec::new(),
            server: None,
        };
        let question = &case["question"];
        let record_type = RecordType::from_name(question["type"].as_str().unwrap_or_default());
        let question = Question::new(question["name"].as_str().unwrap_or_default(), record_type);
        let response = answer(&world, &config, &question);
        let expect = &case["expect"];
        let found = (
            response.rcode.to_string(),
            section(&response.answers),
            section(&response.additional),
            section(&response.authority),
        );
        let wanted = (
            expect["rcode"].as_str().unwrap_or_default().to_owned(),
            expected(&expect["answers"]),
            expected(&expect["additional"]),
            expected(&expect["authority"]),
        );
        if found != wanted || !cname_comes_first(&response.answers) {
            differences.push(format!("{}: found {found:?}, expected {wanted:?}", case["id"]));
        }
    }
    (cases.len(), differences)
}
