//! The files of the built page, as Trunk names them, and the page that is made of them.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha384};

use crate::module::{Fault, Module};
use crate::split::BRIDGE;

/// What brings the later part of the program.
const LATER_SCRIPT: &str = include_str!("later.js");
/// What tells which code has run.
const MARKS_SCRIPT: &str = include_str!("marks.js");

/// Where wasm-bindgen's script gives the functions that the program imports.
const GIVES: &str = "        \"./endpoint-playground-app_bg.js\": import0,\n";
/// Where it makes the imports.
const IMPORTS: &str = "const imports = __wbg_get_imports();";
/// Where it loads the program.
const LOADS: &str = "    const { instance, module } = await __wbg_load(await module_or_path, imports);\n";
/// Where it starts the program.
const STARTS: &str = "    wasm.__wbindgen_start();\n";

/// The page as Trunk has built it.
pub struct Page {
    /// index.html.
    pub index: String,
    /// The name of wasm-bindgen's script, and its text.
    pub script: (String, String),
    /// The name of the module, and its bytes.
    pub wasm: (String, Vec<u8>),
    /// The lines of index.html that name style sheets, and the sheets.
    styles: Vec<(String, String, String)>,
}

impl Page {
    /// Reads the page from a folder.
    pub fn read(folder: &Path) -> Result<Page, Fault> {
        let index = std::fs::read_to_string(folder.join("index.html"))?;
        let script = named(&index, "import init, * as bindings from './", "'")?;
        let wasm = named(&index, "init({ module_or_path: './", "'")?;
        let mut styles = Vec::new();
        for line in index.lines().filter(|line| line.trim_start().starts_with("<link rel=\"stylesheet\"")) {
            let name = named(line, "href=\"./", "\"")?;
            let text = std::fs::read_to_string(folder.join(&name))?;
            styles.push((format!("{line}\n"), name, text));
        }
        Ok(Page {
            script: (script.clone(), std::fs::read_to_string(folder.join(script))?),
            wasm: (wasm.clone(), std::fs::read(folder.join(wasm))?),
            styles,
            index,
        })
    }

    /// The script for a measurement: it hands out the marks.
    pub fn marking_script(&self) -> String {
        format!("{}{MARKS_SCRIPT}", self.script.1)
    }

    /// A short name for each function that the program imports, and the script that gives them under these names.
    pub fn short_imports(&self, module: &Module<'_>) -> Result<(BTreeMap<String, String>, String), Fault> {
        let mut script = self.script.1.clone();
        let mut names = BTreeMap::new();
        for import in &module.imports {
            let (long, short) = (import.name, format!("{:x}", names.len()));
            script = replace(&script, &format!("\n        {long}: "), &format!("\n        \"{short}\": "))?;
            names.insert(long.to_owned(), short);
        }
        script = replace(&script, GIVES, &format!("        \"{GIVEN}\": import0,\n"))?;
        Ok((names, script))
    }

    /// Writes the page of these modules in place of what Trunk has built: the program in one part, or in two. `script`
    /// is wasm-bindgen's script for them.
    pub fn write(
        &self,
        folder: &Path,
        script: &str,
        first: &[u8],
        later: Option<&[u8]>,
    ) -> Result<(), Fault> {
        let stem = self.wasm.0.rsplit_once('-').ok_or("the module's name has no hash")?.0;
        let mut script = script.to_owned();
        if let Some(later) = later {
            let name = format!("{stem}-{}_later.wasm", short(later));
            std::fs::write(folder.join(&name), later)?;
            if !script.contains(IMPORTS) {
                return Err(changed(IMPORTS));
            }
            let with_bridge = format!(
                "const imports = laterImports = {{ ...__wbg_get_imports(), {BRIDGE}: {{ load: loadLater }} }};"
            );
            script = script.replace(IMPORTS, &with_bridge);
            let early = "    const early = needsLater() ? compileLater() : undefined;\n";
            script = replace(&script, LOADS, &format!("{early}{LOADS}    laterEarly = await early;\n"))?;
            script = replace(
                &script,
                STARTS,
                &format!("    takeLater(laterEarly);\n{STARTS}    fetchLater();\n"),
            )?;
            script.push_str(&LATER_SCRIPT.replace("LATER_FILE", &name));
        }
        let script = without_comments(&script);

        let mut index = self.index.clone();
        let script_name = format!("{stem}-{}.js", short(script.as_bytes()));
        let first_name = format!("{stem}-{}_bg.wasm", short(first));
        for (old, old_bytes, new, new_bytes) in [
            (&self.script.0, self.script.1.as_bytes(), &script_name, script.as_bytes()),
            (&self.wasm.0, &self.wasm.1[..], &first_name, first),
        ] {
            index = index.replace(old, new).replace(&integrity(old_bytes), &integrity(new_bytes));
            std::fs::remove_file(folder.join(old))?;
            std::fs::write(folder.join(new), new_bytes)?;
        }

        // One style sheet: it compresses better than several, and is one thing to ask for.
        let style: String = self.styles.iter().map(|(_, _, text)| without_comments(text)).collect();
        let style_name = format!("style-{}.css", short(style.as_bytes()));
        let link = format!(
            "  <link rel=\"stylesheet\" href=\"./{style_name}\" integrity=\"{}\"/>\n",
            integrity(style.as_bytes())
        );
        for (at, (line, name, _)) in self.styles.iter().enumerate() {
            index = replace(&index, line, if at == 0 { &link } else { "" })?;
            std::fs::remove_file(folder.join(name))?;
        }
        if !self.styles.is_empty() {
            std::fs::write(folder.join(style_name), style)?;
        }
        Ok(std::fs::write(folder.join("index.html"), index)?)
    }
}

/// The name of the module that wasm-bindgen's script gives.
pub const GIVEN: &str = "j";

/// A script or a style sheet without what only people read: comments on lines of their own, and indentation.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        let begins = line.starts_with("/*");
        in_comment |= begins;
        if in_comment {
            // What follows a comment on its last line stays.
            let Some((_, after)) = line.split_once("*/") else { continue };
            in_comment = false;
            kept.push_str(after.trim());
        } else if line.is_empty() || line.starts_with("//") {
            continue;
        } else {
            kept.push_str(line);
        }
        if !kept.is_empty() && !kept.ends_with('\n') {
            kept.push('\n');
        }
    }
    kept
}

fn named(text: &str, before: &str, after: &str) -> Result<String, Fault> {
    let rest = text
        .split_once(before)
        .ok_or_else(|| format!("index.html does not hold {before:?}: has Trunk changed?"))?
        .1;
    Ok(rest.split_once(after).ok_or("index.html ends too early")?.0.to_owned())
}

fn replace(text: &str, old: &str, new: &str) -> Result<String, Fault> {
    if text.matches(old).count() != 1 { Err(changed(old)) } else { Ok(text.replace(old, new)) }
}

fn changed(text: &str) -> Fault {
    format!("the built page does not hold {text:?} as expected: has Trunk or wasm-bindgen changed?").into()
}

/// A hash for a file's name.
fn short(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What `integrity` in HTML says of these bytes.
fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_on_lines_of_their_own_go() {
        let script =
            "  /**\n   * What it does.\n   */\n  const a = '/* b */'; // c\n\n  // d\n  /* e */ f();\n";
        assert_eq!(without_comments(script), "const a = '/* b */'; // c\nf();\n");
        assert_eq!(without_comments("/* one\n   two */\n.a { b: c; }\n"), ".a { b: c; }\n");
    }
}
