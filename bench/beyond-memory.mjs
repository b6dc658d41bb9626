// A sharded bfloat16 model far larger than memory may be: peak memory, time beside writing as many zeros the same way (files of the
// same sizes, temporary name, fsync, rename), and runs killed at random moments and started again, whose bytes must be those of an
// undisturbed run. It needs three times the size on the disk, under out/bench/memory.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/prepare.mjs";
import { median } from "./rows.mjs";

const SCHEME = "auto";
const bin = join(root, "bin", "epoch0.mjs");
const folder = join(root, "out", "bench", "memory");
const model = join(folder, "shapes.json");

/** Shapes of a Llama-like decoder, as many layers as fill the size; widths shrink with small sizes so that there are several. */
function shapes(wanted) {
  const hidden = wanted >= 4e9 ? 4096 : 1024;
  const inner = Math.floor((hidden * 8) / 3 / 256) * 256;
  const list = { "model.embed_tokens.weight": [32_000, hidden], "model.norm.weight": [hidden] };
  let bytes = 2 * 32_000 * hidden;
  for (let layer = 0; bytes < wanted; layer++) {
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
const say = (text) => process.stderr.write(`${text}\n`);

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

const init = (to, shard) => [
  ...[bin, "init", model, "-o", to, "--dtype", "bf16", "--scheme", SCHEME],
  ...["--max-shard-size", String(shard), "--json"],
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

async function timedRounds(shard, rounds) {
  const drawn = join(folder, "drawn");
  const zeros = join(folder, "zeros");
  const measured = [];
  let files = [];
  let undisturbed = {};
  for (let round = 0; round < rounds; round++) {
    const ours = await run(init(drawn, shard));
    if (ours.code !== 0) throw new Error(`init exited with ${ours.code}`);
    const { output } = JSON.parse(ours.out);
    files = output.files.map(({ path, bytes }) => ({ name: path.slice(drawn.length + 1), bytes }));
    undisturbed = Object.fromEntries(
      [...output.files, output].map(({ path, sha256: digest }) => [path.slice(drawn.length + 1), digest]),
    );
    rmSync(drawn, { recursive: true, force: true });
    mkdirSync(zeros);
    const theirs = await run(["-e", ZEROS, zeros, ...files.map(({ bytes }) => String(bytes))]);
    if (theirs.code !== 0) throw new Error(`writing zeros exited with ${theirs.code}`);
    rmSync(zeros, { recursive: true, force: true });
    measured.push({ ours, theirs });
    say(`round ${round + 1}: ${ours.seconds.toFixed(1)} s, zeros ${theirs.seconds.toFixed(1)} s`);
  }
  return { measured, files, undisturbed };
}

/** Killed somewhere in a third of what a whole run takes, over and over; every shard that is whole stays. True for equal bits. */
async function killedRuns(kills, shard, { usual, files, undisturbed }) {
  const killed = join(folder, "killed");
  const sizes = new Map(files.map(({ name, bytes }) => [name, bytes]));
  let done = 0;
  let wrong = 0;
  for (let attempt = 0; done < kills && attempt < 10 * kills; attempt++) {
    const { signal } = await run(init(killed, shard), 1000 * (usual / 3) * Math.random());
    if (signal === "SIGKILL") done += 1;
    // It was sooner ready than killed: from the beginning.
    else rmSync(killed, { recursive: true, force: true });
    let there = [];
    try {
      there = visible(killed);
    } catch {
      continue;
    }
    for (const name of there)
      if (!(name in undisturbed) || (sizes.has(name) && statSync(join(killed, name)).size !== sizes.get(name)))
        wrong += 1;
    say(`kill ${done}: ${there.length} files there`);
  }
  const last = await run(init(killed, shard));
  const found = await digests(killed);
  const sorted = (list) => JSON.stringify(Object.entries(list).sort());
  return { done, equal: last.code === 0 && wrong === 0 && sorted(found) === sorted(undisturbed) };
}

/** Seconds, processor seconds and bytes of memory of drawing `wanted` bytes into eight files, and of writing as many zeros. */
export async function measureMemory({ wanted, rounds, kills }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(model, JSON.stringify(shapes(wanted)));
    const shard = Math.ceil(wanted / 8);
    const { measured, files, undisturbed } = await timedRounds(shard, rounds);
    const of = (what) => median(measured.map(what));
    const usual = of(({ ours }) => ours.seconds);
    const resumed = kills === 0 ? null : await killedRuns(kills, shard, { usual, files, undisturbed });
    return {
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      seconds: usual,
      zerosSeconds: of(({ theirs }) => theirs.seconds),
      ratio: of(({ ours, theirs }) => theirs.seconds / ours.seconds),
      processor: of(({ ours }) => ours.processor),
      zerosProcessor: of(({ theirs }) => theirs.processor),
      peak: Math.max(...measured.map(({ ours }) => ours.peak)),
      resumed,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
