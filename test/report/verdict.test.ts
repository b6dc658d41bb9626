import fc from "fast-check";
import { expect, test } from "vitest";
import { trendOf, verdictOf } from "../../src/report/verdict.ts";
import { digitsPlan, layer, planOf } from "./plan-fixture.ts";

const chain = (forward: (i: number) => number, gradient: (i: number) => number, count = 10) =>
  planOf(
    [],
    Array.from({ length: count }, (_, i) => layer(`fc${i + 1}.weight`, forward(i), gradient(i), { saturated: 0 })),
  );

test("a constant factor a layer is found to rounding error", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 10, noNaN: true }), fc.integer({ min: 2, max: 60 }), (factor, layers) => {
      const trend = trendOf(Array.from({ length: layers }, (_, i) => factor ** i));
      // The slope is a quotient of sums of `layers` rounded terms: layers² ε is generous.
      expect(Math.abs(Math.log(trend?.perLayer ?? 0) - Math.log(factor))).toBeLessThan(layers ** 2 * 2 ** -52 * 10);
    }),
  );
});

test("the title is the finding", () => {
  expect(
    verdictOf(
      chain(
        () => 1,
        (i) => 3.1 ** (i - 9),
      ),
    ).title,
  ).toBe("The gradient falls 3.1× a layer");
  expect(
    verdictOf(
      chain(
        (i) => 3 ** -i,
        () => 1,
      ),
    ).title,
  ).toBe("The forward signal falls 3.0× a layer");
  expect(
    verdictOf(
      chain(
        (i) => 2 ** i,
        (i) => 2 ** (9 - i),
      ),
    ).title,
  ).toBe("The gradient grows 2.0× a layer, the forward signal grows 2.0× a layer");
  expect(
    verdictOf(
      chain(
        () => 1,
        () => 1,
      ),
    ).title,
  ).toBe("Forward signal and gradient stay level over 10 layers");
});

test("what is broken comes first, with the layer's name", () => {
  expect(
    verdictOf(
      chain(
        (i) => (i < 3 ? 1 : 0),
        () => 1,
      ),
    ).title,
  ).toBe("No signal reaches past fc4.weight: its pre-activation is 0");
  expect(
    verdictOf(
      chain(
        () => 1,
        (i) => (i < 3 ? 0 : 1),
      ),
    ).title,
  ).toBe("No gradient reaches fc3.weight: what comes before it cannot learn");
  expect(
    verdictOf(
      chain(
        () => Number.POSITIVE_INFINITY,
        () => 1,
      ),
    ).level,
  ).toBe("broken");
});

test("saturation is said; a plan without a graph says so; a small readout is no finding", () => {
  const saturated = planOf([], [layer("a.weight", 1, 1), layer("b.weight", 1, 1, { saturated: 0.8 })]);
  expect(verdictOf(saturated).title).toBe("80 % of a layer's units are saturated");
  expect(verdictOf(planOf([])).title).toContain("no graph");
  const readout = chain(
    (i) => (i === 9 ? 1e-4 : 1),
    () => 1,
  );
  expect(verdictOf(readout).level).toBe("level");
  expect(verdictOf(digitsPlan).title).toBe("The gradient falls 20× a layer");
});

test("a steep step is spoken of however few the layers; a difference without a trend is not, unless it is vast", () => {
  const pair = [layer("a.weight", 1, 0.15), layer("b.weight", 1, 1), layer("c.weight", 0.06, 30)];
  expect(verdictOf(planOf([], pair)).title).toBe("The gradient falls 6.7× a layer");
  const zigzag = (size: number) =>
    chain(
      () => 1,
      (i) => (i % 2 === 0 ? 1 : size),
    );
  expect(verdictOf(zigzag(1e-3)).title).toBe(
    "Over 10 layers: the forward signal stays level; the gradient has no trend with depth, within 1000×",
  );
  expect(verdictOf(zigzag(1e-6)).title).toBe("The gradient differs 1.0e6× between layers");
});

test("half of a rectifier's units are flat by design: that is no saturation", () => {
  const relu = Array.from({ length: 4 }, (_, i) =>
    layer(`fc${i + 1}.weight`, 1, 1, { activation: "relu", saturated: 0.5, dead: 0.5 }),
  );
  expect(verdictOf(planOf([], relu)).title).toBe("Forward signal and gradient stay level over 4 layers");
  const tanh = relu.map((each) => ({ ...each, activation: "tanh", saturated: 0.6, dead: 0 }));
  expect(verdictOf(planOf([], tanh)).title).toBe("60 % of a layer's units are saturated");
});
