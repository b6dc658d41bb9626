// `npm run onnxruntime`: every ONNX model of the corpus beside the clone (else those of examples/) is drawn, written as .onnx and run by
// ONNX Runtime; its outputs are set beside those of our executor on the same file. Writes docs/onnxruntime.md; `--json` prints instead.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, root } from "../scripts/prepare.mjs";
import { peers } from "./peers.mjs";

prepare();
const VERSION = "1.30.0";
const { createExecutor } = await import("../dist/index.js");
const { openModel } = await import("../dist/node.js");
const corpus = fileURLToPath(new URL("../../shared/models/", import.meta.url));
const folder = existsSync(corpus) ? corpus : join(root, "examples");
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".onnx") && !name.startsWith("skeleton-") && !name.startsWith("light_"))
  .sort();
const work = join(root, "out", "onnxruntime");
mkdirSync(work, { recursive: true });

function draw(path, output) {
  const bin = join(root, "bin", "epoch0.mjs");
  const args = [bin, "init", path, "-o", output, "--scheme", "torch", "--seed", "1"];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`onnxruntime: ${basename(path)}: ${stderr.trim().split("\n")[0]}`);
}

/** Samples of every input: waves for numbers, ids in turn for tokens. */
function samplesOf(model) {
  const samples = model.inputs.map(({ name, shape, vocabulary }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return vocabulary === null
      ? [name, Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + 1))]
      : [name, Int32Array.from({ length }, (_, i) => (i * 7) % vocabulary)];
  });
  return new Map(samples);
}

/** Ours first: both packages replace the platform's workers by their own. */
const ours = [];
for (const file of files) {
  const written = join(work, file);
  draw(join(folder, file), written);
  const model = await openModel(written, { batch: 16 });
  const samples = samplesOf(model);
  // A file that was exported for training runs with the batch's statistics.
  const training = model.nodes.some((node) => node.kind === "normalize" && node.method === "batch" && node.training);
  const executor = await createExecutor(model);
  const values = await executor.forward(new Map(), samples, { mode: training ? "train" : "eval" });
  executor.dispose();
  ours.push({ file, written, model, samples, values, training });
}

const [ort] = await peers({ "onnxruntime-web": VERSION });
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

function feed({ dtype, shape }, samples) {
  if (samples instanceof Float32Array) return new ort.Tensor("float32", samples, shape);
  return dtype === "i64"
    ? new ort.Tensor("int64", BigInt64Array.from(samples, BigInt), shape)
    : new ort.Tensor("int32", samples, shape);
}

const rows = [];
for (const { file, written, model, samples, values, training } of ours) {
  const session = await ort.InferenceSession.create(written);
  const feeds = Object.fromEntries(model.inputs.map((input) => [input.name, feed(input, samples.get(input.name))]));
  const theirs = await session.run(feeds);
  const again = await session.run(feeds);
  let worst = 0;
  let largest = 0;
  let restless = 0;
  for (const output of model.outputs) {
    const [a, b] = [theirs[output].data, values.get(output)];
    if (a.length !== b.length)
      throw new Error(`onnxruntime: ${file}: ${output} has ${a.length} and ${b.length} values`);
    b.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - a[i]));
      largest = Math.max(largest, Math.abs(a[i]));
      restless = Math.max(restless, Math.abs(again[output].data[i] - a[i]));
    });
  }
  rows.push({
    file,
    parameters: model.parameters.size,
    mode: training ? "train" : "eval",
    largest,
    difference: worst / largest,
    restless: restless / largest,
  });
}

if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ runtime: `onnxruntime-web ${VERSION}`, rows }, null, 2));
} else {
  const lines = rows.map(
    ({ file, parameters, mode, largest, difference, restless }) =>
      `| ${file} | ${parameters} | ${mode} | ${largest.toPrecision(3)} | ${difference.toExponential(1)} | ${restless === 0 ? "" : restless.toExponential(1)} |`,
  );
  const worst = rows.filter(({ restless }) => restless === 0).reduce((a, b) => (a.difference > b.difference ? a : b));
  const page = `# Files that we write, run by ONNX Runtime

Made by \`npm run onnxruntime\`. Each model is drawn (\`init -o x.onnx --scheme torch --seed 1\`), and the file that was written is run by
onnxruntime-web ${VERSION} and by our own executor on the same sixteen samples. The difference is the largest over all outputs, relative to
the largest output; both sum in float32, in different orders. The last column is by how much the runtime differs from itself in
a second run: it is empty where it does not. The largest difference of the others is ${worst.difference.toExponential(1)}, of ${worst.file}.

| file | parameters | mode | largest output | difference | runtime against itself |
|---|--:|---|--:|--:|--:|
${lines.join("\n")}
`;
  writeFileSync(join(root, "docs", "onnxruntime.md"), page);
  console.log(
    `${rows.length} models, largest difference ${worst.difference.toExponential(1)} (${worst.file}): docs/onnxruntime.md`,
  );
}
process.exit(0);
