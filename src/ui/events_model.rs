//! What the board and the panels tell the page: tools, what is selected, what was done.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::scene::Level;
use endpoint_playground::session::{Client, Command};

use super::act::Act;

/// What a click on the board does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tool {
    /// Select and drag.
    #[default]
    Select,
    /// Move the view.
    Hand,
    /// Place a Pod.
    Pod,
    /// Place a Service.
    Service,
    /// Place an Ingress.
    Ingress,
    /// Place a Node.
    Node,
    /// Place a Deployment.
    Deployment,
    /// Send from a client.
    Client,
}

impl Tool {
    /// The tools in the order of the rail.
    pub const ALL: [Tool; 8] = [
        Tool::Select,
        Tool::Hand,
        Tool::Pod,
        Tool::Service,
        Tool::Ingress,
        Tool::Node,
        Tool::Deployment,
        Tool::Client,
    ];

    /// Whether it selects and drags.
    pub fn is_select(self) -> bool {
        self == Tool::Select
    }

    /// The key that picks the tool.
    pub fn letter(self) -> char {
        match self {
            Tool::Select => 'V',
            Tool::Hand => 'H',
            Tool::Pod => 'P',
            Tool::Service => 'S',
            Tool::Ingress => 'I',
            Tool::Node => 'N',
            Tool::Deployment => 'D',
            Tool::Client => 'C',
        }
    }

    /// The tool that a key picks.
    pub fn for_letter(letter: char) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.letter() == letter.to_ascii_uppercase())
    }

    /// The name of the tool, in Kubernetes' words where it has some.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Select => "Select",
            Tool::Hand => "Hand",
            Tool::Pod => "Pod",
            Tool::Service => "Service",
            Tool::Ingress => "Ingress",
            Tool::Node => "Node",
            Tool::Deployment => "Deployment",
            Tool::Client => "Client",
        }
    }

    /// The icon.
    pub fn icon(self) -> &'static str {
        match self {
            Tool::Select => "i-select",
            Tool::Hand => "i-hand",
            Tool::Pod => "i-pod",
            Tool::Service => "i-svc",
            Tool::Ingress => "i-ingress",
            Tool::Node => "i-node",
            Tool::Deployment => "i-deploy",
            Tool::Client => "i-laptop",
        }
    }
}

/// What the inspector shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Selection {
    /// An object.
    Object(ObjectKey),
    /// Something that sends requests.
    Client(Client),
    /// The load balancer of a Service.
    LoadBalancer(ObjectKey),
    /// The cluster's DNS server or the public resolver.
    Dns,
}

impl Selection {
    /// The object that is selected, or that stands behind what is selected.
    pub fn object(&self) -> Option<&ObjectKey> {
        match self {
            Selection::Object(key) | Selection::LoadBalancer(key) => Some(key),
            Selection::Client(_) | Selection::Dns => None,
        }
    }
}

impl Selection {
    /// The id of its card on the board.
    pub fn card(&self) -> String {
        match self {
            Selection::Object(key) => key.to_path(),
            Selection::Client(Client::Internet) => "client/internet".to_owned(),
            Selection::Client(Client::Laptop) => "client/laptop".to_owned(),
            Selection::Client(Client::Node(name)) => ObjectKey::node(name.as_str()).to_path(),
            Selection::Client(Client::Pod { namespace, name }) => {
                ObjectKey::pod(namespace.as_str(), name.as_str()).to_path()
            }
            Selection::LoadBalancer(key) => format!("lb/{}/{}", key.namespace, key.name),
            Selection::Dns => "dns/cluster".to_owned(),
        }
    }
}

/// What a person did on the board.
#[derive(Clone, PartialEq, Debug)]
pub enum BoardEvent {
    /// Selected something, or nothing.
    Select(Option<Selection>),
    /// Asked for the inspector of something, by double click or Enter.
    Open(Selection),
    /// Selected something for its menu: the inspector stays as it is.
    Point(Selection),
    /// Selected an object beside the others, or took it out.
    Toggle(ObjectKey),
    /// Selected several objects with a rectangle; `add` keeps those that are selected.
    Pick {
        /// The objects.
        keys: Vec<ObjectKey>,
        /// Whether the others stay selected.
        add: bool,
    },
    /// Chose something from a menu.
    Act(Act),
    /// Points at the packet of a request, or at none any more.
    Peek(Option<u64>),
    /// Changed something.
    Command(Command),
    /// Clicked with a tool that makes an object.
    PlaceNew {
        /// Which tool.
        tool: Tool,
        /// Where, in pixels of the board at 100 %; `None` for wherever there is room.
        at: Option<(i32, i32)>,
        /// The name of the node that was clicked, for a Pod.
        on_node: Option<String>,
    },
    /// The board's window has this size; `fit` asks for the level and scale that show everything.
    Window {
        /// In pixels.
        width: f64,
        /// In pixels.
        height: f64,
        /// Whether everything is to be shown.
        fit: bool,
    },
    /// Zoomed so far that another level has to take over.
    Level(Level),
    /// Asked to see the Pods of a fold one by one, by the first of them.
    Unfold(ObjectKey),
    /// Clicked a client with the client tool: the composer takes it as the sender.
    SendFrom(Client),
    /// Clicked a packet or its track: the list unfolds it.
    FocusRequest(u64),
}
