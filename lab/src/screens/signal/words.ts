/** What a scheme's picture says, in a sentence, and its numbers as a table. */

import { formatNumber, formatShare, plural } from "../../../../src/report/number.ts";
import type { Table } from "../../chart/csv.ts";
import type { Measured } from "./compute.ts";
import type { Theory } from "./theory.ts";

/** Measured and predicted means that differ by less than this factor agree, for the eye and for training. */
const NEAR = 1.5;

function bornOut(hidden: Theory["layers"], measured: Measured, count: number): string {
  const off = hidden.findIndex(({ output }, i) => {
    const mean = measured.forward.mean[i] ?? Number.NaN;
    return Math.abs(Math.log(mean / output.secondMoment)) > Math.log(NEAR);
  });
  const drawn = `${plural(count, "draw")} of the weights`;
  if (hidden.some(({ output }) => output.secondMoment === 0)) return `${drawn}: the same.`;
  if (off < 0) return `${drawn} ${count === 1 ? "bears" : "bear"} that out.`;
  return `${drawn} agree up to layer ${off}; beyond it, single draws of this width go their own ways.`;
}

/** Two or three sentences under the picture. */
export function sentence({ layers }: Theory, measured: Measured | null, count: number): string {
  const hidden = layers.slice(0, -1);
  const [first, last] = [hidden[0], hidden.at(-1)];
  if (first === undefined || last === undefined) return "";
  const sizes =
    hidden.length === 1
      ? `The layer's pre-activation has mean square ${formatNumber(first.output.secondMoment)}.`
      : `From layer 1 to layer ${hidden.length} the signal's mean square goes from ${formatNumber(first.output.secondMoment)} to ${formatNumber(last.output.secondMoment)}; on its way back the gradient's goes from ${formatNumber(last.gradient.secondMoment)} to ${formatNumber(first.gradient.secondMoment)}.`;
  if (measured === null) return sizes;
  const most = measured.saturated.map((share, i) => share - (measured.dead[i] ?? 0));
  const worst = most.indexOf(Math.max(...most));
  const lost =
    worst >= 0 && (most[worst] ?? 0) >= 0.001
      ? ` Most saturated is layer ${worst + 1}, ${formatShare(most[worst] ?? 0)} of its units.`
      : "";
  return `${sizes} ${bornOut(hidden, measured, count)}${lost}`;
}

/** The numbers of `epoch0 plan --json` beside those of the draws. */
export function tableOf({ layers }: Theory, measured: Measured | null): Table {
  const draws = measured === null ? [] : ["signal, drawn", "gradient, drawn", "saturated, drawn", "dead, drawn"];
  return {
    columns: ["weight", "signal", "gradient", "saturated", "dead", ...draws],
    rows: layers.map(({ weight, output, gradient, saturated, dead }, i) => [
      weight,
      output.secondMoment,
      gradient.secondMoment,
      saturated,
      dead,
      ...(measured === null
        ? []
        : [
            measured.forward.mean[i] ?? null,
            measured.gradient.mean[i] ?? null,
            measured.saturated[i] ?? null,
            measured.dead[i] ?? null,
          ]),
    ]),
  };
}
