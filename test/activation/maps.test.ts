import { describe, expect, test } from "vitest";
import {
  type Activation,
  activationByName,
  CATALOGUE,
  correlationMap,
  criticalPoint,
  depthScales,
  edgeOfChaos,
  fixedPoints,
  gainReport,
  moments,
  parseExpression,
  resolveActivation,
  saturation,
  stability,
  unitGain,
  varianceMap,
} from "../../src/activation/index.ts";
import { normalCdf } from "../../src/gaussian/index.ts";
import { normals } from "./normals.ts";

const tanh = activationByName("tanh");
const relu = activationByName("relu");
const logistic = activationByName("logistic");

describe("published figures", () => {
  test("tanh at σ_b² = 0.05: σ_w² = 1.76095, q* = 0.57005 (DESIGN section 5)", () => {
    const point = criticalPoint(tanh, { biasVariance: 0.05 });
    // Half a unit of the last digit printed.
    expect(Math.abs(point!.weightVariance - 1.76095)).toBeLessThan(5e-6);
    expect(Math.abs(point!.q - 0.57005)).toBeLessThan(5e-6);
  });

  test("ReLU: the edge of chaos is the one point (σ_b², σ_w²) = (0, 2) (Hayou 2019)", () => {
    expect(edgeOfChaos(relu, [0, 0.01, 0.05, 1])).toEqual([{ weightVariance: 2, biasVariance: 0, q: 1 }]);
    expect(criticalPoint(relu, { biasVariance: 0.05 })).toBeNull();
  });

  test("Swish: the edge of chaos starts at σ_w = 2 for σ_b → 0 (φ'(0) = 1/2; Hayou 2019)", () => {
    const silu = activationByName("silu");
    const start = criticalPoint(silu, { biasVariance: 0 });
    expect(start).toMatchObject({ biasVariance: 0, q: 0 });
    expect(Math.abs(start!.weightVariance - 4)).toBeLessThan(1e-12);
    // The curve leaves that point like √σ_b²: from σ_b² = 1e-6 on it is below 4.
    const curve = edgeOfChaos(silu, [1e-6, 1e-4, 1e-2, 0.1]).map((point) => point.weightVariance);
    expect(curve).toEqual([...curve].sort((a, b) => b - a));
    expect(curve[0]).toBeGreaterThan(3.9);
  });

  test("logistic units: χ₁ = 0.0557 at σ_w = 1, and 1 only near σ_w ≈ 10", () => {
    const [point] = fixedPoints(logistic, { weightVariance: 1, biasVariance: 0 }).points;
    expect(Math.abs(point.chi - 0.0557)).toBeLessThan(5e-5);
    const critical = criticalPoint(logistic, { biasVariance: 0.05 });
    expect(Math.sqrt(critical!.weightVariance)).toBeGreaterThan(9.5);
    expect(Math.sqrt(critical!.weightVariance)).toBeLessThan(10.5);
  });

  test("gains of He and Glorot, and SELU's fixed point at (0, 1)", () => {
    expect(gainReport(relu).gain).toBeCloseTo(Math.SQRT2, 14);
    expect(gainReport(activationByName("identity")).gain).toBe(1);
    const [point] = fixedPoints(activationByName("selu"), { weightVariance: 1, biasVariance: 0 }).points.filter(
      (p) => p.q > 0.5,
    );
    expect(Math.abs(point.q - 1)).toBeLessThan(1e-9);
    expect(point.stable).toBe(true);
  });
});

describe("fixed points", () => {
  test("each is one, and its slope is the map's difference quotient", () => {
    for (const name of ["tanh", "sigmoid", "gelu", "silu", "hard_swish", "erf", "softplus", "sin"]) {
      const activation = activationByName(name);
      for (const field of [
        { weightVariance: 1.5, biasVariance: 0.1 },
        { weightVariance: 0.5, biasVariance: 0.02 },
      ]) {
        for (const { q, slope } of fixedPoints(activation, field).points) {
          // The root is bracketed to 4 ε in q, the map is good to 1e-12.
          expect(Math.abs(varianceMap(activation, field, q) / q - 1)).toBeLessThan(1e-11);
          const h = 1e-4 * q;
          const at = (v: number) => varianceMap(activation, field, v);
          const quotient = (8 * (at(q + h) - at(q - h)) - (at(q + 2 * h) - at(q - 2 * h))) / (12 * h);
          // Rounding 1e-13·q/h = 1e-9 of the slope's scale; truncation h⁴ is below that.
          expect(Math.abs(slope - quotient)).toBeLessThan(1e-8);
        }
      }
    }
  });

  test("tanh below σ_w = 1 dies out, above it has an unstable origin and a stable point", () => {
    const calm = fixedPoints(tanh, { weightVariance: 0.9, biasVariance: 0 }).points;
    expect(calm.map((p) => [p.q, p.stable])).toEqual([[0, true]]);
    const lively = fixedPoints(tanh, { weightVariance: 2, biasVariance: 0 }).points;
    expect(lively.map((p) => p.stable)).toEqual([false, true]);
  });

  test("all of them: gelu at σ_w² = 2.05 has a stable and an unstable one", () => {
    const points = fixedPoints(activationByName("gelu"), { weightVariance: 2.05, biasVariance: 0.05 }).points;
    expect(points.map((p) => p.stable)).toEqual([true, false]);
  });

  test("ReLU at (2, 0) is fixed everywhere; above it blows up, with bias below 2 it has one", () => {
    expect(fixedPoints(relu, { weightVariance: 2, biasVariance: 0 })).toMatchObject({ continuum: true });
    expect(fixedPoints(relu, { weightVariance: 2.5, biasVariance: 0.1 }).points).toEqual([]);
    const [point] = fixedPoints(relu, { weightVariance: 1, biasVariance: 0.1 }).points;
    // q = q/2 + 0.1
    expect(Math.abs(point.q / 0.2 - 1)).toBeLessThan(1e-14);
  });
});

describe("every critical point of the catalogue is critical", () => {
  test.each(CATALOGUE.map((entry) => entry.name))("%s", (name) => {
    const activation = activationByName(name);
    const point = criticalPoint(activation, { biasVariance: 0.05 });
    if (!point) {
      // Then χ₁ never meets 1 at a fixed point: (q − σ_b²)E[φ'²] − E[φ²] keeps its sign.
      const signs = [0.0501, 0.1, 0.3, 1, 3, 10, 100, 1e4].map((q) => {
        const m = moments(activation, { variance: q });
        return Math.sign((q - 0.05) * m.derivativeSecondMoment - m.secondMoment);
      });
      expect(new Set(signs.filter((sign) => !Number.isNaN(sign))).size).toBeLessThanOrEqual(1);
      return;
    }
    const { chi } = stability(activation, point.weightVariance, point.q);
    expect(Math.abs(chi - 1)).toBeLessThan(1e-11);
    const onward = varianceMap(activation, point, point.q);
    expect(Math.abs(onward / point.q - 1)).toBeLessThan(1e-10);
  });
});

describe("depth scales (Schoenholz 2017)", () => {
  test("are what the iterated maps show", () => {
    const field = { weightVariance: 1.3, biasVariance: 0.05 };
    const [{ q, chi }] = fixedPoints(tanh, field).points;
    const scales = depthScales(tanh, field.weightVariance, q);
    expect(scales.chi).toBe(chi);
    let distance = q * 1e-3;
    const before = distance;
    for (let layer = 0; layer < 5; layer++) distance = varianceMap(tanh, field, q + distance) - q;
    // Five layers of linear decay exp(−1/ξ_q); the map's curvature adds a share of the order of the distance, 1e-3.
    expect(Math.abs(distance / before / Math.exp(-5 / scales.variance) - 1)).toBeLessThan(5e-3);
    expect(scales.tenfold).toBe(Number.POSITIVE_INFINITY);
  });

  test("infinite correlation depth at the critical point, tenfold growth where errors grow", () => {
    const point = criticalPoint(tanh, { biasVariance: 0.05 })!;
    expect(depthScales(tanh, point.weightVariance, point.q).correlation).toSatisfy((xi: number) => Math.abs(xi) > 1e9);
    const grows = depthScales(relu, 4, 1);
    // The map's slope is 2: ln 10/ln 2 layers.
    expect(Math.abs(grows.tenfold - Math.log2(10))).toBeLessThan(1e-12);
  });
});

describe("AnyInit's published table (version 0.1, README): χ = d ln E[φ²]/d ln Var[z] where E[φ²] = 1, and layers to tenfold", () => {
  // Three decimals of χ and whole layers as printed there.
  test.each([
    ["relu", 1, Number.POSITIVE_INFINITY],
    ["squared_relu", 2, 3],
    ["gelu", 1.084, 28],
    ["silu", 1.147, 16],
    ["elu", 0.898, Number.POSITIVE_INFINITY],
    ["selu", 0.783, Number.POSITIVE_INFINITY],
    ["mish", 1.052, 45],
    ["softplus", 0.535, Number.POSITIVE_INFINITY],
  ])("%s: χ = %s, %s layers", (name, chi, layers) => {
    const { level } = gainReport(activationByName(name));
    expect(Math.abs(Math.exp(level.lyapunov) - chi)).toBeLessThan(5.001e-4);
    // Printed there as the whole layers before that depth.
    expect(Math.floor(level.tenfold)).toBe(layers);
  });

  test("relu³, an expression: χ is the degree", async () => {
    const cubed = resolveActivation({ kind: "expression", expression: await parseExpression("max(x,0)^3") });
    const { level, moments: m } = gainReport(cubed);
    expect(Math.abs(Math.exp(level.lyapunov) - 3)).toBeLessThan(1e-10);
    expect(Math.abs(m.mean - 2 / Math.sqrt(2 * Math.PI))).toBeLessThan(1e-12);
    expect(Math.abs(m.secondMoment - 7.5)).toBeLessThan(1e-11);
  });

  test("gain of SiLU there: 1.5588, the standard deviation at which E[φ²] = 1", () => {
    expect(Math.abs(unitGain(activationByName("silu"))! - 1.5588)).toBeLessThan(5e-5);
  });
});

describe("Monte Carlo of the maps", () => {
  test.each(CATALOGUE.map((entry) => entry.name).filter((name) => name !== "exp" && name !== "cube"))(
    "%s: E[φ(u)φ(v)] and E[φ'(u)φ'(v)] at correlation 0.6",
    (name) => {
      const activation = activationByName(name);
      const side = { mean: 0.1, variance: 0.8 };
      const map = correlationMap(activation, side, side);
      const draws = 40_000;
      const random = normals(name.length * 104_729 + name.charCodeAt(0));
      const sums = new Float64Array(4);
      const sd = Math.sqrt(side.variance);
      for (let i = 0; i < draws; i++) {
        const [a, b] = [random(), random()];
        const [u, v] = [side.mean + sd * a, side.mean + sd * (0.6 * a + 0.8 * b)];
        const product = activation.value(u) * activation.value(v);
        const slopes = activation.derivative(u) * activation.derivative(v);
        [product, slopes, product ** 2, slopes ** 2].forEach((value, j) => {
          sums[j]! += value / draws;
        });
      }
      [map.product(0.6), map.slopeProduct(0.6)].forEach((exact, j) => {
        const error = Math.sqrt(Math.max(0, sums[j + 2]! - sums[j]! ** 2) / draws);
        // Five standard errors; a share that no draw shows is below 15/draws with probability 1 − 3e-7.
        expect(Math.abs(sums[j]! - exact)).toBeLessThanOrEqual(5 * error + (15 / draws) * Math.abs(exact));
      });
    },
  );
});

test("unit gain: where E[φ²] is 1, null where it never is", () => {
  expect(Math.abs(unitGain(relu)! - Math.SQRT2)).toBeLessThan(1e-14);
  expect(unitGain(tanh)).toBeNull();
  expect(unitGain(activationByName("sin"))).toBeNull();
  expect(unitGain(activationByName("exp"))).toBeNull();
  for (const name of ["gelu", "silu", "mish", "elu", "softplus", "lecun_tanh", "hard_swish"]) {
    const s = unitGain(activationByName(name))!;
    expect(Math.abs(moments(activationByName(name), { variance: s * s }).secondMoment - 1), name).toBeLessThan(1e-11);
  }
});

test("saturated and dead shares are tails of the normal distribution", () => {
  const close = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(1e-12);
  close(saturation(relu, { mean: 1, variance: 4 }).dead, normalCdf(-0.5));
  close(saturation(activationByName("hard_tanh")).dead, 2 * normalCdf(-1));
  // 1/cosh² < 1/20 beyond arcosh(√20).
  close(saturation(tanh).saturated, 2 * normalCdf(-Math.acosh(Math.sqrt(20))));
  expect(saturation(tanh).dead).toBe(0);
  expect(saturation(activationByName("step"))).toEqual({ saturated: 1, dead: 1 });
});

test("a shallow dip between flat parts is seen at every variance", () => {
  // Cells of 1/10,000 of a deviation: at most one is wrong a change, of which there are fewer than ten; density at most 0.4.
  const counted = (activation: Activation, sd: number) => {
    let share = 0;
    for (let i = -90_000; i < 90_000; i++) {
      const t = (i + 0.5) / 1e4;
      if (Math.abs(activation.derivative(sd * t)) < activation.steepest / 20) share += Math.exp((-t * t) / 2) / 1e4;
    }
    return share / Math.sqrt(2 * Math.PI);
  };
  for (const name of ["gelu", "silu", "mish", "tanh", "elu", "gaussian"])
    for (const sd of [0.5, 10, 100]) {
      const activation = activationByName(name);
      const { saturated } = saturation(activation, { variance: sd * sd });
      expect(Math.abs(saturated - counted(activation, sd)), `${name} ${sd}`).toBeLessThan(10 * 0.4e-4);
    }
});

test.each(CATALOGUE.map((entry) => entry.name))("the report of %s is complete and consistent", (name) => {
  const report = gainReport(activationByName(name));
  expect(report.schema).toBe("epoch0.gain/1");
  expect(report.gain).toBe(1 / Math.sqrt(report.moments.secondMoment));
  expect(report.verdict).toContain(name);
  expect(report.verdict).not.toMatch(/NaN|undefined|Infinity/);
  expect(report.maps.correlation.at(-1)!.to).toBeCloseTo(1, 9);
  for (const { saturated, dead } of [report.saturation]) {
    expect(dead).toBeGreaterThanOrEqual(0);
    expect(saturated).toBeGreaterThanOrEqual(dead - 1e-15);
    expect(saturated).toBeLessThanOrEqual(1);
  }
});

test("an expression is reported under its name where it has one", async () => {
  const of = async (text: string) =>
    gainReport(resolveActivation({ kind: "expression", expression: await parseExpression(text) }));
  expect((await of("x*sigmoid(1.702*x)")).recognised).toBe("quick_gelu");
  expect((await of("x*sigmoid(x) + 0.01")).recognised).toBeNull();
  expect(gainReport(tanh).recognised).toBeNull();
});

test("a bias variance that is none is refused", () => {
  expect(() => criticalPoint(tanh, { biasVariance: -1 })).toThrow(
    "criticalPoint: bias variance must be finite and not negative, got -1",
  );
});
