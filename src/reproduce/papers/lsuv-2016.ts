/** Mishkin & Matas 2016: orthogonal weights, then each layer scaled until its output has variance 1 on data. */

import type { Model } from "../../model/types.ts";
import { createExecutor, type Weights } from "../../run/index.ts";
import { type DigitSamples, standardDigits } from "../data.ts";
import { above, below, decide, logs, summarize } from "../decide.ts";
import { drawNetwork, linearNodes, type MatrixLaw, network, normalOf, rootN } from "../networks.ts";
import { createRunner, LARGEST_LOSS, type Tuned, tune } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

const orthogonal: MatrixLaw = () => ({ kind: "orthogonal", gain: 1 });
const glorot: MatrixLaw = (fanIn, fanOut) => ({ kind: "normal", mean: 0, std: Math.sqrt(2 / (fanIn + fanOut)) });

/** The paper's own: |variance − 1| below 0.1, ten tries a layer. */
const TOLERANCE = 0.1;
const MOST_TRIES = 10;

interface Fitted {
  readonly weights: Weights;
  /** Of each layer's output on the batch. */
  readonly variances: readonly number[];
  /** Forward passes used for each layer. */
  readonly tries: readonly number[];
}

function varianceOf(values: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return squares / values.length - (sum / values.length) ** 2;
}

/** Algorithm 1: layer by layer from the input, W ← W/√Var(output). */
async function lsuv(model: Model, start: Map<string, Float32Array>, inputs: Float32Array): Promise<Fitted> {
  const executor = await createExecutor(model);
  const weights = new Map(start);
  const variances: number[] = [];
  const tries: number[] = [];
  try {
    for (const { weight, outputs } of linearNodes(model)) {
      let variance = Number.NaN;
      let count = 0;
      while (count < MOST_TRIES) {
        const values = await executor.forward(weights, new Map([["input", inputs]]));
        variance = varianceOf(values.get(outputs[0]!)!);
        count++;
        if (!(Math.abs(variance - 1) >= TOLERANCE) || variance === 0) break;
        const scale = 1 / Math.sqrt(variance);
        weights.set(
          weight,
          weights.get(weight)!.map((value) => scale * value),
        );
      }
      variances.push(variance);
      tries.push(count);
    }
  } finally {
    executor.dispose();
  }
  return { weights, variances, tries };
}

function settingOf(size: ExperimentOptions["size"]) {
  return size === "full"
    ? { layers: 14, width: 64, rates: [0.005, 0.015], draws: 4, steps: 80, rows: 512, batch: 32 }
    : { layers: 10, width: 32, rates: [0.01], draws: 3, steps: 40, rows: 128, batch: 32 };
}

const ACTIVATIONS = ["tanh", "relu", "gelu"] as const;

interface Measured {
  readonly activation: string;
  readonly fitted: readonly Fitted[];
  readonly results: ReadonlyMap<string, Tuned>;
}

const OTHERS: readonly { readonly label: string; readonly law: MatrixLaw }[] = [
  { label: "orthogonal", law: orthogonal },
  { label: "Glorot", law: glorot },
  { label: "He", law: normalOf(2) },
  { label: "1/√n", law: rootN() },
];

async function measure(
  activation: string,
  data: DigitSamples,
  { seed, size, signal }: ExperimentOptions,
  onRun: () => void,
): Promise<Measured> {
  const { layers, width, rates, draws, steps, batch } = settingOf(size);
  const line = `64 > ${width} ${activation} x${layers - 1} > 10`;
  const runner = await createRunner(line, { data, batch, momentum: 0.9, signal });
  const drawn = (law: MatrixLaw, draw: number) => drawNetwork(runner.model, law, BigInt(seed) + BigInt(draw));
  try {
    const model = network(line, 128);
    const inputs = data.inputs.slice(0, 128 * 64);
    const fitted: Fitted[] = [];
    for (let draw = 0; draw < draws; draw++) fitted.push(await lsuv(model, drawn(orthogonal, draw), inputs));
    const results = new Map<string, Tuned>();
    const options = { draws, rates, steps, onRun };
    results.set("LSUV", await tune(runner, { ...options, weights: (draw) => fitted[draw]!.weights }));
    for (const { label, law } of OTHERS)
      results.set(label, await tune(runner, { ...options, weights: (draw) => drawn(law, draw) }));
    return { activation, fitted, results };
  } finally {
    runner.dispose();
  }
}

async function run(options: ExperimentOptions): Promise<Outcome> {
  const { rates, draws, rows, layers, steps } = settingOf(options.size);
  const data = standardDigits(rows);
  const total = ACTIVATIONS.length * (OTHERS.length + 1) * (rates.length + draws - 1);
  let done = 0;
  const all: Measured[] = [];
  for (const activation of ACTIVATIONS)
    all.push(await measure(activation, data, options, () => options.onProgress?.(++done / total)));
  const losses = (entry: Measured, label: string) =>
    entry.results.get(label)!.runs.map(({ loss }) => Math.min(loss, LARGEST_LOSS));
  const typical = (entry: Measured, label: string) => Math.exp(summarize(logs(losses(entry, label))).mean);
  const logRatios = (entry: Measured, label: string, over: string) =>
    logs(losses(entry, label).map((loss, draw) => loss / losses(entry, over)[draw]!));
  /** The others, best first. */
  const ranked = (entry: Measured) =>
    OTHERS.map(({ label }) => label).sort((a, b) => typical(entry, a) - typical(entry, b));
  const farthest = Math.max(
    ...all.flatMap(({ fitted }) => fitted.flatMap(({ variances }) => variances.map((v) => Math.abs(v - 1)))),
  );
  const tries = Math.max(...all.flatMap(({ fitted }) => fitted.flatMap((each) => each.tries)));
  const decided = decide({
    written: [
      below(
        `every layer's output has variance 1 ± ${TOLERANCE} on the batch after at most ${MOST_TRIES} tries`,
        all.flatMap(({ fitted }) => fitted.map(({ variances }) => Math.max(...variances.map((v) => Math.abs(v - 1))))),
        TOLERANCE,
      ),
      below(
        "the loss from LSUV is below twice that from the best of the others, over all activations",
        all.flatMap((entry) => logRatios(entry, "LSUV", ranked(entry)[0]!)),
        Math.log(2),
      ),
      above(
        "and that from the worst of the others is more than twice that from LSUV",
        all.flatMap((entry) => logRatios(entry, ranked(entry).at(-1)!, "LSUV")),
        Math.log(2),
      ),
    ],
  });
  return {
    ...decided,
    finding: `on ${layers} layers of tanh, ReLU and GELU, LSUV ends at losses of ${all.map((entry) => typical(entry, "LSUV").toPrecision(2)).join(", ")}; the best fixed rule for each ends at ${all.map((entry) => `${typical(entry, ranked(entry)[0]!).toPrecision(2)} (${ranked(entry)[0]})`).join(", ")}`,
    figures: {
      farthestVariance: farthest,
      mostTries: tries,
      ...Object.fromEntries(
        all.flatMap((entry) =>
          [...entry.results.keys()].map((label) => [`${entry.activation} ${label}`, typical(entry, label)]),
        ),
      ),
    },
    charts: all.map((entry) => ({
      kind: "rows" as const,
      title: titleOf(entry, typical),
      x: { label: `training loss after ${steps} steps, at the best rate`, log: true },
      rows: [...entry.results.keys()].map((label) => {
        const { mean, halfWidth } = summarize(logs(losses(entry, label)));
        return {
          label,
          role: label === "LSUV" ? ("forward" as const) : ("neutral" as const),
          value: Math.exp(mean),
          low: Math.exp(mean - halfWidth),
          high: Math.exp(mean + halfWidth),
        };
      }),
    })),
    comparison: [
      {
        what: "passes for |variance − 1| < 0.1 (section 3)",
        paper: "fewer than five in practice, ten at most",
        here: `${tries} at most, farthest variance off by ${farthest.toFixed(3)}`,
      },
      {
        what: "against fixed rules over activations (tables 2 and 3)",
        paper: "as good as or better than the best of them",
        here: all
          .map(
            (entry) =>
              `${entry.activation}: ${typical(entry, "LSUV").toPrecision(2)} against ${typical(entry, ranked(entry)[0]!).toPrecision(2)}`,
          )
          .join("; "),
      },
    ],
  };
}

const NAMES: Readonly<Record<string, string>> = { tanh: "Tanh", relu: "ReLU", gelu: "GELU" };

function titleOf(entry: Measured, typical: (entry: Measured, label: string) => number): string {
  const order = [...entry.results.keys()].sort((a, b) => typical(entry, a) - typical(entry, b));
  const place = order.indexOf("LSUV");
  const name = NAMES[entry.activation] ?? entry.activation;
  return place === 0
    ? `${name}: LSUV does best, ${order.at(-1)} worst`
    : `${name}: ${order[0]} does best, LSUV is number ${place + 1}, ${order.at(-1)} does worst`;
}

export const lsuv2016: Experiment = {
  id: "lsuv-2016",
  group: "paper",
  title: "Variance set by measuring",
  statement:
    "Orthogonal weights, scaled layer by layer until each output has variance 1 on a batch, train as well as the best rule made for each activation.",
  source: "Mishkin & Matas 2016, algorithm 1, tables 2 and 3",
  formulas: [
    {
      tex: "W_l\\leftarrow\\frac{W_l}{\\sqrt{\\operatorname{Var}(z_l)}}\\quad\\text{until }\\left|\\operatorname{Var}(z_l)-1\\right|<0.1",
      text: "W ← W/√Var(z)  until |Var(z) − 1| < 0.1",
    },
  ],
  prose: [
    "If the right scale depends on the activation, on the data and on the layers before, one can also ask the network. Send a batch through, look at the first layer’s output, divide its weights by the standard deviation found; then the second, and so on. It needs no theory of the activation and no assumption about the inputs.",
    "It is a good rule because it hits what the analytic ones aim at, for every activation alike. What it cannot do is look ahead: it sets the forward signal, on one batch, for a network that can already be run, and takes the gradient as it comes.",
  ],
  procedure:
    "Fourteen layers of 64 units with tanh, ReLU and GELU on 512 digits: LSUV on a batch of 128 against four rules, each at the best of two rates, 80 steps of 32 rows with momentum 0.9, four draws. The paper trains convolutional networks.",
  run,
};
