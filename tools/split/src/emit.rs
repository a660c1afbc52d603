//! Writes a module that holds a part of another one's functions.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function as Code, FunctionSection, GlobalSection, ImportSection, MemorySection, Module as Binary,
    NameMap, NameSection, StartSection, TableSection, TypeSection,
};
use wasmparser::{BlockType, ExternalKind, Operator};

use crate::constants::Thing;
use crate::module::{Fault, Module};

/// So many bytes between two data segments weigh less than a new segment.
const GAP: u32 = 8;

/// What a part holds. Numbers are those of the whole module.
#[derive(Default)]
pub struct Part<'m> {
    /// Functions from elsewhere: where from, under which name, and which.
    pub imports: Vec<(&'m str, String, u32)>,
    /// The functions with a body, in their order.
    pub functions: Vec<u32>,
    /// The names under which tables, memories and globals come from the module `shared`; without, they are made here.
    pub shared: Option<&'m Shared>,
    /// What others can reach.
    pub exports: Vec<(String, ExternalKind, u32)>,
    /// Functions to write into the first table, with the slot of the first one.
    pub elements: Vec<(u32, Vec<u32>)>,
    /// Bytes to write into memory, with their address.
    pub data: Vec<(u32, Vec<u8>)>,
    /// The function that runs first.
    pub start: Option<u32>,
}

/// The names under which one part hands tables, memories and globals to the other.
#[derive(Default)]
pub struct Shared {
    /// The module's name for the importing part.
    pub module: &'static str,
    /// Of the tables.
    pub tables: BTreeMap<u32, String>,
    /// Of the memories.
    pub memories: BTreeMap<u32, String>,
    /// Of the globals.
    pub globals: BTreeMap<u32, String>,
}

/// All of a module as a binary one.
pub fn whole(module: &Module<'_>) -> Result<Vec<u8>, Fault> {
    let imports =
        (0..).zip(&module.imports).map(|(number, import)| (import.module, import.name.to_owned(), number));
    emit(
        module,
        &Part {
            imports: imports.collect(),
            functions: (module.first()..).take(module.functions.len()).collect(),
            shared: None,
            exports: module.exports.iter().map(|e| (e.name.to_owned(), e.kind, e.index)).collect(),
            elements: module.elements.clone(),
            data: data(module, None, true),
            start: module.start,
        },
    )
}

/// Segments that are needed, or those that are not, as few as it is worth: a small gap is filled with zeros.
pub fn data(module: &Module<'_>, needed: Option<&BTreeSet<Thing>>, is: bool) -> Vec<(u32, Vec<u8>)> {
    let small = |gap: u32| gap <= if is { GAP } else { 0 };
    let mut joined: Vec<(u32, Vec<u8>)> = Vec::new();
    for (segment, (address, bytes)) in (0..).zip(&module.data) {
        if needed.is_none_or(|needed| needed.contains(&Thing::Segment(segment))) != is {
            continue;
        }
        match joined.last_mut() {
            // What stands in a gap of the first module, the later one writes over; but it writes over nothing else.
            Some((begin, joined)) if address.checked_sub(*begin + joined.len() as u32).is_some_and(small) => {
                joined.resize((*address - *begin) as usize, 0);
                joined.extend_from_slice(bytes);
            }
            _ => joined.push((*address, bytes.to_vec())),
        }
    }
    joined
}

/// The part as a binary module.
pub fn emit(module: &Module<'_>, part: &Part<'_>) -> Result<Vec<u8>, Fault> {
    let mut numbers = Numbers::default();
    for number in part.imports.iter().map(|(_, _, number)| number).chain(&part.functions) {
        let next = numbers.functions.len() as u32;
        numbers.functions.insert(*number, next);
    }
    number_types(module, part, &mut numbers);

    let mut types = TypeSection::new();
    for old in numbers.types_in_order.clone() {
        let ty = &module.types[old as usize];
        types.ty().func_type(&numbers.func_type(ty.clone()).map_err(fault)?);
    }

    let mut imports = ImportSection::new();
    for (from, name, number) in &part.imports {
        imports.import(from, name, EntityType::Function(numbers.types[&module.signature(*number)]));
    }
    let mut tables = TableSection::new();
    let mut memories = MemorySection::new();
    let mut globals = GlobalSection::new();
    if let Some(shared) = part.shared {
        for (next, (table, name)) in shared.tables.iter().enumerate() {
            let ty = numbers.table_type(module.tables[*table as usize]).map_err(fault)?;
            imports.import(shared.module, name, ty);
            numbers.tables.insert(*table, next as u32);
        }
        for (next, (memory, name)) in shared.memories.iter().enumerate() {
            let ty = numbers.memory_type(module.memories[*memory as usize]).map_err(fault)?;
            imports.import(shared.module, name, ty);
            numbers.memories.insert(*memory, next as u32);
        }
        for (next, (global, name)) in shared.globals.iter().enumerate() {
            let ty = numbers.global_type(module.globals[*global as usize].0).map_err(fault)?;
            imports.import(shared.module, name, ty);
            numbers.globals.insert(*global, next as u32);
        }
    } else {
        for (number, table) in module.tables.iter().enumerate() {
            tables.table(numbers.table_type(*table).map_err(fault)?);
            numbers.tables.insert(number as u32, number as u32);
        }
        for (number, memory) in module.memories.iter().enumerate() {
            memories.memory(numbers.memory_type(*memory).map_err(fault)?);
            numbers.memories.insert(number as u32, number as u32);
        }
        for (number, (ty, first)) in module.globals.iter().enumerate() {
            let ty = numbers.global_type(*ty).map_err(fault)?;
            let mut bytes = Vec::new();
            for operator in first {
                wasm_encoder::Encode::encode(
                    &numbers.instruction(operator.clone()).map_err(fault)?,
                    &mut bytes,
                );
            }
            globals.global(ty, &ConstExpr::raw(bytes));
            numbers.globals.insert(number as u32, number as u32);
        }
    }

    let mut signatures = FunctionSection::new();
    let mut codes = CodeSection::new();
    for number in &part.functions {
        let function = module.function(*number).ok_or("an imported function has no body")?;
        signatures.function(numbers.types[&function.signature]);
        let mut locals: Vec<(u32, wasm_encoder::ValType)> = Vec::new();
        for local in &function.locals {
            let local = numbers.val_type(*local).map_err(fault)?;
            match locals.last_mut() {
                Some((count, ty)) if *ty == local => *count += 1,
                _ => locals.push((1, local)),
            }
        }
        let mut code = Code::new(locals);
        for operator in &function.body {
            code.instruction(&numbers.instruction(operator.clone()).map_err(fault)?);
        }
        codes.function(&code);
    }

    let mut exports = ExportSection::new();
    for (name, kind, number) in &part.exports {
        let (kind, number) = match kind {
            ExternalKind::Func => (ExportKind::Func, numbers.functions.get(number)),
            ExternalKind::Table => (ExportKind::Table, numbers.tables.get(number)),
            ExternalKind::Memory => (ExportKind::Memory, numbers.memories.get(number)),
            ExternalKind::Global => (ExportKind::Global, numbers.globals.get(number)),
            _ => return Err(format!("the export {name} is of a kind that is not handled").into()),
        };
        exports.export(name, kind, *number.ok_or_else(|| format!("nothing to export as {name}"))?);
    }

    let mut elements = ElementSection::new();
    for (slot, functions) in &part.elements {
        let functions: Vec<u32> = functions.iter().map(|number| numbers.functions[number]).collect();
        elements.active(None, &ConstExpr::i32_const(*slot as i32), Elements::Functions(functions.into()));
    }
    let mut data = DataSection::new();
    for (address, bytes) in &part.data {
        data.active(0, &ConstExpr::i32_const(*address as i32), bytes.iter().copied());
    }

    let mut binary = Binary::new();
    binary.section(&types).section(&imports).section(&signatures);
    if part.shared.is_none() {
        binary.section(&tables).section(&memories).section(&globals);
    }
    binary.section(&exports);
    if let Some(start) = part.start {
        binary.section(&StartSection { function_index: numbers.functions[&start] });
    }
    if !elements.is_empty() {
        binary.section(&elements);
    }
    binary.section(&codes);
    if !data.is_empty() {
        binary.section(&data);
    }
    if std::env::var_os("SPLIT_NAMES").is_some() {
        let mut in_order: Vec<(u32, u32)> =
            numbers.functions.iter().map(|(number, next)| (*next, *number)).collect();
        in_order.sort();
        let mut names = NameMap::new();
        for (next, number) in in_order {
            names.append(next, module.function(number).map_or("", |function| function.name));
        }
        let mut section = NameSection::new();
        section.functions(&names);
        binary.section(&section);
    }
    let bytes = binary.finish();
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&bytes)?;
    Ok(bytes)
}

/// The numbers of the whole module's things in a part.
#[derive(Default)]
struct Numbers {
    functions: BTreeMap<u32, u32>,
    types: BTreeMap<u32, u32>,
    types_in_order: Vec<u32>,
    tables: BTreeMap<u32, u32>,
    memories: BTreeMap<u32, u32>,
    globals: BTreeMap<u32, u32>,
}

/// The signatures that are used most have the small numbers.
fn number_types(module: &Module<'_>, part: &Part<'_>, numbers: &mut Numbers) {
    let mut uses: BTreeMap<u32, usize> = BTreeMap::new();
    let mut used = |signature: u32| *uses.entry(signature).or_default() += 1;
    for (_, _, number) in &part.imports {
        used(module.signature(*number));
    }
    for function in part.functions.iter().filter_map(|number| module.function(*number)) {
        used(function.signature);
        for operator in &function.body {
            match operator {
                Operator::CallIndirect { type_index, .. } => used(*type_index),
                Operator::Block { blockty: BlockType::FuncType(ty) }
                | Operator::Loop { blockty: BlockType::FuncType(ty) }
                | Operator::If { blockty: BlockType::FuncType(ty) } => used(*ty),
                _ => {}
            }
        }
    }
    let mut order: Vec<(u32, usize)> = uses.into_iter().collect();
    order.sort_by_key(|(signature, uses)| (std::cmp::Reverse(*uses), *signature));
    numbers.types_in_order = order.iter().map(|(signature, _)| *signature).collect();
    numbers.types = numbers.types_in_order.iter().zip(0..).map(|(old, new)| (*old, new)).collect();
}

/// What a part lacks.
#[derive(Debug)]
struct Missing(&'static str, u32);

impl std::fmt::Display for Missing {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(text, "{} {} is used in a part that does not have it", self.0, self.1)
    }
}

impl std::error::Error for Missing {}

fn fault(error: Error<Missing>) -> Fault {
    match error {
        Error::UserError(missing) => missing.into(),
        other => format!("{other}").into(),
    }
}

fn look(map: &BTreeMap<u32, u32>, what: &'static str, number: u32) -> Result<u32, Error<Missing>> {
    map.get(&number).copied().ok_or(Error::UserError(Missing(what, number)))
}

impl Reencode for Numbers {
    type Error = Missing;

    fn function_index(&mut self, number: u32) -> Result<u32, Error<Missing>> {
        look(&self.functions, "function", number)
    }
    fn type_index(&mut self, number: u32) -> Result<u32, Error<Missing>> {
        look(&self.types, "signature", number)
    }
    fn table_index(&mut self, number: u32) -> Result<u32, Error<Missing>> {
        look(&self.tables, "table", number)
    }
    fn memory_index(&mut self, number: u32) -> Result<u32, Error<Missing>> {
        look(&self.memories, "memory", number)
    }
    fn global_index(&mut self, number: u32) -> Result<u32, Error<Missing>> {
        look(&self.globals, "global", number)
    }
}
