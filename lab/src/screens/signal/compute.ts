/** The Signal screen's work: what is predicted, and what draws of the weights do. */

import { initialize } from "../../../../src/materialize/index.ts";
import { type Band, bandOf } from "../../chart/band.ts";
import { measureDraw } from "../../network/pass.ts";
import type { Context } from "../../work/protocol.ts";
import { schemesOf } from "./command.ts";
import { addCounts, emptyCounts, shownLayers } from "./histogram.ts";
import type { SignalState } from "./state.ts";
import { planned, type Two } from "./theory.ts";

export { theories } from "./theory.ts";

export interface Measured {
  readonly forward: Band;
  readonly gradient: Band;
  /** Shares of the units, over all draws so far, a number a hidden layer. */
  readonly saturated: readonly number[];
  readonly dead: readonly number[];
  /** Of the activations, for the layers named: shares of fixed bins. */
  readonly histograms: readonly { readonly layer: number; readonly shares: readonly number[] }[];
}

export interface Draws {
  /** Draws so far. */
  readonly count: number;
  readonly schemes: Two<Measured>;
}

function collector(state: SignalState, scheme: string) {
  const { model, plan: made } = planned(state, scheme);
  const layers = shownLayers(state.depth);
  const [forward, gradient, saturated, dead]: Float64Array[][] = [[], [], [], []];
  const counts = layers.map(emptyCounts);
  return {
    async draw(index: number, context: Context): Promise<void> {
      const weights = initialize(made, { seed: state.seed + index });
      const result = await measureDraw(model, weights, { seed: state.seed, draw: index, breathe: context.breathe });
      forward!.push(result.forward.subarray(0, state.depth));
      gradient!.push(result.gradient.subarray(0, state.depth));
      saturated!.push(result.saturated);
      dead!.push(result.dead);
      layers.forEach((layer, i) => {
        addCounts(counts[i]!, result.activations[layer - 1]!);
      });
    },
    measured(): Measured {
      return {
        forward: bandOf(forward!),
        gradient: bandOf(gradient!),
        saturated: bandOf(saturated!).mean,
        dead: bandOf(dead!).mean,
        histograms: layers.map((layer, i) => {
          const total = counts[i]!.reduce((sum, count) => sum + count, 0);
          return { layer, shares: counts[i]!.map((count) => count / total) };
        }),
      };
    },
  };
}

/** Draws the weights again and again and runs the networks: what is known after each draw. Seeds count on from the state's. */
export async function* draws(state: SignalState, context: Context): AsyncGenerator<Draws> {
  if (state.draws === 0) return;
  const schemes = schemesOf(state);
  const [first, second] = [collector(state, schemes[0]), collector(state, schemes[1])];
  for (let index = 0; index < state.draws; index++) {
    await first.draw(index, context);
    await second.draw(index, context);
    yield { count: index + 1, schemes: [first.measured(), second.measured()] };
  }
}
