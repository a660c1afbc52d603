//! Another name for an object. Kubernetes has none of that: the new one is made, and the old one deleted.

use serde_json::{Value, json};

use super::copy::{manifest, refresh};
use crate::api::{Kind, ObjectKey};
use crate::controllers::pod::controller_of;
use crate::session::{Cluster, Command, Placement, Places, Rejected};

/// The command that gives an object another name, or why there is none. The old object goes first, so that the new one
/// can have its addresses; the card stays where it was put.
pub fn rename(cluster: &Cluster, places: &Places, key: &ObjectKey, name: &str) -> Result<Command, String> {
    let store = cluster.store();
    let object = store.get(key).ok_or_else(|| format!("{key} is not there any more."))?;
    let owner = object.live.metadata().and_then(controller_of);
    if let Some(owner) = owner {
        return Err(format!(
            "{} {} made this {} and gave it its name, so it can not have another.",
            owner.kind,
            owner.name,
            key.kind.name()
        ));
    }
    let renamed = ObjectKey::new(key.kind.clone(), key.namespace.clone(), name.trim());
    if store.get(&renamed).is_some() {
        return Err(Rejected::already_exists(&renamed).to_string());
    }
    let mut document = manifest(object);
    refresh(&mut document, &renamed, false);
    if let Some(labels) = document.pointer_mut("/metadata/labels").and_then(Value::as_object_mut)
        && labels.contains_key("kubernetes.io/hostname")
    {
        labels.insert("kubernetes.io/hostname".to_owned(), json!(name.trim()));
    }
    let mut commands = vec![
        Command::Delete { keys: vec![key.clone()] },
        Command::Apply { documents: vec![document], namespace: key.namespace.to_string() },
    ];
    let cards = [(key.to_path(), renamed.to_path()), (balancer(key), balancer(&renamed))];
    let moved: Vec<Placement> = cards
        .into_iter()
        .filter_map(|(old, card)| {
            let at = places.get(old.as_str()).copied()?;
            Some(Placement { card, at: Some(at) })
        })
        .collect();
    if !moved.is_empty() {
        commands.push(Command::Place { places: moved });
    }
    Ok(Command::Batch { commands })
}

/// The card of a Service's load balancer.
fn balancer(key: &ObjectKey) -> String {
    format!("lb/{}/{}", key.namespace, key.name)
}

/// The Ingresses that name this Service, which another name would leave without it.
pub fn named_by(cluster: &Cluster, key: &ObjectKey) -> Vec<ObjectKey> {
    if key.kind != Kind::Service {
        return Vec::new();
    }
    let ingresses = cluster.store().objects_of(Kind::Ingress);
    ingresses
        .filter(|object| object.key.namespace == key.namespace)
        .filter(|object| {
            let mut named = false;
            super::copy::each_backend(&mut object.live.to_value(), &mut |service| {
                named |= service.get("name").and_then(Value::as_str) == Some(&*key.name);
            });
            named
        })
        .map(|object| object.key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Fate, Session, scenarios};

    #[test]
    fn a_renamed_service_keeps_its_endpoints_and_its_place() {
        let scenario = scenarios::find("first").expect("it is listed");
        let mut session = Session::open(scenario.recording(1));
        let (old, new) = (ObjectKey::service("default", "web"), ObjectKey::service("default", "shop"));
        let place = Placement { card: old.to_path(), at: Some((40, 80)) };
        session.dispatch(Command::Place { places: vec![place] });
        let command = rename(session.cluster(), session.places(), &old, "shop").expect("the name is free");
        let fates = session.dispatch(command);
        assert!(fates.iter().all(|fate| !matches!(fate.fate, Fate::Rejected(_))), "{fates:?}");
        let store = session.cluster().store();
        assert!(store.get(&old).is_none());
        assert!(store.get(&new).is_some());
        assert_eq!(session.places().get(new.to_path().as_str()), Some(&(40, 80)));
        assert!(session.undo());
        assert!(session.cluster().store().get(&old).is_some(), "one step takes it back");
    }

    #[test]
    fn what_a_controller_named_keeps_its_name() {
        let scenario = scenarios::find("clusterip").expect("it is listed");
        let session = Session::open(scenario.recording(1));
        let store = session.cluster().store();
        let owned = store
            .objects_of(Kind::Pod)
            .find(|pod| pod.live.metadata().is_some_and(|meta| controller_of(meta).is_some()))
            .expect("a Deployment made some");
        let why =
            rename(session.cluster(), session.places(), &owned.key, "other").expect_err("it has an owner");
        assert!(why.contains("ReplicaSet") && why.contains("gave it its name"), "{why}");
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        let session = Session::new(1);
        let why = rename(session.cluster(), session.places(), &ObjectKey::node("node-1"), "node-2")
            .expect_err("it is taken");
        assert_eq!(why, "nodes \"node-2\" already exists");
    }

    #[test]
    fn ingresses_that_name_a_service_are_told() {
        let scenario = scenarios::find("ingress").expect("it is listed");
        let session = Session::open(scenario.recording(1));
        let services = session.cluster().store().objects_of(Kind::Service);
        let named: usize = services.map(|service| named_by(session.cluster(), &service.key).len()).sum();
        assert!(named > 0);
    }
}
