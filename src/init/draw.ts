/** Initializer → values. Every value depends on seed, name, index and initializer only. */

import { fillNormal, fillTruncatedNormal, fillUniform } from "../kernels/index.ts";
import { createKey, deriveKey, type Key, type Seed } from "../random/index.ts";
import {
  centreRows,
  drawDeltaOrthogonal,
  drawNguyenWidrow,
  drawOrthogonalBlocks,
  drawSparse,
} from "./draw-structured.ts";
import { fillBilinear, fillDirac, fillIdentity } from "./patterns.ts";
import { asMatrix, checkMatrix, checkShape, sizeOf } from "./shape.ts";
import { fillSinusoidal } from "./sinusoidal.ts";
import type { Initializer } from "./types.ts";

/** Which parameter, and which of its elements in row-major order. */
export interface DrawTarget {
  readonly seed: Seed;
  /** The parameter's name: two names have independent values under one seed. */
  readonly name: string;
  readonly shape: readonly number[];
  /** First element. Default 0. */
  readonly start?: number;
  /** Number of elements. Default: to the end. */
  readonly length?: number;
}

type Random = Initializer & { readonly kind: "uniform" | "normal" | "truncated-normal" };
type Blocks = Initializer & { readonly kind: "blocks" };

/** Can any range of elements be drawn at the price of that range? Other kinds are made whole and sliced. */
export function isElementwise(initializer: Initializer): boolean {
  switch (initializer.kind) {
    case "uniform":
    case "normal":
    case "truncated-normal":
      return initializer.rowCentred !== true;
    case "blocks":
      return initializer.parts.every((part) => isElementwise(part.initializer));
    case "orthogonal":
    case "delta-orthogonal":
    case "sparse":
    case "nguyen-widrow":
    case "file":
      return false;
    default:
      return true;
  }
}

function fillRandom(out: Float32Array, initializer: Random, key: Key, start: number): void {
  switch (initializer.kind) {
    case "uniform":
      fillUniform(out, key, start, initializer.low, initializer.high);
      return;
    case "normal":
      fillNormal(out, key, start, initializer.mean, initializer.std);
      return;
    case "truncated-normal": {
      const { mean, std, low, high } = initializer;
      fillTruncatedNormal(out, key, start, mean, std, low, high);
      return;
    }
  }
}

/** Draws the rows that the range touches, centres them, and keeps the range. */
function fillCentred(out: Float32Array, initializer: Random, key: Key, shape: readonly number[], start: number): void {
  const { columns } = asMatrix(shape);
  const first = Math.floor(start / columns) * columns;
  const end = Math.ceil((start + out.length) / columns) * columns;
  const rows = new Float32Array(end - first);
  fillRandom(rows, initializer, key, first);
  centreRows(rows, columns);
  out.set(rows.subarray(start - first, start - first + out.length));
}

/** Each part is drawn as a tensor of its own under a derived key, the part's number. */
function fillBlocks(out: Float32Array, initializer: Blocks, key: Key, shape: readonly number[], start: number): void {
  const { rows, columns } = asMatrix(shape);
  const total = initializer.parts.reduce((sum, part) => sum + part.size, 0);
  if (total !== rows)
    throw new RangeError(`blocks: the parts' sizes must add up to ${rows} rows, got ${total}; correct the sizes`);
  let base = 0;
  initializer.parts.forEach((part, index) => {
    const end = base + part.size * columns;
    const from = Math.max(base, start);
    const to = Math.min(end, start + out.length);
    if (from < to)
      fill(
        out.subarray(from - start, to - start),
        part.initializer,
        deriveKey(key, index),
        [part.size, ...shape.slice(1)],
        from - base,
      );
    base = end;
  });
}

function fill(out: Float32Array, initializer: Initializer, key: Key, shape: readonly number[], start: number): void {
  const slice = (whole: Float32Array) => out.set(whole.subarray(start, start + out.length));
  switch (initializer.kind) {
    case "zeros":
      out.fill(0);
      return;
    case "ones":
      out.fill(1);
      return;
    case "constant":
      out.fill(initializer.value);
      return;
    case "uniform":
    case "normal":
    case "truncated-normal":
      if (initializer.rowCentred) fillCentred(out, initializer, key, shape, start);
      else fillRandom(out, initializer, key, start);
      return;
    case "orthogonal":
      slice(drawOrthogonalBlocks(key, shape, initializer.gain, initializer.blocks ?? 1));
      return;
    case "delta-orthogonal":
      slice(drawDeltaOrthogonal(key, shape, initializer.gain));
      return;
    case "identity":
      checkMatrix("identity", shape);
      fillIdentity(out, shape, initializer.gain, start);
      return;
    case "dirac":
      fillDirac(out, shape, initializer.groups, start);
      return;
    case "sparse":
      slice(drawSparse(key, shape, initializer.sparsity, initializer.std));
      return;
    case "nguyen-widrow":
      slice(drawNguyenWidrow(key, shape, initializer.beta));
      return;
    case "bilinear":
      checkMatrix("bilinear", shape);
      fillBilinear(out, shape, start);
      return;
    case "sinusoidal":
      checkMatrix("sinusoidal", shape);
      fillSinusoidal(out, shape, initializer.std, start);
      return;
    case "blocks":
      fillBlocks(out, initializer, key, shape, start);
      return;
    case "file":
      throw new Error("draw: this initializer keeps the file's values, got nothing to draw; read them from the model");
  }
}

/**
 * Values of a parameter, or of a range of it. float32; for float16 and bfloat16 round these to nearest even, for float64
 * widen them: the stream defines float32 values only.
 *
 * @throws RangeError when the range leaves the tensor, or the initializer does not fit the shape; Error for kind "file".
 * @example draw({ kind: "normal", mean: 0, std: 0.05 }, { seed: 0, name: "fc1.weight", shape: [256, 784] })
 */
export function draw(initializer: Initializer, target: DrawTarget): Float32Array {
  const { seed, name, shape, start = 0 } = target;
  checkShape("draw", shape);
  const size = sizeOf(shape);
  const length = target.length ?? size - start;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0 || length < 0 || start + length > size)
    throw new RangeError(
      `draw: a range of ${JSON.stringify(name)} lies within its ${size} elements, got ${start} + ${length}; correct start or length`,
    );
  const out = new Float32Array(length);
  if (length > 0) fill(out, initializer, createKey(seed, name), shape, start);
  return out;
}

/**
 * All values of a weight: `draw` with the initializer, shape and address spelled out.
 *
 * @example sample(heNormal([256, 784]), [256, 784], { seed: 0, name: "fc1.weight" })
 */
export function sample(
  initializer: Initializer,
  shape: readonly number[],
  { seed, name }: { readonly seed: Seed; readonly name: string },
): Float32Array {
  return draw(initializer, { seed, name, shape });
}
