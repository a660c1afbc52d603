//! The icons of the page, drawn for it, as one sprite in the document.

use yew::prelude::*;

use endpoint_playground::api::Kind;

/// The sprite; stands once in the document, before anything that uses it.
pub fn sprite() -> Html {
    Html::from_html_unchecked(AttrValue::Static(include_str!("../../assets/icons/sprite.svg")))
}

/// An icon of 20 pixels that stands beside text and is hidden from screen readers. `name` is the id of a symbol of
/// the sprite, such as `i-play`.
pub fn icon(name: &'static str) -> Html {
    drawn(name, "ic")
}

/// An icon of 16 pixels.
pub fn small_icon(name: &'static str) -> Html {
    drawn(name, "ic s")
}

fn drawn(name: &'static str, class: &'static str) -> Html {
    html! { <svg {class} aria-hidden="true"><use href={format!("#{name}")} /></svg> }
}

/// A round mark of 16 pixels that tells a state, with the word that a screen reader says for it; an empty word hides
/// it from screen readers, where the same word stands beside it.
pub fn mark(name: &'static str, word: impl Into<AttrValue>) -> Html {
    let word = word.into();
    let href = format!("#{name}");
    if word.is_empty() {
        return html! { <svg class="ring" aria-hidden="true"><use {href} /></svg> };
    }
    html! { <svg class="ring" role="img" aria-label={word}><use {href} /></svg> }
}

/// The icon of a kind of object.
pub fn of_kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Pod => "i-pod",
        Kind::Service => "i-svc",
        Kind::Ingress | Kind::IngressClass | Kind::Gateway | Kind::GatewayClass | Kind::HTTPRoute => {
            "i-ingress"
        }
        Kind::Node => "i-node",
        Kind::Deployment
        | Kind::ReplicaSet
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::ReplicationController => "i-deploy",
        Kind::NetworkPolicy | Kind::ReferenceGrant => "i-policy",
        Kind::EndpointSlice | Kind::Endpoints => "i-slice",
        Kind::Namespace | Kind::Other(_) => "i-file",
    }
}
