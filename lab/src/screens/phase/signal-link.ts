/** The activation on its edge of chaos as a state of the Signal screen, against the solver. */

import { href } from "../../state/location.svelte.ts";
import { schema as signal } from "../signal/state.ts";
import type { PhaseState } from "./state.ts";

/**
 * Null for an expression: the Signal screen knows activations by name. Its schemes have no other bias variance than the usual
 * 0.05, and no point off the line.
 */
export function signalLink({ activation }: PhaseState): string | null {
  if (activation === "expression") return null;
  return href("signal", signal, { activation, scheme: "critical" });
}
