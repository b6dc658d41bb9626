/**
 * E[δ_p x_p δ_p' x_p'] of a value x and its gradient δ when an activation follows: δ = δ_a φ'(z), z = x or x plus other
 * branches. φ'(z) and x are not independent (a rectifier passes the gradient where x is large), and where the gradient
 * from behind is alike at many positions, as after a global pooling, the mean E[φ'(z) x] is what counts.
 */

import type { Activation } from "../../activation/index.ts";
import { expectations } from "../../gaussian/index.ts";
import type { Node } from "../../model/types.ts";
import { type Context, stateOf, togetherness } from "../context.ts";
import { diagonal, type Kernel, mapCorrelations, positions } from "../kernel/kernel.ts";
import { sumOfProduct } from "../kernel/pairs.ts";
import { activationOf } from "../law/form.ts";
import type { MaximumLaw } from "../law/maximum.ts";
import { atomsOf } from "../law/shape.ts";
import type { Part } from "../state/state.ts";
import { derivatives } from "./ranks.ts";

/** The activation that a tensor goes into alone, at once or after one addition. */
function activationAfter(context: Context, tensor: string): Extract<Node, { kind: "activation" }> | null {
  const [next, another] = context.consumers.get(tensor) ?? [];
  if (!next || another) return null;
  if (next.kind === "activation") return next;
  if (next.kind !== "combine" || next.operation !== "add") return null;
  const [after, more] = context.consumers.get(next.outputs[0]) ?? [];
  return after?.kind === "activation" && !more ? after : null;
}

/** E[φ'(z) x] and E[φ'(z)² x²] for x of variance 1 and covariance `share`·sd(z) with z, jointly Gaussian. */
function coupledMoments(
  activation: Activation,
  mean: number,
  sd: number,
  share: number,
): { readonly mean: number; readonly second: number } {
  const { values } = expectations(
    (z, out) => {
      const slope = activation.derivative(z);
      const t = (z - mean) / sd;
      out[0] = slope * share * t;
      out[1] = slope * slope * (share * share * t * t + 1 - share * share);
    },
    2,
    { mean, variance: sd * sd, breaks: activation.breaks, features: activation.features },
  );
  return { mean: values[0], second: values[1] };
}

/** E[w φ'(z) t] for t the standardized z, w the weights of the gradient's common part by rank. */
function ledMean(activation: Activation, part: Part, weights: Float64Array): number {
  const slopes = derivatives(activation, part);
  return atomsOf(part.shape).reduce((sum, t, i) => sum + t * weights[i] * slopes[i], 0) / slopes.length;
}

/** The same where z is the largest of its window. */
function winnersMoments(
  activation: Activation,
  law: MaximumLaw,
  mean: number,
  sd: number,
  share: number,
): { readonly mean: number; readonly second: number } {
  const t = (z: number) => (z - mean) / sd;
  return {
    mean: law.expect((z) => activation.derivative(z) * share * t(z)),
    second: law.expect((z) => activation.derivative(z) ** 2 * (share * share * t(z) ** 2 + 1 - share * share)),
  };
}

/** E[φ'(z)(z − mean)]/sd at the winners of a max pooling. */
export const winnersMean = (activation: Activation, law: MaximumLaw, mean: number, sd: number): number =>
  winnersMoments(activation, law, mean, sd, 1).mean;

/**
 * Mean over pairs of positions of E[δ_p x_p δ_p' x_p'] for each part of `tensor`, other samples' share included; x is
 * taken centred and of variance 1, `deviation` is the standard deviation that it really has. Null where no activation
 * follows in a way that is known: then value and gradient count as independent.
 */
export function coupledMean(context: Context, tensor: string, index: number, deviation: number): number | null {
  const node = activationAfter(context, tensor);
  const gradient = node && context.gradients.get(node.outputs[0])?.[index];
  if (!node || !gradient) return null;
  // Either all of the gradient comes from winners of a max pooling, or none.
  const winners = gradient.selected;
  if (winners && diagonal(gradient.kernel) !== 0) return null;
  const part: Part | undefined = stateOf(context, node.inputs[0]).parts[index];
  const variance = part ? diagonal(part.kernel) - part.mean ** 2 : 0;
  if (!part || variance <= 0 || part.kernel.sizes.length !== gradient.kernel.sizes.length) return null;
  const sd = Math.sqrt(variance);
  const activation = activationOf(context, node);
  const share = Math.min(1, deviation / sd);
  const moments = winners
    ? winnersMoments(activation, winners.law, part.mean, sd, share)
    : coupledMoments(activation, part.mean, sd, share);
  if (moments.second === 0) return 0;
  const square = moments.mean ** 2;
  const centred = (raw: number) => (raw * diagonal(part.kernel) - part.mean ** 2) / variance;
  const product = (c: number) => (square + (moments.second - square) * c) / moments.second;
  const kernel: Kernel = {
    ...part.kernel,
    ...mapCorrelations(part.kernel, (c) => product(centred(c))),
    profile: Float64Array.of(moments.second),
  };
  const own = sumOfProduct(winners?.kernel ?? gradient.kernel, kernel) / positions(kernel) ** 2;
  const shared = gradient.shared * moments.second * product(centred(part.cross / diagonal(part.kernel)));
  const led = gradient.leadByRank && !winners ? share * ledMean(activation, part, gradient.leadByRank) : moments.mean;
  return own + shared + togetherness(gradient) * (led * led - square);
}
