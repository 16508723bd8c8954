//! Finds what source files import of this workspace: in `use`, in expressions, in types and inside macros. Reads tokens,
//! so neither formatting nor macros hide a path; it resolves no names, so a path through a renamed module is not followed.

use std::{fmt, fs, path::Path};

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One path into our own code.
#[derive(Debug)]
pub struct Import {
    /// From the source folder.
    pub file: String,
    /// From a part of the same crate, or from the name of another.
    path: Vec<String>,
}

impl Import {
    /// The part of the crate that the file belongs to.
    pub fn part(&self) -> &str {
        let first = self.file.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The module of `entities`, where it is one.
    pub fn entity(&self) -> Option<&str> {
        match self.path.as_slice() {
            [first, table, ..] if first == "entities" => Some(table),
            _ => None,
        }
    }

    /// The crate, where it is another.
    pub fn krate(&self) -> Option<&str> {
        let first = self.path.first()?.as_str();
        ["graph", "entities", "migration", "server"]
            .contains(&first)
            .then_some(first)
    }

    /// Whether the part's line in `directions` has it. A part may import itself.
    pub fn is_allowed(&self, directions: &[(&str, &[&str])]) -> bool {
        let path = self.path.join("::");
        let within =
            |allowed: &str| path == allowed || path.strip_prefix(allowed).is_some_and(|rest| rest.starts_with("::"));
        let line = directions.iter().find(|(part, _)| *part == self.part());
        within(self.part()) || line.is_some_and(|(_, allowed)| allowed.iter().any(|allowed| within(allowed)))
    }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} imports {}", self.file, self.path.join("::"))
    }
}

/// All imports of all files below a source folder.
pub fn of_folder(root: &Path) -> Result<Vec<Import>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(root)?.to_string_lossy().into_owned();
                found.extend(of_text(&file, &fs::read_to_string(&path)?)?);
            }
        }
    }
    Ok(found)
}

fn of_text(file: &str, text: &str) -> Result<Vec<Import>> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("{file}: {error}"))?;
    let mut reader = Reader {
        place: place(file),
        found: Vec::new(),
    };
    reader.walk(tokens);
    let import = |path| Import {
        file: file.to_owned(),
        path,
    };
    Ok(reader.found.into_iter().map(import).collect())
}

/// The module that a file is.
fn place(file: &str) -> Vec<String> {
    let mut place: Vec<_> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    place.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    place
}

struct Reader {
    place: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Reader {
    fn walk(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some((first, after)) = rest.split_first() {
            rest = match (first, after) {
                (TokenTree::Ident(word), [TokenTree::Ident(name), TokenTree::Group(body), after @ ..])
                    if word == "mod" =>
                {
                    self.place.push(name.to_string());
                    self.walk(body.stream());
                    self.place.pop();
                    after
                }
                (TokenTree::Ident(root), after) if follows_path(after) => match self.root(&root.to_string()) {
                    Some(path) => self.tree(path, after),
                    None => after,
                },
                (TokenTree::Group(group), after) => {
                    self.walk(group.stream());
                    after
                }
                (_, after) => after,
            };
        }
    }

    /// Where a path's first word leads; none where that is not our own code.
    fn root(&self, word: &str) -> Option<Vec<String>> {
        match word {
            "crate" => Some(Vec::new()),
            "super" => self.place.split_last().map(|(_, outer)| outer.to_vec()),
            "pointsman" => Some(vec!["server".to_owned()]),
            word => word.strip_prefix("pointsman_").map(|name| vec![name.to_owned()]),
        }
    }

    /// Reads `::a::b`, `::{a, b::c}` or `::*` behind `path`, and gives what follows.
    fn tree<'a>(&mut self, mut path: Vec<String>, mut rest: &'a [TokenTree]) -> &'a [TokenTree] {
        while let [TokenTree::Punct(_), TokenTree::Punct(_), next, after @ ..] = rest
            && follows_path(rest)
        {
            rest = after;
            match next {
                TokenTree::Ident(word) if word == "super" => drop(path.pop()),
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    self.branches(&path, group.stream());
                    return rest;
                }
                TokenTree::Punct(_) | TokenTree::Group(_) | TokenTree::Literal(_) => break,
            }
        }
        if path.len() == 1 {
            path.push("self".to_owned());
        }
        self.found.extend((!path.is_empty()).then_some(path));
        rest
    }

    fn branches(&mut self, path: &[String], tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
        for branch in tokens.split(comma) {
            if let [TokenTree::Ident(word), rest @ ..] = branch {
                let mut path = path.to_vec();
                path.push(word.to_string());
                self.tree(path, rest);
            }
        }
    }
}

/// Whether `::` comes next.
fn follows_path(tokens: &[TokenTree]) -> bool {
    let colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    matches!(tokens, [first, second, ..] if colon(first) && colon(second))
}

#[test]
fn neither_groups_nor_line_ends_nor_macros_hide_a_path() -> Result<()> {
    let text = "use crate :: { store , crm::{self, access\n::Role} };
        macro_rules! m { () => { $crate::api::error::Error } }
        mod tests { use super::super::super::engine::Engine; }
        fn f() -> pointsman_entities::user::Model { super::sibling() }";

    let found: Vec<_> = of_text("workflow/enrol.rs", text)?
        .iter()
        .map(Import::to_string)
        .collect();

    let expected = [
        "store::self",
        "crm::self",
        "crm::access::Role",
        "api::error::Error",
        "engine::Engine",
        "entities::user::Model",
        "workflow::sibling",
    ];
    assert_eq!(found, expected.map(|path| format!("workflow/enrol.rs imports {path}")));
    Ok(())
}
