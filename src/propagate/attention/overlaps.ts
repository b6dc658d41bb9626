/**
 * Keys and values are made of one tensor, so the overlaps of two positions fluctuate together in both (law/scatter.ts): with
 * K̂k = Kk + σk·κ and K̂v = Kv + σv·κ the sums over pairs of keys hold Σ_{j≠l} σk·σv·E[κ²], which n² pairs make as large as
 * what n keys bring of themselves once n nears the width.
 *
 * What softmax subtracts, the mean over the keys that a query sees, takes part of it away: for zero-mean independent κ(j, l) =
 * κ(l, j) off the diagonal, j among the n keys of one query and l among the m ≥ n of another that sees them all,
 *   Σ_{j≠l} E[(κ(j,l) − κ(·,l) − κ(j,·) + κ(·,·)) κ(j,l)] = (m − 1)(n − 1 − n/m) + (m + n − 2)/m,
 * dots being means over the keys; for n = m = keys (n − 1)(n − 2 + 2/n), the second moment of a Wishart matrix less its diagonal.
 */

import type { Context } from "../context.ts";
import { offDiagonal } from "../kernel/axes.ts";
import { diagonal } from "../kernel/kernel.ts";
import { relativeSway } from "../law/scatter.ts";
import type { Part } from "../state/state.ts";
import type { Pair } from "./pairs.ts";

/** Number of pairs of different keys that the fluctuation counts for, between two queries. */
export function freePairs({ np, nr }: Pick<Pair, "np" | "nr">): number {
  const [n, m] = [Math.min(np, nr), Math.max(np, nr)];
  return n < 2 ? 0 : Math.max(0, (m - 1) * (n - 1 - n / m) + (m + n - 2) / m);
}

/**
 * Share of the deviation of K̂(j, l) that the subtraction of means leaves: a pair of vectors m + u_j, with c = |m|²/|m + u|²,
 * has overlap m·u_j + m·u_l, which it takes out, of variance 2c(1 − c)/n, and u_j·u_l of variance (1 − c)²/n.
 */
const ownShare = (part: Part): number => {
  const c = Math.max(0, Math.min(1, offDiagonal(part.kernel)));
  return Math.sqrt((1 - c) / (1 + c));
};

/** Standard deviation of K̂(j, l) that earlier layers leave, of what positions do not share: 0 where it is not followed. */
export const overlapDeviation = (part: Part): number => relativeSway(part) * ownShare(part) * diagonal(part.kernel);

/** Covariance of those deviations with that of the whole overlap, at unit variance. */
export const withWholeOverlap = ownShare;

/** Do two tensors hang on one that flows? Then their overlaps fluctuate together. */
export function hangOnOne(context: Context, a: string, b: string): boolean {
  const ancestors = (tensor: string): Set<string> => {
    const seen = new Set<string>();
    const stack = [tensor];
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      if (seen.has(name) || !context.states.has(name)) continue;
      seen.add(name);
      stack.push(...(context.producers.get(name)?.inputs ?? []));
    }
    return seen;
  };
  const known = ancestors(a);
  for (const name of ancestors(b)) if (known.has(name)) return true;
  return false;
}
