// `npm run check-table`: what `check` finds on models × schemes × seeds, right ones, wrong ones and broken ones (corpus in
// ../shared beside the clone). Writes docs/check-accuracy.md; `--check` writes nothing and exits 1 where it is out of date.
// Exits 1 where precision or recall of the error rules is below 0.98.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { prepare } from "../scripts/prepare.mjs";
import { BROKEN, RIGHT, WRONG_SCHEME } from "./check-cases.mjs";

const shared = new URL("../../shared/", import.meta.url);
const page = new URL("../docs/check-accuracy.md", import.meta.url);
if (!existsSync(shared)) {
  process.stderr.write("check-table: no corpus, got no folder ../shared beside the clone, put it there\n");
  process.exit(2);
}
prepare();
const { checkModel, draw, initialize, plan } = await import("../dist/index.js");
const { openModel } = await import("../dist/node.js");

const seeds = Number(process.argv.find((word) => /^--seeds=\d+$/.test(word))?.slice(8) ?? 20);
const BAR = 0.98;

const opened = new Map();
async function modelOf(file) {
  if (!opened.has(file)) {
    const path = file.includes(">") ? file : fileURLToPath(new URL(`models/${file}`, shared));
    opened.set(file, await openModel(path));
  }
  return opened.get(file);
}

/** The model with other values. */
const holding = (model, weights) => ({
  ...model,
  tiles: undefined,
  read: (name) => weights.get(name) ?? model.read(name),
});

const plans = new Map();
function drawn(model, file, scheme, seed) {
  const key = `${file} ${scheme}`;
  if (!plans.has(key)) plans.set(key, plan(model, { scheme }));
  return initialize(plans.get(key), { seed, read: model.read });
}

const short = (file) =>
  file.includes(">")
    ? file.replace(/^(\d+) > .* > (\d+ (\w+)) > .*$/, (_, a, b) => `${a} > … ${b} × ${file.split(">").length - 2}`)
    : file.replace(".onnx", "");
const line = (cells) => `| ${cells.join(" | ")} |`;

let [truePositive, falsePositive, falseNegative] = [0, 0, 0];
let falseWarnings = 0;
const rows = { right: [], wrong: [], broken: [] };
/** What is not as expected is said at once. */
const notes = { push: (text) => process.stderr.write(`check-table: ${text}\n`) };

for (const [file, schemes] of RIGHT) {
  const model = await modelOf(file);
  for (const scheme of schemes) {
    let [errors, warnings] = [0, 0];
    for (let seed = 0; seed < seeds; seed++) {
      const { findings, summary } = await checkModel(holding(model, drawn(model, file, scheme, seed)));
      errors += summary.errors;
      warnings += summary.warnings;
      for (const { rule, severity, tensor, message } of findings)
        if (severity !== "info")
          notes.push(`${file} ${scheme} seed ${seed}: ${severity} ${rule} ${tensor ?? ""} ${message}`);
    }
    falsePositive += errors;
    falseWarnings += warnings;
    rows.right.push([short(file), scheme, seeds, errors, warnings]);
  }
}

/** Counts one run of a model that is known to be wrong: every expected rule once, every other error against it. */
function judge(findings, expected, level) {
  const errors = findings.filter(({ severity }) => severity === "error");
  const found = new Set(
    findings.filter(({ severity }) => severity === level || severity === "error").map(({ rule }) => rule),
  );
  const missed = expected.filter((rule) => !found.has(rule));
  const other = [...new Set(errors.map(({ rule }) => rule))].filter((rule) => !expected.includes(rule));
  return { missed, other };
}

for (const [file, scheme, expected] of WRONG_SCHEME) {
  const model = await modelOf(file);
  let [hits, misses, others] = [0, 0, 0];
  for (let seed = 0; seed < seeds; seed++) {
    const { findings } = await checkModel(holding(model, drawn(model, file, scheme, seed)));
    const { missed, other } = judge(findings, expected, "error");
    hits += expected.length - missed.length;
    misses += missed.length;
    others += other.length;
    for (const rule of [...missed.map((name) => `misses ${name}`), ...other.map((name) => `adds ${name}`)])
      notes.push(`${file} ${scheme} seed ${seed}: ${rule}`);
  }
  truePositive += hits;
  falseNegative += misses;
  falsePositive += others;
  rows.wrong.push([short(file), scheme, expected.join(", "), `${hits}/${hits + misses}`, others]);
}

for (const { what, models, level, rule, change, all } of BROKEN) {
  for (const [file, scheme] of models) {
    const model = await modelOf(file);
    let [hits, misses, others, named] = [0, 0, 0, 0];
    for (let seed = 0; seed < seeds; seed++) {
      const weights = drawn(model, file, scheme, seed);
      const changed = change(model, weights, seed, draw);
      for (const [name, values] of changed) weights.set(name, values);
      const { findings } = await checkModel(holding(model, weights));
      const { missed, other } = judge(findings, [rule], level);
      const tensors = findings.filter((finding) => finding.rule === rule).map(({ tensor }) => tensor);
      hits += 1 - missed.length;
      misses += missed.length;
      others += other.length;
      if (all || (tensors.length === 1 && tensors[0] === changed[0][0])) named++;
      for (const each of [...missed.map((name) => `misses ${name}`), ...other.map((name) => `adds ${name}`)])
        notes.push(`${file} ${scheme} seed ${seed}, ${what}: ${each}`);
    }
    if (level === "error") {
      truePositive += hits;
      falseNegative += misses;
    } else if (misses > 0) falseWarnings += misses;
    falsePositive += others;
    rows.broken.push([what, short(file), scheme, rule, `${hits}/${seeds}`, `${named}/${seeds}`, others]);
  }
}

const precision = truePositive / (truePositive + falsePositive);
const recall = truePositive / (truePositive + falseNegative);
const figure = (value) => value.toFixed(4);
const count = rows.right.length * seeds;
const text = `# How often \`check\` is right

Made by \`npm run check-table\`; do not edit by hand.

Models of the corpus and architecture lines, drawn with ${seeds} seeds each. A true positive is an expected rule found at its severity,
a false positive any other error, a false negative an expected rule that was not found.

| error rules | |
|---|--:|
| true positives | ${truePositive} |
| false positives | ${falsePositive} |
| false negatives | ${falseNegative} |
| precision | ${figure(precision)} |
| recall | ${figure(recall)} |
| draws that are right | ${count} |
| warnings on them | ${falseWarnings} |

## Schemes that are right for their model: nothing may be found

| model | scheme | draws | errors | warnings |
|---|---|--:|--:|--:|
${rows.right.map(line).join("\n")}

## Schemes that are wrong for their model

| model | scheme | expected | found | other errors |
|---|---|---|--:|--:|
${rows.wrong.map(line).join("\n")}

## Right draws with one thing broken

"Named" counts draws in which the rule names the broken tensor and no other.

| broken | model | scheme | expected | found | named | other errors |
|---|---|---|---|--:|--:|--:|
${rows.broken.map(line).join("\n")}
`;

const summary = `check-table: ${truePositive} true, ${falsePositive} false, ${falseNegative} missed; precision ${figure(precision)}, recall ${figure(recall)}; ${falseWarnings} warnings on ${count} right draws\n`;
process.stderr.write(summary);
const good = precision >= BAR && recall >= BAR && falseWarnings === 0;
if (process.argv.includes("--check"))
  process.exit(good && existsSync(page) && readFileSync(page, "utf8") === text ? 0 : 1);
if (!process.argv.includes("--dry")) writeFileSync(page, text);
process.exit(good ? 0 : 1);
