/** Glorot & Bengio 2010: activations and gradients by layer, the common heuristic against normalized initialization. */

import { createExecutor } from "../../run/index.ts";
import { symmetricEigenvalues } from "../../run/train/eigenvalues.ts";
import { above, decide, equivalent, logs, summarize } from "../decide.ts";
import {
  drawNetwork,
  type LayerSignal,
  layerSignals,
  linearNodes,
  type MatrixLaw,
  network,
  noise,
  rootN,
} from "../networks.ts";
import type { Chart, Experiment, ExperimentOptions, Outcome } from "../types.ts";

/** U[±√(6/(n_in + n_out))], eq. 16. */
const normalized: MatrixLaw = (fanIn, fanOut) => {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return { kind: "uniform", low: -bound, high: bound };
};

const LAYERS = 5;

/**
 * The printed singular values are those of the paper's images, whose grey values are below 1; here they are measured on
 * inputs of this standard deviation. In the limit of small inputs they are 8/(3π) = 0.849 of √(n·Var(W)) (quarter circle).
 */
const INPUT_STD = 0.3;

interface Measured {
  readonly name: string;
  readonly rows: readonly (readonly LayerSignal[])[];
  /** ln of the gradient's factor a layer in the mean square, one a draw. */
  readonly gradient: readonly number[];
  readonly forward: readonly number[];
  /** Mean singular value of ∂z/∂z of neighbouring layers, one a draw. */
  readonly singular: readonly number[];
}

/** Singular values of diag(φ′(z)) between two layers: W′·diag(φ′(z)), through the eigenvalues of its Gram matrix. */
function meanSingularValue(weight: Float32Array, z: Float32Array, width: number): number {
  const slope = z.map((value) => 1 - Math.tanh(value) ** 2);
  const rows = Array.from({ length: width }, (_, i) =>
    Float64Array.from({ length: width }, (_, k) => weight[i * width + k]! * slope[k]!),
  );
  const gram = rows.map((a) => Float64Array.from(rows, (b) => a.reduce((sum, value, k) => sum + value * b[k]!, 0)));
  const values = symmetricEigenvalues(gram).map((square) => Math.sqrt(Math.max(0, square)));
  return values.reduce((sum, value) => sum + value, 0) / width;
}

async function singularValues(
  law: MatrixLaw,
  { seed, width, draws }: { readonly seed: bigint; readonly width: number; readonly draws: number },
): Promise<number[]> {
  const model = network(`${width} > ${width} tanh x${LAYERS}`, 1);
  const executor = await createExecutor(model);
  const layers = linearNodes(model);
  try {
    const means: number[] = [];
    for (let draw = 0; draw < draws; draw++) {
      const weights = drawNetwork(model, law, seed + BigInt(draw));
      const inputs = new Map([["input", noise(seed, `glorot input ${draw}`, width).map((x) => INPUT_STD * x)]]);
      const values = await executor.forward(weights, inputs);
      const each = layers
        .slice(1)
        .map(({ weight }, i) => meanSingularValue(weights.get(weight)!, values.get(layers[i]!.outputs[0]!)!, width));
      means.push(summarize(each).mean);
    }
    return means;
  } finally {
    executor.dispose();
  }
}

async function measure(
  name: string,
  law: MatrixLaw,
  options: ExperimentOptions,
  onDraw: () => void,
): Promise<Measured> {
  const [width, draws] = options.size === "full" ? [300, 10] : [128, 6];
  const model = network(`${width} > ${width} tanh x${LAYERS} > ${width}`, 32);
  const { seed, signal } = options;
  const rows = await layerSignals(model, { law, draws, seed, signal, onDraw });
  const singular = await singularValues(law, {
    seed: BigInt(seed),
    width: options.size === "full" ? 160 : 96,
    draws: 4,
  });
  const perLayer = (from: number, to: number) => Math.log(to / from) / (LAYERS - 1);
  return {
    name,
    rows,
    singular,
    forward: rows.map((row) => perLayer(row[0]!.forward, row[LAYERS - 1]!.forward)),
    gradient: rows.map((row) => perLayer(row[LAYERS - 1]!.gradient, row[0]!.gradient)),
  };
}

async function run(options: ExperimentOptions): Promise<Outcome> {
  const draws = options.size === "full" ? 10 : 6;
  let done = 0;
  const onDraw = () => options.onProgress?.(++done / (2 * draws));
  const standard = await measure("standard", rootN(), options, onDraw);
  const better = await measure("normalized", normalized, options, onDraw);
  const factor = (samples: readonly number[]) => Math.exp(summarize(samples).mean);
  const decided = decide({
    written: [
      above(
        "a layer keeps at least twice as much of the gradient's square under normalized initialization",
        better.gradient.map((value, i) => value - standard.gradient[i]!),
        Math.log(2),
      ),
      above(
        "and at least twice as much of the signal's square",
        better.forward.map((value, i) => value - standard.forward[i]!),
        Math.log(2),
      ),
    ],
    beside: [
      equivalent("mean singular value of the Jacobian between layers, standard: 0.5 as printed", standard.singular, {
        target: 0.5,
        margin: 0.05,
      }),
      equivalent("the same, normalized: 0.8 as printed", better.singular, { target: 0.8, margin: 0.05 }),
    ],
  });
  const singular = (entry: Measured) => summarize(entry.singular).mean;
  return {
    ...decided,
    finding: `a layer multiplies the gradient's square by ${factor(standard.gradient).toFixed(2)} under the standard rule and by ${factor(better.gradient).toFixed(2)} under the normalized one; mean singular values between layers are ${singular(standard).toFixed(2)} and ${singular(better).toFixed(2)}`,
    figures: Object.fromEntries(
      [standard, better].flatMap((entry) => [
        [`${entry.name}ForwardFactor`, factor(entry.forward)],
        [`${entry.name}GradientFactor`, factor(entry.gradient)],
        [`${entry.name}SingularValue`, singular(entry)],
      ]),
    ),
    charts: [
      chartOf("forward", "Under the standard rule the signal falls layer by layer; normalized, it hardly does", [
        standard,
        better,
      ]),
      chartOf("gradient", "So does the gradient on its way back", [standard, better]),
    ],
    comparison: [
      {
        what: "mean singular value of the Jacobian between layers, standard",
        paper: "0.5 (section 4.2.2)",
        here: singular(standard).toFixed(3),
      },
      { what: "the same, normalized", paper: "0.8 (section 4.2.2)", here: singular(better).toFixed(3) },
      {
        what: "activations by layer (figure 6)",
        paper: "standard: narrower towards the output; normalized: alike",
        here: `variance × ${factor(standard.forward).toFixed(2)} a layer; × ${factor(better.forward).toFixed(2)}`,
      },
      {
        what: "back-propagated gradients by layer (figure 7)",
        paper: "standard: narrower towards the input; normalized: alike",
        here: `variance × ${factor(standard.gradient).toFixed(2)} a layer; × ${factor(better.gradient).toFixed(2)}`,
      },
    ],
  };
}

function chartOf(quantity: "forward" | "gradient", title: string, entries: readonly Measured[]): Chart {
  const layers = Array.from({ length: LAYERS }, (_, i) => i + 1);
  return {
    kind: "lines",
    title,
    x: { label: "hidden layer, from input to output" },
    y: {
      label: quantity === "forward" ? "mean square of the pre-activation" : "mean square of the gradient there",
      log: true,
    },
    series: entries.map(({ name, rows }) => {
      const over = layers.map((_, i) => summarize(logs(rows.map((row) => row[i]![quantity]))));
      return {
        label: name === "standard" ? "standard, U[±1/√n]" : "normalized, U[±√(6/(n+n′))]",
        role: name === "standard" ? ("danger" as const) : quantity,
        mark: "both" as const,
        x: layers,
        y: over.map(({ mean }) => Math.exp(mean)),
        low: over.map(({ mean, std }) => Math.exp(mean - std)),
        high: over.map(({ mean, std }) => Math.exp(mean + std)),
      };
    }),
  };
}

export const glorot2010: Experiment = {
  id: "glorot-2010",
  group: "paper",
  title: "Normalized initialization",
  statement:
    "With the usual U[−1/√n, 1/√n] activations and back-propagated gradients of a tanh network shrink from layer to layer; with normalized initialization far less.",
  source: "Glorot & Bengio 2010, figures 6 and 7, section 4.2.2",
  formulas: [
    {
      tex: "W\\sim U\\!\\left[-\\frac{\\sqrt6}{\\sqrt{n_j+n_{j+1}}},\\frac{\\sqrt6}{\\sqrt{n_j+n_{j+1}}}\\right],\\qquad \\operatorname{Var}(W)=\\frac{2}{n_j+n_{j+1}}",
      text: "W ~ U[±√6/√(n + n′)],  Var(W) = 2/(n + n′)",
    },
  ],
  prose: [
    "The heuristic of the essay was the habit of its time, and this is the paper that measured what it does. Two conditions would keep a linear network level, n·Var(W) = 1 for the signal and n′·Var(W) = 1 for the gradient, with n′ the units that one unit feeds. Unless the layers are equally wide they cannot both be had, so the paper takes the mean of n and n′.",
    "Tanh is not linear, and at variance 1 it already bends: the normalized rule loses a little at each layer too. But a little, where the old one loses two thirds. One number sums it up that the paper prints as well: the mean singular value of the Jacobian between two neighbouring layers.",
  ],
  procedure:
    "Five hidden tanh layers of 300 units on normal inputs of variance 1, ten draws; singular values of the Jacobian between layers of 160 units on inputs of standard deviation 0.3, about that of grey values, four draws. The paper has 1,000 units and images.",
  run,
};
