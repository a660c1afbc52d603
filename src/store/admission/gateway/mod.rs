//! GatewayClasses, Gateways and ReferenceGrants: defaults and checks of their CustomResourceDefinitions.

mod http_route;
mod schema;
#[cfg(test)]
mod tests;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::defaults::absent_when_empty;
use super::metadata::SPEC;
use super::strategy::{Strategy, next_generation};
use crate::api::gateway::{
    self, Gateway, GatewayClass, GatewayClassStatus, GatewayStatus, Listener, ReferenceGrant,
};
use crate::api::validation::field::{FieldError, Path};
use crate::store::Store;
use schema::Schema;

/// The name of a controller.
const CONTROLLER: &str =
    "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$";
/// The name of a protocol.
const PROTOCOL: &str = "^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9]+$";

/// A condition before any controller has looked.
fn waiting(condition_type: &str) -> Condition {
    Condition {
        last_transition_time: Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH),
        message: "Waiting for controller".to_owned(),
        observed_generation: None,
        reason: "Pending".to_owned(),
        status: "Unknown".to_owned(),
        type_: condition_type.to_owned(),
    }
}

/// Sets a text that the definition gives a default.
fn default_to(text: &mut Option<String>, default: &str) {
    text.get_or_insert_with(|| default.to_owned());
}

impl Strategy for GatewayClass {
    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = Some(1);
        self.status =
            Some(GatewayClassStatus { conditions: vec![waiting("Accepted")], supported_features: None });
    }

    fn prepare_for_update(&mut self, old: &GatewayClass) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models config/crd/standard/gateway.networking.k8s.io_gatewayclasses.yaml
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&GatewayClass>) {
        let mut schema = Schema::new(errors);
        let path = SPEC.child("controllerName");
        let own = self.spec.controller_name.as_str();
        schema.text(&path, own, 253, CONTROLLER);
        schema.at_most(&SPEC.child("description"), self.spec.description.as_deref(), 64);
        schema.finish();
        if old.is_some_and(|old| old.spec.controller_name != own) {
            errors.push(FieldError::invalid(&path, own, "field is immutable"));
        }
    }
}

impl Strategy for Gateway {
    fn set_defaults(&mut self) {
        for address in &mut self.spec.addresses {
            default_to(&mut address.address_type, "IPAddress");
        }
        for listener in &mut self.spec.listeners {
            let allowed = listener.allowed_routes.get_or_insert_default();
            default_to(&mut allowed.namespaces.get_or_insert_default().from, "Same");
            for kind in &mut allowed.kinds {
                default_to(&mut kind.group, gateway::GROUP);
            }
            if let Some(tls) = &mut listener.tls {
                default_to(&mut tls.mode, "Terminate");
                for reference in &mut tls.certificate_refs {
                    default_to(&mut reference.group, "");
                    default_to(&mut reference.kind, "Secret");
                }
            }
        }
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = Some(1);
        let conditions = vec![waiting("Accepted"), waiting("Programmed")];
        self.status = Some(GatewayStatus { conditions, ..GatewayStatus::default() });
    }

    fn prepare_for_update(&mut self, old: &Gateway) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models config/crd/standard/gateway.networking.k8s.io_gateways.yaml
    fn validate(&self, errors: &mut Vec<FieldError>, _old: Option<&Gateway>) {
        let mut schema = Schema::new(errors);
        schema.text(&SPEC.child("gatewayClassName"), &self.spec.gateway_class_name, 253, "");
        let list = SPEC.child("listeners");
        let listeners = &self.spec.listeners;
        schema.some_items(&list, listeners.len(), 64);
        for (index, listener) in listeners.iter().enumerate() {
            validate_listener(&mut schema, listener, &list.index(index));
        }
        schema.unique(&list, listeners.iter().map(|listener| listener.name.as_str()));
        let all = |holds: fn(&Listener) -> bool| listeners.iter().all(holds);
        schema.rule(
            &list,
            all(|one| !matches!(one.protocol.as_str(), "HTTP" | "TCP" | "UDP") || one.tls.is_none()),
            "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
        );
        schema.rule(
            &list,
            all(|one| {
                one.protocol != "HTTPS"
                    || one.tls.as_ref().is_none_or(|tls| tls.mode.as_deref() == Some("Terminate"))
            }),
            "tls mode must be Terminate for protocol HTTPS",
        );
        schema.rule(
            &list,
            all(|one| one.protocol != "TLS" || one.tls.is_some()),
            "tls mode must be set for protocol TLS",
        );
        schema.rule(
            &list,
            all(|one| !matches!(one.protocol.as_str(), "TCP" | "UDP") || one.hostname.is_none()),
            "hostname must not be specified for protocols ['TCP', 'UDP']",
        );
        let same = |a: &Listener, b: &Listener| {
            (a.port, &a.protocol, &a.hostname) == (b.port, &b.protocol, &b.hostname)
        };
        let distinct = listeners
            .iter()
            .enumerate()
            .all(|(index, one)| !listeners.iter().skip(index + 1).any(|other| same(one, other)));
        schema.rule(
            &list,
            distinct,
            "Combination of port, protocol and hostname must be unique for each listener",
        );
        schema.finish();
    }
}

fn validate_listener(schema: &mut Schema<'_>, listener: &Listener, path: &Path<'_>) {
    schema.text(&path.child("name"), &listener.name, 253, schema::SUBDOMAIN);
    schema.optional(&path.child("hostname"), listener.hostname.as_deref(), 253, schema::HOSTNAME);
    // As with texts: who leaves the port out does not write 0.
    schema.some_items(&path.child("port"), usize::from(listener.port != 0), 1);
    schema.number(&path.child("port"), Some(listener.port).filter(|port| *port != 0), 1, 65535);
    schema.text(&path.child("protocol"), &listener.protocol, 255, PROTOCOL);
    if let Some(tls) = &listener.tls {
        let path = path.child("tls");
        schema.one_of(&path.child("mode"), tls.mode.as_deref(), &["Terminate", "Passthrough"]);
        let list = path.child("certificateRefs");
        schema.items(&list, tls.certificate_refs.len(), 64);
        for (index, reference) in tls.certificate_refs.iter().enumerate() {
            let path = list.index(index);
            schema.optional(&path.child("kind"), reference.kind.as_deref(), 63, schema::KIND);
            schema.optional(&path.child("namespace"), reference.namespace.as_deref(), 63, schema::NAMESPACE);
            schema.text(&path.child("name"), &reference.name, 253, "");
        }
        schema.rule(
            &path,
            tls.mode.as_deref() != Some("Terminate")
                || !tls.certificate_refs.is_empty()
                || !tls.options.is_empty(),
            "certificateRefs or options must be specified when mode is Terminate",
        );
    }
    if let Some(allowed) = &listener.allowed_routes {
        let path = path.child("allowedRoutes");
        let from = allowed.namespaces.as_ref().and_then(|namespaces| namespaces.from.as_deref());
        schema.one_of(&path.child("namespaces").child("from"), from, &["All", "Selector", "Same"]);
        let list = path.child("kinds");
        schema.items(&list, allowed.kinds.len(), 8);
        for (index, kind) in allowed.kinds.iter().enumerate() {
            let path = list.index(index);
            schema.optional(&path.child("group"), kind.group.as_deref(), 253, schema::GROUP);
            schema.text(&path.child("kind"), &kind.kind, 63, schema::KIND);
        }
    }
}

impl Strategy for ReferenceGrant {
    fn set_defaults(&mut self) {
        for to in &mut self.spec.to {
            absent_when_empty(&mut to.name);
        }
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = Some(1);
    }

    fn prepare_for_update(&mut self, old: &ReferenceGrant) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models config/crd/standard/gateway.networking.k8s.io_referencegrants.yaml
    fn validate(&self, errors: &mut Vec<FieldError>, _old: Option<&ReferenceGrant>) {
        let mut schema = Schema::new(errors);
        let list = SPEC.child("from");
        schema.some_items(&list, self.spec.from.len(), 16);
        for (index, from) in self.spec.from.iter().enumerate() {
            let path = list.index(index);
            schema.text(&path.child("group"), &from.group, 253, schema::GROUP);
            schema.text(&path.child("kind"), &from.kind, 63, schema::KIND);
            schema.text(&path.child("namespace"), &from.namespace, 63, schema::NAMESPACE);
        }
        let list = SPEC.child("to");
        schema.some_items(&list, self.spec.to.len(), 16);
        for (index, to) in self.spec.to.iter().enumerate() {
            let path = list.index(index);
            schema.text(&path.child("group"), &to.group, 253, schema::GROUP);
            schema.text(&path.child("kind"), &to.kind, 63, schema::KIND);
            schema.optional(&path.child("name"), to.name.as_deref(), 253, "");
        }
        schema.finish();
    }
}
