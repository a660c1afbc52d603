//! Runs small modules as they are and split, and compares what they do.

use std::collections::BTreeSet;

use wasmi::{Caller, Engine, Extern, Instance, Linker, Module as Runnable, Store, Val};

use crate::constants::{Constants, Thing};
use crate::marks;
use crate::module::Module;
use crate::outline::outline;
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

/// A program with all ways in which control flows: loops, tables of branches, values that blocks and functions give,
/// returns from within, and locals of every type that are read long after they were written.
const FLOWS: &str = r#"(module
    (import "js" "note" (func $note (param i32)))
    (table 2 2 funcref)
    (memory (export "memory") 1)
    (func $collatz (export "collatz") (param $n i32) (result i32) (local $steps i32) (local $wide i64) (local $share f64)
        (block $done
            (loop $again
                (br_if $done (i32.le_s (local.get $n) (i32.const 1)))
                (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
                (local.set $share (f64.add (local.get $share) (f64.convert_i32_s (local.get $n))))
                (block $odd
                    (br_if $odd (i32.and (local.get $n) (i32.const 1)))
                    (local.set $n (i32.shr_s (local.get $n) (i32.const 1)))
                    (local.set $wide (i64.add (local.get $wide) (i64.const 3)))
                    (br $again))
                (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 3)) (i32.const 1)))
                (local.set $wide (i64.mul (i64.extend_i32_s (local.get $n)) (i64.const 5)))
                (br_if $again (i32.lt_s (local.get $n) (i32.const 5000)))
                (call $note (local.get $n))
                (return (i32.const -1))))
        (i32.store (i32.const 64) (local.get $steps))
        (i64.store (i32.const 72) (local.get $wide))
        (f64.store (i32.const 80) (local.get $share))
        (local.get $steps))
    (func $choose (export "choose") (param $of i32) (result i32) (local $a i32) (local $b i32) (local $c i64)
        (local.set $a (i32.mul (local.get $of) (i32.const 7)))
        (block $three (block $two (block $one (block $zero
            (br_table $zero $one $two $three $one (local.get $of)))
                (local.set $b (i32.add (local.get $a) (i32.const 1)))
                (if (i32.eqz (local.get $a))
                    (then (call $note (local.get $b)) (local.set $c (i64.const 9)))
                    (else (local.set $c (i64.const 8)) (return (i32.const 77))))
                (br $two))
                (local.set $b (i32.sub (local.get $a) (i32.const 2)))
                (br_if $three (i32.gt_s (local.get $b) (i32.const 20)))
                (call $note (i32.const 1))
                (call $note (local.get $b)))
            (local.set $a (i32.add (local.get $a) (local.get $b)))
            (local.set $c (i64.add (local.get $c) (i64.extend_i32_s (local.get $a))))
            (call $note (i32.wrap_i64 (local.get $c))))
        (if (result i32) (i32.gt_s (local.get $of) (i32.const 2))
            (then (call $note (local.get $a)) (i32.add (local.get $a) (i32.wrap_i64 (local.get $c))))
            (else (i32.sub (local.get $b) (local.get $a)))))
    (func $quiet (param $n i32) (local $i i32)
        (block $out
            (loop $next
                (br_if $out (i32.ge_s (local.get $i) (local.get $n)))
                (if (i32.eq (local.get $i) (i32.const 3)) (then
                    (call $note (i32.const 33))
                    (if (i32.gt_s (local.get $n) (i32.const 6)) (then (call $note (i32.const 66)) (return)))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br $next)))
                (if (i32.eq (local.get $i) (i32.const 5)) (then (br $out)))
                (call $note (local.get $i))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next)))
        (call $note (i32.add (local.get $i) (i32.const 1000)))
        (if (i32.eq (local.get $n) (i32.const 2)) (then (call $note (i32.const 2)) (unreachable))))
    (func (export "quietly") (param i32) (result i32)
        (call $quiet (local.get 0))
        (call $note (i32.const 5))
        (block $value (result i32)
            (drop (br_if $value (i32.const 12) (i32.eq (local.get 0) (i32.const 4))))
            (call $note (i32.const 6))
            (i32.add (local.get 0) (call $choose (i32.const 2)))))
)"#;

/// What is done with it.
const FLOW_CALLS: &[(&str, &[i32])] = &[
    ("collatz", &[1]),
    ("collatz", &[6]),
    ("collatz", &[27]),
    ("collatz", &[7]),
    ("choose", &[0]),
    ("choose", &[1]),
    ("choose", &[2]),
    ("choose", &[3]),
    ("choose", &[9]),
    ("quietly", &[0]),
    ("quietly", &[2]),
    ("quietly", &[4]),
    ("quietly", &[5]),
    ("quietly", &[9]),
    ("collatz", &[9]),
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
        let Split { first, later } = split(&module, &first, None).expect("it can be split");
        assert_eq!(deeds(&first, Some(&later), CALLS), expected, "the first functions are {chosen:b}");
    }
}

#[test]
fn the_later_part_is_not_asked_for_before_it_is_needed() {
    let binary = wat::parse_str(PROGRAM).expect("a program");
    let module = Module::read(&binary).expect("a module");
    let needed = BTreeSet::from([0, 2, 4, 5].map(|at| at + module.first()));
    let parts = split(&module, &needed, None).expect("it can be split");
    // Without a later part the slots stay empty.
    let calls = deeds(&parts.first, None, CALLS);
    assert_eq!(calls[..2], deeds(&binary, None, CALLS)[..2]);
    assert!(calls[2].contains("Err"), "{calls:?}");
}

#[test]
fn a_program_without_pieces_does_the_same_whichever_they_are() {
    let binary = wat::parse_str(FLOWS).expect("a program");
    let module = Module::read(&binary).expect("a module");
    let places = marks::places(&module);
    let expected = deeds(&binary, None, FLOW_CALLS);
    let all: BTreeSet<u32> = (module.first()..).take(module.functions.len()).collect();
    let mut random = 1_u64;
    let mut pieces = 0;
    for round in 0..400 {
        // The more rounds, the less has run.
        let mut seen: Vec<bool> = Vec::new();
        for (_, at) in &places {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            seen.push(*at == 0 || (random >> 40) % 400 > round);
        }
        let outlined = outline(&module, &places, &seen, isize::MIN / 2).expect("pieces can be taken out");
        pieces += outlined.taken.values().map(Vec::len).sum::<usize>();
        let Split { first, later } = split(&outlined.module, &all, None).expect("it can be split");
        assert_eq!(deeds(&first, Some(&later), FLOW_CALLS), expected, "round {round}");
    }
    assert!(pieces > 3000, "{pieces} pieces");
}

#[test]
fn marks_tell_what_has_run() {
    let binary = wat::parse_str(FLOWS).expect("a program");
    let module = Module::read(&binary).expect("a module");
    let places = marks::places(&module);
    let marked = marks::mark(&module, &places).expect("it can be marked");
    let mut config = wasmi::Config::default();
    config.wasm_multi_memory(true);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, Host::default());
    let runnable = Runnable::new(&engine, &marked[..]).expect("the module is valid");
    let instance = page(&engine).instantiate_and_start(&mut store, &runnable).expect("it starts");
    let choose = instance.get_typed_func::<i32, i32>(&store, "choose").expect("the export is there");
    choose.call(&mut store, 3).expect("it ends");
    let memory = instance.get_memory(&store, marks::MARKS).expect("the marks are exported");
    let seen: Vec<bool> = memory.data(&store).iter().take(places.len()).map(|mark| *mark != 0).collect();
    let ran: BTreeSet<u32> =
        places.iter().zip(&seen).filter(|(_, seen)| **seen).map(|((number, _), _)| *number).collect();
    assert_eq!(ran, BTreeSet::from([module.first() + 1]));
    assert!(
        seen.iter().filter(|seen| **seen).count() < places.iter().filter(|(n, _)| ran.contains(n)).count()
    );
}

#[test]
fn the_linker_tells_which_constant_is_meant() {
    let folder = std::env::temp_dir().join(format!("split-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let (source, linked) = (folder.join("linked.rs"), folder.join("linked.wasm"));
    std::fs::write(&source, LINKED).expect("the source is written");
    let status = std::process::Command::new("rustc")
        .args(["--target=wasm32-unknown-unknown", "--crate-type=cdylib", "-Copt-level=z", "-Cpanic=abort"])
        .args(["-Clink-arg=--emit-relocs", "-Clink-arg=--no-merge-data-segments", "--edition=2024", "-o"])
        .args([&linked, &source])
        .status()
        .expect("rustc runs");
    assert!(status.success());
    let bytes = std::fs::read(&linked).expect("rustc has written it");
    std::fs::remove_dir_all(&folder).expect("the folder goes");

    let module = Module::read(&bytes).expect("a module");
    let constants = Constants::read(&bytes).expect("readable notes").expect("notes");
    assert!(constants.are_of(&module));
    let text = |name: &str| -> String {
        let export = module.exports.iter().find(|export| export.name == name).expect("the export is there");
        let function = module.function(export.index).expect("a function with a body");
        let roots = constants.of_function(function).expect("the linker knows it");
        let needed = constants.needed(roots.into_iter().map(|(_, thing)| thing).collect());
        needed
            .iter()
            .map(|thing| match thing {
                Thing::Segment(segment) => {
                    String::from_utf8_lossy(module.data[*segment as usize].1).into_owned()
                }
                Thing::Slot(_) => "a function".to_owned(),
            })
            .collect::<Vec<_>>()
            .join("|")
    };
    // The compiler takes the lowest index away from the address, which is then in front of the constant.
    let biased = text("biased");
    assert!(biased.contains("the quick brown fox") && !biased.contains("lazy"), "{biased}");
    let deep = text("deep");
    assert!(
        deep.contains("lazy dog") && deep.contains("hidden in a list") && !deep.contains("fox"),
        "{deep}"
    );
    assert!(text("pointer").contains("a function"));
}

/// Constants that are reached in different ways.
const LINKED: &str = r#"
    #![no_std]
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo) -> ! { core::arch::wasm32::unreachable() }
    static FOX: [u8; 32] = *b"the quick brown fox jumps over .";
    static LISTS: [&[&str]; 2] = [&["the lazy dog", "hidden in a list"], &["another"]];
    static DEEDS: [fn(u32) -> u32; 2] = [one, two];
    fn one(of: u32) -> u32 { of + 1 }
    fn two(of: u32) -> u32 { of * 2 }
    #[unsafe(no_mangle)]
    pub extern "C" fn biased(at: u32) -> u8 {
        if (1000..1032).contains(&at) { FOX[(at - 1000) as usize] } else { 0 }
    }
    #[unsafe(no_mangle)]
    pub extern "C" fn deep(list: usize, at: usize) -> u8 {
        LISTS.get(list).and_then(|list| list.get(at)).map_or(0, |text| text.as_bytes()[0])
    }
    #[unsafe(no_mangle)]
    pub extern "C" fn pointer(which: usize, of: u32) -> u32 { DEEDS.get(which).map_or(0, |deed| deed(of)) }
"#;
