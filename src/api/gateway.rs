//! The objects of the Gateway API, `gateway.networking.k8s.io`: the fields of its standard channel.
//!
//! They are custom resources, so `k8s-openapi` does not have them. Field names and shapes are those of
//! kubernetes-sigs/gateway-api `apis/v1`. What nothing here reads is kept as a value.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector, ObjectMeta};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The API group.
pub const GROUP: &str = "gateway.networking.k8s.io";

macro_rules! object {
    ($($(#[$doc:meta])* $kind:ident $plural:literal $version:literal $scope:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $kind {
            // The same in every object: reading leaves them out.
            api_version: String,
            kind: String,
            /// Standard metadata.
            pub metadata: ObjectMeta,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $kind {
            fn default() -> $kind {
                $kind {
                    api_version: <$kind as k8s_openapi::Resource>::API_VERSION.to_owned(),
                    kind: stringify!($kind).to_owned(),
                    metadata: ObjectMeta::default(),
                    $($field: Default::default(),)*
                }
            }
        }

        impl k8s_openapi::Resource for $kind {
            const API_VERSION: &'static str = concat!("gateway.networking.k8s.io/", $version);
            const GROUP: &'static str = GROUP;
            const KIND: &'static str = stringify!($kind);
            const VERSION: &'static str = $version;
            const URL_PATH_SEGMENT: &'static str = $plural;
            type Scope = k8s_openapi::$scope;
        }

        impl k8s_openapi::Metadata for $kind {
            type Ty = ObjectMeta;
            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }
            fn metadata_mut(&mut self) -> &mut ObjectMeta {
                &mut self.metadata
            }
        }
    )*};
}

object! {
    /// A kind of Gateway, and the controller that serves it.
    GatewayClass "gatewayclasses" "v1" ClusterResourceScope {
        /// What is wanted.
        spec: GatewayClassSpec,
        /// What the controller says of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<GatewayClassStatus>,
    }
    /// Where traffic enters: listeners that routes attach to.
    Gateway "gateways" "v1" NamespaceResourceScope {
        /// What is wanted.
        spec: GatewaySpec,
        /// What the controller says of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<GatewayStatus>,
    }
    /// Which HTTP requests of a Gateway go where.
    HTTPRoute "httproutes" "v1" NamespaceResourceScope {
        /// What is wanted.
        spec: HTTPRouteSpec,
        /// What the controllers say of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<HTTPRouteStatus>,
    }
    /// Leave for objects of other namespaces to refer to objects of this one.
    ReferenceGrant "referencegrants" "v1beta1" NamespaceResourceScope {
        /// What is granted.
        spec: ReferenceGrantSpec,
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty $(as $skip:literal)? $(= $rename:literal)?,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $name {
            $(
                $(#[$field_doc])*
                $(#[serde(skip_serializing_if = $skip)])?
                $(#[serde(rename = $rename)])?
                pub $field: $type,
            )*
        }
    )*};
}

fields! {
    /// The spec of a GatewayClass.
    GatewayClassSpec {
        /// The controller, as a domain with a path: `example.com/gateway-controller`.
        controller_name: String,
        /// Settings of the controller.
        parameters_ref: Option<Value> as "Option::is_none",
        /// Words for people.
        description: Option<String> as "Option::is_none",
    }
    /// The status of a GatewayClass.
    GatewayClassStatus {
        /// `Accepted` and others.
        conditions: Vec<Condition>,
        /// What the controller can do.
        supported_features: Option<Value> as "Option::is_none",
    }
    /// The spec of a Gateway.
    GatewaySpec {
        /// The class, and with it the controller.
        gateway_class_name: String,
        /// Where it listens.
        listeners: Vec<Listener>,
        /// The addresses that are asked for.
        addresses: Vec<GatewayAddress> as "Vec::is_empty",
        /// What the Pods and Services of this Gateway are given.
        infrastructure: Option<Value> as "Option::is_none",
        /// Which ListenerSets may add listeners.
        allowed_listeners: Option<Value> as "Option::is_none",
        /// TLS towards backends and of clients.
        tls: Option<Value> as "Option::is_none",
    }
    /// An address of a Gateway.
    GatewayAddress {
        /// `IPAddress` or `Hostname`.
        address_type: Option<String> as "Option::is_none" = "type",
        /// The address.
        value: Option<String> as "Option::is_none",
    }
    /// A listener of a Gateway.
    Listener {
        /// Its name, by which `sectionName` refers to it.
        name: String,
        /// The only host that it serves; absent for every host.
        hostname: Option<String> as "Option::is_none",
        /// The port.
        port: i32,
        /// `HTTP`, `HTTPS`, `TLS`, `TCP` or `UDP`.
        protocol: String,
        /// The certificates, for protocols in TLS.
        tls: Option<ListenerTLSConfig> as "Option::is_none",
        /// Which routes may attach.
        allowed_routes: Option<AllowedRoutes> as "Option::is_none",
    }
    /// How a listener ends TLS.
    ListenerTLSConfig {
        /// `Terminate`, which is the default, or `Passthrough`.
        mode: Option<String> as "Option::is_none",
        /// The Secrets with the certificates.
        certificate_refs: Vec<SecretObjectReference> as "Vec::is_empty",
        /// Settings of the controller.
        options: BTreeMap<String, String> as "BTreeMap::is_empty",
    }
    /// A Secret.
    SecretObjectReference {
        /// Empty for the core group.
        group: Option<String> as "Option::is_none",
        /// `Secret`, which is the default.
        kind: Option<String> as "Option::is_none",
        /// Its name.
        name: String,
        /// Absent for that of the Gateway.
        namespace: Option<String> as "Option::is_none",
    }
    /// Which routes may attach to a listener.
    AllowedRoutes {
        /// From which namespaces.
        namespaces: Option<RouteNamespaces> as "Option::is_none",
        /// Of which kinds; empty for all that the protocol allows.
        kinds: Vec<RouteGroupKind> as "Vec::is_empty",
    }
    /// From which namespaces routes may attach.
    RouteNamespaces {
        /// `All`, `Selector` or `Same`, which is the default.
        from: Option<String> as "Option::is_none",
        /// The labels of the Namespaces, with `Selector`.
        selector: Option<LabelSelector> as "Option::is_none",
    }
    /// A kind of route.
    RouteGroupKind {
        /// Absent for the Gateway API's own group.
        group: Option<String> as "Option::is_none",
        /// The kind.
        kind: String,
    }
    /// The status of a Gateway.
    GatewayStatus {
        /// The addresses at which it is reached.
        addresses: Vec<GatewayAddress> as "Vec::is_empty",
        /// `Accepted` and `Programmed`.
        conditions: Vec<Condition> as "Vec::is_empty",
        /// One entry for each listener.
        listeners: Vec<ListenerStatus> as "Vec::is_empty",
        /// How many ListenerSets add listeners.
        attached_listener_sets: Option<i32> as "Option::is_none",
    }
    /// The status of a listener.
    ListenerStatus {
        /// Its name.
        name: String,
        /// The kinds of routes that may attach.
        supported_kinds: Vec<RouteGroupKind>,
        /// How many routes are attached.
        attached_routes: i32,
        /// `Accepted`, `Programmed`, `ResolvedRefs` and `Conflicted`.
        conditions: Vec<Condition>,
    }
    /// The spec of an HTTPRoute.
    HTTPRouteSpec {
        /// The Gateways that it wants to attach to.
        parent_refs: Vec<ParentReference> as "Vec::is_empty",
        /// The hosts that it serves; empty for those of the listener.
        hostnames: Vec<String> as "Vec::is_empty",
        /// The rules; a route without any has one that matches everything and leads nowhere.
        rules: Option<Vec<HTTPRouteRule>> as "Option::is_none",
    }
    /// A Gateway that a route wants to attach to.
    ParentReference {
        /// Absent for the Gateway API's own group.
        group: Option<String> as "Option::is_none",
        /// Absent for `Gateway`.
        kind: Option<String> as "Option::is_none",
        /// Absent for the route's own.
        namespace: Option<String> as "Option::is_none",
        /// The Gateway's name.
        name: String,
        /// The name of the only listener that is meant.
        section_name: Option<String> as "Option::is_none",
        /// The port of the only listeners that are meant.
        port: Option<i32> as "Option::is_none",
    }
    /// A rule of a route.
    HTTPRouteRule {
        /// Its name.
        name: Option<String> as "Option::is_none",
        /// One of these must match; without any everything matches.
        matches: Option<Vec<HTTPRouteMatch>> as "Option::is_none",
        /// What is done to every request of the rule.
        filters: Vec<HTTPRouteFilter> as "Vec::is_empty",
        /// Where requests go.
        backend_refs: Vec<HTTPBackendRef> as "Vec::is_empty",
        /// How long to wait.
        timeouts: Option<Value> as "Option::is_none",
        /// How often to try again (experimental).
        retry: Option<Value> as "Option::is_none",
        /// Sticky sessions (experimental).
        session_persistence: Option<Value> as "Option::is_none",
    }
    /// Conditions that must all hold.
    HTTPRouteMatch {
        /// The path; absent for every path.
        path: Option<HTTPPathMatch> as "Option::is_none",
        /// The headers.
        headers: Vec<HTTPValueMatch> as "Vec::is_empty",
        /// The parameters of the query.
        query_params: Vec<HTTPValueMatch> as "Vec::is_empty",
        /// The method.
        method: Option<String> as "Option::is_none",
    }
    /// A condition on a path.
    HTTPPathMatch {
        /// `Exact`, `RegularExpression` or `PathPrefix`, which is the default.
        match_type: Option<String> as "Option::is_none" = "type",
        /// The path; absent for `/`.
        value: Option<String> as "Option::is_none",
    }
    /// A condition on a header or a parameter of the query.
    HTTPValueMatch {
        /// `RegularExpression` or `Exact`, which is the default.
        match_type: Option<String> as "Option::is_none" = "type",
        /// The name of the header or parameter.
        name: String,
        /// Its value.
        value: String,
    }
    /// A Service that requests go to.
    HTTPBackendRef {
        /// Empty for the core group.
        group: Option<String> as "Option::is_none",
        /// Absent for `Service`.
        kind: Option<String> as "Option::is_none",
        /// The Service's name.
        name: String,
        /// Absent for the route's own.
        namespace: Option<String> as "Option::is_none",
        /// The Service's port.
        port: Option<i32> as "Option::is_none",
        /// Its share, 1 when absent.
        weight: Option<i32> as "Option::is_none",
        /// What is done to the requests that go here.
        filters: Vec<HTTPRouteFilter> as "Vec::is_empty",
    }
    /// Something that is done to a request or to its response.
    HTTPRouteFilter {
        /// Which of the fields counts, such as `RequestRedirect`.
        filter_type: String = "type",
        /// Changes of the request's headers.
        request_header_modifier: Option<HTTPHeaderFilter> as "Option::is_none",
        /// Changes of the response's headers.
        response_header_modifier: Option<HTTPHeaderFilter> as "Option::is_none",
        /// A copy of the request for another backend.
        request_mirror: Option<Value> as "Option::is_none",
        /// Where the client is sent instead.
        request_redirect: Option<HTTPRequestRedirectFilter> as "Option::is_none",
        /// Changes of host and path.
        url_rewrite: Option<HTTPURLRewriteFilter> as "Option::is_none",
        /// Which other sites may read the answer.
        cors: Option<Value> as "Option::is_none",
        /// A filter of the controller's own.
        extension_ref: Option<Value> as "Option::is_none",
    }
    /// Changes of headers.
    HTTPHeaderFilter {
        /// These replace.
        set: Vec<HTTPHeader> as "Vec::is_empty",
        /// These are added to what is there.
        add: Vec<HTTPHeader> as "Vec::is_empty",
        /// These go.
        remove: Vec<String> as "Vec::is_empty",
    }
    /// A header.
    HTTPHeader {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    }
    /// Where a client is sent.
    HTTPRequestRedirectFilter {
        /// Absent for the request's.
        scheme: Option<String> as "Option::is_none",
        /// Absent for the request's.
        hostname: Option<String> as "Option::is_none",
        /// Absent for the request's.
        path: Option<HTTPPathModifier> as "Option::is_none",
        /// Absent for the scheme's own when a scheme is given, else the listener's.
        port: Option<i32> as "Option::is_none",
        /// 302 when absent.
        status_code: Option<i32> as "Option::is_none",
    }
    /// Changes of host and path.
    HTTPURLRewriteFilter {
        /// The host that the backend sees.
        hostname: Option<String> as "Option::is_none",
        /// The path that the backend sees.
        path: Option<HTTPPathModifier> as "Option::is_none",
    }
    /// A change of a path.
    HTTPPathModifier {
        /// `ReplaceFullPath` or `ReplacePrefixMatch`.
        modifier_type: String = "type",
        /// The whole new path.
        replace_full_path: Option<String> as "Option::is_none",
        /// What comes in place of the prefix that matched.
        replace_prefix_match: Option<String> as "Option::is_none",
    }
    /// The status of an HTTPRoute.
    HTTPRouteStatus {
        /// One entry for each parent that a controller looked at.
        parents: Vec<RouteParentStatus>,
    }
    /// What a controller says of a route and one of its parents.
    RouteParentStatus {
        /// The parent.
        parent_ref: ParentReference,
        /// The controller.
        controller_name: String,
        /// `Accepted` and `ResolvedRefs`.
        conditions: Vec<Condition>,
    }
    /// The spec of a ReferenceGrant.
    ReferenceGrantSpec {
        /// Who may refer.
        from: Vec<ReferenceGrantFrom>,
        /// To what.
        to: Vec<ReferenceGrantTo>,
    }
    /// Who may refer.
    ReferenceGrantFrom {
        /// The group.
        group: String,
        /// The kind.
        kind: String,
        /// The namespace.
        namespace: String,
    }
    /// What may be referred to.
    ReferenceGrantTo {
        /// The group; empty for the core group.
        group: String,
        /// The kind.
        kind: String,
        /// The only name; absent for every name.
        name: Option<String> as "Option::is_none",
    }
}

impl ParentReference {
    /// Whether it names this Gateway, for a route of `namespace`.
    pub fn is(&self, gateway: &Gateway, namespace: &str) -> bool {
        self.group.as_deref().unwrap_or(GROUP) == GROUP
            && self.kind.as_deref().unwrap_or("Gateway") == "Gateway"
            && self.namespace.as_deref().unwrap_or(namespace)
                == gateway.metadata.namespace.as_deref().unwrap_or_default()
            && Some(&self.name) == gateway.metadata.name.as_ref()
    }
}
