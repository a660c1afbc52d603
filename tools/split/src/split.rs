//! Splits a module in two. The first one holds what runs first; the other one brings the rest into the same memory and
//! the same table when it arrives.
//!
//! What the first module calls of the later one, it calls through a slot of the table, and asks before whether the
//! later one is there. The later module writes its functions into those slots. What it calls of the first one, it
//! imports: JavaScript takes those functions out of the table by their slots.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{BlockType, ExternalKind, FuncType, GlobalType, Operator, ValType};

use crate::constants::Thing;
use crate::emit::{Part, Shared, data, emit};
use crate::module::{Fault, Module};

/// The name of the module that the two import from when it is not JavaScript of the page.
pub const BRIDGE: &str = "p";
/// The name of the import that brings the later module.
pub const LOAD: &str = "load";
/// The name under which the first table is exported.
pub const TABLE: &str = "t";

/// From so many calls on, they share one function that makes the call to the later module.
const SHARED_FROM: usize = 3;

/// The two modules.
pub struct Split {
    /// What runs first.
    pub first: Vec<u8>,
    /// All the rest.
    pub later: Vec<u8>,
}

/// Splits: `runs_first` holds the numbers of the functions of the first module, and `needed` which data segments it must
/// bring and which slots it may use; where that is not known, all.
pub fn split(
    module: &Module<'_>,
    runs_first: &BTreeSet<u32>,
    needed: Option<&BTreeSet<Thing>>,
) -> Result<Split, Fault> {
    let mut whole = module.clone();
    let count = module.functions.len();
    let mut is_first: Vec<bool> =
        (module.first()..).take(count).map(|number| runs_first.contains(&number)).collect();
    if let Some(at) = module.start.and_then(|start| start.checked_sub(module.first())) {
        is_first[at as usize] = true;
    }
    let is_later = |number: u32| {
        number
            .checked_sub(module.first())
            .is_some_and(|at| is_first.get(at as usize).is_some_and(|first| !first))
    };
    let numbers = |first: bool| {
        let is_first = &is_first;
        (module.first()..).zip(is_first).filter(move |(_, is)| **is == first).map(|(number, _)| number)
    };

    let may_use = |slot: u32| needed.is_none_or(|needed| needed.contains(&Thing::Slot(slot)));

    // Who calls whom over the border.
    let mut called_by_first: BTreeMap<u32, usize> = BTreeMap::new();
    let mut called_by_later: BTreeSet<u32> = BTreeSet::new();
    let mut imports_of_first: BTreeSet<u32> = BTreeSet::new();
    let mut imports_of_later: BTreeSet<u32> = BTreeSet::new();
    let mut globals_of_later: BTreeSet<u32> = BTreeSet::new();
    for (number, function) in (module.first()..).zip(&module.functions) {
        for operator in &function.body {
            match *operator {
                Operator::Call { function_index: called } => {
                    match (is_later(number), called < module.first()) {
                        (false, true) => drop(imports_of_first.insert(called)),
                        (true, true) => drop(imports_of_later.insert(called)),
                        (false, false) if is_later(called) => {
                            *called_by_first.entry(called).or_default() += 1
                        }
                        (true, false) if !is_later(called) => drop(called_by_later.insert(called)),
                        _ => {}
                    }
                }
                Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index }
                    if is_later(number) =>
                {
                    globals_of_later.insert(global_index);
                }
                Operator::RefFunc { .. } | Operator::ReturnCall { .. } | Operator::MemoryInit { .. } => {
                    return Err(format!("function {number} holds {operator:?}").into());
                }
                _ => {}
            }
        }
    }

    // The slots: those that the program gave, and new ones behind them.
    let mut slots: BTreeMap<u32, u32> = BTreeMap::new();
    let mut shared: BTreeSet<u32> = BTreeSet::new();
    for (slot, function) in places(&module.elements) {
        slots.entry(function).or_insert(slot);
        if is_later(function) && may_use(slot) {
            shared.insert(function);
        }
        if function < module.first() {
            imports_of_first.insert(function);
        }
    }
    for export in module.exports.iter().filter(|export| export.kind == ExternalKind::Func) {
        if is_later(export.index) {
            shared.insert(export.index);
        }
        if export.index < module.first() {
            imports_of_first.insert(export.index);
        }
    }
    shared
        .extend(called_by_first.iter().filter(|(_, calls)| **calls >= SHARED_FROM).map(|(number, _)| number));

    // Like beside like, and slots in the same order: so they compress best.
    let mut in_order: Vec<u32> = numbers(true).collect();
    in_order.sort_by_key(|number| {
        (module.signature(*number), module.function(*number).map(|function| function.body.len()), *number)
    });

    let table = whole.tables.first_mut().ok_or("the module has no table")?;
    let mut end = u32::try_from(table.initial)?;
    let mut new_slot = |function: u32| {
        slots.entry(function).or_insert_with(|| {
            end += 1;
            end - 1
        });
    };
    in_order.iter().filter(|number| called_by_later.contains(number)).for_each(|number| new_slot(*number));
    shared.iter().chain(called_by_first.keys()).for_each(|number| new_slot(*number));
    table.initial = u64::from(end);
    table.maximum = table.maximum.map(|maximum| maximum.max(u64::from(end)));

    // The functions that cross the border.
    let load = whole.add(FuncType::new([], []), Vec::new(), Vec::new());
    let flag = whole.globals.len() as u32;
    whole.globals.push((
        GlobalType { content_type: ValType::I32, mutable: true, shared: false },
        vec![Operator::I32Const { value: 0 }],
    ));
    let ready = whole.add(
        FuncType::new([ValType::I32], [ValType::I32]),
        Vec::new(),
        vec![
            Operator::GlobalGet { global_index: flag },
            Operator::I32Eqz,
            Operator::If { blockty: BlockType::Empty },
            Operator::Call { function_index: load },
            Operator::I32Const { value: 1 },
            Operator::GlobalSet { global_index: flag },
            Operator::End,
            Operator::LocalGet { local_index: 0 },
            Operator::End,
        ],
    );
    let cross = |number: u32| {
        [
            Operator::I32Const { value: slots[&number] as i32 },
            Operator::Call { function_index: ready },
            Operator::CallIndirect { type_index: module.signature(number), table_index: 0 },
        ]
    };
    let mut crossings: BTreeMap<u32, u32> = BTreeMap::new();
    let mut by_signature: Vec<u32> = shared.iter().copied().collect();
    by_signature.sort_by_key(|number| (module.signature(*number), slots[number]));
    for number in by_signature {
        let parameters = module.types[module.signature(number) as usize].params().len() as u32;
        let mut body: Vec<Operator<'_>> =
            (0..parameters).map(|local_index| Operator::LocalGet { local_index }).collect();
        body.extend(cross(number));
        body.push(Operator::End);
        let crossing = whole.add(module.types[module.signature(number) as usize].clone(), Vec::new(), body);
        crossings.insert(number, crossing);
    }
    for (function, is_first) in whole.functions.iter_mut().zip(&is_first) {
        if !is_first {
            continue;
        }
        let mut body = Vec::with_capacity(function.body.len());
        for operator in std::mem::take(&mut function.body) {
            match operator {
                Operator::Call { function_index: called } if is_later(called) => match crossings.get(&called)
                {
                    Some(crossing) => body.push(Operator::Call { function_index: *crossing }),
                    None => body.extend(cross(called)),
                },
                other => body.push(other),
            }
        }
        function.body = body;
    }
    let whole = whole;
    let here = |number: u32| crossings.get(&number).copied().unwrap_or(number);

    // What the first module shows to the later one.
    let mut exports: Vec<(String, ExternalKind, u32)> = module
        .exports
        .iter()
        .map(|export| {
            let number = if export.kind == ExternalKind::Func { here(export.index) } else { export.index };
            (export.name.to_owned(), export.kind, number)
        })
        .collect();
    let mut show = |kind: ExternalKind, number: u32, name: String| {
        let known =
            exports.iter().find(|(_, k, n)| (*k, *n) == (kind, number)).map(|(name, _, _)| name.clone());
        known.unwrap_or_else(|| {
            exports.push((name.clone(), kind, number));
            name
        })
    };
    let bridge = Shared {
        module: BRIDGE,
        tables: (0..module.tables.len() as u32)
            .map(|number| {
                (
                    number,
                    if number == 0 {
                        TABLE.to_owned()
                    } else {
                        show(ExternalKind::Table, number, format!("t{number}"))
                    },
                )
            })
            .collect(),
        memories: (0..module.memories.len() as u32)
            .map(|number| (number, show(ExternalKind::Memory, number, format!("m{number}"))))
            .collect(),
        globals: globals_of_later
            .iter()
            .map(|number| (*number, show(ExternalKind::Global, *number, format!("g{number}"))))
            .collect(),
    };
    exports.push((TABLE.to_owned(), ExternalKind::Table, 0));

    // A slot that only the later module can use stays empty until then.
    let mut filled: BTreeMap<u32, u32> = places(&module.elements)
        .filter(|(slot, function)| !is_later(*function) || may_use(*slot))
        .map(|(slot, function)| (slot, here(function)))
        .collect();
    filled.extend(called_by_later.iter().map(|number| (slots[number], *number)));
    let imported = |numbers: &BTreeSet<u32>| -> Vec<(&str, String, u32)> {
        numbers
            .iter()
            .map(|number| {
                let import = &module.imports[*number as usize];
                (import.module, import.name.to_owned(), *number)
            })
            .collect()
    };

    let mut functions = in_order;
    functions.push(ready);
    functions.extend(crossings.values().copied().collect::<BTreeSet<_>>());

    let mut imports = imported(&imports_of_first);
    imports.push((BRIDGE, LOAD.to_owned(), load));
    let first = Part {
        imports,
        functions,
        shared: None,
        exports,
        elements: runs(filled),
        data: data(module, needed, true),
        start: module.start,
    };

    let mut imports = imported(&imports_of_later);
    imports.extend(called_by_later.iter().map(|number| (BRIDGE, slots[number].to_string(), *number)));
    let written = places(&module.elements).filter(|(_, function)| is_later(*function));
    let given =
        slots.iter().map(|(function, slot)| (*slot, *function)).filter(|(_, function)| is_later(*function));
    let later = Part {
        imports,
        functions: numbers(false).collect(),
        shared: Some(&bridge),
        exports: Vec::new(),
        elements: runs(written.chain(given).collect()),
        data: data(module, needed, false),
        start: None,
    };
    Ok(Split { first: emit(&whole, &first)?, later: emit(&whole, &later)? })
}

/// Each slot that the segments fill, with its function.
fn places(elements: &[(u32, Vec<u32>)]) -> impl Iterator<Item = (u32, u32)> + '_ {
    elements.iter().flat_map(|(slot, functions)| (*slot..).zip(functions.iter().copied()))
}

/// Slots that follow one another, as one segment.
fn runs(places: BTreeMap<u32, u32>) -> Vec<(u32, Vec<u32>)> {
    let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
    for (slot, function) in places {
        match runs.last_mut() {
            Some((start, functions)) if *start + functions.len() as u32 == slot => functions.push(function),
            _ => runs.push((slot, vec![function])),
        }
    }
    runs
}
