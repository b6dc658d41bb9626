// `npm run check-race`: is every error of `check` borne out? Each flagged model is trained on the digits beside its own
// `init --fix`, with SGD and Adam at several rates; what counts is the accuracy on held-out rows at each side's best rate.
// Writes each row into docs/check-race.md as it ends. Exits 1 where a fix does not win by three standard errors of the difference.
// With words behind it only the cases that hold one of them are raced; the other rows stay.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { prepare } from "../scripts/prepare.mjs";

const shared = new URL("../../shared/", import.meta.url);
if (!existsSync(shared)) {
  process.stderr.write("check-race: no corpus, got no folder ../shared beside the clone, put it there\n");
  process.exit(2);
}
prepare();
const { checkModel, createTrainer, fixModel, initialize, plan, runTraining } = await import("../dist/index.js");
const { openModel, readData } = await import("../dist/node.js");
const { ERRORS, MORE, WARNINGS } = await import("./check-race-cases.mjs");

const SEEDS = 4;
const STEPS = 120;
const BATCH = 64;
const HELD_OUT = 297;
const OPTIMIZERS = [
  ...[0.03, 0.3, 3].map((learningRate) => ({ kind: "sgd", learningRate })),
  ...[0.001, 0.01].map((learningRate) => ({ kind: "adam", learningRate })),
];

const { inputs, labels, shape } = await readData(fileURLToPath(new URL("data/digits.csv", shared)));
const features = shape[1];
const mean = inputs.reduce((sum, value) => sum + value, 0) / inputs.length;
const std = Math.sqrt(inputs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / inputs.length);
const normalized = inputs.map((value) => (value - mean) / std);
const bytes = inputs.map((value) => (value * 255) / 16);
const rowsOf = (name, values) => ({ name, count: labels.length, features, values, labels });
/** Rows of the file are in no order of classes: the last ones are held out. */
const split = (values) => {
  const cut = labels.length - HELD_OUT;
  const part = (from, to) => ({
    count: to - from,
    inputs: values.slice(from * features, to * features),
    targets: labels.slice(from, to),
  });
  return { training: part(0, cut), test: part(cut, labels.length) };
};

const holding = (model, weights) => ({
  ...model,
  tiles: undefined,
  read: (name) => weights.get(name) ?? model.read(name),
});

/** Accuracy at the best of the optimizers; a run that diverges counts with what it knows then. */
async function best(trainers, { weights, values, optimizers, seed }) {
  const { training, test } = split(values);
  let most = { accuracy: 0, by: "none" };
  for (const { kind, learningRate } of optimizers) {
    const own = trainers.get(kind);
    own.reset(weights, { learningRate });
    await runTraining(own, training, { steps: STEPS, batch: BATCH, seed });
    const { accuracy } = await own.evaluate(test);
    if (accuracy > most.accuracy) most = { accuracy, by: `${kind} ${learningRate.toPrecision(2)}` };
  }
  return most;
}

/** What is wrong and what `check` makes of it: weights, data and optimizers of both sides. */
async function sidesOf({ rule, model, weights, seed, severity, steps }) {
  const held = holding(model, weights);
  const raw = rule === "unnormalized-input";
  const named = ({ findings }) => findings.some((each) => each.rule === rule && each.severity === severity);
  const side = { weights, values: raw ? bytes : normalized, optimizers: OPTIMIZERS, seed };
  if (steps !== undefined) {
    const data = rowsOf("digits", normalized);
    const probe = await checkModel(held, { data, learningRate: 1e3 });
    const largest = probe.findings.find((each) => each.rule === rule).evidence.largest;
    const rate = (learningRate) => [{ kind: "sgd", learningRate }];
    const found = named(await checkModel(held, { data, learningRate: steps * largest }));
    return {
      found,
      flagged: { ...side, optimizers: rate(steps * largest) },
      mended: { ...side, optimizers: rate(largest / 2) },
    };
  }
  const found = named(await checkModel(held, raw ? { data: rowsOf("bytes", bytes) } : {}));
  const fix = await fixModel(held, { seed });
  const better = initialize(fix.plan, { seed, read: held.read });
  return { found, flagged: side, mended: { ...side, weights: better, values: normalized } };
}

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function race([rule, what, line, scheme, change, { steps, seeds = SEEDS } = {}], severity) {
  const model = await openModel(line, { batch: BATCH });
  const trainers = new Map();
  const flagged = [];
  const mended = [];
  let found = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const weights = initialize(plan(model, { scheme }), { seed });
    change(model, weights, seed);
    for (const kind of ["sgd", "adam"])
      if (!trainers.has(kind)) {
        const optimizer = { kind, learningRate: 0.1 };
        trainers.set(kind, await createTrainer(model, { weights, loss: "cross-entropy", optimizer }));
      }
    const sides = await sidesOf({ rule, model, weights, seed, severity, steps });
    if (sides.found) found++;
    flagged.push(await best(trainers, sides.flagged));
    mended.push(await best(trainers, sides.mended));
  }
  for (const trainer of trainers.values()) trainer.dispose();
  const gains = mended.map(({ accuracy }, i) => accuracy - flagged[i].accuracy);
  const gain = average(gains);
  const [p, q] = [mended, flagged].map((side) => average(side.map(({ accuracy }) => accuracy)));
  // The test rows are a sample, too: the binomial error of both accuracies, beside that between seeds.
  const between = Math.sqrt(gains.reduce((sum, each) => sum + (each - gain) ** 2, 0) / (seeds - 1) / seeds);
  const binomial = Math.sqrt((p * (1 - p) + q * (1 - q)) / HELD_OUT / seeds);
  const error = Math.hypot(between, binomial);
  const wins = gain > 3 * error;
  const percent = (value) => (100 * value).toFixed(1);
  process.stderr.write(
    `check-race: ${rule}, ${what}: ${found}/${seeds} flagged, ${percent(q)} % (${flagged[0].by}), fixed ${percent(p)} % (${mended[0].by}), ${wins ? "borne out" : "NOT borne out"}\n`,
  );
  write(
    `${rowStart(rule, what)} ${found}/${seeds} | ${percent(q)} | ${percent(p)} | ${percent(gain)} | ${percent(error)} | ${wins ? "yes" : "no"} |`,
  );
  return wins && found === seeds;
}

const page = new URL("../docs/check-race.md", import.meta.url);
const rowStart = (rule, what) => `| ${rule} | ${what} |`;
const rows = existsSync(page)
  ? readFileSync(page, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| "))
  : [];

/** The page with this row renewed, in the order of the cases. */
function write(row) {
  const start = row.split("|").slice(0, 3).join("|");
  const old = rows.findIndex((line) => line.startsWith(start));
  if (old === -1) rows.push(row);
  else rows[old] = row;
  writeFileSync(page, textOf());
}

const table = (cases) =>
  [
    "| rule | model | flagged | accuracy as it is | with the fix | gain | its error | wins |",
    "|---|---|--:|--:|--:|--:|--:|---|",
    ...cases.flatMap(([rule, what]) => rows.filter((line) => line.startsWith(rowStart(rule, what)))),
  ].join("\n");

const textOf = () => `# Every error is borne out by training

Made by \`npm run check-race\`; do not edit by hand.

Each row is a model that \`check\` gives an error for. It is trained on the digits (${labels.length - HELD_OUT} rows, ${STEPS} steps of ${BATCH}) beside
what \`init --fix\` makes of it, by SGD at rates 0.03, 0.3 and 3 and by Adam at 0.001 and 0.01; each side counts with its best
rate. Of \`step-too-large\` the rate itself is what is flagged, and its fix the rate that the finding names: the same weights, by SGD
at both. Each model is drawn ${SEEDS} times, or ${MORE.seeds} where the harm is small; "flagged" says in how many of the draws \`check\` gives the
error. Accuracies are per cent of the ${HELD_OUT} rows held out, means over the draws. The fix has to win by three standard errors of
the difference (between draws, and of the finite test set).

${table(ERRORS)}

## Warnings

The same for weights that are too large before units that saturate, in layers behind the first: what \`mis-scaled\` warns of only. A
fix that does not win by three errors here is why.

${table(WARNINGS)}
`;

const words = process.argv.slice(2);
const chosen = (cases) =>
  cases.filter((each) => words.length === 0 || words.some((word) => each.join(" ").includes(word)));
let lost = 0;
for (const each of chosen(ERRORS)) if (!(await race(each, "error"))) lost++;
for (const each of chosen(WARNINGS)) await race(each, "warning");
process.exit(lost === 0 ? 0 : 1);
