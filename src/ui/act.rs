//! What the panels ask of the page.

use endpoint_playground::api::{Kind, ObjectKey, Time};
use endpoint_playground::session::{Client, Command, Recording};

use yew::AttrValue;

use super::board::Ask;
use super::events_model::{Selection, Tool};
use super::options::Theme;
use super::state::YamlDraft;

/// A dialog over the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialog {
    /// Paste or open YAML.
    Import,
    /// The board as YAML.
    Export,
    /// A link, and the snippet for another page.
    Share,
    /// A picture of the board.
    Picture,
    /// How the cluster's network is set up.
    Cluster,
    /// Keys.
    Help,
    /// What shapes and colours mean.
    Legend,
    /// Everything that can be found or done.
    Palette,
}

/// One thing that a panel asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    /// Takes a tool.
    Tool(Tool),
    /// Lets time run, or stops it.
    Play(bool),
    /// Goes on to the next hop or event, and pauses.
    Step,
    /// So many simulated seconds in one second.
    Speed(f64),
    /// Goes to a moment.
    Seek(Time),
    /// Takes the newest change back.
    Undo,
    /// Does it again.
    Redo,
    /// Selects something, or nothing.
    Select(Option<Selection>),
    /// Shows a tab of the inspector.
    Inspect(&'static str),
    /// Closes the inspector where it lies over the board.
    CloseSide,
    /// Gives the inspector the whole height of a phone, or half.
    SideFull(bool),
    /// Shows a tab of the bottom panel.
    List(&'static str),
    /// Makes the bottom panel tall or low.
    Tall(bool),
    /// Gives the bottom panel the whole height of a phone, or half.
    TallFull(bool),
    /// Shows the board as text, or the board again; where there is no bottom panel.
    BoardText(bool),
    /// Opens a dialog, or closes the open one.
    Dialog(Option<Dialog>),
    /// Sets the colours.
    Theme(Theme),
    /// Shows what is in one namespace, or in all.
    Namespace(Option<AttrValue>),
    /// Begins a scenario.
    Scenario(&'static str),
    /// Begins an empty board.
    Empty,
    /// Puts this sitting on the board.
    Open(Box<Recording>),
    /// Unfolds the hops of a request and draws its way; `None` for the newest.
    Focus(Option<u64>),
    /// Writes a request from this client.
    Compose(Client),
    /// Changes something.
    Command(Command),
    /// Several things, one after the other.
    All(Vec<Act>),
    /// Selects something and shows it in the inspector.
    Show(Selection),
    /// Selects everything on the board.
    SelectAll,
    /// Copies what is selected as YAML.
    Copy,
    /// Copies what is selected as YAML and deletes it.
    Cut,
    /// Puts what is in the clipboard on the board.
    Paste,
    /// Places what a tool makes.
    Place {
        /// Which tool.
        tool: Tool,
        /// Where, at 100 %; `None` for wherever there is room.
        at: Option<(i32, i32)>,
        /// The node for a Pod.
        on_node: Option<String>,
    },
    /// Makes an object for which there is no tool.
    Make {
        /// Of which kind.
        kind: Kind,
        /// Where, at 100 %; `None` for wherever there is room.
        at: Option<(i32, i32)>,
    },
    /// Selects these objects.
    Pick(Vec<ObjectKey>),
    /// Asks the board for something.
    Ask(Ask),
    /// Deletes what is selected.
    Delete,
    /// Makes another like what is selected.
    Duplicate,
    /// Keeps a text of the YAML tab, or forgets it.
    Draft(ObjectKey, Option<YamlDraft>),
    /// Shows the whole board as YAML in the inspector.
    BoardYaml,
    /// Keeps a text of the whole board, or forgets it.
    BoardDraft(Option<YamlDraft>),
    /// Shows a notice.
    Say(String),
    /// Takes a notice away.
    Unsay(u64),
}
