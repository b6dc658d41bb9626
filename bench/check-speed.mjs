// What `check` costs beside reading the file. Makes files of about 100 MB under out/bench (few big and many small tensors, a graph
// with its weights, each kind of file), reads each and checks each in a process of its own, turn by turn: processor time (of this
// machine's one thread; other work disturbs it little) and the time that passed. `node bench/check-speed.mjs --large` prints, instead,
// the memory that `inspect` takes of files of 10 GB and 3 GB (needs 14 GB of disk; safetensors and .onnx are sparse).
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, root } from "../scripts/prepare.mjs";
import { pythonWith } from "./python.mjs";
import { median } from "./rows.mjs";

const folder = join(root, "out", "bench");
const self = fileURLToPath(import.meta.url);
const MEGABYTE = 2 ** 20;

/** Bytes alone, through one buffer. */
function readBytes(path) {
  const file = openSync(path, "r");
  const buffer = new Uint8Array(MEGABYTE);
  while (readSync(file, buffer) > 0);
  closeSync(file);
}

const WORKS = {
  nothing: () => {},
  bytes: readBytes,
  values: async (path) => {
    const { openModel } = await import("../dist/node.js");
    const model = await openModel(path);
    for (const name of model.parameters.keys()) for (const piece of model.tiles(name)) piece.length;
  },
  check: async (path) => {
    const [{ openModel }, { checkModel }] = await Promise.all([import("../dist/node.js"), import("../dist/index.js")]);
    await checkModel(await openModel(path));
  },
  inspect: async (path) => {
    const [{ openModel }, { inspect }] = await Promise.all([import("../dist/node.js"), import("../dist/index.js")]);
    await inspect(await openModel(path));
  },
};

/** In a process of its own: processor time and time from its start on, largest memory. */
async function measured(work, path) {
  await WORKS[work](path);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const result = {
    user: userCPUTime / 1e6,
    system: systemCPUTime / 1e6,
    passed: performance.now() / 1e3,
    memory: maxRSS / 1024,
  };
  process.stdout.write(JSON.stringify(result));
}

function run(work, path) {
  const { status, stdout } = spawnSync(process.execPath, [self, "--measure", work, path], {
    stdio: ["ignore", "pipe", 2],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`check-speed: ${work} of ${path} exited with ${status}`);
  return JSON.parse(stdout);
}

const FEW = "1024 > 4096 relu > 1024 relu > 4096 relu > 1024 relu > 4096 relu > 1024";
const MANY = ["128", ...Array.from({ length: 1500 }, () => "128 relu"), "10 softmax"].join(" > ");
const RESNET = join(root, "examples", "light_resnet50.onnx");

const command = (...args) =>
  args[0] !== null && spawnSync(args[0], args.slice(1), { cwd: folder, stdio: ["ignore", "ignore", 2] }).status === 0;
const init = (model) => (file) =>
  command(
    process.execPath,
    join(root, "bin", "epoch0.mjs"),
    "init",
    model,
    "-o",
    file,
    "--scheme",
    "he-normal",
    "--seed",
    "1",
  );
const torch = (file) =>
  command(
    pythonWith("torch"),
    "-c",
    "import sys, numpy, torch; z = numpy.load('few.npz'); torch.save({k: torch.from_numpy(z[k]) for k in z.files}, sys.argv[1])",
    file,
  );

/** [file, what it is, how it is made]. */
const FILES = [
  ["few.safetensors", "6 matrices", init(FEW)],
  ["many.safetensors", "1,501 matrices", init(MANY)],
  ["resnet50.safetensors", "ResNet-50, weights", init(RESNET)],
  ["resnet50.onnx", "ResNet-50, graph", init(RESNET)],
  ["few.npz", "6 matrices", init(FEW)],
  ["few.pt", "6 matrices (PyTorch)", torch],
];

/** 10 GB of float32 that take no disk: zeros, of which everything but their number is read all the same. */
function sparse(file) {
  const rows = 8192;
  const count = 38;
  const bytes = rows * rows * 4;
  const entries = Array.from({ length: count }, (_, i) => [
    `h.${i}.weight`,
    { dtype: "F32", shape: [rows, rows], data_offsets: [i * bytes, (i + 1) * bytes] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const handle = openSync(join(folder, file), "w");
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeSync(handle, size);
  writeSync(handle, header);
  ftruncateSync(handle, 8 + header.length + count * bytes);
  closeSync(handle);
  return true;
}

/** The same numbers as external data of an ONNX graph, one layer after another. */
function external(file) {
  const rows = 8192;
  const count = 10;
  const bytes = rows * rows * 4;
  const varint = (value) => {
    const out = [];
    for (let rest = BigInt(value); ; rest >>= 7n) {
      if (rest < 128n) return Buffer.from([...out, Number(rest)]);
      out.push(Number(rest & 127n) | 128);
    }
  };
  const field = (number, payload) => Buffer.concat([varint(number * 8 + 2), varint(payload.length), payload]);
  const whole = (number, value) => Buffer.concat([varint(number * 8), varint(value)]);
  const text = (number, value) => field(number, Buffer.from(value));
  const shaped = (name) =>
    Buffer.concat([
      text(1, name),
      field(
        2,
        field(
          1,
          Buffer.concat([whole(1, 1), field(2, Buffer.concat([field(1, whole(1, 1)), field(1, whole(1, rows))]))]),
        ),
      ),
    ]);
  const entry = (key, value) => field(13, Buffer.concat([text(1, key), text(2, value)]));
  const layers = Array.from({ length: count }, (_, i) => ({
    node: field(
      1,
      Buffer.concat([
        text(1, `x${i}`),
        text(1, `h.${i}.weight`),
        text(2, `x${i + 1}`),
        text(3, `/h.${i}/MatMul`),
        text(4, "MatMul"),
      ]),
    ),
    weight: field(
      5,
      Buffer.concat([
        whole(1, rows),
        whole(1, rows),
        whole(2, 1),
        text(8, `h.${i}.weight`),
        entry("location", `${file}.data`),
        entry("offset", String(i * bytes)),
        entry("length", String(bytes)),
        whole(14, 1),
      ]),
    ),
  }));
  const graph = Buffer.concat([
    ...layers.map(({ node }) => node),
    text(2, "g"),
    ...layers.map(({ weight }) => weight),
    field(11, shaped("x0")),
    field(12, shaped(`x${count}`)),
  ]);
  const handle = openSync(join(folder, file), "w");
  writeSync(
    handle,
    Buffer.concat([whole(1, 8), field(7, graph), field(8, Buffer.concat([text(1, ""), whole(2, 17)]))]),
  );
  closeSync(handle);
  const data = openSync(join(folder, `${file}.data`), "w");
  ftruncateSync(data, count * bytes);
  closeSync(data);
  return true;
}

const WIDE = "16384 > 16384 > 16384 > 16384 > 10";
const wide = (file) =>
  command(
    pythonWith("torch"),
    "-c",
    "import sys, torch; torch.save({f'h.{i}.weight': torch.zeros(16384, 16384) for i in range(3)}, sys.argv[1])",
    file,
  );
const LARGE = [
  ["large.safetensors", "38 matrices of 268 MB", sparse],
  ["large.onnx", "external data, 10 × 268 MB", external],
  ["large.npz", "zip64, 3 × 1.07 GB", init(WIDE)],
  ["large.pt", "zip64, 3 × 1.07 GB", wide],
];

const medians = (runs) =>
  Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((each) => each[key]))]));

const sizeOf = (file) =>
  [file, `${file}.data`].reduce(
    (sum, each) => sum + (statSync(join(folder, each), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

function made([file, , make]) {
  if (existsSync(join(folder, file)) || make(file)) return true;
  process.stderr.write(`check-speed: ${file} could not be made here, left out\n`);
  return false;
}

/**
 * Seconds of processor time beyond a process that does nothing, for reading the bytes, reading the numbers and checking them, and
 * the seconds that passed while they were checked.
 */
export function measureCheck({ rounds }) {
  mkdirSync(folder, { recursive: true });
  return FILES.filter(made).map((each) => {
    const path = join(folder, each[0]);
    const kinds = ["nothing", "bytes", "values", "check"];
    const runs = Object.fromEntries(kinds.map((kind) => [kind, []]));
    for (let round = 0; round < rounds; round++) for (const kind of kinds) runs[kind].push(run(kind, path));
    const [nothing, bytes, values, check] = kinds.map((kind) => medians(runs[kind]));
    const cost = ({ user, system }) => user + system;
    const beyond = (work) => cost(work) - cost(nothing);
    return {
      file: each[0],
      what: each[1],
      megabytes: sizeOf(each[0]) / 1e6,
      bytes: beyond(bytes),
      values: beyond(values),
      check: beyond(check),
      passed: check.passed,
    };
  });
}

function memory() {
  mkdirSync(folder, { recursive: true });
  process.stdout.write("| file | what | GB | `inspect` takes | passed |\n|---|---|--:|--:|--:|\n");
  for (const [file, what] of LARGE.filter(made)) {
    const { memory: most, passed } = run("inspect", join(folder, file));
    const gigabytes = (sizeOf(file) / 1e9).toFixed(1);
    process.stdout.write(`| ${file} | ${what} | ${gigabytes} | ${most.toFixed(0)} MB | ${passed.toFixed(2)} s |\n`);
    for (const name of [file, `${file}.data`]) rmSync(join(folder, name), { force: true });
  }
}

const [flag, work, path] = process.argv.slice(2);
if (process.argv[1] === self) {
  if (flag === "--measure") await measured(work, path);
  else {
    prepare();
    memory();
  }
}
