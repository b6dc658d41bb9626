/** The layer as an architecture line, and the commands that give its numbers. */

import type { NeuronState } from "./state.ts";

type Layer = Pick<NeuronState, "activation" | "slope" | "n" | "units">;

/** As the library names the activation. */
export function activationName({ activation, slope }: Pick<NeuronState, "activation" | "slope">): string {
  return activation === "logistic" && slope !== 1 ? `logistic(${slope})` : activation;
}

/** @example architecture({ activation: "logistic", slope: 1, n: 64, units: 64 }) // "64 > 64 nobias logistic" */
export function architecture(layer: Layer): string {
  return `${layer.n} > ${layer.units} nobias ${activationName(layer)}`;
}

/** No command draws from a range of one's own. */
export function commands(state: NeuronState): readonly string[] {
  const mean = state.mean === 0 ? "" : ` --input-mean ${state.mean}`;
  const variance = state.deviation === 1 ? "" : ` --input-variance ${state.deviation ** 2}`;
  const plan = `npx epoch0 plan "${architecture(state)}" --scheme ${state.rule}${mean}${variance} --json`;
  return [...(state.rule === "own" ? [] : [plan]), "npx epoch0 reproduce one-over-root-n"];
}
