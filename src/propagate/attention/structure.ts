/**
 * Keys of neighbouring positions that are alike, as their values are (a table of sines, overlapping frames, states of a
 * recurrence). Softmax subtracts means over the keys, which leaves K̃ = K(j, l) − K(j, ·) − K(·, l) + K(·, ·); the gradient of a
 * query holds Σ_jl K̃v(j, l) K̃k(j, l), that of two keys K̃v(j, l). Positions that differ alike have K̃(j, l) = −K̃(j, j)/(n − 1)
 * and Σ_jl K̃v K̃k = (n − 1)·contrast², to which the rest is compared. Row sums of a stationary kernel take n steps.
 */

import { diagonal, type Kernel, kernelOf, positions } from "../kernel/kernel.ts";
import { at, contrastOf } from "./pairs.ts";

const hasNeighbours = (kernel: Kernel): boolean => kernel.sizes.length === 1 && kernel.lags.length > 1;

/** Sums over the first n positions of the correlations of each with all. */
function rowSums(kernel: Kernel, n: number): Float64Array {
  // Of the lags up to l.
  const within = new Float64Array(n);
  for (let lag = 1; lag < n; lag++) within[lag] = within[lag - 1] + at(kernel, lag);
  return Float64Array.from({ length: n }, (_, j) => 1 + within[j] + within[n - 1 - j]);
}

/** Σ_jl K̃v(j, l) K̃k(j, l) over n keys, relative to what keys that differ alike have. */
function relativeOverlap(values: Kernel, keys: Kernel, n: number): number {
  const [v, k] = [rowSums(values, n), rowSums(keys, n)];
  let plain = n;
  for (let lag = 1; lag < n; lag++) plain += 2 * (n - lag) * at(values, lag) * at(keys, lag);
  let [rows, sumV, sumK] = [0, 0, 0];
  for (let j = 0; j < n; j++) {
    rows += v[j] * k[j];
    sumV += v[j];
    sumK += k[j];
  }
  const overlap = plain - (2 * rows) / n + (sumV * sumK) / (n * n);
  const alike = ((n - 1) * contrastOf(values) * contrastOf(keys)) / (diagonal(values) * diagonal(keys));
  return alike > 0 ? Math.max(0, overlap / alike) : 1;
}

/** The same by the number of keys that are seen. */
export function neighbourhood(values: Kernel, keys: Kernel): (seen: number) => number {
  if (!hasNeighbours(values) || !hasNeighbours(keys) || positions(values) !== positions(keys)) return () => 1;
  const known = new Map<number, number>();
  return (seen) => {
    const n = Math.round(seen);
    if (n < 2) return 1;
    const found = known.get(n) ?? relativeOverlap(values, keys, n);
    known.set(n, found);
    return found;
  };
}

/** Gradients of all keys, of the size that they have: two hang together as their values do, and their sum is 0. */
export function amongNeighbours(gradient: Kernel, values: Kernel): Kernel {
  const n = positions(values);
  if (!hasNeighbours(values) || gradient.sizes.length !== 1 || positions(gradient) !== n) return gradient;
  const mean = rowSums(values, n).reduce((sum, row) => sum + row, 0) / (n * n);
  if (mean >= 1) return gradient;
  const centred = (c: number) => (c - mean) / (1 - mean);
  const lags = values.lags.map(centred);
  return kernelOf(gradient.sizes, values.radius, lags, centred(values.far), gradient.profile);
}
