/** Curves: theory thin lines, measurement dots with their spread; series of one colour differ in dash and symbol. */

import type { LineChart, Role, Series } from "../../reproduce/index.ts";
import { escapeHtml } from "../html/escape.ts";
import { domainOf, drawable, drawing, FONT, logTicks, powerOfTen, shortNumber, svgOf } from "./plot.ts";

const COLORS: Readonly<Record<Role, string>> = {
  forward: "var(--forward)",
  gradient: "var(--gradient)",
  danger: "var(--danger)",
  theory: "var(--quiet)",
  neutral: "var(--text)",
};
const DASHES = ["none", "6 3", "2 3", "8 3 2 3"];
const SYMBOLS = ["circle", "square", "triangle", "diamond"] as const;

interface Look {
  readonly color: string;
  readonly dash: string;
  readonly symbol: (typeof SYMBOLS)[number];
}

/** Each further series of a role takes the next dash and symbol. */
function looks(series: readonly Series[]): Look[] {
  const seen = new Map<Role, number>();
  return series.map(({ role }) => {
    const turn = seen.get(role) ?? 0;
    seen.set(role, turn + 1);
    return {
      color: COLORS[role],
      dash: DASHES[turn % DASHES.length]!,
      symbol: SYMBOLS[turn % SYMBOLS.length]!,
    };
  });
}

export async function drawLines(chart: LineChart, width: number): Promise<string> {
  const { Plot, document } = await drawing();
  const narrow = width < 500;
  const look = looks(chart.series);
  const [isX, isY] = [drawable(chart.x), drawable(chart.y)];
  const points = chart.series.map(({ x, y, low, high }) =>
    x.flatMap((at, i) => {
      const value = y[i];
      if (!isX(at) || !isY(value)) return [];
      const [bottom, top] = [low?.[i], high?.[i]];
      return [{ x: at, y: value, low: isY(bottom) ? bottom : value, high: isY(top) ? top : value }];
    }),
  );
  const all = points.flat();
  const xDomain = domainOf(
    chart.x,
    all.map(({ x }) => x),
  );
  const yDomain = domainOf(
    chart.y,
    all.flatMap(({ y, low, high }) => [y, low, high]),
  );
  const few = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b);
  const whole = few.every(Number.isInteger) && few.length <= (narrow ? 6 : 16);
  const svg = Plot.plot({
    document,
    width,
    height: narrow ? 240 : 300,
    marginLeft: 52,
    marginRight: 16,
    marginTop: 28,
    marginBottom: 42,
    style: FONT,
    x: {
      type: chart.x.log ? "log" : "linear",
      domain: xDomain,
      label: chart.x.label,
      labelAnchor: "center",
      labelArrow: "none",
      tickSize: 0,
      ...(whole
        ? { ticks: few, tickFormat: shortNumber }
        : chart.x.log
          ? { ticks: logTicks(xDomain, narrow ? 4 : 8), tickFormat: powerOfTen }
          : { ticks: narrow ? 4 : 8, tickFormat: shortNumber }),
    },
    y: {
      type: chart.y.log ? "log" : "linear",
      domain: yDomain,
      label: chart.y.label,
      labelArrow: "none",
      tickSize: 0,
      ...(chart.y.log
        ? { ticks: logTicks(yDomain, 6), tickFormat: powerOfTen }
        : { ticks: 5, tickFormat: shortNumber }),
    },
    marks: [
      Plot.gridY({
        stroke: "var(--rule)",
        strokeOpacity: 1,
        ...(chart.y.log ? { ticks: logTicks(yDomain, 6) } : { ticks: 5 }),
      }),
      ...chart.series.flatMap(({ mark, role }, i) => {
        const { color, dash, symbol } = look[i]!;
        const data = points[i]!;
        const line = Plot.line(data, {
          x: "x",
          y: "y",
          stroke: color,
          strokeWidth: role === "theory" ? 1.25 : 2,
          strokeDasharray: dash,
        });
        const spread = Plot.ruleX(data, {
          x: "x",
          y1: "low",
          y2: "high",
          stroke: color,
          strokeWidth: 1.5,
          strokeOpacity: 0.6,
        });
        const dots = Plot.dot(data, {
          x: "x",
          y: "y",
          r: data.length > 40 ? 2 : 4,
          symbol,
          fill: "var(--ground)",
          stroke: color,
          strokeWidth: 2,
        });
        return mark === "line" ? [line] : mark === "dots" ? [spread, dots] : [line, spread, dots];
      }),
    ],
  });
  return svgOf(svg, chart.title);
}

/** Which line and dot is what, as text beside small drawings of them. */
export function legendOf(chart: LineChart): string {
  if (chart.series.length < 2) return "";
  const look = looks(chart.series);
  const items = chart.series.map(({ label, mark, role }, i) => {
    const { color, dash, symbol } = look[i]!;
    const line =
      mark === "dots"
        ? ""
        : `<line x1="0" y1="7" x2="26" y2="7" stroke="${color}" stroke-width="${role === "theory" ? 1.25 : 2}" stroke-dasharray="${dash}"/>`;
    return `<li><svg width="26" height="14" aria-hidden="true">${line}${mark === "line" ? "" : marker(symbol, color)}</svg>${escapeHtml(label)}</li>`;
  });
  return `<ul class="legend">${items.join("")}</ul>`;
}

function marker(symbol: Look["symbol"], color: string): string {
  const paint = `fill="var(--ground)" stroke="${color}" stroke-width="2"`;
  switch (symbol) {
    case "circle":
      return `<circle cx="13" cy="7" r="4" ${paint}/>`;
    case "square":
      return `<rect x="9.5" y="3.5" width="7" height="7" ${paint}/>`;
    case "triangle":
      return `<path d="M13 2.5 L17.5 10.5 L8.5 10.5 Z" ${paint}/>`;
    case "diamond":
      return `<path d="M13 2 L17.5 7 L13 12 L8.5 7 Z" ${paint}/>`;
  }
}
