/**
 * E[f(u) g(v)] of smooth functions of correlated Gaussians by Mehler's formula, Σ_k a_k b_k c^k with the normalized Hermite
 * coefficients of both sides: gates of many steps ask for as many pairs of laws, and a pair takes microseconds. Coefficients by
 * the trapezoidal rule, which converges like e^{−2πd/h} for poles at a distance d (Trefethen & Weideman 2014, theorem 5.1).
 * Error below 1e-5 of the sides' sizes, or null: kinks, steep functions and large variances are for others.
 */

import type { Feature } from "../../gaussian/index.ts";

export interface Smooth {
  readonly value: (x: number) => number;
  readonly breaks: readonly number[];
  readonly features: readonly Feature[];
}

interface Law {
  readonly mean: number;
  readonly variance: number;
}

const STEP = 0.25;
/** Density below 1e-16. */
const REACH = 34;
const ORDERS = 24;
const UNRESOLVED = 1e-5;

const NODES = Float64Array.from({ length: 2 * REACH + 1 }, (_, i) => (i - REACH) * STEP);
/** Rows he_k(t)·density·step at every node. */
const ROWS: readonly Float64Array[] = (() => {
  const rows = [NODES.map((t) => (STEP * Math.exp(-0.5 * t * t)) / Math.sqrt(2 * Math.PI))];
  for (let k = 1; k < ORDERS; k++) {
    const older = rows[k - 2];
    const newer = rows[k - 1];
    rows.push(NODES.map((t, i) => (t * newer[i] - (older ? Math.sqrt(k - 1) * older[i] : 0)) / Math.sqrt(k)));
  }
  return rows;
})();

function coefficients({ value, breaks, features }: Smooth, { mean, variance }: Law): Float64Array | null {
  const sd = Math.sqrt(variance);
  if (breaks.length > 0 || features.some(({ scale }) => scale < 0.5 * sd)) return null;
  const values = new Float64Array(NODES.length);
  let second = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = value(mean + sd * NODES[i]);
    second += ROWS[0][i] * values[i] ** 2;
  }
  const own = new Float64Array(ORDERS);
  let resolved = 0;
  for (let k = 0; k < ORDERS; k++) {
    const row = ROWS[k];
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += row[i] * values[i];
    own[k] = sum;
    resolved += sum * sum;
  }
  return Math.abs(second - resolved) <= UNRESOLVED * second ? own : null;
}

/** As a function of the correlation of u and v. */
export function smoothProduct(f: Smooth, u: Law, g: Smooth, v: Law): ((correlation: number) => number) | null {
  const a = coefficients(f, u);
  const b = a && coefficients(g, v);
  if (!b) return null;
  return (c) => {
    let sum = 0;
    for (let k = ORDERS - 1; k >= 0; k--) sum = sum * c + a[k] * b[k];
    return sum;
  };
}
