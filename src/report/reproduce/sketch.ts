/** Charts in a few lines of text: a strip for each series, a bar for each row, a shaded map. */

import type { Chart, HeatChart, LineChart, Role, RowChart, Series } from "../../reproduce/index.ts";
import { formatNumber } from "../number.ts";
import { type Cell, renderTable, textWidth, wrapText } from "../table.ts";
import type { Paint, Theme } from "../theme.ts";

const LEVELS = "▁▂▃▄▅▆▇█";
const SHADES = [" ", "░", "▒", "▓", "█"];

export interface SketchOptions {
  readonly width: number;
  readonly theme: Theme;
}

/** Lines of text, the title first. */
export function sketch(chart: Chart, options: SketchOptions): string[] {
  switch (chart.kind) {
    case "lines":
      return sketchLines(chart, options);
    case "rows":
      return sketchRows(chart, options);
    case "heat":
      return sketchHeat(chart, options);
  }
}

export function paintOf(role: Role, theme: Theme): Paint {
  return role === "neutral" ? (text) => text : theme[role];
}

interface Range {
  readonly low: number;
  readonly high: number;
  /** 0 … 1 of a drawable value. */
  readonly place: (value: number) => number;
}

function rangeOf(values: readonly number[], log: boolean): Range {
  const scale = log ? Math.log : (value: number) => value;
  const drawn = values.filter((value) => Number.isFinite(scale(value)));
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const span = scale(high) - scale(low);
  return { low, high, place: (value) => (span > 0 ? (scale(value) - scale(low)) / span : 0.5) };
}

/** At most so many cells: longer series are thinned evenly, ends kept. */
const STRIP_CELLS = 32;

function sketchLines(chart: LineChart, { width, theme }: SketchOptions): string[] {
  const range = rangeOf(
    chart.series.flatMap(({ y }) => y),
    chart.y.log === true,
  );
  const strip = ({ y }: Series) => {
    const count = Math.min(STRIP_CELLS, y.length);
    return Array.from({ length: count }, (_, i) => {
      const value = y[count === 1 ? 0 : Math.round((i * (y.length - 1)) / (count - 1))]!;
      const place = range.place(value);
      if (!Number.isFinite(place)) return "×";
      return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, Math.floor(place * LEVELS.length)))]!;
    }).join("");
  };
  const rows = chart.series.map((series): Cell[] => {
    const paint = paintOf(series.role, theme);
    return [
      { text: series.label, paint: series.role === "theory" ? theme.theory : paint },
      { text: formatNumber(series.y[0] ?? Number.NaN), paint },
      { text: strip(series), paint },
      { text: formatNumber(series.y.at(-1) ?? Number.NaN), paint },
    ];
  });
  const axes = `${chart.y.label}${chart.y.log ? ", log" : ""}; left to right: ${chart.x.label}${chart.x.log ? ", log" : ""}`;
  const table = renderTable(
    [
      { title: "", shrinkTo: 12 },
      { title: "first", align: "decimal" },
      { title: "" },
      { title: "last", align: "decimal" },
    ],
    rows,
    { width, titlePaint: theme.quiet },
  );
  return [...wrapText(chart.title, width), ...wrapText(axes, width).map(theme.quiet), ...table];
}

const BAR_CELLS = 30;

function sketchRows(chart: RowChart, { width, theme }: SketchOptions): string[] {
  const log = chart.x.log === true;
  const all = chart.rows.flatMap(({ value, theory }) => (theory === undefined ? [value] : [value, theory]));
  const range = rangeOf(log ? all : [0, ...all], log);
  const cellAt = (value: number) =>
    Math.min(BAR_CELLS - 1, Math.max(0, Math.round(range.place(value) * (BAR_CELLS - 1))));
  const rows = chart.rows.map(({ label, role, value, theory }): Cell[] => {
    const cells = new Array<string>(BAR_CELLS).fill(" ");
    if (theory !== undefined && Number.isFinite(range.place(theory))) cells[cellAt(theory)] = "│";
    if (Number.isFinite(range.place(value))) cells[cellAt(value)] = "●";
    const paint = paintOf(role, theme);
    return [
      label,
      { text: formatNumber(value), paint },
      { text: theory === undefined ? "" : formatNumber(theory), paint: theme.theory },
      { text: cells.join(""), paint },
    ];
  });
  const theory = chart.rows.some((row) => row.theory !== undefined);
  const table = renderTable(
    [
      { title: "", shrinkTo: 16 },
      { title: "measured", align: "decimal" },
      { title: theory ? "theory │" : "", align: "decimal" },
      { title: log ? "log axis" : "" },
    ],
    rows,
    { width, titlePaint: theme.quiet },
  );
  return [...wrapText(chart.title, width), theme.quiet(chart.x.label), ...table];
}

function sketchHeat(chart: HeatChart, { width, theme }: SketchOptions): string[] {
  const range = rangeOf(chart.cells.flat(), chart.value.log === true);
  const goodness = (value: number) => (chart.good === "low" ? 1 - range.place(value) : range.place(value));
  const labels = chart.y.values.map((value) => formatNumber(value));
  const columns = chart.x.values.map((value) => formatNumber(value, { digits: 2 }));
  const margin = Math.max(...labels.map(textWidth));
  const cell = Math.max(4, ...columns.map((text) => textWidth(text) + 1));
  const rows = chart.cells.map((row, i) => {
    const shaded = row.map((value) => {
      const good = goodness(value);
      if (!Number.isFinite(good)) return theme.danger("×".padStart(cell));
      const shade = SHADES[Math.min(SHADES.length - 1, Math.floor(good * SHADES.length))]!;
      return theme.forward(" ".repeat(1) + shade.repeat(cell - 1));
    });
    return `${labels[i]!.padStart(margin)} ${shaded.join("")}`;
  });
  const scale = `darker is ${chart.good === "low" ? "lower" : "higher"}: ${chart.value.label}, ${formatNumber(range.low)} to ${formatNumber(range.high)}`;
  return [
    ...wrapText(chart.title, width),
    ...wrapText(`down: ${chart.y.label}; across: ${chart.x.label}; ${scale}; × diverged`, width).map(theme.quiet),
    ...[...rows].reverse(),
    theme.quiet(`${" ".repeat(margin)} ${columns.map((text) => text.padStart(cell)).join("")}`),
  ];
}
