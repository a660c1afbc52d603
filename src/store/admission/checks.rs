//! Checks of single values that several kinds share.

use std::net::IpAddr;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::invalid_each;
use crate::api::validation::field::{FieldError, Path};
use crate::api::validation::{is_valid_port_name, is_valid_port_num, parse_ip_sloppy};

/// The protocol of a port: TCP, UDP or SCTP.
pub(super) fn validate_protocol(errors: &mut Vec<FieldError>, protocol: Option<&str>, path: &Path<'_>) {
    match protocol {
        None | Some("") => errors.push(FieldError::required(path, "")),
        Some("TCP" | "UDP" | "SCTP") => {}
        Some(other) => errors.push(FieldError::not_supported(path, other, &["SCTP", "TCP", "UDP"])),
    }
}

// Models pkg/apis/core/validation/validation.go ValidatePortNumOrName
/// The number of a port or the name of one.
pub(super) fn validate_port_num_or_name(errors: &mut Vec<FieldError>, port: &IntOrString, path: &Path<'_>) {
    match port {
        IntOrString::Int(number) => invalid_each(errors, path, *number, is_valid_port_num(*number)),
        IntOrString::String(name) => invalid_each(errors, path, name, is_valid_port_name(name)),
    }
}

// Models pkg/apis/core/validation/validation.go ValidateNonnegativeField
/// A number that must not be negative.
pub(super) fn non_negative(errors: &mut Vec<FieldError>, number: Option<i32>, path: &Path<'_>) {
    if let Some(number) = number.filter(|number| *number < 0) {
        errors.push(FieldError::invalid(path, number, "must be greater than or equal to 0"));
    }
}

// Models pkg/apis/core/validation/validation.go ValidateEndpointIP
/// An address that traffic can be sent to: neither unspecified, nor of the host or the link alone.
pub(super) fn validate_endpoint_ip(errors: &mut Vec<FieldError>, text: &str, path: &Path<'_>) {
    let Some(ip) = parse_ip_sloppy(text) else {
        errors.push(FieldError::invalid(path, text, "must be a valid IP address"));
        return;
    };
    let (link_local, link_local_multicast) = match ip {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets().starts_with(&[224, 0, 0])),
        IpAddr::V6(v6) => (v6.is_unicast_link_local(), v6.segments()[0] & 0xff0f == 0xff02),
    };
    if ip.is_unspecified() {
        errors.push(FieldError::invalid(path, text, format!("may not be unspecified ({text})")));
    }
    for (is_so, words) in [
        (ip.is_loopback(), "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (link_local_multicast, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
    ] {
        if is_so {
            errors.push(FieldError::invalid(path, text, words));
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateTaintEffect
/// The effect of a taint, or of what a Pod puts up with.
pub(super) fn validate_taint_effect(errors: &mut Vec<FieldError>, effect: &str, path: &Path<'_>) {
    let supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if effect.is_empty() {
        errors.push(FieldError::required(path, ""));
    } else if !supported.contains(&effect) {
        errors.push(FieldError::not_supported(path, effect, &supported));
    }
}
