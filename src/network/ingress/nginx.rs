//! Routing as ingress-nginx 1.15 does it: one nginx server for each host, and nginx' own choice among locations.

use k8s_openapi::api::networking::v1::Ingress;
use regex_lite::{Regex, RegexBuilder};

use super::annotations::Annotations;
use super::http::{HttpRequest, Scheme, host_matches, percent_decoded};
use super::{Action, Backend, Decision, Match, creation, name, namespace, paths, rule_hosts};

/// The server that takes every host that no other server has.
const CATCH_ALL: &str = "_";
/// The status of the redirect from http to https.
const PERMANENT_REDIRECT: u16 = 308;
/// The status by which nginx adds a final slash.
const MOVED_PERMANENTLY: u16 = 301;
/// The status of `app-root`.
const FOUND: u16 = 302;

/// A location block.
#[derive(Clone, Debug)]
struct Location<'a> {
    path: String,
    exact: bool,
    /// `None`: the controller's own default backend, which answers 404.
    backend: Option<Backend>,
    /// Whether a path `/` of a rule may still take this place.
    is_default: bool,
    /// The Ingress it comes from; `None` in the catch-all server.
    ingress: Option<&'a Ingress>,
    at: Option<(usize, usize)>,
    annotations: Annotations,
}

/// The certificate of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Certificate {
    /// The controller's own.
    Default,
    /// From a Secret, by namespace and name.
    Secret(String, String),
}

/// A server block.
#[derive(Clone, Debug)]
struct Server<'a> {
    host: String,
    aliases: Vec<String>,
    locations: Vec<Location<'a>>,
    certificate: Option<Certificate>,
}

/// Routes a request. `ingresses` are those that the controller owns, in any order.
///
/// The server is that of the precise host, of an alias, of a wildcard, else the catch-all. `app-root` redirects first.
/// Then comes the location: with any `use-regex` or `rewrite-target` on the host, the first regular expression that
/// matches, longest text first; else an exact location, else the longest prefix, where nginx redirects a path that
/// only lacks a prefix' final slash. A location redirects by its annotations, then to https, and else sends the request
/// to its backend, with the path rewritten.
pub fn route(mut ingresses: Vec<&Ingress>, request: &HttpRequest) -> Decision {
    // Models internal/ingress/controller/store/store.go sortIngressSlice
    ingresses.sort_by(|a, b| {
        creation(a).cmp(&creation(b)).then_with(|| (namespace(b), name(b)).cmp(&(namespace(a), name(a))))
    });
    let ingresses: Vec<(&Ingress, Annotations)> =
        ingresses.into_iter().map(|ingress| (ingress, Annotations::of(ingress))).collect();
    let servers = servers(&ingresses);
    let host = request.host_name();
    let uri = normalized(request.path_only());

    let certificate = certificate(&servers, &host);
    let tls_secret = match (request.scheme, certificate) {
        (Scheme::Https, Some(Certificate::Secret(namespace, name))) => {
            Some((namespace.clone(), name.clone()))
        }
        _ => None,
    };
    let decide = |action: Action, location: Option<&Location<'_>>, reason: String| Decision {
        action,
        matched: location.and_then(|location| Some(Match::new(location.ingress?, location.at))),
        tls_secret: tls_secret.clone(),
        reason,
    };

    let server = server_for(&servers, &host);
    let Some(server) = server else {
        return decide(Action::NotFound, None, format!("No Ingress has a rule for the host {host}."));
    };
    let for_host = match server.host.as_str() {
        CATCH_ALL => format!("No Ingress names the host {host}, so the catch-all server takes the request"),
        name => format!("The server for {name} takes the request"),
    };

    if uri == "/"
        && let Some(location) =
            server.locations.iter().find(|location| location.annotations.app_root.is_some())
        && let Some(root) = &location.annotations.app_root
    {
        let action = Action::Redirect {
            status: FOUND,
            location: format!("{}://{}{root}", request.scheme.as_str(), request.host),
        };
        return decide(action, Some(location), format!("{for_host}, and its app-root is {root}."));
    }

    let regex = server.locations.iter().any(|one| needs_rewrite(one) || one.annotations.use_regex);
    let found = if regex { first_pattern(server, &uri) } else { longest_prefix(server, &uri) };
    let location = match found {
        Found::Location(location) => location,
        Found::AddSlash(location) => {
            let query = request.query().map(|query| format!("?{query}")).unwrap_or_default();
            let action = Action::Redirect {
                status: MOVED_PERMANENTLY,
                location: format!("{}://{}{uri}/{query}", request.scheme.as_str(), request.host),
            };
            let reason = format!("{for_host}, and nginx adds the final slash of the path {}.", location.path);
            return decide(action, Some(location), reason);
        }
        Found::Nothing => {
            return decide(Action::NotFound, None, format!("{for_host}, but no location matches {uri}."));
        }
    };

    if let Some((status, url)) = &location.annotations.redirect {
        let action = Action::Redirect { status: *status, location: url.clone() };
        return decide(action, Some(location), format!("{for_host}, and an annotation redirects to {url}."));
    }
    let to_https = location.annotations.force_ssl_redirect
        || (location.annotations.ssl_redirect && certificate.is_some());
    if request.scheme == Scheme::Http && to_https {
        let kept = location.annotations.preserve_trailing_slash;
        let path = if kept { &request.path } else { request.path.strip_suffix('/').unwrap_or(&request.path) };
        let bare = request.host.split(':').next().unwrap_or_default();
        let action =
            Action::Redirect { status: PERMANENT_REDIRECT, location: format!("https://{bare}{path}") };
        let reason = format!("{for_host}. The host has TLS, so ingress-nginx redirects to https.");
        return decide(action, Some(location), reason);
    }

    let shown = if regex { format!("pattern ^{}", location.path) } else { format!("path {}", location.path) };
    match &location.backend {
        Some(backend) => {
            let action =
                Action::Forward { backend: backend.clone(), path: rewritten(location, &uri, request) };
            let reason = match location.at {
                Some(_) if regex => {
                    format!("{for_host}, and the {shown} is the first that matches, longest text first.")
                }
                Some(_) => format!("{for_host}, and the {shown} matches best."),
                None => format!("{for_host}, but none of its paths matches {uri}: the default backend does."),
            };
            decide(action, Some(location), reason)
        }
        None => {
            let reason = format!("{for_host}, but no path matches {uri} and there is no default backend.");
            decide(Action::NotFound, None, reason)
        }
    }
}

/// The servers, each with its locations in the order in which the controller writes them.
// Models internal/ingress/controller/controller.go createServers and getBackendServers
fn servers<'a>(ingresses: &[(&'a Ingress, Annotations)]) -> Vec<Server<'a>> {
    let root = |backend, ingress, annotations, is_default| Location {
        path: "/".to_owned(),
        exact: false,
        backend,
        is_default,
        ingress,
        at: None,
        annotations,
    };
    let mut servers = vec![Server {
        host: CATCH_ALL.to_owned(),
        aliases: Vec::new(),
        locations: vec![root(None, None, Annotations::default(), true)],
        certificate: None,
    }];
    for (ingress, annotations) in ingresses.iter().filter(|(_, annotations)| !annotations.canary) {
        let default = ingress.spec.as_ref().and_then(|spec| spec.default_backend.as_ref());
        let default = default.and_then(|backend| Backend::new(namespace(ingress), backend));
        let without_rules = rule_hosts(ingress).next().is_none();
        if let Some(catch_all) = servers.first_mut().and_then(|server| server.locations.first_mut())
            && catch_all.is_default
            && without_rules
            && default.is_some()
        {
            // The annotations that redirect and rewrite do not reach the catch-all.
            *catch_all = root(default.clone(), Some(*ingress), Annotations::default(), false);
        }
        for host in rule_hosts(ingress).map(server_name) {
            match servers.iter_mut().find(|server| server.host == host) {
                None => servers.push(Server {
                    host,
                    aliases: annotations.aliases.clone(),
                    locations: vec![root(default.clone(), Some(*ingress), annotations.clone(), true)],
                    certificate: None,
                }),
                Some(server) if server.aliases.is_empty() => server.aliases.clone_from(&annotations.aliases),
                Some(_) => {}
            }
        }
    }
    for (ingress, annotations) in ingresses.iter().filter(|(_, annotations)| !annotations.canary) {
        for host in rule_hosts(ingress).map(server_name) {
            if let Some(server) = servers.iter_mut().find(|server| server.host == host)
                && server.certificate.is_none()
            {
                server.certificate = certificate_for(ingress, &host);
            }
        }
        for path in paths(ingress) {
            let Some(backend) = Backend::new(namespace(ingress), path.backend) else { continue };
            let host = server_name(path.host);
            let Some(server) = servers.iter_mut().find(|server| server.host == host) else { continue };
            let location = Location {
                path: path.path.to_owned(),
                exact: path.path_type == "Exact",
                backend: Some(backend),
                is_default: false,
                ingress: Some(*ingress),
                at: Some(path.at),
                annotations: annotations.clone(),
            };
            let same =
                |known: &&mut Location<'_>| known.path == location.path && known.exact == location.exact;
            match server.locations.iter_mut().find(same) {
                Some(known) if known.is_default => *known = location,
                Some(_) => {}
                None => server.locations.push(location),
            }
        }
    }
    for server in &mut servers {
        // Longest first, and of equally long ones the later in the alphabet.
        server.locations.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| b.path.cmp(&a.path)));
        server.locations = with_exact_twins(std::mem::take(&mut server.locations));
    }
    servers
}

fn server_name(host: &str) -> String {
    if host.is_empty() { CATCH_ALL.to_owned() } else { host.to_ascii_lowercase() }
}

/// Every Prefix path except `/` becomes a prefix with a final slash and an exact location without one, so that it
/// covers whole elements; the exact one only if no path has it already. Locations that rewrite or use regular
/// expressions stay as they are.
// Models internal/ingress/controller/location.go updateServerLocations
fn with_exact_twins(locations: Vec<Location<'_>>) -> Vec<Location<'_>> {
    let exact: Vec<String> =
        locations.iter().filter(|location| location.exact).map(|location| location.path.clone()).collect();
    let mut all = Vec::new();
    for mut location in locations {
        let stays = location.path == "/"
            || location.exact
            || needs_rewrite(&location)
            || location.annotations.use_regex;
        if stays {
            all.push(location);
            continue;
        }
        let twin = Location { exact: true, ..location.clone() };
        let taken = exact.contains(&location.path);
        if !location.path.ends_with('/') {
            location.path.push('/');
        }
        all.push(location);
        if !taken {
            all.push(twin);
        }
    }
    all
}

fn needs_rewrite(location: &Location<'_>) -> bool {
    let target = &location.annotations.rewrite_target;
    !target.is_empty() && *target != location.path
}

/// The certificate that an Ingress with a TLS section gives to the server of one of its hosts: that of the entry that
/// lists the host; else that of an entry without hosts; else the controller's own.
// Models internal/ingress/controller/controller.go extractTLSSecretName; without the certificates' own names, an entry
// without hosts counts as one whose certificate fits.
fn certificate_for(ingress: &Ingress, host: &str) -> Option<Certificate> {
    let entries = ingress.spec.as_ref()?.tls.as_deref().filter(|entries| !entries.is_empty())?;
    let listed =
        entries.iter().find(|tls| tls.hosts.iter().flatten().any(|known| known.eq_ignore_ascii_case(host)));
    let open = || entries.iter().find(|tls| tls.hosts.iter().flatten().next().is_none());
    let secret = listed.or_else(open).and_then(|tls| tls.secret_name.clone());
    Some(match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => Certificate::Secret(namespace(ingress).to_owned(), secret),
        None => Certificate::Default,
    })
}

/// The certificate that is configured for a host: that of its server, else that of the wildcard one label above.
// Models rootfs/etc/nginx/lua/certificate.lua get_pem_cert_uid
fn certificate<'a>(servers: &'a [Server<'_>], host: &str) -> Option<&'a Certificate> {
    let of = |host: &str| {
        servers.iter().find(|server| server.host == host).and_then(|server| server.certificate.as_ref())
    };
    of(host).or_else(|| of(&format!("*.{}", host.split_once('.')?.1)))
}

/// The server for a host: by its name, by an alias, by a wildcard, else the catch-all.
fn server_for<'a, 'b>(servers: &'a [Server<'b>], host: &str) -> Option<&'a Server<'b>> {
    let by_name = servers.iter().find(|server| server.host == host);
    let by_alias = || servers.iter().find(|server| server.aliases.iter().any(|alias| alias == host));
    let by_wildcard = || servers.iter().find(|server| host_matches(&server.host, host));
    by_name.or_else(by_alias).or_else(by_wildcard).or_else(|| servers.first())
}

/// What nginx finds among the locations of a server.
enum Found<'a, 'b> {
    /// This location.
    Location(&'a Location<'b>),
    /// The path lacks only the final slash of this location.
    AddSlash(&'a Location<'b>),
    /// None.
    Nothing,
}

fn first_pattern<'a, 'b>(server: &'a Server<'b>, uri: &str) -> Found<'a, 'b> {
    let matches = |location: &&Location<'_>| {
        pattern(&format!("^{}", location.path)).is_some_and(|pattern| pattern.is_match(uri))
    };
    server.locations.iter().find(matches).map_or(Found::Nothing, Found::Location)
}

fn longest_prefix<'a, 'b>(server: &'a Server<'b>, uri: &str) -> Found<'a, 'b> {
    let locations = &server.locations;
    if let Some(location) = locations.iter().find(|location| location.exact && location.path == uri) {
        return Found::Location(location);
    }
    let prefixes = || locations.iter().filter(|location| !location.exact);
    let lacks_slash = |location: &&Location<'_>| location.path.strip_suffix('/') == Some(uri);
    if let Some(location) = prefixes().find(lacks_slash) {
        return Found::AddSlash(location);
    }
    // The first of the longest: max_by_key would take the last.
    let fitting = prefixes().filter(|location| uri.starts_with(&location.path));
    fitting
        .min_by_key(|location| std::cmp::Reverse(location.path.len()))
        .map_or(Found::Nothing, Found::Location)
}

/// A pattern without regard to letter case; `None` when it is none, or uses what this engine lacks (looking around,
/// references to groups).
fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).case_insensitive(true).build().ok()
}

/// The path that the backend sees. `rewrite-target` replaces it, with `$1` and so on from the pattern; the query stays.
// Models internal/ingress/controller/template/template.go buildProxyPass
fn rewritten(location: &Location<'_>, uri: &str, request: &HttpRequest) -> String {
    let target = &location.annotations.rewrite_target;
    let captures = pattern(&location.path);
    let captures = captures.as_ref().filter(|_| needs_rewrite(location)).and_then(|one| one.captures(uri));
    let Some(captures) = captures else { return request.path.clone() };
    let mut path = String::new();
    let mut characters = target.chars().peekable();
    while let Some(character) = characters.next() {
        match characters.peek().and_then(|next| next.to_digit(10)).filter(|_| character == '$') {
            Some(group) => {
                characters.next();
                let group = usize::try_from(group).unwrap_or_default();
                path.push_str(captures.get(group).map_or("", |found| found.as_str()));
            }
            None => path.push(character),
        }
    }
    match request.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

/// The path as nginx compares it: percent signs decoded, double slashes merged, `.` and `..` resolved.
fn normalized(path: &str) -> String {
    let decoded = percent_decoded(path);
    let mut elements: Vec<&str> = Vec::new();
    let mut open = true;
    for element in decoded.split('/') {
        open = matches!(element, "" | "." | "..");
        match element {
            "" | "." => {}
            ".." => {
                elements.pop();
            }
            element => elements.push(element),
        }
    }
    let slash = if open && !elements.is_empty() { "/" } else { "" };
    format!("/{}{slash}", elements.join("/"))
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn path_is_compared_as_nginx_does() {
        for (path, expected) in [
            ("/", "/"),
            ("//a//b/", "/a/b/"),
            ("/a/./b/../c", "/a/c"),
            ("/a/..", "/"),
            ("/a%2Fb%20c", "/a/b c"),
            ("/100%", "/100%"),
        ] {
            assert_eq!(normalized(path), expected);
        }
    }
}
