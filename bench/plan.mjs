// `npm run bench`: how long plans and draws take, as ratios to a peer measured in the same run. Prints a table and, with
// `--json`, one JSON document instead. Models come from the corpus ../shared beside the clone; without it only ResNet-50 of examples/.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, root } from "../scripts/prepare.mjs";
import { quadrature } from "./quadrature.mjs";

prepare();
const library = await import("../dist/index.js");
const { initialize, plan, readOnnx } = library;
const bin = join(root, "bin", "epoch0.mjs");
const corpus = fileURLToPath(new URL("../../shared/models/", import.meta.url));
const skeletons = existsSync(corpus)
  ? readdirSync(corpus)
      .filter((name) => name.startsWith("skeleton-") && name.endsWith(".onnx"))
      .sort()
  : [];
const MODELS = [join(root, "examples", "light_resnet50.onnx"), ...skeletons.map((name) => join(corpus, name))];

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
function timed(work, runs) {
  const times = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** Milliseconds of the whole process, median. */
function command(args, runs) {
  return timed(() => {
    const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
    if (status !== 0) throw new Error(`bench: node ${args.join(" ")} exited with ${status}`);
  }, runs);
}

const SIZE = 1 << 22;
const SHAPE = [2048, 2048];

/** A plan of one big tensor, drawn whole. */
function tensorPlan(initializer) {
  const made = plan(readOnnx(new Uint8Array(readFileSync(MODELS[0]))), { scheme: "zeros" });
  const tensor = { ...made.tensors[0], name: "w", shape: SHAPE, initializer };
  return { ...made, tensors: [tensor] };
}
const FILLS = [
  ["uniform", { kind: "uniform", low: -0.1, high: 0.1 }, "uniform_(w, -0.1, 0.1)"],
  ["normal", { kind: "normal", mean: 0, std: 0.1 }, "normal_(w, 0, 0.1)"],
  [
    "truncated normal",
    { kind: "truncated-normal", mean: 0, std: 0.1, low: -0.2, high: 0.2 },
    "trunc_normal_(w, 0, 0.1, -0.2, 0.2)",
  ],
];

/** Milliseconds of each initializer in PyTorch on this machine, or null where it is not installed. */
function torchFills() {
  const calls = FILLS.map(([, , call]) => `lambda: torch.nn.init.${call}`).join(", ");
  const script = `
import json, time, torch
torch.set_num_threads(2)
w = torch.empty(${SHAPE.join(", ")})
out = []
for fill in [${calls}]:
    fill()
    times = []
    for _ in range(5):
        start = time.perf_counter(); fill(); times.append(time.perf_counter() - start)
    out.append(1000 * sorted(times)[2])
print(json.dumps({"version": torch.__version__, "ms": out}))`;
  const { status, stdout } = spawnSync("/usr/bin/python3", ["-c", script], { encoding: "utf8" });
  return status === 0 ? JSON.parse(stdout) : null;
}

const plans = MODELS.map((path) => {
  const model = readOnnx(new Uint8Array(readFileSync(path)));
  for (let i = 0; i < 5; i++) for (const scheme of ["auto", "torch"]) plan(model, { scheme });
  return {
    model: basename(path, ".onnx"),
    milliseconds: timed(() => plan(model, { scheme: "auto" }), 9),
    torch: timed(() => plan(model, { scheme: "torch" }), 9),
    process: command([bin, "plan", path], 5),
  };
});
const node = command(["-e", "0"], 11);
const help = command([bin, "--help"], 11);
const integrals = quadrature(library);
const torch = torchFills();
const fills = FILLS.map(([name, initializer], i) => {
  const made = tensorPlan(initializer);
  initialize(made);
  const milliseconds = timed(() => initialize(made), 5);
  return { name, milliseconds, torch: torch?.ms[i] ?? null, ratio: torch === null ? null : torch.ms[i] / milliseconds };
});

/** What the project promises of its speed (a name, what was measured, the most it may be, the unit). */
function barsOf() {
  const bars = [];
  for (const [part, most] of [
    ["resnet50", 30],
    ["densenet121", 100],
  ])
    for (const each of plans.filter(({ model }) => model.includes(part))) {
      bars.push([`plan ${each.model}, auto`, each.milliseconds, most, "ms"]);
      bars.push([`plan ${each.model}, torch`, each.torch, most, "ms"]);
    }
  bars.push(["`epoch0 plan` of ResNet-50, start to finish", plans[0].process, 400, "ms"]);
  bars.push(["`epoch0 --help` beyond `node -e 0`", help - node, 60, "ms"]);
  const slowest = integrals.reduce((a, b) => (b.microseconds > a.microseconds ? b : a));
  bars.push([`E[φ²], the slowest: ${slowest.name}`, slowest.microseconds, 50, "µs"]);
  const most = integrals.reduce((a, b) => (b.evaluations / b.pieces > a.evaluations / a.pieces ? b : a));
  bars.push([`evaluations a smooth piece, the most: ${most.name}`, most.evaluations / most.pieces, 200, ""]);
  return bars.map(([name, value, bar, unit]) => ({ name, value, bar, unit, met: value <= bar }));
}
const bars = barsOf();

const machine = { node: process.version, processors: cpus().length, torch: torch?.version ?? null };
const results = {
  schema: "epoch0.bench/1",
  machine,
  bars,
  plans,
  startup: { node, help },
  quadrature: integrals,
  numbers: SIZE,
  fills,
};
if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(results)}\n`);
else {
  const ms = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
  const row = (...cells) => `| ${cells.join(" | ")} |`;
  const lines = [
    `Node ${process.version.slice(1)}, ${machine.processors} processors${torch === null ? "; python3-torch is not installed, its columns are empty" : `, PyTorch ${torch.version}`}`,
    "",
    row("promised", "measured", "at most", ""),
    "|---|--:|--:|---|",
    ...bars.map(({ name, value, bar, unit, met }) =>
      row(name, `${value.toFixed(1)} ${unit}`.trim(), `${bar} ${unit}`.trim(), met ? "met" : "not met"),
    ),
    "",
    row("plan", "auto, warm", "torch, warm", "whole command", "÷ `node -e 0`"),
    "|---|--:|--:|--:|--:|",
    ...plans.map((each) =>
      row(each.model, ms(each.milliseconds), ms(each.torch), ms(each.process), `×${(each.process / node).toFixed(1)}`),
    ),
    row("`epoch0 --help`", "", "", ms(help), `×${(help / node).toFixed(1)}`),
    row("`node -e 0`", "", "", ms(node), "×1.0"),
    "",
    row("E[φ²]", "evaluations", "smooth pieces", "time"),
    "|---|--:|--:|--:|",
    ...integrals.map((each) => row(each.name, each.evaluations, each.pieces, `${each.microseconds.toFixed(1)} µs`)),
    "",
    row(`${SIZE.toLocaleString("en")} float32`, "Epoch0, one thread", "PyTorch, two threads", "Epoch0 is"),
    "|---|--:|--:|--:|",
    ...fills.map((each) =>
      row(
        each.name,
        ms(each.milliseconds),
        each.torch === null ? "" : ms(each.torch),
        each.ratio === null ? "" : `×${each.ratio.toFixed(2)} as fast`,
      ),
    ),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
