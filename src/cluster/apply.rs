//! What a person writes: apply, edit, delete, each object by itself as kubectl does.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Actor, Cluster};
use crate::api::decode::Oddity;
use crate::api::patch::{self, Edit};
use crate::api::{Kind, Live, ObjectKey};
use crate::store::admission::{Part, Rejected};

/// What became of one object of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectFate {
    /// The object.
    pub key: ObjectKey,
    /// What became of it.
    pub fate: Fate,
}

/// What a write did to an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It is new.
    Created,
    /// It was changed.
    Configured,
    /// It was like that already.
    Unchanged,
    /// It is gone, or will be when its grace is over.
    Deleted,
    /// It is new or changed, kept as it is, and not simulated.
    Kept,
    /// The API server refuses it; nothing was changed.
    Rejected(Rejected),
}

impl Fate {
    /// The word that kubectl prints behind the object: `created`, `configured`.
    pub fn word(&self) -> &'static str {
        match self {
            Fate::Created => "created",
            Fate::Configured => "configured",
            Fate::Unchanged => "unchanged",
            Fate::Deleted => "deleted",
            Fate::Kept => "kept, not simulated",
            Fate::Rejected(_) => "refused",
        }
    }
}

impl Cluster {
    /// Applies documents as `kubectl apply` does: each by itself, so that a refused one keeps no other back. What
    /// others need comes first, whatever the order of the text: namespaces, then nodes and classes, then the rest.
    pub fn apply(&mut self, documents: &[Value], namespace: &str) -> Vec<ObjectFate> {
        let mut keyed: Vec<(ObjectKey, &Value)> = documents
            .iter()
            .filter_map(|document| Some((ObjectKey::of_document(document, namespace)?, document)))
            .collect();
        keyed.sort_by_key(|(key, _)| key.apply_rank());
        // The class that an Ingress gets by default is decided when it is admitted, so its controller comes first.
        let has = |kind: Kind| keyed.iter().any(|(key, _)| key.kind == kind);
        if has(Kind::Ingress) && !has(Kind::IngressClass) {
            self.install_ingress_controller();
        }
        if has(Kind::Gateway) && !has(Kind::GatewayClass) {
            self.install_gateway_class();
        }
        let fates: Vec<ObjectFate> = keyed
            .into_iter()
            .map(|(key, document)| {
                let fate = self.apply_one(&key, document).unwrap_or_else(Fate::Rejected);
                ObjectFate { key, fate }
            })
            .collect();
        self.log_fates(&fates);
        self.settle();
        fates
    }

    /// Changes some fields of one object, as `kubectl patch` does.
    pub fn edit(&mut self, key: &ObjectKey, edits: &[Edit]) -> ObjectFate {
        let fate = self.edit_one(key, edits).unwrap_or_else(Fate::Rejected);
        let fate = ObjectFate { key: key.clone(), fate };
        self.log_fates(std::slice::from_ref(&fate));
        self.settle();
        fate
    }

    /// Deletes objects, and in the background what they own.
    pub fn delete(&mut self, keys: &[ObjectKey]) -> Vec<ObjectFate> {
        let fates: Vec<ObjectFate> = keys
            .iter()
            .map(|key| {
                let fate = match self.delete_object(key, None) {
                    Ok(()) => Fate::Deleted,
                    Err(rejected) => Fate::Rejected(rejected),
                };
                ObjectFate { key: key.clone(), fate }
            })
            .collect();
        self.log_fates(&fates);
        self.settle();
        fates
    }

    fn apply_one(&mut self, key: &ObjectKey, document: &Value) -> Result<Fate, Rejected> {
        let old = self.store.get(key).cloned();
        let wanted = match &old {
            None => document.clone(),
            Some(old) => {
                let before = old.document.as_deref().cloned().unwrap_or(Value::Null);
                three_way(&before, document, &old.live.to_value())
            }
        };
        let live = decode(key, &wanted)?;
        // An object that comes with a uid is taken over from another cluster, with its status.
        let whole = document.pointer("/metadata/uid").is_some() || document.get("status").is_some();
        let part = if whole && old.is_none() { Part::Whole } else { Part::Spec };
        self.write_for_person(key, document.clone(), live, part)
    }

    fn edit_one(&mut self, key: &ObjectKey, edits: &[Edit]) -> Result<Fate, Rejected> {
        let old = self.store.get(key).cloned().ok_or_else(|| Rejected::not_found(key))?;
        let mut live = old.live.to_value();
        patch::apply(&mut live, edits).map_err(|error| bad_request(key, &error.to_string()))?;
        // What a controller made has no document of its own, and gets none by a change to the live object.
        let document = match &old.document {
            None => None,
            Some(document) => {
                let mut document = Value::clone(document);
                patch::apply(&mut document, edits).map_err(|error| bad_request(key, &error.to_string()))?;
                Some(document)
            }
        };
        let live = decode(key, &live)?;
        match document {
            Some(document) => self.write_for_person(key, document, live, Part::Spec),
            None => self.write_live(key, None, live, Part::Spec),
        }
    }

    fn write_for_person(
        &mut self,
        key: &ObjectKey,
        document: Value,
        live: Live,
        part: Part,
    ) -> Result<Fate, Rejected> {
        self.write_live(key, Some(Arc::new(document)), live, part)
    }

    fn write_live(
        &mut self,
        key: &ObjectKey,
        document: Option<Arc<Value>>,
        live: Live,
        part: Part,
    ) -> Result<Fate, Rejected> {
        let old = self.store.get(key).cloned();
        let new = self.admit(live, old.as_deref(), part)?;
        Ok(match old {
            None => {
                self.store.put(key.clone(), document, new);
                if key.kind.is_simulated() { Fate::Created } else { Fate::Kept }
            }
            Some(old) => {
                let same_document = document == old.document;
                if same_document && new.to_value() == old.live.to_value() {
                    return Ok(Fate::Unchanged);
                }
                self.store.put(key.clone(), document, new);
                if key.kind.is_simulated() { Fate::Configured } else { Fate::Kept }
            }
        })
    }

    fn log_fates(&mut self, fates: &[ObjectFate]) {
        for ObjectFate { key, fate } in fates {
            let (warning, message) = match fate {
                Fate::Unchanged => continue,
                Fate::Rejected(rejected) => (true, rejected.to_string()),
                other => (false, format!("{key} {}", other.word())),
            };
            self.log(Actor::Person, warning, fate.word(), Some(key.clone()), message);
        }
    }
}

fn decode(key: &ObjectKey, value: &Value) -> Result<Live, Rejected> {
    let (mut live, findings) = Live::decode(&key.kind, value);
    let refused = findings.into_iter().find_map(|finding| match finding.what {
        Oddity::Refused { message, .. } => Some(message),
        Oddity::UnknownField { .. } => None,
    });
    if let Some(message) = refused {
        return Err(bad_request(key, &message));
    }
    if let Some(meta) = live.metadata_mut() {
        meta.namespace = Some(key.namespace.to_string()).filter(|namespace| !namespace.is_empty());
    }
    Ok(live)
}

fn bad_request(key: &ObjectKey, message: &str) -> Rejected {
    let kind = key.kind.name();
    let words =
        format!("{kind} in version {:?} cannot be handled as a {kind}: {message}", key.kind.api_version());
    Rejected::bad_request(&key.kind, &key.name, &words)
}

/// What `kubectl apply` sends: the live object with what the author changed since the last time. Fields that the
/// author took out are taken out, fields that he never wrote stay. Lists are replaced whole; items that the author
/// left alone keep what the API server filled in.
///
/// Models kubectl's three-way merge, apimachinery/pkg/util/jsonmergepatch CreateThreeWayJSONMergePatch.
fn three_way(before: &Value, wanted: &Value, live: &Value) -> Value {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            let none = Map::new();
            let before = before.as_object().unwrap_or(&none);
            let mut merged = Map::new();
            for (name, value) in live {
                match wanted.get(name) {
                    Some(wanted) => {
                        let before = before.get(name).unwrap_or(&Value::Null);
                        merged.insert(name.clone(), three_way(before, wanted, value));
                    }
                    None if before.contains_key(name) => {}
                    None => {
                        merged.insert(name.clone(), value.clone());
                    }
                }
            }
            for (name, value) in wanted {
                if !live.contains_key(name) {
                    merged.insert(name.clone(), value.clone());
                }
            }
            Value::Object(merged)
        }
        (Value::Array(wanted), Value::Array(live)) if before.as_array() == Some(wanted) => {
            Value::Array(live.clone())
        }
        _ => wanted.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn apply_removes_what_the_author_removed_and_keeps_what_the_server_filled_in() {
        let before = json!({"spec": {"a": 1, "b": 2, "ports": [{"port": 80}]}});
        let wanted = json!({"spec": {"a": 1, "ports": [{"port": 80}]}});
        let live =
            json!({"spec": {"a": 1, "b": 2, "ports": [{"port": 80, "protocol": "TCP"}], "clusterIP": "x"}});
        let expected =
            json!({"spec": {"a": 1, "ports": [{"port": 80, "protocol": "TCP"}], "clusterIP": "x"}});
        assert_eq!(three_way(&before, &wanted, &live), expected);
    }

    #[test]
    fn a_changed_list_is_replaced() {
        let before = json!({"ports": [80]});
        assert_eq!(
            three_way(&before, &json!({"ports": [81]}), &json!({"ports": [80]})),
            json!({"ports": [81]})
        );
    }
}
