/** What the picture says, in sentences and as a table. */

import { formatCount, formatNumber, formatShare, plural } from "../../../../src/report/number.ts";
import type { Table } from "../../chart/csv.ts";
import type { Drawn, Theory } from "./compute.ts";
import type { NeuronState } from "./state.ts";

/** A number and its sign stay on one line. */
const percent = (share: number) => formatShare(share).replace(" ", "\u00a0");

/** From these shares on, a layer is in trouble, or a mean drowns what is to be heard. */
const MANY = 0.2;
const DEAF = 0.5;

export function titleOf(state: NeuronState, { variance, saturated, slope, steepest }: Theory): string {
  if (state.activation === "relu")
    return `The pre-activation has variance ${formatNumber(variance)}; half of the units are off`;
  if (saturated >= MANY) return `${percent(saturated)} of the units are saturated`;
  return `The units sit on the slope: ${percent(slope / steepest)} of the steepest, on average`;
}

function deafness({ n }: NeuronState, { heard, variance }: Theory): string {
  if (variance === 0 || heard >= DEAF) return "";
  return ` The inputs' mean drowns them: ${percent(1 - heard)} of that variance is a constant of each unit, the same for every input (n·Var(w)·E[x]², n = ${n}); the dots, one unit's answers, crowd in one place.`;
}

/** Excess kurtosis of a sum of n products falls as 1/n: below this n it is seen. */
const FEW = 8;

function sampled(state: NeuronState, drawn: Drawn | null): string {
  if (drawn === null) return "";
  const few =
    state.n < FEW ? " With so few inputs the sum is not yet normal: the bars are more pointed than the line." : "";
  const still = state.activation === "relu" ? "" : `; ${percent(drawn.saturated)} saturated`;
  return ` Sampled: ${formatNumber(drawn.variance)} over ${formatCount(drawn.values)} pre-activations in ${plural(drawn.count, "draw")}${still}.${few}`;
}

export function sentence(state: NeuronState, theory: Theory, drawn: Drawn | null): string {
  const { variance, saturated, dead } = theory;
  const place =
    state.activation === "relu"
      ? `z is normal with mean 0 and variance ${formatNumber(variance)}, predicted; ${percent(dead)} of the units pass nothing at one input, as rectifiers do.`
      : `z is normal with mean 0 and variance ${formatNumber(variance)}, predicted; ${percent(saturated)} of the units are saturated: their slope is under a twentieth of the steepest.`;
  return `${place}${sampled(state, drawn)}${deafness(state, theory)}`;
}

export function tableOf(theory: Theory, drawn: Drawn | null): Table {
  const row = (name: string, predicted: number, seen: number | undefined) => [name, predicted, seen ?? null] as const;
  return {
    columns: ["pre-activation z", "predicted", "sampled"],
    rows: [
      row("mean", 0, drawn?.mean),
      row("variance", theory.variance, drawn?.variance),
      row("mean slope of the activation", theory.slope, drawn?.slope),
      row("saturated share", theory.saturated, drawn?.saturated),
      row("dead share", theory.dead, drawn?.dead),
      row("weight variance", theory.weightVariance, undefined),
      row("input mean square", theory.inputSquare, undefined),
      row("share of the variance that differs between inputs", theory.heard, undefined),
    ],
  };
}
