//! The fields of the Gateway API's objects that decide where a request goes. The API server keeps these objects as
//! they are written, so everything may be absent, and what is not understood is left out.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;
use serde_json::Value;

/// The API group of Gateways and HTTPRoutes.
pub const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";

/// Names and age of an object.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.creationTimestamp`, in UTC.
    pub creation_timestamp: Option<String>,
}

/// A Gateway.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Gateway {
    /// Its name and age.
    pub metadata: Metadata,
    /// What is wanted.
    pub spec: GatewaySpec,
}

/// The spec of a Gateway.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewaySpec {
    /// The class that decides which controller serves it.
    pub gateway_class_name: String,
    /// Where it listens.
    pub listeners: Vec<Listener>,
}

/// A listener of a Gateway.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Listener {
    /// Its name, by which `sectionName` refers to it.
    pub name: String,
    /// The only host it serves; absent for every host.
    pub hostname: Option<String>,
    /// The port.
    pub port: u16,
    /// `HTTP`, `HTTPS`, or another that no HTTPRoute can use.
    pub protocol: String,
    /// Which routes may attach.
    pub allowed_routes: AllowedRoutes,
}

/// Which routes may attach to a listener.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AllowedRoutes {
    /// From which namespaces.
    pub namespaces: RouteNamespaces,
    /// Of which kinds; empty for all that the protocol allows.
    pub kinds: Vec<RouteKind>,
}

/// From which namespaces routes may attach.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RouteNamespaces {
    /// `All`, `Selector`, `None` or `Same`, which is the default.
    pub from: Option<String>,
    /// The Namespaces' labels, with `Selector`.
    pub selector: Option<LabelSelector>,
}

/// A kind of route.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RouteKind {
    /// Absent for the Gateway API's own group.
    pub group: Option<String>,
    /// The kind.
    pub kind: String,
}

/// An HTTPRoute.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpRoute {
    /// Its name and age.
    pub metadata: Metadata,
    /// What is wanted.
    pub spec: HttpRouteSpec,
}

/// The spec of an HTTPRoute.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpRouteSpec {
    /// The Gateways it wants to attach to.
    pub parent_refs: Vec<ParentRef>,
    /// The hosts it serves; empty for those of the listener.
    pub hostnames: Vec<String>,
    /// The rules; a rule without content matches everything.
    pub rules: Vec<Rule>,
}

/// A Gateway that a route wants to attach to.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ParentRef {
    /// Absent for the Gateway API's own group.
    pub group: Option<String>,
    /// Absent for `Gateway`.
    pub kind: Option<String>,
    /// Absent for the route's own.
    pub namespace: Option<String>,
    /// The Gateway's name.
    pub name: String,
    /// The name of the only listener that is meant.
    pub section_name: Option<String>,
    /// The port of the only listeners that are meant.
    pub port: Option<u16>,
}

/// A rule of a route.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rule {
    /// One of these must match; without any everything matches.
    pub matches: Vec<RouteMatch>,
    /// What is done to every request of the rule.
    pub filters: Vec<Filter>,
    /// Where requests go.
    pub backend_refs: Vec<BackendRef>,
}

/// Conditions that must all hold.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteMatch {
    /// The path; absent for every path.
    pub path: Option<ValueMatch>,
    /// The method.
    pub method: Option<String>,
    /// The headers.
    pub headers: Vec<ValueMatch>,
    /// The parameters of the query.
    pub query_params: Vec<ValueMatch>,
}

/// A condition on a path, a header or a parameter.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ValueMatch {
    /// `Exact`, `PathPrefix` or `RegularExpression`; absent for `PathPrefix` of a path and `Exact` of anything else.
    #[serde(rename = "type")]
    pub match_type: Option<String>,
    /// The header's or the parameter's name.
    pub name: String,
    /// The value; absent for `/`.
    pub value: Option<String>,
}

/// A Service that requests go to.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackendRef {
    /// Absent or empty for the core group.
    pub group: Option<String>,
    /// Absent for `Service`.
    pub kind: Option<String>,
    /// Absent for the route's own.
    pub namespace: Option<String>,
    /// The Service's name.
    pub name: String,
    /// The Service's port.
    pub port: Option<i32>,
    /// Its share, 1 when absent.
    pub weight: Option<u32>,
    /// What is done to the requests that go here.
    pub filters: Vec<Filter>,
}

/// Something that is done to a request or to its response.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Filter {
    /// Which of the fields counts, such as `RequestRedirect`.
    #[serde(rename = "type")]
    pub filter_type: String,
    /// Changes of the request's headers.
    pub request_header_modifier: Option<HeaderFilter>,
    /// Changes of the response's headers.
    pub response_header_modifier: Option<HeaderFilter>,
    /// Where the client is sent instead.
    pub request_redirect: Option<Redirect>,
    /// Changes of host and path.
    #[serde(rename = "urlRewrite")]
    pub url_rewrite: Option<UrlRewrite>,
}

/// Changes of headers.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HeaderFilter {
    /// These replace.
    pub set: Vec<Header>,
    /// These are added to what is there.
    pub add: Vec<Header>,
    /// These go.
    pub remove: Vec<String>,
}

/// A header.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Where a client is sent.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Redirect {
    /// Absent for the request's.
    pub scheme: Option<String>,
    /// Absent for the request's.
    pub hostname: Option<String>,
    /// Absent for the request's.
    pub path: Option<PathModifier>,
    /// Absent for the scheme's own when a scheme is given, else the listener's.
    pub port: Option<u16>,
    /// Absent for 302.
    pub status_code: Option<u16>,
}

/// Changes of host and path.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct UrlRewrite {
    /// The host that the backend sees.
    pub hostname: Option<String>,
    /// The path that the backend sees.
    pub path: Option<PathModifier>,
}

/// A change of a path.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PathModifier {
    /// `ReplaceFullPath` or `ReplacePrefixMatch`.
    #[serde(rename = "type")]
    pub modifier_type: String,
    /// The whole new path.
    pub replace_full_path: Option<String>,
    /// What comes in place of the prefix that matched.
    pub replace_prefix_match: Option<String>,
}

/// A ReferenceGrant.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReferenceGrant {
    /// Its name; its namespace is that of the objects that may be referred to.
    pub metadata: Metadata,
    /// What is granted.
    pub spec: ReferenceGrantSpec,
}

/// The spec of a ReferenceGrant.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReferenceGrantSpec {
    /// Who may refer.
    pub from: Vec<GrantFrom>,
    /// To what.
    pub to: Vec<GrantTo>,
}

/// Who may refer.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantFrom {
    /// The group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
}

/// What may be referred to.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantTo {
    /// The group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The only name; absent for every name.
    pub name: Option<String>,
}

macro_rules! read {
    ($($kind:ident $name:literal),*) => {$(
        impl $kind {
            #[doc = concat!("Reads an object of kind ", $name, "; `None` when a field has another shape.")]
            pub fn from_value(value: &Value) -> Option<$kind> {
                $kind::deserialize(value).ok()
            }
        }
    )*};
}

read!(Gateway "Gateway", HttpRoute "HTTPRoute", ReferenceGrant "ReferenceGrant");
