/** Prediction against measurement, layer by layer, as a person reads it. */

import type { Comparison, Verification } from "../run/index.ts";
import { shortLabels } from "./labels.ts";
import { formatNumber, formatRatio, formatShare, plural } from "./number.ts";
import { type Cell, renderTable, wrapText } from "./table.ts";
import { createTheme, type Theme } from "./theme.ts";

export interface VerifyReportOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

/** A verification and what its inputs were: "digits.csv, 64 a draw". */
export interface VerifyFacts extends Verification {
  readonly inputs: string;
}

/** The finding of a verification, in one sentence. */
export function verifyFinding({ draws, inputs, layers }: VerifyFacts): string {
  const all = layers.flatMap((layer): Comparison[] => [layer, layer.gradient]);
  const off = all.reduce(
    (most, { predicted, measured }) => Math.max(most, Math.abs(Math.log(measured / predicted)) || 0),
    0,
  );
  const ran = `ran ${plural(draws, "draw")} on ${inputs}`;
  const wrong = all.filter((comparison) => !comparison.ok).length;
  if (wrong === 0) return `Verified: ${ran}; every layer within ${formatRatio(Math.exp(off))} of its prediction`;
  return `Not as predicted: ${ran}; ${plural(wrong, "measurement")} beyond the tolerance, the worst off by ${formatRatio(Math.exp(off))}`;
}

/**
 * Predicted beside measured for every layer, then the verdict.
 *
 * @example verifyReport({ draws: 8, inputs: "unit-normal inputs", passed: true, forward, gradient })
 */
export function verifyReport(
  facts: VerifyFacts,
  { width = 100, theme = createTheme({ color: false }) }: VerifyReportOptions = {},
): string {
  const labels = shortLabels(facts.layers.map((layer) => layer.weight));
  const rows = facts.layers.map((layer) => [
    labels.of(layer.weight),
    ...cells(layer, theme.forward, theme),
    ...cells(layer.gradient, theme.gradient, theme),
  ]);
  const table = renderTable(
    [
      { title: "layer", shrinkTo: 10 },
      { title: "forward", align: "decimal" },
      { title: "measured", align: "decimal" },
      { title: "" },
      { title: "ratio", align: "decimal" },
      { title: "gradient", align: "decimal" },
      { title: "measured", align: "decimal" },
      { title: "" },
      { title: "ratio", align: "decimal" },
    ],
    rows,
    { width, gap: 1, titlePaint: theme.quiet },
  );
  const finding = wrapText(verifyFinding(facts), width).map(
    facts.layers.every((layer) => layer.ok && layer.gradient.ok) ? theme.finding : theme.danger,
  );
  return `${[...finding, "", ...table].join("\n")}\n`;
}

function cells({ predicted, measured, spread, ok }: Comparison, paint: Theme["forward"], theme: Theme): Cell[] {
  const ratio = formatRatio(measured / predicted);
  return [
    { text: formatNumber(predicted), paint: theme.theory },
    { text: formatNumber(measured), paint },
    { text: Number.isFinite(spread) ? `±${formatShare(spread)}` : "", paint: theme.quiet },
    ok ? ratio : { text: `${ratio} !`, paint: theme.danger },
  ];
}
