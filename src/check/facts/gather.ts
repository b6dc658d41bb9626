/** Every parameter's facts, from one pass over the file. */

import type { Model, Parameter } from "../../model/types.ts";
import type { ParameterUsage, Usages } from "../../plan/usage/types.ts";
import { effortFor, parameterStatistics, sharedRoom } from "../statistics/index.ts";
import type { TensorStatistics } from "../statistics/types.ts";
import { rankOf } from "./rank.ts";
import { repeatedLines } from "./repeated.ts";
import type { TensorFacts, UnitSums } from "./types.ts";

/** Longest vector whose values are kept: biases, norm scales, tables of positions are longer. */
const LONGEST_VECTOR = 65_536;

/** The layer's units are rows in PyTorch's layout and columns where the weight is stored [in, out]. */
function unitsOf(usage: ParameterUsage, { rows, columns, shape }: TensorStatistics): UnitSums | null {
  const { node } = usage;
  if (node?.kind === "linear" && node.layout === "in-out") return shape.length === 2 ? columns : null;
  if (node?.kind === "conv" && node.transposed) return null;
  return rows;
}

const countOf = ({ shape }: Parameter) => shape.reduce((product, size) => product * size, 1);

/** Values that are hashed: the moments, of all values and with 52 bits each, tell what these do not. */
const HASHED = 256;

/** 32-bit FNV-1a over the bits of some values, with the moments: equal tensors agree, others do not in practice. */
function fingerprintOf({ sample, mean, std, min, max, count }: TensorStatistics): string {
  const bits = new Uint32Array(new Float32Array(sample.subarray(0, HASHED)).buffer);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bits.length; i++) hash = Math.imul(hash ^ bits[i]!, 0x01000193);
  return `${count} ${mean} ${std} ${min} ${max} ${hash >>> 0}`;
}

function valuesOf(parameter: Parameter, statistics: TensorStatistics): Float64Array | null {
  if (parameter.shape.length !== 1 || statistics.count > LONGEST_VECTOR || !statistics.whole) return null;
  return Float64Array.from(statistics.whole);
}

function rankOfSlice({ slice, nan, infinite, min, max, work }: TensorStatistics) {
  if (slice === null || nan > 0 || infinite > 0 || min === max || slice.count < 2) return null;
  return rankOf(slice, work);
}

export function factsOf(parameter: Parameter, usage: ParameterUsage, statistics: TensorStatistics): TensorFacts {
  const { rows, columns, shape } = statistics;
  const repeated = repeatedLines(statistics);
  return {
    name: parameter.name,
    parameter,
    usage,
    count: statistics.count,
    sampled: statistics.sample.length,
    mean: statistics.mean,
    std: statistics.min === statistics.max ? 0 : statistics.std,
    min: statistics.min,
    max: statistics.max,
    kurtosis: statistics.kurtosis,
    zeros: statistics.zeros,
    nan: statistics.nan,
    infinite: statistics.infinite,
    units: unitsOf(usage, statistics),
    equalRows: repeated.rows,
    rows: shape.length < 2 ? 0 : (rows?.sums.length ?? 0),
    equalColumns: repeated.columns,
    columns: shape.length < 2 ? 0 : (columns?.sums.length ?? 0),
    rank: rankOfSlice(statistics),
    fingerprint: fingerprintOf(statistics),
    values: valuesOf(parameter, statistics),
  };
}

/** Facts by parameter name; parameters without values in the file are left out. A visit's statistics last until the next one. */
export function gatherFacts(
  model: Model,
  usages: Usages,
  visit: (facts: TensorFacts, statistics: TensorStatistics) => void = () => {},
): ReadonlyMap<string, TensorFacts> {
  const found = new Map<string, TensorFacts>();
  const effort = effortFor(model);
  const room = sharedRoom();
  for (const [name, usage] of usages.byName) {
    const statistics = parameterStatistics(model, name, { ...effort(countOf(usage.parameter)), room });
    if (statistics === null || statistics.count === 0) continue;
    const facts = factsOf(usage.parameter, usage, statistics);
    found.set(name, facts);
    visit(facts, statistics);
  }
  return found;
}
