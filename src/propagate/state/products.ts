/**
 * E[x y b] and E[x y u v] of gates and what they let through, from the moments of pairs (Isserlis 1918, with means; cumulants
 * beyond the second left out). Exact where the gates x, u are independent of y, v: E[xu] E[yv]. Gates of successive steps hang
 * together themselves: measured for a GRU at most 4 % at PyTorch's weights, 15 % at three times their variance.
 */

import type { CombineNode, Node } from "../../model/types.ts";
import { addConstant, diagonal, type Kernel, multiplyKernels, sumKernels } from "../kernel/kernel.ts";

/** E[p q] at pairs of positions, means included; null: not followed. */
export type PairMoment = (p: string, q: string) => Kernel | null;

interface Moments {
  readonly pair: PairMoment;
  readonly mean: (tensor: string) => number;
}

const weighted = (...terms: readonly (readonly [Kernel, number])[]): Kernel =>
  sumKernels(terms.map(([kernel, weight]) => ({ kernel, weight })));

/** Of the same positions: what a map and a gate that it shares have in common is not followed. */
const alongside = (kernels: readonly Kernel[]): boolean =>
  kernels.every(
    ({ sizes }) => sizes.length === kernels[0].sizes.length && sizes.every((size, i) => size === kernels[0].sizes[i]),
  );

/** The second operand of a product of two; null for other nodes. */
const factorsOf = (node: Node | undefined): readonly [string, string] | null =>
  node?.kind === "combine" && node.operation === "multiply" && node.inputs.length === 2
    ? [node.inputs[0], node.inputs[1]]
    : null;

function withOne([x, y]: readonly [string, string], b: string, { pair, mean }: Moments): Kernel | null {
  const [xb, yb, xy] = [pair(x, b), pair(y, b), pair(x, y)];
  if (!xb || !yb || !xy || !alongside([xb, yb, xy])) return null;
  const [mx, my, mb] = [mean(x), mean(y), mean(b)];
  return addConstant(weighted([yb, mx], [xb, my]), mb * diagonal(xy) - 2 * mx * my * mb);
}

function withTwo(
  [x, y]: readonly [string, string],
  [u, v]: readonly [string, string],
  { pair, mean }: Moments,
): Kernel | null {
  const [xu, yv, xv, yu, xy, uv] = [pair(x, u), pair(y, v), pair(x, v), pair(y, u), pair(x, y), pair(u, v)];
  if (!xu || !yv || !xv || !yu || !xy || !uv || !alongside([xu, yv, xv, yu, xy, uv])) return null;
  const [mx, my, mu, mv] = [x, y, u, v].map(mean);
  // (C_xu + m_x m_u)(C_yv + m_y m_v) and its twin hold every term but C_xy's and C_uv's, and the means' product twice.
  const own = diagonal(xy) - mx * my;
  const other = diagonal(uv) - mu * mv;
  const lift = own * other + own * mu * mv + other * mx * my - mx * my * mu * mv;
  return addConstant(weighted([multiplyKernels(xu, yv), 1], [multiplyKernels(xv, yu), 1]), lift);
}

/** E[a b] of a product a. */
export function momentOfProduct(
  node: CombineNode,
  b: string,
  other: Node | undefined,
  moments: Moments,
): Kernel | null {
  const own = factorsOf(node);
  if (!own) return null;
  const factors = factorsOf(other);
  return (factors && withTwo(own, factors, moments)) ?? withOne(own, b, moments);
}
