//! Which controller an Ingress belongs to.

use std::cmp::Reverse;

use k8s_openapi::api::networking::v1::{Ingress, IngressClass};

use super::Dialect;

/// The annotation that named the class before `spec.ingressClassName` did.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
/// The annotation that makes an IngressClass the one of new Ingresses without a class.
pub const DEFAULT_CLASS_ANNOTATION: &str = "ingressclass.kubernetes.io/is-default-class";

/// An Ingress controller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Controller {
    /// What `spec.controller` of its IngressClasses says.
    pub name: String,
    /// The value of the annotation `kubernetes.io/ingress.class` that it takes as its own.
    pub annotation: String,
    /// Whether it takes Ingresses without any class (`--watch-ingress-without-class`).
    pub watch_without_class: bool,
    /// Which rules it follows.
    pub dialect: Dialect,
}

impl Controller {
    /// ingress-nginx as its manifests install it.
    pub fn ingress_nginx() -> Controller {
        Controller {
            name: "k8s.io/ingress-nginx".to_owned(),
            annotation: "nginx".to_owned(),
            watch_without_class: false,
            dialect: Dialect::IngressNginx,
        }
    }

    /// Whether this controller serves the Ingress, and puts its address into the Ingress' status.
    ///
    /// In this order: the class that `spec.ingressClassName` names must exist and be this controller's; without that
    /// field the annotation `kubernetes.io/ingress.class` must have this controller's value; without both only a
    /// controller that was told so takes the Ingress. A default class plays no part here: admission writes it into
    /// new Ingresses.
    // Models internal/ingress/controller/store/store.go GetIngressClass
    pub fn owns(&self, ingress: &Ingress, classes: &[&IngressClass]) -> Ownership {
        if let Some(class_name) = ingress.spec.as_ref().and_then(|spec| spec.ingress_class_name.as_deref()) {
            let class = classes.iter().find(|class| class.metadata.name.as_deref() == Some(class_name));
            let controller = class.map(|class| {
                class.spec.as_ref().and_then(|spec| spec.controller.as_deref()).unwrap_or_default()
            });
            return match controller {
                Some(controller) if controller == self.name => Ownership::Owned,
                Some(other) => Ownership::OtherController(other.to_owned()),
                None => Ownership::NoSuchClass(class_name.to_owned()),
            };
        }
        let annotations = ingress.metadata.annotations.as_ref();
        match annotations.and_then(|annotations| annotations.get(CLASS_ANNOTATION)) {
            Some(class) if *class == self.annotation => Ownership::Owned,
            Some(class) => Ownership::OtherAnnotation(class.clone()),
            None if self.watch_without_class => Ownership::Owned,
            None => Ownership::NoClass,
        }
    }
}

/// Whether a controller owns an Ingress, and if not, why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ownership {
    /// It does.
    Owned,
    /// The class belongs to another controller, this one.
    OtherController(String),
    /// There is no IngressClass of this name.
    NoSuchClass(String),
    /// The annotation names another class, this one.
    OtherAnnotation(String),
    /// The Ingress names no class.
    NoClass,
}

impl Ownership {
    /// Whether the controller owns the Ingress.
    pub fn is_owned(&self) -> bool {
        *self == Ownership::Owned
    }
}

/// The class that admission gives to a new Ingress that names none: of those marked as default the one created last,
/// and of several from the same time the first by name. `None` when no class is marked.
// Models plugin/pkg/admission/network/defaultingressclass/admission.go getDefaultClass
pub fn default_class<'a>(classes: &[&'a IngressClass]) -> Option<&'a IngressClass> {
    classes
        .iter()
        .filter(|class| {
            let annotations = class.metadata.annotations.as_ref();
            annotations
                .and_then(|annotations| annotations.get(DEFAULT_CLASS_ANNOTATION))
                .is_some_and(|value| value == "true")
        })
        .min_by_key(|class| (Reverse(&class.metadata.creation_timestamp), &class.metadata.name))
        .copied()
}
