//! What fields an object has and of which type each is, asked of the decoder itself: it tells the names that stand
//! beside an unknown field, and the type that a value of the wrong type was refused for. So nothing of the Kubernetes
//! API is listed here again.

use serde_json::{Map, Value, json};

use super::decode::{Finding, Oddity};
use super::path::{Path, Segment};
use super::{Kind, Live};

/// A key that no object has.
const PROBE: &str = "\u{1}";

/// What stands at a place of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// An object with these fields.
    Fields(&'static [&'static str]),
    /// An object whose keys are free, such as labels; the Go type of its values.
    Map(String),
    /// A list; the Go type, such as `[]v1.ServicePort`.
    List(String),
    /// A value; the Go type, such as `int32`.
    Scalar(String),
    /// Nothing is known: the place does not exist.
    Unknown,
}

impl Shape {
    /// The Go type as a person says it: `ServicePort`, `string`.
    pub fn word(&self) -> String {
        match self {
            Shape::Fields(_) => "object".to_owned(),
            Shape::Map(of) => format!("map of {}", short(of)),
            Shape::List(of) => format!("list of {}", short(of.strip_prefix("[]").unwrap_or(of))),
            Shape::Scalar(of) => short(of).to_owned(),
            Shape::Unknown => String::new(),
        }
    }
}

fn short(go_type: &str) -> &str {
    go_type.rsplit_once('.').map_or(go_type, |(_, name)| name)
}

/// What stands at `path` in objects of `kind`.
pub fn shape(kind: &Kind, path: &Path) -> Shape {
    let findings = ask(kind, path, probe());
    judge(&findings, path)
}

/// The fields of the object at `path` with the shape of each; empty where no object with fields is.
pub fn fields(kind: &Kind, path: &Path) -> Vec<(&'static str, Shape)> {
    let Shape::Fields(names) = shape(kind, path) else { return Vec::new() };
    let at_top = path.0.is_empty();
    let asked = names.iter().filter(|name| !(at_top && matches!(**name, "apiVersion" | "kind")));
    let all: Map<String, Value> = asked.map(|name| ((*name).to_owned(), probe())).collect();
    let findings = ask(kind, path, Value::Object(all));
    names
        .iter()
        .map(|name| match *name {
            "apiVersion" | "kind" if at_top => (*name, Shape::Scalar("string".to_owned())),
            name => (name, judge(&findings, &path.field(name))),
        })
        .collect()
}

/// An object that nothing takes: objects do not know the key, lists and values refuse it, and of a map the value is
/// refused.
fn probe() -> Value {
    json!({ PROBE: { PROBE: 0 } })
}

/// What the decoder says to an object of `kind` that holds `value` at `path`.
fn ask(kind: &Kind, path: &Path, value: Value) -> Vec<Finding> {
    let mut whole = value;
    for segment in path.0.iter().rev() {
        whole = match segment {
            Segment::Field(name) => json!({ name.as_str(): whole }),
            Segment::Index(_) => json!([whole]),
        };
    }
    if let Some(object) = whole.as_object_mut() {
        object.insert("apiVersion".to_owned(), kind.api_version().into());
        object.insert("kind".to_owned(), kind.name().into());
    }
    Live::decode(kind, &whole).1
}

fn judge(findings: &[Finding], path: &Path) -> Shape {
    // Every list was asked for its first item.
    let path = Path(
        path.0
            .iter()
            .map(|segment| match segment {
                Segment::Index(_) => Segment::Index(0),
                field => field.clone(),
            })
            .collect(),
    );
    let inside = path.field(PROBE);
    for finding in findings {
        match &finding.what {
            Oddity::UnknownField { siblings } if finding.path == inside => return Shape::Fields(siblings),
            Oddity::Refused { message, .. } if finding.path == path => {
                let of = type_of(message);
                return if of.starts_with("[]") { Shape::List(of) } else { Shape::Scalar(of) };
            }
            Oddity::Refused { message, .. } if finding.path == inside => return Shape::Map(type_of(message)),
            Oddity::UnknownField { .. } if finding.path == inside.field(PROBE) => {
                return Shape::Map("object".to_owned());
            }
            _ => {}
        }
    }
    Shape::Unknown
}

/// The type that a refusal names last; types that read their text themselves name none and are strings.
fn type_of(message: &str) -> String {
    message.rsplit_once(" of type ").map_or("string", |(_, of)| of).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, path: &str, expected: &str) {
        let found = match shape(&kind, &Path::parse(path).unwrap()) {
            Shape::Fields(names) => format!("{names:?}"),
            other => format!("{other:?}"),
        };
        assert!(found.contains(expected), "{path}: {found}");
    }

    #[test]
    fn the_decoder_tells_what_stands_where() {
        check(Kind::Service, "spec", "\"externalTrafficPolicy\"");
        check(Kind::Service, "spec.ports", "List(\"[]v1.ServicePort\")");
        check(Kind::Service, "spec.ports[3]", "\"targetPort\"");
        check(Kind::Service, "spec.ports[0].port", "Scalar(\"int32\")");
        check(Kind::Service, "spec.selector", "Map(\"string\")");
        check(Kind::Service, "spec.ipFamilies", "List(");
        check(Kind::Deployment, "spec.template.spec.containers[0].readinessProbe.httpGet", "\"path\"");
        check(Kind::Pod, "metadata.labels", "Map(\"string\")");
        check(Kind::Service, "spec.nonsense", "Unknown");
    }

    #[test]
    fn fields_come_with_their_types() {
        let found = fields(&Kind::Service, &Path::parse("spec.ports[0]").unwrap());
        let of = |name: &str| found.iter().find(|field| field.0 == name).unwrap().1.word();
        assert_eq!(of("port"), "int32");
        assert_eq!(of("name"), "string");
        let spec = fields(&Kind::Service, &Path::parse("spec").unwrap());
        let of = |name: &str| spec.iter().find(|field| field.0 == name).unwrap().1.word();
        assert_eq!(of("ports"), "list of ServicePort");
        assert_eq!(of("selector"), "map of string");
        assert_eq!(of("sessionAffinityConfig"), "object");
        assert_eq!(of("allocateLoadBalancerNodePorts"), "bool");
    }

    #[test]
    fn every_kind_has_its_top_fields() {
        for kind in Kind::simulated() {
            let found = fields(&kind, &Path::ROOT);
            assert!(found.iter().any(|field| field.0 == "metadata"), "{kind}: {found:?}");
        }
    }
}
