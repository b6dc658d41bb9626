/**
 * One panel of a quadrature: its sum, how well that is resolved, and where in the panel the mass lies.
 *
 * A panel is accepted when the last Legendre coefficients of its integrand are small: coefficients of an analytic function
 * fall geometrically (Trefethen 2013, Approximation Theory and Approximation Practice), and an n-point rule
 * errs by coefficients from 2n on: the fall from n/2 to n, seen twice more.
 */

import { type LegendreRule, legendreRule } from "./legendre.ts";
import type { Panel } from "./panels.ts";

/** Writes the integrands' values at x into `out`. */
export type VectorFunction = (x: number, out: Float64Array) => void;

const RULE: LegendreRule = legendreRule(40);
export const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

/** Evaluations of a panel. */
export const NODES = RULE.nodes.length;

/** Estimated error of a panel, as a share of E|f|, that is accepted. */
const RESOLVED = 5e-14;
/** Height, as a share of E|f| a panel's half, below which a panel's end is left out. */
export const NOTHING = 1e-14;
/** Of a panel: what is left has to be less. */
const MOST = 0.85;
/** Four times the extrapolated error is assumed. */
const SAFETY = 4;

export interface PanelResult {
  readonly values: Float64Array;
  readonly sizes: Float64Array;
  readonly errors: Float64Array;
  /** What stands for values of f that overflow, taken as the largest number. */
  readonly overflow: Float64Array;
  /** |f·density| at the nodes in units of the panel's half, node by node. */
  readonly samples: Float64Array;
}

export function measure(panel: Panel, f: VectorFunction, count: number, mean: number, sd: number): PanelResult {
  const n = RULE.nodes.length;
  const half = (panel.to - panel.from) / 2;
  const middle = panel.from + half;
  const stretched = Number.isFinite(panel.scale);
  const scale = stretched ? panel.scale : 1;
  const out = new Float64Array(count);
  const values = new Float64Array(count);
  const sizes = new Float64Array(count);
  const overflow = new Float64Array(count);
  const samples = new Float64Array(n * count);
  const rows = RULE.tail.length;
  const tails = new Float64Array(count * rows);
  const middles = new Float64Array(count * rows);
  for (let i = 0; i < n; i++) {
    const u = middle + half * RULE.nodes[i];
    const offset = stretched ? scale * Math.sinh(u) : u;
    const x = panel.anchor + panel.direction * offset;
    const t = (panel.anchor - mean) / sd + (panel.direction * offset) / sd;
    const jacobian = stretched ? scale * Math.cosh(u) : 1;
    const density = (INVERSE_SQRT_TWO_PI / sd) * Math.exp(-0.5 * t * t) * jacobian * half;
    f(x, out);
    if (density === 0) continue;
    for (let j = 0; j < count; j++) {
      let g = density * out[j];
      if (g === Number.POSITIVE_INFINITY || g === Number.NEGATIVE_INFINITY) {
        g = density * Math.sign(out[j]) * Number.MAX_VALUE;
        overflow[j] += RULE.weights[i] * Math.abs(g);
      }
      samples[i * count + j] = Math.abs(g);
      values[j] += RULE.weights[i] * g;
      sizes[j] += RULE.weights[i] * Math.abs(g);
      for (let r = 0; r < rows; r++) {
        tails[j * rows + r] += RULE.tail[r][i] * g;
        middles[j * rows + r] += RULE.middle[r][i] * g;
      }
    }
  }
  const errors = new Float64Array(count);
  for (let j = 0; j < count; j++) {
    let tail = 0;
    let center = 0;
    for (let r = j * rows; r < (j + 1) * rows; r++) {
      tail = Math.max(tail, Math.abs(tails[r]));
      center = Math.max(center, Math.abs(middles[r]));
    }
    const fall = center > 0 ? tail / center : 1;
    errors[j] = tail * Math.min(1, SAFETY * fall * fall);
  }
  return { values, sizes, errors, overflow, samples };
}

/** What errors of each integrand are judged against. */
export const standards = (
  result: PanelResult,
  sizes: Float64Array,
  partners: readonly number[] | undefined,
): Float64Array =>
  sizes.map((size, j) => {
    const partner = partners?.[j] ?? j;
    return Math.max(size, result.sizes[j], sizes[partner], result.sizes[partner]);
  });

/** A sum of which more than this share overflows is infinite. */
export const OVERFLOWN = 1e-14;

/** True where the panel's own error cannot matter to any of the sums; where a sum is infinite nothing does. */
export const resolved = ({ errors, overflow }: PanelResult, standard: Float64Array): boolean =>
  errors.every((error, j) => error <= RESOLVED * standard[j] || overflow[j] > OVERFLOWN * standard[j]);

/**
 * The part of a panel outside of which, as far as its nodes show, nothing lies; null where that is most of it. Where a function
 * falls as fast as the density that it meets, the mass lies between them, narrower than either: one panel on it does where
 * halving would take four.
 */
export function occupied(panel: Panel, { samples }: PanelResult, standard: Float64Array): Panel | null {
  const { nodes } = RULE;
  const count = standard.length;
  const matters = (node: number) => standard.some((size, j) => samples[node * count + j] > NOTHING * size);
  let first = 0;
  let last = nodes.length - 1;
  while (first < last && !matters(first)) first++;
  while (last > first && !matters(last)) last--;
  const half = (panel.to - panel.from) / 2;
  const from = first === 0 ? panel.from : panel.from + half * (1 + nodes[first - 1]);
  const to = last === nodes.length - 1 ? panel.to : panel.from + half * (1 + nodes[last + 1]);
  return to - from < MOST * (panel.to - panel.from) ? { ...panel, from, to, depth: panel.depth + 1 } : null;
}

/** Where half of what a panel holds lies before, as a share of its width between a quarter and three quarters. */
export function balance({ samples }: PanelResult, standard: Float64Array): number {
  const { nodes, weights } = RULE;
  const count = standard.length;
  const held = weights.map((weight, i) =>
    standard.reduce((most, size, j) => (size > 0 ? Math.max(most, (weight * samples[i * count + j]) / size) : most), 0),
  );
  let rest = held.reduce((a, b) => a + b, 0) / 2;
  let node = 0;
  while (node < nodes.length - 1 && rest > held[node]) rest -= held[node++];
  return Math.min(0.75, Math.max(0.25, (1 + nodes[node]) / 2));
}
