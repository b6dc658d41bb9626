import { expect, test } from "vitest";
import { createNoise } from "../../src/cli/noise.ts";

test("noise is the same for the same seed and stream, another for another", () => {
  const draw = (seed: number, stream: string) => createNoise(seed).normal(stream, 1000, 0, 1);
  expect(draw(1, "x")).toEqual(draw(1, "x"));
  expect(draw(1, "x")).not.toEqual(draw(2, "x"));
  expect(draw(1, "x")).not.toEqual(draw(1, "y"));
});

test("integers are uniform below their bound", () => {
  const count = 60_000;
  const bound = 6;
  const seen = new Array<number>(bound).fill(0);
  for (const value of createNoise(7).integers("tokens", count, bound)) seen[value] = (seen[value] ?? 0) + 1;
  const expected = count / bound;
  const chiSquared = seen.reduce((sum, each) => sum + (each - expected) ** 2 / expected, 0);
  // χ² with 5 degrees of freedom exceeds 25.7 once in 10^4; the stream is fixed, so this passes always or never.
  expect(chiSquared).toBeLessThan(25.7);
});

test("normals have the mean and deviation they were asked for", () => {
  const values = createNoise(3).normal("x", 100_000, 2, 0.5);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // Five standard errors: σ/√n = 0.0016 of the mean, σ/√(2n) = 0.0011 of the deviation.
  expect(Math.abs(mean - 2)).toBeLessThan(0.008);
  expect(Math.abs(Math.sqrt(variance) - 0.5)).toBeLessThan(0.0056);
});
