//! How a board fits a window: the most detailed level, in few columns, that shows all of it.

use super::layout::{self, Contents};
use super::level::{Columns, Level};
use super::{Drawing, View};
use crate::session::Session;

/// How a board fits a window.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fitting {
    /// For [`View::level`].
    pub level: Level,
    /// For [`View::columns`].
    pub columns: Columns,
    /// For [`View::stretch`].
    pub stretch: f64,
    /// The scale that fills the window.
    pub scale: f64,
}

/// The smallest scale at which the texts of a level are drawn: below it, 11 px would be too small to read.
pub const SMALLEST: f64 = 0.86;

/// How much wider than on a phone the overview is drawn at most.
const WIDEST: f64 = 2.2;

/// The largest scale that fitting uses.
const LARGEST: f64 = 1.15;

/// In how many columns the cards of a lane are put at most.
const MOST_COLUMNS: u32 = 24;

/// From how many cards on a board is large: it is seen whole as a map, without texts.
pub const LARGE: usize = 200;

impl Drawing {
    /// The most detailed level, with as few columns, that shows the whole board in a window of this size. The overview is
    /// drawn as wide as the window allows, so that its names have room. Where nothing shows the board whole, it is the
    /// overview: at its smallest legible scale, or, of a large board, as the map that shows all of it.
    pub fn fit(&mut self, session: &Session, view: &View, width: f64, height: f64) -> Fitting {
        for level in [Level::Full, Level::Compact] {
            let found = self.fit_level(session, view, level, width, height);
            if found.scale >= SMALLEST {
                return found;
            }
        }
        let found = self.fit_level(session, view, Level::Overview, width, height);
        let contents = self.tried(session, view, Level::Overview);
        let least = if contents.count() > LARGE { 0.0 } else { SMALLEST };
        let scale = found.scale.max(least);
        let bounds = bounds(&contents, session, Level::Overview, found.columns);
        let stretch = (width / (bounds.0 * scale)).clamp(1.0, WIDEST);
        Fitting { stretch, scale, ..found }
    }

    /// The columns with which a level is drawn largest in a window of this size.
    pub fn fit_level(
        &mut self,
        session: &Session,
        view: &View,
        level: Level,
        width: f64,
        height: f64,
    ) -> Fitting {
        let contents = self.tried(session, view, level);
        let scale = |columns: Columns| {
            let (w, h) = bounds(&contents, session, level, columns);
            (width / w).min(height / h).min(LARGEST)
        };
        let mut columns = Columns::default();
        let mut best = scale(columns);
        // One column more where it helps most, as long as it helps and is needed.
        while best < SMALLEST {
            let Columns { edges, services, nodes } = columns;
            let candidates = [
                Columns { edges: edges + 1, ..columns },
                Columns { services: services + 1, ..columns },
                Columns { nodes: nodes + 1, ..columns },
                Columns { services: services + 1, nodes: nodes + 1, ..columns },
                Columns { edges: edges + 1, services: services + 1, nodes: nodes + 1 },
            ];
            let tried = candidates.into_iter().map(|columns| (scale(columns), columns));
            let Some((next, wider)) = tried.max_by(|a, b| a.0.total_cmp(&b.0)) else { break };
            if next <= best * 1.001 || edges.max(services).max(nodes) >= MOST_COLUMNS {
                break;
            }
            (best, columns) = (next, wider);
        }
        // What turned out to help nothing goes again.
        loop {
            let Columns { edges, services, nodes } = columns;
            let candidates = [
                Columns { edges: edges.max(2) - 1, ..columns },
                Columns { services: services.max(2) - 1, ..columns },
                Columns { nodes: nodes.max(2) - 1, ..columns },
            ];
            let narrower = candidates.into_iter().filter(|fewer| *fewer != columns);
            let tried = narrower.map(|columns| (scale(columns), columns));
            match tried.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(next, _)| *next >= best) {
                Some((next, fewer)) => (best, columns) = (next, fewer),
                None => break,
            }
        }
        Fitting { level, columns, stretch: 1.0, scale: best }
    }
}

/// The size of the board.
fn bounds(contents: &Contents, session: &Session, level: Level, columns: Columns) -> (f64, f64) {
    let bounds = layout::arrange(contents, level, &level.metrics(columns), session.places()).bounds;
    (bounds.w.max(1.0), bounds.h.max(1.0))
}
