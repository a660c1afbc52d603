//! An object on the board: the live object as the API server holds it, and the document as its author wrote it.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::{Endpoints, Namespace, Node, Pod, ReplicationController, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{Ingress, IngressClass, NetworkPolicy};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use super::decode::{Finding, Oddity, decode};
use super::encode::encode;
use super::gateway::{Gateway, GatewayClass, HTTPRoute, ReferenceGrant};
use super::{Kind, ObjectKey};

/// An object in the store. Clones share everything.
#[derive(Clone, Debug)]
pub struct Object {
    /// Kind, namespace and name.
    pub key: ObjectKey,
    /// The store's revision at the last write, which is also `metadata.resourceVersion`.
    pub revision: u64,
    /// The document as its author wrote it, unknown fields included, in the author's key order; `None` when a
    /// controller made the object.
    pub document: Option<Arc<Value>>,
    /// The object as the API server holds it: defaulted, allocated, with status.
    pub live: Live,
}

/// An object is the same as itself alone, however like another: each write makes a new one.
impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        std::ptr::eq(self, other)
    }
}

/// A type of object that the playground simulates.
pub trait Resource: k8s_openapi::Metadata<Ty = ObjectMeta> + serde::Serialize + Clone + 'static {
    /// The kind of these objects.
    const OBJECT_KIND: Kind;
    /// The object, if `live` is of this type.
    fn from_live(live: &Live) -> Option<&Arc<Self>>;
    /// The same object among all kinds.
    fn into_live(self: Arc<Self>) -> Live;
}

macro_rules! live {
    ($($kind:ident),*) => {
        /// A live object of any kind.
        #[derive(Clone, PartialEq, Debug)]
        pub enum Live {
            $(
                #[doc = concat!("A ", stringify!($kind), ".")]
                $kind(Arc<$kind>),
            )*
            /// An object that is kept and not simulated.
            Other(Arc<Value>),
        }

        $(
            impl Resource for $kind {
                const OBJECT_KIND: Kind = Kind::$kind;
                fn from_live(live: &Live) -> Option<&Arc<Self>> {
                    match live {
                        Live::$kind(object) => Some(object),
                        _ => None,
                    }
                }
                fn into_live(self: Arc<Self>) -> Live {
                    Live::$kind(self)
                }
            }
        )*

        impl Live {
            /// The kind of the object.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Live::$kind(_) => Kind::$kind,)*
                    Live::Other(value) => {
                        let text = |field| value.get(field).and_then(Value::as_str).unwrap_or_default();
                        Kind::from_api(text("apiVersion"), text("kind"))
                    }
                }
            }

            /// The metadata of a simulated object; `None` for a kind that is only kept.
            pub fn metadata(&self) -> Option<&ObjectMeta> {
                match self {
                    $(Live::$kind(object) => Some(&object.metadata),)*
                    Live::Other(_) => None,
                }
            }

            /// The metadata, to change it; the object is cloned first if it is shared.
            pub fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
                match self {
                    $(Live::$kind(object) => Some(&mut Arc::make_mut(object).metadata),)*
                    Live::Other(_) => None,
                }
            }

            /// The whole object as the API server would show it, `apiVersion` and `kind` included.
            pub fn to_value(&self) -> Value {
                match self {
                    $(Live::$kind(object) => encode(&**object),)*
                    Live::Other(value) => (**value).clone(),
                }
            }

            /// Reads `value` as an object of `kind`, and what was odd about it. The object is whole only if nothing was
            /// refused.
            pub fn decode(kind: &Kind, value: &Value) -> (Live, Vec<Finding>) {
                match kind {
                    $(Kind::$kind => {
                        let (object, findings) = decode(value);
                        (Live::$kind(Arc::new(object)), findings)
                    })*
                    Kind::Other(_) => (Live::Other(Arc::new(value.clone())), Vec::new()),
                }
            }
        }
    };
}

live!(
    Namespace,
    Node,
    IngressClass,
    GatewayClass,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    ReplicationController,
    Pod,
    Service,
    Endpoints,
    EndpointSlice,
    Ingress,
    Gateway,
    HTTPRoute,
    ReferenceGrant,
    NetworkPolicy
);

impl Live {
    /// Reads `value` as an object of `kind`; unknown fields are left out. The error tells the first value that the API
    /// server would refuse: see `api::text` for the reading of what people write.
    pub fn from_value(kind: &Kind, value: &Value) -> Result<Live, serde_json::Error> {
        let (live, findings) = Live::decode(kind, value);
        let refused = findings.into_iter().find_map(|finding| match finding.what {
            Oddity::Refused { message, .. } => Some(message),
            Oddity::UnknownField { .. } => None,
        });
        match refused {
            None => Ok(live),
            Some(message) => Err(serde::de::Error::custom(message)),
        }
    }
}

impl Object {
    /// The object as type `T`, if it is one.
    pub fn get<T: Resource>(&self) -> Option<&Arc<T>> {
        T::from_live(&self.live)
    }

    /// `metadata.uid`; empty for a kind that is only kept.
    pub fn uid(&self) -> &str {
        self.live.metadata().and_then(|meta| meta.uid.as_deref()).unwrap_or("")
    }

    /// `metadata.labels`; `None` when there are none.
    pub fn labels(&self) -> Option<&BTreeMap<String, String>> {
        self.live.metadata().and_then(|meta| meta.labels.as_ref())
    }
}
