//! Ingresses, IngressClasses and NetworkPolicies.

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, IPBlock, Ingress, IngressBackend, IngressClass, IngressRule, IngressSpec, NetworkPolicy,
    NetworkPolicyPeer, NetworkPolicyPort,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::checks::validate_port_num_or_name;
use super::defaults::{absent_when_empty, absent_when_no_items, absent_when_zero, default_text};
use super::metadata::{SPEC, invalid_each, validate_label_selector};
use super::strategy::{Strategy, next_generation};
use crate::api::validation::address::is_valid_cidr_for_legacy_field;
use crate::api::validation::field::{FieldError, Path, Raw};
use crate::api::validation::{
    is_dns1123_label, is_dns1123_subdomain, is_domain_prefixed_path, is_path_segment_name,
    is_valid_port_name, is_valid_port_num, is_wildcard_dns1123_subdomain, parse_cidr_sloppy, parse_ip_sloppy,
};
use crate::store::Store;

/// The older way to name an Ingress' class.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
/// What makes an IngressClass the one of Ingresses that name none.
const DEFAULT_CLASS_ANNOTATION: &str = "ingressclass.kubernetes.io/is-default-class";

impl Strategy for Ingress {
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        absent_when_no_items(&mut spec.rules);
        absent_when_no_items(&mut spec.tls);
        for rule in spec.rules.iter_mut().flatten() {
            absent_when_empty(&mut rule.host);
        }
    }

    // Models plugin/pkg/admission/network/defaultingressclass/admission.go classDefaulterPlugin.Admit
    /// An Ingress without class gets the default one; of several the newest, then the first by name.
    fn prepare_for_create(&mut self, store: &Store) {
        self.metadata.generation = Some(1);
        let has_annotation =
            self.metadata.annotations.as_ref().is_some_and(|own| own.contains_key(CLASS_ANNOTATION));
        let Some(spec) = self.spec.as_mut().filter(|spec| spec.ingress_class_name.is_none()) else { return };
        if has_annotation {
            return;
        }
        let is_default = |class: &&std::sync::Arc<IngressClass>| {
            let annotations = class.metadata.annotations.as_ref();
            annotations.and_then(|own| own.get(DEFAULT_CLASS_ANNOTATION)).is_some_and(|value| value == "true")
        };
        let created = |class: &IngressClass| class.metadata.creation_timestamp.as_ref().map(|time| time.0);
        let newest = store
            .list::<IngressClass>()
            .filter(is_default)
            .reduce(|best, class| if created(class) > created(best) { class } else { best });
        spec.ingress_class_name = newest.and_then(|class| class.metadata.name.clone());
    }

    fn prepare_for_update(&mut self, old: &Ingress) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models pkg/apis/networking/validation/validation.go ValidateIngressCreate and ValidateIngressUpdate
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&Ingress>) {
        let absent = IngressSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&absent);
        validate_ingress_spec(errors, spec, old.and_then(|old| old.spec.as_ref()));
        let annotation = self.metadata.annotations.as_ref().and_then(|own| own.get(CLASS_ANNOTATION));
        if let (None, Some(annotation), Some(class)) = (old, annotation, &spec.ingress_class_name)
            && annotation != class
        {
            let words = "must match `ingressClassName` when both are specified";
            let annotations = Path::new("annotations");
            errors.push(FieldError::invalid(&annotations.child(CLASS_ANNOTATION), annotation, words));
        }
    }
}

// Models pkg/apis/networking/validation/validation.go ValidateIngressSpec
fn validate_ingress_spec(errors: &mut Vec<FieldError>, spec: &IngressSpec, before: Option<&IngressSpec>) {
    if spec.rules.is_none() && spec.default_backend.is_none() {
        let words = "either `defaultBackend` or `rules` must be specified";
        errors.push(FieldError::invalid(&SPEC, Raw("null"), words));
    }
    if let Some(backend) = &spec.default_backend {
        validate_backend(errors, backend, &SPEC.child("defaultBackend"));
    }
    let rules = SPEC.child("rules");
    for (index, rule) in spec.rules.iter().flatten().enumerate() {
        validate_rule(errors, rule, &rules.index(index), before);
    }
    let list = SPEC.child("tls");
    let secret_errors = |name: &Option<String>| {
        let name = name.as_deref().unwrap_or_default();
        if name.is_empty() { Vec::new() } else { is_dns1123_subdomain(name) }
    };
    // What an older API server took stays valid.
    let had_bad_secret = before.is_some_and(|before| {
        before.tls.iter().flatten().any(|tls| !secret_errors(&tls.secret_name).is_empty())
    });
    for (index, tls) in spec.tls.iter().flatten().enumerate() {
        let path = list.index(index);
        let hosts = path.child("hosts");
        for (index, host) in tls.hosts.iter().flatten().enumerate() {
            invalid_each(errors, &hosts.index(index), host, host_errors(host));
        }
        if !had_bad_secret {
            let name = tls.secret_name.as_deref().unwrap_or_default();
            invalid_each(errors, &path.child("secretName"), name, secret_errors(&tls.secret_name));
        }
    }
    if let Some(class) = spec.ingress_class_name.as_deref() {
        invalid_each(errors, &SPEC.child("ingressClassName"), class, is_dns1123_subdomain(class));
    }
}

/// A host name; with an asterisk only in its place.
fn host_errors(host: &str) -> Vec<String> {
    if host.contains('*') { is_wildcard_dns1123_subdomain(host) } else { is_dns1123_subdomain(host) }
}

// Models pkg/apis/networking/validation/validation.go validateIngressRules
fn validate_rule(
    errors: &mut Vec<FieldError>,
    rule: &IngressRule,
    path: &Path<'_>,
    before: Option<&IngressSpec>,
) {
    let host = rule.host.as_deref().unwrap_or_default();
    if !host.is_empty() {
        let path = path.child("host");
        if parse_ip_sloppy(host).is_some() {
            errors.push(FieldError::invalid(&path, host, "must be a DNS name, not an IP address"));
        }
        invalid_each(errors, &path, host, host_errors(host));
    }
    // Older API servers did not look at the paths under a wildcard; what they took stays valid.
    let had_bad_wildcard = before.is_some_and(|before| {
        before.rules.iter().flatten().any(|rule| {
            let mut errors = Vec::new();
            validate_paths(&mut errors, rule, &Path::NIL);
            rule.host.as_ref().is_some_and(|host| host.contains('*')) && !errors.is_empty()
        })
    });
    if !(host.contains('*') && had_bad_wildcard) {
        validate_paths(errors, rule, path);
    }
}

fn validate_paths(errors: &mut Vec<FieldError>, rule: &IngressRule, path: &Path<'_>) {
    let Some(http) = &rule.http else { return };
    let http_path = path.child("http");
    let list = http_path.child("paths");
    if http.paths.is_empty() {
        errors.push(FieldError::required(&list, ""));
    }
    for (index, path) in http.paths.iter().enumerate() {
        validate_path(errors, path, &list.index(index));
    }
}

// Models pkg/apis/networking/validation/validation.go validateHTTPIngressPath
fn validate_path(errors: &mut Vec<FieldError>, path: &HTTPIngressPath, at: &Path<'_>) {
    let value = path.path.as_deref().unwrap_or_default();
    let own = at.child("path");
    match path.path_type.as_str() {
        "" => {
            errors.push(FieldError::required(&at.child("pathType"), "pathType must be specified"));
            return;
        }
        "Exact" | "Prefix" => {
            if !value.starts_with('/') {
                errors.push(FieldError::invalid(&own, value, "must be an absolute path"));
            }
            for sequence in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|one| value.contains(**one)) {
                errors.push(FieldError::invalid(&own, value, format!("must not contain '{sequence}'")));
            }
            for suffix in ["/..", "/."].iter().filter(|one| value.ends_with(**one)) {
                errors.push(FieldError::invalid(&own, value, format!("cannot end with '{suffix}'")));
            }
        }
        "ImplementationSpecific" => {
            if !value.is_empty() && !value.starts_with('/') {
                errors.push(FieldError::invalid(&own, value, "must be an absolute path"));
            }
        }
        other => {
            let supported = ["Exact", "ImplementationSpecific", "Prefix"];
            errors.push(FieldError::not_supported(&at.child("pathType"), other, &supported));
        }
    }
    validate_backend(errors, &path.backend, &at.child("backend"));
}

// Models pkg/apis/networking/validation/validation.go validateIngressBackend
fn validate_backend(errors: &mut Vec<FieldError>, backend: &IngressBackend, path: &Path<'_>) {
    let service_path = path.child("service");
    let service = match (&backend.resource, &backend.service) {
        (Some(_), Some(_)) => {
            errors.push(FieldError::invalid(path, "", "cannot set both resource and service backends"));
            return;
        }
        (Some(resource), None) => {
            let at = path.child("resource");
            validate_reference(errors, resource.api_group.as_deref(), &resource.kind, &resource.name, &at);
            return;
        }
        (None, None) => {
            errors.push(FieldError::invalid(path, "", "resource or service backend is required"));
            return;
        }
        (None, Some(service)) => service,
    };
    let name_path = service_path.child("name");
    if service.name.is_empty() {
        errors.push(FieldError::required(&name_path, ""));
    } else {
        invalid_each(errors, &name_path, &service.name, is_dns1123_label(&service.name));
    }
    let port_path = service_path.child("port");
    let port = service.port.as_ref();
    let name = port.and_then(|port| port.name.as_deref()).filter(|name| !name.is_empty());
    let number = port.and_then(|port| port.number).filter(|number| *number != 0);
    match (name, number) {
        (Some(_), Some(_)) => {
            errors.push(FieldError::invalid(path, "", "cannot set both port name & port number"));
        }
        (Some(name), None) => invalid_each(errors, &port_path.child("name"), name, is_valid_port_name(name)),
        (None, Some(number)) => {
            invalid_each(errors, &port_path.child("number"), number, is_valid_port_num(number));
        }
        (None, None) => errors.push(FieldError::required(path, "port name or number is required")),
    }
}

// Models pkg/apis/networking/validation/validation.go validateIngressTypedLocalObjectReference
fn validate_reference(
    errors: &mut Vec<FieldError>,
    group: Option<&str>,
    kind: &str,
    name: &str,
    path: &Path<'_>,
) {
    if let Some(group) = group {
        invalid_each(errors, &path.child("apiGroup"), group, is_dns1123_subdomain(group));
    }
    for (field, value, words) in [("kind", kind, "kind is required"), ("name", name, "name is required")] {
        let path = path.child(field);
        if value.is_empty() {
            errors.push(FieldError::required(&path, words));
        } else {
            invalid_each(errors, &path, value, is_path_segment_name(value));
        }
    }
}

impl Strategy for IngressClass {
    // Models pkg/apis/networking/v1/defaults.go SetDefaults_IngressClass
    fn set_defaults(&mut self) {
        if let Some(parameters) = self.spec.as_mut().and_then(|spec| spec.parameters.as_mut()) {
            parameters.scope.get_or_insert_with(|| "Cluster".to_owned());
        }
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = Some(1);
    }

    fn prepare_for_update(&mut self, old: &IngressClass) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models pkg/apis/networking/validation/validation.go ValidateIngressClass and ValidateIngressClassUpdate
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&IngressClass>) {
        let controller = |class: &IngressClass| {
            class.spec.as_ref().and_then(|spec| spec.controller.clone()).unwrap_or_default()
        };
        let (own, path) = (controller(self), SPEC.child("controller"));
        if old.is_some_and(|old| controller(old) != own) {
            errors.push(FieldError::invalid(&path, &own, "field is immutable"));
        }
        if own.len() > 250 {
            errors.push(FieldError::too_long(&path, 250));
        }
        errors.extend(is_domain_prefixed_path(&path, &own));
        let Some(parameters) = self.spec.as_ref().and_then(|spec| spec.parameters.as_ref()) else { return };
        let path = SPEC.child("parameters");
        let group = parameters.api_group.as_deref();
        validate_reference(errors, group, &parameters.kind, &parameters.name, &path);
        let namespace = path.child("namespace");
        match (parameters.scope.as_deref().unwrap_or_default(), parameters.namespace.as_deref()) {
            ("Namespace", None) => {
                errors.push(FieldError::required(&namespace, "`parameters.scope` is set to 'Namespace'"));
            }
            ("Namespace", Some(name)) => invalid_each(errors, &namespace, name, is_dns1123_label(name)),
            ("Cluster", Some(_)) => {
                errors.push(FieldError::forbidden(&namespace, "`parameters.scope` is set to 'Cluster'"));
            }
            ("Cluster", None) => {}
            (other, _) => {
                let supported = ["Cluster", "Namespace"];
                errors.push(FieldError::not_supported(&path.child("scope"), other, &supported));
            }
        }
    }
}

impl Strategy for NetworkPolicy {
    // Models pkg/apis/networking/v1/defaults.go SetDefaults_NetworkPolicy
    /// A policy without types is one for ingress, and for egress as well when it has rules for that.
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        absent_when_no_items(&mut spec.policy_types);
        let has_egress = spec.egress.as_ref().is_some_and(|rules| !rules.is_empty());
        spec.policy_types.get_or_insert_with(|| {
            let mut types = vec!["Ingress".to_owned()];
            types.extend(has_egress.then(|| "Egress".to_owned()));
            types
        });
        let ingress = spec.ingress.iter_mut().flatten().flat_map(|rule| rule.ports.iter_mut().flatten());
        let egress = spec.egress.iter_mut().flatten().flat_map(|rule| rule.ports.iter_mut().flatten());
        for port in ingress.chain(egress) {
            default_text(&mut port.protocol, "TCP");
            absent_when_zero(&mut port.end_port);
        }
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = Some(1);
    }

    fn prepare_for_update(&mut self, old: &NetworkPolicy) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models pkg/apis/networking/validation/validation.go ValidateNetworkPolicySpec
    fn validate(&self, errors: &mut Vec<FieldError>, _old: Option<&NetworkPolicy>) {
        let Some(spec) = &self.spec else { return };
        validate_label_selector(errors, spec.pod_selector.as_ref(), &SPEC.child("podSelector"));
        let list = SPEC.child("ingress");
        for (index, rule) in spec.ingress.iter().flatten().enumerate() {
            let path = list.index(index);
            validate_policy_ports(errors, rule.ports.as_deref().unwrap_or_default(), &path);
            validate_peers(errors, rule.from.as_deref().unwrap_or_default(), &path.child("from"));
        }
        let list = SPEC.child("egress");
        for (index, rule) in spec.egress.iter().flatten().enumerate() {
            let path = list.index(index);
            validate_policy_ports(errors, rule.ports.as_deref().unwrap_or_default(), &path);
            validate_peers(errors, rule.to.as_deref().unwrap_or_default(), &path.child("to"));
        }
        let types = spec.policy_types.as_deref().unwrap_or_default();
        let list = SPEC.child("policyTypes");
        if types.len() > 2 {
            errors.push(FieldError::invalid(&list, types, "may not specify more than two policyTypes"));
            return;
        }
        let supported = ["Ingress", "Egress"];
        for (index, one) in types.iter().enumerate().filter(|(_, one)| !supported.contains(&one.as_str())) {
            errors.push(FieldError::not_supported(&list.index(index), one, &supported));
        }
    }
}

// Models pkg/apis/networking/validation/validation.go ValidateNetworkPolicyPort
fn validate_policy_ports(errors: &mut Vec<FieldError>, ports: &[NetworkPolicyPort], rule: &Path<'_>) {
    let list = rule.child("ports");
    for (index, port) in ports.iter().enumerate() {
        let path = list.index(index);
        if let Some(protocol) = port.protocol.as_deref()
            && !["TCP", "UDP", "SCTP"].contains(&protocol)
        {
            let supported = ["TCP", "UDP", "SCTP"];
            errors.push(FieldError::not_supported(&path.child("protocol"), protocol, &supported));
        }
        let end = path.child("endPort");
        if let (Some(IntOrString::String(_)) | None, Some(end_port)) = (&port.port, port.end_port) {
            let what = if port.port.is_some() { "non-numeric" } else { "not specified" };
            let words = format!("may not be specified when `port` is {what}");
            errors.push(FieldError::invalid(&end, end_port, words));
        }
        if let Some(number) = &port.port {
            validate_port_num_or_name(errors, number, &path.child("port"));
        }
        if let (Some(IntOrString::Int(first)), Some(end_port)) = (&port.port, port.end_port) {
            if end_port < *first {
                let words = "must be greater than or equal to `port`";
                errors.push(FieldError::invalid(&end, *first, words));
            }
            invalid_each(errors, &end, end_port, is_valid_port_num(end_port));
        }
    }
}

// Models pkg/apis/networking/validation/validation.go ValidateNetworkPolicyPeer
fn validate_peers(errors: &mut Vec<FieldError>, peers: &[NetworkPolicyPeer], list: &Path<'_>) {
    for (index, peer) in peers.iter().enumerate() {
        let path = list.index(index);
        validate_label_selector(errors, peer.pod_selector.as_ref(), &path.child("podSelector"));
        validate_label_selector(errors, peer.namespace_selector.as_ref(), &path.child("namespaceSelector"));
        let has_selector = peer.pod_selector.is_some() || peer.namespace_selector.is_some();
        match &peer.ip_block {
            Some(block) => {
                validate_ip_block(errors, block, &path.child("ipBlock"));
                if has_selector {
                    errors
                        .push(FieldError::forbidden(&path, "may not specify both ipBlock and another peer"));
                }
            }
            None if !has_selector => errors.push(FieldError::required(&path, "must specify a peer")),
            None => {}
        }
    }
}

// Models pkg/apis/networking/validation/validation.go ValidateIPBlock
fn validate_ip_block(errors: &mut Vec<FieldError>, block: &IPBlock, path: &Path<'_>) {
    let cidr_path = path.child("cidr");
    if block.cidr.is_empty() {
        errors.push(FieldError::required(&cidr_path, ""));
        return;
    }
    errors.extend(is_valid_cidr_for_legacy_field(&cidr_path, &block.cidr, &[]).err());
    let Some((_, cidr)) = parse_cidr_sloppy(&block.cidr) else { return };
    let list = path.child("except");
    for (index, text) in block.except.iter().flatten().enumerate() {
        let path = list.index(index);
        errors.extend(is_valid_cidr_for_legacy_field(&path, text, &[]).err());
        let Some((_, except)) = parse_cidr_sloppy(text) else { continue };
        if !cidr.contains(&except) || cidr.prefix_len() >= except.prefix_len() {
            errors.push(FieldError::invalid(&path, text, "must be a strict subset of `cidr`"));
        }
    }
}
