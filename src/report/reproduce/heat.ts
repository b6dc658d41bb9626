/** A quantity over two others: darker is better, a cross has diverged. */

import type { Axis, HeatChart } from "../../reproduce/index.ts";
import { formatNumber } from "../number.ts";
import { drawing, FONT, shortNumber, svgOf } from "./plot.ts";

/** Edges of the cells around ascending values: half way between neighbours, on the axis' own scale. */
export function edges(values: readonly number[], axis: Axis): number[] {
  const [to, back] = axis.log ? [Math.log, Math.exp] : [(x: number) => x, (x: number) => x];
  const at = values.map(to);
  const middles = at.slice(1).map((value, i) => (value + at[i]!) / 2);
  const first = at[0]! - ((middles[0] ?? at[0]! + 0.5) - at[0]!);
  const last = at.at(-1)! + (at.at(-1)! - (middles.at(-1) ?? at.at(-1)! - 0.5));
  return [first, ...middles, last].map(back);
}

export async function drawHeat(chart: HeatChart, width: number): Promise<string> {
  const { Plot, document } = await drawing();
  const narrow = width < 500;
  // Positions on a linear scale, so that every value gets its label: Plot names only some ticks of a log scale.
  const [atX, atY] = [chart.x, chart.y].map(({ log }) => (log ? Math.log10 : (value: number) => value)) as [
    (value: number) => number,
    (value: number) => number,
  ];
  const [xs, ys] = [edges(chart.x.values, chart.x).map(atX), edges(chart.y.values, chart.y).map(atY)];
  const labels = new Map([
    ...chart.x.values.map((value) => [`x${atX(value)}`, shortNumber(value)] as const),
    ...chart.y.values.map((value) => [`y${atY(value)}`, shortNumber(value)] as const),
  ]);
  const scale = chart.value.log ? Math.log : (value: number) => value;
  const drawn = chart.cells.flat().filter((value) => Number.isFinite(scale(value)));
  const [low, high] = [scale(Math.min(...drawn)), scale(Math.max(...drawn))];
  const cells = chart.cells.flatMap((row, i) =>
    row.map((value, k) => {
      const place = (scale(value) - low) / (high - low || 1);
      const shown = Number.isFinite(place);
      return {
        x1: xs[k]!,
        x2: xs[k + 1]!,
        y1: ys[i]!,
        y2: ys[i + 1]!,
        x: atX(chart.x.values[k]!),
        y: atY(chart.y.values[i]!),
        shown,
        strength: shown ? 0.03 + 0.72 * (chart.good === "low" ? 1 - place : place) : 0,
        text: shown ? formatNumber(value, { digits: 2 }) : "×",
      };
    }),
  );
  const { line } = chart;
  const curve = line === undefined ? [] : line.x.map((x, i) => ({ x: atX(x), y: atY(line.y[i]!) }));
  const inside = curve.filter(({ x, y }) => x >= xs[0]! && x <= xs.at(-1)! && y >= ys[0]! && y <= ys.at(-1)!);
  const svg = Plot.plot({
    document,
    width,
    height: (narrow ? 28 : 36) * chart.y.values.length + 78,
    marginLeft: 52,
    marginRight: 16,
    marginTop: 28,
    marginBottom: 42,
    style: FONT,
    x: {
      type: "linear",
      domain: [xs[0]!, xs.at(-1)!],
      ticks: chart.x.values.map(atX).filter((_, i) => !narrow || i % 2 === 0),
      tickFormat: (value: number) => labels.get(`x${value}`) ?? "",
      tickSize: 0,
      label: chart.x.label,
      labelAnchor: "center",
      labelArrow: "none",
    },
    y: {
      type: "linear",
      domain: [ys[0]!, ys.at(-1)!],
      ticks: chart.y.values.map(atY),
      tickFormat: (value: number) => labels.get(`y${value}`) ?? "",
      tickSize: 0,
      label: chart.y.label,
      labelArrow: "none",
    },
    marks: [
      Plot.rect(cells, {
        x1: "x1",
        x2: "x2",
        y1: "y1",
        y2: "y2",
        fill: "var(--forward)",
        fillOpacity: "strength",
        inset: 1,
      }),
      ...(narrow
        ? []
        : [
            Plot.text(
              cells.filter(({ shown }) => shown),
              { x: "x", y: "y", text: "text", fill: "var(--text)", fontSize: 12 },
            ),
          ]),
      Plot.text(
        cells.filter(({ shown }) => !shown),
        { x: "x", y: "y", text: "text", fill: "var(--danger)", fontSize: 15 },
      ),
      ...(inside.length === 0
        ? []
        : [
            Plot.line(inside, { x: "x", y: "y", stroke: "var(--ground)", strokeWidth: 5 }),
            Plot.line(inside, { x: "x", y: "y", stroke: "var(--text)", strokeWidth: 1.75 }),
          ]),
    ],
    opacity: { type: "identity" },
  });
  return svgOf(svg, chart.title);
}
