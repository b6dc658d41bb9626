/** `torch.nn.init` call by call, against what PyTorch 1.13 gave. */

import { expect, test } from "vitest";
import { drawFramework } from "../../../src/init/framework/draw.ts";
import { torchDraws, truncatedNormal } from "../../../src/init/framework/torch.ts";
import { fans, ofVariance, torchGain } from "../../../src/init/index.ts";
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
  readonly seed: bigint;
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
    seed: BigInt(seed),
  };
}

const cases = (file: string, kind: string) => golden(file).filter((each) => read(each)?.kind === kind);

test.each(cases("torch-trunc-normal", "trunc_normal"))("$id: $call", (each) => {
  const { values, args, seed } = read(each)!;
  const [mean = 0, std = 1, low = -2, high = 2] = args;
  truncatedNormal(createTorchGenerator(seed), values, { mean, std, low, high });
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

test.each(cases("torch-orthogonal-dirac-eye-sparse", "orthogonal").filter((each) => each.result.bits))(
  "$id: $call",
  (each) => {
    const { shape, args, seed } = read(each)!;
    const drawn = drawFramework({ kind: "orthogonal", gain: args[0] ?? 1 }, shape, torchDraws(seed));
    const target = new Float32Array(Uint32Array.from(each.result.bits!).buffer);
    expect(drawn).toHaveLength(target.length);
    // Householder QR in float32: backward error some n·ε, times the condition of these small normal matrices, below 100.
    const bound = 100 * Math.max(...shape) * 2 ** -24;
    for (const [i, value] of drawn.entries()) expect(Math.abs(value - target[i]!)).toBeLessThan(bound);
  },
);

test.each(cases("torch-orthogonal-dirac-eye-sparse", "sparse"))("$id: $call", (each) => {
  const { shape, args, seed } = read(each)!;
  const drawn = drawFramework({ kind: "sparse", sparsity: args[0]!, std: args[1] ?? 0.01 }, shape, torchDraws(seed));
  expect(worst(drawn, each.result)).toBe(0);
});

/** The gain that a call of `xavier_*` or `kaiming_*` means (torch.nn.init.calculate_gain). */
function gainOf(call: string): number {
  const name = /(?:calculate_gain\(|nonlinearity=)'(\w+)'/.exec(call)?.[1];
  const slope = /[( ]a=([^,)]+(?:\(5\))?)/.exec(call)?.[1];
  if (/xavier/.test(call)) return name ? torchGain(name) : Number(/gain=([\d.]+)/.exec(call)?.[1] ?? 1);
  const negative = slope === undefined ? 0 : slope.startsWith("math") ? Math.sqrt(5) : Number(slope);
  return torchGain(name ?? "leaky_relu", { slope: negative });
}

const scaled = ["xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"].flatMap((kind) =>
  golden("torch-xavier-kaiming").filter(({ call, result }) => call.includes(`init.${kind}_(`) && result.bits),
);

test("xavier and kaiming: nearly all cases are float32 tensors", () => expect(scaled.length).toBeGreaterThan(45));

test.each(scaled)("$id: $call", ({ call, result }) => {
  const [, seed = "", kind = "", sizes = ""] =
    /^torch\.manual_seed\((\d+)\); r = init\.(\w+)_\(torch\.empty\(([\d, ]+)\)/.exec(call)!;
  const shape = sizes.split(",").map(Number);
  const { fanIn, fanOut } = fans(shape, { convention: "torch" });
  const fan = kind.startsWith("xavier") ? (fanIn + fanOut) / 2 : call.includes("'fan_out'") ? fanOut : fanIn;
  const law = ofVariance(gainOf(call) ** 2 / fan, kind.endsWith("uniform") ? "uniform" : "normal");
  expect(worst(drawFramework(law, shape, torchDraws(BigInt(seed))), result)).toBe(0);
});
