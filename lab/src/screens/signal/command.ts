/** The screen's network as an architecture line, and the command that gives its numbers. */

import { seedOption } from "../../state/shell.ts";
import type { SignalState } from "./state.ts";

type Network = Pick<SignalState, "depth" | "width" | "activation" | "block" | "bias">;

/** Classes of the readout: any small number, the picture stops before it. */
const OUTPUTS = 10;

/** @example architecture({ depth: 50, width: 128, activation: "tanh", block: "plain", bias: true }) // "128 > 128 tanh x50 > 10" */
export function architecture({ depth, width, activation, block, bias }: Network): string {
  const dense = `${width}${bias ? "" : " nobias"}`;
  const layer = {
    plain: `${dense} ${activation}`,
    residual: `[ ${dense} ${activation} ]`,
    layernorm: `${dense} layernorm ${activation}`,
    batchnorm: `${dense} batchnorm ${activation}`,
    "pre-norm": `[ layernorm ${dense} ${activation} ]`,
  }[block];
  return `${width} > ${layer} x${depth} > ${OUTPUTS}`;
}

/** The two schemes as the command line takes them. */
export function schemesOf({ scheme, against, weightVariance, biasVariance }: SignalState): readonly [string, string] {
  const called = (name: string) => (name === "mean-field" ? `mean-field(${weightVariance}, ${biasVariance})` : name);
  return [called(scheme), called(against)];
}

export function commands(state: SignalState): readonly string[] {
  return [...new Set(schemesOf(state))].map(
    (scheme) => `npx epoch0 plan "${architecture(state)}" --scheme "${scheme}"${seedOption(state.seed)} --json`,
  );
}
