/** What every parameter of a file is like, as `epoch0 inspect` tells it. */

import type { Dtype, Model, Note, Role } from "../model/types.ts";
import { identifyModel, type Likeness } from "./looks-like/index.ts";
import { type Histogram, type Spectrum, spectrumOf } from "./statistics/index.ts";

export interface InspectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly role: Role;
  readonly op: string;
  /** Of the weight that a bias stands beside, where the tensor is a bias; null where fans mean nothing. */
  readonly fanIn: number | null;
  readonly fanOut: number | null;
  readonly count: number;
  /** Moments and bounds of the finite values. */
  readonly mean: number;
  readonly std: number;
  /** std·√fan-in: 1 keeps a signal's size through a linear layer, √2 through a rectifier. */
  readonly scaledStd: number | null;
  readonly min: number;
  readonly max: number;
  readonly skewness: number;
  readonly kurtosis: number;
  /** Number of exact zeros, of NaN, of infinities. */
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
  readonly spectrum: Spectrum | null;
  readonly histogram: Histogram;
  readonly likeness: Likeness;
}

export interface Inspection {
  readonly schema: "epoch0.inspect/1";
  readonly model: {
    readonly format: string;
    readonly name: string;
    readonly parameters: number;
    readonly scalars: number;
  };
  readonly tensors: readonly InspectedTensor[];
  /** Parameters without values in the file. */
  readonly absent: readonly string[];
  readonly notes: readonly Note[];
}

export interface InspectOptions {
  /** Which parameters; default all. */
  readonly names?: ReadonlySet<string>;
  /** Called before each tensor with the share of scalars that are done, and waited for: a place to look for interrupts. */
  readonly onProgress?: (done: number, tensor: string) => void | Promise<void>;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** Parts whose fans say something of the size of what comes out. */
const FANNED = new Set(["weight", "input-weight", "recurrent-weight", "table", "bias", "input-bias", "recurrent-bias"]);

/**
 * Statistics and likeness of each parameter, read one after another: memory is bounded by a few megabytes a tensor, whatever
 * the file's size.
 *
 * @example (await inspect(await openModel("weights.safetensors"))).tensors[0]?.likeness.family // "uniform"
 */
export async function inspect(model: Model, { names, onProgress }: InspectOptions = {}): Promise<Inspection> {
  const wanted = [...model.parameters.values()].filter(({ name }) => names?.has(name) ?? true);
  const scalars = wanted.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const tensors: InspectedTensor[] = [];
  let done = 0;
  for (const { parameter, use, statistics, likeness } of identifyModel(model, names)) {
    const { name, shape, dtype, role } = parameter;
    await onProgress?.(scalars === 0 ? 1 : done / scalars, name);
    done += statistics.count;
    const fans = FANNED.has(use.part) ? use.fans.true : null;
    const { count, mean, std, min, max, skewness, kurtosis, zeros, nan, infinite, histogram } = statistics;
    tensors.push({
      name,
      shape,
      dtype,
      role,
      op: use.op,
      fanIn: fans?.fanIn ?? null,
      fanOut: fans?.fanOut ?? null,
      count,
      mean,
      std,
      scaledStd: fans && shape.length > 1 ? std * Math.sqrt(fans.fanIn) : null,
      min,
      max,
      skewness,
      kurtosis,
      zeros,
      nan,
      infinite,
      spectrum: spectrumOf(statistics),
      histogram,
      likeness,
    });
  }
  const known = new Set(tensors.map(({ name }) => name));
  return {
    schema: "epoch0.inspect/1",
    model: {
      format: model.format,
      name: model.name,
      parameters: model.parameters.size,
      scalars: [...model.parameters.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    },
    tensors,
    absent: wanted.filter(({ name }) => !known.has(name)).map(({ name }) => name),
    notes: model.notes,
  };
}
