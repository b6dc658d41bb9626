/** One quantity of several things: a dot a row, its confidence a bar, theory a thin mark. */

import type { RowChart } from "../../reproduce/index.ts";
import { domainOf, drawable, drawing, FONT, logTicks, powerOfTen, shortNumber, svgOf } from "./plot.ts";

const ROW_HEIGHT = 30;

export async function drawRows(chart: RowChart, width: number): Promise<string> {
  const { Plot, document } = await drawing();
  const narrow = width < 500;
  const isX = drawable(chart.x);
  const rows = chart.rows
    .filter(({ value }) => isX(value))
    .map((row) => ({ ...row, low: isX(row.low) ? row.low : row.value, high: isX(row.high) ? row.high : row.value }));
  const values = rows.flatMap(({ value, low, high, theory }) =>
    theory === undefined ? [value, low, high] : [value, low, high, theory],
  );
  const domain = domainOf(chart.x, values);
  const longest = Math.max(...rows.map(({ label }) => label.length));
  // A narrow screen has no room beside the drawing: the name stands above its row.
  const margin = narrow ? 12 : Math.min(330, 16 + 6.8 * longest);
  const height = narrow ? 44 : ROW_HEIGHT;
  const svg = Plot.plot({
    document,
    width,
    height: rows.length * height + 64,
    marginLeft: margin,
    marginRight: 20,
    marginTop: narrow ? 24 : 8,
    marginBottom: 44,
    style: FONT,
    x: {
      type: chart.x.log ? "log" : "linear",
      domain,
      label: chart.x.label,
      labelAnchor: "center",
      labelArrow: "none",
      tickSize: 0,
      ...(chart.x.log
        ? domain[1] / domain[0] > 100
          ? { ticks: logTicks(domain, narrow ? 4 : 8), tickFormat: powerOfTen }
          : {
              ticks: [0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50].filter((tick) => tick >= domain[0] && tick <= domain[1]),
              tickFormat: shortNumber,
            }
        : { ticks: narrow ? 4 : 7, tickFormat: shortNumber }),
    },
    y: { type: "band", domain: rows.map(({ label }) => label), axis: null },
    marks: [
      Plot.ruleY(rows, { y: "label", stroke: "var(--rule)" }),
      Plot.text(rows, {
        y: "label",
        text: "label",
        frameAnchor: "left",
        textAnchor: narrow ? "start" : "end",
        dx: narrow ? 0 : -10,
        dy: narrow ? -14 : 0,
        fill: "var(--text)",
      }),
      Plot.tickX(
        rows.filter(({ theory }) => theory !== undefined),
        {
          x: "theory",
          y: "label",
          stroke: "var(--quiet)",
          strokeWidth: 1.5,
          insetTop: narrow ? 10 : 4,
          insetBottom: narrow ? 10 : 4,
        },
      ),
      Plot.ruleY(rows, {
        y: "label",
        x1: "low",
        x2: "high",
        stroke: (row) => `var(--${row.role === "neutral" ? "text" : row.role})`,
        strokeWidth: 2.5,
        strokeOpacity: 0.6,
      }),
      Plot.dot(rows, {
        x: "value",
        y: "label",
        r: 4.5,
        fill: "var(--ground)",
        stroke: (row) => `var(--${row.role === "neutral" ? "text" : row.role})`,
        strokeWidth: 2,
      }),
    ],
    color: { type: "identity" },
  });
  return svgOf(svg, chart.title);
}
