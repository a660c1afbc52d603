//! What the API server's Go types are called and which texts they take.

/// The API server's words for a text that is no quantity. Models apimachinery/pkg/api/resource/quantity.go
/// ErrFormatWrong.
pub const BAD_QUANTITY: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/// What a quantity looks like.
pub const QUANTITY: &str = "Write a quantity such as 250m, 1.5, 64Mi or 2Gi.";
/// What a time looks like.
pub const TIME: &str = "Write a time such as 2026-01-31T12:00:00Z.";

/// The API server's words for a text that is no time. Models the errors of Go's time.Parse, with the first part that
/// does not fit.
pub fn bad_time(text: &str) -> String {
    format!(
        "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006-01-02T15:04:05Z07:00\""
    )
}

/// Whether the text is a time as RFC 3339 has it: `2026-01-31T12:00:00Z`.
pub fn is_time(text: &str) -> bool {
    text.get(10..11) == Some("T") && text.parse::<k8s_openapi::jiff::Timestamp>().is_ok()
}

/// Whether the text is a quantity: a signed decimal number, then a suffix of powers of two or of ten, or an exponent.
///
/// Models apimachinery/pkg/api/resource/quantity.go parseQuantityString and suffixer.interpret.
pub fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let well_formed = number.bytes().any(|byte| byte.is_ascii_digit())
        && number.bytes().filter(|byte| *byte == b'.').count() <= 1;
    let exponent = suffix.strip_prefix(['e', 'E']).map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    let known_suffix = matches!(
        suffix,
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei"
    );
    let has_exponent = exponent.is_some_and(|digits| {
        !digits.is_empty() && digits.len() < 10 && digits.bytes().all(|b| b.is_ascii_digit())
    });
    well_formed && (known_suffix || has_exponent)
}

/// Whether a Rust type is `IntOrString`.
pub fn is_int_or_string(rust: &str) -> bool {
    rust.ends_with("::IntOrString")
}

/// The Go name of the type that has this Rust name: `Vec<..::ServicePort>` is `[]v1.ServicePort`.
pub fn type_name(rust: &str) -> String {
    let (outer, inner) = match rust.split_once('<') {
        Some((outer, inner)) => (outer, inner.strip_suffix('>').unwrap_or(inner)),
        None => (rust, ""),
    };
    match outer.rsplit("::").next().unwrap_or(outer) {
        "Vec" => format!("[]{}", type_name(inner)),
        "Option" => type_name(inner),
        "BTreeMap" => match inner.split_once(", ") {
            Some((_, value)) if value.ends_with("::Quantity") => "v1.ResourceList".to_owned(),
            Some((key, value)) => format!("map[{}]{}", type_name(key), type_name(value)),
            None => "map".to_owned(),
        },
        "String" | "str" => "string".to_owned(),
        "i32" => "int32".to_owned(),
        "i64" => "int64".to_owned(),
        "f64" => "float64".to_owned(),
        "bool" => "bool".to_owned(),
        "IntOrString" => "intstr.IntOrString".to_owned(),
        "Quantity" => "resource.Quantity".to_owned(),
        name => format!("v1.{name}"),
    }
}

/// Fields whose Go type is a string with a name of its own.
const NAMED_STRINGS: [(&str, &str, &str); 30] = [
    ("Container", "imagePullPolicy", "v1.PullPolicy"),
    ("Container", "terminationMessagePolicy", "v1.TerminationMessagePolicy"),
    ("ContainerPort", "protocol", "v1.Protocol"),
    ("DeploymentStrategy", "type", "v1.DeploymentStrategyType"),
    ("EndpointPort", "protocol", "v1.Protocol"),
    ("EndpointSlice", "addressType", "v1.AddressType"),
    ("HTTPGetAction", "scheme", "v1.URIScheme"),
    ("HTTPIngressPath", "pathType", "v1.PathType"),
    ("LabelSelectorRequirement", "operator", "v1.LabelSelectorOperator"),
    ("NetworkPolicyPort", "protocol", "v1.Protocol"),
    ("NodeCondition", "status", "v1.ConditionStatus"),
    ("NodeCondition", "type", "v1.NodeConditionType"),
    ("NodeSelectorRequirement", "operator", "v1.NodeSelectorOperator"),
    ("ObjectMeta", "uid", "types.UID"),
    ("PodCondition", "status", "v1.ConditionStatus"),
    ("PodCondition", "type", "v1.PodConditionType"),
    ("PodSpec", "dnsPolicy", "v1.DNSPolicy"),
    ("PodSpec", "restartPolicy", "v1.RestartPolicy"),
    ("PodStatus", "phase", "v1.PodPhase"),
    ("ServicePort", "protocol", "v1.Protocol"),
    ("ServiceSpec", "externalTrafficPolicy", "v1.ServiceExternalTrafficPolicy"),
    ("ServiceSpec", "internalTrafficPolicy", "v1.ServiceInternalTrafficPolicy"),
    ("ServiceSpec", "ipFamilyPolicy", "v1.IPFamilyPolicy"),
    ("ServiceSpec", "sessionAffinity", "v1.ServiceAffinity"),
    ("ServiceSpec", "type", "v1.ServiceType"),
    ("StatefulSetSpec", "podManagementPolicy", "v1.PodManagementPolicyType"),
    ("Taint", "effect", "v1.TaintEffect"),
    ("Toleration", "effect", "v1.TaintEffect"),
    ("Toleration", "operator", "v1.TolerationOperator"),
    ("TopologySpreadConstraint", "whenUnsatisfiable", "v1.UnsatisfiableConstraintAction"),
];

/// The Go name of a field's type if it is a string by another name.
pub fn named_string(holder: &str, field: &str) -> Option<&'static str> {
    NAMED_STRINGS.iter().find(|row| row.0 == holder && row.1 == field).map(|row| row.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_told_from_other_texts() {
        for good in ["1", "0.5", ".5", "5.", "-1", "+1", "100m", "64Mi", "1e3", "1E6", "1e-3", "12E"] {
            assert!(is_quantity(good), "{good}");
        }
        for bad in ["", "a", "1.2.3", ".", "10 Mi", "1MB", "1mi", "1e", "--1", "1Zi"] {
            assert!(!is_quantity(bad), "{bad}");
        }
    }

    #[test]
    fn rust_types_have_their_go_names() {
        fn check<T>(expected: &str) {
            assert_eq!(type_name(std::any::type_name::<T>()), expected);
        }
        use k8s_openapi::api::core::v1::ServicePort;
        use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
        use std::collections::BTreeMap;
        check::<Vec<ServicePort>>("[]v1.ServicePort");
        check::<Vec<String>>("[]string");
        check::<BTreeMap<String, String>>("map[string]string");
        check::<BTreeMap<String, Vec<i32>>>("map[string][]int32");
        check::<BTreeMap<String, Quantity>>("v1.ResourceList");
    }

    #[test]
    fn times_are_as_in_rfc_3339() {
        for good in ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00+02:00"] {
            assert!(is_time(good), "{good}");
        }
        for bad in ["", "2026-01-31", "2026-01-31 12:00:00Z", "2026-02-31T12:00:00Z", "now", "éééééééééé"]
        {
            assert!(!is_time(bad), "{bad}");
        }
    }
}
