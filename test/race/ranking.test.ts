import { describe, expect, it } from "vitest";
import { mannWhitney, rankSchemes } from "../../src/race/index.ts";
import type { RunRecord } from "../../src/race/types.ts";

function record(scheme: string, seed: number, loss: number): RunRecord {
  const diverged = !Number.isFinite(loss);
  const evaluations = diverged
    ? []
    : [
        { step: 0, loss: 2, accuracy: 0.1 },
        { step: 10, loss, accuracy: 1 - loss / 2 },
      ];
  const state = diverged ? "diverged" : "finished";
  return {
    ...{ scheme, seed, learningRate: 0.1, state, reason: "", diverged, losses: [2], evaluations, loss, seconds: 0 },
    accuracy: diverged ? null : 1 - loss / 2,
  };
}

describe("Mann and Whitney's test", () => {
  it("counts deals: the clearest of 5 against 5 is 2 of 252, of 3 against 3 is 2 of 20", () => {
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(2 / 252, 12);
    expect(mannWhitney([1, 2, 3], [4, 5, Number.POSITIVE_INFINITY])).toBeCloseTo(2 / 20, 12);
  });

  it("gives the tabled chance of U = 4 for 4 against 5, 0.1905", () => {
    // Ranks of a: 1 2 4 7 (sum 14, U = 4). Mann & Whitney 1947, table: P(U <= 4) = 12 / 126 for 4 and 5.
    expect(mannWhitney([1, 2, 4, 7], [3, 5, 6, 8, 9])).toBeCloseTo(24 / 126, 12);
  });

  it("sees no difference where there is none", () => {
    expect(mannWhitney([1, 1, 1], [1, 1, 1])).toBe(1);
    expect(mannWhitney([2, 1], [1, 2])).toBe(1);
  });

  it("comes near its exact value in the normal limit", () => {
    const a = Array.from({ length: 12 }, (_, i) => i);
    const b = a.map((x) => x + 4.5);
    // 24 choose 12 deals are too many to count; U = 31.5, z = (72 - 31.5 - 0.5)/√(12·12·25/12) = 2.309: 0.0209.
    const small = mannWhitney(a, b);
    expect(small).toBeGreaterThan(0.01);
    expect(small).toBeLessThan(0.03);
  });
});

describe("the ranking", () => {
  const noise = [0, 0.01, 0.02, 0.03, 0.04];

  it("ties what differs by less than noise, and counts who is better", () => {
    const runs = noise.flatMap((each, seed) => [
      record("slow", seed, 1 + each),
      record("a", seed, 0.5 + each),
      record("b", seed, 0.505 + each),
      record("lost", seed, Number.POSITIVE_INFINITY),
    ]);
    const rows = rankSchemes(runs, { accuracy: 0.7 });
    expect(rows.map(({ scheme, rank }) => [scheme, rank])).toEqual([
      ["a", 1],
      ["b", 1],
      ["slow", 3],
      ["lost", 4],
    ]);
    expect(rows[0]).toMatchObject({ stepsToTarget: 10, reached: 5, diverged: 0, p: 1 });
    expect(rows[2]).toMatchObject({ stepsToTarget: null, reached: 0 });
    expect(rows[3]).toMatchObject({ loss: null, accuracy: null, diverged: 5, runs: 5 });
    expect(rows[0]!.loss!.mean).toBeCloseTo(0.52, 12);
  });

  it("puts a run that diverged behind every other of its scheme", () => {
    const runs = [
      ...noise.map((each, seed) => record("sure", seed, 0.6 + each)),
      ...noise.map((each, seed) => record("shaky", seed, seed < 3 ? Number.POSITIVE_INFINITY : 0.5 + each)),
    ];
    const [first, second] = rankSchemes(runs, null);
    expect(first!.scheme).toBe("sure");
    expect(second).toMatchObject({ scheme: "shaky", diverged: 3, stepsToTarget: null });
  });
});
