// One training step (784-256-256-10, relu, batch 128, SGD) of epoch0 beside the same step written by hand on jax-js, on TF.js
// (Wasm) and on PyTorch (CPU), turn by turn in one run.
import { peerIfThere, peers } from "./peers.mjs";
import { startPython } from "./python.mjs";
import { median } from "./rows.mjs";

const SIZES = [784, 256, 256, 10];
const BATCH = 128;
const RATE = 0.05;
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

async function tensorflow() {
  const [core] = await peers({ "@tensorflow/tfjs": TFJS, "@tensorflow/tfjs-backend-wasm": TFJS });
  const tf = core.default ?? core;
  if (!(await tf.setBackend("wasm"))) throw new Error("TF.js's Wasm backend does not start here");
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

/** Milliseconds of one of PyTorch's steps, each time it is asked; null where it is not installed. */
async function torchPeer() {
  const script = `
import sys, time, torch
from torch import nn
net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
opt = torch.optim.SGD(net.parameters(), lr=${RATE})
x, y = torch.randn(${BATCH}, 784), torch.arange(${BATCH}) % 10
print(torch.__version__, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        opt.zero_grad(); loss = nn.functional.cross_entropy(net(x), y); loss.backward(); opt.step(); loss.item()
    print((time.perf_counter() - start) / int(line) * 1000, flush=True)`;
  return startPython("torch", script);
}

/** A peer in this process as one that is asked for the milliseconds of a step. */
function stepper(step) {
  return async () => {
    const start = performance.now();
    for (let i = 0; i < STEPS; i++) await step();
    return (performance.now() - start) / STEPS;
  };
}

/**
 * Milliseconds of a step, and how many times as fast as each peer epoch0 is, round by round, so that what else the machine does
 * falls on both sides.
 *
 * @throws Error where the losses of the first two steps differ from those of the step by hand
 */
export async function measureTraining({ rounds }) {
  const steps = { epoch0: await ours(), "jax-js by hand": await byHand() };
  const losses = {};
  for (const [name, step] of Object.entries(steps)) losses[name] = [await step(), await step()];
  if (losses.epoch0.some((loss, i) => Math.abs(loss - losses["jax-js by hand"][i]) > 1e-4))
    throw new Error(`bench: losses differ: ${losses.epoch0} and ${losses["jax-js by hand"]}`);
  const contenders = Object.entries(steps).map(([name, step]) => [name, stepper(step)]);
  const tfjs = await peerIfThere(tensorflow);
  if (tfjs !== null) contenders.push([`TF.js ${TFJS} Wasm`, stepper(tfjs)]);
  const torch = await torchPeer();
  if (torch !== null) contenders.push([`PyTorch ${torch.version}`, async () => (await torch.ask(STEPS))[0]]);
  const times = new Map(contenders.map(([name]) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    // The order turns, so that nobody always runs on a cache that the same neighbour left.
    for (const [name, time] of round % 2 === 0 ? contenders : [...contenders].reverse()) {
      const milliseconds = await time();
      if (round >= 0) times.get(name).push(milliseconds);
    }
  }
  await torch?.stop();
  const own = times.get("epoch0");
  return contenders.map(([name]) => ({
    name,
    milliseconds: median(times.get(name)),
    ratio: median(times.get(name).map((time, i) => time / own[i])),
  }));
}
