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

/** Fall like a Gaussian themselves: ten standard deviations from them the mass lies between, narrower than either, and one more halving finds it. */
const NARROWED = new Set(["gaussian", "gelu", "gelu_tanh", "phish"]);
const ONE_MORE_HALVING = 50;

/** exp is tested above: under a mean it only takes a factor. */
const ELSEWHERE = CATALOGUE.map(({ name }) => name).filter((name) => name !== "exp");

test.each(ELSEWHERE)("E[φ²] of %s away from mean 0: at most 200 evaluations a smooth piece", (name) => {
  const { value, breaks, features } = resolveActivation({ kind: "named", name, parameters: {} });
  for (const variance of [1e-12, 1e-6, 0.01, 1, 100, 1e6, 1e12]) {
    if (PERIODIC.has(name) && variance > 1) continue;
    for (const mean of [-10, -3, -1, -0.3, 0.3, 1, 3, 10]) {
      const found = expectation((x) => value(x) ** 2, { mean, variance, breaks, features });
      const sd = Math.sqrt(variance);
      const places = [...breaks, ...features.map(({ at }) => at)];
      const count = pieces(value, places, mean, sd) + (massBeyond(value, mean, sd) ? 1 : 0);
      const where = `mean ${mean}, variance ${variance}`;
      const extra = NARROWED.has(name) && Math.abs(mean) >= 10 * sd ? ONE_MORE_HALVING : 0;
      expect(found.evaluations, where).toBeLessThanOrEqual(BUDGET * count + extra);
      expect(found.error, where).toBeLessThanOrEqual(PROMISED * found.value);
    }
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
