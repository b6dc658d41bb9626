/**
 * What is added to attention's scores before their softmax: a mask, a known bias that falls with the distance (ALiBi; Press, Smith &
 * Lewis 2022), a drawn one by relative position (T5; Raffel et al. 2020).
 */

import type { CombineNode, Constant } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { collapse, offDiagonal } from "../kernel/axes.ts";
import { diagonal, positions } from "../kernel/kernel.ts";
import { mixParts, type Scores, type State } from "../state/state.ts";

/** Steps that weighing every pair of queries by a known bias may take; longer sequences are taken without it. */
const STEPS = 2e7;
/** −10⁴, the lowest float, −∞: what masks add. */
const MASKED = -1e4;

/** The scores behind a sum or difference of scores and something else; null where no operand holds scores. */
export function biasedScores(node: CombineNode, context: Context, states: readonly State[]): Scores | null {
  const at = states.findIndex((state) => state.scores);
  const scores = states[at]?.scores;
  if (!scores || node.inputs.length !== 2 || (node.operation !== "add" && node.operation !== "subtract")) return null;
  const other = node.inputs[1 - at];
  const constant = context.model.constants.get(other);
  if (constant)
    return withConstant(node, context, scores, constant, node.operation === "subtract" && at === 0 ? -1 : 1);
  const part = mixParts(states[1 - at]);
  const drawn = context.model.parameters.has(other)
    ? context.law(other).variance
    : diagonal(part.kernel) * Math.max(0, 1 - offDiagonal(collapse(part.kernel)));
  return { ...scores, drawn: (scores.drawn ?? 0) + drawn };
}

function withConstant(node: CombineNode, context: Context, scores: Scores, constant: Constant, sign: number): Scores {
  const rows = positions(scores.query);
  const columns = positions(scores.key);
  const known = constant.values.map((v) => sign * v);
  const masked = known.some((v) => v <= MASKED);
  const mask = masked && known.length === rows * columns ? known.map((v) => (v <= MASKED ? 0 : 1)) : scores.mask;
  if (known.every((v) => v <= MASKED || v === 0)) return { ...scores, mask };
  const laid = onPairs({ ...constant, values: known }, rows, columns);
  const steps = laid ? laid.length * rows : Number.POSITIVE_INFINITY;
  if (laid && steps <= STEPS) return { ...scores, mask, prior: weights(laid, columns) };
  context.warn({
    code: "first-approximation",
    where: node.name,
    message: `${node.name} (${node.op}): a known bias on so many scores is not followed; taken as if all keys weighed alike`,
  });
  return { ...scores, mask };
}

/** e^b of each row, the largest 1. */
function weights(bias: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(bias.length);
  for (let row = 0; row < bias.length; row += columns) {
    const own = bias.subarray(row, row + columns);
    const most = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    if (most > MASKED) for (let j = 0; j < columns; j++) out[row + j] = Math.exp(own[j] - most);
  }
  return out;
}

/** A constant of shape […heads, queries or 1, keys or 1] as [heads, queries, keys]; null where it has another. */
function onPairs({ shape, values }: Constant, rows: number, columns: number): Float64Array | null {
  const [q, k] = [shape[shape.length - 2] ?? 1, shape[shape.length - 1] ?? 1];
  if ((q !== 1 && q !== rows) || (k !== 1 && k !== columns)) return null;
  const heads = values.length / (q * k);
  const out = new Float64Array(heads * rows * columns);
  for (let h = 0; h < heads; h++)
    for (let p = 0; p < rows; p++)
      for (let j = 0; j < columns; j++)
        out[(h * rows + p) * columns + j] = values[(h * q + (q === 1 ? 0 : p)) * k + (k === 1 ? 0 : j)];
  return out;
}
