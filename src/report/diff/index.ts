/** `epoch0 diff`: the finding, then a line for every parameter that is not as it was. */

import type { Diff, Status, TensorDiff } from "../../check/diff/index.ts";
import { likenessText } from "../inspect/likeness.ts";
import { formatNumber, formatShape, plural } from "../number.ts";
import { type Cell, printable, renderTable, wrapText } from "../table.ts";
import { createTheme, type Theme } from "../theme.ts";

export interface DiffReportOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
  /** Show unchanged parameters too. Default false. */
  readonly all?: boolean;
}

/**
 * The report of `epoch0 diff`.
 *
 * @example diffReport(await diffModels(before, after), { width: 100 })
 */
export function diffReport(
  diff: Diff,
  { width = 100, theme = createTheme({ color: false }), all = false }: DiffReportOptions = {},
): string {
  const { a, b, tensors, clonedLayers, prefix } = diff;
  const files = `${printable(a.name)} (${plural(a.parameters, "parameter")}) → ${printable(b.name)} (${plural(b.parameters, "parameter")})`;
  const lines = [
    ...wrapText(files, width).map(theme.quiet),
    "",
    ...wrapText(findingOf(diff), width).map(theme.finding),
  ];
  const shown = tensors.filter((row) => all || row.status !== "unchanged" || row.cloneOf.length > 0);
  if (shown.length > 0) lines.push("", ...table(shown, width, theme));
  for (const group of clonedLayers) {
    lines.push(
      "",
      ...wrapText(`! ${group.join(" and ")} are clones of each other: every weight is equal`, width).map(theme.danger),
    );
  }
  if (prefix !== "") {
    const which = prefix.startsWith("+") ? b.name : a.name;
    lines.push(
      "",
      ...wrapText(`Names of ${printable(which)} were taken without ${prefix.slice(1)}`, width).map(theme.quiet),
    );
  }
  return `${lines.join("\n")}\n`;
}

const WORDS: readonly Status[] = [
  "unchanged",
  "trained",
  "re-drawn",
  "replaced",
  "changed",
  "reshaped",
  "missing",
  "new",
];

function findingOf({ summary, tensors }: Diff): string {
  const total = tensors.length;
  const present = WORDS.filter((status) => summary[status] > 0);
  if (total === 0) return "neither file has parameters";
  if (present.length === 1 && present[0] === "unchanged") {
    const rounded = tensors.find((row) => row.rounded !== null)?.rounded;
    return rounded === undefined ? "the same numbers in both" : `the same numbers, rounded to ${rounded}`;
  }
  return `of ${plural(total, "parameter")} ${present.map((status) => `${summary[status]} ${status}`).join(", ")}`;
}

function table(rows: readonly TensorDiff[], width: number, theme: Theme): string[] {
  const lines = renderTable(
    [
      { title: "parameter", shrinkTo: 16 },
      { title: "shape", shrinkTo: 8 },
      { title: "" },
      { title: "change", align: "decimal" },
      { title: "corr.", align: "decimal" },
      { title: "now", shrinkTo: 20 },
    ],
    rows.map((row): Cell[] => [
      row.name,
      shapeText(row),
      row.status,
      row.status === "unchanged" || row.change === null ? "" : formatNumber(row.change),
      row.status === "unchanged" || row.correlation === null ? "" : row.correlation.toFixed(3).replace("-", "−"),
      nowText(row),
    ]),
    { width, titlePaint: theme.quiet },
  );
  const meaning = "change: ‖new − old‖/‖old‖; corr.: correlation of old and new; now: what the numbers look like.";
  return [...lines, "", ...wrapText(meaning, width).map(theme.quiet)];
}

function shapeText({ a, b }: TensorDiff): string {
  if (a && b && formatShape(a.shape) !== formatShape(b.shape))
    return `${formatShape(a.shape)} → ${formatShape(b.shape)}`;
  return formatShape((b ?? a)?.shape ?? []);
}

function nowText({ cloneOf, renamedFrom, rounded, detail, likeness }: TensorDiff): string {
  const parts: string[] = [];
  if (cloneOf.length > 0) parts.push(`equal to ${cloneOf.slice(0, 2).join(", ")}${cloneOf.length > 2 ? " …" : ""}`);
  if (renamedFrom !== null) parts.push(`was ${renamedFrom}`);
  if (rounded !== null) parts.push(`rounded to ${rounded}`);
  if (detail !== "") parts.push(detail);
  if (parts.length === 0 && likeness) parts.push(likenessText({ likeness }));
  return parts.join(", ");
}
