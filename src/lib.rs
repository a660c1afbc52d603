//! The engine of Endpoint Playground: what a Kubernetes cluster does with Services, computed without a cluster.
//!
//! The layers, from the bottom to the top. A module imports only modules above it in this list; `tests/layers.rs`
//! holds the code to it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`api`] | what users write: Kubernetes objects, keys, selectors, formats, text to objects and back |
//! | [`store`] | the API server and etcd: admission, objects with their resourceVersion, watch events, indexes |
//! | [`controllers`] | one file per real controller, pure: what is there and what is wanted give writes |
//! | [`network`] | the data plane, one pure decision per file, and the trace of a request, hop by hop |
//! | [`cluster`] | time: the event queue, controllers at work, requests in flight, the event log |
//! | [`explain`] | why: findings with cause, evidence and a fix |
//! | [`kubectl`] | the terminal: what `kubectl describe` and `kubectl get` print |
//! | [`session`] | one person's sitting: commands, the recording, undo, seek, permalink |
//! | [`scene`] | plain data to draw: cards, links, packets |
//!
//! What is worked out for each packet in each frame is in the package `motion`, which [`scene`] alone uses.
//!
//! How a change travels:
//!
//! ```text
//! gesture | YAML | toolbar | permalink
//!    -> Command -> Session::dispatch -> admission -> Store write
//!    -> watch events -> event queue -> controllers reconcile -> writes ... until quiet at `now`
//!    -> scene(&session, now) -> the page draws objects, a canvas draws packets
//! ```
//!
//! Nothing here reads a clock, a random source or the browser: time and randomness come in as arguments, so the
//! same recording gives the same bytes on every machine.

pub mod api;
pub mod store;

pub mod controllers;

pub mod network;

pub mod cluster;

pub mod explain;

pub mod kubectl;

pub mod session;

pub mod scene;

#[cfg(target_arch = "wasm32")]
pub mod js;
