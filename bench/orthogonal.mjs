// Drawing square orthogonal matrices, one thread, beside PyTorch's `orthogonal_` (LAPACK) with one and two threads in the same run:
// medians of rounds that take turns, and how far each is from orthogonal.
import { startPython } from "./python.mjs";
import { median } from "./rows.mjs";

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
  const peer = await startPython("torch", PEER, { args: [threads], env });
  if (peer === null) return null;
  const ask = async (n) => {
    const [milliseconds, error] = await peer.ask(n);
    return { milliseconds, error };
  };
  return { version: peer.version, threads: Number(threads), ask, stop: peer.stop };
}

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

export async function measureOrthogonal({ sizes, rounds }) {
  const { orthogonal, sample } = await import("../dist/index.js");
  const peers = (await Promise.all([startPeer("1"), startPeer("2")])).filter((peer) => peer !== null);
  const rows = [];
  for (const n of sizes) {
    const draw = (seed) => sample(orthogonal(), [n, n], { seed, name: "w" });
    const error = deviation(draw(0), n);
    const peerErrors = [];
    for (const peer of peers) peerErrors.push((await peer.ask(-n)).error);
    const ours = [];
    const theirs = peers.map(() => []);
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      draw(round);
      ours.push(performance.now() - start);
      for (const [i, peer] of peers.entries()) theirs[i].push((await peer.ask(n)).milliseconds);
    }
    const torch = peers.map(({ threads }, i) => ({ threads, milliseconds: median(theirs[i]), error: peerErrors[i] }));
    rows.push({ n, milliseconds: median(ours), error, torch });
  }
  for (const peer of peers) await peer.stop();
  return { torch: peers[0]?.version ?? null, rows };
}
