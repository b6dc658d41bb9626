/** States of values that do not flow: parameters and constants used as operands. */

import type { Constant, Parameter } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { type Kernel, kernelOf, mean, meanOverPairs, product, uniformKernel } from "../kernel/kernel.ts";
import { positionSizes } from "./layout.ts";
import type { Factor, Layout, Part, State } from "./state.ts";

/** State of a parameter or constant of the given shape, seen through the layout of the tensor that it meets. */
export function fixedState(context: Context, name: string, like: State | null): State {
  const parameter = context.model.parameters.get(name);
  const constant = context.model.constants.get(name);
  const info: Parameter | Constant | undefined = parameter ?? constant;
  if (!info)
    throw new Error(
      `propagate: value ${name} is neither a tensor, a parameter nor a constant; the model is inconsistent`,
    );
  const rank = info.shape.length;
  const offset = (like?.shape.length ?? rank) - rank;
  const repeated = constant !== undefined && like === null && sameForAllSamples(constant, context.model.batch);
  let dim = 0;
  const layout = info.shape.map((size, axis): Factor[] => {
    if (size === 1) return [];
    if (repeated && axis === 0) return [{ role: "batch", size }];
    const factors = like?.layout[axis + offset];
    if (!factors) return axis === rank - 1 ? [{ role: "channel", size }] : [{ role: "position", size, dim: dim++ }];
    // A constant laid out for the samples of this batch: one sample has its values once.
    if (constant !== undefined && size === context.model.batch && factors[0]?.role === "batch")
      return [{ role: "batch", size }];
    const known = factors.reduce((n, f) => n * f.size, 1) === size ? factors : [besides(factors, size)];
    return known.map(
      (f): Factor =>
        f.role === "position" ? { ...f, dim: dim++ } : f.role === "batch" ? { role: "channel", size: f.size } : f,
    );
  });
  const sizes = positionSizes(layout);
  const channels = layout.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
  const part = parameter
    ? drawnPart(context.law(name), sizes, channels)
    : knownPart(constant?.values ?? new Float64Array(), layout, sizes, channels);
  return { shape: info.shape, layout, parts: [part] };
}

/** An axis that is joined with one of another size: features beside features, positions beside positions. */
const besides = (factors: readonly Factor[], size: number): Factor =>
  factors.length > 0 && factors.every((f) => f.role === "channel")
    ? { role: "channel", size }
    : { role: "position", size, dim: 0 };

function drawnPart({ mean, variance }: { mean: number; variance: number }, sizes: number[], channels: number): Part {
  const square = mean * mean;
  const level = square + variance;
  return {
    channels,
    mean,
    kernel: uniformKernel(sizes, level, level === 0 ? 0 : square / level),
    between: channels === 1 ? level : square,
    cross: level,
    spread: 0,
    freedom: Number.POSITIVE_INFINITY,
    shape: null,
  };
}

/** Pairs of positions of a constant that are looked at; of larger ones (an image) only what all of them have in common. */
const LOOKED_AT = 2048;

/** Second moments of the numbers themselves: a table of sines is far from independent from position to position. */
function knownPart(values: Float64Array, layout: Layout, sizes: readonly number[], channels: number): Part {
  const finite = values.filter(Number.isFinite);
  const average = finite.length === 0 ? 0 : mean(finite);
  const count = product(sizes);
  const rows = count > 1 || channels > 1 ? rowsOf(values, layout, sizes, channels) : null;
  const level = finite.reduce((sum, v) => sum + v * v, 0) / Math.max(1, finite.length);
  const square = average * average;
  const plain = uniformKernel(sizes, level, level === 0 ? 0 : square / level);
  const kernel = rows && finite.length === values.length && count > 1 ? kernelOfRows(rows, sizes, plain) : plain;
  return {
    channels,
    mean: average,
    kernel,
    between: channels === 1 ? level : rows ? betweenRows(rows) : square,
    cross: meanOverPairs(kernel),
    spread: 0,
    freedom: Number.POSITIVE_INFINITY,
    shape: null,
  };
}

/** The values by position, each row the channels there. */
function rowsOf(values: Float64Array, layout: Layout, sizes: readonly number[], channels: number): Float64Array[] {
  const rows = Array.from({ length: product(sizes) }, () => new Float64Array(channels));
  const factors = layout.flat();
  const steps = sizes.map((_, dim) => product(sizes.slice(dim + 1)));
  const at = factors.map(() => 0);
  for (const value of values) {
    let position = 0;
    let channel = 0;
    factors.forEach((f, i) => {
      if (f.role === "position") position += at[i] * steps[f.dim];
      else if (f.role === "channel") channel = channel * f.size + at[i];
    });
    rows[position][channel] = Number.isFinite(value) ? value : 0;
    for (let i = factors.length - 1; i >= 0; i--) {
      if (++at[i] < factors[i].size) break;
      at[i] = 0;
    }
  }
  return rows;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** Mean over positions of the product of two different channels. */
function betweenRows(rows: readonly Float64Array[]): number {
  const channels = rows[0].length;
  const sum = rows.reduce((total, row) => total + (mean(row) * channels) ** 2 - dot(row, row), 0);
  return sum / (rows.length * channels * (channels - 1));
}

function kernelOfRows(rows: readonly Float64Array[], sizes: readonly number[], plain: Kernel): Kernel {
  const channels = rows[0].length;
  const profile = Float64Array.from(rows, (row) => dot(row, row) / channels);
  const level = mean(profile);
  if (level === 0) return plain;
  const count = rows.length;
  const sums = new Float64Array(channels);
  for (const row of rows) for (let i = 0; i < channels; i++) sums[i] += row[i];
  const far = (dot(sums, sums) / channels / level - count) / (count * (count - 1));
  if (sizes.length !== 1 || count > LOOKED_AT) return { ...uniformKernel(sizes, level, far), profile };
  const lags = new Float64Array(2 * count - 1);
  for (let lag = 0; lag < count; lag++) {
    let sum = 0;
    for (let p = 0; p + lag < count; p++) sum += dot(rows[p], rows[p + lag]);
    const c = lag === 0 ? 1 : sum / channels / (count - lag) / level;
    lags[count - 1 + lag] = c;
    lags[count - 1 - lag] = c;
  }
  return kernelOf(sizes, [count - 1], lags, far, profile);
}

/** A constant with an axis for the samples and equal along it: what a recurrence starts from. */
const sameForAllSamples = ({ shape, values }: Constant, batch: number): boolean => {
  if (shape.length < 2 || shape[0] !== batch) return false;
  const each = values.length / batch;
  return values.every((v, i) => v === values[i % each]);
};

/** State of a value that flows, or of a parameter or constant used in its place. */
export const valueState = (context: Context, name: string): State =>
  context.states.get(name) ?? fixedState(context, name, null);
