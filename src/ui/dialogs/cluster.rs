//! The cluster's settings: what kube-proxy writes and who gives load balancers. Each change is a command like any other.

use endpoint_playground::session::{Command, Provider, ProxyMode, Scheduler, Settings};
use yew::prelude::*;

use super::Frame;
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::moment::Objects;

/// What the dialog needs.
#[derive(Properties, PartialEq)]
pub struct ClusterProps {
    /// The cluster.
    pub objects: Objects,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The modes, each with what it means.
const MODES: [(ProxyMode, &str); 3] = [
    (ProxyMode::Iptables, "Long lists of rules; each new connection goes to any endpoint by chance."),
    (ProxyMode::Nftables, "Maps instead of lists; each new connection goes to any endpoint by chance."),
    (ProxyMode::Ipvs, "The kernel's load balancer with a scheduler; deprecated since Kubernetes 1.35."),
];

/// The providers, each with its name and what it means.
const PROVIDERS: [(Provider, &str, &str); 3] = [
    (Provider::None, "None", "EXTERNAL-IP stays <pending>; ClusterIPs and node ports work all the same."),
    (
        Provider::Cloud,
        "A cloud",
        "It checks the health of nodes, sends to one of them, and rewrites to the node port.",
    ),
    (Provider::MetalLb, "MetalLB, layer 2", "One node answers for the address, which stays the destination."),
];

/// The dialog.
#[component]
pub fn ClusterSettings(props: &ClusterProps) -> Html {
    let said = use_state(|| None::<String>);
    let settings = props.objects.cluster().settings().clone();
    let change = |with: fn(&mut Settings, &str) -> Option<String>| {
        let (on, settings, said) = (props.on.clone(), settings.clone(), said.setter());
        Callback::from(move |event: Event| {
            let mut changed = settings.clone();
            let why = with(&mut changed, &browser::value_of(&event));
            if why.is_none() && changed != settings {
                on.emit(Act::Command(Command::Configure { settings: changed }));
            }
            said.set(why);
        })
    };
    let on_mode = change(|settings, value| {
        let mode = MODES.into_iter().find(|(mode, _)| mode.name() == value);
        settings.proxy_mode = mode.map_or_else(ProxyMode::default, |(mode, _)| mode);
        None
    });
    let on_scheduler = change(|settings, value| {
        let scheduler = Scheduler::ALL.into_iter().find(|scheduler| scheduler.name() == value);
        settings.ipvs_scheduler = scheduler.unwrap_or_default();
        None
    });
    let on_addresses = change(|settings, value| {
        let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
        settings.node_port_addresses = parts.map(str::to_owned).collect();
        Settings::refuses_node_port_addresses(&settings.node_port_addresses)
    });
    let on_provider = change(|settings, value| {
        let index = value.parse::<usize>().ok();
        let provider = index.and_then(|index| PROVIDERS.get(index));
        settings.load_balancers = provider.map_or_else(Provider::default, |(provider, ..)| *provider);
        None
    });
    let disabled = props.read_only;
    html! {
        <Frame title="The cluster" on={props.on.clone()}>
            <div class="form">
                <div class="line">
                    <label for="cluster-mode">{ "kube-proxy" }</label>
                    <select id="cluster-mode" class="input" {disabled} onchange={on_mode}>
                        for (mode, _) in MODES {
                            <option value={mode.name()} selected={mode == settings.proxy_mode}>{ mode.name() }</option>
                        }
                    </select>
                    for (_, words) in MODES.into_iter().filter(|(mode, _)| *mode == settings.proxy_mode) { <p class="hint">{ words }</p> }
                </div>
                if settings.proxy_mode == ProxyMode::Ipvs {
                    <div class="line">
                        <label for="cluster-scheduler">{ "Scheduler" }</label>
                        <select id="cluster-scheduler" class="input" {disabled} onchange={on_scheduler}>
                            for scheduler in Scheduler::ALL {
                                <option value={scheduler.name()} selected={scheduler == settings.ipvs_scheduler}>
                                    { scheduler.name() }</option>
                            }
                        </select>
                        <p class="hint">{ format!("It picks {}.", settings.ipvs_scheduler.way()) }</p>
                    </div>
                }
                <div class="line">
                    <label for="cluster-addresses">{ "Node ports on" }</label>
                    <input id="cluster-addresses" class="input mono" type="text" autocomplete="off" spellcheck="false" {disabled}
                        value={settings.node_port_addresses.join(", ")} onchange={on_addresses}
                        aria-invalid={said.is_some().then_some("true")} aria-describedby="cluster-addresses-hint"
                        placeholder={if settings.proxy_mode == ProxyMode::Nftables { "primary" } else { "every address of the node" }} />
                    if let Some(why) = &*said {
                        <p class="said" id="cluster-addresses-hint" role="alert">{ why }</p>
                    } else {
                        <p class="hint" id="cluster-addresses-hint">{ "nodePortAddresses: CIDR blocks separated by commas, or primary. Empty \
                            for every address, with nftables for the primary one." }</p>
                    }
                </div>
                <div class="line">
                    <label for="cluster-provider">{ "Load balancers" }</label>
                    <select id="cluster-provider" class="input" {disabled} onchange={on_provider}>
                        for (index, (provider, name, _)) in PROVIDERS.into_iter().enumerate() {
                            <option value={index.to_string()} selected={provider == settings.load_balancers}>{ name }</option>
                        }
                    </select>
                    for (.., words) in PROVIDERS.into_iter().filter(|(provider, ..)| *provider == settings.load_balancers) {
                        <p class="hint">{ format!("{words} With another provider Services get new addresses.") }</p>
                    }
                </div>
                <p class="hint">{ "A change here is part of the board: it can be undone, and travels in its link." }</p>
            </div>
        </Frame>
    }
}
