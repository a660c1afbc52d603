//! The rail of tools at the left, and the round button that holds them on a phone.

use yew::prelude::*;

use super::events_model::Tool;
use super::icons::icon;
use super::menu::{Menu, MenuItem};
use super::sentence::Sentence;

/// What the tools need.
#[derive(Properties, PartialEq)]
pub struct ToolsProps {
    /// The tool in the hand.
    pub tool: Tool,
    /// Takes another.
    pub on_tool: Callback<Tool>,
}

/// The rail.
#[component]
pub fn Tools(props: &ToolsProps) -> Html {
    html! {
        <nav class="tools" aria-label="Tools">
            for tool in Tool::ALL {
                <button type="button" class="tool" aria-pressed={(tool == props.tool).to_string()}
                    aria-label={tool.name()} aria-keyshortcuts={tool.letter().to_string()}
                    title={format!("{} ({})", hint(tool), tool.letter())}
                    onpointerdown={props.on_tool.reform(move |_| tool)} onclick={props.on_tool.reform(move |_| tool)}>
                    { icon(tool.icon()) }
                    <span class="tool-name">{ tool.name() }</span>
                    <span class="tool-key" data-key={tool.letter().to_string()} aria-hidden="true"></span>
                </button>
            }
        </nav>
    }
}

/// What a tool is for, in a few words.
pub fn hint(tool: Tool) -> &'static str {
    match tool {
        Tool::Select => "Select and drag; drag over the board to select several",
        Tool::Hand => "Hand: drag to move the view",
        Tool::Pod => "Pod: click a node or the board, or drag it there",
        Tool::Service => "Service: click the board, or drag it there",
        Tool::Ingress => "Ingress: click the board, or drag it there",
        Tool::Node => "Node: click the board, or drag it there",
        Tool::Deployment => "Deployment: click the board, or drag it there",
        Tool::Client => "Client: click what shall send a request",
    }
}

/// What the line above the board says while a tool is in the hand.
pub fn placing(tool: Tool) -> Sentence {
    let text = match tool {
        Tool::Client => "Click a Pod, a node or a client, or press Enter on it: it shall send the next request.".to_owned(),
        Tool::Pod => "Click a node for the Pod, or press Enter: then the scheduler chooses one. Escape puts the tool down.".to_owned(),
        tool => format!(
            "Click where the {} goes, or press Enter to place it where there is room. Escape puts the tool down.",
            tool.name()
        ),
    };
    Sentence { sort: text.clone(), text, deed: true, ..Sentence::default() }
}

/// The round button of the phone.
#[component]
pub fn RoundTools(props: &ToolsProps) -> Html {
    let items: Vec<MenuItem> = Tool::ALL
        .into_iter()
        .map(|tool| {
            MenuItem::new(tool.name(), props.on_tool.reform(move |()| tool))
                .icon(tool.icon())
                .chosen(tool == props.tool)
        })
        .collect();
    let face = if props.tool == Tool::Select { "i-plus" } else { props.tool.icon() };
    html! {
        <nav class="round-tools" aria-label="Add">
            <Menu label="Add to the board" {items} class={classes!("round")} to_left=true arrow=false>
                { icon(face) }
            </Menu>
        </nav>
    }
}
