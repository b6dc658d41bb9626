// One thread drawing float32 values beside what else draws them: NumPy's Generator, TF.js (plain JavaScript) and jax-js (Wasm).
import { FILLS } from "./fill.mjs";
import { peerIfThere, peers } from "./peers.mjs";
import { startPython } from "./python.mjs";
import { median } from "./rows.mjs";

/** NumPy writes into a given array, as we do; it has no truncated normal. */
const NUMPY = {
  uniform: "rng.random(out=w, dtype=np.float32)",
  normal: "rng.standard_normal(out=w, dtype=np.float32)",
};

async function numpyPeer(count) {
  const script = `
import sys, time, numpy as np
rng = np.random.default_rng(0)
w = np.zeros(${count}, np.float32)
fills = {${Object.entries(NUMPY).map(([name, call]) => `"${name}": lambda: ${call}`)}}
print(np.__version__, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    fills[line.strip()]()
    print(time.perf_counter() - start, flush=True)`;
  const peer = await startPython("numpy", script);
  if (peer === null) return null;
  const seconds = async (name) => (name in NUMPY ? (await peer.ask(name))[0] : null);
  return { name: `NumPy ${peer.version}`, seconds, stop: peer.stop };
}

async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const TFJS = "4.22.0";

async function tfjsPeer(count) {
  const [core] = await peers({ "@tensorflow/tfjs": TFJS });
  const tf = core.default ?? core;
  await tf.setBackend("cpu");
  const laws = {
    uniform: () => tf.randomUniform([count], -0.1, 0.1),
    normal: () => tf.randomNormal([count], 0, 0.1),
    "truncated normal, 2σ": () => tf.truncatedNormal([count], 0, 0.1),
  };
  const seconds = async (name) => (laws[name] === undefined ? null : timed(() => laws[name]().dispose()));
  return { name: `TF.js ${TFJS}`, seconds, stop: () => undefined };
}

async function jaxPeer(count) {
  const jax = await import("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const { random } = jax;
  const laws = { uniform: random.uniform, normal: random.normal };
  const seconds = async (name) =>
    laws[name] === undefined ? null : timed(async () => void (await laws[name](random.key(0), [count]).data()));
  return { name: "jax-js", seconds, stop: () => undefined };
}

/** [law, our million values a second, [peer, its million values a second] …]. */
export async function measurePeers({ count, rounds }) {
  const { createKey, runFill } = await import("../dist/index.js");
  const out = new Float32Array(count);
  const starts = [numpyPeer, tfjsPeer, jaxPeer];
  const there = (await Promise.all(starts.map((start) => peerIfThere(() => start(count))))).filter(
    (peer) => peer !== null,
  );
  const rows = [];
  for (const [name, law] of FILLS.slice(0, 3)) {
    const fill = { ...law, key: createKey(0, "w"), start: 0 };
    const ours = [];
    const theirs = there.map(() => []);
    for (let round = 0; round <= rounds; round++) {
      const own = await timed(() => runFill(out, fill));
      if (round > 0) ours.push(own);
      for (const [i, peer] of there.entries()) {
        const seconds = await peer.seconds(name);
        if (round > 0 && seconds !== null) theirs[i].push(seconds);
      }
    }
    const rate = (list) => count / median(list) / 1e6;
    const beside = there.flatMap((peer, i) =>
      theirs[i].length === 0 ? [] : [{ name: peer.name, value: rate(theirs[i]) }],
    );
    rows.push({ name, value: rate(ours), beside });
  }
  for (const peer of there) await peer.stop();
  return rows;
}
