/** Learning curves as lines: what is held out as marks, each step's batch behind it. */

import type { Line } from "../../chart/line-chart.svelte";
import type { Interval } from "../../chart/scale.ts";
import type { RunView } from "./run.ts";

/** More places than this along the axis cannot be told apart. */
const MOST = 240;

export function curvesOf(runs: readonly RunView[]): readonly Line[] {
  return runs.map(({ scheme, evaluations, losses, state }) => {
    const every = Math.max(1, Math.ceil(losses.length / MOST));
    const noise: [number, number][] = [];
    for (let from = 0; from < losses.length; from += every) {
      const part = losses.slice(from, from + every);
      noise.push([from + (part.length - 1) / 2, part.reduce((sum, loss) => sum + loss, 0) / part.length]);
    }
    const points = evaluations.map(({ step, loss }) => [step, loss] as const);
    return { name: scheme, points, noise, marks: true, lost: state === "diverged" };
  });
}

/** Knowing nothing in sight, a tenth of it below, and whatever else is held out, within what is worth seeing. */
export function lossDomain(runs: readonly RunView[], classes: number): Interval {
  const blind = Math.log(classes);
  let [low, high] = [blind / 3, blind * 2];
  for (const { evaluations } of runs) {
    for (const { loss } of evaluations) {
      if (loss < low) low = Math.max(loss, 1e-5);
      if (loss > high) high = Math.min(loss, 4 * blind);
    }
  }
  return [low * 0.85, high * 1.1];
}
