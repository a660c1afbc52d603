//! How control flows through a function, and which locals are read after a place.

use wasmparser::{BlockType, Operator, ValType};

use crate::module::Function;

/// Where a branch leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the operator of this number.
    At(usize),
    /// Out of the function.
    Out,
}

/// The flow of a function.
pub struct Flow {
    /// For each operator the operators of the blocks around it, outermost first.
    parents: Vec<u32>,
    /// For each operator that begins a block, and for each `else`, the matching `end`; for an `if` with an `else`, the
    /// `else` in the second place.
    ends: Vec<(usize, Option<usize>)>,
    /// Where straight pieces of code begin, in order.
    begins: Vec<usize>,
    /// What is read later, at the beginning of each piece.
    live: Vec<Locals>,
}

/// No block is around.
const NONE: u32 = u32::MAX;

impl Flow {
    /// Looks at a function with so many locals, parameters among them.
    pub fn of(function: &Function<'_>, locals: usize) -> Flow {
        let body = &function.body;
        let mut flow = Flow {
            parents: Vec::new(),
            ends: vec![(0, None); body.len()],
            begins: vec![0],
            live: Vec::new(),
        };
        let mut open: Vec<usize> = Vec::new();
        for (at, operator) in body.iter().enumerate() {
            flow.parents.push(open.last().map_or(NONE, |parent| *parent as u32));
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => open.push(at),
                Operator::Else => {
                    if let Some(begin) = open.last() {
                        flow.ends[*begin].1 = Some(at);
                    }
                }
                Operator::End => {
                    if let Some(begin) = open.pop() {
                        flow.ends[begin].0 = at;
                        if let Some(other) = flow.ends[begin].1 {
                            flow.ends[other].0 = at;
                        }
                    }
                }
                _ => {}
            }
            if at + 1 < body.len() && ends_a_piece(operator) {
                flow.begins.push(at + 1);
            }
        }
        flow.live = vec![Locals::none(locals); flow.begins.len()];
        flow.settle(function);
        flow
    }

    /// The operator that ends the block which begins at `at`.
    pub fn end(&self, at: usize) -> usize {
        self.ends[at].0
    }

    /// The `else` of the `if` at `at`.
    pub fn other(&self, at: usize) -> Option<usize> {
        self.ends[at].1
    }

    /// How many blocks are around the operator at `at`.
    pub fn depth(&self, at: usize) -> u32 {
        self.around(at).count() as u32
    }

    /// The blocks around the operator at `at`, innermost first.
    fn around(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let parent =
            |at: usize| Some(self.parents[at]).filter(|parent| *parent != NONE).map(|parent| parent as usize);
        std::iter::successors(parent(at), move |block| parent(*block))
    }

    /// Whether a branch that stands at `at` and leaves `depth` blocks takes no value along. `results` are those of the
    /// function.
    pub fn takes_nothing(&self, function: &Function<'_>, at: usize, depth: u32, results: &[ValType]) -> bool {
        match self.around(at).nth(depth as usize) {
            None => results.is_empty(),
            Some(block) => matches!(
                function.body[block],
                Operator::Block { blockty: BlockType::Empty }
                    | Operator::If { blockty: BlockType::Empty }
                    | Operator::Loop { blockty: BlockType::Empty | BlockType::Type(_) }
            ),
        }
    }

    /// Whether control that enters at `begin` can reach `end` without going outside of what is between.
    pub fn reaches(&self, function: &Function<'_>, begin: usize, end: usize) -> bool {
        let mut known = vec![false; end - begin];
        let mut open = vec![begin];
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut known[at - begin], true) {
                continue;
            }
            for target in self.next(function, at) {
                match target {
                    Target::At(next) if next == end => return true,
                    Target::At(next) if (begin..end).contains(&next) => open.push(next),
                    _ => {}
                }
            }
        }
        false
    }

    /// Where a branch leads that stands at `at` and leaves `depth` blocks.
    pub fn target(&self, function: &Function<'_>, at: usize, depth: u32) -> Target {
        let Some(block) = self.around(at).nth(depth as usize) else { return Target::Out };
        match function.body[block] {
            Operator::Loop { .. } => Target::At(block + 1),
            _ => Target::At(self.ends[block].0 + 1),
        }
    }

    /// Where control may go behind the operator at `at`.
    pub fn next(&self, function: &Function<'_>, at: usize) -> Vec<Target> {
        let step = if at + 1 < function.body.len() { Target::At(at + 1) } else { Target::Out };
        match &function.body[at] {
            Operator::Br { relative_depth } => vec![self.target(function, at, *relative_depth)],
            Operator::BrIf { relative_depth } => vec![self.target(function, at, *relative_depth), step],
            Operator::BrTable { targets } => targets
                .targets()
                .flatten()
                .chain([targets.default()])
                .map(|depth| self.target(function, at, depth))
                .collect(),
            Operator::Return => vec![Target::Out],
            Operator::Unreachable => Vec::new(),
            Operator::If { .. } => vec![step, Target::At(self.ends[at].1.unwrap_or(self.ends[at].0) + 1)],
            Operator::Else => vec![Target::At(self.ends[at].0 + 1)],
            _ => vec![step],
        }
    }

    /// The locals that may be read from the operator at `at` on, before they are written.
    pub fn live(&self, function: &Function<'_>, at: Target) -> Locals {
        let Target::At(at) = at else { return Locals::none_like(&self.live[0]) };
        let piece = self.begins.partition_point(|begin| *begin <= at) - 1;
        self.before(function, at, self.piece_end(function, piece))
    }

    fn piece_end(&self, function: &Function<'_>, piece: usize) -> usize {
        self.begins.get(piece + 1).copied().unwrap_or(function.body.len())
    }

    /// The same from what is known of the pieces; `end` ends the piece in which `at` stands.
    fn before(&self, function: &Function<'_>, at: usize, end: usize) -> Locals {
        let mut live = Locals::none_like(&self.live[0]);
        for target in self.next(function, end - 1) {
            if let Target::At(next) = target {
                // Whatever is branched to begins a piece.
                if let Ok(piece) = self.begins.binary_search(&next) {
                    live.add(&self.live[piece]);
                }
            }
        }
        for operator in function.body[at..end].iter().rev() {
            match *operator {
                Operator::LocalGet { local_index } => live.insert(local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    live.remove(local_index)
                }
                _ => {}
            }
        }
        live
    }

    fn settle(&mut self, function: &Function<'_>) {
        // Backwards most is known at once; loops need some rounds.
        loop {
            let mut changed = false;
            for piece in (0..self.begins.len()).rev() {
                let live = self.before(function, self.begins[piece], self.piece_end(function, piece));
                if live != self.live[piece] {
                    self.live[piece] = live;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// Whether what follows this operator may run less or more often than what is before it.
pub fn ends_a_piece(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::BrIf { .. }
            | Operator::Br { .. }
            | Operator::BrTable { .. }
            | Operator::Return
            | Operator::Unreachable
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End
    )
}

/// A set of locals.
#[derive(Clone, PartialEq, Eq)]
pub struct Locals(Vec<u64>);

impl Locals {
    /// None of so many.
    pub fn none(count: usize) -> Locals {
        Locals(vec![0; count.div_ceil(64)])
    }

    fn none_like(other: &Locals) -> Locals {
        Locals(vec![0; other.0.len()])
    }

    /// Takes this one in.
    pub fn insert(&mut self, local: u32) {
        self.0[local as usize / 64] |= 1 << (local % 64);
    }

    fn remove(&mut self, local: u32) {
        self.0[local as usize / 64] &= !(1 << (local % 64));
    }

    /// Takes those of another set in.
    pub fn add(&mut self, other: &Locals) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, other)| *mine |= other);
    }

    /// Whether this one is in it.
    pub fn has(&self, local: u32) -> bool {
        self.0[local as usize / 64] >> (local % 64) & 1 == 1
    }
}
