//! The cluster IPs of a Service and their families.

use k8s_openapi::api::core::v1::ServiceSpec;

use super::super::allocators::{Allocators, family_of, other_family};
use super::super::metadata::SPEC;
use super::super::rejected::Rejected;
use super::validation::validate_cluster_ips_related_fields;
use super::{NONE, cluster_ips, ip_families, is_headless, needs_cluster_ip, type_of};
use crate::api::validation::field::{FieldError, Raw};
use crate::api::validation::parse_ip_sloppy;
use crate::api::validation::quote::json_string;
use crate::api::{Kind, Random};

/// A family and an address of it, as the Service spells them.
pub(super) type FamilyAddress = (String, String);

// Models pkg/registry/core/service/storage/storage.go normalizeClusterIPs
/// Keeps `clusterIP` and `clusterIPs` in step when the author changed only the first.
pub(super) fn normalize_cluster_ips(spec: &mut ServiceSpec, before: Option<&ServiceSpec>) {
    let from_singular = |spec: &ServiceSpec| spec.cluster_ip.clone().map(|ip| vec![ip]);
    let Some(before) = before else {
        if spec.cluster_ip.is_some() && spec.cluster_ips.is_none() {
            spec.cluster_ips = from_singular(spec);
        }
        return;
    };
    let same_singular = before.cluster_ip == spec.cluster_ip;
    if !cluster_ips(before).is_empty() && cluster_ips(spec).is_empty() && same_singular {
        spec.cluster_ips.clone_from(&before.cluster_ips);
    }
    if !same_singular && cluster_ips(before) == cluster_ips(spec) {
        // Cleared by the author, or changed: the list follows in both cases.
        spec.cluster_ips = from_singular(spec);
    }
}

// Models pkg/registry/core/service/storage/alloc.go isMatchingPreferDualStackClusterIPFields
/// Whether a Service that prefers both families stays as it is, whatever became of the cluster's families.
fn keeps_prefer_dual_stack(spec: &ServiceSpec, before: &ServiceSpec) -> bool {
    type_of(before) == type_of(spec)
        && matches!(type_of(spec), "ClusterIP" | "NodePort" | "LoadBalancer")
        && spec.ip_family_policy.as_deref() == Some("PreferDualStack")
        && before.ip_family_policy.as_deref().is_none_or(|policy| policy == "PreferDualStack")
        && cluster_ips(before) == cluster_ips(spec)
        && ip_families(before) == ip_families(spec)
}

/// Whether a list that the author gave is shorter than before.
fn is_reduced(list: &[String], before: &[String]) -> bool {
    !list.is_empty() && list.len() < before.len()
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.initIPFamilyFields
/// Finds `ipFamilyPolicy` and `ipFamilies` from what the author gave, what was there before, and what the cluster
/// has. A headless Service without selector gets both families, on any cluster; every other one gets the cluster's
/// first family, unless its addresses, families or policy say more.
pub(super) fn init_ip_family_fields(
    spec: &mut ServiceSpec,
    before: Option<&ServiceSpec>,
    allocators: &Allocators,
    name: &str,
) -> Result<(), Rejected> {
    if !needs_cluster_ip(spec) || before.is_some_and(|before| keeps_prefer_dual_stack(spec, before)) {
        return Ok(());
    }
    let is_selectorless_headless = spec.cluster_ip.as_deref() == Some(NONE)
        && spec.selector.as_ref().is_none_or(|selector| selector.is_empty());
    let policy = spec.ip_family_policy.clone().or_else(|| before?.ip_family_policy.clone());
    let policy = policy.unwrap_or_else(|| {
        if is_selectorless_headless { "RequireDualStack".to_owned() } else { "SingleStack".to_owned() }
    });
    spec.ip_family_policy = Some(policy.clone());
    let finish = |errors: Vec<FieldError>| {
        if errors.is_empty() { Ok(()) } else { Err(Rejected::invalid(&Kind::Service, name, errors)) }
    };
    let mut errors = Vec::new();
    validate_cluster_ips_related_fields(&mut errors, spec, before);
    finish(errors)?;

    let mut errors = Vec::new();
    let policy_path = SPEC.child("ipFamilyPolicy");
    let shown_policy = Raw(json_string(&policy));
    let mut wrong_policy = |words: &str| errors.push(FieldError::invalid(&policy_path, &shown_policy, words));
    let is_single = policy == "SingleStack";
    if let Some(before) = before {
        if is_single {
            // The policy alone asks for one family: the second address and family go.
            if cluster_ips(before) == cluster_ips(spec)
                && let Some(ips) = &mut spec.cluster_ips
            {
                ips.truncate(1);
            }
            if ip_families(before) == ip_families(spec)
                && let Some(families) = &mut spec.ip_families
            {
                families.truncate(1);
            }
        } else {
            if is_reduced(cluster_ips(spec), cluster_ips(before)) {
                wrong_policy("must be 'SingleStack' to release the secondary cluster IP");
            }
            if is_reduced(ip_families(spec), ip_families(before)) {
                wrong_policy("must be 'SingleStack' to release the secondary IP family");
            }
        }
    }
    if is_single && cluster_ips(spec).len() == 2 {
        wrong_policy(
            "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified",
        );
    }
    if is_single && ip_families(spec).len() == 2 {
        wrong_policy(
            "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
        );
    }
    let path = SPEC.child("clusterIPs");
    let mut families = ip_families(spec).to_vec();
    for (index, ip) in cluster_ips(spec).iter().enumerate() {
        if ip == NONE {
            break;
        }
        if index >= families.len() {
            let family = parse_ip_sloppy(ip).map_or("unknown", family_of);
            if allocators.has_family(family) {
                families.push(family.to_owned());
            } else {
                let words = format!("{family} is not configured on this cluster");
                errors.push(FieldError::invalid(&path.index(index), cluster_ips(spec), words));
            }
        }
    }
    finish(errors)?;

    if is_selectorless_headless {
        let first = families.first().cloned().unwrap_or_else(|| allocators.default_family().to_owned());
        if families.is_empty() {
            families.push(first.clone());
        }
        if families.len() < 2 && !is_single {
            families.push(other_family(&first).to_owned());
        }
        spec.ip_families = Some(families);
        return Ok(());
    }

    let mut errors = Vec::new();
    if policy == "RequireDualStack" && allocators.families() < 2 {
        let words = "this cluster is not configured for dual-stack services";
        errors.push(FieldError::invalid(&policy_path, &shown_policy, words));
    }
    let path = SPEC.child("ipFamilies");
    for (index, family) in families.iter().enumerate().filter(|(_, family)| !allocators.has_family(family)) {
        errors.push(FieldError::invalid(&path.index(index), family, "not configured on this cluster"));
    }
    finish(errors)?;

    if families.is_empty() {
        families.push(allocators.default_family().to_owned());
    }
    if !is_single
        && allocators.families() == 2
        && let [only] = families.as_slice()
    {
        families.push(other_family(only).to_owned());
    }
    spec.ip_families = Some(families);
    Ok(())
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.allocIPs
/// Draws an address: the one that is given, or any. Upstream draws the families in no order; here in theirs.
fn draw(
    spec: &ServiceSpec,
    family: &str,
    given: &str,
    allocators: &mut Allocators,
    random: &mut Random,
    name: &str,
) -> Result<String, Rejected> {
    let Some(pool) = allocators.cluster_ips_mut(family) else {
        return Err(Rejected::internal(&Kind::Service, name, "no range of cluster IPs of this family"));
    };
    if given.is_empty() {
        return pool.allocate_next(random).map(|address| address.to_string()).map_err(|error| {
            Rejected::internal(&Kind::Service, name, &format!("failed to allocate a serviceIP: {error}"))
        });
    }
    let Some(address) = parse_ip_sloppy(given) else {
        let words = format!("failed to parse service IP {}", crate::api::validation::quote::quote(given));
        return Err(Rejected::internal(&Kind::Service, name, &words));
    };
    pool.allocate(address).map(|()| given.to_owned()).map_err(|error| {
        let words = format!("failed to allocate IP {given}: {error}");
        let error = FieldError::invalid(&SPEC.child("clusterIPs"), cluster_ips(spec), words);
        Rejected::invalid(&Kind::Service, name, vec![error])
    })
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.allocClusterIPs
/// Draws an address for every family. An ExternalName Service and a headless one get none.
pub(super) fn allocate(
    spec: &mut ServiceSpec,
    allocators: &mut Allocators,
    random: &mut Random,
    name: &str,
) -> Result<(), Rejected> {
    if !needs_cluster_ip(spec) || cluster_ips(spec).first().is_some_and(|ip| ip == NONE) {
        return Ok(());
    }
    let families = ip_families(spec).to_vec();
    let ips = spec.cluster_ips.get_or_insert_default();
    if ips.len() < families.len() {
        ips.resize(families.len(), String::new());
    }
    let given = ips.clone();
    let mut drawn = Vec::new();
    for (family, given) in families.iter().zip(&given) {
        drawn.push(draw(spec, family, given, allocators, random, name)?);
    }
    spec.cluster_ip = drawn.first().cloned();
    spec.cluster_ips = Some(drawn);
    Ok(())
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.updateClusterIPs
/// Draws what a change adds and gives what it frees: everything on the way from and to ExternalName, the second
/// address on the way to and from two families.
pub(super) fn update(
    spec: &mut ServiceSpec,
    before: &ServiceSpec,
    allocators: &mut Allocators,
    random: &mut Random,
    name: &str,
) -> Result<Vec<FamilyAddress>, Rejected> {
    if keeps_prefer_dual_stack(spec, before) {
        return Ok(Vec::new());
    }
    let pairs = |spec: &ServiceSpec| -> Vec<FamilyAddress> {
        ip_families(spec).iter().cloned().zip(cluster_ips(spec).iter().cloned()).collect()
    };
    match (needs_cluster_ip(before), needs_cluster_ip(spec)) {
        (false, true) => {
            allocate(spec, allocators, random, name)?;
            return Ok(Vec::new());
        }
        _ if is_headless(before) => return Ok(Vec::new()),
        (true, false) => return Ok(pairs(before)),
        _ => {}
    }
    match (ip_families(before).len(), ip_families(spec).len()) {
        (1, 2) => {
            let Some(family) = ip_families(spec).get(1).cloned() else { return Ok(Vec::new()) };
            let ips = spec.cluster_ips.get_or_insert_default();
            if ips.len() < 2 {
                ips.resize(2, String::new());
            }
            let given = ips.get(1).cloned().unwrap_or_default();
            let drawn = draw(spec, &family, &given, allocators, random, name)?;
            if let Some(second) = spec.cluster_ips.as_mut().and_then(|ips| ips.get_mut(1)) {
                *second = drawn;
            }
            Ok(Vec::new())
        }
        (2, 1) => Ok(pairs(before).into_iter().skip(1).collect()),
        _ => Ok(Vec::new()),
    }
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.releaseIPs
/// Gives addresses back. Those of a family that the cluster no longer has are forgotten.
pub(super) fn release(freed: &[FamilyAddress], allocators: &mut Allocators) {
    for (family, ip) in freed {
        if let (Some(pool), Some(address)) = (allocators.cluster_ips_mut(family), parse_ip_sloppy(ip)) {
            pool.release(address);
        }
    }
}
