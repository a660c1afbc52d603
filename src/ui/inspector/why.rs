//! Why: for a Service the verdict on every Pod and what is wrong; for a Pod the Services that select it or nearly do.

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::explain::{
    Finding, Fix, Reach, Standing, Talk, Verdict, findings, isolation, selected, unbalanced, verdicts,
};
use yew::prelude::*;

use super::field::{Editing, shown};
use super::offered;
use crate::ui::act::Act;
use crate::ui::events_model::Selection;
use crate::ui::icons::{mark, small_icon};

/// What the tab needs.
#[derive(Properties, PartialEq)]
pub struct WhyProps {
    /// The object.
    pub editing: Editing,
}

/// The tab Why.
#[component]
pub fn Why(props: &WhyProps) -> Html {
    let editing = &props.editing;
    let open = use_state(|| 0_usize);
    match editing.key.kind {
        Kind::Pod => for_pod(editing),
        Kind::Service => for_service(editing, &open),
        _ => for_others(editing, &open),
    }
}

/// The share of a standing in the bar, the ring, and the class of its word.
fn look(standing: &Standing) -> (&'static str, &'static str, &'static str) {
    match standing {
        Standing::Ready => ("ok", "r-ready", "ok"),
        Standing::NotReady => ("warn", "r-warn", "warn"),
        Standing::Terminating { .. } => ("bad", "r-bad", "bad"),
        Standing::NotEligible => ("warn", "r-no", "warn"),
        Standing::NearMiss(_) => ("near", "r-near", ""),
        Standing::NotSelected => ("no", "r-no", ""),
    }
}

fn for_service(editing: &Editing, open: &UseStateHandle<usize>) -> Html {
    let store = editing.objects.cluster().store();
    let verdicts = verdicts(store, &editing.key);
    let mut findings = findings(store, &editing.key);
    findings.extend(unbalanced(editing.objects.cluster(), &editing.key));
    let name = &editing.key.name;
    let ready = verdicts.iter().filter(|verdict| verdict.standing == Standing::Ready).count();
    let all = verdicts.len();
    let lead = match (ready, all) {
        (_, 0) => format!("There is no Pod in {} yet", editing.key.namespace),
        (0, _) => format!("No Pod answers for {name}"),
        (1, 1) => format!("1 Pod answers for {name}"),
        (ready, all) => {
            format!("{ready} of {all} Pods {} for {name}", if ready == 1 { "answers" } else { "answer" })
        }
    };
    let (rest, told): (Vec<&Verdict>, Vec<&Verdict>) =
        verdicts.iter().partition(|verdict| verdict.standing == Standing::NotSelected);
    let phone_first = html! {
        <>
            for (index, finding) in findings.iter().enumerate() {
                { if index == **open { whole(editing, finding) } else { folded(finding, index, open) } }
            }
        </>
    };
    html! {
        <div class="why">
            <p class="lead">{ lead }</p>
            { share(&verdicts) }
            <ul class="verdicts">
                for verdict in told.iter() { { line(editing, verdict) } }
                if !rest.is_empty() {
                    <li>
                        { mark("r-no", "not selected") }
                        <span class="nm rest" title={rest.iter().map(|verdict| &*verdict.pod.name).collect::<Vec<_>>().join(", ")}>{ names(&rest) }</span>
                        <span class="v rest">{ "not selected" }</span>
                    </li>
                }
            </ul>
            { phone_first }
            if findings.is_empty() && ready > 0 { <p class="hint">{ "Nothing is wrong with this Service." }</p> }
            { offer(editing, "Route to it through a Gateway", offered::route) }
        </div>
    }
}

/// The first names, and how many more.
fn names(verdicts: &[&Verdict]) -> String {
    let mut names: Vec<String> =
        verdicts.iter().take(4).map(|verdict| verdict.pod.name.to_string()).collect();
    if verdicts.len() > 4 {
        names.push(format!("and {} more", verdicts.len() - 4));
    }
    names.join(", ")
}

fn share(verdicts: &[Verdict]) -> Html {
    if verdicts.is_empty() {
        return Html::default();
    }
    let mut parts: Vec<(&'static str, &'static str, usize)> = Vec::new();
    for verdict in verdicts {
        let (class, word) = (look(&verdict.standing).0, verdict.standing.word());
        match parts.last_mut().filter(|part| part.1 == word) {
            Some(part) => part.2 += 1,
            None => parts.push((class, word, 1)),
        }
    }
    let spoken: Vec<String> = parts.iter().map(|(_, word, count)| format!("{count} {word}")).collect();
    html! {
        <div class="mix" role="img" aria-label={spoken.join(", ")}>
            for (class, _, count) in parts {
                if class == "no" || count > 12 {
                    <i class={class} style={format!("--n:{count}")}></i>
                } else {
                    { for (0..count).map(|_| html! { <i class={class} style="--n:1"></i> }) }
                }
            }
        </div>
    }
}

fn line(editing: &Editing, verdict: &Verdict) -> Html {
    let (_, ring, class) = look(&verdict.standing);
    let word = verdict.standing.word();
    html! {
        <li key={verdict.pod.to_path()}>
            { mark(ring, word) }
            { object_button(editing, &verdict.pod, "nm") }
            <span class={classes!("v", class)}>{ word }</span>
            <p>{ &*verdict.reason }</p>
        </li>
    }
}

fn object_button(editing: &Editing, key: &ObjectKey, class: &'static str) -> Html {
    let (on, target) = (editing.on.clone(), key.clone());
    html! {
        <button type="button" {class} title={key.to_string()}
            onclick={move |_| on.emit(Act::Select(Some(Selection::Object(target.clone()))))}>{ &*key.name }</button>
    }
}

fn folded(finding: &Finding, index: usize, open: &UseStateHandle<usize>) -> Html {
    let open = open.setter();
    html! {
        <button type="button" class="fold" aria-expanded="false" onclick={move |_| open.set(index)}>
            { mark("r-warn", "problem") }
            <span class="grow">{ &finding.title }</span>
            <span class="cert">{ finding.certainty.word() }</span>
            { small_icon("i-right") }
        </button>
    }
}

fn whole(editing: &Editing, finding: &Finding) -> Html {
    html! {
        <article class="finding">
            <header><h3>{ &finding.title }</h3><span class="cert" title="How sure this is: found means that the objects alone prove it">{ finding.certainty.word() }</span></header>
            <p>{ &finding.text }</p>
            if let Some(fix) = &finding.fix { { mend(editing, fix) } }
        </article>
    }
}

/// What a fix changes, and the button that does it.
fn mend(editing: &Editing, fix: &Fix) -> Html {
    let value = editing.objects.get(&fix.object).map(|object| object.live.to_value()).unwrap_or_default();
    let command =
        endpoint_playground::session::Command::Edit { key: fix.object.clone(), edits: fix.edits.clone() };
    let (on, on_edit, target) = (editing.on.clone(), editing.on.clone(), fix.object.clone());
    html! {
        <>
            <div class="diff" role="group" aria-label="What the fix changes">
                <div class="h">{ fix.object.to_string() }</div>
                for edit in fix.edits.iter() {
                    if let Some(old) = edit.path.get(&value) {
                        <div class="del"><span aria-hidden="true">{ "- " }</span><span class="sr">{ "removed: " }</span>{ format!("{}: {}", edit.path, shown(Some(old))) }</div>
                    }
                    if let Some(new) = &edit.value {
                        <div class="add"><span aria-hidden="true">{ "+ " }</span><span class="sr">{ "added: " }</span>{ format!("{}: {}", edit.path, shown(Some(new))) }</div>
                    }
                }
            </div>
            <div class="acts">
                <button type="button" class="btn solid" disabled={editing.read_only} title={fix.label.clone()}
                    onclick={move |_| on.emit(Act::Command(command.clone()))}>{ "Apply fix" }</button>
                <button type="button" class="btn" onclick={move |_| {
                    on_edit.emit(Act::Select(Some(Selection::Object(target.clone()))));
                    on_edit.emit(Act::Inspect("form"));
                }}>{ "Edit instead" }</button>
            </div>
        </>
    }
}

fn for_pod(editing: &Editing) -> Html {
    let store = editing.objects.cluster().store();
    let services: Vec<(ObjectKey, Verdict)> = store
        .objects_of(Kind::Service)
        .filter(|object| object.key.namespace == editing.key.namespace && &*object.key.name != "kubernetes")
        .filter_map(|object| {
            let verdict =
                verdicts(store, &object.key).into_iter().find(|verdict| verdict.pod == editing.key)?;
            Some((object.key.clone(), verdict))
        })
        .collect();
    let near: Vec<&(ObjectKey, Verdict)> =
        services.iter().filter(|(_, verdict)| verdict.standing != Standing::NotSelected).collect();
    let endpoint = near.iter().filter(|(_, verdict)| verdict.standing.is_endpoint()).count();
    let lead = match endpoint {
        0 => format!("{} is no endpoint of any Service", editing.key.name),
        1 => format!("{} is an endpoint of 1 Service", editing.key.name),
        more => format!("{} is an endpoint of {more} Services", editing.key.name),
    };
    let mending: Vec<Finding> = near
        .iter()
        .flat_map(|(service, _)| findings(store, service))
        .filter(|finding| finding.evidence.contains(&editing.key))
        .collect();
    html! {
        <>
            <p class="lead">{ lead }</p>
            <ul class="verdicts" style="margin-top:8px">
                for (service, verdict) in near.iter() {
                    <li>
                        { mark(look(&verdict.standing).1, verdict.standing.word()) }
                        { object_button(editing, service, "nm") }
                        <span class={classes!("v", look(&verdict.standing).2)}>{ verdict.standing.word() }</span>
                        <p>{ &*verdict.reason }</p>
                    </li>
                }
            </ul>
            if near.is_empty() {
                <p class="hint">{ if services.is_empty() { "There is no Service in its namespace." } else { "No Service of its namespace selects it, or nearly does." } }</p>
            }
            for finding in mending.iter() { { whole(editing, finding) } }
            { talks(editing) }
        </>
    }
}

/// Ingresses, Gateways with their classes and routes, NetworkPolicies: what is wrong with them.
fn for_others(editing: &Editing, open: &UseStateHandle<usize>) -> Html {
    let store = editing.objects.cluster().store();
    let findings = findings(store, &editing.key);
    let name = &editing.key.name;
    let lead = match findings.len() {
        0 => format!("Nothing is wrong with {name}"),
        1 => format!("1 thing is wrong with {name}"),
        more => format!("{more} things are wrong with {name}"),
    };
    let pods = selected(store, &editing.key);
    html! {
        <div class="why">
            <p class="lead">{ lead }</p>
            if editing.key.kind == Kind::NetworkPolicy {
                <p class="hint">{ match pods.len() {
                    0 => format!("It is for no Pod of {}.", editing.key.namespace),
                    1 => format!("It is for 1 Pod of {}:", editing.key.namespace),
                    more => format!("It is for {more} Pods of {}:", editing.key.namespace),
                } }</p>
                <ul class="verdicts">
                    for pod in pods.iter().take(MOST_TALKS) { <li>{ mark("r-ready", "selected") }{ object_button(editing, pod, "nm") }</li> }
                </ul>
            }
            for (index, finding) in findings.iter().enumerate() {
                { if index == **open { whole(editing, finding) } else { folded(finding, index, open) } }
            }
        </div>
    }
}

/// A button that makes objects about this one, and selects the last of them.
fn offer(editing: &Editing, label: &'static str, make: fn(&Editing) -> Vec<serde_json::Value>) -> Html {
    let editing = editing.clone();
    let disabled = editing.read_only;
    let onclick = move |_: MouseEvent| {
        let documents = make(&editing);
        let namespace = editing.key.namespace.to_string();
        let made = documents.last().and_then(|last| ObjectKey::of_document(last, &namespace));
        let apply = endpoint_playground::session::Command::Apply { documents, namespace };
        editing.on.emit(Act::Command(apply));
        editing.on.emit(Act::Select(made.map(Selection::Object)));
        editing.on.emit(Act::Inspect("form"));
    };
    html! { <div class="acts flush"><button type="button" class="btn out" {disabled} {onclick}>{ label }</button></div> }
}

/// How many other Pods are told of.
const MOST_TALKS: usize = 50;

/// Who may talk to whom, where NetworkPolicies have a say.
fn talks(editing: &Editing) -> Html {
    let Some(found) = isolation(editing.objects.cluster().store(), &editing.key) else {
        return offer(editing, "Restrict it by a NetworkPolicy", offered::policy);
    };
    let policies = |keys: &[ObjectKey], free: &str, bound: &str| {
        html! {
            <p class="hint">
                if keys.is_empty() { { free.to_owned() } } else {
                    { format!("{bound} ") }
                    for key in keys.iter() { { object_button(editing, key, "go-to") }{ " " } }
                }
            </p>
        }
    };
    let reach = |what: &str, open: bool| {
        let (ring, word) = if open { ("r-ready", "allowed") } else { ("r-no", "dropped") };
        html! { <li>{ mark(ring, "") }<span class="nm rest">{ what.to_owned() }</span><span class="v">{ word }</span></li> }
    };
    html! {
        <section class="talks" aria-label="Who may talk to whom">
            <p class="lead">{ "Who may talk to whom" }</p>
            { policies(&found.ingress, "No NetworkPolicy restricts what comes in.", "What comes in is restricted by") }
            { policies(&found.egress, "No NetworkPolicy restricts what goes out.", "What goes out is restricted by") }
            <ul class="verdicts">
                { reach("To the cluster's DNS", found.dns) }
                { reach("To the outside", found.to_outside) }
                { reach("From the outside", found.from_outside) }
                for talk in found.others.iter().take(MOST_TALKS) { { one_talk(editing, talk) } }
            </ul>
            if found.others.len() > MOST_TALKS { <p class="hint">{ format!("and {} more Pods", found.others.len() - MOST_TALKS) }</p> }
            { offer(editing, "Restrict it by a NetworkPolicy", offered::policy) }
        </section>
    }
}

fn one_talk(editing: &Editing, talk: &Talk) -> Html {
    let words = |reach: &Reach| match reach {
        Reach::All => "yes".to_owned(),
        Reach::Some(ports) => ports.join(", "),
        Reach::None => "no".to_owned(),
    };
    let open = talk.out.is_open() || talk.into.is_open();
    html! {
        <li key={talk.pod.to_path()}>
            { mark(if open { "r-ready" } else { "r-no" }, if open { "allowed" } else { "cut off" }) }
            { object_button(editing, &talk.pod, "nm") }
            <span class="v">{ format!("to it: {}, from it: {}", words(&talk.out), words(&talk.into)) }</span>
            for why in talk.why.iter() { <p>{ why }</p> }
        </li>
    }
}
