/** Gains, fans, bounds and deterministic patterns against PyTorch's own files. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  dirac,
  draw,
  fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  identity,
  law,
  oneOverRootN,
  sparse,
  torchGain,
} from "../../src/init/index.ts";
import type { Initializer } from "../../src/init/types.ts";

interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bits?: readonly number[];
}
interface Case {
  readonly id: string;
  readonly call: string;
  readonly result: Tensor & number & { readonly float?: number } & readonly number[] & Readonly<Record<string, Tensor>>;
}

const folder = new URL("../../../shared/golden/", import.meta.url);
const read = (name: string): readonly Case[] => JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")).cases;
const floats = (tensor: Tensor) => new Float32Array(Uint32Array.from(tensor.bits ?? []).buffer);
const numbers = (text: string) => text.split(",").map(Number);

const gains = read("torch-gains");
test.each(gains.filter(({ id }) => !id.startsWith("fans")))("gain: $id", ({ id, result }) => {
  const [name = "", argument] = id.split(" ");
  const slope = argument === undefined ? undefined : argument === "5**0.5" ? Math.sqrt(5) : Number(argument);
  // One division and one root: equal but for the last place of √5².
  expect(torchGain(name, slope === undefined ? {} : { slope })).toBeCloseTo(result.float ?? result, 15);
});

test.each(gains.filter(({ id }) => id.startsWith("fans")))("$id", ({ id, result }) => {
  const { fanIn, fanOut } = fans(numbers(id.slice(5)));
  expect([fanIn, fanOut]).toEqual([...result]);
});

/** The call's rule as one of ours. */
function ruleOf({ call }: Case, shape: readonly number[]): Initializer | null {
  const gain = /gain=init\.calculate_gain\('(\w+)'\)/.exec(call);
  const plain = /gain=([\d.]+)/.exec(call);
  const gainOption = gain ? { gain: torchGain(gain[1]!) } : plain ? { gain: Number(plain[1]) } : {};
  if (call.includes("xavier_uniform_")) return glorotUniform(shape, gainOption);
  if (call.includes("xavier_normal_")) return glorotNormal(shape, gainOption);
  const kaiming = /kaiming_(uniform|normal)_/.exec(call);
  if (!kaiming) return null;
  const mode = call.includes("fan_out") ? "fan_out" : "fan_in";
  const a = /\ba=(math\.sqrt\(5\)|[\d.]+)/.exec(call)?.[1];
  const slope = a === undefined ? 0 : a.startsWith("math") ? Math.sqrt(5) : Number(a);
  const nonlinearity = /nonlinearity='(\w+)'/.exec(call)?.[1] ?? "leaky_relu";
  const options = { mode, gain: torchGain(nonlinearity, { slope }) } as const;
  return kaiming[1] === "uniform" ? heUniform(shape, options) : heNormal(shape, options);
}

/** Standard draws that a seed gives PyTorch; the same length makes its normal path the same. */
const unitUniform = (seed: string) => floats(read("torch-uniform").find(({ id }) => id === `u01-${seed}-16`)!.result);

describe("xavier and kaiming of PyTorch, bound by bound", () => {
  const cases = read("torch-xavier-kaiming").flatMap((golden) => {
    const { result } = golden;
    const rule = result.dtype === "float32" ? ruleOf(golden, result.shape) : null;
    return rule ? [[golden.id, golden, rule] as const] : [];
  });
  test("there are enough cases", () => expect(cases.length).toBeGreaterThan(45));
  test.each(cases.filter(([, , rule]) => rule.kind === "uniform"))("%s", (_, golden, rule) => {
    if (rule.kind !== "uniform") throw new Error("not uniform");
    const values = floats(golden.result);
    const seed = /manual_seed\((\d+)\)/.exec(golden.call)![1]!;
    const unit = unitUniform(seed);
    // PyTorch: u·(2b) − b in float32: three roundings of numbers up to 2b.
    for (let i = 0; i < Math.min(values.length, unit.length); i++)
      expect(Math.abs(values[i]! - rule.high * (2 * unit[i]! - 1))).toBeLessThan(4 * 2 ** -24 * 2 * rule.high);
  });
  test.each(cases.filter(([, , rule]) => rule.kind === "normal"))("%s", (_, golden, rule) => {
    if (rule.kind !== "normal") throw new Error("not normal");
    // All normal cases of one shape and seed are one standard draw times σ: so the ratio to the plain case is σ's ratio.
    const seed = /manual_seed\((\d+)\)/.exec(golden.call)![1]!;
    const size = golden.result.shape.join();
    const [, other, otherRule] = cases.find(
      ([, candidate, candidateRule]) =>
        candidateRule.kind === "normal" &&
        candidate.result.shape.join() === size &&
        candidate.call.includes(`manual_seed(${seed})`),
    )!;
    if (otherRule.kind !== "normal") throw new Error("not normal");
    const a = floats(golden.result);
    const b = floats(other.result);
    let sum = 0;
    for (let i = 0; i < a.length; i++) {
      expect(Math.abs(a[i]! / rule.std - b[i]! / otherRule.std)).toBeLessThan(8 * 2 ** -24 * 5);
      sum += (a[i]! / rule.std) ** 2;
    }
    // χ² with n degrees of freedom: standard deviation √(2n); the smallest case has 15.
    expect(Math.abs(sum - a.length)).toBeLessThan(3.5 * Math.sqrt(2 * a.length));
  });
});

describe("defaults of Linear and Conv lie within ±1/√fan-in, and fill it", () => {
  const modules = read("torch-modules").filter(
    ({ id }) => /^nn\.(Linear|Conv\w*\d)/.test(id) && !id.includes("float64"),
  );
  test.each(modules.map((golden) => [golden.id, golden.result] as const))("%s", (_, result) => {
    const weight = result.weight!;
    const { fanIn } = fans(weight.shape);
    for (const tensor of [weight, ...(result.bias ? [result.bias] : [])]) {
      const rule = oneOverRootN({ fanIn });
      if (rule.kind !== "uniform") throw new Error("not uniform");
      const values = floats(tensor);
      const largest = Math.max(...values.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(rule.high * (1 + 2 ** -22));
      // The largest of n |u| is below x with probability xⁿ: x = 0.001^(1/n).
      expect(largest).toBeGreaterThan(rule.high * 0.001 ** (1 / values.length));
    }
  });
});

describe("deterministic patterns are PyTorch's to the bit", () => {
  const cases = read("torch-orthogonal-dirac-eye-sparse");
  test.each(cases.filter(({ id }) => /^(dirac|eye)/.test(id)))("$id", ({ call, result }) => {
    const groups = Number(/groups=(\d+)/.exec(call)?.[1] ?? 1);
    const initializer = call.includes("dirac") ? dirac({ groups }) : identity();
    const values = draw(initializer, { seed: 0, name: "w", shape: result.shape });
    expect(values).toEqual(floats(result));
    let squares = 0;
    for (const value of values) squares += value * value;
    // A whole number over the size: one rounding.
    expect(law(initializer, result.shape).secondMoment).toBeCloseTo(squares / values.length, 15);
  });
  test.each(cases.filter(({ id }) => id.startsWith("sparse")))("zeros of $id", ({ call, result }) => {
    const share = Number(/\), ([\d.]+)/.exec(call)![1]);
    const [rows = 0, columns = 0] = result.shape;
    const zeros = (values: Float32Array) =>
      Array.from({ length: columns }, (_, c) => values.filter((v, i) => i % columns === c && v === 0).length);
    expect(zeros(draw(sparse(share), { seed: 0, name: "w", shape: [rows, columns] }))).toEqual(zeros(floats(result)));
  });
});
