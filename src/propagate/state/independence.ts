/** Whether two tensors are independent of each other: whether weights that only one of them has seen stand between them. */

import type { Node } from "../../model/types.ts";
import type { Context } from "../context.ts";

const weightsOf = (node: Node): readonly string[] => {
  switch (node.kind) {
    case "linear":
    case "conv":
      return [node.weight];
    case "embedding":
      return [node.table];
    case "recurrent":
      return node.directions.flatMap((d) => [d.inputWeight, d.recurrentWeight]);
    default:
      return [];
  }
};

/** Everything (tensors, weights) that a tensor is made of. */
function ancestry(context: Context, tensor: string): Set<string> {
  const seen = new Set<string>();
  const stack = [tensor];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = context.producers.get(name);
    if (!node) continue;
    for (const weight of weightsOf(node)) seen.add(weight);
    stack.push(...node.inputs);
  }
  return seen;
}

/**
 * True when every way from `tensor` back to what is in `others` passes a layer whose centred weights `others` did not use:
 * in the wide limit the tensor is then independent of them (its law depends on its inputs through their norm alone).
 */
function freshFrom(context: Context, tensor: string, others: ReadonlySet<string>, memo: Map<string, boolean>): boolean {
  const known = memo.get(tensor);
  if (known !== undefined) return known;
  memo.set(tensor, false);
  const fresh = ((): boolean => {
    if (others.has(tensor)) return context.model.constants.has(tensor);
    const node = context.producers.get(tensor);
    if (!node) return true;
    const weights = weightsOf(node);
    if (weights.length > 0 && weights.every((w) => !others.has(w) && context.law(w).mean === 0)) return true;
    // One matrix on independent inputs: its outputs are tied by their inputs' means and by the bias.
    if (weights.some((w) => others.has(w))) return false;
    return node.inputs.every((input) => freshFrom(context, input, others, memo));
  })();
  memo.set(tensor, fresh);
  return fresh;
}

/**
 * Sums of centred weights over what came before are Gaussian processes of their own in the wide limit: those of two weights are
 * uncorrelated, whatever either reads (Yang 2019, "Tensor Programs I", theorem 4.3).
 */
export function ofOtherWeights(context: Context, a: string, b: string): boolean {
  const [p, q] = [a, b].map((name) => {
    const node = context.producers.get(name);
    return node && node.kind !== "recurrent" ? weightsOf(node) : [];
  });
  if (p.length === 0 || q.length === 0 || p.some((w) => q.includes(w))) return false;
  return [p, q].some((weights) => weights.every((w) => context.law(w).mean === 0));
}

export const independent = (context: Context, a: string, b: string): boolean =>
  freshFrom(context, a, ancestry(context, b), new Map()) || freshFrom(context, b, ancestry(context, a), new Map());
