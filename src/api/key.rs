//! How an object is named: kind, namespace and name.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use equivalent::Comparable as _;
use serde_json::Value;

use super::Kind;

/// The identity of an object on the board. Cheap to clone; ordered by kind, then namespace, then name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ObjectKey {
    /// The kind with its group.
    pub kind: Kind,
    /// The namespace; empty for objects of the whole cluster.
    pub namespace: Arc<str>,
    /// `metadata.name`.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// A key; `namespace` is empty for objects of the whole cluster.
    pub fn new(kind: Kind, namespace: impl AsRef<str>, name: impl Into<Arc<str>>) -> ObjectKey {
        ObjectKey { kind, namespace: shared(namespace.as_ref()), name: name.into() }
    }

    /// The key of a Pod.
    pub fn pod(namespace: impl AsRef<str>, name: impl Into<Arc<str>>) -> ObjectKey {
        ObjectKey::new(Kind::Pod, namespace, name)
    }

    /// The key of a Service.
    pub fn service(namespace: impl AsRef<str>, name: impl Into<Arc<str>>) -> ObjectKey {
        ObjectKey::new(Kind::Service, namespace, name)
    }

    /// The key of a Node.
    pub fn node(name: impl Into<Arc<str>>) -> ObjectKey {
        ObjectKey::new(Kind::Node, "", name)
    }

    /// The key of a document, which is in `namespace` unless it names another; `None` when it tells no kind or no name.
    pub fn of_document(document: &Value, namespace: &str) -> Option<ObjectKey> {
        let kind = Kind::from_api(document.get("apiVersion")?.as_str()?, document.get("kind")?.as_str()?);
        let meta = document.get("metadata")?;
        let name = meta.get("name").or_else(|| meta.get("generateName"))?.as_str()?;
        let namespace = match (kind.is_namespaced(), meta.get("namespace").and_then(Value::as_str)) {
            (false, _) => "",
            (true, Some(own)) if !own.is_empty() => own,
            (true, _) => namespace,
        };
        Some(ObjectKey::new(kind, namespace, name))
    }

    /// When an apply of many objects makes this one: what others need comes first, Namespaces, then Nodes and
    /// classes, then Services, then the rest.
    pub fn apply_rank(&self) -> u8 {
        match self.kind {
            Kind::Namespace => 0,
            Kind::Node | Kind::IngressClass | Kind::GatewayClass => 1,
            Kind::Service => 2,
            _ => 3,
        }
    }

    /// Reads what [`ObjectKey::to_path`] wrote; `None` when the text has another shape.
    pub fn from_path(path: &str) -> Option<ObjectKey> {
        let mut parts = path.rsplitn(4, '/');
        let name = parts.next()?;
        let namespace = parts.next()?;
        let kind = parts.next()?;
        let api_version = parts.next()?;
        Some(ObjectKey::new(Kind::from_api(api_version, kind), namespace, name))
    }

    /// One line that names the object for recordings and for the page: `apiVersion/kind/namespace/name`.
    pub fn to_path(&self) -> String {
        format!("{}/{}/{}/{}", self.kind.api_version(), self.kind.name(), self.namespace, self.name)
    }
}

impl PartialOrd for ObjectKey {
    fn partial_cmp(&self, other: &ObjectKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectKey {
    fn cmp(&self, other: &ObjectKey) -> Ordering {
        KeyRef { kind: &self.kind, namespace: &self.namespace, name: &self.name }.compare(other)
    }
}

/// How many namespaces are shared. A board has a few.
const SHARED: usize = 32;

thread_local! {
    static NAMESPACES: RefCell<Vec<Arc<str>>> = const { RefCell::new(Vec::new()) };
}

/// The text of a namespace that all its keys share, so that most comparisons of keys need not read it.
fn shared(namespace: &str) -> Arc<str> {
    NAMESPACES.with_borrow_mut(|all| {
        if let Some(known) = all.iter().find(|known| &***known == namespace) {
            return known.clone();
        }
        if all.len() >= SHARED {
            all.clear();
        }
        let namespace: Arc<str> = namespace.into();
        all.push(namespace.clone());
        namespace
    })
}

/// A borrowed key, to look an object up without making an [`ObjectKey`].
#[derive(Clone, Copy, Debug)]
pub struct KeyRef<'a> {
    /// The kind with its group.
    pub kind: &'a Kind,
    /// The namespace; empty for objects of the whole cluster.
    pub namespace: &'a str,
    /// `metadata.name`.
    pub name: &'a str,
}

impl equivalent::Equivalent<ObjectKey> for KeyRef<'_> {
    fn equivalent(&self, key: &ObjectKey) -> bool {
        self.compare(key).is_eq()
    }
}

impl equivalent::Comparable<ObjectKey> for KeyRef<'_> {
    fn compare(&self, key: &ObjectKey) -> Ordering {
        let namespaces = || match std::ptr::eq(self.namespace, &*key.namespace) {
            true => Ordering::Equal,
            false => self.namespace.cmp(&key.namespace),
        };
        self.kind.cmp(&key.kind).then_with(namespaces).then_with(|| self.name.cmp(&key.name))
    }
}

impl fmt::Display for ObjectKey {
    /// As people say it: `Service shop/web`, `Node node-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

impl serde::Serialize for ObjectKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_path())
    }
}

impl<'de> serde::Deserialize<'de> for ObjectKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        ObjectKey::from_path(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("not an object key: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_leads_back_to_the_key() {
        for key in [
            ObjectKey::pod("shop", "web-0"),
            ObjectKey::node("node-1"),
            ObjectKey::new(Kind::Ingress, "shop", "front"),
            ObjectKey::new(Kind::from_api("example.com/v1", "Thing"), "shop", "x"),
        ] {
            assert_eq!(ObjectKey::from_path(&key.to_path()), Some(key));
        }
        assert_eq!(ObjectKey::from_path("v1/Pod"), None);
    }
}
