/** The screen's work: the experiments `bigger-rate` and `slope-is-rate` of `epoch0 reproduce`, cell by cell. */

import { standardDigits } from "../../../../src/reproduce/data.ts";
import { drawNetwork, network, rootN } from "../../../../src/reproduce/networks.ts";
import { hiddenSlopes } from "../../../../src/reproduce/slopes.ts";
import { createRunner } from "../../../../src/reproduce/training.ts";
import { apart, createFollower, scaled } from "../../../../src/reproduce/trajectories.ts";
import { computeOnOneThread } from "../../work/one-thread.ts";
import type { Context } from "../../work/protocol.ts";
import { RATES, type RateState, SCALES } from "./state.ts";

export interface RateMap {
  /** Share of hidden units whose slope is under 1/20 of the steepest before training, by scale. */
  readonly saturated: readonly number[];
  /** [scale][rate]: geometric mean over the draws so far of the loss over all rows; null where none is done yet. */
  readonly loss: readonly (readonly (number | null)[])[];
  readonly done: number;
  readonly total: number;
}

const [ROWS, BATCH] = [512, 64];
/** What a run that left the finite numbers counts as. */
const LARGEST_LOSS = 1e6;

export async function* map(state: RateState, context: Context): AsyncGenerator<RateMap> {
  computeOnOneThread();
  const data = standardDigits(ROWS);
  const runner = await createRunner(`64 > ${state.width} logistic x3 > 10`, { data, batch: BATCH });
  const drawn = (scale: number, draw: number) =>
    drawNetwork(runner.model, rootN(scale), BigInt(state.seed) + BigInt(draw));
  try {
    const first = SCALES.map((scale) => drawn(scale, 0));
    const saturated = (await hiddenSlopes(runner.model, data, first)).map((slopes) => slopes.saturated);
    const logs = SCALES.map(() => RATES.map((): number[] => []));
    let done = 0;
    const total = SCALES.length * RATES.length * state.draws;
    const now = (): RateMap => ({
      saturated,
      loss: logs.map((column) =>
        column.map((cell) => (cell.length === 0 ? null : Math.exp(cell.reduce((a, b) => a + b, 0) / cell.length))),
      ),
      done,
      total,
    });
    yield now();
    for (let draw = 0; draw < state.draws; draw++) {
      for (const [i, scale] of SCALES.entries()) {
        for (const [k, learningRate] of RATES.entries()) {
          await context.breathe();
          const { loss } = await runner.run({ weights: drawn(scale, draw), learningRate, steps: state.steps });
          logs[i]?.[k]?.push(Math.log(Math.min(loss, LARGEST_LOSS)));
          done++;
          yield now();
        }
      }
    }
  } finally {
    runner.dispose();
  }
}

export interface SlopeCurves {
  /** Training losses, step by step: slope β; slope 1 with the weights rescaled; slope 1 with a larger rate alone. */
  readonly steep: readonly number[];
  readonly theorem: readonly number[] | null;
  readonly plain: readonly number[] | null;
  /** Largest difference of any weight from those of slope β, at the end. */
  readonly apart: { readonly theorem: number | null; readonly plain: number | null };
}

const SLOPE = { rows: 64, width: 12, steps: 100, every: 20 };

/** The setting of `epoch0 reproduce slope-is-rate`, quick size. */
export async function* slope({ beta, rate, seed }: RateState, context: Context): AsyncGenerator<SlopeCurves> {
  computeOnOneThread();
  const data = standardDigits(SLOPE.rows);
  const modelOf = (b: number) => {
    const unit = `logistic(${b})`;
    return network(`64 > ${SLOPE.width} ${unit} > ${SLOPE.width} ${unit} > 10 ${unit}`, data.count);
  };
  const follow = createFollower({ modelOf, data, steps: SLOPE.steps, every: SLOPE.every, onRun: () => undefined });
  try {
    const weights = drawNetwork(modelOf(1), rootN(), BigInt(seed));
    const steep = await follow({ beta, learningRate: rate, weights });
    yield { steep: steep.losses, theorem: null, plain: null, apart: { theorem: null, plain: null } };
    await context.breathe();
    const rescaled = { learningRate: beta * beta * rate, weights: scaled(weights, beta), scale: 1 / beta };
    const theorem = await follow({ beta: 1, ...rescaled });
    const largest = (differences: readonly number[]) => differences.at(-1) ?? Number.NaN;
    const near = largest(apart(steep, theorem));
    yield { steep: steep.losses, theorem: theorem.losses, plain: null, apart: { theorem: near, plain: null } };
    await context.breathe();
    const plain = await follow({ beta: 1, learningRate: beta * rate, weights });
    const far = largest(apart(steep, plain));
    yield { steep: steep.losses, theorem: theorem.losses, plain: plain.losses, apart: { theorem: near, plain: far } };
  } finally {
    follow.dispose();
  }
}
