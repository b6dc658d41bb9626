/** Loss over learning rate × weight scale, one short training after the other; seen while it fills. */

import type { Seed } from "../random/index.ts";
import { sharpness } from "../run/index.ts";
import { standardDigits } from "./data.ts";
import { drawNetwork, network, rootN } from "./networks.ts";
import { hiddenSlopes } from "./slopes.ts";
import { createRunner, LARGEST_LOSS } from "./training.ts";

export interface RateGrid {
  /** Of the initial weights, times 1/√n. */
  readonly scales: readonly number[];
  readonly rates: readonly number[];
  readonly draws: number;
  /** Updates of a training, of `batch` of the `rows` digits each. */
  readonly steps: number;
  readonly rows: number;
  readonly batch: number;
  /** Logistic units of each of three hidden layers. */
  readonly width: number;
}

export interface RateMap {
  /** Share of hidden units whose slope is under 1/20 of the steepest before training, by scale. */
  readonly saturated: readonly number[];
  /** [scale][rate][draw]: loss over all rows after the last update, at most `LARGEST_LOSS`; draws as far as they are. */
  readonly losses: readonly (readonly (readonly number[])[])[];
  /** Trainings. */
  readonly done: number;
  readonly total: number;
}

export interface RateMapOptions {
  readonly seed: Seed;
  readonly signal?: AbortSignal | undefined;
}

const lineOf = ({ width }: RateGrid) => `64 > ${width} logistic x3 > 10`;

/** Parts after each training: all cells of one draw, then of the next, whose seed is one more. */
export async function* rateMap(grid: RateGrid, { seed, signal }: RateMapOptions): AsyncGenerator<RateMap> {
  const { scales, rates, draws, steps, rows, batch } = grid;
  const data = standardDigits(rows);
  const runner = await createRunner(lineOf(grid), { data, batch, signal });
  const drawn = (scale: number, draw: number) => drawNetwork(runner.model, rootN(scale), BigInt(seed) + BigInt(draw));
  try {
    const first = scales.map((scale) => drawn(scale, 0));
    const saturated = (await hiddenSlopes(runner.model, data, first)).map((slopes) => slopes.saturated);
    const losses = scales.map(() => rates.map((): number[] => []));
    const total = scales.length * rates.length * draws;
    let done = 0;
    const now = (): RateMap => ({ saturated, losses, done, total });
    yield now();
    for (let draw = 0; draw < draws; draw++)
      for (const [i, scale] of scales.entries()) {
        for (const [k, learningRate] of rates.entries()) {
          const { loss } = await runner.run({ weights: drawn(scale, draw), learningRate, steps });
          losses[i]?.[k]?.push(Math.min(loss, LARGEST_LOSS));
          done++;
          yield now();
        }
      }
  } finally {
    runner.dispose();
  }
}

/** Hessian-vector products for the largest eigenvalue. */
const PRODUCTS = 20;

/** 2/λ_max of the loss at each scale's first draw: the largest step that is stable there. */
export async function stableSteps(grid: RateGrid, { seed, signal }: RateMapOptions): Promise<readonly number[]> {
  const data = standardDigits(grid.rows);
  const model = network(lineOf(grid), grid.batch);
  const found: number[] = [];
  for (const scale of grid.scales) {
    signal?.throwIfAborted();
    const weights = drawNetwork(model, rootN(scale), BigInt(seed));
    const at = await sharpness(model, data, { weights, loss: "cross-entropy", seed, products: PRODUCTS });
    found.push(at.largestStep);
  }
  return found;
}
