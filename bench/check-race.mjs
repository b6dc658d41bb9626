// `npm run check-race`: is every error of `check` borne out? Each flagged model is trained on the digits beside its own
// `init --fix`, with SGD and Adam at several rates; what counts is the accuracy on held-out rows at each side's best rate.
// Writes docs/check-race.md. Exits 1 where a fix does not win by three standard errors of the difference.
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { prepare } from "../scripts/prepare.mjs";

const shared = new URL("../../shared/", import.meta.url);
if (!existsSync(shared)) {
  process.stderr.write("check-race: no corpus, got no folder ../shared beside the clone, put it there\n");
  process.exit(2);
}
prepare();
const { checkModel, draw, fixModel, initialize, plan, createTrainer, runTraining } = await import("../dist/index.js");
const { openModel, readData } = await import("../dist/node.js");

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
const moments = (values) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
};
const [mean, std] = moments(inputs);
const normalized = inputs.map((value) => (value - mean) / std);
const bytes = inputs.map((value) => (value * 255) / 16);
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

const mlp = (activation, layers, width = 64) =>
  ["64", ...Array.from({ length: layers }, () => `${width} ${activation}`), "10 softmax"].join(" > ");
const weightsOf = (model) => [...model.parameters.values()].filter(({ shape }) => shape.length === 2);
const normal = (name, shape, scale, seed) =>
  draw({ kind: "normal", mean: 0, std: scale }, { seed, name, shape, start: 0, length: shape[0] * shape[1] });

/** [rule, what, line, scheme, change of the drawn values]. */
const CASES = [
  [
    "zero-weights",
    "hidden weights 0",
    mlp("relu", 2),
    "he-normal",
    (model, weights) => {
      for (const { name } of weightsOf(model).slice(0, -1)) weights.get(name).fill(0);
    },
  ],
  ["symmetric-units", "every weight 0.05", mlp("tanh", 2), "constant(0.05)", () => {}],
  [
    "non-finite",
    "one NaN",
    mlp("relu", 2),
    "he-normal",
    (model, weights) => {
      weights.get(weightsOf(model)[1].name)[7] = Number.NaN;
    },
  ],
  [
    "mis-scaled",
    "one weight × 30, relu",
    mlp("relu", 5),
    "he-normal",
    (model, weights) => {
      const name = weightsOf(model)[2].name;
      weights.set(
        name,
        weights.get(name).map((x) => 30 * x),
      );
    },
  ],
  [
    "dead-units",
    "biases of one layer −5",
    mlp("relu", 3),
    "torch",
    (model, weights) => {
      weights.get([...model.parameters.keys()].filter((name) => /bias/.test(name))[1]).fill(-5);
    },
  ],
  [
    "saturated",
    "weights N(0, 5²)",
    mlp("logistic", 3),
    "torch",
    (model, weights, seed) => {
      for (const { name, shape } of weightsOf(model)) weights.set(name, normal(name, shape, 5, seed));
    },
  ],
  [
    "exploding-forward",
    "weights N(0, 1), relu",
    mlp("relu", 6),
    "torch",
    (model, weights, seed) => {
      for (const { name, shape } of weightsOf(model)) weights.set(name, normal(name, shape, 1, seed));
    },
  ],
  ["vanishing-forward", "torch, 20 layers of tanh", mlp("tanh", 20), "torch", () => {}],
  ["vanishing-gradient", "torch, 12 layers of relu", mlp("relu", 12), "torch", () => {}],
  ["vanishing-gradient", "torch, 6 layers of logistic", mlp("logistic", 6), "torch", () => {}],
  ["unnormalized-input", "bytes 0 … 255", mlp("tanh", 2), "torch", () => {}],
];

const holding = (model, weights) => ({
  ...model,
  tiles: undefined,
  read: (name) => weights.get(name) ?? model.read(name),
});

/** Accuracy at the best of the rates; a run that diverges counts with what it knows then. */
async function best(trainer, weights, { training, test }, optimizers) {
  let most = { accuracy: 0, by: "none" };
  for (const [optimizer, each] of optimizers) {
    const own = trainer.get(optimizer.kind);
    own.reset(weights, { learningRate: optimizer.learningRate });
    await runTraining(own, training, { steps: STEPS, batch: BATCH, seed: each });
    const { accuracy } = await own.evaluate(test);
    if (accuracy > most.accuracy) most = { accuracy, by: `${optimizer.kind} ${optimizer.learningRate}` };
  }
  return most;
}

const rows = [];
let lost = 0;
for (const [rule, what, line, scheme, change] of CASES) {
  const model = await openModel(line, { batch: BATCH });
  const raw = rule === "unnormalized-input";
  const trainers = new Map();
  const flagged = [];
  const mended = [];
  let found = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const weights = initialize(plan(model, { scheme }), { seed });
    change(model, weights, seed);
    const held = holding(model, weights);
    const data = raw ? { name: "bytes", count: labels.length, features, values: bytes, labels } : undefined;
    const { findings } = await checkModel(held, data ? { data } : {});
    if (findings.some((each) => each.rule === rule && each.severity === "error")) found++;
    const fix = await fixModel(held, { seed });
    const better = initialize(fix.plan, { seed, read: held.read });
    for (const kind of ["sgd", "adam"])
      if (!trainers.has(kind))
        trainers.set(
          kind,
          await createTrainer(model, { weights, loss: "cross-entropy", optimizer: { kind, learningRate: 0.1 } }),
        );
    const optimizers = OPTIMIZERS.map((optimizer) => [optimizer, seed]);
    flagged.push(await best(trainers, weights, split(raw ? bytes : normalized), optimizers));
    mended.push(await best(trainers, better, split(normalized), optimizers));
  }
  for (const trainer of trainers.values()) trainer.dispose();
  const gains = mended.map(({ accuracy }, i) => accuracy - flagged[i].accuracy);
  const gain = gains.reduce((a, b) => a + b, 0) / SEEDS;
  const average = (list) => list.reduce((sum, { accuracy }) => sum + accuracy, 0) / SEEDS;
  // The test rows are a sample, too: the binomial error of both accuracies, beside that between seeds.
  const p = average(mended);
  const q = average(flagged);
  const between = Math.sqrt(gains.reduce((sum, each) => sum + (each - gain) ** 2, 0) / (SEEDS - 1) / SEEDS);
  const binomial = Math.sqrt((p * (1 - p) + q * (1 - q)) / HELD_OUT / SEEDS);
  const error = Math.hypot(between, binomial);
  const wins = gain > 3 * error && found === SEEDS;
  if (!wins) lost++;
  const percent = (value) => (100 * value).toFixed(1);
  rows.push(
    `| ${rule} | ${what} | ${found}/${SEEDS} | ${percent(q)} | ${percent(p)} | ${percent(gain)} | ${percent(error)} | ${wins ? "yes" : "no"} |`,
  );
  process.stderr.write(
    `check-race: ${rule}, ${what}: flagged ${percent(q)} % (${flagged[0].by}), fixed ${percent(p)} % (${mended[0].by}), ${wins ? "borne out" : "NOT borne out"}\n`,
  );
}

const text = `# Every error is borne out by training

Made by \`npm run check-race\`; do not edit by hand.

Each row is a model that \`check\` gives an error for. It is trained on the digits (${labels.length - HELD_OUT} rows, ${STEPS} steps of ${BATCH}) beside
what \`init --fix\` makes of it, by SGD at rates 0.03, 0.3 and 3 and by Adam at 0.001 and 0.01; each side counts with its best
rate. Accuracies are per cent of the ${HELD_OUT} rows held out, means over ${SEEDS} draws. The fix has to win by three standard errors of the
difference (between draws, and of the finite test set).

| rule | model | flagged | accuracy as it is | with the fix | gain | its error | wins |
|---|---|--:|--:|--:|--:|--:|---|
${rows.join("\n")}
`;
writeFileSync(new URL("../docs/check-race.md", import.meta.url), text);
process.exit(lost === 0 ? 0 : 1);
