//! Lanes, and the lines between the cards.

use std::collections::BTreeMap;
use std::rc::Rc;

use endpoint_playground::api::ObjectKey;
use endpoint_playground::scene::card::Mark;
use endpoint_playground::scene::geometry::{Path, Rect};
use endpoint_playground::scene::{Focus, Level, Link, Scene};
use yew::prelude::*;

use super::accent_class;
use super::shown::Region;

/// The four lanes, with their names. On a map the names are smaller than text may be.
pub(super) fn lanes(scene: &Scene, region: &Region) -> Html {
    let names = *region != Region::Map;
    let metrics = &scene.metrics;
    let right = metrics.width.max(scene.bounds.w) + 2000.0;
    let all = [
        (metrics.outside, "Outside", "who asks", metrics.edge.lane),
        (metrics.edge, "Edge", "where it enters", metrics.services.lane),
        (metrics.services, "Services", "which Pods may answer", metrics.nodes.lane),
        (metrics.nodes, "Nodes", "where Pods run", right),
    ];
    html! {
        { for all.into_iter().enumerate().map(|(index, (column, name, what, end))| {
            // The outer lanes reach beyond the board, so that a wide window has no bare edge.
            let begin = if index == 0 { -2000.0 } else { column.lane };
            let inset = column.x - begin;
            let style = format!("left:{begin:.0}px;width:{:.0}px;--x:{inset:.0}px", end - begin);
            html! {
                <div key={name} class={classes!("lane", (index % 2 == 1).then_some("tinted"))} {style}>
                    if names { <h2>{ name }if scene.level == Level::Full { <span>{ what }</span> }</h2> }
                </div>
            }
        }) }
    }
}

fn svg(class: &'static str, scene: &Scene, children: Html) -> Html {
    let (w, h) = (scene.bounds.w.max(1.0), scene.bounds.h.max(1.0));
    html! {
        <svg key={class} {class} width={format!("{w:.0}")} height={format!("{h:.0}")} aria-hidden="true">{ children }</svg>
    }
}

fn line(class: impl Into<Classes>, path: &Path) -> Html {
    html! { <path class={class.into()} d={path.to_svg()} /> }
}

/// From how many links in view on only those of what is selected are drawn: more say nothing.
const MOST_LINKS: usize = 400;

/// Up to how many requests beside the one in focus have a track.
pub(super) const MOST_TRACKS: usize = 24;

/// The links that are drawn where the document holds this part of the board.
fn links_in<'a>(scene: &'a Scene, region: &Region) -> Vec<&'a Rc<Link>> {
    let seen = |link: &&Rc<Link>| match (region, link.path.points()) {
        (Region::All, _) => true,
        (Region::Map, _) => false,
        (Region::Part(_), [first, .., last]) => {
            let (x, y) = (first.x.min(last.x), first.y.min(last.y));
            let (w, h) = ((first.x - last.x).abs(), (first.y - last.y).abs());
            region.sees(&Rect { x, y, w, h: h.max(1.0) })
        }
        _ => false,
    };
    let found: Vec<&Rc<Link>> = scene.links.iter().filter(seen).collect();
    if found.len() <= MOST_LINKS {
        return found;
    }
    found.into_iter().filter(|link| link.selected).collect()
}

/// Each link with a name of its own, by which the document knows it again when others come before it: a line that moves
/// glides to its new place. (The document knows names only where all of a group have one.)
fn keyed(links: Vec<&Rc<Link>>) -> Vec<(String, &Rc<Link>)> {
    let mut of_pair: BTreeMap<(&ObjectKey, &ObjectKey), u32> = BTreeMap::new();
    let name = |link: &Rc<Link>, count: u32| format!("{} {} {count}", link.service, link.pod);
    links
        .into_iter()
        .map(|link| {
            // A Pod with addresses of both families has a link for each.
            let count = of_pair.entry((&link.service, &link.pod)).or_default();
            *count += 1;
            (name(link, *count), link)
        })
        .collect()
}

/// The frames around the Services of a namespace, with its name.
pub(super) fn frames(scene: &Scene) -> Html {
    html! {
        { for scene.frames.iter().enumerate().map(|(index, frame)| html! {
            <div key={format!("frame {index}")} class="frame" style={super::place(frame.rect)} aria-hidden="true"><span>{ &frame.namespace }</span></div>
        }) }
    }
}

/// Configuration, membership and the tracks of requests, below the cards.
pub(super) fn net(scene: &Scene, region: &Region) -> Html {
    let links = keyed(links_in(scene, region));
    let near = links.iter().filter(|(_, link)| link.mark == Mark::NearMiss);
    let children = html! {
        <>
            { for scene.wires.iter().map(|wire| line("wire", &wire.path)) }
            <g>{ for links.iter().filter(|(_, link)| link.mark != Mark::NearMiss).map(|(key, link)| {
                let accent = accent_class(Some(link.accent));
                let chosen = link.selected.then_some("chosen");
                let lines = match link.mark {
                    Mark::NotReady => html! { <>
                        { line(classes!("link", "hollow", chosen), &link.path) }
                        { line(classes!("link", "hollow-in"), &link.path) }
                    </> },
                    Mark::Terminating => line(classes!("link", "term", chosen), &link.path),
                    _ => line(classes!("link", accent, chosen), &link.path),
                };
                html! { <g key={key.clone()}>{ lines }</g> }
            }) }</g>
            <g>{ for near.map(|(key, link)| html! {
                <g key={key.clone()}>{ line(classes!("link", "near", link.selected.then_some("chosen")), &link.drawn()) }</g>
            }) }</g>
            { for scene.standing.iter().map(|standing| html! {
                <g class={accent_class(standing.accent).unwrap_or_else(|| "plain".to_owned())}>
                    { line("route standing", &standing.path) }
                </g>
            }) }
            <g>{ for scene.others().filter(|_| scene.under_way.len() <= MOST_TRACKS).map(|route| html! {
                <g key={route.number} class={accent_class(route.way.accent).unwrap_or_else(|| "plain".to_owned())}>
                    { line("route past", &route.way.track) }
                </g>
            }) }</g>
            if let Some(focus) = &scene.focus {
                <g key={format!("focus {}", focus.route.number)} class={accent_class(focus.route.way.accent).unwrap_or_else(|| "plain".to_owned())}>
                    { for focus.ties.iter().map(|tie| line("tie", tie)) }
                    { for focus.questions.iter().map(|path| line("route question", path)) }
                    { line("halo", &focus.route.way.track) }
                    { line("route", &focus.route.way.track) }
                </g>
            }
        </>
    };
    svg("net", scene, children)
}

/// The ends of the links, the discs of the hops and the burst, above the cards.
pub(super) fn over(scene: &Scene, still: bool, region: &Region) -> Html {
    if *region == Region::Map {
        return Html::default();
    }
    let caps = keyed(links_in(scene, region));
    let children = html! {
        <>
            <g>{ for caps.iter().map(|(key, link)| {
                let end = link.path.points().last().copied().unwrap_or_default();
                let class = match link.mark {
                    Mark::NotReady => classes!("cap", "warn"),
                    Mark::Terminating => classes!("cap", "bad"),
                    Mark::NearMiss => classes!("cap", "near"),
                    _ => classes!("cap", accent_class(Some(link.accent))),
                };
                html! { <circle key={key.clone()} {class} cx={number(end.x)} cy={number(end.y)} r="3.5" /> }
            }) }</g>
            { for scene.standing.iter().map(|standing| {
                let w = 12.0 + 6.2 * standing.text.chars().count() as f64;
                html! {
                    <g class={classes!("standing-no", accent_class(standing.accent))}
                        transform={format!("translate({:.1} {:.1})", standing.at.x - 22.0 - w / 2.0, standing.at.y)}>
                        <rect x={number(-w / 2.0)} y="-8" width={number(w)} height="16" rx="3" />
                        <text y="4">{ &standing.text }</text>
                    </g>
                }
            }) }
            if let Some(focus) = &scene.focus { { stops(focus, still) } }
        </>
    };
    html! {
        <>
            { svg("net over", scene, children) }
            if let Some(burst) = scene.focus.as_ref().and_then(|focus| focus.burst.as_ref()) {
                // The painter shows it from the moment at which it happens.
                // In the gutter before the nodes there is no card that it could lie over; elsewhere it hangs to the left.
                <span class={classes!("tag", "drop", (burst.at.x > scene.metrics.nodes.x - 40.0).then_some("at-node"))} data-since={burst.since.0.to_string()}
                    style={format!("left:{:.0}px;top:{:.0}px", burst.at.x, burst.at.y)}>{ &burst.label }</span>
            }
        </>
    }
}

fn stops(focus: &Focus, still: bool) -> Html {
    // While packets move they tell the story; the numbers come when the request has ended or nothing moves.
    let class = classes!("hops-on-board", accent_class(focus.route.way.accent), still.then_some("still"));
    html! {
        <g {class} data-ended={focus.ended_at.0.to_string()}>
            { for focus.stops.iter().map(|stop| {
                let w = 16.0 + 6.0 * (stop.numbers.len() as f64 - 1.0);
                // Beside the card, so that the row can be read.
                let x = stop.at.x - w / 2.0 - 4.0;
                html! {
                    <g class="hopno" transform={format!("translate({x:.1} {:.1})", stop.at.y)}>
                        <rect x={number(-w / 2.0)} y="-8" width={number(w)} height="16" rx="8" />
                        <text y="4">{ &stop.numbers }</text>
                    </g>
                }
            }) }
        </g>
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}
