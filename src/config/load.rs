//! Layers: defaults, a TOML file, the environment, flags. In go texts, out go [`Settings`] and where each came from.
//! Refuses to read the environment or the disk by itself except for the one file it is pointed to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Value;

use super::table::{self, Kind, Setting};
use super::{ConfigError, Settings, check};

/// Where settings are taken from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file given by flag or environment; it must exist.
    pub file: Option<PathBuf>,
    /// The file read when none is given and it is there.
    pub default_file: Option<PathBuf>,
    /// Environment, as (name, value).
    pub env: Vec<(String, String)>,
    /// Flags, as (key, value).
    pub flags: Vec<(String, String)>,
}

/// Settings, checked, and their history.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub settings: Settings,
    /// Key to origin, for every key that is not a default.
    pub origins: BTreeMap<&'static str, Origin>,
    /// Things that look like a mistake but may be somebody else's business.
    pub warnings: Vec<String>,
}

/// Where one value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    Env(String),
    Flag,
}

/// Names that begin like settings but are read elsewhere.
const OTHER_NAMES: [&str; 3] = ["VOICECART_CONFIG", "VOICECART_DATA", "VOICECART_API_KEY"];

impl Sources {
    /// This process's environment, and `voicecart.toml` in the working folder unless a file is named.
    pub fn of_process(file: Option<PathBuf>, flags: Vec<(String, String)>) -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .filter(|(name, _)| name.starts_with(table::PREFIX))
            .collect();
        Self { file, default_file: Some("voicecart.toml".into()), env, flags }
    }

    pub fn load(&self) -> Result<Loaded, ConfigError> {
        let mut layers = Layers::default();
        if let Some((path, text)) = self.read_file()? {
            layers.add_file(&path, &text)?;
        }
        let mut warnings = Vec::new();
        for (name, value) in &self.env {
            let Some(setting) = table::find_env(name) else {
                // A container host may put names of its own here, so this is no error.
                if name.starts_with(table::PREFIX) && !OTHER_NAMES.contains(&name.as_str()) {
                    warnings.push(unknown_env(name));
                }
                continue;
            };
            layers.add_text(setting, value, Origin::Env(name.clone()))?;
        }
        for (key, value) in &self.flags {
            let setting = table::find(key).ok_or_else(|| unknown(key, Origin::Flag))?;
            layers.add_text(setting, value, Origin::Flag)?;
        }
        let (settings, origins) = layers.settle()?;
        check::check(&settings)?;
        Ok(Loaded { settings, origins, warnings })
    }

    fn read_file(&self) -> Result<Option<(PathBuf, String)>, ConfigError> {
        let (path, needed) = match (&self.file, &self.default_file) {
            (Some(path), _) => (path, true),
            (None, Some(path)) => (path, false),
            (None, None) => return Ok(None),
        };
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some((path.clone(), text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !needed => Ok(None),
            Err(source) => Err(ConfigError::Read { path: path.display().to_string(), source }),
        }
    }
}

impl Loaded {
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Env(name) => f.write_str(name),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// Values so far, by key.
#[derive(Default)]
struct Layers {
    values: BTreeMap<&'static str, (Value, Origin)>,
}

impl Layers {
    fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let shown = path.display().to_string();
        let table: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| ConfigError::Syntax { path: shown, problem: e.to_string().trim().into() })?;
        for (key, value) in flatten(&table) {
            let origin = Origin::File(path.to_owned());
            let setting = table::find(&key).ok_or_else(|| unknown(&key, origin.clone()))?;
            self.values.insert(setting.key, (value, origin));
        }
        Ok(())
    }

    fn add_text(&mut self, setting: &'static Setting, text: &str, origin: Origin) -> Result<(), ConfigError> {
        match parse(setting.kind, text.trim()) {
            Ok(Some(value)) => {
                self.values.insert(setting.key, (value, origin));
            }
            // An empty text puts an optional setting back to absent.
            Ok(None) => {
                self.values.remove(setting.key);
            }
            Err(wanted) => {
                let problem = format!("must be {wanted}, not {text:?}");
                return Err(ConfigError::Value { origin, key: setting.key.into(), problem });
            }
        }
        Ok(())
    }

    fn settle(self) -> Result<(Settings, BTreeMap<&'static str, Origin>), ConfigError> {
        let mut origins = BTreeMap::new();
        let mut tree = toml::Table::new();
        let mut seen = BTreeSet::new();
        for (key, (value, origin)) in self.values {
            insert(&mut tree, key, value);
            seen.insert(key);
            // One at a time, so that a wrong value is blamed on the place it came from.
            if let Err(error) = tree.clone().try_into::<Settings>() {
                let problem = error.message().trim().to_owned();
                return Err(ConfigError::Value { origin, key: key.into(), problem: format!("is wrong: {problem}") });
            }
            origins.insert(key, origin);
        }
        let settings = tree.try_into().map_err(|e| ConfigError::Invalid(e.to_string()))?;
        Ok((settings, origins))
    }
}

/// Tables become dotted keys; everything else stays as it is.
pub(super) fn flatten(table: &toml::Table) -> BTreeMap<String, Value> {
    fn walk(prefix: &str, table: &toml::Table, out: &mut BTreeMap<String, Value>) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                // An unknown section is named as such, not by its first key.
                Value::Table(inner) if !inner.is_empty() => walk(&key, inner, out),
                Value::Table(_) => {}
                other => {
                    out.insert(key, other.clone());
                }
            }
        }
    }
    let mut out = BTreeMap::new();
    walk("", table, &mut out);
    out
}

fn insert(tree: &mut toml::Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            tree.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = tree.entry(section).or_insert_with(|| Value::Table(toml::Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// Text to a value; `Err` says what was wanted.
fn parse(kind: Kind, text: &str) -> Result<Option<Value>, &'static str> {
    Ok(Some(match kind {
        Kind::Flag => Value::Boolean(match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => return Err("true or false"),
        }),
        Kind::Whole => Value::Integer(text.replace('_', "").parse().map_err(|_| "a whole number")?),
        Kind::Number => Value::Float(text.parse().ok().filter(|n: &f64| n.is_finite()).ok_or("a number")?),
        Kind::Text => Value::String(text.to_owned()),
        Kind::MaybeText | Kind::MaybeUrl | Kind::Secret if text.is_empty() => return Ok(None),
        Kind::MaybeText | Kind::MaybeUrl | Kind::Secret => Value::String(text.to_owned()),
        Kind::List => Value::Array(
            text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(|t| Value::String(t.to_owned())).collect(),
        ),
    }))
}

fn unknown(key: &str, origin: Origin) -> ConfigError {
    ConfigError::Unknown { origin, key: key.to_owned(), near: table::near(key) }
}

fn unknown_env(name: &str) -> String {
    let nearest = table::SETTINGS
        .iter()
        .map(|s| (strsim::normalized_damerau_levenshtein(name, &s.env()), s.env()))
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, near)) => format!("the environment variable {name} is no setting; did you mean {near}?"),
        None => format!("the environment variable {name} is no setting and is ignored"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(file: Option<&str>, env: &[(&str, &str)], flags: &[(&str, &str)]) -> (Sources, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("voicecart.toml");
        if let Some(text) = file {
            std::fs::write(&path, text).unwrap();
        }
        let own = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        (Sources { file: None, default_file: Some(path), env: own(env), flags: own(flags) }, dir)
    }

    #[test]
    fn later_layers_win() {
        let file = "bind = '127.0.0.1:1'\n[asr]\nworkers = 1\nthreads = 1\n";
        let env = [("VOICECART_ASR_WORKERS", "2"), ("VOICECART_BIND", "127.0.0.1:2")];
        let (sources, _dir) = sources(Some(file), &env, &[("bind", "127.0.0.1:3")]);
        let loaded = sources.load().unwrap();
        assert_eq!(loaded.settings.bind.port(), 3);
        assert_eq!(loaded.settings.asr.workers, 2);
        assert_eq!(loaded.settings.asr.threads, 1);
        assert_eq!(loaded.origin("bind"), Origin::Flag);
        assert_eq!(loaded.origin("asr.workers"), Origin::Env("VOICECART_ASR_WORKERS".into()));
        assert!(matches!(loaded.origin("asr.threads"), Origin::File(_)));
        assert_eq!(loaded.origin("asr.queue"), Origin::Default);
    }

    #[test]
    fn nothing_set_is_the_default() {
        let (sources, _dir) = sources(None, &[], &[]);
        assert_eq!(sources.load().unwrap().settings, Settings::default());
    }

    #[test]
    fn mistakes_are_named() {
        for (file, env, flag, wanted) in [
            (Some("[asr]\nworker = 1"), None, None, "did you mean `asr.workers`?"),
            (Some("bind = 'nowhere'"), None, None, "`bind` is wrong"),
            (Some("bind = "), None, None, "voicecart.toml: "),
            (Some("[asr]\nworkers = -1"), None, None, "`asr.workers` is wrong"),
            (
                None,
                Some(("VOICECART_AUTH_REQUIRED", "maybe")),
                None,
                "VOICECART_AUTH_REQUIRED: `auth.required` must be",
            ),
            (None, Some(("VOICECART_TRUST_DOUBT", "NaN")), None, "must be a number"),
            (None, Some(("VOICECART_LOG_FORMAT", "xml")), None, "`log.format` is wrong"),
            (None, None, Some(("asr.model.size", "1")), "there is no setting `asr.model.size`"),
        ] {
            let (sources, _dir) = sources(file, env.as_slice(), flag.as_slice());
            let error = sources.load().unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn a_named_file_must_exist() {
        let missing = Sources { file: Some("no/such.toml".into()), ..Sources::default() };
        assert!(matches!(missing.load(), Err(ConfigError::Read { .. })));
    }

    #[test]
    fn unknown_environment_names_only_warn() {
        let (sources, _dir) = sources(None, &[("VOICECART_ALEXA_VERFY", "false"), ("VOICECART_DATA", "x")], &[]);
        let loaded = sources.load().unwrap();
        assert_eq!(loaded.warnings.len(), 1);
        assert!(loaded.warnings[0].contains("VOICECART_ALEXA_VERIFY"), "{:?}", loaded.warnings);
    }

    #[test]
    fn lists_and_absence() {
        let env = [("VOICECART_CORS_ORIGINS", "https://a.example, https://b.example"), ("VOICECART_ASR_MODEL", "")];
        let (sources, _dir) = sources(Some("[asr]\nmodel = 'tiny.en'"), &env, &[]);
        let settings = sources.load().unwrap().settings;
        assert_eq!(settings.cors.origins, ["https://a.example", "https://b.example"]);
        assert_eq!(settings.asr.model, None);
    }
}
