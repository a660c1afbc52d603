//! Routing by the specification of `networking.k8s.io/v1` alone.

use k8s_openapi::api::networking::v1::Ingress;

use super::http::{HttpRequest, Scheme, host_matches, path_has_prefix};
use super::{Action, Backend, Decision, Match, Path, name, namespace, paths, rule_hosts};

/// How closely a rule's host fits. The order is that of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum HostFit {
    /// The rule is for every host.
    Any,
    /// A wildcard covers it.
    Wildcard,
    /// It is the host.
    Precise,
}

fn host_fit(pattern: &str, host: &str) -> Option<HostFit> {
    if pattern.is_empty() {
        return Some(HostFit::Any);
    }
    if !host_matches(pattern, host) {
        return None;
    }
    Some(if pattern.starts_with("*.") { HostFit::Wildcard } else { HostFit::Precise })
}

/// How well a path fits: the length that counts, and whether it is exact. `None` when it does not match.
fn path_fit(path: &Path<'_>, request: &str) -> Option<(usize, bool)> {
    if path.path_type == "Exact" {
        return (path.path == request).then_some((path.path.len(), true));
    }
    let length = path.path.strip_suffix('/').unwrap_or(path.path).len();
    path_has_prefix(request, path.path).then_some((length, false))
}

/// Routes a request. `ingresses` are those that the controller owns, in their order of precedence.
///
/// Only the rules with the closest host count: the precise host, else a wildcard, else none. Among their paths the
/// longest that matches wins, Exact before Prefix when they are equally long, then the first.
/// ImplementationSpecific counts as Prefix. When no path matches, the default backend takes the request: that of an
/// Ingress with a rule for the host, else the first; without one the answer is 404.
pub fn route(ingresses: &[&Ingress], request: &HttpRequest) -> Decision {
    let host = request.host_name();
    let path = request.path_only();
    let closest = ingresses
        .iter()
        .flat_map(|ingress| rule_hosts(ingress))
        .filter_map(|pattern| host_fit(pattern, &host))
        .max();

    let mut best: Option<((usize, bool), Path<'_>)> = None;
    for candidate in ingresses.iter().flat_map(|ingress| paths(ingress)) {
        if closest.is_none() || host_fit(candidate.host, &host) != closest {
            continue;
        }
        let Some(fit) = path_fit(&candidate, path) else { continue };
        if best.as_ref().is_none_or(|(known, _)| fit > *known) {
            best = Some((fit, candidate));
        }
    }

    let tls_secret = (request.scheme == Scheme::Https).then(|| tls_secret(ingresses, &host)).flatten();
    let for_host = match closest {
        Some(HostFit::Precise) => format!("A rule names the host {host}"),
        Some(HostFit::Wildcard) => format!("A wildcard rule covers the host {host}"),
        Some(HostFit::Any) => format!("No rule names the host {host}, so the rules for every host count"),
        None => format!("No rule covers the host {host}"),
    };
    if let Some((_, found)) = best {
        let matched = Match::new(found.ingress, Some(found.at));
        let Some(backend) = Backend::new(namespace(found.ingress), found.backend) else {
            let reason =
                format!("{for_host}, and its path {} leads to a backend that is no Service.", found.path);
            return Decision { action: Action::NotFound, matched: Some(matched), tls_secret, reason };
        };
        let reason = format!("{for_host}, and its path {} ({}) matches best.", found.path, found.path_type);
        let action = Action::Forward { backend, path: request.path.clone() };
        return Decision { action, matched: Some(matched), tls_secret, reason };
    }

    let why = if closest.is_some() { format!("{for_host}, but no path matches {path}") } else { for_host };
    let own = |ingress: &&&Ingress| {
        closest.is_some() && rule_hosts(ingress).any(|pattern| host_fit(pattern, &host) == closest)
    };
    let backend = |ingress: &Ingress| {
        Backend::new(namespace(ingress), ingress.spec.as_ref()?.default_backend.as_ref()?)
    };
    let default = ingresses
        .iter()
        .filter(own)
        .chain(ingresses)
        .find_map(|ingress| backend(ingress).map(|backend| (ingress, backend)));
    match default {
        Some((ingress, backend)) => Decision {
            action: Action::Forward { backend, path: request.path.clone() },
            matched: Some(Match::new(ingress, None)),
            tls_secret,
            reason: format!(
                "{why}: the default backend of Ingress {}/{} takes the request.",
                namespace(ingress),
                name(ingress)
            ),
        },
        None => Decision {
            action: Action::NotFound,
            matched: None,
            tls_secret,
            reason: format!("{why}, and there is no default backend."),
        },
    }
}

/// Namespace and name of the Secret whose certificate fits the name in TLS: by the precise host first, then by a
/// wildcard, then an entry without hosts.
fn tls_secret(ingresses: &[&Ingress], host: &str) -> Option<(String, String)> {
    let mut best: Option<(HostFit, (String, String))> = None;
    for ingress in ingresses {
        for tls in ingress.spec.iter().flat_map(|spec| spec.tls.iter().flatten()) {
            let hosts = tls.hosts.as_deref().unwrap_or_default();
            let fit = match hosts {
                [] => Some(HostFit::Any),
                hosts => hosts.iter().filter_map(|pattern| host_fit(pattern, host)).max(),
            };
            let secret = tls.secret_name.clone().filter(|name| !name.is_empty());
            if let (Some(fit), Some(secret)) = (fit, secret)
                && best.as_ref().is_none_or(|(known, _)| fit > *known)
            {
                best = Some((fit, (namespace(ingress).to_owned(), secret)));
            }
        }
    }
    best.map(|(_, secret)| secret)
}
