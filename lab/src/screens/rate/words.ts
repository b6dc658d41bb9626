/** What the grid and the curves say, and their numbers. */

import { formatNumber, formatShare } from "../../../../src/report/number.ts";
import type { Table } from "../../chart/csv.ts";
import type { Curves, RateLosses } from "./compute.ts";
import { RATES, SCALES } from "./state.ts";

/** A column is saturated where three in four hidden units are flat; a loss this large is only "diverged". */
export const MOST_FLAT = 0.75;
export const LOST = 1e5;

const bestOf = (column: readonly (number | null)[] | undefined): number =>
  Math.min(...(column ?? []).map((loss) => loss ?? Number.POSITIVE_INFINITY));

export function mapTitle({ loss, saturated, done, total }: RateLosses): string {
  if (done < SCALES.length * RATES.length) return `Training, ${done} of ${total} runs`;
  const best = loss.map(bestOf);
  const right = best.indexOf(Math.min(...best));
  const flat = best.filter((_, i) => (saturated[i] ?? 0) > MOST_FLAT);
  if (flat.length === 0) return "No column is saturated";
  return Math.min(...flat) > 2 * (best[right] ?? 0)
    ? "No learning rate rescues the saturated weights"
    : "Here a learning rate makes up for saturated weights";
}

export function mapVerdict({ loss, saturated, done, total }: RateLosses): string {
  const each = SCALES.flatMap((scale, i) => {
    const best = bestOf(loss[i]);
    if (!Number.isFinite(best)) return [];
    const rate = RATES[loss[i]?.indexOf(best) ?? 0];
    return [
      `weights × ${scale} (${formatShare(saturated[i] ?? 0)} of hidden units flat) reach ${formatNumber(best)} at rate ${rate}`,
    ];
  });
  const rest = done < total ? ` ${total - done} runs are still to come.` : "";
  return `${each.length === 0 ? "Nothing is trained yet" : `At its best rate, ${each.join("; ")}`}.${rest}`;
}

/** The figures of `epoch0 reproduce bigger-rate`. */
export function mapTable({ loss, saturated }: RateLosses): Table {
  return {
    columns: ["weights ×", "flat units", ...RATES.map((rate) => `rate ${rate}`)],
    rows: SCALES.map((scale, i) => [String(scale), saturated[i] ?? null, ...(loss[i] ?? [])]),
  };
}

export function slopeVerdict({ theorem, plain, apart }: Curves): string {
  if (theorem === null) return "The first curve is trained; the others follow.";
  const near = `With the weights rescaled as well, no weight differs by more than ${formatNumber(apart.theorem ?? 0)} after ${theorem.length} steps.`;
  return plain === null
    ? near
    : `${near} With the rate alone, they have parted by up to ${formatNumber(apart.plain ?? 0)}.`;
}

export function slopeTable({ steep, theorem, plain }: Curves): Table {
  return {
    columns: ["step", "slope β", "slope 1, rate β²η, weights βw", "slope 1, rate βη"],
    rows: steep.map((loss, i) => [String(i), loss, theorem?.[i] ?? null, plain?.[i] ?? null]),
  };
}
