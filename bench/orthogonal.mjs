// `node bench/orthogonal.mjs [--json]`: drawing square orthogonal matrices, one thread, against PyTorch's `orthogonal_` with one and
// two threads in the same run: medians of rounds that take turns, and how far each is from orthogonal.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { prepare } from "../scripts/prepare.mjs";

const SIZES = [512, 1024, 2048];
const ROUNDS = 9;
/** TensorFlow.js 4, node without bindings, as DESIGN quotes it: not measured here. */
const TFJS_512_SECONDS = 93;

const PEER = `
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
print(torch.__version__, flush=True)
for line in sys.stdin:
    n = int(line)
    w = torch.empty(abs(n), abs(n))
    start = time.perf_counter()
    torch.nn.init.orthogonal_(w)
    seconds = time.perf_counter() - start
    error = 0 if n > 0 else (w.double().T @ w.double() - torch.eye(-n).double()).abs().max().item()
    print(1000 * seconds, error, flush=True)
`;

/** PyTorch in a process of its own, or null where it is not installed. */
async function startPeer(threads) {
  // OpenBLAS counts its threads apart from PyTorch's.
  const env = { ...process.env, OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads, MKL_NUM_THREADS: threads };
  const child = spawn("/usr/bin/python3", ["-c", PEER, threads], { env, stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on("error", () => {});
  const first = await lines.next();
  if (first.done) return null;
  const ask = async (n) => {
    child.stdin.write(`${n}\n`);
    const [milliseconds, error] = (await lines.next()).value.split(" ").map(Number);
    return { milliseconds, error };
  };
  const stop = async () => {
    child.stdin.end();
    await once(child, "exit");
  };
  return { version: first.value, threads: Number(threads), ask, stop };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Largest entry of QᵀQ − I. Columns a few apart are enough: entries of the rest are alike. */
function deviation(values, n) {
  let worst = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < Math.min(n, i + 8); j++) {
      let sum = i === j ? -1 : 0;
      for (let k = 0; k < n; k++) sum += values[i * n + k] * values[j * n + k];
      worst = Math.max(worst, Math.abs(sum));
    }
  return worst;
}

export async function measureOrthogonal({ orthogonal, sample }) {
  const peers = (await Promise.all([startPeer("1"), startPeer("2")])).filter((peer) => peer !== null);
  const rows = [];
  for (const n of SIZES) {
    const draw = (seed) => sample(orthogonal(), [n, n], { seed, name: "w" });
    const error = deviation(draw(0), n);
    const peerErrors = [];
    for (const peer of peers) peerErrors.push((await peer.ask(-n)).error);
    const ours = [];
    const theirs = peers.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      draw(round);
      ours.push(performance.now() - start);
      for (const [i, peer] of peers.entries()) theirs[i].push((await peer.ask(n)).milliseconds);
    }
    const torch = peers.map(({ threads }, i) => ({ threads, milliseconds: median(theirs[i]), error: peerErrors[i] }));
    const best = torch.length === 0 ? null : Math.min(...torch.map((each) => each.milliseconds));
    const milliseconds = median(ours);
    rows.push({ n, milliseconds, error, torch, ratio: best === null ? null : best / milliseconds });
  }
  for (const peer of peers) await peer.stop();
  return { torch: peers[0]?.version ?? null, rounds: ROUNDS, tfjsQuoted: { n: 512, seconds: TFJS_512_SECONDS }, rows };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepare();
  const results = await measureOrthogonal(await import("../dist/index.js"));
  if (process.argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ schema: "epoch0.bench-orthogonal/1", ...results })}\n`);
  else {
    const ms = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
    const cell = (torch, threads) => {
      const found = torch.find((each) => each.threads === threads);
      return found ? ms(found.milliseconds) : "";
    };
    const lines = [
      `Node ${process.version.slice(1)}, ${results.torch === null ? "PyTorch is not installed" : `PyTorch ${results.torch}`}`,
      "",
      "| orthogonal | Epoch0, one thread | PyTorch, one | PyTorch, two | Epoch0 is | max \\|QᵀQ − I\\| | PyTorch's |",
      "|---|--:|--:|--:|--:|--:|--:|",
      ...results.rows.map(
        ({ n, milliseconds, error, torch, ratio }) =>
          `| ${n}² | ${ms(milliseconds)} | ${cell(torch, 1)} | ${cell(torch, 2)} | ${ratio === null ? "" : `×${ratio.toFixed(2)} as fast`} | ${error.toExponential(1)} | ${torch[0]?.error.toExponential(1) ?? ""} |`,
      ),
      "",
      `TF.js needs ${TFJS_512_SECONDS} s for 512² (quoted, not measured here).`,
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}
