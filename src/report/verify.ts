/** Prediction against measurement, layer by layer, as a person reads it. */

import { formatNumber, formatRatio, plural } from "./number.ts";
import { type Cell, renderTable, wrapText } from "./table.ts";
import { createTheme, type Theme } from "./theme.ts";

/** One layer's mean square: predicted, measured, and how far the measurement scatters between draws. */
export interface VerifiedLayer {
  readonly weight: string;
  readonly predicted: number;
  readonly measured: number;
  /** Standard deviation of the measurement between draws. */
  readonly spread: number;
  readonly ok: boolean;
}

export interface VerifyReportOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

export interface VerifyFacts {
  readonly draws: number;
  /** What the inputs were: "digits.csv, 64 rows a draw". */
  readonly inputs: string;
  readonly passed: boolean;
  readonly forward: readonly VerifiedLayer[];
  readonly gradient: readonly VerifiedLayer[];
}

/** The finding of a verification, in one sentence. */
export function verifyFinding({ draws, inputs, passed, forward, gradient }: VerifyFacts): string {
  const all = [...forward, ...gradient];
  const off = all.reduce(
    (most, { predicted, measured }) => Math.max(most, Math.abs(Math.log(measured / predicted)) || 0),
    0,
  );
  const ran = `ran ${plural(draws, "draw")} on ${inputs}`;
  if (passed) return `Verified: ${ran}; every layer within ${formatRatio(Math.exp(off))} of its prediction`;
  const wrong = all.filter((layer) => !layer.ok).length;
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
  const gradients = new Map(facts.gradient.map((layer) => [layer.weight, layer]));
  const rows = facts.forward.map((layer) => {
    const gradient = gradients.get(layer.weight);
    return [
      layer.weight,
      ...cells(layer, theme.forward, theme),
      ...(gradient === undefined ? [] : cells(gradient, theme.gradient, theme)),
    ];
  });
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
  const finding = wrapText(verifyFinding(facts), width).map(facts.passed ? theme.finding : theme.danger);
  return `${[...finding, "", ...table].join("\n")}\n`;
}

function cells({ predicted, measured, spread, ok }: VerifiedLayer, paint: Theme["forward"], theme: Theme): Cell[] {
  const ratio = formatRatio(measured / predicted);
  return [
    { text: formatNumber(predicted), paint: theme.theory },
    { text: formatNumber(measured), paint },
    { text: Number.isFinite(spread) ? `±${formatNumber(spread, { digits: 2 })}` : "", paint: theme.quiet },
    ok ? ratio : { text: `${ratio} !`, paint: theme.danger },
  ];
}
