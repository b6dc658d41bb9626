/** A chart drawn in characters, held to what a reader must be able to see in it. */

import { describe, expect, test } from "vitest";
import { activationByName, gainReport } from "../../src/activation/index.ts";
import { gainPlot } from "../../src/report/gain-plot.ts";
import { linePlot } from "../../src/report/line-plot.ts";
import { createTheme } from "../../src/report/theme.ts";

const plain = (text: string) => text;
const base = { title: "t", axis: "x", x: [0, 1], y: [0, 1], quiet: plain } as const;

/** Cells of the drawing, without labels and axis. */
const drawing = (lines: readonly string[]) => lines.slice(1, -2).map((line) => [...line].slice(6));
const inked = (cell: string) => cell !== " ";

test("a line of slope one runs from the lower left to the upper right, through every row once", () => {
  const { lines, width } = linePlot({
    ...base,
    width: 12,
    height: 12,
    curves: [
      {
        points: [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
        paint: plain,
      },
    ],
  });
  const rows = drawing(lines);
  expect(rows).toHaveLength(12);
  rows.forEach((row, i) => {
    const at = row.map((cell, column) => (inked(cell) ? column : -1)).filter((column) => column >= 0);
    // 24 × 48 dots: a row of four dots spans two columns of dots, one cell and at most its neighbour.
    expect(at.length).toBeGreaterThan(0);
    for (const column of at) expect(Math.abs(column - (11 - i))).toBeLessThanOrEqual(1);
  });
  for (const line of lines) expect([...line].length).toBe(width);
});

test("marks cover the curve; points outside and points that are no numbers are not drawn", () => {
  const points = [
    { x: 0, y: 0.5 },
    { x: 0.5, y: Number.NaN },
    { x: 1, y: 7 },
    { x: 1, y: 0.5 },
  ];
  const { lines } = linePlot({
    ...base,
    width: 10,
    height: 4,
    curves: [{ points, paint: plain }],
    marks: [{ x: 0.5, y: 0.5, text: "●", paint: plain }],
  });
  const cells = drawing(lines).flat().filter(inked);
  expect(cells.filter((cell) => cell === "●")).toHaveLength(1);
  // All but the mark lies in the last column, on the way down from 7.
  for (const row of drawing(lines)) expect(row.slice(0, 9).filter((cell) => inked(cell) && cell !== "●")).toEqual([]);
});

describe("the charts of gain --plot", () => {
  test.each([60, 80, 100, 160])("fit %s columns", (width) => {
    for (const name of ["tanh", "relu", "gelu", "step", "exp", "softplus"]) {
      const text = gainPlot(gainReport(activationByName(name)), { width });
      for (const line of text.split("\n")) expect([...line].length, name).toBeLessThanOrEqual(width);
      expect(text).not.toMatch(/NaN|undefined/);
    }
  });

  test("show tanh's stable point on the diagonal, at the place of q* = 0.570 of 2", () => {
    const lines = gainPlot(gainReport(activationByName("tanh"))).split("\n");
    const rows = drawing(lines.slice(0, 13)).map((row) => row.slice(0, 25));
    const at = rows.flatMap((row, i) => (row.includes("●") ? [[row.indexOf("●"), i] as const] : []));
    expect(at).toHaveLength(1);
    const [column, row] = at[0]!;
    // Ten rows and 25 columns over 0 … 2, rounded to a cell.
    expect(Math.abs((column + 0.5) * (2 / 25) - 0.57)).toBeLessThan(2 / 25);
    expect(Math.abs((9.5 - row) * (2 / 10) - 0.57)).toBeLessThan(2 / 10);
  });

  test("colour adds nothing that characters do not say", () => {
    const report = gainReport(activationByName("gelu"));
    const coloured = gainPlot(report, { theme: createTheme({ color: true }) });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken away
    expect(coloured.replace(/\u001b\[[0-9;]*m/g, "")).toBe(gainPlot(report));
    expect(coloured).not.toBe(gainPlot(report));
  });
});
