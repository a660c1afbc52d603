//! A WebAssembly module as data: what rustc and wasm-bindgen write, and nothing beyond it.

use std::collections::BTreeMap;

use wasmparser::{
    DataKind, ElementItems, ElementKind, ExternalKind, FuncType, FuncValidator, FuncValidatorAllocations,
    GlobalType, MemoryType, Operator, Parser, Payload, TableType, TypeRef, ValType, ValidPayload, Validator,
    ValidatorResources,
};

/// Why a module can not be split.
pub type Fault = Box<dyn std::error::Error>;

/// A module. Functions are counted as in the binary format: imported ones first.
#[derive(Clone)]
pub struct Module<'a> {
    /// The signatures.
    pub types: Vec<FuncType>,
    /// The imported functions.
    pub imports: Vec<Import<'a>>,
    /// The functions with a body.
    pub functions: Vec<Function<'a>>,
    /// The tables; the first one holds functions.
    pub tables: Vec<TableType>,
    /// The memories.
    pub memories: Vec<MemoryType>,
    /// The globals with the operators of their first value.
    pub globals: Vec<(GlobalType, Vec<Operator<'a>>)>,
    /// What JavaScript can reach.
    pub exports: Vec<Export<'a>>,
    /// Functions that are written into the first table at its birth: the slot of the first one, and they.
    pub elements: Vec<(u32, Vec<u32>)>,
    /// Bytes that are written into memory at its birth, with their address.
    pub data: Vec<(u32, &'a [u8])>,
    /// The function that runs first.
    pub start: Option<u32>,
}

/// A function that JavaScript gives.
#[derive(Clone)]
pub struct Import<'a> {
    /// The module's name.
    pub module: &'a str,
    /// The name in it.
    pub name: &'a str,
    /// The signature's number.
    pub signature: u32,
}

/// A function with a body.
#[derive(Clone)]
pub struct Function<'a> {
    /// The signature's number.
    pub signature: u32,
    /// The locals past the parameters.
    pub locals: Vec<ValType>,
    /// The body, with its last `end`.
    pub body: Vec<Operator<'a>>,
    /// Where each operator begins, in bytes from the beginning of the first one; at last, where the body ends.
    pub offsets: Vec<usize>,
    /// Whether before the operator no value is on the stack above those of the blocks around.
    pub flat: Vec<bool>,
    /// Whether no way leads to the operator.
    pub dead: Vec<bool>,
    /// Its name, when the module tells.
    pub name: &'a str,
}

/// Something that JavaScript can reach.
#[derive(Clone)]
pub struct Export<'a> {
    /// The name.
    pub name: &'a str,
    /// Of what kind.
    pub kind: ExternalKind,
    /// Its number.
    pub index: u32,
}

impl<'a> Module<'a> {
    /// Reads a module.
    pub fn read(bytes: &'a [u8]) -> Result<Module<'a>, Fault> {
        let mut module = Module {
            types: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            exports: Vec::new(),
            elements: Vec::new(),
            data: Vec::new(),
            start: None,
        };
        let mut signatures = Vec::new();
        let mut validator = Validator::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            let valid = validator.payload(&payload)?;
            match payload {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        module.types.push(ty?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let TypeRef::Func(signature) = import.ty else {
                            return Err(format!("the import {} is no function", import.name).into());
                        };
                        module.imports.push(Import { module: import.module, name: import.name, signature });
                    }
                }
                Payload::FunctionSection(section) => {
                    signatures = section.into_iter().collect::<Result<Vec<u32>, _>>()?
                }
                Payload::TableSection(section) => {
                    for table in section {
                        module.tables.push(table?.ty);
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        module.memories.push(memory?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global?;
                        let mut operators = operators(global.init_expr.get_operators_reader())?;
                        operators.pop();
                        module.globals.push((global.ty, operators));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        module.exports.push(Export {
                            name: export.name,
                            kind: export.kind,
                            index: export.index,
                        });
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        let element = element?;
                        match (element.kind, element.items) {
                            (
                                ElementKind::Active { table_index: None | Some(0), offset_expr },
                                ElementItems::Functions(functions),
                            ) => {
                                let slot = constant(offset_expr.get_operators_reader())?;
                                module
                                    .elements
                                    .push((slot, functions.into_iter().collect::<Result<_, _>>()?));
                            }
                            (ElementKind::Declared, _) => {}
                            _ => return Err("an element segment is not of functions at a fixed slot".into()),
                        }
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data?;
                        let DataKind::Active { memory_index: 0, offset_expr } = data.kind else {
                            return Err("a data segment is not at a fixed address".into());
                        };
                        module.data.push((constant(offset_expr.get_operators_reader())?, data.data));
                    }
                }
                Payload::StartSection { func, .. } => module.start = Some(func),
                Payload::CodeSectionEntry(body) => {
                    let ValidPayload::Func(function, _) = valid else {
                        return Err("a body is of no function".into());
                    };
                    let function = function.into_validator(FuncValidatorAllocations::default());
                    module.functions.push(body_of(&body, signatures[module.functions.len()], function)?);
                }
                Payload::CustomSection(section) => {
                    if let wasmparser::KnownCustom::Name(names) = section.as_known() {
                        name(&mut module, names);
                    }
                }
                Payload::TagSection(_) => return Err("the module has tags".into()),
                _ => {}
            }
        }
        Ok(module)
    }

    /// The number of the first function that is not imported.
    pub fn first(&self) -> u32 {
        self.imports.len() as u32
    }

    /// The function of this number, or nothing for an imported one.
    pub fn function(&self, number: u32) -> Option<&Function<'a>> {
        number.checked_sub(self.first()).map(|at| &self.functions[at as usize])
    }

    /// The signature's number of the function of this number.
    pub fn signature(&self, number: u32) -> u32 {
        self.function(number)
            .map_or_else(|| self.imports[number as usize].signature, |function| function.signature)
    }

    /// The module with other names for what it imports: those of `names`, all from the module `from`.
    pub fn importing(&self, from: &'a str, names: &'a BTreeMap<String, String>) -> Module<'a> {
        let mut module = self.clone();
        for import in &mut module.imports {
            if let Some(name) = names.get(import.name) {
                (import.module, import.name) = (from, name);
            }
        }
        module
    }

    /// A function that is made here.
    pub fn add(&mut self, ty: FuncType, locals: Vec<ValType>, body: Vec<Operator<'a>>) -> u32 {
        let signature = self.signature_of(ty);
        let function = Function {
            signature,
            locals,
            body,
            offsets: Vec::new(),
            flat: Vec::new(),
            dead: Vec::new(),
            name: "",
        };
        self.functions.push(function);
        (self.imports.len() + self.functions.len() - 1) as u32
    }

    /// The number of this signature, which is added when it is new.
    pub fn signature_of(&mut self, ty: FuncType) -> u32 {
        let known = self.types.iter().position(|known| *known == ty);
        known.unwrap_or_else(|| {
            self.types.push(ty);
            self.types.len() - 1
        }) as u32
    }
}

fn body_of<'a>(
    body: &wasmparser::FunctionBody<'a>,
    signature: u32,
    mut validator: FuncValidator<ValidatorResources>,
) -> Result<Function<'a>, Fault> {
    let mut locals = Vec::new();
    for local in body.get_locals_reader()? {
        let (count, ty) = local?;
        locals.extend(std::iter::repeat_n(ty, count as usize));
    }
    let mut function = Function {
        signature,
        locals,
        body: Vec::new(),
        offsets: Vec::new(),
        flat: Vec::new(),
        dead: Vec::new(),
        name: "",
    };
    validator.read_locals(&mut body.get_binary_reader())?;
    let mut reader = body.get_operators_reader()?;
    let begin = reader.original_position();
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        let height = validator.get_control_frame(0).map(|frame| frame.height);
        function.flat.push(height == Some(validator.operand_stack_height() as usize));
        function.dead.push(validator.get_control_frame(0).is_some_and(|frame| frame.unreachable));
        function.offsets.push((offset - begin) as usize);
        validator.op(offset, &operator)?;
        function.body.push(operator);
    }
    function.offsets.push((reader.original_position() - begin) as usize);
    Ok(function)
}

fn operators<'a>(reader: wasmparser::OperatorsReader<'a>) -> Result<Vec<Operator<'a>>, Fault> {
    Ok(reader.into_iter().collect::<Result<_, _>>()?)
}

/// The number that an expression is.
pub fn constant(reader: wasmparser::OperatorsReader<'_>) -> Result<u32, Fault> {
    match operators(reader)?[..] {
        [Operator::I32Const { value }, Operator::End] => Ok(value as u32),
        _ => Err("a segment's place is not a constant".into()),
    }
}

fn name<'a>(module: &mut Module<'a>, names: wasmparser::NameSectionReader<'a>) {
    for names in names.into_iter().flatten() {
        let wasmparser::Name::Function(names) = names else { continue };
        for naming in names.into_iter().flatten() {
            let at = (naming.index as usize).checked_sub(module.imports.len());
            if let Some(function) = at.and_then(|at| module.functions.get_mut(at)) {
                function.name = naming.name;
            }
        }
    }
}
