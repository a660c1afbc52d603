//! The annotations of ingress-nginx that decide where a request goes.

use k8s_openapi::api::networking::v1::Ingress;

const PREFIX: &str = "nginx.ingress.kubernetes.io/";
/// The status of `permanent-redirect` and of `temporal-redirect`.
const MOVED_PERMANENTLY: u16 = 301;
const FOUND: u16 = 302;

/// What the annotations of one Ingress say. Values that are not valid count as absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Annotations {
    /// `rewrite-target`: the path that the backend sees.
    pub rewrite_target: String,
    /// `use-regex`.
    pub use_regex: bool,
    /// `ssl-redirect`, unless it says no.
    pub ssl_redirect: bool,
    /// `force-ssl-redirect`.
    pub force_ssl_redirect: bool,
    /// `preserve-trailing-slash`.
    pub preserve_trailing_slash: bool,
    /// `app-root`: where `/` is redirected to.
    pub app_root: Option<String>,
    /// `temporal-redirect` or `permanent-redirect`: status and URL.
    pub redirect: Option<(u16, String)>,
    /// `server-alias`: more hosts for the same rules.
    pub aliases: Vec<String>,
    /// `canary`: the Ingress only gives another one's requests a second backend.
    pub canary: bool,
}

impl Annotations {
    /// Reads the annotations.
    // Models internal/ingress/annotations: rewrite, redirect, alias, canary
    pub fn of(ingress: &Ingress) -> Annotations {
        let text = |name: &str| {
            let annotations = ingress.metadata.annotations.as_ref()?;
            let value = annotations.get(&format!("{PREFIX}{name}"))?.trim();
            (!value.is_empty()).then_some(value)
        };
        let flag = |name: &str| text(name).and_then(parse_bool);
        let path = |name: &str| text(name).filter(|value| value.chars().all(is_path_character));
        let code = |name: &str, allowed: std::ops::RangeInclusive<u16>, default: u16| {
            text(name)
                .and_then(|value| value.parse::<u16>().ok())
                .filter(|code| allowed.contains(code))
                .unwrap_or(default)
        };
        let url = |name: &str| {
            text(name)
                .filter(|url| url.starts_with("http://") || url.starts_with("https://"))
                .map(str::to_owned)
        };
        let temporal =
            url("temporal-redirect").map(|url| (code("temporal-redirect-code", 300..=307, FOUND), url));
        let permanent = || {
            let url = text("permanent-redirect")?.to_owned();
            Some((code("permanent-redirect-code", 300..=308, MOVED_PERMANENTLY), url))
        };
        let aliases = text("server-alias").unwrap_or_default().split(',').map(str::trim);
        Annotations {
            rewrite_target: path("rewrite-target").unwrap_or_default().to_owned(),
            use_regex: flag("use-regex").unwrap_or(false),
            ssl_redirect: flag("ssl-redirect").unwrap_or(true),
            force_ssl_redirect: flag("force-ssl-redirect").unwrap_or(false),
            preserve_trailing_slash: flag("preserve-trailing-slash").unwrap_or(false),
            app_root: path("app-root").filter(|root| root.starts_with('/')).map(str::to_owned),
            redirect: temporal.or_else(permanent),
            aliases: aliases.filter(|alias| !alias.is_empty()).map(str::to_ascii_lowercase).collect(),
            canary: flag("canary").unwrap_or(false),
        }
    }
}

/// The values that Go's `strconv.ParseBool` takes.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Whether ingress-nginx allows the character in a path with groups: a value with any other counts as absent.
// Models internal/ingress/annotations/parser/validators.go RegexPathWithCapture
fn is_path_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~/:$".contains(character)
}
