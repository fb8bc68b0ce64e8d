// Amazon's linter for APL judges documents. Argument: a file with a list of them. Prints the complaints about each.
"use strict";

const fs = require("fs");
const { StaticAplTemplateValidator } = require("apl-suggester");

async function main() {
  // It talks about what it does not know on standard output, which belongs to the answer here.
  const print = console.log;
  console.log = console.error;
  const all = [];
  for (const document of JSON.parse(fs.readFileSync(process.argv[2], "utf8"))) {
    const found = await new StaticAplTemplateValidator().validate(document);
    all.push(found.map((one) => `${one.path}: ${one.errorMessage}`));
  }
  print(JSON.stringify(all));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
