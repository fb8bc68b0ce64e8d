//! The import table of ARCHITECTURE.md, checked: which module may use which, and which library may be used where.
//! A new edge needs a new entry here, in the same change, with its reason.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// Module and what it may name of this crate. Everyone may use `clock`; `app`, `cli` and `main` may use anything.
const MAY_USE: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("words", &[]),
    ("audio", &[]),
    ("asr", &["audio"]),
    ("language", &["words"]),
    ("shop", &["store", "words"]),
    // Prompts that the model writes in SSML lose their markup there.
    ("dialogue", &["language", "shop", "store", "words"]),
    ("webhook", &["language"]),
    ("reply", &["shop", "dialogue", "words"]),
    ("tts", &["audio", "reply"]),
    ("store", &[]),
    // Logs are set up from their settings.
    ("telemetry", &["config"]),
    ("config", &["asr", "audio", "telemetry", "tts", "turn", "edge"]),
    ("turn", &["asr", "audio", "language", "dialogue", "shop", "reply", "tts", "webhook"]),
    // The doors name the types that pass through them, and call nothing but the spine.
    // And the simulator, a client, reads answers without their markup.
    (
        "edge",
        &[
            "turn",
            "config",
            "telemetry",
            "asr",
            "audio",
            "language",
            "dialogue",
            "reply",
            "shop",
            "store",
            "tts",
            "words",
        ],
    ),
];

/// Library and the only places (path prefixes under `src/`) that may name it.
const FENCES: &[(&str, &[&str])] = &[
    ("whisper_rs", &["asr/whisper"]),
    ("symphonia", &["audio"]),
    ("rubato", &["audio"]),
    ("hound", &["audio"]),
    ("earshot", &["audio"]),
    ("opusic_c", &["audio"]),
    ("ogg", &["audio"]),
    ("flacenc", &["audio"]),
    ("shine_rs", &["audio"]),
    ("espeakng_sys", &["tts"]),
    ("tts", &["tts"]),
    ("fluent_bundle", &["reply"]),
    ("fluent_syntax", &["reply"]),
    ("sqlx", &["store", "shop/connectors", "dialogue/sessions"]),
    ("rusqlite", &["store/near"]),
    ("tantivy", &["shop/search"]),
    ("axum", &["edge"]),
    ("tower", &["edge"]),
    ("tower_http", &["edge"]),
    ("cpal", &["edge/device"]),
    ("reqwest", &["shop/connectors", "edge/alexa", "asr/models", "webhook"]),
    ("webpki", &["edge/alexa"]),
    ("x509_parser", &["edge/alexa/verify"]),
    ("rcgen", &["edge/alexa/doctor"]),
    ("num_bigint", &["edge/alexa/doctor"]),
    // A command of that name is no library.
    ("notify", &["app/reload", "cli/alexa"]),
    ("clap", &["cli", "main"]),
    ("anyhow", &["app", "cli", "main"]),
];

#[test]
fn modules_use_only_what_the_table_allows() {
    let mut broken = Vec::new();
    for file in sources() {
        let (module, names) = (module_of(&file), names_in(&file));
        if matches!(module.as_str(), "app" | "cli" | "main" | "lib") {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(m, _)| *m == module) else {
            broken.push(format!("{}: module {module} is not in the table", shown(&file)));
            continue;
        };
        for used in &names.modules {
            if *used != module && used != "clock" && !allowed.contains(&used.as_str()) {
                broken.push(format!("{}: {module} may not use crate::{used}", shown(&file)));
            }
        }
    }
    assert!(broken.is_empty(), "imports against the table:\n{}", broken.join("\n"));
}

#[test]
fn libraries_stay_behind_their_fences() {
    let mut broken = Vec::new();
    for file in sources() {
        let place = shown(&file);
        for used in names_in(&file).libraries {
            if let Some((_, homes)) = FENCES.iter().find(|(l, _)| *l == used)
                && !homes.iter().any(|h| place == format!("src/{h}.rs") || place.starts_with(&format!("src/{h}")))
            {
                broken.push(format!("{place}: {used} belongs in {homes:?} only"));
            }
        }
    }
    assert!(broken.is_empty(), "libraries outside their fences:\n{}", broken.join("\n"));
}

#[test]
fn every_source_file_says_what_it_is_and_stays_readable() {
    let mut broken = Vec::new();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        if !text.starts_with("//!") {
            broken.push(format!("{}: does not open with //!", shown(&file)));
        }
        let lines = text.lines().take_while(|l| !l.starts_with("#[cfg(test)]")).count();
        if lines > 700 {
            broken.push(format!("{}: {lines} lines before its tests; 700 is the ceiling", shown(&file)));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// What one file names outside its tests.
#[derive(Default)]
struct Names {
    modules: BTreeSet<String>,
    libraries: BTreeSet<String>,
}

impl Names {
    fn path(&mut self, segments: &[String]) {
        match segments {
            [first, second, ..] if first == "crate" => {
                self.modules.insert(second.clone());
            }
            [first, _, ..] => {
                self.libraries.insert(first.clone());
            }
            _ => {}
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, so_far: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(p) => {
                so_far.push(p.ident.to_string());
                self.tree(&p.tree, so_far);
                so_far.pop();
            }
            syn::UseTree::Group(g) => g.items.iter().for_each(|t| self.tree(t, so_far)),
            leaf => {
                so_far.push(match leaf {
                    syn::UseTree::Name(n) => n.ident.to_string(),
                    syn::UseTree::Rename(r) => r.ident.to_string(),
                    _ => "*".into(),
                });
                self.path(so_far);
                so_far.pop();
            }
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|a| {
            a.path().is_ident("cfg") && a.meta.require_list().is_ok_and(|l| l.tokens.to_string().contains("test"))
        });
        if !is_test {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.path(&segments);
        syn::visit::visit_path(self, path);
    }
}

fn names_in(file: &Path) -> Names {
    let text = fs::read_to_string(file).unwrap();
    let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", shown(file)));
    let mut names = Names::default();
    names.visit_file(&parsed);
    // `tts::x` inside the crate may be our own module brought in by `use crate::tts`.
    if names.modules.contains("tts") {
        names.libraries.remove("tts");
    }
    names
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 30, "only {} source files found", found.len());
    found
}

fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix("src").unwrap();
    inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned()
}

fn shown(file: &Path) -> String {
    file.to_string_lossy().replace('\\', "/")
}
