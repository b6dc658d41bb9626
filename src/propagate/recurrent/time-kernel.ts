/** Kernels over time as matrices of second moments, and back. */

import { correlationAt, fullProfile, type Kernel, mean, positions, uniformKernel } from "../kernel/kernel.ts";
import type { TimeKernel } from "./forward.ts";

/**
 * The matrix of a kernel over time. `fromMatrix` keeps the sum over pairs by lag, relative to the mean of the diagonal; where
 * the diagonal varies (a gradient that fades backwards in time) a correlation is that over the pairs' own geometric mean.
 */
export function matrix(kernel: Kernel): TimeKernel {
  const count = positions(kernel);
  const profile = fullProfile(kernel);
  const roots = profile.map(Math.sqrt);
  const level = mean(profile);
  const byLag = Float64Array.from({ length: count }, (_, lag) => {
    const c = kernel.sizes.length === 1 ? correlationAt(kernel, [lag]) : kernel.far;
    let sum = 0;
    for (let t = 0; t + lag < count; t++) sum += roots[t] * roots[t + lag];
    return sum > 0 ? Math.max(-1, Math.min(1, (c * (count - lag) * level) / sum)) : 0;
  });
  return { count, at: (t, s) => (t === s ? profile[t] : roots[t] * roots[s] * byLag[Math.abs(t - s)]) };
}

/** Kernel over time from a matrix of second moments: diagonal, and mean correlation by lag. */
export function fromMatrix(values: Float64Array, count: number): Kernel {
  if (count === 1) return uniformKernel([], values[0], 1);
  const profile = Float64Array.from({ length: count }, (_, t) => values[t * count + t]);
  const level = mean(profile);
  const lags = new Float64Array(2 * count - 1);
  let off = 0;
  for (let lag = 0; lag < count; lag++) {
    let sum = 0;
    for (let t = 0; t + lag < count; t++) sum += values[t * count + t + lag];
    const c = lag === 0 ? 1 : level === 0 ? 0 : sum / (count - lag) / level;
    lags[count - 1 + lag] = c;
    lags[count - 1 - lag] = c;
    if (lag > 0) off += 2 * (count - lag) * c;
  }
  return { sizes: [count], radius: [count - 1], lags, far: off / (count * (count - 1)), profile };
}
