//! The inspector: what is selected, as a form, as YAML, why it is as it is, and as kubectl
//! describes it.

mod board_yaml;
mod describe;
mod dig;
mod draft;
mod editor;
mod field;
mod form;
mod offered;
mod pairs;
mod plain_editor;
mod rules;
mod why;
mod yaml;

use std::collections::BTreeMap;

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::kubectl;
use endpoint_playground::session::Client;
use yew::prelude::*;

use super::act::Act;
use super::browser;
use super::events_model::Selection;
use super::icons::{icon, of_kind, small_icon};
use super::menu::{Menu, MenuItem};
use super::moment::{Moment, Objects};
use super::sheet::{Grip, Height};
use super::state::YamlDraft;
use super::tabs::{Tab, Tabs, panel_ids};
use board_yaml::BoardYaml;
use describe::Describe;
use dig::Dig;
pub use editor::Editor;
use field::Editing;
use form::Form;
use rules::Rules;
use why::Why;
use yaml::YamlTab;

/// What the inspector needs.
#[derive(Properties, PartialEq)]
pub struct InspectorProps {
    /// The cluster.
    pub moment: Moment,
    /// The request in focus; `None` for the newest.
    pub focus: Option<u64>,
    /// The objects.
    pub objects: Objects,
    /// The whole board as text, where that is shown in place of what is selected.
    #[prop_or_default]
    pub board: Option<WrittenBoard>,
    /// What is selected.
    pub selection: Option<Selection>,
    /// The tab.
    pub tab: AttrValue,
    /// The accent of each Service: 1 to 6.
    pub accent: Option<u8>,
    /// The texts that are being written.
    pub drafts: BTreeMap<ObjectKey, YamlDraft>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// Whether it takes the whole height of a phone.
    pub full: bool,
    /// Whether it shows the whole board as text only.
    #[prop_or_default]
    pub beside: bool,
    /// Whether there is no board beside it.
    #[prop_or_default]
    pub alone: bool,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The whole board as text.
#[derive(Clone, PartialEq, Debug)]
pub struct WrittenBoard {
    /// What people wrote, as the session exports it.
    pub written: AttrValue,
    /// The text that is being written.
    pub draft: Option<YamlDraft>,
}

/// The inspector.
#[component]
pub fn Inspector(props: &InspectorProps) -> Html {
    let content = match &props.selection {
        _ if props.board.is_some() => nothing(props),
        None => nothing(props),
        Some(Selection::Client(client)) => client_panel(client, &props.on),
        Some(Selection::Dns) => dns_panel(props),
        Some(Selection::Object(key) | Selection::LoadBalancer(key)) => object(props, key),
    };
    let on_height = props.on.reform(|height| match height {
        Height::Closed => Act::CloseSide,
        Height::Half => Act::SideFull(false),
        Height::Full => Act::SideFull(true),
    });
    html! {
        <@{if props.alone { "main" } else { "aside" }} class="side" aria-label="Inspector">
            <Grip name="the inspector" property="--side-by" at={if props.full { Height::Full } else { Height::Half }}
                low={0} on={on_height} />
            { content }
        </@>
    }
}

fn close(on: &Callback<Act>) -> Html {
    html! {
        <button type="button" class="btn close" title="Close" aria-label="Close the inspector"
            onclick={on.reform(|_| Act::CloseSide)}>{ icon("i-x") }</button>
    }
}

/// The board itself: where to begin, and everything on it as YAML.
fn nothing(props: &InspectorProps) -> Html {
    let on = &props.on;
    let (shown, body) = match &props.board {
        None => ("form", start()),
        Some(WrittenBoard { written, draft }) => ("yaml", {
            let selected = props.selection.as_ref().and_then(Selection::object).cloned();
            html! {
                <BoardYaml written={written.clone()} draft={draft.clone()} {selected} objects={props.objects.clone()}
                    read_only={props.read_only} on={on.clone()} />
            }
        }),
    };
    let (panel, label) = panel_ids("inspector", shown);
    let tabs = vec![Tab::new("form", "Start"), Tab::new("yaml", "YAML")];
    html! {
        <>
            <div class="who"><span class="mark">{ small_icon("i-brand") }</span><h2>{ "Board" }</h2><span class="kind"></span>{ close(on) }</div>
            if !props.alone && !props.beside {
                <Tabs label="Inspector" id="inspector" {tabs} {shown} on_show={on.reform(Act::Inspect)} />
            }
            <div class="panel" role="tabpanel" id={panel} aria-labelledby={label}>{ body }</div>
        </>
    }
}

fn start() -> Html {
    html! {
        <div class="pane empty-side">
            <p class="lead">{ "Nothing is selected" }</p>
            <p>{ "Select something on the board to see its fields, its YAML, and why Pods are its endpoints or not." }</p>
            <ul class="empty-side">
                <li>{ icon("i-pod") }<span>{ "Press P and click a node: a Pod." }</span></li>
                <li>{ icon("i-svc") }<span>{ "Press S and click the board: a Service that selects Pods by their labels." }</span></li>
                <li>{ icon("i-globe") }<span>{ "Press R and send a request: watch where it goes, hop by hop." }</span></li>
                <li>{ icon("i-file") }<span>{ "Or paste YAML: what kubectl get -o yaml prints will do. It stays in this browser." }</span></li>
            </ul>
        </div>
    }
}

fn client_panel(client: &Client, on: &Callback<Act>) -> Html {
    let (name, text) = match client {
        Client::Internet => {
            ("Internet", "A browser somewhere outside. It reaches load balancers, and asks the public DNS.")
        }
        Client::Laptop => (
            "Laptop",
            "A machine on the nodes' network. It reaches nodes and their node ports, and asks the public DNS.",
        ),
        Client::Node(name) => {
            (name.as_str(), "A process on a node, in the node's network. It reaches Cluster IPs and Pods.")
        }
        Client::Pod { name, .. } => {
            (name.as_str(), "A Pod. It asks the cluster's DNS and reaches Cluster IPs and Pods.")
        }
    };
    let from = client.clone();
    let compose = on.reform(move |_: MouseEvent| Act::Compose(from.clone()));
    html! {
        <>
            <div class="who"><span class="mark">{ small_icon("i-globe") }</span><h2>{ name.to_owned() }</h2><span class="kind">{ "client" }</span>{ close(on) }</div>
            <div class="pane form">
                <p class="body">{ text }</p>
                <button type="button" class="btn out" onclick={compose}>{ "Write a request from here" }</button>
            </div>
        </>
    }
}

fn dns_panel(props: &InspectorProps) -> Html {
    html! {
        <>
            <div class="who"><span class="mark">{ small_icon("i-dns") }</span><h2>{ "DNS" }</h2><span class="kind"></span>{ close(&props.on) }</div>
            <div class="pane form">
                <p class="body">{ "There are two. The cluster's DNS answers Pods: a Service's name has its Cluster IP, the name of a headless \
                    Service the addresses of its Pods. The public DNS answers everybody else: the hosts of Ingresses and load balancers." }</p>
                <Dig moment={props.moment.clone()} name="kubernetes.default" />
            </div>
        </>
    }
}

fn object(props: &InspectorProps, key: &ObjectKey) -> Html {
    let on = &props.on;
    let is_service = key.kind == Kind::Service;
    let accent = props.accent.filter(|_| is_service).map(|accent| format!("a{accent}"));
    let head = html! {
        <div class={classes!("who", is_service.then_some("svc"), accent.clone())}>
            <span class="mark">{ small_icon(of_kind(&key.kind)) }</span>
            <h2 title={key.name.to_string()}>{ &*key.name }</h2>
            <span class="kind">{ match &*key.namespace {
                "" => key.kind.to_string(),
                namespace => format!("{} in {namespace}", key.kind),
            } }</span>
            if !props.read_only {
                <Menu label={format!("More for {}", key.name)} to_left=true arrow=false items={vec![
                    MenuItem::new("Duplicate", on.reform(|()| Act::Duplicate)).icon("i-copy"),
                    MenuItem::new("Delete", on.reform(|()| Act::Delete)).icon("i-trash"),
                ]}>{ icon("i-more") }</Menu>
            }
            { close(on) }
        </div>
    };
    if props.objects.get(key).is_none() {
        return html! {
            <>
                { head }
                <div class="pane"><p class="body">{ format!("{key} is not on the board at this moment.") }</p></div>
            </>
        };
    }
    let has_dns = matches!(key.kind, Kind::Service | Kind::Pod);
    let has_why = has_dns
        || matches!(
            key.kind,
            Kind::Ingress | Kind::GatewayClass | Kind::Gateway | Kind::HTTPRoute | Kind::NetworkPolicy
        );
    let mut tabs = vec![Tab::new("form", "Form"), Tab::new("yaml", "YAML")];
    if has_why {
        tabs.push(Tab::new("why", "Why"));
    }
    if has_dns {
        tabs.push(Tab::new("dns", "DNS"));
    }
    if is_service {
        tabs.push(Tab::new("rules", "Rules"));
    }
    let is_described = kubectl::is_described(&key.kind);
    if is_described {
        tabs.push(Tab::new("describe", "Describe"));
    }
    let shown = match props.tab.as_str() {
        "yaml" => "yaml",
        "why" if has_why => "why",
        "rules" if is_service => "rules",
        "dns" if has_dns => "dns",
        "describe" if is_described => "describe",
        _ => "form",
    };
    let editing = Editing {
        key: key.clone(),
        objects: props.objects.clone(),
        on: on.clone(),
        read_only: props.read_only,
    };
    let (panel, label) = panel_ids("inspector", shown);
    let body = match shown {
        "yaml" => html! { <YamlTab key={key.to_path()} {editing} draft={props.drafts.get(key).cloned()} /> },
        "why" => html! { <div class={classes!("pane", accent)} tabindex="0"><Why {editing} /></div> },
        "rules" => html! {
            <div class={classes!("pane", accent)} tabindex="0">
                <Rules service={key.clone()} moment={props.moment.clone()} focus={props.focus} read_only={props.read_only} on={on.clone()} />
            </div>
        },
        "dns" => html! { <div class={classes!("pane", accent)} tabindex="0">{ dig_for(props, key) }</div> },
        "describe" => html! {
            <div class="pane" tabindex="0">
                <Describe key={key.to_path()} object={key.clone()} moment={props.moment.clone()} on={on.clone()} />
            </div>
        },
        _ => html! { <div class="pane"><Form key={key.to_path()} {editing} /></div> },
    };
    html! {
        <>
            { head }
            if let Some(note) = note(&key.kind) { <p class="object-note">{ note }</p> }
            <Tabs label="Inspector" id="inspector" {tabs} {shown} on_show={on.reform(Act::Inspect)} />
            <div class="panel" role="tabpanel" id={panel} aria-labelledby={label}>{ body }</div>
        </>
    }
}

/// Looks up a Service's name, or the first Service's name from a Pod.
fn dig_for(props: &InspectorProps, key: &ObjectKey) -> Html {
    let moment = props.moment.clone();
    let (from, name) = if key.kind == Kind::Pod {
        let from = Client::Pod { namespace: key.namespace.to_string(), name: key.name.to_string() };
        let mut services = moment.cluster().store().objects_of(Kind::Service);
        let first = services
            .find(|object| object.key.namespace == key.namespace && &*object.key.name != "kubernetes");
        (
            Some(from),
            first.map_or_else(|| "kubernetes.default".to_owned(), |object| object.key.name.to_string()),
        )
    } else {
        (None, format!("{}.{}", key.name, key.namespace))
    };
    html! { <Dig key={key.to_path()} {moment} {from} {name} /> }
}

/// What a person has to know of a kind of object before reading on.
fn note(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Endpoints => Some(
            "v1 Endpoints is deprecated since Kubernetes 1.33; use discovery.k8s.io/v1 EndpointSlice. The controller still \
             writes it, kube-proxy does not read it, and it holds at most 1,000 addresses.",
        ),
        Kind::Other(_) => Some("Kept as it is and exported whole; objects of this kind are not simulated."),
        _ => None,
    }
}

/// Copies a text and says so.
pub fn copy_and_say(text: &str, what: &'static str, on: &Callback<Act>) {
    let on = on.clone();
    browser::copy(
        text,
        Callback::from(move |worked: bool| {
            let words = if worked {
                format!("{what} is on the clipboard.")
            } else {
                "The browser does not let this page copy.".to_owned()
            };
            on.emit(Act::Say(words));
        }),
    );
}
