//! `alexa export`: the folder of a locale in, a skill package as Amazon's tools take it out, with everything in it that
//! breaks a rule and everything that only the merchant can answer. Writes nothing itself.
//!
//! The folder has `model.json` and `publishing/` (manifest, account linking, icons, and how the other English-speaking
//! countries say it). A locale with a model of its own beside that folder keeps its own.

mod check;
mod guide;
mod icon;
mod manifest;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::language::LanguageError;
use crate::language::check::{Finding, check_file};
use crate::language::model::Model;
use crate::language::variants::{self, Variant};

/// What to export.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Such as `en-GB`; none takes every locale that `variants.toml` names.
    pub locales: Vec<String>,
    /// The invocation name, in place of the model's.
    pub invocation: Option<String>,
    /// The address of this server's Alexa door.
    pub endpoint: Option<String>,
    /// Alexa's client id at this server, where it links accounts itself.
    pub client_id: Option<String>,
}

/// A package, ready to be written.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Path below the folder of the package, and content.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// Rules that are broken; places begin with the file's path.
    pub findings: Vec<Finding>,
    /// What the merchant has to answer before the skill can be published: file and place, and the question.
    pub to_fill: Vec<(String, String)>,
    pub locales: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("cannot read {0}: {1}; export needs model.json and publishing/ in the locale's folder")]
    Read(PathBuf, std::io::Error),
    #[error("{0} is not valid JSON: {1}")]
    Json(PathBuf, serde_json::Error),
    #[error(transparent)]
    Model(#[from] LanguageError),
    #[error("there is no {0} in publishing/variants.toml and no model for it; its tables are {1}")]
    Locale(String, String),
}

const MANIFEST: &str = "skill-package/skill.json";
const LINKING: &str = "accountLinking.json";
/// What the ASK command line looks for in a project.
const RESOURCES: &str = r#"{
  "askcliResourcesVersion": "2020-03-31",
  "profiles": { "default": { "skillMetadata": { "src": "./skill-package" } } }
}
"#;

/// Builds the package of the locale folder `folder`, such as `intents/en-US`.
pub fn build(folder: &Path, options: &Options) -> Result<Package, PackageError> {
    let publishing = folder.join("publishing");
    let base = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
    let path = publishing.join("variants.toml");
    let table = variants::parse(&path.display().to_string(), &read(&path)?)?;
    let mut locales =
        if options.locales.is_empty() { table.keys().cloned().collect() } else { options.locales.clone() };
    locales.sort();
    locales.dedup();

    let mut package = Package { locales, ..Package::default() };
    let mut models: BTreeMap<String, Model> = BTreeMap::new();
    for locale in package.locales.clone() {
        let text = model(folder, &base, &locale, &table, options)?;
        let file = format!("skill-package/interactionModels/custom/{locale}.json");
        package.found(&file, check_file(&format!("{locale}.json"), &text)?);
        models.insert(locale, Model::parse(&file, &text)?);
        package.files.push((file.into(), text.into_bytes()));
    }

    let mut skill = json(&publishing.join("skill.json"))?;
    manifest::complete(&mut skill, &base, &models, &table, options.endpoint.as_deref());
    let icons = ["smallIcon.png", "largeIcon.png"].map(|name| {
        let path = publishing.join(name);
        let bytes = std::fs::read(&path).map_err(|e| PackageError::Read(path, e));
        bytes.map(|bytes| (format!("assets/images/{name}"), bytes))
    });
    let icons: Vec<_> = icons.into_iter().collect::<Result<_, _>>()?;
    package.found(MANIFEST, check::manifest(&skill, &models, &icons));
    package.unanswered(MANIFEST, &skill);
    let mut linking = json(&publishing.join(LINKING))?;
    manifest::link(&mut linking, options.endpoint.as_deref(), options.client_id.as_deref());
    package.found(LINKING, check::linking(&linking));
    package.unanswered(LINKING, &linking);

    package.files.push((MANIFEST.into(), pretty(&skill)));
    package.files.push((LINKING.into(), pretty(&linking)));
    package.files.push(("ask-resources.json".into(), RESOURCES.as_bytes().to_vec()));
    package.files.push(("FILL-IN.md".into(), guide::write(&package, &skill).into_bytes()));
    package.files.extend(icons.into_iter().map(|(path, bytes)| (Path::new("skill-package").join(path), bytes)));
    Ok(package)
}

/// The text of a locale's model: its own, or the base model in the locale's words.
fn model(
    folder: &Path,
    base: &str,
    locale: &str,
    table: &BTreeMap<String, Variant>,
    options: &Options,
) -> Result<String, PackageError> {
    let own = folder.with_file_name(locale).join("model.json");
    let mut model = match table.get(locale) {
        _ if locale != base && own.is_file() => json(&own)?,
        Some(variant) => {
            let mut model = json(&folder.join("model.json"))?;
            variant.apply(&mut model);
            model
        }
        None if locale == base => json(&folder.join("model.json"))?,
        None => {
            let known: Vec<&str> = table.keys().map(String::as_str).collect();
            return Err(PackageError::Locale(locale.to_owned(), known.join(" ")));
        }
    };
    if let (Some(name), Some(spot)) =
        (&options.invocation, model.pointer_mut("/interactionModel/languageModel/invocationName"))
    {
        *spot = name.clone().into();
    }
    Ok(String::from_utf8_lossy(&pretty(&model)).into_owned())
}

impl Package {
    /// Whether Amazon would take it once everything is answered.
    pub fn holds(&self) -> bool {
        !self.findings.iter().any(|f| f.fatal)
    }

    fn found(&mut self, file: &str, findings: Vec<Finding>) {
        self.findings.extend(findings.into_iter().map(|f| Finding { place: format!("{file}: {}", f.place), ..f }));
    }

    fn unanswered(&mut self, file: &str, value: &Value) {
        manifest::texts(value, String::new(), &mut |place, text| {
            if let Some(question) = manifest::question(text) {
                self.to_fill.push((format!("{file}: {place}"), question.to_owned()));
            }
        });
    }
}

/// A model from a file, from a folder of a package for one locale, or from a locale's folder.
pub fn find_model(path: &Path, locale: &str) -> Result<(PathBuf, String), PackageError> {
    let inside = [
        format!("skill-package/interactionModels/custom/{locale}.json"),
        format!("interactionModels/custom/{locale}.json"),
        "model.json".to_owned(),
    ];
    let found = inside.iter().map(|i| path.join(i)).find(|p| p.is_file()).unwrap_or_else(|| path.to_owned());
    let text = read(&found)?;
    Ok((found, text))
}

fn read(path: &Path) -> Result<String, PackageError> {
    std::fs::read_to_string(path).map_err(|e| PackageError::Read(path.to_owned(), e))
}

fn json(path: &Path) -> Result<Value, PackageError> {
    serde_json::from_str(&read(path)?).map_err(|e| PackageError::Json(path.to_owned(), e))
}

fn pretty(value: &Value) -> Vec<u8> {
    // A `Value` has no keys that are not text, which is all that could fail.
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("intents/en-US")
    }

    #[test]
    fn the_shipped_shop_can_be_exported_in_every_english_locale() {
        let package = build(&shipped(), &Options::default()).unwrap();
        assert_eq!(package.locales, ["en-AU", "en-CA", "en-GB", "en-IN", "en-US"]);
        let fatal: Vec<_> = package.findings.iter().filter(|f| f.fatal).collect();
        assert!(package.holds(), "{fatal:#?}");
        let text = |path: &str| {
            let (_, bytes) = package.files.iter().find(|(p, _)| p == Path::new(path)).unwrap();
            String::from_utf8_lossy(bytes).into_owned()
        };
        let british = text("skill-package/interactionModels/custom/en-GB.json");
        assert!(british.contains("under {MaxPrice} pounds") && !british.contains("dollars"));
        assert!(british.contains("my trolley") && british.contains("nappies"));
        assert!(text("skill-package/interactionModels/custom/en-IN.json").contains("{MaxPrice} rupees"));
        assert!(text("skill-package/interactionModels/custom/en-US.json").contains("{MaxPrice} dollars"));
        assert!(
            package
                .to_fill
                .iter()
                .any(|(place, _)| place.ends_with("/privacyAndCompliance/locales/en-IN/privacyPolicyUrl"))
        );
        assert!(text("FILL-IN.md").contains("privacyPolicyUrl"));
    }

    #[test]
    fn names_and_addresses_go_where_they_belong() {
        let options = Options {
            locales: vec!["en-GB".into()],
            invocation: Some("green grocer".into()),
            endpoint: Some("https://shop.example/alexa".into()),
            ..Options::default()
        };
        let package = build(&shipped(), &options).unwrap();
        assert!(package.holds(), "{:#?}", package.findings);
        let all: String = package.files.iter().map(|(_, b)| String::from_utf8_lossy(b)).collect();
        assert!(all.contains("\"invocationName\": \"green grocer\"") && all.contains("Alexa, open green grocer"));
        assert!(all.contains("\"uri\": \"https://shop.example/alexa\"") && !all.contains("en-US"));
    }

    #[test]
    fn what_breaks_a_rule_is_told_with_its_file() {
        let options = Options {
            locales: vec!["en-US".into()],
            invocation: Some("alexa shop".into()),
            endpoint: Some("http://shop.example/alexa".into()),
            ..Options::default()
        };
        let package = build(&shipped(), &options).unwrap();
        let told: Vec<String> = package.findings.iter().map(|f| format!("{} {}", f.place, f.problem)).collect();
        assert!(told.iter().any(|t| t.contains("en-US.json") && t.contains("wake or launch word")), "{told:?}");
        assert!(told.iter().any(|t| t.contains("skill.json") && t.contains("https")), "{told:?}");
        let unknown = Options { locales: vec!["en-NZ".into()], ..Options::default() };
        assert!(build(&shipped(), &unknown).unwrap_err().to_string().contains("en-NZ"));
    }
}
