/** The screen's work: the experiments `bigger-rate` and `slope-is-rate` of `epoch0 reproduce`, training by training. */

import { drawNetwork, rootN } from "../../../../src/reproduce/networks.ts";
import { rateMap } from "../../../../src/reproduce/rate-map.ts";
import { apart, followSlopes, QUICK_SLOPE, slopeCurves, withSlope } from "../../../../src/reproduce/trajectories.ts";
import { computeOnOneThread } from "../../work/one-thread.ts";
import type { Context } from "../../work/protocol.ts";
import { GRID, type RateState } from "./state.ts";

export interface RateLosses {
  /** Share of hidden units whose slope is under 1/20 of the steepest before training, by scale. */
  readonly saturated: readonly number[];
  /** [scale][rate]: geometric mean over the draws so far of the loss over all rows; null where none is done yet. */
  readonly loss: readonly (readonly (number | null)[])[];
  readonly done: number;
  readonly total: number;
}

const typical = (losses: readonly number[]) =>
  losses.length === 0 ? null : Math.exp(losses.reduce((sum, loss) => sum + Math.log(loss), 0) / losses.length);

export async function* map({ width, steps, draws, seed }: RateState, context: Context): AsyncGenerator<RateLosses> {
  computeOnOneThread();
  for await (const { losses, ...part } of rateMap({ ...GRID, width, steps, draws }, { seed })) {
    yield { ...part, loss: losses.map((column) => column.map(typical)) };
    await context.breathe();
  }
}

export interface Curves {
  /** Training losses, step by step: slope β; slope 1 with the weights rescaled; slope 1 with a larger rate alone. */
  readonly steep: readonly number[];
  readonly theorem: readonly number[] | null;
  readonly plain: readonly number[] | null;
  /** Largest difference of any weight from those of slope β, at the end. */
  readonly apart: { readonly theorem: number | null; readonly plain: number | null };
}

export async function* slope({ beta, rate, seed }: RateState, context: Context): AsyncGenerator<Curves> {
  computeOnOneThread();
  const follow = followSlopes(QUICK_SLOPE, () => undefined);
  try {
    const weights = drawNetwork(withSlope(1, QUICK_SLOPE), rootN(), BigInt(seed));
    for await (const { steep, theorem, plain } of slopeCurves(follow, { beta, learningRate: rate, weights })) {
      const end = (other: typeof theorem) => (other === null ? null : (apart(steep, other).at(-1) ?? Number.NaN));
      yield {
        steep: steep.losses,
        theorem: theorem?.losses ?? null,
        plain: plain?.losses ?? null,
        apart: { theorem: end(theorem), plain: end(plain) },
      };
      await context.breathe();
    }
  } finally {
    follow.dispose();
  }
}
