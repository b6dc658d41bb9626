/** The initialization that a tensor most likely came from. */

import { isFloat } from "../../formats/dtype.ts";
import type { Initializer } from "../../init/types.ts";
import type { Dtype } from "../../model/types.ts";
import { statisticsOf } from "../statistics/statistics.ts";
import type { TensorStatistics } from "../statistics/types.ts";
import { type ElementOptions, identifyElements, zeroRowsOnly } from "./elements.ts";
import { constantOf, patternOf } from "./patterns.ts";
import { commonRowLength, isRowCentred, orthogonalLength } from "./regular.ts";
import { knownLaws } from "./schemes.ts";
import type { Likeness, TensorUse } from "./types.ts";

/** Half a unit in the last place, relative. */
const ROUNDING: Readonly<Partial<Record<Dtype, number>>> = {
  f64: 2 ** -24,
  f32: 2 ** -24,
  f16: 2 ** -11,
  bf16: 2 ** -8,
};

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** A number that somebody wrote down: at most two digits, as stored in float32. Any other single number may have come from anywhere. */
const isWritten = (value: number) => Math.abs(Number(value.toPrecision(2)) / value - 1) < 2 ** -23;

const sure = (initializer: Initializer, scale: number, schemes: readonly string[] = []): Likeness =>
  initializer.kind === "file"
    ? { family: "unknown", why: "values of a file" }
    : { family: initializer.kind, initializer, scale, schemes, confidence: 1, tests: [] };

function constant(statistics: TensorStatistics, use: TensorUse): Likeness | null {
  const found = constantOf(statistics);
  if (!found) return null;
  const { initializer, scale } = found;
  if (initializer.kind !== "constant") return sure(initializer, scale);
  if (use.part === "counter" || use.part.startsWith("running")) {
    return { family: "trained", nearest: "constant", why: "a statistic that has seen data", confidence: 1, tests: [] };
  }
  if (statistics.count === 1 && !isWritten(scale)) {
    return { family: "unknown", why: "one number tells nothing" };
  }
  return sure(initializer, scale);
}

function orthogonal(statistics: TensorStatistics, use: TensorUse, rounding: number): Likeness | null {
  const { slice } = statistics;
  if (!slice) return null;
  const whole = orthogonalLength(slice, rounding);
  const blocks = orthogonalBlocks(statistics, use, rounding);
  if (blocks !== null)
    return sure({ kind: "orthogonal", gain: blocks.gain, blocks: blocks.count }, blocks.gain, ["orthogonal"]);
  return whole === null ? null : sure({ kind: "orthogonal", gain: whole }, whole, ["orthogonal"]);
}

const PARTS = [4, 3, 2];

/** Equal parts along axis 0 (gates, q k v), each orthogonal on its own and not to the others. */
function orthogonalBlocks({ whole, shape }: TensorStatistics, { gates }: TensorUse, rounding: number) {
  if (!whole) return null;
  const rows = shape[0] ?? 1;
  const columns = whole.length / rows;
  for (const count of new Set([gates.length, ...PARTS])) {
    const size = rows / count;
    if (count < 2 || !Number.isInteger(size) || size < 2 || size > columns) continue;
    const gains = Array.from({ length: count }, (_, block) =>
      orthogonalLength(
        {
          count: size,
          length: columns,
          vectors: whole.subarray(block * size * columns, (block + 1) * size * columns),
          line: columns,
          step: 1,
        },
        rounding,
      ),
    );
    const [first] = gains;
    if (
      first === undefined ||
      first === null ||
      gains.some((gain) => gain === null || Math.abs(gain / first - 1) > 1e-3)
    )
      continue;
    // Rows of one orthogonal matrix are orthogonal in any parts: only where the whole is not, or is too tall, are there blocks.
    const together =
      rows <= columns
        ? orthogonalLength({ count: rows, length: columns, vectors: whole, line: columns, step: 1 }, rounding)
        : null;
    if (together === null) return { gain: first, count };
  }
  return null;
}

/** A convolution whose centre tap alone is filled, with orthogonal columns. */
function deltaOrthogonal({ whole, shape, zeros, count }: TensorStatistics, rounding: number): Likeness | null {
  const [rows = 0, columns = 0, ...kernel] = shape;
  const taps = sizeOf(kernel);
  if (!whole || taps < 2 || zeros < count - rows * columns) return null;
  const centre = kernel.reduce((index, extent) => index * extent + ((extent - 1) >> 1), 0);
  const vectors = new Float64Array(rows * columns);
  for (let i = 0; i < rows * columns; i++) {
    for (let tap = 0; tap < taps; tap++) if (tap !== centre && whole[i * taps + tap] !== 0) return null;
    vectors[(i % columns) * rows + Math.floor(i / columns)] = whole[i * taps + centre]!;
  }
  const gain = orthogonalLength({ count: columns, length: rows, vectors, line: rows, step: 1 }, rounding);
  return gain === null ? null : sure({ kind: "delta-orthogonal", gain }, gain, ["delta-orthogonal"]);
}

/** As many zeros in every column, the rest normal. */
function sparse(statistics: TensorStatistics, options: ElementOptions): Likeness | null {
  const { zeros, shape, whole, columns, count } = statistics;
  const rows = shape[0] ?? 1;
  if (!columns || zeros === 0 || zeros === count || (zeros * rows) % count !== 0) return null;
  // The padding entries of a table: as many in every column, too.
  if (zeroRowsOnly(statistics)) return null;
  const width = count / rows;
  const each = zeros / width;
  if (whole) {
    const counts = new Float64Array(width);
    whole.forEach((x, i) => {
      if (x === 0) counts[i % width]! += 1;
    });
    if (counts.some((found) => found !== each)) return null;
  }
  const rest = identifyElements(statistics, options);
  if (rest.family !== "normal" || rest.initializer.kind !== "normal") return null;
  const known = Math.abs(rest.scale / 0.01 - 1) < 0.02 ? ["sparse"] : [];
  const initializer = { kind: "sparse", sparsity: each / rows, std: rest.scale } as const;
  return { ...rest, family: "sparse", initializer, schemes: known };
}

/** Parts of equal size along axis 0 that came from laws of their own: gates of a bias, fused q, k and v. */
function blocks(statistics: TensorStatistics, use: TensorUse): Likeness | null {
  const { whole, shape, dtype } = statistics;
  const rows = shape[0] ?? 0;
  if (!whole || shape.length === 0) return null;
  for (const count of partCounts(shape, use)) {
    if (count < 2 || rows % count !== 0 || rows === count) continue;
    const size = rows / count;
    const width = whole.length / count;
    const parts = Array.from({ length: count }, (_, i) => {
      const part = { shape: [size, ...shape.slice(1)], dtype };
      return single(statisticsOf(part, [whole.subarray(i * width, (i + 1) * width)]), use);
    });
    const found = parts.flatMap((part) => ("initializer" in part ? [part] : []));
    const plain = found.every(({ family }) => family === "zeros" || family === "ones" || family === "constant");
    // A vector's parts are taken only where they are constants: a few numbers fit some law by chance. Parts of one and the
    // same law are no blocks: what speaks against the whole still does.
    if (found.length !== count || (shape.length === 1 && !plain) || !differ(found)) continue;
    if (found.some(({ tests }) => tests.some(({ p }) => p < PART_LEVEL))) continue;
    return {
      family: "blocks",
      initializer: { kind: "blocks", parts: found.map(({ initializer }) => ({ size, initializer })) },
      scale: statistics.std,
      schemes: [...new Set(found.flatMap(({ schemes }) => schemes))],
      confidence: Math.min(...found.map(({ confidence }) => confidence)),
      tests: found.flatMap(({ tests }) => tests),
    };
  }
  return null;
}

/** A vector may hold gates of any cell; a matrix has parts where a cell says so, or where it is as tall as q, k and v together. */
function partCounts(shape: readonly number[], { gates }: TensorUse): Iterable<number> {
  if (shape.length === 1) return new Set([gates.length, ...PARTS]);
  const fused = shape[0] === 3 * sizeOf(shape.slice(1));
  return new Set([gates.length, fused ? 3 : 0]);
}

/** Parts see less than the whole: each has to fit well. */
const PART_LEVEL = 1e-3;
/** Scales of two parts are taken as two from here on. */
const APART = 1.05;

function differ(parts: readonly { readonly family: string; readonly scale: number }[]): boolean {
  const [first] = parts;
  return parts.some(({ family, scale }) => {
    if (!first || family !== first.family) return true;
    return Math.max(scale, first.scale) > APART * Math.min(scale, first.scale);
  });
}

const MATRIX_PARTS: ReadonlySet<string> = new Set([
  "weight",
  "input-weight",
  "recurrent-weight",
  "table",
  "position",
  "token",
  "unknown",
]);

function single(statistics: TensorStatistics, use: TensorUse): Likeness {
  const rounding = ROUNDING[statistics.dtype] ?? 0;
  const known = knownLaws(use);
  const options: ElementOptions = {
    rounding,
    rowCentred: isRowCentred(statistics, rounding),
    rowLength: statistics.rows?.length ?? 0,
    known,
    anyScale: statistics.shape.length >= 2 && MATRIX_PARTS.has(use.part),
  };
  const found =
    constant(statistics, use) ??
    pattern(statistics, rounding) ??
    deltaOrthogonal(statistics, rounding) ??
    orthogonal(statistics, use, rounding);
  if (found) return found;
  const length = commonRowLength(statistics, rounding);
  if (length !== null) return sure({ kind: "nguyen-widrow", beta: length }, length, ["nguyen-widrow"]);
  const few = sparse(statistics, options);
  if (few) return few;
  if (statistics.zeros > 0.01 * statistics.count && !zeroRowsOnly(statistics)) {
    return {
      family: "trained",
      nearest: null,
      why: "a share of exact zeros that no rule draws",
      confidence: 1,
      tests: [],
    };
  }
  return identifyElements(statistics, options);
}

function pattern(statistics: TensorStatistics, rounding: number): Likeness | null {
  const found = patternOf(statistics, rounding);
  return found ? sure(found.initializer, found.scale) : null;
}

/**
 * The initialization that a parameter's values most likely came from: family, scale, the known rules that give both, and how
 * sure that is; "trained" where no initialization has such values; "unknown" where they are too few or not finite.
 *
 * Families are compared by likelihood; the best one then has to pass tests of its distribution (Kolmogorov–Smirnov, fourth
 * moment, edges) and, for matrices, of independent rows and columns (sums and norms of lines, products of lines), each at
 * 1e-6. What training has moved by less than these tests resolve still looks fresh: see docs/inspect.md.
 *
 * @param statistics of `statisticsOf` or `parameterStatistics`
 * @param use what the parameter is for: its part and fans, by `usageOf(model)`
 * @example identify(parameterStatistics(model, "fc1.weight"), usageOf(model).get("fc1.weight")).family // "uniform"
 */
export function identify(statistics: TensorStatistics, use: TensorUse): Likeness {
  const { nan, infinite, count, dtype } = statistics;
  if (count === 0) return { family: "unknown", why: "it has no elements" };
  if (nan + infinite > 0) return { family: "unknown", why: `${nan + infinite} of its numbers are not finite` };
  if (!isFloat(dtype) && constantOf(statistics) === null)
    return { family: "unknown", why: "whole numbers are not drawn" };
  const whole = single(statistics, use);
  if ("initializer" in whole) return whole;
  return blocks(statistics, use) ?? whole;
}
