// Drawing float32 values: two threads and PyTorch's CPU initializers with two, turn by turn in the same run; one thread in Node;
// one thread in Chromium where there is one.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { root } from "../scripts/prepare.mjs";
import { startPython } from "./python.mjs";
import { median } from "./rows.mjs";

/** [name, fill, PyTorch's call, ratio that DESIGN asks for]. */
export const FILLS = [
  ["uniform", { kind: "uniform", low: -0.1, high: 0.1 }, "uniform_(w, -0.1, 0.1)", 10],
  ["normal", { kind: "normal", mean: 0, std: 0.1 }, "normal_(w, 0, 0.1)", 10],
  [
    "truncated normal, 2σ",
    { kind: "truncated-normal", mean: 0, std: 0.1, low: -0.2, high: 0.2 },
    "trunc_normal_(w, 0, 0.1, -0.2, 0.2)",
    30,
  ],
  [
    "truncated normal, 3σ",
    { kind: "truncated-normal", mean: 0, std: 0.1, low: -0.3, high: 0.3 },
    "trunc_normal_(w, 0, 0.1, -0.3, 0.3)",
    30,
  ],
];

/** PyTorch waits for the number of a fill and answers with its seconds and processor seconds; null where it is not installed. */
async function torchPeer(count) {
  const calls = FILLS.map(([, , call]) => `lambda: torch.nn.init.${call}`).join(", ");
  const script = `
import sys, time, torch
torch.set_num_threads(2)
w = torch.zeros(${count})
fills = [${calls}]
print(torch.__version__, flush=True)
for line in sys.stdin:
    start, busy = time.perf_counter(), time.process_time()
    fills[int(line)]()
    print(time.perf_counter() - start, time.process_time() - busy, flush=True)`;
  return startPython("torch", script);
}

/** Seconds on the clock, and of processors at work, which neighbours on the machine disturb less. */
async function timed(work) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1000, busy: (user + system) / 1e6 };
}

/** Million values a second: by the clock, and by each second of a processor at work. `torch` is null where it is not installed. */
export async function measureThreads({ count, rounds }) {
  const { createKey, createPool, fillParallel, runFill, sharedFloat32 } = await import("../dist/index.js");
  const key = createKey(0, "w");
  const pool = createPool({ size: 2 });
  const shared = sharedFloat32(count);
  const plain = new Float32Array(count);
  const torch = await torchPeer(count);
  const rows = [];
  for (const [i, [name, law, , bar]] of FILLS.entries()) {
    const fill = { ...law, key, start: 0 };
    const times = { two: [], one: [], torch: [] };
    // The first round warms all up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const two = await timed(() => fillParallel(shared, fill, { pool }));
      const peer = torch === null ? null : await torch.ask(i);
      const one = await timed(() => runFill(plain, fill));
      if (round === 0) continue;
      times.two.push(two);
      times.one.push(one);
      if (peer !== null) times.torch.push({ wall: peer[0], busy: peer[1] });
    }
    const rate = (list, clock) => (list.length === 0 ? null : count / median(list.map((each) => each[clock])) / 1e6);
    const rates = (list) => ({ wall: rate(list, "wall"), busy: rate(list, "busy") });
    rows.push({ name, bar, two: rates(times.two), one: rates(times.one), torch: rates(times.torch) });
  }
  pool.close();
  await torch?.stop();
  return { torch: torch?.version ?? null, rows };
}

const TYPES = { ".js": "text/javascript", ".html": "text/html" };
/** The import map of the page that tests the library in a browser: where its dependencies lie. */
const importMap = () =>
  /<script type="importmap">[\s\S]*?<\/script>/.exec(
    readFileSync(join(root, "test", "browser", "page.html"), "utf8"),
  )?.[0] ?? "";
const page = ({ count, rounds }) => `<!doctype html>${importMap()}<script type="module">
import { createKey, runFill } from "/dist/index.js";
const out = new Float32Array(${count});
const key = createKey(0, "w");
const rates = [];
for (const law of ${JSON.stringify(FILLS.map(([, law]) => law))}) {
  const times = [];
  for (let round = 0; round <= ${rounds}; round++) {
    const start = performance.now();
    runFill(out, { ...law, key, start: 0 });
    if (round > 0) times.push(performance.now() - start);
  }
  rates.push(out.length / times.sort((a, b) => a - b)[times.length >> 1] / 1000);
}
await fetch("/answer", { method: "POST", body: JSON.stringify(rates) });
</script>`;

/** Million values a second of one thread in Chromium, and in Node right after it, the same way; null without a Chromium. */
export async function measureBrowser({ count, rounds }) {
  const executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  if (executable === undefined) return null;
  const profile = mkdtempSync(join(tmpdir(), "epoch0-bench-"));
  let chromium;
  const there = await new Promise((resolve) => {
    const server = createServer((request, response) => {
      if (request.url === "/")
        return response.writeHead(200, { "content-type": "text/html" }).end(page({ count, rounds }));
      if (request.url === "/answer") {
        let text = "";
        request.on("data", (chunk) => {
          text += chunk;
        });
        return request.on("end", () => {
          response.end();
          server.close();
          resolve(JSON.parse(text));
        });
      }
      const path = join(root, normalize(request.url ?? ""));
      if (!path.startsWith(root) || !existsSync(path)) return response.writeHead(404).end();
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      return response.end(readFileSync(path));
    });
    server.listen(0, "127.0.0.1", () => {
      const url = `http://127.0.0.1:${server.address().port}/`;
      const flags =
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split(
          " ",
        );
      chromium = spawn(executable, [...flags, `--user-data-dir=${profile}`, url], { stdio: "ignore", detached: true });
    });
  });
  const ended = new Promise((resolve) => chromium.once("exit", resolve));
  process.kill(-chromium.pid, "SIGKILL");
  await ended;
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  const { createKey, runFill } = await import("../dist/index.js");
  const out = new Float32Array(count);
  const rows = [];
  for (const [i, [name, law]] of FILLS.entries()) {
    const runs = [];
    for (let round = 0; round <= rounds; round++) {
      const seconds = await timed(() => runFill(out, { ...law, key: createKey(0, "w"), start: 0 }));
      if (round > 0) runs.push(seconds.wall);
    }
    const node = out.length / median(runs) / 1e6;
    rows.push({ name, chromium: there[i], node, ratio: there[i] / node });
  }
  return rows;
}
