/** Fills as data: what a range of values is drawn from, by kernels where they do it, by the reference where not. */

import * as reference from "../random/index.ts";
import { type Key, normalScale, truncatedWay, uniformSteps } from "../random/index.ts";
import { type FillKernel, fillBlocks, fillKernel, type MakeBlocks } from "./fill-module.ts";
import { type Narrow, narrowBlocks } from "./narrow.ts";

/** A law of independent values; `start` is the first element's index in the key's stream. Plain data, safe to send. */
export type Fill =
  | { readonly kind: "uniform"; readonly key: Key; readonly start: number; readonly low: number; readonly high: number }
  | { readonly kind: "normal"; readonly key: Key; readonly start: number; readonly mean: number; readonly std: number }
  | {
      readonly kind: "truncated-normal";
      readonly key: Key;
      readonly start: number;
      readonly mean: number;
      readonly std: number;
      readonly low: number;
      readonly high: number;
    }
  | { readonly kind: "constant"; readonly value: number };

/** How the kernels make it; null where only the reference can. Numbers that float32 does not hold are the reference's. */
function blocksOf(fill: Fill): MakeBlocks | null {
  switch (fill.kind) {
    case "constant":
      return null;
    case "uniform": {
      const { step, middle, lower, upper } = uniformSteps(fill.low, fill.high);
      if (!isFloat32(step)) return null;
      // Bounds in this order are none.
      const [shift, least, most] = middle === null ? [0, 1, 0] : [middle, lower, upper];
      return (exports, at, block, count) => exports.uniform(at, block, count, step, shift, least, most);
    }
    case "normal": {
      reference.checkNormal(fill.mean, fill.std);
      const [mean, scale] = [Math.fround(fill.mean), normalScale(fill.std)];
      return (exports, at, block, count) => exports.normal(at, block, count, mean, scale, 1, 0);
    }
    case "truncated-normal": {
      const way = truncatedWay(fill.mean, fill.std, fill.low, fill.high);
      if (way.kind === "far") return null;
      const { mean, std, lower, upper } = way;
      switch (way.kind) {
        case "wide":
          return (exports, at, block, count) => exports.normal(at, block, count, mean, normalScale(std), lower, upper);
        case "usual":
        case "broad": {
          const { step, middle } = way;
          if (!isFloat32(step)) return null;
          const broad = way.kind === "broad" ? 1 : 0;
          return (exports, at, block, count) =>
            exports.truncatedCentral(at, block, count, mean, std, lower, upper, step, middle, broad);
        }
        case "tailed": {
          const { step, below, above } = way;
          return (exports, at, block, count) =>
            exports.truncatedTailed(at, block, count, mean, std, lower, upper, step, below, above);
        }
      }
    }
  }
}

const isFloat32 = (value: number) => Math.fround(value) === value;

function fillByReference(out: Float32Array, fill: Fill): void {
  switch (fill.kind) {
    case "constant":
      out.fill(fill.value);
      return;
    case "uniform":
      reference.fillUniform(out, fill.key, fill.start, fill.low, fill.high);
      return;
    case "normal":
      reference.fillNormal(out, fill.key, fill.start, fill.mean, fill.std);
      return;
    case "truncated-normal":
      reference.fillTruncatedNormal(out, fill.key, fill.start, fill.mean, fill.std, fill.low, fill.high);
      return;
  }
}

/**
 * Values of a fill: the reference's bits, by SIMD where the engine has it.
 *
 * @param kernel default: this thread's own; null for the reference.
 * @throws RangeError for numbers that the law cannot have, as the reference in `random` says.
 */
export function runFill(out: Float32Array, fill: Fill, kernel: FillKernel | null = fillKernel()): void {
  const make = kernel === null ? null : blocksOf(fill);
  if (kernel === null || make === null || fill.kind === "constant") fillByReference(out, fill);
  else fillBlocks(kernel, out, fill.key, fill.start, make);
}

/**
 * Values of a fill as 16-bit patterns, from address `at` of the kernel's memory on: narrowed while they are in the nearest cache.
 * May write 14 bytes beyond.
 *
 * @returns false where the reference has to draw them: nothing is written then
 */
export function runNarrowFill(
  kernel: FillKernel,
  { at, length }: { readonly at: number; readonly length: number },
  fill: Fill,
  dtype: Narrow,
): boolean {
  const make = blocksOf(fill);
  if (make === null || fill.kind === "constant") return false;
  narrowBlocks(kernel, { at, length }, fill.key, fill.start, make, dtype);
  return true;
}

/** As `fillUniform` of `random`, bit for bit. @example fillUniform(new Float32Array(10), createKey(0, "b"), 0, -0.1, 0.1) */
export function fillUniform(out: Float32Array, key: Key, start: number, low: number, high: number): void {
  runFill(out, { kind: "uniform", key, start, low, high });
}

/** As `fillNormal` of `random`, bit for bit. @example fillNormal(new Float32Array(256), createKey(0, "w"), 0, 0, 0.05) */
export function fillNormal(out: Float32Array, key: Key, start: number, mean: number, std: number): void {
  runFill(out, { kind: "normal", key, start, mean, std });
}

/**
 * As `fillTruncatedNormal` of `random`, bit for bit.
 *
 * @example fillTruncatedNormal(new Float32Array(256), createKey(0, "w"), 0, 0, 0.02, -0.04, 0.04)
 */
export function fillTruncatedNormal(
  out: Float32Array,
  key: Key,
  start: number,
  mean: number,
  std: number,
  low: number,
  high: number,
): void {
  runFill(out, { kind: "truncated-normal", key, start, mean, std, low, high });
}

/** As `fillBits` of `random`: the stream's words. */
export function fillBits(out: Uint32Array, key: Key, start: number): void {
  const kernel = fillKernel();
  if (kernel === null) reference.fillBits(out, key, start);
  else {
    // Words are moved as floats: copies between float arrays keep every bit pattern.
    const floats = new Float32Array(out.buffer, out.byteOffset, out.length);
    fillBlocks(kernel, floats, key, start, (exports, at, block, count) => exports.bits(at, block, count));
  }
}
