/** The size of one quantity, layer by layer, on a log axis with 1 as its thin line: prediction a line, measurement a dot. */

import type { MeasuredLayer } from "../layer-table.ts";
import { escapeHtml } from "./escape.ts";

export interface ChartPoint {
  readonly layer: string;
  readonly predicted: number;
  readonly measured: MeasuredLayer | null;
}

export interface ChartOptions {
  readonly quantity: "forward" | "gradient";
  /** The finding. */
  readonly title: string;
  /** The y axis in words. */
  readonly axis: string;
}

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

const WIDTH = 960;
const HEIGHT = 260;
/** With more layers than this the axis counts them instead of naming them. */
const MOST_NAMES = 12;

const drawable = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && value > 0 && Number.isFinite(value);

/** A figure element with an SVG and its caption; values that a log axis cannot show are named in the caption. */
export async function signalChart(
  points: readonly ChartPoint[],
  { quantity, title, axis }: ChartOptions,
): Promise<string> {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const dots = (pick: (point: ChartPoint) => number | null | undefined): Dot[] =>
    points.flatMap((point, i) => {
      const y = pick(point);
      return drawable(y) ? [{ x: i + 1, y, label: `${point.layer}: ${y.toPrecision(3)}` }] : [];
    });
  const predicted = dots((point) => point.predicted);
  const measured = dots((point) => point.measured?.[quantity]);
  const named = points.length <= MOST_NAMES;
  const color = `var(--${quantity})`;
  const values = [...predicted, ...measured].map((dot) => dot.y);
  const low = Math.min(0.1, ...values) / 1.5;
  const high = Math.max(10, ...values) * 1.5;
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 64,
    marginRight: 24,
    marginBottom: 44,
    style: { fontSize: "13px", fontFamily: "inherit" },
    x: {
      domain: [1, Math.max(2, points.length)],
      inset: 16,
      label: named ? null : "layer, from input to output",
      ...(named
        ? { ticks: points.map((_, i) => i + 1), tickFormat: (i: number) => shortName(points[i - 1]?.layer ?? "") }
        : {}),
      tickSize: 0,
    },
    y: { type: "log", domain: [low, high], label: axis, ticks: 5, tickFormat: powerOfTen, tickSize: 0 },
    marks: [
      Plot.ruleY([1], { stroke: "var(--quiet)", strokeWidth: 1 }),
      Plot.lineY(predicted, { x: "x", y: "y", stroke: color, strokeWidth: 1.5 }),
      ...(measured.length === 0
        ? [Plot.dot(predicted, { x: "x", y: "y", r: points.length > 40 ? 2 : 3, fill: color, title: "label" })]
        : []),
      Plot.dot(measured, {
        x: "x",
        y: "y",
        r: 4,
        fill: "var(--ground)",
        stroke: color,
        strokeWidth: 2,
        title: "label",
      }),
    ],
  });
  const missing = points.length - predicted.length;
  const notes = [
    "Log axis; the thin line is 1.",
    measured.length > 0 ? "Line: predicted. Circles: measured." : "Predicted.",
    missing > 0 ? `${missing} not shown: zero or not finite.` : "",
  ];
  return `<figure><figcaption><b>${escapeHtml(title)}</b>${escapeHtml(notes.join(" "))}</figcaption>${serialize(svg)}</figure>`;
}

/** Plot asks the document for an SVG or figure; linkedom prints it as HTML would be, so the namespace is said once. */
export function serialize(element: { readonly outerHTML: string }): string {
  return element.outerHTML.replace(/^<svg(?![^>]*xmlns)/, '<svg xmlns="http://www.w3.org/2000/svg"');
}

function shortName(layer: string): string {
  const bare = layer.replace(/\.weight$/, "");
  return bare.length > 12 ? `…${bare.slice(-11)}` : bare;
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function powerOfTen(value: number): string {
  const exponent = Math.log10(value);
  if (Math.abs(exponent - Math.round(exponent)) > 1e-9) return "";
  if (Math.abs(exponent) < 2.5) return String(Number(value.toPrecision(1)));
  const digits = [...String(Math.abs(Math.round(exponent)))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}
