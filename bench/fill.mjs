// `npm run bench:fill`: drawing 64 Mi float32 values, as ratios to PyTorch's CPU initializers in the same run, both with two
// threads and interleaved; one thread in Node; one thread in Chromium where there is one. Prints a table and, with `--json`,
// one JSON document instead. `--values N` draws fewer. `--section NAME` (threads, browser) runs a part.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { cpus, tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { prepare, root } from "../scripts/prepare.mjs";

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const COUNT = Number(option("values", 2 ** 26));
const ROUNDS = Number(option("rounds", 7));

/** [name, fill, PyTorch's call, ratio that DESIGN asks for]. */
const FILLS = [
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

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** PyTorch waits for the number of a fill and answers with its seconds; null where it is not installed. */
async function torchPeer() {
  const calls = FILLS.map(([, , call]) => `lambda: torch.nn.init.${call}`).join(", ");
  const script = `
import sys, time, torch
torch.set_num_threads(2)
w = torch.zeros(${COUNT})
fills = [${calls}]
print(torch.__version__, flush=True)
for line in sys.stdin:
    start, busy = time.perf_counter(), time.process_time()
    fills[int(line)]()
    print(time.perf_counter() - start, time.process_time() - busy, flush=True)`;
  const process = spawn("/usr/bin/python3", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface(process.stdout)[Symbol.asyncIterator]();
  process.on("error", () => undefined);
  const first = await lines.next();
  if (first.done) return null;
  return {
    version: first.value,
    async seconds(fill) {
      process.stdin.write(`${fill}\n`);
      const [wall, busy] = (await lines.next()).value.split(" ").map(Number);
      return { wall, busy };
    },
    end: () => process.stdin.end(),
  };
}

/** Seconds on the clock, and of processors at work, which neighbours on the machine disturb less. */
async function timed(work) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1000, busy: (user + system) / 1e6 };
}

async function threads() {
  const { createKey, createPool, fillParallel, runFill, sharedFloat32 } = await import("../dist/index.js");
  const key = createKey(0, "w");
  const pool = createPool({ size: 2 });
  const shared = sharedFloat32(COUNT);
  const plain = new Float32Array(COUNT);
  const torch = await torchPeer();
  const rows = [];
  for (const [i, [name, law, , bar]] of FILLS.entries()) {
    const fill = { ...law, key, start: 0 };
    const times = { two: [], one: [], torch: [] };
    // The first round warms both up and is not counted.
    for (let round = 0; round <= ROUNDS; round++) {
      const two = await timed(() => fillParallel(shared, fill, { pool }));
      const peer = torch === null ? null : await torch.seconds(i);
      const one = await timed(() => runFill(plain, fill));
      if (round === 0) continue;
      times.two.push(two);
      times.one.push(one);
      if (peer !== null) times.torch.push(peer);
    }
    const rate = (list, clock) => (list.length === 0 ? null : COUNT / median(list.map((each) => each[clock])) / 1e6);
    const ratio = (ours, theirs) => (theirs === null ? null : ours / theirs);
    const wall = {
      twoThreads: rate(times.two, "wall"),
      oneThread: rate(times.one, "wall"),
      torch: rate(times.torch, "wall"),
    };
    const busy = {
      twoThreads: rate(times.two, "busy"),
      oneThread: rate(times.one, "busy"),
      torch: rate(times.torch, "busy"),
    };
    rows.push({
      name,
      ...wall,
      ratio: ratio(wall.twoThreads, wall.torch),
      bar,
      coreSecond: { ...busy, ratio: ratio(busy.twoThreads, busy.torch) },
    });
  }
  pool.close();
  torch?.end();
  return { torch: torch?.version ?? null, rows };
}

const TYPES = { ".js": "text/javascript", ".html": "text/html" };
/** The import map of the page that tests the library in a browser: where its dependencies lie. */
const importMap = () =>
  /<script type="importmap">[\s\S]*?<\/script>/.exec(
    readFileSync(join(root, "test", "browser", "page.html"), "utf8"),
  )?.[0] ?? "";
const page = () => `<!doctype html>${importMap()}<script type="module">
import { createKey, runFill } from "/dist/index.js";
const out = new Float32Array(${Math.min(COUNT, 2 ** 24)});
const key = createKey(0, "w");
const rates = [];
for (const law of ${JSON.stringify(FILLS.map(([, law]) => law))}) {
  const times = [];
  for (let round = 0; round <= ${ROUNDS}; round++) {
    const start = performance.now();
    runFill(out, { ...law, key, start: 0 });
    if (round > 0) times.push(performance.now() - start);
  }
  rates.push(out.length / times.sort((a, b) => a - b)[times.length >> 1] / 1000);
}
await fetch("/answer", { method: "POST", body: JSON.stringify(rates) });
</script>`;

/** Million values a second of one thread in Chromium, and in Node right after it, the same way; null without a Chromium. */
async function browser() {
  const executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  if (executable === undefined) return null;
  const profile = mkdtempSync(join(tmpdir(), "epoch0-bench-"));
  let chromium;
  const there = await new Promise((resolve) => {
    const server = createServer((request, response) => {
      if (request.url === "/") return response.writeHead(200, { "content-type": "text/html" }).end(page());
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
  const out = new Float32Array(Math.min(COUNT, 2 ** 24));
  const rows = [];
  for (const [i, [name, law]] of FILLS.entries()) {
    const runs = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const seconds = await timed(() => runFill(out, { ...law, key: createKey(0, "w"), start: 0 }));
      if (round > 0) runs.push(seconds.wall);
    }
    const node = out.length / median(runs) / 1e6;
    rows.push({ name, chromium: there[i], node, ratio: there[i] / node });
  }
  return rows;
}

const row = (...cells) => `| ${cells.join(" | ")} |`;
const times = (value) => (value === null ? "" : `×${value.toFixed(1)}`);
const whole = (value) => (value === null ? "" : value.toFixed(0));

/** What `npm run bench` gathers: figures, and the lines of their tables. */
export async function fillBench(section = null) {
  prepare();
  const parallel = section === "browser" ? null : await threads();
  const inBrowser = section === "threads" ? null : await browser();
  const machine = { node: process.version, processors: cpus().length, torch: parallel?.torch ?? null };
  const lines = [];
  if (parallel !== null)
    lines.push(
      row(
        `million values a second, ${COUNT.toLocaleString("en")} float32`,
        "two threads",
        "one thread",
        `PyTorch ${parallel.torch ?? "(not installed)"}, two threads`,
        "two threads are",
        "asked for",
        "per core-second",
        "PyTorch's",
        "ratio",
      ),
      "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
      ...parallel.rows.map((each) =>
        row(
          each.name,
          whole(each.twoThreads),
          whole(each.oneThread),
          whole(each.torch),
          times(each.ratio),
          `×${each.bar}`,
          whole(each.coreSecond.twoThreads),
          whole(each.coreSecond.torch),
          times(each.coreSecond.ratio),
        ),
      ),
    );
  if (inBrowser !== null)
    lines.push(
      "",
      row("million values a second, one thread", "Chromium", "Node", "Chromium is"),
      "|---|--:|--:|--:|",
      ...inBrowser.map((each) => row(each.name, whole(each.chromium), whole(each.node), `×${each.ratio.toFixed(2)}`)),
    );
  return {
    results: {
      schema: "epoch0.bench-fill/1",
      machine,
      values: COUNT,
      threads: parallel?.rows ?? null,
      browser: inBrowser,
    },
    lines,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { results, lines } = await fillBench(option("section", null));
  process.stdout.write(process.argv.includes("--json") ? `${JSON.stringify(results)}\n` : `${lines.join("\n")}\n`);
}
