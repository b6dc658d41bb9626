// `npm run bench:train`: one training step (784-256-256-10, relu, batch 128, SGD) of epoch0 against the same step written
// by hand on jax-js, on TF.js (Wasm) and on PyTorch (CPU), turn by turn in one run. TF.js is not a dependency: it is installed
// under out/bench on the first call (out of reach of the registry the other rows still come). `--json` for a document.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare, root } from "../scripts/prepare.mjs";

prepare();
const SIZES = [784, 256, 256, 10];
const BATCH = 128;
const RATE = 0.05;
const ROUNDS = 30;
const STEPS = 10;

const { createTrainer, initialize, plan, readLine } = await import("../dist/index.js");
const jax = await import("@jax-js/jax");
await jax.init("wasm");
jax.defaultDevice("wasm");

const model = readLine("784 > 256 relu > 256 relu > 10 softmax", { batch: BATCH });
const weights = initialize(plan(model));
const inputs = Float32Array.from({ length: BATCH * SIZES[0] }, (_, i) => Math.sin(i * 12.9898) * 1.4);
const targets = Int32Array.from({ length: BATCH }, (_, i) => (i * 7) % 10);

async function ours() {
  const optimizer = { kind: "sgd", learningRate: RATE };
  const trainer = await createTrainer(model, { weights, loss: "cross-entropy", optimizer });
  return async () => (await trainer.step({ count: BATCH, inputs, targets })).loss;
}

/** As one would write it: value and gradient of the loss, the update, one jit. */
async function byHand() {
  const { numpy: np, nn } = jax;
  const loss = (parameters, x, hot) => {
    let h = x;
    for (let i = 0; i < 3; i++) {
      h = np.dot(h, parameters[2 * i].transpose()).add(parameters[2 * i + 1]);
      if (i < 2) h = nn.relu(h);
    }
    return nn
      .logSoftmax(h, -1)
      .mul(hot)
      .sum()
      .mul(-1 / BATCH);
  };
  const step = jax.jit((parameters, x, y) => {
    const hot = nn.oneHot(y, 10);
    const [value, gradients] = jax.valueAndGrad(loss)(
      parameters.map((p) => p.ref),
      x,
      hot,
    );
    return [value, parameters.map((p, i) => p.sub(gradients[i].mul(RATE)))];
  });
  let parameters = [1, 2, 3].flatMap((i) =>
    ["weight", "bias"].map((kind) => {
      const { shape } = model.parameters.get(`fc${i}.${kind}`);
      return np.array(weights.get(`fc${i}.${kind}`), { shape: [...shape], dtype: np.float32 });
    }),
  );
  return async () => {
    const x = np.array(inputs, { shape: [BATCH, SIZES[0]], dtype: np.float32 });
    const y = np.array(targets, { shape: [BATCH], dtype: np.int32 });
    const [value, next] = step(parameters, x, y);
    parameters = next;
    return (await value.data())[0];
  };
}

const TFJS = "4.22.0";
const PEERS = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"];
let withoutTfjs = "";

/** TF.js from out/bench, installed there where it is not; null with the reason in `withoutTfjs`. */
function tfjsFolder() {
  const folder = join(root, "out", "bench");
  const require = createRequire(join(folder, "package.json"));
  const installed = () => {
    try {
      return PEERS.every((name) => require(`${name}/package.json`).version === TFJS);
    } catch {
      return false;
    }
  };
  if (!installed()) {
    mkdirSync(folder, { recursive: true });
    process.stderr.write(`bench: installing TF.js ${TFJS} under out/bench\n`);
    const words = ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
    const { status, stderr } = spawnSync("npm", [...words, ...PEERS.map((name) => `${name}@${TFJS}`)], {
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 600_000,
    });
    if (status !== 0 || !installed()) {
      const why = /npm (?:ERR!|error) (?:network |code )?(.*)/.exec(stderr ?? "")?.[1] ?? "npm did not end";
      withoutTfjs = `not there: npm could not install it (${why.trim()}), try again with a network`;
      return null;
    }
  }
  return require;
}

async function tensorflow() {
  const require = tfjsFolder();
  if (require === null) return null;
  const load = (name) => import(pathToFileURL(require.resolve(name)).href);
  const core = await load("@tensorflow/tfjs");
  const tf = core.default ?? core;
  await load("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.setBackend("wasm"))) {
    withoutTfjs = "not there: its Wasm backend does not start here";
    return null;
  }
  await tf.ready();
  const variables = [1, 2, 3].map((i) => {
    const get = (kind) => tf.tensor(weights.get(`fc${i}.${kind}`), [...model.parameters.get(`fc${i}.${kind}`).shape]);
    return [tf.variable(get("weight")), tf.variable(get("bias"))];
  });
  const optimizer = tf.train.sgd(RATE);
  return async () => {
    const x = tf.tensor(inputs, [BATCH, SIZES[0]]);
    const hot = tf.oneHot(tf.tensor1d(targets, "int32"), 10);
    const value = optimizer.minimize(() => {
      let h = x;
      variables.forEach(([w, b], i) => {
        h = tf.add(tf.matMul(h, w, false, true), b);
        if (i < 2) h = tf.relu(h);
      });
      return tf.losses.softmaxCrossEntropy(hot, h);
    }, true);
    const loss = (await value.data())[0];
    tf.dispose([x, hot, value]);
    return loss;
  };
}

/** Median milliseconds of a PyTorch step on this machine, or null. */
function torch() {
  const script = `
import time, torch
from torch import nn
net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
opt = torch.optim.SGD(net.parameters(), lr=${RATE})
x, y = torch.randn(${BATCH}, 784), torch.arange(${BATCH}) % 10
times = []
for _ in range(${ROUNDS}):
    start = time.perf_counter()
    for _ in range(${STEPS}):
        opt.zero_grad(); loss = nn.functional.cross_entropy(net(x), y); loss.backward(); opt.step(); loss.item()
    times.append((time.perf_counter() - start) / ${STEPS} * 1000)
print(torch.__version__, sorted(times)[len(times) // 2])`;
  for (const python of ["python3", "/usr/bin/python3"]) {
    const { status, stdout } = spawnSync(python, ["-c", script], { encoding: "utf8" });
    if (status !== 0) continue;
    const [release, time] = stdout.trim().split(" ");
    return { release, time: Number(time) };
  }
  return null;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const steps = { epoch0: await ours(), "jax-js by hand": await byHand(), "TF.js Wasm": await tensorflow() };
const peers = Object.entries(steps).filter(([, step]) => step !== null);
const losses = {};
for (const [name, step] of peers) losses[name] = [await step(), await step()];
const times = Object.fromEntries(peers.map(([name]) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  // The order turns, so that nobody always runs on a cache that the same neighbour left.
  for (const [name, step] of round % 2 === 0 ? peers : [...peers].reverse()) {
    const start = performance.now();
    for (let i = 0; i < STEPS; i++) await step();
    times[name].push((performance.now() - start) / STEPS);
  }
}
const torched = torch();
const base = median(times.epoch0);
const rows = peers.map(([name]) => ({
  name,
  milliseconds: median(times[name]),
  // Round by round, so that what else the machine does falls on both sides.
  ratio: median(times[name].map((time, i) => times.epoch0[i] / time)),
  losses: losses[name],
}));
if (torched !== null)
  rows.push({ name: `PyTorch ${torched.release}`, milliseconds: torched.time, ratio: base / torched.time });
if (process.argv.includes("--json")) console.log(JSON.stringify({ schema: "epoch0.bench-train/1", rows }));
else {
  console.log("one training step, 784-256-256-10, batch 128, SGD\n");
  for (const { name, milliseconds, ratio } of rows) {
    console.log(`${name.padEnd(22)} ${milliseconds.toFixed(2).padStart(8)} ms   epoch0 / it ${ratio.toFixed(2)}`);
  }
  if (steps["TF.js Wasm"] === null) console.log(`TF.js Wasm             ${withoutTfjs}`);
  if (torched === null) console.log("PyTorch                not there: no python3 with torch");
  const limit = 1.2;
  const cost = rows.find(({ name }) => name === "jax-js by hand").ratio;
  console.log(`\nagainst the step by hand ${cost.toFixed(2)}, budget ${limit}: ${cost <= limit ? "kept" : "missed"}`);
}
const [first, second] = [losses.epoch0, losses["jax-js by hand"]];
if (first.some((loss, i) => Math.abs(loss - second[i]) > 1e-4))
  throw new Error(`bench: losses differ: ${first} ${second}`);
process.exit(0);
