/** What the Signal screen predicts: quick enough for the page itself, so it imports no more of the library than a plan takes. */

import { readLine } from "../../../../src/formats/line/index.ts";
import type { Model } from "../../../../src/model/types.ts";
import { plan } from "../../../../src/plan/index.ts";
import type { Plan, PlannedLayer } from "../../../../src/plan/types.ts";
import { verdictOf } from "../../../../src/report/verdict.ts";
import { architecture, schemesOf } from "./command.ts";
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

export function planned(state: SignalState, scheme: string) {
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

function theory(state: SignalState, scheme: string): Theory {
  const made = planned(state, scheme).plan;
  return { scheme, title: verdictOf(made).title, layers: made.layers };
}

/** Mean squares of pre-activations and of their gradients, layer by layer, under both schemes; the numbers of `epoch0 plan`. */
export function theories(state: SignalState): Two<Theory> {
  const [first, second] = schemesOf(state);
  return [theory(state, first), theory(state, second)];
}
