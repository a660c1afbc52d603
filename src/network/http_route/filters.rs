//! What filters do to a request, its response and its way.

use super::super::http::{HttpRequest, Scheme};
use super::{Action, Location};
use crate::api::gateway::{
    HTTPHeaderFilter, HTTPPathMatch, HTTPPathModifier, HTTPRequestRedirectFilter, HTTPRouteFilter,
};

/// The status of a redirect that names none.
const FOUND: u16 = 302;

/// What the rule and the listener say of the request that filters act on.
pub struct Context<'a> {
    /// The path condition that matched.
    pub path: Option<&'a HTTPPathMatch>,
    /// The listener's port.
    pub port: u16,
}

/// Applies filters in their order. Gives the redirect, if one of them is a redirect.
pub fn apply(
    filters: &[HTTPRouteFilter],
    request: &mut HttpRequest,
    response: &mut Vec<HTTPHeaderFilter>,
    context: &Context<'_>,
) -> Option<Action> {
    for filter in filters {
        if let Some(redirect) = &filter.request_redirect {
            return Some(redirected(redirect, request, context));
        }
        if let Some(rewrite) = &filter.url_rewrite {
            if let Some(host) = &rewrite.hostname {
                request.host.clone_from(host);
            }
            if let Some(modifier) = &rewrite.path {
                request.path = changed_path(modifier, request, context);
            }
        }
        if let Some(modifier) = &filter.request_header_modifier {
            modify_headers(modifier, &mut request.headers);
        }
        response.extend(filter.response_header_modifier.clone());
    }
    None
}

/// Sets, then adds, then removes headers; letter case of names does not matter.
pub fn modify_headers(modifier: &HTTPHeaderFilter, headers: &mut Vec<(String, String)>) {
    for header in &modifier.set {
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&header.name));
        headers.push((header.name.clone(), header.value.clone()));
    }
    for header in &modifier.add {
        headers.push((header.name.clone(), header.value.clone()));
    }
    headers.retain(|(name, _)| !modifier.remove.iter().any(|gone| gone.eq_ignore_ascii_case(name)));
}

fn redirected(redirect: &HTTPRequestRedirectFilter, request: &HttpRequest, context: &Context<'_>) -> Action {
    let scheme = redirect.scheme.clone().unwrap_or_else(|| request.scheme.as_str().to_owned());
    let well_known = match scheme.as_str() {
        "http" => Some(Scheme::Http.port()),
        "https" => Some(Scheme::Https.port()),
        _ => None,
    };
    let port = redirect.port.and_then(|port| u16::try_from(port).ok()).unwrap_or(match &redirect.scheme {
        Some(_) => well_known.unwrap_or(context.port),
        None => context.port,
    });
    let path = match &redirect.path {
        Some(modifier) => changed_path(modifier, request, context),
        None => request.path.clone(),
    };
    Action::Redirect {
        status: redirect.status_code.and_then(|status| u16::try_from(status).ok()).unwrap_or(FOUND),
        location: Location {
            scheme,
            host: redirect.hostname.clone().unwrap_or_else(|| request.host_name()),
            port: Some(port).filter(|port| Some(*port) != well_known),
            path,
        },
    }
}

/// The path after a change; the query stays. A prefix is replaced by whole elements, a final slash of it or of its
/// replacement does not count.
fn changed_path(modifier: &HTTPPathModifier, request: &HttpRequest, context: &Context<'_>) -> String {
    let path = match (&modifier.replace_full_path, &modifier.replace_prefix_match) {
        (Some(full), _) => full.clone(),
        (None, Some(replacement)) => {
            let prefix = context.path.and_then(|path| path.value.as_deref()).unwrap_or("/");
            let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
            let rest = request.path_only().strip_prefix(prefix).unwrap_or_default();
            format!("{}{rest}", replacement.strip_suffix('/').unwrap_or(replacement))
        }
        (None, None) => request.path_only().to_owned(),
    };
    let path = if path.is_empty() { "/".to_owned() } else { path };
    match request.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Replaces the prefix of a path, as the table in the Gateway API's reference shows it.
    fn check(path: &str, prefix: &str, replacement: &str, expected: &str) {
        let request = HttpRequest {
            scheme: Scheme::Http,
            method: "GET".to_owned(),
            host: String::new(),
            path: path.to_owned(),
            headers: Vec::new(),
        };
        let modifier = HTTPPathModifier {
            replace_prefix_match: Some(replacement.to_owned()),
            ..HTTPPathModifier::default()
        };
        let wanted = HTTPPathMatch { value: Some(prefix.to_owned()), ..HTTPPathMatch::default() };
        let context = Context { path: Some(&wanted), port: 80 };
        assert_eq!(changed_path(&modifier, &request, &context), expected, "{path} {prefix} {replacement}");
    }

    #[test]
    fn prefix_is_replaced_by_whole_elements() {
        for (path, prefix, replacement, expected) in [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"),
            ("/foo", "/foo", "/", "/"),
            ("/foo?a=b", "/foo", "/xyz", "/xyz?a=b"),
        ] {
            check(path, prefix, replacement, expected);
        }
    }
}
