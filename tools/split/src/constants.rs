//! Which code refers to which constants, as the linker has left word of it.
//!
//! An address in code says not which constant is meant: compilers fold offsets into it, and it may even lie before the
//! constant or in another one. The linker's own notes name the constant. They speak of the program as it was before
//! wasm-bindgen, so functions are found again by all the numbers in them.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{DataKind, KnownCustom, Linking, Operator, Parser, Payload, RelocationType, SymbolInfo};

use crate::module::{Fault, Function, Module, constant};

/// What is known of the constants. They have the numbers of the data segments, of which each holds one.
pub struct Constants {
    /// The address of each segment, and its length.
    places: Vec<(u32, u32)>,
    /// Whether the segment holds what the program never writes.
    constant: Vec<bool>,
    /// What the bytes of each segment refer to.
    within: Vec<BTreeSet<Thing>>,
    /// What a function with these numbers refers to, by the place in them.
    by_numbers: BTreeMap<Vec<Number>, BTreeMap<usize, BTreeSet<Thing>>>,
    /// All that a function of this name refers to.
    by_name: BTreeMap<String, BTreeSet<Thing>>,
}

/// What can be referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A data segment.
    Segment(u32),
    /// A function, by its slot in the table.
    Slot(u32),
}

/// A number in code that could be an address, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Number {
    Value(i32),
    Offset(u64),
}

impl Number {
    fn word(self) -> u32 {
        match self {
            Number::Value(value) => value as u32,
            Number::Offset(offset) => offset as u32,
        }
    }
}

impl Constants {
    /// Reads the notes of a linked program; nothing when it has none.
    pub fn read(linked: &[u8]) -> Result<Option<Constants>, Fault> {
        let notes = Notes::read(linked)?;
        if notes.symbols.is_empty()
            || notes.constant.len() != notes.segments.len()
            || notes.of_code.is_empty()
        {
            return Ok(None);
        }
        let module = Module::read(linked)?;
        let mut constants = Constants {
            places: notes
                .segments
                .iter()
                .map(|segment| (segment.address, segment.bytes.len() as u32))
                .collect(),
            constant: notes.constant.clone(),
            within: vec![BTreeSet::new(); notes.segments.len()],
            by_numbers: BTreeMap::new(),
            by_name: BTreeMap::new(),
        };
        for note in &notes.of_data {
            let holder =
                notes.segments.partition_point(|segment| segment.begin <= note.offset).checked_sub(1);
            let holder = holder.ok_or("a note of the linker is of no data segment")?;
            let Segment { begin, bytes, .. } = notes.segments[holder];
            let at = (note.offset - begin) as usize;
            let slot = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
            constants.within[holder]
                .extend(notes.thing(note, slot.ok_or("a note of the linker is of no bytes")?));
        }
        let mut of_code = notes.of_code.iter().peekable();
        for (function, begin) in module.functions.iter().zip(&notes.bodies) {
            let numbers = numbers(function);
            let mut referred: BTreeMap<usize, BTreeSet<Thing>> = BTreeMap::new();
            for (place, (at, number)) in numbers.iter().enumerate() {
                let from = begin + function.offsets[*at] as u32;
                let to = begin + function.offsets[*at + 1] as u32;
                while of_code.next_if(|note| note.offset < from).is_some() {}
                while let Some(note) = of_code.next_if(|note| note.offset < to) {
                    referred.entry(place).or_default().extend(notes.thing(note, number.word()));
                }
            }
            constants.by_name.entry(key(function.name)).or_default().extend(referred.values().flatten());
            let numbers: Vec<Number> = numbers.into_iter().map(|(_, number)| number).collect();
            // Two functions with the same numbers: whichever is meant, what both refer to counts.
            let known = constants.by_numbers.entry(numbers).or_default();
            for (place, things) in referred {
                known.entry(place).or_default().extend(things);
            }
        }
        Ok(Some(constants))
    }

    /// Whether these are the segments of this module.
    pub fn are_of(&self, module: &Module<'_>) -> bool {
        module
            .data
            .iter()
            .map(|(address, bytes)| (*address, bytes.len() as u32))
            .eq(self.places.iter().copied())
    }

    /// What the operators of a function refer to, each with the place of the operator. Nothing is known of a function
    /// that the linker did not see.
    pub fn of_function(&self, function: &Function<'_>) -> Option<Vec<(usize, Thing)>> {
        let numbers = numbers(function);
        let key_of_numbers: Vec<Number> = numbers.iter().map(|(_, number)| *number).collect();
        if let Some(referred) = self.by_numbers.get(&key_of_numbers) {
            let things =
                referred.iter().flat_map(|(place, things)| things.iter().map(move |thing| (*place, *thing)));
            return Some(things.map(|(place, thing)| (numbers[place].0, thing)).collect());
        }
        // wasm-bindgen has changed it. What it adds refers to no constant; nor do the functions that it makes.
        if function.name.ends_with(" shim") {
            return Some(Vec::new());
        }
        let things = self.by_name.get(&key(function.name)).filter(|_| !function.name.is_empty())?;
        Some(things.iter().map(|thing| (0, *thing)).collect())
    }

    /// What must be there from the beginning: `roots`, what they refer to, and all segments that the program writes.
    pub fn needed(&self, roots: BTreeSet<Thing>) -> BTreeSet<Thing> {
        let mut needed = BTreeSet::new();
        let written = (0..).zip(&self.constant).filter(|(_, constant)| !**constant);
        let mut open: Vec<Thing> =
            roots.into_iter().chain(written.map(|(segment, _)| Thing::Segment(segment))).collect();
        while let Some(thing) = open.pop() {
            if let (true, Thing::Segment(segment)) = (needed.insert(thing), thing) {
                open.extend(&self.within[segment as usize]);
            }
        }
        needed
    }
}

/// What the linker has noted.
#[derive(Default)]
struct Notes<'a> {
    /// Where the operators of each function begin, counted from the beginning of all code.
    bodies: Vec<u32>,
    segments: Vec<Segment<'a>>,
    /// Whether each segment is one that the program never writes.
    constant: Vec<bool>,
    /// The segment of each symbol that is one of data.
    symbols: Vec<Option<u32>>,
    of_code: Vec<Note>,
    of_data: Vec<Note>,
}

/// A data segment.
struct Segment<'a> {
    address: u32,
    /// Where its bytes begin, counted from the beginning of all data.
    begin: u32,
    bytes: &'a [u8],
}

/// A place that refers to something.
struct Note {
    offset: u32,
    /// The symbol that is meant; none for a function's slot.
    symbol: Option<u32>,
}

impl<'a> Notes<'a> {
    fn read(linked: &'a [u8]) -> Result<Notes<'a>, Fault> {
        let mut notes = Notes::default();
        let mut code_begin = 0;
        // The notes count the sections.
        let (mut sections, mut code, mut data) = (0, None, None);
        for payload in Parser::new(0).parse_all(linked) {
            let payload = payload?;
            match &payload {
                Payload::CodeSectionStart { unchecked_range, .. } => {
                    (code_begin, code) = (unchecked_range.start, Some(sections));
                }
                Payload::CodeSectionEntry(body) => {
                    notes.bodies.push((body.get_operators_reader()?.original_position() - code_begin) as u32);
                }
                Payload::DataSection(section) => {
                    data = Some(sections);
                    for segment in section.clone() {
                        let segment = segment?;
                        let DataKind::Active { offset_expr, .. } = segment.kind else {
                            return Err("a data segment is not at a fixed address".into());
                        };
                        let address = constant(offset_expr.get_operators_reader())?;
                        let begin = segment.range.end - segment.data.len() as u64 - section.range().start;
                        notes.segments.push(Segment { address, begin: begin as u32, bytes: segment.data });
                    }
                }
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(linking) => notes.take_symbols(linking)?,
                    KnownCustom::Reloc(reloc) if Some(reloc.section_index()) == code => {
                        notes.of_code = places(reloc)?;
                    }
                    KnownCustom::Reloc(reloc) if Some(reloc.section_index()) == data => {
                        notes.of_data = places(reloc)?;
                    }
                    _ => {}
                },
                _ => {}
            }
            sections += u32::from(payload.as_section().is_some());
        }
        Ok(notes)
    }

    fn take_symbols(&mut self, linking: wasmparser::LinkingSectionReader<'a>) -> Result<(), Fault> {
        for part in linking.subsections() {
            match part? {
                Linking::SegmentInfo(infos) => {
                    for info in infos {
                        self.constant.push(info?.name.starts_with(".rodata"));
                    }
                }
                Linking::SymbolTable(table) => {
                    for symbol in table {
                        self.symbols.push(match symbol? {
                            SymbolInfo::Data { symbol: Some(defined), .. } => Some(defined.index),
                            _ => None,
                        });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What a note means whose place holds this word.
    fn thing(&self, note: &Note, word: u32) -> Option<Thing> {
        match note.symbol {
            None => Some(Thing::Slot(word)),
            Some(symbol) => self.symbols.get(symbol as usize).copied().flatten().map(Thing::Segment),
        }
    }
}

/// The places of a section that refer to constants and to slots, in order.
fn places(reloc: wasmparser::RelocSectionReader<'_>) -> Result<Vec<Note>, Fault> {
    use RelocationType::*;
    let mut notes = Vec::new();
    for entry in reloc.entries() {
        let entry = entry?;
        match entry.ty {
            MemoryAddrLeb | MemoryAddrSleb | MemoryAddrI32 => {
                notes.push(Note { offset: entry.offset, symbol: Some(entry.index) });
            }
            TableIndexSleb | TableIndexI32 => notes.push(Note { offset: entry.offset, symbol: None }),
            FunctionIndexLeb | TypeIndexLeb | GlobalIndexLeb | TableNumberLeb => {}
            other => return Err(format!("the linker notes {other:?}, which is not known").into()),
        }
    }
    notes.sort_by_key(|note| note.offset);
    Ok(notes)
}

/// What remains of a function's name wherever it stands: the linker's names are those of rustc, wasm-bindgen's ones are
/// made readable. Both end in the same hash.
fn key(name: &str) -> String {
    let name = name.strip_suffix('E').unwrap_or(name);
    let hash = name.get(name.len().saturating_sub(17)..).unwrap_or(name);
    let is_hash =
        hash.len() == 17 && hash.starts_with('h') && hash[1..].bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { hash.to_owned() } else { name.to_owned() }
}

/// The numbers in a function that could be addresses, each with the place of its operator. Code that can not be reached
/// does not count: wasm-bindgen leaves it away.
fn numbers(function: &Function<'_>) -> Vec<(usize, Number)> {
    let mut numbers = Vec::new();
    for (at, operator) in function.body.iter().enumerate() {
        if function.dead[at] {
            continue;
        }
        if let Operator::I32Const { value } = operator {
            numbers.push((at, Number::Value(*value)));
        } else if let Some(offset) = offset(operator) {
            numbers.push((at, Number::Offset(offset)));
        }
    }
    numbers
}

/// What a load or a store adds to its address.
fn offset(operator: &Operator<'_>) -> Option<u64> {
    use Operator::*;
    match operator {
        I32Load { memarg }
        | I64Load { memarg }
        | F32Load { memarg }
        | F64Load { memarg }
        | I32Load8S { memarg }
        | I32Load8U { memarg }
        | I32Load16S { memarg }
        | I32Load16U { memarg }
        | I64Load8S { memarg }
        | I64Load8U { memarg }
        | I64Load16S { memarg }
        | I64Load16U { memarg }
        | I64Load32S { memarg }
        | I64Load32U { memarg }
        | I32Store { memarg }
        | I64Store { memarg }
        | F32Store { memarg }
        | F64Store { memarg }
        | I32Store8 { memarg }
        | I32Store16 { memarg }
        | I64Store8 { memarg }
        | I64Store16 { memarg }
        | I64Store32 { memarg } => Some(memarg.offset),
        _ => None,
    }
}
