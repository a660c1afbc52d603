//! A large board from afar: its cards as plain rectangles on a canvas. And the mini map, where the board is larger than its
//! window.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use endpoint_playground::api::ObjectKey;
use endpoint_playground::scene::Scene;
use endpoint_playground::scene::card::{Light, Mark};
use endpoint_playground::scene::geometry::Rect;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement};
use yew::prelude::*;

use super::packets::{self, Painter};
use super::shown::Region;
use super::view::{self, Camera};
use super::{Board, Msg};

/// The largest size of the mini map, in pixels.
const MINI: (f64, f64) = (176.0, 112.0);

/// How much larger than the window the map is drawn on each side, as a share of the window's size: so far the view moves
/// until it is drawn anew.
const MARGIN: f64 = 0.25;

/// How much larger and smaller than it was drawn the map is shown while one zooms.
const STRETCH: std::ops::RangeInclusive<f64> = 0.6..=1.6;

/// For how many frames after its last move a large board is taken to move: a hand on a wheel pauses.
const MOVES: u32 = 12;

/// From which width on a rectangle of the map has room for a name, in pixels.
const NAME_FROM: f64 = 34.0;

/// The map and the mini map, drawn in the frame, past Yew.
pub(super) struct Map {
    /// The map.
    pub canvas: NodeRef,
    mini: NodeRef,
    frame: NodeRef,
    view: NodeRef,
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
            mini: NodeRef::default(),
            frame: NodeRef::default(),
            view: NodeRef::default(),
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

    fn is_on(&self) -> bool {
        self.region.get() == Region::Map
    }

    /// Draws what is not up to date. Gives whether the next frame has to look again.
    pub fn draw(&self) -> bool {
        let recoloured = !Rc::ptr_eq(&self.painter.known_colours(), &self.colours.borrow());
        let (moved, stale, stretched) =
            (self.moved.take(), self.stale.take() || recoloured, self.stretched.take());
        let moves = self.go_on_moving(moved);
        if !moved && !stale && !stretched {
            return moves;
        }
        self.place_world();
        let scene = self.scene.borrow().clone();
        if moved && self.wanted_region(&scene) != self.region.get() {
            let heard = self.heard.borrow().clone();
            if let Some(heard) = heard {
                heard();
            }
        }
        let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() else { return moves };
        if stale {
            self.drawn.set(None);
            *self.colours.borrow_mut() = self.painter.colours();
        }
        let on = self.is_on();
        if on && !(moved && self.slide(&canvas, &scene)) {
            self.draw_anew(&canvas, &scene);
        }
        if canvas.hidden() == on {
            canvas.set_hidden(!on);
        }
        // A large board keeps the pixels for when it is a map again: to give them back and to ask for them anew has the browser
        // collect garbage.
        if !scene.is_large() {
            view::resize_canvas(&canvas, 0.0, 0.0);
        }
        self.draw_mini(&scene, self.window.get(), stale, gloo::utils::window().device_pixel_ratio());
        self.stretched.get() || moves
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

    /// Shows what was drawn where the camera is now, which the browser does faster than to draw. Gives whether that is
    /// possible.
    fn slide(&self, canvas: &HtmlCanvasElement, scene: &Scene) -> bool {
        let Some(drawn) = self.drawn.get() else { return false };
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
        if !covers || !STRETCH.contains(&factor) {
            return false;
        }
        self.stretched.set(factor != 1.0);
        // Text that stands between two pixels is blurred.
        let (x, y) = if factor == 1.0 { (x.round(), y.round()) } else { (x, y) };
        let place = view::placed(x + left, y + top, factor);
        // Setting a property of a valid name does not fail.
        let _ = canvas.style().set_property("transform", &place);
        true
    }

    /// How much of the map is left and right of the window, and above and below it, in whole pixels.
    fn margin(&self) -> (f64, f64) {
        let (w, h) = self.window.get();
        ((w * MARGIN).round(), (h * MARGIN).round())
    }

    fn draw_anew(&self, canvas: &HtmlCanvasElement, scene: &Scene) {
        self.drawn.set(Some(self.camera.get()));
        let ((w, h), (left, top)) = (self.window.get(), self.margin());
        let size = (w + 2.0 * left, h + 2.0 * top);
        view::resize_canvas(canvas, size.0, size.1);
        let place = format!("left:{}px;top:{}px;width:{}px;height:{}px", -left, -top, size.0, size.1);
        // Setting an attribute of a valid name does not fail.
        let _ = canvas.set_attribute("style", &place);
        let Some(context) = context_of(canvas) else { return };
        let ratio = gloo::utils::window().device_pixel_ratio();
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, size.0, size.1);
        self.draw_map(&context, scene, size);
    }

    fn draw_map(&self, context: &CanvasRenderingContext2d, scene: &Scene, size: (f64, f64)) {
        let (camera, (left, top)) = (self.camera.get(), self.margin());
        let camera = Camera { x: camera.x + left, y: camera.y + top, ..camera };
        let pen = Pen::new(context, self.colours.borrow().clone(), camera);
        let seen = Rect { x: 0.0, y: 0.0, w: size.0, h: size.1 };
        let mut cards = Vec::new();
        let mut names = Vec::new();
        let mut layers = Layers::default();
        for node in &scene.nodes {
            let rect = pen.rect(&node.rect);
            if !seen.overlaps(&rect) {
                continue;
            }
            cards.push(rect);
            for pod in &node.pods {
                layers.pod(&pen.rect(&pod.rect), pod.mark, pod.accent, pod.light != Light::None);
            }
            names.push((rect, &node.name, scene.metrics.node_heading));
        }
        for card in &scene.services {
            let rect = pen.rect(&card.whole);
            cards.push(rect);
            let own = usize::from(card.accent) - 1;
            layers
                .fills
                .entry((own, FULL))
                .or_default()
                .push(Rect { w: (rect.w / 6.0).clamp(2.0, 8.0), ..rect });
            if card.alert.is_some() {
                layers.marks.push(Rect { x: rect.right() - 4.0, y: rect.y, w: 4.0, h: 4.0 });
            }
            names.push((Rect { x: rect.x + 6.0, w: rect.w - 6.0, ..rect }, &card.name, card.whole.h));
        }
        let edges = scene.edges.iter().map(|card| (card.rect, &card.name));
        for (rect, name) in edges.chain(scene.clients.iter().map(|card| (card.rect, &card.name))) {
            let rect = pen.rect(&rect);
            cards.push(rect);
            names.push((rect, name, scene.metrics.heading));
        }
        pen.fill_all(packets::LINE, FULL, &cards);
        let inner = |rect: &Rect| Rect { x: rect.x + 1.0, y: rect.y + 1.0, w: rect.w - 2.0, h: rect.h - 2.0 };
        pen.fill_all(packets::SURFACE, FULL, &cards.iter().map(inner).collect::<Vec<_>>());
        layers.draw(&pen);
        // Setting a font takes as long as a hundred rectangles.
        context.set_font("11px system-ui, sans-serif");
        context.set_text_baseline("middle");
        for (rect, name, heading) in names {
            pen.name(&rect, name, heading);
        }
        context.set_global_alpha(1.0);
        if let Some(rect) = self.selected.borrow().as_ref().and_then(|key| scene.rect_of(key)) {
            let rect = pen.rect(&rect);
            context.set_stroke_style_str(pen.colour(packets::INK));
            context.set_line_width(2.0);
            context.stroke_rect(rect.x - 2.0, rect.y - 2.0, rect.w + 4.0, rect.h + 4.0);
            context.set_line_width(1.0);
        }
    }

    /// The mini map stands there while the board is larger than its window.
    fn draw_mini(&self, scene: &Scene, window: (f64, f64), stale: bool, ratio: f64) {
        let (Some(frame), Some(canvas), Some(view)) = (
            self.frame.cast::<HtmlElement>(),
            self.mini.cast::<HtmlCanvasElement>(),
            self.view.cast::<HtmlCanvasElement>(),
        ) else {
            return;
        };
        let camera = self.camera.get();
        let bounds = scene.bounds;
        let larger = window.0 > 480.0
            && (bounds.w * camera.scale > window.0 + 8.0 || bounds.h * camera.scale > window.1 + 8.0);
        // Setting a class or a property of a valid name does not fail.
        let _ = frame.class_list().toggle_with_force("shown", larger);
        if !larger {
            return;
        }
        let scale = mini_scale(scene);
        let (w, h) = (bounds.w * scale, bounds.h * scale);
        if stale || canvas.width() != (w * ratio) as u32 {
            for canvas in [&canvas, &view] {
                canvas.set_width((w * ratio) as u32);
                canvas.set_height((h * ratio) as u32);
                let style = canvas.style();
                let _ = style.set_property("width", &format!("{w:.0}px"));
                let _ = style.set_property("height", &format!("{h:.0}px"));
            }
            if let Some(context) = context_of(&canvas) {
                let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
                let at = Camera { x: -bounds.x * scale, y: -bounds.y * scale, scale, moved: false };
                let pen = Pen::new(&context, self.colours.borrow().clone(), at);
                pen.fill(packets::LINE, 1.0);
                for rect in
                    scene.nodes.iter().map(|card| card.rect).chain(scene.edges.iter().map(|card| card.rect))
                {
                    let rect = pen.rect(&rect);
                    context.fill_rect(rect.x, rect.y, rect.w.max(1.0), rect.h.max(1.0));
                }
                for card in &scene.services {
                    let rect = pen.rect(&card.whole);
                    pen.fill(usize::from(card.accent) - 1, 1.0);
                    context.fill_rect(rect.x, rect.y, rect.w.max(1.0), rect.h.max(1.0));
                }
            }
        }
        let (left, top) = camera.to_world(0.0, 0.0);
        let (x, y) = ((left - bounds.x) * scale, (top - bounds.y) * scale);
        let (right, bottom) = (x + window.0 / camera.scale * scale, y + window.1 / camera.scale * scale);
        let (x, y) = (x.clamp(0.0, w), y.clamp(0.0, h));
        let (right, bottom) = (right.clamp(x, w), bottom.clamp(y, h));
        // On a canvas of its own: an element that moves is laid out anew in each frame.
        let Some(context) = context_of(&view) else { return };
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, w, h);
        let at = Camera { x: 0.0, y: 0.0, scale: 1.0, moved: false };
        let pen = Pen::new(&context, self.colours.borrow().clone(), at);
        let (width, height) = ((right - x).max(4.0), (bottom - y).max(4.0));
        pen.fill(packets::INK, 0.12);
        context.fill_rect(x, y, width, height);
        context.set_global_alpha(1.0);
        context.set_stroke_style_str(pen.colour(packets::INK));
        context.set_line_width(1.5);
        context.stroke_rect(x + 0.75, y + 0.75, width - 1.5, height - 1.5);
    }
}

fn mini_scale(scene: &Scene) -> f64 {
    (MINI.0 / scene.bounds.w.max(1.0)).min(MINI.1 / scene.bounds.h.max(1.0))
}

fn context_of(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}

/// Draws rectangles of the board where the camera sees them.
struct Pen<'a> {
    context: &'a CanvasRenderingContext2d,
    colours: Rc<Vec<String>>,
    camera: Camera,
    /// The colour that is set, and how strong.
    set: Cell<(usize, f64)>,
}

impl<'a> Pen<'a> {
    fn new(context: &'a CanvasRenderingContext2d, colours: Rc<Vec<String>>, camera: Camera) -> Pen<'a> {
        context.set_line_width(1.0);
        Pen { context, colours, camera, set: Cell::new((usize::MAX, -1.0)) }
    }

    fn rect(&self, rect: &Rect) -> Rect {
        let Camera { x, y, scale, .. } = self.camera;
        Rect { x: rect.x * scale + x, y: rect.y * scale + y, w: rect.w * scale, h: rect.h * scale }
    }

    fn colour(&self, index: usize) -> &str {
        self.colours.get(index).map_or("#888", String::as_str)
    }

    /// Sets the colour of what is filled; setting it costs more than a rectangle does.
    fn fill(&self, index: usize, alpha: f64) {
        let (colour, strength) = self.set.replace((index, alpha));
        if colour != index {
            self.context.set_fill_style_str(self.colour(index));
        }
        if strength != alpha {
            self.context.set_global_alpha(alpha);
        }
    }

    /// Fills rectangles with one colour.
    fn fill_all(&self, index: usize, percent: u8, rects: &[Rect]) {
        if rects.is_empty() {
            return;
        }
        self.fill(index, f64::from(percent) / 100.0);
        for rect in rects {
            self.context.fill_rect(rect.x, rect.y, rect.w, rect.h);
        }
    }

    /// A name at the size of all texts, where there is room for one.
    fn name(&self, rect: &Rect, name: &str, heading: f64) {
        if rect.w < NAME_FROM || heading * self.camera.scale < 9.0 {
            return;
        }
        let fits = ((rect.w - 6.0) / 6.0) as usize;
        let cut: String = match name.chars().count() > fits {
            true => name.chars().take(fits.saturating_sub(1)).chain(['\u{2026}']).collect(),
            false => name.to_owned(),
        };
        self.fill(packets::INK, 1.0);
        let y = rect.y + heading * self.camera.scale / 2.0;
        // Text of valid characters does not fail.
        let _ = self.context.fill_text(&cut, rect.x + 4.0, y);
    }
}

/// The strength of a colour that is not thinned, in percent.
const FULL: u8 = 100;

/// Rectangles by colour, as setting a colour costs more than a rectangle does; the later ones lie over the earlier.
#[derive(Default)]
struct Layers {
    /// By the place of their colour and its strength in percent.
    fills: BTreeMap<(usize, u8), Vec<Rect>>,
    /// Hollow out what they lie on.
    holes: Vec<Rect>,
    /// What is in trouble.
    marks: Vec<Rect>,
}

impl Layers {
    /// Ready is filled; not ready is hollow; terminating is filled by half; what no Service has is pale.
    fn pod(&mut self, rect: &Rect, mark: Mark, accent: Option<u8>, lit: bool) {
        let gap = (rect.h * 0.1).min(1.0);
        let rect = Rect { y: rect.y + gap, h: rect.h - gap, ..*rect };
        let own = accent.map_or(packets::PLAIN, |accent| usize::from(accent) - 1);
        let fill = match mark {
            Mark::Ready | Mark::Off => match (accent, lit, mark) {
                (_, true, _) => (own, FULL),
                (Some(_), _, Mark::Ready) => (own, 60),
                _ => (own, 25),
            },
            Mark::NotReady => (packets::WARN, FULL),
            Mark::NearMiss => (packets::PLAIN, FULL),
            Mark::Terminating => (packets::BAD, 30),
        };
        self.fills.entry(fill).or_default().push(rect);
        match mark {
            Mark::NotReady | Mark::NearMiss => {
                let (x, y, w) = (rect.x + 1.5, rect.y + 1.5, rect.w - 3.0);
                self.holes.push(Rect { x, y, w, h: (rect.h - 3.0).max(0.5) });
            }
            Mark::Terminating => {
                self.marks.push(Rect { y: rect.y + rect.h / 2.0, h: rect.h / 2.0, ..rect });
            }
            Mark::Ready | Mark::Off => {}
        }
    }

    fn draw(&self, pen: &Pen) {
        for ((index, percent), rects) in &self.fills {
            pen.fill_all(*index, *percent, rects);
        }
        pen.fill_all(packets::SURFACE, FULL, &self.holes);
        pen.fill_all(packets::BAD, FULL, &self.marks);
    }
}

impl Board {
    /// The mini map: a second way to move the view beside dragging, the wheel and the arrow keys.
    pub(super) fn mini_map(&self, ctx: &Context<Self>) -> Html {
        let go = ctx.link().batch_callback(|event: PointerEvent| {
            event.stop_propagation();
            (event.buttons() & 1 == 1).then_some(Msg::Go(event))
        });
        html! {
            <div class="float mini" ref={self.map.frame.clone()} aria-hidden="true" title="The whole board: click or drag to go there"
                onpointerdown={go.clone()} onpointermove={go}>
                <canvas ref={self.map.mini.clone()}></canvas>
                <canvas class="view" ref={self.map.view.clone()}></canvas>
            </div>
        }
    }

    /// Moves the view to where the pointer is on the mini map.
    pub(super) fn go(&mut self, event: &PointerEvent) {
        let scene = self.map.scene.borrow().clone();
        let corner = view::corner(&self.map.mini);
        let scale = mini_scale(&scene);
        let x = (f64::from(event.client_x()) - corner.0) / scale + scene.bounds.x;
        let y = (f64::from(event.client_y()) - corner.1) / scale + scene.bounds.y;
        let (width, height) = self.size();
        let camera = self.camera.get();
        self.set_camera(Camera {
            x: width / 2.0 - x * camera.scale,
            y: height / 2.0 - y * camera.scale,
            moved: true,
            ..camera
        });
    }
}
