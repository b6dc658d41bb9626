/** Keys, bits and draws against values that the Random123 authors, JAX's own tests and JAX's documentation publish. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jaxInverseErf, jaxNormal, jaxUniform } from "../../../src/random/jax/distributions.ts";
import { foldIn, type JaxKey, jaxBits, jaxKey, splitKey, threefry } from "../../../src/random/jax/threefry.ts";

const original = { partitionable: false } as const;
const block = (key: JaxKey, c0: number, c1: number) => {
  const out = new Uint32Array(2);
  threefry(key, c0, c1, out);
  return [...out];
};
const normals = (key: JaxKey, count: number, layout = {}) => {
  const out = new Float32Array(count);
  jaxNormal(key, out, layout);
  return out;
};
/** Eight digits tell float32 values apart: equal to what is printed, or its neighbour or the next. */
const near = (values: Float32Array, printed: readonly number[]) => {
  expect(values).toHaveLength(printed.length);
  printed.forEach((value, i) => {
    expect(Math.abs(values[i]! - Math.fround(value))).toBeLessThanOrEqual(2 * 2 ** -23 * Math.abs(value));
  });
};

test("Threefry 2×32-20: known answers of Random123 (test_threefry.cpp)", () => {
  expect(block([0, 0], 0, 0)).toEqual([0x6b200159, 0x99ba4efe]);
  const most = 0xffffffff;
  expect(block([most, most], most, most)).toEqual([0x1cb996fc, 0xbb002be7]);
  expect(block([0x13198a2e, 0x03707344], 0x243f6a88, 0x85a308d3)).toEqual([0xc4923a9c, 0x483df7a0]);
});

describe("the original layout (jax, tests/random_test.py)", () => {
  test("split, fold_in and bits", () => {
    expect(splitKey(jaxKey(0), 4, original)).toEqual([
      [2285895361, 1501764800],
      [1518642379, 4090693311],
      [433833334, 4221794875],
      [839183663, 3740430601],
    ]);
    expect(foldIn(jaxKey(0), 4)).toEqual([2285895361, 433833334]);
    expect([...jaxBits(jaxKey(1701), 3, original)]).toEqual([56197195, 4200222568, 961309823]);
  });

  test("seeds: low 32 bits", () => {
    expect(jaxKey(-1)).toEqual([0, 4294967295]);
    expect(jaxKey(2 ** 31 + 99)).toEqual([0, 2147483747]);
    expect(jaxKey(-(2 ** 31) - 100)).toEqual([0, 2147483548]);
    expect(() => jaxKey(0.5)).toThrow("jax stream: a seed is a whole number within ±2^53 or a bigint, got 0.5");
  });

  test("ten normals of key 0 (JAX quickstart, before 0.5)", () => {
    near(
      normals(jaxKey(0), 10, original),
      [
        -0.3721109, 0.26423115, -0.18252768, -0.7368197, -0.44030377, -0.1521442, -0.67135346, -0.5908641, 0.73168886,
        0.5673026,
      ],
    );
  });
});

describe("the partitionable layout (JAX documentation, 0.5 and later)", () => {
  test("uniform of key 0, and of its second child", () => {
    const out = new Float32Array(1);
    jaxUniform(jaxKey(0), out, 0, 1);
    expect(out[0]).toBeCloseTo(0.947667, 6);
    jaxUniform(splitKey(jaxKey(0), 2)[1]!, out, 0, 1);
    expect(out[0]).toBeCloseTo(0.00729382, 8);
  });

  test("normals of key 42 and of its three children", () => {
    near(normals(jaxKey(42), 3), [-0.02830462, 0.46713185, 0.29570296]);
    const each = splitKey(jaxKey(42), 3).map((key) => normals(key, 1)[0]!);
    near(Float32Array.from(each), [0.07592554, 0.60576403, 0.4323065]);
  });

  test("a value does not depend on how many are drawn", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (count, seed) => {
        expect(normals(jaxKey(seed), 40).subarray(0, count)).toEqual(normals(jaxKey(seed), count));
      }),
      { numRuns: 20 },
    );
  });
});

test("erf⁻¹ inverts erf as far as float32 goes", () => {
  expect(jaxInverseErf(1)).toBe(Number.POSITIVE_INFINITY);
  expect(jaxInverseErf(-1)).toBe(Number.NEGATIVE_INFINITY);
  expect(jaxInverseErf(0)).toBe(0);
  // erf⁻¹(1/2) = 0.4769362762044699 (OEIS A069286); Giles states 2.5 units in the last place.
  expect(Math.abs(jaxInverseErf(0.5) - 0.4769362762044699)).toBeLessThan(2.5 * 2 ** -25);
});
