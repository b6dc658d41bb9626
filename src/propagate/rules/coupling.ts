/**
 * E[δ_p x_p δ_p' x_p'] of a value x and its gradient δ when an activation follows: δ = δ_a φ'(z), z = x or x plus other
 * branches. φ'(z) and x are not independent (a rectifier passes the gradient where x is large), and where the gradient
 * from behind is alike at many positions, as after a global pooling, the mean E[φ'(z) x] is what counts.
 */

import type { Activation } from "../../activation/index.ts";
import { expectations } from "../../gaussian/index.ts";
import type { Node } from "../../model/types.ts";
import { type Context, stateOf, togetherness } from "../context.ts";
import { diagonal, type Kernel, mapCorrelations, onWindow, positions } from "../kernel/kernel.ts";
import { sumOfProduct } from "../kernel/pairs.ts";
import { activationMap } from "../law/activation-map.ts";
import { activationOf, homogeneous } from "../law/form.ts";
import type { MaximumLaw } from "../law/maximum.ts";
import { atomsOf } from "../law/shape.ts";
import { type Part, stateSecondMoment } from "../state/state.ts";
import { derivatives } from "./ranks.ts";

interface Following {
  readonly node: Extract<Node, { kind: "activation" }>;
  /** E[g²] of a gate on the way. */
  readonly gain: number;
}

/** Summaries of a map, from which a gate is made: little of the gradient comes back through them. */
const isSummary = (node: Node): boolean =>
  node.kind === "reduce" || (node.kind === "pool" && node.method === "average");

/** The activation that a tensor goes into alone, at once, after a gate that all positions share, or after one addition. */
function activationAfter(context: Context, tensor: string): Following | null {
  const users = (name: string) => context.consumers.get(name) ?? [];
  let [consumers, gain] = [users(tensor), 1];
  const product = consumers.find((node) => node.kind === "combine" && node.operation === "multiply");
  if (product?.kind === "combine" && consumers.every((node) => node === product || isSummary(node))) {
    const gate = product.inputs.map((name) => context.states.get(name)).find((_, i) => product.inputs[i] !== tensor);
    if (!gate?.parts.every((part) => part.kernel.sizes.length === 0)) return null;
    gain = stateSecondMoment(gate);
    consumers = users(product.outputs[0]);
  }
  const [next, another] = consumers;
  if (!next || another) return null;
  if (next.kind === "activation") return { node: next, gain };
  if (next.kind !== "combine" || next.operation !== "add") return null;
  const [after, more] = users(next.outputs[0]);
  return after?.kind === "activation" && !more ? { node: after, gain } : null;
}

interface Coupled {
  /** E[φ' t] and E[φ'² t²], t = (z − mean)/sd. */
  readonly mean: number;
  readonly second: number;
  /** E[φ'] and E[φ'² t]. */
  readonly level: number;
  readonly tilt: number;
  /** E[φ'²], and E[φ'φ'] of two positions at a correlation. */
  readonly slope: number;
  readonly slopes: (correlation: number) => number;
}

function coupledMoments(activation: Activation, mean: number, sd: number): Coupled {
  const map = activationMap(activation, mean, sd * sd);
  return {
    ...slopeMoments(activation, mean, sd),
    slope: map.derivativeSecondMoment,
    slopes: map.slopeProduct,
  };
}

type SlopeMoments = Pick<Coupled, "mean" | "second" | "level" | "tilt">;

/** Of a homogeneous activation at mean 0: φ'(z) hangs on the sign alone, t does not know of the variance. */
const unitSlopes = new WeakMap<Activation, SlopeMoments>();

function slopeMoments(activation: Activation, mean: number, sd: number): SlopeMoments {
  if (mean !== 0 || !homogeneous(activation)) return integrateSlopes(activation, mean, sd);
  const found = unitSlopes.get(activation) ?? integrateSlopes(activation, 0, 1);
  unitSlopes.set(activation, found);
  return found;
}

function integrateSlopes(activation: Activation, mean: number, sd: number): SlopeMoments {
  const { values } = expectations(
    (z, out) => {
      const slope = activation.derivative(z);
      const product = (slope * (z - mean)) / sd;
      out[0] = product;
      out[1] = product * product;
      out[2] = slope;
      out[3] = slope * product;
    },
    4,
    { mean, variance: sd * sd, breaks: activation.breaks, features: activation.features },
  );
  return { mean: values[0], second: values[1], level: values[2], tilt: values[3] };
}

/** E[w φ'(z) (offset + along·t)] for t the standardized z, w the weights of the gradient's common part by rank. */
function ledMean(activation: Activation, part: Part, weights: Float64Array, offset: number, along: number): number {
  const slopes = derivatives(activation, part);
  return (
    atomsOf(part.shape).reduce((sum, t, i) => sum + (offset + along * t) * weights[i] * slopes[i], 0) / slopes.length
  );
}

/** The same where z is the largest of its window. */
function winnersMoments(activation: Activation, law: MaximumLaw, mean: number, sd: number): Coupled {
  const t = (z: number) => (z - mean) / sd;
  const square = law.expect(activation.derivative) ** 2;
  return {
    mean: law.expect((z) => activation.derivative(z) * t(z)),
    second: law.expect((z) => (activation.derivative(z) * t(z)) ** 2),
    level: law.expect(activation.derivative),
    tilt: law.expect((z) => activation.derivative(z) ** 2 * t(z)),
    slope: law.expect((z) => activation.derivative(z) ** 2),
    slopes: () => square,
  };
}

/** E[φ'(z)(z − mean)]/sd at the winners of a max pooling. */
export const winnersMean = (activation: Activation, law: MaximumLaw, mean: number, sd: number): number =>
  winnersMoments(activation, law, mean, sd).mean;

/**
 * Mean over pairs of positions of E[δ_p x_p δ_p' x_p'] for each part of `tensor`, other samples' share included; x is
 * taken of variance 1 around `offset`, `deviation` is the standard deviation that it really has. Null where no activation
 * follows in a way that is known: then value and gradient count as independent.
 */
export function coupledMean(
  context: Context,
  tensor: string,
  index: number,
  deviation: number,
  offset = 0,
): number | null {
  const found = activationAfter(context, tensor);
  if (!found) return null;
  const { node, gain } = found;
  const gradient = context.gradients.get(node.outputs[0])?.[index];
  if (!gradient) return null;
  // Either all of the gradient comes from winners of a max pooling, or none.
  const winners = gradient.selected;
  if (winners && diagonal(gradient.kernel) !== 0) return null;
  const part: Part | undefined = stateOf(context, node.inputs[0]).parts[index];
  const variance = part ? diagonal(part.kernel) - part.mean ** 2 : 0;
  const own: Part | undefined = stateOf(context, tensor).parts[index];
  if (!part || !own || diagonal(own.kernel) === 0) return null;
  if (variance <= 0 || part.kernel.sizes.length !== gradient.kernel.sizes.length) return null;
  const sd = Math.sqrt(variance);
  const activation = activationOf(context, node);
  const share = Math.min(1, (deviation * Math.sqrt(gain)) / sd);
  const moments = winners
    ? winnersMoments(activation, winners.law, part.mean, sd)
    : coupledMoments(activation, part.mean, sd);
  // x = r + β t + √(1 − β²) e: what x and z share, and the rest of x, which has a correlation over positions of its own.
  const along = share * share > 1 - ALIKE ? 1 : share * share;
  const square = moments.mean ** 2;
  const tilted = 2 * offset * Math.sqrt(along);
  const diagonalValue = along * moments.second + (1 - along + offset * offset) * moments.slope + tilted * moments.tilt;
  if (diagonalValue === 0) return 0;
  const centredBy = (of: Part) => {
    const [level, mean] = [diagonal(of.kernel), of.mean ** 2];
    return (raw: number) => (level <= mean ? 0 : (raw * level - mean) / (level - mean));
  };
  const [ofZ, ofX] = [centredBy(part), centredBy(own)];
  const product = (z: number, x: number) => {
    const apart = moments.mean * moments.level;
    const lifted =
      offset === 0 ? 0 : offset * offset * moments.slopes(z) + tilted * (apart + (moments.tilt - apart) * z);
    const shared = lifted + along * (square + (moments.second - square) * z);
    if (along === 1) return shared;
    const rest = Math.max(-1, Math.min(1, (x - along * z) / (1 - along)));
    return shared + (1 - along) * moments.slopes(z) * rest;
  };
  const values = own.kernel.sizes.length === part.kernel.sizes.length ? own.kernel : part.kernel;
  const at = (z: number, x: number) => product(ofZ(z), ofX(x)) / diagonalValue;
  const kernel = joined(part.kernel, along < 1 ? values : null, at, diagonalValue);
  const inside = sumOfProduct(winners?.kernel ?? gradient.kernel, kernel) / positions(kernel) ** 2;
  const cross = product(ofZ(part.cross / diagonal(part.kernel)), ofX(own.cross / diagonal(own.kernel)));
  const plain = offset * moments.level + Math.sqrt(along) * moments.mean;
  const led =
    gradient.leadByRank && !winners ? ledMean(activation, part, gradient.leadByRank, offset, Math.sqrt(along)) : plain;
  return gain * (inside + gradient.shared * cross + togetherness(gradient) * (led * led - plain * plain));
}

/** Up to so little of its variance apart (rounding), a value and what the activation sees of it are one. */
const ALIKE = 1e-12;

/** The kernel of diagonal `level` whose correlations are f of those of z and of x; without x they hang on z alone. */
function joined(z: Kernel, x: Kernel | null, f: (z: number, x: number) => number, level: number): Kernel {
  if (x === null) return { ...z, ...mapCorrelations(z, (c) => f(c, c)), profile: Float64Array.of(level) };
  const radius = z.radius.map((r, axis) => Math.max(r, x.radius[axis]));
  const [zs, xs] = [onWindow(z, radius), onWindow(x, radius)];
  const lags = zs.map((c, i) => f(c, xs[i]));
  lags[(lags.length - 1) / 2] = 1;
  const far = z.sizes.length === 0 ? 1 : f(z.far, x.far);
  return { sizes: z.sizes, radius, lags, far, profile: Float64Array.of(level) };
}
