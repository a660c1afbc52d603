//! HTTPRoutes: defaults and checks of their CustomResourceDefinition.

use super::super::metadata::SPEC;
use super::super::strategy::{Strategy, next_generation};
use super::default_to;
use super::schema::{self, Schema};
use crate::api::gateway::{
    self, HTTPBackendRef, HTTPHeaderFilter, HTTPPathMatch, HTTPPathModifier, HTTPRoute, HTTPRouteFilter,
    HTTPRouteMatch, HTTPRouteRule, HTTPValueMatch, ParentReference,
};
use crate::api::validation::field::{FieldError, Path};
use crate::store::Store;

/// The methods that a match can ask for.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
/// The kinds of filter.
const FILTERS: [&str; 7] = [
    "RequestHeaderModifier",
    "ResponseHeaderModifier",
    "RequestMirror",
    "RequestRedirect",
    "URLRewrite",
    "ExtensionRef",
    "CORS",
];
/// The statuses of a redirect.
const REDIRECTS: [i32; 5] = [301, 302, 303, 307, 308];

/// The match that a rule without matches gets.
fn every_path() -> HTTPRouteMatch {
    HTTPRouteMatch { path: Some(HTTPPathMatch::default()), ..HTTPRouteMatch::default() }
}

impl Strategy for HTTPRoute {
    fn set_defaults(&mut self) {
        for parent in &mut self.spec.parent_refs {
            default_to(&mut parent.group, gateway::GROUP);
            default_to(&mut parent.kind, "Gateway");
        }
        for rule in self.spec.rules.get_or_insert_with(|| vec![HTTPRouteRule::default()]) {
            for one in rule.matches.get_or_insert_with(|| vec![every_path()]) {
                let path = one.path.get_or_insert_default();
                default_to(&mut path.match_type, "PathPrefix");
                default_to(&mut path.value, "/");
                for value in one.headers.iter_mut().chain(&mut one.query_params) {
                    default_to(&mut value.match_type, "Exact");
                }
            }
            let of_backends = rule.backend_refs.iter_mut().flat_map(|reference| {
                default_to(&mut reference.group, "");
                default_to(&mut reference.kind, "Service");
                reference.weight.get_or_insert(1);
                &mut reference.filters
            });
            for filter in rule.filters.iter_mut().chain(of_backends) {
                if let Some(redirect) = &mut filter.request_redirect {
                    redirect.status_code.get_or_insert(302);
                }
            }
        }
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = Some(1);
    }

    fn prepare_for_update(&mut self, old: &HTTPRoute) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models config/crd/standard/gateway.networking.k8s.io_httproutes.yaml
    fn validate(&self, errors: &mut Vec<FieldError>, _old: Option<&HTTPRoute>) {
        let mut schema = Schema::new(errors);
        let list = SPEC.child("hostnames");
        schema.items(&list, self.spec.hostnames.len(), 16);
        for (index, host) in self.spec.hostnames.iter().enumerate() {
            schema.text(&list.index(index), host, 253, schema::HOSTNAME);
        }
        validate_parents(&mut schema, &self.spec.parent_refs);
        let list = SPEC.child("rules");
        let rules = self.spec.rules.as_deref().unwrap_or_default();
        if rules.is_empty() {
            let words = format!("{list} in body should have at least 1 items");
            schema.invalid(&list, 0, words);
        }
        schema.items(&list, rules.len(), 16);
        for (index, rule) in rules.iter().enumerate() {
            validate_rule(&mut schema, rule, &list.index(index));
        }
        let matches: usize = rules.iter().map(|rule| rule.matches.as_ref().map_or(0, Vec::len)).sum();
        schema.rule(
            &list,
            matches <= 128,
            "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a \
             route must be less than 128",
        );
        schema.finish();
    }
}

fn validate_parents(schema: &mut Schema<'_>, parents: &[ParentReference]) {
    let list = SPEC.child("parentRefs");
    schema.items(&list, parents.len(), 32);
    for (index, parent) in parents.iter().enumerate() {
        let path = list.index(index);
        schema.optional(&path.child("group"), parent.group.as_deref(), 253, schema::GROUP);
        schema.optional(&path.child("kind"), parent.kind.as_deref(), 63, schema::KIND);
        schema.text(&path.child("name"), &parent.name, 253, "");
        schema.optional(&path.child("namespace"), parent.namespace.as_deref(), 63, schema::NAMESPACE);
        schema.number(&path.child("port"), parent.port, 1, 65535);
        schema.optional(&path.child("sectionName"), parent.section_name.as_deref(), 253, schema::SUBDOMAIN);
    }
    let same = |a: &ParentReference, b: &ParentReference| {
        (&a.group, &a.kind, &a.name, &a.namespace) == (&b.group, &b.kind, &b.name, &b.namespace)
    };
    let pairs = || {
        parents.iter().enumerate().flat_map(move |(index, one)| {
            parents
                .iter()
                .skip(index + 1)
                .filter(move |other| same(one, other))
                .map(move |other| (one, other))
        })
    };
    schema.rule(
        &list,
        pairs().all(|(one, other)| one.section_name.is_some() == other.section_name.is_some()),
        "sectionName must be specified when parentRefs includes 2 or more references to the same parent",
    );
    schema.rule(
        &list,
        pairs().all(|(one, other)| one.section_name != other.section_name),
        "sectionName must be unique when parentRefs includes 2 or more references to the same parent",
    );
}

fn validate_rule(schema: &mut Schema<'_>, rule: &HTTPRouteRule, path: &Path<'_>) {
    schema.optional(&path.child("name"), rule.name.as_deref(), 253, schema::SUBDOMAIN);
    let list = path.child("matches");
    let matches = rule.matches.as_deref().unwrap_or_default();
    schema.items(&list, matches.len(), 64);
    for (index, one) in matches.iter().enumerate() {
        validate_match(schema, one, &list.index(index));
    }
    validate_filters(schema, &rule.filters, &path.child("filters"));
    let list = path.child("backendRefs");
    schema.items(&list, rule.backend_refs.len(), 16);
    for (index, reference) in rule.backend_refs.iter().enumerate() {
        validate_backend(schema, reference, &list.index(index));
    }
    schema.rule(
        path,
        rule.backend_refs.is_empty() || rule.filters.iter().all(|filter| filter.request_redirect.is_none()),
        "RequestRedirect filter must not be used together with backendRefs",
    );
    let one_prefix = match matches {
        [only] => only.path.as_ref().is_some_and(|path| path.match_type.as_deref() == Some("PathPrefix")),
        _ => false,
    };
    let of_backends = || rule.backend_refs.iter().flat_map(|reference| &reference.filters);
    for (filters, message) in [
        (
            rule.filters.iter().any(|filter| replaces_prefix(redirect_path(filter))),
            "When using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix match must be \
             specified",
        ),
        (
            rule.filters.iter().any(|filter| replaces_prefix(rewrite_path(filter))),
            "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified",
        ),
        (
            of_backends().any(|filter| replaces_prefix(redirect_path(filter))),
            "Within backendRefs, when using RequestRedirect filter with path.replacePrefixMatch, exactly one \
             PathPrefix match must be specified",
        ),
        (
            of_backends().any(|filter| replaces_prefix(rewrite_path(filter))),
            "Within backendRefs, When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix \
             match must be specified",
        ),
    ] {
        schema.rule(path, one_prefix || !filters, message);
    }
}

fn redirect_path(filter: &HTTPRouteFilter) -> Option<&HTTPPathModifier> {
    filter.request_redirect.as_ref()?.path.as_ref()
}

fn rewrite_path(filter: &HTTPRouteFilter) -> Option<&HTTPPathModifier> {
    filter.url_rewrite.as_ref()?.path.as_ref()
}

fn replaces_prefix(modifier: Option<&HTTPPathModifier>) -> bool {
    modifier.is_some_and(|modifier| modifier.modifier_type == "ReplacePrefixMatch")
}

fn validate_match(schema: &mut Schema<'_>, one: &HTTPRouteMatch, path: &Path<'_>) {
    schema.one_of(&path.child("method"), one.method.as_deref(), &METHODS);
    validate_values(schema, &one.headers, 4096, &path.child("headers"));
    validate_values(schema, &one.query_params, 1024, &path.child("queryParams"));
    let Some(wanted) = &one.path else { return };
    let path = path.child("path");
    let (kind, value) = (wanted.match_type.as_deref(), wanted.value.as_deref().unwrap_or_default());
    schema.one_of(&path.child("type"), kind, &["Exact", "PathPrefix", "RegularExpression"]);
    schema.at_most(&path.child("value"), Some(value), 1024);
    if kind == Some("RegularExpression") {
        return;
    }
    let absolute =
        "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']";
    schema.rule(&path, value.starts_with('/'), absolute);
    for sequence in ["//", "/./", "/../", "%2f", "%2F", "#"] {
        let message = format!("must not contain '{sequence}' when type one of ['Exact', 'PathPrefix']");
        schema.rule(&path, !value.contains(sequence), &message);
    }
    for suffix in ["/..", "/."] {
        let message = format!("must not end with '{suffix}' when type one of ['Exact', 'PathPrefix']");
        schema.rule(&path, !value.ends_with(suffix), &message);
    }
    const CHARACTERS: &str = "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$";
    let message = format!(
        "must only contain valid characters (matching {CHARACTERS}) for types ['Exact', 'PathPrefix']"
    );
    let valid = regex_lite::Regex::new(CHARACTERS).is_ok_and(|pattern| pattern.is_match(value));
    schema.rule(&path, valid, &message);
}

fn validate_values(schema: &mut Schema<'_>, values: &[HTTPValueMatch], max: usize, list: &Path<'_>) {
    schema.items(list, values.len(), 16);
    for (index, value) in values.iter().enumerate() {
        let path = list.index(index);
        schema.text(&path.child("name"), &value.name, 256, schema::HEADER_NAME);
        schema.one_of(&path.child("type"), value.match_type.as_deref(), &["Exact", "RegularExpression"]);
        schema.text(&path.child("value"), &value.value, max, "");
    }
    schema.unique(list, values.iter().map(|value| value.name.as_str()));
}

fn validate_backend(schema: &mut Schema<'_>, reference: &HTTPBackendRef, path: &Path<'_>) {
    schema.optional(&path.child("group"), reference.group.as_deref(), 253, schema::GROUP);
    schema.optional(&path.child("kind"), reference.kind.as_deref(), 63, schema::KIND);
    schema.text(&path.child("name"), &reference.name, 253, "");
    schema.optional(&path.child("namespace"), reference.namespace.as_deref(), 63, schema::NAMESPACE);
    schema.number(&path.child("port"), reference.port, 1, 65535);
    schema.number(&path.child("weight"), reference.weight, 0, 1_000_000);
    validate_filters(schema, &reference.filters, &path.child("filters"));
    let is_service = reference.group.as_deref().unwrap_or_default().is_empty()
        && reference.kind.as_deref() == Some("Service");
    schema.rule(path, !is_service || reference.port.is_some(), "Must have port for Service reference");
}

fn validate_filters(schema: &mut Schema<'_>, filters: &[HTTPRouteFilter], list: &Path<'_>) {
    schema.items(list, filters.len(), 16);
    for (index, filter) in filters.iter().enumerate() {
        validate_filter(schema, filter, &list.index(index));
    }
    let count = |kind: &str| filters.iter().filter(|filter| filter.filter_type == kind).count();
    schema.rule(
        list,
        count("RequestRedirect") == 0 || count("URLRewrite") == 0,
        "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
    );
    for kind in ["CORS", "RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"] {
        schema.rule(list, count(kind) <= 1, &format!("{kind} filter cannot be repeated"));
    }
}

fn validate_filter(schema: &mut Schema<'_>, filter: &HTTPRouteFilter, path: &Path<'_>) {
    let kind = filter.filter_type.as_str();
    schema.one_of(&path.child("type"), Some(kind), &FILTERS);
    for (field, wanted, has) in [
        ("cors", "CORS", filter.cors.is_some()),
        ("requestHeaderModifier", "RequestHeaderModifier", filter.request_header_modifier.is_some()),
        ("responseHeaderModifier", "ResponseHeaderModifier", filter.response_header_modifier.is_some()),
        ("requestMirror", "RequestMirror", filter.request_mirror.is_some()),
        ("requestRedirect", "RequestRedirect", filter.request_redirect.is_some()),
        ("urlRewrite", "URLRewrite", filter.url_rewrite.is_some()),
        ("extensionRef", "ExtensionRef", filter.extension_ref.is_some()),
    ] {
        let surplus = format!("filter.{field} must be nil if the filter.type is not {wanted}");
        schema.rule(path, !has || kind == wanted, &surplus);
        let missing = format!("filter.{field} must be specified for {wanted} filter.type");
        schema.rule(path, has || kind != wanted, &missing);
    }
    for (field, modifier) in [
        ("requestHeaderModifier", &filter.request_header_modifier),
        ("responseHeaderModifier", &filter.response_header_modifier),
    ] {
        if let Some(modifier) = modifier {
            validate_headers(schema, modifier, &path.child(field));
        }
    }
    if let Some(redirect) = &filter.request_redirect {
        let path = path.child("requestRedirect");
        schema.one_of(&path.child("scheme"), redirect.scheme.as_deref(), &["http", "https"]);
        schema.optional(&path.child("hostname"), redirect.hostname.as_deref(), 253, schema::SUBDOMAIN);
        schema.number(&path.child("port"), redirect.port, 1, 65535);
        if let Some(status) = redirect.status_code.filter(|status| !REDIRECTS.contains(status)) {
            schema.one_of(
                &path.child("statusCode"),
                Some(&status.to_string()),
                &["301", "302", "303", "307", "308"],
            );
        }
        validate_path_modifier(schema, redirect.path.as_ref(), &path.child("path"));
    }
    if let Some(rewrite) = &filter.url_rewrite {
        let path = path.child("urlRewrite");
        schema.optional(&path.child("hostname"), rewrite.hostname.as_deref(), 253, schema::SUBDOMAIN);
        validate_path_modifier(schema, rewrite.path.as_ref(), &path.child("path"));
    }
}

fn validate_headers(schema: &mut Schema<'_>, modifier: &HTTPHeaderFilter, path: &Path<'_>) {
    for (field, headers) in [("set", &modifier.set), ("add", &modifier.add)] {
        let list = path.child(field);
        schema.items(&list, headers.len(), 16);
        for (index, header) in headers.iter().enumerate() {
            let path = list.index(index);
            schema.text(&path.child("name"), &header.name, 256, schema::HEADER_NAME);
            schema.text(&path.child("value"), &header.value, 4096, "");
        }
        schema.unique(&list, headers.iter().map(|header| header.name.as_str()));
    }
    schema.items(&path.child("remove"), modifier.remove.len(), 16);
}

fn validate_path_modifier(schema: &mut Schema<'_>, modifier: Option<&HTTPPathModifier>, path: &Path<'_>) {
    let Some(modifier) = modifier else { return };
    let kind = modifier.modifier_type.as_str();
    schema.one_of(&path.child("type"), Some(kind), &["ReplaceFullPath", "ReplacePrefixMatch"]);
    for (field, wanted, value) in [
        ("replaceFullPath", "ReplaceFullPath", &modifier.replace_full_path),
        ("replacePrefixMatch", "ReplacePrefixMatch", &modifier.replace_prefix_match),
    ] {
        schema.at_most(&path.child(field), value.as_deref(), 1024);
        let missing = format!("{field} must be specified when type is set to '{wanted}'");
        schema.rule(path, kind != wanted || value.is_some(), &missing);
        let surplus = format!("type must be '{wanted}' when {field} is set");
        schema.rule(path, value.is_none() || kind == wanted, &surplus);
    }
}
