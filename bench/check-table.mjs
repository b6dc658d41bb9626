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

/** What is not as expected is said at once. */
const note = (text) => process.stderr.write(`check-table: ${text}\n`);

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

const say = (where, { missed, other }) => {
  for (const each of [...missed.map((name) => `misses ${name}`), ...other.map((name) => `adds ${name}`)])
    note(`${where}: ${each}`);
};

async function right(first, totals) {
  const rows = [];
  for (const [file, schemes] of RIGHT) {
    const model = await modelOf(file);
    for (const scheme of schemes) {
      let [errors, warnings] = [0, 0];
      for (let seed = first; seed < first + seeds; seed++) {
        const { findings, summary } = await checkModel(holding(model, drawn(model, file, scheme, seed)));
        errors += summary.errors;
        warnings += summary.warnings;
        for (const { rule, severity, tensor, message } of findings)
          if (severity !== "info")
            note(`${file} ${scheme} seed ${seed}: ${severity} ${rule} ${tensor ?? ""} ${message}`);
      }
      totals.falsePositive += errors;
      totals.falseWarnings += warnings;
      rows.push([short(file), scheme, seeds, errors, warnings]);
    }
  }
  return rows;
}

async function wrong(first, totals) {
  const rows = [];
  for (const [file, scheme, expected] of WRONG_SCHEME) {
    const model = await modelOf(file);
    let [hits, misses, others] = [0, 0, 0];
    for (let seed = first; seed < first + seeds; seed++) {
      const { findings } = await checkModel(holding(model, drawn(model, file, scheme, seed)));
      const judged = judge(findings, expected, "error");
      hits += expected.length - judged.missed.length;
      misses += judged.missed.length;
      others += judged.other.length;
      say(`${file} ${scheme} seed ${seed}`, judged);
    }
    totals.truePositive += hits;
    totals.falseNegative += misses;
    totals.falsePositive += others;
    rows.push([short(file), scheme, expected.join(", "), `${hits}/${hits + misses}`, others]);
  }
  return rows;
}

async function broken(first, totals) {
  const rows = [];
  for (const { what, models, level, rule, change, all } of BROKEN) {
    for (const [file, scheme] of models) {
      const model = await modelOf(file);
      let [hits, misses, others, named] = [0, 0, 0, 0];
      for (let seed = first; seed < first + seeds; seed++) {
        const weights = drawn(model, file, scheme, seed);
        const changed = change(model, weights, seed, draw);
        for (const [name, values] of changed) weights.set(name, values);
        const { findings } = await checkModel(holding(model, weights));
        const judged = judge(findings, [rule], level);
        const tensors = findings.filter((finding) => finding.rule === rule).map(({ tensor }) => tensor);
        hits += 1 - judged.missed.length;
        misses += judged.missed.length;
        others += judged.other.length;
        if (all || (tensors.length === 1 && tensors[0] === changed[0][0])) named++;
        say(`${file} ${scheme} seed ${seed}, ${what}`, judged);
      }
      if (level === "error") {
        totals.truePositive += hits;
        totals.falseNegative += misses;
      } else totals.missedWarnings += misses;
      totals.falsePositive += others;
      rows.push([what, short(file), scheme, rule, `${hits}/${seeds}`, `${named}/${seeds}`, others]);
    }
  }
  return rows;
}

const figure = (value) => value.toFixed(4);

/** All cases at seeds `first` … `first` + seeds − 1. */
async function all(first) {
  const totals = { truePositive: 0, falsePositive: 0, falseNegative: 0, falseWarnings: 0, missedWarnings: 0 };
  const rows = {
    right: await right(first, totals),
    wrong: await wrong(first, totals),
    broken: await broken(first, totals),
  };
  const { truePositive, falsePositive, falseNegative } = totals;
  const precision = truePositive / (truePositive + falsePositive);
  const recall = truePositive / (truePositive + falseNegative);
  note(
    `seeds ${first} … ${first + seeds - 1}: ${truePositive} true, ${falsePositive} false, ${falseNegative} missed; precision ${figure(precision)}, recall ${figure(recall)}; ${totals.falseWarnings} warnings on ${rows.right.length * seeds} right draws`,
  );
  return { ...totals, rows, precision, recall };
}

/** Thresholds were chosen while looking at the first seeds: what they are worth is said by seeds that nobody looked at. */
const FRESH = 100;
const known = await all(0);
const fresh = await all(FRESH);
const { rows } = known;
const both = (what, of) => `| ${what} | ${of(known)} | ${of(fresh)} |`;

const text = `# How often \`check\` is right

Made by \`npm run check-table\`; do not edit by hand.

Models of the corpus and architecture lines, drawn with ${seeds} seeds each. A true positive is an expected rule found at its severity,
a false positive any other error, a false negative an expected rule that was not found.

The thresholds were chosen on the first ${seeds} seeds; the second column holds draws that nobody looked at before.

| error rules | seeds 0 … ${seeds - 1} | seeds ${FRESH} … ${FRESH + seeds - 1} |
|---|--:|--:|
${both("true positives", (one) => one.truePositive)}
${both("false positives", (one) => one.falsePositive)}
${both("false negatives", (one) => one.falseNegative)}
${both("precision", (one) => figure(one.precision))}
${both("recall", (one) => figure(one.recall))}
${both("draws that are right", (one) => one.rows.right.length * seeds)}
${both("warnings on them", (one) => one.falseWarnings)}
${both("expected warnings that are missing", (one) => one.missedWarnings)}

The tables below are those of seeds 0 … ${seeds - 1}.

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

const good = [known, fresh].every(
  (one) => one.precision >= BAR && one.recall >= BAR && one.falseWarnings + one.missedWarnings === 0,
);
if (process.argv.includes("--check"))
  process.exit(good && existsSync(page) && readFileSync(page, "utf8") === text ? 0 : 1);
if (!process.argv.includes("--dry")) writeFileSync(page, text);
process.exit(good ? 0 : 1);
