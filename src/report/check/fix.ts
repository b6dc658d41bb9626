/** What was drawn anew and why, and what is left, as a person reads it. */

import type { Fix } from "../../check/fix.ts";
import { describe } from "../../init/index.ts";
import { formatNumber, plural } from "../number.ts";
import { type Cell, renderTable, wrapText } from "../table.ts";
import type { Theme } from "../theme.ts";

/** @example fixReport(fix, { width: 80, theme: createTheme({ color: false }) }) */
export function fixReport(fix: Fix, { width, theme }: { readonly width: number; readonly theme: Theme }): string {
  const { redrawn, kept, plan, after } = fix;
  const title =
    redrawn.length === 0
      ? `Nothing to draw anew: all ${plural(kept, "tensor")} of ${plan.model.name} stay as they are`
      : `Draws ${plural(redrawn.length, "tensor")} of ${plan.model.name} anew (${plan.scheme}, seed ${plan.seed}), keeps the other ${kept} bit for bit`;
  const lines = wrapText(title, width).map(theme.finding);
  if (redrawn.length > 0) {
    const rows = redrawn.map(({ tensor, rules, before, initializer, std }): Cell[] => [
      tensor,
      { text: rules.length === 0 ? "no values" : rules.join(", "), paint: theme.danger },
      before === null ? "" : formatNumber(before.std),
      formatNumber(std),
      describe(initializer),
    ]);
    const columns = [
      { title: "tensor", shrinkTo: 14 },
      { title: "because", shrinkTo: 14 },
      { title: "std", align: "decimal" as const },
      { title: "now", align: "decimal" as const },
      { title: "drawn from", shrinkTo: 14 },
    ];
    lines.push("", ...renderTable(columns, rows, { width, titlePaint: theme.quiet }));
  }
  const left = after.summary.errors > 0 ? theme.danger : theme.finding;
  lines.push("", ...wrapText(`Checked again: ${after.summary.line}`, width).map(left));
  return `${lines.join("\n")}\n`;
}
