/** A small line chart of braille dots, two by four to a character: curves that a table of numbers would hide. */

import { formatNumber } from "./number.ts";
import type { Paint } from "./theme.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Curve {
  readonly points: readonly Point[];
  readonly paint: Paint;
  /** Every third dot only: for a reference line, so that colour is not what tells them apart. Default false. */
  readonly dotted?: boolean;
}

/** One character at a place. */
export interface Mark extends Point {
  readonly text: string;
  readonly paint: Paint;
}

export interface PlotOptions {
  readonly title: string;
  /** What the horizontal axis is, in words. */
  readonly axis: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  /** Later ones are drawn over earlier ones. Points that are not finite break a curve. */
  readonly curves: readonly Curve[];
  readonly marks?: readonly Mark[];
  /** Characters of the drawing area. Default 26 × 10. */
  readonly width?: number;
  readonly height?: number;
  readonly quiet: Paint;
}

/** Dots of a braille character, by column and row (Unicode 2800–28FF). */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BLANK = 0x2800;

interface Cell {
  bits: number;
  paint: Paint;
  mark: string | null;
}

/** Characters of the longest y label and the axis. */
const LABEL = 6;

/**
 * Lines of equal visible length: title, drawing with the y range at its left, x range and axis name below.
 *
 * @example linePlot({ title: "x²", axis: "x", x: [0, 1], y: [0, 1], curves: [{ points, paint }], quiet })
 */
export function linePlot(options: PlotOptions): { readonly lines: readonly string[]; readonly width: number } {
  const { title, axis, x, y, curves, marks = [], width = 26, height = 10, quiet } = options;
  const cells: Cell[][] = Array.from({ length: height }, () =>
    Array.from({ length: width }, () => ({ bits: 0, paint: quiet, mark: null })),
  );
  const place = (point: Point) => ({
    column: ((point.x - x[0]) / (x[1] - x[0])) * (2 * width - 1),
    row: ((y[1] - point.y) / (y[1] - y[0])) * (4 * height - 1),
  });
  for (const curve of curves) drawCurve(cells, curve, place);
  for (const mark of marks) {
    const { column, row } = place(mark);
    const cell = cells[Math.round(row) >> 2]?.[Math.round(column) >> 1];
    if (cell) Object.assign(cell, { mark: mark.text, paint: mark.paint });
  }
  const label = (value: number) => formatNumber(value, { digits: 2 }).padStart(LABEL - 1);
  const total = LABEL + width;
  const rows = cells.map((row, i) => {
    const at = i === 0 ? label(y[1]) : i === height - 1 ? label(y[0]) : " ".repeat(LABEL - 1);
    return quiet(`${at}│`) + row.map(draw).join("");
  });
  const [left, right] = x.map((value) => formatNumber(value, { digits: 2 }));
  const gap = width - left!.length - right!.length;
  const name = axis.length <= gap - 2 ? axis : "";
  const before = Math.floor((gap - name.length) / 2);
  const below = left + " ".repeat(before) + name + " ".repeat(gap - name.length - before) + right;
  return {
    lines: [
      `${" ".repeat(LABEL)}${title}`.padEnd(total),
      ...rows,
      quiet(`${" ".repeat(LABEL - 1)}└${"─".repeat(width)}`),
      quiet(" ".repeat(LABEL) + below),
    ],
    width: total,
  };
}

function draw({ bits, paint, mark }: Cell): string {
  if (mark !== null) return paint(mark);
  return bits === 0 ? " " : paint(String.fromCharCode(BLANK + bits));
}

function drawCurve(
  cells: readonly (readonly Cell[])[],
  { points, paint, dotted = false }: Curve,
  place: (point: Point) => { column: number; row: number },
): void {
  let steps = 0;
  for (let i = 0; i + 1 < points.length; i++) {
    const [from, to] = [place(points[i]!), place(points[i + 1]!)];
    const length = Math.max(Math.abs(to.column - from.column), Math.abs(to.row - from.row));
    if (!Number.isFinite(length)) continue;
    const count = Math.min(2000, Math.max(1, Math.ceil(length)));
    for (let step = 0; step < count; step++, steps++) {
      if (dotted && steps % 3 !== 0) continue;
      const column = Math.round(from.column + ((to.column - from.column) * step) / count);
      const row = Math.round(from.row + ((to.row - from.row) * step) / count);
      const cell = cells[row >> 2]?.[column >> 1];
      if (cell === undefined) continue;
      cell.bits |= DOTS[column & 1]![row & 3]!;
      cell.paint = paint;
    }
  }
}

/** Plots beside each other, `gap` columns apart. */
export function besideEachOther(
  plots: readonly { readonly lines: readonly string[]; readonly width: number }[],
  { gap = 3 }: { readonly gap?: number } = {},
): string {
  const rows = plots[0]?.lines.map((_, i) => plots.map(({ lines }) => lines[i] ?? "").join(" ".repeat(gap))) ?? [];
  return rows.map((row) => row.trimEnd()).join("\n");
}
