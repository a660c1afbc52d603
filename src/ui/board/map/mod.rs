//! A large board from afar: its cards as plain rectangles on a canvas, drawn in the frame, past Yew.

mod chart;
mod mini;
mod names;
mod pen;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use endpoint_playground::api::ObjectKey;
use endpoint_playground::scene::Scene;
use endpoint_playground::scene::geometry::Rect;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement};
use yew::prelude::*;

use self::mini::Mini;
use self::names::Names;
use self::pen::{Pen, context_of};
use super::packets::Painter;
use super::shown::Region;
use super::view::{self, Camera};

/// How much larger than the window the map is drawn on each side, as a share of the window's size: so far the view moves
/// until it is drawn anew.
const MARGIN: f64 = 0.25;

/// How much larger and smaller than it was drawn the map is shown while one zooms.
const STRETCH: std::ops::RangeInclusive<f64> = 0.5..=2.0;

/// How much smaller than it is shown the map is drawn while one zooms out, so that it need not be drawn anew so soon.
const AHEAD: f64 = 1.5;

/// For how many frames after its last move a large board is taken to move: a hand on a wheel pauses.
const MOVES: u32 = 12;

/// The map and the mini map.
pub(super) struct Map {
    /// The map.
    pub canvas: NodeRef,
    context: RefCell<Option<CanvasRenderingContext2d>>,
    names: Names,
    mini: Mini,
    camera: Rc<Cell<Camera>>,
    /// What the camera moves, and where it was moved last.
    world: NodeRef,
    placed: Cell<Option<Camera>>,
    painter: Rc<Painter>,
    scene: RefCell<Rc<Scene>>,
    /// Which cards are in the document; the board is a map where none is.
    region: Cell<Region>,
    /// The size of the board's window.
    window: Cell<(f64, f64)>,
    /// Where the camera was when the map was drawn as the cards are now.
    drawn: Cell<Option<Camera>>,
    /// The colours that it was drawn in.
    colours: RefCell<Rc<Vec<String>>>,
    /// Whether it is shown at another size than it was drawn.
    stretched: Cell<bool>,
    /// For how many frames more the browser is told that the board moves.
    moves: Cell<u32>,
    /// Whether the camera moved since the last frame.
    pub moved: Cell<bool>,
    /// Whether the cards are others since.
    pub stale: Cell<bool>,
    heard: RefCell<Option<Rc<dyn Fn()>>>,
    /// What is selected.
    selected: RefCell<Option<ObjectKey>>,
}

impl Map {
    pub fn new(camera: Rc<Cell<Camera>>, world: NodeRef, painter: Rc<Painter>) -> Map {
        Map {
            canvas: NodeRef::default(),
            context: RefCell::default(),
            names: Names::default(),
            mini: Mini::default(),
            camera,
            world,
            placed: Cell::new(None),
            painter,
            scene: RefCell::default(),
            region: Cell::new(Region::All),
            window: Cell::default(),
            drawn: Cell::new(None),
            colours: RefCell::default(),
            stretched: Cell::new(false),
            moves: Cell::new(0),
            moved: Cell::new(true),
            stale: Cell::new(true),
            heard: RefCell::default(),
            selected: RefCell::default(),
        }
    }

    /// The window of the board has this size.
    pub fn set_window(&self, window: (f64, f64)) {
        self.window.set(window);
        self.stale.set(true);
    }

    /// What is selected has a frame on the map.
    pub fn set_selected(&self, selected: Option<ObjectKey>) {
        *self.selected.borrow_mut() = selected;
        self.stale.set(true);
    }

    /// Runs in the frame after the camera moved to where other cards are to be in the document.
    pub fn on_moved(&self, heard: impl Fn() + 'static) {
        *self.heard.borrow_mut() = Some(Rc::new(heard));
    }

    /// Another scene to draw.
    pub fn set_scene(&self, scene: Rc<Scene>) {
        let same = self.scene.borrow().looks_like(&scene);
        *self.scene.borrow_mut() = scene;
        if !same {
            self.stale.set(true);
        }
    }

    /// Which cards are in the document from now on.
    pub fn set_region(&self, region: Region) {
        let before = self.region.replace(region);
        if (before == Region::Map) != (region == Region::Map) {
            self.moved.set(true);
        }
    }

    /// Which cards of a scene should be in the document, where the camera is now.
    pub fn wanted_region(&self, scene: &Scene) -> Region {
        self.region.get().moved(scene, self.camera.get(), self.window.get())
    }

    /// Whether another level should be drawn at the scale of the camera.
    pub fn wants_other_level(&self) -> bool {
        self.camera.get().level_for(self.scene.borrow().level).is_some()
    }

    /// Whether the next frame has to draw the map anew, or to bring other cards into the document.
    pub fn has_much_to_draw(&self) -> bool {
        let scene = self.scene.borrow();
        self.is_on() && self.place_of_drawn(&scene).is_none()
            || self.wanted_region(&scene) != self.region.get()
    }

    fn is_on(&self) -> bool {
        self.region.get() == Region::Map
    }

    /// Draws what is not up to date. Gives whether the next frame has to look again.
    pub fn draw(&self) -> bool {
        let (moved, stale, stretched) = (self.moved.take(), self.stale.take(), self.stretched.take());
        if !moved && !stale && !stretched {
            return self.go_on_moving(false);
        }
        if stale {
            self.drawn.set(None);
            *self.colours.borrow_mut() = self.painter.colours();
        }
        let scene = self.scene.borrow().clone();
        if let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() {
            self.draw_map(&canvas, &scene, moved);
        }
        let moves = self.go_on_moving(moved);
        self.place_world();
        self.mini.draw(&scene, self.camera.get(), self.window.get(), &self.colours.borrow(), stale);
        if moved && self.wanted_region(&scene) != self.region.get() {
            let heard = self.heard.borrow().clone();
            if let Some(heard) = heard {
                heard();
            }
        }
        self.stretched.get() || moves
    }

    fn draw_map(&self, canvas: &HtmlCanvasElement, scene: &Scene, moved: bool) {
        let (on, camera) = (self.is_on(), self.camera.get());
        if on {
            let place = self.place_of_drawn(scene).filter(|_| moved);
            let place = place.unwrap_or_else(|| {
                let zooms_out = moved && self.drawn.get().is_some_and(|drawn| camera.scale < drawn.scale);
                let (w, h) = self.window.get();
                let ahead = zooms_out.then(|| camera.zoomed(1.0 / AHEAD, (w / 2.0, h / 2.0)));
                self.draw_anew(canvas, scene, ahead.unwrap_or(camera));
                ahead.and_then(|_| self.place_of_drawn(scene)).unwrap_or((0.0, 0.0, 1.0))
            });
            let (x, y, factor) = place;
            self.stretched.set(factor != 1.0);
            // Setting a property of a valid name does not fail.
            let _ = canvas.style().set_property("transform", &view::placed(x, y, factor));
        }
        if canvas.hidden() == on {
            canvas.set_hidden(!on);
        }
        // A large board keeps the pixels for when it is a map again: to give them back and to ask for them anew has the browser
        // collect garbage.
        if !scene.is_large() {
            view::resize_canvas(canvas, 0.0, 0.0);
        }
    }

    /// Moves the cards to where the camera wants them.
    pub fn place_world(&self) {
        let camera = self.camera.get();
        if self.placed.get() != Some(camera)
            && let Some(world) = self.world.cast::<HtmlElement>()
        {
            // Setting a property of a valid name does not fail.
            let _ = world.style().set_property("transform", &camera.to_css());
            self.placed.set(Some(camera));
        }
    }

    /// Tells the browser that a large board moves, or that it has come to rest. Gives whether it moves.
    fn go_on_moving(&self, moved: bool) -> bool {
        let before = self.moves.get();
        let is_large = self.scene.borrow().is_large();
        let moves = if moved && is_large { MOVES } else { before.saturating_sub(1) };
        self.moves.set(moves);
        if (before > 0) != (moves > 0)
            && let Some(board) = self.canvas.cast::<HtmlElement>().and_then(|canvas| canvas.parent_element())
        {
            // Setting an attribute of a valid name does not fail.
            let _ = board.toggle_attribute_with_force("data-moves", moves > 0);
        }
        moves > 0
    }

    /// How far what was drawn is to be moved, and how much to be enlarged, to be where the camera is now: the browser does that
    /// faster than to draw. `None` where that is not possible.
    fn place_of_drawn(&self, scene: &Scene) -> Option<(f64, f64, f64)> {
        let drawn = self.drawn.get()?;
        let camera = self.camera.get();
        let factor = camera.scale / drawn.scale;
        let ((w, h), (left, top)) = (self.window.get(), self.margin());
        // Where the left top corner of the canvas comes to be in the window.
        let x = camera.x - (drawn.x + left) * factor;
        let y = camera.y - (drawn.y + top) * factor;
        let shown = Rect { x, y, w: (w + 2.0 * left) * factor, h: (h + 2.0 * top) * factor };
        let bounds = scene.bounds;
        let board = Rect {
            x: bounds.x * camera.scale + camera.x,
            y: bounds.y * camera.scale + camera.y,
            w: bounds.w * camera.scale,
            h: bounds.h * camera.scale,
        };
        let covers = shown.x <= board.x.max(0.0)
            && shown.y <= board.y.max(0.0)
            && shown.right() >= board.right().min(w)
            && shown.bottom() >= board.bottom().min(h);
        // Text that stands between two pixels is blurred.
        let (x, y) = if factor == 1.0 { (x.round(), y.round()) } else { (x, y) };
        (covers && STRETCH.contains(&factor)).then_some((x + left, y + top, factor))
    }

    /// How much of the map is left and right of the window, and above and below it, in whole pixels.
    fn margin(&self) -> (f64, f64) {
        let (w, h) = self.window.get();
        ((w * MARGIN).round(), (h * MARGIN).round())
    }

    /// Draws the map as this camera sees it.
    fn draw_anew(&self, canvas: &HtmlCanvasElement, scene: &Scene, camera: Camera) {
        self.drawn.set(Some(camera));
        let ((w, h), (left, top)) = (self.window.get(), self.margin());
        let size = (w + 2.0 * left, h + 2.0 * top);
        let emptied = view::resize_canvas(canvas, size.0, size.1);
        if emptied {
            let place = format!("left:{}px;top:{}px;width:{}px;height:{}px", -left, -top, size.0, size.1);
            // Setting an attribute of a valid name does not fail.
            let _ = canvas.set_attribute("style", &place);
        }
        let mut context = self.context.borrow_mut();
        if emptied || context.is_none() {
            *context = context_of(canvas);
            let Some(context) = &*context else { return };
            let ratio = gloo::utils::window().device_pixel_ratio();
            let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        }
        let Some(context) = &*context else { return };
        context.clear_rect(0.0, 0.0, size.0, size.1);
        let at = Camera { x: camera.x + left, y: camera.y + top, ..camera };
        let pen = Pen::new(context, self.colours.borrow().clone(), at);
        chart::draw(&pen, &self.names, scene, size, self.selected.borrow().as_ref());
    }
}
