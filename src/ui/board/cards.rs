//! The cards of clients, edges and Services.

use endpoint_playground::scene::Level;
use endpoint_playground::scene::card::chips_that_fit;
use endpoint_playground::scene::card::{ClientCard, EdgeCard, EdgeKind, Mark, Row, ServiceCard, SliceBox};
use yew::prelude::*;

use super::gesture::selection_of_edge;
use super::shown::Shown;
use super::{accent_class, light_class, place};
use crate::ui::events_model::Selection;
use crate::ui::icons;

/// A client: who asks.
pub(super) fn client(card: &ClientCard, scene: &Shown) -> Html {
    let selection = Selection::Client(card.client.clone());
    let icon = if card.id == "client/laptop" { "i-laptop" } else { "i-globe" };
    let selected = scene.selection.as_ref() == Some(&selection);
    html! {
        <article
            key={card.id.clone()}
            data-card={card.id.clone()}
            class={classes!("card", selected.then_some("selected"), any_lit(&card.rows))}
            tabindex="-1"
            style={place(card.rect)}
            aria-label={format!("{}, {}", card.name, card.address)}
            title={format!("{} {}", card.name, card.address)}
        >
            { heading(icon, &card.name, scene.level, html! {}) }
            if scene.level == Level::Full { <div class="sub"><span>{ &card.address }</span></div> }
            if scene.level != Level::Overview {
                { rows(&card.rows, scene) }
                if card.rows.is_empty() { <div class="row quiet">{ "sends nothing yet" }</div> }
            }
        </article>
    }
}

/// A load balancer, an Ingress or a resolver.
pub(super) fn edge(card: &EdgeCard, scene: &Shown) -> Html {
    let selection = selection_of_edge(card);
    let icon = match card.kind {
        EdgeKind::LoadBalancer => "i-lb",
        EdgeKind::Ingress | EdgeKind::Gateway | EdgeKind::HttpRoute => "i-ingress",
        EdgeKind::PublicDns | EdgeKind::ClusterDns => "i-dns",
        EdgeKind::External => "i-globe",
    };
    let selected = scene.is_chosen(&selection);
    let name = match (card.kind, scene.level) {
        (EdgeKind::LoadBalancer, Level::Overview) => "LB".to_owned(),
        _ => card.name.clone(),
    };
    let note = html! { <span class="badge">{ &card.note }</span> };
    html! {
        <article
            key={card.id.clone()}
            data-card={card.id.clone()}
            class={classes!("card", "edge", accent_class(card.accent), selected.then_some("selected"), any_lit(&card.rows))}
            tabindex="-1"
            style={place(card.rect)}
            aria-label={format!("{} {}, {}", card.name, card.note, card.address)}
            title={format!("{} {} {}", card.name, card.note, card.address)}
        >
            { heading(icon, &name, scene.level, if scene.level == Level::Full { note } else { html! {} }) }
            if scene.level == Level::Full { <div class="sub"><span>{ &card.address }</span></div> }
            if scene.level != Level::Overview { { rows(&card.rows, scene) } }
        </article>
    }
}

/// A Service with its slices.
pub(super) fn service(card: &ServiceCard, scene: &Shown) -> Html {
    let id = card.key.to_path();
    let label = format!(
        "Service {}, {}, {}, {}",
        card.name,
        card.badge,
        card.address,
        match card.endpoints {
            0 => "no endpoints".to_owned(),
            all => format!("{} of {all} endpoints ready", card.ready),
        }
    );
    let count = match card.endpoints {
        0 => "empty".to_owned(),
        all => format!("{} of {all}", card.ready),
    };
    let style = place(card.whole);
    let selected = scene.is_selected(&card.key);
    html! {
        <article
            key={id.clone()}
            data-card={id}
            class={classes!("service", format!("a{}", card.accent), selected.then_some("selected"))}
            tabindex="-1"
            {style}
            aria-label={label.clone()}
        >
            <div class={classes!("card", "svc", any_lit(&card.rows))} style={format!("height:{:.0}px", card.rect.h)} title={label}>
                if scene.level == Level::Overview {
                    <header class="token">
                        <span class="mark">{ icons::small_icon("i-svc") }</span>
                        <span class="two"><b>{ &card.name }</b><small class={card.alert.as_ref().map(|_| "bad")}>{ count }</small></span>
                    </header>
                } else {
                    <header>
                        <span class="mark">{ icons::small_icon("i-svc") }</span>
                        <h3 data-edit="name">
                            { &card.name }
                            if let Some(namespace) = &card.namespace { <small class="ns">{ format!(" {namespace}") }</small> }
                        </h3>
                        <span class="badge">{ &card.badge }</span>
                    </header>
                }
                if scene.level == Level::Full {
                    <div class="sub"><span class="cut" title={card.address.clone()}>{ &card.address }</span></div>
                    { ports(card, scene) }
                    if !card.selector.is_empty() { { selector(card, scene) } }
                }
                if scene.level == Level::Compact {
                    if let Some(row) = card.rows.first() { { one_row(row) } }
                    if let Some(alert) = &card.alert {
                        <div class="alert">{ icons::small_icon("i-bang") }{ alert }</div>
                    } else {
                        <div class="rings">
                            { for card.marks.iter().map(|mark| ring(*mark)) }
                            <span class="end">{ count_words(card.endpoints) }</span>
                        </div>
                    }
                }
                if card.alert.is_some() {
                    <span class="bang" title={card.alert.clone()}>{ icons::small_icon("i-bang") }</span>
                }
            </div>
            if scene.level == Level::Full { { for card.slices.iter().map(|slice| slice_box(slice, card)) } }
        </article>
    }
}

/// How many characters of selector a Service's card has room for.
const SELECTOR_ROOM: usize = 26;

fn selector(card: &ServiceCard, scene: &Shown) -> Html {
    // What does not fit is cut from the end; the whole selector is in the tooltip and the inspector.
    let whole: Vec<String> = card.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let shown = chips_that_fit(
        card.selector.iter().map(|(key, value)| (key.as_str(), value.as_str())),
        SELECTOR_ROOM,
    );
    html! {
        <div class="sel" title={format!("selector: {}", whole.join(", "))}>
            { "selector" }
            { for card.selector.iter().take(shown).map(|(key, value)| chip(key, value, classes!("hit"), "selector", scene)) }
            if card.selector.len() > shown { <span class="chip more">{ format!("+{}", card.selector.len() - shown) }</span> }
        </div>
    }
}

/// How many characters of an address a slice's row has room for.
const ADDRESS_ROOM: usize = 15;

/// An address that fits its row: of a long one the middle is cut, since its end tells Pods apart.
fn short_address(address: &str) -> String {
    match (address.len() > ADDRESS_ROOM, address.get(..4), address.get(address.len().saturating_sub(9)..)) {
        (true, Some(head), Some(tail)) => format!("{head}\u{2026}{tail}"),
        _ => address.to_owned(),
    }
}

fn slice_box(slice: &SliceBox, card: &ServiceCard) -> Html {
    let style = format!(
        "left:{:.0}px;top:{:.0}px;width:{:.0}px;height:{:.0}px",
        slice.rect.x - card.whole.x,
        slice.rect.y - card.whole.y,
        slice.rect.w,
        slice.rect.h
    );
    let fill = format!("--f:{}%", slice.endpoints.min(100));
    html! {
        <section key={slice.name.clone()} class="slice" {style} aria-label={format!("EndpointSlice {}", slice.name)}>
            <header title={format!(
                "EndpointSlice {}: ports {}. R is ready, S serving, T terminating: a filled disc is true, a ring is false. \
                 {} of at most 100 endpoints.", slice.name, slice.ports, slice.endpoints)}>
                <span class="cut name">{ &slice.name }</span>
                <span class="fill" style={fill}>{ count_words(slice.endpoints) }</span>
                <span class="cut ports-of">{ &slice.ports }</span>
                <b>{ "R" }</b><b>{ "S" }</b><b>{ "T" }</b>
                if slice.is_rewritten {
                    <span class="st" title="The last change, or what came of it since, rewrote this slice.">{ "rewritten" }</span>
                }
            </header>
            <ul>
                { for slice.rows.iter().map(|row| {
                    let (class, word) = match row.mark {
                        Mark::Terminating if row.serving => ("bad", "terminating"),
                        Mark::Terminating => ("bad", "terminating"),
                        Mark::NotReady => ("warn", "not ready"),
                        _ => ("", "ready"),
                    };
                    let title = if row.hints.is_empty() { row.address.clone() } else { format!("{}, hints: {}", row.address, row.hints) };
                    html! {
                        <li class={classes!(class, light_class(row.light).map(|_| "now"))} {title}>
                            <span>{ short_address(&row.address) }</span>
                            { condition("ready", row.ready, false) }
                            { condition("serving", row.serving, false) }
                            { condition("terminating", row.terminating, true) }
                            <span class="st">{ if row.hints.is_empty() { word.to_owned() } else { row.hints.clone() } }</span>
                        </li>
                    }
                }) }
                if slice.more > 0 { <li class="none">{ format!("and {} more", slice.more) }</li> }
                if let Some(why) = &slice.empty {
                    <li class="none bad">{ why }</li>
                }
            </ul>
        </section>
    }
}

fn condition(name: &str, holds: bool, trouble: bool) -> Html {
    let symbol = match (holds, trouble) {
        (true, true) => "#m-x",
        (true, false) => "#m-t",
        (false, _) => "#m-f",
    };
    html! { <svg class="m" role="img" aria-label={format!("{name}={holds}")}><use href={symbol} /></svg> }
}

fn count_words(endpoints: usize) -> String {
    match endpoints {
        1 => "1 endpoint".to_owned(),
        all => format!("{all} endpoints"),
    }
}

/// A Pod's or an endpoint's mark.
pub(super) fn ring(mark: Mark) -> Html {
    let (symbol, word) = match mark {
        Mark::Ready => ("#r-ready", "ready"),
        Mark::NotReady => ("#r-warn", "not ready"),
        Mark::Terminating => ("#r-bad", "terminating"),
        Mark::NearMiss => ("#r-near", "ready, but not selected: near miss"),
        Mark::Off => ("#r-no", "ended"),
    };
    html! { <svg class="ring" role="img" aria-label={word}><use href={symbol} /></svg> }
}

fn heading(icon: &'static str, name: &str, level: Level, note: Html) -> Html {
    html! {
        <header class={(level == Level::Overview).then_some("token upright")}>
            <span class="mark">{ icons::small_icon(icon) }</span>
            <h3 class="cut">{ name.to_owned() }</h3>
            { note }
        </header>
    }
}

fn rows(all: &[Row], scene: &Shown) -> Html {
    let shown = scene.metrics.rows;
    let more = all.len().saturating_sub(shown);
    html! {
        <>
            { for all.iter().take(shown).map(one_row) }
            if more > 0 { <div class="row quiet">{ format!("and {more} more") }</div> }
        </>
    }
}

/// The rows of a Service: one for each port, which can be changed in place.
fn ports(card: &ServiceCard, scene: &Shown) -> Html {
    let shown = scene.metrics.rows;
    let more = card.rows.len().saturating_sub(shown);
    html! {
        <>
            { for card.rows.iter().take(shown).enumerate().map(|(index, row)| html! {
                <div key={index} data-edit={(!scene.read_only).then_some("port")} data-port={index.to_string()}>{ one_row(row) }</div>
            }) }
            if more > 0 { <div class="row quiet">{ format!("and {more} more") }</div> }
        </>
    }
}

fn one_row(row: &Row) -> Html {
    html! {
        <div class={classes!("row", light_class(row.light), accent_class(row.accent))} title={format!("{} {}", row.text, row.end)}>
            <span class="cut">{ &row.text }</span>
            <span class="end">
                { &row.end }
                if let Some(trouble) = &row.trouble { <span class="e503">{ trouble }</span> }
            </span>
        </div>
    }
}

/// At the overview a card has no rows: it is lit itself.
fn any_lit(rows: &[Row]) -> Option<String> {
    use endpoint_playground::scene::card::Light;
    let lit = rows.iter().find(|row| row.light == Light::Solid)?;
    Some(format!("on {}", accent_class(lit.accent).unwrap_or_default()))
}

/// A label, or a pair of a selector (`map` says which). It can be changed in place: by a double click, or Enter when it
/// has the focus.
pub(super) fn chip(key: &str, value: &str, class: Classes, map: &'static str, scene: &Shown) -> Html {
    let text = format!("{key}={value}");
    let (free, miss) = (!scene.read_only, class.contains("miss"));
    let title = if free { format!("{text}: double-click to change") } else { text.clone() };
    html! {
        <span key={key.to_owned()} class={classes!("chip", class)} tabindex={free.then_some("-1")} role={free.then_some("button")} data-edit={map} data-pair={text.clone()}
            {title} aria-label={free.then(|| format!("{text}, press Enter to change"))}>
            if miss {
                { format!("{}=", short_key(key)) }<u>{ value.to_owned() }</u>
            } else {
                { format!("{}={value}", short_key(key)) }
            }
        </span>
    }
}

/// A key without its prefix, where it has one: `…/name` for `app.kubernetes.io/name`. The whole key is in the tooltip.
fn short_key(key: &str) -> String {
    match key.rsplit_once('/') {
        Some((_, name)) => format!("\u{2026}/{name}"),
        None => key.to_owned(),
    }
}
