/** The maps of an activation as three small charts: variance, correlation, edge of chaos (Poole 2016; Schoenholz 2017). */

import type { GainReport } from "../activation/index.ts";
import { besideEachOther, linePlot, type Mark, type PlotOptions } from "./line-plot.ts";
import { formatNumber } from "./number.ts";
import { wrapText } from "./table.ts";
import { createTheme, type Theme } from "./theme.ts";

export interface GainPlotOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

const FIXED = { stable: "●", unstable: "○" } as const;
/** Columns of one chart with its axis, and between two. */
const AXIS = 6;
const GAP = 3;
const NARROWEST = 20;

/**
 * The charts of `epoch0 gain --plot`, side by side where the terminal is wide enough, below each other where not.
 *
 * @example gainPlot(gainReport(activationByName("tanh")))
 */
export function gainPlot(
  report: GainReport,
  { width = 100, theme = createTheme({ color: false }) }: GainPlotOptions = {},
): string {
  const { field } = report;
  const charts = [varianceChart(report, theme), correlationChart(report, theme), edgeChart(report, theme)].filter(
    (chart) => chart !== null,
  );
  const each = Math.floor((width - GAP * (charts.length - 1)) / charts.length) - AXIS;
  const plots = charts.map((chart) => linePlot({ ...chart, quiet: theme.quiet, width: Math.max(NARROWEST, each) }));
  const drawing =
    each >= NARROWEST
      ? besideEachOther(plots, { gap: GAP })
      : plots.map((plot) => besideEachOther([plot])).join("\n\n");
  const at = `σ_w² = ${formatNumber(field.weightVariance)}, σ_b² = ${formatNumber(field.biasVariance)}`;
  const key = `at ${at}; ${FIXED.stable} stable, ${FIXED.unstable} unstable fixed point; dotted: out = in`;
  return `${drawing}\n\n${wrapText(key, width).map(theme.quiet).join("\n")}\n`;
}

type Chart = Omit<PlotOptions, "quiet" | "width">;

function varianceChart({ maps, field }: GainReport, theme: Theme): Chart {
  const points = maps.variance.map(({ from, to }) => ({ x: from, y: to }));
  const most = points.at(-1)?.x ?? 1;
  const tallest = Math.min(2 * most, Math.max(most, ...points.map(({ y }) => y).filter(Number.isFinite)));
  const marks = field.continuum
    ? []
    : field.fixedPoints
        .filter(({ q }) => q <= most)
        .map(
          ({ q, stable }): Mark => ({
            x: q,
            y: q,
            text: stable ? FIXED.stable : FIXED.unstable,
            paint: stable ? theme.forward : theme.danger,
          }),
        );
  return {
    title: "variance, next layer",
    axis: "variance q",
    x: [0, most],
    y: [0, tallest],
    curves: [
      {
        points: [
          { x: 0, y: 0 },
          { x: most, y: most },
        ],
        paint: theme.theory,
        dotted: true,
      },
      { points, paint: theme.forward },
    ],
    marks,
  };
}

function correlationChart({ maps }: GainReport, theme: Theme): Chart {
  return {
    title: "correlation, next layer",
    axis: "correlation c",
    x: [-1, 1],
    y: [-1, 1],
    curves: [
      {
        points: [
          { x: -1, y: -1 },
          { x: 1, y: 1 },
        ],
        paint: theme.theory,
        dotted: true,
      },
      { points: maps.correlation.map(({ from, to }) => ({ x: from, y: to })), paint: theme.forward },
    ],
  };
}

/** Null where the edge is a point or nowhere. */
function edgeChart({ edgeOfChaos, critical }: GainReport, theme: Theme): Chart | null {
  if (edgeOfChaos.length < 3) return null;
  const points = edgeOfChaos.map(({ biasVariance, weightVariance }) => ({ x: biasVariance, y: weightVariance }));
  const heights = points.map(({ y }) => y);
  const marks: Mark[] =
    critical === null
      ? []
      : [{ x: critical.biasVariance, y: critical.weightVariance, text: FIXED.stable, paint: theme.gradient }];
  const [least, most] = [Math.min(...heights), Math.max(...heights)];
  const margin = most > least ? 0 : most / 2;
  return {
    title: "critical σ_w² (χ₁ = 1)",
    axis: "σ_b²",
    x: [points[0]!.x, points.at(-1)!.x],
    y: [least - margin, most + margin],
    curves: [{ points, paint: theme.gradient }],
    marks,
  };
}
