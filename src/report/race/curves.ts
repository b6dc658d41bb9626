/** Learning curves, one small panel a scheme: its own runs before the others' means in grey. */

import type { RaceResult, RunRecord } from "../../race/index.ts";
import { serialize } from "../html/chart.ts";
import { escapeHtml } from "../html/escape.ts";

interface Point {
  readonly step: number;
  readonly loss: number;
  readonly series: string;
}

const WIDTH = 300;
const HEIGHT = 190;

const drawable = (loss: number) => Number.isFinite(loss) && loss > 0;

function pointsOf(run: RunRecord): Point[] {
  return run.evaluations
    .filter(({ loss }) => drawable(loss))
    .map(({ step, loss }) => ({ step, loss, series: `${run.scheme} ${run.seed}` }));
}

/** Mean over the runs that are still going at a step. */
function meanCurve(runs: readonly RunRecord[], series: string): Point[] {
  const bySteps = new Map<number, number[]>();
  for (const run of runs) {
    for (const { step, loss } of run.evaluations) {
      if (drawable(loss)) bySteps.set(step, [...(bySteps.get(step) ?? []), loss]);
    }
  }
  return [...bySteps]
    .sort(([a], [b]) => a - b)
    .map(([step, losses]) => ({ step, series, loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length }));
}

/** Panels in the order of the ranking, on one scale. */
export async function learningCurves(result: RaceResult): Promise<string> {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const means = new Map(
    result.ranking.map(({ scheme }) => [
      scheme,
      meanCurve(
        result.runs.filter((run) => run.scheme === scheme),
        scheme,
      ),
    ]),
  );
  const losses = [...means.values()].flat().map(({ loss }) => loss);
  const start = Math.max(...[...means.values()].map((curve) => curve[0]?.loss ?? 0));
  const domain = [Math.min(...losses) / 1.15, Math.min(Math.max(...losses), 3 * start) * 1.15];
  const panels = result.ranking.map(({ scheme, rank }) => {
    const own = result.runs.filter((run) => run.scheme === scheme);
    const lines = (data: Point[], stroke: string, strokeWidth: number) =>
      Plot.line(data, { x: "step", y: "loss", z: "series", stroke, strokeWidth, clip: true });
    const svg = Plot.plot({
      document,
      width: WIDTH,
      height: HEIGHT,
      marginLeft: 44,
      marginBottom: 36,
      style: { fontSize: "12px", fontFamily: "inherit" },
      x: { domain: [0, result.settings.steps], label: "step", ticks: 3, tickSize: 0 },
      y: { type: "log", domain, label: "loss on rows held out", ticks: 3, tickFormat: "~g", tickSize: 0 },
      marks: [
        lines(
          [...means].filter(([other]) => other !== scheme).flatMap(([, curve]) => curve),
          "var(--rule)",
          1.5,
        ),
        lines(own.filter((run) => !run.diverged).flatMap(pointsOf), "var(--forward)", 0.6),
        lines(means.get(scheme) ?? [], "var(--forward)", 2.2),
        lines(own.filter((run) => run.diverged).flatMap(pointsOf), "var(--danger)", 1.5),
      ],
    });
    const lost = own.filter((run) => run.diverged).length;
    const note = lost === 0 ? "" : ` <span class="danger">${lost} of ${own.length} diverged</span>`;
    return `<figure><figcaption><b>${rank}. ${escapeHtml(scheme)}</b>${note}</figcaption>${serialize(svg)}</figure>`;
  });
  return `<div class="panels">${panels.join("\n")}</div>`;
}
