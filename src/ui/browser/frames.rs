//! Frames: asking the browser for them, and what runs in each.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use endpoint_playground::api::Time;
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use yew::prelude::*;

/// Callbacks that run once in each frame with the moment on the screen, past Yew: the clock's text, the handle of the
/// time line, the packets. Clones share the callbacks; components reach them as a context.
#[derive(Clone, Default)]
pub struct FrameHooks(Rc<Hooks>);

type FrameCallback = Rc<dyn Fn(Time)>;

#[derive(Default)]
struct Hooks {
    next: Cell<u64>,
    all: RefCell<BTreeMap<u64, FrameCallback>>,
    tempo: Cell<Tempo>,
    is_reserved: Cell<bool>,
    /// Who asks for frames.
    frames: RefCell<Weak<Asking>>,
}

/// The numbers of the callbacks that run last begin here.
const LAST: u64 = 1 << 63;

/// When a frame is shown, and how fast time passes.
#[derive(Clone, Copy, Default)]
pub struct Tempo {
    /// In milliseconds of real time since 1970.
    pub at: f64,
    /// How many simulated milliseconds pass in a real one; 0 while time stands still.
    pub pace: f64,
}

impl PartialEq for FrameHooks {
    fn eq(&self, other: &FrameHooks) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// A registered callback; dropping it takes the callback away.
pub struct FrameHook {
    hooks: FrameHooks,
    number: u64,
}

impl Drop for FrameHook {
    fn drop(&mut self) {
        self.hooks.0.all.borrow_mut().remove(&self.number);
    }
}

impl FrameHooks {
    /// Registers a callback, and asks for a frame so that it runs at least once.
    pub fn add(&self, callback: impl Fn(Time) + 'static) -> FrameHook {
        self.register(0, callback)
    }

    /// Registers a callback that runs after the others.
    pub fn add_last(&self, callback: impl Fn(Time) + 'static) -> FrameHook {
        self.register(LAST, callback)
    }

    fn register(&self, from: u64, callback: impl Fn(Time) + 'static) -> FrameHook {
        let number = from + self.0.next.get();
        self.0.next.set(self.0.next.get() + 1);
        self.0.all.borrow_mut().insert(number, Rc::new(callback));
        self.wake();
        FrameHook { hooks: self.clone(), number }
    }

    /// Asks for a frame. While time stands still no frames run; who draws something new, such as a panned board, asks.
    pub fn wake(&self) {
        let frames = self.0.frames.borrow().upgrade();
        if let Some(frames) = frames {
            Frames(frames).ask();
        }
    }

    /// The next frame draws something that takes long: what can wait waits for the one after.
    pub fn reserve(&self) {
        self.0.is_reserved.set(true);
    }

    /// Whether the next frame is reserved.
    pub fn is_reserved(&self) -> bool {
        self.0.is_reserved.get()
    }

    /// When the frame is shown that runs the callbacks, and how fast time passes.
    pub fn tempo(&self) -> Tempo {
        self.0.tempo.get()
    }

    /// Runs every callback for a frame that is shown at the browser's time `at`.
    pub fn run(&self, now: Time, at: f64, pace: f64) {
        let origin = gloo::utils::window().performance().map_or(0.0, |clock| clock.time_origin());
        self.0.tempo.set(Tempo { at: origin + at, pace });
        self.0.is_reserved.set(false);
        let all: Vec<FrameCallback> = self.0.all.borrow().values().cloned().collect();
        for callback in all {
            callback(now);
        }
    }

    /// Sets who is asked for frames.
    pub fn ask_of(&self, frames: &Frames) {
        *self.0.frames.borrow_mut() = Rc::downgrade(&frames.0);
    }
}

/// Asks the browser for frames, one at a time. Dropping it cancels the one that was asked for.
pub struct Frames(Rc<Asking>);

struct Asking {
    asked: Cell<Option<i32>>,
    /// Made once: the browser gets the same function each time.
    callback: OnceCell<Closure<dyn FnMut(f64)>>,
}

impl Frames {
    /// `then` gets the browser's time of each frame that was asked for, in milliseconds.
    pub fn new(then: impl Fn(&Frames, f64) + 'static) -> Frames {
        let asking = Rc::new(Asking { asked: Cell::new(None), callback: OnceCell::new() });
        let frames = Rc::downgrade(&asking);
        asking.callback.get_or_init(|| {
            Closure::new(move |at| {
                if let Some(frames) = frames.upgrade().map(Frames) {
                    frames.0.asked.set(None);
                    then(&frames, at);
                }
            })
        });
        Frames(asking)
    }

    /// Asks for the next frame, if it has not been asked for.
    pub fn ask(&self) {
        if self.0.asked.get().is_none()
            && let Some(callback) = self.0.callback.get()
        {
            let callback = callback.as_ref().unchecked_ref();
            // A window that shows the page gives frames.
            self.0.asked.set(gloo::utils::window().request_animation_frame(callback).ok());
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(asked) = self.asked.take() {
            // What was asked for can be cancelled.
            let _ = gloo::utils::window().cancel_animation_frame(asked);
        }
    }
}

/// How long after a frame began there is time for something else, in milliseconds: by then the browser has put the page
/// together and shown the frame before, for which it needs the processors too.
const BETWEEN: u32 = 9;

/// Runs what takes long between two frames, once however often it is asked to.
#[derive(Default)]
pub struct Between(Rc<Cell<bool>>);

impl Between {
    /// `then` runs when this frame is over.
    pub fn ask(&self, then: impl FnOnce() + 'static) {
        if !self.0.replace(true) {
            let asked = self.0.clone();
            let run = move || {
                asked.set(false);
                then();
            };
            Timeout::new(BETWEEN, run).forget();
        }
    }
}

/// Runs `callback` each frame as long as the component stands.
#[hook]
pub fn use_frame(callback: impl Fn(Time) + 'static) {
    let hooks = use_context::<FrameHooks>();
    let latest: Rc<RefCell<Option<FrameCallback>>> = use_mut_ref(|| None);
    *latest.borrow_mut() = Some(Rc::new(callback));
    use_effect_with(hooks, move |hooks| {
        let guard = hooks.as_ref().map(|hooks| {
            hooks.add(move |now| {
                let callback = latest.borrow().clone();
                if let Some(callback) = callback {
                    callback(now);
                }
            })
        });
        move || drop(guard)
    });
}
