/**
 * Attentions of one set of weights, used more than once (ALBERT's block; Lan et al. 2020): what two uses have in common. Their
 * scores covary by factor·Jq(p, r)·Jk(j, k), J the joint second moments of the two uses' queries and keys, as one use's own do by
 * factor·Kq·Kk; so each is taken as an attention whose queries and keys are only what both uses share. Exact to first order in
 * the variance of the scores.
 */

import type { MatmulNode, Node } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { collapse } from "../kernel/axes.ts";
import { diagonal, type Kernel, positions, scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import type { Scores } from "../state/state.ts";
import { contrastOf } from "./pairs.ts";
import { type AttentionGradient, attend, gradientOfKeys, gradientOfQueries, gradientOfValues } from "./weights.ts";

/** E[a b] of two tensors; null: they are independent, or not followed. */
export type JointOf = (a: string, b: string) => Kernel | null;

/** Over one run of positions; what is negative or unknown tells nothing of the weights. */
const sharedPart = (joint: Kernel | null, like: Kernel): Kernel => {
  const whole = joint && collapse(joint);
  return whole && diagonal(whole) > 0 && whole.sizes.length === like.sizes.length
    ? whole
    : uniformKernel(like.sizes, 0, 0);
};

/** The scores that two uses share; null where they do not run over the same positions. */
export function sharedScores(a: Scores, b: Scores, joint: JointOf): Scores | null {
  if (positions(a.query) !== positions(b.query) || positions(a.key) !== positions(b.key)) return null;
  const query = sharedPart(joint(a.queries, b.queries), a.query);
  const key = sharedPart(joint(a.keys, b.keys), a.key);
  return { ...a, query, key, keySway: 0 };
}

/** E[y_p y'_p'] of what two uses of one attention make of values that hang together. */
export function attendedBoth(context: Context, a: MatmulNode, b: Node | undefined, joint: JointOf): Kernel | null {
  if (b?.kind !== "matmul" || b.scale !== a.scale) return null;
  const [first, second] = [a, b].map(({ inputs }) => context.states.get(inputs[0])?.attention);
  const values = joint(a.inputs[1], b.inputs[1]);
  const scores = first && second && values && sharedScores(first, second, joint);
  return scores ? scaleKernel(attend(scores, collapse(values), 0), a.scale ** 2) : null;
}

/** E[δ δ'] of the values, given E[δy δy'] of what the attentions made. */
export function sharedValueGradient(scores: Scores, gradient: Kernel): Kernel {
  const sign = diagonal(gradient) < 0 ? -1 : 1;
  return scaleKernel(gradientOfValues(scores, scaleKernel(collapse(gradient), sign), scores.key), sign);
}

/** E[δ δ'] of the queries, or of the keys, given E[δy δy'] of what the attentions made and their values' joint moments. */
export function sharedScoreGradient(
  scores: Scores,
  of: AttentionGradient,
  gradient: Kernel,
  values: Kernel,
  side: "queries" | "keys",
): Kernel {
  const sign = diagonal(gradient) < 0 ? -1 : 1;
  const record: AttentionGradient = {
    ...of,
    scores,
    gradient: scaleKernel(collapse(gradient), sign),
    contrast: contrastOf(collapse(values)),
    valueKernel: collapse(values),
    valueSway: 0,
  };
  const back =
    side === "queries" ? gradientOfQueries(record, scores.features) : gradientOfKeys(record, scores.features).kernel;
  return scaleKernel(back, sign);
}
