// `node bench/looks-like.mjs`: how small a change after the draw `inspect` still sees. Prints the table of docs/inspect.md.
import { prepare } from "../scripts/prepare.mjs";

prepare();
const { fans, identify, sample, statisticsOf } = await import("../dist/index.js");

const SHAPES = [
  [128, 64],
  [256, 256],
  [1024, 512],
];
const STARTS = [
  ["he-normal", ({ fanIn }) => ({ kind: "normal", mean: 0, std: Math.sqrt(2 / fanIn) })],
  ["PyTorch's uniform", ({ fanIn }) => ({ kind: "uniform", low: -1 / Math.sqrt(fanIn), high: 1 / Math.sqrt(fanIn) })],
  ["orthogonal", () => ({ kind: "orthogonal", gain: 1 })],
];
/** Relative sizes ‖ΔW‖/‖W‖. */
const SIZES = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5];
const SEEDS = 10;

/** Unit-norm changes: one direction, as one gradient step makes it; or every element on its own, as Adam's first steps do. */
const CHANGES = {
  "one direction": (shape, seed) => {
    const [rows, columns] = shape;
    const u = sample({ kind: "normal", mean: 0, std: 1 }, [rows, 1], { seed, name: "u" });
    const v = sample({ kind: "normal", mean: 0, std: 1 }, [columns, 1], { seed, name: "v" });
    return Float32Array.from({ length: rows * columns }, (_, i) => u[Math.floor(i / columns)] * v[i % columns]);
  },
  "each element": (shape, seed) => sample({ kind: "normal", mean: 0, std: 1 }, shape, { seed, name: "noise" }),
};

const norm = (values) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

/** Smallest size at which nine of ten are seen; null where even the largest is not. */
function threshold(shape, initializer, change) {
  const fan = fans(shape);
  const use = { part: "weight", op: "linear", fans: { true: fan, torch: fan, keras: fan }, hidden: 0, gates: [] };
  for (const size of SIZES) {
    let seen = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const start = sample(initializer, shape, { seed, name: "w" });
      const step = change(shape, seed + 1000);
      const factor = (size * norm(start)) / norm(step);
      const moved = start.map((x, i) => x + factor * step[i]);
      const found = identify(statisticsOf({ shape, dtype: "f32" }, [moved]), use);
      // An orthogonal matrix that is none any more is seen, whatever it is called then.
      if (found.family === "trained" || (initializer.kind === "orthogonal" && found.family !== "orthogonal")) seen++;
    }
    if (seen >= 0.9 * SEEDS) return size;
  }
  return null;
}

const percent = (size) =>
  size === null ? "never" : `${size === SIZES[0] ? "≤ " : ""}${Number((100 * size).toPrecision(2))} %`;
const lines = [
  `| drawn as | change | ${SHAPES.map((shape) => shape.join(" × ")).join(" | ")} |`,
  `|---|---|${SHAPES.map(() => "--:").join("|")}|`,
];
for (const [name, make] of STARTS) {
  for (const [what, change] of Object.entries(CHANGES)) {
    const cells = SHAPES.map((shape) => percent(threshold(shape, make(fans(shape)), change)));
    lines.push(`| ${name} | ${what} | ${cells.join(" | ")} |`);
  }
}
process.stdout.write(`${lines.join("\n")}\n`);
