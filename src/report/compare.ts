/** Two plans of one model side by side: what was, and what is now. */

import type { Plan } from "../plan/types.ts";
import { shortLabels } from "./labels.ts";
import { formatNumber } from "./number.ts";
import { decadesFor, logBar } from "./spark.ts";
import { type Cell, renderTable, wrapText } from "./table.ts";
import { createTheme, type Theme } from "./theme.ts";
import { verdictOf } from "./verdict.ts";

export interface CompareOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
  /** Layers shown; with more, the first and last of them. Default 12. */
  readonly most?: number;
}

/**
 * Signals of every layer before and after, with the finding of each.
 *
 * @example comparePlans(plan(model, { scheme: "file" }), plan(model))
 */
export function comparePlans(
  before: Plan,
  after: Plan,
  { width = 100, theme = createTheme({ color: false }), most = 12 }: CompareOptions = {},
): string {
  const earlier = new Map(before.layers.map((layer) => [layer.weight, layer]));
  const both = after.layers.map((layer) => ({ weight: layer.weight, now: layer, was: earlier.get(layer.weight) }));
  const values = (pick: (layer: Plan["layers"][number]) => number) =>
    both.flatMap(({ now, was }) => [pick(now), ...(was === undefined ? [] : [pick(was)])]);
  const forwardDecades = decadesFor(values((layer) => layer.output.secondMoment));
  const gradientDecades = decadesFor(values((layer) => layer.gradient.secondMoment));
  const signal = (value: number | undefined, decades: number, paint: Theme["forward"]): Cell[] =>
    value === undefined
      ? ["", ""]
      : [{ text: formatNumber(value), paint }, logBar(value, { width: 7, decades, paint, axisPaint: theme.theory })];
  const labels = shortLabels(after.layers.map((layer) => layer.weight));
  const rows = both.map(({ weight, now, was }): Cell[] => [
    labels.of(weight),
    ...signal(was?.output.secondMoment, forwardDecades, theme.forward),
    ...signal(now.output.secondMoment, forwardDecades, theme.forward),
    ...signal(was?.gradient.secondMoment, gradientDecades, theme.gradient),
    ...signal(now.gradient.secondMoment, gradientDecades, theme.gradient),
  ]);
  const shown =
    rows.length <= most
      ? rows
      : [
          ...rows.slice(0, most / 2),
          [{ text: `… ${rows.length - most} more`, paint: theme.quiet }],
          ...rows.slice(-most / 2),
        ];
  const number = (title: string) => [{ title, align: "decimal" as const }, { title: "" }];
  const table = renderTable(
    [
      { title: "layer", shrinkTo: 10 },
      ...number("forward"),
      ...number("→ after"),
      ...number("gradient"),
      ...number("→ after"),
    ],
    shown,
    { width, gap: 1, titlePaint: theme.quiet },
  );
  const say = (label: string, plan: Plan) =>
    wrapText(`${label} (scheme ${plan.scheme}): ${verdictOf(plan).title}`, width).map(theme.finding);
  return `${[...say("before", before), ...say("after", after), "", ...table].join("\n")}\n`;
}
