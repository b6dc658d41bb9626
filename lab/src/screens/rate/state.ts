/** What the Rate and scale screen shows: a grid of trainings, and one slope against rates. */

import { number, type StateOf, seed, whole } from "../../state/schema.ts";

export const schema = {
  width: whole({ label: "Width", unit: "units", default: 24, min: 4, max: 64 }),
  steps: whole({ label: "Steps", default: 80, min: 10, max: 300 }),
  draws: whole({ label: "Draws", default: 1, min: 1, max: 5 }),
  beta: number({ label: "Slope β", default: 2, min: 0.25, max: 8, log: true }),
  rate: number({ label: "Its learning rate η", default: 0.5, min: 0.01, max: 5, log: true }),
  seed: seed(),
} as const;

export type RateState = StateOf<typeof schema>;

/** The grid of `epoch0 reproduce bigger-rate`: scales of the initial weights, times 1/√n; learning rates; digits. */
export const GRID = {
  scales: [0.25, 1, 4, 16, 64, 256],
  rates: [0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
  rows: 512,
  batch: 64,
} as const;
export const { scales: SCALES, rates: RATES } = GRID;
