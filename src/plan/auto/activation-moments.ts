/** Moments of the model's activations, each computed once a variance. */

import { type Activation, moments, referenceKey, resolveActivation } from "../../activation/index.ts";
import type { ActivationReference } from "../../model/types.ts";
import { bounded } from "../../propagate/law/bounded.ts";

export interface ActivationMoments {
  readonly secondMoment: number;
  readonly derivativeSecondMoment: number;
}

const activations = new WeakMap<ActivationReference, Activation>();
const known = new Map<string, ActivationMoments>();
/** Entries kept; a session that plans many models starts afresh beyond it. */
const MOST_KNOWN = 20_000;

function activationOf(reference: ActivationReference): Activation {
  let activation = activations.get(reference);
  if (!activation) {
    activation = resolveActivation(reference);
    activations.set(reference, activation);
  }
  return activation;
}

/** E[φ(z)²] and E[φ'(z)²] at z ~ N(mean, variance); the arguments count to eight digits. */
export function momentsAt(reference: ActivationReference, mean: number, variance: number): ActivationMoments {
  const key = `${keyOf(reference)}|${mean.toPrecision(8)}|${variance.toPrecision(8)}`;
  let found = known.get(key);
  if (!found) {
    if (known.size > MOST_KNOWN) known.clear();
    found = moments(activationOf(reference), { mean: bounded(mean), variance: bounded(variance) });
    known.set(key, found);
  }
  return found;
}

const keys = new WeakMap<ActivationReference, string>();

function keyOf(reference: ActivationReference): string {
  let key = keys.get(reference);
  if (key === undefined) {
    key = referenceKey(reference);
    keys.set(reference, key);
  }
  return key;
}
