//! The user interface: Yew components that draw the scene and send commands to the session.

use yew::prelude::*;

/// The whole page.
#[component]
pub fn App() -> Html {
    html! { <main><h1>{ "Endpoint Playground" }</h1></main> }
}
