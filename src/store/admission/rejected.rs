//! Why the API server refused a write.

use std::fmt;

use crate::api::validation::field::{self, FieldError};
use crate::api::validation::quote::quote;
use crate::api::{Kind, ObjectKey};

/// What a Status gives as its reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The request makes no sense (400).
    BadRequest,
    /// The request is not allowed (403).
    Forbidden,
    /// The object, or its namespace, does not exist (404).
    NotFound,
    /// There is an object of this name (409).
    AlreadyExists,
    /// The object was changed in between (409).
    Conflict,
    /// The object is not valid (422).
    Invalid,
    /// The API server could not do it, such as when no address is left (500).
    InternalError,
}

impl Reason {
    /// The HTTP status code.
    pub fn code(self) -> u16 {
        match self {
            Reason::BadRequest => 400,
            Reason::Forbidden => 403,
            Reason::NotFound => 404,
            Reason::AlreadyExists | Reason::Conflict => 409,
            Reason::Invalid => 422,
            Reason::InternalError => 500,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

// Models pkg/api/errors/errors.go StatusError
/// A write that the API server refuses; nothing has changed. Printed as the message that it sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// Why, in one word.
    pub reason: Reason,
    /// The kind of the object.
    pub kind: Kind,
    /// The name of the object; empty when it has none yet.
    pub name: String,
    /// Why, in the API server's words.
    pub message: String,
    /// What is wrong, field by field, in the API server's order; empty when the fault is no field's.
    pub causes: Vec<FieldError>,
}

impl Rejected {
    fn new(reason: Reason, kind: &Kind, name: &str, message: String) -> Rejected {
        Rejected { reason, kind: kind.clone(), name: name.to_owned(), message, causes: Vec::new() }
    }

    /// The object is not valid: all its errors at once.
    pub fn invalid(kind: &Kind, name: &str, causes: Vec<FieldError>) -> Rejected {
        let group = kind.group();
        let dot = if group.is_empty() { "" } else { "." };
        let message =
            format!("{}{dot}{group} {} is invalid: {}", kind.name(), quote(name), field::aggregate(&causes));
        Rejected { causes, ..Rejected::new(Reason::Invalid, kind, name, message) }
    }

    /// There is an object of this name.
    pub fn already_exists(key: &ObjectKey) -> Rejected {
        let message = format!("{} {} already exists", key.kind.resource(), quote(&key.name));
        Rejected::new(Reason::AlreadyExists, &key.kind, &key.name, message)
    }

    /// There is no object of this name.
    pub fn not_found(key: &ObjectKey) -> Rejected {
        let message = format!("{} {} not found", key.kind.resource(), quote(&key.name));
        Rejected::new(Reason::NotFound, &key.kind, &key.name, message)
    }

    /// The object was changed since the author read it.
    pub fn modified(kind: &Kind, name: &str) -> Rejected {
        let message = format!(
            "Operation cannot be fulfilled on {} {}: the object has been modified; please apply your changes to the \
             latest version and try again",
            kind.resource(),
            quote(name)
        );
        Rejected::new(Reason::Conflict, kind, name, message)
    }

    /// The write is not allowed, because of `why`.
    pub fn forbidden(kind: &Kind, name: &str, why: &str) -> Rejected {
        let quoted = if name.is_empty() { String::new() } else { format!(" {}", quote(name)) };
        let message = format!("{}{quoted} is forbidden: {why}", kind.resource());
        Rejected::new(Reason::Forbidden, kind, name, message)
    }

    /// The request makes no sense.
    pub fn bad_request(kind: &Kind, name: &str, message: &str) -> Rejected {
        Rejected::new(Reason::BadRequest, kind, name, message.to_owned())
    }

    /// The API server could not do it.
    pub fn internal(kind: &Kind, name: &str, why: &str) -> Rejected {
        Rejected::new(Reason::InternalError, kind, name, format!("Internal error occurred: {why}"))
    }

    /// The HTTP status code.
    pub fn code(&self) -> u16 {
        self.reason.code()
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Rejected {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::validation::Path;

    fn check(rejected: Rejected, code: u16, message: &str) {
        assert_eq!(rejected.to_string(), message);
        assert_eq!(rejected.code(), code);
    }

    #[test]
    fn messages_are_the_api_servers() {
        let deployment = ObjectKey::new(Kind::Deployment, "shop", "web");
        check(Rejected::already_exists(&deployment), 409, "deployments.apps \"web\" already exists");
        check(Rejected::not_found(&ObjectKey::pod("shop", "a")), 404, "pods \"a\" not found");
        check(
            Rejected::modified(&Kind::Service, "web"),
            409,
            "Operation cannot be fulfilled on services \"web\": the object has been modified; please apply your \
             changes to the latest version and try again",
        );
        check(Rejected::forbidden(&Kind::Pod, "a", "no"), 403, "pods \"a\" is forbidden: no");
        check(
            Rejected::invalid(&Kind::Deployment, "web", vec![FieldError::required(&Path::new("spec"), "")]),
            422,
            "Deployment.apps \"web\" is invalid: spec: Required value",
        );
    }
}
