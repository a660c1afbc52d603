//! The checks of single values.

use endpoint_playground::api::validation::{
    is_config_map_key, is_dns1035_label, is_dns1123_label, is_dns1123_subdomain,
    is_dns1123_subdomain_with_underscore, is_env_var_name, is_http_header_name, is_qualified_name,
    is_relaxed_env_var_name, is_valid_label_value, is_valid_percent, is_valid_port_name,
    is_wildcard_dns1123_subdomain,
};
use serde_json::Value;

type Function = fn(&str) -> Vec<String>;

const FUNCTIONS: [(&str, Function); 13] = [
    ("IsConfigMapKey", is_config_map_key),
    ("IsDNS1035Label", is_dns1035_label),
    ("IsDNS1123Label", is_dns1123_label),
    ("IsDNS1123Subdomain", is_dns1123_subdomain),
    ("IsDNS1123SubdomainWithUnderscore", is_dns1123_subdomain_with_underscore),
    ("IsEnvVarName", is_env_var_name),
    ("IsHTTPHeaderName", is_http_header_name),
    ("IsQualifiedName", is_qualified_name),
    ("IsRelaxedEnvVarName", is_relaxed_env_var_name),
    ("IsValidLabelValue", is_valid_label_value),
    ("IsValidPercent", is_valid_percent),
    ("IsValidPortName", is_valid_port_name),
    ("IsWildcardDNS1123Subdomain", is_wildcard_dns1123_subdomain),
];

/// Compares every case's messages and their order.
pub fn check(data: &Value) -> (usize, Vec<String>) {
    let cases = data.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut differences = Vec::new();
    for case in cases {
        let Some((_, function)) = FUNCTIONS.iter().find(|(name, _)| case["fn"] == *name) else {
            differences.push(format!("unknown function {}", case["fn"]));
            continue;
        };
        let errors = function(case["input"].as_str().unwrap_or_default());
        if Value::from(errors.clone()) != case["errors"] {
            differences.push(format!("{errors:?} instead of {case}"));
        }
    }
    (cases.len(), differences)
}
