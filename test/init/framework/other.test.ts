/** Initializers on NumPy's and JAX's numbers: what their users' own calls give. */

import { expect, test } from "vitest";
import { drawFramework } from "../../../src/init/framework/draw.ts";
import { jaxDraws } from "../../../src/init/framework/jax.ts";
import { numpyDraws } from "../../../src/init/framework/numpy.ts";
import type { Initializer } from "../../../src/init/types.ts";
import { jaxKey, jaxNormal } from "../../../src/random/index.ts";
import { golden } from "../../random/torch/golden.ts";

const doubles = (id: string) =>
  (golden("numpy-generator").find((each) => each.id === id)!.result.hex ?? []).map((hex) =>
    Math.fround(new Float64Array(BigUint64Array.of(BigInt(`0x${hex}`)).buffer)[0]!),
  );

test.each([0, 42, 1099511627781])("numpy, seed %s: rng.uniform and rng.normal, rounded to float32", (seed) => {
  const uniform = drawFramework({ kind: "uniform", low: -0.3, high: 0.7 }, [12], numpyDraws(seed));
  expect([...uniform]).toEqual(doubles(`uniform ${seed}`));
  const normal = drawFramework({ kind: "normal", mean: 1.5, std: 0.02 }, [3, 4], numpyDraws(seed));
  expect([...normal]).toEqual(doubles(`normal ${seed}`));
});

test("jax: he_normal's truncated normal lies within its bounds and has its variance", () => {
  const std = 0.1 / 0.87962566103423978;
  const cut: Initializer = { kind: "truncated-normal", mean: 0, std, low: -2 * std, high: 2 * std };
  const values = drawFramework(cut, [256, 256], jaxDraws(jaxKey(7)));
  const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  // E = 0.01; the variance of a square of a normal cut at ±2σ is below 2·E², 65,536 draws, five standard errors.
  expect(Math.abs(square / 0.01 - 1)).toBeLessThan((5 * Math.sqrt(2)) / 256);
  expect(values.every((value) => Math.abs(value) <= Math.fround(2 * std))).toBe(true);
});

test("jax: normals are jax.random.normal times the scale, blocks have keys of their own", () => {
  const plain = new Float32Array(8);
  jaxNormal(jaxKey(3), plain);
  const law: Initializer = { kind: "normal", mean: 0, std: 0.5 };
  expect(drawFramework(law, [8], jaxDraws(jaxKey(3)))).toEqual(plain.map((value) => value * 0.5));
  const parts = [
    { size: 1, initializer: law },
    { size: 1, initializer: law },
  ];
  const [first, second] = [0, 1].map((row) =>
    drawFramework({ kind: "blocks", parts }, [2, 8], jaxDraws(jaxKey(3))).subarray(8 * row, 8 * row + 8),
  );
  expect(first).toEqual(plain.map((value) => value * 0.5));
  expect(second).not.toEqual(first);
});

test("what a framework has no call for is refused by name", () => {
  expect(() => drawFramework({ kind: "sparse", sparsity: 0.1, std: 1 }, [4, 4], jaxDraws(jaxKey(0)))).toThrow(
    "stream jax: jax has no initializer sparse, leave --stream out",
  );
  const cut: Initializer = { kind: "truncated-normal", mean: 0, std: 1, low: -2, high: 2 };
  expect(() => drawFramework(cut, [4], numpyDraws(0))).toThrow(
    "stream numpy: numpy has no initializer truncated-normal",
  );
});
