/** Kernels against the full matrix of second moments that they stand for. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { averageAxes, permuteAxes, sliceAxis, splitAxis } from "../../src/propagate/kernel/axes.ts";
import {
  addConstant,
  correlationAt,
  fullProfile,
  type Kernel,
  lagsFrom,
  meanOverPairs,
  positions,
  sumKernels,
  sumOverPairs,
  uniformKernel,
} from "../../src/propagate/kernel/kernel.ts";
import {
  averageKernel,
  averageTransposeKernel,
  convolveKernel,
  type Window,
} from "../../src/propagate/kernel/windows.ts";

/** Every sum below has under 10⁴ terms of size ≤ 10: rounding stays under 10⁴·10·2⁻⁵³ ≈ 10⁻¹¹. */
const ROUNDING = 1e-10;

const coordinates = (sizes: readonly number[], index: number): number[] => {
  const out = sizes.map(() => 0);
  let rest = index;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    out[axis] = rest % sizes[axis]!;
    rest = Math.floor(rest / sizes[axis]!);
  }
  return out;
};

const dense = (kernel: Kernel): number[][] => {
  const n = positions(kernel);
  const v = fullProfile(kernel);
  return Array.from({ length: n }, (_, p) =>
    Array.from({ length: n }, (_, r) => {
      if (p === r) return v[p]!;
      const a = coordinates(kernel.sizes, p);
      const b = coordinates(kernel.sizes, r);
      const c = correlationAt(
        kernel,
        b.map((x, axis) => x - a[axis]!),
      );
      return Math.sqrt(v[p]! * v[r]!) * c;
    }),
  );
};

const total = (matrix: number[][]): number => matrix.flat().reduce((a, b) => a + b, 0);

/** Even in the lag, 1 at 0, decaying to `far`. */
const stationary = (sizes: readonly number[], radius: readonly number[], far: number, value = 1): Kernel => ({
  sizes,
  radius,
  lags: lagsFrom(radius, (lag) => far + (1 - far) * 0.5 ** lag.reduce((sum, l) => sum + Math.abs(l), 0)),
  far,
  profile: Float64Array.of(value),
});

const anyKernel = fc
  .record({
    h: fc.integer({ min: 1, max: 5 }),
    w: fc.integer({ min: 1, max: 5 }),
    r: fc.integer({ min: 0, max: 2 }),
    far: fc.double({ min: 0, max: 0.9, noNaN: true }),
    value: fc.double({ min: 0.1, max: 4, noNaN: true }),
  })
  .map(({ h, w, r, far, value }) => stationary([h, w], [Math.min(r, h - 1), Math.min(r, w - 1)], far, value));

describe("sums over positions", () => {
  it("count every ordered pair once", () => {
    fc.assert(fc.property(anyKernel, (kernel) => Math.abs(sumOverPairs(kernel) - total(dense(kernel))) < ROUNDING));
  });

  it("of a constant field are the square of the number of positions", () => {
    expect(sumOverPairs(uniformKernel([4, 3], 2, 1))).toBeCloseTo(2 * 144, 12);
    expect(meanOverPairs(uniformKernel([4, 3], 2, 1))).toBeCloseTo(2, 12);
  });

  it("of a white field are its diagonal alone", () => {
    expect(sumOverPairs(uniformKernel([4, 3], 2, 0))).toBeCloseTo(24, 12);
  });
});

describe("algebra", () => {
  it("adds entry by entry", () => {
    fc.assert(
      fc.property(anyKernel, fc.double({ min: 0, max: 3, noNaN: true }), (kernel, c) => {
        const sum = dense(
          sumKernels([
            { kernel, weight: 2 },
            { kernel: uniformKernel(kernel.sizes, 1, 0), weight: 1 },
          ]),
        );
        const lifted = dense(addConstant(kernel, c));
        return dense(kernel).every((row, p) =>
          row.every(
            (k, r) =>
              Math.abs(sum[p]![r]! - 2 * k - (p === r ? 1 : 0)) < ROUNDING &&
              Math.abs(lifted[p]![r]! - k - c) < ROUNDING,
          ),
        );
      }),
    );
  });

  it("moves axes without changing entries", () => {
    const kernel = { ...stationary([3, 4], [2, 3], 0.2), profile: Float64Array.from({ length: 12 }, (_, i) => 1 + i) };
    const turned = dense(permuteAxes(kernel, [1, 0]));
    const plain = dense(kernel);
    for (let p = 0; p < 12; p++)
      for (let r = 0; r < 12; r++) {
        const to = (i: number) => (i % 4) * 3 + Math.floor(i / 4);
        expect(turned[to(p)]![to(r)]).toBeCloseTo(plain[p]![r]!, 12);
      }
  });

  it("splits an axis row-major and slices it", () => {
    const kernel = { ...stationary([6], [5], 0.1), profile: Float64Array.from({ length: 6 }, (_, i) => 1 + i) };
    const split = dense(splitAxis(kernel, 0, 3, 2));
    expect(split.flat()).toEqual(dense(kernel).flat());
    const sliced = dense(sliceAxis(kernel, 0, 1, 3, 2));
    for (let p = 0; p < 3; p++)
      for (let r = 0; r < 3; r++) expect(sliced[p]![r]).toBeCloseTo(dense(kernel)[1 + 2 * p]![1 + 2 * r]!, 12);
  });

  it("averages the diagonal over an axis and keeps its lag 0", () => {
    const kernel = { ...stationary([2, 3], [1, 2], 0), profile: Float64Array.of(1, 2, 3, 5, 6, 7) };
    const kept = averageAxes(kernel, [1]);
    expect([...kept.profile]).toEqual([2, 6]);
    expect(correlationAt(kept, [1])).toBeCloseTo(0.5, 12);
  });
});

const window = (kernel: number, stride: number, pad: number): Window => ({
  kernel: [kernel, kernel],
  strides: [stride, stride],
  dilations: [1, 1],
  pads: [pad, pad, pad, pad],
});

/** For each output position the input position that each tap reads, or −1 on padding. */
const taps = (inner: number, out: number, w: Window): number[][] =>
  Array.from({ length: out * out }, (_, o) => {
    const [y, x] = coordinates([out, out], o);
    return Array.from({ length: w.kernel[0]! ** 2 }, (_, t) => {
      const [i, j] = coordinates([w.kernel[0]!, w.kernel[0]!], t);
      const a = y! * w.strides[0]! + i! - w.pads[0]!;
      const b = x! * w.strides[0]! + j! - w.pads[0]!;
      return a < 0 || b < 0 || a >= inner || b >= inner ? -1 : a * inner + b;
    });
  });

describe("windows", () => {
  const cases = [
    { inner: 6, out: 6, w: window(3, 1, 1) },
    { inner: 6, out: 3, w: window(3, 2, 1) },
    { inner: 6, out: 4, w: window(3, 1, 0) },
    { inner: 6, out: 3, w: window(2, 2, 0) },
    { inner: 5, out: 5, w: window(5, 1, 2) },
  ];

  it.each(cases)(
    "convolution of a constant field counts the taps shared: $w.kernel, stride $w.strides, pad $w.pads",
    ({ inner, out, w }) => {
      const reads = taps(inner, out, w);
      const convolved = convolveKernel(uniformKernel([inner, inner], 1, 1), w, [out, out]);
      const shared = reads.map((a) => reads.map((b) => a.filter((x, t) => x >= 0 && b[t]! >= 0).length));
      expect([...fullProfile(convolved)]).toEqual(shared.map((row, p) => row[p]));
      // `far` stands for what the diagonal leaves of all pairs, so that sums over pairs are exact.
      expect(meanOverPairs(convolved)).toBeCloseTo(total(shared) / reads.length ** 2, 10);
    },
  );

  it.each(cases)("average over windows: $w.kernel, stride $w.strides, pad $w.pads", ({ inner, out, w }) => {
    const kernel = stationary([inner, inner], [2, 2], 0);
    const full = dense(kernel);
    const reads = taps(inner, out, w);
    const averaged = averageKernel(kernel, w, [out, out], true);
    const exact = reads.map((a) =>
      reads.map(
        (b) =>
          a.reduce((sum, x) => sum + b.reduce((s, y) => s + (x < 0 || y < 0 ? 0 : full[x]![y]!), 0), 0) /
          w.kernel[0]! ** 4,
      ),
    );
    const inside = reads.findIndex((a) => a.every((x) => x >= 0));
    expect(fullProfile(averaged)[inside]).toBeCloseTo(exact[inside]![inside]!, 10);
    if (w.pads[0] !== 0) return;
    const got = dense(averaged);
    for (let p = 0; p < reads.length; p++)
      for (let r = 0; r < reads.length; r++) expect(got[p]![r]).toBeCloseTo(exact[p]![r]!, 10);
  });

  it("an averaging window and its transpose are adjoint in the mean", () => {
    const w = window(2, 2, 0);
    const gradient = stationary([3, 3], [2, 2], 0.1);
    const back = averageTransposeKernel(gradient, w, [6, 6]);
    const reads = taps(6, 3, w);
    const full = dense(gradient);
    const exact = Array.from({ length: 36 }, (_, x) =>
      Array.from({ length: 36 }, (_, y) => {
        const a = reads.findIndex((r) => r.includes(x));
        const b = reads.findIndex((r) => r.includes(y));
        return full[a]![b]! / 16;
      }),
    );
    expect(fullProfile(back)[0]).toBeCloseTo(exact[0]![0]!, 12);
    // Stationary in the mean: the sum over all pairs is kept up to how windows lie at the border.
    expect(sumOverPairs(back) / total(exact)).toBeGreaterThan(0.9);
    expect(sumOverPairs(back) / total(exact)).toBeLessThan(1.1);
  });
});
