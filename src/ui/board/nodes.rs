//! Nodes, their gates and their Pods.

use endpoint_playground::scene::card::{ChipKind, Light, Mark, NodeCard, PodCard};
use endpoint_playground::scene::{Level, TalkMark};
use yew::prelude::*;

use super::cards::ring;
use super::shown::{Shown, keep};
use super::{accent_class, light_class, place};

/// A node and its Pods.
pub(super) fn node(node: &NodeCard, scene: &Shown) -> Html {
    let key = node.key.clone();
    let id = key.as_ref().map_or_else(|| node.name.clone(), endpoint_playground::api::ObjectKey::to_path);
    let selected = key.as_ref().is_some_and(|key| scene.is_selected(key));
    let not_ready = key.is_some() && !node.ready;
    html! {
        <section
            key={id.clone()}
            data-card={id}
            role="group"
            class={classes!("node", selected.then_some("selected"), not_ready.then_some("down"), key.is_none().then_some("nowhere"))}
            style={place(node.rect)}
            tabindex="-1"
            aria-label={format!("Node {}{}, {} Pods", node.name, if not_ready { ", not ready" } else { "" }, node.pods.len())}
        >
            <header title={format!("{} {} {}", node.name, node.zone, node.address)}>
                <h3 class="cut">{ &node.name }</h3>
                if scene.level != Level::Overview {
                    <span>{ &node.zone }</span>
                    if not_ready { <span class="bad">{ "not ready" }</span> }
                }
                if scene.level == Level::Full { <span class="ip">{ &node.address }</span> }
            </header>
            if scene.level == Level::Full { { ports(node, scene) } }
            { for node.pods.iter().filter(|card| scene.sees(&card.rect) || scene.is_selected(&card.key)).map(|card| {
                let (x, y, on) = (node.rect.x, node.rect.y, node.name.clone());
                keep(card.key.to_path(), card, scene.of_pod(card), move |card, scene| pod(card, (x, y), &on, scene))
            }) }
        </section>
    }
}

/// Node ports are on every node. Nothing listens there: rules match.
fn ports(node: &NodeCard, scene: &Shown) -> Html {
    let top = scene.metrics.node_heading + scene.metrics.gate + 2.0;
    html! {
        <div class="ports" style={format!("top:{top:.0}px")}>
            { for node.ports.iter().map(|row| html! {
                <div class={classes!("row", light_class(row.light), accent_class(row.accent))}
                    title="A node port: the same on every node. Nothing listens there, the rules match it.">
                    <span>{ &row.text }</span><span class="end">{ &row.end }</span>
                </div>
            }) }
        </div>
    }
}

/// The place at a node where its rules rewrite addresses.
pub(super) fn gate(node: &NodeCard, scene: &Shown) -> Html {
    if node.key.is_none() {
        return html! {};
    }
    let metrics = &scene.metrics;
    let (text, y) = match scene.level {
        Level::Full => (node.gate.as_str(), node.rect.y + metrics.node_heading + 3.0),
        Level::Compact => ("iptables rules", node.rect.y + metrics.node_heading + 2.0),
        Level::Overview => ("", node.rect.y + metrics.node_heading / 2.0 - 5.0),
    };
    let style = format!("left:{:.0}px;top:{y:.0}px", node.rect.x - 6.0);
    html! {
        <span
            key={format!("gate {}", node.name)}
            class={classes!("gate", light_class(node.gate_light), accent_class(node.gate_accent))}
            {style}
            title={format!("{}: kube-proxy wrote these rules, and the kernel of {} forwards by them", node.gate, node.name)}
        >{ text }</span>
    }
}

/// How wide a letter of a Pod's name is at most from afar on average, and how much of its card the name does not have, in
/// pixels.
const WIDE_LETTER: f64 = 7.0;
const BESIDE_NAME: f64 = 34.0;

fn pod(card: &PodCard, (left, top): (f64, f64), on: &str, scene: &Shown) -> Html {
    let (style_of_mark, light) = match card.mark {
        Mark::Ready => ("ready", card.light),
        Mark::NotReady => ("warn", card.light),
        Mark::Terminating => ("bad", card.light),
        Mark::NearMiss => ("near", card.light),
        Mark::Off => ("off", card.light),
    };
    let rect = endpoint_playground::scene::geometry::Rect {
        x: card.rect.x - left - 1.0,
        y: card.rect.y - top - 1.0,
        ..card.rect
    };
    let count = card.keys.len();
    let talk = scene.talks.get(&card.key).copied();
    let stacked = count > 1;
    let name = card.name();
    let label = format!(
        "{}{name}, {}, {}, on {}",
        if stacked { format!("{count} Pods of ") } else { "Pod ".to_owned() },
        if card.mark == Mark::NearMiss { "near miss" } else { &card.word },
        card.address,
        on
    );
    let label = talk.map_or(label.clone(), |talk| format!("{label}, {}", talk.word()));
    let title = match &card.wanted {
        Some(wanted) => format!("{name}: {}, wanted {wanted}", miss_text(card)),
        None => format!("{name} {} {}", card.address, card.word),
    };
    let letters = card.head.chars().count() + card.tail.chars().count();
    let is_short = scene.level == Level::Overview
        && card.folds.is_none()
        && !stacked
        && letters as f64 * WIDE_LETTER < rect.w - BESIDE_NAME;
    let route_accent = scene.accent;
    let accent = if light == Light::None { card.accent } else { route_accent.or(card.accent) };
    html! {
        <article
            key={card.key.to_path()}
            data-card={card.key.to_path()}
            class={classes!("pod", style_of_mark, accent_class(accent), (light != Light::None).then_some("now"),
                stacked.then_some("stack"), card.keys.iter().any(|key| scene.is_selected(key)).then_some("selected"))}
            style={place(rect)}
            tabindex="-1"
            aria-label={label}
            {title}
        >
            <div class="l1">
                { ring(card.mark) }
                <span class={classes!("nm", is_short.then_some("short"))} data-edit={(!stacked).then_some("name")}><i>{ &card.head }</i><b>{ &card.tail }</b></span>
                if stacked {
                    <button type="button" class="times" tabindex="-1" data-unfold="" title="Show each" aria-label={format!("Show the {count} Pods one by one")}>
                        { format!("\u{d7}{count}") }
                    </button>
                } else if let Some(count) = card.folds {
                    <button type="button" class="times" tabindex="-1" data-unfold="" title={format!("Fold {count} Pods into one card")} aria-label={format!("Fold {count} Pods into one card")}>
                        { format!("\u{2212}{count}") }
                    </button>
                } else if scene.level == Level::Full {
                    <span class="ip">{ &card.address }</span>
                } else if scene.level == Level::Compact {
                    <span class="ip">{ talk.map_or_else(|| compact_word(card), |talk| talk.word().to_owned()) }</span>
                }
            </div>
            if scene.level == Level::Full {
                <div class="l2">
                    { for card.chips.iter().map(|chip| {
                        let class = match chip.kind {
                            ChipKind::Plain => classes!(),
                            ChipKind::Hit(accent) => classes!("hit", format!("a{accent}")),
                            ChipKind::Miss => classes!("miss"),
                        };
                        super::cards::chip(&chip.key, &chip.value, class, "labels", scene)
                    }) }
                    if card.more_chips > 0 { <span class="chip more">{ format!("+{}", card.more_chips) }</span> }
                    if let Some(wanted) = &card.wanted {
                        <span class="st">{ "wanted " }<em>{ wanted }</em></span>
                    } else if let Some(talk) = talk {
                        <span class={classes!("st", "talk", (talk == TalkMark::CutOff).then_some("cut-off"))}>{ talk.word() }</span>
                    } else {
                        <span class="st">{ &card.word }</span>
                    }
                </div>
            }
        </article>
    }
}

fn miss_text(card: &PodCard) -> String {
    let missed: Vec<String> = card
        .chips
        .iter()
        .filter(|chip| chip.kind == ChipKind::Miss)
        .map(|chip| format!("{}={}", chip.key, chip.value))
        .collect();
    if missed.is_empty() { "a label is missing".to_owned() } else { missed.join(", ") }
}

fn compact_word(card: &PodCard) -> String {
    match card.mark {
        Mark::NearMiss => miss_text(card),
        Mark::Ready => card.address.clone(),
        _ => card.word.clone(),
    }
}
