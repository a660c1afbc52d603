//! A line drawn from one object to another: what would join the two.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, Service};
use serde_json::{Map, Value, json};

use crate::api::patch::Edit;
use crate::api::{Kind, Object, ObjectKey, Path};
use crate::cluster::Cluster;
use crate::explain::finding::template_of;
use crate::explain::near_miss;
use crate::session::Command;
use crate::store::Store;

type Labels = BTreeMap<String, String>;

/// One way to join two objects.
#[derive(Clone, PartialEq, Debug)]
pub struct Proposal {
    /// What a button says: `Set app=web on Pod web-3`.
    pub label: String,
    /// What follows from it, a sentence.
    pub text: String,
    /// The object that changes.
    pub object: ObjectKey,
    /// What changes in it.
    pub edits: Vec<Edit>,
}

impl Proposal {
    /// The command that does it.
    pub fn command(&self) -> Command {
        Command::Edit { key: self.object.clone(), edits: self.edits.clone() }
    }
}

/// The kinds of objects that a line from this kind can lead to.
fn ends(from: &Kind) -> &'static [Kind] {
    match from {
        Kind::Service => &[Kind::Pod, Kind::Ingress, Kind::HTTPRoute],
        Kind::HTTPRoute => &[Kind::Service, Kind::Gateway],
        Kind::Pod | Kind::Ingress => &[Kind::Service],
        Kind::Gateway => &[Kind::HTTPRoute],
        _ => &[],
    }
}

/// Whether lines can be drawn from objects of this kind at all.
pub fn connects(kind: &Kind) -> bool {
    !ends(kind).is_empty()
}

/// Whether a line may lead from one kind of object to another.
pub fn joins(from: &Kind, to: &Kind) -> bool {
    ends(from).contains(to)
}

/// The objects that a line from this one can lead to, those first that are not joined with it yet.
pub fn partners(cluster: &Cluster, from: &ObjectKey) -> Vec<ObjectKey> {
    // What somebody wrote comes before the cluster's own, such as the Service of the API server.
    let is_own = |object: &Object| object.document.is_none() && object.key.kind != Kind::Pod;
    let mut found: Vec<(bool, bool, ObjectKey)> = ends(&from.kind)
        .iter()
        .flat_map(|kind| cluster.store().objects_of(kind.clone()))
        .filter(|object| object.key.namespace == from.namespace)
        .map(|object| (proposals(cluster, from, &object.key).is_err(), is_own(object), object.key.clone()))
        .collect();
    found.sort();
    found.into_iter().map(|(.., key)| key).collect()
}

/// The ways to join two objects, the most telling first, or why there is none.
pub fn proposals(cluster: &Cluster, from: &ObjectKey, to: &ObjectKey) -> Result<Vec<Proposal>, String> {
    match (&from.kind, &to.kind) {
        (Kind::Service, Kind::Pod) => select(cluster, from, to),
        (Kind::Pod, Kind::Service) => select(cluster, to, from),
        (Kind::Ingress, Kind::Service) => route(cluster, from, to),
        (Kind::Service, Kind::Ingress) => route(cluster, to, from),
        (Kind::HTTPRoute, Kind::Service) => forward(cluster, from, to),
        (Kind::Service, Kind::HTTPRoute) => forward(cluster, to, from),
        (Kind::HTTPRoute, Kind::Gateway) => attach(cluster, from, to),
        (Kind::Gateway, Kind::HTTPRoute) => attach(cluster, to, from),
        _ => Err(format!(
            "Nothing joins a {} and a {}. A Service selects Pods, and an Ingress or HTTPRoute routes to Services.",
            from.kind.name(),
            to.kind.name()
        )),
    }
}

/// A Service and a Pod: the Pod gets the labels, or the Service another selector.
fn select(cluster: &Cluster, service: &ObjectKey, pod: &ObjectKey) -> Result<Vec<Proposal>, String> {
    if service.namespace != pod.namespace {
        return Err(format!(
            "A Service selects Pods of its own namespace only: {} is in {}, {} in {}.",
            service.name, service.namespace, pod.name, pod.namespace
        ));
    }
    let store = cluster.store();
    let gone = |key: &ObjectKey| format!("{key} is not there any more.");
    let found = store.get(service).and_then(|object| object.get::<Service>()).ok_or_else(|| gone(service))?;
    let found_pod = store.get(pod).and_then(|object| object.get::<Pod>()).ok_or_else(|| gone(pod))?;
    let spec = found.spec.clone().unwrap_or_default();
    if spec.type_.as_deref() == Some("ExternalName") {
        return Err(format!(
            "{} is an ExternalName: a name for a host elsewhere, which selects no Pods.",
            service.name
        ));
    }
    let selector = spec.selector.unwrap_or_default();
    let labels = found_pod.metadata.labels.clone().unwrap_or_default();
    let missing: Labels = selector
        .iter()
        .filter(|(key, value)| labels.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !selector.is_empty() && missing.is_empty() {
        return Err(format!("{} selects {} already.", service.name, pod.name));
    }
    let mut all = Vec::new();
    if !selector.is_empty() {
        all.push(relabel(store, pod, found_pod, &selector, &missing));
    }
    let kept: Labels = selector
        .iter()
        .filter(|(key, _)| !missing.contains_key(*key))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    if !kept.is_empty() {
        let label = format!("Take {} out of the selector", pairs(&missing));
        all.push(reselect(store, service, &selector, kept, label));
    }
    if let Some(own) = telling(&labels) {
        let label = format!("Let {} select {}", service.name, pairs(&own));
        all.push(reselect(store, service, &selector, own, label));
    }
    if all.is_empty() {
        return Err(format!(
            "{} has no selector and {} no labels. Give one of them a label to begin with.",
            service.name, pod.name
        ));
    }
    Ok(all)
}

/// The label that says best what a Pod is: `app`, or one of its like, or the first that no controller gave it.
fn telling(labels: &Labels) -> Option<Labels> {
    const NAMES: [&str; 5] = ["app.kubernetes.io/name", "app", "name", "k8s-app", "run"];
    let given =
        |key: &str| key.contains("hash") || key.contains("kubernetes.io/pod") || key.contains("generation");
    let (key, value) = NAMES
        .iter()
        .find_map(|name| labels.get_key_value(*name))
        .or_else(|| labels.iter().find(|(key, _)| !given(key)))?;
    Some(Labels::from([(key.clone(), value.clone())]))
}

fn relabel(store: &Store, key: &ObjectKey, pod: &Pod, selector: &Labels, missing: &Labels) -> Proposal {
    let (object, at) = template_of(store, key, pod);
    let labels = pod.metadata.labels.clone().unwrap_or_default();
    let mut edits: Vec<Edit> =
        missing.iter().map(|(key, value)| Edit::set(at.field(key.as_str()), value.as_str())).collect();
    // A label under a like key is what its author meant: it gives way.
    for difference in near_miss::differences(selector, &labels).unwrap_or_default() {
        if let Some((found, _)) = difference.found.filter(|(found, _)| *found != difference.key) {
            edits.push(Edit::remove(at.field(found)));
        }
    }
    let text = if object == *key {
        "The Pod becomes an endpoint as soon as it is ready.".to_owned()
    } else {
        format!(
            "{object} made the Pod, so its template is changed: it makes new Pods with the label in place of these."
        )
    };
    Proposal { label: format!("Set {} on {object}", pairs(missing)), text, object, edits }
}

fn reselect(store: &Store, service: &ObjectKey, old: &Labels, new: Labels, label: String) -> Proposal {
    let count = |selector: &Labels| {
        if selector.is_empty() { 0 } else { store.pods_matching(&service.namespace, selector).len() }
    };
    let (before, after) = (count(old), count(&new));
    let text = format!(
        "{} then selects {after} {} where it selected {before}.",
        service.name,
        if after == 1 { "Pod" } else { "Pods" }
    );
    let at = Path::ROOT.field("spec").field("selector");
    let gone =
        old.keys().filter(|key| !new.contains_key(*key)).map(|key| Edit::remove(at.field(key.as_str())));
    let set = new
        .iter()
        .filter(|(key, value)| old.get(*key) != Some(value))
        .map(|(key, value)| Edit::set(at.field(key.as_str()), value.as_str()));
    // Set first, so that the selector is never empty in between.
    Proposal { label, text, object: service.clone(), edits: set.chain(gone).collect() }
}

fn pairs(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

/// An Ingress and a Service: a path more, or the default backend.
fn route(cluster: &Cluster, ingress: &ObjectKey, service: &ObjectKey) -> Result<Vec<Proposal>, String> {
    if ingress.namespace != service.namespace {
        return Err(format!(
            "An Ingress routes to Services of its own namespace only: {} is in {}, {} in {}.",
            ingress.name, ingress.namespace, service.name, service.namespace
        ));
    }
    let value = |key: &ObjectKey| {
        let object = cluster.store().get(key).ok_or_else(|| format!("{key} is not there any more."))?;
        Ok::<Value, String>(object.live.to_value())
    };
    let (held, target) = (value(ingress)?, value(service)?);
    let Some(port) = target.pointer("/spec/ports/0") else {
        return Err(format!("{} has no port that the Ingress could name.", service.name));
    };
    let port = match port.get("name").and_then(Value::as_str) {
        Some(name) => json!({ "name": name }),
        None => json!({ "number": port["port"] }),
    };
    let backend = json!({ "service": { "name": &*service.name, "port": port } });
    let rules = held.pointer("/spec/rules").and_then(Value::as_array).cloned().unwrap_or_default();
    let names =
        |backend: &Value| backend.pointer("/service/name").and_then(Value::as_str) == Some(&*service.name);
    let paths_of =
        |rule: &Value| rule.pointer("/http/paths").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut all = Vec::new();
    let spec = Path::ROOT.field("spec");
    let host = rules.first().and_then(|rule| rule["host"].as_str()).unwrap_or_default().to_owned();
    let shown_host = if host.is_empty() { "every host" } else { host.as_str() };
    let paths = rules.first().map(&paths_of).unwrap_or_default();
    let taken = |path: &str| paths.iter().any(|taken| taken["path"].as_str().unwrap_or("/") == path);
    let path = if taken("/") { format!("/{}", service.name) } else { "/".to_owned() };
    if !taken(&path) {
        let item = json!({ "path": path, "pathType": "Prefix", "backend": backend });
        let edit = if rules.is_empty() {
            let mut rule = Map::new();
            rule.insert("http".to_owned(), json!({ "paths": [item] }));
            Edit::set(spec.field("rules"), json!([rule]))
        } else {
            let index = u32::try_from(paths.len()).unwrap_or(u32::MAX);
            Edit::set(spec.field("rules").index(0).field("http").field("paths").index(index), item)
        };
        all.push(Proposal {
            label: format!("Route {path} to {}", service.name),
            text: format!("Requests to {shown_host} whose path begins with {path} go to {}.", service.name),
            object: ingress.clone(),
            edits: vec![edit],
        });
    }
    let default = held.pointer("/spec/defaultBackend");
    if default.is_none_or(|default| !names(default)) {
        all.push(Proposal {
            label: format!("Make {} the default backend", service.name),
            text: format!("Requests that no rule is for go to {}.", service.name),
            object: ingress.clone(),
            edits: vec![Edit::set(spec.field("defaultBackend"), backend)],
        });
    }
    let routed = rules.iter().flat_map(&paths_of).find(|path| names(&path["backend"]));
    if let Some(routed) = routed {
        // It is there already: a second path is no help, and the reader hears which one there is.
        let path = routed["path"].as_str().unwrap_or("/").to_owned();
        return Err(format!("{} routes {path} to {} already.", ingress.name, service.name));
    }
    if all.is_empty() {
        return Err(format!("{} routes to {} already.", ingress.name, service.name));
    }
    Ok(all)
}

/// An HTTPRoute and a Service: a backend more, of the rule without matches if there is one, else a rule of its own.
fn forward(cluster: &Cluster, route: &ObjectKey, service: &ObjectKey) -> Result<Vec<Proposal>, String> {
    let store = cluster.store();
    let held = store.get(route).ok_or_else(|| format!("{route} is not there any more."))?.live.to_value();
    let target =
        store.get(service).ok_or_else(|| format!("{service} is not there any more."))?.live.to_value();
    if route.namespace != service.namespace {
        return Err(format!(
            "{} is in {}, {} in {}: that takes a ReferenceGrant. Write it in YAML.",
            route.name, route.namespace, service.name, service.namespace
        ));
    }
    let Some(port) = target.pointer("/spec/ports/0/port") else {
        return Err(format!("{} has no port that the HTTPRoute could name.", service.name));
    };
    let backend = json!({ "name": &*service.name, "port": port });
    let rules = held.pointer("/spec/rules").and_then(Value::as_array).cloned().unwrap_or_default();
    let backends = |rule: &Value| rule["backendRefs"].as_array().cloned().unwrap_or_default();
    if rules.iter().flat_map(&backends).any(|backend| backend["name"].as_str() == Some(&*service.name)) {
        return Err(format!("{} routes to {} already.", route.name, service.name));
    }
    let at = Path::ROOT.field("spec").field("rules");
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut all = Vec::new();
    if let Some((index, rule)) = rules.iter().enumerate().next_back() {
        let path = at.index(number(index)).field("backendRefs");
        let backends = backends(rule);
        let edit = match backends.len() {
            0 => Edit::set(path, json!([backend])),
            count => Edit::set(path.index(number(count)), backend.clone()),
        };
        let share = backends.len() + 1;
        all.push(Proposal {
            label: format!("Add {} to the last rule", service.name),
            text: format!("By weight it gets one request in {share} of that rule, where all weights are 1."),
            object: route.clone(),
            edits: vec![edit],
        });
    }
    let path = format!("/{}", service.name);
    let rule =
        json!({ "matches": [{ "path": { "type": "PathPrefix", "value": path } }], "backendRefs": [backend] });
    let edit = match rules.len() {
        0 => Edit::set(at, json!([rule])),
        count => Edit::set(at.index(number(count)), rule),
    };
    all.push(Proposal {
        label: format!("Route {path} to {}", service.name),
        text: format!("Requests whose path begins with {path} go to {}.", service.name),
        object: route.clone(),
        edits: vec![edit],
    });
    Ok(all)
}

/// An HTTPRoute and a Gateway: the route is attached to it, beside its other parents or in place of them.
fn attach(cluster: &Cluster, route: &ObjectKey, gateway: &ObjectKey) -> Result<Vec<Proposal>, String> {
    let held =
        cluster.store().get(route).ok_or_else(|| format!("{route} is not there any more."))?.live.to_value();
    let parents = held.pointer("/spec/parentRefs").and_then(Value::as_array).cloned().unwrap_or_default();
    if parents.iter().any(|parent| parent["name"].as_str() == Some(&*gateway.name)) {
        return Err(format!("{} is attached to {} already.", route.name, gateway.name));
    }
    let parent = if gateway.namespace == route.namespace {
        json!({ "name": &*gateway.name })
    } else {
        json!({ "name": &*gateway.name, "namespace": &*gateway.namespace })
    };
    let at = Path::ROOT.field("spec").field("parentRefs");
    let alone = Edit::set(at.clone(), json!([parent]));
    let proposal = |label: String, text: &str, edit: Edit| Proposal {
        label,
        text: text.to_owned(),
        object: route.clone(),
        edits: vec![edit],
    };
    if parents.is_empty() {
        let text = "The listeners of the Gateway take its requests, where they allow it.";
        return Ok(vec![proposal(format!("Attach it to {}", gateway.name), text, alone)]);
    }
    let index = u32::try_from(parents.len()).unwrap_or(u32::MAX);
    Ok(vec![
        proposal(
            format!("Attach it to {} too", gateway.name),
            "Both Gateways take its requests.",
            Edit::set(at.index(index), parent),
        ),
        proposal(format!("Attach it to {} instead", gateway.name), "Its other Gateways let go of it.", alone),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Fate, Session, scenarios};

    fn session(name: &str) -> Session {
        Session::open(scenarios::find(name).expect("it is listed").recording(1))
    }

    fn key(kind: Kind, name: &str) -> ObjectKey {
        ObjectKey::new(kind, "default", name)
    }

    fn apply(session: &mut Session, documents: Value) {
        let Value::Array(documents) = documents else { panic!("a list is expected") };
        for object in session.dispatch(Command::Apply { documents, namespace: "default".to_owned() }) {
            assert!(!matches!(object.fate, Fate::Rejected(_)), "{object:?}");
        }
    }

    fn does(session: &mut Session, proposal: &Proposal) {
        for object in session.dispatch(proposal.command()) {
            assert!(!matches!(object.fate, Fate::Rejected(_)), "{proposal:?}: {object:?}");
        }
    }

    fn selects(session: &Session, service: &ObjectKey, pod: &ObjectKey) -> bool {
        proposals(session.cluster(), service, pod).is_err_and(|why| why.ends_with("already."))
    }

    #[test]
    fn every_way_that_is_proposed_joins_a_service_and_a_pod() {
        let (service, pod) = (key(Kind::Service, "web"), key(Kind::Pod, "web-3"));
        let count = proposals(session("first").cluster(), &service, &pod).expect("it is a near miss").len();
        assert!(count >= 2);
        for index in 0..count {
            let mut session = session("first");
            let all = proposals(session.cluster(), &pod, &service).expect("either end will do");
            does(&mut session, &all[index]);
            assert!(selects(&session, &service, &pod), "{:?}", all[index]);
        }
    }

    #[test]
    fn the_first_proposal_gives_the_pod_the_label() {
        let session = session("first");
        let all = proposals(session.cluster(), &key(Kind::Service, "web"), &key(Kind::Pod, "web-3"));
        let first = all.expect("it is a near miss").swap_remove(0);
        assert_eq!(first.label, "Set app=web on Pod default/web-3");
        assert_eq!(first.object, key(Kind::Pod, "web-3"));
    }

    #[test]
    fn of_an_owned_pod_the_template_is_changed() {
        let mut session = session("clusterip");
        apply(
            &mut session,
            json!([{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "other"},
                "spec": {"selector": {"tier": "front"}, "ports": [{"port": 80}]}}]),
        );
        let store = session.cluster().store();
        let pod = store
            .objects_of(Kind::Pod)
            .find(|pod| pod.document.is_none() && &*pod.key.namespace == "default")
            .expect("a Deployment made some")
            .key
            .clone();
        let all =
            proposals(session.cluster(), &key(Kind::Service, "other"), &pod).expect("it does not match");
        assert_eq!(all[0].object.kind, Kind::Deployment);
        does(&mut session, &all[0]);
        session.advance(session.now() + 60_000);
        let other = session.cluster().store().list_in::<Pod>("default").filter(|pod| {
            pod.metadata
                .labels
                .as_ref()
                .and_then(|labels| labels.get("tier"))
                .is_some_and(|tier| tier == "front")
        });
        assert!(other.count() > 0);
    }

    #[test]
    fn one_pair_of_several_may_leave_the_selector() {
        let mut session = session("first");
        apply(
            &mut session,
            json!([{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "two"},
                "spec": {"selector": {"app": "web", "tier": "front"}, "ports": [{"port": 80}]}}]),
        );
        let (service, pod) = (key(Kind::Service, "two"), key(Kind::Pod, "web-1"));
        let all = proposals(session.cluster(), &service, &pod).expect("one pair differs");
        let wider = all.iter().find(|proposal| proposal.label == "Take tier=front out of the selector");
        does(&mut session, wider.expect("it is proposed"));
        assert!(selects(&session, &service, &pod));
    }

    #[test]
    fn what_can_not_be_joined_says_why() {
        let mut session = session("first");
        apply(
            &mut session,
            json!([
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "far", "namespace": "shop"},
                    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "out"},
                    "spec": {"type": "ExternalName", "externalName": "example.com"}},
            ]),
        );
        let pod = key(Kind::Pod, "web-1");
        for (from, expected) in [
            (ObjectKey::service("shop", "far"), "its own namespace only"),
            (key(Kind::Service, "out"), "ExternalName"),
            (key(Kind::Service, "web"), "web selects web-1 already."),
            (key(Kind::Service, "none"), "is not there any more"),
            (ObjectKey::node("node-1"), "Nothing joins a Node and a Pod."),
        ] {
            let why = proposals(session.cluster(), &from, &pod).expect_err("they can not be joined");
            assert!(why.contains(expected), "{why}");
        }
    }

    #[test]
    fn an_ingress_gets_a_path_more_or_a_default_backend() {
        let mut session = session("ingress");
        apply(
            &mut session,
            json!([{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "more"},
                "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}]),
        );
        let ingress =
            session.cluster().store().objects_of(Kind::Ingress).next().expect("there is one").key.clone();
        let service = key(Kind::Service, "more");
        let all = proposals(session.cluster(), &ingress, &service).expect("it does not route there");
        assert_eq!(all.len(), 2);
        does(&mut session, &all[1]);
        let all = proposals(session.cluster(), &service, &ingress).expect("a path is still to be had");
        does(&mut session, &all[0]);
        let why = proposals(session.cluster(), &ingress, &service).expect_err("it routes there now");
        assert!(why.contains("already"), "{why}");
    }

    #[test]
    fn an_ingress_without_rules_gets_its_first() {
        let mut session = session("first");
        apply(
            &mut session,
            json!([{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "bare"},
                "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}}]),
        );
        let (ingress, service) = (key(Kind::Ingress, "bare"), key(Kind::Service, "web"));
        let all = proposals(session.cluster(), &ingress, &service).expect("it has no rule");
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].label, "Route / to web");
        does(&mut session, &all[0]);
    }

    #[test]
    fn an_http_route_gets_backends_and_gateways() {
        let mut session = session("canary");
        apply(
            &mut session,
            json!([
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "more"},
                    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
                {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "second"},
                    "spec": {"gatewayClassName": "nginx", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}},
            ]),
        );
        let route = key(Kind::HTTPRoute, "shop");
        for other in [key(Kind::Service, "more"), key(Kind::Gateway, "second")] {
            let all = proposals(session.cluster(), &other, &route).expect("they are not joined");
            assert_eq!(all.len(), 2);
            for proposal in all {
                does(&mut session, &proposal);
                let why = proposals(session.cluster(), &route, &other).expect_err("they are joined now");
                assert!(why.contains("already"), "{why}");
                assert!(session.undo());
            }
        }
    }

    #[test]
    fn partners_begin_with_those_that_are_not_joined() {
        let session = session("first");
        let partners = partners(session.cluster(), &key(Kind::Service, "web"));
        assert_eq!(partners.first(), Some(&key(Kind::Pod, "web-3")), "{partners:?}");
        assert!(partners.contains(&key(Kind::Pod, "web-1")));
        let own = super::partners(session.cluster(), &key(Kind::Pod, "web-3"));
        assert_eq!(own, [key(Kind::Service, "web"), key(Kind::Service, "kubernetes")]);
    }
}
