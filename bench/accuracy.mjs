// `npm run accuracy`: predictions of `plan --scheme torch` against what PyTorch measured on the models of the corpus
// (../shared beside the clone). Writes docs/accuracy.md; `--check` writes nothing and exits 1 where it is out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { prepare } from "../scripts/prepare.mjs";

const shared = new URL("../../shared/", import.meta.url);
const page = new URL("../docs/accuracy.md", import.meta.url);
if (!existsSync(shared)) {
  process.stderr.write("accuracy: no corpus, got no folder ../shared beside the clone, put it there\n");
  process.exit(2);
}
prepare();
const { plan, readOnnx } = await import("../dist/index.js");

const EXCEPTIONS = JSON.parse(readFileSync(new URL("accuracy-exceptions.json", import.meta.url), "utf8"));
const BARS = {
  forward: { median: 0.02, worst: 0.1 },
  gradient: { median: 0.03, worst: 0.15 },
};
/** Gradients that are 0 in exact arithmetic (biases before batch statistics) are measured as rounding noise below this. */
const ROUNDING = 1e-11;

/** The part of the relative error that three standard errors of the measurement do not cover. */
function excess(predicted, [mean, deviation], redraws) {
  if (mean === 0) return predicted === 0 ? 0 : Number.POSITIVE_INFINITY;
  return Math.max(0, Math.abs(predicted - mean) - (3 * deviation) / Math.sqrt(redraws)) / Math.abs(mean);
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
/** The relative error as it is, the measurement's own error included. */
const plain = (predicted, [mean]) => Math.abs(predicted - mean) / Math.abs(mean);
const summary = (rows) => ({
  count: rows.length,
  median: median(rows.map((row) => row.error)),
  worst: rows.reduce((most, row) => (row.error > most.error ? row : most), { what: "", error: 0 }),
});
const plainMedian = (rows) => percent(median(rows.map((row) => row.plain)));
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const line = (cells) => `| ${cells.join(" | ")} |`;

/** Rows of one run: every activation tensor and every parameter that both sides know. */
function compare(file, run, { batch, redraws }) {
  const model = readOnnx(new Uint8Array(readFileSync(new URL(`models/${file.replace(".json", ".onnx")}`, shared))));
  const { signals, gradients } = plan(model, { scheme: "torch", seed: 0, mode: run.mode, batch });
  const forward = new Map(signals.map(({ tensor, secondMoment }) => [tensor, secondMoment]));
  const backward = new Map(gradients.map(({ tensor, secondMoment }) => [tensor, secondMoment]));
  const row = (what, predicted, measured) => ({
    what,
    error: excess(predicted, measured, redraws),
    plain: measured[0] === 0 ? 0 : plain(predicted, measured),
  });
  return {
    forward: run.activations.flatMap(({ onnx, secondMoment }) =>
      onnx === null ? [] : [row(onnx, forward.get(onnx) ?? Number.NaN, secondMoment)],
    ),
    gradient: run.parameters.flatMap(({ name, gradSecondMomentFreshPerSample: measured }) =>
      backward.has(name) && measured[0] > ROUNDING ? [row(name, backward.get(name), measured)] : [],
    ),
  };
}

const all = { forward: [], gradient: [] };
const named = { forward: [], gradient: [] };
const table = [];
const missed = [];
for (const file of readdirSync(new URL("measured/", shared)).sort()) {
  const measured = JSON.parse(readFileSync(new URL(`measured/${file}`, shared), "utf8"));
  for (const run of measured.runs) {
    if (!run.law.startsWith("torch")) continue;
    // The folded file has no batch normalization left that could be trained.
    if (file.startsWith("bn-cnn-folded") && run.mode === "train") continue;
    const rows = compare(file, run, measured);
    const exception = EXCEPTIONS[`${file} ${run.mode}`];
    const cells = [`${file.replace(".json", "")}${exception === undefined ? "" : " \\*"}`, run.mode];
    for (const kind of ["forward", "gradient"]) {
      const { count, median: middle, worst } = summary(rows[kind]);
      all[kind].push(...rows[kind]);
      if (exception === undefined) named[kind].push(...rows[kind]);
      cells.push(count, percent(middle), count === 0 ? "" : percent(worst.error));
      const within = worst.error <= BARS[kind].worst && middle <= BARS[kind].median;
      if (!within && exception === undefined) missed.push(`${file} ${run.mode} ${kind} ${worst.what}`);
    }
    table.push(line(cells));
  }
}

/** `| forward, all models | rows | median | worst | … |`; the README quotes these. */
const totals = [
  ["forward signal, all models", all.forward],
  ["forward signal, without exceptions", named.forward],
  ["parameters' gradients, all models", all.gradient],
  ["parameters' gradients, without exceptions", named.gradient],
].map(([title, rows]) => {
  const { count, median: middle, worst } = summary(rows);
  return line([title, count, percent(middle), percent(worst.error), plainMedian(rows)]);
});

const text = `# How accurate the predictions are

Made by \`npm run accuracy\`; do not edit by hand.

Each model was exported by PyTorch 1.13.1 and measured there: the mean square of every activation tensor, and of every
parameter's gradient per sample for L = Σ y·g with g ~ N(0, 1), as mean and standard deviation over 8 draws of the weights by
PyTorch's own default rules. \`epoch0 plan --scheme torch\` predicts the same numbers from the graph alone. The error of a row is

    max(0, |predicted − mean| − 3 standard errors) / mean,

with the standard error of 8 draws, deviation/√8: what the measurement itself cannot explain. Gradients below ${ROUNDING} are 0 in
exact arithmetic (biases before batch statistics) and left out. Bars: forward, median ${percent(BARS.forward.median)} and worst ${percent(BARS.forward.worst)}; gradients,
median ${percent(BARS.gradient.median)} and worst ${percent(BARS.gradient.worst)}, for each model but the named exceptions (\\*).

| model | mode | tensors | median | worst | gradients | median | worst |
|---|---|--:|--:|--:|--:|--:|--:|
${table.join("\n")}

## In all

| | rows | median | worst | median with the measurement's own error |
|---|--:|--:|--:|--:|
${totals.join("\n")}

The last column is |predicted − mean|/mean as it is, scatter of the 8 draws included.

## Exceptions

| model | mode | worst forward | worst gradient | median gradient | cause |
|---|---|--:|--:|--:|---|
${Object.entries(EXCEPTIONS)
  .map(([key, { forward, gradient, median: middle, cause }]) => {
    const [file, mode] = key.split(" ");
    const bar = (own, common) => `≤ ${percent(own ?? common)}`;
    return line([
      file.replace(".json", ""),
      mode,
      bar(forward, BARS.forward.worst),
      bar(gradient, BARS.gradient.worst),
      bar(middle, BARS.gradient.median),
      cause,
    ]);
  })
  .join("\n")}

The same list decides what the tests accept (\`bench/accuracy-exceptions.json\`).
`;

for (const row of missed) process.stderr.write(`accuracy: ${row} misses the bar and is no named exception\n`);
if (process.argv.includes("--check")) {
  const current = existsSync(page) ? readFileSync(page, "utf8") : "";
  if (current !== text) process.stderr.write("docs/accuracy.md is out of date, run npm run accuracy\n");
  process.exit(current === text && missed.length === 0 ? 0 : 1);
}
writeFileSync(page, text);
process.stdout.write(text.slice(text.indexOf("| model")));
process.exit(missed.length === 0 ? 0 : 1);
