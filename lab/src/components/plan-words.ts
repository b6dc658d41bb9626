/** A prediction in a sentence and as a table. */

import type { PlannedLayer } from "../../../src/plan/types.ts";
import { formatNumber } from "../../../src/report/number.ts";
import type { Table } from "../chart/csv.ts";

export function sizesOf(layers: readonly PlannedLayer[]): string {
  const [first, last] = [layers[0], layers.at(-1)];
  if (first === undefined || last === undefined) return "Nothing is predicted.";
  if (layers.length === 1)
    return `The layer's pre-activation has mean square ${formatNumber(first.output.secondMoment)}.`;
  return `From ${first.weight} to ${last.weight} the signal's mean square goes from ${formatNumber(first.output.secondMoment)} to ${formatNumber(last.output.secondMoment)}; on its way back the gradient's goes from ${formatNumber(last.gradient.secondMoment)} to ${formatNumber(first.gradient.secondMoment)}.`;
}

/** The numbers of `epoch0 plan --json`. */
export function layersTable(layers: readonly PlannedLayer[]): Table {
  return {
    columns: ["weight", "signal", "gradient", "saturated", "dead"],
    rows: layers.map(({ weight, output, gradient, saturated, dead }) => [
      weight,
      output.secondMoment,
      gradient.secondMoment,
      saturated,
      dead,
    ]),
  };
}
