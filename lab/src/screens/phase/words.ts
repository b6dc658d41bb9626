/** What a point of the map means, in sentences and as a table. */

import { formatNumber, formatRatio, plural } from "../../../../src/report/number.ts";
import type { Table } from "../../chart/csv.ts";
import type { PhaseMap, PhasePoint } from "./compute.ts";
import type { PhaseState } from "./state.ts";

/** χ₁ this near to 1 is level over any depth that is built. */
const NEAR = 0.002;

export type Phase = "critical" | "ordered" | "chaotic";

export const phaseOf = ({ chi }: PhasePoint): Phase =>
  Math.abs(chi - 1) <= NEAR ? "critical" : chi < 1 ? "ordered" : "chaotic";

export function titleOf(point: PhasePoint): string {
  const change = `the gradient changes ${formatRatio(point.chi)} a layer`;
  switch (phaseOf(point)) {
    case "critical":
      return `On the edge of chaos: ${change}`;
    case "ordered":
      return `Ordered: ${change}, two inputs merge`;
    case "chaotic":
      return `Chaotic: ${change}, near inputs part`;
  }
}

/** Six digits: where a person compares with a paper. */
const exact = (value: number) => formatNumber(value, { digits: 6 });

export function criticalWords({ label, critical }: PhasePoint, bias: number): string {
  if (critical === null) return `${label} has no critical point at Var(b) = ${formatNumber(bias)}.`;
  return `${label} at Var(b) = ${formatNumber(bias)} is critical at n·Var(W) = ${exact(critical.weightVariance)}, where the signal rests at q* = ${exact(critical.q)}.`;
}

const layers = (scale: number) => (Number.isFinite(scale) ? `${formatNumber(scale)} layers` : "no depth: for ever");

export function pointWords(state: PhaseState, point: PhasePoint): string {
  const place = `At n·Var(W) = ${formatNumber(state.weight)}, Var(b) = ${formatNumber(state.bias)}`;
  const rest =
    point.q === null
      ? "the signal grows without end"
      : point.q === 0
        ? "the signal dies out"
        : `the signal's mean square comes to rest at q* = ${formatNumber(point.q)}`;
  return `${place} ${rest}, and χ₁ = ${formatNumber(point.chi)}. A difference in size is forgotten within ξ_q = ${layers(Math.abs(point.varianceScale))}, a difference between two inputs ${point.chi > 1 ? "grows" : "is forgotten"} within ξ_c = ${layers(Math.abs(point.correlationScale))}.`;
}

export function pathWords(point: PhasePoint): string {
  const ends = point.paths.map((path) => path.at(-1)!);
  const depth = (point.paths[0]?.length ?? 1) - 1;
  if (ends.length === 0)
    return point.q === null
      ? "The signal grows without end: there is no fixed point at which two inputs could be compared"
      : "The signal dies out: there is nothing left to compare";
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const where =
    low > 0.99
      ? "all pairs are as good as equal: the network has forgotten which input it was given"
      : high - low < 0.02
        ? `all pairs have correlation ${formatNumber(low)}, whatever it was: near inputs have parted`
        : `pairs still differ, from ${formatNumber(low)} to ${formatNumber(high)}: something of the inputs is left to learn from`;
  return `After ${plural(depth, "layer")} ${where}`;
}

export function lineTable({ line }: PhaseMap): Table {
  return {
    columns: ["bias variance", "critical weight variance", "q*"],
    rows: line.map(({ biasVariance, weightVariance, q }) => [Number(biasVariance.toPrecision(4)), weightVariance, q]),
  };
}

export function pathTable(point: PhasePoint, starts: readonly number[]): Table {
  const depth = point.paths[0]?.length ?? 0;
  return {
    columns: ["layer", ...starts.map((start) => `starts at ${start}`)],
    rows: Array.from({ length: depth }, (_, layer) => [layer, ...point.paths.map((path) => path[layer]!)]),
  };
}
