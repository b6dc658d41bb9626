/** A point of the map as a state of the Signal screen. */

import { href } from "../../state/location.svelte.ts";
import { schema as signal } from "../signal/state.ts";
import type { PhaseState } from "./state.ts";

/** Null for an expression: the Signal screen knows activations by name. */
export function signalLink({ activation }: PhaseState): string | null {
  if (activation === "expression") return null;
  return href("signal", signal, { activation, scheme: "critical" });
}
