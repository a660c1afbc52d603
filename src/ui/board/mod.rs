//! The board: lanes, cards, lines and packets, with pan, zoom and drag.
//!
//! Cards are HTML and lines are SVG, drawn by Yew when the scene changes. Pan and zoom are one CSS transform and
//! packets are a canvas; both are set in the frame, past Yew.

mod cards;
mod focus;
mod gesture;
mod lines;
mod nodes;
mod packets;
mod view;

use std::rc::Rc;

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::scene::Scene;
use endpoint_playground::scene::walk::Step;
use endpoint_playground::session::Client;
use web_sys::{Element, HtmlCanvasElement, HtmlElement, ResizeObserver};
use yew::prelude::*;

use super::browser::{self, FrameHook, FrameHooks};
use super::events_model::{BoardEvent, Selection, Tool};
use super::icons;
use gesture::{Gesture, ZoomStep, moves_camera};
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
    /// A step of the focus from a card.
    Walk(String, Step),
    /// The focus came to a card.
    Focused(String),
    /// The focus left the board.
    Unfocused(FocusEvent),
}

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
    walker: focus::Walker,
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
            walker: focus::Walker::default(),
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
            Msg::Walk(from, step) => self.walk(ctx, &from, step),
            Msg::Focused(card) => self.focused(ctx, card),
            Msg::Unfocused(event) => self.unfocused(&event),
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
                    if browser::is_typing(&event) {
                        return None;
                    }
                    let step = focus::step_of(&event).and_then(|step| Some(Msg::Walk(focus::card_of(&event)?, step)));
                    let ours = step.or_else(|| moves_camera(&event.key()).then(|| Msg::Key(event.clone())));
                    if ours.is_some() {
                        event.prevent_default();
                    }
                    ours
                })}
            >
                <div class="world" ref={self.world.clone()} role="application" aria-label="Cards: the arrow keys go from one to the next"
                    onfocusin={link.batch_callback(|event: FocusEvent| focus::card_of(&event).map(Msg::Focused))}
                    onfocusout={link.callback(Msg::Unfocused)}>
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
                if empty && props.tool == Tool::Select {
                    <div class="empty" onpointerdown={|event: PointerEvent| event.stop_propagation()}>
                        <p>{ "The board is empty." }</p>
                        if !props.read_only {
                            <p class="acts">
                                { place_first(props, Tool::Service) }
                                { place_first(props, Tool::Pod) }
                            </p>
                            <p>{ "Or press S or P and click where it goes, paste YAML, or open a scenario." }</p>
                        }
                    </div>
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
        self.settle_focus(ctx);
        self.wake();
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some(observer) = self.observer.take() {
            observer.disconnect();
        }
    }
}

/// A button of the empty board.
fn place_first(props: &BoardProps, tool: Tool) -> Html {
    let onclick =
        props.on.reform(move |_: MouseEvent| BoardEvent::PlaceNew { tool, at: None, on_node: None });
    html! {
        <button type="button" class="btn out" {onclick}>{ icons::small_icon(tool.icon()) }{ format!("Place a {}", tool.name()) }</button>
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

    /// Selects at Space, opens at Enter, or uses the tool in the hand.
    fn keys(&self, selection: Selection) -> Callback<KeyboardEvent> {
        let (on, tool) = (self.on.clone(), self.tool);
        Callback::from(move |event: KeyboardEvent| {
            // Keys in a field inside the card are the field's.
            if browser::is_typing(&event) {
                return;
            }
            match event.key().as_str() {
                " " => on.emit(BoardEvent::Select(Some(selection.clone()))),
                "Enter" => match (tool, sender_of(&selection)) {
                    (Tool::Select, _) => {
                        on.emit(BoardEvent::Open(selection.clone()));
                        browser::focus_inspector();
                    }
                    (Tool::Client, Some(client)) => on.emit(BoardEvent::SendFrom(client)),
                    (Tool::Client, None) => return,
                    (tool, _) => {
                        let node = selection.object().filter(|key| key.kind == Kind::Node);
                        let on_node = node.map(|key| key.name.to_string());
                        on.emit(BoardEvent::PlaceNew { tool, at: None, on_node });
                    }
                },
                "Escape" if focus::is_within(&event) => focus::back_to_card(&event),
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
}
