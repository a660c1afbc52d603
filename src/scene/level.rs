//! The three densities of the board, and the sizes that go with each.

/// How much a card tells. The page picks the level by zoom and room; text is never drawn below 11 px.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Level {
    /// Tokens: an icon, a name, a count.
    Overview,
    /// A heading and the first row; slices are a row of rings.
    Compact,
    /// Everything.
    #[default]
    Full,
}

/// In how many columns the cards of each lane stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Columns {
    /// Of the Edge lane.
    pub edges: u32,
    /// Of the Services.
    pub services: u32,
    /// Of the nodes.
    pub nodes: u32,
}

impl Default for Columns {
    fn default() -> Columns {
        Columns { edges: 1, services: 1, nodes: 1 }
    }
}

/// Where a lane stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Column {
    /// Left edge of the lane's tint.
    pub lane: f64,
    /// Left edge of its cards.
    pub x: f64,
    /// Width of its cards.
    pub w: f64,
}

/// The sizes of one level, in pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Metrics {
    /// Outside: who asks.
    pub outside: Column,
    /// Edge: where it enters.
    pub edge: Column,
    /// Services: which Pods may answer.
    pub services: Column,
    /// Nodes: where Pods run.
    pub nodes: Column,
    /// The width of the whole board.
    pub width: f64,
    /// Where the first card begins, below the names of the lanes.
    pub top: f64,
    /// A card's heading.
    pub heading: f64,
    /// A card's address line; 0 where it is left out.
    pub address: f64,
    /// A row of a card.
    pub row: f64,
    /// How many rows of a card are shown at most.
    pub rows: usize,
    /// The selector's row of a Service; 0 where it is left out.
    pub selector: f64,
    /// The heading of a slice; 0 where slices are a row of rings.
    pub slice_heading: f64,
    /// A row of a slice.
    pub slice_row: f64,
    /// How many rows of a slice are shown before "and 94 more".
    pub slice_rows: usize,
    /// The heading of a node.
    pub node_heading: f64,
    /// The row with a node's gate, its kube-proxy rules.
    pub gate: f64,
    /// A row for a node port on a node; 0 where they are left out.
    pub node_port: f64,
    /// A Pod.
    pub pod: f64,
    /// Between Pods.
    pub pod_gap: f64,
    /// From a node's edge to its Pods, left.
    pub pod_indent: f64,
    /// In how many columns the cards stand.
    pub columns: Columns,
    /// Between two columns of Services or of the Edge lane.
    pub column_gap: f64,
    /// Between two columns of nodes, where lines need room.
    pub node_gap: f64,
    /// Above the first Service of a namespace, for the name of its frame.
    pub frame: f64,
    /// Between cards.
    pub gap: f64,
    /// What a hand-placed position at 100 % is multiplied by.
    pub ratio: f64,
}

/// Between two columns of Services.
const COLUMN_GAP: f64 = 20.0;

const ONE: Columns = Columns { edges: 1, services: 1, nodes: 1 };

const FULL: Metrics = Metrics {
    outside: Column { lane: 0.0, x: 16.0, w: 136.0 },
    edge: Column { lane: 170.0, x: 188.0, w: 184.0 },
    services: Column { lane: 390.0, x: 420.0, w: 248.0 },
    nodes: Column { lane: 696.0, x: 776.0, w: 272.0 },
    width: 1064.0,
    top: 48.0,
    heading: 32.0,
    address: 20.0,
    row: 24.0,
    rows: 6,
    selector: 28.0,
    slice_heading: 40.0,
    slice_row: 20.0,
    slice_rows: 6,
    node_heading: 32.0,
    gate: 26.0,
    node_port: 20.0,
    pod: 47.0,
    pod_gap: 8.0,
    pod_indent: 20.0,
    columns: ONE,
    column_gap: COLUMN_GAP,
    node_gap: 60.0,
    frame: 24.0,
    gap: 24.0,
    ratio: 1.0,
};

const COMPACT: Metrics = Metrics {
    outside: Column { lane: 0.0, x: 12.0, w: 108.0 },
    edge: Column { lane: 130.0, x: 140.0, w: 144.0 },
    services: Column { lane: 300.0, x: 320.0, w: 178.0 },
    nodes: Column { lane: 516.0, x: 572.0, w: 216.0 },
    width: 800.0,
    top: 40.0,
    heading: 28.0,
    address: 0.0,
    row: 22.0,
    rows: 3,
    selector: 0.0,
    slice_heading: 0.0,
    slice_row: 24.0,
    slice_rows: 0,
    node_heading: 28.0,
    gate: 24.0,
    node_port: 0.0,
    pod: 28.0,
    pod_gap: 4.0,
    pod_indent: 18.0,
    columns: ONE,
    column_gap: COLUMN_GAP,
    node_gap: 44.0,
    frame: 22.0,
    gap: 20.0,
    ratio: 0.74,
};

const OVERVIEW: Metrics = Metrics {
    outside: Column { lane: 0.0, x: 6.0, w: 66.0 },
    edge: Column { lane: 80.0, x: 90.0, w: 78.0 },
    services: Column { lane: 176.0, x: 190.0, w: 84.0 },
    nodes: Column { lane: 278.0, x: 296.0, w: 90.0 },
    width: 390.0,
    top: 38.0,
    heading: 44.0,
    address: 0.0,
    row: 0.0,
    rows: 0,
    selector: 0.0,
    slice_heading: 0.0,
    slice_row: 0.0,
    slice_rows: 0,
    node_heading: 24.0,
    gate: 0.0,
    node_port: 0.0,
    pod: 24.0,
    pod_gap: 2.0,
    pod_indent: 10.0,
    columns: ONE,
    column_gap: COLUMN_GAP,
    node_gap: 26.0,
    frame: 20.0,
    gap: 16.0,
    ratio: 0.4,
};

impl Default for Metrics {
    fn default() -> Metrics {
        FULL
    }
}

impl Metrics {
    /// The same with everything wider by a factor, for a window that is wider than the board; 1 or less changes nothing.
    pub fn stretched(self, factor: f64) -> Metrics {
        let factor = factor.max(1.0);
        let wider = |column: Column| Column {
            lane: column.lane * factor,
            x: column.x * factor,
            w: column.w * factor,
        };
        Metrics {
            outside: wider(self.outside),
            edge: wider(self.edge),
            services: wider(self.services),
            nodes: wider(self.nodes),
            column_gap: self.column_gap * factor,
            node_gap: self.node_gap * factor,
            width: self.width * factor,
            ..self
        }
    }
}

impl Level {
    /// The sizes of this level, with so many columns (each at least one).
    pub fn metrics(self, columns: Columns) -> Metrics {
        let one = match self {
            Level::Full => FULL,
            Level::Compact => COMPACT,
            Level::Overview => OVERVIEW,
        };
        let more = |count: u32, step: f64| f64::from(count.max(1) - 1) * step;
        let edges = more(columns.edges, one.edge.w + COLUMN_GAP);
        let services = edges + more(columns.services, one.services.w + COLUMN_GAP);
        let nodes = services + more(columns.nodes, one.nodes.w + one.node_gap);
        let moved = |column: Column, by: f64| Column { lane: column.lane + by, x: column.x + by, ..column };
        Metrics {
            columns: Columns {
                edges: columns.edges.max(1),
                services: columns.services.max(1),
                nodes: columns.nodes.max(1),
            },
            services: moved(one.services, edges),
            nodes: moved(one.nodes, services),
            width: one.width + nodes,
            ..one
        }
    }

    /// How large this level is drawn in comparison with the full one: what "100 %" is multiplied by.
    pub fn nominal(self) -> f64 {
        self.metrics(ONE).ratio
    }

    /// The next level that tells less; `None` for the overview.
    pub fn coarser(self) -> Option<Level> {
        match self {
            Level::Full => Some(Level::Compact),
            Level::Compact => Some(Level::Overview),
            Level::Overview => None,
        }
    }

    /// The next level that tells more; `None` for the full one.
    pub fn finer(self) -> Option<Level> {
        match self {
            Level::Full => None,
            Level::Compact => Some(Level::Full),
            Level::Overview => Some(Level::Compact),
        }
    }
}
