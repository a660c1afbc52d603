//! A copy of a module that remembers which of its code has run.

use wasmparser::{ExternalKind, MemArg, MemArgTarget, MemoryType, Operator};

use crate::emit::whole;
use crate::flow::ends_a_piece;
use crate::module::{Export, Fault, Module};

/// The name under which the memory with the marks is exported.
pub const MARKS: &str = "marks";

/// A place in the code: the function's number and the operator before which the mark is set.
pub type Place = (u32, usize);

/// The places that are marked, in the order of the marks: wherever code begins that may run without what stands
/// before it.
pub fn places(module: &Module<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for (number, function) in (module.first()..).zip(&module.functions) {
        places.push((number, 0));
        for (at, operator) in function.body.iter().enumerate().take(function.body.len() - 1) {
            if at + 1 < function.body.len() - 1 && ends_a_piece(operator) {
                places.push((number, at + 1));
            }
        }
    }
    places
}

/// The module with marks: each is a byte of a memory of its own.
pub fn mark(module: &Module<'_>, places: &[Place]) -> Result<Vec<u8>, Fault> {
    let mut marked = module.clone();
    let memory = marked.memories.len() as u32;
    let pages = places.len().div_ceil(65536) as u64;
    marked.memories.push(MemoryType {
        memory64: false,
        shared: false,
        initial: pages,
        maximum: Some(pages),
        page_size_log2: None,
    });
    let mut places = places.iter().enumerate().peekable();
    for (number, function) in (module.first()..).zip(&mut marked.functions) {
        let mut body = Vec::with_capacity(function.body.len() * 2);
        for (at, operator) in std::mem::take(&mut function.body).into_iter().enumerate() {
            if let Some((mark, _)) = places.next_if(|(_, place)| **place == (number, at)) {
                let memarg = MemArg {
                    align: 0,
                    max_align: 0,
                    offset: 0,
                    target: MemArgTarget::Memory(memory),
                    ordering: None,
                };
                body.push(Operator::I32Const { value: mark as i32 });
                body.push(Operator::I32Const { value: 1 });
                body.push(Operator::I32Store8 { memarg });
            }
            body.push(operator);
        }
        function.body = body;
    }
    marked.exports.push(Export { name: MARKS, kind: ExternalKind::Memory, index: memory });
    whole(&marked)
}
