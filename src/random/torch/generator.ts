/**
 * The draws of PyTorch's CPU generator, in the bits of its AVX2 build (1.13 and later): one state, consumed in order.
 *
 * Sources: ATen/core/TransformationHelper.h (uniform), ATen/native/cpu/DistributionTemplates.h (normal fill),
 * ATen/core/DistributionsHelper.h (the serial normal). Each is tested against values that PyTorch made.
 */

import { log32, sinCos32 } from "./cephes.ts";
import { fused32, fused64 } from "./fused.ts";
import { createMersenneTwister } from "./mersenne-twister.ts";

/** What `torch.Generator` is to PyTorch: every call takes the next words of one sequence. */
export interface TorchGenerator {
  /** `tensor.uniform_(from, to)`. Values of float64 arrays take two words each. */
  readonly uniform: (out: Float32Array | Float64Array, from: number, to: number) => void;
  /** `tensor.normal_(mean, std)` of a contiguous tensor: 16 elements or more are filled in one go, fewer one by one. */
  readonly normal: (out: Float32Array | Float64Array, mean: number, std: number) => void;
  /** `normal_` of a tensor that is not contiguous: one by one, whatever its size. */
  readonly normalOneByOne: (out: Float32Array | Float64Array, mean: number, std: number) => void;
  /** `tensor.random_(0, range)`: one word modulo `range`, at most 2^32. */
  readonly integers: (count: number, range: number) => number[];
  /** `torch.randperm(n)`. */
  readonly permutation: (n: number) => Int32Array;
}

const f = Math.fround;
const TWO_PI_32 = f(2 * Math.PI);
/** The vector path works on sixteen numbers: eight radii and eight angles. */
const LANES = 8;
const GROUP = 2 * LANES;

/**
 * A generator as after `torch.manual_seed(seed)`.
 *
 * @example
 * const weights = new Float32Array(15);
 * createTorchGenerator(0).uniform(weights, -1, 1);
 */
export function createTorchGenerator(seed: number | bigint): TorchGenerator {
  const { next } = createMersenneTwister(seed);
  /** The sine of the last serial pair, kept for the next call whatever comes between. */
  let spare: number | null = null;

  /** 53 random bits as a whole number. */
  const long = (): number => {
    const high = next();
    return (high & 0x1fffff) * 2 ** 32 + next();
  };
  const unit = (): number => long() * 2 ** -53;

  const uniform: TorchGenerator["uniform"] = (out, from, to) => {
    if (out instanceof Float64Array) {
      for (let i = 0; i < out.length; i++) out[i] = fused64(unit(), to - from, from);
      return;
    }
    const low = f(from);
    const range = f(f(to) - low);
    for (let i = 0; i < out.length; i++) out[i] = fused32((next() & 0xffffff) * 2 ** -24, range, low);
  };

  const serial = (): number => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const angle = 2 * Math.PI * unit();
    const radius = Math.sqrt(-2 * Math.log1p(-unit()));
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };

  const normalOneByOne: TorchGenerator["normalOneByOne"] = (out, mean, std) => {
    for (let i = 0; i < out.length; i++) out[i] = serial() * std + mean;
  };

  const normal: TorchGenerator["normal"] = (out, mean, std) => {
    if (out.length < GROUP) {
      normalOneByOne(out, mean, std);
      return;
    }
    uniform(out, 0, 1);
    const group = out instanceof Float64Array ? group64 : group32;
    for (let start = 0; start + GROUP <= out.length; start += GROUP) group(out, start, mean, std);
    if (out.length % GROUP === 0) return;
    // The tail is the last sixteen numbers, drawn anew.
    uniform(out.subarray(out.length - GROUP), 0, 1);
    group(out, out.length - GROUP, mean, std);
  };

  return {
    uniform,
    normal,
    normalOneByOne,
    integers: (count, range) => Array.from({ length: count }, () => next() % range),
    permutation: (n) => {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = 0; i < n - 1; i++) {
        const other = i + (next() % (n - i));
        const kept = order[i]!;
        order[i] = order[other]!;
        order[other] = kept;
      }
      return order;
    },
  };
}

const pair = new Float32Array(2);

/** Box & Muller 1958 on sixteen uniform numbers in place. */
function group32(data: Float32Array | Float64Array, start: number, mean: number, std: number): void {
  const [centre, width] = [f(mean), f(std)];
  for (let j = start; j < start + LANES; j++) {
    const radius = f(Math.sqrt(f(-2 * log32(f(1 - data[j]!)))));
    sinCos32(f(TWO_PI_32 * data[j + LANES]!), pair);
    data[j] = fused32(f(radius * pair[1]!), width, centre);
    data[j + LANES] = fused32(f(radius * pair[0]!), width, centre);
  }
}

function group64(data: Float32Array | Float64Array, start: number, mean: number, std: number): void {
  for (let j = start; j < start + LANES; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - data[j]!));
    const angle = 2 * Math.PI * data[j + LANES]!;
    data[j] = fused64(radius * Math.cos(angle), std, mean);
    data[j + LANES] = fused64(radius * Math.sin(angle), std, mean);
  }
}
