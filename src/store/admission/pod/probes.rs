//! The probes and life cycle hooks of containers.

use k8s_openapi::api::core::v1::{
    ExecAction, GRPCAction, HTTPGetAction, LifecycleHandler, Probe, SleepAction, TCPSocketAction,
};

use super::super::checks::{non_negative, validate_port_num_or_name};
use super::super::metadata::invalid_each;
use crate::api::validation::field::{FieldError, Path};
use crate::api::validation::{is_http_header_name, is_valid_port_num};

/// What a probe or a hook does.
#[derive(Default)]
struct Handler<'a> {
    exec: Option<&'a ExecAction>,
    http_get: Option<&'a HTTPGetAction>,
    tcp_socket: Option<&'a TCPSocketAction>,
    grpc: Option<&'a GRPCAction>,
    sleep: Option<&'a SleepAction>,
}

/// Which probe of a container it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ProbeUse {
    Liveness,
    Readiness,
    Startup,
}

// Models pkg/apis/core/validation/validation.go validateLivenessProbe, validateReadinessProbe, validateStartupProbe
pub(super) fn validate_probe(
    errors: &mut Vec<FieldError>,
    probe: &Probe,
    probe_use: ProbeUse,
    path: &Path<'_>,
) {
    let handler = Handler {
        exec: probe.exec.as_ref(),
        http_get: probe.http_get.as_ref(),
        tcp_socket: probe.tcp_socket.as_ref(),
        grpc: probe.grpc.as_ref(),
        sleep: None,
    };
    validate_handler(errors, &handler, None, path);
    for (field, number) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        non_negative(errors, number, &path.child(field));
    }
    let grace_path = path.child("terminationGracePeriodSeconds");
    if let Some(seconds) = probe.termination_grace_period_seconds {
        if seconds <= 0 {
            errors.push(FieldError::invalid(&grace_path, seconds, "must be greater than 0"));
        }
        if probe_use == ProbeUse::Readiness {
            errors.push(FieldError::invalid(&grace_path, seconds, "must not be set for readinessProbes"));
        }
    }
    let successes = probe.success_threshold.unwrap_or(1);
    if probe_use != ProbeUse::Readiness && successes != 1 {
        errors.push(FieldError::invalid(&path.child("successThreshold"), successes, "must be 1"));
    }
}

/// A life cycle hook.
pub(super) fn validate_hook(
    errors: &mut Vec<FieldError>,
    hook: &LifecycleHandler,
    grace_period: Option<i64>,
    path: &Path<'_>,
) {
    let handler = Handler {
        exec: hook.exec.as_ref(),
        http_get: hook.http_get.as_ref(),
        tcp_socket: hook.tcp_socket.as_ref(),
        sleep: hook.sleep.as_ref(),
        ..Handler::default()
    };
    validate_handler(errors, &handler, grace_period, path);
}

// Models pkg/apis/core/validation/validation.go validateHandler
/// Exactly one action; the first one counts.
fn validate_handler(
    errors: &mut Vec<FieldError>,
    handler: &Handler<'_>,
    grace_period: Option<i64>,
    path: &Path<'_>,
) {
    let mut handlers = 0;
    let mut is_first = |errors: &mut Vec<FieldError>, path: &Path<'_>| {
        handlers += 1;
        if handlers > 1 {
            errors.push(FieldError::forbidden(path, "may not specify more than 1 handler type"));
        }
        handlers == 1
    };
    let own = path.child("exec");
    if let Some(exec) = handler.exec
        && is_first(errors, &own)
        && exec.command.as_ref().is_none_or(Vec::is_empty)
    {
        errors.push(FieldError::required(&own.child("command"), ""));
    }
    let own = path.child("httpGet");
    if let Some(get) = handler.http_get
        && is_first(errors, &own)
    {
        validate_port_num_or_name(errors, &get.port, &own.child("port"));
        let scheme = get.scheme.as_deref().unwrap_or_default();
        if scheme != "HTTP" && scheme != "HTTPS" {
            errors.push(FieldError::not_supported(&own.child("scheme"), scheme, &["HTTP", "HTTPS"]));
        }
        for header in get.http_headers.iter().flatten() {
            invalid_each(errors, &own.child("httpHeaders"), &header.name, is_http_header_name(&header.name));
        }
    }
    let own = path.child("tcpSocket");
    if let Some(tcp) = handler.tcp_socket
        && is_first(errors, &own)
    {
        validate_port_num_or_name(errors, &tcp.port, &own.child("port"));
    }
    let own = path.child("grpc");
    if let Some(grpc) = handler.grpc
        && is_first(errors, &own)
    {
        invalid_each(errors, &own.child("port"), grpc.port, is_valid_port_num(grpc.port));
    }
    let own = path.child("sleep");
    if let Some(sleep) = handler.sleep
        && is_first(errors, &own)
        && let Some(grace) = grace_period
        && !(0..=grace).contains(&sleep.seconds)
    {
        let words = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        errors.push(FieldError::invalid(&own, sleep.seconds, words));
    }
    if handlers == 0 {
        errors.push(FieldError::required(path, "must specify a handler type"));
    }
}
