//! The board: lanes, cards, lines and packets, with pan, zoom and drag.
//!
//! Cards are HTML and lines are SVG, drawn by Yew when the scene changes. Pan and zoom are one CSS transform and
//! packets are a canvas; both are set in the frame, past Yew.

mod cards;
mod connecting;
mod dots;
mod focus;
mod gesture;
mod guides;
mod hover;
mod in_hand;
mod in_place;
mod lines;
mod map;
mod nodes;
mod overlay;
mod packets;
mod popup;
mod shown;
mod view;

use std::collections::BTreeSet;
use std::rc::Rc;

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::scene::Scene;
use endpoint_playground::scene::walk::Step;
use endpoint_playground::session::Places;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use super::browser::{self, FrameHook, FrameHooks};
use super::events_model::{BoardEvent, Selection, Tool};
use super::icons;
use super::moment::Objects;
use super::options::Theme;
pub use gesture::ZoomStep;
use gesture::{Gesture, moves_camera};
pub use popup::{Ask, Change};
use view::Camera;

/// A scene that is compared by pointer: the page makes a new one whenever something changed.
#[derive(Clone)]
pub struct SharedScene(pub Rc<Scene>);

impl PartialEq for SharedScene {
    fn eq(&self, other: &SharedScene) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Always the newest scene, for the painter, which draws past Yew.
#[derive(Clone, Default)]
pub struct LiveScene(pub Rc<std::cell::RefCell<Rc<Scene>>>);

impl PartialEq for LiveScene {
    fn eq(&self, other: &LiveScene) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What the board shows and whom it tells.
#[derive(Properties, Clone, PartialEq)]
pub struct BoardProps {
    /// What to draw.
    pub scene: SharedScene,
    /// The same, always the newest.
    pub live: LiveScene,
    /// How large to draw it, as the last fitting found; a new value moves the view.
    pub fit: Fit,
    /// The objects.
    pub objects: Objects,
    /// The cards that were placed by hand.
    pub placed: Places,
    /// What is selected.
    pub selection: Option<Selection>,
    /// All objects that are selected, where they are several.
    pub picked: Rc<BTreeSet<ObjectKey>>,
    /// What a click does.
    pub tool: Tool,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// Whether a drag of the bare board moves the view, and does not select.
    pub pans: bool,
    /// The addresses of the packet that is pointed at.
    pub peek: Option<AttrValue>,
    /// What a panel asks for, with a number that grows with each.
    pub ask: (u32, Option<Ask>),
    /// The theme whose colours the canvases are drawn in.
    pub theme: Theme,
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
    /// A pointer went down.
    Pressed(PointerEvent),
    /// A pointer moved.
    Moved(PointerEvent),
    /// A pointer was lifted or lost.
    Lifted(PointerEvent),
    /// The wheel zoomed so far that another level is to be drawn.
    Zoomed,
    /// A zoom button: in, out, or everything.
    Zoom(ZoomStep),
    /// A key on the board itself.
    Key(KeyboardEvent),
    /// A key on a card or in it.
    CardKey(KeyboardEvent),
    /// The arrow keys move what is selected: so many steps to the right and down.
    Nudge(f64, f64),
    /// A click.
    Clicked(MouseEvent),
    /// A double click.
    Opened(MouseEvent),
    /// The menu is asked for.
    Asked(MouseEvent),
    /// A finger rests.
    Rested((f64, f64), PointerEvent),
    /// A pointer came over something.
    Over(PointerEvent),
    /// A pointer left the board.
    Left,
    /// A pointer moved anywhere while a tool is in the hand.
    Carried(PointerEvent),
    /// A pointer was lifted anywhere while a tool is in the hand.
    PutDown(PointerEvent),
    /// The popup closes.
    Hide,
    /// Something is to be drawn again.
    Wake,
    /// A step of the focus from a card.
    Walk(String, Step),
    /// The focus came to a card.
    Focused(String),
    /// The focus left the board.
    Unfocused(FocusEvent),
    /// The system has other colours.
    Recoloured,
    /// Another part of a large board came into view.
    Looked,
    /// The mini map was pressed or dragged on: go there.
    Go(PointerEvent),
}

/// The component.
pub struct Board {
    window: NodeRef,
    world: NodeRef,
    canvas: NodeRef,
    crowd: NodeRef,
    probes: NodeRef,
    camera: Rc<std::cell::Cell<Camera>>,
    gesture: Option<Gesture>,
    overlay: overlay::Overlay,
    /// The object whose handle is shown.
    handle: Option<ObjectKey>,
    hover: Option<hover::Hover>,
    peek: hover::Peek,
    popup: Option<popup::Popup>,
    /// Whether the popup has changed since it was drawn.
    stale: bool,
    /// Runs out when a finger has rested long enough.
    resting: Option<gloo::timers::callback::Timeout>,
    carrying: Option<gesture::Carrying>,
    /// Whether the pointer that is down went down in the tool bar.
    from_tools: Rc<std::cell::Cell<bool>>,
    _tool_bar: browser::Listener,
    _system_colours: Vec<browser::Listener>,
    hooks: Option<FrameHooks>,
    _packets: Option<(FrameHook, FrameHook)>,
    painter: Rc<packets::Painter>,
    observer: Option<ResizeObserver>,
    wheel: Option<browser::Listener>,
    /// Where the window stands on the page.
    corner: Rc<view::Corner>,
    seen: (u32, u32, u32),
    walker: focus::Walker,
    shown: Rc<shown::Shown>,
    map: Rc<map::Map>,
    _map: Option<FrameHook>,
}

impl Component for Board {
    type Message = Msg;
    type Properties = BoardProps;

    fn create(ctx: &Context<Self>) -> Board {
        let hooks = ctx.link().context::<FrameHooks>(Callback::noop()).map(|(hooks, _)| hooks);
        let [window, canvas, crowd, probes] = std::array::from_fn(|_| NodeRef::default());
        let camera = Rc::new(std::cell::Cell::new(Camera::default()));
        let painter = Rc::new(packets::Painter::new(
            canvas.clone(),
            crowd.clone(),
            probes.clone(),
            camera.clone(),
            ctx.props().live.clone(),
        ));
        painter.set_still(ctx.props().still);
        let overlay = overlay::Overlay::default();
        let packets = hooks.as_ref().map(|hooks| {
            let (paints, sends, tempo) = (painter.clone(), painter.clone(), hooks.clone());
            let (guides, seen) = (overlay.guides.clone(), camera.clone());
            let paint = hooks.add(move |now| {
                paints.paint(now, tempo.tempo());
                guides.place(seen.get());
            });
            (paint, hooks.add_last(move |_| sends.send()))
        });
        let world = NodeRef::default();
        let map = Rc::new(map::Map::new(camera.clone(), world.clone(), painter.clone()));
        map.set_scene(ctx.props().scene.0.clone());
        let drawn = hooks.as_ref().map(|hooks| {
            let (map, hooks) = (map.clone(), hooks.clone());
            hooks.clone().add(move |_| {
                if map.draw() {
                    hooks.wake();
                }
            })
        });
        let from_tools = Rc::new(std::cell::Cell::new(false));
        Board {
            window: window.clone(),
            world,
            canvas,
            crowd,
            probes,
            camera,
            gesture: None,
            overlay,
            handle: None,
            hover: None,
            peek: hover::Peek::default(),
            popup: None,
            stale: false,
            resting: None,
            carrying: None,
            _tool_bar: gesture::watch_tool_bar(from_tools.clone()),
            _system_colours: browser::on_system_colours({
                let link = ctx.link().clone();
                move || link.send_message(Msg::Recoloured)
            }),
            from_tools,
            hooks,
            _packets: packets,
            painter,
            observer: None,
            wheel: None,
            corner: Rc::new(view::Corner::new(window)),
            seen: (u32::MAX, 0, 0),
            walker: focus::Walker::default(),
            shown: Rc::new(shown::Shown::new(ctx.props(), shown::Region::All)),
            map,
            _map: drawn,
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
            self.painter.set_still(props.still);
            self.map.set_scene(after.clone());
        }
        if props.theme != old.theme {
            self.recolour();
        }
        if props.fit != old.fit {
            self.show_all(props);
        }
        let looked = self.look(props);
        let same = (props.scene == old.scene || same_tracks(&props.scene.0, &old.scene.0))
            && !looked
            && *props == BoardProps { scene: props.scene.clone(), ..old.clone() };
        if props.tool != old.tool {
            self.took_tool(ctx);
        }
        if props.peek.is_none() {
            self.peek.shown = None;
        }
        if props.ask.0 != old.ask.0
            && let Some(ask) = props.ask.1.clone()
        {
            self.answer(ctx, ask);
        }
        // Requests that are not in focus are the painter's.
        !same
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Resized => self.resized(ctx),
            Msg::Pressed(event) => self.pressed(ctx, &event),
            Msg::Moved(event) => self.moved(ctx, &event),
            Msg::Lifted(event) => self.lifted(ctx, &event),
            Msg::Zoomed => self.change_level(ctx),
            Msg::Zoom(step) => self.zoom(ctx, step),
            Msg::Key(event) => self.key(ctx, &event),
            Msg::CardKey(event) => self.card_key(ctx, &event),
            Msg::Nudge(right, down) => {
                self.nudge(ctx.props(), right, down);
            }
            Msg::Clicked(event) => self.clicked(ctx, &event),
            Msg::Opened(event) => self.opened(ctx, &event),
            Msg::Asked(event) => self.asked(ctx, gesture::client(&event), &event),
            Msg::Rested(at, event) => self.asked(ctx, at, &event),
            Msg::Over(event) => self.over(ctx, &event),
            Msg::Left => {
                self.unlight();
                self.handle_of_selected(ctx.props());
            }
            Msg::Carried(event) => self.carried(ctx, &event),
            Msg::PutDown(event) => self.put_tool_down(ctx, &event),
            Msg::Hide => self.hide(ctx),
            Msg::Wake => {}
            Msg::Walk(from, step) => self.walk(ctx, &from, step),
            Msg::Focused(card) => self.focused(ctx, card),
            Msg::Unfocused(event) => self.unfocused(&event),
            Msg::Recoloured => self.recolour(),
            Msg::Looked => self.stale |= self.look(ctx.props()),
            Msg::Go(event) => self.go(&event),
        }
        std::mem::take(&mut self.stale)
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
        let empty = scene.services.is_empty() && scene.nodes.iter().all(|node| node.pods.is_empty());
        html! {
            <main
                ref={self.window.clone()}
                class={classes!("board", level, scene.is_large().then_some("large"), self.shows_map().then_some("afar"), match props.tool { Tool::Select => None, Tool::Hand => Some("moving"), _ => Some("placing") })}
                aria-label="Board"
                onpointerdown={link.callback(Msg::Pressed)}
                onpointermove={link.callback(Msg::Moved)}
                onpointerup={link.callback(Msg::Lifted)}
                onpointercancel={link.callback(Msg::Lifted)}
                onpointerover={link.callback(Msg::Over)}
                onpointerleave={link.callback(|_| Msg::Left)}
                onclick={link.callback(Msg::Clicked)}
                ondblclick={link.callback(Msg::Opened)}
                oncontextmenu={link.batch_callback(|event: MouseEvent| {
                    let ours = !browser::is_typing(&event) && !browser::is_inside(&event, ".popup");
                    if ours {
                        event.prevent_default();
                    }
                    ours.then_some(Msg::Asked(event))
                })}
                onkeydown={link.batch_callback(move |event: KeyboardEvent| {
                    let ours = board_key(&event);
                    if ours.is_some() {
                        event.prevent_default();
                    }
                    ours
                })}
            >
                <div class="world" ref={self.world.clone()} role="application" aria-label="Cards: the arrow keys go from one to the next"
                    onfocusin={link.batch_callback(|event: FocusEvent| focus::card_of(&event).map(Msg::Focused))}
                    onfocusout={link.callback(Msg::Unfocused)}>
                    { lines::lanes(scene, &self.shown.region) }
                    { lines::frames(scene) }
                    { self.in_document(scene) }
                    { lines::over(scene, props.still, &self.shown.region) }
                    { self.overlay.view(props.tool) }
                </div>
                <canvas class="map" ref={self.map.canvas.clone()} hidden=true aria-hidden="true"></canvas>
                <canvas class="packets crowd" ref={self.crowd.clone()} aria-hidden="true"></canvas>
                <canvas class="packets" ref={self.canvas.clone()} aria-hidden="true"></canvas>
                { self.painter.hand().view() }
                { self.overlay.guides.view() }
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
                { self.mini_map(ctx) }
                { self.peek_view(props) }
                { self.popup_view(ctx) }
            </main>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            if let Some(window) = self.window.cast::<Element>() {
                let link = ctx.link().clone();
                self.observer = view::observe_size(&window, move || link.send_message(Msg::Resized));
                let link = ctx.link().clone();
                self.wheel = Some(self.watch_wheel(&window, move || link.send_message(Msg::Zoomed)));
            }
            self.resized(ctx);
        }
        if self.seen.0 != ctx.props().fit.number {
            self.seen.0 = ctx.props().fit.number;
            self.show_all(ctx.props());
        }
        if first {
            let link = ctx.link().clone();
            self.map.on_moved(move || link.send_message(Msg::Looked));
        }
        self.settle_focus(ctx);
        if self.gesture.is_none() {
            if self.hover.is_some() {
                self.light(ctx.props());
            } else {
                self.handle_of_selected(ctx.props());
            }
        }
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

/// Whether two scenes are drawn alike: the tracks of other requests are drawn only where there are few.
fn same_tracks(one: &Scene, other: &Scene) -> bool {
    let many = |scene: &Scene| scene.under_way.len() > lines::MOST_TRACKS;
    let tracks = one.others().zip(other.others()).all(|(one, other)| Rc::ptr_eq(one, other));
    one.looks_like(other)
        && (many(one) && many(other) || one.under_way.len() == other.under_way.len() && tracks)
}

/// Names the objects that are on the board and not simulated.
fn kept_words(kept: &std::collections::BTreeMap<String, usize>) -> String {
    let kinds: Vec<String> = kept
        .iter()
        .map(|(kind, count)| if *count > 1 { format!("{count} {kind}") } else { kind.clone() })
        .collect();
    format!("Kept, not simulated: {}", kinds.join(", "))
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

fn is_pod(key: &ObjectKey) -> bool {
    key.kind == Kind::Pod
}

/// What a key asks of the board; `None` when it is the page's.
fn board_key(event: &KeyboardEvent) -> Option<Msg> {
    if browser::is_typing(event) {
        return None;
    }
    let card = focus::card_of(event);
    if let (Some(step), Some(card)) = (focus::step_of(event), &card) {
        return Some(Msg::Walk(card.clone(), step));
    }
    if moves_camera(event) {
        return Some(Msg::Key(event.clone()));
    }
    if event.shift_key() && !event.ctrl_key() && !event.alt_key() && !event.meta_key() {
        let by = match event.key().as_str() {
            "ArrowLeft" => Some((-1.0, 0.0)),
            "ArrowRight" => Some((1.0, 0.0)),
            "ArrowUp" => Some((0.0, -1.0)),
            "ArrowDown" => Some((0.0, 1.0)),
            _ => None,
        };
        if let Some((right, down)) = by {
            return Some(Msg::Nudge(right, down));
        }
    }
    let on_button = browser::is_inside(event, "button");
    (card.is_some() && !on_button && gesture::answers(event)).then(|| Msg::CardKey(event.clone()))
}

impl Board {
    /// What is drawn by Yew has changed.
    fn redraw(&mut self, ctx: &Context<Self>) {
        self.stale = true;
        // Outside of a message nothing asks.
        ctx.link().send_message(Msg::Wake);
    }

    /// The handle at what is selected.
    fn handle_of_selected(&mut self, props: &BoardProps) {
        let selected = match &props.selection {
            Some(Selection::Object(key)) => Some(key.clone()),
            _ => None,
        };
        self.show_handle(props, selected.as_ref());
    }

    /// The canvases are to be drawn in other colours.
    fn recolour(&self) {
        self.painter.forget_colours();
        self.map.stale.set(true);
        self.wake();
    }

    fn wake(&self) {
        if let Some(hooks) = &self.hooks {
            hooks.wake();
        }
    }
}
