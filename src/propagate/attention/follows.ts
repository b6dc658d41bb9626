/** Which products are the scores of an attention. */

import type { Node } from "../../model/types.ts";
import type { Context } from "../context.ts";

/** Kinds that stand between scores and their softmax: scales, masks, biases, caps, views. */
const BETWEEN: ReadonlySet<string> = new Set([
  "combine",
  "mask",
  "activation",
  "reshape",
  "transpose",
  "expand",
  "slice",
  "pad",
  "identity",
  "dropout",
]);

/** Are these products the scores of an attention, as far as the nodes behind them tell? */
export function softmaxFollows(node: Node, context: Context): boolean {
  const seen = new Set<Node>();
  const queue: Node[] = [node];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const consumer of next.outputs.flatMap((output) => context.consumers.get(output) ?? [])) {
      if (consumer.kind === "softmax") return true;
      if (!BETWEEN.has(consumer.kind) || seen.has(consumer)) continue;
      seen.add(consumer);
      queue.push(consumer);
    }
  }
  return false;
}
