/** Backpropagation multiplies by the activation's slope at every hidden unit. */

import { type Activation, activationByName, moments } from "../../activation/index.ts";
import type { Model } from "../../model/types.ts";
import { propagate } from "../../propagate/index.ts";
import { createExecutor } from "../../run/index.ts";
import { decide, equivalent, logs, summarize, withinRounding } from "../decide.ts";
import { drawNetwork, layerSignals, linearNodes, network, noise, normalOf } from "../networks.ts";
import type { Chart, Experiment, ExperimentOptions, Outcome, Test } from "../types.ts";

/** Unit roundoff of float32. */
const UNIT = 2 ** -24;
/** Of the factor a layer: E[ln] of a fluctuating square lies below ln E by about 1/width, and a batch is finite. */
const MARGIN = 0.05;

interface Case {
  readonly name: string;
  /** n·Var(W). */
  readonly gain: number;
}

const CASES: readonly Case[] = [
  { name: "logistic", gain: 1 },
  { name: "tanh", gain: 1 },
  { name: "relu", gain: 2 },
];

/**
 * Largest error of ∂L/∂z = ∂L/∂a · φ′(z), over what rounding may make of it. The slope is a handful of operations on z;
 * exp(−z) carries z's own half unit as |z| units: (16 + 2|z|) units of the product.
 */
function chainRuleError(
  activation: Activation,
  z: Float32Array,
  after: Float32Array,
  before: Float32Array,
): { readonly error: number; readonly share: number } {
  let share = 0;
  let error = 0;
  z.forEach((value, i) => {
    const exact = after[i]! * activation.derivative(value);
    const difference = Math.abs(before[i]! - exact);
    const bound = (16 + 2 * Math.abs(value)) * UNIT * Math.abs(exact) + 2 ** -140;
    share = Math.max(share, difference / bound);
    error = Math.max(error, difference);
  });
  return { error, share };
}

/** The chain rule at every hidden unit of a logistic network, element by element. */
async function chainRule({ seed }: ExperimentOptions): Promise<Test> {
  const logistic = activationByName("logistic");
  const batch = 16;
  const model = network("64 > 48 logistic > 48 logistic > 48 logistic > 10", batch);
  const executor = await createExecutor(model);
  try {
    const { values, gradients } = await executor.forwardBackward(
      drawNetwork(model, normalOf(1), seed),
      new Map([["input", noise(seed, "chain rule input", 64 * batch)]]),
      new Map([[model.outputs[0]!, noise(seed, "chain rule cotangent", 10 * batch)]]),
    );
    const shares = model.nodes
      .filter((node) => node.kind === "activation")
      .map((node) => {
        const [z, a] = [node.inputs[0]!, node.outputs[0]!];
        return chainRuleError(logistic, values.get(z)!, gradients.get(a)!, gradients.get(z)!).share;
      });
    return withinRounding("∂L/∂z = ∂L/∂a · σ′(z) at each of 2,304 hidden activations", Math.max(...shares), {
      bound: 1,
      of: "the largest error as a share of (16 + 2|z|)·2⁻²⁴·|∂L/∂z|",
    });
  } finally {
    executor.dispose();
  }
}

interface Factors {
  readonly name: string;
  /** Mean square of the gradient at each layer's pre-activation, predicted by the product of factors from the last. */
  readonly predicted: readonly number[];
  readonly predictedFactor: number;
  readonly measured: readonly { readonly mean: number; readonly low: number; readonly high: number }[];
  /** Measured over predicted factor a layer, one number a draw. */
  readonly ratios: readonly number[];
}

/** n·Var(W)·E[φ′(z)²] for the step from each layer back to the one before it; z ~ N(0, q) with q predicted. */
function predictedFactors(model: Model, activation: Activation, { gain }: Case): number[] {
  const fanIns = new Map(linearNodes(model).map(({ weight }) => [weight, model.parameters.get(weight)!.shape[1]!]));
  const { signals } = propagate(model, (name) => ({ mean: 0, variance: gain / (fanIns.get(name) ?? Infinity) }));
  const layers = linearNodes(model);
  return layers.slice(0, -1).map((node, i) => {
    const q = signals.get(node.outputs[0]!)!.secondMoment;
    const next = model.parameters.get(layers[i + 1]!.weight)!;
    const [fanOut, fanIn] = [next.shape[0]!, next.shape[1]!];
    return fanOut * (gain / fanIn) * moments(activation, { variance: q }).derivativeSecondMoment;
  });
}

async function factorsOf(entry: Case, { seed, size, signal }: ExperimentOptions, onDraw: () => void): Promise<Factors> {
  const [width, depth, draws] = size === "full" ? [256, 10, 12] : [128, 6, 8];
  const model = network(`${width} > ${width} ${entry.name} x${depth - 1} > ${width}`, 16);
  const activation = activationByName(entry.name);
  const factors = predictedFactors(model, activation, entry);
  const predicted = new Array<number>(depth).fill(1);
  for (let layer = depth - 2; layer >= 0; layer--) predicted[layer] = predicted[layer + 1]! * factors[layer]!;
  const rows = await layerSignals(model, { law: normalOf(entry.gain), draws, seed, signal, onDraw });
  const total = predicted[0]!;
  const ratios = rows.map((layers) => (layers[0]!.gradient / layers[depth - 1]!.gradient / total) ** (1 / (depth - 1)));
  const measured = predicted.map((_, layer) => {
    const { mean, std } = summarize(logs(rows.map((row) => row[layer]!.gradient / row[depth - 1]!.gradient)));
    return { mean: Math.exp(mean), low: Math.exp(mean - std), high: Math.exp(mean + std) };
  });
  return { name: entry.name, predicted, predictedFactor: total ** (1 / (depth - 1)), measured, ratios };
}

async function run(options: ExperimentOptions): Promise<Outcome> {
  const draws = options.size === "full" ? 12 : 8;
  let done = 0;
  const exact = await chainRule(options);
  const cases: Factors[] = [];
  for (const entry of CASES) {
    cases.push(await factorsOf(entry, options, () => options.onProgress?.(++done / (draws * CASES.length))));
  }
  const decided = decide({
    written: [
      exact,
      ...cases.map(({ name, ratios }) =>
        equivalent(
          `${name}: the gradient's factor a layer is n·Var(W)·E[φ′(z)²] within ${100 * MARGIN} %`,
          logs(ratios),
          { target: 0, margin: Math.log1p(MARGIN) },
        ),
      ),
    ],
  });
  const measuredFactor = (entry: Factors) => entry.predictedFactor * Math.exp(summarize(logs(entry.ratios)).mean);
  const [logistic, tanh, relu] = cases;
  return {
    ...decided,
    finding: `the gradient's factor a layer is ${measuredFactor(logistic!).toFixed(4)} for logistic units (predicted ${logistic!.predictedFactor.toFixed(4)}), ${measuredFactor(tanh!).toFixed(3)} for tanh (${tanh!.predictedFactor.toFixed(3)}), ${measuredFactor(relu!).toFixed(3)} for ReLU (${relu!.predictedFactor.toFixed(3)})`,
    figures: Object.fromEntries(
      cases.flatMap((entry) => [
        [`${entry.name}Factor`, measuredFactor(entry)],
        [`${entry.name}FactorPredicted`, entry.predictedFactor],
        [`${entry.name}Gradient`, entry.measured.map(({ mean }) => mean)],
        [`${entry.name}GradientPredicted`, entry.predicted],
      ]),
    ),
    charts: [chartOf(cases)],
  };
}

function chartOf(cases: readonly Factors[]): Chart {
  const [logistic] = cases;
  return {
    kind: "lines",
    title: `Logistic units let ×${logistic!.predictedFactor.toFixed(3)} of the gradient's square through each layer; tanh and ReLU most of it`,
    x: { label: "layer, from input to output" },
    y: { label: "mean square of the gradient, over the last layer's", log: true },
    series: cases.flatMap(({ name, predicted, measured }) => [
      {
        label: `${name}, predicted`,
        role: "theory" as const,
        mark: "line" as const,
        x: predicted.map((_, i) => i + 1),
        y: predicted,
      },
      {
        label: name,
        role: "gradient" as const,
        mark: "dots" as const,
        x: measured.map((_, i) => i + 1),
        y: measured.map(({ mean }) => mean),
        low: measured.map(({ low }) => low),
        high: measured.map(({ high }) => high),
      },
    ]),
    note: "Weights with n·Var(W) = 1, for ReLU 2.",
  };
}

export const backpropFactor: Experiment = {
  id: "backprop-factor",
  group: "statement",
  title: "A slope in every derivative",
  statement:
    "The derivative of the loss by every weight contains the derivative of the activation at the hidden nodes behind it.",
  source: "the essay; Rumelhart, Hinton & Williams 1986; the factor: Schoenholz 2017, eq. 9",
  formulas: [
    {
      tex: "\\frac{\\partial L}{\\partial W^{(l)}_{ij}}=\\delta^{(l)}_i a^{(l-1)}_j,\\qquad \\delta^{(l)}=\\varphi'(z^{(l)})\\odot W^{(l+1)\\top}\\delta^{(l+1)}",
      text: "∂L/∂W_ij = δ_i·a_j,   δ = φ′(z) ⊙ W′ᵀ δ′",
    },
    {
      tex: "\\operatorname{E}\\!\\left[(\\delta^{(l)})^2\\right]=n\\operatorname{Var}(W)\\operatorname{E}\\!\\left[\\varphi'(z)^2\\right]\\operatorname{E}\\!\\left[(\\delta^{(l+1)})^2\\right]",
      text: "E[δ²] = n·Var(W)·E[φ′(z)²] · E[δ′²]",
    },
  ],
  prose: [
    "The chain rule leaves no choice. On its way back to a weight the error passes every hidden unit in between, and at each it is multiplied by the slope of the curve at the place where that unit happens to be. This can be checked number by number, and is.",
    "What matters for a network is the mean of that product. If weights are drawn independently, the mean square of the error changes by n·Var(W)·E[φ′(z)²] from one layer to the one before: a number that can be had without running anything. The logistic slope is at most 1/4, so its square is at most 1/16, and no weights in reasonable range make up for that: ten layers cost eleven orders of magnitude. The slope of tanh is 1 at the origin. A rectifier's is 1 half of the time, which n·Var(W) = 2 repairs exactly.",
  ],
  procedure:
    "The chain rule element by element in a logistic network; then ten layers of 256 units for three activations, the gradient measured at each layer over twelve draws against the predicted factor.",
  run,
};
