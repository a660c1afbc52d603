//! The cards of Gateways and HTTPRoutes.

use super::View;
use super::build::is_shown;
use super::card::{EdgeCard, EdgeKind, Light, Row};
use crate::api::gateway::{Gateway, HTTPBackendRef, HTTPRoute, HTTPRouteMatch, HTTPRouteRule};
use crate::api::{Kind, Object, ObjectKey};
use crate::controllers::gateway::{self, listener};
use crate::session::Session;
use crate::store::Store;

/// One card for each Gateway and each HTTPRoute that is shown.
pub(super) fn cards(session: &Session, view: &View) -> Vec<EdgeCard> {
    let store = session.cluster().store();
    let shown = |kind| store.objects_of(kind).filter(|object| is_shown(object, view));
    let gateways =
        shown(Kind::Gateway).filter_map(|object| Some(gateway_card(store, object, object.get::<Gateway>()?)));
    let routes = shown(Kind::HTTPRoute)
        .filter_map(|object| Some(route_card(session, object, object.get::<HTTPRoute>()?)));
    gateways.chain(routes).collect()
}

fn card(object: &Object, kind: EdgeKind, note: String, address: String, rows: Vec<Row>) -> EdgeCard {
    EdgeCard {
        id: object.key.to_path(),
        kind,
        key: Some(object.key.clone()),
        name: object.key.name.to_string(),
        note,
        address,
        rows,
        accent: None,
        rect: Default::default(),
    }
}

/// A Gateway with one row for each listener, and how many routes are attached to it.
fn gateway_card(store: &Store, object: &Object, found: &Gateway) -> EdgeCard {
    let status = found.status.as_ref();
    let rows = found.spec.listeners.iter().map(|one| {
        let of_listener =
            status.and_then(|status| status.listeners.iter().find(|known| known.name == one.name));
        let attached = of_listener.map_or(0, |known| known.attached_routes);
        let is_bad = gateway::is_served(store, found) && listener::fault(store, found, one).is_some();
        Row {
            text: match &one.hostname {
                Some(host) => format!(":{} {host}", one.port),
                None => format!(":{} {}", one.port, one.protocol),
            },
            end: match attached {
                1 => "1 route".to_owned(),
                other => format!("{other} routes"),
            },
            trouble: is_bad.then(|| "not programmed".to_owned()),
            ..Row::default()
        }
    });
    let address = status.and_then(|status| status.addresses.first()?.value.clone());
    let address = address.unwrap_or_else(|| "no address yet".to_owned());
    card(object, EdgeKind::Gateway, "Gateway".to_owned(), address, rows.collect())
}

/// An HTTPRoute with one row for each backend of each rule; its share of several stands behind the path.
fn route_card(session: &Session, object: &Object, route: &HTTPRoute) -> EdgeCard {
    let parents: Vec<&str> = route.spec.parent_refs.iter().map(|parent| parent.name.as_str()).collect();
    let mut rows = Vec::new();
    for rule in route.spec.rules.iter().flatten() {
        let text = match_text(rule);
        if let Some(end) = filter_text(rule) {
            rows.push(Row { text: text.clone(), end, ..Row::default() });
        }
        let total: i32 = rule.backend_refs.iter().map(|one| one.weight.unwrap_or(1)).sum();
        for reference in &rule.backend_refs {
            rows.push(backend_row(session, route, text.clone(), reference, total));
        }
        if rule.backend_refs.is_empty() && rule.filters.iter().all(|filter| filter.request_redirect.is_none())
        {
            rows.push(Row { text, trouble: Some("500".to_owned()), ..Row::default() });
        }
    }
    let hosts = &route.spec.hostnames;
    let hosts = if hosts.is_empty() { "every host".to_owned() } else { hosts.join(", ") };
    let at = if parents.is_empty() { "no Gateway".to_owned() } else { parents.join(", ") };
    card(object, EdgeKind::HttpRoute, "HTTPRoute".to_owned(), format!("{hosts} at {at}"), rows)
}

/// `/cart, GET, Version: two`; the first match of several.
fn match_text(rule: &HTTPRouteRule) -> String {
    let matches = rule.matches.as_deref().unwrap_or_default();
    let everything = HTTPRouteMatch::default();
    let one = matches.first().unwrap_or(&everything);
    let path = one.path.as_ref();
    let value = path.and_then(|path| path.value.as_deref()).unwrap_or("/");
    let exact = path.is_some_and(|path| path.match_type.as_deref() == Some("Exact"));
    let named = one.headers.iter().chain(&one.query_params);
    let mut parts: Vec<String> = named.map(|value| format!("{}: {}", value.name, value.value)).collect();
    parts.extend(one.method.clone());
    // A rule for every path says first what else it asks for.
    if value != "/" || parts.is_empty() {
        parts.insert(0, if exact { format!("={value}") } else { value.to_owned() });
    }
    if matches.len() > 1 {
        parts.push(format!("and {} more", matches.len() - 1));
    }
    parts.join(", ")
}

/// What the filters of a rule do with the whole request.
fn filter_text(rule: &HTTPRouteRule) -> Option<String> {
    rule.filters.iter().find_map(|filter| {
        let redirect = filter.request_redirect.as_ref()?;
        let to = redirect.hostname.as_deref().or(redirect.scheme.as_deref()).unwrap_or("another path");
        Some(format!("{} to {to}", redirect.status_code.unwrap_or(302)))
    })
}

fn backend_row(
    session: &Session,
    route: &HTTPRoute,
    text: String,
    reference: &HTTPBackendRef,
    total: i32,
) -> Row {
    let store = session.cluster().store();
    let own = gateway::namespace_of(route);
    let namespace = reference.namespace.as_deref().unwrap_or(own);
    let key = ObjectKey::service(namespace, reference.name.as_str());
    let port = reference.port.map(|port| port.to_string()).unwrap_or_default();
    let elsewhere = if namespace == own { String::new() } else { format!("{namespace}/") };
    let weight = reference.weight.unwrap_or(1);
    let text = if weight == total { text } else { format!("{text} {weight}/{total}") };
    let trouble = match gateway::backend(store, route, reference) {
        Err(_) => Some("500".to_owned()),
        Ok(_) => {
            let mut slices = store.slices_of(namespace, &reference.name);
            let has =
                slices.any(|slice| slice.endpoints.as_ref().is_some_and(|endpoints| !endpoints.is_empty()));
            (!has).then(|| "503".to_owned())
        }
    };
    Row {
        text,
        end: format!("\u{2192} {elsewhere}{}:{port}", reference.name),
        trouble,
        light: Light::None,
        accent: store.get(&key).is_some().then(|| session.accent(&key)),
    }
}
