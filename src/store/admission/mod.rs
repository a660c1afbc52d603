//! The way of a write through the API server: defaults, addresses and ports, validation; then it can be stored.
//!
//! Everything here is a function of its arguments. The messages are the API server's own, word for word.

mod allocators;
mod checks;
mod cluster_objects;
mod defaults;
mod endpoints;
mod gateway;
pub mod ip_allocator;
mod metadata;
mod networking;
mod pod;
pub mod port_allocator;
mod rejected;
mod service;
mod strategy;
mod workloads;

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Namespace, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

pub use allocators::Allocators;
pub use rejected::{Reason, Rejected};
use strategy::Strategy;

use super::Store;
use crate::api::{Kind, Live, ObjectKey, Random, Resource, Time};

/// Namespaces that the API server makes itself and lets nobody delete; they always exist.
const IMMORTAL_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
/// The longest prefix of a generated name, in bytes: five characters of a DNS label's 63 are left.
const MAX_GENERATED_PREFIX: usize = 58;

/// What of the object a write means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Everything but the status, as users and most controllers write: the status stays as it is.
    Spec,
    /// The status alone: everything else stays as it is, and little is checked.
    Status,
    /// All of it, with uid and time of creation: an object taken over from another cluster.
    Whole,
}

/// A write on its way to the store.
#[derive(Debug)]
pub struct Request<'a> {
    /// The object as it is wanted.
    pub object: Live,
    /// The object as it is stored; `None` when it is new.
    pub old: Option<&'a Live>,
    /// What of it is written.
    pub part: Part,
    /// The other objects.
    pub store: &'a Store,
    /// When it is written.
    pub now: Time,
    /// For names, uids, addresses and ports.
    pub random: &'a mut Random,
}

/// Takes a write as the API server does: gives the object as it is to be stored, with its name, its uid and everything
/// defaulted and drawn, or why it is refused. On an error `allocators` are as before.
///
/// A kind that is only kept is given back as it is. A `resourceVersion` on a new object is dropped, so that what
/// `kubectl get -o yaml` printed can be written again; on a changed one it has to be the stored object's.
pub fn admit(request: Request<'_>, allocators: &mut Allocators) -> Result<Live, Rejected> {
    let Request { mut object, old, part, store, now, random } = request;
    let kind = object.kind();
    let Some(meta) = object.metadata_mut() else { return Ok(object) };
    prepare_names(meta, &kind, random);
    match old.and_then(Live::metadata) {
        None => {
            check_namespace(meta, &kind, store)?;
            let keep = part == Part::Whole;
            if !keep || meta.uid.is_none() {
                meta.uid = Some(random.uid());
            }
            if !keep || meta.creation_timestamp.is_none() {
                meta.creation_timestamp = Some(now.to_timestamp());
            }
            meta.resource_version = None;
            if part == Part::Spec {
                meta.generation = None;
                meta.deletion_timestamp = None;
                meta.deletion_grace_period_seconds = None;
            }
        }
        Some(before) => carry_over(meta, before, &kind)?,
    }
    Ok(match object {
        Live::Service(service) => {
            let mut drawn = allocators.clone();
            let live = admit_service(service, old, part, &mut drawn, random)?;
            *allocators = drawn;
            live
        }
        Live::Namespace(object) => write(object, old, part, store)?,
        Live::Node(object) => write(object, old, part, store)?,
        Live::IngressClass(object) => write(object, old, part, store)?,
        Live::GatewayClass(object) => write(object, old, part, store)?,
        Live::Gateway(object) => write(object, old, part, store)?,
        Live::HTTPRoute(object) => write(object, old, part, store)?,
        Live::ReferenceGrant(object) => write(object, old, part, store)?,
        Live::Deployment(object) => write(object, old, part, store)?,
        Live::ReplicaSet(object) => write(object, old, part, store)?,
        Live::StatefulSet(object) => write(object, old, part, store)?,
        Live::DaemonSet(object) => write(object, old, part, store)?,
        Live::ReplicationController(object) => write(object, old, part, store)?,
        Live::Pod(object) => write(object, old, part, store)?,
        Live::Endpoints(object) => write(object, old, part, store)?,
        Live::EndpointSlice(object) => write(object, old, part, store)?,
        Live::Ingress(object) => write(object, old, part, store)?,
        Live::NetworkPolicy(object) => write(object, old, part, store)?,
        Live::Other(_) => object,
    })
}

/// Gives back what a deleted object had drawn.
pub fn release(live: &Live, allocators: &mut Allocators) {
    if let Live::Service(service) = live {
        service::release(service, allocators);
    }
}

// Models plugin/pkg/admission/namespace/lifecycle/admission.go Lifecycle.Admit
/// Whether an object may be deleted: all but the namespaces that the cluster needs.
pub fn admit_deletion(key: &ObjectKey) -> Result<(), Rejected> {
    // kube-node-lease is not among those that the API server protects.
    if key.kind == Kind::Namespace && ["default", "kube-public", "kube-system"].contains(&&*key.name) {
        return Err(Rejected::forbidden(&key.kind, &key.name, "this namespace may not be deleted"));
    }
    Ok(())
}

/// The namespace that `kubectl` fills in, and the name from `generateName`.
fn prepare_names(meta: &mut ObjectMeta, kind: &Kind, random: &mut Random) {
    defaults::absent_when_empty(&mut meta.namespace);
    if kind.is_namespaced() {
        meta.namespace.get_or_insert_with(|| "default".to_owned());
    } else {
        meta.namespace = None;
    }
    defaults::absent_when_empty(&mut meta.name);
    if let (None, Some(prefix)) =
        (&meta.name, meta.generate_name.as_deref().filter(|prefix| !prefix.is_empty()))
    {
        let end = prefix.floor_char_boundary(MAX_GENERATED_PREFIX);
        meta.name = Some(format!("{}{}", &prefix[..end], random.name_suffix(5)));
    }
}

// Models plugin/pkg/admission/namespace/lifecycle/admission.go Lifecycle.Admit
/// A new object needs a namespace that exists and is not being deleted.
fn check_namespace(meta: &ObjectMeta, kind: &Kind, store: &Store) -> Result<(), Rejected> {
    let Some(name) = meta.namespace.as_deref() else { return Ok(()) };
    let Some(namespace) = store.find::<Namespace>("", name) else {
        let immortal = IMMORTAL_NAMESPACES.contains(&name);
        let missing = || Rejected::not_found(&ObjectKey::new(Kind::Namespace, "", name));
        return if immortal { Ok(()) } else { Err(missing()) };
    };
    if namespace.metadata.deletion_timestamp.is_none() {
        return Ok(());
    }
    let words = format!("unable to create new content in namespace {name} because it is being terminated");
    Err(Rejected::forbidden(kind, meta.name.as_deref().unwrap_or_default(), &words))
}

// Models staging/src/k8s.io/apiserver/pkg/registry/rest/update.go BeforeUpdate
/// What no update can change is as before; a stale `resourceVersion` is a conflict.
fn carry_over(meta: &mut ObjectMeta, before: &ObjectMeta, kind: &Kind) -> Result<(), Rejected> {
    defaults::absent_when_empty(&mut meta.resource_version);
    if let (Some(version), Some(stored)) = (&meta.resource_version, &before.resource_version)
        && version != stored
    {
        return Err(Rejected::modified(kind, meta.name.as_deref().unwrap_or_default()));
    }
    meta.resource_version.clone_from(&before.resource_version);
    defaults::absent_when_empty(&mut meta.uid);
    if meta.uid.is_none() {
        meta.uid.clone_from(&before.uid);
    }
    meta.creation_timestamp.clone_from(&before.creation_timestamp);
    meta.generation = before.generation;
    if before.deletion_timestamp.is_some() {
        meta.deletion_timestamp.clone_from(&before.deletion_timestamp);
        meta.deletion_grace_period_seconds = before.deletion_grace_period_seconds;
    }
    Ok(())
}

fn admit_service(
    mut service: Arc<Service>,
    old: Option<&Live>,
    part: Part,
    allocators: &mut Allocators,
    random: &mut Random,
) -> Result<Live, Rejected> {
    let old = old.and_then(Service::from_live);
    if let (Part::Status, Some(old)) = (part, old) {
        return Ok(strategy::with_status_of(old, &service).into_live());
    }
    let status = service.status.clone();
    let changed = Arc::make_mut(&mut service);
    match old {
        None => service::create(changed, allocators, random)?,
        Some(old) => service::update(changed, old, allocators, random)?,
    }
    if part == Part::Whole {
        changed.status = status;
    }
    Ok(service.into_live())
}

/// Defaults and checks an object of any kind but a Service.
fn write<K: Strategy>(
    mut object: Arc<K>,
    old: Option<&Live>,
    part: Part,
    store: &Store,
) -> Result<Live, Rejected> {
    let old = old.and_then(K::from_live);
    if let (Part::Status, Some(old)) = (part, old) {
        return Ok(strategy::with_status_of(old, &object).into_live());
    }
    // Kept only where it is needed: an object that nobody shares is changed in place.
    let given = (part == Part::Whole).then(|| object.clone());
    let changed = Arc::make_mut(&mut object);
    changed.set_defaults();
    let errors = match old {
        None => {
            if part == Part::Spec && !K::HAS_STATUS_WHEN_NEW {
                changed.clear_status();
            }
            changed.prepare_for_create(store);
            changed.validate_create()
        }
        Some(old) => {
            if part == Part::Spec {
                changed.copy_status(old);
            }
            changed.prepare_for_update(old);
            changed.validate_update(old)
        }
    };
    if let Some(given) = given {
        changed.copy_status(&given);
    }
    if errors.is_empty() {
        return Ok(object.into_live());
    }
    let name = object.metadata().name.clone().unwrap_or_default();
    Err(Rejected::invalid(&K::OBJECT_KIND, &name, errors))
}
