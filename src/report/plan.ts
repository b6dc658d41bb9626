/** The plan as a person reads it in a terminal: the finding, then the layers in order, then what else was decided and why. */

import type { Plan, PlannedTensor } from "../plan/types.ts";
import { cautionsOf, groupParameters, groupReasons } from "./groups.ts";
import { layerTable, type MeasuredLayer } from "./layer-table.ts";
import { formatCount, plural } from "./number.ts";
import { type Cell, printable, renderTable, wrapText } from "./table.ts";
import { createTheme, type Theme } from "./theme.ts";
import { verdictOf } from "./verdict.ts";

export interface PlanReportOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
  /** By weight. */
  readonly measured?: ReadonlyMap<string, MeasuredLayer>;
  /** Tell the reason of every kind of choice. Default true. */
  readonly reasons?: boolean;
}

const MOST_WARNINGS = 8;

/**
 * The report of `epoch0 plan`: text of lines no wider than `width` (names are cut in the middle).
 *
 * @example planReport(plan, { width: 80 })
 */
export function planReport(
  plan: Plan,
  { width = 100, theme = createTheme({ color: false }), measured = new Map(), reasons = true }: PlanReportOptions = {},
): string {
  const lines = [...heading(plan, width, theme)];
  if (plan.layers.length > 0) lines.push("", ...layerTable(plan, { width, theme, measured }));
  const weights = new Set(plan.layers.map((layer) => layer.weight));
  const others = plan.tensors.filter((tensor) => !weights.has(tensor.name));
  if (others.length > 0) lines.push("", ...otherTable(others, { width, theme, hasLayers: plan.layers.length > 0 }));
  if (reasons && plan.tensors.length > 0) lines.push("", ...reasonLines(plan.tensors, { width, theme }));
  lines.push(...warningLines(plan, { width, theme }));
  return `${lines.join("\n")}\n`;
}

function heading(plan: Plan, width: number, theme: Theme): string[] {
  const { model } = plan;
  const facts = `${printable(model.name)}: ${plural(model.parameters, "parameter")}, ${plural(model.scalars, "scalar")}; scheme ${plan.scheme}, seed ${plan.seed}`;
  return [
    ...wrapText(facts, width).map(theme.quiet),
    "",
    ...wrapText(verdictOf(plan).title, width).map((line) => theme.finding(line)),
  ];
}

interface Look {
  readonly width: number;
  readonly theme: Theme;
}

function otherTable(tensors: readonly PlannedTensor[], look: Look & { readonly hasLayers: boolean }): string[] {
  const rows = groupParameters(tensors).map((group): Cell[] => {
    const first = group.tensors[0]?.name ?? "";
    const last = group.tensors.at(-1)?.name ?? "";
    const names = group.tensors.length === 1 ? first : `${first}${group.tensors.length === 2 ? ", " : " … "}${last}`;
    return [`${group.op} ${group.role}`, formatCount(group.tensors.length), group.initializer, names];
  });
  const title = look.hasLayers ? "other parameters" : "parameters";
  return renderTable(
    [
      { title },
      { title: "count", align: "right" },
      { title: "initializer", shrinkTo: 12 },
      { title: "names", shrinkTo: 16 },
    ],
    rows,
    { width: look.width, titlePaint: look.theme.quiet },
  );
}

function reasonLines(tensors: readonly PlannedTensor[], { width, theme }: Look): string[] {
  const lines = [theme.quiet("why")];
  for (const { why, first, count } of groupReasons(tensors)) {
    const subject = count === 1 ? first : `${first} and ${formatCount(count - 1)} like it`;
    const [head = "", ...rest] = wrapText(`${subject}: ${why}`, width, { indent: "  " });
    lines.push(head, ...rest);
  }
  return lines;
}

function warningLines(plan: Plan, { width, theme }: Look): string[] {
  const all = cautionsOf(plan).map((text) => `! ${text}`);
  if (all.length === 0) return [];
  const shown = all.slice(0, MOST_WARNINGS).flatMap((text) => wrapText(text, width, { indent: "  " }));
  const rest = all.length - MOST_WARNINGS;
  if (rest > 0) shown.push(`! … and ${formatCount(rest)} more; --json lists all`);
  return ["", ...shown.map(theme.danger)];
}
