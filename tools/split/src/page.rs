//! The files of the built page, as Trunk names them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha384};

use crate::module::Fault;

/// What happens once the later module's file has its name.
const LATER_SCRIPT: &str = include_str!("later.js");

/// The page before it is split.
pub struct Page {
    /// index.html.
    pub index: String,
    /// The name of wasm-bindgen's script, and its text.
    pub script: (String, String),
    /// The name of the module, and its bytes.
    pub wasm: (String, Vec<u8>),
}

impl Page {
    /// Reads the page that Trunk has built into this folder.
    pub fn read(folder: &Path) -> Result<Page, Fault> {
        let index = std::fs::read_to_string(folder.join("index.html"))?;
        let script = named(&index, "import init, * as bindings from './", "'")?;
        let wasm = named(&index, "init({ module_or_path: './", "'")?;
        Ok(Page {
            script: (script.clone(), std::fs::read_to_string(folder.join(script))?),
            wasm: (wasm.clone(), std::fs::read(folder.join(wasm))?),
            index,
        })
    }

    /// The script for a measurement: it hands out the marks.
    pub fn marking_script(&self) -> Result<String, Fault> {
        let starts = "    wasm.__wbindgen_start();\n";
        replace(&self.script.1, starts, &format!("    globalThis.marks = wasm.marks;\n{starts}"))
    }

    /// Writes the page in two modules in place of the page in one.
    pub fn write(&self, folder: &Path, first: &[u8], later: &[u8]) -> Result<(), Fault> {
        let stem = self.wasm.0.rsplit_once('-').ok_or("the module's name has no hash")?.0;
        let first_name = format!("{stem}-{}_bg.wasm", short(first));
        let later_name = format!("{stem}-{}_later.wasm", short(later));

        let mut script = self.script.1.clone();
        let imports = "const imports = __wbg_get_imports();";
        let bridged = "const imports = laterImports = { ...__wbg_get_imports(), p: { load: loadLater } };";
        if !script.contains(imports) {
            return Err(changed(imports));
        }
        script = script.replace(imports, bridged);
        let loads = "    const { instance, module } = await __wbg_load(await module_or_path, imports);\n";
        let early = "    const early = needsLater() ? compileLater() : undefined;\n";
        script = replace(&script, loads, &format!("{early}{loads}    laterEarly = await early;\n"))?;
        let starts = "    wasm.__wbindgen_start();\n";
        script =
            replace(&script, starts, &format!("    takeLater(laterEarly);\n{starts}    fetchLater();\n"))?;
        script.push_str(&LATER_SCRIPT.replace("LATER_FILE", &later_name));
        let script_name = format!("{stem}-{}.js", short(script.as_bytes()));

        let mut index = self.index.clone();
        for (old, old_bytes, new, new_bytes) in [
            (&self.script.0, self.script.1.as_bytes(), &script_name, script.as_bytes()),
            (&self.wasm.0, &self.wasm.1[..], &first_name, first),
        ] {
            index = index.replace(old.as_str(), new).replace(&integrity(old_bytes), &integrity(new_bytes));
            std::fs::remove_file(folder.join(old))?;
            std::fs::write(folder.join(new), new_bytes)?;
        }
        std::fs::write(folder.join(later_name), later)?;
        std::fs::write(folder.join("index.html"), index)?;
        Ok(())
    }
}

fn named(index: &str, before: &str, after: &str) -> Result<String, Fault> {
    let rest = index
        .split_once(before)
        .ok_or_else(|| format!("index.html does not hold {before:?}: has Trunk changed?"))?
        .1;
    Ok(rest.split_once(after).ok_or("index.html ends too early")?.0.to_owned())
}

fn replace(script: &str, old: &str, new: &str) -> Result<String, Fault> {
    if script.matches(old).count() != 1 { Err(changed(old)) } else { Ok(script.replace(old, new)) }
}

fn changed(text: &str) -> Fault {
    format!("the script of wasm-bindgen does not hold {text:?} as expected: has wasm-bindgen changed?").into()
}

/// A hash for a file's name.
fn short(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What `integrity` in HTML says of these bytes.
fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}
