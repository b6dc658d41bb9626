/** Activations with which no weight variance in their working range keeps both directions, and the best that can be had. */

import type { Warning } from "../../model/types.ts";
import type { Usages } from "../usage/types.ts";
import { activationName, figure, times } from "../words.ts";
import { balanceOf, type PreActivation } from "./balance.ts";
import type { Goal } from "./goals.ts";

/** Product of both gains that is worth a warning: a layer may lose half of one of them. */
const MUCH = 2;

interface Held {
  readonly layers: number;
  readonly forward: number;
  readonly gradient: number;
  readonly where: string;
}

/** One warning an activation, with the number of layers and the gains that the worst of them is left with. */
export function heldBack(
  usages: Usages,
  goals: ReadonlyMap<string, Goal>,
  signals: ReadonlyMap<string, PreActivation> | null,
): readonly Warning[] {
  const held = new Map<string, Held>();
  for (const [name, goal] of goals) {
    const usage = usages.byName.get(name);
    const found = usage ? balanceOf({ usage, signals }, goal) : null;
    if (!usage?.activation || !found?.held) continue;
    // Widths alone change too; what the activation costs is what is told here.
    const { fanIn, fanOut } = usage.fans.true;
    const chi = found.ratio * (fanIn / fanOut);
    if (Math.abs(Math.log(chi)) < Math.log(MUCH)) continue;
    const label = activationName(usage.activation);
    const forward = found.q / found.before;
    const one = { layers: 1, forward, gradient: forward * found.ratio, where: usage.activation.name };
    const sofar = held.get(label);
    if (!sofar) held.set(label, one);
    else {
      const worse = Math.abs(Math.log(one.gradient)) > Math.abs(Math.log(sofar.gradient)) ? one : sofar;
      held.set(label, { ...worse, layers: sofar.layers + 1 });
    }
  }
  return [...held].map(([label, { layers, forward, gradient, where }]) => ({
    code: "not-balanced",
    message: `${label}: in its working range no weight variance keeps signal and gradient both; the best at ${layers === 1 ? "the one layer" : `${figure(layers)} layers`} between two of them: signal ${times(forward)}, gradient ${times(gradient)} a layer`,
    where,
  }));
}
