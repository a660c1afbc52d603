//! Takes pieces of code that have not run out of functions that have: each becomes a function of its own, which then
//! can come later. Much of what optimizers put into one large function is for cases that a first view does not have.
//!
//! A piece is straight on one level of blocks. Its function takes the locals that it reads, gives those that it writes
//! and that are read after it, and says by a number how control went out of it.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{BinaryReader, BlockType, FuncType, Operator, OperatorsReader, ValType};

use crate::flow::{Flow, Locals, Target};
use crate::marks::Place;
use crate::module::{Fault, Function, Module};

/// A module whose functions lack pieces.
pub struct Outlined<'a> {
    /// The module.
    pub module: Module<'a>,
    /// The pieces that were taken from each function: their first operator, and the one behind the last, as they were
    /// counted before.
    pub taken: BTreeMap<u32, Vec<(usize, usize)>>,
}

/// Takes the pieces out of the functions that have run. `seen` says of each place whether it has run, and `worth` how many
/// bytes a piece must spare, as far as that can be told before compression.
pub fn outline<'a>(
    module: &Module<'a>,
    places: &[Place],
    seen: &[bool],
    worth: isize,
) -> Result<Outlined<'a>, Fault> {
    let mut outlined = module.clone();
    let mut taken = BTreeMap::new();
    let mut marks: BTreeMap<u32, Vec<(usize, bool)>> = BTreeMap::new();
    for ((number, at), seen) in places.iter().zip(seen) {
        marks.entry(*number).or_default().push((*at, *seen));
    }
    for (number, marks) in marks {
        if !marks.first().is_some_and(|(_, seen)| *seen) || marks.iter().all(|(_, seen)| *seen) {
            continue;
        }
        let at = (number - module.first()) as usize;
        let (function, pieces) = without_pieces(&module.functions[at], &marks, worth, &mut outlined)?;
        if !pieces.is_empty() {
            outlined.functions[at] = function;
            taken.insert(number, pieces);
        }
    }
    Ok(Outlined { module: outlined, taken })
}

/// The function without its pieces, which are added to the module, and where they were.
fn without_pieces<'a>(
    function: &Function<'a>,
    marks: &[(usize, bool)],
    worth: isize,
    module: &mut Module<'a>,
) -> Result<(Function<'a>, Vec<(usize, usize)>), Fault> {
    let ty = module.types[function.signature as usize].clone();
    let types: Vec<ValType> = ty.params().iter().chain(&function.locals).copied().collect();
    let flow = Flow::of(function, types.len());
    let body = &function.body;
    // How many operators before each one have run.
    let mut ran = vec![0_usize];
    let mut marks = marks.iter().peekable();
    let mut runs = false;
    for at in 0..body.len() {
        if let Some((_, seen)) = marks.next_if(|(place, _)| *place == at) {
            runs = *seen;
        }
        ran.push(ran[at] + usize::from(runs));
    }
    let scan = Scan { function, flow: &flow, ran: &ran };
    let mut pieces = Vec::new();
    scan.pieces(0, body.len() - 1, &mut pieces);

    let cutting = Cutting { function, flow: &flow, types: &types, results: ty.results() };
    let mut new = Function { body: Vec::new(), ..function.clone() };
    let mut from = 0;
    let mut taken = Vec::new();
    for (begin, end) in pieces {
        let Some(piece) = cutting.piece(begin, end).filter(|piece| cutting.spares(piece) >= worth) else {
            continue;
        };
        let (signature, locals, own_body) = cutting.function(&piece)?;
        let number = module.add(signature, locals, own_body);
        if let Some(added) = module.functions.last_mut() {
            added.name = function.name;
        }
        let site = cutting.call(&piece, number, &mut new.locals)?;
        new.body.extend(body[from..begin].iter().cloned());
        new.body.extend(site);
        from = end;
        taken.push((begin, end));
    }
    new.body.extend(body[from..].iter().cloned());
    Ok((new, taken))
}

/// Looks for pieces in a function.
struct Scan<'f, 'a> {
    function: &'f Function<'a>,
    flow: &'f Flow,
    ran: &'f [usize],
}

impl Scan<'_, '_> {
    /// The longest pieces between two operators that are on one level of blocks.
    fn pieces(&self, from: usize, to: usize, pieces: &mut Vec<(usize, usize)>) {
        let mut piece: Option<(usize, usize)> = None;
        let mut at = from;
        while at < to {
            let end = match self.function.body[at] {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.flow.end(at) + 1,
                _ => at + 1,
            };
            if self.ran[at] == self.ran[end] && (piece.is_some() || self.function.flat[at]) {
                let begin = piece.map_or(at, |(begin, _)| begin);
                // With values on the stack it can not end here.
                let whole = if self.function.flat[end] { end } else { piece.map_or(at, |(_, end)| end) };
                piece = Some((begin, whole));
            } else {
                pieces.extend(piece.take().filter(|(begin, end)| begin < end));
                match self.function.body[at] {
                    Operator::If { .. } if self.flow.other(at).is_some() => {
                        let other = self.flow.other(at).unwrap_or(end);
                        self.pieces(at + 1, other, pieces);
                        self.pieces(other + 1, end - 1, pieces);
                    }
                    _ if end > at + 1 => self.pieces(at + 1, end - 1, pieces),
                    _ => {}
                }
            }
            at = end;
        }
        pieces.extend(piece.filter(|(begin, end)| begin < end));
    }
}

/// How control leaves a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// At its end.
    Falls,
    /// By a branch that leaves so many blocks around the piece.
    Branches(u32),
    /// Out of the function with a value.
    Returns,
}

/// A function from which pieces are taken.
struct Cutting<'f, 'a> {
    function: &'f Function<'a>,
    flow: &'f Flow,
    /// The types of its locals, parameters among them.
    types: &'f [ValType],
    /// The types of what it gives.
    results: &'f [ValType],
}

/// A piece that can be a function of its own.
struct Piece {
    begin: usize,
    end: usize,
    /// How many blocks are around it.
    outermost: u32,
    /// How control leaves it, in order. Its function says which one it was by the place here, when there are several.
    exits: Vec<Exit>,
    /// The locals in it.
    named: BTreeSet<u32>,
    /// Those that it reads before it writes them, by type.
    goes_in: Vec<u32>,
    /// Those that it writes and that are read after it, by type.
    comes_out: Vec<u32>,
}

impl Piece {
    fn says(&self) -> bool {
        self.exits.len() > 1
    }

    fn falls(&self) -> bool {
        self.exits.first() == Some(&Exit::Falls)
    }

    fn returns(&self) -> bool {
        self.exits.contains(&Exit::Returns)
    }
}

impl<'a> Cutting<'_, 'a> {
    /// The piece between two operators; nothing when it can not be cut out.
    fn piece(&self, begin: usize, end: usize) -> Option<Piece> {
        let (function, flow) = (self.function, self.flow);
        let outermost = flow.depth(begin);
        let exits = exits(function, flow, (begin, end), outermost, self.results)?;
        let mut after = Locals::none(self.types.len());
        for exit in &exits {
            match exit {
                Exit::Falls => after.add(&flow.live(function, Target::At(end))),
                Exit::Branches(depth) => {
                    after.add(&flow.live(function, flow.target(function, begin, *depth)))
                }
                Exit::Returns => {}
            }
        }
        let before = flow.live(function, Target::At(begin));
        let (mut named, mut written) = (BTreeSet::new(), BTreeSet::new());
        for operator in &function.body[begin..end] {
            match *operator {
                Operator::LocalGet { local_index } => drop(named.insert(local_index)),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    named.insert(local_index);
                    written.insert(local_index);
                }
                _ => {}
            }
        }
        let goes_in = self.by_type(named.iter().copied().filter(|local| before.has(*local)));
        let comes_out = self.by_type(written.into_iter().filter(|local| after.has(*local)));
        Some(Piece { begin, end, outermost, exits, named, goes_in, comes_out })
    }

    /// So there are few signatures.
    fn by_type(&self, locals: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut locals: Vec<u32> = locals.collect();
        locals.sort_by_key(|local| (format!("{:?}", self.types[*local as usize]), *local));
        locals
    }

    /// How many bytes are spared where the piece was, as far as that can be told before compression.
    fn spares(&self, piece: &Piece) -> isize {
        let bytes = self.function.offsets[piece.end] - self.function.offsets[piece.begin];
        let passed = piece.goes_in.iter().chain(&piece.comes_out);
        let passing: usize = passed.map(|local| if *local < 128 { 2 } else { 3 }).sum();
        bytes as isize - (passing + 9 + 3 * piece.exits.len()) as isize
    }

    /// The function of a piece: its signature, its locals and its body.
    fn function(&self, piece: &Piece) -> Result<(FuncType, Vec<ValType>, Vec<Operator<'a>>), Fault> {
        let ty = |local: &u32| self.types[*local as usize];
        let given = || self.results.iter().copied().filter(|_| piece.returns());
        let word = piece.says().then_some(ValType::I32);
        let out = word.into_iter().chain(piece.comes_out.iter().map(ty)).chain(given());
        let signature = FuncType::new(piece.goes_in.iter().map(ty), out);

        let own = self.by_type(piece.named.iter().copied().filter(|local| !piece.goes_in.contains(local)));
        let inside: BTreeMap<u32, u32> = piece.goes_in.iter().chain(&own).copied().zip(0..).collect();
        let value = inside.len() as u32;
        let locals = own.iter().map(ty).chain(given()).collect();

        // A block for each way out but the one at the end, the first one innermost.
        let leaving: Vec<Exit> = piece.exits.iter().copied().filter(|exit| *exit != Exit::Falls).collect();
        let way = |exit: Exit, depth: u32| {
            depth + leaving.iter().position(|leaving| *leaving == exit).unwrap_or(0) as u32
        };
        let mut body: Vec<Operator<'a>> =
            leaving.iter().map(|_| Operator::Block { blockty: BlockType::Empty }).collect();
        let mut depth = 0;
        for operator in &self.function.body[piece.begin..piece.end] {
            let lead =
                |label: u32| if label < depth { label } else { way(Exit::Branches(label - depth), depth) };
            match operator {
                Operator::LocalGet { local_index } => {
                    body.push(Operator::LocalGet { local_index: inside[local_index] })
                }
                Operator::LocalSet { local_index } => {
                    body.push(Operator::LocalSet { local_index: inside[local_index] })
                }
                Operator::LocalTee { local_index } => {
                    body.push(Operator::LocalTee { local_index: inside[local_index] })
                }
                Operator::Br { relative_depth } => {
                    body.push(Operator::Br { relative_depth: lead(*relative_depth) })
                }
                Operator::BrIf { relative_depth } => {
                    body.push(Operator::BrIf { relative_depth: lead(*relative_depth) })
                }
                Operator::BrTable { targets } => {
                    let labels: Vec<u32> = targets.targets().collect::<Result<_, _>>()?;
                    body.push(br_table(labels.into_iter().map(lead).collect(), lead(targets.default()))?);
                }
                Operator::Return if self.results.is_empty() => {
                    body.push(Operator::Br { relative_depth: way(Exit::Branches(piece.outermost), depth) });
                }
                Operator::Return => {
                    body.push(Operator::LocalSet { local_index: value });
                    body.push(Operator::Br { relative_depth: way(Exit::Returns, depth) });
                }
                other => {
                    match other {
                        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
                        Operator::End => depth -= 1,
                        _ => {}
                    }
                    body.push(other.clone());
                }
            }
        }

        let go = |exit: Exit, body: &mut Vec<Operator<'a>>| {
            if piece.says() {
                let word = piece.exits.iter().position(|known| *known == exit).unwrap_or(0);
                body.push(Operator::I32Const { value: word as i32 });
            }
            body.extend(
                piece.comes_out.iter().map(|local| Operator::LocalGet { local_index: inside[local] }),
            );
            if piece.returns() {
                body.push(Operator::LocalGet { local_index: value });
            }
            body.push(Operator::Return);
        };
        if piece.falls() {
            go(Exit::Falls, &mut body);
        } else {
            body.push(Operator::Unreachable);
        }
        for exit in &leaving {
            body.push(Operator::End);
            go(*exit, &mut body);
        }
        body.push(Operator::End);
        Ok((signature, locals, body))
    }

    /// What stands in place of a piece whose function has this number. `locals` are those past the parameters.
    fn call(
        &self,
        piece: &Piece,
        number: u32,
        locals: &mut Vec<ValType>,
    ) -> Result<Vec<Operator<'a>>, Fault> {
        let mut call: Vec<Operator<'a>> =
            piece.goes_in.iter().map(|local| Operator::LocalGet { local_index: *local }).collect();
        call.push(Operator::Call { function_index: number });
        if piece.exits[..] == [Exit::Returns] {
            call.push(Operator::Return);
            return Ok(call);
        }
        let parameters = self.types.len() - self.function.locals.len();
        let kept = (parameters + locals.len()) as u32;
        if piece.returns() {
            locals.extend(self.results);
            call.push(Operator::LocalSet { local_index: kept });
        }
        call.extend(piece.comes_out.iter().rev().map(|local| Operator::LocalSet { local_index: *local }));

        // Now the word for the exit is on the stack, if there is one.
        let back = [Operator::LocalGet { local_index: kept }, Operator::Return];
        match piece.exits[..] {
            [] => call.push(Operator::Unreachable),
            [Exit::Falls] => {}
            [Exit::Branches(depth)] => call.push(Operator::Br { relative_depth: depth }),
            [Exit::Falls, Exit::Branches(depth)] => call.push(Operator::BrIf { relative_depth: depth }),
            [Exit::Branches(zero), Exit::Branches(one)] => {
                call.push(Operator::BrIf { relative_depth: one });
                call.push(Operator::Br { relative_depth: zero });
            }
            [Exit::Branches(zero), Exit::Returns] => {
                call.push(Operator::I32Eqz);
                call.push(Operator::BrIf { relative_depth: zero });
                call.extend(back);
            }
            [Exit::Falls, Exit::Returns] => {
                call.push(Operator::If { blockty: BlockType::Empty });
                call.extend(back);
                call.push(Operator::End);
            }
            _ => {
                // A table of branches, in blocks for what is no branch.
                let around = u32::from(piece.falls()) + u32::from(piece.returns());
                let label = |exit: &Exit| match exit {
                    Exit::Falls => around - 1,
                    Exit::Branches(depth) => depth + around,
                    Exit::Returns => 0,
                };
                let mut labels: Vec<u32> = piece.exits.iter().map(label).collect();
                let last = labels.pop().unwrap_or(0);
                let blocks = (0..around).map(|_| Operator::Block { blockty: BlockType::Empty });
                call.splice(0..0, blocks);
                call.push(br_table(labels, last)?);
                if piece.returns() {
                    call.push(Operator::End);
                    call.extend(back);
                }
                if piece.falls() {
                    call.push(Operator::End);
                }
            }
        }
        Ok(call)
    }
}

/// How control leaves the piece, in order; nothing when it takes a value along a branch.
fn exits(
    function: &Function<'_>,
    flow: &Flow,
    (begin, end): (usize, usize),
    outermost: u32,
    results: &[ValType],
) -> Option<Vec<Exit>> {
    let mut exits = BTreeSet::new();
    let mut depth = 0;
    for (at, operator) in function.body.iter().enumerate().take(end).skip(begin) {
        let mut labels: Vec<u32> = Vec::new();
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::End => depth -= 1,
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                labels.push(*relative_depth)
            }
            Operator::BrTable { targets } => {
                labels.extend(targets.targets().flatten().chain([targets.default()]))
            }
            Operator::Return if results.is_empty() => labels.push(outermost + depth),
            Operator::Return if results.len() == 1 => drop(exits.insert(Exit::Returns)),
            Operator::Return => return None,
            _ => {}
        }
        for label in labels {
            if label >= depth {
                if !flow.takes_nothing(function, at, label, results) {
                    return None;
                }
                exits.insert(Exit::Branches(label - depth));
            }
        }
    }
    if flow.reaches(function, begin, end) {
        exits.insert(Exit::Falls);
    }
    Some(exits.into_iter().collect())
}

/// A table of branches. The parser alone makes such operators, and they point into bytes that it has read; the few
/// that are made here stay in memory until the program ends.
fn br_table(labels: Vec<u32>, last: u32) -> Result<Operator<'static>, Fault> {
    let mut bytes = Vec::new();
    let instruction = wasm_encoder::Instruction::BrTable(labels.into(), last);
    wasm_encoder::Encode::encode(&instruction, &mut bytes);
    let bytes: &'static [u8] = bytes.leak();
    Ok(OperatorsReader::new(BinaryReader::new(bytes, 0)).read()?)
}
