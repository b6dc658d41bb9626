/** What a race says, in sentences, and its numbers as tables. */

import { formatNumber, formatShare, plural } from "../../../../src/report/number.ts";
import type { Table } from "../../chart/csv.ts";
import type { RunView } from "./run.ts";

/** Held-out losses that differ by less than this factor are level, for one seed. */
const LEVEL = 1.1;

const standing = ({ state, evaluations }: RunView): number =>
  state === "diverged" ? Number.POSITIVE_INFINITY : Math.min(...evaluations.map(({ loss }) => loss));

/** Accuracy where the loss on the rows held out was lowest. */
export function accuracyOf({ state, evaluations }: RunView): number | null {
  if (state === "diverged" || evaluations.length === 0) return null;
  return evaluations.reduce((low, each) => (each.loss < low.loss ? each : low)).accuracy;
}

/** Schemes from the lowest loss on. */
export const ranked = (runs: readonly RunView[]): readonly RunView[] =>
  [...runs].sort((a, b) => standing(a) - standing(b));

export function title(runs: readonly RunView[]): string {
  const [first, second] = ranked(runs);
  const lost = runs.filter(({ state }) => state === "diverged").map(({ scheme }) => scheme);
  const tail = lost.length === 0 ? "" : `; ${lost.join(" and ")} diverged`;
  if (first === undefined) return "Nobody races";
  if (first.state === "diverged") return runs.length === 1 ? `${first.scheme} diverged` : "All of them diverged";
  if (runs.every(({ losses }) => losses.length === 0)) return "At the start: the loss before any step";
  if (second === undefined || second.state === "diverged") return `${first.scheme} learns${tail}`;
  const ahead = standing(first) * LEVEL < standing(second);
  return ahead ? `${first.scheme} is ahead${tail}` : `${first.scheme} and ${second.scheme} are level${tail}`;
}

/** How one scheme is doing. */
export function fate(run: RunView): string {
  const { state, reason, began, evaluations, losses } = run;
  if (state === "diverged") {
    const where =
      began === null
        ? "before the first step: its signals were out of range"
        : began.ratio >= 1 || Number.isNaN(began.ratio)
          ? `in layer ${began.layer}: step ${began.step + 1} moved its weights by ${Number.isFinite(began.ratio) ? `${formatNumber(began.ratio, { digits: 2 })} times` : "more than"} their own size`
          : `in layer ${began.layer}, which step ${began.step + 1} moved furthest, by ${formatShare(began.ratio)} of its weights' size`;
    return `Diverged after ${plural(losses.length, "step")} (${reason}). It began ${where}.`;
  }
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  if (first === undefined || last === undefined) return "";
  const best = Math.min(...evaluations.map(({ loss }) => loss));
  const moved =
    losses.length === 0
      ? `Begins at a loss of ${formatNumber(first.loss)}.`
      : best > 0.98 * first.loss
        ? `Has not learned: the loss on rows held out stays at ${formatNumber(best)}.`
        : `The loss on rows held out fell from ${formatNumber(first.loss)} to ${formatNumber(best)}.`;
  return state === "stopped" ? `${moved} Stopped after ${plural(losses.length, "step")}: ${reason}.` : moved;
}

export function verdict(runs: readonly RunView[]): string {
  return ranked(runs)
    .map((run) => `${run.scheme}: ${fate(run)}`)
    .join(" ");
}

/** The numbers of `epoch0 race --json`. */
export function standings(runs: readonly RunView[]): Table {
  return {
    columns: ["scheme", "loss held out", "accuracy", "steps", "update / weight, median layer", "state"],
    rows: ranked(runs).map((run) => [
      run.scheme,
      standing(run),
      accuracyOf(run),
      String(run.losses.length),
      run.updates.middle.at(-1) ?? null,
      run.state,
    ]),
  };
}

/** Step by step: the batch's loss, and how far the layers moved. */
export function stepsTable({ losses, updates }: RunView): Table {
  return {
    columns: ["step", "loss of the batch", "update / weight, slowest layer", "median layer", "quickest layer"],
    rows: losses.map((loss, i) => [
      i + 1,
      loss,
      updates.low[i] ?? null,
      updates.middle[i] ?? null,
      updates.high[i] ?? null,
    ]),
  };
}

export function layersTable({ layers }: RunView): Table {
  return {
    columns: ["weight", "update / weight, last step"],
    rows: layers.map(({ weight, ratio }) => [weight, ratio]),
  };
}
