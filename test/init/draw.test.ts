/** Drawn values against their law, their structure, and their address. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalCdf } from "../../src/gaussian/index.ts";
import {
  cutMoments,
  describe as describeInitializer,
  draw,
  heNormal,
  type Initializer,
  initializerByName,
  initializers,
  isElementwise,
  law,
  normal,
  orthogonal,
  sample,
  siren,
  truncatedNormal,
  uniform,
  varianceScaling,
} from "../../src/init/index.ts";

const SHAPE = [12, 8, 3, 3];
const shapeOf = (name: string) => (name === "forget-gate-one" ? [32] : SHAPE);

const cases: readonly (readonly [string, Initializer, readonly number[]])[] = [
  ...initializers.map(({ name, create }) => [name, create(shapeOf(name)), shapeOf(name)] as const),
  ["row-centred normal", normal(0.3, 1, { rowCentred: true }), SHAPE],
  ["row-centred uniform", uniform(0, 1, { rowCentred: true }), SHAPE],
  ["orthogonal blocks", orthogonal({ gain: 2, blocks: 4 }), SHAPE],
  ["wide truncated normal", truncatedNormal(0, 0.02, { low: -2, high: 2 }), SHAPE],
  ["one-sided truncated normal", truncatedNormal(1, 2, { low: 2, high: 30 }), SHAPE],
  [
    "blocks of everything",
    {
      kind: "blocks",
      parts: [
        { size: 4, initializer: { kind: "orthogonal", gain: 1 } },
        { size: 5, initializer: heNormal(SHAPE) },
        { size: 3, initializer: { kind: "constant", value: 0.5 } },
      ],
    },
    SHAPE,
  ],
];

describe.each(cases)("%s", (_, initializer, shape) => {
  const size = shape.reduce((a, b) => a * b, 1);

  test("has its law's mean and second moment", () => {
    const seeds = 120;
    const of = law(initializer, shape);
    expect(of.secondMoment).toBeCloseTo(of.variance + of.mean ** 2, 12);
    const perSeed = Array.from({ length: seeds }, (_, seed) => {
      let mean = 0;
      let square = 0;
      for (const value of draw(initializer, { seed, name: "w", shape })) {
        mean += value / size;
        square += (value * value) / size;
      }
      return { mean, square };
    });
    for (const [key, expected] of [
      ["mean", of.mean],
      ["square", of.secondMoment],
    ] as const) {
      const values = perSeed.map((draws) => draws[key]);
      const average = values.reduce((a, b) => a + b) / seeds;
      const spread = Math.sqrt(values.reduce((a, b) => a + (b - average) ** 2, 0) / (seeds - 1));
      // 4.5 standard errors over draws; where nothing varies, float32 rounding of each value (2⁻²⁴, squared twice).
      const rounding = 2 ** -22 * (Math.abs(expected) + Math.sqrt(of.secondMoment) * (key === "mean" ? 1 : 0));
      expect(Math.abs(average - expected), key).toBeLessThanOrEqual((4.5 * spread) / Math.sqrt(seeds) + rounding);
    }
  });

  test("any range has the bits of the whole", () => {
    const whole = draw(initializer, { seed: 5, name: "w", shape });
    fc.assert(
      fc.property(fc.nat(size), fc.nat(size), (a, b) => {
        const start = Math.min(a, b);
        const length = Math.abs(a - b);
        expect(draw(initializer, { seed: 5, name: "w", shape, start, length })).toEqual(
          whole.slice(start, start + length),
        );
      }),
      { numRuns: 12 },
    );
  });

  test("is described in a few characters", () => {
    const text = describeInitializer(initializer);
    expect(text.length).toBeGreaterThan(0);
    expect(text).not.toMatch(/NaN|undefined|object/);
  });
});

describe("structure", () => {
  test("row-centred rows have mean 0", () => {
    const values = sample(normal(1, 1, { rowCentred: true }), [50, 64], { seed: 0, name: "w" });
    for (let row = 0; row < 50; row++) {
      const sum = values.subarray(row * 64, row * 64 + 64).reduce((a, b) => a + b, 0);
      // 64 roundings of values below 5.
      expect(Math.abs(sum)).toBeLessThan(64 * 5 * 2 ** -24);
    }
  });
  test("Nguyen–Widrow rows have length β", () => {
    const values = sample({ kind: "nguyen-widrow", beta: 0.7 }, [20, 9], { seed: 0, name: "w" });
    for (let row = 0; row < 20; row++) {
      const square = values.subarray(row * 9, row * 9 + 9).reduce((a, b) => a + b * b, 0);
      // Each of nine squares carries two roundings.
      expect(Math.abs(square - 0.49)).toBeLessThan(0.49 * 4 * 2 ** -24);
    }
  });
  test("sinusoidal is the paper's formula, its unbiased variance std²", () => {
    const [rows, columns] = [10, 14];
    const values = sample({ kind: "sinusoidal", std: 0.3 }, [rows, columns], { seed: 0, name: "w" });
    const wave = Float64Array.from({ length: rows * columns }, (_, i) =>
      Math.sin(2 * Math.PI * (Math.floor(i / columns) + 1) * ((i % columns) / columns + 1 / rows)),
    );
    const mean = wave.reduce((a, b) => a + b) / wave.length;
    const variance = wave.reduce((a, b) => a + (b - mean) ** 2, 0) / (wave.length - 1);
    // float32 rounding, and 1e-14 of phase in the reference.
    wave.forEach((value, i) => {
      expect(Math.abs(values[i]! - (0.3 * value) / Math.sqrt(variance))).toBeLessThan(2 ** -24);
    });
  });
});

describe("laws and rules", () => {
  test("Keras' and JAX's constant of the cut at two", () => {
    // The published digits; two roundings.
    expect(Math.abs(Math.sqrt(cutMoments(-2, 2).variance) - 0.87962566103423978)).toBeLessThan(4 * 2 ** -53);
  });
  test("moments of a cut by Simpson's rule", () => {
    for (const [a, b] of [
      [-2, 2],
      [-3, 0.5],
      [0, 1e-3],
      [1, 6],
      [-8, -5],
    ] as const) {
      const steps = 20000;
      let [mass, first, second] = [0, 0, 0];
      const mid = (a + b) / 2;
      for (let i = 0; i <= steps; i++) {
        const x = a + ((b - a) * i) / steps;
        const weight = (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp((mid * mid - x * x) / 2);
        mass += weight;
        first += weight * (x - mid);
        second += weight * (x - mid) ** 2;
      }
      const shift = first / mass;
      const { mean, variance } = cutMoments(a, b);
      expect(Math.abs(mean - mid - shift)).toBeLessThan(1e-11 * (b - a));
      // The closed form subtracts numbers of size 1 + mean², each good to 1e-13.
      expect(Math.abs(variance - (second / mass - shift * shift))).toBeLessThan(
        1e-12 * (1 + mean * mean) * Math.min(1, b - a),
      );
    }
  });
  test("the share of the cut's mass is the normal's", () => {
    expect(normalCdf(2) - normalCdf(-2)).toBeCloseTo(0.9544997361036416, 14);
  });
  test.each(["uniform", "normal", "truncated_normal"] as const)(
    "variance scaling, %s: scale over fan",
    (distribution) => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (fanIn, fanOut) => {
          for (const [mode, fan] of [
            ["fan_in", fanIn],
            ["fan_out", fanOut],
            ["fan_avg", (fanIn + fanOut) / 2],
            ["fan_geo_avg", Math.sqrt(fanIn * fanOut)],
          ] as const) {
            const initializer = varianceScaling({ scale: 2, mode, distribution })({ fanIn, fanOut });
            // A root, a square and a division: a few ε; the cut's closed form 1e-13.
            expect(Math.abs((law(initializer, SHAPE).variance * fan) / 2 - 1)).toBeLessThan(1e-12);
          }
        }),
        { numRuns: 30 },
      );
    },
  );
  test("SIREN bounds", () => {
    const first = siren({ fanIn: 3 }, { first: true });
    expect(first.kind === "uniform" && first.high).toBeCloseTo(1 / 3, 15);
    const later = siren({ fanIn: 256 }, { w0: 30 });
    expect(later.kind === "uniform" && later.high).toBeCloseTo(Math.sqrt(6 / 256) / 30, 15);
  });
  test("truncated normal by the result's std", () => {
    const given = truncatedNormal(0, 0.5, { low: -1, high: 1, stdOf: "result" });
    // Bisection to the last bits, through a function of condition about 3.
    expect(Math.sqrt(law(given, SHAPE).variance)).toBeCloseTo(0.5, 12);
  });
});

describe("addresses and names", () => {
  test("other names and seeds give other values; order of drawing does not matter", () => {
    const once = sample(heNormal(SHAPE), SHAPE, { seed: 1, name: "a" });
    const other = sample(heNormal(SHAPE), SHAPE, { seed: 1, name: "b" });
    expect(other).not.toEqual(once);
    expect(sample(heNormal(SHAPE), SHAPE, { seed: 2, name: "a" })).not.toEqual(once);
    expect(sample(heNormal(SHAPE), SHAPE, { seed: 1, name: "a" })).toEqual(once);
  });
  test("framework names", () => {
    expect(initializerByName("kaiming_normal_")?.name).toBe("he-normal");
    expect(initializerByName("GlorotUniform")?.name).toBe("glorot-uniform");
    expect(initializerByName("he_normal", { framework: "jax" })?.name).toBe("he-truncated-normal");
    expect(initializerByName("heNormal")?.name).toBe("he-truncated-normal-before");
    expect(initializerByName("no such rule")).toBeNull();
    expect(new Set(initializers.map(({ name }) => name)).size).toBe(initializers.length);
  });
  test("kinds that can be drawn by element say so", () => {
    expect(isElementwise(normal(0, 1))).toBe(true);
    expect(isElementwise(normal(0, 1, { rowCentred: true }))).toBe(false);
    expect(isElementwise(orthogonal())).toBe(false);
  });
  test.each([
    [
      "range",
      () => draw(normal(0, 1), { seed: 0, name: "w", shape: [3], start: 2, length: 2 }),
      /"w".*3 elements, got 2 \+ 2/,
    ],
    [
      "file",
      () => draw({ kind: "file", mean: 0, std: 1 }, { seed: 0, name: "w", shape: [3] }),
      /keeps the file's values/,
    ],
    ["vector", () => draw(orthogonal(), { seed: 0, name: "w", shape: [3] }), /at least two axes, got shape \[3\]/],
    ["fan", () => heNormal({ fanOut: 3 }), /fan_in needs a positive fanIn, got undefined/],
    ["shape", () => draw(normal(0, 1), { seed: 0, name: "w", shape: [1.5] }), /extents are whole numbers/],
  ])("errors teach: %s", (_, call, message) => expect(call).toThrow(message));
});
