/** One pass over a tensor: its moments, sums along rows and columns, and the values that later questions need. */

import type { Dtype, Model } from "../../model/types.ts";
import { gather } from "./gather.ts";
import { lineSums } from "./lines.ts";
import { newMoments } from "./moments.ts";
import { freshRoom, type Room } from "./room.ts";
import { type Histogram, SAMPLE, type TensorStatistics, type Values } from "./types.ts";
import { type Effort, WORK } from "./work.ts";

export interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

export interface StatisticsOptions extends Partial<Effort> {
  readonly room?: Room;
}

const BINS = 24;

function histogramOf(sample: Values, from: number, to: number): Histogram {
  const counts = new Array<number>(BINS).fill(0);
  const width = (to - from) / BINS;
  for (const value of sample) {
    const bin = width > 0 ? Math.floor((value - from) / width) : 0;
    counts[Math.min(BINS - 1, Math.max(0, bin))]! += 1;
  }
  return { from, to, counts };
}

/** Standardized third and fourth moment around the tensor's mean. */
function shapeMoments(sample: Values, mean: number): { readonly skewness: number; readonly kurtosis: number } {
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < sample.length; i++) {
    const apart = sample[i]! - mean;
    const square = apart * apart;
    second += square;
    third += square * apart;
    fourth += square * square;
  }
  const variance = second / sample.length;
  return {
    skewness: third / sample.length / variance ** 1.5,
    kurtosis: fourth / sample.length / variance ** 2,
  };
}

/**
 * Statistics of a tensor whose values come row-major in pieces of any size; a piece may be overwritten once the next is asked
 * for. Memory: at most about 20 MB, whatever the tensor's size.
 *
 * @param options multiplications that each question about the tensor's lines may take, default 4,194,304; size of the sample,
 *   default 32,768; and where what is kept lies: in a shared room until the next tensor comes
 * @throws RangeError where the pieces are not as long as the shape says
 * @example statisticsOf({ shape: [2, 2], dtype: "f32" }, [Float32Array.of(1, 2, 3, 4)]).mean // 2.5
 */
export function statisticsOf(
  { shape, dtype }: TensorLike,
  pieces: Iterable<Values>,
  { work = WORK, sample: largest = SAMPLE, room = freshRoom() }: StatisticsOptions = {},
): TensorStatistics {
  room.clear();
  const count = shape.reduce((product, size) => product * size, 1);
  const rowCount = shape[0] ?? 1;
  const columnCount = rowCount > 0 ? count / rowCount : 0;
  const matrix = shape.length >= 2 && count > 0;
  const moments = newMoments();
  const lines = lineSums(matrix, rowCount, columnCount);
  const wide = dtype.endsWith("64");
  const kept = gather({ count, columns: matrix ? columnCount : 1, matrix, wide, most: largest }, room);
  let at = 0;
  for (const piece of pieces) {
    if (at + piece.length > count) break;
    lines.add(piece, at, moments);
    kept.add(piece, at);
    at += piece.length;
  }
  if (at !== count) {
    throw new RangeError(`statistics: shape [${shape.join(", ")}] has ${count} values, got ${at}, give all of them`);
  }
  const { values: sample, at: places } = kept.sample();
  const any = moments.count > 0;
  return {
    shape,
    dtype,
    count,
    nan: moments.nan,
    infinite: moments.infinite,
    zeros: moments.zeros,
    mean: any ? moments.mean : Number.NaN,
    std: any ? Math.sqrt(moments.squares / moments.count) : Number.NaN,
    min: any ? moments.min : Number.NaN,
    max: any ? moments.max : Number.NaN,
    ...shapeMoments(sample, moments.mean),
    get histogram() {
      return histogramOf(sample, any ? moments.min : 0, any ? moments.max : 0);
    },
    sample,
    get sampleAt() {
      return places();
    },
    rows: lines.rows(),
    columns: lines.columns(),
    slice: kept.slice(),
    whole: kept.whole(),
    work,
  };
}

/**
 * Statistics of a parameter's values in the model's file, piece by piece where the file can be read so.
 *
 * @returns null where the file holds no values for it
 */
export function parameterStatistics(
  model: Model,
  name: string,
  options: StatisticsOptions = {},
): TensorStatistics | null {
  const parameter = model.parameters.get(name);
  if (!parameter) return null;
  const pieces = model.tiles?.(name);
  if (pieces) return statisticsOf(parameter, pieces, options);
  const values = model.read(name);
  return values ? statisticsOf(parameter, [values], options) : null;
}
