/** A chart as a figure of the essay: title that says the finding, drawing (wide and narrow), legend, numbers beneath. */

import type { Chart, HeatChart, LineChart, RowChart } from "../../reproduce/index.ts";
import { escapeHtml } from "../html/escape.ts";
import { formatNumber } from "../number.ts";
import { drawHeat } from "./heat.ts";
import { drawLines, legendOf } from "./lines.ts";
import { drawRows } from "./rows.ts";

/** CSS pixels: text keeps its size, so a narrow screen has a drawing of its own rather than a shrunken one. */
export const WIDE = 720;
export const NARROW = 330;

/** The figure's HTML; SVG inline, no script. */
export async function figureOf(chart: Chart): Promise<string> {
  const [wide, narrow] = [await draw(chart, WIDE), await draw(chart, NARROW)];
  const legend = chart.kind === "lines" ? legendOf(chart) : "";
  const notes = [...axisNotes(chart), chart.note ?? "", ...missing(chart)].filter((note) => note !== "");
  return `<figure><figcaption><b>${escapeHtml(chart.title)}</b></figcaption>${legend}
<div class="wide">${wide}</div><div class="narrow">${narrow}</div>
<p class="note">${escapeHtml(notes.join(" "))}</p>
<details><summary>Numbers</summary><div class="scroll">${numbersOf(chart)}</div></details></figure>`;
}

async function draw(chart: Chart, width: number): Promise<string> {
  switch (chart.kind) {
    case "lines":
      return drawLines(chart, width);
    case "rows":
      return drawRows(chart, width);
    case "heat":
      return drawHeat(chart, width);
  }
}

function axisNotes(chart: Chart): string[] {
  if (chart.kind === "heat") {
    return [`Darker is ${chart.good === "low" ? "lower" : "higher"}: ${chart.value.label}. A cross: diverged.`];
  }
  const logs = [chart.x.log ? "horizontal" : "", chart.kind === "lines" && chart.y.log ? "vertical" : ""].filter(
    Boolean,
  );
  const axis = logs.length === 0 ? [] : [`Log axis: ${logs.join(" and ")}.`];
  const spread =
    chart.kind === "lines"
      ? chart.series.some(({ low }) => low !== undefined)
        ? ["Bars: one standard deviation between draws."]
        : []
      : chart.rows.some(({ low }) => low !== undefined)
        ? ["Bars: 98 % confidence."]
        : [];
  return [...axis, ...spread];
}

function missing(chart: Chart): string[] {
  if (chart.kind !== "lines") return [];
  const log = chart.y.log === true;
  return chart.series.flatMap(({ label, y }) => {
    const lost = y.filter((value) => !Number.isFinite(value) || (log && value <= 0)).length;
    return lost === 0 ? [] : [`Not shown of ${label}: ${lost} that are zero or not finite.`];
  });
}

function numbersOf(chart: Chart): string {
  switch (chart.kind) {
    case "lines":
      return lineNumbers(chart);
    case "rows":
      return rowNumbers(chart);
    case "heat":
      return heatNumbers(chart);
  }
}

function table(head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string {
  const cell = (value: string | number | undefined) =>
    typeof value === "number"
      ? `<td class="number">${formatNumber(value)}</td>`
      : `<td>${escapeHtml(value ?? "")}</td>`;
  return `<table><thead><tr>${head.map((title, i) => `<th${i === 0 ? "" : ' class="number"'}>${escapeHtml(title)}</th>`).join("")}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map(cell).join("")}</tr>`)
    .join("")}</tbody></table>`;
}

/** One row an x that any series has, one column a series. */
function lineNumbers({ x, series }: LineChart): string {
  const xs = [...new Set(series.flatMap((each) => each.x))].sort((a, b) => a - b);
  const at = series.map((each) => new Map(each.x.map((value, i) => [value, each.y[i]])));
  return table(
    [x.label, ...series.map(({ label }) => label)],
    xs.map((value) => [
      Number.isInteger(value) ? String(value) : formatNumber(value),
      ...at.map((map) => map.get(value)),
    ]),
  );
}

function rowNumbers({ rows }: RowChart): string {
  const theory = rows.some((row) => row.theory !== undefined);
  return table(
    ["", "measured", ...(theory ? ["theory"] : [])],
    rows.map((row) => [row.label, row.value, ...(theory ? [row.theory] : [])]),
  );
}

function heatNumbers({ x, y, cells }: HeatChart): string {
  return table(
    [`${y.label} ↓  ${x.label} →`, ...x.values.map((value) => formatNumber(value))],
    cells.map((row, i) => [formatNumber(y.values[i]!), ...row]),
  );
}
