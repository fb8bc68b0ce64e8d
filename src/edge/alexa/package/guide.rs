//! `FILL-IN.md`: what is left for the merchant to do, in the order of doing it.

use std::fmt::Write as _;

use serde_json::Value;

use super::Package;

/// The guide to a package.
pub fn write(package: &Package, skill: &Value) -> String {
    let mut out = String::from(
        "# Before you publish\n\nThis folder is a project of the ASK command line (`ask deploy`); the files below \
         `skill-package/` can also be pasted into the developer console.\n\n## Fill in\n\n",
    );
    let mut file = "";
    for (place, question) in &package.to_fill {
        let (at, pointer) = place.split_once(": ").unwrap_or((place, ""));
        if at != file {
            let _ = writeln!(out, "In `{at}`:\n");
            file = at;
        }
        let _ = writeln!(out, "- [ ] `{pointer}`: {question}");
    }
    out.push_str(
        "\n`accountLinking.json` is sent by `ask smapi update-account-linking-info`, and only if you link accounts.\n",
    );
    out.push_str("\n## Check\n\nThese answers were given for you; they are yours to vouch for.\n\n");
    let answers = skill.pointer("/manifest/privacyAndCompliance").and_then(Value::as_object);
    for (name, answer) in answers.into_iter().flatten().filter(|(_, a)| a.is_boolean()) {
        let _ = writeln!(out, "- [ ] `{name}`: {answer}");
    }
    out.push_str(
        "- [ ] the icons below `skill-package/assets/images` are this program's own; put yours in their place\n",
    );
    let warnings: Vec<_> = package.findings.iter().collect();
    if !warnings.is_empty() {
        out.push_str("\n## Findings\n\n");
        for finding in warnings {
            let kind = if finding.fatal { "must be corrected" } else { "worth a look" };
            let _ = writeln!(out, "- {}: {} ({kind})", finding.place, finding.problem);
        }
    }
    out
}
