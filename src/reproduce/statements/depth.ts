/** Whether the rule U[−1/√n, 1/√n] survives depth. */

import { propagate } from "../../propagate/index.ts";
import { below, decide, equivalent, logs, summarize } from "../decide.ts";
import { type LayerSignal, layerSignals, linearNodes, network, rootN } from "../networks.ts";
import type { Chart, Experiment, ExperimentOptions, Outcome, Role } from "../types.ts";

/** A signal is said to survive where it keeps its size within 5 % a layer; a factor 3 is off by two hundred. */
const MARGIN = Math.log(1.05);
/** Of the measured factor beside the predicted: finite width and a finite batch. */
const THEORY_MARGIN = Math.log(1.05);

interface Measured {
  readonly name: string;
  readonly rows: readonly (readonly LayerSignal[])[];
  readonly predicted: readonly LayerSignal[];
  /** ln of the factor a layer, one number a draw. */
  readonly forward: readonly number[];
  readonly gradient: readonly number[];
  readonly predictedForward: number;
  readonly predictedGradient: number;
}

async function measure(
  name: "linear" | "tanh",
  { seed, size, signal }: ExperimentOptions,
  onDraw: () => void,
): Promise<Measured> {
  const [width, depth, draws] = size === "full" ? [256, 16, 12] : [128, 6, 8];
  const activation = name === "linear" ? "" : ` ${name}`;
  const model = network(`${width} > ${width}${activation} x${depth - 1} > ${width}`, 16);
  const rows = await layerSignals(model, { law: rootN(), draws, seed, signal, onDraw });
  const isMatrix = new Set(linearNodes(model).map(({ weight }) => weight));
  const { signals } = propagate(model, (parameter) => ({
    mean: 0,
    variance: isMatrix.has(parameter) ? 1 / (3 * width) : 0,
  }));
  const predicted = linearNodes(model).map((node) => {
    const found = signals.get(node.outputs[0]!)!;
    return { forward: found.secondMoment, gradient: found.gradient };
  });
  const last = depth - 1;
  const perLayer = (first: number, end: number) => Math.log(end / first) / last;
  return {
    name,
    rows,
    predicted,
    forward: rows.map((row) => perLayer(row[0]!.forward, row[last]!.forward)),
    gradient: rows.map((row) => perLayer(row[last]!.gradient, row[0]!.gradient)),
    predictedForward: perLayer(predicted[0]!.forward, predicted[last]!.forward),
    predictedGradient: perLayer(predicted[last]!.gradient, predicted[0]!.gradient),
  };
}

async function run(options: ExperimentOptions): Promise<Outcome> {
  const draws = options.size === "full" ? 12 : 8;
  let done = 0;
  const onDraw = () => options.onProgress?.(++done / (2 * draws));
  const linear = await measure("linear", options, onDraw);
  const tanh = await measure("tanh", options, onDraw);
  const both = [linear, tanh];
  const level = (what: string, samples: readonly number[]) =>
    equivalent(`${what} keeps its size a layer, ×1 ± 5 %`, samples, { target: 0, margin: MARGIN });
  const asPredicted = (what: string, samples: readonly number[], target: number) =>
    equivalent(`${what} falls as predicted, ×${Math.exp(target).toFixed(4)} ± 5 %`, samples, {
      target,
      margin: THEORY_MARGIN,
    });
  const decided = decide(
    {
      written: both.flatMap(({ name, forward, gradient }) => [
        level(`${name}: the forward signal`, forward),
        level(`${name}: the gradient`, gradient),
      ]),
      beside: [
        ...both.flatMap(({ name, forward, gradient, predictedForward, predictedGradient }) => [
          asPredicted(`${name}: the forward signal`, forward, predictedForward),
          asPredicted(`${name}: the gradient`, gradient, predictedGradient),
        ]),
        below("tanh: the forward signal falls by more than 2.5 a layer", tanh.forward, Math.log(1 / 2.5)),
      ],
    },
    {
      otherwise:
        "n·Var(w) = 1/3 divides signal and gradient by three at every layer; n·Var(w) = 1 would keep both in a linear net",
    },
  );
  const factor = (samples: readonly number[]) => Math.exp(summarize(samples).mean);
  return {
    ...decided,
    finding: `a layer multiplies the signal's square by ${factor(linear.forward).toFixed(3)} (linear) and ${factor(tanh.forward).toFixed(3)} (tanh), the gradient's by ${factor(linear.gradient).toFixed(3)} and ${factor(tanh.gradient).toFixed(3)}`,
    figures: Object.fromEntries(
      both.flatMap((entry) => [
        [`${entry.name}ForwardFactor`, factor(entry.forward)],
        [`${entry.name}GradientFactor`, factor(entry.gradient)],
        [`${entry.name}ForwardFactorPredicted`, Math.exp(entry.predictedForward)],
        [`${entry.name}GradientFactorPredicted`, Math.exp(entry.predictedGradient)],
        [
          `${entry.name}Forward`,
          entry.predicted.map((_, i) => geometricMean(entry.rows.map((row) => row[i]!.forward))),
        ],
        [
          `${entry.name}Gradient`,
          entry.predicted.map((_, i) => geometricMean(entry.rows.map((row) => row[i]!.gradient))),
        ],
      ]),
    ),
    charts: [
      chartOf(both, "forward", "The signal falls threefold a layer on its way in"),
      chartOf(both, "gradient", "The gradient falls threefold a layer on its way back"),
    ],
  };
}

function geometricMean(samples: readonly number[]): number {
  return Math.exp(summarize(logs(samples)).mean);
}

function chartOf(both: readonly Measured[], quantity: "forward" | "gradient", title: string): Chart {
  const what = quantity === "forward" ? "the pre-activation" : "∂L/∂(pre-activation)";
  return {
    kind: "lines",
    title,
    x: { label: "layer, from input to output" },
    y: { label: `mean square of ${what}`, log: true },
    series: both.flatMap(({ name, rows, predicted }) => {
      const x = predicted.map((_, i) => i + 1);
      const over = predicted.map((_, i) => summarize(logs(rows.map((row) => row[i]![quantity]))));
      return [
        {
          label: `${name}, predicted`,
          role: "theory" as const,
          mark: "line" as const,
          x,
          y: predicted.map((row) => row[quantity]),
        },
        {
          label: name,
          role: quantity satisfies Role,
          mark: "dots" as const,
          x,
          y: over.map(({ mean }) => Math.exp(mean)),
          low: over.map(({ mean, std }) => Math.exp(mean - std)),
          high: over.map(({ mean, std }) => Math.exp(mean + std)),
        },
      ];
    }),
  };
}

export const depth: Experiment = {
  id: "depth",
  group: "statement",
  title: "The rule at depth",
  statement: "The rule U[−1/√n, 1/√n] keeps every layer of a deep network in its range.",
  source: "beyond the essay; Glorot & Bengio 2010, section 4.2, on exactly this heuristic",
  formulas: [
    {
      tex: "\\operatorname{E}\\!\\left[(z^{(l+1)})^2\\right]=n\\operatorname{Var}(w)\\operatorname{E}\\!\\left[\\varphi(z^{(l)})^2\\right]\\le\\tfrac13\\operatorname{E}\\!\\left[(z^{(l)})^2\\right]\\quad\\text{for }|\\varphi(z)|\\le|z|",
      text: "E[z′²] = n·Var(w)·E[φ(z)²] ≤ ⅓·E[z²]   where |φ(z)| ≤ |z|",
    },
    {
      tex: "\\operatorname{E}\\!\\left[(\\delta^{(l)})^2\\right]=\\tfrac13\\operatorname{E}\\!\\left[\\varphi'(z)^2\\right]\\operatorname{E}\\!\\left[(\\delta^{(l+1)})^2\\right]",
      text: "E[δ²] = ⅓·E[φ′(z)²] · E[δ′²]",
    },
  ],
  prose: [
    "The rule looks after one layer: inputs of variance 1 give pre-activations of variance 1/3. The next layer does not get variance 1. It gets what tanh makes of 1/3, which is less, and hands on a third of that. Nothing stops this: ten layers divide the signal’s square by 3¹⁰, about sixty thousand, and the gradient’s on its way back likewise.",
    "Glorot and Bengio named this heuristic as the one to replace, and their remedy is its arithmetic with the right constant: n·Var(w) = 1, a bound of √(3/n) in place of 1/√n. The factor three under the root is all there is between a rule for one layer and a rule for a network.",
    "A logistic unit hides the fall of the signal, since its output is never near zero, but not that of the gradient: its factor was seen before, and it is worse.",
  ],
  procedure:
    "Sixteen layers of 256 units, linear and tanh, weights by the rule and biases 0; signal and gradient at every layer over twelve draws, against the prediction.",
  run,
};
