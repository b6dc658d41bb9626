/** What the gradient of a sum is to one of its operands: where it lies, and which directions are out of it. */

import type { CombineNode } from "../../model/types.ts";
import type { GradientPart } from "../context.ts";
import { diagonal } from "../kernel/kernel.ts";
import { levelTies, ranksOfSummand, type Shape } from "../law/shape.ts";
import type { Part } from "../state/state.ts";

/** What is out of a gradient along the sum is out along an operand by the square of their correlation. */
export function tangentOf({ tangent = 0 }: GradientPart, parts: readonly Part[], i: number): number {
  const total = parts.reduce((sum, part) => sum + diagonal(part.kernel), 0);
  return total === 0 ? 0 : (tangent * diagonal(parts[i].kernel)) / total;
}

/** Where, by the operand's own rank, the gradient of a sum lies, given where it lies by the rank of the sum. */
export function ranksFor(
  node: CombineNode,
  parts: readonly Part[],
  i: number,
  sum: Shape,
): (byRank: Float64Array | null) => Float64Array | null {
  const own = parts[i];
  const { shape } = own;
  if (shape === null || node.operation !== "add") return () => null;
  const deviation = (part: Part) => Math.sqrt(Math.max(0, diagonal(part.kernel) - part.mean ** 2));
  const others = parts.filter((_, j) => j !== i);
  const rest = { shape: others.length === 1 ? others[0].shape : null, sd: Math.hypot(...others.map(deviation)) };
  let onto: ReturnType<typeof ranksOfSummand> | null = null;
  return (byRank) => {
    if (byRank === null) return null;
    onto ??= ranksOfSummand(sum, { shape, sd: deviation(own) }, rest);
    return levelTies(onto(byRank), shape);
  };
}
