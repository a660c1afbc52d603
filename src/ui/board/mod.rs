//! The board: lanes, cards, lines and packets, with pan, zoom and drag.
//!
//! Cards are HTML and lines are SVG, drawn by Yew when the scene changes. Pan and zoom are one CSS transform and
//! packets are a canvas; both are set in the frame, past Yew.

mod cards;
mod lines;
mod nodes;
mod packets;
mod view;

use std::rc::Rc;

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::scene::Scene;
use endpoint_playground::session::{Client, Command, Placement};
use web_sys::{Element, HtmlCanvasElement, HtmlElement, ResizeObserver};
use yew::prelude::*;

use super::browser::{self, FrameHook, FrameHooks};
use super::events_model::{BoardEvent, Selection, Tool};
use super::icons;
use view::Camera;

/// A scene that is compared by pointer: the page makes a new one whenever something changed.
#[derive(Clone)]
pub struct SharedScene(pub Rc<Scene>);

impl PartialEq for SharedScene {
    fn eq(&self, other: &SharedScene) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What the board shows and whom it tells.
#[derive(Properties, PartialEq)]
pub struct BoardProps {
    /// What to draw.
    pub scene: SharedScene,
    /// How large to draw it, as the last fitting found; a new value moves the view.
    pub fit: Fit,
    /// What is selected.
    pub selection: Option<Selection>,
    /// What a click does.
    pub tool: Tool,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// Whether packets are left out, and the hop in focus is lit instead.
    pub still: bool,
    /// Hears what the person does.
    pub on: Callback<BoardEvent>,
}

/// The result of fitting the board into its window.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Fit {
    /// Grows with each fitting, so that the board knows a new one.
    pub number: u32,
    /// The scale.
    pub scale: f64,
}

/// What happens on the board.
pub enum Msg {
    /// The window of the board has a size, or another one.
    Resized,
    /// A pointer went down on the bare board.
    PanStart(PointerEvent),
    /// A pointer went down on a card that can be dragged.
    DragStart(PointerEvent, Rc<str>, Element),
    /// A pointer moved.
    Moved(PointerEvent),
    /// A pointer was lifted or lost.
    Lifted(PointerEvent),
    /// The wheel turned.
    Wheel(WheelEvent),
    /// A zoom button: in, out, or everything.
    Zoom(ZoomStep),
    /// A key on the board itself.
    Key(KeyboardEvent),
}

/// What a zoom button does.
#[derive(Clone, Copy, PartialEq)]
pub enum ZoomStep {
    /// Nearer.
    In,
    /// Farther.
    Out,
    /// Everything into view.
    Fit,
}

/// What the pointer is doing.
enum Gesture {
    Pan { pointer: i32, from: (f64, f64), moved: bool },
    Pinch { first: (i32, (f64, f64)), second: (i32, (f64, f64)) },
    Drag { pointer: i32, card: Rc<str>, element: HtmlElement, from: (f64, f64), moved: bool },
}

/// How far a pointer may tremble and still be a click, in pixels.
const TREMBLE: f64 = 4.0;

/// How much one zoom step changes the scale.
const ZOOM_STEP: f64 = 1.2;

/// The component.
pub struct Board {
    window: NodeRef,
    world: NodeRef,
    canvas: NodeRef,
    probes: NodeRef,
    camera: Rc<std::cell::Cell<Camera>>,
    gesture: Option<Gesture>,
    hooks: Option<FrameHooks>,
    _packets: Option<FrameHook>,
    painter: Rc<packets::Painter>,
    observer: Option<ResizeObserver>,
    seen: (u32, u32, u32),
}

impl Component for Board {
    type Message = Msg;
    type Properties = BoardProps;

    fn create(ctx: &Context<Self>) -> Board {
        let hooks = ctx.link().context::<FrameHooks>(Callback::noop()).map(|(hooks, _)| hooks);
        let (canvas, probes) = (NodeRef::default(), NodeRef::default());
        let camera = Rc::new(std::cell::Cell::new(Camera::default()));
        let painter = Rc::new(packets::Painter::new(canvas.clone(), probes.clone(), camera.clone()));
        painter.set_scene(ctx.props().scene.0.clone(), ctx.props().still);
        let hook = hooks.as_ref().map(|hooks| {
            let painter = painter.clone();
            hooks.add(move |now| painter.paint(now))
        });
        Board {
            window: NodeRef::default(),
            world: NodeRef::default(),
            canvas,
            probes,
            camera,
            gesture: None,
            hooks,
            _packets: hook,
            painter,
            observer: None,
            seen: (u32::MAX, 0, 0),
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &BoardProps) -> bool {
        let props = ctx.props();
        if props.scene != old.scene || props.still != old.still {
            let (before, after) = (&old.scene.0, &props.scene.0);
            if before.level != after.level && props.fit == old.fit {
                // The other level has another size: keep what is in the middle in the middle.
                let size = self.size();
                self.set_camera(self.camera.get().rescaled(before.bounds, after.bounds, size));
            }
            self.painter.set_scene(after.clone(), props.still);
        }
        if props.fit != old.fit {
            self.show_all(props);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Resized => self.resized(ctx),
            Msg::PanStart(event) => self.pan_start(ctx, &event),
            Msg::DragStart(event, card, element) => self.drag_start(&event, card, element),
            Msg::Moved(event) => self.moved(&event),
            Msg::Lifted(event) => self.lifted(ctx, &event),
            Msg::Wheel(event) => self.wheel(ctx, &event),
            Msg::Zoom(step) => self.zoom(ctx, step),
            Msg::Key(event) => self.key(ctx, &event),
        }
        false
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let scene = &*props.scene.0;
        let link = ctx.link();
        let level = match scene.level {
            endpoint_playground::scene::Level::Full => "full",
            endpoint_playground::scene::Level::Compact => "compact",
            endpoint_playground::scene::Level::Overview => "overview",
        };
        let frame = CardFrame {
            on: props.on.clone(),
            drag: link.callback(|(event, card, element)| Msg::DragStart(event, card, element)),
            read_only: props.read_only,
            tool: props.tool,
        };
        let empty = scene.services.is_empty() && scene.nodes.iter().all(|node| node.pods.is_empty());
        html! {
            <main
                ref={self.window.clone()}
                class={classes!("board", level, (props.tool != Tool::Select).then_some("placing"))}
                aria-label="Board"
                onpointerdown={link.callback(Msg::PanStart)}
                onpointermove={link.callback(Msg::Moved)}
                onpointerup={link.callback(Msg::Lifted)}
                onpointercancel={link.callback(Msg::Lifted)}
                onwheel={link.callback(|event: WheelEvent| {
                    event.prevent_default();
                    Msg::Wheel(event)
                })}
                onkeydown={link.batch_callback(|event: KeyboardEvent| {
                    let ours = moves_camera(&event.key()) && !browser::is_typing(&event);
                    if ours {
                        event.prevent_default();
                    }
                    ours.then_some(Msg::Key(event))
                })}
            >
                <div class="world" ref={self.world.clone()}>
                    { lines::lanes(scene) }
                    { for scene.nodes.iter().map(|node| nodes::node(node, props, &frame)) }
                    { lines::net(scene) }
                    { for scene.clients.iter().map(|card| cards::client(card, scene, props, &frame)) }
                    { for scene.edges.iter().map(|card| cards::edge(card, scene, props, &frame)) }
                    { for scene.services.iter().map(|card| cards::service(card, scene, props, &frame)) }
                    { for scene.nodes.iter().map(|node| nodes::gate(node, scene)) }
                    { lines::over(scene, props.still) }
                </div>
                <canvas class="packets" ref={self.canvas.clone()} aria-hidden="true"></canvas>
                <div class="probes" ref={self.probes.clone()} aria-hidden="true">
                    { for packets::PROBES.iter().map(|class| html! { <i class={*class}></i> }) }
                </div>
                if !scene.kept.is_empty() {
                    <p class="float kept" title={kept_words(&scene.kept)}>{ kept_words(&scene.kept) }</p>
                }
                if empty {
                    <p class="empty">
                        { "The board is empty. Press P and click on a node to place a Pod, S to place a Service, or paste YAML." }
                    </p>
                }
                <div class="float zoom" onpointerdown={|event: PointerEvent| event.stop_propagation()}>
                    <button class="btn" title="Farther (-)" aria-label="Zoom out"
                        onclick={link.callback(|_| Msg::Zoom(ZoomStep::Out))}>{ icons::small_icon("i-minus") }</button>
                    <button class="btn" title="Nearer (+)" aria-label="Zoom in"
                        onclick={link.callback(|_| Msg::Zoom(ZoomStep::In))}>{ icons::small_icon("i-plus") }</button>
                    <button class="btn" title="Show all (0)" aria-label="Show all"
                        onclick={link.callback(|_| Msg::Zoom(ZoomStep::Fit))}>{ icons::small_icon("i-fit") }</button>
                </div>
            </main>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            if let Some(window) = self.window.cast::<Element>() {
                let link = ctx.link().clone();
                self.observer = view::observe_size(&window, move || link.send_message(Msg::Resized));
            }
            self.resized(ctx);
        }
        if self.seen.0 != ctx.props().fit.number {
            self.seen.0 = ctx.props().fit.number;
            self.show_all(ctx.props());
        }
        self.wake();
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some(observer) = self.observer.take() {
            observer.disconnect();
        }
    }
}

/// Names the objects that are on the board and not simulated.
fn kept_words(kept: &std::collections::BTreeMap<String, usize>) -> String {
    let kinds: Vec<String> = kept
        .iter()
        .map(|(kind, count)| if *count > 1 { format!("{count} {kind}") } else { kind.clone() })
        .collect();
    format!("Kept, not simulated: {}", kinds.join(", "))
}

/// What every card needs to tell what happens to it.
#[derive(Clone, PartialEq)]
pub struct CardFrame {
    /// Hears what the person does.
    pub on: Callback<BoardEvent>,
    /// Hears that a card is taken up: the event, the card's id and its element.
    pub drag: Callback<(PointerEvent, Rc<str>, Element)>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// What a click does.
    pub tool: Tool,
}

impl CardFrame {
    /// Selects something at a click. The client tool takes what can send as the sender; the other tools place.
    fn select(&self, selection: Selection) -> Callback<MouseEvent> {
        let frame = self.clone();
        Callback::from(move |event: MouseEvent| {
            let sender = sender_of(&selection);
            match (frame.tool, sender) {
                (Tool::Select, _) => frame.on.emit(BoardEvent::Select(Some(selection.clone()))),
                (Tool::Client, Some(client)) => frame.on.emit(BoardEvent::SendFrom(client)),
                _ => return,
            }
            event.stop_propagation();
        })
    }

    /// Selects at Space, opens at Enter.
    fn keys(&self, selection: Selection) -> Callback<KeyboardEvent> {
        let on = self.on.clone();
        Callback::from(move |event: KeyboardEvent| {
            // Keys in a field inside the card are the field's.
            if browser::is_typing(&event) {
                return;
            }
            match event.key().as_str() {
                " " => on.emit(BoardEvent::Select(Some(selection.clone()))),
                "Enter" => on.emit(BoardEvent::Open(selection.clone())),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    }

    /// Opens the inspector at a double click.
    fn open(&self, selection: Selection) -> Callback<MouseEvent> {
        let on = self.on.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            on.emit(BoardEvent::Open(selection.clone()));
        })
    }

    /// Takes a card up.
    fn take(&self, id: &str) -> Callback<PointerEvent> {
        let (drag, id, free) =
            (self.drag.clone(), Rc::<str>::from(id), !self.read_only && self.tool == Tool::Select);
        Callback::from(move |event: PointerEvent| {
            let held = view::card_under(&event)
                .filter(|_| free && event.button() == 0 && !browser::is_typing(&event));
            if let Some(element) = held {
                // At once: the message is handled only after the event has gone on to the board.
                event.stop_propagation();
                drag.emit((event, id.clone(), element));
            }
        })
    }
}

/// Who sends, if what is selected can send.
fn sender_of(selection: &Selection) -> Option<Client> {
    match selection {
        Selection::Client(client) => Some(client.clone()),
        Selection::Object(key) => match key.kind {
            Kind::Pod => {
                Some(Client::Pod { namespace: key.namespace.to_string(), name: key.name.to_string() })
            }
            Kind::Node => Some(Client::Node(key.name.to_string())),
            _ => None,
        },
        Selection::LoadBalancer(_) | Selection::Dns => None,
    }
}

/// The class that lights a row, a gate or a Pod.
fn light_class(light: endpoint_playground::scene::card::Light) -> Option<&'static str> {
    use endpoint_playground::scene::card::Light;
    match light {
        Light::None => None,
        Light::Tinted => Some("trail"),
        Light::Solid => Some("lit"),
    }
}

/// The class that gives an element a Service's accent.
fn accent_class(accent: Option<u8>) -> Option<String> {
    accent.map(|accent| format!("a{accent}"))
}

/// `left`, `top`, `width` and `height` of a rectangle.
fn place(rect: endpoint_playground::scene::geometry::Rect) -> String {
    format!("left:{:.0}px;top:{:.0}px;width:{:.0}px;height:{:.0}px", rect.x, rect.y, rect.w, rect.h)
}

/// Whether this object is selected.
fn is_selected(props: &BoardProps, key: &ObjectKey) -> bool {
    matches!(&props.selection, Some(Selection::Object(selected)) if selected == key)
}

impl Board {
    fn wake(&self) {
        if let Some(hooks) = &self.hooks {
            hooks.wake();
        }
    }

    fn size(&self) -> (f64, f64) {
        let window = self.window.cast::<Element>();
        window.map_or((0.0, 0.0), |window| {
            (f64::from(window.client_width()), f64::from(window.client_height()))
        })
    }

    fn set_camera(&self, camera: Camera) {
        self.camera.set(camera);
        if let Some(world) = self.world.cast::<HtmlElement>() {
            // Setting a property of a valid name does not fail.
            let _ = world.style().set_property("transform", &camera.to_css());
        }
        self.wake();
    }

    fn resized(&mut self, ctx: &Context<Self>) {
        let (width, height) = self.size();
        if let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() {
            view::resize_canvas(&canvas, width, height);
        }
        let (w, h) = (width as u32, height as u32);
        if (w, h) != (self.seen.1, self.seen.2) && w > 0 {
            (self.seen.1, self.seen.2) = (w, h);
            ctx.props().on.emit(BoardEvent::Window { width, height, fit: !self.camera.get().moved });
        }
        self.wake();
    }

    fn show_all(&mut self, props: &BoardProps) {
        let (width, _) = self.size();
        let bounds = props.scene.0.bounds;
        let scale = props.fit.scale;
        // What is narrower than the window stands in its middle; what is wider begins at its left edge.
        let x = ((width - bounds.w * scale) / 2.0).max(0.0) - bounds.x * scale;
        self.set_camera(Camera { x, y: (-bounds.y * scale).max(0.0), scale, moved: false });
    }

    fn pan_start(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        if let Some(Gesture::Pan { pointer, from, .. }) = &self.gesture {
            self.gesture =
                Some(Gesture::Pinch { first: (*pointer, *from), second: (event.pointer_id(), at) });
            return;
        }
        if event.button() > 1
            || ctx.props().tool != Tool::Select && event.button() == 0 && self.gesture.is_some()
        {
            return;
        }
        self.gesture = Some(Gesture::Pan { pointer: event.pointer_id(), from: at, moved: false });
    }

    fn drag_start(&mut self, event: &PointerEvent, card: Rc<str>, element: Element) {
        let Ok(element) = wasm_bindgen::JsCast::dyn_into::<HtmlElement>(element) else { return };
        let from = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.gesture = Some(Gesture::Drag { pointer: event.pointer_id(), card, element, from, moved: false });
    }

    fn moved(&mut self, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let camera = self.camera.get();
        let far = |from: &(f64, f64)| (at.0 - from.0).hypot(at.1 - from.1) > TREMBLE;
        match &mut self.gesture {
            Some(Gesture::Pan { pointer, from, moved })
                if *pointer == event.pointer_id() && (*moved || far(from)) =>
            {
                let (dx, dy) = (at.0 - from.0, at.1 - from.1);
                if !*moved {
                    view::capture(&self.window, event);
                }
                (*from, *moved) = (at, true);
                self.set_camera(Camera { x: camera.x + dx, y: camera.y + dy, moved: true, ..camera });
            }
            Some(Gesture::Drag { pointer, element, from, moved, .. })
                if *pointer == event.pointer_id() && (*moved || far(from)) =>
            {
                if !*moved {
                    *moved = true;
                    let _ = element.set_pointer_capture(event.pointer_id());
                    let _ = element.class_list().add_1("held");
                }
                let (dx, dy) = ((at.0 - from.0) / camera.scale, (at.1 - from.1) / camera.scale);
                let _ = element.style().set_property("transform", &format!("translate({dx}px,{dy}px)"));
            }
            Some(Gesture::Pinch { first, second }) => {
                let id = event.pointer_id();
                let (mine, other) = if first.0 == id { (first, &*second) } else { (second, &*first) };
                if mine.0 == id {
                    let before = (mine.1.0 - other.1.0).hypot(mine.1.1 - other.1.1).max(1.0);
                    let after = (at.0 - other.1.0).hypot(at.1 - other.1.1).max(1.0);
                    let middle = (f64::midpoint(at.0, other.1.0), f64::midpoint(at.1, other.1.1));
                    mine.1 = at;
                    let corner = view::corner(&self.window);
                    let about = (middle.0 - corner.0, middle.1 - corner.1);
                    self.set_camera(camera.zoomed(after / before, about));
                }
            }
            _ => {}
        }
    }

    fn lifted(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        match self.gesture.take() {
            Some(Gesture::Pan { moved: false, .. }) if event.type_() == "pointerup" => self.clicked(ctx, at),
            Some(Gesture::Drag { card, element, from, moved: true, .. }) => {
                let _ = element.class_list().remove_1("held");
                let _ = element.style().remove_property("transform");
                if event.type_() == "pointerup" {
                    self.dropped(ctx, &card, from, at);
                }
                view::swallow_click();
            }
            Some(Gesture::Pinch { .. }) => self.change_level(ctx),
            _ => {}
        }
    }

    fn clicked(&mut self, ctx: &Context<Self>, at: (f64, f64)) {
        let props = ctx.props();
        let corner = view::corner(&self.window);
        let (x, y) = self.camera.get().to_world(at.0 - corner.0, at.1 - corner.1);
        if props.tool == Tool::Select {
            props.on.emit(match view::route_at(&props.scene.0, x, y) {
                Some(number) => BoardEvent::FocusRequest(number),
                None => BoardEvent::Select(None),
            });
            return;
        }
        let ratio = props.scene.0.metrics.ratio;
        let on_node = props
            .scene
            .0
            .nodes
            .iter()
            .find(|node| {
                let rect = node.rect;
                rect.x - 20.0 <= x && x <= rect.right() && rect.y <= y && y <= rect.bottom()
            })
            .and_then(|node| node.key.as_ref().map(|key| key.name.to_string()));
        let metrics = &props.scene.0.metrics;
        // New cards stand in their lane; the heading comes under the pointer.
        let x = match props.tool {
            Tool::Service => metrics.services.x,
            Tool::Ingress => metrics.edge.x,
            Tool::Node => metrics.nodes.x,
            _ => x,
        };
        let y = (y - metrics.heading / 2.0).max(metrics.top);
        let at = Some(((x / ratio).round() as i32, (y / ratio).round() as i32));
        props.on.emit(BoardEvent::PlaceNew { tool: props.tool, at, on_node });
    }

    /// A dragged card was put down: one command, snapped to the grid.
    fn dropped(&mut self, ctx: &Context<Self>, card: &str, from: (f64, f64), at: (f64, f64)) {
        let scene = &ctx.props().scene.0;
        let scale = self.camera.get().scale;
        let Some(rect) = view::rect_of(scene, card) else { return };
        let ratio = scene.metrics.ratio;
        let snap = |value: f64| ((value / ratio / 4.0).round() * 4.0) as i32;
        let x = snap(rect.x + (at.0 - from.0) / scale);
        let y = snap(rect.y + (at.1 - from.1) / scale).max(0);
        let place = Placement { card: card.to_owned(), at: Some((x, y)) };
        ctx.props().on.emit(BoardEvent::Command(Command::Place { places: vec![place] }));
    }

    fn wheel(&mut self, ctx: &Context<Self>, event: &WheelEvent) {
        let camera = self.camera.get();
        if event.ctrl_key() || event.meta_key() {
            let corner = view::corner(&self.window);
            let about = (f64::from(event.client_x()) - corner.0, f64::from(event.client_y()) - corner.1);
            self.set_camera(camera.zoomed((-event.delta_y() / 300.0).exp(), about));
            self.change_level(ctx);
        } else {
            let (dx, dy) = if event.shift_key() {
                (event.delta_y(), event.delta_x())
            } else {
                (event.delta_x(), event.delta_y())
            };
            self.set_camera(Camera { x: camera.x - dx, y: camera.y - dy, moved: true, ..camera });
        }
    }

    fn zoom(&mut self, ctx: &Context<Self>, step: ZoomStep) {
        let (width, height) = self.size();
        let about = (width / 2.0, height / 2.0);
        match step {
            ZoomStep::In => self.set_camera(self.camera.get().zoomed(ZOOM_STEP, about)),
            ZoomStep::Out => self.set_camera(self.camera.get().zoomed(1.0 / ZOOM_STEP, about)),
            ZoomStep::Fit => {
                self.camera.set(Camera { moved: false, ..self.camera.get() });
                ctx.props().on.emit(BoardEvent::Window { width, height, fit: true });
                return;
            }
        }
        self.change_level(ctx);
    }

    /// Text is never drawn below 11 px: beyond its scales another level takes over.
    fn change_level(&mut self, ctx: &Context<Self>) {
        let scene = &ctx.props().scene.0;
        if let Some(level) = self.camera.get().level_for(scene.level) {
            ctx.props().on.emit(BoardEvent::Level(level));
        }
    }

    fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) {
        let camera = self.camera.get();
        let step = 40.0;
        match event.key().as_str() {
            "+" | "=" => self.zoom(ctx, ZoomStep::In),
            "-" => self.zoom(ctx, ZoomStep::Out),
            "0" => self.zoom(ctx, ZoomStep::Fit),
            "ArrowLeft" => self.set_camera(Camera { x: camera.x + step, moved: true, ..camera }),
            "ArrowRight" => self.set_camera(Camera { x: camera.x - step, moved: true, ..camera }),
            "ArrowUp" => self.set_camera(Camera { y: camera.y + step, moved: true, ..camera }),
            "ArrowDown" => self.set_camera(Camera { y: camera.y - step, moved: true, ..camera }),
            _ => {}
        }
    }
}

/// Whether a key is one that the board moves by.
fn moves_camera(key: &str) -> bool {
    matches!(key, "+" | "=" | "-" | "0" | "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown")
}
