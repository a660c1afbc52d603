//! What of the board is looked at: level, window, focus, and the scene that comes of it.

use std::rc::Rc;

use endpoint_playground::api::ObjectKey;
use endpoint_playground::scene::{self, Drawing, Level, Scene, View};
use endpoint_playground::session::Session;

use super::board::{Fit, LiveScene, SharedScene};

/// The view and the scene that it gives.
pub struct Looking {
    view: View,
    drawing: Drawing,
    window: (f64, f64),
    /// Whether the board is kept in view whole.
    follow: bool,
    /// How large the board is drawn, as the last fitting found.
    pub fit: Fit,
    /// Whether a tool is in the hand, which may want any node.
    pub holding: bool,
    /// What is drawn.
    pub scene: SharedScene,
    /// The same for who paints it in each frame.
    pub live: LiveScene,
}

/// Up to which width of its window, in pixels, the board leaves out what the selection does not touch.
const NARROW: f64 = 640.0;

impl Default for Looking {
    fn default() -> Looking {
        Looking {
            view: View::default(),
            drawing: Drawing::default(),
            window: (0.0, 0.0),
            follow: true,
            fit: Fit { number: 0, scale: 1.0 },
            holding: false,
            scene: SharedScene(Rc::new(Scene::default())),
            live: LiveScene::default(),
        }
    }
}

impl Looking {
    /// Draws the board up anew.
    pub fn look(&mut self, session: &Session, selected: Option<&ObjectKey>, focus: Option<u64>) {
        self.view.selected = selected.cloned();
        self.view.focus = focus;
        self.view.touched = self.window.0 <= NARROW && !self.holding;
        self.draw(session);
        let (width, height) = self.window;
        let bounds = self.scene.0.bounds;
        let outgrown = bounds.w * self.fit.scale > width + 1.0 || bounds.h * self.fit.scale > height + 1.0;
        if self.follow && width > 0.0 && outgrown {
            self.show_all(session);
        }
    }

    /// The window of the board has another size.
    pub fn resize(&mut self, session: &Session, width: f64, height: f64, fit: bool) {
        self.window = (width, height);
        let touched = width <= NARROW && !self.holding;
        let other = std::mem::replace(&mut self.view.touched, touched) != touched;
        self.follow = fit;
        if fit {
            self.show_all(session);
        } else if other {
            self.draw(session);
        }
    }

    /// Another level, because the person zoomed.
    pub fn set_level(&mut self, session: &Session, level: Level) {
        self.follow = false;
        let (width, height) = self.window;
        self.view.level = level;
        self.view.columns = self.drawing.fit_level(session, &self.view, level, width, height).columns;
        self.view.stretch = 1.0;
        self.draw(session);
    }

    /// Shows the Pods of a fold one by one, or as one card again.
    pub fn unfold(&mut self, session: &Session, pod: &ObjectKey) {
        if let Some(id) = scene::fold_id(session.cluster().store(), pod)
            && !self.view.unfolded.remove(&id)
        {
            self.view.unfolded.insert(id);
        }
        self.draw(session);
    }

    /// The whole board with everything on its cards, for a picture.
    pub fn whole(&self, session: &Session) -> SharedScene {
        SharedScene(scene::picture::whole_board(session, &self.view))
    }

    /// The namespace that alone is shown; `None` for all.
    pub fn namespace(&self) -> Option<&str> {
        self.view.namespace.as_deref()
    }

    /// Shows what is in one namespace, or in all, and all of it.
    pub fn show_namespace(&mut self, session: &Session, namespace: Option<&str>) {
        if self.namespace() != namespace {
            self.view.namespace = namespace.map(str::to_owned);
            self.follow = true;
            self.show_all(session);
        }
    }

    /// Another board: everything is in view again.
    pub fn begin(&mut self) {
        self.view.namespace = None;
        self.follow = true;
        self.view.unfolded.clear();
        self.fit.scale = f64::MAX;
    }

    fn draw(&mut self, session: &Session) {
        self.scene = SharedScene(self.drawing.scene(session, &self.view));
        self.live.0.borrow_mut().clone_from(&self.scene.0);
    }

    fn show_all(&mut self, session: &Session) {
        let fitting = self.drawing.fit(session, &self.view, self.window.0, self.window.1);
        self.view.level = fitting.level;
        self.view.columns = fitting.columns;
        self.view.stretch = fitting.stretch;
        self.fit = Fit { number: self.fit.number + 1, scale: fitting.scale };
        self.draw(session);
    }
}
