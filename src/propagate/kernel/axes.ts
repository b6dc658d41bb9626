/** Kernels under changes of their position axes: reorder, drop, split, slice, join, broadcast. */

import {
  correlationAt,
  diagonal,
  fullProfile,
  type Kernel,
  kernelOf,
  lagsFrom,
  mean,
  meanOverPairs,
  multiplyValues,
  outerValues,
  positions,
  product,
  uniformKernel,
} from "./kernel.ts";

const strides = (sizes: readonly number[]): number[] => {
  const out = new Array<number>(sizes.length).fill(1);
  for (let axis = sizes.length - 2; axis >= 0; axis--) out[axis] = out[axis + 1] * sizes[axis + 1];
  return out;
};

/** Builds a profile over `sizes` by looking each position up in another. */
export function gatherProfile(
  kernel: Kernel,
  sizes: readonly number[],
  source: (position: readonly number[]) => number,
): Float64Array {
  if (kernel.profile.length === 1) return kernel.profile;
  const out = new Float64Array(product(sizes));
  const position = sizes.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = kernel.profile[source(position)];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      if (++position[axis] < sizes[axis]) break;
      position[axis] = 0;
    }
  }
  return out;
}

/** New axis i is old axis order[i]. */
export function permuteAxes(kernel: Kernel, order: readonly number[]): Kernel {
  if (order.every((from, to) => from === to)) return kernel;
  const sizes = order.map((axis) => kernel.sizes[axis]);
  const radius = order.map((axis) => kernel.radius[axis]);
  const step = strides(kernel.sizes);
  const old = kernel.sizes.map(() => 0);
  const lags = lagsFrom(radius, (lag) => {
    order.forEach((from, to) => {
      old[from] = lag[to];
    });
    return correlationAt(kernel, old);
  });
  const profile = gatherProfile(kernel, sizes, (p) => order.reduce((i, from, to) => i + p[to] * step[from], 0));
  return kernelOf(sizes, radius, lags, kernel.far, profile);
}

/** Averages the diagonal over some axes and keeps lag 0 there: what a sum over independent weights sees. */
export function averageAxes(kernel: Kernel, axes: readonly number[]): Kernel {
  if (axes.length === 0) return kernel;
  const kept = kernel.sizes.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const sizes = kept.map((axis) => kernel.sizes[axis]);
  const radius = kept.map((axis) => kernel.radius[axis]);
  const old = kernel.sizes.map(() => 0);
  const lags = lagsFrom(radius, (lag) => {
    kept.forEach((axis, i) => {
      old[axis] = lag[i];
    });
    return correlationAt(kernel, old);
  });
  if (kernel.profile.length === 1 || sizes.length === 0)
    return {
      sizes,
      radius,
      lags,
      far: sizes.length === 0 ? 1 : kernel.far,
      profile: Float64Array.of(diagonal(kernel)),
    };
  const profile = new Float64Array(product(sizes));
  const full = kernel.profile;
  const step = strides(sizes);
  const share = profile.length / full.length;
  const position = kernel.sizes.map(() => 0);
  for (let i = 0; i < full.length; i++) {
    profile[kept.reduce((at, axis, j) => at + position[axis] * step[j], 0)] += full[i] * share;
    for (let axis = position.length - 1; axis >= 0; axis--) {
      if (++position[axis] < kernel.sizes[axis]) break;
      position[axis] = 0;
    }
  }
  return kernelOf(sizes, radius, lags, kernel.far, profile);
}

/** Splits axis `axis` of size a·b into two axes (a, b), row-major. */
export function splitAxis(kernel: Kernel, axis: number, a: number, b: number): Kernel {
  const sizes = [...kernel.sizes.slice(0, axis), a, b, ...kernel.sizes.slice(axis + 1)];
  const r = kernel.radius[axis];
  const radius = [
    ...kernel.radius.slice(0, axis),
    Math.min(a - 1, Math.ceil(r / b)),
    Math.min(b - 1, r),
    ...kernel.radius.slice(axis + 1),
  ];
  const lags = lagsFrom(radius, (lag) =>
    correlationAt(kernel, [...lag.slice(0, axis), lag[axis] * b + lag[axis + 1], ...lag.slice(axis + 2)]),
  );
  return kernelOf(sizes, radius, lags, kernel.far, kernel.profile);
}

/**
 * Axes `axis` and `axis + 1` of sizes a and b as one of size a·b, row-major. A lag of the whole falls into either of two pairs
 * of lags, by the phase of its start: their mean stands.
 */
export function mergeAxes(kernel: Kernel, axis: number): Kernel {
  const [a, b] = [kernel.sizes[axis], kernel.sizes[axis + 1]];
  const around = <T>(values: readonly T[], own: T): T[] => [...values.slice(0, axis), own, ...values.slice(axis + 2)];
  const radius = around(kernel.radius, Math.min(a * b - 1, kernel.radius[axis] * b + b - 1));
  const lags = lagsFrom(radius, (lag) => {
    let sum = 0;
    for (let start = 0; start < b; start++) {
      const end = start + lag[axis];
      const outer = Math.floor(end / b);
      sum += correlationAt(kernel, [...lag.slice(0, axis), outer, end - outer * b - start, ...lag.slice(axis + 1)]);
    }
    return sum / b;
  });
  return kernelOf(around(kernel.sizes, a * b), radius, lags, kernel.far, kernel.profile);
}

/** Every `steps`-th position of each axis, as all starting points together see them: lags in steps, the mean of the diagonal. */
export function thinned(kernel: Kernel, steps: readonly number[]): Kernel {
  const sizes = kernel.sizes.map((size, axis) => size / steps[axis]);
  const radius = kernel.radius.map((r, axis) => Math.min(sizes[axis] - 1, Math.floor(r / steps[axis])));
  const lags = lagsFrom(radius, (lag) =>
    correlationAt(
      kernel,
      lag.map((l, axis) => l * steps[axis]),
    ),
  );
  return kernelOf(sizes, radius, lags, kernel.far, Float64Array.of(diagonal(kernel)));
}

/** All positions as one axis; pairs that differ keep their mean correlation. */
export function collapse(kernel: Kernel): Kernel {
  if (kernel.sizes.length === 1) return kernel;
  const count = positions(kernel);
  if (count === 1) return { ...uniformKernel([], diagonal(kernel), 1) };
  return { ...uniformKernel([count], 0, offDiagonal(kernel)), profile: kernel.profile };
}

/** Mean correlation between two different positions. */
export function offDiagonal(kernel: Kernel): number {
  const count = positions(kernel);
  const level = diagonal(kernel);
  if (count === 1 || level === 0) return kernel.far;
  return ((meanOverPairs(kernel) / level) * count - 1) / (count - 1);
}

/** Positions start, start + step, … (count of them) of one axis. */
export function sliceAxis(kernel: Kernel, axis: number, start: number, count: number, step: number): Kernel {
  const sizes = kernel.sizes.map((size, i) => (i === axis ? count : size));
  const stretch = Math.abs(step);
  const radius = kernel.radius.map((r, i) => (i === axis ? Math.min(count - 1, Math.floor(r / stretch)) : r));
  const lags = lagsFrom(radius, (lag) =>
    correlationAt(
      kernel,
      lag.map((l, i) => (i === axis ? l * step : l)),
    ),
  );
  const old = strides(kernel.sizes);
  const profile = gatherProfile(kernel, sizes, (p) =>
    p.reduce((at, x, i) => at + (i === axis ? start + x * step : x) * old[i], 0),
  );
  return kernelOf(sizes, radius, lags, kernel.far, profile);
}

/** Joins kernels along an axis; pairs across the joint have second moment `across`. */
export function joinAxis(kernels: readonly Kernel[], axis: number, across: number): Kernel {
  const sizes = kernels[0].sizes.map((size, i) => (i === axis ? kernels.reduce((n, k) => n + k.sizes[axis], 0) : size));
  const radius = kernels[0].radius.map((_, i) => Math.max(...kernels.map((k) => k.radius[i])));
  const weight = kernels.map((k) => positions(k) * diagonal(k));
  const total = weight.reduce((a, b) => a + b, 0);
  const blend = (at: (k: Kernel) => number) =>
    total === 0 ? at(kernels[0]) : kernels.reduce((sum, k, i) => sum + weight[i] * at(k), 0) / total;
  const count = product(sizes);
  const outer = product(sizes.slice(0, axis));
  const profile = new Float64Array(count);
  let offset = 0;
  for (const kernel of kernels) {
    const run = product(kernel.sizes.slice(axis));
    const full = fullProfile(kernel);
    for (let o = 0; o < outer; o++) profile.set(full.subarray(o * run, (o + 1) * run), o * (count / outer) + offset);
    offset += run;
  }
  const level = mean(profile);
  // Of the pairs of different positions, those of one piece.
  const inside =
    count === 1 ? 1 : kernels.reduce((sum, k) => sum + positions(k) * (positions(k) - 1), 0) / (count * (count - 1));
  const far = inside * blend((k) => k.far) + (1 - inside) * (level === 0 ? 0 : across / level);
  return { sizes, radius, lags: lagsFrom(radius, (lag) => blend((k) => correlationAt(k, lag))), far, profile };
}

/** Lays a kernel over more axes: `from[i]` is the axis of `kernel` that result axis i shows, or null to repeat along it. */
export function broadcastAxes(kernel: Kernel, sizes: readonly number[], from: readonly (number | null)[]): Kernel {
  if (from.every((axis, i) => axis === i) && from.length === kernel.sizes.length) return kernel;
  const repeatsOnly = from.every((axis) => axis === null);
  if (repeatsOnly) return { ...uniformKernel(sizes, 0, 1), profile: Float64Array.of(diagonal(kernel)) };
  const radius = from.map((axis, i) => (axis === null ? sizes[i] - 1 : kernel.radius[axis]));
  const old = kernel.sizes.map(() => 0);
  const lags = lagsFrom(radius, (lag) => {
    from.forEach((axis, i) => {
      if (axis !== null) old[axis] = lag[i];
    });
    return old.every((l) => l === 0) ? 1 : correlationAt(kernel, old);
  });
  const step = strides(kernel.sizes);
  const profile = gatherProfile(kernel, sizes, (p) =>
    from.reduce<number>((at, axis, i) => at + (axis === null ? 0 : p[i] * step[axis]), 0),
  );
  return kernelOf(sizes, radius, lags, kernel.far, profile);
}

/** K(p, r)·L(j, k) over the pair of axes (p, j). */
export function outerKernel(rows: Kernel, columns: Kernel): Kernel {
  const sizes = [...rows.sizes, ...columns.sizes];
  const radius = [...rows.radius, ...columns.radius];
  const lags = outerValues(rows.lags, columns.lags);
  const level = rows.profile.length === 1 && columns.profile.length === 1;
  const profile = level
    ? multiplyValues(rows.profile, columns.profile)
    : outerValues(fullProfile(rows), fullProfile(columns));
  const n = positions(rows);
  const m = positions(columns);
  const pairs = n * m * (n * m - 1);
  const far =
    pairs === 0
      ? 1
      : (n * m * (m - 1) * columns.far +
          m * n * (n - 1) * rows.far +
          n * (n - 1) * m * (m - 1) * rows.far * columns.far) /
        pairs;
  return kernelOf(sizes, radius, lags, far, profile);
}
