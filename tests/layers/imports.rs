//! Finds, in the text of a source file, which top-level modules it names, by a path in whatever place.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the crate that the file belongs to: `crate::`, or enough `super::`.
    Crate,
    /// At the library by its name: `endpoint_playground::`.
    Library,
}

/// A path that names a top-level module.
#[derive(Debug)]
pub struct Import {
    pub from: Start,
    pub module: String,
    pub line: usize,
}

const LIBRARY: &str = "endpoint_playground";

/// What stands for a glob or an alias of a whole crate.
pub const WHOLE: &str = "the whole library";

/// The top-level modules that `text`, the file of the module `path`, names.
pub fn imports(text: &str, path: &[String]) -> Vec<Import> {
    let mut found = Vec::new();
    walk(&trees(text), path, &mut found);
    found
}

/// The identifiers of `text` that are in `names`, each with its line.
pub fn mentions(text: &str, names: &[&str]) -> Vec<(String, usize)> {
    fn collect(trees: &[TokenTree], names: &[&str], found: &mut Vec<(String, usize)>) {
        for tree in trees {
            match tree {
                TokenTree::Ident(ident) if names.iter().any(|name| ident == name) => {
                    found.push((ident.to_string(), line(tree)));
                }
                TokenTree::Group(group) => collect(&inside(group), names, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(&trees(text), names, &mut found);
    found
}

/// The names in `pub mod NAME;`, in their order.
pub fn public_modules(text: &str) -> Vec<String> {
    trees(text)
        .windows(3)
        .filter(|window| word(&window[0]) == "pub" && word(&window[1]) == "mod")
        .map(|window| word(&window[2]))
        .collect()
}

fn trees(text: &str) -> Vec<TokenTree> {
    let stream: TokenStream = text.parse().expect("a source file that compiles has tokens");
    stream.into_iter().collect()
}

fn inside(group: &proc_macro2::Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn line(tree: &TokenTree) -> usize {
    tree.span().start().line
}

/// An identifier or a sign as text; nothing for groups and literals.
fn word(tree: &TokenTree) -> String {
    match tree {
        TokenTree::Ident(ident) => ident.to_string(),
        TokenTree::Punct(punct) => punct.as_char().to_string(),
        TokenTree::Group(_) | TokenTree::Literal(_) => String::new(),
    }
}

/// Whether `::` stands at the start of `trees`.
fn colons(trees: &[TokenTree]) -> bool {
    trees.len() >= 2 && word(&trees[0]) == ":" && word(&trees[1]) == ":"
}

fn walk(trees: &[TokenTree], path: &[String], found: &mut Vec<Import>) {
    let mut at = 0;
    while at < trees.len() {
        let start = at;
        at += 1;
        match word(&trees[start]).as_str() {
            "crate" | "super" | LIBRARY => at = follow(trees, start, path, Start::Crate, found),
            "mod" => {
                if let [name, TokenTree::Group(body), ..] = &trees[at..]
                    && body.delimiter() == Delimiter::Brace
                {
                    let inner: Vec<String> = path.iter().cloned().chain([word(name)]).collect();
                    walk(&inside(body), &inner, found);
                    at += 2;
                }
            }
            _ => {
                if let TokenTree::Group(group) = &trees[start] {
                    walk(&inside(group), path, found);
                }
            }
        }
    }
}

/// Follows one path from `at` to its end or to the module that it names, and gives the place after it. `base` is the
/// module that `super` starts from.
fn follow(trees: &[TokenTree], at: usize, base: &[String], from: Start, found: &mut Vec<Import>) -> usize {
    let (mut at, mut base, mut from) = (at, base.to_vec(), from);
    loop {
        let Some(tree) = trees.get(at) else { return at };
        let name = word(tree);
        let mut report =
            |module: &str| found.push(Import { from, module: module.to_owned(), line: line(tree) });
        match name.as_str() {
            "crate" | LIBRARY => {
                base.clear();
                if name == LIBRARY {
                    from = Start::Library;
                }
            }
            "super" => {
                base.pop();
            }
            "self" => {}
            "*" | "" if base.is_empty() => {
                if let TokenTree::Group(group) = tree {
                    for item in inside(group).split(|tree| word(tree) == ",") {
                        follow(item, 0, &base, from, found);
                    }
                } else {
                    report(WHOLE);
                }
                return at + 1;
            }
            "" => {
                // `super::{super::x, y}`: each item may climb further.
                if let TokenTree::Group(group) = tree {
                    for item in inside(group).split(|tree| word(tree) == ",") {
                        if item.first().is_some_and(|first| word(first) == "super") {
                            follow(item, 0, &base, from, found);
                        }
                    }
                }
                return at + 1;
            }
            module => {
                if base.is_empty() {
                    report(module);
                }
                return at + 1;
            }
        }
        if !colons(&trees[at + 1..]) {
            // `use crate as engine;` would hide what follows; `pub(crate)` names nothing.
            if name == LIBRARY || trees.get(at + 1).is_some_and(|next| word(next) == "as") {
                found.push(Import { from, module: WHOLE.to_owned(), line: line(&trees[at]) });
            }
            return at + 1;
        }
        at += 3;
    }
}
