//! DNS: a name is looked up by hand from a client, as `dig +search` does it there.

use endpoint_playground::session::{Client, DIG_TYPES};
use yew::prelude::*;

use crate::ui::browser;
use crate::ui::moment::Moment;
use crate::ui::requests::{client_of, client_value, senders};

/// What the view needs.
#[derive(Properties, PartialEq)]
pub struct DigProps {
    /// The cluster.
    pub moment: Moment,
    /// Who asks first; `None` for the first Pod.
    #[prop_or_default]
    pub from: Option<Client>,
    /// What is asked for first.
    pub name: AttrValue,
}

/// The look-up.
#[component]
pub fn Dig(props: &DigProps) -> Html {
    let from = use_state(|| props.from.clone());
    let name = use_state(|| props.name.to_string());
    let record_type = use_state(|| "A");
    let cluster = props.moment.cluster();
    let (pods, nodes) = senders(cluster);
    let first = || pods.first().map(|sender| sender.client.clone());
    // A client that is gone asks nothing.
    let known = |client: &Client| {
        matches!(client, Client::Internet | Client::Laptop)
            || pods.iter().chain(&nodes).any(|sender| sender.client == *client)
    };
    let asks = (*from).clone().filter(known).or_else(first).unwrap_or(Client::Laptop);
    let dig = cluster.dig(&asks, &name, *record_type);
    let on_from = {
        let from = from.setter();
        Callback::from(move |event: Event| from.set(client_of(&browser::value_of(&event))))
    };
    let on_name = {
        let name = name.setter();
        Callback::from(move |event: InputEvent| name.set(browser::value_of(&event)))
    };
    let on_type = {
        let record_type = record_type.setter();
        Callback::from(move |event: Event| {
            let wanted = browser::value_of(&event);
            record_type.set(DIG_TYPES.into_iter().find(|known| *known == wanted).unwrap_or("A"));
        })
    };
    let option = |client: &Client, label: String| {
        html! { <option value={client_value(client)} selected={*client == asks}>{ label }</option> }
    };
    html! {
        <section class="dig" aria-label="Look a name up">
            <div class="rules-bar">
                <label>{ "From " }
                    <select class="input" aria-label="Who looks it up" onchange={on_from}>
                        if !pods.is_empty() {
                            <optgroup label="Pods">
                                { for pods.iter().map(|sender| option(&sender.client, sender.label.clone())) }
                            </optgroup>
                        }
                        <optgroup label="Others">
                            { for nodes.iter().map(|sender| option(&sender.client, sender.label.clone())) }
                            { option(&Client::Laptop, "Laptop".to_owned()) }
                            { option(&Client::Internet, "Internet".to_owned()) }
                        </optgroup>
                    </select>
                </label>
                <label class="dig-name">{ "Name " }
                    <input class="input mono" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                        aria-label="Name to look up" value={(*name).clone()} oninput={on_name} />
                </label>
                <label>{ "Type " }
                    <select class="input" aria-label="Type of record" onchange={on_type}>
                        for known in DIG_TYPES {
                            <option value={known} selected={known == *record_type}>{ known }</option>
                        }
                    </select>
                </label>
            </div>
            <p class="rule-says" role="status">{ dig.says }</p>
            if !dig.attempts.is_empty() {
                <h3>{ "Names that were tried" }</h3>
                <ol class="tried">
                    for attempt in &dig.attempts {
                        <li><b class={classes!("rcode", (attempt.status == "NOERROR").then_some("ok"))}>{ &attempt.status }</b>
                            <span class="mono">{ &attempt.name }</span><span class="muted">{ &attempt.why }</span></li>
                    }
                </ol>
            }
            if !dig.answer.is_empty() {
                <h3>{ "The answer" }</h3>
                <pre class="rules" tabindex="0" aria-label="What dig prints">{ dig.answer }</pre>
            }
            if !dig.resolv_conf.is_empty() {
                <h3>{ "/etc/resolv.conf there" }</h3>
                <pre class="rules" tabindex="0" aria-label="resolv.conf">{ dig.resolv_conf }</pre>
            }
        </section>
    }
}
