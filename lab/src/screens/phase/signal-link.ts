/** The point of the phase map as a state of the Signal screen, against the solver. */

import { href } from "../../state/location.svelte.ts";
import { schema as signal } from "../signal/state.ts";
import type { PhaseState } from "./state.ts";

/** Null for an expression: the Signal screen knows activations by name. */
export function signalLink({ activation, weight, bias }: PhaseState): string | null {
  if (activation === "expression") return null;
  return href("signal", signal, { activation, scheme: "mean-field", weightVariance: weight, biasVariance: bias });
}
