//! The speech models on offer: `models/manifest.toml` in, the weights to load out. Knows where weights come from and
//! what they must look like; refuses to know how they are run.

mod fetch;

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::confidence::Calibration;
pub use fetch::{FetchError, Progress, fetch};

const MANIFEST: &str = include_str!("../../models/manifest.toml");

/// The model that is part of the program, so that it hears without a file or a network.
pub const EMBEDDED: &[u8] = include_bytes!("../../models/ggml-voicecart-shop.en.bin");
const EMBEDDED_FILE: &str = "ggml-voicecart-shop.en.bin";

/// One entry of the manifest; `models/manifest.toml` explains the fields.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub name: String,
    pub file: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub sha256: Option<String>,
    #[serde(default)]
    pub bytes: Option<u64>,
    pub languages: Vec<String>,
    pub licence: String,
    pub prompt: bool,
    pub official: bool,
    #[serde(default)]
    pub confidence: Option<Calibration>,
}

impl Model {
    /// A file that the manifest does not know: what it was trained on is told from its vocabulary.
    fn unlisted(path: &Path) -> Self {
        // What can't be read is refused when it is loaded, with a better reason than could be given here.
        let official = first_piece(path).is_none_or(|piece| piece == OFFICIAL_FIRST_PIECE);
        let part = |s: Option<&std::ffi::OsStr>| s.map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        Self {
            name: part(path.file_stem()),
            file: part(path.file_name()),
            url: None,
            sha256: None,
            bytes: None,
            languages: vec![if official { "*" } else { "en" }.into()],
            licence: "unknown".into(),
            prompt: official,
            official,
            confidence: None,
        }
    }

    pub fn is_embedded(&self) -> bool {
        self.file == EMBEDDED_FILE
    }

    /// Where the weights lie below `folder`, if they do.
    pub fn path(&self, folder: &Path) -> Option<PathBuf> {
        Some(folder.join(&self.file)).filter(|p| p.is_file())
    }
}

/// Every vocabulary of OpenAI's begins with it; one that `training/` made never does.
const OFFICIAL_FIRST_PIECE: &[u8] = b"!";
/// Magic number and eleven hyperparameters come before the mel filters.
const FILTERS_AT: u64 = 48;
/// No piece of a vocabulary is longer.
const LONGEST_PIECE: usize = 256;

/// The first piece of a ggml model's vocabulary; `None` where there is no such thing in the file.
fn first_piece(path: &Path) -> Option<Vec<u8>> {
    let mut file = BufReader::new(std::fs::File::open(path).ok()?);
    file.seek(SeekFrom::Start(FILTERS_AT)).ok()?;
    let mut number = || {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes).ok()?;
        Some(u32::from_le_bytes(bytes))
    };
    let (mels, bins) = (number()?, number()?);
    // The filters are four bytes each; then comes how many pieces there are, and then the first one's length.
    let after = FILTERS_AT + 8 + 4 * u64::from(mels) * u64::from(bins) + 4;
    file.seek(SeekFrom::Start(after)).ok()?;
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes).ok()?;
    let length = usize::try_from(u32::from_le_bytes(bytes)).ok().filter(|n| (1..=LONGEST_PIECE).contains(n))?;
    let mut piece = vec![0; length];
    file.read_exact(&mut piece).ok()?;
    Some(piece)
}

/// Where weights are.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    File(PathBuf),
    Embedded,
}

/// A model and its weights, ready to be loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    pub model: Model,
    pub weights: Weights,
}

impl Chosen {
    /// The model that is part of the program.
    pub fn embedded() -> Result<Self, ModelsError> {
        let manifest = Manifest::builtin()?;
        let model = manifest.models.into_iter().find(Model::is_embedded);
        let model = model.ok_or_else(|| ModelsError::Unknown { name: EMBEDDED_FILE.into(), known: String::new() })?;
        Ok(Self { model, weights: Weights::Embedded })
    }

    /// The file at `path`, described by the manifest when it lists a file of that name.
    pub fn file(path: &Path) -> Result<Self, ModelsError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let listed = Manifest::builtin()?.models.into_iter().find(|m| m.file == name);
        let model = listed.unwrap_or_else(|| Model::unlisted(path));
        Ok(Self { model, weights: Weights::File(path.to_owned()) })
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// From the least accurate to the most.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
}

#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    #[error("models/manifest.toml: {0}")]
    Manifest(#[from] toml::de::Error),
    #[error("no speech model is named {name:?}; there are: {known}")]
    Unknown { name: String, known: String },
    #[error("the speech model {name} is not in {folder}: `voicecart models fetch {name}` brings it there")]
    Missing { name: String, folder: String },
    #[error("{path}: {source}")]
    Read { path: String, source: std::io::Error },
}

impl Manifest {
    /// The manifest that the program was built with.
    pub fn builtin() -> Result<Self, ModelsError> {
        Self::parse(MANIFEST)
    }

    pub fn parse(text: &str) -> Result<Self, ModelsError> {
        Ok(toml::from_str(text)?)
    }

    pub fn find(&self, name: &str) -> Result<&Model, ModelsError> {
        let known = || self.models.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = self.models.iter().find(|m| m.name == name || m.file == name);
        found.ok_or_else(|| ModelsError::Unknown { name: name.into(), known: known() })
    }

    /// The configured model (a name of the manifest or a path), else the best one in `folder`, else the embedded one.
    pub fn choose(&self, configured: Option<&str>, folder: &Path) -> Result<Chosen, ModelsError> {
        let Some(name) = configured.map(str::trim).filter(|n| !n.is_empty()) else {
            let present = self.models.iter().rev().filter(|m| !m.is_embedded());
            let best = present.filter_map(|m| m.path(folder).map(|p| (m, p))).next();
            return match best {
                Some((model, path)) => Ok(Chosen { model: model.clone(), weights: Weights::File(path) }),
                None => Chosen::embedded(),
            };
        };
        if Path::new(name).is_file() {
            return Chosen::file(Path::new(name));
        }
        let model = self.find(name)?;
        match model.path(folder) {
            Some(path) => Ok(Chosen { model: model.clone(), weights: Weights::File(path) }),
            None if model.is_embedded() => Chosen::embedded(),
            None => Err(ModelsError::Missing { name: model.name.clone(), folder: folder.display().to_string() }),
        }
    }

    /// Every model with its file in `folder`, if it is there.
    pub fn list<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = (&'a Model, Option<PathBuf>)> + 'a {
        self.models.iter().map(move |m| (m, m.path(folder)))
    }
}

/// What a check of one file found.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Size and checksum are as they should be.
    Good,
    /// The file is there, but nothing is known to compare it with.
    NoChecksumKnown,
    /// Not in the folder. The embedded model need not be.
    Missing,
    WrongSize {
        expected: u64,
        found: u64,
    },
    WrongChecksum {
        expected: String,
        found: String,
    },
}

/// Compares a model's file with the manifest. Reads all of it; `progress` is told the bytes read so far.
pub fn verify(model: &Model, folder: &Path, progress: &mut dyn FnMut(u64)) -> Result<Verdict, ModelsError> {
    let Some(path) = model.path(folder) else {
        return Ok(match (model.is_embedded(), &model.sha256) {
            (true, Some(expected)) => compare(expected, hex::encode(Sha256::digest(EMBEDDED))),
            _ => Verdict::Missing,
        });
    };
    let unreadable = |source| ModelsError::Read { path: path.display().to_string(), source };
    let found = std::fs::metadata(&path).map_err(unreadable)?.len();
    if let Some(expected) = model.bytes.filter(|b| *b != found) {
        return Ok(Verdict::WrongSize { expected, found });
    }
    let Some(expected) = &model.sha256 else { return Ok(Verdict::NoChecksumKnown) };
    Ok(compare(expected, checksum(&path, progress).map_err(unreadable)?))
}

fn compare(expected: &str, found: String) -> Verdict {
    if expected.eq_ignore_ascii_case(&found) {
        Verdict::Good
    } else {
        Verdict::WrongChecksum { expected: expected.into(), found }
    }
}

/// SHA-256 of a file in hexadecimal.
fn checksum(path: &Path, progress: &mut dyn FnMut(u64)) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let (mut hasher, mut buffer, mut read) = (Sha256::new(), vec![0; 1 << 20], 0);
    loop {
        let n = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..n).filter(|p| !p.is_empty()) else {
            return Ok(hex::encode(hasher.finalize()));
        };
        hasher.update(part);
        read += n as u64;
        progress(read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_ones_own_is_told_from_an_official_one_by_its_vocabulary() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, piece: &[u8]| {
            let mut bytes = vec![0; 48];
            for number in [2_u32, 3] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend([0; 24]);
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(u32::try_from(piece.len()).unwrap().to_le_bytes());
            bytes.extend(piece);
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Chosen::file(&path).unwrap().model
        };
        let (ours, official) = (file("ggml-corner-shop.en.bin", b"<pad>"), file("ggml-somebody.bin", b"!"));
        assert_eq!((ours.official, ours.prompt, official.official, official.prompt), (false, false, true, true));
        assert!(file("ggml-nonsense.bin", &[]).official);
        std::fs::write(folder.path().join("ggml-short.bin"), [1, 2, 3]).unwrap();
        assert!(Chosen::file(&folder.path().join("ggml-short.bin")).unwrap().model.official);
    }

    #[test]
    fn the_manifest_describes_what_is_there() {
        let manifest = Manifest::builtin().unwrap();
        let embedded = Chosen::embedded().unwrap().model;
        assert_eq!(embedded.bytes, Some(EMBEDDED.len() as u64));
        assert_eq!(verify(&embedded, Path::new("/nowhere"), &mut |_| ()).unwrap(), Verdict::Good);
        for m in &manifest.models {
            assert_eq!(
                manifest.models.iter().filter(|o| o.name == m.name || o.file == m.file).count(),
                1,
                "{}",
                m.name
            );
            assert_eq!(m.url.is_some(), !m.is_embedded(), "{}", m.name);
            assert!(m.url.as_ref().is_none_or(|u| u.ends_with(&format!("/{}", m.file))), "{}", m.name);
            assert!(m.sha256.as_ref().is_none_or(|s| s.len() == 64 && hex::decode(s).is_ok()), "{}", m.name);
            assert_eq!(m.file, format!("ggml-{}.bin", m.name));
        }
    }

    #[test]
    fn configured_else_best_present_else_embedded() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest::builtin().unwrap();
        let choose = |name: Option<&str>| manifest.choose(name, folder.path());
        assert_eq!(choose(None).unwrap().weights, Weights::Embedded);
        assert_eq!(choose(Some("voicecart-shop.en")).unwrap().weights, Weights::Embedded);
        assert!(matches!(choose(Some("base.en")), Err(ModelsError::Missing { .. })));
        assert!(matches!(choose(Some("base.xx")), Err(ModelsError::Unknown { .. })));
        for file in ["ggml-tiny.bin", "ggml-small.en.bin", "ggml-base.en.bin", "my-own.bin"] {
            std::fs::write(folder.path().join(file), b"x").unwrap();
        }
        assert_eq!(choose(None).unwrap().model.name, "small.en");
        assert_eq!(choose(Some("base.en")).unwrap().weights, Weights::File(folder.path().join("ggml-base.en.bin")));
        let own = choose(folder.path().join("my-own.bin").to_str()).unwrap();
        assert_eq!((own.model.name.as_str(), own.model.official), ("my-own", true));
        let tiny = manifest.find("tiny").unwrap();
        let verdict = verify(tiny, folder.path(), &mut |_| ()).unwrap();
        assert_eq!(verdict, Verdict::WrongSize { expected: 77_691_713, found: 1 });
    }

    #[test]
    fn checksums() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m.bin"), b"abc").unwrap();
        let mut model = Model { bytes: Some(3), ..Model::unlisted(Path::new("m.bin")) };
        let verdict = |m: &Model| verify(m, folder.path(), &mut |_| ()).unwrap();
        assert_eq!(verdict(&model), Verdict::NoChecksumKnown);
        model.sha256 = Some("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD".into());
        assert_eq!(verdict(&model), Verdict::Good);
        model.sha256 = Some("00".repeat(32));
        assert!(matches!(verdict(&model), Verdict::WrongChecksum { .. }));
    }
}
