//! The connections that clients keep open: where each leads, since when, and what went over it.

use std::collections::BTreeMap;

use endpoint_playground::session::{Command, OpenConnection, Place};
use yew::prelude::*;

use super::list::place_name;
use crate::ui::act::Act;
use crate::ui::events_model::Selection;
use crate::ui::icons::small_icon;
use crate::ui::moment::Moment;

/// What the list needs.
#[derive(Properties, PartialEq)]
pub struct ConnectionsProps {
    /// The cluster.
    pub moment: Moment,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The list of connections, with the share of each server.
#[component]
pub fn Connections(props: &ConnectionsProps) -> Html {
    let connections = props.moment.cluster().connections();
    if connections.is_empty() {
        return html! {
            <p class="none">{ "No connection is kept open. Send a request with \u{201c}keep open\u{201d}, or to a URL that begins with \
                grpc://: kube-proxy's rules choose a Pod once, and every later request goes there." }</p>
        };
    }
    let mut shares: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for open in connections.values() {
        let share = shares.entry(place_name(&open.connection.server)).or_default();
        *share = (share.0 + 1, share.1 + open.requests);
    }
    let count = |n: u64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    let spread: Vec<String> = shares
        .into_iter()
        .map(|(server, (open, requests))| {
            format!("{server}: {} with {}", count(open, "connection"), count(requests, "request"))
        })
        .collect();
    let now = props.moment.now();
    html! {
        <>
            <p class="spread">{ format!("{}. An open connection stays with its Pod, however many others become ready.", spread.join("; ")) }</p>
            <table class="connections">
                <thead><tr>
                    <th scope="col">{ "Connection" }</th><th scope="col">{ "From" }</th><th scope="col">{ "To" }</th>
                    <th scope="col">{ "Goes to" }</th><th scope="col">{ "Open for" }</th><th scope="col">{ "Requests" }</th>
                    <th scope="col">{ "Addresses" }</th><th scope="col"><span class="sr">{ "Close" }</span></th>
                </tr></thead>
                <tbody>
                    for open in connections.values() { { row(open, now.since(open.opened_at) / 1000, &props.on) } }
                </tbody>
            </table>
        </>
    }
}

fn row(open: &OpenConnection, seconds: u64, on: &Callback<Act>) -> Html {
    let number = open.number;
    let server = &open.connection.server;
    let name = place_name(server);
    let go = match server {
        Place::Pod(key) => {
            let (on, key) = (on.clone(), key.clone());
            html! {
                <button type="button" class="go-to" onclick={move |_| on.emit(Act::Select(Some(Selection::Object(key.clone()))))}>{ name }</button>
            }
        }
        _ => html! { { name } },
    };
    html! {
        <tr key={number.to_string()}>
            <th scope="row">{ format!("#{number} {}", open.connection.protocol()) }</th>
            <td>{ open.connection.client.to_string() }</td>
            <td class="mono">{ &open.connection.target }</td>
            <td>{ go }
                if let Some(why) = &open.closed { <span class="bad">{ format!(" closed: {why}") }</span> }
            </td>
            <td>{ format!("{seconds} s") }</td>
            <td>{ open.requests }</td>
            <td class="mono">{ open.connection.addresses() }</td>
            <td><button type="button" class="btn" title="Close this connection" aria-label={format!("Close connection {number}")}
                onclick={on.reform(move |_| Act::Command(Command::Disconnect { connection: number }))}>{ small_icon("i-x") }</button></td>
        </tr>
    }
}
