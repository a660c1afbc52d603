//! The data plane, one pure decision per file, and the trace of a request, hop by hop.

pub mod dns;
pub mod request;

pub use request::{Action, Address, Change, Client, Hop, Outcome, Place, Request, Trace};
