// Amazon's linter for APL judges documents, and so does her JSON schema of whole documents by itself. Argument: a file
// with a list of them. Prints the complaints about each.
"use strict";

const fs = require("fs");
const path = require("path");
const { StaticAplTemplateValidator } = require("apl-suggester");

// A value that is bound at run time is not there to be judged.
const bound = (value) => typeof value === "string" && /^\$\{.*\}$|^@/.test(value);
const inside = path.dirname(require.resolve("apl-suggester"));
const ajv = require(path.join(inside, "util/Ajv")).default;
const { JSON_SCHEMA } = require(path.join(inside, "assets/JsonSchema"));

async function main() {
  // It talks about what it does not know on standard output, which belongs to the answer here.
  const print = console.log;
  console.log = console.error;
  const all = [];
  for (const document of JSON.parse(fs.readFileSync(process.argv[2], "utf8"))) {
    const found = await new StaticAplTemplateValidator().validate(document);
    const schema = ajv.getSchema(JSON_SCHEMA.$id);
    const fits = schema(document);
    const wrong = fits ? [] : schema.errors.filter((e) => !bound(e.data));
    const against = wrong.map((e) => `schema: ${e.instancePath || e.dataPath}: ${e.message}`);
    all.push(found.map((one) => `${one.path}: ${one.errorMessage}`).concat(against));
  }
  print(JSON.stringify(all));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
