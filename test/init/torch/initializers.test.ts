/** `torch.nn.init` call by call, against what PyTorch 1.13 gave. */

import { expect, test } from "vitest";
import { orthogonal, sparse, truncatedNormal } from "../../../src/init/torch/initializers.ts";
import { createTorchGenerator } from "../../../src/random/index.ts";
import { type Case, distances, golden, worst } from "../../random/torch/golden.ts";

const CALL =
  /^torch\.manual_seed\((\d+)\); r = init\.(\w+)_\(torch\.empty\(([\d, ]+?)(?:, dtype=torch\.(\w+))?\)(?:, (.*))?\)$/;
const GAINS: Record<string, number> = { "gain=init.calculate_gain('relu')": Math.SQRT2 };

interface Call {
  readonly kind: string;
  readonly shape: readonly number[];
  readonly args: readonly number[];
  readonly values: Float32Array | Float64Array;
  readonly generator: ReturnType<typeof createTorchGenerator>;
}

function read({ call }: Case): Call | null {
  const match = CALL.exec(call);
  if (match === null) return null;
  const [, seed = "", kind = "", sizes = "", dtype, args = ""] = match;
  const shape = sizes.split(",").map(Number);
  const size = shape.reduce((a, b) => a * b, 1);
  return {
    kind,
    shape,
    args: args === "" ? [] : args.split(", ").map((arg) => GAINS[arg] ?? Number(arg.replace(/^\w+=/, ""))),
    values: dtype === "float64" ? new Float64Array(size) : new Float32Array(size),
    generator: createTorchGenerator(BigInt(seed)),
  };
}

const cases = (file: string, kind: string) => golden(file).filter((each) => read(each)?.kind === kind);

test.each(cases("torch-trunc-normal", "trunc_normal"))("$id: $call", (each) => {
  const { values, args, generator } = read(each)!;
  const [mean = 0, std = 1, low = -2, high = 2] = args;
  truncatedNormal(generator, values, { mean, std, low, high });
  if (values instanceof Float32Array) expect(worst(values, each.result)).toBeLessThanOrEqual(2);
  else {
    // The last Newton step divides erf(x) − y, whose error is an ulp of each library's erf, by erf's slope 2/√π·exp(−x²).
    distances(values, each.result).forEach((distance, i) => {
      const x = (values[i]! - mean) / (std * Math.SQRT2);
      const amplified = Math.exp(x * x) / Math.max(Math.abs(x), 0.5);
      expect(distance).toBeLessThanOrEqual(2 + 2 * amplified);
    });
  }
});

test.each(cases("torch-orthogonal-dirac-eye-sparse", "orthogonal"))("$id: $call", (each) => {
  const { values, shape, args, generator } = read(each)!;
  const [rows = 1, ...rest] = shape;
  const columns = rest.reduce((a, b) => a * b, 1);
  orthogonal(generator, values, { rows, columns, gain: args[0] ?? 1 });
  const single = values instanceof Float32Array;
  const target = single
    ? new Float32Array(Uint32Array.from(each.result.bits ?? []).buffer)
    : Float64Array.from(
        each.result.hex ?? [],
        (hex) => new Float64Array(BigUint64Array.of(BigInt(`0x${hex}`)).buffer)[0]!,
      );
  // Householder QR in the tensor's precision: backward error some n·ε, times the condition of these small normal
  // matrices, which is below 100 here.
  const bound = 100 * Math.max(rows, columns) * (single ? 2 ** -24 : 2 ** -53);
  for (const [i, value] of values.entries()) expect(Math.abs(value - target[i]!)).toBeLessThan(bound);
});

test.each(cases("torch-orthogonal-dirac-eye-sparse", "sparse"))("$id: $call", (each) => {
  const { values, shape, args, generator } = read(each)!;
  const [rows = 1, columns = 1] = shape;
  sparse(generator, values, { rows, columns, sparsity: args[0]!, std: args[1] ?? 0.01 });
  expect(distances(values, each.result).filter((distance) => distance !== 0)).toEqual([]);
});
