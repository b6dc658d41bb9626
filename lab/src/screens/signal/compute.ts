/** The Signal screen's work: what is predicted, and what draws of the weights do. */

import { readLine } from "../../../../src/formats/line/index.ts";
import { initialize } from "../../../../src/materialize/index.ts";
import type { Model } from "../../../../src/model/types.ts";
import { plan } from "../../../../src/plan/index.ts";
import type { Plan, PlannedLayer } from "../../../../src/plan/types.ts";
import { verdictOf } from "../../../../src/report/verdict.ts";
import { type Band, bandOf } from "../../chart/band.ts";
import { measureDraw } from "../../network/pass.ts";
import type { Context } from "../../work/protocol.ts";
import { architecture } from "./command.ts";
import { addCounts, emptyCounts, shownLayers } from "./histogram.ts";
import type { SignalState } from "./state.ts";

export interface Theory {
  readonly scheme: string;
  /** The finding. */
  readonly title: string;
  /** As `epoch0 plan --json` gives them: the hidden layers and the readout. */
  readonly layers: readonly PlannedLayer[];
}

/** The two schemes of the screen. */
export type Two<Thing> = readonly [Thing, Thing];

/** Batch statistics are taken over as many samples as the theory takes them over; elsewhere fewer serve. */
const SAMPLES = 16;
const BATCH_NORM_SAMPLES = 64;

/** The last plans: a seed or a number of draws changes nothing of what is predicted. */
const kept = new Map<string, { readonly model: Model; readonly plan: Plan }>();
const KEPT = 8;

function planned(state: SignalState, scheme: string) {
  const batch = state.block === "batchnorm" ? BATCH_NORM_SAMPLES : SAMPLES;
  const line = architecture(state);
  const key = `${scheme} ${line}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const model = readLine(line, { batch });
  const made = { model, plan: plan(model, { scheme }) };
  if (kept.size >= KEPT) kept.delete([...kept.keys()][0]!);
  kept.set(key, made);
  return made;
}

/** Mean squares of pre-activations and of their gradients, layer by layer; the numbers of `epoch0 plan`. */
export function theory({ state, scheme }: { readonly state: SignalState; readonly scheme: string }): Theory {
  const made = planned(state, scheme).plan;
  return { scheme, title: verdictOf(made).title, layers: made.layers };
}

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
  const [first, second] = [collector(state, state.scheme), collector(state, state.against)];
  for (let index = 0; index < state.draws; index++) {
    await first.draw(index, context);
    await second.draw(index, context);
    yield { count: index + 1, schemes: [first.measured(), second.measured()] };
  }
}
