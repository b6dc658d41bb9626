/** Deep chains run with drawn weights: what the rules promise on paper, seen in numbers. */

import { expect, it } from "vitest";
import { draw, heNormal, type Initializer, oneOverRootN } from "../../src/init/index.ts";

const WIDTH = 512;

/** Mean square after `depth` layers of one chain drawn under `seed`, from an input of mean square 1. */
function lastMeanSquare(
  initializer: Initializer,
  depth: number,
  seed: number,
  activation: (z: number) => number,
): number {
  let a = draw({ kind: "normal", mean: 0, std: 1 }, { seed, name: "input", shape: [WIDTH] });
  for (let layer = 0; layer < depth; layer++) {
    const w = draw(initializer, { seed, name: `fc${layer}.weight`, shape: [WIDTH, WIDTH] });
    const next = new Float32Array(WIDTH);
    for (let i = 0; i < WIDTH; i++) {
      let sum = 0;
      for (let j = 0; j < WIDTH; j++) sum += w[i * WIDTH + j]! * a[j]!;
      next[i] = activation(sum);
    }
    a = next;
  }
  return a.reduce((sum, x) => sum + x * x, 0) / WIDTH;
}

function overDraws(draws: number, of: (seed: number) => number): { mean: number; error: number } {
  const values = Array.from({ length: draws }, (_, seed) => of(seed));
  const mean = values.reduce((a, b) => a + b, 0) / draws;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (draws - 1);
  return { mean, error: Math.sqrt(variance / draws) };
}

// One draw scatters by √(e^(5·50/512) − 1) = 0.79 (Hanin 2018: 5/n a ReLU layer); the mean is exact whatever the width.
it("he-normal keeps the mean square at 1 through 50 ReLU layers of 512", () => {
  const rule = heNormal([WIDTH, WIDTH]);
  const { mean, error } = overDraws(48, (seed) => lastMeanSquare(rule, 50, seed, (z) => Math.max(0, z)));
  expect(error).toBeLessThan(0.2);
  // 4 standard errors, on top of the 5 % that the rule may be off.
  expect(Math.abs(mean - 1)).toBeLessThan(0.05 + 4 * error);
}, 240_000);

// Linear: 2/n a layer, √(e^(2·20/512) − 1) = 0.28 a draw.
it("the essay's rule falls as 3^(−L) in a linear net", () => {
  const rule = oneOverRootN([WIDTH, WIDTH]);
  const { mean, error } = overDraws(24, (seed) => lastMeanSquare(rule, 20, seed, (z) => z) * 3 ** 20);
  expect(error).toBeLessThan(0.15);
  expect(Math.abs(mean - 1)).toBeLessThan(4 * error);
}, 240_000);
