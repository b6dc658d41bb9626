// `npm run bench:memory`: a sharded bfloat16 model far larger than memory may be: peak memory, time against writing as many zeros the
// same way (files of the same sizes, temporary name, fsync, rename), and runs killed at random moments and started again, whose bytes
// must be those of an undisturbed run. Options: --size 10GB, --runs 2, --kills 20, --folder out/bench/memory, --scheme auto, --json.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepare, root } from "../scripts/prepare.mjs";

const { values: options } = parseArgs({
  options: {
    size: { type: "string", default: "10GB" },
    runs: { type: "string", default: "2" },
    kills: { type: "string", default: "20" },
    folder: { type: "string", default: join(root, "out", "bench", "memory") },
    scheme: { type: "string", default: "auto" },
    json: { type: "boolean", default: false },
  },
});
const BYTES = Number(options.size.replace(/GB$/, "e9").replace(/MB$/, "e6"));
const RUNS = Number(options.runs);
const KILLS = Number(options.kills);
const SHARD = Math.ceil(BYTES / 8);

prepare();
const bin = join(root, "bin", "epoch0.mjs");
const folder = options.folder;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));
const say = (text) => process.stderr.write(`${text}\n`);

/** Shapes of a Llama-like decoder, as many layers as fill the size; widths shrink with small sizes so that there are several. */
function shapes() {
  const hidden = BYTES >= 4e9 ? 4096 : 1024;
  const inner = Math.floor((hidden * 8) / 3 / 256) * 256;
  const list = { "model.embed_tokens.weight": [32_000, hidden], "model.norm.weight": [hidden] };
  let bytes = 2 * 32_000 * hidden;
  for (let layer = 0; bytes < BYTES; layer++) {
    const add = (name, ...shape) => {
      list[`model.layers.${layer}.${name}.weight`] = shape;
      bytes += 2 * shape.reduce((a, b) => a * b, 1);
    };
    for (const name of ["q_proj", "k_proj", "v_proj", "o_proj"]) add(`self_attn.${name}`, hidden, hidden);
    for (const name of ["gate_proj", "up_proj"]) add(`mlp.${name}`, inner, hidden);
    add("mlp.down_proj", hidden, inner);
    add("input_layernorm", hidden);
    add("post_attention_layernorm", hidden);
  }
  return list;
}
const model = join(folder, "shapes.json");
writeFileSync(model, JSON.stringify(shapes()));

/** Largest resident memory in bytes and processor time in seconds that the system has seen of a process so far; null when it is gone. */
function usageOf(pid) {
  try {
    const peak = 1024 * Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    // Fields 14 and 15, counted behind the name in brackets, in hundredths of a second.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    return { peak, processor: (Number(fields[11]) + Number(fields[12])) / 100 };
  } catch {
    return null;
  }
}

/** Runs a command; after `killAfter` milliseconds it is killed. */
function run(args, killAfter = null) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    let usage = { peak: 0, processor: 0 };
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    const watch = setInterval(() => {
      const now = usageOf(child.pid);
      if (now !== null && now.peak > 0) usage = now;
    }, 50);
    const killer = killAfter === null ? null : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("close", (code, signal) => {
      clearInterval(watch);
      clearTimeout(killer);
      resolve({ code, signal, out, ...usage, seconds: (performance.now() - started) / 1000 });
    });
  });
}

const init = (to) => [
  bin,
  "init",
  model,
  "-o",
  to,
  "--dtype",
  "bf16",
  "--scheme",
  options.scheme,
  "--max-shard-size",
  String(SHARD),
  "--json",
];

/** The same files full of zeros, written by a process that does nothing else. */
const ZEROS = `
const { closeSync, fsyncSync, openSync, renameSync, writeSync } = require("node:fs");
const [folder, ...sizes] = process.argv.slice(1);
const zeros = new Uint8Array(4 * 2 ** 20);
sizes.forEach((size, i) => {
  const file = openSync(folder + "/zeros-" + i + ".tmp", "wx");
  for (let left = Number(size); left > 0; ) left -= writeSync(file, zeros, 0, Math.min(left, zeros.length));
  fsyncSync(file);
  closeSync(file);
  renameSync(folder + "/zeros-" + i + ".tmp", folder + "/zeros-" + i);
});`;

const sha256 = (path) =>
  new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    createReadStream(path, { highWaterMark: 4 * 2 ** 20 })
      .on("data", (chunk) => hash.update(chunk))
      .on("error", reject)
      .on("end", () => resolve(hash.digest("hex")));
  });

const visible = (at) =>
  readdirSync(at)
    .filter((name) => !name.startsWith("."))
    .sort();

async function digests(at) {
  const found = {};
  for (const name of visible(at)) found[name] = await sha256(join(at, name));
  return found;
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const drawn = join(folder, "drawn");
const rounds = [];
let undisturbed = {};
let written = null;
for (let round = 0; round < RUNS; round++) {
  rmSync(drawn, { recursive: true, force: true });
  const ours = await run(init(drawn));
  if (ours.code !== 0) throw new Error(`init exited with ${ours.code}`);
  written = JSON.parse(ours.out).output;
  const sizes = written.files.map(({ bytes }) => String(bytes));
  if (round === 0)
    undisturbed = Object.fromEntries(
      [...written.files, written].map(({ path, sha256: digest }) => [path.slice(drawn.length + 1), digest]),
    );
  rmSync(drawn, { recursive: true, force: true });
  const zeros = join(folder, "zeros");
  mkdirSync(zeros);
  const theirs = await run(["-e", ZEROS, zeros, ...sizes]);
  if (theirs.code !== 0) throw new Error(`writing zeros exited with ${theirs.code}`);
  rmSync(zeros, { recursive: true, force: true });
  rounds.push({
    seconds: ours.seconds,
    processor: ours.processor,
    zeros: theirs.seconds,
    zerosProcessor: theirs.processor,
    ratio: ours.seconds / theirs.seconds,
    peak: ours.peak,
  });
  say(
    `round ${round + 1}: ${ours.seconds.toFixed(1)} s, zeros ${theirs.seconds.toFixed(1)} s, peak ${(ours.peak / 1e6).toFixed(0)} MB`,
  );
}
const bytes = written.files.reduce((sum, file) => sum + file.bytes, 0);

// Killed somewhere in a third of what a whole run takes, over and over; every shard that is whole stays.
const killed = join(folder, "killed");
const usual = median(rounds.map(({ seconds }) => seconds)) * 1000;
let kills = 0;
let wrong = 0;
for (let attempt = 0; kills < KILLS && attempt < 10 * KILLS; attempt++) {
  const { signal } = await run(init(killed), (usual / 3) * Math.random());
  if (signal === "SIGKILL") kills += 1;
  else rmSync(killed, { recursive: true, force: true });
  let there = [];
  try {
    there = visible(killed);
  } catch {
    continue;
  }
  for (const name of there)
    if (
      !(name in undisturbed) ||
      (name.endsWith(".safetensors") &&
        statSync(join(killed, name)).size !== written.files.find(({ path }) => path.endsWith(name))?.bytes)
    )
      wrong += 1;
  say(`kill ${kills}: ${there.length} files there`);
}
let equal = null;
if (KILLS > 0) {
  const last = await run(init(killed));
  const found = await digests(killed);
  equal =
    last.code === 0 &&
    wrong === 0 &&
    JSON.stringify(Object.entries(found).sort()) === JSON.stringify(Object.entries(undisturbed).sort());
}

const result = {
  schema: "epoch0.bench-memory/1",
  bytes,
  files: written.files.length,
  scheme: options.scheme,
  seconds: median(rounds.map(({ seconds }) => seconds)),
  processorSeconds: median(rounds.map(({ processor }) => processor)),
  zerosSeconds: median(rounds.map(({ zeros }) => zeros)),
  zerosProcessorSeconds: median(rounds.map(({ zerosProcessor }) => zerosProcessor)),
  ratio: median(rounds.map(({ ratio }) => ratio)),
  peakBytes: Math.max(...rounds.map(({ peak }) => peak)),
  kills,
  equalAfterKills: equal,
  rounds,
};
if (options.json) console.log(JSON.stringify(result, null, 2));
else
  console.log(`${(bytes / 1e9).toFixed(2)} GB of bfloat16 in ${result.files} files, scheme ${options.scheme}, median of ${RUNS}
drawn and written     ${result.seconds.toFixed(1)} s, ${result.processorSeconds.toFixed(1)} s of processor time
zeros, the same way   ${result.zerosSeconds.toFixed(1)} s, ${result.zerosProcessorSeconds.toFixed(1)} s of processor time
ratio                 ×${result.ratio.toFixed(2)}   (at most 1.3)
peak memory           ${(result.peakBytes / 1e6).toFixed(0)} MB   (at most 200)
killed and resumed    ${kills} times, ${equal === null ? "not tried" : equal ? "equal bits" : "OTHER BITS"}`);
if (equal === false) process.exitCode = 1;
