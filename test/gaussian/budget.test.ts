import { expect, test } from "vitest";
import { CATALOGUE, resolveActivation } from "../../src/activation/index.ts";
import { correlationSlope, expectation, expectation2 } from "../../src/gaussian/index.ts";

/** What the room promises: relative error, and evaluations a smooth piece. */
const PROMISED = 1e-12;
const BUDGET = 200;
/** ± so many standard deviations are integrated over; further where nothing or not all of f lies there. */
const REACH = 9;
const FAR = 38;

/** Pieces between the places inside the reach where a function breaks or bends on a scale of its own. */
function pieces(value: (x: number) => number, places: readonly number[], mean: number, sd: number): number {
  const silent = Array.from({ length: 37 }, (_, i) => value(mean + (i / 2 - REACH) * sd)).every((v) => v === 0);
  return 1 + new Set(places.filter((at) => Math.abs(at - mean) < (silent ? FAR : REACH) * sd)).size;
}

/** Whether most of E[f²] lies beyond the reach, by the trapezoidal rule: a piece of its own. */
function massBeyond(value: (x: number) => number, mean: number, sd: number): boolean {
  let [inside, beyond] = [0, 0];
  for (let t = -FAR; t <= FAR; t += 0.1) {
    const part = value(mean + t * sd) ** 2 * Math.exp((-t * t) / 2);
    if (Math.abs(t) < REACH) inside += part;
    else beyond += part;
  }
  return beyond > inside;
}

/** Oscillate without end: at large variances their pieces are half periods, thousands of them. */
const PERIODIC = new Set(["sin", "cos", "snake"]);

test.each(CATALOGUE.map(({ name }) => name))("E[φ²] of %s: at most 200 evaluations a smooth piece", (name) => {
  const { value, breaks, features } = resolveActivation({ kind: "named", name, parameters: {} });
  for (const variance of [1e-12, 1e-6, 0.01, 1, 100, 1e6, 1e12]) {
    if (PERIODIC.has(name) && variance > 1) continue;
    const options = { mean: 0, variance, breaks, features };
    const found = expectation((x) => value(x) ** 2, options);
    if (found.value === Number.POSITIVE_INFINITY) continue;
    // exp(2x) has its peak 2σ standard deviations out: from σ = 9/2 on that is a piece of its own.
    const beyond = name === "exp" && Math.sqrt(variance) > REACH / 2 ? 1 : 0;
    const count = beyond + pieces(value, [...breaks, ...features.map(({ at }) => at)], 0, Math.sqrt(variance));
    expect(found.evaluations, `variance ${variance}`).toBeLessThanOrEqual(BUDGET * count);
    expect(found.error, `variance ${variance}`).toBeLessThanOrEqual(PROMISED * found.value);
  }
});

/** Means of their own size, and as many standard deviations off: there the mass lies between the function and the density. */
const MEANS = [-10, -3, -1, -0.3, 0.3, 1, 3, 10];
const DEVIATIONS = [-30, -20, -12, -10, 10, 12, 20, 30];

/**
 * Bend at 0 where the density is all but gone: their bend is met or not by how large they are there. Of squareplus's own
 * formula nothing is left but rounding far below 0.
 */
const BENT_FAR_OUT = new Set(["elu", "selu", "celu", "squareplus"]);

test.each(CATALOGUE.map(({ name }) => name))(
  "E[φ²] of %s away from mean 0: at most 200 evaluations a smooth piece",
  (name) => {
    const { value, breaks, features } = resolveActivation({ kind: "named", name, parameters: {} });
    for (const variance of [1e-12, 1e-6, 0.01, 1, 100, 1e6, 1e12]) {
      if (PERIODIC.has(name) && variance > 1) continue;
      const sd = Math.sqrt(variance);
      for (const mean of [...MEANS, ...(BENT_FAR_OUT.has(name) ? [] : DEVIATIONS.map((n) => n * sd))]) {
        const found = expectation((x) => value(x) ** 2, { mean, variance, breaks, features });
        if (found.value === Number.POSITIVE_INFINITY) continue;
        const places = [...breaks, ...features.map(({ at }) => at)];
        const count = pieces(value, places, mean, sd) + (massBeyond(value, mean, sd) ? 1 : 0);
        const where = `mean ${mean}, variance ${variance}`;
        expect(found.evaluations, where).toBeLessThanOrEqual(BUDGET * count);
        expect(found.error, where).toBeLessThanOrEqual(PROMISED * found.value);
      }
    }
  },
);

/**
 * exp(−z²) squared under N(m, q), and exp(z)² with its peak 2σ standard deviations above m. Exact: (1 + 4q)^(−1/2) exp(−2m²/(1 + 4q))
 * and exp(2m + 2q).
 */
test("masses far from mean and feature alike are where the closed forms say", () => {
  const options = (name: string) => resolveActivation({ kind: "named", name, parameters: {} });
  const gaussian = options("gaussian");
  const exponential = options("exp");
  for (const variance of [0.25, 1, 4])
    for (const deviations of [-20, -10, -5, 5, 10, 20]) {
      const mean = deviations * Math.sqrt(variance);
      const wide = 1 + 4 * variance;
      const { value } = expectation((x) => gaussian.value(x) ** 2, { ...gaussian, mean, variance });
      // Rounding of the exponent is amplified by exp: its size is at most 160.
      const exact = Math.exp((-2 * mean * mean) / wide) / Math.sqrt(wide);
      expect(Math.abs(value / exact - 1)).toBeLessThan(PROMISED);
    }
  for (const mean of [-300, -100, -10, 10]) {
    const { value } = expectation((x) => exponential.value(x) ** 2, { ...exponential, mean, variance: 100 });
    expect(Math.abs(value / Math.exp(2 * mean + 200) - 1)).toBeLessThan(PROMISED);
  }
});

test("what overflows is infinite, found in as few evaluations", () => {
  const { value, breaks, features } = resolveActivation({ kind: "named", name: "exp", parameters: {} });
  for (const [mean, variance] of [
    [0, 1e4],
    [-3000, 1e4],
    [-1500, 1e4],
    [-3e7, 1e12],
  ] as const) {
    const found = expectation((x) => value(x) ** 2, { mean, variance, breaks, features });
    expect(found.value, `mean ${mean}, variance ${variance}`).toBe(Number.POSITIVE_INFINITY);
    expect(found.evaluations, `mean ${mean}, variance ${variance}`).toBeLessThanOrEqual(2 * BUDGET);
  }
});

/** E[exp(az)] = exp(a²q/2), and its moments with slopes: E[f'²] = a²E[f²], E[f''f] = a²E[f²]. */
test("steep exponentials at any variance: E[f], E[f²], E[f'²], E[f''f]", () => {
  for (const variance of [1e-12, 1e-6, 1, 1e6, 1e12]) {
    // The exponent's standard deviation is 1 for f and 2 for f²: the same integral in other units.
    const a = 1 / Math.sqrt(variance);
    const f = (x: number) => Math.exp(a * x);
    const options = { mean: 0, variance, breaks: [], features: [] };
    // Rounding of a·x up to 20 is amplified by exp: 20 ε, below the promise.
    expect(Math.abs(expectation(f, options).value / Math.exp(0.5) - 1)).toBeLessThan(PROMISED);
    for (const g of [f, (x: number) => a * f(x)]) {
      const scale = g === f ? 1 : a * a;
      const square = expectation((x) => g(x) ** 2, options).value;
      expect(Math.abs(square / (scale * Math.exp(2)) - 1)).toBeLessThan(PROMISED);
    }
    const bent = expectation((x) => a * a * f(x) * f(x), options).value;
    expect(Math.abs(bent / (a * a * Math.exp(2)) - 1)).toBeLessThan(PROMISED);
  }
});

/** For sines E[sin(au)sin(av)] = e^{−a²q} sinh(a²qc), and the derivative in c is a²q e^{−a²q} cosh(a²qc). */
test.each([-1, -0.7, 0, 0.5, 0.999999, 1])("E[f(u)g(v)] and its derivative in c at c = %s", (c) => {
  for (const variance of [1e-12, 0.01, 1, 1e12]) {
    const a = 1.3 / Math.sqrt(variance);
    const side = { mean: 0, variance, breaks: [], features: [{ at: 0, scale: 1 / a }] };
    const sine = (x: number) => Math.sin(a * x);
    const slope = (x: number) => a * Math.cos(a * x);
    const q = a * a * variance;
    // Nested quadrature: each level to 1e-12 of E|fg| ≤ 1.
    const both = expectation2(sine, sine, side, side, c).value;
    expect(Math.abs(both - Math.exp(-q) * Math.sinh(q * c))).toBeLessThan(2 * PROMISED);
    const derivative = correlationSlope(slope, slope, side, side, c);
    expect(Math.abs(derivative / (q * Math.exp(-q) * Math.cosh(q * c)) - 1)).toBeLessThan(4 * PROMISED);
  }
});
