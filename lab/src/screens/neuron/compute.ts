/** The Neuron screen's work: the pre-activation's law as predicted, and what draws of the weights do. */

import { type Activation, activationByName, moments, saturation } from "../../../../src/activation/index.ts";
import { readLine } from "../../../../src/formats/line/index.ts";
import { law } from "../../../../src/init/index.ts";
import { initialize } from "../../../../src/materialize/index.ts";
import { plan } from "../../../../src/plan/index.ts";
import type { Plan } from "../../../../src/plan/types.ts";
import { normalNoise } from "../../../../src/run/noise.ts";
import { linearForward } from "../../network/layers.ts";
import type { Context } from "../../work/protocol.ts";
import { activationName, architecture } from "./command.ts";
import type { NeuronState } from "./state.ts";

/** Where a unit is no use: its slope is under 1/20 of the steepest, or 0 (DESIGN 6.2). */
export interface Flat {
  readonly from: number;
  readonly to: number;
  readonly kind: "saturated" | "dead";
}

export interface Theory {
  /** Var(w). */
  readonly weightVariance: number;
  /** E[x²]. */
  readonly inputSquare: number;
  /** Var(z) over draws of weights and inputs: n·Var(w)·E[x²]. */
  readonly variance: number;
  /** Share of Var(z) that differs from input to input; the rest is one unit's own, the same for all of them. */
  readonly heard: number;
  /** E[φ'(z)], and the most there can be. */
  readonly slope: number;
  readonly steepest: number;
  readonly saturated: number;
  readonly dead: number;
  /** The curve over ±reach. */
  readonly reach: number;
  readonly curve: {
    readonly z: readonly number[];
    readonly value: readonly number[];
    readonly slope: readonly number[];
  };
  readonly flat: readonly Flat[];
}

function planned(state: NeuronState): Plan {
  const model = readLine(architecture(state), { batch: SAMPLES });
  if (state.rule !== "own") return plan(model, { scheme: state.rule });
  const made = plan(model, { scheme: "one-over-root-n" });
  const initializer = { kind: "uniform", low: -state.range, high: state.range } as const;
  return { ...made, tensors: made.tensors.map((tensor) => ({ ...tensor, initializer })) };
}

const POINTS = 401;

/** The widest stretch that shows both the bend of the curve and where the units are. */
function reachOf({ activation, slope }: NeuronState, variance: number): number {
  const bend = activation === "logistic" ? 6 / slope : 3;
  return Math.max(bend, 3.5 * Math.sqrt(variance));
}

function flatParts({ derivative, steepest }: Activation, z: readonly number[]): Flat[] {
  const parts: Flat[] = [];
  z.forEach((at, i) => {
    const size = Math.abs(derivative(at));
    if (size >= steepest / 20) return;
    const kind = size === 0 ? "dead" : "saturated";
    const last = parts.at(-1);
    if (last?.kind === kind && last.to === z[i - 1]) parts[parts.length - 1] = { ...last, to: at };
    else parts.push({ from: at, to: at, kind });
  });
  return parts;
}

/** The numbers of `epoch0 plan`, and the curve. */
export function theory(state: NeuronState): Theory {
  const activation = activationByName(activationName(state));
  const { initializer, shape } = planned(state).tensors[0]!;
  const weightVariance = law(initializer, shape).variance;
  const inputSquare = state.mean ** 2 + state.deviation ** 2;
  const variance = state.n * weightVariance * inputSquare;
  const reach = reachOf(state, variance);
  const z = Array.from({ length: POINTS }, (_, i) => reach * (-1 + (2 * i) / (POINTS - 1)));
  const { saturated, dead } = saturation(activation, { variance });
  // A logistic unit far out is flat to the last bit, but not dead as a rectifier is: the curve still bends towards it.
  const flat = flatParts(activation, z).map((part) =>
    state.activation === "relu" ? part : { ...part, kind: "saturated" as const },
  );
  return {
    weightVariance,
    inputSquare,
    variance,
    heard: inputSquare === 0 ? 0 : state.deviation ** 2 / inputSquare,
    slope: moments(activation, { variance }).derivativeMean,
    steepest: activation.steepest,
    saturated,
    dead,
    reach,
    curve: { z, value: z.map(activation.value), slope: z.map(activation.derivative) },
    flat,
  };
}

/** Inputs a draw of the weights answers. */
const SAMPLES = 16;
const BINS = 60;

export interface Drawn {
  /** Draws so far, and pre-activations in them. */
  readonly count: number;
  readonly values: number;
  readonly mean: number;
  readonly variance: number;
  /** E[φ'(z)] as sampled. */
  readonly slope: number;
  readonly saturated: number;
  readonly dead: number;
  /** Shares of equal bins over ±reach; what lies beyond is in none. */
  readonly shares: readonly number[];
  /** The first unit's pre-activations for different inputs, and its activations there. */
  readonly one: readonly { readonly z: number; readonly value: number; readonly flat: boolean }[];
}

/** Draws layer after layer from the library's stream and lets each answer inputs of its own. Seeds count on from the state's. */
export async function* draws(state: NeuronState, context: Context): AsyncGenerator<Drawn> {
  const made = planned(state);
  const { reach, inputSquare, weightVariance } = theory(state);
  const activation = activationByName(activationName(state));
  const counts = new Float64Array(BINS);
  let one: Drawn["one"] = [];
  let [values, sum, squares, slopes, saturated, dead] = [0, 0, 0, 0, 0, 0];
  // Sums of squares of numbers near 0 lose nothing; E[z] = 0 by symmetry.
  const scale = Math.sqrt(state.n * weightVariance * inputSquare) || 1;
  for (let draw = 0; draw < state.draws; draw++) {
    await context.breathe();
    const weights = initialize(made, { seed: state.seed + draw });
    const x = normalNoise(state.seed, `neuron ${draw}`, SAMPLES * state.n, state.mean, state.deviation);
    const z = linearForward(x, weights.get(made.tensors[0]!.name)!, null, SAMPLES);
    for (const at of z) {
      const slope = activation.derivative(at);
      const size = Math.abs(slope);
      sum += at / scale;
      squares += (at / scale) ** 2;
      slopes += slope;
      if (size < activation.steepest / 20) saturated++;
      if (size === 0) dead++;
      const bin = Math.floor(((at + reach) / (2 * reach)) * BINS);
      if (bin >= 0 && bin < BINS) counts[bin]!++;
    }
    values += z.length;
    if (draw === 0)
      one = Array.from({ length: SAMPLES }, (_, sample) => {
        const at = z[sample * state.units]!;
        return {
          z: at,
          value: activation.value(at),
          flat: Math.abs(activation.derivative(at)) < activation.steepest / 20,
        };
      });
    const mean = sum / values;
    yield {
      count: draw + 1,
      values,
      mean: mean * scale,
      variance: (squares / values - mean * mean) * scale * scale,
      slope: slopes / values,
      saturated: saturated / values,
      dead: dead / values,
      shares: [...counts].map((count) => count / values),
      one,
    };
  }
}
