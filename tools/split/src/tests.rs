//! Runs small modules as they are and split, and compares what they do.

use std::collections::BTreeSet;

use wasmi::{Caller, Engine, Extern, Instance, Linker, Module as Runnable, Store, Val};

use crate::module::Module;
use crate::split::{BRIDGE, LOAD, Split, TABLE, split};

/// A program with all that crosses the border: calls in both directions, through the table and through exports, an
/// imported function on either side, memory, and a global that both change.
const PROGRAM: &str = r#"(module
    (import "js" "note" (func $note (param i32)))
    (import "js" "twice" (func $twice (param i64) (result i64)))
    (table 4 4 funcref)
    (memory (export "memory") 1)
    (global $depth (mut i32) (i32.const 100))
    (elem (i32.const 1) $add $multiply)
    (type $two (func (param i32 i32) (result i32)))
    (data (i32.const 16) "\05\00\00\00")
    (func $add (type $two) (i32.add (local.get 0) (local.get 1)))
    (func $multiply (type $two)
        (call $note (i32.const 7))
        (i32.mul (local.get 0) (local.get 1)))
    (func $deeper (param i32) (result i32)
        (global.set $depth (i32.add (global.get $depth) (local.get 0)))
        (global.get $depth))
    (func $rare (param i32) (result i32)
        (call $note (call $deeper (local.get 0)))
        (i32.store (i32.const 20) (i32.load (i32.const 16)))
        (i32.wrap_i64 (call $twice (i64.extend_i32_u (call $deeper (i32.const 1))))))
    (func $through (export "through") (param i32 i32 i32) (result i32)
        (call_indirect (type $two) (local.get 1) (local.get 2) (local.get 0)))
    (func (export "often") (param i32) (result i32)
        (if (result i32) (i32.gt_s (local.get 0) (i32.const 10))
            (then (call $rare (local.get 0)))
            (else (call $deeper (i32.const 2)))))
    (func (export "seldom") (param i32) (result i32)
        (i32.add (call $through (i32.const 1) (local.get 0) (i32.const 3)) (i32.load (i32.const 20))))
)"#;

/// What is done with it.
const CALLS: &[(&str, &[i32])] = &[
    ("often", &[3]),
    ("through", &[1, 4, 5]),
    ("often", &[11]),
    ("through", &[2, 4, 5]),
    ("through", &[0, 4, 5]),
    ("seldom", &[6]),
    ("often", &[12]),
];

/// What a host knows of a program.
#[derive(Default)]
struct Host {
    first: Option<Instance>,
    later: Option<Vec<u8>>,
    said: Vec<String>,
}

/// All that a program did: what it said to the host, what each call gave, and the bytes in its memory.
fn deeds(first: &[u8], later: Option<&[u8]>, calls: &[(&str, &[i32])]) -> Vec<String> {
    let engine = Engine::default();
    let host = Host { later: later.map(<[u8]>::to_vec), ..Host::default() };
    let mut store = Store::new(&engine, host);
    let module = Runnable::new(&engine, first).expect("the module is valid");
    let linker = page(&engine);
    let instance = linker.instantiate_and_start(&mut store, &module).expect("it starts");
    store.data_mut().first = Some(instance);
    for (name, arguments) in calls {
        let function = instance.get_func(&store, name).expect("the export is there");
        let arguments: Vec<Val> = arguments.iter().map(|value| Val::I32(*value)).collect();
        let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
        let outcome = function.call(&mut store, &arguments, &mut results);
        let outcome = outcome.map_err(|error| error.as_trap_code());
        store.data_mut().said.push(format!("{name} gives {outcome:?} {results:?}"));
    }
    let memory = instance.get_memory(&store, "memory").expect("the memory is exported");
    let bytes: Vec<u8> = memory.data(&store)[..4096].to_vec();
    let mut said = std::mem::take(&mut store.data_mut().said);
    said.push(format!("{bytes:?}"));
    said
}

/// What the page gives to either part.
fn page(engine: &Engine) -> Linker<Host> {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("js", "note", |mut caller: Caller<'_, Host>, value: i32| {
            caller.data_mut().said.push(format!("note {value}"));
        })
        .expect("a name of its own");
    linker.func_wrap("js", "twice", |value: i64| value * 2).expect("a name of its own");
    linker.func_wrap(BRIDGE, LOAD, load).expect("a name of its own");
    linker
}

/// What later.js does: hands the shared things and the functions by their slots to the later module.
fn load(mut caller: Caller<'_, Host>) -> Result<(), wasmi::Error> {
    let Some(later) = caller.data_mut().later.take() else { return Ok(()) };
    let first = caller.data().first.expect("the first module has started");
    let engine = caller.engine().clone();
    let module = Runnable::new(&engine, &later[..])?;
    let mut linker = page(&engine);
    let table = first.get_table(&caller, TABLE).expect("the table is exported");
    for import in module.imports().filter(|import| import.module() == BRIDGE) {
        let thing: Extern = first.get_export(&caller, import.name()).unwrap_or_else(|| {
            let slot: u64 = import.name().parse().expect("a slot");
            let entry = table.get(&caller, slot).expect("a slot of the table");
            let wasmi::Ref::Func(function) = entry else { panic!("a slot of functions") };
            Extern::Func(*function.val().expect("a filled slot"))
        });
        linker.define(BRIDGE, import.name(), thing)?;
    }
    linker.instantiate_and_start(&mut caller, &module)?;
    Ok(())
}

#[test]
fn a_split_program_does_the_same_wherever_the_border_is() {
    let binary = wat::parse_str(PROGRAM).expect("a program");
    let module = Module::read(&binary).expect("a module");
    let expected = deeds(&binary, None, CALLS);
    assert!(expected.iter().any(|line| line == "note 7") && expected.iter().any(|line| line.contains("Err")));
    let all = module.functions.len();
    for chosen in 0..1_u32 << all {
        let first: BTreeSet<u32> =
            (0..all as u32).filter(|bit| chosen & 1 << bit != 0).map(|bit| bit + module.first()).collect();
        let Split { first, later } = split(&module, &first).expect("it can be split");
        assert_eq!(deeds(&first, Some(&later), CALLS), expected, "the first functions are {chosen:b}");
    }
}

#[test]
fn the_later_part_is_not_asked_for_before_it_is_needed() {
    let binary = wat::parse_str(PROGRAM).expect("a program");
    let module = Module::read(&binary).expect("a module");
    let needed = BTreeSet::from([0, 2, 4, 5].map(|at| at + module.first()));
    let parts = split(&module, &needed).expect("it can be split");
    // Without a later part the slots stay empty.
    let calls = deeds(&parts.first, None, CALLS);
    assert_eq!(calls[..2], deeds(&binary, None, CALLS)[..2]);
    assert!(calls[2].contains("Err"), "{calls:?}");
}
